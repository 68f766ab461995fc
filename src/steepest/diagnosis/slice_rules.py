"""Verdicts on what a slice shows: constant, not finite, unresolved, valleys, barriers, a lower place elsewhere."""

from __future__ import annotations

import math

from steepest.diagnosis.finding import Finding
from steepest.diagnosis.seen import LEVEL, MOST_POINTS, ROUNDING, Seen
from steepest.errors import SteepestError
from steepest.slices.barrier import barrier as between_models

ELSEWHERE = 0.01
"""Share of the relief by which another place must be lower: a tenth of what lies between two height lines."""

BARRIER = 0.02
"""Share of the higher end's cost by which a line must rise above it: what Frankle et al. (2020) still call noise."""


def no_number(seen: Seen) -> Finding | None:
    lost = seen.costs.numel() - len(seen.finite)
    if not lost:
        return None
    share = lost / seen.costs.numel()
    nan = int(seen.costs.isnan().sum())
    safe = _safe_part(seen)
    if safe is None:
        advice = "Look whether the cost at the middle of it is a number at all; if it is, shorten the reach."
    elif safe <= 0:
        advice = "Shorten the reach: there are such points right beside the middle."
    else:
        advice = f"{100 * safe:.3g} % of the reach about its middle is free of them: shorten it to that."
    return Finding(
        rule="not-finite",
        claim=f"{lost:,} of {seen.costs.numel():,} points ({100 * share:.3g} %) have no finite cost: {nan:,} are NaN, "
        f"{lost - nan:,} infinite. Nothing is known there.",
        evidence={"points": float(lost), "nan": float(nan), "share": share, "free_part_of_the_reach": safe},
        threshold="a point that is NaN or infinite; bad news where they are more than half",
        refuted_by="finite costs at these points in float64, if only the range of the float type was left; or, of "
        "another tool's file, a point that was never measured",
        advice=advice,
        source="IEEE 754 (2019)",
        bad=share > 0.5,
    )


def _safe_part(seen: Seen) -> float | None:
    """How much of the reach, about the middle of the grid, has finite costs only."""
    lost = (~seen.costs.isfinite()).nonzero()
    middles = [(float(axis[0]) + float(axis[-1])) / 2 for axis in seen.axes]
    halves = [(float(axis[-1]) - float(axis[0])) / 2 for axis in seen.axes]
    shares = [
        (axis[lost[:, side]] - middle).abs() / half
        for side, (axis, middle, half) in enumerate(zip(seen.axes, middles, halves, strict=True))
    ]
    nearest = float(sum(shares[1:], shares[0]).min()) if len(shares) == 1 else float(shares[0].maximum(shares[1]).min())
    step = max(2 / (len(axis) - 1) for axis in seen.axes)
    return None if nearest <= step / 2 else max(0.0, nearest - step)


def constant(seen: Seen) -> Finding | None:
    if len(seen.finite) < 2 or not seen.flat:
        return None
    return Finding(
        rule="constant",
        claim=f"The cost is {seen.lowest:.6g} at all {len(seen.finite):,} points: this {seen.word} shows nothing.",
        evidence={"lowest": seen.lowest, "highest": seen.highest, "points": float(len(seen.finite))},
        threshold=f"costs that differ by no more than {ROUNDING} of their last digits",
        refuted_by="another cost at a wider reach",
        advice="Check that the directions move parameters that the cost depends on, and widen the reach; a model that "
        "is saturated, or that was never moved, looks like this.",
        source="the slice itself",
        bad=True,
    )


def coarse(seen: Seen) -> Finding | None:
    error = seen.slice.held_out_error
    if error is None or seen.flat:
        return None
    share = error / seen.relief if seen.log else error
    if not share > LEVEL:
        return None
    told = f"{error:.3g} decades of {seen.relief:.3g}" if seen.log else f"{100 * share:.3g} % of the range of costs"
    found = "larger than all of the relief" if share > 1 else "more than lies between two of ten height lines"
    return Finding(
        rule="coarse",
        claim=f"Between its measured places the {seen.word} is off by up to {told}, {found}: its shape is not to be "
        "trusted there.",
        evidence={"held_out_error": error, "share_of_relief": share, "relief": seen.relief},
        threshold=f"a held-out error above {LEVEL:g} of the relief, in the scale that is drawn",
        refuted_by="a smaller error at other held-out places",
        advice="Measure more points, or a smaller reach.",
        source="the slice's own held-out places",
        bad=True,
    )


def unresolved(seen: Seen) -> Finding | None:
    if seen.slice.intervals is None or seen.flat:
        return None
    half = seen.slice.intervals.detach().double().cpu()
    wide = 2 * float(half[seen.costs.isfinite() & half.isfinite()].median())
    relief = seen.highest - seen.lowest
    if not wide > relief:
        return None
    return Finding(
        rule="unresolved",
        claim=f"The sample's interval, {wide:.3g} wide, is wider than the whole relief of {relief:.3g}: how high this "
        f"{seen.word} lies is not known as well as it seems.",
        evidence={"interval": wide, "relief": relief},
        threshold="a median interval wider than highest less lowest",
        refuted_by="the same shape on another sample: costs on one sample differ from place to place with less error "
        "than each has alone",
        advice=f"Ask {(wide / (LEVEL * relief)) ** 2:,.3g} times as many examples, for an interval of one height line.",
        source="Student (1908)",
        bad=True,
    )


