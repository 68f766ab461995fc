"""Pictures of a network's descent: what is drawn is what was measured, what is not drawn is said, nothing overlaps."""

import runpy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.text import Text
from pictures import AWFUL, UNBROKEN, assert_nothing_overlaps, drawn, labels, render, said, xs, ys

from steepest import Curvature, SteepestError, curvature_at, draw
from steepest.cost import Cost
from steepest.watcher import Measurements

EXAMPLE = Path(__file__).parent.parent / "examples" / "edge_of_stability.py"
LAYERS = [f"encoder.layers.{index}.self_attention.output_projection.weight_of_{index:03}" for index in range(60)]


def table(names: list[str], steps: int = 40) -> Measurements:
    """Norms that fall from parameter to parameter and from step to step."""
    time, place = torch.arange(steps)[:, None], torch.arange(len(names))
    gradients = 10 ** (1 - place / 8 - time / steps + 0.1 * torch.sin(time + place))
    sizes = 1 + place.float().expand(steps, -1) / 10
    changes = 0.1 * gradients
    changes[-1] = torch.nan
    dots = 0.3 * gradients * torch.roll(gradients, 1, 0)
    dots[0] = torch.nan
    rate = torch.full((steps,), 0.1, dtype=torch.float64)
    plain = torch.ones(steps, dtype=torch.bool)
    epochs = torch.arange(steps)
    return Measurements(
        tuple(names), epochs, rate, rate[:, None], sizes, gradients, changes, dots, rate, rate, plain, every=1
    )


FEW = table(["0.weight", "0.bias", "2.weight", "2.bias"])


def beside(ax: Axes) -> list[str]:
    """The names beside the axes, from the top down."""
    named = [text for text in ax.texts if text.get_position()[0] == 1.06]
    return [text.get_text() for text in sorted(named, key=lambda text: -text.get_position()[1])]


def line_of(ax: Axes, values: torch.Tensor) -> Any:
    wanted = values.double().numpy()
    found = [line for line in ax.get_lines() if len(ys(line)) == len(wanted) and np.allclose(ys(line), wanted, 1e-6)]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("of", ["gradients", "parameters"])
def test_norms_are_those_measured(of: Any) -> None:
    ax = draw.norms(FEW, of=of)
    wanted = FEW.gradient_norms if of == "gradients" else FEW.parameter_norms
    for column in wanted.T:
        assert list(xs(line_of(ax, column))) == list(range(40))
    assert ax.get_yscale() == "log" and sorted(beside(ax)) == sorted(FEW.names) and not labels(ax)
    assert_nothing_overlaps(ax)
    with pytest.raises(SteepestError, match=r"draw.norms: there are no norms of 'gradient'\. Did you mean 'gradients'"):
        draw.norms(FEW, of="gradient")  # pyright: ignore[reportArgumentType]


def test_updates_are_ratios_and_the_rule_of_thumb_has_its_source() -> None:
    ax = draw.updates(FEW)
    line = next(line for line in ax.get_lines() if len(ys(line)) == 40)
    assert np.allclose(ys(line)[:-1], FEW.update_ratios[:-1, 0]) and np.isnan(ys(line)[-1])
    assert labels(ax)[0] == "1/1000, a rule of thumb (Karpathy, CS231n)"
    assert [line for line in ax.get_lines() if list(ys(line)) == [1e-3, 1e-3]]
    assert "not finite" not in " ".join(labels(ax)), "the last change is not known yet, which is no fault"


def test_a_parameter_that_is_zero_has_no_ratio_and_one_that_never_moved_no_line() -> None:
    sizes, changes = FEW.parameter_norms.clone(), FEW.change_norms.clone()
    sizes[0, 1] = 0
    changes[:-1, 2] = 0
    ax = draw.updates(replace(FEW, parameter_norms=sizes, change_norms=changes))
    assert "1 of 4 have no ratio at steps where they are 0 (the first: '0.bias')" in said(ax)
    assert "1 of 4 have no line, being 0 or unknown throughout (the first: '2.weight')" in said(ax)
    assert sorted(beside(ax)) == ["0.bias", "0.weight", "2.bias"] and not [x for x in labels(ax) if "finite" in x]


@pytest.mark.parametrize("picture", [draw.norms, draw.updates])
def test_of_many_the_outermost_are_named_and_the_others_grey(picture: Any) -> None:
    many = table(LAYERS)
    ax = picture(many)
    named = [name.replace("\n", "") for name in beside(ax)]
    assert named == LAYERS[:4] + LAYERS[-4:], "whole names of 60 letters, on two lines"
    grey = drawn(ax, "52 other parameters")
    (lines,) = [found for found in ax.collections if isinstance(found, LineCollection)]
    assert grey is not None and len(lines.get_segments()) == 52
    assert_nothing_overlaps(ax)


@pytest.mark.parametrize("name", [AWFUL * 2, UNBROKEN], ids=["awful", "unbroken"])
def test_awful_names_keep_both_their_ends(name: str) -> None:
    ax = draw.norms(table([f"{index} {name} {index}" for index in range(60)]))
    assert [text.replace("\n", "")[0] for text in beside(ax)][:4] == ["0", "1", "2", "3"]
    assert [text[-1] for text in beside(ax)][:4] == ["0", "1", "2", "3"] and all("…" in text for text in beside(ax))
    assert_nothing_overlaps(ax)
    assert not any(text.get_parse_math() for text in ax.findobj(Text) if isinstance(text, Text) and "$x" in str(text))


