"""A run and its goal laid over a plane, and what is to be said of them that the plane cannot show."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from steepest import vectors
from steepest.slices import Projection, Slice, project
from steepest.slices.projection import FIRST_STEPS, places, thinned
from steepest.trajectory import Trajectory
from steepest.vectors import Params

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

Marks = list[tuple["Artist", str]]
Place = tuple[float, float]

MOST_STEPS = 2000
"""Of a longer path, one step in so many is drawn that they are about these, with all the first ones and the last."""

ROUNDING = 1e-9
"""A share of a run's own size that may lie off a plane and still be nothing but rounding."""

MOST_DISCS = 24

WIDEST_DISC = 22.0
"""Points across, of the disc where the path is farthest off the plane."""

BEYOND = 1e6
"""A point farther off is drawn so many frames away: the line to it looks the same, and nothing overflows."""


def walk(ax: Axes, slice: Slice, run: Trajectory, names: tuple[str, ...], marks: Marks) -> list[str]:
    """Draw the path with its start and end, and say what of it the frame and the plane do not hold."""
    from matplotlib.patheffects import Normal, Stroke

    from steepest.draw import paper

    projection = project(run, onto=slice)
    path: list[Place] = [(x, y) for x, y in projection.coordinates.tolist()]
    inside = [within(place, ax) for place in path]
    discs(ax, projection, inside, marks)
    final = len(path) - 1
    last = max((index for index, here in enumerate(inside) if here), default=-1)
    apart = math.ceil(len(path) / MOST_STEPS) // 2 * 2 + 1  # odd, so that a zigzag keeps both its sides
    kept = apart * run.every
    chosen = {*range(0, final, apart), *range(FIRST_STEPS + 1), last, last + 1, final}
    drawn = sorted(index for index in chosen if 0 <= index <= min(last + 1, final) and last >= 0)
    if drawn and final:
        x, y = zip(*(nearer(path[index], ax) for index in drawn), strict=True)
        (line,) = ax.plot(
            x, y, "-o", color="black", linewidth=1.3, markersize=3.6, zorder=4,
            markevery=[place for place, index in enumerate(drawn) if 0 < index <= FIRST_STEPS and inside[index]],
            path_effects=[Stroke(linewidth=3.8, foreground="white"), Normal()],
        )  # fmt: skip
        marks.append((line, "path" if kept == 1 else f"path, 1 step in {kept:,} drawn"))
    for index, word, style, size, colour in (
        (0, "start", "o", 8, paper.ORANGE),
        (final, f"end, epoch {run.steps[-1].epoch:,}", "s", 11, paper.SKY),
    ):
        if inside[index] and (final or word == "start"):
            (point,) = ax.plot(
                *path[index], style, color=colour, markersize=size, markeredgecolor="black", markeredgewidth=1.4,
                linestyle="none", zorder=5,
            )  # fmt: skip
            marks.append((point, f"{word}: cost {paper.number(run.steps[index].cost)}"))
    if 0 <= last < final and all(math.isfinite(value) for value in path[last + 1]):
        place, style = way_out(path[last], nearer(path[last + 1], ax), ax)
        (gate,) = ax.plot(
            *place, style, color=paper.VERMILION, markersize=10, markeredgecolor="black", markeredgewidth=1.2,
            clip_on=False, linestyle="none", zorder=6,
        )  # fmt: skip
        marks.append((gate, "leaves this frame"))
    return [said_of_frame(run, path, inside, names), said_of_plane(slice, projection)]


def discs(ax: Axes, projection: Projection, inside: Sequence[bool], marks: Marks) -> None:
    """Lay discs behind a path, the wider the farther the path is off the plane: so much of it is not seen."""
    from matplotlib.lines import Line2D

    from steepest.draw import paper

    off = projection.distances.numpy()
    here = [index for index in thinned(len(off), MOST_STEPS) if inside[index] and math.isfinite(off[index])]
    path = projection.coordinates.numpy()
    if not here or max(off[here]) <= ROUNDING * float(np.abs(path[here]).max()):
        return
    frame = np.array([np.ptp(ax.get_xlim()), np.ptp(ax.get_ylim())])
    chosen: list[int] = []
    for index in here:  # apart from each other, so that rings can be told
        if all(float(np.hypot(*((path[index] - path[old]) / frame))) > 1 / MOST_DISCS for old in chosen):
            chosen.append(index)
    farthest = float(max(off[chosen]))
    if not farthest:
        return
    sizes = (WIDEST_DISC * off[chosen] / farthest) ** 2
    ax.scatter(
        *path[chosen].T, s=sizes, facecolors=[(1, 1, 1, 0.35)], edgecolors=paper.PURPLE, linewidths=1.4, zorder=3.5
    )
    key = Line2D([], [], linestyle="none", marker="o", color="white", markeredgecolor=paper.PURPLE, markersize=9)
    marks.append((key, f"off the plane, at most {paper.number(farthest, 3)}"))