def elsewhere(seen: Seen) -> Finding | None:
    known = [index for index in seen.around if bool(seen.costs[index].isfinite())]
    if not known or seen.flat or seen.between_models:
        return None
    nearby = min(known, key=lambda index: float(seen.costs[index]))
    here, lowest = float(seen.costs[nearby]), seen.lowest
    fall = float(seen.heights[nearby]) - float(seen.heights[seen.bottom])
    least = max(ELSEWHERE * seen.relief, 2 * seen.unsure)
    if not fall > least:
        return None
    edge = seen.at_edge(seen.bottom)
    cost = "its cost is" if seen.model else "beside it the cost is"
    return Finding(
        rule="lower-elsewhere",
        claim=f"The model is not at the lowest place of this {seen.word}: {cost} {here:.4g}, and {lowest:.4g} at "
        f"{seen.place(seen.bottom)}" + (", on the edge, beyond which it may fall further." if edge else "."),
        evidence={"cost_here": here, "lowest": lowest, "fall": fall, "relief": seen.relief},
        threshold=f"a place lower by more than {ELSEWHERE:g} of the relief and twice what the slice is unsure of, in "
        "the scale that is drawn",
        refuted_by="a cost measured at that place that is no lower",
        advice=f"Start from {seen.place(seen.bottom)} and go on descending" + ("; widen the reach." if edge else "."),
        source="Goodfellow et al. (2015)",
        bad=True,
    )


def barrier(seen: Seen) -> Finding | None:
    if len(seen.axes) != 1 or seen.flat or not seen.between_models:
        return None
    try:
        found = between_models(seen.slice)
    except SteepestError:  # a model is no point of it, or has no finite cost
        return None
    if not math.isfinite(found.height):
        return None
    (one, other), above, chord = found.ends, found.height, found.above_chord
    highest = above + max(one, other)
    least = max(BARRIER * max(abs(one), abs(other)), 2 * _unsure_cost(seen))
    evidence: dict[str, float | None] = {
        "first": one,
        "second": other,
        "highest": highest,
        "above_higher_end": above,
        "above_chord": chord,
    }
    threshold = (
        f"a rise above the higher of both ends by more than {BARRIER:g} of its cost and twice what the slice is "
        "unsure of"
    )
    if not above > least:
        middle = int((seen.axes[0] - 0.5).abs().argmin())
        return Finding(
            rule="connected",
            claim=f"No barrier stands between the two models on this line: from {one:.4g} to {other:.4g} it is "
            f"nowhere more than {above:.3g} above the higher end.",
            evidence=evidence,
            threshold=f"no {threshold.removeprefix('a ')}",
            refuted_by="a barrier on a finer line, or for the cost of other data",
            advice="Average the two models: the middle of the line costs "
            f"{float(seen.costs[middle]):.4g}; measure it on data held back.",
            source="Frankle et al. (2020)",
        )
    return Finding(
        rule="barrier",
        claim=f"A barrier of {above:.3g} stands between the two models, at {found.at:.3g} of the way: the cost "
        f"is {highest:.4g} there, {one:.4g} and {other:.4g} at the ends, and up to {chord:.3g} above the straight line "
        "between those.",
        evidence=evidence,
        threshold=threshold,
        refuted_by="a curved way around it (Garipov et al., 2018; Draxler et al., 2018), or, between units that only "
        "changed places, a straight one (Entezari et al., 2022)",
        advice="Do not average these two. If batch norm is frozen, recalibrate it along the line and measure again.",
        source="Frankle et al. (2020)",
    )


def _unsure_cost(seen: Seen) -> float:
    """What the slice is unsure of, as a cost at its higher places."""
    return seen.highest * (1 - 10**-seen.unsure) if seen.log else seen.unsure


def counted(seen: Seen) -> Finding | None:
    """How many valleys there are: the one that is always said of a slice that shows something."""
    if seen.flat or len(seen.finite) < 2:
        return None
    edge = ", on the edge of the frame" if seen.at_edge(seen.bottom) else ""
    evidence: dict[str, float | None] = {"lowest": seen.lowest, "highest": seen.highest, "relief": seen.relief}
    lowest = f"lowest cost {seen.lowest:.4g} at {seen.place(seen.bottom)}{edge}, highest {seen.highest:.4g}"
    beside = f"the cost beside this {seen.word}, of which it is one cut of many"
    if seen.costs.numel() > MOST_POINTS:
        return Finding(
            rule="relief", claim=f"The {lowest}.", evidence=evidence, threshold="none: it is what was measured",
            refuted_by=beside, advice=f"Up to {MOST_POINTS:,} points, its valleys are told apart.",
            source="the slice itself",
        )  # fmt: skip
    found = seen.valleys
    threshold = (
        f"valleys deeper below their pass than {LEVEL:g} of the relief and twice what the slice is unsure of, in the "
        "scale that is drawn; neighbours are also those across a corner"
    )
    source = "Xie et al. (2024), by union and find"
    if len(found) == 1:
        return Finding(
            rule="one-valley", claim=f"One valley: {lowest}.", evidence=evidence | {"valleys": 1.0},
            threshold=threshold, refuted_by=beside, advice="Nothing has to be changed.", source=source,
        )  # fmt: skip
    second = found[1]
    wall = (
        "only points without a finite cost lie between them"
        if second.over is None
        else f"the lowest pass between them, at {seen.place(second.over)}, is {float(seen.costs[second.over]):.4g}"
    )
    return Finding(
        rule="several-valleys",
        claim=f"{len(found)} valleys: {lowest}; another is {float(seen.costs[second.at]):.4g} at "
        f"{seen.place(second.at)}, and {wall}.",
        evidence=evidence
        | {"valleys": float(len(found)), "depth_of_second": second.depth if math.isfinite(second.depth) else None},
        threshold=threshold,
        refuted_by=f"a way around beside this {seen.word}: what looks closed on a cut need not be",
        advice="Measure a line between the two places, or a plane through both and a third point.",
        source=source,
    )
