"""Every check is given faults it must catch: a check that cannot fail is decoration."""

import math
from collections.abc import Callable

import pytest
import torch
from costs import START, X, Y, bowl, network, trial
from tolerances import SINGLE, TAPPED, assert_close
from torch import Tensor

from steepest.check import check_gradient, compass, tap
from steepest.cost import Cost
from steepest.errors import SteepestError

Hand = Callable[[Tensor, Tensor], dict[str, Tensor]]
N = len(X)


def right(m: Tensor, b: Tensor) -> dict[str, Tensor]:
    residual = m * X + b - Y
    return {"m": 2 * (residual * X).mean(), "b": 2 * residual.mean()}


def planted(m_factor: float = 1, b_factor: float = 1) -> Hand:
    def wrong(m: Tensor, b: Tensor) -> dict[str, Tensor]:
        found = right(m, b)
        return {"m": m_factor * found["m"], "b": b_factor * found["b"]}

    return wrong


def test_a_right_derivation_agrees() -> None:
    found = check_gradient(trial(), START, by_hand=right)
    assert found.agrees and not found.complaints and "All roads agree" in str(found)
    assert [row.parameter for row in found.rows] == ["m", "b"]
    for row, expected in zip(found.rows, (36.305, 6.265), strict=True):
        assert row.by_hand is not None
        for value in (row.by_hand, row.autograd):
            assert_close(value, expected, 1e-12, row.parameter)
        assert_close(row.tapped, expected, TAPPED, f"{row.parameter} tapped")


@pytest.mark.parametrize(
    ("hand", "ratio", "words"),
    [
        (planted(m_factor=2), 2.0, "a factor 2 counted twice"),
        (planted(m_factor=0.5), 0.5, "a factor 2 forgotten"),
        (planted(m_factor=-1), -1.0, "the sign turned round"),
        (planted(m_factor=-2), -2.0, "the sign turned round and a factor 2 counted twice"),
        (planted(m_factor=N), 8.0, "a sum where the mean over 8 is meant"),
        (planted(m_factor=1 / N), 0.125, "divided by 8 twice"),
        (planted(m_factor=1.3), 1.3, "look at the hand formula."),
        (planted(m_factor=1.00001), 1.00001, "By hand 36.305363, autograd 36.305, tapped 36.305"),
    ],
)
def test_the_usual_mistakes_are_named(hand: Hand, ratio: float, words: str) -> None:
    found = check_gradient(Cost.least_squares(X, Y), START, by_hand=hand)
    assert not found.agrees and len(found.complaints) == 1
    complaint = found.complaints[0]
    assert complaint.startswith("'m' disagrees. By hand") and words in complaint, complaint
    assert f"(by hand / autograd = {ratio:.10g})" in complaint and "The other two agree" in complaint
    assert found.to_dict()["rows"][0]["ratio"] == pytest.approx(ratio) and found.to_dict()["rows"][1]["agrees"]


def test_a_missing_x_is_named() -> None:
    def missing(m: Tensor, b: Tensor) -> dict[str, Tensor]:
        return dict.fromkeys(("m", "b"), right(m, b)["b"])

    complaint = check_gradient(trial(), START, by_hand=missing).complaints[0]
    assert "it is the derivative by 'b'" in complaint and "missing x" in complaint


def test_an_autograd_that_was_broken_is_told_apart() -> None:
    def detached(m: Tensor, b: Tensor) -> Tensor:
        return ((m * X + b.detach() - Y) ** 2).mean() + 0 * b

    found = check_gradient(Cost.from_function(detached, dtype=torch.float64), START, by_hand=right)
    assert next(row.verdict for row in found.rows) == "" and "detached" in found.rows[1].verdict
    assert "By hand and the taps agree" in found.rows[1].verdict


def test_without_a_hand_derivation_two_roads_are_compared() -> None:
    def detached(m: Tensor, b: Tensor) -> Tensor:
        return ((m * X + b - Y) ** 2).mean() + (m.detach() * b) ** 2

    found = check_gradient(Cost.from_function(detached, dtype=torch.float64), START)
    assert not found.agrees and all(row.by_hand is None for row in found.rows)
    assert check_gradient(trial(), START).agrees


def test_a_kink_is_no_agreement() -> None:
    cost = Cost.from_function(lambda x: x.clamp_min(0) * 2 - x * 0.5, dtype=torch.float64)
    found = check_gradient(cost, {"x": 0.0}, by_hand={"x": -0.5})
    assert not found.agrees and "kink" in found.complaints[0]


@pytest.mark.parametrize("point", [{"m": -0.46928571428571425, "b": 1.76}, {"m": 0.0, "b": 0.0}, {"m": 1e6, "b": -1e6}])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_right_roads_agree_at_the_minimum_and_far_away(point: dict[str, float], dtype: torch.dtype) -> None:
    found = check_gradient(trial(dtype), point, by_hand=right)
    assert found.agrees, str(found)


def test_taps_choose_their_step_by_dtype_and_scale() -> None:
    for dtype, tolerance in ((torch.float64, TAPPED), (torch.float32, SINGLE)):
        cost = trial(dtype)
        at = cost.params(START)
        one = {"m": torch.ones((), dtype=dtype), "b": torch.zeros((), dtype=dtype)}
        felt = tap(cost, at, one)
        assert_close(felt.slope, 36.305, tolerance, f"{dtype}")
        assert abs(felt.slope - 36.305) <= 4 * felt.uncertainty + 36.305 * torch.finfo(dtype).eps
    assert felt.step > 1e-3, "a float32 tap of 1e-7 would read 38.147"


