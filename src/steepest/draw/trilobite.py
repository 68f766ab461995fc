"""The blind trilobite, our own drawing: plain path data, as an SVG for a page and as an artist for a figure."""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.path import Path

Pose = Literal["side", "above"]
Spot = tuple[float, float]

BOX = 100.0
"""The drawing's own width and height; y grows downwards, as in an SVG."""

SHELL, SPINE, INK, PAPER, RED = "#B5793F", "#E3B074", "#33231A", "#FFFFFF", "#D55E00"
HALO = 4.0
STEEPEST_TILT = math.radians(45)
"""On a steeper slope the legs make up for the rest, so that it stays upright."""


@dataclass(frozen=True)
class Shape:
    """One path of the drawing: `M`, `L`, `C` and `Z` with absolute numbers, its filling, and how thick its line is."""

    path: str
    fill: str | None = None
    width: float = 3.0
    ink: str = INK


@dataclass(frozen=True)
class Figure:
    """A pose: shapes from back to front, hips and ground for its legs, its hem, its hand, and where its cane rests."""

    shapes: tuple[Shape, ...]
    hand: Spot
    tip: Spot
    hips: tuple[float, ...] = ()
    belly: float = 0.0
    ground: float = BOX
    hem: tuple[Spot, ...] = ()


POSES: dict[Pose, Figure] = {
    "side": Figure(
        shapes=(
            Shape("M 70 46 C 72 33 78 25 87 24", width=2.6),
            Shape("M 75 51 C 79 41 85 36 94 37", width=2.6),
            Shape("M 2 79 C 3 57 18 42 38 41 C 50 40 60 44 64 52 L 62 78 "
                  "L 47 78 L 40 84 L 37 79 L 29 85 L 26 79 L 18 85 L 16 80 L 3 85 Z", SHELL),
            Shape("M 8 62 C 14 49 26 41 38 41 C 50 40 58 44 62 50 L 58 58 C 44 53 24 54 8 62 Z", SPINE, 2.2),
            Shape("M 18 52 C 16 61 15 71 17 79", width=2.2),
            Shape("M 28 45 C 26 56 25 69 27 79", width=2.2),
            Shape("M 39 41 C 37 53 36 68 38 79", width=2.2),
            Shape("M 50 41 C 67 40 80 53 81 70 C 81 77 76 80 70 80 L 58 79 L 43 84 "
                  "C 50 77 53 72 52 64 C 50 56 48 48 50 41 Z",
                  SHELL),
            Shape("M 54 42 C 66 42 74 48 77 56 C 70 52 62 53 57 57 C 54 53 53 47 54 42 Z", SPINE, 2.2),
            Shape("M 62 64 C 64 68 69 68 71 64", width=2.8),
            Shape("M 68 72 C 70 75 74 75 76 72", width=2.2),
        ),
        hand=(88.0, 66.0),
        tip=(97.0, 92.0),
        hips=(14.0, 27.0, 40.0, 60.0),
        belly=78.0,
        ground=92.0,
        hem=((3.0, 86.0), (29.0, 86.0), (78.0, 82.0)),
    ),
    "above": Figure(
        shapes=(
            Shape("M 32 80 C 27 92 16 96 5 92", width=2.6),
            Shape("M 54 81 C 57 91 63 97 73 97", width=2.6),
            Shape("M 18 58 C 12 34 26 8 43 8 C 60 8 74 34 68 58 Z", SHELL),
            Shape("M 34 60 C 31 40 36 20 43 13 C 50 20 55 40 52 60 Z", SPINE, 2.2),
            Shape("M 25 29 C 30 26 34 30 37 30 C 41 32 45 32 49 30 C 52 30 56 26 61 29", width=2.2),
            Shape("M 20 39 C 26 36 31 40 35 40 C 40 42 46 42 51 40 C 55 40 60 36 66 39", width=2.2),
            Shape("M 18 49 C 24 46 30 50 34 50 C 40 52 46 52 52 50 C 56 50 62 46 68 49", width=2.2),
            Shape("M 9 40 C 5 62 16 86 43 86 C 70 86 81 62 77 40 C 75 50 70 56 64 57 "
                  "C 52 60 34 60 22 57 C 16 56 11 50 9 40 Z",
                  SHELL),
            Shape("M 43 58 C 30 58 32 78 43 79 C 54 78 56 58 43 58 Z", SPINE, 2.2),
            Shape("M 19 67 C 21 71 27 71 29 67", width=2.8),
            Shape("M 57 67 C 59 71 65 71 67 67", width=2.8),
        ),
        hand=(82.0, 66.0),
        tip=(96.0, 96.0),
    ),
}  # fmt: skip


