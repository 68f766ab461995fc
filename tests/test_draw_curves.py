"""Pictures of lines between models, of a run beside its plane, and of spectra."""

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
import torch
from costs import START, columns
from matplotlib.collections import PolyCollection
from pictures import AWFUL, RUN, TRIAL, assert_nothing_overlaps, cut, labels, render, said, xs, ys

from steepest import draw
from steepest.cost import Cost
from steepest.curvature import curvature_at, spectral_density
from steepest.descent import descend
from steepest.errors import SteepestError
from steepest.slices import Slice, line, plane, project

INPUTS, TARGETS = columns()
MANY = Cost.least_squares({f"x{index}": INPUTS[:, index] for index in range(3)}, TARGETS)
WALK = descend(MANY, MANY.zeros(), learning_rate=0.1, epochs=50)
ACROSS = plane(MANY, at=WALK.end, along=("x0", "x1"), reach=((-1, 3), (-1, 3)), points=21)
WAY = {"m": torch.tensor(1.0, dtype=torch.float64)}


def well(scale: Any = "linear", **more: Any) -> Slice:
    cost = Cost.from_function(lambda m: 8 * m * (1 - m) + 2 * m + 3 + 16 * (m * (1 - m)) ** 2, dtype=torch.float64)
    found = line(cost, at={"m": 0.0}, along=WAY, reach=(-0.25, 1.25), points=61)
    return dataclasses.replace(found, scale=scale, **more)


def test_the_barrier_stands_on_the_cost_of_the_higher_model() -> None:
    ax = draw.curve(well(), between=("start", "other"))
    (curve,) = (each for each in ax.get_lines() if len(xs(each)) == 61)
    assert ys(curve).tolist() == well().costs.tolist()
    top = int(well().costs[10:51].argmax()) + 10
    high, where = float(well().costs[top]), float(well().coordinates[0][top])
    assert f"barrier {high - 5:.3g}, at {where:.3g}" in labels(ax) and high > 5
    (foot,) = (each for each in ax.get_lines() if xs(each).tolist() == [0, 1])
    assert ys(foot) == pytest.approx([5, 5]), "the higher one's cost"
    (arrow,) = (each for each in ax.texts if getattr(each, "arrow_patch", None) is not None)
    tip: Any = arrow
    assert (*tip.xy, *tip.xyann) == pytest.approx((where, high, where, 5.0))
    assert ax.get_title(loc="left") == "cost from start to other"
    assert_nothing_overlaps(ax)
    assert "no higher than" not in said(draw.curve(well(intervals=torch.full((61,), 0.1)), between=("a", "b")))
    wide = draw.curve(well(intervals=torch.full((61,), 2.0)), between=("a", "b"))
    assert "the barrier is no higher than the sample's interval is wide" in said(wide)
    bowl = line(TRIAL, at=START, along={"m": WAY["m"], "b": WAY["m"] * 0}, reach=(-1, 2), points=31)
    assert "no barrier" in said(draw.curve(bowl, between=("a", "b")))


def test_another_metric_has_axes_of_its_own_below() -> None:
    ax = draw.curve(well(beside={"accuracy": torch.linspace(0, 1, 61), AWFUL: torch.ones(61)}))
    render(ax)
    figure = ax.get_figure(root=True)
    assert figure is not None
    top, middle, bottom = (each.get_position() for each in figure.axes)
    assert top.y0 > middle.y1 and middle.y0 > bottom.y1 and top.height > 2 * middle.height, "never a twin axis"
    assert figure.axes[1].get_ylabel() == "accuracy"
    assert ys(figure.axes[1].get_lines()[0]).tolist() == torch.linspace(0, 1, 61).tolist()
    assert figure.axes[2].get_xlim() == ax.get_xlim()
    assert_nothing_overlaps(ax)


def test_a_curve_shows_its_band_its_places_and_what_it_does_not_know() -> None:
    costs = well().costs.clone()
    costs[:3], costs[-2:], costs[30] = torch.nan, math.inf, -math.inf
    places = well().coordinates[0][10:50:8, None]
    found = well(
        "log", costs=costs, intervals=torch.full((61,), 0.5), places=places, measured=well().costs[10:50:8],
        held_out_error=0.02,
    )  # fmt: skip
    ax = draw.curve(found)
    assert ax.get_yscale() == "log" and "largest error at unseen points: 0.02 decades" in said(ax)
    assert labels(ax)[1:] == [
        "interval of the sample", "measured, 5 places", "NaN at 3 of 61 points", "∞ at 2 of 61 points",
        "−∞ at 1 of 61 points",
    ]  # fmt: skip
    (dots,) = (each for each in ax.get_lines() if len(xs(each)) == 5)
    assert xs(dots).tolist() == places[:, 0].tolist()
    (band,) = (each for each in ax.collections if isinstance(each, PolyCollection))
    vertices = np.concatenate([path.vertices for path in band.get_paths()])  # pyright: ignore[reportArgumentType]
    for x, y in vertices:
        here = float(costs[int((well().coordinates[0] - float(x)).abs().argmin())])
        assert not math.isfinite(here) or min(abs(y - here + 0.5), abs(y - here - 0.5)) < 1e-9
    low, high = ax.get_ylim()
    known = costs[costs.isfinite()]
    assert low < float(known.min()) - 0.5 and high > float(known.max()) + 0.5
    assert_nothing_overlaps(ax)
    assert "linear: the cost is as low as −2.4395" in said(draw.curve(well("log", costs=well().costs - 4.0)))


