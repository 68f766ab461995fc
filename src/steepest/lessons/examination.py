"""The exam of the museum: eight broken loops are shown by their numbers alone, and named."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from random import Random

from steepest.errors import SteepestError, door, listed
from steepest.lessons import museum
from steepest.lessons.reply import Reply, Words

QUESTIONS = 8
SHOWN = (0, 1, 2, 5, 10, 100, 1000)
"""Epochs in the log of a loop."""

TELLS = {
    "no zero_grad": "The cost falls and rises again and again, and never comes to rest: a pendulum without friction.",
    "broadcasting": "It settles calmly, at a flat line: m goes to 0 and b to the mean of the scores, 0.1175.",
    "sum for mean": "The first cost is 8 times the true one, and it grows from there.",
    "uphill": "The cost at epoch 0 is right, and the first move goes away from the valley in both parameters.",
    "sequential update": "m moves as it should in the first round, b does not; and in the end it arrives all the same.",
    "stale gradient": "m changes by exactly the same in every round, past the valley and up the other side.",
    "x outside the sum": "b moves as it should in the first round, and m by 7 times as much as b.",
    "same batch": "The loop's own cost goes to nearly nothing, the true cost does not.",
    "detached": "No number ever changes.",
    "forgotten parameter": "b never changes; m does.",
    "thousandfold units": "The first cost is nearly a million times too large, and after a few rounds nothing is a "
    "number.",
    "half the gradient": "Everything goes the right way, and each first move is half of what it should be.",
}
"""By what numbers each is known."""


@functools.lru_cache(maxsize=64)
def papers(seed: int) -> dict[str, tuple[str, museum.Seen]]:
    """Draw the exam of a seed: by letter, the bug's name and what its loop left."""
    chance = Random(f"exam {seed}")
    names = chance.sample(sorted(museum.EXHIBITS), QUESTIONS)
    start = museum.START if seed == 0 else (round(chance.uniform(0.4, 1.5), 2), round(chance.uniform(-0.5, 0.5), 2))
    return {letter: (name, museum.EXHIBITS[name](start=start)) for letter, name in zip("ABCDEFGH", names, strict=True)}


def exam(answers: Mapping[str, str] | None = None, *, seed: int = 0) -> Reply | Words:
    """Show eight broken loops by their numbers; of `answers`, a letter and a bug's name each, say which are right.

    Another `seed` draws other loops, from another start. The names to choose from are those of `museum.EXHIBITS`.

    Raises SteepestError for a letter or a name that there is not.

    >>> from steepest import lessons
    >>> print(lessons.exam({"A": "uphill"}).verdict)
    Not yet.
    """
    with door("lessons.exam"):
        drawn = papers(seed)
        if answers is None:
            return Words(_shown(drawn))
        for letter, name in answers.items():
            if letter not in drawn or name not in museum.EXHIBITS:
                raise SteepestError(
                    f"'{letter}: {name}' is no answer here",
                    remedy=f"Letters are {listed(drawn)}; bugs are {listed(museum.EXHIBITS)}",
                )
        wrong = [letter for letter, (name, _) in drawn.items() if answers.get(letter) != name]
        key = "\n".join(f"{letter}: {name}. {TELLS[name]}" for letter, (name, _) in drawn.items())
        if not wrong:
            return Reply("exam", True, f"All {len(drawn)} bugs are named.", worked=key)
        claim = f"{len(drawn) - len(wrong)} of {len(drawn)} are named; look again at {listed(wrong)}."
        return Reply("exam", False, claim, hint=f"{wrong[0]}: {TELLS[drawn[wrong[0]][0]]}", worked=key)


def _shown(drawn: Mapping[str, tuple[str, museum.Seen]]) -> str:
    first = next(iter(drawn.values()))[1].run.start
    lines = [
        f"Each loop starts at m = {float(first['m']):g}, b = {float(first['b']):g}, with the learning rate "
        f"{museum.RATE:g}. One of these is in each: {', '.join(museum.EXHIBITS)}."
    ]
    for letter, (_, seen) in drawn.items():
        steps = seen.run.steps
        lines.append(f"\n{letter}   {'epoch':>6} {'cost':>12} {'m':>12} {'b':>12}")
        for epoch in SHOWN:
            if epoch < len(steps):
                step = steps[epoch]
                m, b = (float(step.params[name]) for name in ("m", "b"))
                lines.append(f"    {epoch:>6} {step.cost:>12.6g} {m:>12.6g} {b:>12.6g}")
        if len(steps) <= SHOWN[-1]:
            lines.append(f"    {steps[-1].epoch:>6} {steps[-1].cost:>12.6g}   and there it stopped")
        lines.append(f"    the true cost at the end: {seen.cost:.6g}")
    return "\n".join(lines)
