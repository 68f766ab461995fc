"""A line of costs as a curve, with how sure it is, the barrier between two models, and other metrics below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from steepest.draw.epochs import set_heights
from steepest.draw.ground import KINDS, said_of_slice
from steepest.draw.levels import numbers
from steepest.draw.paths import Marks
from steepest.errors import SteepestError, door
from steepest.slices import Slice
from steepest.slices.barrier import barrier

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FEW = 41
"""Of a line with so many points or fewer, the points are drawn: it is straight between them."""


def curve(
    slice: Slice,
    *,
    between: tuple[str, str] | None = None,
    x_name: str | None = None,
    cost_name: str = "cost",
    ax: Axes | None = None,
) -> Axes:
    """Draw the costs on a line as a curve, on a logarithmic axis where the slice's scale is "log".

    A band is the interval of a sample's costs; dots are the places that were measured, where the curve is interpolated
    between them. Costs that are NaN or infinite are marked at the edge. With `between`, the names of the models at 0
    and 1, the barrier between them is marked with its height, see `slices.barrier`. On a figure of its own what was
    measured `beside` the cost stands below, on axes of its own: two scales in one frame cross where nothing does.

    The curve proves nothing beside the line, and its shape says little about how hard the cost is to descend (Vlaar and
    Frankle, 2022).

    Raises SteepestError for a plane, a line without one finite cost, and models that are no points of the line.

    >>> from steepest.cost import Cost
    >>> from steepest.slices import line
    >>> cost = Cost.from_function(lambda m: (m**2 - 1) ** 2)
    >>> found = line(cost, at={"m": -1.0}, along={"m": torch.tensor(2.0)}, reach=(-0.25, 1.25), points=61)
    >>> ax = curve(found, between=("left", "right"))
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['cost', 'left', 'right', 'cost of the higher one', 'barrier 1, at 0.5']
    """
    from steepest.draw import paper

    with door("draw.curve"):
        if len(slice.coordinates) != 1:
            raise SteepestError("the slice is a plane", remedy="Cut a line() through the cost, or use draw.contour")
        x, costs = numbers(slice.coordinates[0]), numbers(slice.costs)
        known = costs[np.isfinite(costs)]
        if not len(known):
            raise SteepestError("no cost on this line is finite", remedy="Cut the line where the cost is a number")
        frame, below = (ax, []) if ax is not None else _frames(list(slice.beside))
        shown = paper.fitted(cost_name, 150, size=paper.SMALL, lines=1)
        notes: list[str] = []
        log = slice.scale == "log" and float(known.min()) > 0
        if slice.scale == "log" and not log:
            lowest = paper.number(float(known.min()))
            notes.append(f"linear: the {shown} is as low as {lowest}, and has no logarithm there")
        frame.autoscale(False)  # limits are set below: autoscaling overflows near 1e308
        dots = {"marker": "o", "markersize": 3.2} if len(x) <= FEW and slice.places is None else {}
        (drawn,) = frame.plot(
            x, np.where(np.isfinite(costs), costs, np.nan), color=paper.BLUE, lw=2.2, zorder=3, **dots
        )
        marks: Marks = [(drawn, shown)]
        heights = [slice.costs.detach().double().cpu()]
        if slice.intervals is not None:
            widths = numbers(slice.intervals)
            lower, upper = costs - widths, costs + widths
            band = frame.fill_between(x, lower, upper, color=paper.SKY, alpha=0.4, lw=0, zorder=1.5)
            marks.append((band, "interval of the sample"))
            heights.append(torch.from_numpy(upper))
            # On a logarithmic axis a band that reaches to nearly 0 would leave no room for the curve.
            heights.append(torch.from_numpy(np.maximum(lower, known.min() / 10) if log else lower))
        if slice.places is not None and slice.measured is not None:
            places, measured = numbers(slice.places).reshape(-1), numbers(slice.measured)
            (found,) = frame.plot(places, measured, "o", color=paper.BLUE, ms=3.6, mec="white", mew=0.6, zorder=4)
            marks.append((found, f"measured, {len(places):,} places"))
        if between is not None:
            notes.append(_barrier(frame, slice, between, marks))
        frame.set_xlim(float(x[0]), float(x[-1]))
        set_heights(frame, torch.cat(heights), log)
        _not_finite(frame, x, costs, marks)
        notes += said_of_slice(slice, shown)
        name = x_name or slice.names[0]
        _name(frame, below, slice, name, cost_name)
        if not log:
            frame.yaxis.set_major_formatter(paper.PlainTicks())
        frame.grid(alpha=0.25)
        short = paper.fitted(name, 110, size=paper.SMALL, lines=1)
        title = f"{shown} along {short}" if between is None else f"{shown} from {between[0]} to {between[1]}"
        paper.head(frame, title, notes=notes, marks=marks)
    return frame


def _frames(beside: list[str]) -> tuple[Axes, list[Axes]]:
    """Axes for the curve, and smaller ones below for each of the other metrics, all with one horizontal axis."""
    from steepest.draw import paper

    figure = paper.blank(6.4, 4.8 + 1.1 * len(beside))
    axes = figure.subplots(1 + len(beside), 1, sharex=True, squeeze=False, height_ratios=[3.2, *[1] * len(beside)])
    return axes[0, 0], axes[1:, 0].tolist()


def _barrier(ax: Axes, slice: Slice, between: tuple[str, str], marks: Marks) -> str:
    """Mark two models, the cost of the higher one, and how far the line between them rises above it."""
    from steepest.draw import paper

    found = barrier(slice)
    for place, cost, word, style, colour in (
        (0.0, found.ends[0], between[0], "o", paper.ORANGE),
        (1.0, found.ends[1], between[1], "s", paper.GREEN),
    ):
        (point,) = ax.plot([place], [cost], style, color=colour, ms=8, mec="black", mew=1.2, zorder=6, ls="none")
        marks.append((point, paper.fitted(word, 110, size=paper.SMALL, lines=1)))
    foot = max(found.ends)
    (line,) = ax.plot([0.0, 1.0], [foot, foot], color=paper.ink(ax), lw=1.2, ls=(0, (5, 3)), zorder=2)
    marks.append((line, "cost of the higher one"))
    if not np.isfinite(found.height):
        return f"the cost is {paper.number(found.height)} between the models, first at {paper.number(found.at, 3)}"
    if not found.height:
        return "no barrier: no point between the models lies above the higher one"
    arrow = {
        "arrowstyle": "|-|,widthA=0.35,widthB=0.35",
        "color": paper.VERMILION,
        "lw": 1.8,
        "shrinkA": 0,
        "shrinkB": 0,
    }
    ax.annotate("", (found.at, foot + found.height), (found.at, foot), arrowprops=arrow, zorder=5)
    (key,) = ax.plot([], [], color=paper.VERMILION, lw=1.8, marker="d", ms=4)
    marks.append((key, f"barrier {paper.number(found.height, 3)}, at {paper.number(found.at, 3)}"))
    if slice.intervals is None:
        return ""
    top = int(np.abs(numbers(slice.coordinates[0]) - found.at).argmin())
    unsure = float(numbers(slice.intervals)[top])
    return "" if found.height > 2 * unsure else "the barrier is no higher than the sample's interval is wide"


def _not_finite(ax: Axes, x: np.ndarray, costs: np.ndarray, marks: Marks) -> None:
    """Mark each kind of cost that has no height at the edge of the axes."""
    from steepest.draw import paper

    edge = ax.get_xaxis_transform()
    for (word, is_kind, _), style, height in zip(KINDS, "X^v", (1.0, 1.0, 0.0), strict=True):
        if (there := is_kind(costs)).any():
            (points,) = ax.plot(
                x[there], np.full(int(there.sum()), height), style, transform=edge, color=paper.VERMILION, ms=6,
                mec="white", mew=0.6, clip_on=False, ls="none", zorder=5,
            )  # fmt: skip
            marks.append((points, f"{word} at {int(there.sum()):,} of {len(x):,} points"))


def _name(ax: Axes, below: list[Any], slice: Slice, name: str, cost_name: str) -> None:
    """Name the axes, and draw what was measured beside the cost on those below."""
    from steepest.draw import paper

    paper.name_axes(ax, "" if below else name, cost_name)
    for other, (word, values) in zip(below, slice.beside.items(), strict=False):
        other.plot(numbers(slice.coordinates[0]), numbers(values), color=paper.GREEN, lw=1.8)
        paper.name_axes(other, name if other is below[-1] else "", word)
        other.yaxis.set_major_formatter(paper.PlainTicks())
        other.grid(alpha=0.25)
    (below[-1] if below else ax).xaxis.set_major_formatter(paper.PlainTicks())
