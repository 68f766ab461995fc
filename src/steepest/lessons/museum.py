"""The bug museum: training loops that are each broken in one place, and the same loops mended.

Every loop fits the line `m * dosage + b` to the clinical trial. Where it is broken, the line above says so; with
`mended=True` that one line is what it should be.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from steepest import tables
from steepest.diagnosis import Finding, diagnose
from steepest.errors import SteepestError, near
from steepest.lessons.reply import Words
from steepest.trajectory import Outcome, Step, Trajectory
from steepest.watcher import watch

START = (0.9, 0.1)
RATE = 0.01


class Line(torch.nn.Module):
    """The model of all exhibits: two parameters, in float64."""

    def __init__(self, m: float, b: float) -> None:
        super().__init__()
        self.m = torch.nn.Parameter(torch.tensor(m, dtype=torch.float64))
        self.b = torch.nn.Parameter(torch.tensor(b, dtype=torch.float64))

    def forward(self, x: Tensor) -> Tensor:
        """Estimate."""
        return self.m * x + self.b


@dataclass(frozen=True, repr=False)
class Seen:
    """What a loop left: its steps, with the cost that the loop itself saw, and what the watcher and the rules found.

    The steps are those of `run`; `findings` are the watcher's, where the loop was watched, else those of `diagnose`.

    >>> print(forgotten_parameter(epochs=10))
    10 epochs, its cost 19.6755 to 0.849559, the true cost at the end 0.849559, m = -0.123, b = 0.1
    unheld: SGD holds 1 of the model's 2 trainable parameters: 'b' never moved in 11 steps.
    """

    run: Trajectory
    findings: tuple[Finding, ...]

    @property
    def end(self) -> tuple[float, float]:
        """The parameters m and b at the last step, in scores per mL and in scores."""
        return float(self.run.end["m"]), float(self.run.end["b"])

    @property
    def cost(self) -> float:
        """The true mean squared error at the end, whatever the loop took for its cost."""
        x, y = data()
        return float(((self.run.end["m"] * x + self.run.end["b"] - y) ** 2).mean())

    def __str__(self) -> str:
        m, b = self.end
        costs = (
            f"its cost {self.run.costs[0]:.6g} to {self.run.costs[-1]:.6g}, the true cost at the end {self.cost:.6g}"
        )
        found = "".join(f"\n{finding.rule}: {finding.claim}" for finding in self.findings)
        return f"{self.run.epochs} epochs, {costs}, m = {m:.3g}, b = {b:.3g}{found}"

    def __repr__(self) -> str:
        return str(self)


def data() -> tuple[Tensor, Tensor]:
    """Give the trial's dosages and scores, in float64."""
    inputs, targets = tables.clinical_trial().tensors()
    return inputs[:, 0], targets


def no_zero_grad(epochs: int = 1000, *, mended: bool = False, start: tuple[float, float] = START) -> Seen:
    """Gradients are never emptied: backward() adds to what is there, which is momentum with the factor 1."""
    (x, y), model = data(), Line(*start)
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    with watch(model, optimizer) as watched:
        for _ in range(epochs + 1):
            if mended:
                optimizer.zero_grad()
            loss = ((model(x) - y) ** 2).mean()
            loss.backward()
            watched.record(loss)
            optimizer.step()
    return _seen(watched.trajectory(), watched.findings())


