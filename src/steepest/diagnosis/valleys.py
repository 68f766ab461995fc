"""The valleys of a line or plane of costs, and the passes between them: a merge tree by union and find."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product

import torch
from torch import Tensor


@dataclass(frozen=True)
class Valley:
    """A lowest point of a grid, by its index, and the lowest pass from there to a deeper valley.

    `depth` is the pass's height above the lowest point; both `over` and a finite depth are missing where no pass over
    finite points leads to a deeper valley, which is always so of the deepest.
    """

    at: tuple[int, ...]
    over: tuple[int, ...] | None
    depth: float


def valleys(heights: Tensor) -> list[Valley]:
    """Find every valley of a grid of heights, `(points,)` or `(points, points)`, the deepest below its pass first.

    Points are taken in by rising height; where two valleys meet, the shallower one ends. Neighbours are those beside
    and across a corner, so that a narrow valley aslant is one. Points that are not finite belong to none.

    >>> [(valley.at, valley.over, valley.depth) for valley in valleys(torch.tensor([3.0, 0.0, 2.0, 1.0, 4.0]))]
    [((1,), None, inf), ((3,), (2,), 1.0)]
    """
    flat = heights.reshape(-1).tolist()
    order = [index for index in torch.argsort(heights.reshape(-1), stable=True).tolist() if math.isfinite(flat[index])]
    around = [step for step in product((-1, 0, 1), repeat=heights.ndim) if any(step)]
    shape = tuple(heights.shape)
    parents: dict[int, int] = {}
    found: list[Valley] = []

    def root(index: int) -> int:
        while parents[index] != index:
            parents[index] = parents[parents[index]]
            index = parents[index]
        return index

    for index in order:
        parents[index] = index
        here = _place(index, shape)
        for step in around:
            there = tuple(a + b for a, b in zip(here, step, strict=True))
            if not all(0 <= a < size for a, size in zip(there, shape, strict=True)):
                continue
            other = sum(a * stride for a, stride in zip(there, _strides(shape), strict=True))
            if other not in parents:
                continue
            # The root of a valley is its lowest point: the later one in the order is the shallower.
            deeper, shallower = sorted((root(index), root(other)), key=lambda at: (flat[at], at == index, at))
            if deeper == shallower:
                continue
            if shallower == index:
                parents[index] = deeper
                continue
            parents[shallower] = deeper
            if flat[index] > flat[shallower]:
                found.append(Valley(_place(shallower, shape), here, flat[index] - flat[shallower]))
    roots = sorted({root(index) for index in parents}, key=lambda at: flat[at])
    return [Valley(_place(at, shape), None, math.inf) for at in roots] + sorted(found, key=lambda valley: -valley.depth)


def _strides(shape: tuple[int, ...]) -> tuple[int, ...]:
    return (1,) if len(shape) == 1 else (shape[1], 1)


def _place(index: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    return (index,) if len(shape) == 1 else divmod(index, shape[1])
