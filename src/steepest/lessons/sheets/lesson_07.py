"""Lesson 7, let autograd do it: an engine of one's own, a loop that is mended, a pendulum, a walk home on paper."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import torch

from steepest.lessons import museum
from steepest.lessons.answers import Case, close, tensor, try_function, try_numbers
from steepest.lessons.exercise import Exercise, Given, Prediction
from steepest.lessons.mistakes import mistake
from steepest.lessons.reply import Mistake
from steepest.lessons.sheets.lesson_05 import walked
from steepest.lessons.sheets.numbers import RATE, START, hidden, trial


class Value:
    """A number that remembers what it was made from, and its slope by each of these."""

    def __init__(self, data, parents=()):
        self.data = data
        self.grad = 0.0
        self.parents = parents  # pairs of a Value and the slope by it

    def __add__(self, other):
        return Value(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __sub__(self, other):
        return Value(self.data - other.data, ((self, 1.0), (other, -1.0)))

    def __mul__(self, other):
        return Value(self.data * other.data, ((self, other.data), (other, self.data)))

    def tanh(self):
        t = math.tanh(self.data)
        return Value(t, ((self, 1 - t**2),))

    def backward(self):
        order, seen = [], set()

        def visit(value):
            if value not in seen:
                seen.add(value)
                for parent, _ in value.parents:
                    visit(parent)
                order.append(value)

        visit(self)
        self.grad = 1.0
        for value in reversed(order):  # whoever made use of a value has passed its share on before
            for parent, slope in value.parents:
                parent.grad += slope * value.grad


Number = Any
"""A learner's Value, or a tensor: both know + - * and tanh()."""

SINGLE: dict[str, Callable[[Number, Number, Number], Number]] = {
    "a + b": lambda a, b, c: a + b,
    "a - b": lambda a, b, c: a - b,
    "a * b": lambda a, b, c: a * b,
    "tanh(a)": lambda a, b, c: a.tanh(),
}
"""One operation each."""

CHAINS: dict[str, Callable[[Number, Number, Number], Number]] = {
    "tanh(a*b)": lambda a, b, c: (a * b).tanh(),
    "tanh(a + b) * c": lambda a, b, c: (a + b).tanh() * c,
}
"""Slopes that are multiplied."""

SHARED: dict[str, Callable[[Number, Number, Number], Number]] = {
    "a + a": lambda a, b, c: a + a,
    "a * a": lambda a, b, c: a * a,
    "a*b + a*c": lambda a, b, c: a * b + a * c,
}
"""A number that is used twice: its slopes add up."""


def _joined(a: Number, b: Number, c: Number) -> Number:
    middle = a * b
    return (middle + middle.tanh()) * c


def _joined_later(a: Number, b: Number, c: Number) -> Number:
    middle = a + b * c
    return middle.tanh() * (middle * b)


def _squared_twice(a: Number, b: Number, c: Number) -> Number:
    once = a * b - c
    twice = once * once
    return twice * twice


def _network(a: Number, b: Number, c: Number) -> Number:
    one, other = (a * b + c).tanh(), (b * c - a).tanh()
    over = one * c + other * a - b
    return over * over


NETWORKS: dict[str, Callable[[Number, Number, Number], Number]] = {
    "(d + tanh(d)) * c, with d = a*b": _joined,
    "tanh(d) * (d*b), with d = a + b*c": _joined_later,
    "((a*b - c)**2)**2": _squared_twice,
    "a network with two hidden units": _network,
}
"""A number between that is used twice: it has to wait for both before it passes its slope on."""


def slopes_of(expression: Callable[..., Number], at: tuple[float, float, float]) -> list[float]:
    """What torch says of an expression: its value, and its slopes by a, b and c."""
    leaves = [torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in at]
    value = expression(*leaves)
    value.backward()
    return [float(value), *(0.0 if leaf.grad is None else float(leaf.grad) for leaf in leaves)]


def _found(
    engine: Callable[..., Any], expression: Callable[..., Number], at: tuple[float, float, float]
) -> list[float]:
    leaves = [engine(value) for value in at]
    value = expression(*leaves)
    forward = float(value.data)
    value.backward()
    return [forward, *(float(leaf.grad or 0.0) for leaf in leaves)]


