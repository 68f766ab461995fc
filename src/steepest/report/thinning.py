"""Which steps of a long run are shown, and the sentence that says so."""

from __future__ import annotations

import math
from bisect import bisect_left

from steepest.trajectory import Trajectory

FIRST, LAST, MANTISSAS = 20, 5, (1, 2, 3, 5, 7)
"""Of a long run are shown: so many first steps, those nearest after these times a power of ten, so many last."""


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
    lost = next((index for index, step in enumerate(run.steps) if not math.isfinite(step.cost)), 0)
    return sorted(picked | {lost})


def rule(run: Trajectory) -> str:
    """Say which of a run's steps are shown."""
    count = len(run.steps)
    every = "" if run.every == 1 else f" Of the run itself, every {run.every:,}th epoch was kept."
    if count <= 2 * FIRST:
        return f"All {count:,} steps.{every}" if count > 1 else "The only step."
    return (
        f"{len(chosen(run)):,} of {count:,} steps: the first {FIRST}; then those at, or next after, epochs 1, 2, 3, 5 "
        f"and 7 times each power of ten; the first whose cost is not finite, if there is one; the last {LAST}.{every}"
    )
