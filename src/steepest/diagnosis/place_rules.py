"""Verdicts on where the run is: plateau, saddle, settled, crawling, unclear, on its way down."""

from __future__ import annotations

import math
import statistics

from steepest import vectors
from steepest.diagnosis.evidence import IN_A_ROW, LIMIT, NEAR, NOTHING_LEFT, SLOW, STALLED, ZIGZAG, Evidence, length
from steepest.diagnosis.finding import Finding
from steepest.trajectory import Outcome

BENDS_DOWN = 1e-3
"""Negative curvature as a share of the largest: less is what rounding and a long flat valley show, too."""

FLAT = 1e-6
"""Share of the cost by which slope and curvature change it over a move as long as the parameters themselves."""

UNEXPLAINED = 1e-3
"""Newton's step to where the gradient would vanish, as a share of the parameters: less is a minimum all but reached."""


def plateau(path: Evidence) -> Finding | None:
    if path.curvature is None or not path.stalled:
        return None
    bend = float(path.curvature.eigenvalues.abs().max())
    level = max(path.slope * path.reach, bend * path.reach**2) < FLAT * path.scale
    if not level or path.slope < UNEXPLAINED * bend * path.reach:
        return None
    change = path.slope * path.reach + bend * path.reach**2 / 2
    return Finding(
        rule="plateau",
        claim=f"Gradient and curvature both vanish: a move as long as the parameters ({path.reach:.4g}) would change "
        f"the cost {path.last.cost:.4g} by about {change:.4g}, so nothing here says where a minimum is.",
        evidence={"gradient": path.slope, "largest_curvature": bend, "cost": path.last.cost, "reach": path.reach},
        threshold=f"both below {FLAT:g} of the cost over such a move, and a minimum not nearer than "
        f"{UNEXPLAINED:g} of it",
        refuted_by="a cost that is known to be at its lowest: slope and curvature cannot tell a very flat minimum",
        advice="Start elsewhere or rescale the inputs, so that what saturates is back in its working range; "
        f"at {path.rate:.4g} another 1,000 epochs bring {1000 * path.rate * path.slope**2:.4g}.",
        source="Fukumizu and Amari (2000)",
        bad=True,
    )


def saddle(path: Evidence) -> Finding | None:
    curvature = path.curvature
    if curvature is None or not path.stalled:
        return None
    floor = max(BENDS_DOWN * float(curvature.eigenvalues.abs().max()), 3 * curvature.smallest_residual)
    if not curvature.smallest < -floor:
        return None
    steepest = max(length(step.gradient) for step in path.steps) or 1.0
    growth = math.log1p(abs(path.rate * curvature.smallest))
    component = abs(float(curvature.directions[-1] @ vectors.flat(path.last.gradient).double().cpu()))
    escape = math.log(steepest / component) / growth if component else None
    nudge = NEAR * path.reach
    nudged = max(0.0, math.log(steepest / (nudge * abs(curvature.smallest))) / growth)
    by_itself = (
        "it has no part along that direction and would stay for ever"
        if escape is None
        else f"by itself it leaves in about {escape:,.0f} epochs"
    )
    return Finding(
        rule="saddle" if curvature.sharpness > 0 else "maximum",
        claim=f"The gradient vanishes ({path.slope:.4g}), but the cost bends downwards with curvature "
        f"{curvature.smallest:.4g}: this is not a minimum, and {by_itself}.",
        evidence={
            "gradient": path.slope,
            "smallest_curvature": curvature.smallest,
            "sharpness": curvature.sharpness,
            "escape_epochs": escape,
        },
        threshold=f"a smallest curvature below {-floor:.4g} ({BENDS_DOWN:g} of the largest, 3 residuals), and "
        f"less than {STALLED:g} of the fall in an epoch",
        refuted_by="a cost that does not fall along that direction: line(cost, ...) shows it",
        advice=f"Move {nudge:.2g} along the direction of the smallest curvature ({_named(path)}) and go on: "
        f"about {nudged:,.0f} epochs until the gradient is as large as it ever was.",
        source="Dauphin et al. (2014)",
        bad=True,
    )


