"""How a formula is laid out on the board: signs, brackets and what is left out, the same for every printer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from steepest.derivation.expressions import (
    Add,
    Apply,
    Constant,
    Derivative,
    Divide,
    Expression,
    Multiply,
    Negative,
    Number,
    Omitted,
    Power,
    Sum,
    Symbol,
    Transposed,
)

DIGITS = 6
LONGEST_SUM = 9
LONGEST_VECTOR = 4


@dataclass(frozen=True)
class Sign:
    """One sign or word: `kind` is MathML's word for it (a name, a number, an operator)."""

    kind: Literal["mi", "mn", "mo"]
    text: str
    latex: str
    mathml: str = ""
    """Where MathML has another sign than plain text."""


@dataclass(frozen=True)
class Row:
    """Boxes side by side."""

    boxes: tuple[Box, ...]


@dataclass(frozen=True)
class Fraction:
    """One box over another; plain text puts it in brackets where it is a factor, its parts unless `derivative`."""

    top: Box
    bottom: Box
    factor: bool = False
    derivative: bool = False


@dataclass(frozen=True)
class Script:
    """A box with signs below and above its right side."""

    base: Box
    below: tuple[str, ...] = ()
    above: str = ""


@dataclass(frozen=True)
class SumSign:
    """A sum sign with its index; over examples it runs to n."""

    index: str


@dataclass(frozen=True)
class Fence:
    """A box in brackets."""

    inside: Box
    square: bool = False


@dataclass(frozen=True)
class Grid:
    """A vector or matrix."""

    rows: tuple[tuple[Box, ...], ...]


Box = Sign | Row | Fraction | Script | SumSign | Fence | Grid

EQUALS = Sign("mo", " = ", " = ")
PLUS = Sign("mo", " + ", " + ")
MINUS = Sign("mo", " − ", " - ")
LEADING_MINUS = Sign("mo", "−", "-")
TIMES = Sign("mo", " ", r"\,", mathml="\u2062")
DOT = Sign("mo", "·", r" \cdot ")
WIDE_DOT = Sign("mo", " · ", r" \cdot ")
APPLIED = Sign("mo", "", "", mathml="\u2061")
APPLIED_SPACED = Sign("mo", " ", r"\,", mathml="\u2061")
PARTIAL = Sign("mi", "∂", r"\partial ")
ELLIPSIS = Sign("mo", "⋯", r"\cdots ")

SPECIAL_LETTERS = {"ŷ": r"\hat{y}", "δ": r"\delta "}
FUNCTIONS = {
    "ln": Sign("mi", "ln", r"\ln "),
    "sigmoid": Sign("mi", "σ", r"\sigma "),
    "tanh": Sign("mi", "tanh", r"\tanh "),
}


def layout(written: Expression) -> Box:  # noqa: PLR0911, PLR0912 - one case for each kind of expression
    """Lay out an expression, with brackets where the order of operations needs them."""
    match written:
        case Number(number):
            return _number(number)
        case Constant(_, tensor):
            return _grid(tensor)
        case Omitted():
            return ELLIPSIS
        case Symbol():
            return _symbol(written)
        case Negative(term):
            return Row((LEADING_MINUS, _factor(term)))
        case Add():
            return _sum(written)
        case Multiply(factors):
            return _product(factors)
        case Divide(top, bottom):
            return Fraction(layout(top), layout(bottom))
        case Power(base, exponent):
            plain = isinstance(base, Symbol) or (isinstance(base, Number) and base.value >= 0)
            inside = layout(base) if plain else Fence(layout(base))
            if isinstance(inside, Script):
                return Script(inside.base, inside.below, str(exponent))
            return Script(inside, above=str(exponent))
        case Apply(function, argument):
            if function == "ln" and isinstance(argument, Symbol):
                return Row((FUNCTIONS[function], APPLIED_SPACED, layout(argument)))
            return Row((FUNCTIONS[function], APPLIED, Fence(layout(argument))))
        case Sum(index, body):
            return Row((SumSign(index), APPLIED_SPACED, _factor(body)))
        case Transposed(Constant(_, tensor)):
            return Grid((_entries(tensor),))
        case Transposed(body):
            inside = layout(body)
            return Script(inside.base, inside.below, "T") if isinstance(inside, Script) else Script(inside, above="T")
        case Derivative(body, by):
            return _derivative(body, by)
    raise TypeError(type(written))


