"""A plane of costs as a map, with the path of a run, or of several, over it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from steepest.draw.arrows import arrows as draw_arrows
from steepest.draw.ground import bar, lay, metric, said_of_ground
from steepest.draw.levels import levels_for
from steepest.draw.many import fill, place_for
from steepest.draw.paths import Marks, origin, star, walk
from steepest.draw.runs import named, walks
from steepest.errors import SteepestError, door
from steepest.slices import Slice
from steepest.trajectory import Trajectory
from steepest.vectors import Params

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDE = 6.4
"""Inches of a figure of its own, without the bars."""


def contour(
    slice: Slice,
    run: Trajectory | Sequence[Trajectory] | Mapping[str, Trajectory] | None = None,
    *,
    minimum: Params | None = None,
    x_name: str | None = None,
    y_name: str | None = None,
    cost_name: str = "cost",
    show: str | None = None,
    arrows: bool = True,
    bars: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """Draw the costs on a plane as a map with height lines, the path of a run over it, and the minimum.

    Levels are spaced by the logarithm of the cost above the lowest of the plane, so that the floor of a valley shows,
    or evenly where nearly all of the plane would be one colour. A slice whose scale is "log" has levels and colours in
    the logarithm of the cost itself.
    Steps outside the frame, and what the plane cannot hold of a run with more parameters, are said in words above; the
    wider a disc behind the path, the farther off the plane the path is there.
    `x_name` and `y_name` stand for the names of the slice's two coordinates.

    Each of the `arrows` is the negative gradient at a point of the path, as recorded, times one number that the legend
    states. They are true in the coordinates; the two axes have different scales, so none looks square to a height line.
    Several runs, in a list or a dict by name, are told apart by colours, dashes and marks, and have no arrows.

    It is exact at the points of the plane, and straight in between, or interpolated from the places with dots, with the
    largest error found at unseen points in words. Costs that are NaN or infinite are hatched, each in its own way.
    Height lines that are closer together than a sample's interval are dashed.
    `show` names what was measured beside the cost, such as an accuracy, to be drawn in its place.
    Of more than two parameters it shows one cut: on a figure of its own the gradient of all of them stands beside it
    as `bars`, see `draw.bars`.

    Raises SteepestError for a slice that is a line, for a run or minimum with other parameters, and for a name in
    `show` that was not measured.

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
        notes: list[str] = []
        if show is not None:
            slice, cost_name = metric(slice, show), show
            notes += [f"the {show} is interpolated; its own error was not measured"] * (slice.places is not None)
        runs = named(run)
        alone = next(iter(runs.values())) if len(runs) == 1 else None
        own = ax is None
        ax, side = (ax, None) if ax is not None else place_for(alone, bars, WIDE, 4.8)
        # The colour bar takes a part of this below, and the head may stand over the bar.
        wide = paper.room(ax)[0] if side is None else 0.775 * 72 * WIDE
        names = (x_name or slice.names[0], y_name or slice.names[1])
        paper.name_axes(ax, *names)
        short = tuple(paper.fitted(name, 100, size=paper.SMALL, lines=1) for name in names)
        shown = paper.fitted(cost_name, 110, size=paper.SMALL, lines=1)
        notes += [] if alone is None else [alone.because]
        marks: Marks = []
        levels = levels_for([slice], shown)
        ground = lay(ax, slice, levels, marks)
        if levels is not None:
            bar(ax, ground, levels, shown)
        notes += said_of_ground([slice], levels, shown, marks)
        if alone is not None:
            notes += walk(ax, slice, alone, short, marks)
            if arrows:
                draw_arrows(ax, slice, alone, marks)
        elif runs:
            notes += walks(ax, slice, runs, marks)
        if minimum is not None:
            notes.append(star(ax, slice, minimum, short, marks))
        if not runs:
            origin(ax, slice, marks)
        ax.xaxis.set_major_formatter(paper.PlainTicks())
        ax.yaxis.set_major_formatter(paper.PlainTicks())
        title = " and ".join(paper.fitted(name, 230, size=paper.LARGE, lines=1) for name in names)
        title = f"{cost_name} by {title}"
        high = paper.head(ax, title, notes=notes, marks=marks, wide=wide)
        if own:
            paper.grow(ax, high)
        fill(side, alone, slice.names, ax)
    return ax
