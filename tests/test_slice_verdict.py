"""Verdicts on slices: every rule with a slice that fires it and a near miss that does not, and the merge tree."""

import json
import math
from collections import deque
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
import torch
from costs import bowl, saddle
from tolerances import CLOSED_FORM, assert_close
from torch import Tensor

from steepest.cost import Cost
from steepest.curvature import curvature_at
from steepest.descent import descend
from steepest.diagnosis import Finding, diagnose_slice
from steepest.diagnosis.valleys import valleys
from steepest.errors import SteepestError
from steepest.slices import Projection, Slice, line, plane, project

WIDE = ((-1.0, 1.0), (-1.0, 1.0))


def made(costs: Tensor, axes: tuple[Tensor, ...] | None = None, **more: Any) -> Slice:
    """A slice of these costs, about a model in the middle of it."""
    axes = axes or tuple(torch.linspace(-1, 1, size, dtype=torch.float64) for size in costs.shape)
    way = tuple({"w": torch.ones(3)} for _ in axes)
    return Slice({"w": torch.ones(3)}, way, axes, costs, "made up", **more)


def square(points: int = 21) -> tuple[Tensor, Tensor]:
    axis = torch.linspace(-1, 1, points, dtype=torch.float64)
    x, y = torch.meshgrid(axis, axis, indexing="ij")
    return x, y


X, Y = square()
ROUND = X**2 + Y**2
UNLIKE = torch.linspace(0, 1, 21, dtype=torch.float64)


def holed(count: int) -> Slice:
    costs = ROUND.clone()
    costs.view(-1)[:count] = math.nan
    return made(costs)


def two(depth: float, scale: Any = "linear") -> Slice:
    """Two valleys, the pass between them `depth` above the shallower one, on a slope up to 1."""
    floor = torch.full((21,), 1.0, dtype=torch.float64)
    floor[5], floor[10], floor[15] = 0.1, 0.3 + depth, 0.3
    floor[6:10] = torch.linspace(0.1, 0.3 + depth, 6, dtype=torch.float64)[1:-1]
    floor[11:15] = torch.linspace(0.3 + depth, 0.3, 6, dtype=torch.float64)[1:-1]
    return made(floor, (torch.arange(21.0),), scale=scale)


def between(rise: float, reach: tuple[float, float] = (-0.25, 1.25)) -> Slice:
    """A line between models of costs 1 and 2 with a smooth rise of this much above the second."""
    at = torch.linspace(*reach, 61, dtype=torch.float64)
    costs = 1 + at + 0 * at
    return made(torch.where((at - 0.5).abs() < 0.21, costs.new_tensor(2.0) + rise, costs.clamp(max=2)), (at,))


def laid(share: float | None) -> Projection:
    return Projection(torch.zeros(4, 2), torch.arange(4.0), share)


LOW = bowl([0.2, 2.0, 2.0])
AXES = torch.eye(3, dtype=torch.float64)


def bending(*rows: list[float]) -> Cost:
    """`C(w) = w' H w / 2` with the Hessian given."""
    hessian = torch.tensor(rows, dtype=torch.float64)
    return Cost.from_function(lambda w: w @ hessian @ w / 2, like={"w": AXES[0]})


SADDLE = bending([2, 0, 0], [0, 2, 0], [0, 0, -0.2])


def cut(cost: Cost, one: int = 0, other: int = 1) -> Slice:
    return plane(cost, at=cost.zeros(), along=({"w": AXES[one]}, {"w": AXES[other]}), reach=WIDE, points=21)


def bent(cost: Cost) -> Any:
    return curvature_at(cost, cost.zeros())


def unsharp(cost: Cost) -> Any:
    """The same curvature, measured so badly that its sign is not known."""
    return replace(bent(cost), smallest_residual=0.5)