def test_nan_in_one_layer_is_named_and_marked() -> None:
    many = table(LAYERS)
    gradients = many.gradient_norms.clone()
    gradients[20, 30] = torch.nan
    gradients[21:] = torch.nan
    ax = draw.norms(replace(many, gradient_norms=gradients))
    cross = drawn(ax, f"not finite: 60 of 60, first at step 20, '{LAYERS[30]}'"[:50])
    assert cross.get_marker() == "X" and LAYERS[30] in [name.replace("\n", "") for name in beside(ax)]
    crosses = next(line for line in ax.get_lines() if line.get_marker() == "X")
    assert sorted(set(xs(crosses).tolist())) == [20, 21] and set(ys(crosses).tolist()) == {1.0}
    assert_nothing_overlaps(ax)


@pytest.mark.parametrize("picture", [draw.norms, draw.updates, draw.cosines])
@pytest.mark.parametrize("steps", [1, 2])
def test_one_step_and_two_are_enough(picture: Any, steps: int) -> None:
    ax = picture(table(LAYERS, steps))
    assert_nothing_overlaps(ax)
    if steps == 1 and picture is not draw.norms:
        assert "known" in said(ax)


@pytest.mark.parametrize("value", [0.0, torch.nan, torch.inf])
def test_nothing_that_can_be_drawn_is_said(value: float) -> None:
    lost = replace(FEW, gradient_norms=torch.full((40, 4), value), change_norms=torch.full((40, 4), value))
    for picture in (draw.norms, draw.updates):
        ax = picture(lost)
        assert "4 of 4 have no line" in said(ax) and not beside(ax)
        assert bool([name for name in labels(ax) if name.startswith("not finite: 4 of 4, first at step 0")]) is (
            value != 0
        )
        assert_nothing_overlaps(ax)
    assert_nothing_overlaps(draw.cosines(lost))


def test_long_runs_are_drawn_thinned_and_say_so() -> None:
    ax = draw.norms(table(LAYERS[:3], 9000))
    assert max(len(xs(line)) for line in ax.get_lines()) == 1800 and ax.get_xlabel() == "step (1 in 5 drawn)"
    assert draw.norms(replace(FEW, every=4, epochs=4 * FEW.epochs)).get_xlabel() == "step (1 in 4 drawn)"


def test_cosines_are_those_measured_and_said_to_be_noise() -> None:
    ax = draw.cosines(FEW)
    known = FEW.cosines[1:].numpy()
    assert np.allclose(ys(ax.get_lines()[0])[1:], known) and "mostly noise" in said(ax)
    assert {float(ys(line)[0]) for line in ax.get_lines()[1:]} == {0.0, -0.5}
    assert "no two consecutive gradients" in said(draw.cosines(replace(FEW, every=4)))
    long = table(["a", "b"], 400)
    ax = draw.cosines(long)
    wanted = long.cosines[195:205].mean()
    running = next(line for line in ax.get_lines() if len(ys(line)) == 400 and line.get_linewidth() == 2)
    assert labels(ax)[:2] == ["each step", "mean of 10 steps"] and ys(running)[200] == pytest.approx(float(wanted))


def test_pictures_go_onto_the_callers_axes() -> None:
    for picture in (draw.norms, draw.updates, draw.cosines):
        own = Figure(layout="constrained").add_subplot()
        assert picture(FEW, ax=own) is own
        render(own)


def at(value: float, **changes: Any) -> Curvature:
    cost = Cost.from_function(lambda m, b: value * m**2 / 2 + b**2 / 2)
    return replace(curvature_at(cost, {"m": 1.0, "b": 1.0}), **changes)


def test_sharpness_has_its_residual_as_a_bar_and_the_limit_beside_it() -> None:
    ax = draw.sharpness({0.2: [(100, at(9.0, residual=0.1)), (0, at(4.0))], 0.4: [(0, at(5.0))]})
    assert labels(ax) == ["rate 0.2: sharpness", "2 / 0.2 = 10", "rate 0.4: sharpness", "2 / 0.4 = 5"]
    lines = [line for line in ax.get_lines() if list(xs(line)) == [0, 100]]
    assert ys(lines[0]).tolist() == pytest.approx([4, 9])
    bars = next(found for found in ax.collections if isinstance(found, LineCollection)).get_segments()
    assert np.allclose(np.asarray(bars[1])[:, 1], [8.1, 9.9]), "sharpness minus and plus its residual"
    assert "3 measurements; bars are residuals, at most 10 % of the sharpness" in said(ax)
    assert "may lie above" not in said(ax)
    assert_nothing_overlaps(ax)


def test_sharpness_says_what_is_not_known() -> None:
    ax = draw.sharpness({0.1: [(0, at(-3.0, partial=True, unseen=0.5, converged=False))]})
    assert "the largest may lie above, with 99 % probability by 0.5 at most" in said(
        ax
    ) and "1 of them not settled" in said(ax)
    assert_nothing_overlaps(ax)
    none: dict[float, list[tuple[int, Curvature]]] = {}
    for wrong, words in ((none, "no curvature"), ({0.1: []}, "no curvature"), ({0.0: [(0, at(1.0))]}, "0 is no")):
        with pytest.raises(SteepestError, match=words):
            draw.sharpness(wrong)


def test_the_edge_of_stability_example_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(EXAMPLE))["main"](epochs=60, every=20, figure=str(tmp_path / "edge.png"))
    shown = capsys.readouterr().out
    assert "learning rate 0.4: 2 / rate = 5" in shown and "rate x sharpness" in shown
    assert "   60" in shown and (tmp_path / "edge.png").stat().st_size > 10_000
