"""Lesson 9, valleys, scales, momentum: the heavy ball, forty gradients, an angle on paper, Adam as it comes."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import Any

import torch
from torch import Tensor

from steepest.cost import Cost
from steepest.curvature import cost_by_mode, curvature_at
from steepest.lessons.answers import Case, tensor, try_function
from steepest.lessons.exercise import Exercise, Given, Prediction
from steepest.lessons.mistakes import mistake
from steepest.lessons.reply import Mistake
from steepest.lessons.sheets.numbers import START, cost_of, slopes, trial

WITHIN = 1e-3
MOST = 40
"""Gradients that may be asked for."""

DEGREES = 0.5
"""What an angle on paper may be off by."""

Slope = Callable[[Tensor], Tensor]


def rolled(slope: Slope, place: Tensor, rate: float, factor: float, epochs: int, *, how: str = "") -> Tensor:
    """Roll a heavy ball, with a mistake if one is named: velocity = factor * velocity + slope, as torch has it."""
    velocity = torch.zeros_like(place)
    for _ in range(epochs):
        here = slope(place - rate * factor * velocity if how == "looks ahead" else place)
        if how == "damped":
            here = (1 - factor) * here
        velocity = {"forgotten": 0.0, "undiminished": 1.0}.get(how, factor) * velocity + here
        place = place + rate * velocity if how == "uphill" else place - rate * velocity
    return place


def _ball(answer: Any, given: Given, chance: Random) -> Mistake | str:
    cases = []
    for epochs in (5, 12, 3, 20):
        steep, flat, lean = chance.uniform(5, 20), chance.uniform(0.3, 2), chance.uniform(-0.5, 0.5)
        hessian = torch.tensor([[steep, lean], [lean, flat]], dtype=torch.float64)
        start = torch.tensor([chance.uniform(-2, 2), chance.uniform(-2, 2)], dtype=torch.float64)
        rate, factor = chance.uniform(0.01, 0.04), chance.uniform(0.5, 0.9)
        ways = {
            "velocity forgotten": "forgotten",
            "velocity undiminished": "undiminished",
            "damped velocity": "damped",
            "looks ahead": "looks ahead",
            "uphill": "uphill",
        }
        wrong = {name: rolled(hessian.matmul, start, rate, factor, epochs, how=how) for name, how in ways.items()}
        wrong["one round too many"] = rolled(hessian.matmul, start, rate, factor, epochs + 1)
        wrong["one round too few"] = rolled(hessian.matmul, start, rate, factor, epochs - 1)
        wrong["one round too few/only one"] = rolled(hessian.matmul, start, rate, factor, 1)
        arguments = {"slope": hessian.matmul, "place": start, "rate": rate, "factor": factor, "epochs": epochs}
        cases.append(Case(arguments, rolled(hessian.matmul, start, rate, factor, epochs), wrong, before=start))
    return try_function(answer, cases) or f"It rolls as torch's SGD with momentum does, in {len(cases)} hidden valleys."


class _Counted:
    """The trial's ground with other scores, which counts how often it is asked."""

    def __init__(self, y: Tensor) -> None:
        self.x, self.y = trial()[1], y
        self.asked = 0
        exact = Cost.least_squares(self.x, y)
        self.lowest = float(exact.value(exact.minimum))

    def gradient(self, m: float, b: float) -> tuple[float, float]:
        self.asked += 1
        return slopes(float(m), float(b), self.x, self.y)


def _forty(answer: Any, given: Given, chance: Random) -> Mistake | str:
    if not callable(answer):
        return mistake("wrong type", "A function of gradient, m and b is asked for: give its name, without brackets.")
    most = 0
    for index in range(5):
        y = trial()[2]
        m, b = START.values()
        if index:
            m, b = chance.uniform(-1.5, 1.5), chance.uniform(-1, 3)
            y = y + chance.uniform(-0.6, 0.6) * trial()[1] + chance.uniform(-1, 1)
        asked = _walked(answer, _Counted(y), m, b)
        if isinstance(asked, Mistake):
            return asked
        most = max(most, asked)
    return f"It arrives from 5 starts, four of them hidden and on other data, with {most} gradients or fewer."


