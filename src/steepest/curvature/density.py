"""How the Hessian's eigenvalues are spread, without any of them being computed: stochastic Lanczos quadrature."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from steepest.cost import Cost
from steepest.curvature.lanczos import Ritz, lanczos
from steepest.curvature.products import By, Products, drawn
from steepest.errors import SteepestError, door

POINTS = 513
"""Places at which a density is given: a curve a thousand pixels wide shows no more."""

MARGIN = 4
"""How many widths the places go beyond the outermost node: what a Gaussian has there is not seen."""


@dataclass(frozen=True)
class SpectralDensity:
    """How many of the Hessian's eigenvalues lie where, as shares of all.

    `density` at the places of `grid`, both of shape `(points,)`, is the mean over the probes of Gaussians of standard
    deviation `width` about their nodes; `spread` its standard error over the probes, `per_probe` what each says, of
    shape `(probes, points)`. `nodes` and `weights` have shape `(probes, steps)`; weights are shares, and sum to 1.
    `method` says how it was got, of the parameters of these `names`, at the price of so many `products`, of a cost
    over so many `examples`.

    >>> cost = Cost.from_function(lambda w: (w**2).sum(), like={"w": torch.zeros(4)})  # every eigenvalue is 2
    >>> found = spectral_density(cost, cost.zeros(), probes=2)
    >>> found.share_below(1.9), found.share_below(2.1)
    ((0.0, 0.0), (1.0, 0.0))
    """

    grid: Tensor = field(repr=False)
    density: Tensor = field(repr=False)
    spread: Tensor = field(repr=False)
    per_probe: Tensor = field(repr=False)
    nodes: Tensor = field(repr=False)
    weights: Tensor = field(repr=False)
    width: float
    method: str
    products: int
    examples: int | None
    names: tuple[str, ...]

    def share_below(self, value: float) -> tuple[float, float]:
        """Estimate which share of the eigenvalues lies below a value, with its standard error over the probes."""
        shares = (self.weights * (self.nodes < value)).sum(dim=1)
        return float(shares.mean()), float(shares.std() / math.sqrt(len(shares)))

    def to_dict(self) -> dict[str, Any]:
        """Turn the density into numbers, strings and lists."""
        return {
            "grid": self.grid.tolist(),
            "density": self.density.tolist(),
            "spread": self.spread.tolist(),
            "width": self.width,
            "method": self.method,
            "products": self.products,
            "examples": self.examples,
            "names": list(self.names),
        }


def spectral_density(
    cost: Cost,
    at: Mapping[str, Tensor | float],
    *,
    probes: int = 6,
    steps: int = 40,
    width: float | None = None,
    grid: Tensor | None = None,
    only: Sequence[str] | None = None,
    by: By | None = None,
    seed: int = 0,
) -> SpectralDensity:
    """Estimate how the Hessian's eigenvalues are spread at a point, from `probes * steps` products.

    `density(t) = mean over probes of sum_i weight_i Gaussian(t; node_i, width)`: each probe is a random start drawn by
    `seed`, whose Krylov space of `steps` dimensions gives the nodes (its Ritz values) and the weights (the squared
    first entries of its eigenvectors). `width` is a hundredth of the nodes' range where none is given.

    Golub and Meurant (2010); Ghorbani, Krishnan and Xiao (2019).

    Raises SteepestError for fewer than 2 probes, without which there is no standard error, and where a product is not
    finite.

    >>> scales = torch.tensor([1.0, 1.0, 1.0, 9.0], dtype=torch.float64)
    >>> cost = Cost.from_function(lambda w: (scales * w**2).sum() / 2, like={"w": torch.zeros_like(scales)})
    >>> found = spectral_density(cost, cost.zeros(), probes=100, steps=4)
    >>> share, error = found.share_below(5.0)
    >>> abs(share - 0.75) < 3 * error < 0.1
    True
    """
    with door("spectral_density"):
        if probes < 2 or steps < 1:
            raise SteepestError(
                f"there are {probes} probes of {steps} steps",
                remedy="Give at least 2 probes of 1 step: they are compared",
            )
        if width is not None and not width > 0:
            raise SteepestError(f"width is {width:g}", remedy="Give more than 0")
        ask = Products(cost, cost.params(at), only=only, by=by)
        generator = torch.Generator().manual_seed(seed)
        kept = min(steps, ask.size)
        nodes, weights = torch.zeros(probes, kept, dtype=torch.float64), torch.zeros(probes, kept, dtype=torch.float64)
        for probe in range(probes):
            found = lanczos(ask, drawn(ask, generator), products=kept, vectors=kept)
            _fill(nodes[probe], weights[probe], found)
            if ask.by == "taps" and not probe:
                ask.disagreement(found.basis[0], ask(found.basis[0]))
        low, high = float(nodes.min()), float(nodes.max())
        width = width or (high - low) / 100 or abs(high) / 100 or 1.0
        if grid is None:
            grid = torch.linspace(low - MARGIN * width, high + MARGIN * width, POINTS, dtype=torch.float64)
        grid = grid.double().cpu()
        distance = (grid[:, None, None] - nodes) / width
        shape = torch.exp(-distance.square() / 2) / (width * math.sqrt(2 * math.pi))
        per_probe = (shape * weights).sum(dim=2).T
        return SpectralDensity(
            grid=grid,
            density=per_probe.mean(dim=0),
            spread=per_probe.std(dim=0) / math.sqrt(probes),
            per_probe=per_probe,
            nodes=nodes,
            weights=weights,
            width=width,
            method=f"stochastic Lanczos quadrature: {probes} random starts of {kept} steps, {ask.told}; Gaussians of "
            f"width {width:.3g}",
            products=ask.count,
            examples=cost.examples,
            names=ask.names,
        )


def _fill(nodes: Tensor, weights: Tensor, found: Ritz) -> None:
    """Lay down one probe; a space that ended early leaves copies of its last node, without weight."""
    count = len(found.values)
    nodes[:count], nodes[count:] = found.values, found.values[-1]
    weights[:count] = found.columns[0].square()
