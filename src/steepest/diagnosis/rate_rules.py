"""Verdicts on the learning rate: climbing, diverging, not finite, zigzag."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable

from steepest.diagnosis.evidence import IN_A_ROW, LIMIT, SLOW, ZIGZAG, Evidence, Turn, length
from steepest.diagnosis.finding import Finding
from steepest.trajectory import Outcome

OPPOSED = -0.5
"""Cosine of successive gradients that have turned by more than 120 degrees: nearer to opposed than to square."""

DISAGREE = "costs and gradients disagree, as with a new batch at each step"

LEVEL = 0.01
"""Share by which a zigzag must lower the mean cost from one quarter of the run to the last: less looks level."""


def unrecorded(path: Evidence) -> Finding | None:
    steps = path.run.steps
    if path.steps or not all(math.isnan(step.cost) for step in steps):
        return None
    if not all(math.isfinite(length(step.gradient)) for step in steps):
        return None
    first, last = length(steps[0].gradient), length(steps[-1].gradient)
    return Finding(
        rule="unrecorded",
        claim=f"No cost was recorded at any of {len(steps):,} steps, so nothing tells whether it falls; the gradient's "
        f"norm went from {first:.4g} to {last:.4g}.",
        evidence={"steps": float(len(steps)), "gradient_at_start": first, "gradient_at_end": last},
        threshold="a cost that is NaN at every step, while the gradients are finite",
        refuted_by="a recorded cost",
        advice="Call watch.record(loss) between backward() and optimizer.step().",
        source="the run itself",
    )


def climbing(path: Evidence) -> Finding | None:
    if path.rate > 0 or not path.steps or (path.slope == 0 and path.rate < 0):
        return None
    if path.rate == 0:
        claim = f"The learning rate is 0, so nothing moves: the cost stays {path.last.cost:.4g}."
        advice = "Give a positive rate, such as 0.01."
    else:
        claim = (
            f"The learning rate {path.rate:.4g} is negative, so each adjustment goes uphill: the cost went from "
            f"{path.first.cost:.4g} to {path.last.cost:.4g} in {path.walked}."
        )
        advice = f"Give a positive rate: {-path.rate:.4g} goes down where this one went up."
    return Finding(
        rule="climbing",
        claim=claim,
        evidence={"learning_rate": path.rate, "cost_at_start": path.first.cost, "cost_at_end": path.last.cost},
        threshold="a learning rate not above 0",
        refuted_by="a cost that is meant to be made large",
        advice=advice,
        source="Cauchy (1847)",
        bad=True,
    )


def diverging(path: Evidence) -> Finding | None:
    if not path.steps:
        return None
    enough = len(path.latest) == IN_A_ROW or (path.latest and path.run.outcome is Outcome.DIVERGED)
    over = bool(enough) and all(turn.curvature > LIMIT for turn in path.latest)
    higher = path.broken is not None or path.last.cost > path.first.cost
    certain = path.bowl and (path.times_sharpness or 0.0) > LIMIT
    unseen = (
        path.balance.agrees
        and not path.latest
        and path.last.cost > path.first.cost
        and path.run.outcome is Outcome.DIVERGED
    )
    if not (over and higher) and not certain and not unseen:
        return None
    evidence: dict[str, float | None] = {
        "learning_rate": path.rate,
        "rate_times_curvature": None,
        "learning_rate_limit": None,
        "cost_at_start": path.first.cost,
        "cost_at_end": path.last.cost if path.broken is None else path.broken.cost,
    }
    if certain or over:
        along = statistics.median(turn.curvature for turn in path.latest) if over else 0.0
        ratio = (path.times_sharpness or 0.0) if certain else along
        limit = LIMIT * path.rate / ratio
        evidence |= {"rate_times_curvature": ratio, "learning_rate_limit": limit}
        bound = "the limit" if certain else "a limit of at most"
        claim = (
            f"The learning rate {path.rate:.4g} is above {bound} {limit:.4g} (2 / curvature {ratio / path.rate:.4g}): "
            f"each epoch multiplies the distance along the steepest direction by {abs(1 - ratio):.4g}."
        )
        if not higher:
            claim += (
                f" The cost, {path.last.cost:.4g}, is not above its start yet, because that direction is small yet."
            )
        advice = (
            f"Try {limit / 2:.2g}, half of {limit:.4g}: along the direction that grew, one step then reaches the "
            "floor. The path shows only curvature it has met; where it still grows, halve again."
        )
    else:
        claim = f"It {path.run.because}; no two kept steps are one epoch apart, so the path itself cannot say why."
        advice = f"Try {path.rate / 2:.2g}; or keep every step of a shorter run, which shows the limit."
    if path.better:
        advice = f"Try {path.better.rate:.2g}: {path.better}."
    if path.broken is not None:
        claim += f" At epoch {path.broken.epoch} the numbers ended: the cost is {path.broken.cost}."
    return Finding(
        rule="diverging",
        claim=claim,
        evidence=evidence,
        threshold=f"rate x curvature above {LIMIT:g} in the last {IN_A_ROW} pairs of epochs and a cost above its start"
        + (", or rate x sharpness above it on a bowl" if path.curvature else ""),
        refuted_by="a cost that falls below its start again at this rate, while rate x curvature drops under 2 "
        "(a catapult: Lewkowycz et al., 2020)",
        advice=advice,
        source="Polyak (1964)",
        bad=True,
    )


def not_finite(path: Evidence) -> Finding | None:
    if path.broken is None:
        return None
    before = path.latest[-1].curvature if path.latest else None
    if not path.steps:
        why, advice = (
            "at the start",
            "Start elsewhere, or look for a logarithm, root or quotient of what the start gives.",
        )
    else:
        step = length(path.last.gradient) * abs(path.rate)
        seen = (
            ("no pair of epochs shows the curvature" if path.balance.agrees else f"{DISAGREE}, and show no curvature")
            if before is None
            else f"rate x curvature was {before:.4g}, not above 2"
        )
        why = f"although it was {path.last.cost:.4g} at epoch {path.last.epoch}: {seen}"
        advice = (
            f"Print the parameters at epoch {path.last.epoch}, whose adjustment is {step:.4g} long for parameters "
            f"{length(path.last.params):.4g} long, and look for a logarithm, root, quotient or exponential of them; "
            f"at {path.rate / 10:.2g} that adjustment is {step / 10:.4g} long."
        )
    return Finding(
        rule="non-finite",
        claim=f"At epoch {path.broken.epoch} the cost is {path.broken.cost} or its gradient is not finite, {why}.",
        evidence={
            "epoch": path.broken.epoch,
            "last_finite_cost": path.last.cost if path.steps else None,
            "rate_times_curvature": before,
        },
        threshold="a cost or gradient that is infinite or NaN, and no sign of a learning rate above its limit",
        refuted_by="the same adjustments in float64 staying finite: then it was the range of the float type",
        advice=advice,
        source="IEEE 754 (2019)",
        bad=True,
    )


def zigzag(path: Evidence) -> Finding | None:
    stretch = max(_stretches(path.turns), key=len, default=[])
    if len(stretch) < IN_A_ROW:
        return None
    ratio = statistics.median(turn.curvature for turn in stretch)
    limit = LIMIT * path.rate / ratio
    lasting = bool(path.latest) and stretch[-1] is path.turns[-1] and not path.at_rest
    quarter = max(1, len(path.steps) // 4)
    costs = [step.cost for step in path.steps]
    before, lately = statistics.fmean(costs[-2 * quarter : -quarter]), statistics.fmean(costs[-quarter:])
    stuck = lasting and path.half_life > SLOW and before - lately < LEVEL * abs(before)
    lower = path.last.cost < path.first.cost
    claim = (
        f"From epoch {stretch[0].epoch} to {stretch[-1].epoch + 1} it went to and fro: rate x curvature along it "
        f"was {ratio:.4g}, so {path.rate:.4g} is "
        + (f"above the limit {limit:.4g}" if ratio > LIMIT else f"{100 * ratio / LIMIT:.3g} % of the limit {limit:.4g}")
        + f" there. {'It still does' if lasting else 'That is over'}"
        + (", and the cost no longer falls." if stuck else "; the cost falls all the same." if lower else ".")
    )
    advice = (
        f"At {path.rate / ratio:.2g} the steep direction reaches its floor in one step, where it now keeps "
        f"{100 * abs(1 - ratio):.3g} % of its distance in each; flat directions then take {ratio:.3g} times the epochs."
    )
    if path.better:
        advice = (
            f"Try {path.better.rate:.2g}: {path.better}."
            if path.better.worth_it
            else f"Leave it: the best round rate, {path.better.rate:.2g}, saves little or nothing: {path.better}."
        )
    return Finding(
        rule="zigzag",
        claim=claim,
        evidence={
            "rate_times_curvature": ratio,
            "cosine": statistics.median(turn.cosine for turn in stretch),
            "epochs": len(stretch),
            "learning_rate_limit": limit,
        },
        threshold=f"rate x curvature above {ZIGZAG:g} and a cosine of successive gradients below {OPPOSED:g} in "
        f"{IN_A_ROW} pairs in a row",
        refuted_by="the same signs of the gradient in successive epochs",
        advice=advice,
        source="Barzilai and Borwein (1988)",
        bad=stuck,
    )


def _stretches(turns: Iterable[Turn]) -> list[list[Turn]]:
    """Cut the pairs that overshoot into runs of epochs without a gap."""
    found: list[list[Turn]] = []
    for turn in turns:
        if turn.curvature <= ZIGZAG or turn.cosine >= OPPOSED:
            continue
        if found and found[-1][-1].epoch == turn.epoch - 1:
            found[-1].append(turn)
        else:
            found.append([turn])
    return found
