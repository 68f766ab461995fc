"""Pictures: what is drawn is the data, what cannot be drawn is said, and no text covers another."""

import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import pytest
import torch
from costs import X, Y, columns
from matplotlib.figure import Figure
from matplotlib.text import Text
from pictures import (
    AWFUL,
    DIVERGED,
    FLOOR,
    LOST,
    RUN,
    STILL,
    TRIAL,
    UNBROKEN,
    assert_nothing_overlaps,
    curves,
    cut,
    drawn,
    labels,
    made,
    render,
    said,
    xs,
    ys,
)

from steepest import draw
from steepest.cost import Cost
from steepest.draw import paper
from steepest.errors import SteepestError
from steepest.slices import plane, reach_around
from steepest.trajectory import Step, Trajectory


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
    assert labels(ax)[:4] == ["target", "estimate", "exact least squares", "difference"]
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


@pytest.mark.parametrize("name", [AWFUL, UNBROKEN, "line\nbreak\x07"], ids=["awful", "unbroken", "control"])
@pytest.mark.parametrize("run", [RUN, LOST, STILL], ids=["converging", "lost", "one step"])
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
    with pytest.raises(SteepestError, match=r"is there already. Replace it with --force \(force=True\)"):
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
