"""Whether the recorded costs and gradients are those of one function: the trapezoid rule along each step."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

PAIRS = 20
"""Latest pairs of steps that are compared: of so many, the median no longer hangs on two or three."""

FEWEST = 3
"""Pairs below which nothing is said: their median would be one of them."""

BALANCE = 1.0
"""Largest gap, as a share of the mean slope at both ends, that one cost may show along a step.

A cost that bends one way along the step lies between what its two slopes say, so that its gap is at most 1. Measured,
as the median of 20 pairs on one batch: at most 0.90, of a network at a rate at which it bounces without end. A new
batch at each step: 1 to 10,000; but 0.2 to 1 at a rate so large that each step overshoots its own batch, and below 0.2
where the batches differ by less than a step does: there the curvature that is read is nearly right.
"""

HALVED = 0.9
"""The same where the cost always falls by more than accounted for: gradients that are half too small show 1, and of
costs on one batch, only a power above the twentieth."""

ONE_SIDED = 0.9
"""Share of the gaps that their sum must keep to lean to one side: those of noise cancel, those of a wrong scale not."""

SIDES = 6
"""Pairs below which a lean is chance: three gaps of noise lean to one side at one start in six."""

LAST_DIGITS = 100
"""Last digits of a cost that a gap must exceed: float32 costs on one batch were off by up to 7 of them."""


@dataclass(frozen=True)
class Balance:
    """Over some pairs of steps, how far the cost's change is from what the gradients at both ends account for."""

    pairs: int = 0
    gap: float = 0.0
    """Median of `|change - accounted|` over the mean size of the two slopes along the step."""

    lean: float = 0.0
    """Sum of the gaps over the sum of their sizes: -1 where the cost always falls by more than accounted for."""

    change: float = 0.0
    accounted: float = 0.0

    @property
    def one_sided(self) -> bool:
        return self.pairs >= SIDES and abs(self.lean) > ONE_SIDED

    @property
    def agrees(self) -> bool:
        return self.pairs < FEWEST or self.gap <= (HALVED if self.one_sided and self.lean < 0 else BALANCE)


def balance(before: Tensor, after: Tensor, slopes: Tensor, slopes_after: Tensor, *, eps: float) -> Balance:
    """Compare the change of a cost along each step with that by the trapezoid rule, all of shape `(pairs,)`.

    `after - before = (step . gradient + step . next gradient) / 2`, exactly for a quadratic cost, else up to the third
    order of the step, whoever made it: plain descent, momentum, Adam. `slopes` are `step . gradient`.
    """
    change, accounted = after - before, (slopes + slopes_after) / 2
    gaps = change - accounted
    rounding = LAST_DIGITS * eps * torch.maximum(before.abs(), after.abs())
    shares = torch.where(gaps.abs() > rounding, gaps.abs() / ((slopes.abs() + slopes_after.abs()) / 2), 0.0)
    fine = gaps.isfinite() & ~shares.isnan()
    gaps, shares, change, accounted = gaps[fine], shares[fine], change[fine], accounted[fine]
    if not len(gaps):
        return Balance()
    parts = gaps / gaps.abs().max().clamp_min(torch.finfo(gaps.dtype).tiny)  # the sum of a diverging run may overflow
    total = float(parts.abs().sum())
    return Balance(
        len(gaps),
        float(shares.median()),
        float(parts.sum()) / total if total else 0.0,
        float(change.abs().median()),
        float(accounted.abs().median()),
    )
