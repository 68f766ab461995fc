"""A run laid on a slice: where it goes on it, what of it the slice cannot show, and how wide a frame it needs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from steepest import vectors
from steepest.cost import Cost
from steepest.errors import SteepestError, door
from steepest.slices.asking import Ask
from steepest.slices.axes import Direction, Reach, laid
from steepest.slices.noun import Slice
from steepest.trajectory import Outcome, Trajectory
from steepest.vectors import Params

BLOCK_NUMBERS = 2**22
"""How many float64 numbers of a run are projected at a time."""

MOST_ASKED = 200
"""Of a longer run, the cost on the slice is asked at about so many steps: each may be a pass over all the data."""

FIRST_STEPS = 12
"""So many first adjustments are always among those that are looked at: there the cost changes most."""

SAME = 1e-3
"""A share by which two measurements of one cost may differ and be one: a recorded cost is often a float32."""

FAR = 1e100
"""A coordinate beyond which no picture is drawn: its square overflows."""


@dataclass(frozen=True)
class Projection:
    """A trajectory laid on a slice, with what of it the slice cannot show.

    `coordinates` has shape `(steps, directions)`: the nearest point of the slice. `distances`, shape `(steps,)`, is
    how far off the slice each step is. `share` is the share of the motion that the slice holds,
    `sum_k |moved inside|^2 / sum_k |moved|^2`, each step's motion counted from the start; None where nothing moved.

    `costs`, shape `(steps,)`, are those that the run recorded, where it was. `costs_on_slice`, shape `(asked,)`, are
    those measured at the nearest points of the slice, for the steps whose places in the run are `asked`; None where no
    cost was given to measure. `method` says how they were got, and whether the recorded ones are of another cost.

    >>> from steepest import descend, line
    >>> cost = Cost.from_function(lambda m, b: m**2 + b**2)
    >>> run = descend(cost, {"m": 3.0, "b": 4.0}, learning_rate=0.5, epochs=1)
    >>> found = project(run, onto=line(cost, at=run.end, along="m", reach=(0, 4)))
    >>> found.coordinates.tolist(), found.distances.tolist(), round(found.share, 2)
    ([[3.0], [0.0]], [4.0, 0.0], 0.36)
    """

    coordinates: Tensor
    distances: Tensor
    share: float | None
    costs: Tensor = field(default_factory=lambda: torch.empty(0, dtype=torch.float64))
    costs_on_slice: Tensor | None = None
    asked: Tensor | None = None
    method: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Turn the projection into numbers and lists."""
        return {
            "coordinates": self.coordinates.tolist(),
            "distances": self.distances.tolist(),
            "share": self.share,
            "costs": self.costs.tolist(),
            "costs_on_slice": None if self.costs_on_slice is None else self.costs_on_slice.tolist(),
            "asked": None if self.asked is None else self.asked.tolist(),
            "method": self.method,
        }


def project(run: Trajectory, *, onto: Slice, cost: Cost | None = None) -> Projection:
    """Lay a trajectory on a slice, and measure what the slice cannot show of it.

    With a `cost`, it is measured at the nearest point of the slice to every step, which is what a picture of the slice
    shows there, to be held against the cost that the step really had. Of a run with more than 200 steps, the first 13
    are asked, one in an odd number of the rest (so that a zigzag keeps both its sides), and the last.

    Raises SteepestError where the slice has other parameters than the run.

    >>> from steepest.descent import descend
    >>> from steepest.slices import line
    >>> cost = Cost.from_function(lambda m, b: (m - 1) ** 2 + b**2)
    >>> run = descend(cost, {"m": 0.0, "b": 1.0}, learning_rate=0.5, epochs=1)
    >>> found = project(run, onto=line(cost, at=run.end, along="m", reach=(0, 2)), cost=cost)
    >>> print(f"{found.share:.0%}, {found.distances[0]:.1f} off the line at the start")
    50%, 1.0 off the line at the start
    >>> found.costs.tolist(), found.costs_on_slice.tolist()
    ([2.0, 0.0], [1.0, 0.0])
    """
    with door("project"):
        if not onto.origin:
            raise SteepestError(
                "the slice has no parameters",
                cause="It was read from another tool's file",
                remedy="Cut the slice anew to lay a run on it",
            )
        points = [step.params for step in run.steps]
        path, distances = places(points, onto.origin, onto.directions)
        moved = torch.cat([block.norm(dim=1) for block in _columns(points, run.start)])
        inside = torch.linalg.vector_norm((path - path[0]) @ torch.linalg.qr(_span(onto.directions)).R.T, dim=1)
        finite = moved.isfinite() & inside.isfinite()
        size = max(moved[finite].tolist(), default=0.0)  # divided by, so that no square overflows
        ratio = (inside[finite] / size).square().sum() / (moved[finite] / size).square().sum() if size else None
        share = None if ratio is None else min(1.0, float(ratio))
        if cost is None:
            return Projection(path, distances, share, run.costs)
        another = _another(run, cost)
        asked = torch.tensor(thinned(len(path)))
        found, method = _costs_on(onto, path[asked], cost)
        told = [f"the cost on the slice at {len(asked):,} of {len(path):,} steps: {method}", another]
        return Projection(path, distances, share, run.costs, found, asked, "; ".join(part for part in told if part))


def thinned(steps: int, most: int = MOST_ASKED) -> list[int]:
    """All of a run's steps, or of more than `most` the first ones, one in an odd number of the rest, and the last.

    >>> thinned(4), thinned(1000)[11:16], len(thinned(1000))
    ([0, 1, 2, 3], [11, 12, 15, 20, 25], 211)
    """
    apart = math.ceil(steps / most) // 2 * 2 + 1 if steps > most else 1  # odd, so that a zigzag keeps both its sides
    return sorted({*range(0, steps, apart), *range(min(FIRST_STEPS + 1, steps)), steps - 1})