CASES: dict[str, tuple[tuple[Slice, dict[str, Any]], tuple[Slice, dict[str, Any]]]] = {
    "constant": ((made(torch.full((9, 9), 5.0)), {}), (made(5 + 1e-5 * ROUND.float()), {})),
    "not-finite": ((holed(1), {}), (made(ROUND), {})),
    "coarse": ((made(ROUND, held_out_error=0.11), {}), (made(ROUND, held_out_error=0.09), {})),
    "unresolved": (
        (made(ROUND, intervals=torch.full_like(ROUND, 1.01)), {}),
        (made(ROUND, intervals=torch.full_like(ROUND, 0.99)), {}),
    ),
    "lower-elsewhere": ((made((X - 0.2) ** 2 + Y**2), {}), (made((X - 0.1) ** 2 + Y**2), {})),
    "several-valleys": ((two(0.1), {}), (two(0.08), {})),
    "barrier": ((between(0.05), {}), (between(0.03), {})),
    "connected": ((between(0.03), {}), (between(0.05), {})),
    "off-plane": ((made(ROUND), {"projection": laid(0.755)}), (made(ROUND), {"projection": laid(0.765)})),
    "on-plane": ((made(ROUND), {"projection": laid(0.765)}), (made(ROUND), {"projection": laid(None)})),
    "hidden-saddle": (
        (cut(SADDLE), {"curvature": bent(SADDLE)}),
        (cut(SADDLE), {"curvature": unsharp(SADDLE)}),
    ),
    "above-the-limit": (
        (cut(LOW), {"curvature": bent(LOW), "learning_rate": 1.01}),
        (cut(LOW), {"curvature": bent(LOW), "learning_rate": 0.99}),
    ),
    "conditioned": (
        (cut(LOW), {"curvature": bent(LOW), "learning_rate": 0.99}),
        (cut(LOW), {"learning_rate": 0.99}),
    ),
    "one-valley": ((two(0.08), {}), (two(0.1), {})),
    "relief": ((made(torch.arange(100_001.0)), {}), (made(torch.arange(100_000.0)), {})),
}


def rules(slice: Slice, **beside: Any) -> list[str]:
    return [finding.rule for finding in diagnose_slice(slice, **beside)]


def told(slice: Slice, rule: str, **beside: Any) -> Finding:
    return next(finding for finding in diagnose_slice(slice, **beside) if finding.rule == rule)


@pytest.mark.parametrize("rule", CASES)
def test_every_rule_fires_on_its_case_and_not_on_a_near_miss(rule: str) -> None:
    (case, given), (miss, beside) = CASES[rule]
    assert rule in rules(case, **given) and rule not in rules(miss, **beside)
    finding = told(case, rule, **given)
    assert finding.claim[-1] == finding.advice[-1] == "." and finding.threshold[-1] != "."
    assert finding.refuted_by and finding.source
    json.dumps(finding.to_dict(), allow_nan=False)
    assert not any(value is not None and math.isnan(value) for value in finding.evidence.values())


def test_every_rule_has_a_case_and_bad_news_comes_first() -> None:
    from inspect import getsource

    from steepest.diagnosis import slice_context, slice_rules

    source = getsource(slice_rules) + getsource(slice_context)
    assert all(f'"{rule}"' in source for rule in CASES)
    said = {rule for (case, given), _ in CASES.values() for rule in rules(case, **given)}
    assert said == set(CASES), "a rule that no case fires, or one without a case"
    found = diagnose_slice(holed(300), projection=laid(0.9))
    assert [finding.bad for finding in found] == sorted([finding.bad for finding in found], reverse=True)
    assert found[0].rule == "not-finite" and found[0].bad


def test_a_slice_without_a_number_is_told_and_no_more() -> None:
    nothing = made(torch.full((5, 5), math.nan), intervals=torch.ones(5, 5), held_out_error=0.01)
    assert rules(nothing) == ["not-finite"]
    finding = told(nothing, "not-finite")
    assert finding.evidence["share"] == 1 and finding.bad
    one = torch.full((5, 5), math.inf)
    one[2, 2] = 1.0
    assert rules(made(one)) == ["not-finite"] and "right beside the middle" in told(made(one), "not-finite").advice


def test_the_part_of_the_reach_that_is_free_of_holes_is_free_of_them() -> None:
    costs = torch.where(X.abs().maximum(Y.abs()) > 0.55, math.nan, ROUND)
    finding = told(made(costs), "not-finite")
    free = finding.evidence["free_part_of_the_reach"] or 0.0
    inside = X.abs().maximum(Y.abs()) <= free + 1e-9
    assert bool(costs[inside].isfinite().all()) and 0.45 < free < 0.55
    assert f"{100 * free:.3g} %" in finding.advice


