"""Cuts through a cost: a line or a plane of parameters, and the cost at every point of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from steepest import vectors
from steepest.cost import Cost
from steepest.errors import SteepestError, door, near
from steepest.vectors import Params

Direction = str | Mapping[str, Tensor]
Reach = tuple[float, float]

PARALLEL = 1 - 1e-6
"""A cosine above which two directions span no plane: float32 directions cannot tell it from 1."""


@dataclass(frozen=True)
class Slice:
    """Costs on a straight line or a flat plane through the parameters.

    `costs[i, j] = C(origin + coordinates[0][i] * directions[0] + coordinates[1][j] * directions[1])`

    `coordinates` has one tensor for each direction, `costs` the shape `(points,)` or `(points, points)`, NaN and
    infinities as they were found. `method` says how the costs were got; `held_out_error` is None where every one of
    them is exact. A slice says nothing about the cost beside it.
    """

    origin: Params
    directions: tuple[Params, ...]
    coordinates: tuple[Tensor, ...]
    costs: Tensor
    method: str
    held_out_error: float | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """What each coordinate is: a parameter's own value, by its name, or steps along 'direction 0' or 1."""
        return tuple(
            _only_moved(direction, self.origin) or f"direction {index}"
            for index, direction in enumerate(self.directions)
        )

    def to_dict(self) -> dict[str, Any]:
        """Turn the slice into numbers, strings and lists: the form that figures and pages read."""
        return {
            "names": list(self.names),
            "origin": {name: value.tolist() for name, value in self.origin.items()},
            "directions": [{n: v.tolist() for n, v in direction.items()} for direction in self.directions],
            "coordinates": [values.tolist() for values in self.coordinates],
            "costs": self.costs.tolist(),
            "method": self.method,
            "held_out_error": self.held_out_error,
        }


def line(cost: Cost, *, at: Mapping[str, Tensor | float], along: Direction, reach: Reach, points: int = 101) -> Slice:
    """Measure the cost along a straight line, one forward pass at every point or by the shortcut that the cost offers.

    `along` names a parameter that is one number, whose own values from `reach[0]` to `reach[1]` are then visited with
    all others held where they are `at`; or it is a direction, walked from `at`. `coordinates[0]` and `costs` have
    shape `(points,)`. The curve is exact at its points, and proves nothing beside the line.

    Raises SteepestError for an unknown name, a direction that does not fit the parameters, and an empty reach.

    >>> cost = Cost.from_function(lambda m, b: (m - 1) ** 2 + b**2)
    >>> line(cost, at={"m": 0.0, "b": 2.0}, along="m", reach=(0, 2), points=3).costs
    tensor([5., 4., 5.])
    """
    with door("line"):
        return _measured(cost, at, (along,), (reach,), points)


def plane(
    cost: Cost,
    *,
    at: Mapping[str, Tensor | float],
    along: tuple[Direction, Direction],
    reach: tuple[Reach, Reach],
    points: int = 61,
) -> Slice:
    """Measure the cost on a flat plane, one forward pass at every point or by the shortcut that the cost offers.

    Each of `along` names a parameter that is one number, whose own values are then visited, or is a direction, walked
    from `at`. `costs` has shape `(points, points)`, its first index along the first direction. The plane is exact at
    its points; with more than two parameters it is one cut of many, and a valley in it need not be one beside it.

    Raises SteepestError for parallel directions, an unknown name, a direction that does not fit the parameters, and
    an empty reach.

    >>> cost = Cost.from_function(lambda m, b: (m - 1) ** 2 + b**2)
    >>> plane(cost, at=cost.zeros(), along=("m", "b"), reach=((0, 2), (0, 3)), points=3).costs
    tensor([[ 1.0000,  3.2500, 10.0000],
            [ 0.0000,  2.2500,  9.0000],
            [ 1.0000,  3.2500, 10.0000]])
    """
    with door("plane"):
        return _measured(cost, at, along, reach, points)


def _measured(
    cost: Cost,
    at: Mapping[str, Tensor | float],
    along: Sequence[Direction],
    reach: Sequence[Reach],
    points: int,
) -> Slice:
    origin, directions = laid(along, cost.params(at))
    coordinates = tuple(
        _coordinates(ends, points, kind=_kind(item, origin)) for item, ends in zip(along, reach, strict=True)
    )
    with torch.no_grad():
        if shortcut := cost.restricted(origin, directions):
            costs, method = shortcut.costs(coordinates), shortcut.method
        else:
            costs = torch.stack([cost.value(point) for point in _points(origin, directions, coordinates)])
            method = f"{len(costs)} forward passes, one at each point"
    costs = costs.detach().cpu().reshape([len(values) for values in coordinates])
    return Slice(origin, directions, coordinates, costs, method)


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


def _kind(item: Direction, origin: Params) -> torch.dtype:
    """The dtype coordinates are stated in, so that the ones visited are the same numbers."""
    if isinstance(item, str):
        return origin[item].dtype
    kind = next(iter(origin.values())).dtype
    for value in origin.values():
        kind = torch.promote_types(kind, value.dtype)
    return kind


def _coordinates(reach: Reach, points: int, *, kind: torch.dtype) -> Tensor:
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


def _points(origin: Params, directions: Sequence[Params], coordinates: Sequence[Tensor]) -> Iterator[Params]:
    if not directions:
        yield origin
        return
    for along in coordinates[0].tolist():
        yield from _points(vectors.moved(origin, directions[0], by=along), directions[1:], coordinates[1:])


def _only_moved(direction: Params, origin: Params) -> str | None:
    """The one parameter whose own value the coordinate along this direction is, if there is one."""
    moved = [name for name, value in direction.items() if bool(value.any())]
    if len(moved) == 1 and direction[moved[0]].numel() == 1:
        (name,) = moved
        return name if float(direction[name]) == 1 and float(origin[name]) == 0 else None
    return None
