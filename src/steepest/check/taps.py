"""Finite differences: what the blind trilobite's cane feels of a cost."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from steepest import vectors
from steepest.cost import Cost
from steepest.errors import SteepestError, door, near
from steepest.vectors import Params


@dataclass(frozen=True)
class Tap:
    """A slope felt by finite differences, with how far it can be trusted, in cost per unit of the direction.

    `slope = (C(+step) - C(-step)) / (2 step)`, give or take `uncertainty`, at the price of so many `forward_passes`;
    `step` is the one that was found to err least.

    >>> cost = Cost.from_function(lambda m: m**3, dtype=torch.float64)
    >>> felt = tap(cost, cost.params({"m": 2.0}), {"m": torch.tensor(1.0, dtype=torch.float64)})
    >>> abs(felt.slope - 12) < felt.uncertainty < 1e-6
    True
    """

    slope: float
    uncertainty: float
    step: float
    bend: float
    """Second difference, `(C(+step) - 2 C + C(-step)) / step^2`: how the slope itself changes."""
    forward_passes: int


def tap(cost: Cost, at: Params, along: Params, *, step: float | None = None) -> Tap:
    """Feel the slope of a cost along a direction, as the blind trilobite does with its cane.

    `slope = (C(at + step along) - C(at - step along)) / (2 step)`, whose error is a truncation that grows with the
    step and a rounding that falls with it. The step starts from the cube root of the dtype's precision (Press et al.,
    2007, §5.7) and moves to where the two are smallest; the disagreement with half the step shows the truncation.
    With `step` given, that one is used as it is.

    >>> cost = Cost.from_function(lambda m: m**2, dtype=torch.float64)
    >>> felt = tap(cost, cost.params({"m": 3.0}), {"m": torch.tensor(1.0, dtype=torch.float64)}, step=0.5)
    >>> felt.slope, felt.bend
    (6.0, 2.0)
    """
    precision = torch.finfo(next(iter(at.values())).dtype).eps
    forward_passes = 1

    def felt(by: float) -> float:
        nonlocal forward_passes
        forward_passes += 1
        with torch.no_grad():
            return float(cost.value(vectors.moved(at, along, by=by)))

    with torch.no_grad():
        here = float(cost.value(at))

    def tried(width: float) -> Tap:
        # The step that is really taken: at + width is rounded to what the dtype can hold.
        up, down, half_up, half_down = felt(width), felt(-width), felt(width / 2), felt(-width / 2)
        slope, half = (up - down) / (2 * width), (half_up - half_down) / width
        rounding = precision * max(abs(up), abs(down), abs(here)) / width
        bend = (up - 2 * here + down) / width**2
        return Tap(half, abs(slope - half) + 2 * rounding, width, bend, forward_passes)

    if step is not None:
        up, down = felt(step), felt(-step)
        rounding = precision * max(abs(up), abs(down)) / step
        bend = (up - 2 * here + down) / step**2
        return Tap((up - down) / (2 * step), rounding, step, bend, forward_passes)
    length = vectors.norm(along)
    reach = max([1.0, *(float(at[name].abs().max()) for name, value in along.items() if bool(value.any()))])
    width = precision ** (1 / 3) * reach / (length or 1.0)
    best = tried(width)
    for factor in (16.0, 256.0, 1 / 16, 1 / 256, 1 / 4096):
        if best.uncertainty <= 1e-9 * abs(best.slope):
            break
        other = tried(width * factor)
        agree = abs(other.slope - best.slope) <= 2 * (other.uncertainty + best.uncertainty)
        # Over a wide step two slopes may agree by chance: far out, where the cost is flat, both are 0.
        better = other.uncertainty < best.uncertainty if agree else other.step < best.step
        if better or not math.isfinite(best.slope):
            best = other
    return Tap(best.slope, best.uncertainty, best.step, best.bend, forward_passes)


def compass(
    cost: Cost, at: Mapping[str, Tensor | float], *, along: tuple[str, str] | None = None, step: float = 0.01
) -> dict[str, float]:
    """Tap in the eight compass directions: how much the cost changes one `step` away.

    East is more of the first parameter, north more of the second; `along` names the two, where there are more. The
    price is nine forward passes.

    Raises SteepestError where the two are not numbers, or not named and the cost has more than two.

    >>> cost = Cost.from_function(lambda m, b: 2 * m - b)
    >>> {name: round(change, 4) for name, change in compass(cost, {"m": 0.0, "b": 0.0}, step=0.01).items()}["E"]
    0.02
    """
    with door("compass"):
        params = cost.params(at)
        if along is None and len(cost.names) != 2:
            raise SteepestError(
                f"the cost has {len(cost.names)} parameters, and a compass two axes",
                remedy="Name two of them with along=(..., ...)",
            )
        east, north = along or (cost.names[0], cost.names[1])
        for name in (east, north):
            if name not in params:
                raise SteepestError(f"there is no parameter '{name}'", remedy=near(name, cost.names))
            if params[name].numel() != 1:
                raise SteepestError(f"'{name}' has {params[name].numel()} numbers", remedy="Name one with a single one")
        zeros = {name: torch.zeros_like(value) for name, value in params.items()}
        changes: dict[str, float] = {}
        with torch.no_grad():
            here = float(cost.value(params))
            for index, point in enumerate(("E", "NE", "N", "NW", "W", "SW", "S", "SE")):
                angle = index * math.pi / 4
                way = zeros | {
                    east: torch.full_like(params[east], math.cos(angle)),
                    north: torch.full_like(params[north], math.sin(angle)),
                }
                changes[point] = float(cost.value(vectors.moved(params, way, by=step))) - here
        return changes
