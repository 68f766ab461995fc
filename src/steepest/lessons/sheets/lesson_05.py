"""Lesson 5, the four steps: one round, many rounds, and a round by hand."""

from __future__ import annotations

import functools
from random import Random
from typing import Any

import torch
from torch import Tensor

from steepest.curvature import curvature_at
from steepest.descent import descend
from steepest.lessons.answers import Case, try_function, try_numbers
from steepest.lessons.exercise import Exercise, Given, Prediction
from steepest.lessons.reply import Mistake
from steepest.lessons.sheets.numbers import RATE, START, Pair, cost_of, hidden, listed, slopes, trial
from steepest.trajectory import Outcome


def moved(m: float, b: float, by: Pair, rate: float) -> Pair:
    """Step 4, adjust."""
    return m - rate * by[0], b - rate * by[1]


def sequential(m: float, b: float, x: Tensor, y: Tensor, rate: float, *, first: str = "m") -> Pair:
    """Move one parameter, and take the other's slope at the place that is reached."""
    if first == "m":
        m = m - rate * slopes(m, b, x, y)[0]
        return m, b - rate * slopes(m, b, x, y)[1]
    b = b - rate * slopes(m, b, x, y)[1]
    return m - rate * slopes(m, b, x, y)[0], b


def round_mistakes(m: float, b: float, x: Tensor, y: Tensor, rate: float) -> dict[str, Any]:
    """What the mistakes that are no mere sign or factor would make of one round."""
    by_m, by_b = slopes(m, b, x, y)
    return {
        "sequential update/m first": sequential(m, b, x, y, rate),
        "sequential update/b first": sequential(m, b, x, y, rate, first="b"),
        "swapped parameters/results": moved(m, b, (by_m, by_b), rate)[::-1],
        "swapped parameters/slopes": moved(m, b, (by_b, by_m), rate),
        "one point for the batch/last": moved(m, b, slopes(m, b, x[-1:], y[-1:]), rate),
        "one point for the batch/first": moved(m, b, slopes(m, b, x[:1], y[:1]), rate),
        # The formula with its x outside the sum, as it is printed here and there: the last dosage counts for all.
        "one point for the batch/x": moved(m, b, (by_b * float(x[-1]), by_b), rate),
    }


def _round(answer: Any, given: Given, chance: Random) -> Mistake | str:
    cases = []
    for examples in (8, 5, 3, 6, 4):
        m, b, rate = chance.uniform(-2, 2), chance.uniform(-2, 2), chance.uniform(0.01, 0.1)
        x, y = hidden(chance, examples)
        arguments = {"m": m, "b": b, "x": x, "y": y, "learning_rate": rate}
        right = moved(m, b, slopes(m, b, x, y), rate)
        cases.append(Case(arguments, right, round_mistakes(m, b, x, y, rate), before=(m, b), examples=examples))
    return try_function(answer, cases) or f"It makes the step of gradient descent from {len(cases)} hidden starts."


def walked(start: tuple[float, float, Tensor, Tensor, float], epochs: int, how: str = "") -> Pair:
    """Make so many rounds from (m, b, x, y, rate), with a mistake if one is named."""
    m, b, x, y, rate = start
    examples, kept, old = len(x), (0.0, 0.0), slopes(m, b, x, y)
    for _ in range(epochs):
        now = slopes(m, b, x, y)
        kept = (kept[0] + now[0], kept[1] + now[1])
        if how == "sequential":
            m, b = sequential(m, b, x, y, rate)
            continue
        ways = {
            "once": old,
            "late": old,
            "uncleared": kept,
            "uphill": (-now[0], -now[1]),
            "sum": (examples * now[0], examples * now[1]),
            "half": (now[0] / 2, now[1] / 2),
        }
        m, b = moved(m, b, ways.get(how, now), rate)
        old = now if how == "late" else old
    return m, b


