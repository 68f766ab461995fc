"""The map of a plane: costs and path where they are, and words for what the frame and the plane cannot hold."""

from typing import Any

import numpy as np
import pytest
import torch
from costs import START, columns, rosenbrock, saddle
from matplotlib.axes import Axes
from matplotlib.quiver import Quiver
from pictures import (
    ALONG,
    DIVERGED,
    LOST,
    RUN,
    STILL,
    TRIAL,
    assert_nothing_overlaps,
    curves,
    cut,
    drawn,
    labels,
    render,
    said,
    xs,
    ys,
)

from steepest import draw
from steepest.cost import Cost
from steepest.descent import descend
from steepest.draw import paper
from steepest.errors import SteepestError
from steepest.slices import line, plane, reach_around
from steepest.trajectory import Step, Trajectory


def test_the_contour_puts_costs_where_they_are() -> None:
    ax = draw.contour(cut(), RUN, minimum=TRIAL.minimum)
    filled = ax.collections[0]
    assert filled.get_paths()[0].contains_point((float(TRIAL.minimum["m"]), float(TRIAL.minimum["b"]))), (
        "the lowest level"
    )
    assert not filled.get_paths()[0].contains_point((START["m"], START["b"]))
    star = drawn(ax, "minimum")
    assert star.get_marker() == "*" and (ax.get_xlabel(), ax.get_ylabel()) == ALONG
    assert ax.get_xlim() == pytest.approx(cut().coordinates[0][[0, -1]].tolist())
    assert ax.get_ylim() == pytest.approx(cut().coordinates[1][[0, -1]].tolist())


def test_the_contours_levels_show_the_valley_floor() -> None:
    ax = draw.contour(cut())
    levels = (ax.collections[0].levels ** 2).tolist()  # pyright: ignore[reportAttributeAccessIssue]
    costs = cut().costs
    assert levels[0] == 0 and levels[-1] >= float(costs.max() - costs.min()) and 6 <= len(levels) <= 19
    assert levels[2] / levels[1] == pytest.approx(2, abs=0.6), "spaced by the logarithm"
    assert min(abs(float(f"{level:.0e}") - level) for level in levels[1:]) < 1e-9
    figure = ax.get_figure(root=True)
    assert figure is not None
    bar = figure.axes[1]
    assert bar.get_ylabel().replace("\n", " ") == f"cost above its lowest here, {float(costs.min()):.5g}"
    assert bar.get_yticklabels()[0].get_text() == f"{levels[-1]:g}"


def test_the_contour_of_a_slope_is_evenly_spaced() -> None:
    run = descend(saddle(), {"x": 1.0, "y": 1e-6}, learning_rate=0.1, epochs=2000)
    ax = draw.contour(
        plane(
            saddle(), at=run.start, along=("x", "y"), reach=reach_around(run, at=run.start, along=("x", "y")), points=31
        )
    )
    levels = ax.collections[0].levels ** 2  # pyright: ignore[reportAttributeAccessIssue]
    assert levels[1:] - levels[:-1] == pytest.approx(levels[1])


def test_the_path_is_the_run() -> None:
    ax = draw.contour(cut(), RUN, minimum=TRIAL.minimum)
    (path,) = curves(ax, 1002)
    assert xs(path).tolist() == RUN.path("m").tolist() and ys(path).tolist() == RUN.path("b").tolist()
    assert list(path.get_markevery()) == list(range(1, 13)), "the first steps are marked"  # pyright: ignore[reportArgumentType]
    assert path.get_path_effects(), "a black core in a white halo"
    assert labels(ax) == [
        "path",
        "start: cost 19.675",
        "end, epoch 1,001: cost 0.019476",
        "arrow: 0.01 × −gradient",
        "minimum",
    ]
    markers = {drawn(ax, name).get_marker() for name in ("start", "end", "minimum")}
    assert len(markers) == 3, "told apart without colour"
    assert "frame" not in said(ax) and "plane" not in said(ax)
    render(ax)
    boxes = [each.get_window_extent() for each in ax.figure.axes]
    assert boxes[1].x0 - boxes[0].x1 < 0.06 * boxes[0].width, "a wide legend does not push the colour bar away"


