"""A plane of costs as a map, with the path of a run over it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from steepest.draw.arrows import arrows as draw_arrows
from steepest.draw.many import fill, place_for
from steepest.draw.paths import Marks, star, walk
from steepest.errors import SteepestError, door
from steepest.slices import Slice
from steepest.trajectory import Trajectory
from steepest.vectors import Params

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes

WIDE = 6.4
"""Inches of a figure of its own, without the bars."""

MOST_LEVELS = 18

MOST_ABOVE = 0.6
"""With a larger share of the plane's points in the highest level, the levels are evenly spaced instead."""

FEWEST_POINTS = 0.005
"""The lowest level holds this share of the plane's points: what is lower lies between them, and was not measured."""


def contour(
    slice: Slice,
    run: Trajectory | None = None,
    *,
    minimum: Params | None = None,
    x_name: str | None = None,
    y_name: str | None = None,
    cost_name: str = "cost",
    arrows: bool = True,
    bars: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """Draw the costs on a plane as a map with height lines, the path of a run over it, and the minimum.

    Levels are spaced by the logarithm of the cost above the lowest of the plane, so that the floor of a valley shows,
    or evenly where nearly all of the plane would be one colour.
    Steps outside the frame, and what the plane cannot hold of a run with more parameters, are said in words above.
    `x_name` and `y_name` stand for the names of the slice's two coordinates.

    Each of the `arrows` is the negative gradient at a point of the path, as recorded, times one number that the legend
    states. They are true in the coordinates; the two axes have different scales, so none looks square to a height line.

    It is exact at the points of the plane, and straight in between; of more than two parameters it shows one cut: on
    a figure of its own the gradient of all of them stands beside it as `bars`, see `draw.bars`.

    Raises SteepestError for a slice that is a line, and for a run or minimum with other parameters.

    >>> from steepest.cost import Cost
    >>> from steepest.slices import plane
    >>> cost = Cost.from_function(lambda m, b: (m - 1) ** 2 + b**2)
    >>> ax = contour(plane(cost, at=cost.zeros(), along=("m", "b"), reach=((0, 2), (-1, 1)), points=9))
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('m', 'b')
    """
    from steepest.draw import paper

    with door("draw.contour"):
        if len(slice.directions) != 2:
            raise SteepestError(
                f"the slice has {len(slice.directions)} direction",
                remedy="Cut a plane() through the cost, not a line()",
            )
        ax, side = (ax, None) if ax is not None else place_for(run, bars, WIDE, 4.8)
        # The colour bar takes a part of this below, and the head may stand over the bar.
        wide = paper.room(ax)[0] if side is None else 0.775 * 72 * WIDE
        names = (x_name or slice.names[0], y_name or slice.names[1])
        paper.name_axes(ax, *names)
        short = tuple(paper.fitted(name, 100, size=paper.SMALL, lines=1) for name in names)
        notes = [] if run is None else [run.because]
        notes.append(_fill(ax, slice, paper.fitted(cost_name, 110, size=paper.SMALL, lines=1)))
        if slice.held_out_error is not None:
            notes.append(f"{slice.method}; error on points held out {paper.number(slice.held_out_error, 3)}")
        marks: Marks = []
        for axis, values in (("x", slice.coordinates[0]), ("y", slice.coordinates[1])):
            ax.set(**{f"{axis}lim": (float(values[0]), float(values[-1]))})
        if run is not None:
            notes += walk(ax, slice, run, short, marks)
            if arrows:
                draw_arrows(ax, slice, run, marks)
        if minimum is not None:
            notes.append(star(ax, slice, minimum, short, marks))
        ax.xaxis.set_major_formatter(paper.PlainTicks())
        ax.yaxis.set_major_formatter(paper.PlainTicks())
        paper.head(ax, f"{cost_name} by {short[0]} and {short[1]}", notes=notes, marks=marks, wide=wide)
        fill(side, run, slice.names, ax)
    return ax


def _fill(ax: Axes, slice: Slice, cost_name: str) -> str:
    """Colours and height lines; returns what is to be said about costs that have none."""
    import numpy as np
    from matplotlib.colors import BoundaryNorm

    from steepest.draw import paper

    costs = slice.costs.double().numpy()
    x, y = (values.double().numpy() for values in slice.coordinates)
    finite = costs[np.isfinite(costs)]
    ax.set_facecolor("0.8")
    if not len(finite):
        return f"no {cost_name} on this plane is finite"
    floor = float(finite.min())
    with np.errstate(over="ignore", invalid="ignore"):
        height = costs - floor
    above = np.ma.array(np.where(np.isfinite(height), height, 0.0), mask=~np.isfinite(height))
    levels = _levels(above)
    # A bowl's height is a square: in its root, straight lines between the points follow the bowl.
    root, steps = np.ma.sqrt(above), np.sqrt(levels)
    filled = ax.contourf(x, y, root.T, steps, cmap="viridis", norm=BoundaryNorm(steps, 256))
    if len(levels) > 2:
        shades = ["white" if index < 0.6 * len(levels) else "black" for index in range(len(levels))]
        ax.contour(x, y, root.T, steps, colors=shades, linewidths=0.5, alpha=0.6)
    figure = ax.get_figure()
    assert figure is not None
    bar = figure.colorbar(filled, ax=ax)
    shown = range(len(levels) - 1, -1, -max(1, len(levels) // 8))
    bar.set_ticks([steps[index] for index in shown], labels=[paper.number(levels[index], 3) for index in shown])
    bar.minorticks_off()
    label = f"{cost_name} above its lowest here, {paper.number(floor)}"
    bar.set_label(paper.fitted(label, 0.85 * paper.room(ax)[1]), parse_math=False)
    if len(levels) == 2:
        return f"the {cost_name} is {paper.number(floor)} everywhere on this plane"
    return "" if not above.mask.any() else f"grey: the {cost_name} is not finite there"


def _levels(above: np.ma.MaskedArray) -> list[float]:
    """Round levels, 1 2 5 10 or coarser, from the lowest that the plane resolves to its highest; 0 is the first."""
    import numpy as np

    highest = float(above.max())
    if highest == 0:
        return [0.0, 1.0]
    known = above.compressed()
    bends = [np.ma.asarray(np.diff(above, 2, axis=axis)).compressed() for axis in (0, 1)]
    # Twice what a line between two points is off in the middle: a level below that shows beads along a narrow valley.
    bend = max(float(np.median(np.abs(bend))) / 4 if len(bend) else 0.0 for bend in bends)
    lowest = float(np.quantile(known, FEWEST_POINTS)) or float(known[known > 0].min())
    lowest = max(lowest, min(bend, highest / 10), highest * 1e-12, 1e-300)
    decades = range(math.floor(math.log10(lowest)), math.ceil(math.log10(highest)) + 1)
    levels: list[float] = []
    for leading, apart in (((1, 2, 5), 1), ((1, 3), 1), ((1,), 1), ((1,), 2), ((1,), 4)):
        ladder = [float(f"{digit}e{decade}") for decade in decades[::apart] for digit in leading]
        start = sum(level < lowest for level in ladder)
        stop = sum(level < highest for level in ladder)
        levels = [0.0, *ladder[start:stop], next(iter(ladder[stop:]), math.inf)]
        if len(levels) <= MOST_LEVELS:
            break
    if not math.isfinite(levels[-1]):
        levels[-1] = highest
    if float(np.mean(above >= levels[-2])) > MOST_ABOVE:
        # The lowest cost is a corner that falls away, not the floor of a valley: there is nothing to see near it.
        step = 10.0 ** math.floor(math.log10(highest / 5))
        step *= next(digit for digit in (1, 2, 5, 10) if highest <= 12 * digit * step)
        levels = [step * index for index in range(math.ceil(highest / step) + 1)]
    return levels
