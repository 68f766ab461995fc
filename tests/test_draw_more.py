"""More pictures: slopes, surfaces, the four steps, comparisons, and the trilobite that stands where it says."""

import re
from typing import Literal
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from costs import START, X, Y, bowl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text
from pictures import (
    ALONG,
    AWFUL,
    DIVERGED,
    FLOOR,
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
from steepest.check import tap
from steepest.cost import Cost
from steepest.descent import descend
from steepest.draw import paper, trilobite
from steepest.errors import SteepestError
from steepest.slices import Slice, line, plane
from steepest.trajectory import Step, Trajectory

AT = TRIAL.params(START)
LINE = line(TRIAL, at=AT, along="m", reach=(-1.5, 1.5))
RESIDUALS = 0.9 * X + 0.1 - Y
SINGLE = torch.stack([2 * RESIDUALS * X, 2 * RESIDUALS], dim=1)
BATCH = torch.tensor([36.305, 6.265])


def standing(ax: Axes) -> list:
    return [artist for artist in ax.get_children() if artist.get_gid() == "trilobite"]


def spots(ax: Axes) -> list[np.ndarray]:
    """The ends of the drawing's straight strokes as they land on paper: legs, then cane."""
    render(ax)
    (artist,) = standing(ax)
    paths = [patch.get_path().vertices for patch in artist.make()]
    return [np.asarray(path) for path in paths if len(path) in (2, 3)]


@pytest.mark.parametrize("slope", [36.305, -4.0, 0.0, 1e-12, 1e9])
def test_the_tangents_drawn_slope_is_the_number(slope: float) -> None:
    ax = draw.slope(LINE, at=0.9, slope=slope, cost=19.675475)
    found = drawn(ax, "tangent")
    (tangent,) = (each for each in ax.get_lines() if each.get_color() == found.get_color())
    (left, right), (low, high) = xs(tangent), ys(tangent)
    assert (high - low) / (right - left) == pytest.approx(slope, rel=1e-6, abs=1e-12)
    assert (left + right) / 2 == pytest.approx(0.9) and (low + high) / 2 == pytest.approx(19.675475)


def test_a_slope_shows_curve_point_and_what_is_held() -> None:
    ax = draw.slope(LINE, at=0.9, slope=36.305, cost=19.675475, tap=0.89)
    (curve,) = curves(ax, 101)
    assert xs(curve).tolist() == LINE.coordinates[0].tolist() and ys(curve).tolist() == LINE.costs.tolist()
    assert labels(ax) == ["cost", "m = 0.9, cost 19.675", "tangent, slope 36.305", "last tap, at 0.89"]
    assert "cost along m, slope 36.305" in said(ax) and "held: b = 0.1" in said(ax)
    assert_nothing_overlaps(ax)


def test_the_slopes_frame_stands_still() -> None:
    frames = [draw.slope(LINE, at=at, slope=slope) for at, slope in ((0.9, 36.0), (-1.4, -90.0), (0.0, torch.nan))]
    assert len({(*ax.get_xlim(), *ax.get_ylim()) for ax in frames}) == 1


def test_a_slope_says_what_it_cannot_draw() -> None:
    outside = draw.slope(LINE, at=7.0, slope=1.0)
    assert "the point is outside this frame, at m = 7, cost NaN" in said(outside) and labels(outside) == ["cost"]
    assert not standing(outside)
    assert "the slope is NaN: there is no tangent" in said(draw.slope(LINE, at=0.0, slope=torch.nan))
    assert "the last tap is outside this frame, at m = 9" in said(draw.slope(LINE, at=0.0, slope=1.0, tap=9.0))
    with pytest.raises(SteepestError, match=r"draw.slope: the slice has 2 directions. Cut a line\(\)"):
        draw.slope(cut(), at=0.0, slope=1.0)
    broken = Slice(LINE.origin, LINE.directions, LINE.coordinates, LINE.costs * torch.nan, "")
    with pytest.raises(SteepestError, match="no cost on this line is finite"):
        draw.slope(broken, at=0.0, slope=1.0)


def test_a_tap_is_drawn_on_its_lower_side() -> None:
    felt = tap(TRIAL, AT, {"m": torch.tensor(1.0).double(), "b": torch.tensor(0.0).double()}, step=0.1)
    ax = draw.slope(LINE, at=0.9, slope=36.305, tap=felt)
    assert "last tap, at 0.8" in labels(ax) and "tapped slope 36.305 ±" in said(ax)


@pytest.mark.parametrize(("at", "slope", "end"), [(0.9, 36.3, 0.7), (-0.5, -20.0, -0.3), (-0.2, -2.0, None)])
def test_the_trilobite_stands_on_the_curve_and_taps_it(at: float, slope: float, end: float | None) -> None:
    ax = draw.slope(LINE, at=at, slope=slope, tap=end)
    *legs, outline, white, red = spots(ax)
    curve = ax.transData.transform(np.column_stack([LINE.coordinates[0], LINE.costs]))
    assert len(legs) >= 8, "halo and ink of four legs"
    for _, foot, _ in (leg for leg in legs if len(leg) == 3):
        height = np.interp(foot[0], curve[:, 0], curve[:, 1])
        assert foot[1] == pytest.approx(height, abs=0.01), "a foot floats"
    x = at if end is None else end
    height = np.interp(x, LINE.coordinates[0], LINE.costs)
    tip = ax.transData.transform((x, height))
    for stroke in (outline, white, red):
        assert stroke[-1] == pytest.approx(tip, abs=0.05), "the cane does not touch"
    assert not standing(draw.slope(LINE, at=at, slope=slope, trilobite=False))


@pytest.mark.parametrize("pose", ["side", "above"])
def test_the_svg_is_the_same_drawing_and_safe_to_inline(pose: trilobite.Pose) -> None:
    text = trilobite.svg(pose, size=64)
    root = ElementTree.fromstring(text)
    assert root.get("viewBox") == "0 0 100 100" and root.get("width") == "64" and root.get("aria-hidden") == "true"
    paths = [element.get("d") or "" for element in root.iter() if element.tag.endswith("path")]
    assert all(shape.path in paths for shape in trilobite.POSES[pose].shapes)
    numbers = [float(word) for path in paths for word in re.findall(r"-?[\d.]+", path)]
    assert min(numbers) >= 0 and max(numbers) <= 100, "cut off"
    assert not re.search("script|href|http(?!://www.w3.org)", text)


@pytest.mark.parametrize("height", ["linear", "log"])
def test_the_path_on_a_surface_is_at_its_own_costs(height: Literal["linear", "log"]) -> None:
    ax = draw.surface(cut(), RUN, minimum=TRIAL.minimum, height=height)
    (found,) = (each for each in ax.get_lines() if len(each.get_data_3d()[0]) == 1002)  # pyright: ignore
    x, y, z = (np.asarray(values) for values in found.get_data_3d())  # pyright: ignore[reportAttributeAccessIssue]
    costs = RUN.costs.numpy()
    assert z == pytest.approx(np.log10(costs) if height == "log" else costs, rel=1e-12)
    assert x == pytest.approx(RUN.path("m").numpy()) and y == pytest.approx(RUN.path("b").numpy())
    assert labels(ax) == ["path", "start: cost 19.675", "end, epoch 1,001: cost 0.019476", "minimum"]
    assert found.get_color() == "black" and len(found.get_path_effects()) == 2
    assert len(standing(ax)) == 1 and not standing(draw.surface(cut(), RUN, trilobite=False))


def test_a_surface_has_the_planes_costs_and_height_lines() -> None:
    surface = cut()
    ax = draw.surface(surface)
    assert ax.get_zlim() == pytest.approx((float(surface.costs.min()), float(surface.costs.max())))  # pyright: ignore
    assert ax.get_xlim() == pytest.approx(tuple(surface.coordinates[0][[0, -1]].tolist()))
    assert len(ax.collections) == 2, "the surface, and lines of equal height on it"
    render(ax)
    walked = draw.surface(surface, RUN).get_zlim()  # pyright: ignore[reportAttributeAccessIssue]
    assert walked[0] == pytest.approx(RUN.steps[-1].cost), "a step lower than the plane's points is in the frame"
    log = draw.surface(surface, height="log")
    assert log.get_zlim()[0] == pytest.approx(np.log10(float(surface.costs.min())))  # pyright: ignore


def test_the_cane_on_a_surface_follows_when_it_is_turned() -> None:
    ax = draw.surface(cut(), RUN)
    before = spots(ax)[-1][-1].copy()
    ax.view_init(elev=60, azim=10)  # pyright: ignore[reportAttributeAccessIssue]
    after = spots(ax)[-1][-1]
    assert np.abs(after - before).max() > 5


@pytest.mark.parametrize("run", [DIVERGED, LOST], ids=["diverged", "lost"])
def test_a_surface_keeps_a_run_that_diverged_in_its_frame(run: Trajectory) -> None:
    ax = draw.surface(cut(run), run, minimum=TRIAL.minimum)
    assert "leaves this frame" in labels(ax) and "on the path is outside this frame" in said(ax)
    frame = [ax.get_xlim(), ax.get_ylim(), ax.get_zlim()]  # pyright: ignore[reportAttributeAccessIssue]
    for found in ax.get_lines():
        for values, (low, high) in zip(found.get_data_3d(), frame, strict=True):  # pyright: ignore
            known = np.asarray(values, dtype=float)
            known = known[np.isfinite(known)]
            room = 1e-9 * (high - low)
            assert ((known >= low - room) & (known <= high + room)).all(), "nothing clips in three dimensions"
    render(ax)


def test_a_path_along_the_very_side_of_the_frame_is_drawn() -> None:
    cost = Cost.from_function(lambda m, b: m**2 + 0 * b, dtype=torch.float64)
    run = descend(cost, {"m": 1.0, "b": 0.0}, learning_rate=0.1, epochs=3)
    ax = draw.surface(plane(cost, at=run.start, along=ALONG, reach=((-1, 1), (0, 1)), points=9), run)
    assert "path" in labels(ax)
    (found,) = (each for each in ax.get_lines() if len(each.get_data_3d()[0]) == 4)  # pyright: ignore
    assert np.isfinite(found.get_data_3d()).all()  # pyright: ignore[reportAttributeAccessIssue]


def test_a_surface_says_and_refuses() -> None:
    below = Cost.from_function(lambda m, b: m**2 + b**2 - 1, dtype=torch.float64)
    flat = plane(below, at=below.zeros(), along=ALONG, reach=((-1, 1), (-1, 1)), points=9)
    ax = draw.surface(flat, height="log")
    assert "linear height: the lowest cost is −1, and has no logarithm" in said(ax)
    with pytest.raises(SteepestError, match=r"draw.surface: the slice has 1 direction. Cut a plane\(\)"):
        draw.surface(LINE)
    with pytest.raises(SteepestError, match=r'the axes are flat. Make them with projection="3d"'):
        draw.surface(cut(), ax=Figure().add_subplot())
    constant = Slice(flat.origin, flat.directions, flat.coordinates, torch.ones_like(flat.costs), "")
    render(draw.surface(constant))
    render(draw.surface(Slice(flat.origin, flat.directions, flat.coordinates, flat.costs * torch.nan, "")))


def test_a_surface_through_many_parameters_says_what_it_does_not_hold() -> None:
    cost = bowl([1.0, 4.0, 9.0])
    run = descend(cost, {"w": torch.ones(3, dtype=torch.float64)}, learning_rate=0.05, epochs=20)
    along = tuple({"w": torch.eye(3, dtype=torch.float64)[row]} for row in (0, 1))
    ax = draw.surface(plane(cost, at=run.end, along=(along[0], along[1]), reach=((-1, 2), (-1, 2)), points=9), run)
    assert "of the path's motion" in said(ax) and "so the surface is not at the path's own costs" in said(ax)


def test_the_four_steps_show_the_lessons_numbers() -> None:
    forward, cost, gradient, adjust = draw.four_steps(RUN.steps[0], RUN.steps[1], X, Y)
    assert "estimates: 0.1, 1, 1.9, 2.8, 3.7, 4.6, 5.5, 6.4" in said(forward)
    assert [bar.get_height() for bar in cost.patches] == pytest.approx((RESIDUALS**2).tolist())  # pyright: ignore
    assert "2 Cost 19.675" in said(cost) and "C = mean of 8 squares = 19.675" in said(cost)
    assert ys(drawn(cost, "their mean"))[0] == pytest.approx(19.675475) or labels(cost)[1] == "their mean: the cost"
    assert [bar.get_width() for bar in gradient.patches] == pytest.approx(BATCH.tolist())  # pyright: ignore
    assert "dC/dm = 36.305, dC/db = 6.265 norm 36.842" in said(gradient)
    assert "m: 0.9 − 0.01 × (36.305) = 0.53695" in said(adjust) and "finds cost 8.5722" in said(adjust)
    before, after, _ = adjust.get_lines()
    assert ys(before) == pytest.approx((0.9 * X + 0.1).tolist())
    assert ys(after) == pytest.approx((0.53695 * X + 0.03735).tolist())
    for ax in (forward, cost, gradient, adjust):
        assert_no_text_covers_its_own_axes(ax)


def assert_no_text_covers_its_own_axes(ax: Axes) -> None:
    render(ax)
    low = ax.get_window_extent().y1
    notes = [child for child in ax.get_children() if isinstance(child, Annotation)]
    notes += [text for text in ax.findobj(Text) if text.get_text() == ax.get_title(loc="left")]
    assert notes and all(text.get_window_extent().y0 >= low - 1 for text in notes)


def test_the_four_steps_tell_a_wrong_cost_and_a_wrong_step() -> None:
    step = RUN.steps[0]
    halved = Step(0, step.cost / 2, step.params, step.gradient, step.learning_rate)
    _, cost, _, adjust = draw.four_steps(halved, RUN.steps[2], X, Y)
    assert "the step's own cost is 9.8377: it was measured on something else" in said(cost)
    assert "it is not the next one" in said(adjust)
    _, cost, _, adjust = draw.four_steps(step, None, X, Y)
    assert "something else" not in said(cost) and "next" not in said(adjust)
    with pytest.raises(SteepestError, match="the step has 1 numbers in 1 parameters, and a line has two"):
        draw.four_steps(Step(0, 1.0, {"m": torch.tensor(1.0)}, {"m": torch.tensor(1.0)}, 0.1), None, X, Y)
    with pytest.raises(SteepestError, match="Give four"):
        draw.four_steps(step, None, X, Y, axes=Figure().subplots(1, 2))


RATES = (0.001, 0.003, 0.01, 0.03, 0.05, 0.055, 0.06, 0.1)
RUNS = {rate: descend(TRIAL, START, learning_rate=rate, epochs=400) for rate in RATES}


def test_rates_are_the_costs_above_the_minimum() -> None:
    ax = draw.rates(RUNS, minimum=FLOOR)
    assert ax.get_yscale() == "log" and ax.get_ylabel() == "cost above the minimum, 0.019466"
    for place, rate in enumerate(RATES[:5]):
        assert ys(ax.get_lines()[place]) == pytest.approx((RUNS[rate].costs - FLOOR).tolist())
    assert labels(ax)[5:] == [
        "rate 0.055, diverged, 258",
        "rate 0.06, diverged, 2.31×10⁶⁰",
        "rate 0.1, diverged, ∞",
        "diverged: leaves this frame, or ends",
    ]
    crosses = ax.get_lines()[-1]
    assert xs(crosses).tolist()[0] == 400 and len(xs(crosses)) == 3
    assert ax.get_ylim()[1] < 1e5, "a run that diverges does not stretch the frame"
    assert_nothing_overlaps(ax)


def test_rates_are_told_apart_without_colour() -> None:
    lines = draw.rates(RUNS, minimum=FLOOR).get_lines()[: len(RUNS)]
    assert len({str(found.get_marker()) for found in lines}) == len(RUNS)
    assert len({(found.get_color(), str(found._dash_pattern)) for found in lines}) == len(RUNS)  # pyright: ignore


def test_rates_refuse_and_survive() -> None:
    with pytest.raises(SteepestError, match=r"draw\.rates: there is no run"):
        draw.rates({})
    with pytest.raises(SteepestError, match=r"a cost is .* below the minimum given, 1"):
        draw.rates(RUNS, minimum=1.0)
    for runs in ({0.1: LOST}, {0.01: STILL}, {0.06: DIVERGED, 0.1: LOST}):
        for minimum in (None, FLOOR):
            render(draw.rates(runs, minimum=minimum))


def test_the_mean_of_single_gradients_is_the_batch_gradient() -> None:
    ax = draw.gradients(SINGLE, BATCH, names=("m", "b"))
    assert "the mean of the 8 single gradients is 36.305, 6.265: the batch gradient" in said(ax)
    tips = next(found for found in ax.get_lines() if len(xs(found)) == 8)
    assert xs(tips).mean() == pytest.approx(36.305) and ys(tips).mean() == pytest.approx(6.265)
    assert xs(tips)[7] == pytest.approx(108.78) and ys(tips)[7] == pytest.approx(15.54)
    wrong = draw.gradients({"m": SINGLE[:, 0], "b": SINGLE[:, 1]}, {"m": BATCH[0] * 2, "b": BATCH[1]})
    assert "and the batch gradient given is 72.61, 6.265: they disagree" in said(wrong)
    assert wrong.get_xlabel() == "dC/dm" and "batch gradient 36.305, 6.265" in labels(ax)
    assert_nothing_overlaps(ax)


def test_gradients_are_thinned_aloud_and_refused() -> None:
    many = SINGLE.repeat(1000, 1)
    ax = draw.gradients(many, BATCH)
    assert "2,000 of 8,000 are drawn" in said(ax) and "the mean of the 8,000 single gradients is 36.305" in said(ax)
    render(draw.gradients(torch.zeros(1, 2), torch.zeros(2)))
    with pytest.raises(SteepestError, match=r"the gradients have shape \(8, 3\)"):
        draw.gradients(torch.ones(8, 3), BATCH)
    with pytest.raises(SteepestError, match="a gradient is not finite"):
        draw.gradients(SINGLE * torch.inf, BATCH)


@pytest.mark.parametrize("run", [RUN, LOST, STILL], ids=["converging", "lost", "one step"])
def test_awful_names_are_drawn_as_they_are(run: Trajectory) -> None:
    other = f"{AWFUL} squared"
    cost = Cost.least_squares(X, Y, names=[AWFUL, other])
    pairs = {"m": AWFUL, "b": other}

    def named(step: Step) -> Step:
        params, gradient = (
            {pairs[name]: value for name, value in values.items()} for values in (step.params, step.gradient)
        )
        return Step(step.epoch, step.cost, params, gradient, step.learning_rate)

    walk = Trajectory(tuple(named(step) for step in run.steps), run.outcome, run.because)
    surface = plane(cost, at=walk.start, along=(AWFUL, other), reach=((-1, 1), (-1, 2)), points=9)
    single = line(cost, at=walk.start, along=AWFUL, reach=(-1.5, 1.5), points=21)
    last = walk.steps[-1]
    pictures = [
        draw.slope(single, at=0.9, slope=36.3, cost_name=AWFUL),
        draw.surface(surface, walk, minimum=cost.minimum, cost_name=AWFUL),
        draw.rates({0.01: walk}, minimum=FLOOR, cost_name=AWFUL),
        draw.gradients(SINGLE, BATCH, names=(AWFUL, other)),
    ]
    for ax in (pictures[0], *pictures[2:]):
        assert_nothing_overlaps(ax)
    pictures += draw.four_steps(last, None, X, Y, x_name=AWFUL, y_name=other)
    for ax in pictures:
        assert_no_text_covers_its_own_axes(ax)
        for text in ax.findobj(Text):
            if isinstance(text, Text) and "$" in text.get_text() and "mathdefault" not in text.get_text():
                assert not text.get_parse_math(), text.get_text()


@pytest.mark.parametrize("lines", [1, 2, 9])
def test_no_line_stands_empty_between_title_and_notes(lines: int) -> None:
    ax = draw.slope(LINE, at=0.9, slope=36.305, cost=19.675475)
    for text in ax.texts:
        text.remove()
    paper.head(ax, "a title that is so long " * 4, notes=["a note"] * lines)
    render(ax)
    note = next(text for text in ax.texts if text.get_text().startswith("a note"))
    assert note.get_text().count("\n") == lines - 1
    title = next(text for text in ax.findobj(Text) if isinstance(text, Text) and text.get_text().startswith("a title"))
    gap = (title.get_window_extent().y0 - note.get_window_extent().y1) * 72 / ax.figure.dpi
    assert 0 < gap < 0.8 * paper.SMALL


def test_no_line_begins_with_a_percent_sign() -> None:
    text = "cost by principal direction 1, 96 % and principal direction 2, 4 %"
    for points in range(40, 400, 5):
        shown = paper.fitted(text, points, lines=20)
        assert not any(line.startswith("%") for line in shown.split("\n"))
        assert shown.replace("\n", "").replace(" ", "") == text.replace(" ", "")
