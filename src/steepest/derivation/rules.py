"""The derivations as a teacher writes them. Each line is an expression of its own; `proof` shows that all are equal."""

from __future__ import annotations

from steepest.derivation.board import Line
from steepest.derivation.expressions import (
    Add,
    Apply,
    Derivative,
    Divide,
    Expression,
    Multiply,
    Named,
    Negative,
    Number,
    Sum,
    Symbol,
    Transposed,
    axes_of,
    factors_of,
)
from steepest.derivation.problem import Problem

COST = "cost"
TAKE_SUM = "the derivative of a sum is the sum of the derivatives"
TAKE_FACTOR = "a constant factor stays in front"
COLLECT = "everything collected"


def written(problem: Problem, parameter: str) -> tuple[Line, ...]:
    """Write the lines in symbols: the cost, then its derivative by one parameter, the last one collected."""
    if problem.model == "hidden layer":
        return _layer_by_layer(problem, parameter)
    terms = _terms(problem)
    if problem.model == "logistic":
        return _cross_entropy(problem, parameter, terms)
    return _squared_error(problem, parameter, terms)


def _squared_error(problem: Problem, parameter: str, terms: list[Expression]) -> tuple[Line, ...]:
    """Mean squared error: `dC/dw = (2/n) sum_i (estimate_i - y_i) x_i` (Legendre, 1805)."""
    by, place = problem.symbol(parameter), list(problem.params).index(parameter)
    y = _targets(problem)
    estimate = Named("estimate", problem.example_axis, "ŷ", problem.index, definition=Add(tuple(terms)))
    residual = estimate - y
    cost = Named(COST, "", "C", definition=_mean(problem, residual**2))
    slope = Derivative(cost, by)
    opened = Add((*terms, Negative(y)), keep=(place,))
    split = Add((*(Derivative(term, by) for term in terms), Negative(Derivative(y, by))), keep=(place,))
    inner = _basis(terms[place])
    taken = [inner if there == place else Number(0) for there in range(len(terms))]
    steps = [
        ("differentiate both sides", Derivative(cost.definition, by)),
        *_into_the_mean(problem, residual**2, by),
        ("power rule outside, chain rule for the inside", _mean(problem, 2 * residual * Derivative(residual, by))),
        ("the estimate written out", _mean(problem, 2 * residual * Derivative(opened, by))),
        ("inside, too, the sum is differentiated term by term", _mean(problem, 2 * residual * split)),
        (
            "inner derivative: all other terms are constants",
            _mean(problem, 2 * residual * Add((*taken, Negative(Number(0))), keep=(place,))),
        ),
        (COLLECT, _times(problem, Number(2), _product(residual, inner))),
    ]
    what = "the squared error of one example" if problem.single else "the mean squared error over n examples"
    return (
        Line(what, cost, cost.definition, where=(estimate,)),
        *(Line(rule, slope, right) for rule, right in steps),
    )


def _cross_entropy(problem: Problem, parameter: str, terms: list[Expression]) -> tuple[Line, ...]:
    """Mean cross-entropy: `dC/dw = (1/n) sum_i (p_i - y_i) x_i` (Cox, 1958)."""
    by, place = problem.symbol(parameter), list(problem.params).index(parameter)
    y, index = _targets(problem), problem.index
    z = Named("score", problem.example_axis, "z", index, definition=Add(tuple(terms)))
    p = Named("probability", problem.example_axis, "p", index, definition=Apply("sigmoid", z))
    likelihood = y * Apply("ln", p) + (1 - y) * Apply("ln", 1 - p)
    cost = Named(COST, "", "C", definition=_minus_mean(problem, likelihood))
    slope = Derivative(cost, by)
    bend, inner = Derivative(p, z), Derivative(z, by)
    by_p = y / p - (1 - y) / (1 - p)
    steps = [
        ("differentiate both sides", Derivative(cost.definition, by)),
        *_into_the_mean(problem, likelihood, by, minus=True),
        ("chain rule: through p, through z", _minus_mean(problem, Derivative(likelihood, p) * bend * inner)),
        ("derivative of the logarithm", _minus_mean(problem, by_p * bend * inner)),
        ("derivative of the sigmoid", _minus_mean(problem, by_p * p * (1 - p) * inner)),
        ("multiplied out: p and 1 − p cancel", _minus_mean(problem, (y * (1 - p) - (1 - y) * p) * inner)),
        ("the products y p cancel", _minus_mean(problem, (y - p) * inner)),
        (
            "inner derivative: all other terms of z are constants",
            _minus_mean(problem, _product(y - p, _basis(terms[place]))),
        ),
        (COLLECT, _times(problem, Number(1), _product(p - y, _basis(terms[place])))),
    ]
    what = "the cross-entropy of one example" if problem.single else "the mean cross-entropy over n examples"
    return (
        Line(what, cost, cost.definition, where=(p, z)),
        *(Line(rule, slope, right) for rule, right in steps),
    )


