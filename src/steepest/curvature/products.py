"""Hessian times vector at one point, on flat vectors: by autograd, or by tapped gradients where that breaks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import torch
from torch import Tensor

from steepest import vectors
from steepest.cost import Cost
from steepest.errors import SteepestError, near
from steepest.vectors import Params

By = Literal["autograd", "taps"]

BROKEN = ("double backward", "differentiate twice", "is not implemented", "derivative for", "donated buffer")
"""What PyTorch's own complaints say where an operation has a gradient and no gradient of it."""

KINKED = 0.1
"""Share by which finite differences may miss autograd's product before it is said: rounding and the third derivative
stay far below it, kinks as of ReLU and a backward that autograd cannot differentiate do not."""

CHUNK = 2**18
"""How many columns are held in float64 at a time while a float32 vector's inner products are summed."""


class Products:
    """Products of a cost's Hessian, or of the block of it that belongs to some parameters, with flat vectors.

    Called with a vector of shape `(size,)`, in the parameters' own dtype (float32 for half precision) and on their
    device, it gives `H vector` in the same. By "autograd" that is the gradient of `gradient . vector` (Pearlmutter,
    1994); by "taps" `(gradient(at + h vector) - gradient(at - h vector)) / 2h`.
    """

    def __init__(
        self,
        cost: Cost,
        params: Params,
        *,
        only: Sequence[str] | None = None,
        by: By | None = None,
        tell: Callable[[int], None] | None = None,
    ) -> None:
        if by not in (None, "autograd", "taps"):
            raise SteepestError(f"there are no products by '{by}'", remedy=near(str(by), ["autograd", "taps"]))
        self.cost, self.params = cost, params
        self.names = _chosen(params, only)
        self._like = {name: params[name] for name in self.names}
        self.size = vectors.size(self._like)
        if not self.size:
            raise SteepestError("the parameters hold no numbers", remedy="Name at least one that does")
        kinds = [value.dtype for value in self._like.values()]
        self.dtype = torch.float64 if torch.float64 in kinds else torch.float32
        self.device = next(iter(self._like.values())).device
        self.eps = max(torch.finfo(kind).eps for kind in kinds)
        self.by: By = by or "autograd"
        self._may_fall_back = by is None
        self.count = 0
        self._tell = tell
        self._ask: Callable[[Params], Params] | None = None
        self._apart = 0.0
        self._zeros = {name: torch.zeros_like(value) for name, value in params.items()}

    def __call__(self, vector: Tensor) -> Tensor:
        if self._tell:
            self._tell(self.count)
        self.count += 1
        if self.by == "taps":
            return self._tapped(vector, self.step)
        try:
            self._ask = self._ask or self.cost.products(self.params)
            product = self._ask(self._whole(vector))
        except RuntimeError as error:
            if not any(part in str(error) for part in BROKEN):
                raise
            if not self._may_fall_back or self.count > 1:
                raise SteepestError(
                    "this cost's gradient cannot be differentiated by autograd",
                    cause=f"PyTorch says: {str(error).splitlines()[0][:160]}",
                    remedy='Ask for products by="taps", finite differences of its gradients',
                ) from error
            self.by = "taps"
            return self._tapped(vector, self.step)
        flat = self._flat(product)
        if self.count == 1 and self._may_fall_back and not bool(flat.any()):
            return self._unless_lost(vector, flat)
        return flat

    def _unless_lost(self, vector: Tensor, nothing: Tensor) -> Tensor:
        """Turn to taps where they agree on a curvature of which autograd knows nothing, as behind a custom backward."""
        tapped, rounding = self._tap(vector, self.step)
        half, _ = self._tap(vector, self.step / 2)
        if size_of(tapped) <= rounding or size_of(tapped - half) > KINKED * size_of(tapped):
            return nothing
        self.by = "taps"
        return tapped

    @property
    def step(self) -> float:
        """How far a unit vector is tapped: the cube root of the last digit, relative to the parameters' mean size.

        `h = eps^(1/3) (1 + |at| / sqrt(size))` balances rounding, eps / h, with the third derivative's h^2.
        """
        whole = vectors.size(self.params)
        return self.eps ** (1 / 3) * (1 + vectors.norm(self.params) / whole**0.5)

    def disagreement(self, vector: Tensor, product: Tensor) -> float:
        """Tell how far a tapped product is from the one at half the step, and keep it for `told`; 0 for autograd's."""
        if self.by == "autograd":
            return 0.0
        apart = size_of(self._tapped(vector, self.step / 2) - product)
        self._apart = max(self._apart, apart / (size_of(product) or 1.0))
        return apart

    def kinked(self, vector: Tensor, product: Tensor) -> float:
        """Tell by which share a tapped product differs from autograd's by more than rounding; 0 between taps."""
        if self.by == "taps":
            return 0.0
        tapped, rounding = self._tap(vector, self.step)
        apart, size = size_of(tapped - product), max(size_of(tapped), size_of(product))
        return apart / size if apart > rounding else 0.0

    @property
    def told(self) -> str:
        """How many products there were, got how, over how much."""
        own = "by double backward" if self.cost.factor is None else "by the Hessian's factor"
        how = (
            own
            if self.by == "autograd"
            else f"by finite differences of gradients, two a product, to {self._apart:.1g} those at half the step"
            + ("; double backward breaks here" if self._may_fall_back else "")
        )
        examples = "" if self.cost.examples is None else f", over {self.cost.examples:,} examples"
        block = (
            ""
            if len(self.names) == len(self.params)
            else f" of the block of {', '.join(self.names[:4])}"
            + (f" and {len(self.names) - 4} more" if self.names[4:] else "")
        )
        return f"{self.count} Hessian product{'s' * (self.count != 1)}{block} ({how}){examples}"

    def _tapped(self, vector: Tensor, step: float) -> Tensor:
        return self._tap(vector, step)[0]

    def _tap(self, vector: Tensor, step: float) -> tuple[Tensor, float]:
        """Give the product, and how much of it may be nothing but rounding of the gradients."""
        length = size_of(vector)
        if not length:
            return torch.zeros_like(vector), 0.0
        direction, step = self._whole(vector), step / length
        up, down = (
            self._flat(self.cost.value_and_gradient(vectors.moved(self.params, direction, by=sign * step))[1])
            for sign in (1, -1)
        )
        return (up - down) / (2 * step), 10 * self.eps * (size_of(up) + size_of(down)) / step

    def _whole(self, vector: Tensor) -> Params:
        return self._zeros | vectors.shaped(vector, like=self._like)

    def _flat(self, params: Params) -> Tensor:
        product = vectors.flat({name: params[name].to(self.device, self.dtype) for name in self.names})
        if not bool(torch.isfinite(product).all()):
            raise SteepestError(
                "the curvature is not finite here", cause="The cost overflows at this point", remedy="Ask nearer"
            )
        return product


