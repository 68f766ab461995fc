"""Which rows of the data are drawn, and the limits that hold them."""

from __future__ import annotations

import torch
from torch import Tensor

from steepest.errors import SteepestError

MOST_ROWS = 2000
"""Of more rows than these, so many are drawn, evenly spaced: more would be slow, and a dark cloud."""

WIDEST = 20
"""Estimates that need more than so many times the height of the targets are outside the frame, and it says so."""


def sampled(values: Tensor) -> Tensor:
    """All the rows, or `MOST_ROWS` of them, the first and the last included."""
    if len(values) <= MOST_ROWS:
        return values
    return values[torch.linspace(0, len(values) - 1, MOST_ROWS, dtype=torch.float64).round().long().to(values.device)]


def finite(inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor, int]:
    """The rows whose inputs and target are all finite, and how many others there are."""
    whole = inputs.reshape(len(inputs), -1).isfinite().all(dim=1) & targets.reshape(-1).isfinite().to(inputs.device)
    if not bool(whole.any()):
        raise SteepestError("no row is finite in its inputs and its target", remedy="Drop or mend the missing values")
    return inputs[whole], targets[whole.to(targets.device)], int((~whole).sum())


def limits(y: Tensor, estimates: Tensor) -> tuple[float, float, bool]:
    """Limits that hold the targets, and the estimates too unless they would make the targets a flat line."""
    low, high = float(y.min()), float(y.max())
    height = high - low or abs(high) or 1.0
    lowest, highest = min(low, float(estimates.min())), max(high, float(estimates.max()))
    fits = bool(estimates.isfinite().all()) and highest - lowest <= WIDEST * height
    if fits:
        low, high = lowest, highest
    margin = 0.06 * (high - low or height)
    return low - margin, high + margin, fits
