"""Pictures: what is drawn is the data, what cannot be drawn is said, and no text covers another."""

import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
import torch
from costs import START, X, Y, columns, rosenbrock, saddle
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

from steepest import draw
from steepest.cost import Cost
from steepest.descent import descend
from steepest.draw import paper
from steepest.errors import SteepestError
from steepest.slices import Slice, line, plane, reach_around
from steepest.trajectory import Outcome, Step, Trajectory

TRIAL = Cost.least_squares(X, Y)
FLOOR = float(TRIAL.value(TRIAL.minimum))
ALONG = ("m", "b")
RUN = descend(TRIAL, START, learning_rate=0.01, epochs=1001)
DIVERGED = descend(TRIAL, START, learning_rate=0.06, epochs=100)
LOST = descend(TRIAL, START, learning_rate=0.1, epochs=1000)
STILL = descend(TRIAL, START, learning_rate=0.01, epochs=0)
RUNS = pytest.mark.parametrize("run", [RUN, DIVERGED, LOST, STILL], ids=["converging", "diverged", "lost", "one step"])

AWFUL = "weekly $x_1$ </script> dose % of the drug in mL per kg and 認知症"
UNBROKEN = "W" * 80


def cut(run: Trajectory = RUN) -> Slice:
    reach = reach_around(run, at=run.start, along=ALONG, minimum=TRIAL.minimum)
    return plane(TRIAL, at=run.start, along=ALONG, reach=reach, points=31)


def made(*costs: float, first: int = 0) -> Trajectory:
    """A run with these costs, for pictures that look at nothing else."""
    point = {"m": torch.tensor(0.0)}
    steps = tuple(Step(first + index, cost, point, point, 0.1) for index, cost in enumerate(costs))
    return Trajectory(steps, Outcome.OUT_OF_EPOCHS, "made up")


def drawn(ax: Axes, label: str) -> Any:
    """The artist that the legend calls so."""
    legend = ax.get_legend()
    assert legend is not None
    names = [text.get_text() for text in legend.get_texts()]
    found = [handle for handle, name in zip(legend.legend_handles, names, strict=True) if name.startswith(label)]
    assert len(found) == 1, f"'{label}' in {names}"
    return found[0]


def labels(ax: Axes) -> list[str]:
    legend = ax.get_legend()
    return [text.get_text() for text in legend.get_texts()] if legend else []


def curves(ax: Axes, count: int) -> list[Line2D]:
    return [found for found in ax.get_lines() if len(xs(found)) == count]


def xs(found: Line2D) -> np.ndarray:
    return np.asarray(found.get_xdata())


def ys(found: Line2D) -> np.ndarray:
    return np.asarray(found.get_ydata())


def said(ax: Axes) -> str:
    """All that is written above the axes, on one line."""
    notes = [child.get_text() for child in ax.get_children() if isinstance(child, Annotation)]
    return " ".join([ax.get_title(loc="left"), *notes]).replace("\n", " ")


def render(ax: Axes) -> None:
    figure = ax.get_figure(root=True)
    assert figure is not None
    figure.canvas.draw()  # pyright: ignore[reportAttributeAccessIssue]


def assert_nothing_overlaps(ax: Axes) -> None:
    """After the layout: title, notes, legend, axes and their names are apart from each other and on the paper."""
    render(ax)
    figure = ax.get_figure(root=True)
    assert isinstance(figure, Figure)
    boxes: dict[str, Bbox] = {"axes": ax.get_window_extent()}
    texts: list[Text] = [child for child in ax.get_children() if isinstance(child, Text) and child.get_text()]
    texts += [ax.xaxis.label, ax.yaxis.label]
    boxes |= {text.get_text(): text.get_window_extent() for text in texts}
    if legend := ax.get_legend():
        boxes["legend"] = legend.get_window_extent()
    for other in figure.axes:
        if other is not ax:
            boxes["colour bar"] = other.get_tightbbox() or other.get_window_extent()
    for (one, first), (two, second) in combinations(boxes.items(), 2):
        overlap = Bbox.intersection(first, second)
        assert overlap is None or min(overlap.width, overlap.height) < 1, f"{one!r} covers {two!r} by {overlap}"
    for name, box in boxes.items():
        inside = figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1 and figure.bbox.y0 <= box.y0
        assert inside and box.y1 <= figure.bbox.y1, f"{name!r} is cut off: {box} on {figure.bbox}"