def test_a_long_path_is_thinned_by_a_stated_odd_number() -> None:
    run = descend(rosenbrock(), {"x": -1.2, "y": 1.0}, learning_rate=0.001, epochs=9999)
    across = ("x", "y")
    reach = reach_around(run, at=run.start, along=across)
    ax = draw.contour(plane(rosenbrock(), at=run.start, along=across, reach=reach, points=11), run)
    assert "path, 1 step in 5 drawn" in labels(ax)
    path = max(ax.get_lines(), key=lambda found: len(xs(found)))
    assert len(xs(path)) <= 2015
    assert xs(path)[:13].tolist() == run.path("x")[:13].tolist(), "all the first steps"
    assert [xs(path)[-1], ys(path)[-1]] == [float(run.end["x"]), float(run.end["y"])]
    zigzag = draw.contour(cut(DIVERGED), Trajectory(DIVERGED.steps[:9] * 400, RUN.outcome, ""))
    assert "path, 1 step in 3 drawn" in labels(zigzag), "odd, where 3,600 steps need one in two"


@pytest.mark.parametrize("run", [DIVERGED, LOST], ids=["diverged", "lost"])
def test_a_path_that_leaves_the_frame_says_so_with_its_values(run: Trajectory) -> None:
    ax = draw.contour(cut(run), run, minimum=TRIAL.minimum)
    inside = sum(
        ax.get_xlim()[0] <= float(step.params["m"]) <= ax.get_xlim()[1]
        and ax.get_ylim()[0] <= float(step.params["b"]) <= ax.get_ylim()[1]
        for step in run.steps
    )
    last = run.steps[-1]
    assert f"from epoch {inside} on the path is outside this frame; the last, epoch {last.epoch}," in said(ax)
    assert f"is at m = {paper.number(float(last.params['m']))}, b = " in said(ax)
    assert f"cost {paper.number(last.cost)}" in said(ax) and "end" not in " ".join(labels(ax))
    gate = drawn(ax, "leaves this frame")
    mark = next(found for found in ax.get_lines() if found.get_marker() == gate.get_marker())
    x, y = xs(mark)[0], ys(mark)[0]
    edges = [x - edge for edge in ax.get_xlim()] + [y - edge for edge in ax.get_ylim()]
    assert min(abs(gap) for gap in edges) < 1e-9, "it stands on the edge"
    path = max(ax.get_lines(), key=lambda found: len(xs(found)))
    assert len(xs(path)) == inside + 1, "the way out is drawn, and no farther"
    assert_nothing_overlaps(ax)


def test_a_frame_away_from_the_run_says_where_the_run_is() -> None:
    away = plane(TRIAL, at=START, along=ALONG, reach=((-0.6, -0.3), (1.5, 2.0)), points=5)
    words = said(draw.contour(away, RUN))
    assert " of 1,002 steps are outside this frame; the first, epoch 0, is at m = 0.9, b = 0.1, cost 19.675" in words
    empty = plane(TRIAL, at=START, along=ALONG, reach=((5, 6), (5, 6)), points=5)
    ax = draw.contour(empty, RUN, minimum=TRIAL.minimum)
    assert "the minimum is outside this frame, at m = −0.46" in said(ax) and labels(ax) == []


def test_a_projected_path_says_what_the_plane_holds() -> None:
    inputs, targets = columns()
    cost = Cost.least_squares({f"x{index}": inputs[:, index] for index in range(3)}, targets)
    run = descend(cost, cost.zeros(), learning_rate=0.1, epochs=50)
    flat = plane(cost, at=run.end, along=("x0", "x1"), reach=((-1, 3), (-1, 3)), points=9)
    ax = draw.contour(flat, run, minimum=cost.minimum)
    assert "a plane through 4 parameters, which holds 1" in said(ax) and "% of the path's motion" in said(ax)
    assert "so the colours are not the path's own costs" in said(ax)
    assert any(name.startswith("minimum, 0.0") and name.endswith(" off this plane") for name in labels(ax))


def test_a_contour_says_what_has_no_colour() -> None:
    cost = Cost.from_function(lambda m, b: m.log() + b)
    torn = plane(cost, at={"m": 1, "b": 1}, along=ALONG, reach=((-1, 1), (0, 2)), points=9)
    assert "grey: the cost is not finite there" in said(draw.contour(torn))
    lost = plane(cost, at={"m": 1, "b": 1}, along=ALONG, reach=((-2, -1), (0, 2)), points=9)
    assert "no cost on this plane is finite" in said(draw.contour(lost))
    level = plane(Cost.from_function(lambda m, b: 0 * m * b + 3), at=START, along=ALONG, reach=((0, 1), (0, 1)))
    assert "the cost is 3 everywhere on this plane" in said(draw.contour(level))
    with pytest.raises(SteepestError, match=r"draw.contour: the slice has 1 direction"):
        draw.contour(line(TRIAL, at=START, along="m", reach=(0, 1)))
    with pytest.raises(SteepestError, match=r"draw.contour: the slice has a parameter 'm'"):
        draw.contour(cut(), minimum={"w": torch.zeros(2)})


def quiver(ax: Axes) -> Any:
    found: Any
    (found,) = (each for each in ax.collections if isinstance(each, Quiver))
    return found


