"""Certified bounds of a convex cost on a slice: chords above it, tangents below it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from steepest import vectors
from steepest.cost import Cost
from steepest.errors import SteepestError, door
from steepest.slices.axes import coordinates
from steepest.slices.convex import convex as known
from steepest.slices.noun import Slice

NODES = 17
"""How many nodes along each direction carry the bounds of a slice that is interpolated itself."""

ROUNDINGS = 64
"""Half units in the last place of the largest number summed, by which the bounds are widened."""

BLOCK = 2**24
"""How many tangents are compared at a time."""


@dataclass(frozen=True)
class Bounds:
    """Two grids between which a convex cost lies for certain, at `coordinates` of a slice.

    `upper` is the chord of the costs measured at the nodes around, `lower` the highest of all tangents, both widened by
    `rounding`. `gap` is the largest half of what lies between them, as a share of the range of the costs at the nodes:
    a picture through the middle is off by no more. `error` is the share by which the slice's own costs can be off,
    where the bounds are given at its points. `nodes` says at how many places along each direction the cost and its
    gradient were measured, `told` why the cost is convex.

    >>> from steepest.slices import line
    >>> cut = line(Cost.from_function(lambda m: m**2), at={"m": 0.0}, along="m", reach=(-1, 1), points=2)
    >>> found = bounds(Cost.from_function(lambda m: m**2), cut, convex=True)  # at 0, by both tangents and the chord
    >>> found.lower.round(decimals=4).tolist(), found.upper.round(decimals=4).tolist()
    ([-1.0], [1.0])
    """

    coordinates: tuple[Tensor, ...]
    lower: Tensor
    upper: Tensor
    gap: float
    rounding: float
    nodes: tuple[int, ...]
    told: str
    error: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Turn the bounds into numbers, strings and lists."""
        return {
            "coordinates": [values.tolist() for values in self.coordinates],
            "lower": self.lower.tolist(),
            "upper": self.upper.tolist(),
            "gap": self.gap,
            "rounding": self.rounding,
            "nodes": list(self.nodes),
            "told": self.told,
            "error": self.error,
        }


def bounds(cost: Cost, slice: Slice, *, nodes: int | None = None, convex: bool = False) -> Bounds:
    """Bound a convex cost on a line or a plane, between its points as well as at them.

    `max_k C(x_k) + gradient C(x_k) . (x - x_k)  <=  C(x)  <=  chord of C at the corners around x`

    Without `nodes` the slice's own points are the nodes, and the bounds are given at the centres of its cells; with
    `nodes` along each direction, or 17 where the slice is interpolated, they are given at its points. `convex=True` is
    the caller's word where it is not known (see `steepest.slices.convex`). Each node costs one gradient.

    Raises SteepestError where the cost is not known to be convex, and where a node lies below the tangent of another.

    >>> from steepest.slices import line
    >>> cost = Cost.least_squares(torch.arange(3.0), torch.arange(3.0))
    >>> found = bounds(cost, line(cost, at={"m": 0, "b": 0}, along="m", reach=(0, 2), points=3))
    >>> found.coordinates[0].tolist(), found.upper.round(decimals=6).tolist(), round(found.gap, 6)
    ([0.5, 1.5], [0.833333, 0.833333], 0.25)
    """
    with door("bounds"):
        moved = {name for way in slice.directions for name, value in way.items() if bool(value.any())}
        why = known(cost, moved) or ("the caller says that it is convex" if convex else "")
        if not why:
            raise SteepestError(
                f"this {type(cost).__name__} is not known to be convex in {', '.join(sorted(moved))}, and bounds hold "
                "for convex costs alone",
                cause="Known are least squares, and one linear layer under a loss of torch that is convex in it",
                remedy="Say convex=True if you can prove it; for any other cost held-out places give an estimate",
            )
        if nodes is None and slice.places is not None:
            nodes = NODES
        kinds = [values.dtype for values in slice.coordinates]
        ends = [(float(values[0]), float(values[-1])) for values in slice.coordinates]
        grid = [values.double() for values in slice.coordinates]
        own = nodes is None
        axes = grid
        if nodes is not None:
            axes = [coordinates(pair, nodes, kind=kind).double() for pair, kind in zip(ends, kinds, strict=True)]
        at = [(values[1:] + values[:-1]) / 2 for values in grid] if own else grid
        costs, slopes = _measured(cost, slice, axes)
        finite = costs[costs.isfinite()]
        rounding = ROUNDINGS * torch.finfo(_narrowest(slice)).eps / 2 * _largest(costs, slopes, axes)
        _refuse_bent(costs, slopes, axes, rounding)
        places = torch.cartesian_prod(*at).reshape(-1, len(at))
        shape = [len(values) for values in at]
        lower = (_tangents(costs, slopes, axes, places) - rounding).reshape(shape)
        upper = (_chords(costs, axes, places) + rounding).reshape(shape)
        half = ((upper - lower) / 2).reshape(-1)
        spread = float(finite.max() - finite.min()) if len(finite) else 0.0
        gap = float(half.max()) / spread if spread else 0.0
        told = f"certain at every point, up to rounding: {why}; {costs.numel()} costs with their gradients"
        drawn = slice.costs.double().cpu()
        most = None if own else float(torch.maximum(upper - drawn, drawn - lower).max()) / (spread or 1.0)
        return Bounds(tuple(at), lower, upper, gap, rounding, tuple(len(values) for values in axes), told, most)


