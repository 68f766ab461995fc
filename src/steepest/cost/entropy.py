"""Cross-entropy of affine logits: on a grid of places, exponentials of rows and columns instead of each point's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from steepest.cost.stand_in import HELD

if TYPE_CHECKING:
    from steepest.cost.shared import Shared

LARGEST = 600.0
"""A size of exponents up to which neither they nor their products leave float64's range, e^709."""

BLOCK = 2**18
"""Numbers that are worked on at a time: 2 MiB, which stay in the processor's cache."""

TOGETHER = 64
"""Points taken at a time beside a grid."""


class Entropy:
    """The mean over examples of `log(1 + sum_c exp(D_c))`, D the logits less the target's own, affine in the place.

    At a place (a, b) of a grid, `exp(D0 + a D1 + b D2) = exp(D0 + a D1) exp(b D2)`: one exponential for each row and
    one for each column, and a product of matrices for all points. In float64; where the exponents could overflow, and
    beside a grid, each point has exponentials of its own.
    """

    def __init__(self, common: Shared, excess: list[Tensor]) -> None:
        self._excess = excess
        self._weights = [share / each.shape[1] for share, each in zip(common.stand_in.shares, excess, strict=True)]
        self.numbers = sum(each.shape[1] for each in excess)
        """How many examples there are: a logarithm for each at each point."""
        count = len(excess[0])
        self.method = f"affine outputs in {count} parts, shared by all points; cross-entropy from them in float64"

    def costs(self, places: Tensor) -> Tensor:
        """Give the cost at each place; shape `(places, directions)` to `(places,)`, in float64."""
        grid = _grid(places)
        total = torch.zeros(len(places), dtype=torch.float64)
        for parts, weight in zip(self._excess, self._weights, strict=True):
            reach = torch.cat([torch.ones(1, dtype=torch.float64), places.abs().amax(dim=0)])
            largest = sum(float(part.abs().max()) * by for part, by in zip(parts, reach.tolist(), strict=True))
            others = parts.shape[2]
            each = len(places) + (len(grid[0]) + len(grid[1])) * others if grid else TOGETHER * others
            step = max(1, BLOCK // max(1, each))
            for some in parts.split(step, dim=1):
                sums = _on_grid(some, *grid) if grid and largest < LARGEST else _at_each(some, places)
                total += sums.cpu() * weight
        return total


def entropy(common: Shared) -> Entropy | None:
    """Offer it where the loss is torch's cross-entropy with whole numbers for targets, and nothing else asked of it."""
    stand_in = common.stand_in
    if not is_plain(stand_in.cost.loss) or not common.outputs_are_affine or 2 * common.size > HELD:
        return None
    excess = []
    for (_, targets), calls in zip(stand_in.held or (), common.kept, strict=True):
        if len(calls) != 1 or len(calls[0].parts) != 1:
            return None
        logits = torch.stack(calls[0].parts[0])
        if not are_classes(targets, logits[0]) or not bool(logits.isfinite().all()):
            return None
        others = torch.arange(logits.shape[2], device=logits.device) != targets[:, None]
        own = logits.gather(2, targets.expand(len(logits), -1)[..., None]).double()
        excess.append((logits.double() - own)[:, others].reshape(*logits.shape[:2], -1))
    return Entropy(common, excess)


def is_plain(loss: Any) -> bool:
    """Whether a loss is torch's cross-entropy as it comes, without weights, smoothing and a class left out."""
    return loss is nn.functional.cross_entropy or (
        isinstance(loss, nn.CrossEntropyLoss)
        and (loss.weight, loss.reduction, loss.label_smoothing) == (None, "mean", 0.0)
        and loss.ignore_index < 0
    )


def are_classes(targets: Any, logits: Any) -> bool:
    """Whether targets are whole numbers, one for each row of logits, and none is left out."""
    if not isinstance(targets, Tensor) or not isinstance(logits, Tensor) or targets.dtype is not torch.int64:
        return False
    return logits.ndim == 2 and targets.shape == logits.shape[:1] and not bool((targets < 0).any())


def of_logits(logits: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy in float64, which is also quicker: torch's own takes short rows one by one."""
    wide = logits.double()
    return (wide.logsumexp(dim=1) - wide.gather(1, targets[:, None])[:, 0]).mean()


def _grid(places: Tensor) -> tuple[Tensor, Tensor] | None:
    """The coordinates of rows and columns, where places are a whole grid, the last coordinate changing first."""
    if places.shape[1] != 2:
        return None
    columns = int((places[:, 0] == places[0, 0]).sum())
    if columns < 2 or len(places) % columns:
        return None
    first, last = places[::columns, 0], places[:columns, 1]
    return (first, last) if torch.cartesian_prod(first, last).equal(places) else None


def _on_grid(parts: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Sum over examples; shape `(3, examples, others)` to `(rows * columns,)`."""
    zero, first, last = parts
    left = torch.exp(zero[:, None] + rows.to(parts)[None, :, None] * first[:, None])
    right = torch.exp(columns.to(parts)[None, :, None] * last[:, None])
    return torch.bmm(left, right.mT).log1p_().sum(dim=0).reshape(-1)


def _at_each(parts: Tensor, places: Tensor) -> Tensor:
    sums = []
    for some in torch.cat([torch.ones_like(places[:, :1]), places], dim=1).to(parts).split(TOGETHER):
        excess = (some @ parts.reshape(len(parts), -1)).reshape(len(some), *parts.shape[1:])
        own = excess.new_zeros(()).expand(*excess.shape[:2], 1)
        sums.append(torch.cat([excess, own], dim=2).logsumexp(dim=2).sum(dim=1))
    return torch.cat(sums)
