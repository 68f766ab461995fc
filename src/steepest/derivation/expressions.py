"""Formulas as trees that can be both evaluated and shown, kept exactly as they were written.

A symbolic algebra package would reorder and simplify; a line on the board must keep its order, its 1/n outside the
sum and its derivative not yet taken. Every tree names its axes, some of the letters "ijk": i counts examples, j
hidden units, k features. With named axes an outer product, a transpose or an elementwise product is only a way of
writing, so the same tree serves one entry (with indices) and all entries at once (as vectors and matrices).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

ALL_AXES = "ijk"


@dataclass(frozen=True, eq=False, repr=False)
class Expression:
    """A formula; `+ - * / **` and a leading minus write larger ones, in the order given.

    >>> x, y = Symbol("x", "i", "x", ("i",)), Symbol("y", "i", "y", ("i",))
    >>> 2 * (x - y) ** 2
    2 (xᵢ − yᵢ)²
    """

    def __add__(self, other: Expression | float) -> Expression:
        return Add((*terms_of(self), *terms_of(expression(other))))

    def __sub__(self, other: Expression | float) -> Expression:
        return Add((*terms_of(self), Negative(expression(other))))

    def __rsub__(self, other: float) -> Expression:
        return expression(other) - self

    def __mul__(self, other: Expression | float) -> Expression:
        return Multiply((*factors_of(self), *factors_of(expression(other))))

    def __rmul__(self, other: float) -> Expression:
        return expression(other) * self

    def __truediv__(self, other: Expression | float) -> Expression:
        return Divide(self, expression(other))

    def __rtruediv__(self, other: float) -> Expression:
        return Divide(expression(other), self)

    def __pow__(self, exponent: int) -> Expression:
        return Power(self, exponent)

    def __neg__(self) -> Expression:
        return Negative(self)

    def __repr__(self) -> str:
        from steepest.derivation.notation import layout
        from steepest.derivation.printing import to_text

        return to_text(layout(self))


@dataclass(frozen=True, eq=False, repr=False)
class Number(Expression):
    """One number, kept exactly and shown rounded."""

    value: float


@dataclass(frozen=True, eq=False, repr=False)
class Constant(Expression):
    """A vector or matrix of numbers."""

    axes: str
    value: Tensor


@dataclass(frozen=True, eq=False, repr=False)
class Omitted(Expression):
    """Terms left out of a long sum: shown as an ellipsis, counted in full."""

    axes: str
    value: Tensor


@dataclass(frozen=True, eq=False, repr=False)
class Symbol(Expression):
    """A parameter or a column of the data. It is evaluated by its `key`, so that what it is called cannot matter."""

    key: str
    axes: str
    letter: str
    """A plain word or a sign known to the printers; never a user's text as it came."""
    subscript: tuple[str, ...] = ()
    superscript: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class Named(Symbol):
    """A symbol that stands for another expression, such as the estimate; derivatives can be taken of it and by it."""

    definition: Expression = Number(0)


@dataclass(frozen=True, eq=False, repr=False)
class Add(Expression):
    """A sum of few terms. Of very many, only the outer ones and those in `keep` are shown."""

    terms: tuple[Expression, ...]
    keep: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
class Negative(Expression):
    """Minus something."""

    term: Expression


@dataclass(frozen=True, eq=False, repr=False)
class Multiply(Expression):
    """A product; axes of the same name run together, others span the outer product."""

    factors: tuple[Expression, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Divide(Expression):
    """A fraction."""

    top: Expression
    bottom: Expression


@dataclass(frozen=True, eq=False, repr=False)
class Power(Expression):
    """A whole power."""

    base: Expression
    exponent: int


@dataclass(frozen=True, eq=False, repr=False)
class Apply(Expression):
    """A function of one number, entry by entry."""

    function: Literal["ln", "sigmoid", "tanh"]
    argument: Expression


@dataclass(frozen=True, eq=False, repr=False)
class Sum(Expression):
    """The sum of `body` over one axis."""

    index: str
    body: Expression


@dataclass(frozen=True, eq=False, repr=False)
class Transposed(Expression):
    """The same numbers, written as a row."""

    body: Expression


@dataclass(frozen=True, eq=False, repr=False)
class Derivative(Expression):
    """A partial derivative not yet taken; on axes that `body` and `by` share, entry by entry."""

    body: Expression
    by: Symbol


def expression(value: Expression | float) -> Expression:
    """Write a plain number as an expression."""
    return value if isinstance(value, Expression) else Number(value)


def terms_of(written: Expression) -> tuple[Expression, ...]:
    """Split a sum into its terms; anything else is one term."""
    return written.terms if isinstance(written, Add) else (written,)


def factors_of(written: Expression) -> tuple[Expression, ...]:
    """Split a product into its factors; anything else is one factor."""
    return written.factors if isinstance(written, Multiply) else (written,)


@functools.cache
def joined(*axes: str) -> str:
    """Unite sets of axes, in the order i, j, k."""
    return "".join(axis for axis in ALL_AXES if any(axis in some for some in axes))


def axes_of(written: Expression) -> str:
    """Find the axes along which an expression has different entries.

    >>> x, w = Symbol("x", "ik", "x"), Symbol("w", "k", "w")
    >>> axes_of(Sum("k", w * x))
    'i'
    """
    match written:
        case Symbol() | Constant() | Omitted():
            return written.axes
        case Sum(index, body):
            return axes_of(body).replace(index, "")
        case _:
            return joined(*(axes_of(part) for part in parts_of(written)))


def parts_of(written: Expression) -> tuple[Expression, ...]:
    """List the expressions that one is directly made of."""
    match written:
        case Add(parts) | Multiply(parts):
            return parts
        case Negative(part) | Power(part) | Apply(_, part) | Sum(_, part) | Transposed(part):
            return (part,)
        case Divide(top, bottom):
            return (top, bottom)
        case Derivative(body, by):
            return (body, by)
        case _:
            return ()
