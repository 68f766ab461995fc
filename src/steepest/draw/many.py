"""A gradient of many parameters: the two in a picture, and all the others as bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from steepest import vectors
from steepest.draw.paths import Marks
from steepest.errors import SteepestError, door, near
from steepest.trajectory import Step, Trajectory
from steepest.vectors import Params

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_BARS = 20

FEW_BARS = 10
"""So many have room for names on two lines."""

NAME_ROOM = 110
"""Points: how wide a name may be beside the narrowest bars."""

LONGEST = 1e300
"""Longer bars are drawn as long as this: matplotlib's own sums overflow near 1e308."""

WIDER = 1.7
"""How much wider a picture is with bars beside it."""


def bars(run: Trajectory, *, epoch: int | None = None, chosen: Sequence[str] = (), ax: Axes | None = None) -> Axes:
    """Draw the negative gradient at one step as bars, one for each parameter, the longest first: what moves most.

    The step is the first one, or that of `epoch`. At most 20 bars are drawn, with those of the `chosen` parameters,
    which are hatched, among them; what the others add up to is said in words.

    Each bar times the learning rate is how far plain descent moves that parameter. Parameters of inputs in different
    units have bars in different units: a long one need not be of an input that matters.

    Raises SteepestError for an epoch that was not recorded, and a chosen name that is no parameter of one number.

    >>> from steepest.cost import Cost
    >>> from steepest.descent import descend
    >>> cost = Cost.from_function(lambda u, v, w: u**2 + 3 * v**2 + 2 * w**2)
    >>> run = descend(cost, {"u": 1.0, "v": 1.0, "w": 1.0}, learning_rate=0.1, epochs=1)
    >>> [label.get_text() for label in bars(run).get_yticklabels()]
    ['v', 'w', 'u']
    """
    from matplotlib.ticker import MaxNLocator

    from steepest.draw import paper

    with door("draw.bars"):
        step = _step(run, epoch)
        slopes = vectors.flat(step.gradient).detach().double().cpu()
        size = slopes.abs().nan_to_num(posinf=LONGEST).clamp(max=LONGEST)
        wanted = [_place(step.gradient, name) for name in chosen]
        order = [index for index in size.argsort(descending=True, stable=True).tolist() if index not in wanted]
        shown = sorted([*wanted, *order[: MOST_BARS - len(wanted)]], key=lambda index: -float(size[index]))
        lengths = (-slopes.nan_to_num(posinf=LONGEST, neginf=-LONGEST).clamp(-LONGEST, LONGEST))[shown].tolist()

        ax = paper.sheet(ax)
        rows = range(len(shown))
        drawn = ax.barh(rows, lengths, color=paper.SKY, edgecolor="black", linewidth=0.7, height=0.7, zorder=2)
        marks: Marks = []
        for row, index in enumerate(shown):
            if index in wanted:
                drawn[row].set(facecolor=paper.ORANGE, hatch="///")
                marks = [(drawn[row], "chosen")]
        if marks and len(wanted) < len(shown):
            marks.append((next(drawn[row] for row in rows if shown[row] not in wanted), "the others"))
        room, lines = max(NAME_ROOM, 0.3 * paper.room(ax)[0]), 2 if len(shown) <= FEW_BARS else 1
        names = [paper.fitted(_name(step.gradient, index), room, size=paper.SMALL, lines=lines) for index in shown]
        ax.set_yticks(rows, labels=names, fontsize=paper.SMALL, parse_math=False)
        ax.set_ylim(max(len(shown), 4) - 0.4, -0.6)
        low, high = min(0.0, *lengths), max(0.0, *lengths)
        margin = 0.06 * (high - low) or 1.0
        ax.set_xlim(low - margin, high + margin)
        ax.axvline(0, color=paper.ink(ax), linewidth=1, zorder=3)
        ax.grid(axis="x", alpha=0.25)
        ax.set_axisbelow(True)
        ax.xaxis.set_major_locator(MaxNLocator(4))
        ax.xaxis.set_major_formatter(paper.PlainTicks())
        ax.set_xlabel("−gradient: the way it moves", fontsize=paper.NORMAL)
        paper.head(ax, f"What moves most, epoch {step.epoch:,}", notes=_rest(slopes, shown), marks=marks)
    return ax


def place_for(run: Trajectory | None, bars: bool, wide: float, high: float, **options: Any) -> tuple[Axes, Any]:
    """New axes on a figure of their own, and beside them a place for bars where a run has more than two parameters."""
    from steepest.draw import paper

    if not bars or run is None or vectors.size(run.start) < 3:
        return paper.blank(wide, high).add_subplot(**options), None
    figure = paper.blank(WIDER * wide, high)
    left, right = figure.add_gridspec(1, 2, width_ratios=(1, WIDER - 1))
    return figure.add_subplot(left, **options), right


def fill(place: Any, run: Trajectory | None, names: Sequence[str], ax: Axes) -> None:
    """Draw the bars of a run into the place beside its picture."""
    figure = ax.get_figure()
    if place is not None and run is not None and figure is not None:
        chosen = [name for name in names if name in run.start and run.start[name].numel() == 1]
        bars(run, chosen=chosen, ax=figure.add_subplot(place))


def _step(run: Trajectory, epoch: int | None) -> Step:
    found = [step for step in run.steps if epoch in (None, step.epoch)]
    if not found:
        raise SteepestError(
            f"epoch {epoch} was not recorded",
            remedy=f"Give one from {run.steps[0].epoch:,} to {run.steps[-1].epoch:,}, where 1 in {run.every:,} is kept",
        )
    return found[0]


def _place(gradient: Params, name: str) -> int:
    """Where in the flat gradient a parameter stands that is one number."""
    if name not in gradient:
        raise SteepestError(f"there is no parameter '{name}'", remedy=near(name, gradient))
    if gradient[name].numel() != 1:
        raise SteepestError(
            f"parameter '{name}' has shape {tuple(gradient[name].shape)}, and a name stands for one number",
            remedy="Choose parameters that are one number each, or none",
        )
    before = list(gradient)[: list(gradient).index(name)]
    return sum(gradient[other].numel() for other in before)


def _name(gradient: Params, index: int) -> str:
    for name, value in gradient.items():
        if index < value.numel():
            if value.numel() == 1:
                return name
            return f"{name}[{', '.join(str(int(at)) for at in torch.unravel_index(torch.tensor(index), value.shape))}]"
        index -= value.numel()
    raise IndexError(index)


def _rest(slopes: torch.Tensor, shown: Sequence[int]) -> list[str]:
    from steepest.draw import paper

    notes = []
    lost = int((~slopes.isfinite()).sum())
    if lost:
        notes.append(f"{lost:,} of {len(slopes):,} slopes are not finite")
    if len(shown) < len(slopes):
        known = slopes.nan_to_num(0.0, 0.0, 0.0) / (float(slopes.nan_to_num(0.0, 0.0, 0.0).abs().max()) or 1.0)
        share = 1 - float(known[list(shown)].square().sum() / (float(known.square().sum()) or 1.0))
        notes.append(
            f"{len(slopes) - len(shown):,} more are not drawn: {paper.number(100 * max(0.0, share), 2)} % "
            "of the gradient's squared norm"
        )
    return notes
