"""Names beside the lines that they belong to, apart from each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAME_ROOM = 150
"""Points: how wide a name may be."""

STYLES: tuple[tuple[str, Any], ...] = (
    ("#0072B2", "-"),
    ("#D55E00", (0, (5, 2))),
    ("#009E73", (0, (1.5, 1.2))),
    ("#CC79A7", (0, (6, 2, 1, 2))),
    ("#56B4E9", "-"),
    ("#E69F00", (0, (3, 1))),
    ("#0072B2", (0, (1.5, 1.2))),
    ("#D55E00", (0, (6, 2, 1, 2))),
)
"""Colour and dashes of a line, no two the same."""


def name_lines(ax: Axes, lines: Sequence[tuple[str, float, int]]) -> None:
    """Write names to the right of axes whose limits are set: each with the height of its line's end and its style.

    The lines come from the top down. Where ends are too near to each other, their names are moved apart, and a leader
    in the line's own colour and dashes goes from each end to its name.
    """
    from matplotlib.lines import Line2D

    from steepest.draw import paper

    figure = ax.get_figure(root=True)
    if not lines or figure is None:
        return
    wide, high = paper.room(ax)
    rows = 2 if len(lines) * 2.6 * paper.SMALL < 0.75 * high else 1
    names = [_shortened(name, min(NAME_ROOM, 0.4 * wide), rows) for name, _, _ in lines]
    ends = [_share(ax, value) for _, value, _ in lines]
    places = _apart(ends, [(1.3 * name.count("\n") + 1.5) * paper.SMALL / (0.75 * high) for name in names])
    for name, end, place, (_, _, style) in zip(names, ends, places, lines, strict=True):
        colour, dashes = STYLES[style % len(STYLES)]
        leader = Line2D(
            [1.0, 1.05], [end, place], color=colour, ls=dashes, lw=1.6, clip_on=False, transform=ax.transAxes
        )
        leader.set_in_layout(False)
        ax.add_artist(leader)
        ax.text(
            1.06, place, name, transform=ax.transAxes, va="center", ha="left", fontsize=paper.SMALL, linespacing=1.1,
            parse_math=False, clip_on=False,
        )  # fmt: skip


def _shortened(name: str, points: float, rows: int) -> str:
    """A name in so many rows, without its middle where it is too long: names of layers differ at either end."""
    from steepest.draw import paper

    whole = paper.fitted(name, points, size=paper.SMALL, lines=rows)
    if not whole.endswith("…"):
        return whole
    kept = len(whole.replace("\n", "")) // 2
    while kept > 1:
        shorter = paper.fitted(f"{name[:kept]}…{name[-kept:]}", points, size=paper.SMALL, lines=rows)
        if not shorter.endswith("…"):
            return shorter
        kept -= 1
    return whole


def _share(ax: Axes, value: float) -> float:
    """How high a value stands on a logarithmic axis, from 0 to 1."""
    low, high = (math.log10(limit) for limit in ax.get_ylim())
    return min(1.0, max(0.0, (math.log10(value) - low) / (high - low)))


def _apart(ends: Sequence[float], heights: Sequence[float]) -> list[float]:
    """Places as near to the ends as they can be without one touching another, from the top down."""
    places = list(ends)
    for _ in range(200):
        moved = False
        for above in range(len(places) - 1):
            needed = (heights[above] + heights[above + 1]) / 2
            lacking = needed - (places[above] - places[above + 1])
            if lacking > 1e-6:
                places[above] += lacking / 2
                places[above + 1] -= lacking / 2
                moved = True
        over = max(0.0, places[0] + heights[0] / 2 - 1.0)
        under = max(0.0, heights[-1] / 2 - places[-1])
        places[0] -= over
        places[-1] += under
        if not moved and not over and not under:
            break
    return places