def svg(pose: Pose = "side", *, size: float = 24.0) -> str:
    """Write the drawing as an SVG element, `size` pixels wide and high, hidden from screen readers.

    >>> svg("side", size=24)[:41]
    '<svg xmlns="http://www.w3.org/2000/svg" w'
    """
    figure = POSES[pose]
    feet = tuple((hip - 2, figure.ground) for hip in figure.hips)
    shapes = (*_legs(figure, feet), *figure.shapes, *_arm(figure), *_cane(figure.hand, figure.tip))
    looks = 'fill="none" stroke-linecap="round" stroke-linejoin="round"'
    halo = "".join(f'<path d="{shape.path}" stroke-width="{shape.width + HALO:g}"/>' for shape in shapes)
    parts = "".join(
        f'<path d="{shape.path}" fill="{shape.fill or "none"}" stroke="{shape.ink}" stroke-width="{shape.width:g}"/>'
        for shape in shapes
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size:g}" height="{size:g}" viewBox="0 0 {BOX:g} {BOX:g}" '
        f'aria-hidden="true" focusable="false" {looks}><g stroke="{PAPER}">{halo}</g>{parts}</svg>'
    )


def stand_on_curve(
    ax: Axes, x: np.ndarray, y: np.ndarray, *, at: Spot, tip: Spot, right: bool, size: float = 34.0
) -> Artist:
    """Stand the trilobite on a curve with its nose at a point and the tip of its cane on another, `size` points wide.

    It looks to the `right` or the left. Every foot is on the curve as it is on paper, whatever the layout makes of it.

    >>> import numpy as np
    >>> from steepest.draw import paper
    >>> ax, x = paper.sheet(None), np.linspace(-1, 1, 21)
    >>> stand_on_curve(ax, x, x**2, at=(0.5, 0.25), tip=(0.4, 0.16), right=False) in ax.get_children()
    True
    """
    import numpy as np

    figure = POSES["side"]
    nose, way = (86.0 if tip != at else figure.tip[0] + 4), (1.0 if right else -1.0)

    def shapes(pixels: float) -> tuple[list[Shape], Callable[[Spot], Spot]]:
        curve = ax.transData.transform(np.column_stack([x, y]))
        (nose_x, _), (tip_x, tip_y) = ax.transData.transform(at), ax.transData.transform(tip)

        def earth(across: float) -> float:
            """Height of the curve under a place of the drawing, in the drawing's units upwards."""
            return float(np.interp(nose_x + way * (across - nose) * pixels, curve[:, 0], curve[:, 1])) / pixels

        rear, front = figure.hips[0], figure.hips[-1]
        tilt = max(-STEEPEST_TILT, min(STEEPEST_TILT, math.atan2(earth(front) - earth(rear), front - rear)))
        turn, pivot = cmath.rect(1, tilt), (rear + front) / 2

        def turned(spot: Spot) -> complex:
            return turn * complex(spot[0] - pivot, figure.ground - spot[1]) + pivot

        hips = [turned((hip, figure.belly)) for hip in figure.hips]
        clear = [earth(hip.real) - hip.imag + 0.6 * (figure.ground - figure.belly) for hip in hips]
        lift = max(*clear, *(earth(edge.real) - edge.imag for edge in map(turned, figure.hem)))

        def on_paper(spot: Spot) -> Spot:
            place = turned(spot)
            return nose_x + way * (place.real - nose) * pixels, (place.imag + lift) * pixels

        def in_drawing(spot: Spot) -> Spot:
            """The place of the drawing that lands there on paper: feet and tip are where the ground is."""
            place = complex(way * (spot[0] - nose_x) / pixels + nose - pivot, spot[1] / pixels - lift) / turn
            return pivot + place.real, figure.ground - place.imag

        under = [(nose_x + way * (hip.real - nose - 2) * pixels, earth(hip.real - 2) * pixels) for hip in hips]
        cane = _cane(figure.hand, in_drawing((float(tip_x), float(tip_y))))
        return [*_legs(figure, tuple(map(in_drawing, under))), *figure.shapes, *_arm(figure), *cane], on_paper

    return _added(ax, shapes, size)