def _walked(answer: Callable[..., Any], ground: _Counted, m: float, b: float) -> Mistake | int:
    """How many gradients the learner's walk has asked for, if it arrives."""
    where = f"From m = {m:.3g}, b = {b:.3g}"
    try:
        found = tensor(answer(ground.gradient, m, b)).reshape(-1)
    except Exception as error:  # whatever a learner's code may raise is a fact to be told
        said = str(error).partition("\n")[0] or "no words"
        return mistake("exception", f"{where} your function stopped with {type(error).__name__}: {said}.")
    if found.shape != (2,):
        return mistake("wrong shape", f"Two numbers are asked for, and {found.numel()} came.")
    if not bool(found.isfinite().all()):
        return mistake("not finite", f"{where} it ends at ({float(found[0]):g}, {float(found[1]):g}).")
    above = cost_of(float(found[0]), float(found[1]), ground.x, ground.y) - ground.lowest
    seen = f"{where} it asked for {ground.asked} gradients and ended {above:.3g} above the lowest cost"
    if above < WITHIN and 0 < ground.asked <= MOST:
        return ground.asked
    name = "too many gradients" if ground.asked > MOST else "not there yet"
    return mistake(name if ground.asked else "ignores its arguments", f"{seen}; {WITHIN:g} with {MOST} is asked for.")


def _sheet(chance: Random | None) -> Given:
    steep, flat, u, v = 9, 1, 1, 1
    if chance is not None:
        steep, flat = chance.choice((4, 5, 8, 10, 16, 25)), chance.choice((1, 2))
        u, v = chance.choice((1, 2, -1)), chance.choice((1, 3, -2))
    return {"steep": steep, "flat": flat, "u": u, "v": v}


def _angle(given: Given) -> float:
    u, v = given["u"], given["v"]
    return between((-given["steep"] * u, -given["flat"] * v), (-u, -v))