def test_heights_are_those_of_the_scale_that_is_drawn() -> None:
    costs = 10 ** (4 * ROUND / 2 - 4)
    assert "coarse" not in rules(made(costs, scale="log", held_out_error=0.39))
    assert "0.41 decades of 4" in told(made(costs, scale="log", held_out_error=0.41), "coarse").claim
    assert "coarse" in rules(made(costs, scale="linear", held_out_error=0.39))
    shallow = two(0.02)
    deep = replace(shallow, costs=(shallow.costs - 0.0999).clamp(min=1e-4), scale="log")
    assert "several-valleys" not in rules(shallow) and "several-valleys" not in rules(deep)
    wells = shallow.costs.clone()
    wells[15] = 1e-4
    assert "several-valleys" in rules(replace(shallow, costs=wells, scale="log"))
    assert rules(made(-ROUND, scale="log")) == rules(made(-ROUND)), "a cost below 0 has no logarithm"


def test_valleys_no_deeper_than_what_the_slice_is_unsure_of_are_not_told() -> None:
    assert "several-valleys" in rules(two(0.2))
    assert "several-valleys" not in rules(replace(two(0.2), held_out_error=0.12))
    assert "several-valleys" not in rules(replace(two(0.2), intervals=torch.full((21,), 0.11)))
    assert "lower-elsewhere" in rules(made((X - 0.2) ** 2 + Y**2))
    assert "lower-elsewhere" not in rules(made((X - 0.2) ** 2 + Y**2, held_out_error=0.02))
    assert "barrier" in rules(between(0.05)) and "barrier" not in rules(replace(between(0.05), held_out_error=0.03))


def test_a_wall_without_numbers_keeps_valleys_apart() -> None:
    costs = ROUND.clone()
    costs[10] = math.nan
    found = told(made(costs), "several-valleys")
    assert "only points without a finite cost lie between them" in found.claim
    assert found.evidence["depth_of_second"] is None


def test_a_barrier_has_both_heights() -> None:
    finding = told(between(0.5), "barrier")
    assert_close(finding.evidence["above_higher_end"] or 0.0, 0.5, CLOSED_FORM, "above the higher end")
    assert_close(finding.evidence["above_chord"] or 0.0, 2.5 - 1.3, CLOSED_FORM, "above the chord, at 0.3")
    assert "barrier" not in rules(between(0.5, (-1.0, 1.0))), "a line about one model has no second one at 1"
    assert "barrier" not in rules(between(0.5, (0.05, 1.25))), "the first model is not on it"


def test_lines_between_models_by_the_library_are_judged() -> None:
    from steepest import directions

    cost = Cost.from_function(lambda m, b: (m**2 - 1) ** 2 + b**2, dtype=torch.float64)
    ends = [cost.params({"m": side, "b": 0.0}) for side in (-1.0, 1.0)]
    ways = directions.between(*ends)
    found = told(line(cost, at=ends[0], along=ways, reach=(-0.25, 1.25), points=61), "barrier")
    assert_close(found.evidence["above_higher_end"] or 0.0, 1.0, CLOSED_FORM, "barrier of the double well")
    assert "at 0.5 of the way" in found.claim


def test_a_factor_of_nought_is_no_model() -> None:
    """Along a whole tensor by a factor the model stands at 1: at 0 the tensor is gone."""
    cost = Cost.from_function(lambda w: (w - 3).square().sum(), like={"w": torch.zeros(2, dtype=torch.float64)})
    cut = line(cost, at={"w": torch.full((2,), 3.0, dtype=torch.float64)}, along="w", reach=(-0.5, 1.5), points=21)
    assert cut.axes == ("w, times",) and rules(cut) == ["one-valley"]
    plain = replace(cut, axes=("somewhere",))
    assert rules(plain) != ["one-valley"], "without the name, 0 is taken for the model"


def test_named_parameters_have_no_model_at_nought() -> None:
    cost = Cost.from_function(lambda m, b: (m - 0.5) ** 2 + b**2, dtype=torch.float64)
    cut = plane(cost, at={"m": 0.5, "b": 0.0}, along=("m", "b"), reach=WIDE, points=21)
    assert rules(cut) == ["one-valley"]


