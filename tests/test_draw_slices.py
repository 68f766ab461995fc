"""Pictures of planes through any cost: scale, error, what is not finite, several planes and several runs."""

import dataclasses
import math
from typing import Any

import matplotlib.colors as mcolors
import numpy as np
import pytest
import torch
from costs import START, columns
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection, PolyCollection
from matplotlib.contour import QuadContourSet
from pictures import AWFUL, DIVERGED, LOST, RUN, TRIAL, assert_nothing_overlaps, cut, labels, render, said, xs, ys
from tolerances import CLOSED_FORM, assert_close

from steepest import draw
from steepest.cost import Cost
from steepest.descent import descend
from steepest.directions import Directions
from steepest.draw import paper
from steepest.errors import SteepestError
from steepest.slices import Slice, line, plane, project
from steepest.slices.local import local_planes

INPUTS, TARGETS = columns()
MANY = Cost.least_squares({f"x{index}": INPUTS[:, index] for index in range(3)}, TARGETS)
WALK = descend(MANY, MANY.zeros(), learning_rate=0.1, epochs=50)
ACROSS = plane(MANY, at=WALK.end, along=("x0", "x1"), reach=((-1, 3), (-1, 3)), points=21)
WAY = {"m": torch.tensor(1.0, dtype=torch.float64)}


def logarithmic(**more: Any) -> Slice:
    return dataclasses.replace(cut(), scale="log", **more)


def torn() -> Slice:
    """NaN for m below 0, infinity for b above 1, minus infinity at m = 0."""
    cost = Cost.from_function(lambda m, b: torch.where(b > 1, math.inf, m.log() + b), dtype=torch.float64)
    return plane(cost, at={"m": 1, "b": 1}, along=("m", "b"), reach=((-1, 1), (0, 2)), points=9)


def grounds(ax: Axes) -> tuple[Any, Any]:
    """The colours and the height lines of a map."""
    found = [each for each in ax.collections if isinstance(each, QuadContourSet)]
    return found[0], found[1]


def bar_of(ax: Axes) -> Axes:
    figure = ax.get_figure(root=True)
    assert figure is not None
    return figure.axes[-1]


