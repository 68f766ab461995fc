"""Several planes in a row, with one scale of colours."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from steepest.draw.ground import bar, lay, said_of_ground
from steepest.draw.levels import Levels, levels_for, numbers
from steepest.draw.paths import MOST_STEPS, Marks, nearer, within
from steepest.errors import SteepestError, door
from steepest.slices import Slice, project
from steepest.slices.projection import thinned
from steepest.trajectory import Trajectory

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FEW_LINES = 4
"""A plane that fewer of the common levels cross has height lines of its own, too."""

MOST_MARKS = 40
"""So many steps or fewer in the frame have dots: of more, they would run into each other."""

WIDE = 3.4
"""Inches of one plane, in a figure of its own."""

NEAR = 0.5
"""A path is drawn where it is no farther off a plane than this share of the plane's own width."""


MOST_COLUMNS = 3
"""So many planes stand in a row; four make two rows of two."""


def planes(
    slices: Sequence[Slice] | Mapping[str, Slice],
    run: Trajectory | None = None,
    *,
    cost_name: str = "cost",
    axes: Sequence[Axes] | None = None,
) -> list[Axes]:
    """Draw several planes, three in a row, with the same levels and colours, so that heights can be compared by eye.

    Colours are by the logarithm of the cost where every plane asks for it, else by the height above the lowest cost of
    all planes. A `run` is drawn where it is no farther off a plane than half of the plane's width: elsewhere its shadow
    would lie over costs that are not its own. Titles are the names in a dict, or what each plane says of itself.

    Every plane is one cut of many; alike pictures are no proof of alike costs.

    Raises SteepestError for no plane, a line among them, another number of axes, and a run with other parameters.

    >>> from steepest.cost import Cost
    >>> from steepest.slices import plane
    >>> cost = Cost.from_function(lambda m, b, c: (m - 1) ** 2 + b**2 + 9 * c**2)
    >>> cuts = {
    ...     f"{x} and {y}": plane(cost, at=cost.zeros(), along=(x, y), reach=((0, 2), (-1, 1)), points=9)
    ...     for x, y in (("m", "b"), ("m", "c"))
    ... }
    >>> [ax.get_title(loc="left") for ax in planes(cuts)]
    ['m and b', 'm and c']
    """
    from matplotlib.ticker import MaxNLocator

    from steepest.draw import paper

    with door("draw.planes"):
        cuts = list(slices.values()) if isinstance(slices, Mapping) else list(slices)
        if not cuts:
            raise SteepestError("there is no plane to draw", remedy="Give one slice, or several")
        for index, cut in enumerate(cuts):
            if len(cut.coordinates) != 2:
                raise SteepestError(f"slice {index} is a line", remedy="Cut planes with plane(), not line()")
        panels: list[Axes]
        rows = 1
        if axes is None:
            rows = math.ceil(len(cuts) / MOST_COLUMNS)
            columns = math.ceil(len(cuts) / rows)
            figure = paper.blank(WIDE * columns + 1.1, 4.0 * rows)
            panels = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
            for spare in panels[len(cuts) :]:
                spare.remove()
            panels = panels[: len(cuts)]
        else:
            panels = list(axes)
        if len(panels) != len(cuts):
            raise SteepestError(
                f"there are {len(panels)} axes for {len(cuts)} planes", remedy="Give one for each, or none"
            )
        titles = list(slices) if isinstance(slices, Mapping) else [_title(cut, at) for at, cut in enumerate(cuts)]
        shown = paper.fitted(cost_name, 110, size=paper.SMALL, lines=1)
        levels = levels_for(cuts, shown)
        ground = None
        heads: list[tuple[str, list[str], Marks]] = []
        for ax, cut, title in zip(panels, cuts, titles, strict=True):
            marks: Marks = []
            ax.xaxis.set_major_locator(MaxNLocator(4))
            ax.yaxis.set_major_locator(MaxNLocator(5))
            ground = lay(ax, cut, levels, marks) or ground
            notes = [] if levels is None else [_fine_lines(ax, cut, levels)]
            said = said_of_ground([cut], levels, shown, marks)
            notes += [note.removeprefix(title).lstrip(" :;,") for note in said]
            if run is not None:
                notes.append(_trail(ax, cut, run, marks))
            paper.name_axes(ax, *cut.names)
            ax.xaxis.set_major_formatter(paper.PlainTicks())
            ax.yaxis.set_major_formatter(paper.PlainTicks())
            ax.tick_params(labelsize=paper.SMALL)
            heads.append((title, notes, marks))
        if levels is not None:
            bar(panels, ground, levels, shown)
        highs = [
            paper.head(ax, title, notes=notes, marks=marks, wide=0.98 * paper.room(ax)[0])
            for ax, (title, notes, marks) in zip(panels, heads, strict=True)
        ]
        if axes is None:
            paper.grow(panels[0], max(highs), times=rows)
    return panels


