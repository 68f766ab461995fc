"""What a bowl with known eigenvalues will cost after so many epochs, and how many epochs a cost takes."""

from __future__ import annotations

import torch
from torch import Tensor

from steepest import vectors
from steepest.curvature.noun import Curvature
from steepest.errors import SteepestError
from steepest.vectors import Params


def cost_by_mode(curvature: Curvature, gradient: Params) -> Tensor:
    """Split a bowl's cost above its minimum into the shares of its modes, in the order of the eigenvalues.

    `share_i = (direction_i . gradient)^2 / (2 eigenvalue_i)`, in the unit of the cost, shape `(modes,)`; infinite where
    an eigenvalue is zero and the gradient is not. Exact where the cost is a bowl, else what the bowl that touches it
    here would say.

    Raises SteepestError for a curvature of which only the ends of the spectrum are known.

    >>> from steepest.cost import Cost
    >>> from steepest.curvature import curvature_at
    >>> cost = Cost.from_function(lambda m, b: 3 * m**2 + b**2, dtype=torch.float64)
    >>> point = cost.params({"m": 1.0, "b": 2.0})
    >>> cost_by_mode(curvature_at(cost, point), cost.value_and_gradient(point)[1])
    tensor([3., 4.], dtype=torch.float64)
    """
    if curvature.partial:
        raise SteepestError(
            f"only {len(curvature.eigenvalues)} of {curvature.directions.shape[-1]:,} eigenvalues are known, and each "
            "mode's share of the cost needs its own",
            remedy='Give a curvature_at(..., method="exact"), for at most 2,000 parameters',
            asked="cost_by_mode",
        )
    along = curvature.directions @ vectors.flat(gradient).double().cpu()
    return torch.where(along == 0, 0.0, along.square() / (2 * curvature.eigenvalues))


def above_minimum_after(curvature: Curvature, gradient: Params, *, learning_rate: float, epochs: int) -> float:
    """Predict how far above its minimum a bowl's cost is after so many epochs.

    `sum_i share_i (1 - learning_rate * eigenvalue_i)^(2 epochs)`, in the unit of the cost.

    Raises SteepestError for a curvature of which only the ends of the spectrum are known.

    >>> from steepest.cost import Cost
    >>> from steepest.curvature import curvature_at
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

    Raises SteepestError for a curvature of which only the ends of the spectrum are known.

    >>> from steepest.cost import Cost
    >>> from steepest.curvature import curvature_at
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
