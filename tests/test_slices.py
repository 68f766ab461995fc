"""Lines and planes: the coordinates visited are those stated, and what a slice cannot show is measured."""

import json
import math
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from costs import START, X, Y, bowl, network, saddle, trial
from tolerances import CLOSED_FORM, assert_close
from torch import Tensor, nn

from steepest import directions
from steepest.cost import Cost, Restriction
from steepest.descent import descend
from steepest.errors import SteepestError
from steepest.slices import line, plane, project, reach_around
from steepest.vectors import Params, moved, norm, own

TRIAL = Cost.least_squares(X, Y)
ALONG = ("m", "b")


class Visited:
    """A function cost that keeps every point it is asked for."""

    def __init__(self, dtype: torch.dtype = torch.float64) -> None:
        self.points: list[tuple[float, float, bool]] = []
        self.cost = Cost.from_function(self._value, dtype=dtype)

    def _value(self, m: Tensor, b: Tensor) -> Tensor:
        self.points.append((float(m), float(b), torch.is_grad_enabled()))
        return m**2 + 3 * b


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16], ids=str)
def test_the_coordinates_visited_are_the_ones_stated(dtype: torch.dtype) -> None:
    visited = Visited(dtype)
    cut = plane(visited.cost, at={"m": 0.3, "b": 0.7}, along=ALONG, reach=((-1.1, 0.7), (0.1, 0.3)), points=7)
    stated = [(m, b, False) for m in cut.coordinates[0].tolist() for b in cut.coordinates[1].tolist()]
    assert visited.points[-49:] == stated
    assert cut.coordinates[0].dtype == cut.costs.dtype == dtype
    assert cut.names == ("m", "b") and cut.method == "49 forward passes, one at each point"


def test_costs_lie_at_their_coordinates() -> None:
    cut = plane(trial(), at=START, along=ALONG, reach=((-1, 1), (0, 3)), points=5)
    for i, m in enumerate(cut.coordinates[0].tolist()):
        for j, b in enumerate(cut.coordinates[1].tolist()):
            assert_close(cut.costs[i, j], ((m * X + b - Y) ** 2).mean(), CLOSED_FORM, f"({m}, {b})")
    swapped = plane(trial(), at=START, along=("b", "m"), reach=((0, 3), (-1, 1)), points=5)
    assert swapped.names == ("b", "m") and swapped.costs.T.equal(cut.costs)


def test_a_line_holds_the_other_parameters_where_they_are() -> None:
    cut = line(trial(), at=START, along="m", reach=(-1.0, 0.9), points=20)
    assert_close(cut.costs[-1], 19.675475, CLOSED_FORM, "cost at the start")
    assert cut.costs.shape == (20,) and cut.coordinates[0][[0, -1]].tolist() == [-1.0, 0.9]


def test_a_direction_is_walked_from_at() -> None:
    cost = Cost.from_module(network(), nn.functional.mse_loss, [(torch.ones(4, 3).double(), torch.ones(4, 1).double())])
    at = own({name: value.detach() for name, value in network().named_parameters()})
    _, gradient = cost.value_and_gradient(at)
    cut = line(cost, at=at, along=gradient, reach=(-0.5, 0.25), points=4)
    assert cut.coordinates[0].tolist() == [-0.5, -0.25, 0.0, 0.25] and cut.names == ("direction 0",)
    for step, found in zip(cut.coordinates[0].tolist(), cut.costs, strict=True):
        assert_close(found, cost.value(moved(at, gradient, by=step)), CLOSED_FORM, f"cost {step} along the gradient")


def test_a_direction_takes_the_dtype_of_the_parameters() -> None:
    cost = trial(torch.float32)
    cut = line(cost, at=START, along={"m": torch.tensor(1), "b": torch.tensor(2.0).double()}, reach=(0, 1), points=3)
    assert cut.costs.dtype == cut.coordinates[0].dtype == torch.float32


def test_costs_that_are_not_finite_are_kept() -> None:
    cost = Cost.from_function(lambda m, b: m.log() + b)
    cut = plane(cost, at={"m": 1, "b": 1}, along=ALONG, reach=((-1, 1), (0, 2)), points=3)
    assert cut.costs[0].isnan().all() and cut.costs[1].tolist() == [-math.inf] * 3
    assert cut.costs[2].tolist() == [0.0, 1.0, 2.0]


def test_to_dict_is_plain_data() -> None:
    found = json.loads(json.dumps(plane(TRIAL, at=START, along=ALONG, reach=((0, 1), (2, 3)), points=2).to_dict()))
    assert found["names"] == ["m", "b"] and found["coordinates"] == [[0.0, 1.0], [2.0, 3.0]]
    assert found["origin"] == {"m": 0.0, "b": 0.0} and found["directions"][1] == {"m": 0.0, "b": 1.0}
    assert len(found["costs"]) == 2 and found["held_out_error"] is None and "6 numbers" in found["method"]


