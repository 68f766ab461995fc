"""Directions that the cost itself has at a place: in which it bends most, and in which it falls."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor

from steepest import vectors
from steepest.cost import Cost
from steepest.curvature import Curvature, curvature_at
from steepest.directions.chosen import Layers, chosen, listed, only_in, place
from steepest.directions.noun import Directions
from steepest.errors import SteepestError, door, near


def sharpest(
    cost: Cost,
    *,
    at: Mapping[str, Tensor | float] | None = None,
    count: int = 2,
    ends: Literal["largest", "both"] = "largest",
    layers: Layers | None = None,
    tolerance: float = 1e-3,
    products: int = 200,
    by: Literal["autograd", "taps"] | None = None,
    seed: int = 0,
    tell: Callable[[int], None] | None = None,
) -> Directions:
    """Find the directions in which the cost bends most at `at` (the module's own place): eigenvectors of the Hessian.

    `H v = eigenvalue v`, each v of length 1 and as it is: to scale its filters would make it another direction. With
    ends "both", half of them (and the odd one) are the sharpest, the others those of the smallest eigenvalues, the most
    negative first; a line along one of them falls where its eigenvalue is negative, which random directions hide.

    `residuals` are `|H v - eigenvalue v|` over the eigenvalue: some eigenvalue is that near. `layers` restricts the
    Hessian to the block of some parameters. The other arguments are those of `curvature_at`, which does the work.

    Raises SteepestError where there are fewer numbers than directions, or the curvature is not finite.

    >>> cost = Cost.from_function(lambda m, b: 3 * m**2 - b**2, dtype=torch.float64)
    >>> ways = sharpest(cost, at={"m": 0.9, "b": 0.1}, ends="both")
    >>> ways.names, [float(way["m"].abs()) for way in ways]
    (('sharpest (bends 6)', 'most negative (bends -2)'), [1.0, 0.0])
    """
    with door("directions.sharpest"):
        if ends not in ("largest", "both"):
            raise SteepestError(f"there are no ends '{ends}'", remedy=near(str(ends), ["largest", "both"]))
        if count < 1:
            raise SteepestError(f"count is {count}", remedy="Give 1 for a line, or 2 for a plane")
        params = place(cost, at)
        names = chosen(layers, tuple(params), cost=cost)
        block = {name: params[name] for name in names}
        if vectors.size(block) < count:
            raise SteepestError(
                f"{count} directions are asked for, and {vectors.size(block)} numbers could move",
                remedy="Ask for fewer, or name more layers",
            )
        top = count if ends == "largest" else (count + 1) // 2
        asked = {"tolerance": tolerance, "products": products, "seed": seed}
        found = curvature_at(cost, params, only=names, ends=ends, each_end=top, by=by, tell=tell, **asked)
        known = len(found.eigenvalues)
        if known < count:  # a Krylov space ends early where eigenvalues are repeated
            raise SteepestError(
                f"only {known} different eigenvalue{'s' * (known != 1)} could be found, and {count} are asked for",
                cause="One random start finds one direction of a repeated eigenvalue",
                remedy="Ask for fewer",
            )
        if not bool(found.eigenvalues.any()):
            raise SteepestError(
                "the cost bends in no direction here: all eigenvalues of the Hessian are 0",
                cause="Is it flat here, or linear in its parameters?",
                remedy="Give another place as at=, random directions, or directions.gradient",
            )
        places = [*range(top), *range(known - 1, known - 1 - (count - top), -1)]
        zeros = {name: torch.zeros_like(value) for name, value in params.items()}
        made = tuple(zeros | vectors.shaped(found.directions[index], like=block) for index in places)
        values, errors = found.eigenvalues[places], _errors(found, block)[places]
        return Directions(
            made,
            tuple(_name(index, top, value, error) for index, (value, error) in enumerate(_pairs(values, errors))),
            _told(found, values, errors, top, only_in(names, tuple(params))),
            residuals=torch.where(errors > 0, errors / values.abs(), 0.0),
        )


def gradient(cost: Cost, *, at: Mapping[str, Tensor | float] | None = None, layers: Layers | None = None) -> Directions:
    """Lead straight downhill from `at` (the module's own place): the negative gradient, in its own length.

    Walked from there, the coordinate is a learning rate: a line shows which one step would cost least, and which would
    be too long.

    Raises SteepestError where the gradient is zero or not finite.

    >>> cost = Cost.from_function(lambda m, b: m**2 + b)
    >>> gradient(cost, at={"m": 3.0, "b": 0.0})[0]
    {'m': tensor(-6.), 'b': tensor(-1.)}
    """
    with door("directions.gradient"):
        params = place(cost, at)
        names = chosen(layers, tuple(params), cost=cost)
        slopes = cost.value_and_gradient(params)[1]
        down = {name: -slope if name in names else torch.zeros_like(slope) for name, slope in slopes.items()}
        length = vectors.norm(down)
        if not 0 < length < math.inf:
            raise SteepestError(
                f"the gradient here has length {length:g}",
                cause="Is it a stationary point?" if not length else "The cost overflows here",
                remedy="Give another place as at=",
            )
        told = f"straight downhill{only_in(names, tuple(params))}, by learning rate; the gradient is {length:.4g} long"
        return Directions((down,), ("learning rate downhill",), told, origin=params)


def _errors(found: Curvature, block: vectors.Params) -> Tensor:
    """How far each eigenvalue may be off: its residual, and what rounding to the parameters' dtype does to it."""
    eps = max(torch.finfo(value.dtype).eps for value in block.values())
    coarse = eps if eps > torch.finfo(torch.float64).eps else 0.0
    return found.residuals + coarse * found.eigenvalues.abs().max()


def _pairs(values: Tensor, errors: Tensor) -> list[tuple[float, float]]:
    return list(zip(values.tolist(), errors.tolist(), strict=True))


def _name(index: int, top: int, value: float, error: float) -> str:
    place = index if index < top else index - top
    low = "most negative" if value < -error else "least bent"
    words = "sharpest" if index < top else low
    return f"{words if not place else f'{words}, no. {place + 1}'} (bends {value:.3g})"


def _told(found: Curvature, values: Tensor, errors: Tensor, top: int, moved: str) -> str:
    def bends(pairs: list[tuple[float, float]]) -> str:
        return listed(f"{value:.4g} ± {error:.1g}" for value, error in pairs)

    pairs = _pairs(values, errors)
    alike = any(abs(one - other) <= off + out for (one, off), (other, out) in pairwise(pairs))
    mixed = "; two of these are one within their errors, and any mixture of their directions bends as much" * alike
    low = f", and {bends(pairs[top:])} at the other end of the spectrum" if pairs[top:] else ""
    return (
        f"eigenvectors of the Hessian{moved}, of length 1 and not rescaled: the cost bends {bends(pairs[:top])} along "
        f"the sharpest{low}{mixed}; {found.method}" + ("" if found.converged else "; not settled")
    )
