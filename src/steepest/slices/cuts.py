"""Cuts through a cost: a line or a plane of parameters, and the cost at every point of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from steepest.cost import Cost
from steepest.directions import Directions
from steepest.errors import SteepestError, door
from steepest.slices.asking import Ask
from steepest.slices.axes import Direction, Reach, coordinates, kind_of, laid
from steepest.slices.noun import Slice


def line(
    cost: Cost,
    *,
    at: Mapping[str, Tensor | float],
    along: Direction | Directions,
    reach: Reach,
    points: int = 101,
) -> Slice:
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
        return _measured(cost, at, along if isinstance(along, Directions) else (along,), (reach,), (points,))


def plane(
    cost: Cost,
    *,
    at: Mapping[str, Tensor | float],
    along: tuple[Direction, Direction] | Directions,
    reach: tuple[Reach, Reach],
    points: int | tuple[int, int] = 61,
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
        return _measured(cost, at, along, reach, (points, points) if isinstance(points, int) else tuple(points))


def _measured(
    cost: Cost,
    at: Mapping[str, Tensor | float],
    along: Sequence[Direction] | Directions,
    reach: Sequence[Reach],
    points: Sequence[int],
) -> Slice:
    if len(along) != len(points):
        raise SteepestError(
            f"{len(along)} directions were given, and {len(points)} needed",
            remedy="Give line() one direction and plane() two",
        )
    origin, directions = laid(along, cost.params(at))
    grid = tuple(
        coordinates(ends, count, kind=kind_of(item, origin))
        for item, ends, count in zip(along, reach, points, strict=True)
    )
    ask = Ask(cost, origin, directions)
    costs = ask(torch.cartesian_prod(*grid).reshape(-1, len(grid))).reshape([len(values) for values in grid])
    made = {"axes": along.names, "about": along.told} if isinstance(along, Directions) else {}
    return Slice(origin, directions, grid, costs, ask.method, **made)
