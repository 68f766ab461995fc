"""How the command line prints: numbers, the four steps, tables; colour only where the terminal wants it."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text
from torch import Tensor

from steepest.trajectory import Step
from steepest.vectors import Params

MOST_PARAMETERS = 4
MOST_ROWS = 8
NAME_WIDTH = 16


def console(*, stderr: bool = False) -> Console:
    """Make a console that highlights nothing by itself, so that a user's names stay as they are."""
    return Console(stderr=stderr, highlight=False, soft_wrap=True)


def number(value: float, digits: int = 6) -> str:
    """Six significant digits, or as many as asked.

    >>> number(19.675475), number(float("nan"))
    ('19.6755', 'nan')
    """
    return f"{value:.{digits}g}"


def short(name: str, width: int) -> str:
    """Cut a long name with an ellipsis, so that columns stay aligned."""
    return name if len(name) <= width else name[: width - 1] + "…"


def document(facts: dict[str, Any]) -> None:
    """Print one JSON document; what is not finite becomes null, and is named in `not_finite`."""
    missing: list[str] = []
    cleaned = _finite(facts, "", missing)
    if missing:
        cleaned["not_finite"] = missing
    sys.stdout.write(json.dumps(cleaned, indent=2, allow_nan=False, ensure_ascii=False) + "\n")


def _finite(value: Any, path: str, missing: list[str]) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item, f"{path}.{key}" if path else str(key), missing) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item, f"{path}[{index}]", missing) for index, item in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        missing.append(path)
        return None
    return value


def four_steps(step: Step, following: Step | None, inputs: Tensor, rows: int | None) -> Text:
    """Print one epoch as forward pass, cost, gradient and adjustment, with its real numbers."""
    flat = {name: float(value) for name, value in step.params.items()}
    slopes = {name: float(value) for name, value in step.gradient.items()}
    *weights, intercept = flat.values()
    estimates = inputs[:MOST_ROWS].double() @ inputs.new_tensor(weights).double() + intercept
    more = rows is None or rows > MOST_ROWS
    shown = ", ".join(number(float(estimate), 4) for estimate in estimates) + (", …" if more else "")
    text = Text()
    text.append(f"Epoch {step.epoch}\n", style="bold")
    names = _some(flat)
    model = "ŷ = m x + b" if list(flat) == ["m", "b"] else "ŷ = weights · x + intercept"
    _line(text, 1, "forward pass", f"{model}  gives  {shown}", "cyan")
    _line(text, 2, "cost", f"C = mean (ŷ - y)²  =  {number(step.cost, 8)}", "magenta")
    gradient = "    ".join(f"∂C/∂{short(name, NAME_WIDTH)} = {number(slopes[name])}" for name in names)
    _line(text, 3, "gradient", gradient + _rest(flat), "yellow")
    for index, name in enumerate(names):
        new = flat[name] - step.learning_rate * slopes[name] if following is None else float(following.params[name])
        minus = f"{number(flat[name])} - {number(step.learning_rate)} × {number(slopes[name])}"
        label = "adjust" if index == 0 else ""
        _line(text, 4 if index == 0 else None, label, f"{short(name, NAME_WIDTH)} = {minus} = {number(new)}", "green")
    return text


def _line(text: Text, count: int | None, label: str, body: str, style: str) -> None:
    text.append(f"  {count or ' '} ", style="dim")
    text.append(f"{label:13}", style=style)
    text.append(f"{body}\n")


def _some(flat: dict[str, float]) -> list[str]:
    names = list(flat)
    return names if len(names) <= MOST_PARAMETERS else [*names[: MOST_PARAMETERS - 1], names[-1]]


def _rest(flat: dict[str, float]) -> str:
    hidden = len(flat) - len(_some(flat))
    return f"    and {hidden} more" if hidden else ""


def grid(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Grid:
    """Make an aligned table without lines: names to the left, numbers to the right and never cut."""
    rows = list(rows)
    table = Grid(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for index, head in enumerate(heads):
        width = max(len(head), *(len(row[index]) for row in rows)) if rows and index else None
        table.add_column(Text(head), justify="right" if index else "left", no_wrap=True, min_width=width)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


def facts(rows: Iterable[tuple[str, str]], width: int = 14) -> Text:
    """Make a list of labelled sentences."""
    text = Text()
    for label, sentence in rows:
        text.append(f"{label:{width}}", style="dim")
        text.append(sentence.replace("\n", "\n" + " " * width) + "\n")
    text.rstrip()
    return text


def by_name(params: Params) -> dict[str, float]:
    """Parameters without dimensions as plain numbers."""
    return {name: float(value) for name, value in params.items()}
