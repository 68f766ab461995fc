"""A network's descent as its watch measured it: norms and changes of every parameter, and how its gradient turns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor

from steepest.draw.epochs import padded, set_heights
from steepest.draw.paths import Marks
from steepest.errors import SteepestError, door, near
from steepest.watcher import Measurements

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_NAMED = 8
"""Parameters with a line and a name of their own; of more, the outermost are named and the others grey."""

MOST_ROWS = 2000
"""Of more steps than these, so many are drawn, evenly spaced."""

RULE = 1e-3
"""A change for a parameter's length that a rule of thumb holds to be usual."""

SMOOTHED = 200
"""From so many steps on, cosines are drawn with their running mean, over a fortieth of them."""


def norms(
    measured: Measurements, *, of: Literal["gradients", "parameters"] = "gradients", ax: Axes | None = None
) -> Axes:
    """Draw the norm of each parameter's gradient, or of the parameter itself, by step, on a logarithmic axis.

    `measured` is a watch's `measurements`. Up to eight parameters are named beside their lines; of more, the four that
    end largest and the four that end smallest, and those that are not finite before all others. A cross at the top
    marks where a norm is first not finite.

    It shows which layer's gradient vanishes, explodes or breaks first. A small norm alone is no fault: norms grow with
    the number of entries, and a layer that is done has a small gradient too.

    Raises SteepestError for another `of`.

    >>> ax = norms(_example())
    >>> ax.get_yscale(), ax.get_title(loc="left")
    ('log', "Each parameter's gradient by step")
    """
    with door("draw.norms"):
        if of not in ("gradients", "parameters"):
            raise SteepestError(f"there are no norms of '{of}'", remedy=near(of, ("gradients", "parameters")))
        if of == "gradients":
            return _many(ax, measured, _Many("Each parameter's gradient by step", "norm of the gradient",
                                             measured.gradient_norms))  # fmt: skip
        return _many(ax, measured, _Many("Each parameter's size by step", "norm of the parameter",
                                         measured.parameter_norms))  # fmt: skip


def updates(measured: Measurements, *, ax: Axes | None = None) -> Axes:
    """Draw how far each step moved each parameter, for that parameter's own norm, by step, on a logarithmic axis.

    `ratio = |parameters[k + 1] - parameters[k]| / |parameters[k]|`

    The dashed line is at 1/1000, about which a rule of thumb wants the ratio of weights (Karpathy, CS231n notes,
    Neural Networks Part 3): it is a habit of networks that trained well, not a limit. A parameter that is zero, as
    biases are at their start, has no ratio; one that did not move has 0, which is below the axis. Names are chosen as
    in `norms`.

    It shows layers that hardly move beside others that are thrown about, whatever the optimizer. It cannot show that
    a rate is right: that needs the cost.

    >>> updates(_example()).get_ylabel()
    'change / norm of the parameter'
    """
    from steepest.draw import paper

    with door("draw.updates"):
        ratios = measured.update_ratios.clone()
        ratios[measured.parameter_norms == 0] = torch.nan
        what = _Many(
            "How far each step moves each parameter",
            "change / norm of the parameter",
            ratios,
            known=measured.change_norms,
            rule=RULE,
            rows_missing=1,
        )
        zero = [
            name for name, norm in zip(measured.names, measured.parameter_norms.T, strict=True) if (norm == 0).any()
        ]
        if zero:
            what.notes.append(
                f"{paper.number(len(zero))} of {len(measured.names):,} have no ratio at steps where they are 0 "
                f"(the first: '{zero[0]}')"
            )
        return _many(ax, measured, what)


