"""diagnose(): every rule asked in turn, the few findings that a reader will read."""

from __future__ import annotations

from steepest import vectors
from steepest.curvature import Curvature
from steepest.diagnosis.evidence import Evidence
from steepest.diagnosis.finding import Finding
from steepest.diagnosis.noise_rules import noisy, unaccounted
from steepest.diagnosis.place_rules import crawling, descending, plateau, saddle, settled, unclear
from steepest.diagnosis.rate_rules import climbing, diverging, not_finite, unrecorded, zigzag
from steepest.errors import SteepestError, door
from steepest.trajectory import Trajectory


def diagnose(run: Trajectory, *, curvature: Curvature | None = None) -> tuple[Finding, ...]:
    """Say what a descent did: one verdict, and a second one where it zigzagged; bad news first, never empty.

    The free and exact test of plain descent is, along each step from gradient g to the next one g',
    `learning_rate * curvature = 1 - (g . g') / |g|^2` (Barzilai and Borwein, 1988): above 2 the step climbs. It is not
    read where the costs do not change as the gradients say, `step . (g + g') / 2` up to the third order: so it is with
    a new batch at each step, which is called noisy.

    A path shows only curvatures it has met, so it can prove a rate too large, never too small; `curvature`, measured
    at the run's end (or anywhere on a bowl), adds exact half-lives, predicted epochs, and minimum or saddle.

    Raises SteepestError for a curvature of another number of parameters.

    >>> from steepest import Cost, curvature_at, descend
    >>> cost = Cost.from_function(lambda m, b: 3 * m**2 + b**2)
    >>> run = descend(cost, {"m": 1.0, "b": 2.0}, learning_rate=0.34, epochs=60)
    >>> (finding,) = diagnose(run, curvature=curvature_at(cost, run.end))
    >>> finding.rule, finding.claim
    ('diverging', 'The learning rate 0.34 is above the limit 0.3333 (2 / curvature 6): each epoch multiplies the \
distance along the steepest direction by 1.04.')
    """
    with door("diagnose"):
        count = vectors.size(run.end)
        if curvature is not None and curvature.directions.shape[-1] != count:
            raise SteepestError(
                f"the curvature has {curvature.directions.shape[-1]} parameters, the run has {count}",
                cause="They belong to different costs",
                remedy="Give curvature_at(cost, run.end) of the cost that was walked",
            )
        path = Evidence(run, curvature)
        stopped = (unrecorded, climbing, diverging, not_finite, plateau, saddle)
        rules = (*stopped, noisy, unaccounted, settled, crawling, unclear, descending)
        verdict = next(finding for rule in rules if (finding := rule(path)))
        beside = zigzag(path) if verdict.rule in ("settled", "crawling", "unclear", "descending") else None
        if beside is None:
            return (verdict,)
        if beside.bad and verdict.rule in ("unclear", "descending"):
            return (beside,)
        return (beside, verdict) if beside.bad and not verdict.bad else (verdict, beside)
