"""A formula that a learner typed: read by a strict list of what may be in it, never run as code."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from steepest.errors import SteepestError

LONGEST = 400
"""Characters in a formula; any gradient of the lessons fits into eighty."""

LARGEST = 10**12
HIGHEST = 64
"""Degree of a formula, powers of powers multiplied: more is no slip of the pen, and would take for ever."""

Value = Any
"""One number, or one for each example as a list; either floats or exact fractions."""

OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "abs": abs,
    **{name: getattr(math, name) for name in ("sqrt", "exp", "log", "sin", "cos", "tanh")},
}
TOGETHER = ("sum", "mean")


@dataclass(frozen=True)
class Formula:
    """A formula of named numbers, some of which are lists with one number for each example.

    >>> formula = read("mean(2*(m*x + b - y)*x)", names=("m", "b", "x", "y"))
    >>> formula.value({"m": 0.9, "b": 0.1, "x": [0.0, 1.0], "y": [1.86, 1.31]})
    -0.31000000000000005
    """

    text: str
    tree: ast.expr
    exact: bool
    """Whether fractions in give a fraction out: no root, logarithm or other function of that kind."""

    def value(self, given: Mapping[str, float | Fraction | Sequence[float | Fraction]]) -> Value:
        """Work the formula out; a list where it has one number for each example."""
        examples = next((len(value) for value in given.values() if isinstance(value, Sequence)), 1)
        exact = any(isinstance(value, Fraction) for value in given.values())
        return _worked(self.tree, {**given, "n": Fraction(examples) if exact else float(examples)}, examples)


def read(text: str, *, names: Collection[str]) -> Formula:
    """Read a formula of these names, and `n`, the number of examples.

    Numbers, `+ - * / **`, brackets, `sum()`, `mean()` and `abs sqrt exp log sin cos tanh` may be in it, nothing else.
    The text is parsed, checked and walked through; no part of it is run.

    Raises SteepestError, with the sign or word it stumbled over.
    """
    if len(text) > LONGEST:
        raise SteepestError(f"the formula has {len(text)} characters", remedy=f"Write it in {LONGEST} or fewer")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _unreadable(text, error) from error
    if _checked(tree, (*names, "n")) > HIGHEST:
        raise SteepestError(f"the powers multiply to more than {HIGHEST}", remedy="Write a smaller power")
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    roots = any(
        isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) and _power(node.right) % 1
        for node in ast.walk(tree)
    )
    return Formula(text, tree, exact=not roots and called <= {*TOGETHER, "abs"})


def _unreadable(text: str, error: BaseException) -> SteepestError:
    remedy = "Write * between factors, as in 2*m*x, and close every bracket"
    if "=" in text:
        remedy = "Give only what stands to the right of ="
    at = getattr(error, "offset", None)
    where = f" near its sign number {at}" if at else ""
    return SteepestError(f"the formula '{text}' cannot be read{where}", remedy=remedy)


def _checked(node: ast.AST, names: Collection[str]) -> float:  # noqa: PLR0911, PLR0912 - one case for each part
    """Refuse whatever is not on the list; the degree of what is left."""
    match node:
        case ast.Constant(value=bool() | str() | bytes() | complex() | None):
            raise SteepestError(f"{node.value!r} is no number that a formula can have", remedy="Write it as 0.5 or 2")
        case ast.Constant(value=int() | float() as value):
            if not abs(value) <= LARGEST:
                raise SteepestError(f"a number in the formula is larger than {LARGEST:,}", remedy="Is it meant?")
            return 0
        case ast.Name():
            if node.id in FUNCTIONS or node.id in TOGETHER:
                raise SteepestError(f"'{node.id}' has no brackets", remedy=f"Write {node.id}(...)")
            if node.id not in names:
                raise SteepestError(f"the formula has no '{node.id}'", remedy=f"There are: {', '.join(names)}")
            return 1
        case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
            return _checked(node.operand, names)
        case ast.BinOp(op=ast.Pow()):
            return _checked(node.left, names) * max(1.0, abs(_power(node.right)))
        case ast.BinOp(op=ast.Add() | ast.Sub()):
            return max(_checked(node.left, names), _checked(node.right, names))
        case ast.BinOp(op=ast.Mult() | ast.Div()):
            return _checked(node.left, names) + _checked(node.right, names)
        case ast.BinOp(op=ast.BitXor()):
            raise SteepestError("'^' is no power here", remedy="Write ** for a power, as in x**2")
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in (*FUNCTIONS, *TOGETHER):
            return _checked(argument, names)
        case ast.Call(func=ast.Name(id=name)) if name in names:
            raise SteepestError(f"'{name}(' calls a number", remedy=f"Write * between: {name}*(...)")
    known = ", ".join((*TOGETHER, *FUNCTIONS))
    shown = ast.unparse(node)
    raise SteepestError(
        f"'{shown[:40]}' is not a part of a formula", remedy=f"Use numbers, names, + - * / ** and {known}"
    )


def _power(node: ast.AST) -> float:
    sign = 1
    while isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        sign, node = -sign, node.operand
    value = node.value if isinstance(node, ast.Constant) else None
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= HIGHEST:
        return sign * value
    raise SteepestError(
        f"the power in '{ast.unparse(node)[:40]}' is no plain number up to {HIGHEST}", remedy="Write it as x**2"
    )


def _worked(node: ast.expr, given: Mapping[str, Value], examples: int) -> Value:  # noqa: PLR0911 - one case for each part
    match node:
        case ast.Constant():
            # The decimals as they were typed: 0.1 is a tenth in fractions, whatever a float makes of it.
            assert isinstance(node.value, int | float)
            return Fraction(repr(node.value)) if isinstance(given["n"], Fraction) else float(node.value)
        case ast.Name():
            return given[node.id]
        case ast.UnaryOp():
            sign = -1 if isinstance(node.op, ast.USub) else 1
            return _each(lambda value: sign * value, _worked(node.operand, given, examples))
        case ast.BinOp(op=ast.Pow()):
            power = _power(node.right)
            return _each(
                lambda base: base ** (int(power) if power % 1 == 0 else power), _worked(node.left, given, examples)
            )
        case ast.BinOp():
            left, right = (_worked(side, given, examples) for side in (node.left, node.right))
            return _each(OPERATORS[type(node.op)], left, right)
        case ast.Call(func=ast.Name(id=name)):
            value = _worked(node.args[0], given, examples)
            if name not in TOGETHER:
                return _each(FUNCTIONS[name], value)
            total = sum(value) if isinstance(value, list) else value * given["n"]
            return total / given["n"] if name == "mean" else total
    raise AssertionError(ast.dump(node))


def _each(work: Callable[..., Any], *values: Value) -> Value:
    """Do the work once, or once for each example where one of the values is a list."""
    rows = next((len(value) for value in values if isinstance(value, list)), None)
    if rows is None:
        return work(*values)
    columns = [value if isinstance(value, list) else [value] * rows for value in values]
    return [work(*row) for row in zip(*columns, strict=True)]
