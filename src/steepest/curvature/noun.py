"""What is known of how a cost bends at one point."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor


@dataclass(frozen=True)
class Curvature:
    """The Hessian's eigenvalues at one point, all of them or those at both ends, and what follows from them.

    `sharpness` is the largest eigenvalue, `residual` how far its direction v is from `H v = sharpness v`, as a share
    of it; `smallest` is the smallest, not the one smallest in size, and `smallest_residual` that length itself, since
    a share of nearly nothing says nothing. `condition_number` is largest over smallest, or None and `why` where not all
    are positive beyond doubt; `learning_rate_limit` is `2 / sharpness`, above which plain descent diverges on this bowl
    (None where nothing bends upwards). `eigenvalues` are in falling order, `directions` their unit vectors, one a row,
    `residuals` the length `|H v - eigenvalue v|` of each.

    Where the spectrum is `partial`, only eigenvalues at its ends are there, each a value that the Hessian takes along
    its direction: so the true largest is never below `sharpness`, the true smallest never above `smallest`. With 99 %
    probability over the random start, neither lies more than `unseen` beyond.

    Eigenvalues are in cost per parameter squared. `method` says how they were got, `converged` whether every residual
    asked for fell below the tolerance, `products` at the price of how many Hessian products; `examples` is how many
    the cost is a mean over.

    >>> import torch
    >>> from steepest import Cost, curvature_at
    >>> cost = Cost.from_function(lambda m, b: 3 * m**2 + b**2, dtype=torch.float64)
    >>> curvature = curvature_at(cost, {"m": 0.9, "b": 0.1})
    >>> curvature.eigenvalues.tolist(), curvature.best_learning_rate
    ([6.0, 2.0], 0.25)
    >>> curvature.contraction(0.25).tolist(), curvature.half_life(0.25)
    ([0.5, 0.5], 1.0)
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
    residuals: Tensor = field(repr=False)
    smallest_residual: float = 0.0
    unseen: float = 0.0
    partial: bool = False
    converged: bool = True
    products: int = 0
    examples: int | None = None
    names: tuple[str, ...] = ()
    """The parameters whose block of the Hessian this is."""

    @property
    def best_learning_rate(self) -> float | None:
        """The fixed learning rate that contracts the worst mode most: `2 / (smallest + sharpness)` (Polyak, 1964)."""
        return None if self.condition_number is None else 2 / (self.smallest + self.sharpness)

    def contraction(self, learning_rate: float) -> Tensor:
        """By what factor each known mode's distance shrinks (or grows) a step, shape `(modes,)`.

        `factor = |1 - learning_rate * eigenvalue|`
        """
        return (1 - learning_rate * self.eigenvalues).abs()

    def half_life(self, learning_rate: float) -> float:
        """After how many epochs the distance along the slowest mode has halved; infinite where it never does.

        The slowest mode is the first or the last, so both ends of a spectrum are enough; NaN where the smallest is not
        known well enough to tell, and `why` says so.
        """
        slowest = float(self.contraction(learning_rate).max())
        if self.partial and self.condition_number is None and slowest <= 1:
            return math.nan
        return math.log(0.5) / math.log(slowest) if 0 < slowest < 1 else (0.0 if slowest == 0 else math.inf)

    def to_dict(self) -> dict[str, Any]:
        """Turn the curvature into numbers, strings and lists."""
        return {
            "sharpness": self.sharpness,
            "residual": self.residual,
            "smallest": self.smallest,
            "smallest_residual": self.smallest_residual,
            "condition_number": self.condition_number,
            "why": self.why,
            "learning_rate_limit": self.learning_rate_limit,
            "best_learning_rate": self.best_learning_rate,
            "method": self.method,
            "eigenvalues": self.eigenvalues.tolist(),
            "residuals": self.residuals.tolist(),
            "unseen": self.unseen if math.isfinite(self.unseen) else None,
            "partial": self.partial,
            "converged": self.converged,
            "products": self.products,
            "examples": self.examples,
            "names": list(self.names),
        }
