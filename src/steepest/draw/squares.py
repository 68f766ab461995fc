"""The squares of the differences, as squares: the cost is their mean area."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from steepest.draw.paper import DrawnLast

MOST_SQUARES = 30
"""Of more examples, squares are drawn only on request: they would cover each other."""

SHADE, EDGE = 0.16, 0.75


def key() -> Artist:
    """A square as the legend shows it."""
    from matplotlib.patches import Rectangle

    return Rectangle((0, 0), 1, 1, **_looks())


def stand(ax: Axes, x: Any, points: Any, line: Any) -> DrawnLast:
    """Draw beside the stick from each point to the line a square that is as wide, on paper, as the stick is long.

    Whatever the layout makes of the axes, an area on paper is the square of its stick, by one factor for all. A square
    lies on the side that the line turns away from, or where the frame has room for it; in a frame narrower than the
    longest stick all are smaller, in one measure.

    >>> from steepest.draw import paper
    >>> (square,) = stand(paper.sheet(None), [0.0], [0.2], [0.6]).make()
    >>> bool(square.get_width() == square.get_height())
    True
    """
    from steepest.draw import paper

    artist = paper.DrawnLast(lambda: ())
    ax.add_artist(artist)
    artist.set(zorder=0.8, gid="squares")
    move(artist, ax, x, points, line)
    return artist


def move(squares: DrawnLast, ax: Axes, x: Any, points: Any, line: Any) -> None:
    """Let the squares be those of other points and another line from the next drawing on."""
    places = tuple(np.asarray(values, dtype=float) for values in (x, points, line))
    squares.make = lambda: _made(ax, *places)


def tints(paper_colour: Any, layers: int = 8) -> list[Any]:
    """The colours that so many squares over each other make, and those of an edge over them, red, green and blue."""
    from matplotlib.colors import to_rgb

    looks = _looks()
    shade, edge = (np.array(looks[part][:3]) for part in ("facecolor", "edgecolor"))
    under = [shade + (1 - SHADE) ** layer * (np.array(to_rgb(paper_colour)) - shade) for layer in range(layers)]
    return [*under[1:], *(edge + (1 - EDGE) * (each - edge) for each in under)]


def _looks() -> dict[str, Any]:
    from matplotlib.colors import to_rgba

    from steepest.draw import paper

    return {"facecolor": to_rgba(paper.SKY, SHADE), "edgecolor": to_rgba(paper.BLUE, EDGE), "linewidth": 0.8}


def _made(ax: Axes, x: np.ndarray, points: np.ndarray, line: np.ndarray) -> Iterator[Artist]:
    from matplotlib.patches import Rectangle
    from matplotlib.transforms import IdentityTransform

    if not len(x):
        return
    left, _, right, _ = ax.bbox.extents
    (across, ends), (_, starts) = (ax.transData.transform(np.column_stack([x, each])).T for each in (points, line))
    sides = np.abs(starts - ends)
    sides = sides * min(1.0, (right - left) / max(sides.max(), 1e-9))
    rising = ((across - across.mean()) * (starts - starts.mean())).sum() >= 0
    for at, end, start, side in zip(across, ends, starts, sides, strict=True):
        away, other = (at, at - side) if (start > end) == rising else (at - side, at)
        corners = [corner for corner in (away, other) if left <= corner and corner + side <= right]
        corner = corners[0] if corners else min(max(away, left), right - side)
        yield Rectangle(
            (corner, (start + end - side) / 2), side, side, transform=IdentityTransform(), clip_box=ax.bbox, **_looks()
        )
