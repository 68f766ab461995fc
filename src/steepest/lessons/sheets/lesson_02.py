"""Lesson 2, a line and its cost: write the mean squared error, beat a cost by hand, work one out on paper."""

from __future__ import annotations

from random import Random
from typing import Any

import torch
from torch import Tensor

from steepest.lessons.answers import Case, tensor, try_function, try_numbers
from steepest.lessons.exercise import Exercise, Given, Prediction
from steepest.lessons.mistakes import mistake
from steepest.lessons.reply import Mistake
from steepest.lessons.sheets.numbers import START, cost_of, hidden, listed, trial

ENOUGH = 0.05


def _errors(estimate: Tensor, target: Tensor) -> dict[str, float]:
    """What usual mistakes make of the mean squared error."""
    over = estimate - target
    return {
        "signs cancel": float(over.mean()),
        "signs cancel/squared": float(over.mean() ** 2),
        "absolute for squared": float(over.abs().mean()),
        "root taken": float((over**2).mean().sqrt()),
        "one point for the batch/last": float(over[-1] ** 2),
        "one point for the batch/first": float(over[0] ** 2),
    }


def _mse(answer: Any, given: Given, chance: Random) -> Mistake | str:
    cases = []
    for examples in (8, 5, 3, 6, 1):
        x, y = hidden(chance, examples)
        estimate = chance.uniform(-2, 2) * x + chance.uniform(-2, 2)
        right = float(((estimate - y) ** 2).mean())
        cases.append(Case({"estimate": estimate, "target": y}, right, _errors(estimate, y), examples=examples))
    named = try_function(answer, cases)
    return named or _shapes(answer, cases) or "Right on five hidden data sets, and with a column of shape (n, 1) too."


def _shapes(answer: Any, cases: list[Case]) -> Mistake | None:
    """The trap: a column against a row, which a model with one output gives. Refusing it is right, too."""
    columns = []
    for case in cases:
        estimate, target = case.given["estimate"], case.given["target"]
        table = {"broadcasting": float(((estimate.reshape(-1, 1) - target) ** 2).mean())}
        columns.append(Case({"estimate": estimate.reshape(-1, 1), "target": target}, case.right, table))
    return try_function(answer, columns, refusing=True)


def _mae(answer: Any, given: Given, chance: Random) -> Mistake | str:
    cases = []
    for examples in (8, 5, 3, 6):
        x, y = hidden(chance, examples)
        estimate = chance.uniform(-2, 2) * x + chance.uniform(-2, 2)
        over = estimate - y
        wrong = {"signs cancel": float(over.mean()), "squared for absolute": float((over**2).mean())}
        wrong |= {"signs cancel/late": abs(float(over.mean()))}
        right = float(over.abs().mean())
        cases.append(Case({"estimate": estimate, "target": y}, right, wrong, examples=examples))
    return try_function(answer, cases) or "Right on four hidden data sets."


def _beat(answer: Any, given: Given, chance: Random) -> Mistake | str:
    try:
        line = tensor(answer)
    except (TypeError, ValueError, RuntimeError):
        line = torch.zeros(0)
    if line.shape != (2,) or not bool(line.isfinite().all()):
        return mistake("wrong type", "A line is asked for: two numbers, (m, b).")
    _, x, y = trial()
    m, b = line.tolist()
    cost, turned = cost_of(m, b, x, y), cost_of(b, m, x, y)
    if cost < ENOUGH:
        return f"The line m = {m:g}, b = {b:g} costs {cost:.6f}, below {ENOUGH:g}."
    seen = f"The line m = {m:g}, b = {b:g} costs {cost:.4g}, and {ENOUGH:g} is to be beaten."
    if turned < ENOUGH:
        return mistake("swapped parameters", f"{seen} With the two the other way round it would be {turned:.4g}.")
    high = float((m * x + b - y).mean())
    way = f"It lies {abs(high):.2g} too {'high' if high > 0 else 'low'} on average."
    return Mistake("", f"{seen} {way}", "Change b until it is neither too high nor too low, then turn it with m.")


def _sheet(chance: Random | None) -> Given:
    x = (0.0, 1.0, 2.0, 3.0)
    y = (3.0, 2.0, 2.0, 0.0) if chance is None else tuple(float(chance.randint(-3, 6)) for _ in x)
    m, b = (-1.0, 2.0) if chance is None else (float(chance.choice((-2, -1, 1, 2))), float(chance.randint(-2, 3)))
    return {"m": m, "b": b, "x": x, "y": y, "dosages": listed(x), "scores": listed(y)}


