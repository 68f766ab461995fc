"""A descent, epoch by epoch."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from steepest.trajectory import Trajectory

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def cost_curve(
    run: Trajectory, *, minimum: float | None = None, log: bool = True, cost_name: str = "cost", ax: Axes | None = None
) -> Axes:
    """Draw the cost by epoch, on a logarithmic axis where the costs are positive.

    With the cost's `minimum`, the floor is dashed, and a second line is the cost above that floor: where it falls
    straight, every epoch takes the same share of what is left. Where costs are negative, only that second line is
    drawn; without a minimum the axis is linear, and says why. Costs that are not finite are marked at the top.

    It shows how fast the cost fell at this learning rate; a level line alone proves no minimum.

    >>> from steepest.cost import Cost
    >>> from steepest.descent import descend
    >>> cost = Cost.from_function(lambda m, b: (m - 1) ** 2 + b**2)
    >>> ax = cost_curve(descend(cost, {"m": 0.0, "b": 0.0}, learning_rate=0.1, epochs=50), minimum=0.0)
    >>> ax.get_yscale()
    'log'
    """
    from matplotlib.ticker import FixedLocator, MaxNLocator

    from steepest.draw import paper

    ax = paper.sheet(ax)
    ax.autoscale(False)  # limits are set below, from logarithms: autoscaling overflows near 1e308
    epochs = [step.epoch for step in run.steps]
    costs = torch.where(run.costs.isfinite(), run.costs, math.nan)
    known = costs[costs.isfinite()]
    lowest = float(known.min()) if len(known) else math.nan
    notes, marks, y_name = [run.because], [], cost_name
    title, cost_name = f"{cost_name} by epoch", paper.fitted(cost_name, 110, size=paper.SMALL, lines=1)
    dots = {"marker": "o", "markersize": 4} if len(epochs) <= 40 else {}
    rings = {**dots, "markersize": 7, "markerfacecolor": "none"} if dots else {}
    above, remark = _above(epochs, costs, minimum)
    only_above = log and lowest < 0 and bool((above > 0).any())
    logarithmic = only_above or (log and lowest >= 0 and bool((known > 0).any()))
    drawn: list[Tensor] = []
    if only_above:
        y_name = f"{cost_name} above the minimum"
    else:
        drawn.append(costs)
        marks += [(line, cost_name) for line in ax.plot(epochs, costs, color=paper.BLUE, lw=2, **dots)]
        if minimum is not None and (minimum > 0 or not logarithmic):
            drawn.append(costs.new_tensor([minimum]))
            floor = ax.axhline(minimum, color=paper.ink(ax), ls=(0, (5, 3)), lw=1.2)
            marks.append((floor, f"minimum {paper.number(minimum)}"))
    if logarithmic and minimum and bool((above > 0).any()):
        drawn.append(above)
        label = f"{cost_name} above the minimum" + (f", {paper.number(minimum)}" if only_above else "")
        dashes = (0, (2, 1))
        marks += [(line, label) for line in ax.plot(epochs, above, color=paper.VERMILION, ls=dashes, lw=1.8, **rings)]
    notes.append(remark)
    if log and not logarithmic and len(known):
        notes.append(f"linear axis: the {cost_name} is as low as {paper.number(lowest)}, and has no logarithm there")
    ax.set_xlim(*padded(epochs[0], epochs[-1]))
    set_heights(ax, torch.cat(drawn), logarithmic)
    edge = ax.get_xaxis_transform()
    for what, style, colour, height, here in (
        ("not finite", "X", paper.VERMILION, 1.0, ~run.costs.isfinite()),
        ("0, below the axis", "v", paper.BLUE, 0.0, (costs == 0) & logarithmic & (not only_above)),
    ):
        if at := [epoch for epoch, marked in zip(epochs, here.tolist(), strict=True) if marked]:
            (points,) = ax.plot(
                at, [height] * len(at), style, transform=edge, color=colour, markersize=8,
                markeredgecolor="white", clip_on=False, zorder=5,
            )  # fmt: skip
            marks.append((points, f"{what}, first at epoch {at[0]:,}"))
    every = "" if run.every == 1 else f" (every {run.every:,} of them)"
    paper.name_axes(ax, f"epoch{every}", y_name)
    ticks = MaxNLocator(nbins=8, steps=[1, 2, 5, 10], integer=True)
    ax.xaxis.set_major_locator(ticks if len(epochs) > 1 else FixedLocator(epochs))
    ax.xaxis.set_major_formatter(paper.PlainTicks())
    if not logarithmic:
        ax.yaxis.set_major_formatter(paper.PlainTicks())
    ax.grid(alpha=0.25)
    paper.head(ax, title, notes=notes, marks=marks)
    return ax


def _above(epochs: list[int], costs: Tensor, minimum: float | None) -> tuple[Tensor, str]:
    """The cost above the minimum, NaN where the difference is nothing but rounding, and what to say of it."""
    from steepest.draw import paper

    nothing = torch.full_like(costs, math.nan)
    if minimum is None or not bool(costs.isfinite().any()):
        return nothing, ""
    above = costs - minimum
    rounding = 4 * torch.finfo(torch.float64).eps * costs.abs().clamp(min=abs(minimum))
    below = float((-above)[costs.isfinite()].max())
    if below > 1e-9 * abs(minimum):
        said = f"the cost falls {paper.number(below)} below the minimum given, so that is not the minimum"
        return nothing, said
    reached = (above <= rounding).nonzero()
    said = f"at the minimum, to rounding, from epoch {epochs[int(reached[0])]:,}" if len(reached) else ""
    return torch.where(above > rounding, above, math.nan), said


def padded(low: float, high: float) -> tuple[float, float]:
    """Limits a little wider than the epochs."""
    margin = 0.03 * (high - low) or 0.5
    return low - margin, high + margin


def set_heights(ax: Axes, values: Tensor, logarithmic: bool) -> None:
    """Limits that hold the finite values, set from logarithms where the axis is logarithmic."""
    from matplotlib.ticker import FixedLocator, NullLocator

    values = values[values.isfinite() & ((values > 0) | (not logarithmic))]
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.1 * logarithmic, 1.0)
    if not logarithmic:
        margin = high * 0.05 - low * 0.05 or 0.1 * abs(high) or 1.0
        ax.set_ylim(max(low - margin, -1e308), min(high + margin, 1e308))
        return
    low, high = math.log10(low), math.log10(high)
    margin = 0.05 * (high - low) or 0.5
    ax.set_ylim(10.0 ** max(low - margin, -307), 10.0 ** min(high + margin, 308))
    ax.set_yscale("log")
    if high > 200 or low < -200:  # matplotlib looks for ticks far beyond the axis, and overflows
        ax.yaxis.set_major_locator(FixedLocator([10.0**power for power in range(-300, 301, 50)]))
        ax.yaxis.set_minor_locator(NullLocator())
