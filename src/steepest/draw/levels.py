"""Levels of a map: which heights have lines, and what the colours mean, for one plane or for several alike."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from steepest.slices import Slice

MOST_LEVELS = 18

FEWEST_LEVELS = 6
"""A ladder of round numbers with fewer rungs than these is replaced by a finer one."""

MOST_ABOVE = 0.6
"""With a larger share of the plane's points in the highest level, the levels are evenly spaced instead."""

FEWEST_POINTS = 0.005
"""The lowest level holds this share of the plane's points: what is lower lies between them, and was not measured."""

LADDERS = (
    ((1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9), 1),
    ((1, 1.5, 2, 3, 4, 5, 7), 1),
    ((1, 2, 5), 1),
    ((1, 3), 1),
    ((1,), 1),
    ((1,), 2),
    ((1,), 4),
    ((1,), 12),
    ((1,), 40),
)
"""Leading digits and decades apart, from the finest to the coarsest."""


@dataclass(frozen=True)
class Levels:
    """Heights in the cost's own numbers, and the scale in which costs lie between them.

    On a `logarithmic` map they are costs, and straight lines between points are straight in the logarithm. Else they
    are heights above `floor`, the lowest cost: a bowl's height is a square, so its root is straight between points.
    """

    values: list[float]
    floor: float
    logarithmic: bool
    said: str = ""

    @property
    def places(self) -> np.ndarray:
        """Where the levels lie in the scale that is drawn."""
        return np.log10(self.values) if self.logarithmic else np.sqrt(self.values)

    def placed(self, costs: np.ndarray) -> np.ma.MaskedArray:
        """Costs in the scale that is drawn, those without a place masked."""
        with np.errstate(all="ignore"):
            found = np.log10(costs) if self.logarithmic else np.sqrt(costs - self.floor)
        known = np.isfinite(found) & np.isfinite(costs)
        return np.ma.array(np.where(known, found, 0.0), mask=~known)

    @property
    def costs(self) -> list[float]:
        """The levels as costs."""
        return self.values if self.logarithmic else [self.floor + value for value in self.values]


def levels_for(slices: Sequence[Slice], cost_name: str) -> Levels | None:
    """Levels that hold every finite cost of the slices, in their scale; None where no cost is finite.

    A logarithmic map is drawn where every slice asks for it and no finite cost is 0 or less; else `said` has why not.
    """
    from steepest.draw import paper

    grids = [numbers(slice.costs) for slice in slices]
    finite = np.concatenate([grid[np.isfinite(grid)] for grid in grids])
    if not len(finite):
        return None
    low, high, said = float(finite.min()), float(finite.max()), ""
    if all(slice.scale == "log" for slice in slices):
        if low > 0 and low < high:
            return Levels(_ladder(low, high), low, True)
        if low <= 0:
            said = f"linear: the {cost_name} is as low as {paper.number(low)}, and has no logarithm there"
    above = []
    for grid in grids:
        with np.errstate(over="ignore", invalid="ignore"):
            height = grid - low
        above.append(np.ma.array(np.where(np.isfinite(height), height, 0.0), mask=~np.isfinite(height)))
    return Levels(_above(above), low, False, said)


def numbers(values: object) -> np.ndarray:
    """A tensor as a float64 array."""
    return values.detach().double().cpu().numpy()  # pyright: ignore[reportAttributeAccessIssue]


def _rungs(low: float, high: float, digits: Sequence[float], apart: int) -> list[float]:
    """Round numbers from the last one at or below `low` to the first one at or above `high`."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1, apart)
    rungs = [float(f"{digit}e{decade}") for decade in decades for digit in digits]
    start = max(0, sum(rung <= low for rung in rungs) - 1)
    stop = sum(rung < high for rung in rungs)
    return [*rungs[start:stop], next(iter(rungs[stop:]), high)]


def _ladder(low: float, high: float) -> list[float]:
    """Round costs around all of those from `low` to `high`, as fine as can be read."""
    low, high = max(low, 1e-300), min(high, 1e300)
    rungs: list[float] = []
    for digits, apart in LADDERS:
        rungs = _rungs(low, high, digits, apart)
        if len(rungs) <= MOST_LEVELS:
            break
    if len(rungs) >= FEWEST_LEVELS:
        return rungs
    step = _round_step(high - low)
    first = math.floor(low / step)
    even = [step * index for index in range(first, math.ceil(high / step) + 1)]
    return [max(even[0], low), *even[1:]]


def _round_step(height: float) -> float:
    step = 10.0 ** math.floor(math.log10(height / 5))
    return step * next(digit for digit in (1, 2, 5, 10) if height <= 12 * digit * step)


def _above(heights: Sequence[np.ma.MaskedArray]) -> list[float]:
    """Round levels, 1 2 5 10 or coarser, from the lowest that the planes resolve to their highest; 0 is the first."""
    known = np.concatenate([above.compressed() for above in heights])
    highest = float(known.max())
    if highest == 0:
        return [0.0, 1.0]
    bends = [np.ma.asarray(np.diff(above, 2, axis=axis)).compressed() for axis in (0, 1) for above in heights]
    # Twice what a line between two points is off in the middle: a level below that shows beads along a narrow valley.
    bend = max(float(np.median(np.abs(bend))) / 4 if len(bend) else 0.0 for bend in bends)
    lowest = float(np.quantile(known, FEWEST_POINTS)) or float(known[known > 0].min())
    lowest = max(lowest, min(bend, highest / 10), highest * 1e-12, 1e-300)
    levels: list[float] = []
    for digits, apart in LADDERS[2:]:
        ladder = _rungs(lowest, highest, digits, apart)
        start = sum(level < lowest for level in ladder)
        levels = [0.0, *ladder[start:]]
        if len(levels) <= MOST_LEVELS:
            break
    if float(np.mean(known >= levels[-2])) > MOST_ABOVE:
        # The lowest cost is a corner that falls away, not the floor of a valley: there is nothing to see near it.
        step = _round_step(highest)
        levels = [step * index for index in range(math.ceil(highest / step) + 1)]
    return levels
