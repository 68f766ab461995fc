"""Sharpness over a run against the largest that its learning rate allows: the edge of stability."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import torch

from steepest.curvature import Curvature
from steepest.draw.epochs import padded, set_heights
from steepest.draw.paths import Marks
from steepest.errors import SteepestError, door

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def sharpness(measured: Mapping[float, Sequence[tuple[int, Curvature]]], *, ax: Axes | None = None) -> Axes:
    """Draw the sharpness measured along one run or several, with its residual as a bar, and `2 / learning rate`.

    `measured` gives for each learning rate the epochs at which `curvature_at` was asked, with its answers. A bar is the
    residual's length: an eigenvalue of the Hessian lies within it. Where only ends of the spectrum were sought, the
    largest may lie above, which the picture says.

    Gradient descent on all the data at once tends to sharpen its place until 2 / learning rate, and then stays about
    there while the cost goes on falling, not at every step: the edge of stability (Cohen et al., 2021). Below the
    dashed line a step along the sharpest direction contracts, above it grows. The line holds for plain gradient descent
    with all the data; momentum, Adam and minibatches have other limits, and this picture proves nothing of them.

    Raises SteepestError where nothing was measured, and for a rate that is not positive.

    >>> from steepest import Cost, curvature_at
    >>> cost = Cost.from_function(lambda m, b: 3 * m**2 + b**2)
    >>> ax = sharpness({0.2: [(0, curvature_at(cost, {"m": 0.9, "b": 0.1}))]})
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['rate 0.2: sharpness', '2 / 0.2 = 10']
    """
    from matplotlib.ticker import FixedLocator, MaxNLocator

    from steepest.draw import paper

    with door("draw.sharpness"):
        runs = {rate: sorted(found, key=lambda pair: pair[0]) for rate, found in sorted(measured.items())}
        if not runs or not all(runs.values()):
            raise SteepestError(
                "there is no curvature to draw",
                remedy="Give for each learning rate pairs of an epoch and curvature_at(cost, params)",
            )
        if wrong := [rate for rate in runs if not rate > 0]:
            raise SteepestError(f"{wrong[0]:g} is no learning rate", remedy="Give the rate of the run, more than 0")
        ax = paper.sheet(ax)
        ax.autoscale(False)
        colours = (paper.BLUE, paper.VERMILION, paper.GREEN, paper.PURPLE, paper.ORANGE)
        marks: Marks = []
        heights: list[float] = [0.0]
        for place, (rate, found) in enumerate(runs.items()):
            colour = colours[place % len(colours)]
            epochs = [epoch for epoch, _ in found]
            values = [curvature.sharpness for _, curvature in found]
            bars = [abs(curvature.sharpness) * curvature.residual for _, curvature in found]
            container = ax.errorbar(
                epochs, values, yerr=bars, color=colour, lw=1.6, marker="osD^v"[place % 5], ms=4.5, mec="black",
                mew=0.5, capsize=2.5, elinewidth=1, zorder=3,
            )  # fmt: skip
            limit = 2 / rate
            edge = ax.axhline(limit, color=colour, lw=1.2, ls=("--", "-.", ":")[place % 3], zorder=1)
            marks += [
                (container.lines[0], f"rate {paper.number(rate)}: sharpness"),
                (edge, f"2 / {paper.number(rate)} = {paper.number(limit, 3)}"),
            ]
            heights += [limit, *(v - b for v, b in zip(values, bars, strict=True))]
            heights += [v + b for v, b in zip(values, bars, strict=True)]
        set_heights(ax, torch.tensor(heights, dtype=torch.float64), False)
        if min(heights) >= 0:
            ax.set_ylim(bottom=0)
        known = sorted({epoch for found in runs.values() for epoch, _ in found})
        ax.set_xlim(*padded(known[0], known[-1]))
        ticks = MaxNLocator(nbins=8, steps=[1, 2, 5, 10], integer=True)
        ax.xaxis.set_major_locator(ticks if len(known) > 1 else FixedLocator(known))
        ax.xaxis.set_major_formatter(paper.PlainTicks())
        ax.yaxis.set_major_formatter(paper.PlainTicks())
        ax.grid(alpha=0.25)
        paper.name_axes(ax, "epoch", "sharpness: largest Hessian eigenvalue")
        paper.head(ax, "Sharpness against 2 / learning rate", notes=_notes(runs), marks=marks)
    return ax


def _notes(runs: Mapping[float, Sequence[tuple[int, Curvature]]]) -> list[str]:
    """How surely the sharpnesses are known."""
    from steepest.draw import paper

    everything = [curvature for found in runs.values() for _, curvature in found]
    worst = max(curvature.residual for curvature in everything)
    count = f"{len(everything):,} measurement" + "s" * (len(everything) > 1)
    notes = [f"{count}; bars are residuals, at most {paper.number(100 * worst, 2)} % of the sharpness"]
    partial = [curvature for curvature in everything if curvature.partial]
    if partial:
        most = max(curvature.unseen for curvature in partial)
        by = f", with 99 % probability by {paper.number(most, 2)} at most" if most < float("inf") else ""
        notes.append(f"only ends of the spectrum were sought: the largest may lie above{by}")
    loose = sum(not curvature.converged for curvature in everything)
    if loose:
        notes.append(f"{loose:,} of them not settled")
    return notes