def _layer_by_layer(problem: Problem, parameter: str) -> tuple[Line, ...]:
    """One hidden layer, backwards by the chain rule (Rumelhart, Hinton and Williams, 1986).

    `delta2_i = dC/destimate_i`, `delta1_ij = delta2_i v_j slope_ij`; then `dC/dW = sum_i delta1_i x_i'`, shape
    `(hidden, features)`.
    """
    weights, bias, outer, level = (problem.symbol(name) for name in problem.params)
    i, index = problem.example_axis, problem.index
    x, y = Symbol("x", f"{i}k", "x", (*index, "k")), _targets(problem)
    z = Named("score", f"{i}j", "z", (*index, "j"), definition=Sum("k", weights * x) + bias)
    h = Named("hidden", f"{i}j", "h", (*index, "j"), definition=Apply(problem.activation, z))
    estimate = Named("estimate", i, "ŷ", index, definition=Sum("j", outer * h) + level)
    cost = Named(COST, "", "C", definition=_mean(problem, (estimate - y) ** 2))
    bend = 1 - h**2 if problem.activation == "tanh" else h * (1 - h)
    twice = Number(2) if problem.single else Divide(Number(2), _count())
    delta2 = Named("delta2", i, "δ", index, "(2)", definition=twice * (estimate - y))
    delta1 = Named("delta1", f"{i}j", "δ", (*index, "j"), "(1)", definition=delta2 * outer * bend)

    by = problem.symbol(parameter)
    last = {weights.key: x, bias.key: Number(1), outer.key: h, level.key: Number(1)}[by.key]
    through_hidden = by.key in (weights.key, bias.key)
    chain: list[tuple[Derivative, Expression, str]] = [
        (Derivative(cost, estimate), delta2, "power rule: the slope of the cost at the estimate")
    ]
    if through_hidden:
        chain.append((Derivative(estimate, h), outer, "output layer: the estimate is linear in h"))
        chain.append((Derivative(h, z), bend, f"derivative of the {problem.activation}"))
        chain.append((Derivative(z, by), last, "hidden layer: z is linear in its weights and bias"))
    else:
        chain.append((Derivative(estimate, by), last, "output layer: the estimate is linear in v and c"))

    slope = Derivative(cost, by)

    def line(rule: str, factors: list[Expression], where: tuple[Named, ...] = ()) -> Line:
        return Line(rule, slope, _total(problem, _product(*factors)), where)

    untaken: list[Expression] = [factor for factor, _, _ in chain]
    taken = [result for _, result, _ in chain]
    what = "the squared error of one example" if problem.single else "the mean squared error over n examples"
    lines = [
        Line(what, cost, cost.definition, where=(estimate, h, z)),
        line("chain rule: from the cost back to the parameter, layer by layer", untaken),
        line(chain[0][2], [delta2.definition, *untaken[1:]]),
        line("a name for the slope at the output", [delta2, *untaken[1:]], (delta2,)),
        *(line(chain[done - 1][2], taken[:done] + untaken[done:]) for done in range(2, len(chain) + 1)),
    ]
    if through_hidden:
        lines.append(line("a name for the slope at the hidden layer", [delta1, last], (delta1,)))
    if by.axes:
        lines.append(_all_entries(problem, cost, by, delta1 if through_hidden else delta2, last))
    return tuple(lines)