def settled(path: Evidence) -> Finding | None:
    if not path.at_rest:
        return None
    by = "the curvature" if path.by_mode is not None else "the path's own trend"
    if path.by_mode is not None:
        kind = "It is a minimum: all curvatures are positive. One run cannot tell a local from the lowest one."
    elif path.curvature is not None:
        kind = f"It is no saddle as far as can be told, but not a minimum beyond doubt: {path.curvature.why}."
    else:
        kind = "Without the curvature this cannot tell a minimum from a saddle or a plateau."
    return Finding(
        rule="settled",
        claim=f"It has come to rest at the cost {path.last.cost:.6g}: by {by}, {path.left:.4g} is left to fall after "
        f"{path.fall:.4g}, with the gradient's norm at {path.slope:.4g}. {kind}",
        evidence={"cost": path.last.cost, "left_to_fall": path.left, "fall": path.fall, "gradient": path.slope},
        threshold=f"left to fall at most {NOTHING_LEFT:g} of the fall ({NEAR:g} where a stopping rule was met), or the "
        "cost's last digit",
        refuted_by="a lower cost on a line through this point, or from another start",
        advice="Nothing has to be changed."
        if path.curvature is not None
        else "Give curvature_at(cost, run.end) to know which it is.",
        source="Nocedal and Wright (2006), §2.1",
    )


def crawling(path: Evidence) -> Finding | None:
    overshoots = bool(path.latest) and statistics.median(turn.curvature for turn in path.latest) > ZIGZAG
    if len(path.steps) < 2 or overshoots or not path.half_life > SLOW or path.last.cost > path.first.cost:
        return None
    if path.by_mode is None and path.shrinking > 1 and not path.stalled:
        return None  # a gradient that still grows, as on the way into a valley
    exact = path.by_mode is not None
    life = f"{path.half_life:.4g} epochs" if math.isfinite(path.half_life) else "longer than this run can show"
    claim = (
        f"It still crawls along a flat direction: {'the distance' if exact else 'by its trend, the gradient'} takes "
        f"{life} to halve, and about {path.left:.4g} is left to fall at the cost {path.last.cost:.6g}."
    )
    if path.run.outcome is Outcome.SETTLED:
        claim += " It was stopped because a step had become small, not because it had arrived."
    if path.rate * path.slope < path.eps * length(path.last.params):
        claim += " The adjustment is below the last digit of the parameters, so that they hardly move at all."
    best = path.curvature.best_learning_rate if path.curvature else None
    if path.better and path.better.worth_it:
        advice = f"Try {path.better.rate:.2g} instead of {path.rate:.4g}: {path.better}."
    elif path.better:
        advice = f"No fixed rate gains much: {path.better.rate:.2g} takes {path.better}."
    else:
        advice = _by_the_path(path)
    if path.curvature and best and (shortest := path.curvature.half_life(best)) > SLOW:
        advice += (
            f" The condition number {path.curvature.condition_number:.4g} is the cause: even at the best fixed rate, "
            f"{best:.4g}, the slowest distance takes {shortest:.4g} epochs to halve. Standardise the inputs."
        )
    return Finding(
        rule="crawling",
        claim=claim,
        evidence={
            "half_life": path.half_life if math.isfinite(path.half_life) else None,
            "left_to_fall": path.left,
            "learning_rate": path.rate,
            "better_rate": path.better.rate if path.better else None,
            "epochs_at_better_rate": path.better.epochs if path.better else None,
            "epochs_at_this_rate": path.better.epochs_now if path.better else None,
        },
        threshold=f"a half-life above {SLOW:g} epochs and more than {NOTHING_LEFT:g} of the fall left",
        refuted_by="a gradient whose logarithm falls faster over the next epochs"
        + ("" if path.curvature else "; the curvature could also show a plateau or a saddle, which a path cannot"),
        advice=advice,
        source="Polyak (1964)",
        bad=True,
    )


