"""The lesson's own numbers, hidden ones like them, and the few lines of arithmetic that judge both."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import torch
from torch import Tensor

from steepest import tables
from steepest.cost import Cost

START = {"m": 0.9, "b": 0.1}
RATE = 0.01

Pair = tuple[float, float]


def trial() -> tuple[Cost, Tensor, Tensor]:
    """Give the trial's cost, its dosages and its scores, in float64."""
    table = tables.clinical_trial()
    inputs, targets = table.tensors()
    return table.cost(), inputs[:, 0], targets


def hidden(chance: Random, examples: int) -> tuple[Tensor, Tensor]:
    """Draw data that lie near a line, `examples` of them."""
    slope, intercept = chance.uniform(-2, 2), chance.uniform(-3, 3)
    x = [round(chance.uniform(-2, 4), 2) for _ in range(examples)]
    y = [round(slope * value + intercept + chance.gauss(0, 0.5), 2) for value in x]
    return torch.tensor(x, dtype=torch.float64), torch.tensor(y, dtype=torch.float64)


def slopes(m: float, b: float, x: Tensor, y: Tensor) -> Pair:
    """Both slopes of the mean squared error of a line."""
    over = m * x + b - y
    return float((2 * over * x).mean()), float((2 * over).mean())


def cost_of(m: float, b: float, x: Tensor, y: Tensor) -> float:
    """The mean squared error of a line."""
    return float(((m * x + b - y) ** 2).mean())


def listed(values: Sequence[float] | Tensor) -> str:
    """Write numbers one after the other, as short as they are.

    >>> listed([0.0, -1.5])
    '0, -1.5'
    """
    return ", ".join(f"{float(value) + 0.0:.6g}" for value in values)