def test_a_saddle_that_is_seen_is_not_hidden() -> None:
    assert "hidden-saddle" not in rules(cut(SADDLE, 0, 2), curvature=bent(SADDLE))
    aslant = cut(bending([2, 3, 0], [3, 2, 0], [0, 0, 1]))
    assert "hidden-saddle" not in rules(aslant, curvature=bent(SADDLE)), "both axes bend upwards, a way aslant does not"
    assert "-0.2" in told(cut(SADDLE), "hidden-saddle", curvature=bent(SADDLE)).claim


def test_the_numbers_of_the_curvature_are_said() -> None:
    cost = bowl([1.0, 10.0, 38.0])
    flat = cut(cost)
    claim = told(flat, "conditioned", curvature=curvature_at(cost, cost.zeros()), learning_rate=0.9 * 2 / 38).claim
    assert claim == "Condition number 38; the step 0.04737 is 0.9 of the stable limit 0.05263."
    only = told(flat, "conditioned", curvature=curvature_at(saddle(), saddle().zeros())).claim
    assert only.startswith("No condition number: ") and only.endswith("the stable limit of the step is 1.")


def test_a_real_run_is_held_beside_a_random_walk() -> None:
    cost = bowl([1.0, 1.0, 1.0])
    run = descend(cost, {"w": torch.tensor([3.0, 4.0, 12.0]).double()}, learning_rate=0.1, epochs=9)
    flat = cut(cost)
    found = told(flat, "off-plane", projection=project(run, onto=flat))
    assert_close(found.evidence["share"] or 0.0, 25 / 169, CLOSED_FORM, "share")
    assert_close(found.evidence["random_walk"] or 0.0, (6 + 1.5) / math.pi**2, CLOSED_FORM, "the null")
    assert "14.8 %" in found.claim and "76 %" in found.claim


def test_bad_requests_are_refused() -> None:
    with pytest.raises(SteepestError, match="diagnose_slice: the projection has 2 coordinates a step, and the slice 1"):
        diagnose_slice(two(0.1), projection=laid(0.5))
    with pytest.raises(SteepestError, match="the learning rate is nan"):
        diagnose_slice(two(0.1), learning_rate=math.nan)


def flooded(heights: Tensor, level: float) -> int:
    """How many separate pools there are below a level: another road, by filling each."""
    below = {place for place in product(*map(range, heights.shape)) if float(heights[place]) <= level}
    pools = 0
    while below:
        pools += 1
        edge = deque([below.pop()])
        while edge:
            here = edge.popleft()
            for step in product((-1, 0, 1), repeat=heights.ndim):
                there = tuple(a + b for a, b in zip(here, step, strict=True))
                if there in below:
                    below.remove(there)
                    edge.append(there)
    return pools


@pytest.mark.parametrize("shape", [(40,), (7, 11), (12, 12)])
@pytest.mark.parametrize("seed", range(4))
def test_the_tree_counts_the_pools_of_every_level(shape: tuple[int, ...], seed: int) -> None:
    heights = torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    if seed > 1:
        heights = (heights * 6).round()  # plateaus
    if seed == 3:
        heights[heights == 3] = math.nan
    found = valleys(heights)
    for level in heights[heights.isfinite()].unique().tolist():
        alive = [
            valley
            for valley in found
            if float(heights[valley.at]) <= level and (valley.over is None or float(heights[valley.over]) > level)
        ]
        assert len(alive) == flooded(heights, level), level
    for valley in found:
        if valley.over is not None:
            assert_close(valley.depth, heights[valley.over] - heights[valley.at], CLOSED_FORM, "depth")


def test_a_model_between_points_of_the_grid_is_not_lower_than_the_least_of_them() -> None:
    even = torch.linspace(-1, 1, 20, dtype=torch.float64)
    x, y = torch.meshgrid(even, even, indexing="ij")
    assert "lower-elsewhere" not in rules(made(x**2 + y**2))
    found = told(made((x - 0.3) ** 2 + y**2), "lower-elsewhere")
    step = 2 / 19
    assert "beside it the cost is" in found.claim
    assert_close(found.evidence["cost_here"] or 0.0, (step / 2 - 0.3) ** 2 + (step / 2) ** 2, CLOSED_FORM, "the least")
    assert "lower-elsewhere" not in rules(between(0.05)), "the first of two models is not expected to be the lowest"