def _engine(answer: Any, given: Given, chance: Random) -> Mistake | str:
    if not callable(answer):
        return mistake("wrong type", "A class is asked for: give its name, without brackets.")
    tried = 0
    for kind in (SINGLE, CHAINS, SHARED, NETWORKS):
        for name, expression in kind.items():
            for _ in range(3):
                at = (chance.uniform(0.3, 1.5), chance.uniform(-1.5, -0.3), chance.uniform(0.3, 1.5))
                right = slopes_of(expression, at)
                try:
                    found = _found(answer, expression, at)
                except Exception as error:  # whatever a learner's code may raise is a fact to be told
                    said = str(error).partition("\n")[0] or "no words"
                    return mistake("exception", f"At {name} your class stopped with {type(error).__name__}: {said}.")
                if not close(tensor(found), tensor(right)):
                    return _named(kind, name, found, right)
                tried += 1
    return f"Its slopes are torch's at {tried} hidden points, of single operations and of a network."


def _named(kind: Mapping[str, Any], name: str, found: list[float], right: list[float]) -> Mistake:
    """Which part of an engine is broken, from the first kind of expression that it gets wrong."""
    value, *slopes = found
    told = f"Of {name} by a, b and c it gives ({_listed(slopes)}), and should give ({_listed(right[1:])})."
    if not math.isclose(value, right[0], rel_tol=1e-5, abs_tol=1e-8):
        return mistake("forward pass", f"{name} is {value:.6g} in it, and should be {right[0]:.6g}.")
    if not any(slopes):
        return mistake("walk not begun", told)
    if kind is SINGLE:
        return mistake("local slope", told)
    if kind is CHAINS:
        return mistake("outer slope forgotten", told)
    return mistake("overwritten gradient" if kind is SHARED else "wrong order", told)


def _listed(values: list[float]) -> str:
    return ", ".join(f"{value:.4g}" for value in values)


def _mended(answer: Any, given: Given, chance: Random) -> Mistake | str:
    cases = []
    for examples, epochs in ((8, 10), (5, 3), (4, 7), (6, 2)):
        m, b = chance.uniform(-2, 2), chance.uniform(-2, 2)
        x, y = hidden(chance, examples)
        start = (m, b, x, y, RATE)
        wrong = {
            "uncleared gradient": walked(start, epochs, "uncleared"),
            "emptied too soon": (m, b),
            "one round too many": walked(start, epochs + 1),
            "one round too few": walked(start, epochs - 1),
            "sum for mean": walked(start, epochs, "sum"),
            "uphill": walked(start, epochs, "uphill"),
        }
        arguments = {"m": m, "b": b, "x": x, "y": y, "epochs": epochs}
        cases.append(Case(arguments, walked(start, epochs), wrong, before=(m, b), examples=examples))
    return try_function(answer, cases) or f"It walks where gradient descent walks, from {len(cases)} hidden starts."


def heavy(factor: float, epochs: int) -> list[float]:
    """The costs of the trial's loop with torch's momentum, gradients emptied each round."""
    (x, y), line = museum.data(), museum.Line(*museum.START)
    optimizer = torch.optim.SGD(line.parameters(), lr=RATE, momentum=factor)
    costs = []
    for _ in range(epochs + 1):
        optimizer.zero_grad()
        cost = ((line(x) - y) ** 2).mean()
        cost.backward()
        costs.append(float(cost.detach()))
        optimizer.step()
    return costs


def _factor(answer: Any, given: Given, chance: Random) -> Mistake | str:
    if isinstance(answer, bool) or not isinstance(answer, int | float) or not math.isfinite(answer) or answer < 0:
        return mistake("wrong type", f"A factor of 0 or more is asked for, and {str(answer)[:40]!r} came.")
    broken = [step.cost for step in museum.no_zero_grad(100).run.steps]
    with_momentum = heavy(float(answer), 100)
    for epoch, (one, other) in enumerate(zip(broken, with_momentum, strict=True)):
        if not math.isclose(one, other, rel_tol=1e-9):
            return Mistake(
                "",
                f"At epoch {epoch} the cost is {other:.6g} with the factor {answer:g}, and {one:.6g} without "
                "zero_grad().",
                "Momentum keeps a share of the old gradients. How much of them stays in a .grad that is never emptied?",
            )
    return "The two loops have the same costs, epoch by epoch, for a hundred epochs."


def _sheet(chance: Random | None) -> Given:
    if chance is None:
        return {"x": 2, "w": 3, "v": -1, "y": 4}
    x, w = chance.choice((1, 2, 3, 4)), chance.choice((1, 2, 3))
    return {"x": x, "w": w, "v": chance.choice((-3, -2, -1, 2, 3)), "y": chance.randint(1, 9)}


def _home(given: Given) -> tuple[float, float, float]:
    """The slopes of (v*(w*x)**2 - y)**2 by the estimate, by v and by w."""
    x, w, v, y = (float(given[name]) for name in "xwvy")
    over = 2 * (v * (w * x) ** 2 - y)
    return over, over * (w * x) ** 2, over * v * 2 * (w * x) * x


