"""Three roads to one gradient: derived line by line, the derived formula as a plain function, and autograd's Cost."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import replace

import torch
from torch import Tensor

from steepest.cost import Cost
from steepest.derivation.board import Derivation, Line
from steepest.derivation.expressions import Constant, Expression, Number, Sum, Symbol, factors_of
from steepest.derivation.problem import Activation, Model, Problem, read
from steepest.derivation.proof import Proof, prepare
from steepest.derivation.rules import written
from steepest.derivation.values import Values, substituted, value
from steepest.errors import SteepestError, door, near
from steepest.vectors import Params

LONGEST_SUM = 8
LONGEST_VECTOR_SUM = 4
"""Longer sums over examples are shown with their first and last terms only."""


def derive(
    model: Model,
    params: Mapping[str, Tensor | float],
    inputs: Tensor,
    targets: Tensor,
    *,
    only: str | None = None,
    activation: Activation = "tanh",
) -> dict[str, Derivation]:
    """Derive the gradient of the cost by hand, one derivation for each parameter, every line checked with autograd.

    `dC/dm = (2/n) sum_i (estimate_i - target_i) x_i` is how the one for a straight line ends. `inputs` have shape
    `(examples, features)` or `(examples,)`, `targets` `(examples,)`; a single example is derived without a mean. The
    names are those of `params`, in order:

    - "linear": a weight for each feature, then the intercept; mean squared error (Legendre, 1805)
    - "polynomial": coefficients from the lowest power up; mean squared error
    - "logistic": as linear; mean cross-entropy of targets from 0 to 1 (Cox, 1958)
    - "hidden layer": W `(hidden, features)`, b `(hidden,)`, v `(hidden,)`, c; estimate = v . activation(W x + b) + c
      under mean squared error, by the chain rule layer by layer (Rumelhart, Hinton and Williams, 1986)

    `only` derives for one parameter. All numbers are computed in float64.

    Raises SteepestError for an unknown model or name, wrong shapes, gaps in the data, and for any line that differs
    from autograd.

    >>> x, y = torch.tensor([1.0, 2.0]), torch.tensor([1.0, 3.0])
    >>> slope = derive("linear", {"m": 1.0, "b": 0.0}, x, y)["m"]
    >>> for line in slope.lines[-4:]:
    ...     print(line.text())
    ∂C/∂m = (2/n) Σᵢ (ŷᵢ − yᵢ) xᵢ
    ∂C/∂m = (2/2) ((1 − 1)·1 + (2 − 3)·2)
    ∂C/∂m = (2/2) (0 − 2)
    ∂C/∂m = −2
    """
    with door("derive"), torch.enable_grad():
        problem = _in_float64(read(model, params, inputs, targets, activation=activation))
        if only is not None and only not in problem.params:
            raise SteepestError(f"there is no parameter '{only}'", remedy=near(only, problem.params))
        proof = prepare(problem, _cost)
        return {name: proved(problem, name, proof) for name in ([only] if only is not None else problem.params)}


def by_hand(
    model: Model,
    params: Mapping[str, Tensor | float],
    inputs: Tensor,
    targets: Tensor,
    *,
    activation: Activation = "tanh",
) -> Callable[[Mapping[str, Tensor | float]], Params]:
    """Make the derived gradient a plain function of the parameters, evaluated without autograd.

    `gradient(params)` is the last line in symbols of `derive`, in the dtype of the params it is given; of the `params`
    here, only names and shapes matter. Arguments and complaints are those of `derive`.

    >>> x, y = torch.tensor([1.0, 2.0]), torch.tensor([1.0, 3.0])
    >>> gradient = by_hand("linear", {"m": 0.0, "b": 0.0}, x, y)
    >>> gradient({"m": torch.tensor(1.0), "b": torch.tensor(0.0)})
    {'m': tensor(-2.), 'b': tensor(-1.)}
    """
    with door("by_hand"):
        problem = read(model, params, inputs, targets, activation=activation)
    formulas = {name: written(problem, name)[-1].right for name in problem.params}

    def gradient(params: Mapping[str, Tensor | float]) -> Params:
        with door("by_hand"):
            at = problem.own(params)
        widest = functools.reduce(torch.promote_types, (tensor.dtype for tensor in at.values()))
        with torch.no_grad():
            values = problem.values({name: tensor.to(widest) for name, tensor in at.items()})
            return {
                name: value(formula, values).along(axes).expand(at[name].shape).to(at[name]).contiguous()
                for (name, formula), axes in zip(formulas.items(), problem.parameter_axes.values(), strict=True)
            }

    return gradient


def cost_of(
    model: Model,
    params: Mapping[str, Tensor | float],
    inputs: Tensor,
    targets: Tensor,
    *,
    activation: Activation = "tanh",
) -> Cost:
    """Make the Cost that `derive` derives the gradient of, as torch operations for autograd.

    Of `params`, only names, shapes and dtypes matter. Arguments and complaints are those of `derive`.

    >>> x, y = torch.tensor([1.0, 2.0]), torch.tensor([1.0, 3.0])
    >>> cost = cost_of("linear", {"m": torch.tensor(1.0), "b": torch.tensor(0.0)}, x, y)
    >>> cost.value(cost.params({"m": 1.0, "b": 0.0}))
    tensor(0.5000)
    """
    with door("cost_of"):
        return _cost(read(model, params, inputs, targets, activation=activation))


def proved(problem: Problem, parameter: str, proof: Proof, lines: tuple[Line, ...] | None = None) -> Derivation:
    """Add the numbers to the lines in symbols, check all of them, and only then make them a Derivation."""
    lines = lines or written(problem, parameter)
    values = proof.whole.values
    slope = value(lines[-1].right, values).along(problem.parameter_axes[parameter])
    slope = slope.expand(problem.params[parameter].shape).clone()
    lines = (*lines, *_in_numbers(lines[-1], values, slope))
    proof.hold(parameter, lines)
    names = list(problem.params)
    if len(names) > LONGEST_SUM:  # only those that a shortened sum shows
        names = list(dict.fromkeys([*names[:2], parameter, *names[-2:]]))
    stand_ins = [(problem.symbol(name), name) for name in names if problem.shown[name] != name]
    return Derivation(
        parameter=parameter,
        lines=lines,
        value=slope if slope.ndim else float(slope),
        checked=proof.summary,
        stand_ins=tuple(stand_ins),
    )


def _in_numbers(last: Line, values: Values, slope: Tensor) -> list[Line]:
    scalar = slope.ndim == 0
    terms = LONGEST_SUM if scalar else LONGEST_VECTOR_SUM
    bodies = [factor.body for factor in factors_of(last.right) if isinstance(factor, Sum)]
    examples = values.sizes["i"]
    rule = "with the numbers" if not bodies or examples <= terms else f"with the numbers, n = {examples}"
    inserted: list[tuple[str, Expression]] = [(rule, substituted(last.right, values, terms=terms))]
    if scalar and bodies and not isinstance(bodies[0], Symbol):
        inserted.append(("each term worked out", substituted(last.right, values, terms=terms, worked=True)))
    inserted.append(("the result", _shown(slope)))
    return [Line(rule, last.left, right, numbers=True) for rule, right in inserted]


def _cost(problem: Problem) -> Cost:
    inputs, targets, names = problem.inputs, problem.targets, list(problem.params)

    def estimates(params: Params) -> Tensor:
        first, *others = (params[name] for name in names)
        x = inputs.to(first)
        if problem.model == "hidden layer":
            bias, outer, level = others
            activation = torch.tanh if problem.activation == "tanh" else torch.sigmoid
            return activation(x @ first.T + bias) @ outer + level
        if problem.model == "polynomial":
            return sum((value * x[:, 0] ** power for power, value in enumerate(others, 1)), first.expand(len(x)))
        return x @ torch.stack([first, *others[:-1]]) + others[-1]

    def cost(**params: Tensor) -> Tensor:
        estimate = estimates(params)
        if problem.model == "logistic":
            return torch.nn.functional.binary_cross_entropy_with_logits(estimate, targets.to(estimate))
        return torch.nn.functional.mse_loss(estimate, targets.to(estimate))

    made = Cost.from_function(cost, like=problem.params)
    made.examples = problem.examples
    return made


def _in_float64(problem: Problem) -> Problem:
    def wide(tensor: Tensor) -> Tensor:
        return tensor.to("cpu", torch.float64)

    return replace(
        problem,
        params={name: wide(tensor) for name, tensor in problem.params.items()},
        inputs=wide(problem.inputs),
        targets=wide(problem.targets),
    )


def _shown(slope: Tensor) -> Expression:
    return Constant("jk"[: slope.ndim], slope) if slope.ndim else Number(float(slope))
