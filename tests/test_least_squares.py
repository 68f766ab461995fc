"""Sufficient statistics give what the data give, to the last digits there are."""

import itertools
import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from costs import START, X, Y, columns, trial
from tolerances import CLOSED_FORM, LONG_WALK, assert_close, assert_params
from torch import Tensor

from steepest.cost import Cost
from steepest.cost.moments import EPS, PILOT_ROWS
from steepest.descent import descend
from steepest.errors import SteepestError
from steepest.vectors import moved

NIST = json.loads((Path(__file__).parent / "golden" / "nist.json").read_text())
PROBLEMS = [name for name in NIST if name != "source"]


def nist(name: str) -> tuple[Tensor, Tensor, Tensor, bool]:
    problem = NIST[name]
    if "x" in problem:
        x = torch.tensor(problem["x"], dtype=torch.float64)
        inputs = torch.stack([x**power for power in range(1, problem["degree"] + 1)], dim=1)
    else:
        inputs = torch.tensor(problem["columns"], dtype=torch.float64).T
    targets, certified = (torch.tensor(problem[key], dtype=torch.float64) for key in ("targets", "certified"))
    return inputs, targets, certified, problem["intercept"]


def digits(found: Tensor, right: Tensor) -> float:
    return -math.log10(max(float(((found - right) / right).abs().max()), 1e-16))


def in_order(params: dict[str, Tensor]) -> Tensor:
    return (
        torch.cat([params["intercept"].reshape(-1), params["weights"]]) if "intercept" in params else params["weights"]
    )


def by_singular_values(inputs: Tensor, targets: Tensor, intercept: bool) -> Tensor:
    """A float64 solution of the peers' kind: the whole matrix, its columns scaled, by LAPACK's gelsd."""
    ones = torch.ones(len(inputs), 1, dtype=torch.float64)
    matrix = torch.cat([ones, inputs], dim=1) if intercept else inputs
    scale = matrix.norm(dim=0)
    return torch.linalg.lstsq(matrix / scale, targets[:, None], driver="gelsd").solution[:, 0] / scale


@pytest.mark.parametrize("name", PROBLEMS)
def test_nist_certified_values(name: str) -> None:
    inputs, targets, certified, intercept = nist(name)
    cost = Cost.least_squares(inputs, targets, intercept=intercept)
    right = digits(in_order(cost.minimum), certified)
    peer = digits(by_singular_values(inputs, targets, intercept), certified)
    assert right >= peer - 0.6, f"{name}: {right:.1f} digits, LAPACK on the whole matrix has {peer:.1f}"
    said = min(cost.digits.values())
    assert right >= said - 1, f"{name}: {right:.1f} digits are right and {said:.1f} were promised"
    assert right <= said + 6, f"{name}: {right:.1f} digits are right and only {said:.1f} were promised"


