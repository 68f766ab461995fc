"""Lesson 8, how big a step: the limit by power iteration, the fastest rate, a limit on paper."""

from __future__ import annotations

import functools
import itertools
import math
from random import Random
from typing import Any

import torch
from torch import Tensor

from steepest import vectors
from steepest.cost import Cost
from steepest.curvature import Curvature, cost_by_mode, curvature_at, epochs_until
from steepest.descent import descend
from steepest.lessons.answers import Case, try_function, try_numbers
from steepest.lessons.exercise import Exercise, Given, Prediction
from steepest.lessons.mistakes import mistake
from steepest.lessons.reply import Mistake
from steepest.lessons.sheets.numbers import START, trial
from steepest.trajectory import Outcome
from steepest.vectors import Params

WITHIN = 1e-3
"""How near to the lowest cost counts as arrived."""

SHARE = 0.03
"""By how much of itself the fastest rate may be missed."""

MORE = 1.5
"""Times the fewest epochs, and no more: close to the cliff 3 % are much."""

NEAR = 1e-3
"""What a power iteration has to reach."""


def limit(product: Any, vector: Tensor, rounds: int = 200) -> float:
    """2 / sharpness, from nothing but products of the Hessian with a vector."""
    for _ in range(rounds):
        vector = product(vector)
        vector = vector / vector.norm()
    return 2 * float(vector @ vector) / float(vector @ product(vector))


def bowl(chance: Random, size: int) -> Tensor:
    """Draw a Hessian of a bowl that bends most in one direction, by 1.4 times as much as in the next."""
    basis = torch.tensor([[chance.gauss(0, 1) for _ in range(size)] for _ in range(size)], dtype=torch.float64)
    steepest = chance.uniform(5, 40)
    bends = [steepest, *sorted((chance.uniform(0.02, 0.7) * steepest for _ in range(size - 1)), reverse=True)]
    axes = torch.linalg.qr(basis)[0]
    return axes @ torch.diag(torch.tensor(bends, dtype=torch.float64)) @ axes.T


def _power(answer: Any, given: Given, chance: Random) -> Mistake | str:
    cases = []
    for size in (2, 3, 5, 8):
        hessian = bowl(chance, size)
        bends, axes = torch.linalg.eigh(hessian)
        # Leaning towards the flat direction, so that a few rounds are not enough.
        vector = axes.sum(dim=1) + 30 * axes[:, 0]
        sharpness, flattest = float(bends[-1]), float(bends[0])
        wrong = {
            "sharpness for limit": sharpness,
            "one over the sharpness": 1 / sharpness,
            "smallest for largest": 2 / flattest,
            "smallest for largest/itself": flattest,
            **{f"too few rounds/{rounds}": limit(hessian.matmul, vector, rounds) for rounds in (0, 1, 2, 3)},
            "a factor/trace": 2 / float(bends.sum()),
        }
        cases.append(Case({"product": hessian.matmul, "vector": vector}, 2 / sharpness, wrong))
    right = f"It finds the limit of {len(cases)} hidden bowls, of up to 8 parameters."
    return try_function(answer, cases, tolerance=NEAR) or right


@functools.cache
def ground() -> tuple[Cost, Curvature]:
    """The trial's cost, and how it bends: the same everywhere."""
    cost = trial()[0]
    return cost, curvature_at(cost, START)


def needed(start: Params, rate: float) -> int | None:
    """Epochs until the trial's cost is within 0.001 of its lowest; None above the limit."""
    cost, curvature = ground()
    gradient = cost.value_and_gradient(start)[1]
    return epochs_until(curvature, gradient, learning_rate=rate, above_minimum=WITHIN)


def fastest(start: Params) -> tuple[list[float], int]:
    """The rates that need the fewest epochs, of a thousand up to the limit, and how many epochs that is."""
    cost, curvature = ground()
    shares = cost_by_mode(curvature, cost.value_and_gradient(start)[1])
    rates = torch.arange(1000, 2000, dtype=torch.float64) / 1000 / curvature.sharpness
    shrinking = (1 - rates.reshape(-1, 1) * curvature.eigenvalues).square()
    for epochs in itertools.count():
        arrived = (shares * shrinking**epochs).sum(dim=1) < WITHIN
        if bool(arrived.any()):
            return rates[arrived].tolist(), epochs
    raise AssertionError("a rate below the limit arrives")


def _start(chance: Random | None) -> Given:
    if chance is None:
        return dict(START)
    return {"m": round(chance.uniform(-2, 2), 1), "b": round(chance.uniform(-2, 4), 1)}


def _fastest(answer: Any, given: Given, chance: Random) -> Mistake | str:
    if isinstance(answer, bool) or not isinstance(answer, int | float) or not 0 < answer < math.inf:
        return mistake("wrong type", f"A learning rate above 0 is asked for, and {str(answer)[:40]!r} came.")
    start = ground()[0].params(dict(given))
    limit = ground()[1].learning_rate_limit or math.inf
    if answer >= limit:
        return mistake("past the cliff", f"{answer:g} is not below the limit, and never arrives.")
    rates, fewest = fastest(start)
    epochs = needed(start, float(answer)) or 0
    near = (1 - SHARE) * rates[0] <= answer <= (1 + SHARE) * rates[-1]
    if near and epochs <= MORE * fewest:
        return f"{answer:g} needs {epochs} epochs, and the fastest rate there is needs {fewest}."
    name = "too cautious" if answer < rates[0] else "too near the cliff"
    return mistake(name, f"{answer:g} needs {epochs} epochs, and there is a rate that needs fewer.")


