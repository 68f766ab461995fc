"""How a watched loop ended, as far as its numbers show it."""

from __future__ import annotations

import math

import torch

from steepest.diagnosis.trapezoid import PAIRS, Balance, balance
from steepest.trajectory import Outcome
from steepest.watcher.measurements import Measurements

IN_A_ROW = 3
"""Steps whose rate x curvature must be above 2, and a cost above its start, for a walk to have diverged."""


def ending(table: Measurements, how: str, *, interrupted: bool) -> tuple[Outcome, str]:
    """Give the outcome and its numbers; a noisy cost alone, which may rise for a while, is no divergence.

    Curvature is read from consecutive gradients only where they are those of the recorded cost, by the trapezoid rule.
    """
    norm, cost, start = float(table.gradient_norm[-1]), float(table.costs[-1]), float(table.costs[0])
    last = int(table.epochs[-1])
    if interrupted:
        return Outcome.INTERRUPTED, f"interrupted; watched {how}"
    if not math.isfinite(norm) or math.isinf(cost) or (math.isnan(cost) and not math.isnan(start)):
        return (
            Outcome.DIVERGED,
            f"diverged by epoch {last}, where the cost is {cost:.4g} and the gradient's norm {norm:.3g}; watched {how}",
        )
    if math.isnan(cost):
        return Outcome.OUT_OF_EPOCHS, f"watched {how}; the loss was not recorded, the gradient's norm is {norm:.3g}"
    turned = table.rate_times_curvature[-IN_A_ROW - 1 : -1]
    if len(turned) == IN_A_ROW and bool((turned > 2).all()) and cost > start:
        if not _balance(table).agrees:
            how += (
                ", whose costs and gradients disagree, as with a new batch at each step: no curvature is read of them"
            )
            return Outcome.OUT_OF_EPOCHS, f"watched {how}; the gradient's norm is {norm:.3g}"
        return (
            Outcome.DIVERGED,
            f"diverged: by epoch {last} the cost is {cost:.4g}, above its {start:.4g} at the start, with rate x "
            f"curvature at {float(turned[-1]):.4g} along the last step; watched {how}",
        )
    return Outcome.OUT_OF_EPOCHS, f"watched {how}, with the gradient's norm at {norm:.3g}"


def _balance(table: Measurements) -> Balance:
    """Of the latest steps, each `-rate * gradient`, as it is wherever the table shows a curvature."""
    latest = slice(-PAIRS - 1, None)
    costs, rates, norms = table.costs[latest], table.learning_rates[latest, 0], table.gradient_norm[latest].double()
    slopes, after = -rates[:-1] * norms[:-1].square(), -rates[:-1] * table.gradient_dots[latest].double().sum(dim=1)[1:]
    return balance(costs[:-1], costs[1:], slopes, after, eps=torch.finfo(table.gradient_norms.dtype).eps)
