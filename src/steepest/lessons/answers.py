"""How a learner's function or formula is tried on hidden cases, and its mistake recognised from its numbers."""

from __future__ import annotations

import copy
import inspect
import math
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random
from typing import Any

import torch
from torch import Tensor

from steepest.errors import SteepestError
from steepest.lessons import formula
from steepest.lessons.mistakes import HINTS, mistake
from steepest.lessons.reply import Mistake

CLOSE = 1e-5
"""Share of the largest number by which an answer may be off: what a learner's own float32 leaves of seven digits."""

SHOWN = 40
"""Characters of a learner's value in a sentence."""


@dataclass(frozen=True)
class Case:
    """One hidden case: the arguments, the right numbers, and what the known mistakes would give instead.

    A name in `wrong` may go on after a slash, where one mistake has several forms.
    `before` is where the numbers start from, zero unless they are moved by something: signs and factors are looked for
    in what lies between. `examples` is the n of a sum taken for a mean.
    """

    given: dict[str, Any]
    right: Any
    wrong: Mapping[str, Any] = field(default_factory=dict)
    before: Any = 0.0
    examples: int = 1


def try_function(
    answer: Any, cases: Sequence[Case], *, refusing: bool = False, tolerance: float = CLOSE
) -> Mistake | None:
    """Call a learner's function on every case; the first mistake, or None where all is right.

    With `refusing`, a case may also be refused, with an exception of the learner's own.
    """
    if not callable(answer):
        return mistake(
            "wrong type", f"A function is asked for, and {_shown(answer)} came: give its name, without brackets."
        )
    if complaint := _unlike(answer, cases[0].given):
        return complaint
    found: list[tuple[Case, Tensor]] = []
    for case in cases:
        value = _called(answer, case, refusing)
        if isinstance(value, Mistake):
            return value
        if value is not None:
            found.append((case, value))
    return recognised(found, tolerance)


def try_formula(answer: Any, cases: Sequence[Case], *, right: str) -> Mistake | str:  # noqa: PLR0911 - one for each form
    """Judge a formula as text, or a function of the same names, by numbers, and text by exact fractions as well."""
    if not isinstance(answer, str):
        return try_function(answer, cases) or f"Your function and the gradient agree at {len(cases)} hidden points."
    names = tuple(cases[0].given)
    try:
        read = formula.read(answer, names=names)
    except SteepestError as complaint:
        return mistake("formula", str(complaint))
    found = []
    for case in cases:
        try:
            value = read.value({name: _plain(part) for name, part in case.given.items()})
        except (ArithmeticError, ValueError):  # a root of less than nothing, a division by it
            value = math.nan
        if isinstance(value, list):
            return mistake("no mean", f"It gives {len(value)} numbers, one for each example, and one is asked for.")
        if isinstance(value, complex) or not math.isfinite(value):
            return mistake("not finite", f"It has no finite value at {_where(case)}.")
        found.append((case, torch.tensor(float(value), dtype=torch.float64)))
    if named := recognised(found, CLOSE):
        return named
    if not read.exact:
        return f"Your formula and the gradient agree at {len(cases)} hidden points."
    if same(read, formula.read(right, names=names), cases[0].given):
        return f"It agrees at {len(cases)} hidden points, and in exact fractions: it is the same formula."
    seen = "It agrees to five digits, yet in exact fractions it is another formula."
    return Mistake("", seen, "Is there a decimal that was rounded? Write 1/3, and not 0.333.")


def try_numbers(answer: Any, case: Case) -> Mistake | None:
    """Judge numbers that were worked out on paper, without giving the right ones away."""
    try:
        value = tensor(answer)
    except (TypeError, ValueError, RuntimeError):
        return mistake("wrong type", f"Numbers are asked for, and {_shown(answer)} came.")
    return recognised([(case, value)], CLOSE, told=False)


