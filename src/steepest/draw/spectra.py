"""The Hessian's eigenvalues: those that are known with their residuals, or how all of them are spread."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from steepest.curvature import Curvature
from steepest.curvature.density import SpectralDensity
from steepest.draw.levels import numbers
from steepest.draw.paths import Marks
from steepest.errors import SteepestError, door

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SPAN = 30
"""Eigenvalues that are all positive and lie so many times apart are drawn on a logarithmic axis."""

LOWEST = 1e-6
"""A density below this share of its highest is below the axis: there, a Gaussian's tail is all that is left."""


def spectrum(found: Curvature | SpectralDensity, *, learning_rate: float | None = None, ax: Axes | None = None) -> Axes:
    """Draw eigenvalues of the Hessian in falling order with their residuals, or the density of all of them.

    A bar is the residual's length: an eigenvalue of the Hessian lies within it. A density is a mean over random probes,
    its band the standard error; its width is that of the Gaussians, no eigenvalue's own. With a `learning_rate` its
    limit is marked, `2 / learning_rate`: along directions that bend more, plain descent with that rate grows.

    Of a partial spectrum only the ends are drawn; what lies between was not sought.

    Raises SteepestError for a learning rate that is not positive.

    >>> from steepest import Cost, curvature_at
    >>> cost = Cost.from_function(lambda m, b: 3 * m**2 - b**2)
    >>> ax = spectrum(curvature_at(cost, {"m": 0.9, "b": 0.1}), learning_rate=0.2)
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['bends upwards', 'bends downwards', '2 / 0.2 = 10']
    """
    from steepest.draw import paper

    with door("draw.spectrum"):
        if learning_rate is not None and not learning_rate > 0:
            raise SteepestError(f"{learning_rate:g} is no learning rate", remedy="Give more than 0")
        ax = paper.sheet(ax)
        marks: Marks = []
        limit = None if learning_rate is None else 2 / learning_rate
        if isinstance(found, Curvature):
            title, notes = _values(ax, found, limit, marks)
        else:
            title, notes = _density(ax, found, limit, marks)
        if limit is not None:
            draw_limit = ax.axhline if isinstance(found, Curvature) else ax.axvline
            edge = draw_limit(limit, color=paper.ink(ax), lw=1.3, ls=(0, (5, 3)), zorder=2)
            marks.append((edge, f"2 / {paper.number(learning_rate or 0)} = {paper.number(limit, 3)}"))
        ax.grid(alpha=0.25)
        paper.head(ax, title, notes=[*notes, found.method], marks=marks)
    return ax


def _values(ax: Axes, found: Curvature, limit: float | None, marks: Marks) -> tuple[str, list[str]]:
    from matplotlib.ticker import MaxNLocator

    from steepest.draw import paper

    values, bars = numbers(found.eigenvalues), numbers(found.residuals)
    ranks = np.arange(1, len(values) + 1)
    log = bool((values > 0).all() and values.max() > SPAN * values.min())
    for up, colour, style, word in (
        (values >= 0, paper.BLUE, "o", "bends upwards"),
        (values < 0, paper.VERMILION, "v", "bends downwards"),
    ):
        if up.any():
            lower = np.minimum(bars[up], 0.999 * values[up]) if log else bars[up]
            container = ax.errorbar(
                ranks[up], values[up], yerr=np.stack([lower, bars[up]]), color=colour, marker=style, ms=6, mec="black",
                mew=0.5, ls="none", capsize=3, elinewidth=1.2, zorder=3,
            )  # fmt: skip
            marks.append((container.lines[0], word))
    if log:
        ax.set_yscale("log")
    else:
        ax.axhline(0, color=paper.ink(ax), lw=0.8)
        ax.yaxis.set_major_formatter(paper.PlainTicks())
    ax.set_xlim(0.4, len(values) + 0.6)
    ax.margins(y=0.08)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=10, integer=True))
    which = "the largest and smallest" if found.partial else "all of them"
    paper.name_axes(ax, f"eigenvalue, {which}, in falling order", "eigenvalue of the Hessian")
    notes = [f"bars are residuals, at most {paper.number(float(bars.max()), 2)}"]
    if found.learning_rate_limit is not None:
        notes.append(
            f"above a learning rate of {paper.number(found.learning_rate_limit, 3)} plain descent grows along the first"
        )
    if limit is not None and (over := int((values > limit).sum())):
        notes.append(f"{over:,} above the limit: plain descent with that rate grows along them")
    return "How the cost bends", notes


def _density(ax: Axes, found: SpectralDensity, limit: float | None, marks: Marks) -> tuple[str, list[str]]:
    from steepest.draw import paper

    x, mean, error = numbers(found.grid), numbers(found.density), numbers(found.spread)
    highest = float(mean.max())
    floor = LOWEST * highest
    band = ax.fill_between(x, np.maximum(mean - error, floor / 10), mean + error, color=paper.SKY, alpha=0.45, lw=0)
    (line,) = ax.plot(x, np.maximum(mean, floor / 10), color=paper.BLUE, lw=1.8)
    marks += [(line, "share of eigenvalues, per unit"), (band, "± standard error over probes")]
    ax.set_yscale("log")
    ax.set_ylim(floor, 3 * highest)
    if limit is not None:
        ax.set_xlim(min(float(x[0]), limit), max(float(x[-1]), 1.04 * limit))
    ax.axvline(0, color=paper.ink(ax), lw=0.8)
    ax.xaxis.set_major_formatter(paper.PlainTicks())
    paper.name_axes(ax, "eigenvalue of the Hessian", "density")
    below, doubt = found.share_below(0.0)
    notes = [f"{_percent(below)} ± {_percent(doubt)} % of them below 0"]
    if limit is not None:
        under, doubt = found.share_below(limit)
        notes.append(f"{_percent(1 - under)} ± {_percent(doubt)} % above the limit")
    return "How the Hessian's eigenvalues are spread", notes


def _percent(share: float) -> str:
    from steepest.draw import paper

    return paper.number(100 * round(share, 9) + 0.0, 2)  # weights sum to 1 but for rounding
