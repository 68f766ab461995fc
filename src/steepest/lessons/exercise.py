"""Exercise and Prediction: what is asked, how an answer is judged, what helps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from steepest.lessons.reply import Mistake

Given = Mapping[str, Any]
"""The numbers of one exercise sheet, by the names that stand in its task."""


def nothing(chance: Random | None) -> Given:
    """Give no numbers: the task is the same for everybody, and only the hidden data differ."""
    del chance
    return {}


@dataclass(frozen=True)
class Exercise:
    """One exercise: the same task and checker for all, with numbers of each learner's own where there are any.

    `judge` takes an answer, the given numbers and a source of hidden ones; it gives the Mistake, or the sentence that
    says how the answer was found right. `given` makes the task's numbers: the lesson's own of None, others of a seeded
    source. `key` is the answer to those numbers, for the worksheet; without it the key has the solution.
    """

    name: str
    lesson: int
    task: str
    hint: str
    solution: str
    judge: Callable[[Any, Given, Random], Mistake | str]
    given: Callable[[Random | None], Given] = nothing
    key: Callable[[Given], str] | None = None

    def numbers(self, seed: int | None) -> Given:
        """Draw the numbers that stand in the task."""
        return self.given(None if seed is None else Random(f"{self.name} {seed}"))

    def asked(self, seed: int | None) -> str:
        """Say the task with its numbers."""
        return self.task.format(**self.numbers(seed))

    def answered(self, seed: int | None) -> str:
        """Say the answer to the task with these numbers, or the solution that holds for all."""
        return self.key(self.numbers(seed)) if self.key else self.solution

    def judged(self, answer: Any, seed: int | None) -> Mistake | str:
        """Judge an answer on the numbers of this seed and on hidden ones."""
        return self.judge(answer, self.numbers(seed), Random(f"hidden, {self.name} {seed}"))


@dataclass(frozen=True)
class Prediction:
    """A question asked before its result: the choices, or a number to be met; what is so, and the number that says why.

    `found` computes the truth when it is explained, from the engine and not from a table. Of a number, a guess within
    `share` of it counts as near.
    """

    name: str
    lesson: int
    question: str
    found: Callable[[], tuple[str | float, str]]
    choices: tuple[str, ...] = ()
    share: float = 0.1