def stand_at(ax: Axes, spot: Callable[[], Spot], *, size: float = 34.0) -> Artist:
    """Stand the trilobite, seen from above at an angle, with the tip of its cane on a place in pixels.

    `spot` is asked at every drawing, so that the trilobite follows a point of a surface that is turned round.

    >>> from steepest.draw import paper
    >>> stand_at(paper.sheet(None), lambda: (100.0, 100.0)).get_gid()
    'trilobite'
    """
    figure = POSES["above"]

    def shapes(pixels: float) -> tuple[list[Shape], Callable[[Spot], Spot]]:
        x, y = spot()
        drawn = [*figure.shapes, *_arm(figure), *_cane(figure.hand, figure.tip)]
        return drawn, lambda place: (x + (place[0] - figure.tip[0]) * pixels, y - (place[1] - figure.tip[1]) * pixels)

    return _added(ax, shapes, size)


def _added(ax: Axes, shapes: Callable[[float], tuple[list[Shape], Callable[[Spot], Spot]]], size: float) -> Artist:
    from matplotlib.patches import PathPatch
    from matplotlib.transforms import IdentityTransform

    from steepest.draw import paper

    def patches() -> list[Artist]:
        figure = ax.get_figure(root=True)
        assert figure is not None
        drawn, on_paper = shapes(size / BOX * figure.dpi / 72)
        looks = {"transform": IdentityTransform(), "capstyle": "round", "joinstyle": "round"}
        made: list[Artist] = []
        for halo in (HALO, 0.0):  # all of the halo first, so that it lies behind the whole trilobite
            for shape in drawn:
                inside, ink = ("none", PAPER) if halo else (shape.fill or "none", shape.ink)
                line = (shape.width + halo) * size / BOX
                made.append(PathPatch(_path(shape, on_paper), fc=inside, ec=ink, lw=line, **looks))
        return made

    artist = paper.DrawnLast(patches)
    ax.add_artist(artist)
    artist.set(gid="trilobite", clip_on=False)
    return artist


def _path(shape: Shape, on_paper: Callable[[Spot], Spot]) -> Path:
    from matplotlib.path import Path

    codes = {"M": [Path.MOVETO], "L": [Path.LINETO], "C": [Path.CURVE4] * 3, "Z": [Path.CLOSEPOLY]}
    vertices: list[Spot] = []
    kinds: list[int] = []
    words = shape.path.split()
    while words:
        letter = words.pop(0)
        kinds += map(int, codes[letter])
        spots = [(0.0, 0.0)] if letter == "Z" else [(float(words.pop(0)), float(words.pop(0))) for _ in codes[letter]]
        vertices += map(on_paper, spots)
    return Path(vertices, kinds)


def _legs(figure: Figure, feet: tuple[Spot, ...]) -> tuple[Shape, ...]:
    return tuple(
        Shape(f"M {hip:g} {figure.belly:g} L {x:g} {y:g} L {x + 4:g} {y:g}", width=3.4)
        for hip, (x, y) in zip(figure.hips, feet, strict=True)
    )


def _arm(figure: Figure) -> tuple[Shape, ...]:
    x, y = figure.hand
    return (Shape(f"M {x - 13:g} {y + 10:g} C {x - 7:g} {y + 10:g} {x - 2:g} {y + 6:g} {x:g} {y:g}", width=3.4),)


def _cane(hand: Spot, tip: Spot) -> tuple[Shape, ...]:
    """A white cane with a red end, from a little above the hand."""
    (x, y), end = hand, f"L {tip[0]:.4f} {tip[1]:.4f}"
    top, red = (f"M {x + part * (tip[0] - x):.4f} {y + part * (tip[1] - y):.4f} {end}" for part in (-0.45, 0.75))
    return Shape(top, width=5.0), Shape(top, width=2.4, ink=PAPER), Shape(red, width=2.8, ink=RED)
