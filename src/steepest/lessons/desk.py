"""What a learner calls: `task`, `check`, `hint`, `solution`; `predict` and `explain`."""

from __future__ import annotations

import contextlib
import warnings
from pathlib import Path
from typing import Any

import torch

from steepest.errors import SteepestError, door, near
from steepest.lessons import progress
from steepest.lessons.exercise import Exercise, Prediction
from steepest.lessons.reply import Mistake, Reply, Words
from steepest.lessons.sheets import EXERCISES, PREDICTIONS

GUESSES: dict[str, str | float] = {}
"""What was predicted in this notebook, by the question's name; forgotten with it."""


def task(exercise: str, *, seed: int | None = None) -> Words:
    """Say what an exercise asks; with a `seed`, with numbers of one's own.

    Raises SteepestError for a name that no exercise has.

    >>> from steepest import lessons
    >>> lessons.task("gradient of b")
    Write the slope of the cost by b, as text or as a function of m, b, x and y, for the cost mean((m*x + b - y)**2).
    """
    with door("lessons.task"):
        return Words(_exercise(exercise).asked(seed))


def check(exercise: str, answer: Any, *, seed: int | None = None) -> Reply:
    """Judge an answer, a function, a formula as text, or numbers, by its properties on hidden data.

    The reply says whether it is right, names the mistake if it is one that is known, and gives a hint; its `solution()`
    is shown only when called. `seed` is the one that `task` was asked with. Beside a copy that `steepest learn` made,
    what has passed is noted in a small file.

    Raises SteepestError for a name that no exercise has; an answer never raises.

    >>> from steepest import lessons
    >>> reply = lessons.check("gradient of b", "2 * sum(m*x + b - y)")
    >>> reply.passed, reply.mistake
    (False, 'sum for mean')
    >>> reply.hint
    'Added up, and not divided by the number of examples. The cost is a mean, so its slope is one too.'
    """
    with door("lessons.check"):
        asked = _exercise(exercise)
        if answer is ...:
            return Reply(exercise, False, asked.asked(seed), "No answer yet", asked.hint, asked.answered(seed))
        with torch.random.fork_rng(devices=[]), warnings.catch_warnings():  # a learner's seed is put back
            warnings.simplefilter("ignore")  # once for each hidden case, and the reply says it better
            verdict = asked.judged(answer, seed)
        if isinstance(verdict, Mistake):
            hint = verdict.hint or asked.hint
            return Reply(exercise, False, verdict.claim, verdict.name, hint, asked.answered(seed))
        with contextlib.suppress(OSError):  # a folder that may not be written must not spoil a right answer
            progress.note(exercise, Path.cwd())
        return Reply(exercise, True, verdict, worked=asked.answered(seed))


def hint(exercise: str) -> Words:
    """Give the first hint of an exercise; the reply of `check` has one for the mistake that was made.

    Raises SteepestError for a name that no exercise has.

    >>> from steepest import lessons
    >>> lessons.hint("gradient of b")
    As for m; but if b grows by 1, how much does the bracket grow?
    """
    with door("lessons.hint"):
        return Words(_exercise(exercise).hint)


def solution(exercise: str, *, seed: int | None = None) -> Words:
    """Show the solution of an exercise; `seed` is the one that `task` was asked with.

    Raises SteepestError for a name that no exercise has.

    >>> from steepest import lessons
    >>> lessons.solution("gradient of b")
    mean(2 * (m*x + b - y))
    """
    with door("lessons.solution"):
        return Words(_exercise(exercise).answered(seed))


def predict(question: str, guess: str | float | Any = ...) -> Words:
    """Keep a guess, before the result is seen; without one, say the question and its choices.

    Raises SteepestError for a question that there is not, and for a guess that is none of its choices.

    >>> from steepest import lessons
    >>> lessons.predict("fate at 0.055", "diverges")
    Kept: diverges. Run on; then lessons.explain('fate at 0.055').
    >>> lessons.explain("fate at 0.055").passed
    True
    """
    with door("lessons.predict"):
        asked = _prediction(question)
        if guess is ...:
            options = f" Choose: {', '.join(asked.choices)}." if asked.choices else " Guess a number."
            return Words(f"{asked.question}{options} Put your guess in the place of the three dots.")
        GUESSES[question] = _guess(asked, guess)
        return Words(f"Kept: {guess}. Run on; then lessons.explain({question!r}).")


def explain(question: str) -> Reply:
    """Hold the kept guess against what is so, and say why, with the number that decides it.

    Raises SteepestError for a question that there is not.

    >>> from steepest import lessons
    >>> _ = lessons.predict("twice backward", 36.305)
    >>> lessons.explain("twice backward")
    A surprise. You said 36.305, and it is 72.61. The first backward() put 36.305 into m.grad, and the second added \
36.305 to it.
    """
    with door("lessons.explain"):
        asked = _prediction(question)
        found, why = asked.found()
        if question not in GUESSES:
            return Reply(question, False, f"{asked.question} It is: {_told(found)}. {why}", "No guess was kept")
        guess = GUESSES[question]
        near_enough = not isinstance(found, str) and abs(float(guess) - found) <= asked.share * abs(found)
        right = near_enough or guess == found
        said = f"You said {_told(guess)}, and it is {_told(found)}. {why}"
        return Reply(question, right, said, "" if right else "A surprise")


def exercises(lesson: int | None = None) -> tuple[str, ...]:
    """Name the exercises, of one lesson or of all.

    >>> from steepest import lessons
    >>> lessons.exercises(6)
    ('slope of one', 'gradient of m', 'gradient of b', 'mean of the singles')
    """
    return tuple(name for name, item in EXERCISES.items() if lesson in (None, item.lesson))


def agree(measured: Any, expected: Any, digits: int = 5) -> bool:
    """Say whether numbers agree with what is expected, to so many digits: what a lesson asserts of itself.

    >>> from steepest import lessons
    >>> lessons.agree([36.305, 6.265], [36.3, 6.3], digits=2)
    True
    """
    one, other = (torch.as_tensor(numbers, dtype=torch.float64) for numbers in (measured, expected))
    return one.shape == other.shape and torch.allclose(one, other, rtol=10.0**-digits, atol=1e-6)


def _exercise(name: str) -> Exercise:
    if name not in EXERCISES:
        raise SteepestError(f"there is no exercise '{name}'", remedy=near(str(name), EXERCISES))
    return EXERCISES[name]


def _prediction(name: str) -> Prediction:
    if name not in PREDICTIONS:
        raise SteepestError(f"there is no question '{name}'", remedy=near(str(name), PREDICTIONS))
    return PREDICTIONS[name]


def _guess(asked: Prediction, guess: Any) -> str | float:
    if asked.choices:
        if str(guess) not in asked.choices:
            raise SteepestError(f"'{guess}' is not a choice here", remedy=f"Choose one of: {', '.join(asked.choices)}")
        return str(guess)
    if isinstance(guess, bool) or not isinstance(guess, int | float):
        raise SteepestError(f"'{guess}' is not a number, and one is asked for", remedy="Guess a number, such as 0.5")
    return float(guess)


def _told(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.6g}"
