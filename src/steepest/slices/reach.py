"""How far a slice has to go until the cost has risen enough to be looked at."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from steepest.errors import SteepestError
from steepest.slices.axes import Reach

NEAR = 1.2
"""A rise this factor from the one aimed at is near enough: on a picture nobody sees the difference."""

FURTHEST = 8.0**4
"""How many units are walked at most. A unit is one step along a direction, or the size of a named parameter."""

NEAREST = 1e-6
"""How small a share of a unit is tried at least: float32 coordinates are no finer."""

ROUNDS = 14

LEVELLED = 0.9
"""Where the cost never rises that much, it is followed until it has changed by this share of the most it ever does."""


@dataclass(frozen=True)
class Rise:
    """How far to go along each direction, from the first coordinate to the last, and a sentence that says why.

    `reach` has the two ends for each direction, in its coordinates; `told` is the sentence.

    >>> found = reach_for_rise(lambda places: places[:, 0] ** 2, (0.0,), rise=4)
    >>> found.reach, found.told
    (((-2.0, 2.0),), 'each way until the cost has changed by 4 from 0 at the centre, to within 20 %, found by 5 costs')
    """

    reach: tuple[Reach, ...]
    told: str


@dataclass
class _Way:
    """A search one way along one direction, between the furthest place below the rise and the nearest above."""

    index: int
    sign: int
    unit: float
    next: float = 0.0
    seen: dict[float, float] = field(default_factory=dict)  # distance: change of the cost, infinite where not finite
    broken: bool = False
    done: bool = False
    short: str = ""

    def take(self, change: float, rise: float) -> None:
        """Note a change of the cost at the distance that was next, and choose another unless that is near enough."""
        self.broken |= not math.isfinite(change)
        self.seen[self.next] = change
        if rise / NEAR <= change <= rise * NEAR:
            self.done = True
            return
        above = min((d for d, c in self.seen.items() if c > rise), default=math.inf)
        below = max((d for d, c in self.seen.items() if c < rise and d < above), default=0.0)
        if below >= FURTHEST * self.unit or above <= NEAREST * self.unit or (below and above < NEAR**0.5 * below):
            self.done = True
            return
        self.next = min(max(self._guess(below, above, rise), NEAREST * self.unit), FURTHEST * self.unit)

    def _guess(self, below: float, above: float, rise: float) -> float:
        """Go where the rise would be, were the change a power of the distance: exact on a bowl about its bottom."""
        low, high = self.seen.get(below, 0.0), self.seen.get(above, math.inf)
        if math.isinf(above):
            return below * min(max((rise / low) ** 0.5, 1.5), 8.0) if low else 8 * below
        if math.isinf(high):
            return math.sqrt(below * above) if below else above / 16
        if not below:
            return above * max((rise / high) ** (1 / self._power()), 1e-3)
        share = math.log(rise / low) / math.log(high / low) if low else 0.5
        return below * (above / below) ** min(max(share, 0.1), 0.9)

    def _power(self) -> float:
        """By which power of the distance the change grows, by the two nearest places; a square, where there is one."""
        known = sorted((d, c) for d, c in self.seen.items() if 0 < c < math.inf)[:2]
        if len(known) < 2:
            return 2.0
        (near, low), (far, high) = known
        return min(max(math.log(high / low) / math.log(far / near), 0.5), 4.0)

    def end(self, rise: float, where: str) -> float:
        """The distance found, with `short` saying what is odd about it."""
        near = [d for d, c in self.seen.items() if rise / NEAR <= c <= rise * NEAR]
        if near:
            return min(near)
        above = min((d for d, c in self.seen.items() if rise < c < math.inf), default=math.inf)
        beyond = min((d for d, c in self.seen.items() if math.isinf(c)), default=math.inf)
        finite = {d: c for d, c in self.seen.items() if d < beyond and not math.isinf(c)}
        if above < beyond:
            self.short = f"{where} it jumps, and changes by {finite[above]:.3g} at {above:.3g}"
            return above
        if not finite:
            self.short = f"{where} it is not finite beyond {beyond:.3g}"
            return beyond
        most = max(finite.values())
        if self.broken:
            self.short = f"{where} it is not finite at {beyond:.3g}, and is shown up to the last that is"
            return max(finite)
        furthest = max(finite)
        level = min(d for d, c in finite.items() if c >= LEVELLED * most) if most > 0 else self.unit
        self.short = (
            f"{where} it changes by {most:.3g} at most up to {furthest:,.4g}, and is shown up to {level:,.4g}"
            if most > 0
            else f"{where} it is flat up to {furthest:,.4g}, and is shown up to {level:,.4g}"
        )
        return level


def reach_for_rise(
    ask: Callable[[Tensor], Tensor],
    centre: Sequence[float],
    *,
    rise: float | None = None,
    names: Sequence[str] = (),
) -> Rise:
    """Find how far to go, both ways along each direction, until the cost has risen (or fallen) by `rise`.

    `ask` takes coordinates of shape `(places, directions)` and gives the costs there; `centre` has the coordinates of
    the place to look at: zeros for directions walked from it, own values for named parameters. `names` are what the
    sentence calls the directions. Without `rise` it is nine times the cost at the centre, one decade; where that is 0,
    the most that the cost changes one unit away.

    Each of the ways is searched on its own, all of them in step: at most 14 costs each, and about 2 where the cost is a
    bowl about the centre. A way on which the cost never changes that much ends where it has done most of it, one on
    which it stops being finite ends before that, and `told` says so. Between the ends, and at the corners of a plane,
    the cost may be higher, or lower.

    Raises SteepestError for a cost at the centre that is not finite, and a rise that is not above 0.

    >>> found = reach_for_rise(lambda places: 1 + places[:, 0] ** 2 + 100 * places[:, 1] ** 2, (0.0, 0.0), rise=9)
    >>> [tuple(round(end, 3) for end in ends) for ends in found.reach]
    [(-3.0, 3.0), (-0.3, 0.3)]
    """
    if rise is not None and not 0 < rise < math.inf:
        raise SteepestError(f"the rise is {rise:g}", remedy="Give a number above 0, or leave it out")
    at = torch.tensor(list(centre), dtype=torch.float64)
    level = float(ask(at[None])[0])
    if not math.isfinite(level):
        raise SteepestError(
            f"the cost at the centre is {level:g}",
            cause="Is it the end of a run that diverged?",
            remedy="Give a place where the cost is finite, or a reach",
        )
    ways = [_Way(index, sign, max(abs(value), 1.0)) for index, value in enumerate(centre) for sign in (-1, 1)]
    for way in ways:
        way.next = way.unit
    asked, aim = 1, rise or 9 * abs(level)
    for _ in range(ROUNDS):
        going = [way for way in ways if not way.done]
        if not going:
            break
        places = at.repeat(len(going), 1)
        for row, way in enumerate(going):
            places[row, way.index] += way.sign * way.next
        changes = [abs(float(cost) - level) for cost in ask(places)]
        asked += len(going)
        aim = aim or max((change for change in changes if math.isfinite(change)), default=0.0) or 1.0
        for way, change in zip(going, changes, strict=True):
            way.take(change if math.isfinite(change) else math.inf, aim)
    called = names or [f"direction {index}" for index in range(len(centre))]
    ends = [way.end(aim, f"{('down', 'up')[way.sign > 0]} {called[way.index]}") for way in ways]
    reach = tuple(
        (float(value) - back, float(value) + ahead)
        for value, back, ahead in zip(centre, ends[::2], ends[1::2], strict=True)
    )
    sought = f"by {aim:.3g} from {level:.4g} at the centre" + (
        ", to ten times as much" if rise is None and level > 0 else ""
    )
    told = f"each way until the cost has changed {sought}, to within 20 %, found by {asked} costs"
    if all(way.short for way in ways):
        told = f"the cost changes {sought}, to within 20 %, in none of the ways tried, by {asked} costs"
    return Rise(reach, "; ".join([told, *(way.short for way in ways if way.short)]))