def drawn(products: Products, generator: torch.Generator) -> Tensor:
    """Draw a vector of independent normal numbers, the same on every device."""
    return torch.randn(products.size, generator=generator, dtype=products.dtype).to(products.device)


def inner(basis: Tensor, vector: Tensor) -> Tensor:
    """Take the inner products of the rows with a vector, summed in float64 without a float64 copy of the whole."""
    if basis.dtype is torch.float64:
        return basis @ vector
    total = torch.zeros(len(basis), dtype=torch.float64, device=basis.device)
    for part, piece in zip(basis.split(CHUNK, dim=1), vector.split(CHUNK), strict=True):
        total += part.double() @ piece.double()
    return total


def size_of(vector: Tensor) -> float:
    """Euclidean length, summed in float64."""
    return float(torch.linalg.vector_norm(vector, dtype=torch.float64))


def _chosen(params: Params, only: Sequence[str] | None) -> tuple[str, ...]:
    if only is None:
        return tuple(params)
    if isinstance(only, str):
        only = [only]
    for name in only:
        if name not in params:
            raise SteepestError(f"there is no parameter '{name}'", remedy=near(name, params))
    if not only:
        raise SteepestError("only=[] names no parameter", remedy="Name at least one, or leave only= out")
    return tuple(name for name in params if name in set(only))
