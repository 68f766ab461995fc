"""All eigenvalues at once, for costs of few parameters."""

from __future__ import annotations

import torch
from torch import Tensor

from steepest import vectors
from steepest.curvature.products import Products
from steepest.errors import SteepestError

LARGEST = 2_000
"""Beyond this many parameters, one Hessian product for each would be dearer than what it tells: here a network on 1,797
digits takes 3 s, of which 1 s to decompose, and both with the square of the size or more; its ends alone take 0.1 s."""


def eigenpairs(products: Products) -> tuple[Tensor, Tensor, Tensor, float, str]:
    """Give all eigenvalues in falling order, their directions and residuals, what rounding may be, and the method."""
    if products.size > LARGEST:
        raise SteepestError(
            f"the cost has {products.size:,} parameters, and exact curvature takes a Hessian product for each",
            remedy=f'Ask for it with at most {LARGEST:,} parameters, or by method="lanczos"',
        )
    factor = _factor(products)
    if factor is not None:
        _, values, directions = torch.linalg.svd(factor, full_matrices=factor.shape[0] < factor.shape[1])
        values = torch.cat([values.square(), values.new_zeros(products.size - len(values))])
        scale = torch.finfo(torch.float64).eps * max(factor.shape)
        noise = float(values[0]) * scale**2
        images = (directions @ factor.T) @ factor
        method = "exact: singular values of the Hessian's factor"
    else:
        hessian = _dense(products)
        values, columns = torch.linalg.eigh((hessian + hessian.T) / 2)
        values, directions = values.flip(0), columns.T.flip(0)
        noise = float(values.abs().max()) * products.eps * products.size
        images = directions @ hessian.T
        if products.by == "taps":
            noise += max(_apart(products, directions[place], images[place]) for place in (0, -1))
        method = f"exact: all eigenvalues of the Hessian, from {products.told}"
    residuals = torch.linalg.vector_norm(images - values[:, None] * directions, dim=1)
    return values, directions, residuals, noise, method


def _apart(products: Products, direction: Tensor, image: Tensor) -> float:
    kind = products.device, products.dtype
    return products.disagreement(direction.to(*kind), image.to(*kind))


def _dense(products: Products) -> Tensor:
    unit = torch.zeros(products.size, dtype=products.dtype, device=products.device)
    rows: list[Tensor] = []
    for index in range(products.size):
        unit[index] = 1
        rows.append(products(unit).double().cpu())
        unit[index] = 0
    return torch.stack(rows)


def _factor(products: Products) -> Tensor | None:
    factor = products.cost.factor
    if factor is None or len(products.names) == len(products.params):
        return factor
    numbers = torch.arange(factor.shape[1])
    places = vectors.shaped(numbers, like={name: value.cpu().long() for name, value in products.params.items()})
    return factor[:, torch.cat([places[name].reshape(-1) for name in products.names])]
