"""The walk: the lesson's numbers, torch's bits, and how it ends."""

import itertools
import json
import math
from pathlib import Path

import pytest
import torch
from costs import START, X, Y, bowl, rosenbrock, saddle, trial
from tolerances import CLOSED_FORM, assert_close

from steepest.cost import Cost
from steepest.descent import descend, limit_along, steps
from steepest.errors import SteepestError
from steepest.trajectory import Outcome

GOLDEN = json.loads((Path(__file__).parent / "golden" / "clinical_trial.json").read_text())


def test_every_golden_step_in_float64() -> None:
    run = descend(trial(), START, learning_rate=GOLDEN["learning_rate"], epochs=1001)
    for point in GOLDEN["path"]:
        step = run.steps[point["steps"]]
        found = (step.cost, step.params["m"], step.params["b"], step.gradient["m"], step.gradient["b"])
        expected = [point[key] for key in ("cost", "m", "b", "dC_dm", "dC_db")]
        for value, right, name in zip(found, expected, ("cost", "m", "b", "dC/dm", "dC/db"), strict=True):
            assert_close(value, right, 1e-9 if "/" in name else CLOSED_FORM, f"{name} after {point['steps']} steps")


def test_the_forward_pass_of_the_lesson() -> None:
    estimates = START["m"] * X + START["b"]
    assert_close(estimates, torch.tensor(GOLDEN["forward"], dtype=torch.float64), CLOSED_FORM, "forward pass")


def test_the_lessons_printed_digits_in_float32() -> None:
    run = descend(trial(torch.float32), START, learning_rate=0.01, epochs=1001)
    assert float(run.end["m"]) == GOLDEN["float32_after_1001_steps"]["m"] == -0.4681258499622345
    assert float(run.end["b"]) == GOLDEN["float32_after_1001_steps"]["b"] == 1.7542961835861206


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("rate", [0.01, 0.05, 1 / 3])
def test_every_adjustment_equals_sgd_bit_for_bit(dtype: torch.dtype, rate: float) -> None:
    cost = trial(dtype)
    leaves = {name: value.requires_grad_() for name, value in cost.params(START).items()}
    optimizer = torch.optim.SGD(list(leaves.values()), lr=rate)
    for step in itertools.islice(steps(cost, START, learning_rate=rate), 30):
        assert all(step.params[name].equal(leaf.detach()) for name, leaf in leaves.items()), step
        optimizer.zero_grad()
        cost.value(leaves).backward()
        optimizer.step()


def test_a_step_is_measured_before_its_adjustment() -> None:
    first, second = itertools.islice(steps(trial(), START, learning_rate=0.01), 2)
    assert_close(first.cost, 19.675475, CLOSED_FORM, "cost")
    for name, value in first.params.items():
        assert_close(second.params[name], value - 0.01 * first.gradient[name], CLOSED_FORM, name)


def test_the_start_is_the_callers_and_stays_so() -> None:
    start = {"m": torch.tensor(0.9, dtype=torch.float64), "b": torch.tensor(0.1, dtype=torch.float64)}
    descend(trial(), start, learning_rate=0.01, epochs=5)
    assert {name: float(value) for name, value in start.items()} == START


def test_epochs_are_adjustments() -> None:
    run = descend(trial(), START, learning_rate=0.01, epochs=7)
    assert len(run.steps) == 8 and run.epochs == 7 and run.outcome is Outcome.OUT_OF_EPOCHS
    assert descend(trial(), START, learning_rate=0.01, epochs=0).epochs == 0


def test_cost_falls_at_every_step_of_the_lesson() -> None:
    costs = descend(trial(), START, learning_rate=0.01, epochs=1001).costs
    assert bool((costs.diff() < 0).all()) and float(costs[-1]) <= 0.019476


@pytest.mark.parametrize("entry", GOLDEN["rates"], ids=lambda entry: f"{entry['learning_rate']}")
def test_epochs_needed_by_learning_rate(entry: dict[str, float]) -> None:
    run = descend(Cost.least_squares(X, Y), START, learning_rate=entry["learning_rate"], epochs=12_100)
    above = run.costs - GOLDEN["optimum"]["cost"]
    epochs = torch.tensor([step.epoch for step in run.steps])
    assert run.every == 1
    assert int(epochs[above < 1e-3][0]) == entry["steps_to_1e_3"]
    assert int(epochs[above < 1e-6][0]) == entry["steps_to_1e_6"]