def test_a_curve_refuses_what_is_none() -> None:
    with pytest.raises(SteepestError, match=r"draw.curve: the slice is a plane"):
        draw.curve(cut())
    with pytest.raises(SteepestError, match="no cost on this line is finite"):
        draw.curve(well(costs=torch.full((61,), torch.nan)))
    with pytest.raises(SteepestError, match="the model at 1 is no point of the line"):
        draw.curve(dataclasses.replace(well(), coordinates=(torch.linspace(-1, 0.5, 61),)), between=("a", "b"))


def test_the_runs_cost_and_the_planes_are_side_by_side() -> None:
    found = project(WALK, onto=ACROSS, cost=MANY)
    assert found.costs_on_slice is not None
    ax = draw.off_plane(WALK, found)
    own, there = ax.get_lines()
    assert ys(own).tolist() == WALK.costs.tolist() and ys(there).tolist() == found.costs_on_slice.tolist()
    figure = ax.get_figure(root=True)
    assert figure is not None
    assert ys(figure.axes[1].get_lines()[0]).tolist() == found.distances.tolist()
    assert "at 51 of 51 steps" in said(ax) and f"up to {float(found.distances.max()):.3g} off it" in said(ax)
    assert_nothing_overlaps(ax)
    with pytest.raises(SteepestError, match=r"draw.off_plane: the projection has no costs on the plane"):
        draw.off_plane(WALK, project(WALK, onto=ACROSS))
    with pytest.raises(SteepestError, match="the projection is of 51 steps, and the run has 1002"):
        draw.off_plane(RUN, found)


def test_a_spectrum_shows_eigenvalues_with_their_residuals_and_the_limit() -> None:
    cost = Cost.from_function(lambda u, v, w: 3 * u**2 + v**2 - 0.5 * w**2, dtype=torch.float64)
    found = curvature_at(cost, {"u": 1.0, "v": 1.0, "w": 1.0})
    rough = dataclasses.replace(found, residuals=torch.tensor([0.5, 0.25, 0.125], dtype=torch.float64))
    ax = draw.spectrum(rough, learning_rate=0.5)
    bars = [segment[:, 1].tolist() for each in ax.collections for segment in each.get_segments()]  # pyright: ignore[reportAttributeAccessIssue]
    assert bars == [pytest.approx([5.5, 6.5]), pytest.approx([1.75, 2.25]), pytest.approx([-1.125, -0.875])]
    assert "bars are residuals, at most 0.5" in said(ax) and "above a learning rate of 0.333" in said(ax)
    points = {each.get_marker(): ys(each).tolist() for each in ax.get_lines() if each.get_marker() in ("o", "v")}
    assert points["o"] == pytest.approx([6, 2]) and points["v"] == pytest.approx([-1])
    assert labels(ax) == ["bends upwards", "bends downwards", "2 / 0.5 = 4"]
    assert "1 above the limit: plain descent with that rate grows along them" in said(ax)
    steep = draw.spectrum(curvature_at(TRIAL, START))
    assert steep.get_yscale() == "log" and "bends downwards" not in labels(steep)
    with pytest.raises(SteepestError, match=r"draw.spectrum: 0 is no learning rate"):
        draw.spectrum(curvature_at(TRIAL, START), learning_rate=0)
    assert_nothing_overlaps(ax)


def test_a_density_is_drawn_with_its_standard_error() -> None:
    found = spectral_density(MANY, WALK.end, probes=4, steps=3)
    ax = draw.spectrum(found, learning_rate=0.1)
    curve = next(each for each in ax.get_lines() if len(xs(each)) == len(found.grid))
    low, high = ax.get_ylim()
    seen = found.density.numpy() > low
    assert ys(curve)[seen] == pytest.approx(found.density.numpy()[seen]) and ax.get_yscale() == "log"
    assert high > float(found.density.max()) and ax.get_xlim()[1] > 20 and "2 / 0.1 = 20" in labels(ax)
    assert "% of them below 0" in said(ax) and "stochastic Lanczos" in said(ax)
    assert_nothing_overlaps(ax)


@pytest.mark.parametrize("name", [AWFUL, "W" * 80], ids=["awful", "unbroken"])
def test_awful_names_cover_nothing(name: str) -> None:
    assert_nothing_overlaps(draw.curve(well(about=name, axes=(name,)), between=(name, name), cost_name=name))
    found = project(WALK, onto=ACROSS, cost=MANY)
    assert_nothing_overlaps(draw.off_plane(WALK, found, cost_name=name))
