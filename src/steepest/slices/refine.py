"""A picture that gets better while it is measured: new places where what is drawn errs most, then a check."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from steepest import ranks
from steepest.errors import SteepestError
from steepest.slices.axes import Reach
from steepest.slices.cells import FIRST, Cells, Place
from steepest.slices.interpolate import MOST_PLACES, Surface, chosen_scale
from steepest.slices.noun import Scale

HELD_OUT = 20
"""How many places measured last check the picture."""

MOST = 350
"""How many places are measured where neither a budget, a tolerance nor a number is given."""

BATCH = 16
"""The fewest places chosen at a time, unless they take longer than `SOON`; later an eighth of those measured."""

SOON = 2.0
"""Seconds that a batch takes at most under a budget; without one the clock decides nothing, and two runs are alike."""

BLIND = 10
"""A check that errs by more than so many doubts found what the surface does not know of."""

INVISIBLE = 1e-4
"""An error below this, as a share of the range or in decades, is seen in no picture."""


@dataclass(frozen=True)
class Refined:
    """Measured places of a slice, the surface through them, and how far it was off at others, measured afterwards.

    `places` has shape `(places, directions)`, the costs `measured` there `(places,)`; those of the `held_out` check are
    not among them and never enter the surface. `held_out_error` is the largest error there, in the `scale` that is
    drawn: a share of the range of the costs for "linear", decades for "log"; None where there was no check. `doubt` is
    what the surface itself expects at worst. `told` says how it was made, without the error.
    """

    places: Tensor
    measured: Tensor
    scale: Scale
    held_out: Tensor
    held_out_costs: Tensor
    held_out_error: float | None
    doubt: float
    told: str
    surface: Surface

    def on(self, grid: Sequence[Tensor]) -> Tensor:
        """Costs on a grid, given as one tensor of coordinates for each direction."""
        return self.surface.on(grid)


def refined(
    ask: Callable[[Tensor], Tensor],
    reach: Sequence[Reach],
    *,
    kinds: Sequence[torch.dtype],
    budget: float | None = None,
    tolerance: float | None = None,
    most: int | None = None,
    scale: Scale | None = None,
    seed: int = 0,
    clock: Callable[[], float] = time.monotonic,
    tell: Callable[[int, float], None] | None = None,
) -> Refined:
    """Measure a line or a plane where its picture errs most, within `budget` seconds or `most` places.

    `ask` gives costs of shape `(places,)` for places of shape `(places, directions)`; `kinds` are the dtypes that the
    coordinates along each direction are numbers of. A first picture of 9 or 9x9 places comes first, its centre and
    corners before the rest; then halves of cells, where the doubt of the surface in the scale drawn is largest; last a
    check at random places drawn by `seed`. It ends early where the check holds to `tolerance`, or no doubt could be
    seen. `tell` hears how many places have been measured, and the largest doubt.

    Ctrl-C keeps what has been measured. Raises SteepestError for limits that are not positive.

    >>> found = refined(lambda at: (at**2).sum(dim=1), ((-1, 1), (-1, 1)), kinds=[torch.float64] * 2, most=120)
    >>> len(found.places), found.held_out_error < 1e-9
    (81, True)
    """
    refuse_unlimited(budget=budget, tolerance=tolerance, most=most)
    if most is None:
        most = MOST if budget is None and tolerance is None else MOST_PLACES
    walk = _Walk(ask, Cells(reach, kinds), scale, clock, tell, budget=budget or math.inf, most=most)
    try:
        walk.first_picture()
        walk.refine_and_check(tolerance, torch.Generator().manual_seed(seed))
    except KeyboardInterrupt:
        if not len(walk.costs):
            raise
        walk.held, walk.interrupted = None, True
    return walk.finished()


def refuse_unlimited(*, budget: float | None, tolerance: float | None, most: int | None) -> None:
    """Refuse limits that are not positive, and more places than one surface is drawn through."""
    for name, value in (("budget", budget), ("tolerance", tolerance), ("most", most)):
        if value is not None and not value > 0:
            raise SteepestError(f"{name} is {value:g}", remedy="Give a number above 0, or leave it out")
    if most is not None and most > MOST_PLACES:
        raise SteepestError(
            f"most is {most:,}, and one surface is drawn through {MOST_PLACES:,} places at most",
            remedy="Give points= instead, to measure every point of a grid",
        )


class _Walk:
    """What has been measured so far, and what it may still cost."""

    def __init__(
        self,
        ask: Callable[[Tensor], Tensor],
        cells: Cells,
        scale: Scale | None,
        clock: Callable[[], float],
        tell: Callable[[int, float], None] | None,
        *,
        budget: float,
        most: int,
    ) -> None:
        self.ask, self.cells, self.clock, self.tell = ask, cells, clock, tell
        self.scale: Scale | None = scale
        self.budget, self.most, self.began = budget, most, clock()
        self.places: list[Place] = []
        self.costs = torch.zeros(0, dtype=torch.float64)
        self.asked, self.checks, self.doubt = 0, 0, math.inf
        self.held: tuple[Tensor, Tensor] | None = None
        self.interrupted = False

    def first_picture(self) -> None:
        """Measure the first places, as many of them as there is room for."""
        for group in self.cells.first():
            waiting = list(group)
            while waiting and (size := self._batch()):
                self._measure(waiting[:size])
                waiting = waiting[size:]

    def refine_and_check(self, tolerance: float | None, random: torch.Generator) -> None:
        """Measure where the doubt is largest, then check; again and more closely where the check fails."""
        aim, widest = tolerance or INVISIBLE, 1.0
        while True:
            self._refine(aim, widest)
            count = int(min(HELD_OUT, self._left()))
            if count < 1:
                return
            places, costs = self._check(count, random)
            error = self.surface.off(places, costs)
            if tolerance is None or error is None or error <= tolerance:
                return
            if self._left() < 2 * HELD_OUT:
                return
            if error > BLIND * self.doubt:  # it errs where nothing hints at it: look closer everywhere
                widest = min(widest, 1 / FIRST) / 2
            else:
                aim *= min(0.5, tolerance / error)

    def finished(self) -> Refined:
        """Give what has been measured, and say how."""
        surface = self.surface
        self._doubts(surface)
        held, costs = self.held or (surface.places[:0], self.costs[:0])
        error = surface.off(held, costs)
        told = self._told(surface, held, costs)
        return Refined(surface.places, self.costs, surface.scale, held, costs, error, self.doubt, told, surface)

    @property
    def surface(self) -> Surface:
        """The surface through all places measured."""
        return Surface(self.cells.at(self.places), self.costs, self.scale or chosen_scale(self.costs))

    def _refine(self, aim: float, widest: float) -> None:
        """Measure until no doubt is above the aim, and no cell wider than that share of the reach."""
        while size := self._batch():
            surface = self.surface
            new, doubts = self._doubts(surface)
            # Between the largest doubt (the worst error) and the doubt of the largest cell (the mean one).
            sizes = self._sizes(new)
            doubts = torch.where(sizes > widest, doubts.clamp(min=2 * aim), doubts)
            wanted = torch.where(doubts > aim, doubts * sizes.sqrt(), 0.0)
            mixed = self._border(surface)
            border = self._apart(surface, mixed, self._sizes(mixed), size)
            chosen = self._apart(surface, new, wanted, size - min(len(border), size // 2))
            chosen += [place for place in border if place not in chosen][: size - len(chosen)]
            if not chosen:
                return
            self._measure(chosen)

    def _doubts(self, surface: Surface) -> tuple[dict[Place, int], Tensor]:
        """Where a cell could be cut, and what the surface doubts there; nothing of what is not finite."""
        new = self.cells.new()
        at = self.cells.at(new)
        doubts = torch.where(surface.spoilt(at) < 0, surface.doubts(at), 0.0)
        self.doubt = max(doubts.tolist(), default=0.0)
        return new, doubts

    def _border(self, surface: Surface) -> dict[Place, int]:
        if bool(surface.good.all()) or not bool(surface.good.any()):
            return {}
        corners = self.cells.corners()
        finite = (surface.spoilt(self.cells.at(corners)) < 0).tolist()
        return self.cells.border(dict(zip(corners, finite, strict=True)))

    def _sizes(self, cells: dict[Place, int]) -> Tensor:
        """Sizes of cells as shares of the reach."""
        return torch.tensor(list(cells.values()), dtype=torch.float64) / self.cells.finest

    def _apart(self, surface: Surface, cells: dict[Place, int], wanted: Tensor, most: int) -> list[Place]:
        """Choose the most wanted places; those near one already chosen count less."""
        names, sizes, at = list(cells), self._sizes(cells), surface.scaled(self.cells.at(cells))
        chosen: list[Place] = []
        while len(chosen) < most and len(wanted) and float(wanted.max()) > 0:
            best = int(wanted.argmax())
            chosen.append(names[best])
            away = torch.linalg.vector_norm(at - at[best], dim=1)
            wanted = wanted * (away / (3 * sizes[best])).clamp(max=1).square()  # lengths in halves, sizes in wholes
        return chosen

    def _measure(self, places: list[Place]) -> None:
        """Ask for the costs at places, in an order in which they share rows."""
        places = sorted(places)
        costs = self.ask(self.cells.at(places)).double().cpu()
        self.asked += len(places)
        self.places += places
        self.costs = torch.cat([self.costs, costs])
        self.cells.seen |= set(places)
        if self.tell:
            self.tell(self.asked, self.doubt)

    def _check(self, count: int, random: torch.Generator) -> tuple[Tensor, Tensor]:
        """Measure places that the surface has never seen and never will."""
        places = self.cells.random(count, random)
        self.held = None
        costs = self.ask(places).double().cpu()
        self.asked += count
        self.checks += 1
        self.held = places, costs
        return self.held

    def _elapsed(self) -> float:
        """Seconds since the start, by a clock that ranks who ask together share."""
        return self.clock() - self.began

    def _left(self) -> float:
        """How many places there is room for, by what those until now have taken."""
        room = float(self.most - self.asked)
        if self.budget < math.inf and self.asked and (spent := self._elapsed()) > 0:
            room = min(room, (self.budget - spent) / spent * self.asked)
        return max(0.0, room)

    def _batch(self) -> int:
        """How many places to ask for next, so that there is room for a check and something to be seen soon."""
        if not self.asked:
            return 1
        left = self._left()
        room = left - min(HELD_OUT, (self.asked + left) // 5)
        size = max(BATCH, self.asked // 8)
        if self.budget < math.inf and (spent := self._elapsed()) > 0:
            size = max(ranks.count(), min(size, int(SOON / spent * self.asked)))
        return max(0, min(int(room), size))

    def _told(self, surface: Surface, held: Tensor, costs: Tensor) -> str:
        drawn = "the logarithm of the cost" if surface.scale == "log" else "the cost"
        told = f"{len(self.costs)} places measured, {drawn} between them by a polyharmonic spline"
        if bad := int((~surface.good).sum()):
            told = (
                f"{told}, {bad} of them not finite{' or not positive' if surface.scale == 'log' else ''} and left out"
            )
        if self.interrupted:
            return f"{told}; interrupted, not checked at other places"
        if not len(held):
            return f"{told}; no room was left for a check at other places"
        times = f", the last of {self.checks} checks" if self.checks > 1 else ""
        told = f"{told}; checked at {len(held)} other places drawn at random{times}"
        wrong = int((surface(held).isfinite() != surface.height(costs).isfinite()).sum())
        return f"{told}, {wrong} of them finite where the picture is not, or the other way round" if wrong else told
