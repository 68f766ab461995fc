"""The axes of a slice: directions made of names and tensors, an origin, and coordinates that are the ones visited."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from steepest import vectors
from steepest.directions.filters import PARALLEL
from steepest.errors import SteepestError, near
from steepest.vectors import Params

Direction = str | Mapping[str, Tensor]
Reach = tuple[float, float]


def laid(along: Sequence[Direction], at: Params) -> tuple[Params, tuple[Params, ...]]:
    """Make directions of `along`, and an origin where the named parameters are 0: coordinates are their values."""
    directions = tuple(_direction(item, at, index) for index, item in enumerate(along))
    named = [item for item in along if isinstance(item, str)]
    origin = {name: torch.zeros_like(value) if name in named else value for name, value in at.items()}
    for index, item in enumerate(along):
        for name in named:
            if not isinstance(item, str) and bool(directions[index][name].any()):
                raise SteepestError(
                    f"direction {index} also moves '{name}', so the values of '{name}' would not be those stated",
                    remedy=f"Put 0 for '{name}' in direction {index}, or give two directions without names",
                )
    if len(directions) == 2:
        cosine = vectors.dot(*directions) / math.prod(vectors.norm(direction) for direction in directions)
        if abs(cosine) > PARALLEL:
            raise SteepestError(
                f"directions 0 and 1 are parallel (cosine {cosine:.3f})",
                remedy="Give two different directions, or use line()",
            )
    for name, value in origin.items():
        if not bool(value.isfinite().all()):
            raise SteepestError(
                f"`at` is not finite in '{name}', so no cost on this slice would be",
                cause="Is it the end of a run that diverged?",
                remedy="Give a finite point, such as the run's start",
            )
    return origin, directions


def _direction(item: Direction, at: Params, index: int) -> Params:
    if isinstance(item, str):
        if item not in at:
            raise SteepestError(f"there is no parameter '{item}'", remedy=near(item, at))
        if at[item].numel() != 1:
            raise SteepestError(
                f"parameter '{item}' has shape {tuple(at[item].shape)}, and a name stands for one number",
                remedy="Give a direction instead: a dict with a tensor for each parameter",
            )
        return {name: torch.full_like(value, float(name == item)) for name, value in at.items()}
    for name in (*item, *at):
        if name not in at:
            raise SteepestError(f"direction {index} moves '{name}', which is no parameter", remedy=near(name, at))
        if name not in item or torch.as_tensor(item[name]).shape != at[name].shape:
            found = f"has shape {tuple(torch.as_tensor(item[name]).shape)} there" if name in item else "is missing"
            raise SteepestError(
                f"direction {index} does not fit the parameters: '{name}' {found}",
                remedy=f"Give '{name}' the shape {tuple(at[name].shape)}, zeros where it does not move",
            )
    direction = {name: torch.as_tensor(item[name]).detach().to(value) for name, value in at.items()}
    length = vectors.norm(direction)
    if not 0 < length < math.inf:
        raise SteepestError(f"direction {index} has length {length:g}", remedy="Give a direction that leads somewhere")
    return direction


def kind_of(item: Direction, origin: Params) -> torch.dtype:
    """The dtype coordinates are stated in, so that the ones visited are the same numbers."""
    if isinstance(item, str):
        return origin[item].dtype
    kind = next(iter(origin.values())).dtype
    for value in origin.values():
        kind = torch.promote_types(kind, value.dtype)
    return kind


def coordinates(reach: Reach, points: int, *, kind: torch.dtype) -> Tensor:
    low, high = reach
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise SteepestError(
            f"the reach is from {low:g} to {high:g}", remedy="Give two finite numbers, the lower one first"
        )
    if isinstance(points, bool) or not isinstance(points, int) or points < 2:
        raise SteepestError(f"points is {points!r}", remedy="Give a whole number, 2 or more")
    values = torch.linspace(low, high, points, dtype=torch.float64).to(kind)
    different = len(values.unique())
    if different < points:
        raise SteepestError(
            f"only {different} of {points} coordinates from {low:g} to {high:g} are different numbers in "
            f"{str(kind).removeprefix('torch.')}",
            remedy="Give fewer points, a wider reach, or float64 parameters",
        )
    return values


def spans(reach: Any, count: int) -> tuple[Reach, ...] | None:
    """Read a reach: a pair of numbers for each direction, or one pair for all."""
    if reach is None:
        return None
    ends: Any = (reach,) * count if _is_pair(reach) else reach if isinstance(reach, tuple | list) else ()
    if len(ends) != count or not all(_is_pair(each) for each in ends):
        raise SteepestError(
            f"the reach is {reach!r}",
            remedy="Give (low, high)" + ("" if count == 1 else f", or one such pair for each of {count} directions"),
        )
    return tuple((float(low), float(high)) for low, high in ends)


def _is_pair(value: Any) -> bool:
    def number(end: Any) -> bool:
        return isinstance(end, int | float) or (isinstance(end, Tensor) and end.numel() == 1)

    return isinstance(value, tuple | list) and len(value) == 2 and all(number(end) for end in value)


def own_value_of(direction: Params, origin: Params) -> str | None:
    """The one parameter whose own value the coordinate along this direction is, if there is one."""
    moved = [name for name, value in direction.items() if bool(value.any())]
    if len(moved) == 1 and direction[moved[0]].numel() == 1:
        (name,) = moved
        return name if float(direction[name]) == 1 and float(origin[name]) == 0 else None
    return None
