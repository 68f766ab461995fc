"""A plane of costs as a surface in three dimensions, with the path of a run on it."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from steepest.draw import paths
from steepest.draw import trilobite as drawing
from steepest.draw.ground import KINDS, said_of_slice
from steepest.draw.levels import numbers
from steepest.draw.many import fill, place_for
from steepest.errors import SteepestError, door
from steepest.slices import Projection, Slice, project
from steepest.slices.projection import places
from steepest.trajectory import Trajectory
from steepest.vectors import Params

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TALLER = 3.0
"""Steps of a path higher than so many times the surface are outside the frame: the surface would look flat."""


def surface(
    slice: Slice,
    run: Trajectory | None = None,
    *,
    minimum: Params | None = None,
    trilobite: bool = True,
    projection: Projection | None = None,
    height: Literal["linear", "log"] | None = None,
    x_name: str | None = None,
    y_name: str | None = None,
    cost_name: str = "cost",
    bars: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """Draw the costs on a plane as a surface with height lines, the path of a run on it, and the minimum.

    Every step of the path stands at its own cost, straight lines join them; its last one in this frame is where the
    cane of the trilobite is. With `height` "log" the surface is the logarithm of the cost, so that the floor of a
    valley shows; it is the slice's own scale where none is given. It is seen from its lowest corner; path and marks are
    drawn over it even where it would hide them.

    A path beside the plane floats, or dives: with the `projection` that `slices.project(run, onto=slice, cost=cost)`
    measured, stems lead from its own costs to the plane's cost at the same place.
    It is exact at the points of the plane, or interpolated from the places with dots; of more than two parameters it
    shows one cut: on a figure of its own the gradient of all of them stands beside it as `bars`, see `draw.bars`.

    Raises SteepestError for a slice that is a line, axes that are flat, and a run or minimum with other parameters.

    >>> from steepest.cost import Cost
    >>> from steepest.slices import plane
    >>> cost = Cost.from_function(lambda m, b: (m - 1) ** 2 + b**2)
    >>> ax = surface(plane(cost, at=cost.zeros(), along=("m", "b"), reach=((0, 2), (-1, 1)), points=9))
    >>> ax.get_xlabel(), ax.get_ylabel(), ax.name
    ('m', 'b', '3d')
    """
    from steepest.draw import paper

    with door("draw.surface"):
        if len(slice.directions) != 2:
            raise SteepestError("the slice has 1 direction", remedy="Cut a plane(), not a line()")
        height = height or slice.scale
        if height not in ("linear", "log"):
            raise SteepestError(f"height is {height!r}", remedy='Give "linear" or "log"')
        axes: Any
        own = ax is None
        axes, side = (ax, None) if ax is not None else place_for(run, bars, 6.4, 6.2, projection="3d")
        if axes.name != "3d":
            raise SteepestError("the axes are flat", remedy='Make them with projection="3d"')
        names = (x_name or slice.names[0], y_name or slice.names[1])
        short: tuple[str, ...] = tuple(paper.fitted(name, 100, size=paper.SMALL, lines=1) for name in names)
        notes = [] if run is None else [run.because]
        costs = slice.costs.detach().double().cpu().numpy()
        known = costs[np.isfinite(costs)]
        log = height == "log" and len(known) > 0 and float(known.min()) > 0
        if height == "log" and not log:
            lowest = paper.number(float(known.min())) if len(known) else "not finite"
            notes.append(f"linear height: the lowest {cost_name} is {lowest}, and has no logarithm")
        marks: paths.Marks = []
        _ground(axes, slice, costs, log)
        if len(known) < costs.size:
            counted = (f"{word} at {int(is_kind(costs).sum()):,}" for word, is_kind, _ in KINDS if is_kind(costs).any())
            notes.append(f"holes: the {cost_name} is not finite there ({', '.join(counted)} of {costs.size:,} points)")
        _dots(axes, slice, log, marks)
        notes += said_of_slice(slice, cost_name)
        last = None
        if run is not None:
            projection = projection or project(run, onto=slice)
            last, said = _walk(axes, slice, run, projection, log=log, names=short, marks=marks)
            notes += [*said, _stems(axes, projection, log=log, marks=marks)]
        if minimum is not None:
            notes.append(_star(axes, slice, minimum, log=log, names=short, marks=marks))
        if trilobite and last is not None:
            drawing.stand_at(axes, lambda: _on_paper(axes, last))
        _dress(axes, names, cost_name, log)
        high = paper.head(axes, f"{cost_name} over {short[0]} and {short[1]}", notes=notes, marks=marks)
        if own:
            paper.grow(axes, high)
        fill(side, run, slice.names, axes)
    return axes


def _lifted(costs: Any, log: bool) -> Any:
    """How high a cost is drawn: NaN where it has no height."""
    with np.errstate(all="ignore"):
        found = np.log10(costs) if log else np.asarray(costs)
        return np.where(np.isfinite(found), found, np.nan)


def _ground(axes: Any, slice: Slice, costs: np.ndarray, log: bool) -> None:
    from matplotlib.ticker import MaxNLocator

    x, y = (values.detach().double().cpu().numpy() for values in slice.coordinates)
    (across, along), z = np.meshgrid(x, y, indexing="ij"), _lifted(costs, log)
    for axis, values in (("x", x), ("y", y)):
        axes.set(**{f"{axis}lim": (float(values[0]), float(values[-1]))})
    if not np.isfinite(z).any():
        return
    low, high = float(np.nanmin(z)), float(np.nanmax(z))
    axes.set_zlim(low, high if high > low else low + (abs(low) or 1.0))
    axes.computed_zorder = False
    axes.plot_surface(
        across, along, z, cmap="viridis", rcount=100, ccount=100, linewidth=0, antialiased=False, zorder=1,
        vmin=low, vmax=axes.get_zlim()[1],
    )  # fmt: skip
    levels = [level for level in MaxNLocator(12).tick_values(low, high) if low < level < high]
    if levels and np.isfinite(z).all():
        shades = ["white" if level < low + 0.6 * (high - low) else "black" for level in levels]
        axes.contour(across, along, z, levels, colors=shades, linewidths=0.6, alpha=0.7, zorder=2)
    corners = {-135: z[0, 0], -45: z[-1, 0], 45: z[-1, -1], 135: z[0, -1]}
    nearest = min(corners, key=lambda angle: float(np.nan_to_num(corners[angle], nan=np.inf)))
    axes.view_init(elev=38, azim=nearest - 12)


def _walk(
    axes: Any,
    slice: Slice,
    run: Trajectory,
    projection: Projection,
    *,
    log: bool,
    names: tuple[str, ...],
    marks: paths.Marks,
) -> tuple[np.ndarray | None, list[str]]:
    """Draw what of the path is in the frame; returns the last point there, and what is to be said."""
    from matplotlib.patheffects import Normal, Stroke

    from steepest.draw import paper

    flat = projection.coordinates.double().numpy()
    z = _lifted(run.costs.numpy(), log)
    points = np.column_stack([flat, z])
    _make_room(axes, flat, z)
    frame = np.array([axes.get_xlim(), axes.get_ylim(), axes.get_zlim()])
    inside = np.array([bool(((point >= frame[:, 0]) & (point <= frame[:, 1])).all()) for point in points])
    final = len(points) - 1
    last = int(inside.nonzero()[0][-1]) if inside.any() else -1
    drawn = _clipped(points[: last + 2], frame)
    if len(drawn) > 1:
        halo = [Stroke(linewidth=4.2, foreground="white"), Normal()]
        (line,) = axes.plot(*drawn.T, color="black", lw=1.5, zorder=4, path_effects=halo)
        marks.append((line, "path"))
    if final > 0:
        early = [index for index in range(1, min(final, paths.FIRST_STEPS + 1)) if inside[index]]
        axes.plot(*points[early].T, "o", color="black", ms=3.6, mec="white", mew=0.7, zorder=4.5, ls="none")
    for index, word, style, size, colour in (
        (0, "start", "o", 8, paper.ORANGE),
        (final, f"end, epoch {run.steps[-1].epoch:,}", "s", 9, paper.SKY),
    ):
        if inside[index] and (final or word == "start"):
            label = f"{word}: cost {paper.number(run.steps[index].cost)}"
            _mark(axes, points[index], style, colour=colour, size=size, label=label, marks=marks)
    if 0 <= last < final and np.isfinite(points[last + 1]).all():
        gate = _crossing(points[last], points[last + 1], frame)[1]
        _mark(axes, gate, "X", colour=paper.VERMILION, size=10, label="leaves this frame", marks=marks)
    path: list[paths.Place] = [(float(x), float(y)) for x, y in flat]
    said = [
        paths.said_of_frame(run, path, inside.tolist(), names),
        paths.said_of_plane(slice, projection).replace("so the colours are not", "so the surface is not at"),
    ]
    return (points[last] if last >= 0 else None), said


def _dots(axes: Any, slice: Slice, log: bool, marks: paths.Marks) -> None:
    """Small dots where the cost was measured, at its height, where the surface is interpolated between them."""
    if slice.places is None or slice.measured is None:
        return
    x, y = numbers(slice.places).T
    (dots,) = axes.plot(
        x, y, _lifted(numbers(slice.measured), log), "o", color="black", ms=1.6, alpha=0.5, mew=0, ls="none", zorder=3
    )
    marks.append((dots, f"measured, {len(x):,} places"))


def _stems(axes: Any, projection: Projection, *, log: bool, marks: paths.Marks) -> str:
    """Stand stems between the path's own costs and the plane's, where both are in the frame."""
    from steepest.draw import paper

    if projection.costs_on_slice is None or projection.asked is None:
        return ""
    flat = projection.coordinates[projection.asked].double().numpy()
    own, there = (_lifted(numbers(v), log) for v in (projection.costs[projection.asked], projection.costs_on_slice))
    frame = np.array([axes.get_xlim(), axes.get_ylim(), axes.get_zlim()])
    outside, drawn = 0, []
    for place, above, below in zip(flat, own, there, strict=True):
        ends = np.array([[*place, above], [*place, below]])
        if not np.isfinite(ends).all() or abs(above - below) < 1e-3 * np.ptp(frame[2]):
            continue
        piece = _crossing(ends[0], ends[1], frame)
        outside += not len(piece) or not np.array_equal(piece[1], ends[1])
        if len(piece):
            drawn.append(piece)
    with np.errstate(invalid="ignore", over="ignore"):
        apart = np.abs(numbers(projection.costs[projection.asked]) - numbers(projection.costs_on_slice))
    apart = apart[np.isfinite(apart)]
    for piece in drawn:
        axes.plot(*piece.T, color=paper.PURPLE, lw=1.1, zorder=3.6)
    if drawn:
        feet = np.array([piece[1] for piece in drawn])
        (key,) = axes.plot(*feet.T, "_", color=paper.PURPLE, ms=6, mew=1.6, ls="none", zorder=3.7)
        marks.append((key, "stem: to the plane's cost there"))
    beyond = f", {outside:,} stems leave the frame" if outside else ""
    if not len(apart):
        return "the path's own costs and the plane's are not finite"
    return f"the path's own cost and the plane's are up to {paper.number(float(apart.max()), 3)} apart{beyond}"


def _make_room(axes: Any, flat: np.ndarray, z: np.ndarray) -> None:
    """Let the frame hold costs of the path that the plane's points missed, or that lie above a cut through many."""
    low, high = axes.get_zlim()
    (left, right), (near, far) = axes.get_xlim(), axes.get_ylim()
    over = (flat[:, 0] >= left) & (flat[:, 0] <= right) & (flat[:, 1] >= near) & (flat[:, 1] <= far)
    heights = z[over & (z >= low - TALLER * (high - low)) & (z <= low + TALLER * (high - low))]
    axes.set_zlim(min([low, *heights]), max([high, *heights]))