def _measured(cost: Cost, slice: Slice, axes: list[Tensor]) -> tuple[Tensor, Tensor]:
    """The cost at every node, shape `(nodes, ...)`, and its slope along each direction there, `(nodes, ..., ways)`."""
    costs, slopes = [], []
    for node in torch.cartesian_prod(*axes).reshape(-1, len(axes)).tolist():
        point = slice.origin
        for direction, by in zip(slice.directions, node, strict=True):
            point = vectors.moved(point, direction, by=by)
        value, gradient = cost.value_and_gradient(point)
        costs.append(float(value))
        slopes.append([vectors.dot(gradient, direction) for direction in slice.directions])
    shape = [len(values) for values in axes]
    return (
        torch.tensor(costs, dtype=torch.float64).reshape(shape),
        torch.tensor(slopes, dtype=torch.float64).reshape(*shape, len(axes)),
    )


def _largest(costs: Tensor, slopes: Tensor, axes: list[Tensor]) -> float:
    """The largest of the costs and of their changes over the whole slice: what sums of them are rounded to."""
    widths = torch.stack([values[-1] - values[0] for values in axes])
    sizes = torch.cat([costs.abs().reshape(-1), (slopes.abs() * widths).reshape(-1)])
    return max(sizes[sizes.isfinite()].tolist(), default=0.0)


def _narrowest(slice: Slice) -> torch.dtype:
    return max((value.dtype for value in slice.origin.values()), key=lambda kind: torch.finfo(kind).eps)


def _tangents(costs: Tensor, slopes: Tensor, axes: list[Tensor], places: Tensor) -> Tensor:
    """The highest of all tangents at each place."""
    middle = torch.stack([(values[0] + values[-1]) / 2 for values in axes])
    nodes, places = torch.cartesian_prod(*axes).reshape(-1, len(axes)) - middle, places - middle
    slopes = slopes.reshape(-1, len(axes))
    level = costs.reshape(-1) - (slopes * nodes).sum(dim=1)
    good = level.isfinite()
    if not bool(good.any()):
        return places.new_full((len(places),), -torch.inf)
    rows = max(1, BLOCK // len(level))
    return torch.cat([(block @ slopes[good].T + level[good]).amax(dim=1) for block in places.split(rows)])


def _chords(costs: Tensor, axes: list[Tensor], places: Tensor) -> Tensor:
    """The chord over the cell around each place: in a plane the lower of two, for a cell is cut in two ways."""
    cells, shares = [], []
    for values, wanted in zip(axes, places.unbind(dim=1), strict=True):
        cell = (torch.searchsorted(values, wanted.contiguous(), right=True) - 1).clamp(0, len(values) - 2)
        cells.append(cell)
        shares.append((wanted - values[cell]) / (values[cell + 1] - values[cell]))
    if len(axes) == 1:
        (cell,), (share,) = cells, shares
        return _or_not_finite(torch.lerp(costs[cell], costs[cell + 1], share), costs[cell] + costs[cell + 1])
    (i, j), (u, v) = cells, shares
    here, right, up, across = costs[i, j], costs[i + 1, j], costs[i, j + 1], costs[i + 1, j + 1]
    rising = here * (1 - torch.maximum(u, v)) + across * torch.minimum(u, v)
    rising += right * (u - v).clamp(min=0) + up * (v - u).clamp(min=0)
    falling = here * (1 - u - v).clamp(min=0) + across * (u + v - 1).clamp(min=0)
    falling += right * torch.minimum(u, 1 - v) + up * torch.minimum(v, 1 - u)
    return _or_not_finite(torch.minimum(rising, falling), here + right + up + across)


def _or_not_finite(chords: Tensor, corners: Tensor) -> Tensor:
    """No chord reaches a corner that is not finite: infinite there, or NaN."""
    return torch.where(corners.isfinite(), chords, corners)


def _refuse_bent(costs: Tensor, slopes: Tensor, axes: list[Tensor], rounding: float) -> None:
    """A node below the tangent of another proves that the cost is not convex, whatever was said of it."""
    nodes = torch.cartesian_prod(*axes).reshape(-1, len(axes))
    below = _tangents(costs, slopes, axes, nodes) - costs.reshape(-1)
    below = torch.where(below.isfinite(), below, 0.0)
    worst = int(below.argmax())
    if float(below[worst]) > 4 * rounding:
        place = ", ".join(f"{value:g}" for value in nodes[worst].tolist())
        raise SteepestError(
            f"the cost at ({place}) is {float(costs.reshape(-1)[worst]):.6g}, {float(below[worst]):.3g} below the "
            "tangent at another node, so it is not convex",
            remedy="Draw it without bounds: held-out places give an estimate of the error",
        )
