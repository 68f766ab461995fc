"""The honest path: costs of a run beside the slice's own, local planes along it, and barriers between models."""

import itertools
import json
import math

import pytest
import torch
from costs import START, bowl, columns, network, rosenbrock, trial
from pictures import LOST, RUN, TRIAL
from tolerances import CLOSED_FORM, SINGLE, assert_close, assert_params
from torch import Tensor, nn

from steepest import vectors
from steepest.cost import Cost
from steepest.descent import descend
from steepest.errors import SteepestError
from steepest.slices import line, plane, project
from steepest.slices.barrier import Barrier, barrier
from steepest.slices.local import local_planes
from steepest.slices.projection import thinned
from steepest.trajectory import Outcome, Step, Trajectory
from steepest.vectors import Params

INPUTS, TARGETS = columns()
NET = Cost.from_module(network(), nn.functional.mse_loss, [(INPUTS, TARGETS[:, None])])
BEGIN: Params = {name: value.detach().clone() for name, value in network().named_parameters()}
WALK = descend(NET, BEGIN, learning_rate=0.01, epochs=30)


class Counted(Cost):
    """A cost of one parameter more than a plane holds, that keeps the places it is asked for."""

    def __init__(self) -> None:
        self.names, self.asked = ("u", "v", "w"), []

    def zeros(self) -> Params:
        return {name: torch.zeros((), dtype=torch.float64) for name in self.names}

    def value(self, params: Params) -> Tensor:
        self.asked.append(tuple(float(value) for value in params.values()))
        return params["u"] ** 2 + 2 * params["v"] ** 2 + 3 * params["w"] ** 2

    def value_and_gradient(self, params: Params) -> tuple[Tensor, Params]:
        slopes = {name: 2 * k * params[name] for k, name in enumerate(self.names, 1)}
        return self.value(params), slopes

    def product(self, params: Params, vector: Params) -> Params:
        del params
        return {name: 2 * k * vector[name] for k, name in enumerate(self.names, 1)}


def test_the_planes_cost_is_that_of_the_nearest_point_by_least_squares() -> None:
    generator = torch.Generator().manual_seed(5)
    skew = tuple(
        {name: torch.randn(value.shape, generator=generator, dtype=torch.float64) for name, value in BEGIN.items()}
        for _ in range(2)
    )
    skew = (skew[0], vectors.moved(vectors.scaled(skew[1], by=0.1), skew[0], by=3.0))
    cut = plane(NET, at=WALK.end, along=skew, reach=((-1, 1), (-1, 1)), points=3)
    found = project(WALK, onto=cut, cost=NET)
    assert found.costs_on_slice is not None and found.asked is not None
    assert found.costs.equal(WALK.costs) and found.asked.tolist() == list(range(31))
    span = torch.stack([vectors.flat(way) for way in skew], dim=1)
    for index in (0, 7, 30):
        offset = vectors.flat(WALK.steps[index].params) - vectors.flat(WALK.end)
        there = torch.linalg.lstsq(span, offset[:, None], driver="gelsd").solution[:, 0]
        point = vectors.shaped(vectors.flat(WALK.end) + span @ there, like=BEGIN)
        assert_close(found.costs_on_slice[index], NET.value(point), 1e-9, f"cost on the plane at step {index}")
    assert_close(found.costs_on_slice[30], WALK.costs[30], CLOSED_FORM, "the plane goes through the end")
    assert not math.isclose(float(found.costs_on_slice[0]), float(WALK.costs[0]), rel_tol=0.01), "off the plane"
    assert "31 of 31 steps" in found.method and "something else" not in found.method
    assert json.loads(json.dumps(found.to_dict()))["costs_on_slice"] == found.costs_on_slice.tolist()


def test_without_a_cost_nothing_is_measured_and_nothing_interpolated() -> None:
    cut = plane(NET, at=WALK.end, along=(WALK.start, BEGIN | {"0.bias": BEGIN["0.bias"] * 2}), reach=((0, 1), (0, 1)))
    found = project(WALK, onto=cut)
    assert found.costs_on_slice is None and found.asked is None and found.method == ""
    assert found.costs.equal(WALK.costs)