def test_settled_by_gradient_says_so() -> None:
    run = descend(trial(), START, learning_rate=0.05, epochs=9999, gradient_below=1e-6)
    assert run.outcome is Outcome.SETTLED and "gradient's norm" in run.because and "1e-06" in run.because
    assert math.hypot(*map(float, run.steps[-1].gradient.values())) < 1e-6
    assert math.hypot(*map(float, run.steps[-2].gradient.values())) >= 1e-6


def test_settled_by_change_says_so() -> None:
    run = descend(trial(), START, learning_rate=0.05, epochs=9999, change_below=1e-9)
    assert run.outcome is Outcome.SETTLED and "cost changed by" in run.because
    assert abs(run.steps[-1].cost - run.steps[-2].cost) < 1e-9 <= abs(run.steps[-2].cost - run.steps[-3].cost)


def test_settled_where_nothing_moves_any_more() -> None:
    run = descend(saddle(), {"x": 1.0, "y": 0.0}, learning_rate=0.25, epochs=5000)
    assert run.outcome is Outcome.SETTLED and "no longer changes" in run.because and run.epochs < 5000


@pytest.mark.parametrize(("rate", "epochs"), [(0.055, 1000), (0.06, 100), (0.1, 1000), (1.0, 1000), (1e9, 1000)])
def test_divergence_names_the_limit(rate: float, epochs: int) -> None:
    run = descend(trial(), START, learning_rate=rate, epochs=epochs)
    assert run.outcome is Outcome.DIVERGED
    assert f"the learning rate {rate:g} is above the limit 0.0549" in run.because, run.because


@pytest.mark.parametrize(("rate", "epoch", "cost"), [(0.055, 1000, 13260), (0.06, 100, 1.1e16), (0.1, 100, 4.65e85)])
def test_the_heights_of_divergence(rate: float, epoch: int, cost: float) -> None:
    run = descend(trial(), START, learning_rate=rate, epochs=epoch)
    assert run.steps[epoch].cost == pytest.approx(cost, rel=0.03)


def test_the_epoch_of_divergence_is_the_first_that_is_not_finite() -> None:
    run = descend(trial(), START, learning_rate=0.1, epochs=1000)
    assert f"at epoch {run.steps[-1].epoch}" in run.because
    assert not math.isfinite(run.steps[-1].cost) and all(math.isfinite(step.cost) for step in run.steps[:-1])


def test_overshooting_that_converges_is_no_divergence() -> None:
    run = descend(trial(), START, learning_rate=0.05, epochs=300)
    assert float(run.steps[1].params["m"]) == pytest.approx(-0.91525)
    assert run.outcome is Outcome.OUT_OF_EPOCHS


def test_a_negative_rate_climbs_and_is_told() -> None:
    run = descend(trial(), START, learning_rate=-0.01, epochs=50)
    assert run.outcome is Outcome.DIVERGED and "negative" in run.because


def test_a_cost_that_rises_and_falls_again_is_no_divergence() -> None:
    run = descend(rosenbrock(), {"x": -1.2, "y": 1.0}, learning_rate=0.001, epochs=2000)
    assert run.outcome is Outcome.OUT_OF_EPOCHS


def test_the_limit_along_the_last_steps_is_exact_on_a_bowl() -> None:
    run = descend(bowl([1.0, 10.0, 100.0]), {"w": torch.ones(3, dtype=torch.float64)}, learning_rate=0.03, epochs=40)
    assert_close(limit_along(run.steps[-3:]) or math.nan, 0.02, 1e-9, "limit")


