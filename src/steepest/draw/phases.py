"""One step of a descent as its four phases, each with its numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor

from steepest import vectors
from steepest.errors import SteepestError, door
from steepest.trajectory import Step

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

MOST_EXAMPLES = 200

HIGHEST = 1e300
"""Squares above this are drawn as high as this: matplotlib's own sums overflow near 1e308."""


def four_steps(
    step: Step,
    following: Step | None,
    inputs: Tensor,
    targets: Tensor,
    *,
    x_name: str = "input",
    y_name: str = "target",
    axes: Sequence[Axes] | None = None,
) -> tuple[Axes, Axes, Axes, Axes]:
    """Draw the forward pass, the cost, the gradient and the adjustment of one step of a line model, side by side.

    `estimate = m x + b`, with the step's two parameters in that order. The second panel has the squared difference
    of each example and the mean of these squares, which must be the step's cost, or it says so. The fourth has the
    line before and after the adjustment; `following` is the next step, None where there is none.

    It shows where every number of a step comes from; one step proves nothing about where the descent will end.

    Raises SteepestError for a model that is no line, data that do not fit it, and other than four axes.

    >>> import torch
    >>> from steepest.cost import Cost
    >>> from steepest.descent import descend
    >>> x, y = torch.tensor([0.0, 1.0]), torch.tensor([1.0, 3.0])
    >>> run = descend(Cost.least_squares(x, y), {"m": 1.0, "b": 0.0}, learning_rate=0.1, epochs=1)
    >>> [ax.get_title(loc="left") for ax in four_steps(*run.steps, x, y)]
    ['1 Forward pass', '2 Cost 2.5', '3 Gradient', '4 Adjust']
    """
    from steepest.draw import paper

    with door("draw.four_steps"):
        x, y, names, (m, b) = _line(step, inputs, targets)
        panels = list(axes) if axes is not None else list(paper.blank(9.6, 8.0).subplots(2, 2).flat)
        if len(panels) != 4:
            raise SteepestError(f"there are {len(panels)} axes", remedy="Give four: one for each phase")
        first, second, third, fourth = panels
        with np.errstate(all="ignore"):
            estimates = m * x + b
            squares = (estimates - y) ** 2
            mean = float(squares.mean())
        slopes = [float(value) for value in vectors.flat(step.gradient)]
        _forward(first, (x, y), estimates, (m, b), names)
        _cost(second, squares, mean, step.cost)
        _gradient(third, slopes, names)
        _adjust(fourth, step, following, (x, y), names)
        for ax in (first, fourth):
            paper.name_axes(ax, x_name, y_name)
    return first, second, third, fourth


def _line(
    step: Step, inputs: Tensor, targets: Tensor
) -> tuple[np.ndarray, np.ndarray, tuple[str, str], tuple[float, float]]:
    if vectors.size(step.params) != 2 or len(step.params) != 2:
        raise SteepestError(
            f"the step has {vectors.size(step.params)} numbers in {len(step.params)} parameters, and a line has two",
            remedy="Draw a model with a weight and an intercept, or draw.fit() for any other",
        )
    if inputs.numel() != len(inputs) or inputs.numel() != targets.numel() or not inputs.numel():
        raise SteepestError(
            f"inputs have shape {tuple(inputs.shape)} and targets {tuple(targets.shape)}",
            remedy="Give one input and one target for each example",
        )
    x, y = (values.detach().reshape(-1).double().cpu().numpy() for values in (inputs, targets))
    first, second = step.params
    return x, y, (first, second), (float(step.params[first]), float(step.params[second]))


def _short(names: tuple[str, str]) -> tuple[str, str]:
    from steepest.draw import paper

    first, second = (paper.fitted(name, 70, size=paper.SMALL, lines=1) for name in names)
    return first, second


def _shown(values: np.ndarray) -> np.ndarray:
    if len(values) <= MOST_EXAMPLES:
        return values
    return values[np.linspace(0, len(values) - 1, MOST_EXAMPLES).round().astype(int)]


def _framed(ax: Axes, x: np.ndarray, y: np.ndarray, lines: Sequence[np.ndarray]) -> bool:
    """Limits that hold the targets, and the lines too unless they would make the targets flat: the same in 1 and 4."""
    low, high = float(y.min()), float(y.max())
    height = high - low or abs(high) or 1.0
    ends = [*lines, y]
    lowest, highest = min(float(each.min()) for each in ends), max(float(each.max()) for each in ends)
    fits = math.isfinite(lowest) and math.isfinite(highest) and highest - lowest <= 20 * height
    if fits:
        low, high = lowest, highest
    margin, side = 0.06 * (high - low or height), 0.04 * (float(np.ptp(x)) or 1.0)
    ax.set_ylim(low - margin, high + margin)
    ax.set_xlim(float(x.min()) - side, float(x.max()) + side)
    return fits


def _drawable(values: np.ndarray, ax: Axes) -> np.ndarray:
    low, high = ax.get_ylim()
    return np.clip(values, low - 1e6 * (high - low), high + 1e6 * (high - low))


def _forward(
    ax: Axes,
    data: tuple[np.ndarray, np.ndarray],
    estimates: np.ndarray,
    line: tuple[float, float],
    names: tuple[str, str],
) -> None:
    from steepest.draw import paper

    x, y = data
    fits = _framed(ax, x, y, [estimates])
    order = np.argsort(x)
    heights = _drawable(estimates, ax)
    ax.plot(x[order], heights[order], color=paper.VERMILION, lw=2.0, zorder=2)
    (dots,) = ax.plot(_shown(x), _shown(heights), "s", color=paper.VERMILION, ms=4.5, mec="black", mew=0.6, zorder=3)
    (targets,) = ax.plot(_shown(x), _shown(y), "o", color=paper.BLUE, ms=5.5, zorder=4)
    first, second = _short(names)
    numbers = ", ".join(paper.number(value, 4) for value in estimates[:8]) + (", …" if len(x) > 8 else "")
    m, b = (paper.number(value) for value in line)
    notes = [f"estimate = {first} x + {second} = {m} x + {b}", f"estimates: {numbers}"]
    notes += [] if fits else ["the estimates reach beyond this frame"]
    _finish(ax, "1 Forward pass", notes, [(targets, "target"), (dots, "estimate")])


