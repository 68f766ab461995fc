"""What a column is, judged by its first rows, and how its text becomes numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from steepest.errors import SteepestError

if TYPE_CHECKING:
    import polars as pl

HEAD_ROWS = 1000
"""A column is judged by this many rows at most."""

EMPTY = ("", "NA", "N/A", "n/a", "#N/A", "NULL", "null", "None")
"""What stands in a cell of text for no value."""

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?(nan|inf|infinity)", re.IGNORECASE)
COMMA_NUMBER = re.compile(r"[+-]?(\d+,?\d*|,\d+)(e[+-]?\d+)?|[+-]?(nan|inf|infinity)", re.IGNORECASE)
AMOUNT = re.compile(r"(?=.{2,40}$)\W*\d[\d.,'’_\s]*\s?[^\w\s]?")
"""A number as people write it and no program reads it: with a currency or a percent sign, or thousands apart."""

DATE = re.compile(r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}([ T].*)?")

INDEX_NAMES = ("", "Unnamed: 0", "__index_level_0__")
"""How the row numbers that pandas and R write beside a table are called."""


class Column(NamedTuple):
    """What is known of a column before it is read: can it be numbers, and is it a feature without being asked for?"""

    numeric: bool
    left_out: str = ""
    """Why the column is no feature unless asked for; empty where it is one."""


def filled(cells: Iterable[str | None]) -> list[str]:
    """Strip the cells of a column of text and keep those that are not empty.

    >>> filled([" 1.5", "NA", None, "two"])
    ['1.5', 'two']
    """
    return [stripped for cell in cells if cell is not None and (stripped := cell.strip()) not in EMPTY]


def judged(cells: Sequence[str], *, decimal_comma: bool = False) -> Column:
    """Judge a column of text by cells that are not empty: numbers, as soon as half of them are, or text, or dates.

    >>> judged(["1.5", "2", "two"]), judged(["2026-11-24"])
    (Column(numeric=True, left_out=''), Column(numeric=False, left_out='date'))
    >>> judged(["red", "blue", "3"]).left_out, judged(["83,407.14", "9,100.00"]).left_out
    ('text', "text, such as '83,407.14'")
    """
    number = COMMA_NUMBER if decimal_comma else NUMBER
    if not cells:
        return Column(numeric=True, left_out="empty")
    if 2 * sum(number.fullmatch(cell) is not None for cell in cells) >= len(cells):
        return Column(numeric=True)
    if 2 * sum(DATE.fullmatch(cell) is not None for cell in cells) >= len(cells):
        return Column(numeric=False, left_out="date")
    amount = next((cell for cell in cells if AMOUNT.fullmatch(cell)), None)
    return Column(numeric=False, left_out=f"text, such as '{amount}'" if amount else "text")


def counts_rows(name: str, cells: Sequence[object]) -> bool:
    """Tell whether a column is nothing but the row numbers, from 0 or 1, that pandas or R wrote beside a table.

    >>> counts_rows("", ["1", "2", "3"]), counts_rows("dose", ["1", "2", "3"])
    (True, False)
    """
    shown = [str(cell).removesuffix(".0") for cell in cells]
    counted = [str(number) for number in range(len(shown) + 1)]
    return name in INDEX_NAMES and bool(shown) and shown in (counted[:-1], counted[1:])


def as_numbers(
    frame: pl.DataFrame, *, row: int, truths: frozenset[str] = frozenset(), decimal_comma: bool = False
) -> pl.DataFrame:
    """Turn every column into Float64, the text in `truths` columns from true and false, all other text from digits.

    `row` is the number of rows before this frame. Raises SteepestError for the first text that is no number.

    >>> import polars as pl
    >>> as_numbers(pl.DataFrame({"dose": [" 1.5", "two"]}), row=40)
    Traceback (most recent call last):
    steepest.errors.SteepestError: column 'dose' has the text 'two' in row 42 of the data, where a number should ...
    """
    import polars as pl

    def number(name: str) -> pl.Expr:
        text = pl.col(name)
        if name in truths:
            text = text.str.to_lowercase().replace_strict({"true": "1", "false": "0"}, default="")
        elif decimal_comma:  # a point would separate thousands: refused, as 1.234 would be read for 1,234
            text = pl.when(text.str.contains(".", literal=True)).then(pl.lit("")).otherwise(text.str.replace(",", "."))
        return text.cast(pl.Float64, strict=False).alias(name)

    texts = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    if texts:
        stripped = pl.col(texts).str.strip_chars()
        frame = frame.with_columns(pl.when(stripped.is_in(EMPTY)).then(None).otherwise(stripped).name.keep())
    numbers = frame.select(number(name) if name in texts else pl.col(name).cast(pl.Float64) for name in frame.columns)
    wrong = [
        (int((numbers[name].is_null() & frame[name].is_not_null()).arg_true()[0]), name)
        for name in texts
        if numbers[name].null_count() > frame[name].null_count()
    ]
    if wrong:
        first, name = min(wrong)
        text = frame[name][first]
        shown = text if len(text) <= 40 else f"{text[:37]}..."
        raise SteepestError(
            f"column '{name}' has the text '{shown}' in row {row + first + 1} of the data, where a number should be",
            remedy="Mend that cell, or empty it for --drop-empty (drop_empty=True), or do without that column",
        )
    return numbers
