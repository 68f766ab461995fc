"""Cuts through a cost: a line or a plane of parameters, and the cost at every point of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import torch
from torch import Tensor

from steepest import ranks
from steepest.cost import Cost
from steepest.cost.sample import sample as sample_of
from steepest.directions import Directions
from steepest.directions.chosen import place
from steepest.directions.named import along as along_names
from steepest.errors import SteepestError, door, near
from steepest.slices.asking import INTERVAL, Ask
from steepest.slices.axes import Direction, Reach, coordinates, kind_of, laid, spans
from steepest.slices.interpolate import Surface, chosen_scale
from steepest.slices.noun import Scale, Slice
from steepest.slices.projection import places
from steepest.slices.reach import reach_for_rise
from steepest.slices.refine import refined, refuse_unlimited
from steepest.slices.saving import save


def line(
    cost: Cost,
    *,
    along: Direction | Directions,
    at: Mapping[str, Tensor | float] | None = None,
    reach: Reach | None = None,
    points: int | None = None,
    budget: float | None = None,
    tolerance: float | None = None,
    most: int | None = None,
    scale: Scale | None = None,
    beside: Mapping[str, Cost] | None = None,
    sample: int | None = None,
    store: str | Path | None = None,
    spread: bool = False,
    seed: int = 0,
    tell: Callable[[int], None] | None = None,
) -> Slice:
    """Measure the cost along a straight line, one forward pass at every point or by the shortcut that the cost offers.

    `along` names a parameter that is one number, whose own values from `reach[0]` to `reach[1]` are then visited with
    all others held where they are `at`; or it is a direction, walked from `at`; other names are as `directions.along`
    has them. `coordinates[0]` and `costs` have
    shape `(points,)`, 101 points by default (61 between two models, so that both are among them). The curve is exact at
    its points, and proves nothing beside the line.

    Everything else is as `plane` has it.

    Raises SteepestError for an unknown name, a direction that does not fit the parameters, and an empty reach.

    >>> cost = Cost.from_function(lambda m, b: (m - 1) ** 2 + b**2)
    >>> line(cost, at={"m": 0.0, "b": 2.0}, along="m", reach=(0, 2), points=3).costs
    tensor([5., 4., 5.])
    """
    with door("line"):
        asked = _Asked(budget, tolerance, most, scale, beside or {}, sample, store, spread, seed, tell)
        ways = along if isinstance(along, Directions) else (along,)
        return asked.of(cost, at, ways, reach, (_points(along) if points is None else points,))


def _points(along: Direction | Directions) -> int:
    """How many points a line has where nobody says: steps of 1/40 between models, whose reach is -0.25 to 1.25."""
    return 61 if isinstance(along, Directions) and along.reach == ((-0.25, 1.25),) else 101


def plane(
    cost: Cost,
    *,
    along: tuple[Direction, Direction] | Directions,
    at: Mapping[str, Tensor | float] | None = None,
    reach: tuple[Reach, Reach] | Reach | None = None,
    points: int | tuple[int, int] = 61,
    budget: float | None = None,
    tolerance: float | None = None,
    most: int | None = None,
    scale: Scale | None = None,
    beside: Mapping[str, Cost] | None = None,
    sample: int | None = None,
    store: str | Path | None = None,
    spread: bool = False,
    seed: int = 0,
    tell: Callable[[int], None] | None = None,
) -> Slice:
    """Measure the cost on a flat plane, one forward pass at every point or by the shortcut that the cost offers.

    Each of `along` names a parameter that is one number, whose own values are then visited, or is a direction, walked
    from `at` (without it, from where the module stands); or `along` is a set of `directions`, which may bring an
    origin of their own. Without `reach` each of them goes, both ways, until the cost has risen to ten times that at
    the centre. `costs` has shape `(points, points)`, its first index along the first direction. The plane is exact at
    its points; with more than two parameters it is one cut of many, and a valley in it need not be one beside it.

    With `budget` seconds, `most` places, or a `tolerance` in the `scale` that is drawn (a share of the range,
    or decades for "log"), it is measured at few places, more of them where the picture errs most, and the grid is
    interpolated between; `held_out_error` is what it was off at worst at other places, measured last. Where a shortcut
    makes points nearly free, as for least squares, the whole grid is measured all the same, and exact.

    `beside` are other means over the data of the same parameters, such as `{"accuracy": Cost...}`. `sample` takes so
    many rows of the data, the same at every point, and gives intervals. `store` is a folder that receives each point
    as it is measured, and from which the same plane goes on after a stop. `spread` deals the points out to the ranks
    of torch.distributed. `seed` draws the sample and the check. `tell` hears how many points are known.

    Raises SteepestError for parallel directions, an unknown name, a direction that does not fit the parameters, an
    empty reach, and a store that holds another slice.

    >>> cost = Cost.from_function(lambda m, b: (m - 1) ** 2 + b**2)
    >>> plane(cost, at=cost.zeros(), along=("m", "b"), reach=((0, 2), (0, 3)), points=3).costs
    tensor([[ 1.0000,  3.2500, 10.0000],
            [ 0.0000,  2.2500,  9.0000],
            [ 1.0000,  3.2500, 10.0000]])
    """
    with door("plane"):
        asked = _Asked(budget, tolerance, most, scale, beside or {}, sample, store, spread, seed, tell)
        return asked.of(cost, at, along, reach, points if isinstance(points, tuple | list) else (points, points))


@dataclass(frozen=True)
class _Asked:
    """How a slice is to be measured, whatever it goes through."""

    budget: float | None
    tolerance: float | None
    most: int | None
    scale: Scale | None
    beside: Mapping[str, Cost]
    sample: int | None
    store: str | Path | None
    spread: bool
    seed: int
    tell: Callable[[int], None] | None

    def of(
        self,
        cost: Cost,
        at: Mapping[str, Tensor | float] | None,
        along: Sequence[Direction] | Directions,
        reach: Reach | Sequence[Reach] | None,
        points: Sequence[int],
    ) -> Slice:
        """Lay the axes, find the reach, measure, and keep."""
        _refuse_misused(cost, self.beside, self.scale)
        reach = spans(reach, len(points))
        if self.sample is not None:
            cost = sample_of(cost, self.sample, seed=self.seed)
        along = _meant(cost, (along,) if isinstance(along, str | Mapping) else along, at)
        if len(along) != len(points):
            raise SteepestError(
                f"{len(along)} direction{'s were' if len(along) > 1 else ' was'} given, and {len(points)} needed",
                remedy="Give line() one direction and plane() two",
            )
        ways = along if isinstance(along, Directions) else None
        suggested = ways.origin if ways else None
        here = cost.params(at) if at is not None else suggested or place(cost, None)
        origin, directions = laid(along, suggested or here)
        names, about = (ways.names, ways.told) if ways else ((), "")
        ask = Ask(
            cost,
            origin,
            directions,
            beside=self.beside,
            store=self.store,
            spread=self.spread,
            axes=names,
            about=about,
            tell=self.tell,
        )
        reach = reach or (ways.reach if ways else None)
        if reach is None:
            centre = places([here], origin, directions)[0][0].tolist()
            rise = reach_for_rise(ask, centre, names=names or [item for item in along if isinstance(item, str)])
            reach, about = rise.reach, "; ".join(filter(None, (about, rise.told)))
        kinds = [kind_of(item, origin) for item in along]
        grid = tuple(coordinates(ends, n, kind=kind) for ends, n, kind in zip(reach, points, kinds, strict=True))
        frame = Slice(origin, directions, grid, torch.empty(0), "", axes=names, about=about)
        limits = {"budget": self.budget, "tolerance": self.tolerance, "most": self.most}
        refuse_unlimited(**limits)
        refines = any(limit is not None for limit in limits.values())
        if not ask.free(torch.cartesian_prod(*grid).reshape(-1, len(grid))) and refines:
            slice = self._refined(ask, frame, reach, kinds)
        else:
            slice = self._whole(ask, frame, chosen_scale if refines else lambda _: "linear")
        if self.store is not None and ranks.rank() == 0:
            save(slice, self.store)
        return slice

    def _whole(self, ask: Ask, frame: Slice, scale: Callable[[Tensor], Scale]) -> Slice:
        """Measure every point of the grid."""
        grid, shape = frame.coordinates, [len(values) for values in frame.coordinates]
        found = {n: v.reshape(shape) for n, v in ask.values(torch.cartesian_prod(*grid).reshape(-1, len(grid))).items()}
        return replace(
            frame,
            costs=found["cost"],
            method=ask.method,
            scale=self.scale or scale(found["cost"]),
            beside={name: found[name] for name in self.beside},
            intervals=found.get(INTERVAL),
        )

    def _refined(self, ask: Ask, frame: Slice, reach: Sequence[Reach], kinds: Sequence[torch.dtype]) -> Slice:
        """Measure few places, interpolate between them, and check at others."""
        got = refined(
            ask,
            reach,
            kinds=kinds,
            budget=self.budget,
            tolerance=self.tolerance,
            most=self.most,
            scale=self.scale,
            seed=self.seed,
            clock=ask.clock,
        )
        grid = frame.coordinates
        more = {} if not self.beside and INTERVAL not in ask.names else ask.values(got.places)
        between = {name: Surface(got.places, values, "linear").on(grid) for name, values in more.items()}
        return replace(
            frame,
            costs=got.on(grid).to(grid[0].dtype),
            method=f"{ask.method}; {got.told}",
            held_out_error=got.held_out_error,
            scale=got.scale,
            places=got.places,
            measured=got.measured,
            beside={name: between[name] for name in self.beside},
            intervals=between.get(INTERVAL),
        )


def _meant(
    cost: Cost, along: Sequence[Direction] | Directions, at: Mapping[str, Tensor | float] | None
) -> Sequence[Direction] | Directions:
    """Make directions of names that stand for more than one number: tensors, elements, modules."""
    names = [item for item in along if isinstance(item, str)]
    if not names or len(names) < len(along):
        return along
    whole = [name for name in names if name in cost.names]
    if len(whole) == len(names) and all(cost.zeros()[name].numel() == 1 for name in names):
        return along
    known = {name.split("[")[0] for name in names}
    if not all(any(own == name or own.startswith(f"{name}.") for own in cost.names) for name in known):
        return along  # a name that is not there, of which more can be said later
    return along_names(cost, *names, at=at)


def _refuse_misused(cost: object, beside: object, scale: object) -> None:
    """Refuse what is no cost, no costs by their names, and no scale."""
    if not isinstance(cost, Cost):
        raise SteepestError(
            f"what is to be cut through is of type {type(cost).__name__}, and no Cost",
            remedy="Make one: Cost.from_module(module, loss, batches), or Cost.from_function(function)",
        )
    if not isinstance(beside, Mapping) or not all(isinstance(each, Cost) for each in beside.values()):
        raise SteepestError(
            "what is to be measured beside the cost is no dict of costs",
            remedy='Give for example beside={"accuracy": Cost.from_module(module, accuracy, batches)}',
        )
    if scale not in (None, *get_args(Scale)):
        raise SteepestError(f"there is no scale {scale!r}", remedy=near(str(scale), get_args(Scale)))