def test_a_long_run_is_asked_at_a_stated_rule() -> None:
    cost = Counted()
    run = descend(cost, {"u": 1.0, "v": 1.0, "w": 1.0}, learning_rate=0.01, epochs=1000)
    cut = plane(cost, at=run.end, along=("u", "v"), reach=((0, 1), (0, 1)), points=2)
    cost.asked.clear()
    found = project(run, onto=cut, cost=cost)
    assert found.asked is not None and found.costs_on_slice is not None
    asked = found.asked.tolist()
    assert asked[:13] == list(range(13)) and asked[-1] == 1000 and len(asked) <= 220
    gaps = {after - before for before, after in itertools.pairwise(asked[13:-1])}
    assert len(gaps) == 1 and gaps.pop() % 2 == 1, "odd, so that a zigzag keeps both its sides"
    assert len(cost.asked) == len(asked) + 1, "and one more, to see that the run is of this cost"
    on_plane = [float(step.params["u"]) ** 2 + 2 * float(step.params["v"]) ** 2 for step in run.steps]
    off_end = 3 * float(run.end["w"]) ** 2
    assert_close(
        found.costs_on_slice,
        torch.tensor([on_plane[i] + off_end for i in asked], dtype=torch.float64),
        CLOSED_FORM,
        "closed form",
    )
    assert f"at {len(asked)} of 1,001 steps" in found.method


@pytest.mark.parametrize("steps", [1, 2, 13, 200, 201, 400, 1000, 12345])
def test_thinning_keeps_the_first_the_last_and_few_enough(steps: int) -> None:
    kept = thinned(steps)
    assert kept[0] == 0 and kept[-1] == steps - 1 and kept == sorted(set(kept)) and len(kept) <= 214
    assert steps > 200 or kept == list(range(steps))


def test_recorded_costs_of_something_else_are_told() -> None:
    noisy = tuple(Step(s.epoch, 1.01 * s.cost, s.params, s.gradient, s.learning_rate) for s in WALK.steps)
    run = Trajectory(noisy, Outcome.OUT_OF_EPOCHS, "")
    cut = plane(NET, at=WALK.end, along=(WALK.start, WALK.steps[1].gradient), reach=((0, 1), (0, 1)), points=2)
    assert "the recorded costs are of something else" in project(run, onto=cut, cost=NET).method
    single = trial(torch.float32)
    walk = descend(single, START, learning_rate=0.01, epochs=3)
    cut = plane(TRIAL, at=START, along=("m", "b"), reach=((0, 1), (0, 1)), points=2)
    found = project(walk, onto=cut, cost=TRIAL)
    assert "something else" not in found.method and "6 numbers" in found.method, "float32 is no other cost"
    assert found.costs_on_slice is not None
    assert_close(found.costs_on_slice, walk.costs, SINGLE, "two parameters: the plane's costs are the run's")


def test_steps_without_a_place_have_no_cost_there() -> None:
    steps = [*RUN.steps[:3], Step(3, math.nan, {"m": torch.tensor(torch.nan), "b": torch.tensor(1.0)}, RUN.start, 0.1)]
    run = Trajectory(tuple(steps), Outcome.DIVERGED, "")
    cut = plane(TRIAL, at=START, along=("m", "b"), reach=((0, 1), (0, 1)), points=2)
    found = project(run, onto=cut, cost=TRIAL)
    assert found.costs_on_slice is not None
    assert found.costs_on_slice.isnan().tolist() == [False, False, False, True]
    assert project(LOST, onto=cut, cost=TRIAL).costs_on_slice is not None
    with pytest.raises(SteepestError, match=r"project: there is no parameter 'm'"):
        project(RUN, onto=cut, cost=rosenbrock())


def test_local_planes_go_through_the_steps_and_downhill() -> None:
    cuts = local_planes(NET, WALK, count=3, points=5)
    assert len(cuts) == 3
    for cut in cuts:
        epoch = int(cut.about.split(":")[0].removeprefix("at epoch "))
        along, beside = cut.directions
        assert_close(vectors.norm(along), 1.0, CLOSED_FORM, "length")
        assert_close(vectors.norm(beside), 1.0, CLOSED_FORM, "length")
        assert abs(vectors.dot(along, beside)) < CLOSED_FORM
        assert_params(cut.origin, WALK.steps[epoch].params, CLOSED_FORM, "through the step")
        assert_close(cut.costs[2, 2], WALK.costs[epoch], CLOSED_FORM, "the recorded cost, in the middle")
        assert vectors.dot(beside, WALK.steps[epoch].gradient) < 0, "downhill"
        near = project(Trajectory(WALK.steps[epoch - 1 : epoch + 2], WALK.outcome, ""), onto=cut)
        size = float(near.coordinates.abs().max())
        assert float(near.distances.max()) < 1e-9 * size, "plain descent's three steps lie in their plane"
        (low, high), _ = ((float(values[0]), float(values[-1])) for values in cut.coordinates)
        assert low < float(near.coordinates[0, 0]) < 0 < float(near.coordinates[2, 0]) < high
    lengths = torch.tensor(
        [vectors.norm(vectors.moved(b.params, a.params, by=-1)) for a, b in itertools.pairwise(WALK.steps)]
    ).cumsum(0)
    for part, cut in zip((1 / 6, 1 / 2, 5 / 6), cuts, strict=True):
        epoch = int(cut.about.split(":")[0].removeprefix("at epoch "))
        gap = abs(float(lengths[epoch - 1]) - part * float(lengths[-1]))
        assert gap <= float((lengths - part * lengths[-1]).abs()[:-1].min()) * (1 + 1e-6), "equal parts of the length"


