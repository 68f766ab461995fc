"""The honest path: what the run's cost was, what the slice shows there, and how far off the slice it went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from steepest.draw.epochs import padded, set_heights
from steepest.draw.levels import numbers
from steepest.draw.paths import Marks
from steepest.errors import SteepestError, door
from steepest.slices import Projection
from steepest.trajectory import Trajectory

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_MARKS = 30


def off_plane(run: Trajectory, projection: Projection, *, cost_name: str = "cost", ax: Axes | None = None) -> Axes:
    """Draw by epoch the cost that a run had and the cost that a plane shows for it, and how far off the plane it was.

    `projection` is what `slices.project(run, onto=slice, cost=cost)` measured, each number asked of the cost itself at
    the point of the plane that is nearest to the step. Where the two lines part, a picture of the plane does not show
    what the run met. The distance stands below, on a figure of its own; on given axes its largest is said in words.

    Raises SteepestError for a projection without the plane's costs, or of another run.

    >>> from steepest.cost import Cost
    >>> from steepest.descent import descend
    >>> from steepest.slices import plane, project
    >>> cost = Cost.from_function(lambda u, v, w: u**2 + v**2 + 3 * w**2)
    >>> run = descend(cost, {"u": 1.0, "v": 1.0, "w": 1.0}, learning_rate=0.1, epochs=9)
    >>> cut = plane(cost, at=run.end, along=("u", "v"), reach=((-1, 1), (-1, 1)), points=5)
    >>> ax = off_plane(run, project(run, onto=cut, cost=cost))
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ["cost, the run's own", 'cost on the plane, nearest to it']
    """
    from steepest.draw import paper

    with door("draw.off_plane"):
        on, asked = projection.costs_on_slice, projection.asked
        if on is None or asked is None:
            raise SteepestError(
                "the projection has no costs on the plane", remedy="Give project() the cost: project(..., cost=cost)"
            )
        if len(projection.distances) != len(run.steps):
            raise SteepestError(
                f"the projection is of {len(projection.distances)} steps, and the run has {len(run.steps)}",
                remedy="Give the run that was projected",
            )
        below = None
        if ax is None:
            axes: Any = paper.blank(6.4, 5.4).subplots(2, 1, sharex=True, height_ratios=[2.4, 1])
            ax, below = axes
        assert ax is not None
        epochs = np.array([step.epoch for step in run.steps])
        own, there = projection.costs, on.double()
        known = torch.cat([own, there])
        known = known[known.isfinite()]
        log = len(known) > 0 and float(known.min()) > 0
        ax.autoscale(False)
        every = max(1, len(asked) // MOST_MARKS)
        (first,) = ax.plot(epochs, torch.where(own.isfinite(), own, torch.nan), color=paper.BLUE, lw=2.2, zorder=3)
        (second,) = ax.plot(
            epochs[numbers(asked).astype(int)], torch.where(there.isfinite(), there, torch.nan), color=paper.VERMILION,
            ls=(0, (5, 2)), lw=1.8, marker="D", ms=4, mec="black", mew=0.5, markevery=every, zorder=4,
        )  # fmt: skip
        shown = paper.fitted(cost_name, 110, size=paper.SMALL, lines=1)
        marks: Marks = [(first, f"{shown}, the run's own"), (second, f"{shown} on the plane, nearest to it")]
        set_heights(ax, torch.cat([own, there]), log)
        ax.set_xlim(*padded(int(epochs[0]), int(epochs[-1])))
        off = projection.distances
        farthest = float(off[off.isfinite()].max()) if bool(off.isfinite().any()) else float("nan")
        share = "" if projection.share is None else f"the plane holds {100 * projection.share:.0f} % of the motion; "
        notes = [f"{share}the path is up to {paper.number(farthest, 3)} off it", projection.method]
        _finish(ax, below, epochs, off, cost_name)
        if not log:
            ax.yaxis.set_major_formatter(paper.PlainTicks())
        paper.head(ax, f"{cost_name} of the run and on the plane", notes=notes, marks=marks)
    return ax


def _finish(ax: Axes, below: Any, epochs: np.ndarray, off: torch.Tensor, cost_name: str) -> None:
    from matplotlib.ticker import MaxNLocator

    from steepest.draw import paper

    paper.name_axes(ax, "" if below is not None else "epoch", cost_name)
    ax.grid(alpha=0.25)
    if below is not None:
        finite = torch.where(off.isfinite(), off, torch.nan)
        below.fill_between(epochs, 0, finite, color=paper.PURPLE, alpha=0.35, lw=0)
        below.plot(epochs, finite, color=paper.PURPLE, lw=1.6)
        below.set_ylim(bottom=0)
        paper.name_axes(below, "epoch", "off the plane")
        below.yaxis.set_major_formatter(paper.PlainTicks())
        below.grid(alpha=0.25)
    last = below if below is not None else ax
    last.xaxis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10], integer=True))
    last.xaxis.set_major_formatter(paper.PlainTicks())