def _all_entries(problem: Problem, cost: Named, by: Symbol, delta: Named, last: Expression) -> Line:
    parts: list[Expression] = [_whole(delta), *([] if isinstance(last, Number) else [_whole(last)])]
    shapes = [_shape(problem, axes_of(part)) for part in parts]
    rule = f"all entries at once, of shape {_shape(problem, by.axes)}"
    if by.axes == "jk":
        parts[1] = Transposed(parts[1])
        rule = f"all entries at once: {shapes[0]} times {shapes[1]} transposed is {_shape(problem, by.axes)}"
    return Line(rule, Derivative(cost, _whole(by)), _total(problem, _product(*parts)))


def _whole(entry: Expression) -> Symbol:
    """Write a vector or matrix by its letter alone; what it is worth stays the same."""
    assert isinstance(entry, Symbol)
    index = tuple(part for part in entry.subscript if part not in "jk")
    if isinstance(entry, Named):
        return Named(entry.key, entry.axes, entry.letter, index, entry.superscript, definition=entry.definition)
    return Symbol(entry.key, entry.axes, entry.letter, index, entry.superscript)


def _shape(problem: Problem, axes: str) -> str:
    sizes = {"j": next(iter(problem.params.values())).shape[0], "k": problem.inputs.shape[1]}
    return str(tuple(sizes[axis] for axis in axes if axis != "i"))


def _terms(problem: Problem) -> list[Expression]:
    """List the terms of an estimate that is linear in its parameters."""
    names, index = list(problem.params), problem.index
    if problem.model == "polynomial":
        x = Symbol("x1", problem.example_axis, "x", index)
        powers = [x if power == 1 else x**power for power in range(1, len(names))]
        return [
            problem.symbol(names[0]),
            *(problem.symbol(name) * power for name, power in zip(names[1:], powers, strict=True)),
        ]
    numbered = len(names) > 2
    weighted: list[Expression] = [
        problem.symbol(name)
        * Symbol(f"x{place}", problem.example_axis, "x", (*index, *([str(place)] if numbered else [])))
        for place, name in enumerate(names[:-1], 1)
    ]
    return [*weighted, problem.symbol(names[-1])]


def _basis(term: Expression) -> Expression:
    """Find what the parameter in a term is multiplied by."""
    factors = factors_of(term)
    return factors[1] if len(factors) > 1 else Number(1)


def _into_the_mean(
    problem: Problem, inside: Expression, by: Symbol, *, minus: bool = False
) -> list[tuple[str, Expression]]:
    if problem.single:
        return []
    front = Negative(Divide(Number(1), _count())) if minus else Divide(Number(1), _count())
    return [
        (TAKE_FACTOR, front * Derivative(Sum("i", inside), by)),
        (TAKE_SUM, front * Sum("i", Derivative(inside, by))),
    ]


def _targets(problem: Problem) -> Symbol:
    return Symbol("y", problem.example_axis, "y", problem.index)


def _count() -> Symbol:
    return Symbol("n", "", "n")


def _mean(problem: Problem, inside: Expression) -> Expression:
    return inside if problem.single else Divide(Number(1), _count()) * Sum("i", inside)


def _minus_mean(problem: Problem, inside: Expression) -> Expression:
    return Negative(inside) if problem.single else Negative(Divide(Number(1), _count())) * Sum("i", inside)


def _times(problem: Problem, factor: Number, inside: Expression) -> Expression:
    if problem.single:
        return inside if factor.value == 1 else factor * inside
    return Divide(factor, _count()) * Sum("i", inside)


def _total(problem: Problem, inside: Expression) -> Expression:
    return inside if problem.single else Sum("i", inside)


def _product(*factors: Expression) -> Expression:
    """Multiply, leaving out ones."""
    kept = [
        part for factor in factors for part in factors_of(factor) if not (isinstance(part, Number) and part.value == 1)
    ]
    return kept[0] if len(kept) == 1 else Multiply(tuple(kept))