def _rounds(answer: Any, given: Given, chance: Random) -> Mistake | str:
    cases = []
    for examples, epochs in ((8, 10), (5, 3), (4, 7), (6, 1)):
        m, b = chance.uniform(-2, 2), chance.uniform(-2, 2)
        x, y = hidden(chance, examples)
        start = (m, b, x, y, RATE)
        arguments = {"m": m, "b": b, "x": x, "y": y, "epochs": epochs}
        wrong = {
            "stale gradient/once": walked(start, epochs, "once"),
            "stale gradient/late": walked(start, epochs, "late"),
            "uncleared gradient": walked(start, epochs, "uncleared"),
            "sequential update": walked(start, epochs, "sequential"),
            "uphill": walked(start, epochs, "uphill"),
            "sum for mean": walked(start, epochs, "sum"),
            "factor 1/2": walked(start, epochs, "half"),
            "one round too many": walked(start, epochs + 1),
            "one round too few": walked(start, epochs - 1),
            "one round too few/only one": walked(start, 1),
            "nothing moved": (m, b),
        }
        cases.append(Case(arguments, walked(start, epochs), wrong, before=(m, b), examples=examples))
    return try_function(answer, cases) or f"It walks where gradient descent walks, from {len(cases)} hidden starts."


def _sheet(chance: Random | None) -> Given:
    if chance is None:
        return _told(0.0, 1.0, (0.0, 1.0, 2.0), (2.0, 1.0, 0.0), 0.1)
    x = (0.0, 1.0, 2.0)
    y = tuple(float(chance.randint(-3, 5)) for _ in x)
    m, b = float(chance.choice((-1, 1, 2))), float(chance.choice((-2, -1, 1, 2)))
    return _told(m, b, x, y, 0.1)


def _told(m: float, b: float, x: tuple[float, ...], y: tuple[float, ...], rate: float) -> Given:
    return {"m": m, "b": b, "x": x, "y": y, "rate": rate, "dosages": listed(x), "scores": listed(y)}


def _by_hand(given: Given) -> tuple[float, float, Tensor, Tensor, float]:
    x, y = (torch.tensor(given[name], dtype=torch.float64) for name in ("x", "y"))
    return given["m"], given["b"], x, y, given["rate"]


def _on_paper(answer: Any, given: Given, chance: Random) -> Mistake | str:
    m, b, x, y, rate = _by_hand(given)
    right = moved(m, b, slopes(m, b, x, y), rate)
    wrong = round_mistakes(m, b, x, y, rate)
    case = Case({"m": m, "b": b, "learning_rate": rate}, right, wrong, before=(m, b), examples=len(x))
    return try_numbers(answer, case) or "Both numbers are those of one round of gradient descent."


def _key(given: Given) -> str:
    m, b, x, y, rate = _by_hand(given)
    by = slopes(m, b, x, y)
    after = moved(m, b, by, rate)
    return (
        f"1 estimates: {listed(m * x + b)}\n2 cost: {cost_of(m, b, x, y):.6g}\n"
        f"3 slopes: {by[0]:.6g} for m, {by[1]:.6g} for b\n4 new m {after[0] + 0.0:.6g}, new b {after[1] + 0.0:.6g} "
        f"(cost there {cost_of(*after, x, y):.6g})"
    )


