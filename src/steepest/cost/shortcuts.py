"""The quickest way to a module's cost on a slice that gives the same values: chosen by itself, and checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import torch
from torch import Tensor, nn

from steepest import vectors
from steepest.cost.base import Restriction
from steepest.cost.chunks import Chunked, fits
from steepest.cost.entropy import Entropy, entropy
from steepest.cost.shared import Shared, shared
from steepest.cost.stand_in import StandIn
from steepest.vectors import Params

if TYPE_CHECKING:
    from steepest.cost.module import ModuleCost

AGREES = {torch.float64: 1e-9, torch.float32: 1e-4}
"""How far two ways may be apart at a place that is checked: a few more digits than their rounding takes."""

FREE = 2**29
"""Logarithms that a grid may take and still be as good as free: a few seconds."""

ROWS = 2**18
"""Rows of a quadratic that are decomposed at a time."""


class Way(Protocol):
    """One way to the costs at places of a slice."""

    @property
    def method(self) -> str:
        """How the costs are got."""
        ...

    def costs(self, places: Tensor) -> Tensor:
        """Give the cost at each place."""
        ...


class ByValue:
    """The way that asks nothing of the module but what `value` asks."""

    def __init__(self, cost: ModuleCost, origin: Params, directions: Sequence[Params]) -> None:
        self._cost, self._origin, self._directions = cost, origin, directions
        self.method = "one forward pass at each point"

    def costs(self, places: Tensor) -> Tensor:
        """Give the value at each place, in float64."""
        return torch.tensor([float(self._at(place)) for place in places.tolist()], dtype=torch.float64)

    def _at(self, place: Sequence[float]) -> Tensor:
        point = vectors.moved(self._origin, self._directions[0], by=place[0])
        for direction, by in zip(self._directions[1:], place[1:], strict=True):
            for name, value in point.items():
                value.add_(direction[name], alpha=by)
        return self._cost.value(point)


class Quadratic:
    """The mean square of affine outputs: `|R (a, b, 1)|^2`, with R the triangle of a QR decomposition in float64."""

    def __init__(self, triangle: Tensor) -> None:
        self._triangle = triangle
        count = len(triangle) * (len(triangle) + 1) // 2
        self.method = f"worked out from {count} numbers of the quadratic, exact at each point"

    def costs(self, places: Tensor) -> Tensor:
        """Give the cost at each place, in float64."""
        places = torch.cat([places, torch.ones_like(places[:, :1])], dim=1)
        return (places @ self._triangle.T).square().sum(dim=1)


class Checked(Restriction):
    """Ways from the quickest to the surest, of which one is left for the next where it differs from `value`.

    Three places of the first costs asked for are checked, and one more whenever a place is twice as far out.
    """

    def __init__(self, loop: StandIn, ways: Sequence[Way]) -> None:
        cost, origin, directions = loop.cost, loop.origin, loop.directions
        self._loop = loop
        first = next(iter(origin.values()))
        self._kind = torch.float64 if first.dtype.itemsize < 4 else first.dtype
        self._device, self._tolerance = first.device, AGREES.get(first.dtype, 1e-2)
        self._right = ByValue(cost, origin, directions)
        self._ways = [*ways, self._right]
        self._seen = torch.zeros(len(directions), dtype=torch.float64)

    @property
    def method(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]  # found out while costs are asked for
        """How the costs are got, as far as they were asked for."""
        return self._ways[0].method

    def free(self, points: int) -> bool:
        """Whether so many points of a grid take less than some passes over the data."""
        way = self._ways[0]
        return isinstance(way, Quadratic) or (isinstance(way, Entropy) and way.numbers * points <= FREE)

    def costs(self, places: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleVariableOverride]  # a field there
        """Give the cost at each place; shape `(places, directions)` to `(places,)`."""
        places = places.detach().double().cpu()
        with torch.no_grad():
            if len(self._ways) > 1 and len(places):
                self._check(places)
            costs = self._ways[0].costs(places)
        return costs.to(self._device, self._kind)

    def _check(self, places: Tensor) -> None:
        reach = places.abs().amax(dim=0)
        if self._seen.any() and not (reach > 2 * self._seen).any():
            return
        out = (places.abs() / torch.where(reach > 0, reach, 1.0)).sum(dim=1)
        chosen = [int(out.argmax())]
        if not self._seen.any():
            chosen += [len(places) // 3, 2 * len(places) // 3]
        asked = places[list(dict.fromkeys(chosen))]
        self._loop.forget()  # `value` needs a copy of the parameters of its own
        right = self._right.costs(asked)
        while len(self._ways) > 1:
            told = self._differs(asked, right)
            if not told:
                break
            del self._ways[0]
            if len(self._ways) == 1:
                self._right.method = f"one forward pass at each point; a copy of the module {told}"
        self._seen = torch.maximum(self._seen, reach)

    def _differs(self, asked: Tensor, right: Tensor) -> str:
        """Say where a way differs from the values, or nothing."""
        try:
            found = self._ways[0].costs(asked).to(self._kind).double()
        except Exception as error:  # of a user's code, called in another way than it was
            return f"raised {type(error).__name__}"
        size = float(right[right.isfinite()].abs().max()) if bool(right.isfinite().any()) else 0.0
        slack = torch.finfo(self._kind).eps * size
        near = torch.isclose(found, right, rtol=self._tolerance, atol=slack, equal_nan=True)
        if bool(near.all()):
            return ""
        which = int((~near).nonzero()[0])
        return f"gave {float(found[which]):.6g} where the module itself gives {float(right[which]):.6g}"


def restricted(cost: ModuleCost, origin: Params, directions: Sequence[Params]) -> Restriction | None:
    """Choose ways to the costs on a slice; None where the module cannot even be copied."""
    try:
        loop = StandIn(cost, origin, directions)
    except Exception:  # whatever a module's code makes of being copied, there is `value`
        return None
    ways: list[Way] = [loop]
    common = shared(loop)
    if common:
        ways = [*([Chunked(common)] if fits(common) else []), *([common] if common.pays else []), loop]
        known = _quadratic(common) or entropy(common)
        ways = [known, *ways] if known else ways
    return Checked(loop, ways)


def _quadratic(common: Shared) -> Quadratic | None:
    """Make one triangle of all batches, where the loss is the mean square of what the module puts out."""
    loss = common.stand_in.cost.loss
    mean_square = loss is nn.functional.mse_loss or (isinstance(loss, nn.MSELoss) and loss.reduction == "mean")
    if not mean_square or not common.outputs_are_affine or not all(len(calls) == 1 for calls in common.kept):
        return None
    triangle: Tensor | None = None
    for (inputs, targets), share, (call,) in zip(
        common.stand_in.held or (), common.stand_in.shares, common.kept, strict=True
    ):
        del inputs
        ((zero, *ways),) = call.parts if len(call.parts) == 1 else ((targets[:0],),)
        if not isinstance(targets, Tensor) or targets.shape != zero.shape or not targets.is_floating_point():
            return None
        columns = [part.reshape(-1) for part in (*ways, zero, targets)]
        for pieces in zip(*(column.split(ROWS) for column in columns), strict=True):
            *slopes, start, aim = (piece.double() for piece in pieces)
            rows = torch.stack([*slopes, start - aim], dim=1) * (share / zero.numel()) ** 0.5
            triangle = torch.linalg.qr(rows if triangle is None else torch.cat([triangle, rows]), mode="r").R
    if triangle is None or not bool(triangle.isfinite().all()):
        return None
    return Quadratic(triangle.cpu())