def _on_paper(answer: Any, given: Given, chance: Random) -> Mistake | str:
    over, by_v, by_w = right = _home(given)
    x, w = float(given["x"]), float(given["w"])
    wrong = {
        "inner slope forgotten/x": (over, by_v, by_w / x),
        "inner slope forgotten/square": (over, by_v, by_w / (2 * w * x)),
        "inner slope forgotten/outer": (over, by_v / over, by_w / over) if over else right,
        "swapped parameters": (over, by_w, by_v),
    }
    wrong = {name: value for name, value in wrong.items() if value != right}
    case = Case({name: given[name] for name in "xwvy"}, right, wrong)
    return try_numbers(answer, case) or "All three slopes are right: you walked home."


def _key(given: Given) -> str:
    x, w, v, y = (given[name] for name in "xwvy")
    over, by_v, by_w = _home(given)
    return (
        f"forward: z = {w * x}, h = {(w * x) ** 2}, estimate = {v * (w * x) ** 2}, "
        f"loss = {(v * (w * x) ** 2 - y) ** 2}\n"
        f"by the estimate {over:g}; by v {by_v:g}; by h {over * v:g}; by z {over * v * 2 * w * x:g}; by w {by_w:g}"
    )


EXERCISES = (
    Exercise(
        "engine",
        7,
        "Write a class Value(data) with .data and .grad that knows +, -, * and tanh(), and whose backward() gives "
        "every Value that went into it the slope by it.",
        "Each operation notes its parents and its slope by each. backward() puts the graph in order, and passes slope "
        "times grad on, from the end to the beginning.",
        inspect.getsource(Value),
        _engine,
    ),
    Exercise(
        "clean rounds",
        7,
        f"Write a function of m, b, x, y and epochs that makes so many rounds with backward() and the learning rate "
        f"{RATE:g}, and returns the last m and b.",
        "backward() adds to .grad. Where in the loop has it to be empty?",
        "def clean_rounds(m, b, x, y, epochs):\n"
        "    m = torch.tensor(m, dtype=x.dtype, requires_grad=True)\n"
        "    b = torch.tensor(b, dtype=x.dtype, requires_grad=True)\n"
        "    optimizer = torch.optim.SGD([m, b], lr=0.01)\n"
        "    for _ in range(epochs):\n"
        "        cost = ((m * x + b - y) ** 2).mean()\n"
        "        optimizer.zero_grad()\n"
        "        cost.backward()\n"
        "        optimizer.step()\n"
        "    return m, b",
        _mended,
    ),
    Exercise(
        "pendulum's factor",
        7,
        "torch.optim.SGD has a momentum, a factor of what it keeps of earlier gradients. With which factor does a loop "
        "that clears its gradients do the same as one that never does?",
        "It keeps all that came before, undiminished.",
        "1.0",
        _factor,
    ),
    Exercise(
        "walk home by hand",
        7,
        "With pencil and paper. z = w*x, h = z**2, estimate = v*h, loss = (estimate - y)**2, with x = {x}, w = {w}, "
        "v = {v}, y = {y}. Go out with the numbers, then home with the slopes. Answer with the slopes of the loss by "
        "the estimate, by v and by w.",
        "At each node: the slope that comes from behind, times the node's own. By h: that by the estimate, times v.",
        "See the key.",
        _on_paper,
        _sheet,
        _key,
    ),
)


def _twice() -> tuple[float, str]:
    _, x, y = trial()
    leaves = [torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in START.values()]
    seen = []
    for _ in range(2):
        ((leaves[0] * x + leaves[1] - y) ** 2).mean().backward()
        seen.append(float(torch.as_tensor(leaves[0].grad)))
    return seen[1], f"The first backward() put {seen[0]:.5g} into m.grad, and the second added {seen[0]:.5g} to it."


def _pendulum() -> tuple[str, str]:
    costs = [step.cost for step in museum.no_zero_grad().run.steps]
    late = costs[900:]
    word = "it swings without end" if max(late) > costs[0] > 10 * min(late) else "it arrives later"
    return word, (
        f"Between epochs 900 and 1000 the cost is as low as {min(late):.4g} and as high as {max(late):.4g}; it began "
        f"with {costs[0]:.4g}. Nothing takes the swing out of it."
    )


PREDICTIONS = (
    Prediction(
        "twice backward",
        7,
        "backward() gives 36.305 for m. It is called again, at the same place, with nothing emptied. What does m.grad "
        "say?",
        _twice,
        share=0.01,
    ),
    Prediction(
        "the pendulum",
        7,
        "A thousand rounds with the rate 0.01, and the gradients are never emptied. What becomes of the descent?",
        _pendulum,
        ("it arrives sooner", "it arrives later", "it swings without end", "it diverges"),
    ),
)
