"""Side by side: learning rates, and the gradients of single examples."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from steepest import vectors
from steepest.errors import SteepestError, door
from steepest.trajectory import Outcome, Trajectory
from steepest.vectors import Params

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

MOST_ARROWS = 2000

ABOVE_START = 20.0
"""The frame ends so many times above the highest start: a run that diverges leaves it, and is marked there."""

MOST_DECADES = 12


def rates(
    runs: Mapping[float, Trajectory], *, minimum: float | None = None, cost_name: str = "cost", ax: Axes | None = None
) -> Axes:
    """Draw the descents of several learning rates side by side, the cost above its `minimum` by epoch.

    Without the `minimum` the cost itself is drawn. The axis is logarithmic where what is drawn is positive. A cross
    marks where a run that diverged leaves the frame or ends; a square where any other one ends.

    It compares these rates from these starts: a rate that is best here need not be so from another start, and one
    that still falls may yet diverge.

    Raises SteepestError where there is no run, or where a cost lies below the minimum given.

    >>> from steepest.cost import Cost
    >>> from steepest.descent import descend
    >>> cost = Cost.from_function(lambda m: m**2)
    >>> runs = {rate: descend(cost, {"m": 1.0}, learning_rate=rate, epochs=9) for rate in (0.1, 0.4)}
    >>> [text.get_text() for text in rates(runs, minimum=0.0).get_legend().get_texts()]
    ['rate 0.1, last 0.018', 'rate 0.4, last 2.62×10⁻¹³']
    """
    from matplotlib.ticker import MaxNLocator

    from steepest.draw import paper

    with door("draw.rates"):
        if not runs:
            raise SteepestError("there is no run", remedy="Give a dict: a Trajectory for each learning rate")
        ordered = dict(sorted(runs.items()))
        heights = {rate: _heights(run, minimum) for rate, run in ordered.items()}
        everything = torch.cat(list(heights.values()))
        known = everything[everything.isfinite()]
        positive = known[known > 0]
        log = len(positive) > 0 and (minimum is not None or len(positive) == len(known))
        ax = paper.sheet(ax)
        ax.autoscale(False)
        first = min(run.steps[0].epoch for run in runs.values())
        final = max(run.steps[-1].epoch for run in runs.values())
        margin = 0.03 * (final - first) or 0.5
        ax.set_xlim(first - margin, final + margin)
        top = _set_frame(ax, known, [float(values[0]) for values in heights.values()], log)
        marks = _falling(ax, ordered, heights, log=log, top=top)
        name = cost_name if minimum is None else f"{cost_name} above the minimum, {paper.number(minimum)}"
        paper.name_axes(ax, "epoch", name)
        ax.xaxis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10], integer=True))
        ax.xaxis.set_major_formatter(paper.PlainTicks())
        if not log:
            ax.yaxis.set_major_formatter(paper.PlainTicks())
        ax.grid(alpha=0.25)
        paper.head(ax, f"{cost_name} by epoch and learning rate", marks=marks)
    return ax


def _falling(
    ax: Axes, runs: Mapping[float, Trajectory], heights: Mapping[float, Tensor], *, log: bool, top: float
) -> list[tuple[Artist, str]]:
    """A line for each run, and a cross where one that diverged leaves the frame."""
    from steepest.draw import paper

    colours = (paper.BLUE, paper.ORANGE, paper.GREEN, paper.PURPLE, paper.SKY, paper.VERMILION, "0.35")
    dashes = ("-", (0, (5, 2)), (0, (1.5, 1.2)), (0, (6, 2, 1, 2)), (0, (3, 1)))
    markers = "osD^vPp*"
    marks: list[tuple[Artist, str]] = []
    crosses: list[tuple[int, float]] = []
    for place, (rate, run) in enumerate(runs.items()):
        epochs = [step.epoch for step in run.steps]
        values = heights[rate]
        drawn = values if not log else torch.where(values > 0, values, math.nan)
        drawn = torch.where(drawn.isfinite(), drawn, math.nan)
        apart = max(1, len(epochs) // 7)
        (line,) = ax.plot(
            epochs, drawn.clamp(max=top + 1e3 * abs(top)), ls=dashes[place % len(dashes)], lw=1.8, zorder=3,
            color=colours[place % len(colours)], marker=markers[place % len(markers)], ms=5.5, mec="black", mew=0.6,
            markevery=(place * apart // 8 % apart, apart),
        )  # fmt: skip
        last = paper.number(float(values[-1]), 3)
        diverged = run.outcome is Outcome.DIVERGED
        marks.append((line, f"rate {paper.number(rate)}, {'diverged,' if diverged else 'last'} {last}"))
        if diverged:
            outside = [index for index, value in enumerate(values.tolist()) if not value <= top]
            index = outside[0] if outside else len(epochs) - 1
            crosses.append((epochs[index], top if outside else float(values[index])))
    if crosses:
        (cross,) = ax.plot(
            *zip(*crosses, strict=True), "X", color=paper.VERMILION, ms=9, mec="black", mew=1, zorder=6,
            clip_on=False, ls="none",
        )  # fmt: skip
        marks.append((cross, "diverged: leaves this frame, or ends"))
    return marks


def _heights(run: Trajectory, minimum: float | None) -> Tensor:
    if minimum is None:
        return run.costs
    above = run.costs - minimum
    precision = torch.finfo(next(iter(run.end.values())).dtype).eps  # a float32 cost is rounded as float32
    rounding = 4 * precision * run.costs.abs().clamp(min=abs(minimum))
    lowest = float(above[above.isfinite()].min()) if bool(above.isfinite().any()) else 0.0
    if lowest < -1e-9 * abs(minimum) - float(rounding[rounding.isfinite()].max()):
        raise SteepestError(
            f"a cost is {-lowest:g} below the minimum given, {minimum:g}", remedy="Give the lowest cost there is"
        )
    return torch.where((above.abs() <= rounding) & above.isfinite(), 0.0, above)


def _set_frame(ax: Axes, known: Tensor, starts: list[float], log: bool) -> float:
    """Limits that no run that diverged can stretch; returns the upper one."""
    if not len(known):
        return 1.0
    highest = max((start for start in starts if math.isfinite(start)), default=float(known.max()))
    if log:
        positive = known[known > 0]
        top = min(float(positive.max()), ABOVE_START * highest) if highest > 0 else float(positive.max())
        bottom = max(float(positive.min()), top * 10.0**-MOST_DECADES)
        power = max(0.04 * math.log10(top / bottom), 0.1)
        ax.set_yscale("log")
        ax.set_ylim(bottom / 10**power, min(top * 100**power, 1e307))
        return min(top * 10**power, 1e307)
    low, high = float(known.min()), float(known.max())
    high = min(high, highest + 0.5 * (abs(highest) or 1.0))
    margin = 0.05 * (high - low) or 0.5
    ax.set_ylim(max(low, high - 1e3 * (abs(high) or 1.0)) - margin, high + 2 * margin)
    return high + margin


def gradients(
    per_example: Tensor | Mapping[str, Tensor],
    mean: Tensor | Params,
    *,
    names: tuple[str, str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the gradient of every single example as an arrow from 0, and their mean, the batch gradient, over them.

    `per_example` has shape `(examples, 2)`, or is two named tensors of shape `(examples,)`; `mean` is the batch
    gradient, measured on its own. The two axes have different scales, so angles are not true.

    That the mean of the arrows is the batch gradient is computed here and said above, also where it is not so. How
    wide the cloud is says how much one example can mislead; it proves nothing about examples that are not drawn.

    Raises SteepestError for other shapes, and for gradients that are not finite.

    >>> single = torch.tensor([[1.0, 0.0], [3.0, 2.0]])
    >>> ax = gradients(single, torch.tensor([2.0, 1.0]), names=("m", "b"))
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('dC/dm', 'dC/db')
    """
    from steepest.draw import paper

    with door("draw.gradients"):
        if isinstance(per_example, Mapping):
            if names is None and len(per_example) == 2:
                first, second = per_example
                names = (first, second)
            per_example = torch.stack([value.reshape(-1) for value in per_example.values()], dim=1)
        batch = (vectors.flat(dict(mean)) if isinstance(mean, Mapping) else mean).detach().reshape(-1).double().cpu()
        single = per_example.detach().double().cpu()
        if single.ndim != 2 or single.shape[1] != 2 or not len(single) or len(batch) != 2:
            raise SteepestError(
                f"the gradients have shape {tuple(single.shape)}, and their mean {tuple(batch.shape)}",
                remedy="Give (examples, 2) and (2,): pick two parameters",
            )
        if not (bool(single.isfinite().all()) and bool(batch.isfinite().all())):
            raise SteepestError("a gradient is not finite", remedy="Look at an earlier step of the run")
        ax = paper.sheet(ax)
        shown = single
        if len(single) > MOST_ARROWS:
            shown = single[torch.linspace(0, len(single) - 1, MOST_ARROWS, dtype=torch.float64).round().long()]
        _set_around(ax, torch.cat([shown, batch[None], torch.zeros(1, 2, dtype=torch.float64)]))
        ink = paper.ink(ax)
        ax.axhline(0, color=ink, lw=0.6, alpha=0.5, zorder=1)
        ax.axvline(0, color=ink, lw=0.6, alpha=0.5, zorder=1)
        zeros = [0.0] * len(shown)
        ax.quiver(
            zeros, zeros, shown[:, 0], shown[:, 1], angles="xy", scale_units="xy", scale=1, color=paper.BLUE,
            alpha=min(0.9, 12 / len(shown) ** 0.7), width=0.004, zorder=2,
        )  # fmt: skip
        (tips,) = ax.plot(shown[:, 0], shown[:, 1], "o", color=paper.BLUE, ms=5 if len(shown) < 100 else 2.5, zorder=3)
        ax.quiver(
            [0.0], [0.0], batch[:1], batch[1:], angles="xy", scale_units="xy", scale=1, color=paper.VERMILION,
            width=0.011, edgecolor="white", linewidth=0.8, zorder=4,
        )  # fmt: skip
        (end,) = ax.plot(
            batch[:1], batch[1:], "D", color=paper.VERMILION, ms=8, mec="black", mew=1, zorder=5, ls="none"
        )
        found = single.mean(dim=0)
        spread = float(single.abs().max()) or 1.0
        pair = ", ".join(paper.number(value) for value in found.tolist())
        agrees = bool(((found - batch).abs() <= 1e-5 * spread).all())
        other = ", ".join(paper.number(value) for value in batch.tolist())
        notes = [
            f"the mean of the {len(single):,} single gradients is {pair}"
            + (": the batch gradient" if agrees else f", and the batch gradient given is {other}: they disagree")
        ]
        if len(shown) < len(single):
            notes.append(f"{len(shown):,} of {len(single):,} are drawn")
        first, second = (paper.fitted(name, 150, lines=1) for name in names or ("the first", "the second"))
        paper.name_axes(ax, f"dC/d{first}" if names else first, f"dC/d{second}" if names else second)
        ax.xaxis.set_major_formatter(paper.PlainTicks())
        ax.yaxis.set_major_formatter(paper.PlainTicks())
        marks: list[tuple[Artist, str]] = [(tips, "gradient of one example"), (end, f"batch gradient {other}")]
        paper.head(ax, f"Gradients of {len(single):,} examples and their mean", notes=notes, marks=marks)
    return ax


def _set_around(ax: Axes, points: Tensor) -> None:
    for axis, values in (("x", points[:, 0]), ("y", points[:, 1])):
        low, high = float(values.min()), float(values.max())
        margin = 0.08 * (high - low) or 1.0
        ax.set(**{f"{axis}lim": (low - margin, high + margin)})