def _title(slice: Slice, index: int) -> str:
    return re.split("[:;,]", slice.about)[0] or f"plane {index + 1}: {slice.names[0]} and {slice.names[1]}"


def _fine_lines(ax: Axes, slice: Slice, levels: Levels) -> str:
    """Dotted height lines of a plane's own, where the common ones are too far apart to show how it bends."""
    from matplotlib.ticker import MaxNLocator

    from steepest.draw import paper

    costs = numbers(slice.costs)
    known = costs[np.isfinite(costs)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
    if low == high or sum(low < level < high for level in levels.costs) >= FEW_LINES:
        return ""
    own = [level for level in MaxNLocator(8).tick_values(low, high) if low < level < high]
    if len(own) < 2:
        return ""
    masked = np.ma.masked_invalid(costs)
    x, y = (numbers(values) for values in slice.coordinates)
    shade = "white" if low < levels.costs[int(0.6 * len(levels.costs))] else "black"
    ax.contour(x, y, masked.T, own, colors=shade, linewidths=0.7, linestyles="dotted")
    return f"dotted: height lines of its own, {paper.number(own[1] - own[0], 3)} apart"


def _trail(ax: Axes, slice: Slice, run: Trajectory, marks: Marks) -> str:
    """Draw the path where it is near the plane; say how near, and how much of it that is."""
    from matplotlib.patheffects import Normal, Stroke

    from steepest import vectors
    from steepest.draw import paper

    projection = project(run, onto=slice)
    path, off = projection.coordinates.numpy(), projection.distances.numpy()
    widths = [
        float(values[-1] - values[0]) * vectors.norm(direction)
        for values, direction in zip(slice.coordinates, slice.directions, strict=True)
    ]
    limit = NEAR * min(widths)
    with np.errstate(invalid="ignore"):
        near = (off <= limit) & np.isfinite(path).all(axis=1)
    chosen = [index for index in thinned(len(path), MOST_STEPS) if near[index]]
    seen = sum(within((path[index, 0], path[index, 1]), ax) for index in chosen)
    dots = "-o" if seen <= MOST_MARKS else "-"
    pieces = np.split(chosen, 1 + np.flatnonzero(np.diff(chosen) > 1)) if _whole(len(path)) else [np.array(chosen)]
    for piece in pieces:
        if len(piece):
            x, y = zip(*(nearer((path[index, 0], path[index, 1]), ax) for index in piece), strict=True)
            (line,) = ax.plot(
                x, y, dots, color="black", linewidth=1.3, markersize=3, zorder=4,
                path_effects=[Stroke(linewidth=3.6, foreground="white"), Normal()],
            )  # fmt: skip
            if not any(label == "path" for _, label in marks):
                marks.append((line, "path"))
    if near.all():
        return ""
    return f"path drawn at the {int(near.sum()):,} of {len(path):,} steps within {paper.number(limit, 2)} of the plane"


def _whole(steps: int) -> bool:
    """Whether every step of a run is drawn, so that a missing number is a gap in the path."""
    return len(thinned(steps, MOST_STEPS)) == steps