def cosines(measured: Measurements, *, ax: Axes | None = None) -> Axes:
    """Draw the cosine of each gradient with the one of the step before, over all parameters, by step.

    1 is straight on, 0 a right angle, -1 straight back. Where every step sees the same data, values that stay below
    -0.5 (more than 120 degrees apart) are a zigzag: the rate times the curvature along the way is above 1.5, if the
    two gradients are equally long. With a new minibatch at each step it is mostly the batches' noise, and a cosine
    near 0 or below proves nothing about the rate.

    From 200 steps on, the running mean over a fortieth of them is drawn, too.

    >>> cosines(_example()).get_ylabel()
    'cosine with the gradient before'
    """
    from steepest.draw import paper

    with door("draw.cosines"):
        ax = paper.sheet(ax)
        values = measured.cosines.double()
        steps, notes = measured.epochs, []
        marks: Marks = []
        if len(values) >= SMOOTHED:
            over = len(values) // 40
            (line,) = ax.plot(steps, values, color=paper.SKY, lw=0.6, alpha=0.8)
            marks.append((line, "each step"))
            (line,) = ax.plot(steps, _running(values, over), color=paper.BLUE, lw=2)
            marks.append((line, f"mean of {over:,} steps"))
        else:
            dots = {"marker": "o", "markersize": 4} if len(values) <= 40 else {}
            ax.plot(steps, values, color=paper.BLUE, lw=1.4, **dots)
        for height, dashes, name in ((0.0, (0, (1, 2)), "0, a right angle"), (-0.5, (0, (5, 3)), "−0.5, 120° apart")):
            marks.append((ax.axhline(height, color=paper.ink(ax), lw=1, ls=dashes, zorder=1), name))
        known = int(values.isfinite().sum())
        if measured.every > 1:
            notes.append(f"every {measured.every}th step was kept, so no two consecutive gradients are known")
        elif not known:
            notes.append("no two consecutive gradients are known and finite")
        notes.append(
            "One and the same data at each step: below −0.5 is a zigzag. A new minibatch at each step: mostly noise."
        )
        ax.set_ylim(-1.05, 1.05)
        _finish_steps(ax, measured)
        paper.name_axes(ax, "step", "cosine with the gradient before")
        ax.yaxis.set_major_formatter(paper.PlainTicks())
        paper.head(ax, "How the gradient turns from step to step", notes=notes, marks=marks)
    return ax


@dataclass
class _Many:
    """A number of every parameter at every step, and how it is to be drawn."""

    title: str
    y_name: str
    values: Tensor
    known: Tensor | None = None
    """What must be finite where `values` may rightly not be."""

    rule: float | None = None
    rows_missing: int = 0
    """So many last rows are not yet known."""

    def __post_init__(self) -> None:
        self.notes: list[str] = []

    def broken(self) -> Tensor:
        """For each parameter the first row that is not finite; the number of rows where there is none."""
        known = self.values if self.known is None else self.known
        lost = ~known[: len(known) - self.rows_missing].isfinite()
        first = torch.arange(len(lost))[:, None].expand_as(lost)
        return torch.where(lost, first, len(known)).amin(dim=0) if len(lost) else first.new_full((known.shape[1],), 1)