def test_ctrl_c_keeps_every_finished_step(tmp_path: Path) -> None:
    calls = itertools.count()

    def interrupted(m: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        if next(calls) == 25:
            raise KeyboardInterrupt
        return ((m * X + b - Y) ** 2).mean()

    cost = Cost.from_function(interrupted, dtype=torch.float64)
    run = descend(cost, START, learning_rate=0.01, epochs=100, save=tmp_path / "run.steepest")
    assert run.outcome is Outcome.INTERRUPTED and run.epochs == 24 and "after epoch 24" in run.because
    assert run.to_dict() == type(run).load(tmp_path / "run.steepest").to_dict()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"learning_rate": 0}, "learning rate is 0"),
        ({"learning_rate": math.nan}, "learning rate is nan"),
        ({"learning_rate": "0.01"}, "learning rate is '0.01'"),
        ({"epochs": -1}, "epochs is -1"),
        ({"epochs": 2.5}, "epochs is 2.5"),
        ({"gradient_below": -1.0}, "gradient_below is -1"),
        ({"start": {"m": 0.9}}, "'b' has no value"),
        ({"start": {"m": 0.9, "c": 1.0}}, "Did you mean"),
        ({"start": {"m": 0.9, "b": "x"}}, "not a number"),
        ({"start": {"m": 0.9, "b": torch.ones(2)}}, "shape (2,)"),
    ],
)
def test_refusals(changes: dict[str, object], words: str) -> None:
    asked: dict[str, object] = {"start": START, "learning_rate": 0.01, "epochs": 3} | changes
    start = asked.pop("start")
    with pytest.raises(SteepestError) as complaint:
        descend(trial(), start, **asked)  # pyright: ignore[reportArgumentType]
    if "Did you mean" not in words:
        assert words in str(complaint.value)
    assert str(complaint.value).startswith("descend: ")


def test_the_path_turns_wrong_first() -> None:
    """The intercept goes down before it goes up, since the gradient is 60.3 degrees off the way to the minimum (b5)."""
    run = descend(trial(), START, learning_rate=0.01, epochs=20)
    b = run.path("b")
    assert (
        float(b[5]) == pytest.approx(-0.0275, abs=5e-5) and int(b.argmin()) == 5 and float(b[20]) > 0.1 > float(b[19])
    )
    gradient = torch.stack([run.steps[0].gradient[name] for name in ("m", "b")])
    way = torch.tensor([GOLDEN["optimum"]["m"] - 0.9, GOLDEN["optimum"]["b"] - 0.1], dtype=torch.float64)
    cosine = float(-gradient @ way / gradient.norm() / way.norm())
    assert math.degrees(math.acos(cosine)) == pytest.approx(60.3, abs=0.05)
    assert float(gradient.norm()) == pytest.approx(36.8416, abs=5e-5)


def test_one_parameter_frozen_is_the_same_walk_in_one_dimension() -> None:
    cost = Cost.from_function(lambda m: ((m * X + 1.76 - Y) ** 2).mean(), dtype=torch.float64)
    run = descend(cost, {"m": 0.9}, learning_rate=0.01, epochs=100)
    assert float(run.end["m"]) == pytest.approx(GOLDEN["optimum"]["m"], abs=1e-8)


def test_the_last_point_alone_is_fitted_in_one_step() -> None:
    cost = Cost.from_function(lambda m, b: (m * X[7] + b - Y[7]) ** 2, dtype=torch.float64)
    run = descend(cost, START, learning_rate=0.01, epochs=1)
    assert run.steps[0].cost == pytest.approx(60.3729) and run.steps[1].cost == pytest.approx(0, abs=1e-24)
    assert float(trial().value(run.end)) == pytest.approx(1.12468, abs=5e-6)
    assert [round(float(value), 4) for value in run.end.values()] == [-0.1878, -0.0554]


def test_one_hundred_thousand_parameters_take_the_same_steps() -> None:
    scale = torch.linspace(0.5, 1.5, 100_480, dtype=torch.float64)
    cost = Cost.from_function(lambda w: (scale * w**2).sum() / 2, like={"w": scale})
    run = descend(cost, {"w": torch.ones_like(scale)}, learning_rate=1.0, epochs=3)
    assert run.steps[3].params["w"].allclose((1 - scale) ** 3)


def test_random_starts_of_a_bowl_end_at_one_point() -> None:
    """R14: on this convex problem there is nothing to get stuck in, wherever the walk starts."""
    cost = Cost.least_squares(X, Y)
    generator = torch.Generator().manual_seed(0)
    for start in torch.randn(30, 2, generator=generator, dtype=torch.float64) * 10:
        run = descend(cost, {"m": start[0], "b": start[1]}, learning_rate=0.05, epochs=1000)
        assert abs(float(run.end["m"]) - GOLDEN["optimum"]["m"]) < 1e-8, start
        assert abs(float(run.end["b"]) - GOLDEN["optimum"]["b"]) < 1e-8, start


