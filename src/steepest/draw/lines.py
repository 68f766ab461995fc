"""One parameter at a time: a cut through the cost, and the slope of it at a point."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from steepest.check import Tap
from steepest.draw import trilobite as drawing
from steepest.draw.paths import Marks
from steepest.errors import SteepestError, door
from steepest.slices import Slice

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEAD_ROOM = 0.24
"""Above the curve, as a share of its height: room for the trilobite wherever it stands, so that no frame jumps."""

SHOWN_OTHERS = 3


def slope(
    slice: Slice,
    *,
    at: float,
    slope: float,
    cost: float | None = None,
    tap: Tap | float | None = None,
    trilobite: bool = True,
    x_name: str | None = None,
    cost_name: str = "cost",
    ax: Axes | None = None,
) -> Axes:
    """Draw the cost along one direction, the point `at` a coordinate of it, and the tangent with the `slope` given.

    The tangent is drawn with that very slope, not with the curve's: where it does not touch, the number is wrong.
    The curve is exact at the slice's points; between them, heights are read off the straight lines that are drawn.
    `cost` is the height of the point where it was measured. `tap` is the coordinate that the cane felt last, or what
    `check.tap` returned. Everything not in the slice's direction is held; the picture proves nothing about it, and
    `draw.bars` has its slopes.

    Raises SteepestError for a slice that is a plane, or has no finite cost.

    >>> from steepest.cost import Cost
    >>> from steepest.slices import line
    >>> cost = Cost.from_function(lambda m, b: (m - 1) ** 2 + b**2)
    >>> curve = line(cost, at={"m": 0.0, "b": 1.0}, along="m", reach=(0, 2))
    >>> ax = slope(curve, at=1.5, slope=1.0)
    >>> ax.get_title(loc="left")
    'cost along m, slope 1'
    """
    from steepest.draw import paper

    with door("draw.slope"):
        x, y = _curve(slice)
        ax = paper.sheet(ax)
        name = x_name or slice.names[0]
        short = paper.fitted(name, 110, size=paper.SMALL, lines=1)
        known = y[np.isfinite(y)]
        low, high = float(known.min()), float(known.max())
        height = high - low or abs(high) or 1.0
        ax.set_xlim(float(x[0]), float(x[-1]))
        ax.set_ylim(low - 0.06 * height, high + (HEAD_ROOM if trilobite else 0.06) * height)
        (curve,) = ax.plot(x, y, color=paper.BLUE, lw=2.2, zorder=2)
        marks: Marks = [(curve, paper.fitted(cost_name, 150, size=paper.SMALL, lines=1))]
        notes = [_held(slice)]

        there = _read(at, x, y) if cost is None else cost
        where = f"{short}\u00a0=\u00a0{paper.number(at)}, {cost_name} {paper.number(there)}"
        if x[0] <= at <= x[-1] and low - 0.06 * height <= there <= ax.get_ylim()[1]:
            (point,) = ax.plot([at], [there], "o", color=paper.ORANGE, ms=8, mec="black", mew=1.4, zorder=4, ls="none")
            marks.append((point, where))
            notes.append(_tangent(ax, (at, there), slope, height, marks))
            tip = None if tap is None else _tapped(tap, at)
            notes.append(_tap(ax, tip, (x, y), short, marks))
            felt = (at, there) if tip is None else (tip, _read(tip, x, y))
            felt = felt if math.isfinite(felt[1]) else (at, there)
            if trilobite:
                right = felt[0] > at if felt[0] != at else slope <= 0
                known = np.isfinite(y)
                drawing.stand_on_curve(ax, x[known], y[known], at=(at, there), tip=felt, right=right)
        else:
            notes.append(f"the point is outside this frame, at {where}")
        if isinstance(tap, Tap):
            notes.append(f"tapped slope {paper.number(tap.slope)} ± {paper.number(tap.uncertainty, 2)}")
        paper.name_axes(ax, name, cost_name)
        ax.xaxis.set_major_formatter(paper.PlainTicks())
        ax.yaxis.set_major_formatter(paper.PlainTicks())
        ax.grid(alpha=0.25)
        paper.head(ax, f"{cost_name} along {short}, slope {paper.number(slope)}", notes=notes, marks=marks)
    return ax


def _curve(slice: Slice) -> tuple[np.ndarray, np.ndarray]:
    if len(slice.directions) != 1:
        raise SteepestError(
            f"the slice has {len(slice.directions)} directions", remedy="Cut a line() through the cost, not a plane()"
        )
    x, y = (values.detach().double().cpu().numpy() for values in (slice.coordinates[0], slice.costs))
    if not np.isfinite(y).any():
        raise SteepestError("no cost on this line is finite", remedy="Cut the line where the cost is a number")
    return x, np.where(np.isfinite(y), y, np.nan)


def _read(at: float, x: np.ndarray, y: np.ndarray) -> float:
    return float(np.interp(at, x, y, left=math.nan, right=math.nan))


def _tangent(ax: Axes, point: tuple[float, float], slope: float, height: float, marks: Marks) -> str:
    from steepest.draw import paper

    if not math.isfinite(slope):
        return f"the slope is {paper.number(slope)}: there is no tangent to draw"
    left, right = ax.get_xlim()
    reach = min(0.3 * (right - left), 0.4 * height / abs(slope) if slope else math.inf)
    ends = np.array([-reach, reach])
    (line,) = ax.plot(point[0] + ends, point[1] + slope * ends, "--", color=paper.VERMILION, lw=2.2, zorder=3)
    marks.append((line, f"tangent, slope {paper.number(slope)}"))
    return ""


def _tap(ax: Axes, tip: float | None, curve: tuple[np.ndarray, np.ndarray], name: str, marks: Marks) -> str:
    from steepest.draw import paper

    if tip is None:
        return ""
    felt = _read(tip, *curve)
    if not math.isfinite(felt):
        return f"the last tap is outside this frame, at {name}\u00a0=\u00a0{paper.number(tip)}"
    (dot,) = ax.plot([tip], [felt], "D", color=paper.YELLOW, ms=5, mec="black", mew=1.0, zorder=5, ls="none")
    marks.append((dot, f"last tap, at {paper.number(tip)}"))
    return ""


def _tapped(tap: Tap | float, at: float) -> float:
    """Where the cane ended: of a pair of taps, the lower one."""
    return at - math.copysign(tap.step, tap.slope) if isinstance(tap, Tap) else float(tap)


def _held(slice: Slice) -> str:
    from steepest.draw import paper

    moved = {name for name, value in slice.directions[0].items() if bool(value.any())}
    others = {name: value for name, value in slice.origin.items() if name not in moved}
    if not others:
        return ""
    if len(others) > SHOWN_OTHERS or any(value.numel() != 1 for value in others.values()):
        return f"{sum(value.numel() for value in others.values()):,} other parameters are held where they are"
    values = (
        f"{paper.fitted(name, 110, size=paper.SMALL, lines=1)}\u00a0=\u00a0{paper.number(float(value))}"
        for name, value in others.items()
    )
    return f"held: {', '.join(values)}"