@pytest.mark.parametrize("at", [0.003, 0.01, 0.02])
@pytest.mark.parametrize("steepness", [20.0, 100.0, 200.0])
def test_a_wide_tap_that_lands_where_the_cost_is_flat_is_not_believed(steepness: float, at: float) -> None:
    cost = Cost.from_function(lambda m: torch.tanh(steepness * m) ** 2)
    felt = tap(cost, cost.params({"m": at}), {"m": torch.tensor(1.0)})
    slope = 2 * steepness * math.tanh(steepness * at) / math.cosh(steepness * at) ** 2
    assert abs(felt.slope - slope) <= 3 * felt.uncertainty
    assert felt.uncertainty < 0.1 * slope


def test_a_badly_chosen_step_shows_the_known_errors() -> None:
    """b11: forward differences in float32 at 1e-7; here central, whose rounding shows as uncertainty."""
    cost = trial(torch.float32)
    at = cost.params(START)
    felt = tap(cost, at, {"m": torch.ones(()), "b": torch.zeros(())}, step=1e-6)
    assert abs(felt.slope - 36.305) > 0.05 and felt.uncertainty > 0.5 * abs(felt.slope - 36.305)


def test_the_compass_of_the_lesson() -> None:
    found = compass(trial(), START, step=0.01)
    golden = {"E": 0.36480, "W": -0.36130, "N": 0.06275, "S": -0.06255, "SW": -0.29974, "SE": 0.21299}
    assert {name: round(found[name], 5) for name in golden} == golden
    assert list(found) == ["E", "NE", "N", "NW", "W", "SW", "S", "SE"] and min(found, key=lambda k: found[k]) == "W"


def test_the_arrow_from_taps_converges_to_the_gradient() -> None:
    errors = []
    for step in (1e-1, 1e-2, 1e-3):
        found = compass(trial(), START, step=step)
        errors.append(abs(found["E"] / step - 36.305))
    assert errors[0] > 9 * errors[1] > 81 * errors[2]


def test_a_compass_needs_two_numbers() -> None:
    with pytest.raises(SteepestError, match="compass: the cost has 1 parameters"):
        compass(bowl([1.0, 2.0]), {"w": torch.zeros(2, dtype=torch.float64)})
    with pytest.raises(SteepestError, match="Did you mean 'm'"):
        compass(trial(), START, along=("M", "b"))


def test_the_price_is_counted() -> None:
    calls = 0

    def counted(m: Tensor, b: Tensor) -> Tensor:
        nonlocal calls
        calls += 1
        return ((m * X + b - Y) ** 2).mean()

    cost = Cost.from_function(counted, dtype=torch.float64)
    found = check_gradient(cost, START)
    assert found.backward_passes == 1 and calls == found.forward_passes + 1
    assert found.forward_passes >= 2 * len(found.rows) and "takes at least 3 forward passes" in found.price


def test_a_dense_layer_by_taps_would_take_100_481_forward_passes() -> None:
    layer = torch.nn.Linear(784, 128)
    generator = torch.Generator().manual_seed(0)
    batch = torch.rand(4, 784, generator=generator), torch.rand(4, 128, generator=generator)
    cost = Cost.from_module(layer, torch.nn.functional.mse_loss, [batch])
    found = check_gradient(cost, cost.zeros(), most=3)
    assert found.partials == 100_480 and "at least 100,481 forward passes" in found.price and found.agrees


def test_many_partials_are_sampled_and_the_rest_is_felt_at_once() -> None:
    x, y = X[:, None].expand(8, 3).contiguous(), Y[:, None]
    cost = Cost.from_module(network(), torch.nn.functional.mse_loss, [(x, y)])
    at = {name: zero + 0.3 for name, zero in cost.zeros().items()}
    found = check_gradient(cost, at, most=5, seed=1)
    assert found.agrees and found.partials == 21 and len(found.rows) == 6
    assert found.rows[-1].parameter == "along the gradient"
    assert {row.parameter for row in found.rows} != {row.parameter for row in check_gradient(cost, at, most=5).rows}
    gradient = {n: g.clone() for n, g in cost.value_and_gradient(at)[1].items()}
    gradient["0.weight"][0, 0] *= 3
    sampled = check_gradient(cost, at, by_hand=gradient, most=3, seed=2)
    assert "0.weight[0, 0]" not in [row.parameter for row in sampled.rows]
    assert not sampled.agrees, "the tap along the gradient misses a fault outside the sample"


@pytest.mark.parametrize(
    ("hand", "words"),
    [
        ({"m": 36.305}, "'b' has no value"),
        ({"m": 36.305, "b": 6.265, "c": 1.0}, "no parameter 'c'"),
        ({"m": torch.ones(2), "b": 6.265}, "shape (2,)"),
        (lambda m, b: (m, b), "gave tuple"),
    ],
)
def test_a_derivation_of_the_wrong_form_is_refused(hand: object, words: str) -> None:
    with pytest.raises(SteepestError) as complaint:
        check_gradient(trial(), START, by_hand=hand)  # pyright: ignore[reportArgumentType]
    assert words in str(complaint.value)