EXERCISES = (
    Exercise(
        "one round",
        5,
        "Write a function of m, b, x, y and learning_rate that makes one round of the four steps for the cost "
        "mean((m*x + b - y)**2), without backward(), and returns the new m and the new b.",
        "Take both slopes first. The one by m is the mean of 2 * (m*x + b - y) * x, the one by b the same without * x.",
        "def one_round(m, b, x, y, learning_rate):\n"
        "    over = m * x + b - y  # 1 forward pass; 2 its square is the cost\n"
        "    slope_m = (2 * over * x).mean()  # 3 gradient\n"
        "    slope_b = (2 * over).mean()\n"
        "    m, b = m - learning_rate * slope_m, b - learning_rate * slope_b  # 4 adjust\n"
        "    return m, b",
        _round,
    ),
    Exercise(
        "many rounds",
        5,
        f"Write a function of m, b, x, y and epochs that makes so many rounds with the learning rate {RATE:g} and "
        "returns the last m and b.",
        "A loop around one round: its answers are the next round's m and b, and the slopes are taken anew each time.",
        "def many_rounds(m, b, x, y, epochs):\n"
        "    for _ in range(epochs):\n"
        "        over = m * x + b - y\n"
        "        slope_m, slope_b = (2 * over * x).mean(), (2 * over).mean()\n"
        "        m, b = m - 0.01 * slope_m, b - 0.01 * slope_b\n"
        "    return m, b",
        _rounds,
    ),
    Exercise(
        "a round by hand",
        5,
        "With pencil and paper. Three patients got the dosages {dosages}; their scores are {scores}. The line starts "
        "at m = {m:g}, b = {b:g}; the learning rate is {rate:g}. Make one round: the three estimates, the cost, both "
        "slopes, the new m and the new b. Answer with (new m, new b).",
        "Three numbers in each of the steps 1 to 3, then their mean. Only step 4 changes m and b.",
        "See the key.",
        _on_paper,
        _sheet,
        _key,
    ),
)


def _b_at_first() -> tuple[str, str]:
    cost, _, _ = trial()
    run = descend(cost, START, learning_rate=RATE, epochs=30)
    b = run.path("b").tolist()
    slope = float(run.steps[0].gradient["b"])
    turn = min(range(len(b)), key=b.__getitem__)
    back = next(epoch for epoch in range(turn, len(b)) if b[epoch] > b[0])
    return (
        "it falls",
        f"The slope by b is {slope:.4g} at the start, above zero, so step 4 makes b smaller: to {b[1]:.5g} in the "
        f"first "
        f"round and {b[turn]:.4f} after {turn}. Only at epoch {back} is it back above {b[0]:g}. The slopes know the "
        "ground underfoot, not where the valley is lowest.",
    )


def _estimate() -> tuple[float, str]:
    _, x, y = trial()
    estimate = START["m"] * float(x[-1]) + START["b"]
    return estimate, (
        f"{START['m']:g} * {float(x[-1]):g} + {START['b']:g} = {estimate:.4g}; {float(y[-1]):g} was measured, so the "
        f"line is {estimate - float(y[-1]):.4g} too high there."
    )


def fate(rate: float) -> tuple[str, str]:
    """Say what becomes of the trial's descent at a rate, and by which number that is so."""
    cost, _, _ = trial()
    run = descend(cost, START, learning_rate=rate, epochs=1000)
    limit = curvature_at(cost, START).learning_rate_limit or float("inf")
    word = "diverges" if run.outcome is Outcome.DIVERGED else "arrives"
    side = "above" if rate > limit else "below"
    return word, (
        f"The rate {rate:g} is {side} the limit 2 / sharpness = {limit:.7f}. The cost is {float(run.costs[0]):.6g} at "
        f"the start and {float(run.costs[-1]):.6g} after {run.epochs} rounds."
    )


PREDICTIONS = (
    Prediction(
        "b at first",
        5,
        "The best line has b = 1.76, and we start at b = 0.1. What does b do in the first round?",
        _b_at_first,
        ("it grows", "it stays", "it falls"),
    ),
    Prediction(
        "estimate for 7 mL",
        5,
        "What does the line with m = 0.9 and b = 0.1 estimate for the patient who got 7 mL?",
        _estimate,
        share=0.01,
    ),
    *(
        Prediction(
            f"fate at {rate:g}",
            5,
            f"What becomes of the descent with the learning rate {rate:g}?",
            functools.partial(fate, rate),
            ("arrives", "diverges"),
        )
        for rate in (0.05, 0.055)
    ),
)