def between(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The angle between two arrows, in degrees."""
    turned = math.atan2(one[1], one[0]) - math.atan2(other[1], other[0])
    return abs(math.degrees(math.remainder(turned, 2 * math.pi)))


def _on_paper(answer: Any, given: Given, chance: Random) -> Mistake | str:
    if isinstance(answer, bool) or not isinstance(answer, int | float) or not math.isfinite(answer):
        return mistake("wrong type", f"An angle in degrees is asked for, and {str(answer)[:40]!r} came.")
    right, seen = _angle(given), f"With u = {given['u']}, v = {given['v']}, {answer:g} degrees is not it."
    if abs(answer - right) <= DEGREES:
        return "So much does the steepest way lean away from the shortest one."
    if abs(answer - (180 - right)) <= DEGREES:
        return mistake("uphill", seen)
    if abs(answer - math.radians(right)) <= 0.01:
        return mistake("radians", seen)
    return Mistake("", seen, "Draw both arrows on squared paper, from the same point, and measure.")


EXERCISES = (
    Exercise(
        "heavy ball",
        9,
        "Write a function of slope, place, rate, factor and epochs that rolls a heavy ball: slope(place) is the "
        "gradient there, velocity begins at 0, and in each round velocity = factor * velocity + slope, then the place "
        "moves by -rate * velocity. Return the last place.",
        "Two lines in a loop. Which of the two needs the gradient, and where is it taken?",
        "def heavy_ball(slope, place, rate, factor, epochs):\n"
        "    velocity = 0 * place\n"
        "    for _ in range(epochs):\n"
        "        velocity = factor * velocity + slope(place)\n"
        "        place = place - rate * velocity\n"
        "    return place",
        _ball,
    ),
    Exercise(
        "forty gradients",
        9,
        "Write a function of gradient, m and b that comes within 0.001 of the lowest cost by whatever means, and "
        f"returns the last m and b. gradient(m, b) gives both slopes, and may be asked {MOST} times. The dosages are "
        "those of the trial, the scores are not.",
        "The ground bends as it did before: [[35, 7], [7, 2]]. A heavy ball with its best factor, or a single step "
        "that knows the bend.",
        "def forty_gradients(gradient, m, b):\n"
        "    velocity_m = velocity_b = 0.0\n"
        "    for _ in range(40):\n"
        "        slope_m, slope_b = gradient(m, b)\n"
        "        velocity_m = 0.6029 * velocity_m + slope_m\n"
        "        velocity_b = 0.6029 * velocity_b + slope_b\n"
        "        m, b = m - 0.08665 * velocity_m, b - 0.08665 * velocity_b\n"
        "    return m, b",
        _forty,
    ),
    Exercise(
        "angle by hand",
        9,
        "With pencil and paper. A valley has the cost ({steep}*u**2 + {flat}*v**2) / 2, and its lowest point at u = 0, "
        "v = 0. You stand at u = {u}, v = {v}. How many degrees lie between the steepest way down and the way to the "
        "lowest point?",
        "The steepest way down is minus the gradient, and the gradient is (first factor * u, second factor * v). The "
        "way to the lowest point is (-u, -v).",
        "See the key.",
        _on_paper,
        _sheet,
        lambda given: f"{_angle(given):.1f} degrees",
    ),
)


def _downhill() -> tuple[float, str]:
    cost, _, _ = trial()
    exact = Cost.least_squares(*trial()[1:])
    gradient = cost.value_and_gradient(cost.params(START))[1]
    m, b = (float(exact.minimum[name]) for name in ("m", "b"))
    degrees = between((-float(gradient["m"]), -float(gradient["b"])), (m - START["m"], b - START["b"]))
    curvature = curvature_at(cost, START)
    steep, flat = cost_by_mode(curvature, gradient).tolist()
    return degrees, (
        f"Of the cost above the lowest, {steep:.4f} lies in the steep direction and {flat:.4f} in the flat one: the "
        "slope looks to the near wall of the valley, and hardly along it."
    )


def _standardised() -> tuple[float, str]:
    _, x, y = trial()
    scores = (x - x.mean()) / x.std(correction=0)
    cost = Cost.least_squares(scores, y)
    bends = curvature_at(cost, cost.zeros()).eigenvalues.tolist()
    m, b = cost.minimum.values()
    gradient = cost.value_and_gradient(cost.zeros())[1].values()
    after = [-0.5 * float(slope) for slope in gradient]
    arrived = math.isclose(after[0], float(m)) and math.isclose(after[1], float(b))
    return 1.0 if arrived else math.inf, (
        f"The ground bends by {bends[0]:.4g} and {bends[1]:.4g}: as much in every direction. A step with the rate 1/2 "
        f"goes to the middle of a round bowl, m = {after[0]:.5f}, b = {after[1]:.4f}."
    )


def last_cost(make: Callable[[list[Tensor]], torch.optim.Optimizer], epochs: int) -> float:
    """The trial's cost after so many steps of one of torch's optimizers."""
    cost, _, _ = trial()
    place = {name: torch.tensor(value, dtype=torch.float64, requires_grad=True) for name, value in START.items()}
    optimizer = make(list(place.values()))
    for _ in range(epochs):
        gradient = cost.value_and_gradient(place)[1]
        for name, value in place.items():
            value.grad = gradient[name]
        optimizer.step()
    return float(cost.value({name: value.detach() for name, value in place.items()}))


def _untuned() -> tuple[str, str]:
    adam = last_cost(torch.optim.Adam, 1000)
    plain = last_cost(lambda place: torch.optim.SGD(place, lr=0.01), 1000)
    way = abs(float(Cost.least_squares(*trial()[1:]).minimum["b"]) - START["b"])
    word = "lower" if adam < plain else "higher"
    return word, (
        f"After 1000 epochs the cost is {adam:.4g} with Adam, and {plain:.4g} with plain descent at 0.01. Adam moves "
        f"each parameter by about its rate a step, here 0.001, however steep the ground, and b has {way:.2f} to go."
    )


PREDICTIONS = (
    Prediction(
        "angle of the slope",
        9,
        "At the start of the trial, how many degrees lie between the steepest way down and the way to the lowest "
        "point?",
        _downhill,
    ),
    Prediction(
        "standardised steps",
        9,
        "The dosages are standardised: mean 0, spread 1. How many steps with the rate 0.5 does the descent need?",
        _standardised,
        share=0.01,
    ),
    Prediction(
        "Adam as it comes",
        9,
        "Adam with torch's default rate, 0.001, against plain descent with 0.01: is its cost lower or higher after "
        "1000 epochs?",
        _untuned,
        ("lower", "higher"),
    ),
)
