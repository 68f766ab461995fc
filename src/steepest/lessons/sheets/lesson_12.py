"""Lesson 12, your data, your model: a training loop for any model, the price of taps, and a fair race."""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any

import torch
from torch import Tensor, nn

from steepest.lessons.answers import Case, try_function, try_numbers
from steepest.lessons.exercise import Exercise, Given, Prediction
from steepest.lessons.reply import Mistake
from steepest.lessons.sheets.numbers import RATE, START, hidden, trial
from steepest.watcher import watch

INPUTS, OUTPUTS = 784, 128
"""The layer of neurons: an image of 28 by 28 in, 128 numbers out."""

EPOCHS = 1000


class OneColumn(nn.Linear):
    """A linear model whose estimates come as a column, (examples, 1), as those of most models do."""

    def __init__(self, inputs: int, seed: int) -> None:
        super().__init__(inputs, 1, dtype=torch.float64)
        _drawn(self, seed)


class Hidden(nn.Sequential):
    """One hidden layer of three units, estimates in a column."""

    def __init__(self, inputs: int, seed: int) -> None:
        first, last = (nn.Linear(*shape, dtype=torch.float64) for shape in ((inputs, 3), (3, 1)))
        super().__init__(first, nn.Tanh(), last)
        _drawn(self, seed)


def _drawn(module: nn.Module, seed: int) -> None:
    source = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for value in module.parameters():
            value.copy_(torch.randn(value.shape, generator=source, dtype=torch.float64) / 2)


def trained(module: nn.Module, data: tuple[Tensor, Tensor], epochs: int, rate: float, how: str = "") -> list[float]:
    """Train a copy by plain descent, with a mistake if one is named; its cost before each adjustment."""
    (x, y), copied = data, copy.deepcopy(module)
    values = list(copied.parameters())
    costs: list[float] = []
    first: list[Tensor] = []
    for _ in range(epochs + 1):
        if how != "uncleared":
            copied.zero_grad()
        estimate = copied(x) if how == "broadcasting" else copied(x).reshape(-1)
        squares = (estimate - y) ** 2
        cost = squares.sum() if how == "sum" else squares.mean()
        costs.append(cost.item())
        cost.backward()
        slopes = [value.grad.clone() for value in values if value.grad is not None]
        first = first or slopes
        factor = {"uphill": -1.0, "still": 0.0}.get(how, 1.0)
        moved = values[:1] if how == "forgotten" else values
        with torch.no_grad():
            for value, slope in zip(moved, first if how == "stale" else slopes, strict=False):
                value.sub_(factor * rate * slope)
    return costs[1:] if how == "late" else costs[:-1]


WAYS = {
    "uncleared gradient": "uncleared",
    "broadcasting": "broadcasting",
    "sum for mean": "sum",
    "uphill": "uphill",
    "nothing moved": "still",
    "stale gradient": "stale",
    "forgotten parameter": "forgotten",
    "measured too late": "late",
}
"""The mistakes of a training loop, and what `trained` calls them."""


def _train(answer: Any, given: Given, chance: Random) -> Mistake | str:
    cases = []
    for make, inputs, examples, epochs in ((OneColumn, 1, 8, 6), (OneColumn, 3, 5, 9), (Hidden, 2, 7, 12)):
        module = make(inputs, chance.getrandbits(30))
        columns, targets = zip(*(hidden(chance, examples) for _ in range(inputs)), strict=True)
        x, y, rate = torch.stack(columns, dim=1), targets[0], chance.uniform(0.01, 0.03)
        arguments = {"model": module, "x": x, "y": y, "epochs": epochs, "learning_rate": rate}

        wrong = {name: trained(module, (x, y), epochs, rate, how) for name, how in WAYS.items()}
        cases.append(Case(arguments, trained(module, (x, y), epochs, rate), wrong))
    return try_function(answer, cases) or f"{len(cases)} hidden models were trained as they should be, cost by cost."


def _sheet(chance: Random | None) -> Given:
    if chance is None:
        return {"inputs": 28 * 28, "units": 10, "outputs": 3}
    return {"inputs": chance.randint(3, 40), "units": chance.randint(2, 20), "outputs": chance.randint(1, 5)}


def _counted(given: Given) -> tuple[int, int]:
    inputs, units, outputs = (given[name] for name in ("inputs", "units", "outputs"))
    parameters = inputs * units + units + units * outputs + outputs
    return parameters, parameters + 1


def _price(answer: Any, given: Given, chance: Random) -> Mistake | str:
    parameters, passes = _counted(given)
    weights = parameters - given["units"] - given["outputs"]
    wrong = {
        "biases forgotten": (weights, weights + 1),
        "where it stands": (parameters, parameters),
        "both sides tapped": (parameters, 2 * parameters),
    }
    case = Case(dict(given), (float(parameters), float(passes)), wrong)
    return try_numbers(answer, case) or f"{passes} looks at all the data by tapping, and one walk back does it instead."


