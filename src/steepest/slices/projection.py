"""A run laid on a slice: where it goes on it, what of it the slice cannot show, and how wide a frame it needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from steepest import vectors
from steepest.errors import SteepestError, door
from steepest.slices.axes import Direction, Reach, laid
from steepest.slices.noun import Slice
from steepest.trajectory import Outcome, Trajectory
from steepest.vectors import Params

BLOCK_NUMBERS = 2**22
"""How many float64 numbers of a run are projected at a time."""

FAR = 1e100
"""A coordinate beyond which no picture is drawn: its square overflows."""


@dataclass(frozen=True)
class Projection:
    """A trajectory laid on a slice, with what of it the slice cannot show.

    `coordinates` has shape `(steps, directions)`: the nearest point of the slice. `distances`, shape `(steps,)`, is
    how far off the slice each step is. `share` is the share of the motion that the slice holds,
    `sum_k |moved inside|^2 / sum_k |moved|^2`, each step's motion counted from the start; None where nothing moved.
    """

    coordinates: Tensor
    distances: Tensor
    share: float | None

    def to_dict(self) -> dict[str, Any]:
        """Turn the projection into numbers and lists."""
        return {
            "coordinates": self.coordinates.tolist(),
            "distances": self.distances.tolist(),
            "share": self.share,
        }


def project(run: Trajectory, *, onto: Slice) -> Projection:
    """Lay a trajectory on a slice, and measure what the slice cannot show of it.

    Raises SteepestError where the slice has other parameters than the run.

    >>> from steepest.cost import Cost
    >>> from steepest.descent import descend
    >>> from steepest.slices import line
    >>> cost = Cost.from_function(lambda m, b: (m - 1) ** 2 + b**2)
    >>> run = descend(cost, {"m": 0.0, "b": 1.0}, learning_rate=0.5, epochs=1)
    >>> projection = project(run, onto=line(cost, at=run.end, along="m", reach=(0, 2)))
    >>> print(f"{projection.share:.0%}, {projection.distances[0]:.1f} off the line at the start")
    50%, 1.0 off the line at the start
    """
    with door("project"):
        points = [step.params for step in run.steps]
        path, distances = places(points, onto.origin, onto.directions)
        moved = torch.cat([block.norm(dim=1) for block in _columns(points, run.start)])
        inside = torch.linalg.vector_norm((path - path[0]) @ torch.linalg.qr(_span(onto.directions)).R.T, dim=1)
        finite = moved.isfinite() & inside.isfinite()
        size = max(moved[finite].tolist(), default=0.0)  # divided by, so that no square overflows
        ratio = (inside[finite] / size).square().sum() / (moved[finite] / size).square().sum() if size else None
        return Projection(path, distances, None if ratio is None else min(1.0, float(ratio)))


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