def star(ax: Axes, slice: Slice, minimum: Params, names: tuple[str, ...], marks: Marks) -> str:
    """Mark the minimum, or say that it is not in the frame or not on the plane."""
    from steepest.draw import paper

    found, distances = places([minimum], slice.origin, slice.directions)
    place: Place = (float(found[0, 0]), float(found[0, 1]))
    off = float(distances[0])
    said = f", {paper.number(off, 3)} off this plane" if off > ROUNDING * vectors.norm(minimum) else ""
    if not within(place, ax):
        return f"the minimum is outside this frame, at {stated(place, names)}{said}"
    (point,) = ax.plot(
        *place, "*", color=paper.YELLOW, markersize=11, markeredgecolor="black", markeredgewidth=1.0,
        linestyle="none", zorder=7,
    )  # fmt: skip
    marks.append((point, f"minimum{said}"))
    return ""


def origin(ax: Axes, slice: Slice, marks: Marks) -> None:
    """Mark where the directions of a plane begin, which is where the model stands; a parameter's own 0 is none."""
    own = not slice.axes or any(name in slice.origin for name in slice.names)
    if own or not slice.origin or not within((0, 0), ax):
        return
    (point,) = ax.plot(
        0, 0, "P", color="white", markersize=9, markeredgecolor="black", markeredgewidth=1.2, linestyle="none", zorder=6
    )
    marks.append((point, "where the directions begin"))


def within(place: Place, ax: Axes) -> bool:
    """Tell whether the frame holds a place."""
    return all(low <= value <= high for value, (low, high) in zip(place, (ax.get_xlim(), ax.get_ylim()), strict=True))


def nearer(place: Place, ax: Axes) -> Place:
    """The same point, or one `BEYOND` frames away on the way to it."""
    frame = ax.get_xlim(), ax.get_ylim()
    middle = [low / 2 + high / 2 for low, high in frame]
    frames = max(
        abs(value - centre) / (high - low) for value, centre, (low, high) in zip(place, middle, frame, strict=True)
    )
    if not BEYOND < frames < math.inf:
        return place
    x, y = (centre + (value - centre) * (BEYOND / frames) for value, centre in zip(place, middle, strict=True))
    return x, y


def way_out(inside: Place, outside: Place, ax: Axes) -> tuple[Place, str]:
    """Where the way between two points crosses the frame, and the arrowhead that points there."""
    crossings: list[tuple[float, str]] = []
    for here, there, (low, high), (down, up) in zip(
        inside, outside, (ax.get_xlim(), ax.get_ylim()), ("<>", "v^"), strict=True
    ):
        if there < low:
            crossings.append(((low - here) / (there - here), down))
        if there > high:
            crossings.append(((high - here) / (there - here), up))
    part, style = min(crossings)
    x, y = (here + part * (there - here) for here, there in zip(inside, outside, strict=True))
    return (x, y), style


def stated(place: Place, names: tuple[str, ...]) -> str:
    """A place in words, each coordinate by its name."""
    from steepest.draw import paper

    return ", ".join(f"{name}\u00a0=\u00a0{paper.number(value)}" for name, value in zip(names, place, strict=True))


def said_of_frame(run: Trajectory, path: list[Place], inside: list[bool], names: tuple[str, ...]) -> str:
    """Say which steps are outside the frame, and where the ends are that it does not hold."""
    from steepest.draw import paper

    if all(inside):
        return ""
    outside = inside.count(False)
    first = inside.index(False)
    if not any(inside[first:]):
        said = f"from epoch {run.steps[first].epoch:,} on the path is outside this frame"
    else:
        said = f"{outside:,} of {len(path):,} steps are outside this frame"
    for index, word in ((0, "the first"), (len(path) - 1, "the last")):
        if not inside[index]:
            cost = paper.number(run.steps[index].cost)
            said += f"; {word}, epoch {run.steps[index].epoch:,}, is at {stated(path[index], names)}, cost {cost}"
    return said


def said_of_plane(slice: Slice, projection: Projection, *, short: bool = False) -> str:
    """Say how much of the path the plane holds, beside what it would hold of nothing, and how far off it goes."""
    from steepest.draw import paper

    distances = projection.distances[projection.distances.isfinite()]
    size = float(projection.coordinates.nan_to_num(0.0).abs().max())
    if not len(distances) or float(distances.max()) <= ROUNDING * size:
        return ""
    off = paper.number(float(distances.max()), 3)
    share = "" if projection.share is None else f"{100 * projection.share:.0f} % of "
    if short:
        return f"the plane holds {share}its motion, up to {off} off" if share else f"up to {off} off the plane"
    held = f", which holds {share}the path's motion{_null(slice)}" if share else ""
    return (
        f"a plane through {vectors.size(slice.origin):,} parameters{held}; the path is up to "
        f"{off} off it, so the colours are not the path's own costs"
    )


def _null(slice: Slice) -> str:
    """What principal directions hold of a path that means nothing, where the slice does not say so itself.

    Antognini and Sohl-Dickstein (2018).
    """
    if "random walk" in slice.about or not slice.axes or not all("principal" in axis for axis in slice.axes):
        return ""
    shares = [6 / (math.pi * order) ** 2 for order in range(1, len(slice.axes) + 1)]
    return f" (principal directions hold {100 * sum(shares):.0f} % of a random walk's)"