EXERCISES = (
    Exercise(
        "train",
        12,
        "Write a function train(model, x, y, epochs, learning_rate) that trains any torch model by plain gradient "
        "descent on the mean squared error, all rows of x at once, and returns the list of its costs: one an epoch, "
        "measured before the adjustment. The model gives a column, (examples, 1); y has the shape (examples,).",
        "The four steps: estimate = model(x).reshape(-1), cost, backward(), step. And what comes before backward()?",
        "def train(model, x, y, epochs, learning_rate):\n"
        "    import torch\n"
        "    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)\n"
        "    costs = []\n"
        "    for _ in range(epochs):\n"
        "        estimate = model(x).reshape(-1)            # 1 forward pass\n"
        "        cost = ((estimate - y) ** 2).mean()        # 2 cost\n"
        "        costs.append(cost.item())\n"
        "        optimizer.zero_grad()\n"
        "        cost.backward()                            # 3 gradient\n"
        "        optimizer.step()                           # 4 adjust\n"
        "    return costs",
        _train,
    ),
    Exercise(
        "price of taps",
        12,
        "With pencil and paper. A network has {inputs} inputs, a hidden layer of {units} units and {outputs} outputs; "
        "both layers have weights and biases. How many parameters has it, and how many forward passes does its whole "
        "gradient take by taps to one side? Answer with (parameters, forward passes).",
        "A layer has inputs times outputs weights, and one bias for each output. And where do all taps start from?",
        "See the key.",
        _price,
        _sheet,
        lambda given: "{}, {}".format(*_counted(given)),
    ),
)


def example(folder: Path) -> Path:
    """Write a table of forty patients to the folder: the score falls with the dosage and rises with the age."""
    chance = torch.Generator().manual_seed(0)
    rows = ["dosage,age,score"]
    for patient in range(40):
        dosage, age = patient % 8, 40 + 7 * patient % 40
        noise = 0.2 * torch.randn(1, generator=chance).item()
        rows.append(f"{dosage},{age},{2 - 0.5 * dosage + 0.03 * (age - 60) + noise:.2f}")
    path = folder / "patients.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def line(inputs: int) -> nn.Linear:
    """A line of several inputs, whose parameters all start at zero."""
    model = nn.Linear(inputs, 1)
    for value in model.parameters():
        nn.init.zeros_(value)
    return model


@torch.no_grad()
def tapped(model: nn.Module, x: Tensor, y: Tensor, h: float = 1e-3) -> tuple[Tensor, int]:
    """The gradient of the mean squared error by taps to one side, and how many forward passes that took."""
    passes = 0

    def height() -> float:
        nonlocal passes
        passes += 1
        return float(((model(x) - y) ** 2).mean())

    here, slopes = height(), []
    for value in model.parameters():
        flat = value.view(-1)
        for index in range(len(flat)):
            kept = flat[index].clone()
            flat[index] = kept + h
            slopes.append((height() - here) / h)
            flat[index] = kept
    return torch.tensor(slopes), passes


class Trial(nn.Module):
    """The line of the trial as a module."""

    def __init__(self) -> None:
        super().__init__()
        self.m, self.b = (nn.Parameter(torch.tensor(START[name], dtype=torch.float64)) for name in ("m", "b"))

    def forward(self, x: Tensor) -> Tensor:
        """Estimate."""
        return self.m * x + self.b


def run(make: Any, epochs: int = EPOCHS, *, watched: bool = False) -> tuple[list[float], Iterable[Tensor]]:
    """Train the trial's line with an optimizer, watched or not: its costs, one more than epochs, and the parameters."""
    _, x, y = trial()
    model, costs = Trial(), []
    optimizer = make(model.parameters())
    eye = watch(model, optimizer) if watched else None
    for epoch in range(epochs + 1):
        cost = ((model(x) - y) ** 2).mean()
        costs.append(cost.item())
        if epoch == epochs:
            break
        optimizer.zero_grad()
        cost.backward()
        if eye:
            eye.record(cost)
        optimizer.step()
    if eye:
        eye.close()
    return costs, [value.detach() for value in model.parameters()]


@functools.lru_cache(maxsize=16)
def adam(rate: float) -> tuple[float, ...]:
    """The costs of Adam on the trial, with torch's other settings, at a rate."""
    return tuple(run(lambda values: torch.optim.Adam(values, lr=rate))[0])


def _watched() -> tuple[str, str]:
    (alone, left), (seen, right) = (
        run(lambda values: torch.optim.SGD(values, lr=RATE), watched=eye) for eye in (False, True)
    )
    same = alone == seen and all(torch.equal(one, other) for one, other in zip(left, right, strict=True))
    word = "the same bits" if same else "other last digits"
    return (
        word,
        f"{EPOCHS + 1} costs and both parameters were compared bit by bit. The watcher reads, and never writes.",
    )


def _best_adam() -> tuple[str, str]:
    ends = {rate: adam(rate)[-1] for rate in (0.001, 0.01, 0.1)}
    best = min(ends, key=lambda rate: ends[rate])
    told = ", ".join(f"{end:.4g} at {rate:g}" for rate, end in ends.items())
    return f"{best:g}", (
        f"After {EPOCHS} epochs the cost is {told}. 0.001 is what torch takes if you say nothing. It suits many "
        "networks, and is far too small here."
    )


def _passes() -> tuple[float, str]:
    parameters = INPUTS * OUTPUTS + OUTPUTS
    return float(parameters + 1), (
        f"{INPUTS} * {OUTPUTS} weights and {OUTPUTS} biases are {parameters:,} parameters: one tap for each, and one "
        "look from where it stands. Backward gets the same numbers in one walk."
    )


PREDICTIONS = (
    Prediction(
        "passes by taps",
        12,
        "A layer has 784 inputs and 128 outputs. How many forward passes does its gradient take by taps to one side?",
        _passes,
        share=0.01,
    ),
    Prediction(
        "watched or not",
        12,
        "The same loop twice, once watched. Are the trained parameters the same bits, or do the last digits differ?",
        _watched,
        ("the same bits", "other last digits"),
    ),
    Prediction(
        "a rate for Adam",
        12,
        "Adam on the trial, 1000 epochs, at the rates 0.001, 0.01 and 0.1. Which one ends lowest?",
        _best_adam,
        ("0.001", "0.01", "0.1"),
    ),
)
