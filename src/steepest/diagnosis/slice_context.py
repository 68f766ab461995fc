"""Verdicts on a slice beside what else was measured: a run laid on it, the curvature, the learning rate."""

from __future__ import annotations

import math

from steepest.diagnosis.evidence import LIMIT
from steepest.diagnosis.finding import Finding
from steepest.diagnosis.place_rules import BENDS_DOWN
from steepest.diagnosis.seen import Seen

RANDOM_WALK = (6 / math.pi**2, 7.5 / math.pi**2)
"""The share of a random walk's motion that its first principal direction holds in many dimensions, and the first two:
the k-th holds 6 / (pi k)^2."""


def off_plane(seen: Seen) -> Finding | None:
    found = seen.projection
    if found is None or found.share is None:
        return None
    null = RANDOM_WALK[len(seen.axes) - 1]
    known = found.distances[found.distances.isfinite()]
    farthest = float(known.max()) if len(known) else None
    below = found.share < null
    claim = (
        f"The {seen.word} holds {100 * found.share:.3g} % of the motion, beside the {100 * null:.0f} % that the "
        f"best {seen.word} holds of a random walk"
    )
    if farthest is not None:
        claim += f"; the run is up to {farthest:.3g} off it"
    return Finding(
        rule="off-plane" if below else "on-plane",
        claim=claim + (": the path is not where it is drawn." if below else ", which alone is no sign of structure."),
        evidence={"share": found.share, "random_walk": null, "farthest": farthest},
        threshold=f"a share of the motion below {null:.3f}, what principal directions hold of pure noise",
        refuted_by="costs of the path's own steps that equal the slice's costs under them",
        advice="Cut along the run's principal directions, or along local planes; and hold the cost of each step beside "
        "the cost drawn under it."
        if below
        else "Hold the cost of each step beside the cost drawn under it.",
        source="Antognini and Sohl-Dickstein (2018)",
        bad=below,
    )


def hidden(seen: Seen) -> Finding | None:
    curvature, bends = seen.curvature, seen.bends()
    if curvature is None or bends is None or not all(bend > 0 for bend in bends):
        return None
    floor = max(BENDS_DOWN * abs(curvature.sharpness), 3 * curvature.smallest_residual)
    if not curvature.smallest < -floor:
        return None
    return Finding(
        rule="hidden-saddle",
        claim=f"This {seen.word} looks like the bottom of a bowl, and it is not one: the Hessian's smallest eigenvalue "
        f"is {curvature.smallest:.4g}, so the cost falls along a direction that the {seen.word} does not hold.",
        evidence={
            "smallest_curvature": curvature.smallest,
            "sharpness": curvature.sharpness,
            "smallest_on_the_slice": min(bends),
        },
        threshold=f"a smallest eigenvalue below {-floor:.4g} ({BENDS_DOWN:g} of the largest, 3 residuals), where the "
        "slice bends upwards in all its directions",
        refuted_by="a cost that does not fall along that eigenvector: a line along it shows it",
        advice="Cut along the sharpest and the most negative eigenvectors. Along random directions the curvature is "
        "that of the mean eigenvalue, so saddles look like minima.",
        source="Böttcher and Wheeler (2024)",
        bad=True,
    )


def conditioned(seen: Seen) -> Finding | None:
    curvature, rate = seen.curvature, seen.rate
    if curvature is None:
        return None
    ratio = None if rate is None else rate * curvature.sharpness
    above = ratio is not None and ratio > LIMIT
    number = curvature.condition_number
    claim = f"Condition number {number:.4g}" if number is not None else f"No condition number: {curvature.why}"
    limit = curvature.learning_rate_limit
    if limit is None:
        claim += "; nothing bends upwards here, so no rate is too large"
    elif rate is not None:
        claim += f"; the step {rate:.4g} is {rate / limit:.3g} of the stable limit {limit:.4g}"
    else:
        claim += f"; the stable limit of the step is {limit:.4g}"
    best = curvature.best_learning_rate
    if above and limit is not None:
        advice = f"Try {best or limit / 2:.2g}. Networks may hover here without harm (Cohen et al., 2021)."
    elif best is None:
        advice = "Nothing has to be changed on account of the rate."
    else:
        advice = f"On this bowl the best fixed rate is {best:.4g}."
    return Finding(
        rule="above-the-limit" if above else "conditioned",
        claim=f"{claim}.",
        evidence={
            "condition_number": number,
            "sharpness": curvature.sharpness,
            "residual": curvature.residual,
            "learning_rate": rate,
            "learning_rate_limit": limit,
            "rate_times_sharpness": ratio,
        },
        threshold=f"rate x sharpness above {LIMIT:g}",
        refuted_by="momentum, Adam or minibatches, whose limits are others; curvature measured elsewhere, for it holds "
        "at its own place",
        advice=advice,
        source="Polyak (1964)",
        bad=above,
    )
