"""steepest as a tool under test, asked as its own documentation says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from torch import Tensor

from steepest import directions as ways
from steepest.cost import Cost
from steepest.cost.norms import Policy
from steepest.errors import SteepestError
from steepest.slices import plane, project
from steepest.trajectory import Outcome, Step, Trajectory
from steepest.traps.nouns import Pair, Reach, Refused, Subject, Surface, Tool
from steepest.traps.worlds import cost_at
from steepest.vectors import Params


class Steepest(Tool):
    """The public functions of this library as a tool under test, and nothing behind them.

    >>> from steepest.traps import TRAPS, examine
    >>> [answer.status for answer in examine(Steepest(), TRAPS[:3])]
    ['passed', 'passed', 'passed']
    """

    name = "steepest"

    def plane(self, subject: Subject, directions: Pair, *, reach: Reach, points: tuple[int, int]) -> Surface:
        with _refusals():
            cost = _cost(subject)
            cut = plane(cost, at=subject.params, along=directions, reach=(reach, reach), points=points)
        first, second = cut.directions
        return Surface((cut.coordinates[0], cut.coordinates[1]), cut.costs, (first, second))

    def random(self, subject: Subject, *, seed: int) -> Pair:
        self._drawn = ways.random(_cost(subject), at=subject.params, seed=seed)
        first, second = self._drawn
        return first, second

    def cosine(self, directions: Pair) -> float:
        return float(self._drawn.cosines[0, 1])

    def sharpest(self, subject: Subject) -> Pair:
        first, second = ways.sharpest(_cost(subject), at=subject.params)
        return first, second

    def path(self, subject: Subject, directions: Pair, points: list[Params]) -> tuple[Params, Pair, Tensor]:
        cost = _cost(subject)
        cut = plane(cost, at=points[0], along=directions, reach=((-1, 1), (-1, 1)), points=2)
        run = Trajectory(
            tuple(Step(epoch, cost_at(subject, point), point, cost.zeros(), 0.1) for epoch, point in enumerate(points)),
            Outcome.OUT_OF_EPOCHS,
            "a path of a trap",
        )
        first, second = cut.directions
        return cut.origin, (first, second), project(run, onto=cut).coordinates


def _cost(subject: Subject) -> Cost:
    """A Cost of every parameter, also of those that the user has frozen: the plane moves them all."""
    names = [name for name, _ in subject.module.named_parameters()]
    policy = cast(Policy | None, subject.policy)
    return Cost.from_module(subject.module, subject.loss, subject.batches, batch_norm=policy, only=names)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except SteepestError as complaint:
        raise Refused(str(complaint)) from complaint