def broadcasting(epochs: int = 1000, *, mended: bool = False, start: tuple[float, float] = START) -> Seen:
    """A column (8, 1) minus a row (8,): every estimate against every score, so the best line is flat."""
    (x, y), model = data(), Line(*start)
    column = x.reshape(-1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    with watch(model, optimizer) as watched:
        for _ in range(epochs + 1):
            optimizer.zero_grad()
            estimate = model(column).reshape(-1) if mended else model(column)
            loss = ((estimate - y) ** 2).mean()
            loss.backward()
            watched.record(loss)
            optimizer.step()
    return _seen(watched.trajectory(), watched.findings())


def sum_for_mean(epochs: int = 1000, *, mended: bool = False, start: tuple[float, float] = START) -> Seen:
    """The squares are added up: gradient and curvature are 8 times as large, and the rate is past the limit."""
    (x, y), model = data(), Line(*start)
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    with watch(model, optimizer) as watched:
        for _ in range(epochs + 1):
            optimizer.zero_grad()
            squares = (model(x) - y) ** 2
            loss = squares.mean() if mended else squares.sum()
            loss.backward()
            watched.record(loss)
            if not math.isfinite(loss.item()):
                break
            optimizer.step()
    return _seen(watched.trajectory(), watched.findings())


def uphill(epochs: int = 1000, *, mended: bool = False, start: tuple[float, float] = START) -> Seen:
    """The gradient is added: each step climbs."""
    x, y, steps = *data(), _Steps(start)
    for _ in range(epochs + 1):
        cost, slope_m, slope_b = _measured(x, y, steps.m, steps.b)
        rate = RATE if mended else -RATE
        if not steps.add(cost, slope_m, slope_b, rate):
            break
        steps.m, steps.b = steps.m - rate * slope_m, steps.b - rate * slope_b
    return steps.seen()


def sequential_update(epochs: int = 1000, *, mended: bool = False, start: tuple[float, float] = START) -> Seen:
    """The slope by b is taken after m has moved: another path, which hides its mistake by arriving."""
    x, y, steps = *data(), _Steps(start)
    for _ in range(epochs + 1):
        cost, slope_m, slope_b = _measured(x, y, steps.m, steps.b)
        if not steps.add(cost, slope_m, slope_b):
            break
        steps.m = steps.m - RATE * slope_m
        if not mended:
            slope_b = _measured(x, y, steps.m, steps.b)[2]
        steps.b = steps.b - RATE * slope_b
    return steps.seen()


def stale_gradient(epochs: int = 1000, *, mended: bool = False, start: tuple[float, float] = START) -> Seen:
    """The slopes are taken once, before the loop: the same stride in the same direction, for ever."""
    x, y, steps = *data(), _Steps(start)
    cost, slope_m, slope_b = _measured(x, y, steps.m, steps.b)
    for _ in range(epochs + 1):
        cost, *fresh = _measured(x, y, steps.m, steps.b)
        if mended:
            slope_m, slope_b = fresh
        if not steps.add(cost, slope_m, slope_b):
            break
        steps.m, steps.b = steps.m - RATE * slope_m, steps.b - RATE * slope_b
    return steps.seen()


def x_outside_the_sum(epochs: int = 1000, *, mended: bool = False, start: tuple[float, float] = START) -> Seen:
    """The slope by m is the mean miss times the last dosage, as a formula with its x outside the sum says."""
    x, y, steps = *data(), _Steps(start)
    for _ in range(epochs + 1):
        cost, slope_m, slope_b = _measured(x, y, steps.m, steps.b)
        if not mended:
            slope_m = slope_b * float(x[-1])
        if not steps.add(cost, slope_m, slope_b):
            break
        steps.m, steps.b = steps.m - RATE * slope_m, steps.b - RATE * slope_b
    return steps.seen()


def same_batch(epochs: int = 1000, *, mended: bool = False, start: tuple[float, float] = START) -> Seen:
    """The loader gives the same two patients each round: the line fits them, and nobody else is asked."""
    (x, y), model = data(), Line(*start)
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    with watch(model, optimizer) as watched:
        for _ in range(epochs + 1):
            batch = slice(None) if mended else slice(0, 2)
            optimizer.zero_grad()
            loss = ((model(x[batch]) - y[batch]) ** 2).mean()
            loss.backward()
            watched.record(loss)
            optimizer.step()
    return _seen(watched.trajectory(), watched.findings())


def detached(epochs: int = 1000, *, mended: bool = False, start: tuple[float, float] = START) -> Seen:
    """The loss is made anew from a plain number: backward() ends there, and no parameter hears of it."""
    (x, y), model = data(), Line(*start)
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    with watch(model, optimizer) as watched:
        for _ in range(epochs + 1):
            optimizer.zero_grad()
            loss = ((model(x) - y) ** 2).mean()
            if not mended:
                loss = torch.tensor(loss.item(), dtype=torch.float64, requires_grad=True)
            loss.backward()
            watched.record(loss)
            optimizer.step()
    return _seen(watched.trajectory(), watched.findings())


def forgotten_parameter(epochs: int = 1000, *, mended: bool = False, start: tuple[float, float] = START) -> Seen:
    """The optimizer was given m alone: b stays where it started, and m does what it can without it."""
    (x, y), model = data(), Line(*start)
    optimizer = torch.optim.SGD(model.parameters() if mended else [model.m], lr=RATE)
    with watch(model, optimizer) as watched:
        for _ in range(epochs + 1):
            model.zero_grad()
            loss = ((model(x) - y) ** 2).mean()
            loss.backward()
            watched.record(loss)
            optimizer.step()
    return _seen(watched.trajectory(), watched.findings())


def thousandfold_units(epochs: int = 1000, *, mended: bool = False, start: tuple[float, float] = START) -> Seen:
    """The dosage in microlitres: numbers a thousand times larger, a curvature a million times, and then nan."""
    x, y, steps = *data(), _Steps(start)
    x = x if mended else 1000 * x
    for _ in range(epochs + 1):
        cost, slope_m, slope_b = _measured(x, y, steps.m, steps.b)
        if not steps.add(cost, slope_m, slope_b):
            break
        steps.m, steps.b = steps.m - RATE * slope_m, steps.b - RATE * slope_b
    return steps.seen()


def half_the_gradient(epochs: int = 1000, *, mended: bool = False, start: tuple[float, float] = START) -> Seen:
    """The 2 of the square's derivative is missing: the right direction, half as fast, with the limit twice as high."""
    x, y, steps = *data(), _Steps(start)
    for _ in range(epochs + 1):
        cost, slope_m, slope_b = _measured(x, y, steps.m, steps.b)
        if not mended:
            slope_m, slope_b = slope_m / 2, slope_b / 2
        if not steps.add(cost, slope_m, slope_b):
            break
        steps.m, steps.b = steps.m - RATE * slope_m, steps.b - RATE * slope_b
    return steps.seen()


Loop = Callable[..., Seen]

EXHIBITS: dict[str, Loop] = {
    "no zero_grad": no_zero_grad,
    "broadcasting": broadcasting,
    "sum for mean": sum_for_mean,
    "uphill": uphill,
    "sequential update": sequential_update,
    "stale gradient": stale_gradient,
    "x outside the sum": x_outside_the_sum,
    "same batch": same_batch,
    "detached": detached,
    "forgotten parameter": forgotten_parameter,
    "thousandfold units": thousandfold_units,
    "half the gradient": half_the_gradient,
}
"""By the name of the bug."""


def source(name: str) -> Words:
    """Show the loop of an exhibit as it is written, with the line that mends it.

    Raises SteepestError for a name that is none of theirs.

    >>> "requires_grad=True" in source("detached")
    True
    """
    loops = {known.replace("_", " "): loop for known, loop in EXHIBITS.items()}
    spaced = name.replace("_", " ").strip().lower()
    if spaced not in loops:
        raise SteepestError(f"there is no exhibit '{name}'", remedy=near(name, EXHIBITS), asked="museum.source")
    return Words(inspect.getsource(loops[spaced]))


class _Steps:
    """The record of a loop that is written out by hand."""

    def __init__(self, start: tuple[float, float]) -> None:
        self.m, self.b = start
        self._steps: list[Step] = []

    def add(self, cost: float, slope_m: float, slope_b: float, rate: float = RATE) -> bool:
        """Note what was measured before the adjustment; False where the cost is no longer finite."""
        params, slopes = (_params(*pair) for pair in ((self.m, self.b), (slope_m, slope_b)))
        self._steps.append(Step(len(self._steps), cost, params, slopes, rate))
        return math.isfinite(cost)

    def seen(self) -> Seen:
        first, last = self._steps[0], self._steps[-1]
        if last.cost <= first.cost:
            ending = Outcome.OUT_OF_EPOCHS, f"ran out of epochs after {last.epoch}"
        else:
            ending = Outcome.DIVERGED, f"diverged: the cost is {last.cost:.4g} at epoch {last.epoch}"
        return _seen(Trajectory(tuple(self._steps), *ending), ())


def _params(m: float, b: float) -> dict[str, Tensor]:
    return {"m": torch.tensor(m, dtype=torch.float64), "b": torch.tensor(b, dtype=torch.float64)}


def _measured(x: Tensor, y: Tensor, m: float, b: float) -> tuple[float, float, float]:
    """Forward pass, cost, and both slopes."""
    over = m * x + b - y
    return float((over**2).mean()), float((2 * over * x).mean()), float((2 * over).mean())


def _seen(run: Trajectory, findings: tuple[Finding, ...]) -> Seen:
    """Take the watcher's findings where it has any, else the verdict of the rules on the path alone."""
    return Seen(run, findings or diagnose(run))
