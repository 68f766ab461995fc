"""The ground of a map: colours, height lines, what is not finite, where it was measured, and what is said of it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from steepest.draw.levels import Levels, numbers
from steepest.draw.paths import Marks
from steepest.errors import SteepestError, near
from steepest.slices import Slice

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KINDS = (("NaN", np.isnan, "///"), ("∞", np.isposinf, "xxx"), ("−∞", np.isneginf, "..."))
"""What a cost can be that is no number to draw: its name, how it is told, and its hatch."""


def metric(slice: Slice, name: str) -> Slice:
    """What was measured beside the cost, as a slice of its own: on a linear scale, its error unknown."""
    if name not in slice.beside:
        raise SteepestError(
            f"nothing was measured as '{name}'",
            remedy=near(name, slice.beside) if slice.beside else "Give plane() the other metric: beside={...}",
        )
    grid = slice.beside[name]
    return replace(slice, costs=grid, scale="linear", held_out_error=None, measured=None, intervals=None)


def lay(ax: Axes, slice: Slice, levels: Levels | None, marks: Marks) -> Any:
    """Draw colours, height lines and hatches; returns what a colour bar is made for, or None without a finite cost."""
    from matplotlib.colors import BoundaryNorm
    from matplotlib.patches import Patch

    costs = numbers(slice.costs)
    x, y = (numbers(values) for values in slice.coordinates)
    for axis, values in (("x", x), ("y", y)):
        ax.set(**{f"{axis}lim": (float(values[0]), float(values[-1]))})
    ax.set_facecolor("0.8")
    filled = None
    if levels is not None:
        placed, steps = levels.placed(costs), levels.places
        filled = ax.contourf(x, y, placed.T, steps, cmap="viridis", norm=BoundaryNorm(steps, 256))
        if len(steps) > 2:
            shades = ["white" if index < 0.6 * len(steps) else "black" for index in range(len(steps))]
            dashes = ["dashed" if loose else "solid" for loose in _unresolved(slice, levels)]
            ax.contour(x, y, placed.T, steps, colors=shades, linewidths=0.5, alpha=0.6, linestyles=dashes)
    for word, is_kind, hatch in KINDS:
        if (there := is_kind(costs)).any():
            _hatched(ax, x, y, there, hatch)
            marks.append((Patch(facecolor="0.8", edgecolor="0.35", hatch=hatch, linewidth=0), word))
    if slice.places is not None and slice.places.ndim == 2:
        places = numbers(slice.places)
        (dots,) = ax.plot(
            *places.T, "o", color="black", markersize=1.8, markeredgecolor="white", markeredgewidth=0.35, alpha=0.55,
            linestyle="none", zorder=2.5,
        )  # fmt: skip
        marks.append((dots, f"measured, {len(places):,} places"))
    return filled


def _hatched(ax: Axes, x: np.ndarray, y: np.ndarray, there: np.ndarray, hatch: str) -> None:
    """Hatch the cells of the points of one kind: each reaches half-way to its neighbours."""
    from matplotlib.collections import PolyCollection

    left, right = _halves(x)
    low, high = _halves(y)
    cells = [
        [(left[i], low[j]), (right[i], low[j]), (right[i], high[j]), (left[i], high[j])]
        for i, j in zip(*there.nonzero(), strict=True)
    ]
    found = PolyCollection(cells, facecolors="0.8", edgecolors="0.35", linewidths=0, zorder=1.5, hatch=hatch)
    ax.add_collection(found, autolim=False)


def _halves(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    middles = (values[1:] + values[:-1]) / 2
    return np.array([values[0], *middles]), np.array([*middles, values[-1]])


def _unresolved(slice: Slice, levels: Levels) -> list[bool]:
    """For each level, whether the costs about it are known less well than half the way to the next one."""
    values = levels.costs
    if slice.intervals is None:
        return [False] * len(values)
    costs, widths = numbers(slice.costs), numbers(slice.intervals)
    found = []
    for index, value in enumerate(values):
        lower, upper = values[max(0, index - 1)], values[min(len(values) - 1, index + 1)]
        about = widths[(costs >= lower) & (costs <= upper) & np.isfinite(widths)]
        gap = min(part for part in (value - lower, upper - value) if part > 0)
        found.append(len(about) > 0 and float(np.median(about)) > gap / 2)
    return found


def bar(axes: Axes | Sequence[Axes], filled: Any, levels: Levels, cost_name: str) -> None:
    """Stand a colour bar beside one map or several, with its levels in words for reading."""
    from steepest.draw import paper

    first: Any = axes if not isinstance(axes, Sequence) else axes[0]
    found = first.get_figure().colorbar(filled, ax=axes, pad=0.05 / (len(axes) if isinstance(axes, Sequence) else 1))
    steps, count = levels.places, len(levels.values)
    shown = range(count - 1, -1, -max(1, count // 8))
    values = [levels.values[index] for index in shown]
    if levels.logarithmic:
        closest = min(10.0, *(above / below for above, below in itertools.pairwise(values)))
        names = [paper.number(value, max(3, 2 - math.floor(math.log10(closest - 1)))) for value in values]
        label = f"{cost_name}, logarithmic"
    else:
        names = [paper.number(value, 3) for value in values]
        label = f"{cost_name} above its lowest here, {paper.number(levels.floor)}"
    found.set_ticks([steps[index] for index in shown], labels=names)
    found.minorticks_off()
    found.set_label(paper.fitted(label, 0.85 * paper.room(first)[1]), parse_math=False)


def said_of_ground(slices: Sequence[Slice], levels: Levels | None, cost_name: str, marks: Marks) -> list[str]:
    """What is to be said of maps: what has no colour, how well costs are known, and how the directions were made."""
    from steepest.draw import paper

    if levels is None:
        return [f"no {cost_name} on this plane is finite"]
    notes = [levels.said]
    if len(levels.values) == 2 and not levels.logarithmic:
        notes.append(f"the {cost_name} is {paper.number(levels.floor)} everywhere on this plane")
    elif any(not np.isfinite(numbers(slice.costs)).all() for slice in slices):
        hatches = ", ".join(word for _, word in marks if word in [kind for kind, _, _ in KINDS])
        notes.append(f"grey: the {cost_name} is not finite there" + (f" ({hatches})" if hatches else ""))
    if any(loose for slice in slices for loose in _unresolved(slice, levels)):
        notes.append("dashed: height lines closer together than the sample's interval")
    return [*notes, *(note for slice in slices for note in said_of_slice(slice, cost_name))]


def said_of_slice(slice: Slice, cost_name: str) -> list[str]:
    """How a slice was made, how its costs were got, and how sure they are."""
    from steepest.draw import paper

    notes = [slice.about] if slice.about else []
    if slice.held_out_error is not None:
        error = slice.held_out_error
        if slice.scale == "log":
            size = f"{paper.number(error, 2)} decades"
        else:
            size = f"{paper.number(100 * error, 2)} % of the {cost_name}'s range"
        notes.append(f"largest error at unseen points: {size}; {slice.method}")
    if slice.intervals is not None:
        widths = numbers(slice.intervals)
        if np.isfinite(widths).any():
            half = paper.number(float(np.nanmedian(widths[np.isfinite(widths)])), 2)
            notes.append(f"costs of a sample of the data, known to ±{half} (median)")
    return notes
