"""Asking a cost for its values at places of a slice: by a shortcut, from a store, dealt over ranks."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from steepest import ranks, vectors
from steepest.cost import Cost, digest
from steepest.cost.base import Restriction
from steepest.cost.least_squares import LeastSquares
from steepest.cost.module import ModuleCost
from steepest.cost.sample import SampledCost, is_sharded
from steepest.cost.shortcuts import Checked
from steepest.errors import SteepestError, listed
from steepest.slices.store import Place, Store, Values, manifest
from steepest.vectors import Params

INTERVAL = "interval"
BATCH = 64
"""Places that a shortcut is asked for at once at most, where progress is told between."""

OFTEN = 0.5
"""Seconds between two tellings, about, unless one place takes longer."""

ROUNDING = {torch.float64: 1e-9, torch.float32: 1e-4}
"""How far a cost measured again may be from the kept one: the same sums on another device, in another order."""

KINDS = (torch.float64, torch.float32, torch.bfloat16, torch.float16)


class Ask:
    """The costs at places of one slice, by the shortcut that the cost offers or by one value at each place.

    `ask(places)` takes coordinates of shape `(places, directions)` and gives costs of shape `(places,)`, on the CPU.
    Places that follow each other with the same first coordinate share the way along the first direction.
    `ask.values(places)` gives the costs with what is measured at the same places: each cost of `beside` under its name,
    and "interval", half-widths, where the cost is a sample's.

    With `store`, a folder, each place is written down as soon as it is measured, and one that stands there is not asked
    again. With `spread`, place i of those to be measured is rank `i mod n`'s, and every rank gets all. `tell` is called
    with the number of places known after each.
    """

    def __init__(
        self,
        cost: Cost,
        origin: Params,
        directions: Sequence[Params],
        *,
        beside: Mapping[str, Cost] | None = None,
        store: str | Path | None = None,
        spread: bool = False,
        axes: Sequence[str] = (),
        about: str = "",
        tell: Callable[[int], None] | None = None,
    ) -> None:
        self._costs = {"cost": cost, **(beside or {})}
        _refuse_unlike(cost, beside or {})
        self._spread = spread
        self._sharded = any(map(is_sharded, self._costs.values()))
        self._together = (spread or self._sharded) and not ranks.alone()
        self._data = {name: _digest(each) for name, each in self._costs.items()} if spread or store is not None else {}
        if spread:
            _refuse_unspreadable(self._sharded, origin, directions, self._data)
        self.count = self.taken_up = 0
        self._origin, self._directions, self._tell = origin, tuple(directions), tell
        self._shortcuts = {name: each.restricted(origin, directions) for name, each in self._costs.items()}
        self._row: tuple[float, Params] | None = None
        self._kept: dict[Place, Values] = {}
        sampled = isinstance(cost, SampledCost)
        self.names = (*self._costs, *((INTERVAL,) if sampled else ()))
        self._keeps = bool(store is not None or spread or beside or tell or sampled)
        self._whole = False  # whether all places are asked for at once
        self._alone_at = store is not None or spread  # then what a place costs must not depend on its neighbours
        self._store = None if store is None else self._opened(store, axes, about)

    @property
    def method(self) -> str:
        """How the costs asked for so far were got."""
        shortcut, cost = self._shortcuts["cost"], self._costs["cost"]
        told = shortcut.method if shortcut else f"{self.count:,} forward passes, one at each point"
        told += f", over {cost.sampled.told}" if isinstance(cost, SampledCost) else ""
        told += f", dealt over {ranks.count()} ranks" if self._spread and not ranks.alone() else ""
        return told + (f"; {self.taken_up:,} points were in the store" if self.taken_up else "")

    def free(self, grid: Tensor) -> bool:
        """Whether the whole of a grid costs next to nothing, by shortcuts that hold at its corners."""
        if self._alone_at or not all(_nearly_free(each, self._shortcuts[n], grid) for n, each in self._costs.items()):
            return False
        self._measured(torch.stack([grid[0], grid[-1]]))  # which checks them, and may leave one for a slower way
        self._whole = all(_nearly_free(each, self._shortcuts[n], grid) for n, each in self._costs.items())
        return self._whole

    @property
    def clock(self) -> Callable[[], float]:
        """The clock that all ranks who ask together go by."""
        return ranks.clock if self._together else time.monotonic

    def __call__(self, places: Tensor) -> Tensor:
        return self.values(places)["cost"]

    def values(self, places: Tensor) -> dict[str, Tensor]:
        """Measure all there is at the places, each of shape `(places,)`; what is known already is not asked again."""
        if not self._keeps:
            self.count += len(places)
            return dict(zip(self.names, self._measured(places), strict=True))
        asked: list[Place] = [tuple(place) for place in places.tolist()]
        self._fill([place for place in dict.fromkeys(asked) if place not in self._kept])
        return self._columns([self._kept[place] for place in asked])

    def known(self) -> tuple[Tensor, dict[str, Tensor]]:
        """All places measured so far or found in the store, and their values, also after an interruption."""
        places = torch.tensor(list(self._kept), dtype=torch.float64).reshape(-1, len(self._directions))
        return places, self._columns(list(self._kept.values()))

    def _columns(self, values: list[Values]) -> dict[str, Tensor]:
        if not values:
            return {name: torch.zeros(0, dtype=torch.float64) for name in self.names}
        return {name: torch.stack(column) for name, column in zip(self.names, zip(*values, strict=True), strict=True)}

    def _fill(self, places: list[Place]) -> None:
        """Measure places that are not known, each rank its own where they are dealt out."""
        known, new = len(self._kept), {}
        mine = places[ranks.rank() :: ranks.count()] if self._spread else places
        others = ranks.count() if self._spread else 1
        size = len(mine) if self._whole else 1
        most = 1 if self._alone_at or not any(self._shortcuts.values()) else BATCH

        def work(may_stop: Callable[[], None]) -> None:
            waiting, size_now = mine, max(1, size)
            while waiting:
                may_stop()
                some, waiting = waiting[:size_now], waiting[size_now:]
                began = time.monotonic()
                found = self._measured(torch.tensor(some, dtype=torch.float64))
                for place, *values in zip(some, *found, strict=True):
                    new[place] = tuple(values)
                    self._write(place, tuple(values))
                self.count += len(some)
                if self._tell:
                    self._tell(min(known + len(new) * others, known + len(places)))
                if time.monotonic() - began < OFTEN:
                    size_now = min(2 * size_now, most)

        if not self._together:
            try:
                work(lambda: None)
            finally:
                self._share(new)
            return
        with ranks.undisturbed() as let_out:
            try:
                if self._spread:
                    ranks.agreed(lambda: work(let_out))
                else:
                    work(lambda: ranks.agreed(let_out))
            except KeyboardInterrupt:  # told to all ranks by now, so that what each has found can still be shared
                self._share(new)
                raise
            self._share(new)
        self.count += len(places) - len(mine)

    def _write(self, place: Place, values: Values) -> None:
        if self._together and not self._spread:  # all ranks know the value, and the first writes it for them
            ranks.agreed(lambda: self._store.add(place, values) if self._store else None)
        elif self._store:
            self._store.add(place, values)

    def _share(self, new: Mapping[Place, Values]) -> None:
        """Give every rank what all have found."""
        if not self._together:
            self._kept |= new
            return
        width = len(self._directions)
        rows = [
            [*place, *(float(value) for value in values), *(float(KINDS.index(value.dtype)) for value in values)]
            for place, values in new.items()
        ]
        table = torch.tensor(rows, dtype=torch.float64).reshape(-1, width + 2 * len(self.names))
        for row in ranks.gathered(table).tolist():
            numbers, kinds = row[width : width + len(self.names)], row[width + len(self.names) :]
            values = (torch.tensor(n, dtype=KINDS[int(kind)]) for n, kind in zip(numbers, kinds, strict=True))
            self._kept[tuple(row[:width])] = tuple(values)

    def _measured(self, places: Tensor) -> list[Tensor]:
        """Ask every cost for every place: one tensor for each of `names`."""
        found: dict[str, Tensor] = {}
        with torch.no_grad():
            for name, cost in self._costs.items():
                shortcut = self._shortcuts[name]
                if shortcut:
                    found[name] = shortcut.costs(places)
                elif name == "cost" and isinstance(cost, SampledCost):
                    pairs = [cost.value_and_interval(self._point(place)) for place in places.tolist()]
                    found[name], found[INTERVAL] = (torch.stack(column) for column in zip(*pairs, strict=True))
                else:
                    found[name] = torch.stack([cost.value(self._point(place)) for place in places.tolist()])
        return [found[name].detach().cpu() for name in self.names]

    def _point(self, place: list[float]) -> Params:
        first, *rest = place
        if self._row is None or self._row[0] != first:
            self._row = first, vectors.moved(self._origin, self._directions[0], by=first)
        point = self._row[1]
        for direction, by in zip(self._directions[1:], rest, strict=True):
            point = vectors.moved(point, direction, by=by)
        return point

    def _opened(self, path: str | Path, axes: Sequence[str], about: str) -> Store | None:
        """Make or take up the store, and make sure that the costs in it are those of this cost."""
        described = manifest(
            self._origin,
            self._directions,
            values=self.names,
            data=self._data,
            axes=axes,
            about=about,
            method=_way(self._shortcuts["cost"]),
        )

        def opened(mine: bool) -> Store | None:
            if not mine:
                return None
            return Store(path, described, self._origin, self._directions, rank=ranks.rank())

        if self._together and not self._spread:
            store = ranks.agreed(lambda: opened(ranks.rank() == 0))
        elif self._spread:
            first = ranks.agreed(lambda: opened(ranks.rank() == 0))  # who alone makes the folder
            rest = ranks.agreed(lambda: opened(ranks.rank() != 0))
            store = first or rest
        else:
            store = opened(True)
        self._share({} if store is None else store.kept)
        self.taken_up = len(self._kept)
        if self._spread:
            ranks.agreed(lambda: self._check_kept(Path(path)))
        else:
            self._check_kept(Path(path))
        return store

    def _check_kept(self, path: Path) -> None:
        """Measure a kept place again, two where the data cannot be seen: another cost is another there.

        The largest finite cost is taken: it has lost the fewest digits to cancellation, and all ranks find the same.
        """

        def height(place: Place) -> tuple[float, Place]:
            cost = abs(float(self._kept[place][0]))
            return (cost if math.isfinite(cost) else -1.0), place

        seen = all(self._data.values())
        for place in sorted(self._kept, key=height, reverse=True)[: 1 if seen else 2]:
            again = self._measured(torch.tensor([place], dtype=torch.float64))
            for name, before, (now,) in zip(self.names, self._kept[place], again, strict=True):
                was, found = float(before), float(now)
                kinds = {before.dtype, *(value.dtype for value in self._origin.values())}
                rounding = max(ROUNDING.get(kind, 1e-2) for kind in kinds)
                if not (math.isclose(was, found, rel_tol=rounding) or (math.isnan(was) and math.isnan(found))):
                    raise SteepestError(
                        f"{path} holds a {name} of {was:.6g} at {place}, and measured again it is {found:.6g}",
                        cause="Other data, another loss or another module",
                        remedy="Give what it was made with, or another folder for the new slice",
                    )


def _digest(cost: Cost) -> str | None:
    """A digest of the data, for a cost whose data can be seen and do not depend on how many ranks there are."""
    return digest.of_batches(cost.batches) if isinstance(cost, ModuleCost) and not is_sharded(cost) else None


def _way(shortcut: Restriction | None) -> str:
    return shortcut.method if shortcut else "one forward pass at each point"


def _nearly_free(cost: Cost, shortcut: Restriction | None, grid: Tensor) -> bool:
    if isinstance(cost, LeastSquares):
        return shortcut is not None
    return isinstance(shortcut, Checked) and shortcut.free(len(grid))


def _refuse_unlike(cost: Cost, beside: Mapping[str, Cost]) -> None:
    for name, other in beside.items():
        if name in ("cost", INTERVAL):
            raise SteepestError(f"beside names '{name}', which is taken", remedy="Give it another name: accuracy")
        if other.names != cost.names:
            raise SteepestError(
                f"'{name}' beside the cost has the parameters {listed(other.names)}, and the cost {listed(cost.names)}",
                remedy="Make both of the same module, or of functions with the same arguments",
            )


def _refuse_unspreadable(
    sharded: bool, origin: Params, directions: Sequence[Params], data: Mapping[str, str | None]
) -> None:
    ranks.refuse_unstarted()
    if sharded:
        raise SteepestError(
            "the cost is sharded: all ranks together work out each of its values",
            remedy="Leave out spread=True, and all ranks ask for the slice together; or make the cost of all the data",
        )
    ranks.refuse_unlike("origin and directions", [f"digest {digest.of(each)[:8]}" for each in (origin, *directions)])
    ranks.refuse_unlike("data", [f"'{name}' over data with the digest {found}" for name, found in data.items()])
