"""Arrows of the negative gradient at points of a path: the way the next step goes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from steepest import vectors
from steepest.draw.paths import Marks
from steepest.slices import Slice
from steepest.slices.projection import FIRST_STEPS, places
from steepest.trajectory import Trajectory

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_ARROWS = 6

MOST_STEPS = 500
"""Of a longer path so many steps are looked at, with all the first ones: late gradients are short."""

LONGEST, SHORTEST = 0.25, 0.04
"""Shares of the frame: a longer arrow makes all of them shorter, and shorter ones are left out."""

APART = 0.02
"""A share of the frame: no arrow starts so near to another one, its tip apart."""


def arrows(ax: Axes, slice: Slice, run: Trajectory, marks: Marks) -> None:
    """Draw `factor * -gradient` from the first points of the path, where the arrows do not cover each other.

    The factor is the learning rate where such arrows have a length for the eye: then each is the very step that plain
    descent makes. Else it is a round number; the legend says which. Each gradient is laid on the plane as a step is.
    """
    from matplotlib.lines import Line2D

    from steepest.draw import paper

    apart = math.ceil(len(run.steps) / MOST_STEPS) // 2 * 2 + 1  # odd, so that a zigzag keeps both its sides
    first = min(FIRST_STEPS + 1, len(run.steps))
    steps = [run.steps[index] for index in sorted({*range(first), *range(0, len(run.steps), apart)})]
    nowhere = {name: value * 0 for name, value in slice.origin.items()}
    tails, _ = places([step.params for step in steps], slice.origin, slice.directions)
    ways, _ = places([step.gradient for step in steps], nowhere, slice.directions)
    size = np.array([np.ptp(ax.get_xlim()), np.ptp(ax.get_ylim())])
    corner = np.array([ax.get_xlim()[0], ax.get_ylim()[0]])
    at, way = (tails.numpy() - corner) / size, -ways.numpy() / size
    with np.errstate(over="ignore", invalid="ignore"):
        long = np.hypot(*way.T)
        shown = ((at >= 0) & (at <= 1)).all(axis=1) & np.isfinite(long) & (long > 0)
    if not shown.any():
        return
    factor = _factor(steps[int(shown.argmax())].learning_rate, float(long[shown].max()))
    chosen = _chosen(at, factor * way, shown)
    if not chosen:
        return
    x, y = tails.numpy()[chosen].T
    u, v = (-factor * ways.numpy()[chosen]).T
    ax.quiver(
        x, y, u, v, angles="xy", scale_units="xy", scale=1, width=0.007, headwidth=4, headlength=4, headaxislength=3.6,
        color=paper.VERMILION, edgecolor="white", linewidth=0.8, minlength=0, zorder=4.5,
    )  # fmt: skip
    key = Line2D([], [], color=paper.VERMILION, linewidth=2.4, marker=">", markersize=6)
    part = ", in the plane" if vectors.size(run.start) > 2 else ""
    marks.append((key, f"arrow: {paper.number(factor, 2)} × −gradient{part}"))


def _factor(learning_rate: float, longest: float) -> float:
    """The learning rate, or the round number nearest below what makes the longest arrow as long as it may be."""
    if 2 * SHORTEST <= learning_rate * longest <= LONGEST:
        return learning_rate
    exact = LONGEST / longest
    power = 10.0 ** math.floor(math.log10(exact))
    return float(f"{power * max(digit for digit in (1, 2, 5) if digit * power <= exact * (1 + 1e-12)):.0e}")


def _chosen(at: np.ndarray, way: np.ndarray, shown: np.ndarray) -> Sequence[int]:
    """The first points whose arrow can be seen, ends in the frame, and starts beside the arrows before it."""
    found: list[int] = []
    for index in np.flatnonzero(shown & (np.hypot(*way.T) >= SHORTEST)):
        here, tip = at[index], at[index] + way[index]
        if not ((tip >= 0) & (tip <= 1)).all():
            continue
        if all(min(_beside(here, at[old], way[old]), _beside(tip, at[old], way[old])) > APART for old in found):
            found.append(int(index))
        if len(found) == MOST_ARROWS:
            break
    return found


def _beside(spot: np.ndarray, tail: np.ndarray, way: np.ndarray) -> float:
    """How far a place is from an arrow, except from its very tip, where the next one may start."""
    part = float(np.clip((spot - tail) @ way / (way @ way), 0, max(0.0, 1 - 2 * APART / float(np.hypot(*way)))))
    return float(np.hypot(*(spot - tail - part * way)))
