"""Tables whose columns have types already: Parquet, dataframes in memory, a dict of columns."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor

from steepest.errors import SteepestError
from steepest.tables.blocks import Block, Source, ahead, blocks_of
from steepest.tables.columns import HEAD_ROWS, INDEX_NAMES, NUMBER, Column, as_numbers, counts_rows, filled, judged

if TYPE_CHECKING:
    import narwhals as nw
    import polars as pl

SLICE_NUMBERS = 2**20
"""How many numbers are taken from the whole at a time, 8 MB."""

Part = Callable[[Sequence[str], int, int], "pl.DataFrame"]


class Frame(Source):
    """Typed columns of which any part can be had: `part(columns, start, count)`.

    Raises SteepestError where there is no row.

    >>> import polars as pl
    >>> table = pl.DataFrame({"x": [0, 1], "when": ["2026-11-24", "2026-11-25"]})
    >>> frame = Frame("two", table.schema, 2, lambda columns, start, count: table[columns][start : start + count])
    >>> frame.columns["when"].left_out
    'date'
    """

    def __init__(self, name: str, types: Mapping[str, pl.DataType], rows: int, part: Part) -> None:
        import polars as pl

        self.name, self._rows, self._part = name, rows, part
        if not rows:
            raise SteepestError("there are columns and not one row", remedy="Give a table with data in it")
        seen = [column for column, kind in types.items() if kind == pl.String or column in INDEX_NAMES]
        head = part(seen, 0, HEAD_ROWS) if seen else pl.DataFrame()
        self.columns = {
            column: _typed(column, kind, head[column].drop_nulls().to_list() if column in head.schema else [])
            for column, kind in types.items()
        }

    def blocks(self, columns: Sequence[str]) -> Iterator[Block]:
        """Read these columns from the first row to the last."""
        count = max(SLICE_NUMBERS // len(columns), 4096)
        starts = range(0, self._rows, count)
        for frame in ahead(as_numbers(self._part(columns, start, count), row=start) for start in starts):
            yield from blocks_of(frame)


class Parquet(Frame):
    """A Parquet file, read once from front to back: polars parses the next rows while the last ones are in use."""

    def __init__(self, name: str, path: Path) -> None:
        import polars as pl

        # Without these, polars looks for a pattern in the file's name and for columns in its folders' names.
        self._lazy = pl.scan_parquet(path, glob=False, hive_partitioning=False)

        def part(columns: Sequence[str], start: int, count: int) -> pl.DataFrame:
            return _collected(self._lazy.select(columns).slice(start, count))

        rows = _collected(self._lazy.select(pl.len())).item()
        super().__init__(name, self._lazy.collect_schema(), rows, part)

    def blocks(self, columns: Sequence[str]) -> Iterator[Block]:
        """Read these columns from the first row to the last."""
        row = 0
        for frame in _streamed(self._lazy.select(columns), rows=max(SLICE_NUMBERS // len(columns), 4096)):
            yield from blocks_of(as_numbers(frame, row=row))
            row += frame.height


def parquet(name: str, path: Path) -> Frame:
    """Open a Parquet file.

    Raises SteepestError where it is no readable Parquet file.
    """
    with _readable():
        return Parquet(name, path)


def _streamed(lazy: pl.LazyFrame, *, rows: int) -> Iterator[pl.DataFrame]:
    """Collect a few rows at a time, in order; polars calls its way of doing so unstable, and this is its only user."""
    with _readable(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        batches = lazy.collect_batches(chunk_size=rows, maintain_order=True)
    while True:
        with _readable():
            frame = next(batches, None)
        if frame is None:
            return
        yield frame


def _collected(lazy: pl.LazyFrame) -> pl.DataFrame:
    with _readable():
        return lazy.collect()


@contextlib.contextmanager
def _readable() -> Iterator[None]:
    import polars as pl

    try:
        yield
    except pl.exceptions.PolarsError as error:
        said = str(error).strip().split("\n", 1)[0]
        raise SteepestError(
            f"it is no readable Parquet file ({said})",
            cause="Damaged, written only in part, or something else under that name",
            remedy="Write it again",
        ) from error


def dataframe(native: Any) -> Frame:
    """Take a dataframe of any library that narwhals knows: pandas, polars, pyarrow and others.

    Raises SteepestError where it is none, or its columns have no names.

    >>> import polars as pl
    >>> list(dataframe(pl.DataFrame({"x": [0, 1], "y": [1, 3]})).columns)
    ['x', 'y']
    """
    import narwhals as nw

    try:
        frame = nw.from_native(native)
        frame = frame.collect() if isinstance(frame, nw.LazyFrame) else frame
        names = frame.columns
    except TypeError as error:
        raise SteepestError(
            f"the source is a {type(native).__name__}, which is no table",
            remedy="Give a path, '-', a dataframe, or a dict of columns",
        ) from error
    except nw.exceptions.DuplicateError as error:
        raise SteepestError("two columns have the same name", remedy="Give each its own name") from error
    unnamed = [name for name in names if not isinstance(name, str)]
    if unnamed:
        raise SteepestError(f"a column is called {unnamed[0]!r}, which is no text", remedy="Give it a name in words")
    return _in_memory({name: frame.get_column(name) for name in names}, len(frame))


def columns(given: Mapping[str, Any]) -> Frame:
    """Take a dict of columns: tensors, arrays, series or lists, each with one value for each row.

    Raises SteepestError for a column of another shape or length.

    >>> columns({"x": [0, 1, 2], "y": [1, 3]})
    Traceback (most recent call last):
    steepest.errors.SteepestError: the columns differ in length: 'x' 3, 'y' 2. Give one value for each row.
    """
    series = {str(name): _listed(str(name), values) for name, values in given.items()}
    if len({len(values) for values in series.values()}) > 1:
        lengths = ", ".join(f"'{name}' {len(values)}" for name, values in series.items())
        raise SteepestError(f"the columns differ in length: {lengths}", remedy="Give one value for each row")
    return _in_memory(series, max(map(len, series.values()), default=0))


def _listed(name: str, values: Any) -> nw.Series | np.ndarray | list[Any]:
    """Bring a column to one of three forms: a series, an array of numbers, a list."""
    import narwhals as nw

    if isinstance(values, Tensor):
        values = values.detach().cpu()
        values = values.double().numpy() if not values.is_complex() else values.numpy()
    shape = getattr(values, "shape", None)
    if shape is not None and len(shape) != 1:
        raise SteepestError(f"column '{name}' has shape {tuple(shape)}", remedy="Give one value for each row")
    if isinstance(values, np.ndarray):
        return values if values.dtype.kind in "biuf" else values.tolist()
    try:
        return nw.from_native(values, series_only=True)
    except TypeError:
        pass
    try:
        return [item.item() if isinstance(item, Tensor) else item for item in values]
    except TypeError as error:
        raise SteepestError(
            f"column '{name}' is a {type(values).__name__}", remedy="Give one value for each row, as a tensor or list"
        ) from error


def _in_memory(series: Mapping[str, nw.Series | np.ndarray | list[Any]], rows: int) -> Frame:
    import polars as pl

    def part(names: Sequence[str], start: int, count: int) -> pl.DataFrame:
        return pl.DataFrame([_polars(name, series[name][start : start + count]) for name in names])

    return Frame("dataframe", part(list(series), 0, HEAD_ROWS).schema, rows, part)


def _polars(name: str, values: nw.Series | np.ndarray | list[Any]) -> pl.Series:
    """Convert a piece of a column; what pandas calls NaN is an empty cell, what polars calls NaN is none."""
    import narwhals as nw
    import polars as pl

    if isinstance(values, np.ndarray):
        return pl.Series(name, values.astype(np.float64))
    if isinstance(values, list):
        return _of_objects(name, values)
    native = values.to_native()
    if isinstance(native, pl.Series):
        return native.alias(name)
    empty = values.is_null().to_numpy()
    if values.dtype.is_numeric():
        numbers = pl.Series(name, values.cast(nw.Float64).to_numpy())
        return numbers.set(pl.Series(empty), None) if empty.any() else numbers
    return _of_objects(name, [None if gone else item for gone, item in zip(empty, values.to_list(), strict=True)])


def _of_objects(name: str, items: Sequence[Any]) -> pl.Series:
    import polars as pl

    if all(item is None for item in items):
        return pl.Series(name, items, dtype=pl.Null)
    if all(item is None or isinstance(item, (Real, Decimal, np.bool_)) for item in items):
        return pl.Series(name, [None if item is None else float(item) for item in items], dtype=pl.Float64)
    return pl.Series(name, [None if item is None else str(item) for item in items], dtype=pl.String)


def _typed(name: str, kind: pl.DataType, head: Sequence[Any]) -> Column:
    import polars as pl

    if kind.is_numeric() or kind == pl.Boolean:
        return Column(numeric=True, left_out="row numbers" if counts_rows(name, head) else "")
    if kind == pl.String:
        cells = filled(head)
        if cells and all(NUMBER.fullmatch(cell) for cell in cells):  # perhaps for a reason: a postcode
            return Column(numeric=True, left_out="numbers stored as text")
        return judged(cells)
    if kind == pl.Null:
        return Column(numeric=True, left_out="empty")
    if kind.is_temporal():
        return Column(numeric=False, left_out="date")
    return Column(numeric=False, left_out="text" if kind in (pl.Categorical, pl.Enum) else f"of type {kind}")