def test_on_a_double_well_just_over_half_of_all_starts_find_the_deeper_one() -> None:
    """R14 and b12: many starts at once, each a parameter of its own."""
    starts = torch.linspace(-2, 2, 4001, dtype=torch.float64)
    cost = Cost.from_function(lambda w: (w**4 / 4 - w**2 / 2 + 0.1 * w).sum(), like={"w": starts})
    end = descend(cost, {"w": starts}, learning_rate=0.1, epochs=2000).end["w"]
    assert sorted({round(float(value), 5) for value in end}) == [-1.04668, 0.94565]
    assert float((end < 0).double().mean()) == pytest.approx(0.525, abs=5e-4)


def test_a_walk_on_the_ridge_of_a_saddle_stops_there_and_a_hair_beside_it_leaves() -> None:
    """R15 and b12: a gradient of zero is no minimum."""
    on = descend(saddle(), {"x": 1.0, "y": 0.0}, learning_rate=0.1, epochs=5000)
    assert abs(float(on.end["x"])) < 1e-100 and float(on.end["y"]) == 0
    beside = descend(saddle(), {"x": 1.0, "y": 1e-6}, learning_rate=0.1, epochs=100)
    assert int((beside.path("y").abs() >= 1).nonzero()[0]) == 76


def test_statquest_with_one_parameter_and_with_two() -> None:
    """b9: three points, the sum of squares, first the intercept alone."""
    x, y = (torch.tensor(column, dtype=torch.float64) for column in ((0.5, 2.3, 2.9), (1.4, 1.9, 3.2)))
    one = Cost.from_function(lambda intercept: ((0.64 * x + intercept - y) ** 2).sum(), dtype=torch.float64)
    run = descend(one, {"intercept": 0.0}, learning_rate=0.1, epochs=5)
    assert run.path("intercept").tolist() == pytest.approx([0, 0.5704, 0.7986, 0.8898, 0.9263, 0.9409], abs=5e-5)
    assert run.costs.tolist() == pytest.approx([3.1559, 0.8784, 0.5140, 0.4557, 0.4464, 0.4449], abs=5e-5)
    assert float(run.steps[0].gradient["intercept"]) == pytest.approx(-5.704)
    two = Cost.from_function(lambda b, m: ((m * x + b - y) ** 2).sum(), dtype=torch.float64)
    run = descend(two, {"b": 0.0, "m": 1.0}, learning_rate=0.01, epochs=1000)
    assert [float(slope) for slope in run.steps[0].gradient.values()] == pytest.approx([-1.6, -0.8])
    assert [round(float(value), 4) for value in run.end.values()] == [0.9487, 0.6410]


def test_the_single_points_average_to_the_batch() -> None:
    for point in GOLDEN["single_points_at_start"]:
        x, y = X[point["i"]], Y[point["i"]]
        cost = Cost.from_function(lambda m, b, x=x, y=y: (m * x + b - y) ** 2, dtype=torch.float64)
        value, gradient = cost.value_and_gradient(cost.params(START))
        found = [float(value), float(gradient["m"]), float(gradient["b"])]
        assert found == pytest.approx([point["cost"], point["dC_dm"], point["dC_db"]], abs=1e-12)
    for key, name in (("dC_dm", "m"), ("dC_db", "b")):
        mean = sum(point[key] for point in GOLDEN["single_points_at_start"]) / 8
        assert_close(trial().value_and_gradient(trial().params(START))[1][name], mean, CLOSED_FORM, name)


@pytest.mark.parametrize(("m", "b", "cost"), [(-0.5, 2.0, 0.041975), (0.0, 0.1175, 1.17566875), (0.0, 0.0, 1.189475)])
def test_what_other_lines_cost(m: float, b: float, cost: float) -> None:
    """b4: the line the data were made from costs more than the fitted one."""
    for known in (trial(), Cost.least_squares(X, Y)):
        assert_close(known.value(known.params({"m": m, "b": b})), cost, 1e-9, f"{m}, {b}")
