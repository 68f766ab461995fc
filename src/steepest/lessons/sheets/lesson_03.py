"""Lesson 3, slope by nudging: the central difference, the best step for each float, a secant on paper."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import Any

import torch

from steepest.lessons.answers import Case, number, try_function, try_numbers
from steepest.lessons.exercise import Exercise, Given, Prediction
from steepest.lessons.mistakes import mistake
from steepest.lessons.reply import Mistake
from steepest.lessons.sheets.numbers import START, slopes, trial


def _curves(chance: Random) -> list[tuple[Callable[[float], float], Callable[[float], float]]]:
    """Hidden curves, each with its derivative."""
    p, q, r = (chance.uniform(0.5, 2) for _ in range(3))
    return [
        (lambda x: p * x**3 - q * x, lambda x: 3 * p * x**2 - q),
        (lambda x: math.sin(q * x), lambda x: q * math.cos(q * x)),
        (lambda x: r * math.exp(x / 2), lambda x: r * math.exp(x / 2) / 2),
        (lambda x: p * x**4 + x, lambda x: 4 * p * x**3 + 1),
    ]


def _central(answer: Any, given: Given, chance: Random) -> Mistake | str:
    tapped, exact = [], []
    for curve, derivative in _curves(chance):
        x, h = round(chance.uniform(0.5, 2), 3), round(chance.uniform(0.05, 0.2), 3)
        up, here, down = curve(x + h), curve(x), curve(x - h)
        wrong = {
            "forward difference": (up - here) / h,
            "forward difference/backward": (here - down) / h,
            "distance forgotten": up - down,
            "distance forgotten/one side": up - here,
            "wrong sign": (down - up) / (2 * h),
        }
        arguments = {"f": curve, "x": x, "h": h}
        tapped.append(Case(arguments, (up - down) / (2 * h), wrong))
        exact.append(Case(arguments, derivative(x)))
    if try_function(answer, exact) is None:
        return "It gives the derivative itself, nearer than two taps can: right."
    return try_function(answer, tapped) or "Right on four hidden curves, each with a step of its own."


def felt(step: float, dtype: torch.dtype, *, in_pairs: bool = False) -> float:
    """The slope of the trial's cost by m at the start, from one tap at that distance, in floats of that kind.

    The eight squares are added one after the other, or in pairs, each in an order that is the same on every machine.
    """
    _, inputs, targets = trial()
    x, y = inputs.to(dtype), targets.to(dtype)
    m, b, h = (torch.tensor(value, dtype=dtype) for value in (START["m"], START["b"], step))

    def cost(at: torch.Tensor) -> torch.Tensor:
        squares = list((at * x + b - y).square())
        while in_pairs and len(squares) > 1:
            squares = [one + other for one, other in zip(squares[::2], squares[1::2], strict=True)]
        return torch.as_tensor(sum(squares)) / 8

    return float((cost(m + h) - cost(m)) / h)


def worst_error(step: float, dtype: torch.dtype) -> float:
    """The largest share by which taps at about that distance are off: one step may hit the slope by luck."""
    _, x, y = trial()
    right = slopes(START["m"], START["b"], x, y)[0]
    return max(abs(felt(step * factor, dtype) / right - 1) for factor in (0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3))


def _step(answer: Any, given: Given, chance: Random) -> Mistake | str:
    dtype, most = given["dtype"], given["most"]
    step = number(answer)
    if step is None or not 0 < step < math.inf:
        return mistake("wrong type", f"A distance above 0 is asked for, and {answer!r} came.")
    error = worst_error(step, dtype)
    seen = f"Taps at about {step:g} are off by up to {error:.2g} of the slope"
    if error < most:
        return f"{seen}; {most:g} was asked for."
    smaller, larger = (worst_error(step * factor, dtype) for factor in (0.3, 3.0))
    name = "step too large" if step > 1 or smaller < larger else "step too small"
    return mistake(name, f"{seen}, and {most:g} is asked for.")


def _sheet(chance: Random | None) -> Given:
    return {"a": 2 if chance is None else chance.choice((-3, -2, -1, 0, 1, 3, 4, 5))}


def _secant(answer: Any, given: Given, chance: Random) -> Mistake | str:
    a = given["a"]
    right = (2 * a + 3, 2 * a + 2.1, 2 * a + 2)
    rise = (2 * a + 3, (2 * a + 2.1) / 10, 2 * a + 2)
    case = Case({"x": a}, right, {"distance forgotten": rise, "wrong sign": [-value for value in right]})
    return try_numbers(answer, case) or "The slopes come nearer to the last one, step by step."


EXERCISES = (
    Exercise(
        "central difference",
        3,
        "Write a function of f, x and h that taps f on both sides of x, h away, and returns the slope.",
        "Rise over run: the difference of the two heights, over the distance between the two taps, which is not h.",
        "def central_difference(f, x, h):\n    return (f(x + h) - f(x - h)) / (2 * h)",
        _central,
    ),
    *(
        Exercise(
            f"step for {name}",
            3,
            f"One tap in {name}: choose its distance so that the trial's slope by m at m = 0.9, b = 0.1 is off by less "
            f"than {most:g} of itself.",
            "Too large: the ground bends in between. Too small: two nearly equal heights, and few digits in their "
            "difference. Try powers of ten.",
            good,
            _step,
            lambda chance, dtype=dtype, most=most: {"dtype": dtype, "most": most},
        )
        for name, dtype, most, good in (
            ("float32", torch.float32, 1e-3, "0.0005"),
            ("float64", torch.float64, 1e-6, "1e-08"),
        )
    ),
    Exercise(
        "secant by hand",
        3,
        "With pencil and paper. f(x) = x**2 + 2*x + 2. What is the slope of the straight line from x = {a} to x = "
        "{a} + 1; "
        "from x = {a} to x = {a} + 0.1; and where do the slopes go as the distance shrinks to nothing? Answer with the "
        "three numbers.",
        "(f(x + h) - f(x)) / h. Write it out with h, and cancel h before you put numbers in.",
        "See the key.",
        _secant,
        _sheet,
        lambda given: f"{2 * given['a'] + 3}, {2 * given['a'] + 2.1:g}, {2 * given['a'] + 2}: 2x + 2 + h in general",
    ),
)


def _tiny() -> tuple[str, str]:
    tiny, small = felt(1e-7, torch.float32), felt(1e-3, torch.float32)
    return "it gets worse", (
        f"In float32 the slope comes out as {tiny:.2f} with the step 1e-7, and {small:.3f} with 1e-3, where 36.305 is "
        "right. The two heights are so near to each other that the float holds no digit of their difference but the "
        "last."
    )


def _zoom() -> tuple[float, str]:
    def f(x: float) -> float:
        return x**2 + 2 * x + 2

    return (f(2 + 1e-6) - f(2)) / 1e-6, (
        f"From 2 to 3 the slope is {f(3) - f(2):g}, to 2.1 it is {(f(2.1) - f(2)) / 0.1:.4g}, and it settles at 6."
    )


PREDICTIONS = (
    Prediction(
        "where the secant settles",
        3,
        "f(x) = x**2 + 2*x + 2. From 2 to 3 it rises by 7. What slope has it at 2 itself?",
        _zoom,
        share=0.01,
    ),
    Prediction(
        "a tiny step",
        3,
        "In float32 a tap at 0.001 gives the slope to three digits. What does a tap ten thousand times nearer do?",
        _tiny,
        ("it gets better", "it stays the same", "it gets worse"),
    ),
)