def both(m: float, b: float) -> Params:
    return {"m": torch.tensor(m), "b": torch.tensor(b)}


@pytest.mark.parametrize(
    ("along", "words"),
    [
        (("m", "m"), "plane: directions 0 and 1 are parallel (cosine 1.000). Give two different"),
        ((both(1, 2), both(-2, -4)), "parallel (cosine -1.000)"),
        (("m", "dosage_b"), "no parameter 'dosage_b'. "),
        (("m", "B"), "Did you mean 'b'?"),
        ((both(1, 1), "b"), "direction 0 also moves 'b', so the values of 'b' would not be those stated"),
        ((both(0, 0), "b"), "direction 0 has length 0"),
        ((both(math.inf, 0), "b"), "direction 0 has length inf"),
        (({"m": torch.tensor(1.0)}, "m"), "direction 0 does not fit the parameters: 'b' is missing"),
        (({"m": torch.ones(2), "b": torch.ones(())}, "b"), "'m' has shape (2,) there"),
        (({"mm": torch.tensor(1.0)}, "b"), "direction 0 moves 'mm', which is no parameter. Did you mean 'm'?"),
    ],
)
def test_a_plane_refuses_directions_that_are_none(along: tuple, words: str) -> None:
    with pytest.raises(SteepestError) as complaint:
        plane(TRIAL, at=START, along=along, reach=((0, 1), (0, 1)))
    assert words in str(complaint.value) and str(complaint.value).startswith("plane: ")


def test_nearly_parallel_directions_are_two() -> None:
    assert (
        plane(TRIAL, at=START, along=(both(1, 0), both(1, 0.01)), reach=((0, 1), (0, 1)), points=2).costs.numel() == 4
    )


def test_a_name_stands_for_one_number_or_is_a_factor() -> None:
    cost = Cost.from_function(lambda w: w.square().sum(), like={"w": torch.zeros(1, 1)})
    assert line(cost, at={"w": torch.ones(1, 1)}, along="w", reach=(0, 2), points=3).costs.tolist() == [0.0, 1.0, 4.0]
    at = {"w": torch.tensor([3.0, 4.0, 0.0], dtype=torch.float64)}
    found = line(bowl([1.0, 2.0, 3.0]), at=at, along="w", reach=(0, 2), points=3)
    assert found.about == "along 'w' by a factor" and found.coordinates[0].tolist() == [0.0, 1.0, 2.0]
    whole = bowl([1.0, 2.0, 3.0]).value({"w": 2 * at["w"]})
    assert_close(found.costs[2], whole, CLOSED_FORM, "twice the whole tensor")
    one = line(bowl([1.0, 2.0, 3.0]), at=at, along="w[1]", reach=(-1, 5), points=2)
    assert_close(
        one.costs[0],
        bowl([1.0, 2.0, 3.0]).value({"w": torch.tensor([3.0, -1, 0]).double()}),
        CLOSED_FORM,
        "one element",
    )
    with pytest.raises(SteepestError, match="'w' is zero here"):
        line(bowl([1.0, 2.0, 3.0]), at={"w": torch.zeros(3)}, along="w", reach=(0, 1))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"cost": nn.Linear(1, 1)}, "plane: what is to be cut through is of type Linear, and no Cost"),
        ({"along": "m"}, "plane: 1 direction was given, and 2 needed"),
        ({"reach": 1.0}, r"the reach is 1.0. Give \(low, high\), or one such pair for each of 2 directions"),
        ({"reach": ((0, 1),)}, "or one such pair for each of 2 directions"),
        ({"scale": "lg"}, "there is no scale 'lg'. Did you mean 'log'"),
        ({"beside": TRIAL}, "no dict of costs"),
        ({"beside": {"accuracy": len}}, "no dict of costs"),
        ({"points": "51x51"}, "points is '51x51'"),
        ({"most": 0}, "most is 0"),
    ],
)
def test_what_was_meant_otherwise_is_said_in_a_sentence(given: dict[str, Any], words: str) -> None:
    asked: dict[str, Any] = {"cost": TRIAL, "at": START, "along": ("m", "b"), "reach": (0, 1), **given}
    with pytest.raises(SteepestError, match=words):
        plane(asked.pop("cost"), **asked)


def test_one_reach_serves_both_directions() -> None:
    once, twice = (plane(TRIAL, at=START, along=("m", "b"), reach=r, points=3) for r in ((0, 1), ((0, 1), (0, 1))))
    assert once.costs.equal(twice.costs) and once.coordinates[1].equal(twice.coordinates[1])


