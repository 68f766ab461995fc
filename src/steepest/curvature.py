"""How a cost bends, and what that says of learning rates and epochs; exact, for costs of few parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from steepest import vectors
from steepest.cost import Cost
from steepest.errors import SteepestError, door
from steepest.vectors import Params

LARGEST = 2_000
"""Beyond this many parameters, one Hessian product for each would be dearer than what it tells."""


@dataclass(frozen=True)
class Curvature:
    """The Hessian's eigenvalues at one point, and what follows from them.

    `sharpness` is the largest eigenvalue, `residual` how far its direction v is from `H v = sharpness v`, as a share
    of it; `condition_number` is largest over smallest, or None and `why` where not all are positive;
    `learning_rate_limit` is `2 / sharpness`, above which plain descent diverges on this bowl (None where nothing bends
    upwards). `eigenvalues` are in falling order, `directions` their unit vectors, one a row.
    """

    sharpness: float
    residual: float
    smallest: float
    condition_number: float | None
    why: str
    learning_rate_limit: float | None
    method: str
    eigenvalues: Tensor = field(repr=False)
    directions: Tensor = field(repr=False)

    @property
    def best_learning_rate(self) -> float | None:
        """The fixed rate that contracts the worst mode most: `2 / (smallest + sharpness)` (Polyak, 1964)."""
        return None if self.condition_number is None else 2 / (self.smallest + self.sharpness)

    def contraction(self, learning_rate: float) -> Tensor:
        """By what factor each mode's distance shrinks (or grows) in one step: `|1 - learning_rate * eigenvalue|`."""
        return (1 - learning_rate * self.eigenvalues).abs()

    def half_life(self, learning_rate: float) -> float:
        """After how many epochs the distance along the slowest mode has halved; infinite where it never does."""
        slowest = float(self.contraction(learning_rate).max())
        return math.log(0.5) / math.log(slowest) if 0 < slowest < 1 else (0.0 if slowest == 0 else math.inf)

    def to_dict(self) -> dict[str, Any]:
        """Turn the curvature into numbers, strings and lists."""
        return {
            "sharpness": self.sharpness,
            "residual": self.residual,
            "smallest": self.smallest,
            "condition_number": self.condition_number,
            "why": self.why,
            "learning_rate_limit": self.learning_rate_limit,
            "best_learning_rate": self.best_learning_rate,
            "method": self.method,
            "eigenvalues": self.eigenvalues.tolist(),
        }


def curvature_at(cost: Cost, at: Mapping[str, Tensor | float]) -> Curvature:
    """Measure how a cost bends at a point: eigenvalues of its Hessian, condition number, learning-rate limit.

    A cost that knows a factor A of its Hessian `A'A` is decomposed by A's singular values, which keeps twice the
    digits (Golub and Van Loan, 2013, §8.6); any other gives one Hessian product a parameter.

    Raises SteepestError beyond 2,000 parameters, and where a product is not finite.

    >>> cost = Cost.from_function(lambda m, b: 3 * m**2 + b**2, dtype=torch.float64)
    >>> curvature = curvature_at(cost, {"m": 0.9, "b": 0.1})
    >>> curvature.sharpness, curvature.condition_number, curvature.learning_rate_limit
    (6.0, 3.0, 0.3333333333333333)
    """
    with door("curvature_at"):
        params = cost.params(at)
        count = vectors.size(params)
        if count > LARGEST:
            raise SteepestError(
                f"the cost has {count:,} parameters, and exact curvature takes a Hessian product for each",
                remedy=f"Ask for it with at most {LARGEST:,} parameters",
            )
        if cost.factor is not None:
            factor = cost.factor
            _, values, directions = torch.linalg.svd(factor, full_matrices=factor.shape[0] < factor.shape[1])
            values = torch.cat([values.square(), values.new_zeros(count - len(values))])
            scale = torch.finfo(torch.float64).eps * max(factor.shape)
            noise = float(values[0]) * scale**2
            top = factor.T @ (factor @ directions[0])
            method = "exact: singular values of the Hessian's factor"
        else:
            hessian = torch.stack([vectors.flat(cost.product(params, unit)).double().cpu() for unit in _units(params)])
            if not bool(torch.isfinite(hessian).all()):
                raise SteepestError(
                    "the curvature is not finite here", cause="The cost overflows at this point", remedy="Ask nearer"
                )
            values, columns = torch.linalg.eigh((hessian + hessian.T) / 2)
            values, directions = values.flip(0), columns.T.flip(0)
            eps = torch.finfo(next(iter(params.values())).dtype).eps
            noise = float(values.abs().max()) * eps * count
            top = hessian @ directions[0]
            method = f"exact: all eigenvalues of the Hessian, from {count} Hessian products"
        sharpness, smallest = float(values[0]), float(values[-1])
        residual = float((top - sharpness * directions[0]).norm()) / abs(sharpness) if sharpness else 0.0
        condition, why = None, ""
        if smallest > noise:
            condition = sharpness / smallest
        elif smallest < -noise:
            why = f"the smallest eigenvalue is negative ({smallest:.4g}): the cost bends downwards in some direction"
        else:
            why = "the smallest eigenvalue is zero to within rounding: the cost is flat in some direction"
        return Curvature(
            sharpness=sharpness,
            residual=residual,
            smallest=smallest,
            condition_number=condition,
            why=why,
            learning_rate_limit=2 / sharpness if sharpness > 0 else None,
            method=method,
            eigenvalues=values,
            directions=directions,
        )


