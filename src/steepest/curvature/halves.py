"""Whether two parts of the data bend the cost alike."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch

from steepest.curvature.noun import Curvature
from steepest.errors import SteepestError, door


@dataclass(frozen=True)
class Agreement:
    """How far two curvatures, measured at one point on two parts of the data, say the same.

    `difference` is that of their sharpnesses as a share of the mean of both, `doubt` the share that their residuals and
    what they have not seen can account for; `cosine` and `smallest_cosine` are between their directions of largest and
    smallest curvature, without sign: 1 where they are the same, about 1 / sqrt(parameters) where they have nothing to
    do with each other. `sharpnesses` and `examples` are those of the two.

    >>> from steepest import Cost, curvature_at
    >>> bowls = [lambda m, b: 3 * m**2 + b**2, lambda m, b: 5 * m**2 + b**2]
    >>> found = agreement(*(curvature_at(Cost.from_function(bowl), {"m": 0.0, "b": 0.0}) for bowl in bowls))
    >>> found.sharpnesses, found.difference, found.cosine
    ((6.0, 10.0), 0.5, 1.0)
    """

    difference: float
    doubt: float
    cosine: float
    smallest_cosine: float
    sharpnesses: tuple[float, float]
    examples: tuple[int | None, int | None]

    def to_dict(self) -> dict[str, Any]:
        """Turn the agreement into numbers and lists."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}


def agreement(first: Curvature, second: Curvature) -> Agreement:
    """Compare two curvatures measured at the same point on two parts of the data.

    What one half of the data says and the other denies is noise of the sample, not a property of the cost.

    Raises SteepestError where they belong to different parameters.

    >>> x, y = torch.arange(8.0, dtype=torch.float64), torch.arange(8.0, dtype=torch.float64)
    >>> from steepest.cost import Cost
    >>> from steepest.curvature import curvature_at
    >>> halves = [Cost.least_squares(x[part::2], y[part::2]) for part in (0, 1)]
    >>> found = agreement(*(curvature_at(half, {"m": 0.0, "b": 0.0}) for half in halves))
    >>> round(found.difference, 3), round(found.cosine, 3)
    (0.39, 1.0)
    """
    with door("agreement"):
        if first.names != second.names or first.directions.shape[-1] != second.directions.shape[-1]:
            raise SteepestError(
                f"the first curvature is of {', '.join(first.names)}, the second of {', '.join(second.names)}",
                remedy="Measure both for the same parameters",
            )
        mean = (abs(first.sharpness) + abs(second.sharpness)) / 2
        doubt = sum(float(each.residuals[0]) + each.unseen for each in (first, second))
        return Agreement(
            difference=abs(first.sharpness - second.sharpness) / mean if mean else 0.0,
            doubt=doubt / mean if mean else 0.0,
            cosine=_cosine(first.directions[0], second.directions[0]),
            smallest_cosine=_cosine(first.directions[-1], second.directions[-1]),
            sharpnesses=(first.sharpness, second.sharpness),
            examples=(first.examples, second.examples),
        )


def _cosine(one: torch.Tensor, other: torch.Tensor) -> float:
    return min(1.0, abs(float(torch.dot(one, other))))