def _fastest_key(given: Given) -> str:
    rates, fewest = fastest(ground()[0].params(dict(given)))
    return f"{rates[len(rates) // 2]:.5f} (it needs {fewest} epochs)"


PAIRS = (
    (1, 3),
    (0, 2),
    (2, 4),
    (0, 4),
    (1, 7),
    (2, 6),
    (6, 8),
    (4, 8),
    (0, 10),
    (5, 5),
    (2, 2),
    (-1, 3),
    (-2, 4),
    (-7, 1),
)
"""Two dosages whose mean square has a short reciprocal."""


def _sheet(chance: Random | None) -> Given:
    one, other = PAIRS[0] if chance is None else chance.choice(PAIRS)
    return {"one": one, "other": other}


def _by_hand(given: Given) -> tuple[float, float]:
    sharpness = float(given["one"] ** 2 + given["other"] ** 2)
    return sharpness, 2 / sharpness


def _on_paper(answer: Any, given: Given, chance: Random) -> Mistake | str:
    sharpness, most = _by_hand(given)
    wrong = {
        "one over the sharpness": (sharpness, 1 / sharpness),
        "a factor/the 2 forgotten": (sharpness / 2, 2 * most),
        "sum for mean": (2 * sharpness, most / 2),
        "swapped parameters": (most, sharpness),
    }
    case = Case({"x": given["one"], "and x": given["other"]}, (sharpness, most), wrong)
    return try_numbers(answer, case) or "That is how much this cost bends, and where its cliff is."


EXERCISES = (
    Exercise(
        "limit",
        8,
        "Write a function of product and vector that returns the largest stable learning rate, 2 / sharpness. "
        "product(v) is the Hessian times v, and vector is where to begin.",
        "Multiply, divide by the length, and again: the vector turns to where the ground bends most. How much it is "
        "stretched there is the sharpness.",
        "def limit(product, vector):\n"
        "    for _ in range(200):\n"
        "        vector = product(vector)\n"
        "        vector = vector / vector.norm()\n"
        "    return 2 / (vector @ product(vector))",
        _power,
    ),
    Exercise(
        "fastest rate",
        8,
        "The trial's descent starts at m = {m:g}, b = {b:g}. With which learning rate is its cost within 0.001 of the "
        "lowest after the fewest epochs? To 3 % of the rate.",
        "Count the epochs for a few rates near the limit, then for a few near the best of them.",
        "0.053",
        _fastest,
        _start,
        _fastest_key,
    ),
    Exercise(
        "limit by hand",
        8,
        "With pencil and paper. A line through the origin, estimate = m*x, and two patients who got {one} and "
        "{other} mL. The cost is mean((m*x - y)**2). How much does its slope by m grow for one more m, and above which "
        "learning rate does the descent diverge? Answer with (sharpness, limit).",
        "The slope is mean(2 * (m*x - y) * x). In it m stands beside mean(2 * x**2). What was measured plays no part.",
        "See the key.",
        _on_paper,
        _sheet,
        lambda given: "sharpness {:g}, limit {:g}".format(*_by_hand(given)),
    ),
)


def fate(rate: float) -> tuple[str, str]:
    """Say how the trial's descent moves along its steepest direction at a rate, as its steps show it."""
    cost, curvature = ground()
    run = descend(cost, START, learning_rate=rate, epochs=1000)
    slopes = torch.stack([vectors.flat(step.gradient) for step in run.steps[:2]])
    first, second = (slopes @ curvature.directions[0]).tolist()  # the steepest direction comes first
    arriving = "zigzags in" if first * second < 0 else "glides in"
    word = "diverges" if run.outcome is Outcome.DIVERGED else arriving
    return word, (
        f"Rate times sharpness is {rate * curvature.sharpness:.4g}: along the steepest direction each step leaves "
        f"{1 - rate * curvature.sharpness:.4g} of the slope that was there. After {run.epochs} epochs the cost is "
        f"{float(run.costs[-1]):.5g}."
    )


def _fastest_of(rates: tuple[float, ...]) -> tuple[str, str]:
    start = ground()[0].params(START)
    epochs = {rate: needed(start, rate) for rate in rates}
    best = min(rates, key=lambda rate: epochs[rate] or math.inf)
    return f"{best:g}", "Epochs until within 0.001: " + ", ".join(f"{epochs[rate]} at {rate:g}" for rate in rates) + (
        ". Just below the cliff the steep direction shrinks so slowly that it is the one to wait for."
    )


FATES = (0.003, 0.01, 0.03, 0.05, 0.054, 0.055)
CHOICES = (0.02, 0.03, 0.05, 0.053, 0.054)

PREDICTIONS = (
    *(
        Prediction(
            f"rate {rate:g}",
            8,
            f"How does the descent go with the learning rate {rate:g}?",
            functools.partial(fate, rate),
            ("glides in", "zigzags in", "diverges"),
        )
        for rate in FATES
    ),
    Prediction(
        "fastest of five",
        8,
        "Which of these rates is first within 0.001 of the lowest cost?",
        functools.partial(_fastest_of, CHOICES),
        tuple(f"{rate:g}" for rate in CHOICES),
    ),
)