def _many(ax: Axes | None, measured: Measurements, what: _Many) -> Axes:
    from matplotlib.collections import LineCollection

    from steepest.draw import paper
    from steepest.draw.beside_lines import STYLES, name_lines

    ax = paper.blank(8.4, 4.8).add_subplot() if ax is None else ax
    ax.autoscale(False)
    values = what.values.double()
    drawable = torch.where(values.isfinite() & (values > 0), values, torch.nan)
    apart = -(-len(values) // MOST_ROWS)
    at = torch.arange(0, len(values), apart)
    steps, drawn = measured.epochs[at], drawable[at]
    broken = what.broken()
    last = _last(drawable)
    named = _named(last, broken, len(values))
    others = [index for index in last.isfinite().nonzero().flatten().tolist() if index not in named]
    set_heights(ax, torch.cat([drawable.flatten(), drawable.new_tensor([what.rule] if what.rule else [])]), True)
    alone = {"marker": "o", "markersize": 5} if len(values) - what.rows_missing <= 1 else {}
    marks: Marks = []
    if others:
        pieces = LineCollection(
            [torch.stack([steps.double(), drawn[:, index]], dim=1).numpy() for index in others],
            colors="0.62", linewidths=0.5, zorder=1,
        )  # fmt: skip
        marks.append(
            (ax.add_collection(pieces, autolim=False), f"{len(others):,} other parameter" + "s" * (len(others) > 1))
        )
        if alone:
            ax.plot(steps.repeat(len(others)), drawn[:, others].T.flatten(), ls="", color="0.62", marker=".", zorder=1)
    for place, index in enumerate(named):
        colour, dashes = STYLES[place % len(STYLES)]
        ax.plot(steps, drawn[:, index], color=colour, ls=dashes, lw=1.8, zorder=3, **alone)
    if what.rule:
        line = ax.axhline(what.rule, color=paper.ink(ax), lw=1, ls=(0, (5, 3)), zorder=0)
        marks.append((line, "1/1000, a rule of thumb (Karpathy, CS231n)"))
    _mark_broken(ax, measured, broken, len(values), marks)
    _finish_steps(ax, measured)
    step_name = "step" if apart * measured.every == 1 else f"step (1 in {apart * measured.every:,} drawn)"
    paper.name_axes(ax, step_name, what.y_name)
    name_lines(ax, [(measured.names[index], float(last[index]), place) for place, index in enumerate(named)])
    nowhere = [name for name, here in zip(measured.names, drawable.isfinite().any(dim=0), strict=True) if not here]
    if nowhere and len(values) > what.rows_missing:
        what.notes.append(
            f"{len(nowhere):,} of {len(measured.names):,} have no line, being 0 or unknown throughout (the first: "
            f"'{nowhere[0]}')"
        )
    if len(values) <= what.rows_missing:
        what.notes.append("one step was watched, and how far it moved is known at the next")
    paper.head(ax, what.title, notes=what.notes, marks=marks)
    return ax


def _last(drawable: Tensor) -> Tensor:
    """The last value of each column that can be drawn, NaN where there is none."""
    rows = torch.arange(len(drawable))[:, None].expand_as(drawable)
    at = torch.where(drawable.isfinite(), rows, -1).amax(dim=0)
    found = drawable.gather(0, at.clamp(min=0)[None])[0]
    return torch.where(at >= 0, found, torch.nan)


def _named(last: Tensor, broken: Tensor, rows: int) -> list[int]:
    """Which columns get a name: those that break first, then those that end largest and smallest, from the top down."""
    lines = last.isfinite().nonzero().flatten().tolist()
    order = sorted(lines, key=lambda index: -float(last[index]))
    if len(order) > MOST_NAMED:
        first = sorted((index for index in lines if broken[index] < rows), key=lambda index: int(broken[index]))
        if len(first) > MOST_NAMED // 2:  # they break together, and say nothing of one another
            earliest = [index for index in first if broken[index] == broken[first[0]]]
            first = earliest if len(earliest) <= MOST_NAMED // 2 else []
        rest = [index for index in order if index not in first]
        left = MOST_NAMED - len(first)
        chosen = {*first, *rest[: (left + 1) // 2], *rest[len(rest) - left // 2 :]}
        order = [index for index in order if index in chosen]
    return order


def _mark_broken(ax: Axes, measured: Measurements, broken: Tensor, rows: int, marks: Marks) -> None:
    from steepest.draw import paper

    lost = (broken < rows).nonzero().flatten().tolist()
    if not lost:
        return
    first = min(lost, key=lambda index: int(broken[index]))
    at = [int(measured.epochs[broken[index]]) for index in lost]
    (crosses,) = ax.plot(
        at, [1.0] * len(at), "X", transform=ax.get_xaxis_transform(), color=paper.VERMILION, markersize=8,
        markeredgecolor="white", clip_on=False, zorder=5,
    )  # fmt: skip
    said = f"not finite: {len(lost):,} of {len(measured.names):,}, first at step {min(at):,}"
    marks.append((crosses, f"{said}, '{measured.names[first]}'"))


def _finish_steps(ax: Axes, measured: Measurements) -> None:
    from matplotlib.ticker import FixedLocator, MaxNLocator

    from steepest.draw import paper

    steps = measured.epochs
    ax.set_xlim(*padded(float(steps[0]), float(steps[-1])))
    ticks = MaxNLocator(nbins=8, steps=[1, 2, 5, 10], integer=True)
    ax.xaxis.set_major_locator(ticks if len(steps) > 1 else FixedLocator(steps.tolist()))
    ax.xaxis.set_major_formatter(paper.PlainTicks())
    ax.grid(alpha=0.25)


def _running(values: Tensor, over: int) -> Tensor:
    """The mean of the finite values among so many around each."""
    known = values.isfinite()
    sums = torch.nn.functional.pad(torch.where(known, values, 0.0).cumsum(0), (1, 0))
    counts = torch.nn.functional.pad(known.double().cumsum(0), (1, 0))
    at = torch.arange(len(values))
    low, high = (at - over // 2).clamp(min=0), (at + (over + 1) // 2).clamp(max=len(values))
    return (sums[high] - sums[low]) / (counts[high] - counts[low])


def _example() -> Measurements:
    """Three watched steps, for the examples above."""
    from steepest.watcher import watch

    model = torch.nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watch(model, optimizer) as watched:
        for _ in range(3):
            optimizer.zero_grad()
            model(torch.ones(1, 2)).square().sum().backward()
            optimizer.step()
    return watched.measurements