def big(rows: int = 3 * PILOT_ROWS, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Columns whose scales and means differ by 1e6 and targets with a mean of 1e8, more rows than a pilot has."""
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn(rows, 4, generator=generator, dtype=torch.float64)
    inputs = inputs * torch.tensor([1.0, 1e6, 1e-3, 10.0]) + torch.tensor([5.0, 1e6, 0.0, 2000.0])
    noise = torch.randn(rows, generator=generator, dtype=torch.float64)
    return inputs, inputs @ torch.tensor([1.0, 2e-6, 3000.0, 0.5], dtype=torch.float64) + 1e8 + noise


def centred_solution(inputs: Tensor, targets: Tensor) -> Tensor:
    """Float64 QR after centring, with one step of refinement: the reference for badly scaled data."""
    mean, level = inputs.mean(0), targets.mean()
    centred, left = inputs - mean, targets - level
    scale = centred.norm(dim=0)
    weights = torch.zeros(inputs.shape[1], dtype=torch.float64)
    for _ in range(2):
        step = torch.linalg.lstsq(centred / scale, (left - centred @ weights)[:, None], driver="gels").solution[:, 0]
        weights = weights + step / scale
    level = level + (left - centred @ weights).mean()
    return torch.cat([(level - mean @ weights)[None], weights])


@pytest.mark.parametrize("stream", [False, True])
def test_scales_of_1e6_and_a_mean_of_1e8_lose_nothing_that_the_data_hold(stream: bool) -> None:
    inputs, targets = big()
    batches = list(zip(inputs.split(5_000), targets.split(5_000), strict=True))
    cost = Cost.least_squares(batches) if stream else Cost.least_squares(inputs, targets)
    found, right = in_order(cost.minimum), centred_solution(inputs, targets)
    # The targets themselves are rounded to 1.5e-8 around 1e8: relative to the noise of 1, that much is lost for good.
    assert digits(found, right) >= 10, f"found {found.tolist()}, QR {right.tolist()}"


def test_value_and_gradient_of_badly_scaled_data_equal_the_plain_loop() -> None:
    inputs, targets = big()
    cost = Cost.least_squares(inputs, targets)
    weights = torch.full((4,), 0.3, dtype=torch.float64, requires_grad=True)
    intercept = torch.tensor(0.3, dtype=torch.float64, requires_grad=True)
    plain = ((inputs @ weights + intercept - targets) ** 2).mean()
    plain.backward()
    value, gradient = cost.value_and_gradient({"weights": weights.detach(), "intercept": intercept.detach()})
    assert_close(value, plain.detach(), CLOSED_FORM, "cost")
    assert weights.grad is not None
    for index in range(4):
        assert_close(gradient["weights"][index], weights.grad[index], LONG_WALK, f"gradient {index}")


def test_a_thousand_epochs_equal_the_plain_float64_loop() -> None:
    generator = torch.Generator().manual_seed(42)
    x = torch.linspace(0, 8, 4 * PILOT_ROWS, dtype=torch.float64)
    y = -0.5 * x + 2 + torch.randn(len(x), generator=generator, dtype=torch.float64)
    plain = Cost.from_function(lambda m, b: ((m * x + b - y) ** 2).mean(), dtype=torch.float64)
    exact = Cost.least_squares(x, y)
    walks = [descend(cost, START, learning_rate=0.01, epochs=300) for cost in (plain, exact)]
    assert_params(walks[1].end, walks[0].end, LONG_WALK, "end")


def test_the_trial_by_statistics_equals_the_trial_by_autograd_step_for_step() -> None:
    plain = descend(trial(), START, learning_rate=0.01, epochs=1001)
    exact = descend(Cost.least_squares(X, Y), START, learning_rate=0.01, epochs=1001)
    for left, right in zip(plain.steps, exact.steps, strict=True):
        assert_close(right.cost, left.cost, CLOSED_FORM, f"cost at {left.epoch}")
        assert_params(right.params, left.params, CLOSED_FORM, f"parameters at {left.epoch}")


def test_float32_data_are_summed_in_float64() -> None:
    generator = torch.Generator().manual_seed(3)
    x = torch.rand(2 * PILOT_ROWS, generator=generator) + 1000
    cost = Cost.least_squares(x, 2 * x)
    assert_params(cost.minimum, Cost.least_squares(x.double(), (2 * x).double()).minimum, CLOSED_FORM)


def test_sorted_data_make_no_bad_pilot() -> None:
    x = torch.arange(4 * PILOT_ROWS, dtype=torch.float64)
    cost = Cost.least_squares(x, 3 * x - 7)
    assert_params(cost.minimum, {"m": 3.0, "b": -7.0}, CLOSED_FORM)
    assert float(cost.value(cost.minimum)) < 1e-15 * float(x.square().mean())


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_a_stream_of_batches_of_any_size_gives_the_same(size: int) -> None:
    inputs, targets = columns(rows=1000)
    whole = Cost.least_squares(inputs, targets)
    stream = Cost.least_squares(zip(inputs.split(size), targets.split(size), strict=True))
    assert_params(stream.minimum, whole.minimum, 1e-13, "minimum")


def test_rows_and_columns_in_memory_give_the_same() -> None:
    inputs, targets = big()
    turned = inputs.T.contiguous().T
    assert turned.stride(0) == 1 and inputs.stride(1) == 1
    left, right = (Cost.least_squares(part, targets).minimum for part in (inputs, turned))
    assert_params(left, right, 1e-11, "minimum")


def test_ridge_has_its_closed_form() -> None:
    inputs, targets = columns()
    cost = Cost.least_squares(inputs, targets, ridge=0.3)
    centred = inputs - inputs.mean(0)
    matrix = centred.T @ centred / len(inputs) + 0.3 * torch.eye(3, dtype=torch.float64)
    right = torch.linalg.solve(matrix, centred.T @ (targets - targets.mean()) / len(inputs))
    assert_close(cost.minimum["weights"], right, CLOSED_FORM, "weights")
    residual = inputs @ right + cost.minimum["intercept"] - targets
    assert_close(cost.value(cost.minimum), (residual**2).mean() + 0.3 * (right**2).sum(), CLOSED_FORM, "cost")


def test_standardised_parameters_come_back_in_own_units() -> None:
    inputs, targets = columns()
    own, standard = (Cost.least_squares(inputs, targets, standardise=flag) for flag in (False, True))
    assert_params(standard.in_own_units(standard.minimum), own.minimum, CLOSED_FORM, "minimum")
    at = own.params({"weights": torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64), "intercept": 3.0})
    there = standard.standardised(at)
    assert_params(standard.in_own_units(there), at, CLOSED_FORM, "there and back")
    assert_close(standard.value(there), own.value(at), CLOSED_FORM, "cost")


def test_the_standardised_trial_is_fitted_in_one_step() -> None:
    cost = Cost.least_squares(X, Y, standardise=True)
    run = descend(cost, cost.zeros(), learning_rate=0.5, epochs=1)
    assert_params(run.end, {"m": -1.0752687, "b": 0.1175}, 1e-7, "the golden numbers, as printed")
    assert_close(run.steps[-1].cost, 0.019466071428571433, CLOSED_FORM, "cost")


def test_names() -> None:
    inputs, targets = columns()
    assert Cost.least_squares(inputs[:, 0], targets).names == ("m", "b")
    assert Cost.least_squares(inputs, targets).names == ("weights", "intercept")
    assert Cost.least_squares({"a b": inputs[:, 0], "c": inputs[:, 1]}, targets).names == ("a b", "c", "intercept")
    assert Cost.least_squares(inputs, targets, names=["u", "v", "w", "z"]).names == ("u", "v", "w", "z")


@pytest.mark.parametrize(
    ("inputs", "targets", "words"),
    [
        (torch.ones(3, 2), torch.ones(4), "(3, 2)"),
        (torch.ones(3), torch.ones(3, 2), "(3, 2)"),
        (torch.tensor([1.0, math.nan, 2.0]), torch.ones(3), "row 2"),
        (torch.ones(3), torch.tensor([1.0, 2.0, math.inf]), "targets have inf in row 3"),
        (torch.ones(0), torch.ones(0), "no examples"),
        (torch.ones(3), None, "no targets"),
        (torch.ones(3, dtype=torch.complex64), torch.ones(3), "complex"),
        ({"a": torch.ones(3), "b": torch.ones(4)}, torch.ones(3), "differ in shape"),
        ([], None, "no examples"),
        ([(torch.ones(3, 2), torch.ones(3)), (torch.ones(3, 1), torch.ones(3))], None, "1 features"),
    ],
)
def test_refusals(inputs: object, targets: Tensor | None, words: str) -> None:
    with pytest.raises(SteepestError) as complaint:
        Cost.least_squares(inputs, targets)  # pyright: ignore[reportArgumentType]
    assert words in str(complaint.value)


@pytest.mark.parametrize("row", [2 * PILOT_ROWS + 7, 48 * 1000, 48 * 1000 + 1])  # 48: every so many rows make a pilot
def test_a_nan_far_down_is_found_with_its_row(row: int) -> None:
    x = torch.arange(3.0 * PILOT_ROWS)
    x[row] = math.nan
    with pytest.raises(SteepestError, match=f"row {row + 1}$|row {row + 1}[.]"):
        Cost.least_squares(x, torch.ones_like(x))


def test_values_too_large_to_square_are_refused() -> None:
    x = torch.linspace(-1e200, 1e200, 3 * PILOT_ROWS, dtype=torch.float64)
    with pytest.raises(SteepestError, match="overflow"):
        Cost.least_squares(x, x)


def test_the_number_of_threads_is_left_as_it_was() -> None:
    before = torch.get_num_threads()
    Cost.least_squares(*big())
    assert torch.get_num_threads() == before
    with pytest.raises(SteepestError):
        Cost.least_squares(torch.full((3 * PILOT_ROWS,), math.nan), torch.ones(3 * PILOT_ROWS))
    assert torch.get_num_threads() == before


def rough(**options: bool | float) -> Cost:
    inputs, targets = big(rows=500)
    return Cost.least_squares(inputs, targets, **options)  # pyright: ignore[reportArgumentType]


RESTRICTED: dict[str, Callable[[], Cost]] = {
    "trial": lambda: Cost.least_squares(X, Y),
    "columns": lambda: Cost.least_squares(*columns()),
    "ridge": lambda: Cost.least_squares(*columns(), ridge=0.3),
    "standardised": lambda: Cost.least_squares(*columns(), standardise=True),
    "no intercept": lambda: Cost.least_squares(*columns(), intercept=False),
    "one weight": lambda: Cost.least_squares(X, Y, intercept=False),
    "badly scaled": rough,
    "badly scaled, standardised, ridge": lambda: rough(standardise=True, ridge=0.01),
    "more columns than rows": lambda: Cost.least_squares(*columns(rows=4, features=9)),
    "a perfect line": lambda: Cost.least_squares(X, 2 - 0.5 * X),
    "two equal columns": lambda: Cost.least_squares(torch.stack([X, X], dim=1), Y),
    "a constant column": lambda: Cost.least_squares(torch.stack([X, 0 * X], dim=1), Y),
}


def directions_of(cost: Cost, count: int, seed: int) -> list[dict[str, Tensor]]:
    """Random directions, each parameter in its own measure: as far as the minimum is from 0."""
    generator = torch.Generator().manual_seed(seed)
    assert cost.minimum is not None
    return [
        {name: torch.randn(value.shape, generator=generator, dtype=torch.float64) * value
         for name, value in cost.minimum.items()}
        for _ in range(count)
    ]  # fmt: skip


@pytest.mark.parametrize("name", RESTRICTED)
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("origin", ["zero", "minimum", "far"])
@pytest.mark.parametrize("reach", [1e-3, 1.0, 1e4])
def test_a_restriction_has_the_values_of_the_loop(name: str, count: int, origin: str, reach: float) -> None:
    cost = RESTRICTED[name]()
    assert cost.minimum is not None
    far = directions_of(cost, 1, seed=8)[0]
    at = {
        "zero": cost.zeros(),
        "minimum": cost.minimum,
        "far": {key: value + 3 * far[key] for key, value in cost.minimum.items()},
    }[origin]
    along = directions_of(cost, count, seed=9)
    places = [torch.linspace(-reach, 1.3 * reach, 5 + index, dtype=torch.float64) for index in range(count)]
    shortcut = cost.restricted(at, along)
    assert shortcut is not None
    grid = torch.cartesian_prod(*places).reshape(-1, count)
    found = shortcut.costs(grid)
    assert found.shape == (len(grid),)
    found = found.reshape([len(values) for values in places])
    for indices in itertools.product(*(range(len(values)) for values in places)):
        point = at
        for direction, values, index in zip(along, places, indices, strict=True):
            point = moved(point, direction, by=float(values[index]))
        right, gradient = cost.value_and_gradient(point)
        # A point is rounded on its way: what that does to a cost near 0 is no fault of the shortcut.
        rounding = 2 * EPS * sum(float((gradient[key].abs() * point[key].abs()).sum()) for key in point)
        assert_close(found[indices], right, 1e-12 + rounding / float(right), name)


def test_a_restriction_keeps_the_digits_near_a_minimum_of_zero() -> None:
    cost = Cost.least_squares(X, 2 - 0.5 * X)
    axes = [{"m": torch.tensor(m).double(), "b": torch.tensor(1 - m).double()} for m in (1.0, 0.0)]
    shortcut = cost.restricted(cost.zeros(), axes)
    assert shortcut is not None
    m, b = float(cost.minimum["m"]), float(cost.minimum["b"])
    places = [torch.tensor(each, dtype=torch.float64) for each in ([m - 3, m - 1e-9, m, m + 2], [b, b + 1e-9, b + 5])]
    found = shortcut.costs(torch.cartesian_prod(*places)).reshape(4, 3)
    for i, j in itertools.product(range(4), range(3)):
        point = {"m": places[0][i], "b": places[1][j]}
        assert_close(found[i, j], cost.value(point), 1e-6, "a cost of 1e-18 beside terms of 1")


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_restriction_is_in_the_dtype_of_the_parameters(dtype: torch.dtype) -> None:
    cost = Cost.least_squares(X, Y)
    zeros = {name: value.to(dtype) for name, value in cost.zeros().items()}
    way = {name: value + 1 for name, value in zeros.items()}
    shortcut = cost.restricted(zeros, [way])
    assert shortcut is not None
    places = torch.tensor([0.0, 0.5, 2.0], dtype=dtype)
    right = torch.stack([cost.value(dict.fromkeys(zeros, place)) for place in places])
    found = shortcut.costs(places[:, None])
    assert found.dtype == dtype and found.equal(right)


def test_no_restriction_is_offered_where_it_would_overflow() -> None:
    cost = Cost.least_squares(X, Y)
    assert cost.restricted(cost.zeros(), [{"m": torch.tensor(1e308).double(), "b": torch.tensor(1.0).double()}]) is None
