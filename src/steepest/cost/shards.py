"""Moments of the shards of several ranks made into those of all the data."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from steepest import ranks
from steepest.cost.moments import Moments

Measured = tuple[Moments, tuple[str, ...] | None]


def joined(measure: Callable[[], Measured]) -> Measured:
    """Measure this rank's shard, and give every rank the moments of all.

    What travels is one triangle and a few numbers a rank, however many examples; they are decomposed together as the
    rows of the data would have been (Demmel, Grigori, Hoemmen and Langou, 2012), so no condition number is squared.
    """
    ranks.refuse_unstarted()
    own, names = ranks.agreed(measure)
    if ranks.alone():
        return own, names
    shape = f"{len(own.mean)} features with{'' if own.intercept else 'out'} an intercept"
    ranks.refuse_unlike("data", [shape, *(names or ())])
    numbers = [float(own.examples), own.level, own.rest, own.target_size, float(own.squared_condition)]
    told = ranks.stacked(torch.tensor(numbers, dtype=torch.float64)).tolist()
    parts = [ranks.stacked(part).unbind() for part in (own.mean, own.factor, own.weights, own.target)]
    shards = [
        Moments(
            examples=int(count),
            intercept=own.intercept,
            mean=mean,
            deviation=torch.zeros_like(mean),
            factor=factor,
            weights=weights,
            target=target,
            level=level,
            rest=rest,
            squared_condition=bool(squared),
            target_size=size,
        )
        for (count, level, rest, size, squared), mean, factor, weights, target in zip(told, *parts, strict=True)
    ]
    return pooled(shards), names


def pooled(shards: list[Moments]) -> Moments:
    """Add up `share (|factor (w - weights) - target|^2 + (b + mean . w - level)^2 + rest)` over the shards.

    With the pooled mean and level, the second terms part into `(s - level)^2` and one row for each shard that says how
    far its means are from the pooled ones.
    """
    examples = sum(each.examples for each in shards)
    shares = [each.examples / examples for each in shards]
    mean = _weighed([each.mean for each in shards], shares)
    level = math.fsum(each.level * share for each, share in zip(shards, shares, strict=True))
    matrix = torch.cat(
        [each.factor * share**0.5 for each, share in zip(shards, shares, strict=True)]
        + [(each.mean - mean)[None] * share**0.5 for each, share in zip(shards, shares, strict=True)]
    )

    def missed(weights: Tensor) -> Tensor:
        """What the estimates of some weights leave, in the rows of the matrix."""
        pairs = list(zip(shards, shares, strict=True))
        within = [(each.target - each.factor @ (weights - each.weights)) * share**0.5 for each, share in pairs]
        between = [(each.level - level - (each.mean - mean) @ weights) * share**0.5 for each, share in pairs]
        return torch.cat([*within, torch.stack(between)])

    deviation = torch.linalg.vector_norm(matrix, dim=0)
    scale = torch.where(deviation > 0, deviation, 1.0)
    start = _weighed([each.weights for each in shards], shares)
    weights = start
    if len(scale) and shards[0].intercept:
        weights = (
            start + torch.linalg.lstsq(matrix / scale, missed(start)[:, None], driver="gelsd").solution[:, 0] / scale
        )
    rest = missed(weights)
    q, r = torch.linalg.qr(matrix / scale)
    target = q.T @ rest
    within = math.fsum(each.rest * share for each, share in zip(shards, shares, strict=True))
    sizes = [each.target_size**2 + (each.level - level) ** 2 for each in shards]
    return Moments(
        examples=examples,
        intercept=shards[0].intercept,
        mean=mean,
        deviation=deviation,
        factor=r * scale,
        weights=weights,
        target=target,
        level=level,
        rest=within + float((rest - q @ target).square().sum()),
        squared_condition=any(each.squared_condition for each in shards),
        target_size=math.sqrt(math.fsum(size * share for size, share in zip(sizes, shares, strict=True))),
        pooled=True,
    )


def _weighed(values: list[Tensor], shares: list[float]) -> Tensor:
    return torch.stack([value * share for value, share in zip(values, shares, strict=True)]).sum(0)