def test_local_planes_need_a_path_that_bends() -> None:
    round_bowl = bowl([2.0, 2.0, 2.0])
    straight = descend(round_bowl, {"w": torch.ones(3).double()}, learning_rate=0.1, epochs=9)
    with pytest.raises(SteepestError, match=r"local_planes: the path is straight at epoch \d, along its gradient"):
        local_planes(round_bowl, straight)
    with pytest.raises(SteepestError, match=r"local_planes: the run has 1 steps that are finite"):
        local_planes(NET, Trajectory(WALK.steps[:1], WALK.outcome, ""))
    with pytest.raises(SteepestError, match=r"count is 0"):
        local_planes(NET, WALK, count=0)
    with pytest.raises(SteepestError, match=r"the path is straight at epoch 36\d"):
        local_planes(TRIAL, LOST)  # the part before its numbers were lost, nearly all of whose length is the last step
    nowhere = {name: torch.tensor(torch.nan) for name in ("m", "b")}
    lost = (*RUN.steps[:30], Step(30, math.nan, nowhere, nowhere, 0.01))
    assert len(local_planes(TRIAL, Trajectory(lost, Outcome.DIVERGED, ""), count=3, points=3)) == 3, "what was finite"


def test_where_the_gradient_lies_along_the_path_the_bend_is_shown() -> None:
    points = [torch.tensor([0.0, 0.0]), torch.tensor([1.0, 0.0]), torch.tensor([1.0, 1.0])]
    cost = bowl([1.0, 3.0])
    steps = tuple(Step(k, 1.0, {"w": p.double()}, {"w": torch.ones(2).double()}, 0.1) for k, p in enumerate(points))
    (cut,) = local_planes(cost, Trajectory(steps, Outcome.OUT_OF_EPOCHS, ""), count=1, points=3)
    assert cut.names == ("along the path", "where the path bends") and "the change of that motion" in cut.about
    assert_close(
        cut.directions[1]["w"], torch.tensor([-1.0, 1.0]).double() / math.sqrt(2), CLOSED_FORM, "second difference"
    )


def test_a_barrier_is_what_a_walk_from_the_higher_end_must_climb() -> None:
    def between(dip: float, reach: tuple[float, float] = (-0.5, 1.5), points: int = 41) -> Barrier:
        cost = Cost.from_function(lambda m: dip * m * (1 - m) + 2 * m + 1, dtype=torch.float64)
        way = {"m": torch.tensor(1.0)}
        return barrier(line(cost, at={"m": 0.0}, along=way, reach=reach, points=points))

    # 8 t (1 - t) + 2 t + 1 is 4.125 at 5/8, 1.125 above the higher end; 8 t (1 - t) is 2 at most, half-way.
    found, high = between(8.0, (-0.5, 1.5), 81), torch.tensor([1.125, 0.625, 2.0])
    assert_close(torch.tensor([found.height, found.at, found.above_chord]), high, SINGLE, "barrier")
    assert_close(torch.tensor(found.ends), torch.tensor([1.0, 3.0]), SINGLE, "ends")
    assert between(-8.0).height == 0 == between(-8.0).above_chord
    assert between(1.0).height == 0 < between(1.0).above_chord, "all downhill from the higher one is no barrier"
    assert json.loads(json.dumps(found.to_dict()))["height"] == found.height
    with pytest.raises(SteepestError, match=r"the model at 0 is no point of the line: the nearest is 0.2"):
        between(8.0, reach=(-0.5, 1.6), points=4)
    with pytest.raises(SteepestError, match="the slice is a plane"):
        barrier(plane(TRIAL, at=START, along=("m", "b"), reach=((0, 1), (0, 1)), points=2))


@pytest.mark.parametrize("lost", [math.inf, math.nan])
def test_a_barrier_that_is_not_finite_is_told(lost: float) -> None:
    cost = Cost.from_function(lambda m: torch.where((m - 0.5).abs() < 0.1, lost, m**2), dtype=torch.float64)
    way = {"m": torch.tensor(1.0)}
    found = barrier(line(cost, at={"m": 0.0}, along=way, reach=(0, 1), points=21))
    assert not math.isfinite(found.height) and abs(found.at - 0.45) < 0.051
    with pytest.raises(SteepestError, match="the cost of the model at 1 is"):
        barrier(line(cost, at={"m": -0.5}, along=way, reach=(0, 1), points=21))