def test_the_arrows_are_the_negative_gradients_and_here_the_steps() -> None:
    ax = draw.contour(cut(), RUN, minimum=TRIAL.minimum)
    found = quiver(ax)
    assert (found.angles, found.scale_units, found.scale) == ("xy", "xy", 1), "true in the coordinates"
    for index in range(4):
        here, following = RUN.steps[index], RUN.steps[index + 1]
        assert (found.X[index], found.Y[index]) == tuple(float(here.params[name]) for name in ALONG)
        moved = [-0.01 * float(here.gradient[name]) for name in ALONG]
        assert [found.U[index], found.V[index]] == pytest.approx(moved), "along the negative gradient, times one factor"
        tip = [found.X[index] + found.U[index], found.Y[index] + found.V[index]]
        assert tip == pytest.approx([float(following.params[name]) for name in ALONG]), "plain descent's very step"
    uphill = descend(TRIAL, START, learning_rate=-0.01, epochs=3)
    assert quiver(draw.contour(cut(), uphill)).U[0] < 0, "the gradient's, whatever way the run went"


@pytest.mark.parametrize("learning_rate", [1e-6, 0.001, 0.01, 0.05, 0.06, 0.1, 1.0])
def test_arrows_are_few_long_enough_to_see_and_in_the_frame(learning_rate: float) -> None:
    run = descend(TRIAL, START, learning_rate=learning_rate, epochs=300)
    ax = draw.contour(cut(run), run)
    found, frame = quiver(ax), np.array([ax.get_xlim(), ax.get_ylim()])
    size = np.ptp(frame, axis=1)
    lengths = np.hypot(found.U / size[0], found.V / size[1])
    assert 1 <= len(lengths) <= 6 and lengths.min() >= 0.04 and lengths.max() <= 0.25 * (1 + 1e-9)
    tips = np.column_stack([found.X + found.U, found.Y + found.V])
    assert ((tips >= frame[:, 0]) & (tips <= frame[:, 1])).all()
    (key,) = (label for label in labels(ax) if label.startswith("arrow"))
    factor = float(key.removeprefix("arrow: ").split()[0].replace("×10⁻⁶", "e-6").replace("10⁻⁶", "1e-6"))
    path = {(float(step.params["m"]), float(step.params["b"])): step.gradient for step in run.steps}
    for x, y, u, v in zip(found.X, found.Y, found.U, found.V, strict=True):
        gradient = path[float(x), float(y)]
        assert [u, v] == pytest.approx([-factor * float(gradient[name]) for name in ALONG]), (
            "the factor is the stated one"
        )


def test_arrows_follow_the_planes_own_directions() -> None:
    run = descend(TRIAL, START, learning_rate=0.01, epochs=5)
    doubled = {"m": torch.tensor(0.0), "b": torch.tensor(2.0)}
    turned = plane(TRIAL, at={"m": 0.0, "b": 7.0}, along=(doubled, "m"), reach=((-5, -2), (-1, 1)), points=9)
    found = quiver(draw.contour(turned, run))
    assert found.U[0] / found.V[0] == pytest.approx((6.265 / 2) / 36.305), "b in steps of 2 across, m upwards"
    assert found.U[0] < 0 and found.V[0] < 0


def test_arrows_neither_cover_each_other_nor_leave_the_frame() -> None:
    slow = descend(TRIAL, START, learning_rate=1e-6, epochs=300)
    assert len(quiver(draw.contour(cut(), slow)).U) == 1, "all these steps are at one place"
    edge = plane(TRIAL, at=START, along=ALONG, reach=((0.89, 1.5), (0.0, 1.0)), points=9)
    assert not [label for label in labels(draw.contour(edge, STILL)) if label.startswith("arrow")]


def test_arrows_can_be_left_out_and_are_where_there_is_no_slope() -> None:
    for ax in (
        draw.contour(cut(), RUN, arrows=False),
        draw.contour(cut(), descend(TRIAL, TRIAL.minimum, learning_rate=1e-9, epochs=0)),
        draw.contour(plane(TRIAL, at=START, along=ALONG, reach=((5, 6), (5, 6)), points=5), RUN),
    ):
        assert not [each for each in ax.collections if isinstance(each, Quiver)]
        assert not [label for label in labels(ax) if label.startswith("arrow")]
    broken = Step(0, 1.0, RUN.start, {"m": torch.tensor(torch.nan), "b": torch.tensor(1.0)}, 0.1)
    assert "arrow" not in " ".join(labels(draw.contour(cut(), Trajectory((broken,), RUN.outcome, ""))))
    render(draw.contour(cut(STILL), STILL))
