"""The barrier between two models: how far a walk along the straight line between them must climb."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch

from steepest.errors import SteepestError, door
from steepest.slices.noun import Slice

ON_POINT = 1e-6
"""How near a coordinate must be to a model's to be the model's own, with float32 coordinates."""


@dataclass(frozen=True)
class Barrier:
    """How high the cost rises between two models, `at` what share of the way, and the `ends`' own costs.

    `height` is the largest `C(t) - max(C(0), C(1))` of the line's points between them: 0 where no point lies above the
    higher end, infinite where the cost is infinite, NaN where it is NaN. `above_chord` is the largest height above
    `(1 - t) C(0) + t C(1)`, the straight line from cost to cost. All but `at` are in the unit of the cost.

    >>> from steepest import Cost, line
    >>> cost = Cost.from_function(lambda m: (m**2 - 1) ** 2 - m)  # the chord from -1 to 1 is -m
    >>> found = barrier(line(cost, at={"m": -1.0}, along={"m": torch.tensor(2.0)}, reach=(0, 1), points=101))
    >>> found.ends, round(found.height, 3), round(found.above_chord, 3)
    ((1.0, -1.0), 0.129, 1.0)
    """

    height: float
    at: float
    ends: tuple[float, float]
    above_chord: float

    def to_dict(self) -> dict[str, Any]:
        """Turn the barrier into numbers."""
        return {"height": self.height, "at": self.at, "ends": list(self.ends), "above_chord": self.above_chord}


def barrier(slice: Slice) -> Barrier:
    """Measure the barrier on a line whose coordinates 0 and 1 are two models.

    It is what a walk from either end must climb, and the largest of the line's points: between them a higher one may
    lie. Frankle et al. (2020) count from the mean of both ends, Entezari et al. (2022) from the straight line between
    them.

    Raises SteepestError for a plane, and where 0 or 1 is no point of the line or has no finite cost.

    >>> from steepest.cost import Cost
    >>> from steepest.slices import line
    >>> cost = Cost.from_function(lambda m: (m**2 - 1) ** 2)
    >>> barrier(line(cost, at={"m": -1.0}, along={"m": torch.tensor(2.0)}, reach=(-0.25, 1.25), points=61))
    Barrier(height=1.0, at=0.5, ends=(0.0, 0.0), above_chord=1.0)
    """
    with door("barrier"):
        if len(slice.coordinates) != 1:
            raise SteepestError("the slice is a plane", remedy="Cut a line() between the two models")
        places, costs = slice.coordinates[0].double().cpu(), slice.costs.double().cpu()
        first, last = (_point(places, value) for value in (0.0, 1.0))
        ends = float(costs[first]), float(costs[last])
        for value, cost in zip((0, 1), ends, strict=True):
            if not math.isfinite(cost):
                raise SteepestError(f"the cost of the model at {value} is {cost:g}", remedy="Give models with costs")
        share, between = places[first : last + 1], costs[first : last + 1]
        if bool(between.isnan().any()):
            return Barrier(math.nan, float(share[int(between.isnan().nonzero()[0])]), ends, math.nan)
        top = int(between.argmax())
        chord = float((between - (ends[0] + share * (ends[1] - ends[0]))).max())
        return Barrier(float(between[top]) - max(ends), float(share[top]), ends, max(0.0, chord))


def _point(places: torch.Tensor, value: float) -> int:
    nearest = int((places - value).abs().argmin())
    if abs(float(places[nearest]) - value) > ON_POINT:
        raise SteepestError(
            f"the model at {value:g} is no point of the line: the nearest is {float(places[nearest]):.6g}",
            remedy="Cut it so that 0 and 1 are points, such as reach=(-0.25, 1.25), points=61",
        )
    return nearest
