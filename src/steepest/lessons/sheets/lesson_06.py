"""Lesson 6, derive it yourself: the slope of one example, the slopes of the batch, and their mean by hand."""

from __future__ import annotations

from random import Random
from typing import Any

import torch

from steepest.lessons.answers import Case, try_formula, try_numbers
from steepest.lessons.exercise import Exercise, Given, Prediction
from steepest.lessons.reply import Mistake
from steepest.lessons.sheets.numbers import START, hidden, listed, slopes, trial

POINTS = 20
OF_M = "mean(2 * (m*x + b - y) * x)"
OF_B = "mean(2 * (m*x + b - y))"
OF_ONE = "2 * (m*x + b - y) * x"


def _batch(answer: Any, chance: Random, *, by: str) -> Mistake | str:
    cases = []
    for index in range(POINTS):
        m, b = round(chance.uniform(-2, 2), 4), round(chance.uniform(-2, 2), 4)
        x, y = hidden(chance, 3 + index % 6)
        of_m, of_b = slopes(m, b, x, y)
        right, other = (of_m, of_b) if by == "m" else (of_b, of_m)
        first, last = (slopes(m, b, x[one], y[one])["mb".index(by)] for one in (slice(0, 1), slice(-1, None)))
        wrong = {
            "swapped parameters": other,
            "one point for the batch/first": first,
            "one point for the batch/last": last,
            "one point for the batch/x": of_b * float(x[-1]),
            "cost for slope": float(((m * x + b - y) ** 2).mean()),
            "inner slope forgotten": of_b if by == "m" else right,
            "product of means": float((2 * (m * x + b - y)).mean() * x.mean()),
        }
        cases.append(Case({"m": m, "b": b, "x": x, "y": y}, right, wrong, examples=len(x)))
    return try_formula(answer, cases, right=OF_M if by == "m" else OF_B)


def _by_m(answer: Any, given: Given, chance: Random) -> Mistake | str:
    return _batch(answer, chance, by="m")


def _by_b(answer: Any, given: Given, chance: Random) -> Mistake | str:
    return _batch(answer, chance, by="b")


def _one(answer: Any, given: Given, chance: Random) -> Mistake | str:
    cases = []
    for _ in range(POINTS):
        m, b, x, y = (round(chance.uniform(-3, 3), 4) for _ in range(4))
        over = m * x + b - y
        wrong = {"inner slope forgotten": 2 * over, "cost for slope": over**2}
        cases.append(Case({"m": m, "b": b, "x": x, "y": y}, 2 * over * x, wrong))
    return try_formula(answer, cases, right=OF_ONE)


def _sheet(chance: Random | None) -> Given:
    x = (1.0, 2.0, 3.0, 4.0)
    y = (3.0, 1.0, 0.0, 2.0) if chance is None else tuple(float(chance.randint(-4, 6)) for _ in x)
    m, b = (1.0, 0.0) if chance is None else (float(chance.choice((-2, -1, 1, 2))), float(chance.randint(-2, 2)))
    return {"m": m, "b": b, "x": x, "y": y, "dosages": listed(x), "scores": listed(y)}


def _singles(answer: Any, given: Given, chance: Random) -> Mistake | str:
    x, y = (torch.tensor(given[name], dtype=torch.float64) for name in ("x", "y"))
    right = slopes(given["m"], given["b"], x, y)
    case = Case({"m": given["m"], "b": given["b"]}, right, {"swapped parameters": right[::-1]}, examples=len(x))
    return try_numbers(answer, case) or "Both are the mean of the single slopes."


def _singles_key(given: Given) -> str:
    x, y = (torch.tensor(given[name], dtype=torch.float64) for name in ("x", "y"))
    over = given["m"] * x + given["b"] - y
    by = slopes(given["m"], given["b"], x, y)
    return (
        f"by m, patient by patient: {listed(2 * over * x)}; mean {by[0] + 0.0:.6g}\n"
        f"by b, patient by patient: {listed(2 * over)}; mean {by[1] + 0.0:.6g}"
    )


EXERCISES = (
    Exercise(
        "slope of one",
        6,
        "One patient alone, with the loss (m*x + b - y)**2. Write its slope by m, as text or as a function of m, b, x "
        "and y.",
        "Outside first: 2 * (what is in the bracket). Then times the slope of the bracket by m.",
        OF_ONE,
        _one,
    ),
    Exercise(
        "gradient of m",
        6,
        "Write the slope of the cost by m, as text or as a function of m, b, x and y, for the cost "
        "mean((m*x + b - y)**2).",
        "The slope of a mean is the mean of the slopes, and you have the slope of one.",
        OF_M,
        _by_m,
    ),
    Exercise(
        "gradient of b",
        6,
        "Write the slope of the cost by b, as text or as a function of m, b, x and y, for the cost "
        "mean((m*x + b - y)**2).",
        "As for m; but if b grows by 1, how much does the bracket grow?",
        OF_B,
        _by_b,
    ),
    Exercise(
        "mean of the singles",
        6,
        "With pencil and paper. Four patients got {dosages} mL; their scores are {scores}. The line has m = {m:g} and "
        "b = {b:g}. Write down each patient's slope by m and by b, then both means. Answer with (mean by m, mean by "
        "b).",
        "For each patient: how far is the line too high? Twice that is the slope by b; times the dosage, by m.",
        "See the key.",
        _singles,
        _sheet,
        _singles_key,
    ),
)


def _loudest() -> tuple[str, str]:
    _, x, y = trial()
    singles = 2 * (START["m"] * x + START["b"] - y) * x
    loud = int(singles.abs().argmax())
    return f"the one with {float(x[loud]):g} mL", (
        f"Its slope by m is {float(singles[loud]):.2f}, of the eight slopes {listed(singles)}, whose mean is "
        f"{float(singles.mean()):.3f}. It is farthest off, and its dosage multiplies that."
    )


PREDICTIONS = (
    Prediction(
        "loudest patient",
        6,
        "Whose single slope by m is the largest at m = 0.9, b = 0.1?",
        _loudest,
        ("the one with 0 mL", "the one with 3 mL", "the one with 7 mL", "all are alike"),
    ),
    Prediction(
        "silent patient",
        6,
        "How large is the slope by m of the patient who got no drug?",
        lambda: (0.0, "Its x is 0, and 2 * (m*x + b - y) * 0 = 0: whatever m is, the line passes it at the height b."),
    ),
)