def same(one: formula.Formula, other: formula.Formula, like: Mapping[str, Any], points: int = 20) -> bool:
    """Ask whether two formulas without roots are the same function: equal in exact fractions at random points.

    Two that differ, of degree d, agree by chance at one point with a probability of d / 2^31 (Schwartz, 1980).
    """
    chance = Random(0)

    def drawn() -> Fraction:
        return Fraction(chance.getrandbits(31) + 1)

    for _ in range(points):
        examples = range(chance.randint(2, 5))
        given = {
            name: [drawn() for _ in examples] if isinstance(value, Tensor) and value.ndim else drawn()
            for name, value in like.items()
        }
        try:
            if one.value(given) != other.value(given):
                return False
        except ZeroDivisionError:
            return False
    return True


def recognised(  # noqa: PLR0911 - one for each kind of mistake
    found: Sequence[tuple[Case, Tensor]], tolerance: float, *, told: bool = True
) -> Mistake | None:
    """Compare what came with what is right, and name the mistake that explains every case, if one does.

    The claim says what should have come where that is `told`: of hidden data, not of the numbers of a task.
    """
    pairs = [(case, _alike(value, tensor(case.right)), tensor(case.right)) for case, value in found]
    for case, value, right in pairs:
        if value.shape != right.shape:
            return mistake(
                "wrong shape",
                f"The answer has shape {tuple(value.shape)} and should have {tuple(right.shape)}, at {_where(case)}.",
            )
    for case, value, right in pairs:
        if not bool(value.isfinite().all()) and bool(right.isfinite().all()):
            return mistake(
                "not finite", f"At {_where(case)} it gives {_numbers(value)}, and should give {_numbers(right)}."
            )
    off = [pair for pair in pairs if not close(pair[1], pair[2], tolerance)]
    if not off:
        return None
    case, value, right = off[0]
    seen = f"At {_where(case)} it gives {_numbers(value)}, and should give {_numbers(right)}."
    if not told:
        seen = f"With {_where(case)}, {_numbers(value)} is not it."
    for name in {name: None for item in pairs for name in item[0].wrong}:
        if all(close(value, tensor(case.wrong.get(name, case.right)), tolerance) for case, value, _ in pairs):
            return mistake(name if name in HINTS else name.partition("/")[0], seen)
    if name := _by_ratio(pairs, tolerance):
        return mistake(name[0], f"{seen} {name[1]}".strip())
    if all(right.numel() == 2 and close(value, right.flip(0), tolerance) for _, value, right in pairs):
        return mistake("swapped parameters", seen)
    firm = len(pairs) > 1 and all(close(value, pairs[0][1], tolerance) for _, value, _ in pairs)
    if firm and not all(close(right, pairs[0][2], tolerance) for _, _, right in pairs):
        return mistake("ignores its arguments", f"{seen} It gives that everywhere, whatever it is asked.")
    return Mistake(
        "", seen, "Take that case with pencil and paper, step by step, and print what your code has at each."
    )


def number(value: Any) -> float | None:
    """Read one number, whatever holds it; None where it is none."""
    try:
        found = tensor(value)
    except (TypeError, ValueError, RuntimeError):
        return None
    return float(found) if found.numel() == 1 else None


def _alike(value: Tensor, right: Tensor) -> Tensor:
    """Drop dimensions of one: a number in a box of its own is that number."""
    return value.reshape(right.shape) if value.squeeze().shape == right.squeeze().shape else value


def close(one: Tensor, other: Tensor, tolerance: float = CLOSE) -> bool:
    """Compare relative to the larger of both."""
    if one.shape != other.shape:
        return False
    scale = max(1e-3, float(other.abs().max())) if other.numel() else 1.0
    return bool(((one - other).abs() <= tolerance * scale).all())


def _by_ratio(pairs: Sequence[tuple[Case, Tensor, Tensor]], tolerance: float) -> tuple[str, str] | None:
    """One factor between what came and what is right, if it explains every case."""
    moved = any(bool(tensor(case.before).any()) for case, _, _ in pairs)

    def explains(factor: Callable[[Case], float]) -> bool:
        return all(
            close(value, tensor(case.before) + factor(case) * (right - tensor(case.before)), 3 * tolerance)
            for case, value, right in pairs
        )

    known: dict[str, Callable[[Case], float]] = {
        "uphill" if moved else "wrong sign": lambda case: -1,
        "factor 2": lambda case: 2,
        "factor 1/2": lambda case: 0.5,
        "sum for mean": lambda case: case.examples,
        "mean for sum": lambda case: 1 / case.examples,
    }
    if moved:
        known["nothing moved"] = lambda case: 0
    for name, factor in known.items():
        if explains(factor):
            return name, ""
    case, value, right = pairs[0]
    way = (right - tensor(case.before)).reshape(-1)
    length = float(way @ way)
    ratio = float((value - tensor(case.before)).reshape(-1) @ way) / length if length else 0.0
    if ratio and explains(lambda case: ratio):
        return "a factor", f"It is {ratio:.4g} times the right answer, at every hidden point."
    return None