def equation(left: Expression | None, right: Expression) -> Box:
    """Lay out `left = right`, or only `= right`."""
    return Row((*(() if left is None else (layout(left),)), EQUALS, layout(right)))


def _factor(written: Expression) -> Box:
    if isinstance(written, Divide):
        return Fraction(layout(written.top), layout(written.bottom), factor=True)
    negative = isinstance(written, Negative) or (isinstance(written, Number) and written.value < 0)
    return Fence(layout(written)) if negative or isinstance(written, Add) else layout(written)


def _symbol(symbol: Symbol) -> Box:
    letter = symbol.letter
    latex = SPECIAL_LETTERS.get(letter) or (letter if len(letter) == 1 else rf"\mathrm{{{letter}}}")
    sign = Sign("mi", letter, latex)
    return Script(sign, symbol.subscript, symbol.superscript) if symbol.subscript or symbol.superscript else sign


def _sum(written: Add) -> Box:
    terms, boxes = written.terms, list[Box]()
    skipping = False
    for place, term in enumerate(terms):
        if len(terms) > LONGEST_SUM and 2 <= place < len(terms) - 2 and place not in written.keep:
            boxes += [] if skipping else [PLUS, ELLIPSIS]
            skipping = True
            continue
        skipping = False
        if place == 0:
            boxes.append(_term(term))
        elif isinstance(term, Negative):
            boxes += [MINUS, _term(term.term) if not isinstance(term.term, Number) else _factor(term.term)]
        elif isinstance(term, Number) and term.value < 0:
            boxes += [MINUS, _number(-term.value)]
        else:
            boxes += [PLUS, _term(term)]
    return Row(tuple(boxes)) if len(boxes) > 1 else boxes[0]


def _term(written: Expression) -> Box:
    return Fence(layout(written)) if isinstance(written, Add) else layout(written)


def _product(factors: Sequence[Expression]) -> Box:
    boxes = list[Box]()
    for place, factor in enumerate(factors):
        if place:
            boxes.append(_between(factors[place - 1], factor))
        if place == 0 and isinstance(factor, Negative):
            boxes.append(layout(factor))
        else:
            boxes.append(_factor(factor))
    return Row(tuple(boxes))


def _between(left: Expression, right: Expression) -> Sign:
    if isinstance(left, Derivative) or isinstance(right, Derivative):
        return WIDE_DOT
    inner = right.body if isinstance(right, Transposed) else right.base if isinstance(right, Power) else right
    return DOT if isinstance(inner, Number | Constant) else TIMES


def _derivative(body: Expression, by: Symbol) -> Box:
    below = Row((PARTIAL, layout(by)))
    if isinstance(body, Symbol):
        return Fraction(Row((PARTIAL, layout(body))), below, derivative=True)
    fence = isinstance(body, Sum)
    inside = layout(body) if fence else Fence(layout(body), square=not isinstance(body, Add))
    return Row((Fraction(PARTIAL, below, derivative=True), APPLIED_SPACED, inside))


def _number(number: float) -> Box:
    if math.isnan(number):
        return Sign("mn", "NaN", r"\mathrm{NaN}")
    if number < 0:
        return Row((LEADING_MINUS, _number(-number)))
    if math.isinf(number):
        return Sign("mn", "∞", r"\infty ")
    whole = number == round(number) and number < 1e9
    shown = str(round(number)) if whole else f"{number:.{DIGITS}g}"
    if "e" not in shown:
        return Sign("mn", shown, shown)
    digits, _, exponent = shown.partition("e")
    power = str(int(exponent)).replace("-", "−")
    return Row((Sign("mn", digits, digits), Sign("mo", "×", r" \times "), Script(Sign("mn", "10", "10"), above=power)))


def _entries(tensor: Tensor) -> tuple[Box, ...]:
    return tuple(ELLIPSIS if place is None else _number(float(tensor[place])) for place in _places(len(tensor)))


def _grid(tensor: Tensor) -> Grid:
    if tensor.ndim == 1:
        return Grid(tuple((entry,) for entry in _entries(tensor)))
    dots = (ELLIPSIS,) * len(_places(tensor.shape[1]))
    return Grid(tuple(dots if place is None else _entries(tensor[place]) for place in _places(len(tensor))))


def _places(length: int) -> list[int | None]:
    return [*range(length)] if length <= LONGEST_VECTOR else [*range(LONGEST_VECTOR - 2), None, length - 1]