def _by_the_path(path: Evidence) -> str:
    largest = max((turn.curvature for turn in path.turns), default=0.0)
    bound = (
        f"this path has met curvature {largest / path.rate:.4g}; where that holds, rates above "
        f"{LIMIT * path.rate / largest:.4g} diverge"
        if largest > 0
        else "no two kept steps that moved by more than rounding are one epoch apart, so this path bounds no rate"
    )
    if path.curvature is None:
        return (
            f"Measure curvature_at(cost, run.end) for the best rate: {bound}, but a path cannot prove a rate too small."
        )
    limit = path.curvature.learning_rate_limit
    here = "" if limit is None else f" and the limit here is {limit:.4g}"
    return f"No epochs can be predicted: {path.curvature.why}; {bound}{here}. Below both, try twice {path.rate:.4g}."


def unclear(path: Evidence) -> Finding | None:
    rose = path.last.cost >= path.first.cost
    if len(path.steps) > 1 and not rose:
        return None
    short = len(path.steps) < 2
    claim = (
        "A single measured point shows no direction."
        if short
        else f"The cost went from {path.first.cost:.4g} to {path.last.cost:.4g} in {path.walked}, not down, but the "
        f"last steps do not prove the learning rate {path.rate:.4g} too large."
    )
    return Finding(
        rule="unclear",
        claim=claim,
        evidence={
            "epochs": path.run.epochs,
            "cost_at_start": path.first.cost,
            "cost_at_end": path.last.cost,
            "rate_times_curvature": path.latest[-1].curvature if path.latest else None,
        },
        threshold=f"fewer than 2 steps, or a cost not below its start without {IN_A_ROW} pairs above {LIMIT:g}",
        refuted_by="more epochs",
        advice=f"Walk at least {IN_A_ROW + 1} epochs on at {path.rate:.4g}: they show the curvature along the path.",
        source="Barzilai and Borwein (1988)",
        bad=not short,
    )


def descending(path: Evidence) -> Finding:
    pace = (
        f"the gradient shrinks by {100 * (1 - path.shrinking):.3g} % an epoch" if path.shrinking < 1 else "it speeds up"
    )
    claim = (
        f"The cost fell from {path.first.cost:.4g} to {path.last.cost:.4g} in {path.walked} and still falls: {pace}."
    )
    ratio = path.times_sharpness
    if ratio is not None and ratio > LIMIT and not path.bowl:
        claim += (
            f" Rate x sharpness is {ratio:.4g}, the edge of stability of a cost whose curvature gives way: no fault."
        )
    elif path.turns and path.latest and path.latest[-1].curvature < 0:
        claim += " The cost bends downwards along the last step, as on the way out of a saddle."
    advice = f"Go on: another {path.run.epochs:,} epochs at {path.rate:.4g}."
    if path.better and path.better.worth_it:
        advice = f"Go on, or try {path.better.rate:.2g} instead of {path.rate:.4g}: {path.better}."
    return Finding(
        rule="descending",
        claim=claim,
        evidence={
            "cost_at_start": path.first.cost,
            "cost_at_end": path.last.cost,
            "half_life": path.half_life if math.isfinite(path.half_life) else None,
            "left_to_fall": path.left if path.by_mode is not None else None,
            "rate_times_sharpness": ratio,
        },
        threshold=f"a cost below its start, a half-life not above {SLOW:g} epochs, and no sign of trouble",
        refuted_by="a cost that rises, or stands still, over the next epochs",
        advice=advice,
        source="Cohen et al. (2021)" if ratio is not None and ratio > LIMIT else "Cauchy (1847)",
    )


def _named(path: Evidence) -> str:
    """The direction of the smallest curvature, by its largest entries."""
    assert path.curvature is not None
    entries: list[tuple[str, float]] = []
    for name, value in vectors.shaped(path.curvature.directions[-1], like=path.last.params).items():
        flat = value.reshape(-1)
        entries += [(name if value.ndim == 0 else f"{name}[{index}]", float(flat[index])) for index in range(len(flat))]
    largest = sorted(entries, key=lambda entry: -abs(entry[1]))[:3]
    return ", ".join(f"{name} {value:.3g}" for name, value in largest) + (", ..." if len(entries) > 3 else "")
