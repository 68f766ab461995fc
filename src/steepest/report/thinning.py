"""Which steps of a long run are shown, and the sentences that say so."""

from __future__ import annotations

import math
from bisect import bisect_left

from steepest.trajectory import Trajectory

FIRST, LAST, MANTISSAS = 20, 5, (1, 2, 3, 5, 7)
"""Of a long run a table shows: so many first steps, those nearest after these times a power of ten, so many last."""


def chosen(run: Trajectory) -> list[int]:
    """Pick the steps that a table shows, by the rule that `rule` states.

    >>> from steepest.trajectory import Outcome, Step
    >>> steps = tuple(Step(epoch, 1.0, {}, {}, 0.1) for epoch in range(200))
    >>> chosen(Trajectory(steps, Outcome.OUT_OF_EPOCHS, ""))[18:]
    [18, 19, 20, 30, 50, 70, 100, 195, 196, 197, 198, 199]
    """
    count = len(run.steps)
    if count <= 2 * FIRST:
        return list(range(count))
    epochs = [step.epoch for step in run.steps]
    marks = [mantissa * 10**power for power in range(len(str(epochs[-1]))) for mantissa in MANTISSAS]
    picked = {*range(FIRST), *range(count - LAST, count)}
    picked |= {bisect_left(epochs, mark) for mark in marks if mark <= epochs[-1]}
    return sorted(picked | _lost(run))


def rule(run: Trajectory) -> str:
    """Say which of a run's steps a table shows."""
    count = len(run.steps)
    if count <= 2 * FIRST:
        return f"All {count:,} steps.{_every(run)}" if count > 1 else "The only step."
    return (
        f"{len(chosen(run)):,} of {count:,} steps: the first {FIRST}; then those at, or next after, epochs 1, 2, 3, 5 "
        f"and 7 times each power of ten; the first whose cost is not finite, if there is one; the last {LAST}."
        + _every(run)
    )


def kept(run: Trajectory, most: int) -> list[int]:
    """Pick about so many steps that a page plays back, by the rule that `rule_of_kept` states.

    >>> from steepest.trajectory import Outcome, Step
    >>> steps = tuple(Step(epoch, 1 / (1 + epoch), {}, {}, 0.1) for epoch in range(100_000))
    >>> picked = kept(Trajectory(steps, Outcome.OUT_OF_EPOCHS, ""), 100)
    >>> len(picked), picked[20:24], picked[-6:]
    (98, [20, 25, 32, 40], [97296, 99995, 99996, 99997, 99998, 99999])
    """
    count = len(run.steps)
    if count <= most:
        return list(range(count))
    costs = [step.cost if math.isfinite(step.cost) else 0.0 for step in run.steps]
    picked = {*range(FIRST), *range(count - LAST, count), costs.index(min(costs)), costs.index(max(costs))}
    half = max(2, (most - len(picked)) // 2)
    picked |= {round(part * (count - 1) / half) for part in range(half)}
    picked |= {round(FIRST * (count / FIRST) ** (part / half)) for part in range(half)}
    return sorted(picked | _lost(run))


def rule_of_kept(run: Trajectory, most: int) -> str:
    """Say which of a run's steps a page plays back."""
    count = len(run.steps)
    if count <= most:
        return f"All {count:,} steps.{_every(run)}" if count > 1 else "The only step."
    return (
        f"{len(kept(run, most)):,} of {count:,} steps: the first {FIRST}, the last {LAST}, the lowest and the highest "
        "cost, the first that is not finite, if there is one, and others spread evenly, half of them by epoch and half "
        f"by its logarithm.{_every(run)}"
    )


def _lost(run: Trajectory) -> set[int]:
    return {next((index for index, step in enumerate(run.steps) if not math.isfinite(step.cost)), 0)}


def _every(run: Trajectory) -> str:
    return "" if run.every == 1 else f" Of the run itself, every {run.every:,}th epoch was kept."
