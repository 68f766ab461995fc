"""Lesson 4, two knobs, two slopes: a gradient by nudges, the arrow it makes, partial derivatives on paper."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import Any

from steepest.lessons.answers import Case, number, try_function, try_numbers
from steepest.lessons.exercise import Exercise, Given, Prediction
from steepest.lessons.mistakes import mistake
from steepest.lessons.reply import Mistake
from steepest.lessons.sheets.numbers import START, slopes, trial

NEAR = 5.0
"""Degrees that an arrow may be off."""


def _ground(chance: Random) -> Callable[[float, float], float]:
    """Draw a hidden cost of two parameters."""
    p, q, r, s, t = (chance.uniform(-2, 2) for _ in range(5))
    return lambda m, b: p * m**2 + q * b**2 + r * m * b + s * m + t * b


def _nudges(answer: Any, given: Given, chance: Random) -> Mistake | str:
    cases, h = [], 1e-6
    for _ in range(5):
        cost = _ground(chance)
        m, b = round(chance.uniform(-2, 2), 3), round(chance.uniform(-2, 2), 3)
        by_m = (cost(m + h, b) - cost(m - h, b)) / (2 * h)
        by_b = (cost(m, b + h) - cost(m, b - h)) / (2 * h)
        wrong = {
            "not put back": (by_m, by_m + by_b),
            "not put back/both": (by_m + by_b, by_m + by_b),
            "distance forgotten": (by_m * h, by_b * h),
            "distance forgotten/both sides": (by_m * 2 * h, by_b * 2 * h),
            "one slope for both": (by_m, by_m),
        }
        cases.append(Case({"cost": cost, "m": m, "b": b, "h": h}, (by_m, by_b), wrong))
    return try_function(answer, cases) or "Right at five hidden places, each of another cost."


def _place(chance: Random | None) -> Given:
    _, x, y = trial()
    if chance is None:
        place = dict(START)
    else:
        place = {"m": round(chance.uniform(-1.5, 1.5), 1), "b": round(chance.uniform(-2, 3), 1)}
    by_m, by_b = slopes(place["m"], place["b"], x, y)
    return {**place, "by_m": by_m, "by_b": by_b}


def degrees(by_m: float, by_b: float) -> float:
    """Direction of an arrow: 0 is east, more m; 90 is north, more b."""
    return math.degrees(math.atan2(by_b, by_m)) % 360


def apart(one: float, other: float) -> float:
    """How many degrees lie between two directions, the short way round."""
    return abs((one - other + 180) % 360 - 180)


def _arrow(answer: Any, given: Given, chance: Random) -> Mistake | str:
    said = number(answer)
    if said is None or not math.isfinite(said):
        return mistake("wrong type", f"A direction in degrees is asked for, and {answer!r} came.")
    up, down = degrees(given["by_m"], given["by_b"]), degrees(-given["by_m"], -given["by_b"])
    if apart(said, down) <= NEAR:
        return f"Straight down is {down:.2f} degrees; you are {apart(said, down):.2g} off."
    seen = f"Your arrow at {said:g} degrees is off by more than {NEAR:g}."
    for name, wrong in {
        "uphill": up,
        "swapped parameters": degrees(-given["by_b"], -given["by_m"]),
        "clockwise": -down,
    }.items():
        if apart(said, wrong) <= NEAR:
            return mistake(name, seen)
    return Mistake("", seen, "How far west for each step south? The ratio of the two slopes is the arrow's direction.")


def _saddle(chance: Random | None) -> Given:
    if chance is None:
        return {"x": 2, "y": 3}
    return {"x": chance.choice((-4, -3, -2, 1, 3, 5)), "y": chance.choice((-3, -2, 1, 2, 4))}


def _partials(given: Given) -> tuple[float, float, float]:
    return given["x"] ** 2 - given["y"] ** 2, 2 * given["x"], -2 * given["y"]


def _saddle_by_hand(answer: Any, given: Given, chance: Random) -> Mistake | str:
    z, by_x, by_y = _partials(given)
    wrong = {"wrong sign": (z, by_x, -by_y), "swapped parameters": (z, by_y, by_x)}
    return try_numbers(answer, Case(dict(given), (z, by_x, by_y), wrong)) or "Height and both slopes are right."


EXERCISES = (
    Exercise(
        "gradient by nudges",
        4,
        "Write a function of cost, m, b and h that nudges one knob at a time by h and returns both slopes, the one "
        "by m "
        "first. cost(m, b) gives the height.",
        "Lesson 3 twice: nudge m and hold b, put m back, nudge b and hold m.",
        "def gradient_by_nudges(cost, m, b, h):\n"
        "    slope_m = (cost(m + h, b) - cost(m - h, b)) / (2 * h)\n"
        "    slope_b = (cost(m, b + h) - cost(m, b - h)) / (2 * h)\n"
        "    return slope_m, slope_b",
        _nudges,
    ),
    Exercise(
        "arrow",
        4,
        "On the trial's ground at m = {m:g}, b = {b:g}: which way is straight down? East, more m, is 0 degrees; north, "
        "more b, is 90; west 180; south 270. Within 5 degrees.",
        "Find both slopes there first. Straight down is against both.",
        "See the key.",
        _arrow,
        _place,
        lambda given: (
            f"slopes {given['by_m']:.5g} and {given['by_b']:.5g}; down is "
            f"{degrees(-given['by_m'], -given['by_b']):.2f} degrees"
        ),
    ),
    Exercise(
        "partials by hand",
        4,
        "With pencil and paper. z = x**2 - y**2 at x = {x}, y = {y}: the height z, its slope by x, its slope by y. "
        "Answer "
        "with the three numbers.",
        "Hold y, and only x**2 is left to change; hold x, and only -y**2 is.",
        "See the key.",
        _saddle_by_hand,
        _saddle,
        lambda given: ", ".join(f"{value:g}" for value in _partials(given)),
    ),
)


def _first_knob() -> tuple[str, str]:
    _, x, y = trial()
    by_m, by_b = slopes(START["m"], START["b"], x, y)
    return "m", (
        f"The slope by m is {by_m:.3f}, the one by b {by_b:.3f}: a nudge of m is worth {by_m / by_b:.2f} times as "
        f"much. "
        "A change of m counts once for each mL, a change of b once."
    )


PREDICTIONS = (
    Prediction(
        "first knob",
        4,
        "At m = 0.9, b = 0.1 you may nudge one knob by a hundredth. Which one lowers the cost more?",
        _first_knob,
        ("m", "b", "both alike"),
    ),
    Prediction(
        "straight down",
        4,
        "From m = 0.9, b = 0.1, which way is straight down, in degrees? East is 0, north 90, west 180.",
        lambda: (
            degrees(*(-slope for slope in slopes(START["m"], START["b"], *trial()[1:]))),
            "It is the direction against both slopes, (-36.305, -6.265): nearly west, a little south.",
        ),
        share=5 / 189.79,
    ),
)
