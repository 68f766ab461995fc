"""Small planes along a path, each laid through the path's own motion there."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch

from steepest import vectors
from steepest.cost import Cost
from steepest.directions import Directions
from steepest.errors import SteepestError, door
from steepest.slices.cuts import plane
from steepest.slices.noun import Slice
from steepest.trajectory import Step, Trajectory
from steepest.vectors import Params

WIDER = 4.0
"""A local plane reaches so many times as far as the farther of the two neighbours on the path."""

ROUNDING = 1e-5
"""A share of a direction that may be left beside the path and still be nothing but rounding, in float32."""


def local_planes(cost: Cost, run: Trajectory, *, count: int = 4, points: int = 25) -> tuple[Slice, ...]:
    """Cut planes at so many steps along a run, each spanned by the motion there and the way downhill beside it.

    The first direction leads from the step before to the step after; the second is the negative gradient, as recorded,
    at right angles to the first, or the change from one motion to the next where nothing of the gradient is beside the
    path. Both have length 1, so coordinates are distances, with the step itself at (0, 0). The steps stand in the
    middle of `count` equal parts of the path's length. Of plain descent the three steps lie in their plane, so what the
    picture shows there is what the run met, which one plane for all of a run cannot do (Liu, 2026).

    Where the path is straight, along its own gradient, there is no such plane, and it is left out.

    Raises SteepestError for a run with fewer than 3 finite steps, and one that is straight in all those places.

    >>> from steepest.descent import descend
    >>> cost = Cost.from_function(lambda u, v, w: u**2 + 4 * v**2 + 9 * w**2)
    >>> run = descend(cost, {"u": 1.0, "v": 1.0, "w": 1.0}, learning_rate=0.05, epochs=9)
    >>> [cut.about.split(":")[0] for cut in local_planes(cost, run, count=2, points=5)]
    ['at epoch 1', 'at epoch 3']
    """
    with door("local_planes"):
        steps = _finite(run)
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise SteepestError(f"count is {count!r}", remedy="Give a whole number, 1 or more")
        if len(steps) < 3:
            raise SteepestError(
                f"the run has {len(steps)} steps that are finite", remedy="Give a run with 3 or more: a way in and out"
            )
        chosen = _middles(steps, count)
        found = (_cut(cost, steps[index - 1 : index + 2], points) for index in chosen)
        cuts = tuple(cut for cut in found if cut is not None)
        if not cuts:
            raise SteepestError(
                f"the path is straight at epoch {steps[chosen[0]].epoch:,}, along its gradient: it spans no plane",
                remedy="Look along it with line(), or give directions to plane()",
            )
        return cuts


def _finite(run: Trajectory) -> Sequence[Step]:
    """The first steps, up to where a number is lost."""
    for index, step in enumerate(run.steps):
        if not all(bool(value.isfinite().all()) for part in (step.params, step.gradient) for value in part.values()):
            return run.steps[:index]
    return run.steps


def _middles(steps: Sequence[Step], count: int) -> list[int]:
    """Steps in the middle of equal parts of the path's length, never the first or the last, none twice."""
    lengths = [
        vectors.norm(vectors.moved(after.params, before.params, by=-1)) for before, after in itertools.pairwise(steps)
    ]
    reached = torch.tensor([0.0, *lengths], dtype=torch.float64).cumsum(0)
    wanted = (torch.arange(count, dtype=torch.float64) + 0.5) / count * reached[-1]
    nearest = (reached[1:-1] - wanted[:, None]).abs().argmin(dim=1) + 1
    return sorted({int(index) for index in nearest})


def _cut(cost: Cost, steps: Sequence[Step], points: int) -> Slice | None:
    """The plane at the middle one of three steps; None where they and the gradient lie on one line."""
    before, here, after = steps
    way = vectors.moved(after.params, before.params, by=-1)
    if not vectors.norm(way):
        return None
    along = _unit(way)
    told = "the negative gradient beside it"
    beside = _beside(vectors.scaled(here.gradient, by=-1.0), along, here.gradient)
    if beside is None:
        into = vectors.moved(here.params, before.params, by=-1)
        onwards = vectors.moved(after.params, here.params, by=-1)
        told, beside = "the change of that motion", _beside(vectors.moved(onwards, into, by=-1), along, way)
    if beside is None:
        return None
    far = max(vectors.norm(vectors.moved(step.params, here.params, by=-1)) for step in (before, after))
    reach = (-WIDER * far, WIDER * far)
    about = (
        f"at epoch {here.epoch:,}: the motion from epoch {before.epoch:,} to {after.epoch:,} and {told}; "
        "distances from that step"
    )
    axes = ("along the path", "downhill beside it" if "gradient" in told else "where the path bends")
    return plane(
        cost, at=here.params, along=Directions((along, beside), axes, about), reach=(reach, reach), points=points
    )


def _unit(way: Params) -> Params:
    return vectors.scaled(way, by=1 / vectors.norm(way))


def _beside(way: Params, along: Params, made_of: Params) -> Params | None:
    """The part of a direction at right angles to another, of length 1; None where it is but rounding of `made_of`."""
    rest = vectors.moved(way, along, by=-vectors.dot(way, along))
    if vectors.norm(rest) <= ROUNDING * vectors.norm(made_of):
        return None
    rest = _unit(rest)
    return _unit(vectors.moved(rest, along, by=-vectors.dot(rest, along)))  # once more: the first left rounding