@pytest.mark.parametrize("limit", [{"most": 100}, {"budget": 30.0}, {"tolerance": 0.5}])
@pytest.mark.parametrize("loss", [nn.functional.mse_loss, nn.functional.cross_entropy])
def test_where_points_are_free_the_whole_grid_is_measured(loss: Any, limit: dict[str, Any]) -> None:
    torch.manual_seed(0)
    module, inputs = nn.Linear(3, 4).double(), torch.randn(40, 3, dtype=torch.float64)
    targets = torch.randn(40, 4).double() if loss is nn.functional.mse_loss else torch.randint(0, 4, (40,))
    cost = Cost.from_module(module, loss, [(inputs, targets)])
    ways = directions.random(cost)
    right = plane(cost, along=ways, reach=(-1, 1), points=21)
    known: list[int] = []
    for tell in (None, known.append):
        found = plane(cost, along=ways, reach=(-1, 1), points=21, tell=tell, **limit)
        assert found.places is None and found.held_out_error is None and "spline" not in found.method
        assert found.costs.equal(right.costs), "all in one call, as without a limit"
    assert known == [441]
    looped = Cost.from_function(
        lambda weight, bias: loss(nn.functional.linear(inputs, weight, bias), targets), like=cost.zeros()
    )
    refined = plane(cost, along=ways, reach=(-1, 1), points=21, beside={"loop": looped}, **limit)
    assert refined.places is not None, "beside it is what costs a pass at each point"


def test_most_is_a_number_of_places() -> None:
    cost = Cost.from_function(lambda m, b: torch.cos(3 * m) + b**4 + m * b)
    asked: list[int] = []
    found = plane(cost, at=cost.zeros(), along=("m", "b"), reach=(-1, 1), points=41, most=130, tell=asked.append)
    assert asked[-1] == 130 and found.places is not None and len(found.places) == 110
    assert found.held_out_error is not None and found.costs.shape == (41, 41)


@pytest.mark.parametrize(
    ("reach", "points", "words"),
    [
        ((1, 1), 5, "the reach is from 1 to 1. Give two finite numbers, the lower one first"),
        ((1, 0), 5, "the reach is from 1 to 0"),
        ((0, math.inf), 5, "the reach is from 0 to inf"),
        ((0, 1), 1, "points is 1"),
        ((0, 1), 2.5, "points is 2.5"),
        ((1, 1 + 1e-15), 9, "only 6 of 9 coordinates from 1 to 1 are different numbers in float64"),
    ],
)
def test_a_line_refuses_a_reach_that_is_none(reach: tuple[float, float], points: int, words: str) -> None:
    with pytest.raises(SteepestError) as complaint:
        line(TRIAL, at=START, along="m", reach=reach, points=points)
    assert words in str(complaint.value)


def test_a_point_that_is_not_finite_is_refused_where_it_matters() -> None:
    lost = {"m": math.inf, "b": math.nan}
    with pytest.raises(SteepestError, match=r"`at` is not finite in 'b'.*Is it the end of a run that diverged"):
        line(TRIAL, at=lost, along="m", reach=(0, 1))
    assert plane(TRIAL, at=lost, along=ALONG, reach=((0, 1), (0, 1)), points=2).costs.isfinite().all()


def test_a_projection_measures_what_the_plane_cannot_show() -> None:
    cost = Cost.from_function(lambda u, v, w: u**2 + v**2 + w**2, dtype=torch.float64)
    run = descend(cost, {"u": 3.0, "v": 4.0, "w": 12.0}, learning_rate=0.5, epochs=1)
    cut = plane(cost, at=run.end, along=("u", "v"), reach=((0, 1), (0, 1)), points=2)
    found = project(run, onto=cut)
    assert found.coordinates.tolist() == [[3.0, 4.0], [0.0, 0.0]] and found.distances.tolist() == [12.0, 0.0]
    assert_close(found.share or 0.0, 25 / 169, CLOSED_FORM, "share")
    aside = {**cost.zeros(), "u": torch.tensor(5.0), "v": torch.tensor(-2.0)}
    skew = plane(cost, at=moved(run.end, aside, by=1), along=(aside, run.start), reach=((0, 1), (0, 1)), points=2)
    held = project(run, onto=skew)
    assert_close(held.coordinates[0], torch.tensor([-1.0, 1.0]), CLOSED_FORM, "coordinates in skew directions")
    assert_close(held.share or 0.0, 1.0, CLOSED_FORM, "share of a plane that the run lies in")
    assert json.loads(json.dumps(found.to_dict()))["share"] == found.share


def test_a_projection_survives_a_run_that_did_not() -> None:
    run = descend(TRIAL, START, learning_rate=0.1, epochs=1000)
    cut = plane(TRIAL, at=run.start, along=("b", "m"), reach=((0, 1), (0, 1)), points=2)
    found = project(run, onto=cut)
    assert found.coordinates[:, 1].equal(run.path("m")) and found.coordinates[:, 0].equal(run.path("b"))
    assert_close(found.share or 0.0, 1.0, CLOSED_FORM, "share")
    still = descend(TRIAL, START, learning_rate=0.1, epochs=0)
    assert project(still, onto=cut).share is None
    with pytest.raises(SteepestError, match="the slice has a parameter 'm'"):
        project(descend(saddle(), {"x": 1, "y": 1}, learning_rate=0.1, epochs=1), onto=cut)