def _clipped(points: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """The path's pieces inside the frame, NaN between two pieces: three dimensions have no clipping of their own."""
    found: list[np.ndarray] = []
    for here, there in itertools.pairwise(points):
        if not (np.isfinite(here).all() and np.isfinite(there).all()):
            continue
        piece = _crossing(here, there, frame)
        if not len(piece):
            continue
        if found and np.array_equal(found[-1], piece[0]):
            found.append(piece[1])
        else:
            found += [*([np.full(3, np.nan)] if found else []), *piece]
    return np.array(found).reshape(-1, 3)


def _crossing(here: np.ndarray, there: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """The part of a straight piece that is in the frame: two points, or none (Liang and Barsky, 1984)."""
    way = there - here
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = (frame - here[:, None]) / way[:, None]
    parts = np.sort(np.where(np.isnan(parts), [-np.inf, np.inf], parts), axis=1)  # 0/0: it runs along this very side
    start, end = max(0.0, *parts[:, 0]), min(1.0, *parts[:, 1])
    if start > end:
        return np.empty((0, 3))
    return np.array([here if start == 0 else here + start * way, there if end == 1 else here + end * way])


def _mark(
    axes: Any, point: np.ndarray, style: str, *, colour: str, size: float, label: str, marks: paths.Marks
) -> None:
    (found,) = axes.plot(*point.reshape(3, 1), style, color=colour, ms=size, mec="black", mew=1.2, zorder=5, ls="none")
    marks.append((found, label))


def _star(axes: Any, slice: Slice, minimum: Params, *, log: bool, names: tuple[str, ...], marks: paths.Marks) -> str:
    """Mark the minimum at the height of the plane's nearest point, or say that it is outside the frame."""
    from steepest.draw import paper

    found, _ = places([minimum], slice.origin, slice.directions)
    place: paths.Place = (float(found[0, 0]), float(found[0, 1]))
    if not paths.within(place, axes):
        return f"the minimum is outside this frame, at {paths.stated(place, names)}"
    nearest = tuple(int((values - here).abs().argmin()) for values, here in zip(slice.coordinates, place, strict=True))
    point = np.array([*place, _lifted(float(slice.costs[nearest]), log)])
    if np.isfinite(point).all():
        _mark(axes, point, "*", colour=paper.YELLOW, size=12, label="minimum", marks=marks)
    return ""


def _on_paper(axes: Any, point: np.ndarray) -> tuple[float, float]:
    from mpl_toolkits.mplot3d import proj3d

    x, y, _ = proj3d.proj_transform(point[0], point[1], point[2], axes.get_proj())
    across, up = axes.transData.transform((float(x), float(y)))
    return float(across), float(up)


def _dress(axes: Any, names: tuple[str, str], cost_name: str, log: bool) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    from steepest.draw import paper

    wide, _ = paper.room(axes)
    for axis, name in zip("xyz", (*names, cost_name), strict=True):
        label = paper.fitted(name, 0.4 * wide, size=paper.SMALL, lines=1)
        getattr(axes, f"set_{axis}label")(label, fontsize=paper.SMALL, parse_math=False)
        ruler = getattr(axes, f"{axis}axis")
        ruler.set_major_locator(MaxNLocator(5, integer=log and axis == "z"))
        ruler.set_major_formatter(paper.PlainTicks())
    if log:
        axes.zaxis.set_major_formatter(FuncFormatter(lambda z, _: paper.number(10.0**z, 3)))
    axes.tick_params(labelsize=paper.SMALL)
    axes.zaxis.labelpad = 9
    axes.set_box_aspect((4, 4, 2.9), zoom=0.92)