def _called(answer: Callable[..., Any], case: Case, refusing: bool) -> Tensor | Mistake | None:
    given = copy.deepcopy(case.given)
    try:
        value = answer(*given.values())
    except (Exception, SystemExit) as error:  # whatever a learner's code may raise is a fact to be told
        if refusing and isinstance(error, ValueError | AssertionError | TypeError | RuntimeError):
            return None
        return mistake("exception", _raised(error, case))
    for name, before in case.given.items():
        if isinstance(before, Tensor | list) and not _equal(before, given[name]):
            return mistake("changed in place", f"Your function changed '{name}', which belongs to whoever called it.")
    if value is None:
        return mistake("nothing came back", "Your function returned None.")
    try:
        return tensor(value)
    except (TypeError, ValueError, RuntimeError):
        wanted = "one number" if tensor(case.right).ndim == 0 else f"{tensor(case.right).numel()} numbers"
        return mistake("wrong type", f"It returned {_shown(value)}, and {wanted} should come back.")


def _unlike(answer: Callable[..., Any], given: Mapping[str, Any]) -> Mistake | None:
    try:
        signature = inspect.signature(answer)
    except (TypeError, ValueError):  # some that are built in do not say
        return None
    try:
        signature.bind(*given.values())
    except TypeError:
        return mistake(
            "wrong type", f"It takes ({', '.join(signature.parameters)}), and is called with ({', '.join(given)})."
        )
    return None


def _raised(error: BaseException, case: Case) -> str:
    frames = traceback.extract_tb(error.__traceback__)[1:]  # the first is ours
    line = f" in its line '{frames[0].line}'" if frames and frames[0].line else ""
    words = str(error).strip().partition("\n")[0]
    return f"At {_where(case)} your function stopped{line} with {type(error).__name__}: {words or 'no words'}."


def tensor(value: Any) -> Tensor:
    """Write any numbers as float64: a number, a tensor, an array, or a tuple of these."""
    if isinstance(value, str | bytes | bool | dict | set):
        raise TypeError(type(value).__name__)
    if isinstance(value, tuple | list):
        parts = [tensor(part) for part in value]
        return torch.stack(parts) if parts else torch.zeros(0, dtype=torch.float64)
    if isinstance(value, int | float):  # torch would make them float32
        return torch.tensor(float(value), dtype=torch.float64)
    found = torch.as_tensor(value).detach().cpu()
    if found.is_complex() or found.dtype == torch.bool:
        raise TypeError(str(found.dtype))
    return found.to(torch.float64)


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        return one.shape == other.shape and bool(torch.equal(one, other))
    return one == other


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, Tensor) else value


def _where(case: Case) -> str:
    """The case in words: its numbers, and the sizes of what is larger."""
    parts = []
    for name, value in case.given.items():
        if isinstance(value, Tensor):
            parts.append(f"{name} of shape {tuple(value.shape)}" if value.ndim else f"{name} = {float(value):.4g}")
        elif isinstance(value, int | float):
            parts.append(f"{name} = {value:.4g}")
        elif isinstance(value, list):
            parts.append(f"{len(value)} in {name}")
    return ", ".join(parts) or "a hidden case"


def _numbers(value: Tensor) -> str:
    flat = [f"{number:.6g}" for number in value.reshape(-1)[:4].tolist()]
    more = ", ..." if value.numel() > 4 else ""
    return f"({', '.join(flat)}{more})" if value.ndim else flat[0]


def _shown(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    written = repr(value)
    return f"{written[:SHOWN]}{'...' if len(written) > SHOWN else ''} ({type(value).__name__})"
