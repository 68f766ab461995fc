"""Verdicts on runs whose costs do not change as their gradients say: noisy, unaccounted."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass

from steepest.diagnosis.evidence import Evidence
from steepest.diagnosis.finding import Finding
from steepest.diagnosis.trapezoid import BALANCE, FEWEST, HALVED, ONE_SIDED, Balance

CERTAIN = 2.0
"""Standard errors by which a mean must differ: by chance alone it does so one time in twenty."""

UNREAD = "So no curvature is read from its steps: no zigzag, no rate too large, no half-life."

GAP = (
    f"over {FEWEST} pairs of steps or more, a median gap between the cost's change and (step . gradient + step . next "
    "gradient) / 2 above {share:g} of the mean size of the two slopes"
)


def noisy(path: Evidence) -> Finding | None:
    balance = path.balance
    if balance.agrees or balance.one_sided:
        return None
    mean, scale, ratio = _mean_cost(path), _noise_scale(path), path.times_sharpness
    claim = [
        "The cost changes by more than its gradients say, to both sides, as with a new batch at each step: "
        f"{_changed(balance)}.",
        UNREAD,
        *([str(mean)] if mean else []),
        *([] if ratio is None else [f"Rate x sharpness, measured apart, is {ratio:.4g}."]),
    ]
    advice = [
        "Judge the cost by its mean over an epoch or on one fixed batch, curvature and rate by "
        "curvature_at(cost, run.end) over all the data.",
        "Go on: the mean still falls."
        if mean and mean.trend == "falls"
        else f"Where the mean no longer falls, decay the rate from {path.rate:.4g}, as 1 / step or by halves, or take "
        "a larger batch.",
        *([str(scale)] if scale else []),
    ]
    return Finding(
        rule="noisy",
        claim=" ".join(claim),
        evidence={
            **_numbers(balance),
            "mean_cost_at_start": mean.first if mean else None,
            "mean_cost_before": mean.before if mean else None,
            "mean_cost": mean.last if mean else None,
            "mean_cost_error": mean.error if mean else None,
            "noise_scale_in_batches": scale.batches if scale else None,
            "rate_times_sharpness": ratio,
        },
        threshold=f"{GAP.format(share=BALANCE)}, their sum not above {ONE_SIDED:g} of the sum of their sizes",
        refuted_by="the same gap on one and the same batch without dropout: then a step jumps over several bends",
        advice=" ".join(advice),
        source="Robbins and Monro (1951); McCandlish et al. (2018)",
        bad=mean is not None and mean.trend == "rises",
    )


def unaccounted(path: Evidence) -> Finding | None:
    balance = path.balance
    if balance.agrees or not balance.one_sided:
        return None
    more = balance.lean < 0
    return Finding(
        rule="unaccounted",
        claim=f"Nearly every step ends at a {'lower' if more else 'higher'} cost than its gradients account for: "
        f"{_changed(balance)}. {UNREAD}",
        evidence=_numbers(balance),
        threshold=f"{GAP.format(share=HALVED if more else BALANCE)}, their sum above {ONE_SIDED:g} of the sum of their "
        "sizes",
        refuted_by="gradients as backward() makes them of the very cost that is recorded, at the same parameters",
        advice="Look for clip_grad_norm_ or another scaling between backward() and step(), which makes the rate mean "
        "less than it says, or for a recorded sum of what was differentiated as a mean."
        if more
        else "Look for a gradient of another step than its cost, for one that is not cleared, and for batches that "
        f"are sorted, not shuffled; with small batches, also halve the rate, {path.rate:.4g}.",
        source="Pascanu et al. (2013)" if more else "Robbins and Monro (1951)",
        bad=not more,
    )


def _changed(balance: Balance) -> str:
    return (
        f"over the last {balance.pairs} steps by {balance.change:.3g} a step, where the gradients at both ends account "
        f"for {balance.accounted:.3g} (medians)"
    )


def _numbers(balance: Balance) -> dict[str, float | None]:
    gap = balance.gap if math.isfinite(balance.gap) else None
    return {"gap": gap, "lean": balance.lean, "change": balance.change, "accounted_for": balance.accounted}


@dataclass(frozen=True)
class _Mean:
    """The recorded cost's mean over quarters of a run: the first, the third and the last."""

    first: float
    before: float
    last: float
    error: float
    trend: str

    def __str__(self) -> str:
        went = {"rises": "above its start", "falls": "still falling", "stands": "no longer falling beyond its error"}
        return (
            f"Its mean was {self.first:.4g} in the first quarter, {self.before:.4g} in the third and {self.last:.4g} "
            f"± {self.error:.2g} in the last: {went[self.trend]}."
        )


def _mean_cost(path: Evidence) -> _Mean | None:
    """Means of a quarter of the costs and the standard error of what the last two differ by, as if each were new."""
    quarter = len(path.steps) // 4
    if quarter < FEWEST:
        return None
    costs = [step.cost for step in path.steps]
    parts = costs[:quarter], costs[-2 * quarter : -quarter], costs[-quarter:]
    first, before, last = map(statistics.fmean, parts)
    at_start, lately, error = (statistics.stdev(part) / math.sqrt(quarter) for part in parts)
    rose = last - first > CERTAIN * math.hypot(at_start, error)
    fell = before - last > CERTAIN * math.hypot(lately, error)
    return _Mean(first, before, last, error, "rises" if rose else "falls" if fell else "stands")


@dataclass(frozen=True)
class _NoiseScale:
    """The variance of a batch's gradient over the squared length of the mean gradient, in batches of the run's size."""

    batches: float
    least: float
    most: float

    def __str__(self) -> str:
        small = "a larger batch gains little"
        gain = small if self.most < 1 else "up to there, a larger batch needs nearly as many times fewer steps"
        return (
            f"The gradient noise scale is about {self.batches:.2g} of these batches ({self.least:.2g} to "
            f"{self.most:.2g}): {gain}."
        )


def _noise_scale(path: Evidence) -> _NoiseScale | None:
    """Estimate it from successive gradients: `|g|^2` is on average `|mean|^2 + variance`, `g . g'` is `|mean|^2` alone.

    None where the dot products are not positive beyond doubt, as at a large rate, where each step turns the gradient
    round; before that the turning makes the estimate too large.
    """
    squares, dots = path.dots
    if len(dots) < 2 * FEWEST:
        return None
    square, dot = float(squares.mean()), float(dots.mean())
    unsure = CERTAIN * float(dots.std()) / math.sqrt(len(dots))
    if not dot > unsure:
        return None
    return _NoiseScale(*(max(0.0, square / signal - 1) for signal in (dot, dot + unsure, dot - unsure)))