def _estimates(given: Given) -> tuple[Tensor, Tensor]:
    x, y = (torch.tensor(given[name], dtype=torch.float64) for name in ("x", "y"))
    return given["m"] * x + given["b"], y


def _on_paper(answer: Any, given: Given, chance: Random) -> Mistake | str:
    estimate, y = _estimates(given)
    right = float(((estimate - y) ** 2).mean())
    case = Case({"m": given["m"], "b": given["b"]}, right, _errors(estimate, y), examples=len(y))
    return try_numbers(answer, case) or f"The mean of the four squares is {right:.6g}."


def _key(given: Given) -> str:
    estimate, y = _estimates(given)
    over = estimate - y
    return (
        f"estimates {listed(estimate)}; differences {listed(over)}; squares {listed(over**2)}; "
        f"mean {float((over**2).mean()):.6g}"
    )


EXERCISES = (
    Exercise(
        "beat the cost",
        2,
        f"Find a line (m, b) for the trial that costs less than {ENOUGH:g}, by hand: try, look, turn, try again.",
        "The scores fall by about a half for each mL, and without any drug stand near 2.",
        "(-0.47, 1.76)",
        _beat,
    ),
    Exercise(
        "mse",
        2,
        "Write a function of estimate and target, two tensors, that returns the mean squared error. Its hidden data "
        "include an estimate of shape (n, 1), as a model gives it: get that right, or refuse it.",
        "Difference, square, mean; and before the difference, look at both shapes.",
        "def mse(estimate, target):\n    return ((estimate.reshape(-1) - target.reshape(-1)) ** 2).mean()",
        _mse,
    ),
    Exercise(
        "mae",
        2,
        "Write a function of estimate and target that returns the mean absolute error: the mean length of the sticks.",
        "abs() before the mean: a stick has a length, whichever way it points.",
        "def mae(estimate, target):\n    return (estimate - target).abs().mean()",
        _mae,
    ),
    Exercise(
        "cost by hand",
        2,
        "With pencil and paper. Four patients got {dosages} mL; their scores are {scores}. What does the line m = "
        "{m:g}, "
        "b = {b:g} cost, as mean squared error?",
        "Four estimates, four differences, four squares, one mean.",
        "See the key.",
        _on_paper,
        _sheet,
        _key,
    ),
)


def _true_line() -> tuple[str, str]:
    cost, x, y = trial()
    assert cost.minimum is not None  # a bowl knows its lowest place
    best, true = float(cost.value(cost.minimum)), cost_of(-0.5, 2.0, x, y)
    return "it costs more", (
        f"It costs {true:.6f}, the best line {best:.6f}. The points are the line plus noise, and the best line follows "
        "the noise of these eight patients a little. With other patients it would be another one."
    )


def _outlier() -> tuple[float, str]:
    misses = torch.tensor([7.0 - 2.0, 3.0 - 8.0])
    return float((misses**2).mean()), (
        "The differences are 5 and 5 in size: their mean is 5, the mean of their squares 25. Squares make one large "
        "miss dear, several small ones cheap."
    )


def _start() -> tuple[str, str]:
    _, x, y = trial()
    high = [index for index, value in enumerate(START["m"] * x + START["b"] - y) if value > 0]
    over = START["m"] * x + START["b"] - y
    far = int(over.abs().argmax())
    return f"the one with {float(x[far]):g} mL", (
        f"The line is {float(over[far]):.2f} too high there, and its square is {float(over[far] ** 2):.2f}; the mean "
        f"of "
        f"all eight is {float((over**2).mean()):.6f}. The line is too high for {len(high)} of the eight."
    )


PREDICTIONS = (
    Prediction(
        "largest square",
        2,
        "Which patient adds the largest square to the cost of the line m = 0.9, b = 0.1?",
        _start,
        ("the one with 0 mL", "the one with 4 mL", "the one with 7 mL"),
    ),
    Prediction(
        "the true line",
        2,
        "The points were made from the line m = -0.5, b = 2, with noise added. Does that line cost more or less than "
        "the best line for these eight points?",
        _true_line,
        ("it costs less", "it costs the same", "it costs more"),
    ),
    Prediction(
        "squares of two misses",
        2,
        "Two estimates are off by 5, one upwards and one downwards. What is their mean squared error?",
        _outlier,
        share=0.01,
    ),
)
