"""What an expression is worth: evaluation with torch, the size of its terms, and numbers put in place of symbols."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from steepest.derivation.expressions import (
    ALL_AXES,
    Add,
    Apply,
    Constant,
    Derivative,
    Divide,
    Expression,
    Multiply,
    Named,
    Negative,
    Number,
    Omitted,
    Power,
    Sum,
    Symbol,
    Transposed,
    axes_of,
    factors_of,
    joined,
)


@dataclass(frozen=True)
class Laid:
    """A tensor and the letters of its axes."""

    axes: str
    tensor: Tensor

    def along(self, axes: str) -> Tensor:
        """Give the tensor all of `axes`, of length 1 where it had none."""
        if axes == self.axes:
            return self.tensor
        sizes = iter(self.tensor.shape)
        return self.tensor.reshape([next(sizes) if axis in self.axes else 1 for axis in axes])


@dataclass(frozen=True)
class Values:
    """The parameters and data that give every symbol its value; `sizes` are the lengths of the axes."""

    given: Mapping[str, Laid]
    sizes: Mapping[str, int]
    like: Tensor
    """Whose dtype and device plain numbers take."""
    known: dict[Expression, Laid] = field(default_factory=dict)
    """Values of definitions, worked out once; by definition, so that one symbol cannot hide a second meaning."""

    def but(self, key: str, laid: Laid) -> Values:
        """Give one symbol another value; everything that depends on it is worked out afresh."""
        return replace(self, given={**self.given, key: laid}, known={})

    def rows(self, some: slice) -> Values:
        """Keep only some of the examples; their number n in the formulas stays that of all of them."""
        kept = {
            key: Laid(laid.axes, laid.tensor[some]) if "i" in laid.axes else laid for key, laid in self.given.items()
        }
        return replace(self, given=kept, sizes={**self.sizes, "i": len(range(self.sizes["i"])[some])}, known={})


FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "ln": torch.log,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
}


def value(written: Expression, values: Values) -> Laid:  # noqa: PLR0911, PLR0912 - one case for each kind of expression
    """Evaluate an expression; a derivative not yet taken is taken here, by autograd of its own body alone.

    >>> x = Symbol("x", "", "x")
    >>> values = Values({"x": Laid("", torch.tensor(3.0))}, {}, torch.tensor(0.0))
    >>> value(Derivative(x**2, x), values).tensor
    tensor(6.)
    """
    match written:
        case Number(number):
            return Laid("", torch.full((), number, dtype=values.like.dtype, device=values.like.device))
        case Constant(axes, tensor) | Omitted(axes, tensor):
            return Laid(axes, tensor)
        case Named() if written.key not in values.given:
            if written.definition not in values.known:
                values.known[written.definition] = value(written.definition, values)
            return values.known[written.definition]
        case Symbol():
            return values.given[written.key]
        case Add(terms):
            return _folded(torch.add, [value(term, values) for term in terms])
        case Multiply(factors):
            return _folded(torch.mul, [value(factor, values) for factor in factors])
        case Divide(top, bottom):
            return _folded(torch.div, [value(top, values), value(bottom, values)])
        case Sum(index, body):
            return _summed(index, [value(factor, values) for factor in factors_of(body)], values)
        case Derivative(body, by):
            return _slope(body, by, values)
        case Transposed(body):
            return value(body, values)
        case Negative(term):
            laid = value(term, values)
            return Laid(laid.axes, -laid.tensor)
        case Power(base, exponent):
            laid = value(base, values)
            return Laid(laid.axes, laid.tensor**exponent)
        case Apply(function, argument):
            laid = value(argument, values)
            return Laid(laid.axes, FUNCTIONS[function](laid.tensor))
    raise TypeError(type(written))


def size(written: Expression, values: Values) -> Laid:  # noqa: PLR0911 - one case for each kind of expression
    """Evaluate with every term taken as positive: the scale that rounding errors are to be measured by."""
    match written:
        case Named() if written.key not in values.given:
            return size(written.definition, values)
        case Number() | Symbol() | Constant() | Omitted():
            laid = value(written, values)
            return Laid(laid.axes, laid.tensor.abs())
        case Add(terms):
            return _folded(torch.add, [size(term, values) for term in terms])
        case Multiply(factors):
            return _folded(torch.mul, [size(factor, values) for factor in factors])
        case Sum(index, body):
            return _summed(index, [size(factor, values) for factor in factors_of(body)], values)
        case Divide(top, bottom):
            below = value(bottom, values)
            return _folded(torch.div, [size(top, values), Laid(below.axes, below.tensor.abs())])
        case Power(base, exponent):
            laid = size(base, values)
            return Laid(laid.axes, laid.tensor**exponent)
        case Apply(_, argument):  # all three have slopes at most about 1, relative to their own size
            inside, outside = size(argument, values), value(written, values)
            return _folded(torch.add, [inside, Laid(outside.axes, outside.tensor.abs())])
        case Negative(part) | Transposed(part):
            return size(part, values)
    raise TypeError(type(written))


def substituted(  # noqa: PLR0911 - one case for each kind of expression
    written: Expression, values: Values, *, terms: int, row: int = 0, worked: bool = False
) -> Expression:
    """Put numbers in place of symbols; a sum over examples becomes its terms, `worked` out or not.

    Of a sum of more than `terms`, the first ones, an ellipsis that holds the others, and the last are written.
    """

    def inside(part: Expression) -> Expression:
        return substituted(part, values, terms=terms, row=row, worked=worked)

    match written:
        case Symbol():
            laid = value(written, values)
            tensor = laid.tensor.select(0, row) if "i" in laid.axes else laid.tensor
            return Constant(laid.axes.replace("i", ""), tensor) if tensor.ndim else Number(float(tensor))
        case Sum("i", body):
            return _written_out(body, values, terms=terms, worked=worked)
        case Add(parts):
            return Add(tuple(map(inside, parts)))
        case Multiply(parts):
            return Multiply(tuple(map(inside, parts)))
        case Negative(part):
            return Negative(inside(part))
        case Transposed(part):
            return Transposed(inside(part))
        case Divide(top, bottom):
            return Divide(inside(top), inside(bottom))
        case Power(base, exponent):
            return Power(inside(base), exponent)
    return written


def _written_out(body: Expression, values: Values, *, terms: int, worked: bool) -> Expression:
    rows = values.sizes["i"]
    shown = range(rows) if rows <= terms else [*range(max(1, terms // 2 - 1)), rows - 1]
    written: list[Expression] = [substituted(body, values, terms=terms, row=row) for row in shown]
    if worked:
        written = [Number(float(value(term, values).tensor)) for term in written]
    if len(shown) < rows:
        rest = value(Sum("i", body), values.rows(slice(len(shown) - 1, rows - 1)))
        written.insert(-1, Omitted(rest.axes, rest.tensor))
    return Add(tuple(written), keep=tuple(range(len(written))))


def _folded(operation: Callable[[Tensor, Tensor], Tensor], laid: list[Laid]) -> Laid:
    result = laid[0]
    for other in laid[1:]:
        axes = joined(result.axes, other.axes)
        result = Laid(axes, operation(result.along(axes), other.along(axes)))
    return result


def _summed(index: str, factors: list[Laid], values: Values) -> Laid:
    axes = joined(*(factor.axes for factor in factors))
    kept = axes.replace(index, "")
    if index not in axes:
        product = _folded(torch.mul, factors)
        return Laid(kept, product.tensor * values.sizes[index])
    if axes == ALL_AXES:  # a matrix product: (examples, hidden, features) must not be formed for many examples
        subscripts = ",".join(factor.axes for factor in factors)
        return Laid(kept, torch.einsum(f"{subscripts}->{kept}", *(factor.tensor for factor in factors)))
    return Laid(kept, _folded(torch.mul, factors).tensor.sum(axes.index(index)))


def _slope(body: Expression, by: Symbol, values: Values) -> Laid:
    # Each entry along the body's axes gets its own copy of what is differentiated by. It touches no other entry, so
    # the gradient of the total is the derivative entry by entry, in one backward pass.
    axes = joined(axes_of(body), by.axes)
    at = value(by, values)
    lengths = [values.sizes[axis] for axis in axes]
    with torch.enable_grad():
        leaf = at.along(axes).expand(lengths).detach().clone().requires_grad_()
        total = value(body, values.but(by.key, Laid(axes, leaf))).tensor.sum()
        if not total.requires_grad:
            return Laid(axes, torch.zeros_like(leaf))
        (slope,) = torch.autograd.grad(total, leaf, materialize_grads=True)
    return Laid(axes, slope)
