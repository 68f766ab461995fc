"""No line is shown that has not passed here: each is evaluated as it stands and compared with autograd of the Cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from steepest.cost import Cost
from steepest.derivation.board import Line
from steepest.derivation.expressions import Derivative, axes_of
from steepest.derivation.problem import Problem
from steepest.derivation.rules import written
from steepest.derivation.values import Laid, Values, size, value
from steepest.errors import SteepestError
from steepest.vectors import Params

AGREEMENT = 1e-9
"""Largest difference from autograd, relative to the sum of all terms taken as positive, that rounding may explain."""

RANDOM_POINTS = 3
SAMPLE = 16
"""How many examples every line is evaluated on; the last line in symbols and those in numbers use all of them."""

SATURATED = 15.0
"""Beyond this score, 1 - p has too few digits left for the middle lines of a logistic derivation to be compared."""


@dataclass(frozen=True)
class Point:
    """Parameters and data at which lines are compared, with what autograd says there."""

    values: Values
    cost: Tensor
    gradient: Params
    place: str


@dataclass(frozen=True)
class Proof:
    """Where the lines of one problem are compared: on a sample of the examples, and with all of them."""

    sampled: tuple[Point, ...]
    whole: Point
    finite: bool
    """Whether cost and gradient at the given parameters are numbers, so that anything can be compared there."""
    summary: str

    def hold(self, parameter: str, lines: Iterable[Line]) -> None:
        """Evaluate the lines in symbols at every point, the last of them and the lines in numbers with all examples.

        Raises SteepestError naming the first line that disagrees.
        """
        numbered = list(enumerate(lines, 1))
        symbolic = [(number, line) for number, line in numbered if not line.numbers]
        final = symbolic[-1][1]
        for point in self.sampled:
            scale = size(final.right, point.values)
            for number, line in symbolic:
                _compare(parameter, number, line, scale, point)
        if self.finite:
            scale = size(final.right, self.whole.values)
            for number, line in [symbolic[-1], *((number, line) for number, line in numbered if line.numbers)]:
                _compare(parameter, number, line, scale, self.whole)


def prepare(problem: Problem, cost_of: Callable[[Problem], Cost]) -> Proof:
    """Choose the points at which lines are compared, and ask autograd there; always the same ones."""
    rows = torch.linspace(0, problem.examples - 1, min(problem.examples, SAMPLE)).round().long().unique()
    part = problem if len(rows) == problem.examples else problem.sample(rows)
    part_cost = cost_of(part)
    generator = torch.Generator().manual_seed(0)
    sampled = [
        _point(part, part_cost, part.random_params(generator), f"random point {count}")
        for count in range(1, RANDOM_POINTS + 1)
    ]
    for point in sampled:
        if not _finite(point):
            raise SteepestError(
                "the cost of these data is not a finite number even at small parameters",
                cause="The inputs or targets are too large for float64 once raised to a power",
                remedy="Standardise the inputs first",
            )
    whole = _point(problem, cost_of(problem), problem.params, "the given parameters")
    at_given = _finite(whole)
    if at_given:
        given = _point(part, part_cost, part.params, "the given parameters")
        if not _saturated(part, given.values):
            sampled.insert(0, given)
    return Proof(tuple(sampled), whole, at_given, _summary(problem, len(rows), sampled, at_given))


def _summary(problem: Problem, rows: int, sampled: list[Point], at_given: bool) -> str:
    fully = len(sampled) > RANDOM_POINTS
    places = "the given parameters and " if fully else ""
    examples = "the one example" if problem.single else f"all {problem.examples} examples"
    if rows < problem.examples:
        examples = f"{rows} of {problem.examples} examples"
    said = f"every line against autograd, at {places}{RANDOM_POINTS} random points, on {examples}"
    if not at_given:
        return said + "; nothing at the given parameters, where cost or gradient is not a finite number"
    if not fully:
        return said + "; at the given parameters, where p is too near 0 or 1 for the other lines, the last ones"
    return said + ("; the last lines on all of them" if rows < problem.examples else "")


def _point(problem: Problem, cost: Cost, params: Params, place: str) -> Point:
    amount, gradient = cost.value_and_gradient(params)
    return Point(problem.values(params), amount, gradient, place)


def _finite(point: Point) -> bool:
    return bool(torch.isfinite(point.cost)) and all(
        bool(torch.isfinite(slope).all()) for slope in point.gradient.values()
    )


def _saturated(problem: Problem, values: Values) -> bool:
    if problem.model != "logistic":
        return False
    score = written(problem, next(iter(problem.params)))[0].where[1]
    return bool((value(score, values).tensor.abs() > SATURATED).any())


def _compare(parameter: str, number: int, line: Line, scale: Laid, point: Point) -> None:
    wanted = point.gradient[parameter]
    if not isinstance(line.left, Derivative):
        wanted, scale = point.cost, size(line.right, point.values)
    axes = axes_of(line.left)
    found = value(line.right, point.values).along(axes)
    allowed = AGREEMENT * scale.along(axes)
    # Written so that a NaN disagrees; two equal infinities agree.
    agree = ((found - wanted).abs() <= allowed) | (found == wanted)
    if bool(agree.all()):
        return
    worst = (~agree).expand(wanted.shape).nonzero()[0] if wanted.ndim else ()
    here, there = (float(tensor.expand(wanted.shape)[tuple(worst)]) for tensor in (found, wanted))
    ratio = f" (line / autograd = {here / there:.4g})" if there else ""
    raise SteepestError(
        f"line {number} of the derivation for '{parameter}' ({line.rule}) gives {here:.10g}, "
        f"autograd {there:.10g}{ratio}, at {point.place}",
        cause="The rule was applied wrongly on that line, or the line before it was already another formula",
        remedy="Do not trust this derivation; report it with this message if steepest wrote it",
    )