def test_a_logarithmic_map_has_levels_and_a_bar_in_the_cost_itself() -> None:
    ax = draw.contour(logarithmic())
    filled, lines = grounds(ax)
    levels = 10 ** np.asarray(filled.levels)
    low, high = float(cut().costs.min()), float(cut().costs.max())
    assert levels[0] <= low < levels[1] and levels[-2] < high <= levels[-1] and 6 <= len(levels) <= 18
    assert all(abs(float(f"{level:.1e}") - level) < 1e-9 * level for level in levels), "round costs"
    assert lines.levels == pytest.approx(filled.levels)
    for level, paths in zip(lines.levels, lines.get_paths(), strict=True):
        for m, b in paths.vertices[:: max(1, len(paths.vertices) // 5)]:
            here = float(TRIAL.value(TRIAL.params({"m": float(m), "b": float(b)})))
            assert abs(math.log10(here) - level) < 0.12, "a line lies at its own cost"
    shown = [text.get_text() for text in bar_of(ax).get_yticklabels()]
    assert float(shown[0].replace(",", "")) == pytest.approx(levels[-1])
    assert bar_of(ax).get_ylabel() == "cost, logarithmic"
    assert_nothing_overlaps(ax)


@pytest.mark.parametrize(("low", "high"), [(0.5, 0.50001), (1, 1.3), (2.3, 9), (1e-9, 1e5), (1e-300, 1e300), (3, 31)])
def test_a_logarithmic_ladder_holds_every_range_of_costs(low: float, high: float) -> None:
    costs = torch.logspace(math.log10(low), math.log10(high), 81, dtype=torch.float64).reshape(9, 9)
    ax = draw.contour(dataclasses.replace(ACROSS, scale="log", costs=costs, coordinates=(torch.arange(9.0),) * 2))
    levels = np.asarray(grounds(ax)[0].levels)
    assert (np.diff(levels) > 0).all() and 3 <= len(levels) <= 19
    assert levels[0] <= math.log10(low) + 1e-9 and levels[-1] >= math.log10(high) - 1e-9
    shown = [text.get_text() for text in bar_of(ax).get_yticklabels()]
    assert len(set(shown)) == len(shown), "no two levels read alike"


def test_costs_that_have_no_logarithm_are_drawn_linearly_and_it_is_said() -> None:
    below = dataclasses.replace(logarithmic(), costs=cut().costs - 5)
    ax = draw.contour(below)
    assert "linear: the cost is as low as −4.9" in said(ax) and bar_of(ax).get_ylabel().startswith("cost above its")
    assert "linear height: the lowest cost is −4.9" in said(draw.surface(below))
    level = dataclasses.replace(logarithmic(), costs=torch.full_like(cut().costs, 3.0))
    assert "the cost is 3 everywhere on this plane" in said(draw.contour(level))


def test_what_is_not_finite_is_told_apart() -> None:
    found = torn()
    ax = draw.contour(found)
    assert labels(ax) == ["NaN", "∞", "−∞"] and "grey: the cost is not finite there (NaN, ∞, −∞)" in said(ax)
    hatched = {each.get_hatch(): each for each in ax.collections if isinstance(each, PolyCollection)}
    kinds = (("///", found.costs.isnan()), ("xxx", found.costs == math.inf), ("...", found.costs == -math.inf))
    assert set(hatched) == {hatch for hatch, _ in kinds}
    for hatch, there in kinds:
        cells = hatched[hatch].get_paths()
        points = [(float(found.coordinates[0][i]), float(found.coordinates[1][j])) for i, j in there.nonzero().tolist()]
        assert len(cells) == len(points) > 0
        for cell, point in zip(cells, points, strict=True):
            (left, low), (right, high) = cell.vertices.min(axis=0), cell.vertices.max(axis=0)  # pyright: ignore[reportAttributeAccessIssue]
            assert left <= point[0] <= right and low <= point[1] <= high, "each hatched cell is about its point"
    words = said(draw.surface(found))
    counts = [int(there.sum()) for _, there in kinds]
    assert f"NaN at {counts[0]}, ∞ at {counts[1]}, −∞ at {counts[2]} of 81 points" in words
    assert labels(draw.contour(cut())) == [], "and nothing is hatched where all is finite"
    nowhere = dataclasses.replace(found, costs=torch.full_like(found.costs, torch.nan))
    assert "no cost on this plane is finite" in said(draw.contour(nowhere)) and labels(draw.contour(nowhere)) == ["NaN"]
    assert_nothing_overlaps(ax)


def test_the_error_at_unseen_points_is_in_words_and_the_places_are_dots() -> None:
    places = torch.tensor([[0.0, 0.5], [0.4, 0.1], [-0.2, 1.0]], dtype=torch.float64)
    measured = torch.tensor([1.0, 2.0, 3.0])
    more: Any = {"places": places, "measured": measured, "held_out_error": 0.0312, "method": "from 3 places"}
    ax = draw.contour(logarithmic(**more))
    assert "largest error at unseen points: 0.031 decades; from 3 places" in said(ax)
    (dots,) = (each for each in ax.get_lines() if len(xs(each)) == 3)
    assert np.column_stack([xs(dots), ys(dots)]).tolist() == places.tolist() and "measured, 3 places" in labels(ax)
    even = draw.contour(dataclasses.replace(cut(), **more))
    assert "largest error at unseen points: 3.1 % of the cost's range" in said(even)
    high = draw.surface(logarithmic(**more))
    assert "0.031 decades" in said(high) and "measured, 3 places" in labels(high)
    (found,) = (each for each in high.get_lines() if len(each.get_data_3d()[0]) == 3)  # pyright: ignore[reportAttributeAccessIssue]
    assert found.get_data_3d()[2] == pytest.approx(np.log10([1, 2, 3]))  # pyright: ignore[reportAttributeAccessIssue]
    assert "unseen" not in said(draw.contour(cut()))


def test_height_lines_closer_than_the_interval_are_dashed() -> None:
    def dashes(width: float) -> list[bool]:
        ax = draw.contour(logarithmic(intervals=torch.full_like(cut().costs, width)))
        found = [each[1] is not None for each in grounds(ax)[1].get_linestyles()]
        assert any(found) == ("dashed: height lines closer together" in said(ax))
        assert f"known to ±{paper.number(width, 2)} (median)" in said(ax)
        return found

    assert not any(dashes(1e-9)) and all(dashes(1e4))
    half = dashes(0.5)
    levels = 10 ** np.asarray(grounds(draw.contour(logarithmic()))[1].levels)
    gaps = [min(abs(level - other) for other in levels if other != level) for level in levels]
    seen = [gap / 2 < 0.5 for gap in gaps]
    assert half[1:-1] == seen[1:-1] and True in half and False in half


def test_how_the_directions_were_made_is_said_and_the_axes_have_their_names() -> None:
    ways = Directions(({"m": WAY["m"], "b": WAY["m"] * 0}, START_WAY), ("random 1", "random 2"), "random, seed 3")
    found = plane(TRIAL, at=START, along=ways, reach=((-1, 1), (-1, 1)), points=5)
    for picture in (draw.contour, draw.surface):
        ax = picture(found)
        assert "random, seed 3" in said(ax) and (ax.get_xlabel(), ax.get_ylabel()) == ("random 1", "random 2")


START_WAY = {"m": WAY["m"] * 0, "b": WAY["m"]}


def test_the_random_walks_share_stands_beside_principal_directions_only() -> None:
    plain = draw.contour(ACROSS, WALK)
    assert "% of the path's motion;" in said(plain) and "random walk" not in said(plain)
    named = dataclasses.replace(
        ACROSS, axes=("principal direction 1", "principal direction 2"), origin=WALK.end, directions=_bent()
    )
    assert "(principal directions hold 76 % of a random walk's)" in said(draw.contour(named, WALK))
    told = dataclasses.replace(named, about="where a random walk gives 62 % + 16 %")
    assert said(draw.contour(told, WALK)).count("random walk") == 1, "once is enough"


def _bent() -> tuple[Any, Any]:
    zero = {name: value * 0 for name, value in WALK.end.items()}
    return {**zero, "x0": torch.tensor(1.0), "x2": torch.tensor(0.5)}, {**zero, "x1": torch.tensor(1.0)}


def test_discs_are_as_wide_as_the_path_is_off_the_plane() -> None:
    ax = draw.contour(ACROSS, WALK)
    found = project(WALK, onto=ACROSS)
    (discs,) = (each for each in ax.collections if isinstance(each, PathCollection))
    widths, offsets = np.sqrt(discs.get_sizes()), np.asarray(discs.get_offsets())
    off = [
        float(found.distances[int((found.coordinates.numpy() == here).all(axis=1).nonzero()[0][0])]) for here in offsets
    ]
    assert len(off) > 3 and widths / max(widths) == pytest.approx(np.array(off) / max(off)), "width by distance"
    assert f"off the plane, at most {max(off):.3g}" in labels(ax)
    flat = draw.contour(cut(), RUN)
    assert not [each for each in flat.collections if isinstance(each, PathCollection)], "two parameters: nothing is off"


def test_stems_lead_from_the_runs_costs_to_the_planes() -> None:
    found = project(WALK, onto=ACROSS, cost=MANY)
    assert found.costs_on_slice is not None
    ax: Any = draw.surface(ACROSS, WALK, projection=found, trilobite=False)
    stems = [np.array(each.get_data_3d()) for each in ax.get_lines() if len(each.get_data_3d()[0]) == 2]
    stems = [stem for stem in stems if (stem[:2, 0] == stem[:2, 1]).all() and stem[2, 0] != stem[2, 1]]
    assert len(stems) > 5
    for stem in stems:
        index = int((found.coordinates - torch.tensor(stem[:2, 0])).abs().sum(dim=1).argmin())
        assert_close(stem[2, 0], WALK.costs[index], CLOSED_FORM, "from the run's own cost")
        assert_close(stem[2, 1], found.costs_on_slice[index], CLOSED_FORM, "to the plane's")
    gap = float((found.costs_on_slice - WALK.costs).abs().max())
    assert f"the path's own cost and the plane's are up to {gap:.3g} apart" in said(ax)
    render(draw.surface(cut(LOST), LOST, projection=project(LOST, onto=cut(LOST), cost=TRIAL)))
    without = draw.surface(ACROSS, WALK, trilobite=False)
    assert "apart" not in said(without) and not [word for word in labels(without) if "stem" in word]


def test_several_runs_share_one_plane_and_are_told_apart() -> None:
    slow = descend(TRIAL, START, learning_rate=0.001, epochs=300)
    aside = descend(TRIAL, {"m": -0.2, "b": 0.5}, learning_rate=0.01, epochs=300)
    ax = draw.contour(logarithmic(), {"fast": RUN, "slow": slow, "aside": aside}, minimum=TRIAL.minimum)
    names = ("fast", "slow", "aside")
    for name, label, run in zip(names, labels(ax), (RUN, slow, aside), strict=False):
        ends = (paper.number(run.steps[index].cost, 3) for index in (0, -1))
        assert label == f"{name}: {' to '.join(ends)}"
    lines = [each for each in ax.get_lines() if len(xs(each)) > 2 and each.get_color() != "white"]
    assert len(lines) == 3
    assert len({(mcolors.to_hex(each.get_color()), str(each.get_linestyle())) for each in lines}) == 3
    assert len({each.get_linestyle() for each in lines}) > 1, "dashes, too"
    for each, run in zip(lines, (RUN, slow, aside), strict=True):
        assert [xs(each)[0], ys(each)[0]] == [float(run.start[name]) for name in ("m", "b")]
        assert [xs(each)[-1], ys(each)[-1]] == [float(run.end[name]) for name in ("m", "b")]
    assert_nothing_overlaps(ax)
    assert labels(draw.contour(cut(), [RUN, slow]))[0].startswith("run 1: ")
    assert "run 2: " in said(draw.contour(cut(), [RUN, DIVERGED])) and "steps outside this frame" in said(
        draw.contour(cut(), [RUN, DIVERGED])
    )
    off = said(draw.contour(ACROSS, {"one": WALK, "two": WALK}))
    assert "one: the plane holds" in off and "% of its motion, up to" in off
    with pytest.raises(SteepestError, match=r"draw.contour: 9 runs are to be drawn, and 8 can be told apart"):
        draw.contour(cut(), [RUN] * 9)


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_planes_side_by_side_have_one_scale_of_colours(scale: Any) -> None:
    cuts = {
        f"{one} and {two}": dataclasses.replace(
            plane(MANY, at=WALK.end, along=(one, two), reach=((0, 2), (0, far)), points=9), scale=scale
        )
        for one, two, far in (("x0", "x1", 3), ("x1", "x2", 30), ("x0", "x2", 9))  # the highest is not the first
    }
    axes = draw.planes(cuts, WALK)
    first = grounds(axes[0])[0]
    floor = 0.0 if scale == "log" else min(float(found.costs.min()) for found in cuts.values())
    for ax, (title, found) in zip(axes, cuts.items(), strict=True):
        filled = grounds(ax)[0]
        assert filled.levels == pytest.approx(first.levels) and ax.get_title(loc="left") == title
        assert filled.norm.boundaries == pytest.approx(first.norm.boundaries)  # pyright: ignore[reportAttributeAccessIssue]
        heights = found.costs.log10() if scale == "log" else (found.costs - floor).sqrt()
        assert filled.levels[0] <= float(heights.min()) + 1e-12 and float(heights.max()) <= filled.levels[-1] + 1e-12
        assert (ax.get_xlabel(), ax.get_ylabel()) == found.names
    figure = axes[0].get_figure(root=True)
    assert figure is not None and len(figure.axes) == 4, "three planes, one bar"
    assert_nothing_overlaps(axes[0])
    assert_nothing_overlaps(axes[2])


def test_a_path_is_drawn_where_it_is_near_a_plane() -> None:
    away = plane(MANY, at=WALK.end, along=("x0", "x1"), reach=((0.5, 1.5), (1.5, 2.5)), points=5)
    (ax,) = draw.planes([away], WALK)
    off = project(WALK, onto=away).distances
    near = int((off <= 0.5).sum())
    assert 0 < near < 51 and f"path drawn at the {near} of 51 steps within 0.5 of the plane" in said(ax)
    assert sum(len(xs(each)) for each in ax.get_lines()) == near
    (whole,) = draw.planes([cut()], RUN)
    assert "path drawn at" not in said(whole) and "plane 1: m and b" in said(whole)


def test_local_planes_stand_in_a_row() -> None:
    cuts = local_planes(MANY, WALK, count=3, points=9)
    axes = draw.planes(cuts, WALK)
    assert [ax.get_title(loc="left") for ax in axes] == [found.about.split(":")[0] for found in cuts]
    assert any("dotted: height lines of its own" in said(ax) for ax in axes), "late in a run all is one colour"
    for ax in axes:
        assert_nothing_overlaps(ax)
    with pytest.raises(SteepestError, match=r"draw.planes: slice 0 is a line"):
        draw.planes([line(TRIAL, at=START, along="m", reach=(0, 1))])
    with pytest.raises(SteepestError, match="there is no plane to draw"):
        draw.planes([])
    with pytest.raises(SteepestError, match="there are 1 axes for 3 planes"):
        draw.planes(cuts, axes=axes[:1])


def test_another_metric_is_drawn_in_the_costs_place() -> None:
    found = logarithmic(beside={"accuracy": torch.linspace(0, 1, 961).reshape(31, 31)}, held_out_error=0.1)
    ax = draw.contour(found, show="accuracy")
    assert "accuracy by m and b" in said(ax) and bar_of(ax).get_ylabel() == "accuracy above its lowest here, 0"
    assert grounds(ax)[0].levels[-1] ** 2 == pytest.approx(1) and "unseen" not in said(ax), "the error is the cost's"
    places = dataclasses.replace(found, places=torch.zeros(1, 2), measured=torch.zeros(1))
    assert "the accuracy is interpolated; its own error was not measured" in said(draw.contour(places, show="accuracy"))
    with pytest.raises(SteepestError, match=r"nothing was measured as 'acuracy'. Did you mean 'accuracy'"):
        draw.contour(found, show="acuracy")


def test_a_slice_that_was_read_from_elsewhere_can_be_drawn() -> None:
    costs = torch.rand(5, 7, generator=torch.Generator().manual_seed(1))
    grid = (torch.linspace(-1, 1, 5), torch.linspace(0, 1, 7))
    ax = draw.contour(Slice({}, ({}, {}), grid, costs, "read", axes=("x", "y")))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("x", "y") and ax.get_xlim() == (-1, 1) and ax.get_ylim() == (0, 1)
    draw.surface(Slice({}, ({}, {}), grid, costs, "read", axes=("x", "y")))


@pytest.mark.parametrize("name", [AWFUL, "W" * 80], ids=["awful", "unbroken"])
def test_awful_names_cover_nothing(name: str) -> None:
    awful = logarithmic(axes=(name, name), about=name, held_out_error=0.1, method=name, places=torch.zeros(1, 2))
    awful = dataclasses.replace(awful, directions=tuple({"m": WAY["m"] * 2, "b": WAY["m"] * k} for k in (0, 1)))
    assert_nothing_overlaps(draw.contour(awful, {name: RUN, name + "2": RUN}, cost_name=name))
    for ax in draw.planes({name: awful, name + "2": awful}, RUN, cost_name=name):
        assert_nothing_overlaps(ax)
