"""Laws that hold for any numbers: hypothesis looks for the ones that break them."""

import itertools
import math
import tempfile
from pathlib import Path

import torch
from costs import bowl
from hypothesis import given, settings
from hypothesis import strategies as st
from tolerances import CLOSED_FORM, LONG_WALK, assert_close, assert_params

from steepest import vectors
from steepest.check import check_gradient
from steepest.cost import Cost
from steepest.curvature import curvature_at, epochs_until
from steepest.descent import descend
from steepest.trajectory import Outcome, Step, Trajectory

eigenvalues = st.lists(st.floats(0.01, 100.0), min_size=1, max_size=6)
finite = st.floats(-1e6, 1e6)
quick = settings(max_examples=40, deadline=None)


@quick
@given(eigenvalues, st.floats(0.05, 1.95), st.integers(0, 1000))
def test_descent_on_a_bowl_matches_its_closed_form(chosen: list[float], share: float, seed: int) -> None:
    cost = bowl(chosen, seed)
    rate = share / max(chosen)
    start = torch.randn(len(chosen), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    run = descend(cost, {"w": start}, learning_rate=rate, epochs=20)
    curvature = curvature_at(cost, {"w": start})
    basis = curvature.directions
    expected = basis.T @ ((1 - rate * curvature.eigenvalues) ** run.epochs * (basis @ start))
    assert float((run.end["w"] - expected).norm()) <= LONG_WALK * float(start.norm())


@quick
@given(eigenvalues, st.floats(1.05, 3.0))
def test_above_two_over_sharpness_every_walk_diverges(chosen: list[float], excess: float) -> None:
    cost = bowl(chosen)
    limit = 2 / max(chosen)
    run = descend(cost, {"w": torch.ones(len(chosen), dtype=torch.float64)}, learning_rate=excess * limit, epochs=400)
    assert run.outcome is Outcome.DIVERGED
    assert "above the limit" in run.because


@quick
@given(eigenvalues, st.floats(0.01, 1.9), st.floats(1e-9, 0.5))
def test_the_predicted_number_of_epochs_is_the_first_that_is_low_enough(
    chosen: list[float], share: float, within: float
) -> None:
    cost = bowl(chosen)
    start = {"w": torch.ones(len(chosen), dtype=torch.float64)}
    curvature = curvature_at(cost, start)
    rate = share / max(chosen)
    first, gradient = cost.value_and_gradient(start)
    above = within * float(first)
    needed = epochs_until(curvature, gradient, learning_rate=rate, above_minimum=above)
    assert needed is not None
    if needed < 2000:
        costs = descend(cost, start, learning_rate=rate, epochs=needed).costs
        assert float(costs[-1]) < above * (1 + 1e-6)
        assert needed == 0 or float(costs[-2]) >= above * (1 - 1e-6)


@quick
@given(st.lists(st.tuples(finite, finite), min_size=3, max_size=40), finite, finite)
def test_statistics_and_data_give_one_cost_and_one_gradient(
    points: list[tuple[float, float]], m: float, b: float
) -> None:
    x, y = (torch.tensor(column, dtype=torch.float64) for column in zip(*points, strict=True))
    plain = Cost.from_function(lambda m, b: ((m * x + b - y) ** 2).mean(), dtype=torch.float64)
    exact = Cost.least_squares(x, y)
    at = plain.params({"m": m, "b": b})
    (left, left_gradient), (right, right_gradient) = plain.value_and_gradient(at), exact.value_and_gradient(at)
    assert_close(right, left, 1e-9, "cost")
    assert_params(right_gradient, left_gradient, 1e-7, "gradient")
    lowest = exact.minimum
    assert float(exact.value(lowest)) <= float(exact.value(at)) * (1 + CLOSED_FORM)


@quick
@given(st.lists(st.floats(width=64), min_size=1, max_size=5), st.floats(), st.integers(0, 2**40))
def test_save_then_load_is_identity(values: list[float], cost: float, epoch: int) -> None:
    params = {"w": torch.tensor(values, dtype=torch.float64), "b": torch.tensor(cost, dtype=torch.float64)}
    run = Trajectory((Step(epoch, cost, params, params, 0.1),), Outcome.SETTLED, "because")
    with tempfile.TemporaryDirectory() as folder:
        again = Trajectory.load(run.save(Path(folder) / "run.steepest")).steps[0]
    assert again.epoch == epoch and (again.cost == cost or (math.isnan(cost) and math.isnan(again.cost)))
    assert again.params["w"].view(torch.int64).equal(params["w"].view(torch.int64))


@quick
@given(st.text(min_size=1, max_size=8), st.text(min_size=1, max_size=8))
def test_renaming_parameters_changes_nothing(first: str, second: str) -> None:
    if first == second:
        return
    x, y = torch.arange(4.0, dtype=torch.float64), torch.tensor([1.0, 0.0, 3.0, 2.0], dtype=torch.float64)
    plain = Cost.least_squares(x, y)
    renamed = Cost.least_squares(x, y, names=[first, second])
    left = descend(plain, plain.zeros(), learning_rate=0.05, epochs=9)
    right = descend(renamed, renamed.zeros(), learning_rate=0.05, epochs=9)
    assert list(right.end) == [first, second]
    assert vectors.flat(left.end).equal(vectors.flat(right.end)) and left.because == right.because
    assert check_gradient(renamed, renamed.zeros()).agrees


@quick
@given(st.integers(1, 59), st.integers(1, 59))
def test_shards_of_any_size_make_one_mean(first: int, second: int) -> None:
    cuts = sorted({0, first, second, 60})
    generator = torch.Generator().manual_seed(1)
    inputs = torch.randn(60, 2, generator=generator, dtype=torch.float64)
    targets = inputs.sum(1) + torch.randn(60, generator=generator, dtype=torch.float64)
    whole = Cost.least_squares(inputs, targets)
    shards = [(inputs[a:b], targets[a:b]) for a, b in itertools.pairwise(cuts)]
    assert_params(Cost.least_squares(shards).minimum, whole.minimum, CLOSED_FORM, "minimum")
