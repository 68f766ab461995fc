"""diagnose_slice(): what a slice shows in words, and what it hides."""

from __future__ import annotations

import math

from steepest.curvature import Curvature
from steepest.diagnosis.finding import Finding
from steepest.diagnosis.seen import Seen
from steepest.diagnosis.slice_context import conditioned, hidden, off_plane
from steepest.diagnosis.slice_rules import barrier, coarse, constant, counted, elsewhere, no_number, unresolved
from steepest.directions.named import TIMES
from steepest.errors import SteepestError, door
from steepest.slices import Projection, Slice


def diagnose_slice(
    slice: Slice,
    *,
    projection: Projection | None = None,
    curvature: Curvature | None = None,
    learning_rate: float | None = None,
) -> tuple[Finding, ...]:
    """Say what a slice shows and what it hides, in a few findings, bad news first, never empty.

    Of the slice alone: whether it is constant, has points that are not finite, errs more than it shows, lies lower
    elsewhere than at the model, has several valleys or a barrier between two models. A `projection` adds how much of
    the run it holds, beside what the best plane holds of a random walk; a `curvature`, measured at the slice's origin,
    the condition number, the `learning_rate` against its limit, and a saddle that the slice cannot show.

    A slice is one cut of many: what is said holds on it, at its points, and proves nothing beside it.

    Raises SteepestError for a projection on a slice of another kind and for a learning rate that is no number.

    >>> from steepest import Cost, plane
    >>> cost = Cost.from_function(lambda m, b: (m**2 - 1) ** 2 + b**2)
    >>> cut = plane(cost, at=cost.zeros(), along=("m", "b"), reach=((-1.5, 1.5), (-1, 1)), points=(7, 5))
    >>> (finding,) = diagnose_slice(cut)
    >>> finding.rule, finding.claim
    ('several-valleys', '2 valleys: lowest cost 0 at (-1, 0), highest 2.562; another is 0 at (1, 0), and the lowest \
pass between them, at (0, 0), is 1.')
    """
    with door("diagnose_slice"):
        if projection is not None and projection.coordinates.shape[1:] != (len(slice.coordinates),):
            raise SteepestError(
                f"the projection has {projection.coordinates.shape[-1]} coordinates a step, and the slice "
                f"{len(slice.coordinates)}",
                cause="The run was laid on another slice",
                remedy="Give project(run, onto=slice) of this slice",
            )
        if learning_rate is not None and not math.isfinite(learning_rate):
            raise SteepestError(f"the learning rate is {learning_rate}", remedy="Give a finite number")
        seen = Seen(slice, projection, curvature, learning_rate)
        rules = (constant, no_number, coarse, unresolved, hidden, off_plane, elsewhere, barrier, counted, conditioned)
        if any(name.endswith(TIMES) for name in slice.axes):  # the model stands at 1, and at 0 there is none
            rules = tuple(rule for rule in rules if rule not in (hidden, elsewhere, barrier))
        found = [finding for rule in rules if (finding := rule(seen)) is not None]
        return tuple(sorted(found, key=lambda finding: not finding.bad))