def held(reach: tuple[tuple[float, float], ...], params: Params) -> bool:
    return all(low < float(params[name]) < high for name, (low, high) in zip(ALONG, reach, strict=True))


def test_the_reach_holds_the_run_and_the_minimum_with_a_margin() -> None:
    run = descend(TRIAL, START, learning_rate=0.01, epochs=50)
    reach = reach_around(run, at=run.end, along=ALONG, minimum=TRIAL.minimum)
    assert all(held(reach, step.params) for step in run.steps) and held(reach, TRIAL.minimum)
    (low, high), _ = reach
    left, right = float(TRIAL.minimum["m"]), 0.9
    assert_close(torch.tensor([low, high]), torch.tensor([left - 0.15 * (right - left), 1.1056]), 1e-3, "reach of m")
    assert not held(reach_around(run, at=run.end, along=ALONG), TRIAL.minimum)


@pytest.mark.parametrize(("learning_rate", "steps"), [(0.06, (5, 40)), (0.1, (3, 6)), (1.0, (2, 3))])
def test_the_reach_of_a_run_that_diverged_shows_its_first_steps(learning_rate: float, steps: tuple[int, int]) -> None:
    run = descend(TRIAL, START, learning_rate=learning_rate, epochs=300)
    reach = reach_around(run, at=run.start, along=ALONG, minimum=TRIAL.minimum)
    shown = [held(reach, step.params) for step in run.steps]
    assert shown[0] and held(reach, TRIAL.minimum)
    assert steps[0] <= sum(shown) <= steps[1] and all(shown[: sum(shown)]), "the first steps, and no others"
    width = reach[0][1] - reach[0][0]
    assert width < 40 * abs(0.9 - float(run.steps[1].params["m"])), "the start can still be told from the first step"


def test_the_reach_around_a_saddle_leaves_out_the_escape() -> None:
    run = descend(saddle(), {"x": 1.0, "y": 1e-6}, learning_rate=0.1, epochs=3000)
    (left, right), (low, high) = reach_around(run, at=run.start, along=("x", "y"))
    assert left < 0 and right > 1 and low < 0 and 1 < high < 100 and norm(run.end) > 1e100


@pytest.mark.parametrize("start", [START, {"m": 0.0, "b": 1e9}], ids=["trial", "zero and large"])
def test_the_reach_around_one_step_is_wide_enough_to_look_at(start: dict[str, float]) -> None:
    run = descend(TRIAL, start, learning_rate=0.1, epochs=0)
    reach = reach_around(run, at=run.start, along=ALONG)
    assert held(reach, run.start)
    assert plane(TRIAL, at=run.start, along=ALONG, reach=reach, points=61).costs.isfinite().all()


class Asked(Cost):
    """A cost that counts its forward passes and, asked to, hides its shortcut."""

    def __init__(self, cost: Cost, *, shortcut: bool) -> None:
        self.cost, self.shortcut, self.passes, self.names = cost, shortcut, 0, cost.names

    def zeros(self) -> Params:
        return self.cost.zeros()

    def value(self, params: Params) -> Tensor:
        self.passes += 1
        return self.cost.value(params)

    def value_and_gradient(self, params: Params) -> tuple[Tensor, Params]:
        return self.cost.value_and_gradient(params)

    def product(self, params: Params, vector: Params) -> Params:
        return self.cost.product(params, vector)

    def restricted(self, origin: Params, directions: Sequence[Params]) -> Restriction | None:
        return self.cost.restricted(origin, directions) if self.shortcut else None


def test_a_shortcut_is_used_where_it_is_there_and_named() -> None:
    across: dict = {"at": START, "along": ALONG, "reach": ((-1, 1), (0, 3)), "points": 9}
    quick, slow = Asked(TRIAL, shortcut=True), Asked(TRIAL, shortcut=False)
    short, long = plane(quick, **across), plane(slow, **across)
    assert quick.passes == 0 and short.method == "worked out from 6 numbers of the quadratic, exact at each point"
    assert slow.passes == 81 and long.method == "81 forward passes, one at each point"
    assert_close(short.costs, long.costs, CLOSED_FORM, "costs")
    cut = line(quick, at=START, along="m", reach=(-1, 1), points=9)
    assert quick.passes == 0 and cut.method == "worked out from 3 numbers of the quadratic, exact at each point"
    assert trial().restricted(trial().zeros(), [trial().zeros()]) is None, "only a quadratic knows one"
