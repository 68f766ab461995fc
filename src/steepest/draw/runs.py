"""Several runs over one map, told apart by colour, dashes and marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from steepest.draw.beside_lines import STYLES
from steepest.draw.paths import MOST_STEPS, Marks, nearer, said_of_plane, within
from steepest.errors import SteepestError
from steepest.slices import Slice, project
from steepest.slices.projection import thinned
from steepest.trajectory import Trajectory

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_RUNS = len(STYLES)
"""More lines than these cannot be told apart."""

ENDS = "s^DvPX*p"
"""The mark at the end of each run, no two the same."""


def named(runs: Trajectory | Sequence[Trajectory] | Mapping[str, Trajectory] | None) -> dict[str, Trajectory]:
    """Runs by their names; those without one are counted."""
    if runs is None:
        return {}
    if isinstance(runs, Trajectory):
        return {"path": runs}
    found = dict(runs) if isinstance(runs, Mapping) else {f"run {index}": run for index, run in enumerate(runs, 1)}
    if len(found) > MOST_RUNS:
        raise SteepestError(
            f"{len(found)} runs are to be drawn, and {MOST_RUNS} can be told apart",
            remedy="Draw fewer of them on one plane",
        )
    return found


def walks(ax: Axes, slice: Slice, runs: Mapping[str, Trajectory], marks: Marks) -> list[str]:
    """Draw several paths, each with its own colour, dashes and mark at its end; a ring is where each starts."""
    from matplotlib.lines import Line2D

    from steepest.draw import paper

    notes: list[str] = []
    for (name, run), (colour, dashes), end in zip(runs.items(), STYLES, ENDS, strict=False):
        projection = project(run, onto=slice)
        path = [(float(x), float(y)) for x, y in projection.coordinates.tolist()]
        inside = [within(place, ax) for place in path]
        last = max((index for index, here in enumerate(inside) if here), default=-1)
        drawn = [index for index in thinned(len(path), MOST_STEPS) if index <= last + 1] if last >= 0 else []
        drawn = sorted({*drawn, *range(max(0, last), min(last + 2, len(path)))}) if last >= 0 else []
        if drawn:
            x, y = zip(*(nearer(path[index], ax) for index in drawn), strict=True)
            ax.plot(x, y, color="white", linewidth=4.2, zorder=3.9)
            ax.plot(x, y, color=colour, linestyle=dashes, linewidth=2.0, zorder=4)
        for index, style, size in ((0, "o", 7), (len(path) - 1, end, 8)):
            if inside[index]:
                face = "white" if index == 0 else colour
                ax.plot(
                    *path[index], style, color=face, markersize=size, markeredgecolor="black", markeredgewidth=1.1,
                    linestyle="none", zorder=5,
                )  # fmt: skip
        key = Line2D([], [], color=colour, linestyle=dashes, linewidth=2, marker=end, markeredgecolor="black")
        marks.append((key, f"{name}: {paper.number(run.steps[0].cost, 3)} to {paper.number(run.steps[-1].cost, 3)}"))
        said = [said_of_plane(slice, projection, short=True)]
        if (outside := inside.count(False)) > 0:
            said.append(f"{outside:,} of {len(path):,} steps outside this frame")
        if any(said):
            notes.append(f"{name}: {'; '.join(part for part in said if part)}")
    return notes