def _costs_on(slice: Slice, path: Tensor, cost: Cost) -> tuple[Tensor, str]:
    """Measure the cost at places of a slice; NaN where a run that diverged has no place."""
    ask = Ask(cost, slice.origin, slice.directions)
    there = path.isfinite().all(dim=1)
    found = path.new_full((len(path),), math.nan)
    if bool(there.any()):
        found[there] = ask(path[there]).to(found)
    return found, ask.method


def _another(run: Trajectory, cost: Cost) -> str:
    """Say so where the first step's recorded cost is not what the cost is there, as with minibatches."""
    step = run.steps[0]
    with torch.no_grad():
        here = float(cost.value(cost.params(step.params)))
    if not math.isfinite(step.cost) or abs(here - step.cost) <= SAME * max(abs(here), abs(step.cost)):
        return ""
    return (
        f"the recorded costs are of something else, such as minibatches: {step.cost:.5g} at epoch {step.epoch:,}, "
        f"where this cost is {here:.5g}"
    )


def reach_around(
    run: Trajectory,
    *,
    at: Mapping[str, Tensor],
    along: tuple[Direction, Direction],
    minimum: Params | None = None,
    margin: float = 0.15,
) -> tuple[Reach, Reach]:
    """Pick the reach of a plane so that a run, and the minimum where it is known, fit with a margin around them.

    `at` and `along` are those of the plane. Of a run that diverged or was interrupted, the frame holds the first
    steps: those no farther from the start than four times the farthest of the first adjustment, the step with the
    smallest gradient, and the minimum. Steps that are not finite never count; `draw.contour` says which are outside.

    Raises SteepestError for directions that do not fit the parameters.

    >>> from steepest.cost import Cost
    >>> from steepest.descent import descend
    >>> cost = Cost.from_function(lambda m, b: (m - 1) ** 2 + b**2)
    >>> run = descend(cost, {"m": 0.0, "b": 0.0}, learning_rate=0.5, epochs=1)
    >>> reach_around(run, at=run.end, along=("m", "b"), margin=0.5)
    ((-0.5, 1.5), (-1.0, 1.0))
    """
    with door("reach_around"):
        origin, directions = laid(along, dict(at))
        path, _ = places([step.params for step in run.steps], origin, directions)
        goal = path[:0] if minimum is None else places([minimum], origin, directions)[0]
        shown = torch.cat([path[: max(1, _fitting(run, path, goal))], goal])
        shown = shown[(shown.abs() < FAR).all(dim=1)]
        if not len(shown):
            shown = path.new_zeros(1, path.shape[1])
        low, high = shown.min(dim=0).values.tolist(), shown.max(dim=0).values.tolist()
        first, second = (_widened(*ends, margin) for ends in zip(low, high, strict=True))
        return first, second


def _span(directions: Sequence[Params]) -> Tensor:
    return torch.stack([vectors.flat(direction).double().cpu() for direction in directions], dim=1)


def _columns(points: Sequence[Params], origin: Params) -> Iterator[Tensor]:
    """How far each point is from the origin in every number, shape `(points, numbers)`, in blocks that fit memory."""
    for name, value in origin.items():
        if name not in points[0] or points[0][name].shape != value.shape:
            raise SteepestError(
                f"the slice has a parameter '{name}' of shape {tuple(value.shape)}, and the run has none like it",
                remedy="Cut the slice through the cost that the run descended",
            )
    at = vectors.flat(origin).double().cpu()
    rows = max(1, BLOCK_NUMBERS // max(1, len(at)))
    for start in range(0, len(points), rows):
        block = points[start : start + rows]
        stacks = [torch.stack([point[name] for point in block]).reshape(len(block), -1) for name in origin]
        yield torch.cat([stack.double().cpu() for stack in stacks], dim=1) - at


def places(points: Sequence[Params], origin: Params, directions: Sequence[Params]) -> tuple[Tensor, Tensor]:
    """The nearest point of the slice to each of the points, and how far off it is."""
    span = _span(directions)
    q, r = torch.linalg.qr(span)
    inverse = torch.linalg.solve_triangular(r, q.T, upper=True)
    found, distances = [], []
    for columns in _columns(points, origin):
        found.append(columns @ inverse.T)
        distances.append(torch.linalg.vector_norm(columns - found[-1] @ span.T, dim=1))
    return torch.cat(found), torch.cat(distances)


def _fitting(run: Trajectory, path: Tensor, goal: Tensor) -> int:
    """How many of the first steps a frame can hold and still show the start."""
    good = (path.abs() < FAR).all(dim=1) & run.costs.isfinite()
    count = len(good) if bool(good.all()) else int((~good).nonzero()[0])
    if count < 2 or (count == len(good) and run.outcome in (Outcome.SETTLED, Outcome.OUT_OF_EPOCHS)):
        return count
    distance = torch.linalg.vector_norm(path[:count] - path[0], dim=1)
    calmest = min(range(count), key=lambda index: vectors.norm(run.steps[index].gradient))
    known = [distance[1], distance[calmest], *torch.linalg.vector_norm(goal - path[0], dim=1)]
    outside = (distance > 4 * max(float(value) for value in known)).nonzero()
    return int(outside[0]) if len(outside) else count


def _widened(low: float, high: float, margin: float) -> Reach:
    width = high - low
    if width <= 1e-9 * max(abs(low), abs(high)):
        width = max(abs(low), abs(high)) or 1.0
        low, high = low - width / 2, high + width / 2
    return low - margin * width, high + margin * width