def _cost(ax: Axes, squares: np.ndarray, mean: float, cost: float) -> None:
    from steepest.draw import paper

    shown = _shown(squares)
    drawable = np.nan_to_num(shown, nan=0.0, posinf=0.0).clip(max=HIGHEST)
    top = max(float(drawable.max()), cost if math.isfinite(cost) else 0.0) or 1.0
    bars = ax.bar(range(len(shown)), drawable, color=paper.SKY, edgecolor="black", linewidth=0.6, zorder=2)
    marks: list[tuple[Artist, str]] = [(bars[0], "squared difference")]
    if math.isfinite(cost):
        level = ax.axhline(cost, color=paper.VERMILION, ls=(0, (5, 3)), lw=2, zorder=3)
        marks.append((level, "their mean: the cost"))
    ax.set_ylim(0, min(1.08 * top, HIGHEST))
    ax.set_xlim(-0.7, len(shown) - 0.3)
    paper.name_axes(ax, "example", "(estimate − target)²")
    notes = [f"C = mean of {len(squares):,} squares = {paper.number(mean)}"]
    same = math.isclose(mean, cost, rel_tol=1e-4, abs_tol=1e-12) or not (math.isfinite(mean) and math.isfinite(cost))
    notes += [] if same else [f"the step's own cost is {paper.number(cost)}: it was measured on something else"]
    _finish(ax, f"2 Cost {paper.number(cost)}", notes, marks)


def _gradient(ax: Axes, slopes: list[float], names: tuple[str, str]) -> None:
    from matplotlib.ticker import MaxNLocator

    from steepest.draw import paper

    first, second = _short(names)
    known = [slope if math.isfinite(slope) else 0.0 for slope in slopes]
    ax.barh([1, 0], known, color=[paper.ORANGE, paper.GREEN], edgecolor="black", linewidth=0.8, height=0.5)
    longest = max(abs(slope) for slope in known) or 1.0
    ax.set_xlim(min(0.0, *known) - 0.1 * longest, max(0.0, *known) + 0.1 * longest)
    ax.set_ylim(-0.5, 1.7)
    ax.axvline(0, color=paper.ink(ax), lw=1)
    ax.set_yticks([])
    for height, name in ((1.3, first), (0.3, second)):  # not as tick labels: those would read a '$' as mathematics
        across = ax.get_yaxis_transform()
        ax.text(0.02, height, f"dC/d{name}", transform=across, fontsize=paper.NORMAL, parse_math=False)
    ax.xaxis.set_major_locator(MaxNLocator(4))
    paper.name_axes(ax, "how fast the cost rises with it", "")
    numbers = [
        f"dC/d{name}\u00a0=\u00a0{paper.number(slope)}" for name, slope in zip((first, second), slopes, strict=True)
    ]
    notes = [", ".join(numbers), f"norm {paper.number(math.hypot(*slopes))}"]
    _finish(ax, "3 Gradient", notes, [])


def _adjust(
    ax: Axes,
    step: Step,
    following: Step | None,
    data: tuple[np.ndarray, np.ndarray],
    names: tuple[str, str],
) -> None:
    from steepest.draw import paper

    x, y = data
    after = vectors.moved(step.params, step.gradient, by=-step.learning_rate)
    order = np.argsort(x)
    with np.errstate(all="ignore"):
        before, then = (float(p[names[0]]) * x + float(p[names[1]]) for p in (step.params, after))
    fits = _framed(ax, x, y, [before, then])
    (old,) = ax.plot(x[order], _drawable(before, ax)[order], color="0.45", ls=(0, (4, 2)), lw=1.8, zorder=2)
    (new,) = ax.plot(x[order], _drawable(then, ax)[order], color=paper.VERMILION, lw=2.2, zorder=3)
    (targets,) = ax.plot(_shown(x), _shown(y), "o", color=paper.BLUE, ms=5.5, zorder=4)
    notes = []
    for short, name in zip(_short(names), names, strict=True):
        here, slope, there = (paper.number(float(p[name])) for p in (step.params, step.gradient, after))
        notes.append(f"{short}: {here} − {paper.number(step.learning_rate)} × ({slope}) = {there}")
    if following is not None:
        notes.append(f"the next forward pass finds cost {paper.number(following.cost)}")
        moved = {name: value.double() for name, value in following.params.items()}
        size = max(1e-300, *(abs(float(value)) for value in after.values()))
        if any(abs(float(moved[name]) - float(after[name])) > 1e-5 * size for name in names):
            notes.append("the following step has other parameters: it is not the next one, or the rule was another")
    notes += [] if fits else ["a line reaches beyond this frame"]
    _finish(ax, "4 Adjust", notes, [(targets, "target"), (old, "before"), (new, "after")])


def _finish(ax: Axes, title: str, notes: list[str], marks: list[tuple[Artist, str]]) -> None:
    from steepest.draw import paper

    ax.xaxis.set_major_formatter(paper.PlainTicks())
    if title != "3 Gradient":
        ax.yaxis.set_major_formatter(paper.PlainTicks())
    ax.grid(alpha=0.25)
    ax.set_axisbelow(True)
    paper.head(ax, title, notes=notes, marks=marks)