def cost_by_mode(curvature: Curvature, gradient: Params) -> Tensor:
    """Split a bowl's cost above its minimum into the shares of its modes, in the order of the eigenvalues.

    `share_i = (direction_i . gradient)^2 / (2 eigenvalue_i)`, shape `(modes,)`; infinite where an eigenvalue is zero
    and the gradient is not. Exact where the cost is a bowl, else what the bowl that touches it here would say.

    >>> cost = Cost.from_function(lambda m, b: 3 * m**2 + b**2, dtype=torch.float64)
    >>> point = cost.params({"m": 1.0, "b": 2.0})
    >>> cost_by_mode(curvature_at(cost, point), cost.value_and_gradient(point)[1])
    tensor([3., 4.], dtype=torch.float64)
    """
    along = curvature.directions @ vectors.flat(gradient).double().cpu()
    return torch.where(along == 0, 0.0, along.square() / (2 * curvature.eigenvalues))


def above_minimum_after(curvature: Curvature, gradient: Params, *, learning_rate: float, epochs: int) -> float:
    """Predict how far above its minimum a bowl's cost is after so many epochs.

    `sum_i share_i (1 - learning_rate * eigenvalue_i)^(2 epochs)`

    >>> cost = Cost.from_function(lambda m: 3 * m**2, dtype=torch.float64)
    >>> point = cost.params({"m": 1.0})
    >>> gradient = cost.value_and_gradient(point)[1]
    >>> above_minimum_after(curvature_at(cost, point), gradient, learning_rate=0.25, epochs=1)
    0.75
    """
    shares = cost_by_mode(curvature, gradient)
    moving = shares != 0
    return float((shares[moving] * curvature.contraction(learning_rate)[moving] ** (2 * epochs)).sum())


def epochs_until(curvature: Curvature, gradient: Params, *, learning_rate: float, above_minimum: float) -> int | None:
    """Predict after how many epochs a bowl's cost is less than `above_minimum` above its minimum.

    The smallest number for which `above_minimum_after` is below it, found by bisection, since every mode's share
    shrinks at every epoch. None where the rate diverges or a flat mode keeps the cost up for ever.

    >>> cost = Cost.from_function(lambda m, b: 3 * m**2 + b**2, dtype=torch.float64)
    >>> point = cost.params({"m": 1.0, "b": 2.0})
    >>> gradient = cost.value_and_gradient(point)[1]
    >>> epochs_until(curvature_at(cost, point), gradient, learning_rate=0.1, above_minimum=1e-3)
    19
    """

    def high_above(epochs: int) -> bool:
        left = above_minimum_after(curvature, gradient, learning_rate=learning_rate, epochs=epochs)
        return not left < above_minimum

    moving = cost_by_mode(curvature, gradient) != 0
    if bool((curvature.contraction(learning_rate)[moving] >= 1).any()):
        return None
    if not high_above(0):
        return 0
    high = 1
    while high_above(high):
        high *= 2
        if high > 2**62:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if high_above(middle) else (low, middle)
    return high


def _units(params: Params) -> list[Params]:
    zeros = {name: torch.zeros_like(value) for name, value in params.items()}
    units = []
    for name, value in params.items():
        for index in range(value.numel()):
            unit = torch.zeros_like(value)
            unit.reshape(-1)[index] = 1
            units.append(zeros | {name: unit})
    return units