def test_nothing_is_loaded_or_changed_that_was_not_asked_for() -> None:
    code = """
import sys, torch, steepest.slices
from steepest import draw
assert not any(name.startswith("matplotlib") for name in sys.modules), "matplotlib came with the import"
ax = draw.fit(torch.arange(3.0), torch.arange(3.0), params={"m": torch.tensor(1.0)})
assert "matplotlib.pyplot" not in sys.modules, "pyplot was loaded"
import matplotlib as mpl
with mpl.rc_context(): mpl.rcdefaults(); fresh = dict(mpl.rcParams)
changed = {key for key, value in mpl.rcParams.items() if value != fresh[key] and not key.startswith("backend")}
assert not changed, changed
assert ax.figure._repr_png_().startswith(b"\\x89PNG"), "no image for a notebook"
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=60)


def test_a_picture_is_drawn_on_the_axes_that_are_given() -> None:
    figure = Figure(layout="constrained")
    axes = figure.subplots(1, 3)
    assert draw.fit(X, Y, params=RUN.end, ax=axes[0]) is axes[0]
    assert draw.cost_curve(RUN, ax=axes[1]) is axes[1]
    assert draw.contour(cut(), RUN, ax=axes[2]) is axes[2]
    assert all(ax.get_title(loc="left") for ax in axes)


def test_fit_shows_the_lessons_five_numbers() -> None:
    step = RUN.steps[0]
    ax = draw.fit(
        X, Y, params=step.params, cost=step.cost, gradient=step.gradient, x_name="Drug dosage (mL)", y_name="Forgetful"
    )
    assert "cost 19.675" in said(ax) and "m = 0.9, b = 0.1 dC/dm = 36.305, dC/db = 6.265" in said(ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Drug dosage (mL)", "Forgetful")


def test_fit_draws_points_line_and_sticks_where_they_are() -> None:
    ax = draw.fit(X, Y, params={"m": torch.tensor(0.9), "b": torch.tensor(0.1)}, exact=TRIAL.minimum)
    (dots,) = curves(ax, 8)
    assert xs(dots).tolist() == X.tolist() and ys(dots).tolist() == Y.tolist()
    estimate, exact = curves(ax, 200)
    assert ys(estimate)[[0, -1]] == pytest.approx([0.1, 6.4])
    assert ys(exact)[0] == pytest.approx(float(TRIAL.minimum["b"])) and exact.get_linestyle() == "--"
    (sticks,) = ax.collections
    ends = [segment[:, 1].tolist() for segment in sticks.get_segments()]  # pyright: ignore[reportAttributeAccessIssue]
    assert ends == [pytest.approx([y, 0.9 * x + 0.1]) for x, y in zip(X.tolist(), Y.tolist(), strict=True)]
    assert labels(ax) == ["target", "estimate", "exact least squares", "difference"]
    low, high = ax.get_ylim()
    assert low < -1.37 and high > 6.4


def test_fit_with_several_inputs_draws_estimates_over_targets() -> None:
    inputs, targets = columns()
    cost = Cost.least_squares(inputs, targets)
    ax = draw.fit(inputs, targets, params=cost.minimum, gradient=cost.zeros(), y_name="score")
    (dots,) = curves(ax, 60)
    assert xs(dots) == pytest.approx(targets.tolist())
    expected = inputs @ cost.minimum["weights"] + cost.minimum["intercept"]
    assert ys(dots) == pytest.approx(expected.tolist())
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("score: target", "score: estimate")
    assert "where estimate = target" in labels(ax) and "4 parameters, norm of the gradient 0" in said(ax)
    (diagonal,) = curves(ax, 2)
    assert xs(diagonal).tolist() == ys(diagonal).tolist()


def test_fit_takes_any_model() -> None:
    ax = draw.fit(X, X**2, params={"w": torch.tensor(2.0)}, estimate=lambda params, x: params["w"] * x**2)
    (curve,) = curves(ax, 200)
    assert ys(curve)[-1] == pytest.approx(98) and ys(curve)[100] == pytest.approx(2 * (700 / 199) ** 2)
    with pytest.raises(SteepestError, match=r"draw.fit: the estimates have shape \(8, 2\), for 8 rows"):
        draw.fit(X, Y, params={}, estimate=lambda _, x: torch.ones(len(x), 2))
    with pytest.raises(SteepestError, match=r"3 parameters for 1 inputs are no linear model. Pass estimate="):
        draw.fit(X, Y, params={"w": torch.ones(3)})
    with pytest.raises(SteepestError, match=r"inputs have shape \(8,\) and targets \(7,\)"):
        draw.fit(X, Y[:7], params=RUN.end)


@pytest.mark.parametrize("dtype", [torch.int64, torch.float32], ids=str)
def test_fit_takes_inputs_of_any_kind(dtype: torch.dtype) -> None:
    curve = curves(draw.fit(X[:, None].to(dtype), Y[:, None], params=RUN.end), 200)[0]
    assert ys(curve)[100] == pytest.approx(float(RUN.end["m"]) * 700 / 199 + float(RUN.end["b"]), rel=1e-5), (
        "the line is straight between whole numbers"
    )


def test_fit_says_that_rows_are_a_sample() -> None:
    x = torch.linspace(0, 8, 5001, dtype=torch.float64)
    ax = draw.fit(x, -0.5 * x, params=RUN.end)
    (dots,) = curves(ax, 2000)
    assert "2,000 of 5,001 rows" in said(ax) and xs(dots)[[0, -1]].tolist() == [0, 8]
    assert "8 of 8,000,000 rows" in said(draw.fit(X, Y, params=RUN.end, rows=8_000_000))
    assert "rows" not in said(draw.fit(X, Y, params=RUN.end))


def test_fit_says_what_it_cannot_draw() -> None:
    ax = draw.fit(torch.cat([X, torch.tensor([torch.nan])]), torch.cat([Y, Y[:1]]), params=RUN.end)
    assert "1 rows are not drawn: a value in them is not finite" in said(ax) and len(curves(ax, 8)) == 1
    with pytest.raises(SteepestError, match="no row is finite"):
        draw.fit(X / 0, Y, params=RUN.end)


@pytest.mark.parametrize("run", [DIVERGED, LOST], ids=["diverged", "lost"])
def test_fit_keeps_the_data_in_sight_of_a_run_that_diverged(run: Trajectory) -> None:
    step = run.steps[-1]
    ax = draw.fit(X, Y, params=step.params, cost=step.cost, gradient=step.gradient, exact=TRIAL.minimum)
    assert ax.get_ylim() == pytest.approx((-1.37 - 0.06 * 3.23, 1.86 + 0.06 * 3.23))
    assert "estimates reach beyond this frame, from" in said(ax) and "estimate, beyond this frame" in labels(ax)
    assert_nothing_overlaps(ax)


def test_the_cost_curve_shows_the_floor_and_what_is_left() -> None:
    ax = draw.cost_curve(RUN, minimum=FLOOR)
    cost, above = curves(ax, 1002)
    assert ax.get_yscale() == "log" and ys(cost).tolist() == RUN.costs.tolist()
    assert ys(above) == pytest.approx((RUN.costs - FLOOR).tolist())
    assert drawn(ax, "minimum 0.019466").get_linestyle() == "--" and above.get_linestyle() == "--"
    assert cost.get_linestyle() == "-" and "1001" in said(ax)
    low, high = ax.get_ylim()
    assert low < ys(above).min() and high > 19.675 and ax.get_xlim()[0] < 0 and ax.get_xlim()[1] > 1001


def test_the_cost_curve_is_linear_on_request() -> None:
    ax = draw.cost_curve(RUN, minimum=FLOOR, log=False)
    assert ax.get_yscale() == "linear" and "linear axis" not in said(ax) and len(curves(ax, 1002)) == 1
    assert ax.get_ylim()[0] < FLOOR


def test_costs_that_are_not_finite_are_marked() -> None:
    ax = draw.cost_curve(made(3.0, torch.nan, 2.0, torch.inf, torch.inf, first=10))
    marks = drawn(ax, "not finite, first at epoch 11")
    points = next(found for found in ax.get_lines() if found.get_marker() == marks.get_marker())
    assert list(xs(points)) == [11, 13, 14]
    assert draw.cost_curve(made(torch.nan, torch.inf)).get_legend() is not None
    assert "first at epoch 364" in " ".join(labels(draw.cost_curve(LOST)))


def test_costs_of_zero_are_marked_below_a_logarithmic_axis() -> None:
    ax = draw.cost_curve(made(4.0, 1.0, 0.0, 0.0), minimum=0.0)
    assert ax.get_yscale() == "log" and "0, below the axis, first at epoch 2" in labels(ax)
    flat = draw.cost_curve(made(0.0, 0.0))
    assert flat.get_yscale() == "linear" and "linear axis: the cost is as low as 0" in said(flat)


def test_negative_costs_are_drawn_above_the_minimum_or_on_a_linear_axis() -> None:
    ax = draw.cost_curve(made(2.0, -1.0, -2.5), minimum=-3.0)
    (above,) = curves(ax, 3)
    assert ax.get_yscale() == "log" and ys(above).tolist() == [5.0, 2.0, 0.5]
    assert ax.get_ylabel() == "cost above the minimum" and labels(ax) == ["cost above the minimum, −3"]
    plain = draw.cost_curve(made(2.0, -1.0, -2.5))
    assert plain.get_yscale() == "linear" and "the cost is as low as −2.5, and has no logarithm there" in said(plain)


def test_the_cost_curve_says_where_the_minimum_is_reached_or_wrong() -> None:
    assert "at the minimum, to rounding, from epoch 2" in said(draw.cost_curve(made(4.0, 2.0, 1.0, 1.0), minimum=1.0))
    wrong = said(draw.cost_curve(made(4.0, 2.0, 1.0), minimum=1.5))
    assert "the cost falls 0.5 below the minimum given, so that is not the minimum" in wrong
    assert len(curves(draw.cost_curve(made(4.0, 2.0, 1.0), minimum=1.5), 3)) == 1, "and nothing is measured from it"


@pytest.mark.parametrize("costs", [(1.0,), (1e-300, 1e308), (-1e300, 1e300), (1.0, 1.0), (0.0,), (torch.nan,)], ids=str)
@pytest.mark.parametrize("minimum", [None, 0.0, 0.5])
def test_the_cost_curve_of_any_costs_can_be_drawn(costs: tuple[float, ...], minimum: float | None) -> None:
    ax = draw.cost_curve(made(*costs), minimum=minimum)
    render(ax)
    low, high = ax.get_ylim()
    assert all(low <= cost <= high for cost in costs if abs(cost) > 0), f"{costs} in {low} to {high}"


def test_the_cost_curve_says_that_steps_were_thinned() -> None:
    steps = made(3.0, 2.0, 1.0).steps
    assert draw.cost_curve(Trajectory(steps, RUN.outcome, "", every=8)).get_xlabel() == "epoch (every 8 of them)"


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
    assert labels(ax) == ["path", "start: cost 19.675", "end, epoch 1,001: cost 0.019476", "minimum"]
    markers = {drawn(ax, name).get_marker() for name in ("start", "end", "minimum")}
    assert len(markers) == 3, "told apart without colour"
    assert "frame" not in said(ax) and "plane" not in said(ax)


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


@pytest.mark.parametrize(
    "name", [AWFUL, UNBROKEN, "_hidden $", "line\nbreak\x07"], ids=["awful", "unbroken", "_", "\\n"]
)
@RUNS
def test_names_are_drawn_as_they_are_and_cover_nothing(run: Trajectory, name: str) -> None:
    other = f"{name} squared"
    cost = Cost.least_squares(X, Y, names=[name, other])
    pairs = {"m": name, "b": other}
    steps = tuple(
        Step(
            step.epoch,
            step.cost,
            {pairs[key]: value for key, value in step.params.items()},
            {pairs[key]: value for key, value in step.gradient.items()},
            step.learning_rate,
        )
        for step in run.steps
    )
    named = Trajectory(steps, run.outcome, run.because)
    across = (name, other)
    reach = reach_around(named, at=named.start, along=across, minimum=cost.minimum)
    surface = plane(cost, at=named.start, along=across, reach=reach, points=9)
    last = named.steps[-1]
    pictures = (
        draw.fit(X, Y, params=last.params, cost=last.cost, gradient=last.gradient, x_name=name, y_name=other),
        draw.cost_curve(named, minimum=FLOOR, cost_name=name),
        draw.contour(surface, named, minimum=cost.minimum),
    )
    for ax in pictures:
        assert_nothing_overlaps(ax)
    shown = pictures[0].get_xlabel().replace("\n", " ")
    plain = " ".join(name.replace("\x07", " ").split())
    assert shown == plain or (shown.endswith("…") and plain.startswith(shown.replace(" ", "")[:-1]))
    for ax in (*pictures, pictures[2].get_figure(root=True).axes[1]):  # pyright: ignore[reportOptionalMemberAccess]
        for text in ax.findobj(Text):
            if isinstance(text, Text) and ("$" in text.get_text() and "mathdefault" not in text.get_text()):
                assert not text.get_parse_math(), text.get_text()


@pytest.mark.parametrize(
    ("value", "text"),
    [(-0.46813, "−0.46813"), (13260.2, "13,260"), (1e7, "10⁷"), (-2.5e-9, "−2.5×10⁻⁹"), (0.0, "0"), (torch.nan, "NaN")],
)
def test_numbers_are_written_for_reading(value: float, text: str) -> None:
    assert paper.number(value) == text


def test_ticks_are_whole_numbers() -> None:
    ticks = paper.PlainTicks()
    assert ticks.format_ticks([1000000.1, 1000000.2, 1000000.3]) == ["1,000,000.1", "1,000,000.2", "1,000,000.3"]
    assert ticks.format_ticks([-0.5, -1e-17, 0.5]) == ["−0.5", "0", "0.5"]
    assert ticks.format_ticks([0.0, 250.0, 1000.0]) == ["0", "250", "1,000"]


def test_save_writes_and_refuses(tmp_path: Path) -> None:
    ax = draw.cost_curve(made(2.0, 1.0), cost_name=AWFUL)
    for ending, start in ((".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF")):
        path = draw.save(ax, tmp_path / f"curve{ending}")
        assert path.read_bytes().startswith(start)
    with pytest.raises(SteepestError, match=r"is there already. Name another file, or pass force=True"):
        draw.save(ax, tmp_path / "curve.png")
    assert draw.save(ax, tmp_path / "curve.png", force=True).exists()
    with pytest.raises(SteepestError, match=r"save: 'curve.gif2' ends in '.gif2', which is no kind of picture"):
        draw.save(ax, tmp_path / "curve.gif2")
    with pytest.raises(SteepestError, match="there is no folder"):
        draw.save(ax, tmp_path / "nowhere" / "curve.png")


def test_a_dark_style_leaves_dashed_lines_visible() -> None:
    with mpl.rc_context({"axes.labelcolor": "white", "axes.facecolor": "black", "figure.facecolor": "black"}):
        assert drawn(draw.cost_curve(RUN, minimum=FLOOR), "minimum").get_color() == "white"
        assert drawn(draw.fit(X, Y, params=RUN.end, exact=TRIAL.minimum), "exact").get_color() == "white"
