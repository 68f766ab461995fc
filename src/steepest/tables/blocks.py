"""The form in which every source hands out its numbers: blocks of float64, with the empty cells marked."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import torch
from torch import Tensor

from steepest.errors import SteepestError
from steepest.tables.columns import Column

if TYPE_CHECKING:
    import polars as pl

Item = TypeVar("Item")

Block = tuple[Tensor, Tensor | None]
"""Values `(rows, columns)`, laid out by column, and which of the cells are empty; None where none is."""

BLOCK_NUMBERS = 2**19
"""How many float64 numbers a block holds: few enough to be in a core's cache still when they are used."""


class Source(ABC):
    """Named columns whose numbers can be read again and again."""

    name: str
    columns: dict[str, Column]
    short: SteepestError | None = None
    """Why cells are empty, where the latest reading found a line with too few fields."""
    suspicion: str = ""
    """What may be wrong if a column is not there."""

    @abstractmethod
    def blocks(self, columns: Sequence[str]) -> Iterator[Block]:
        """Read these columns from the first row to the last."""


class Given(Source):
    """A source whose few numbers are given, column by column; it needs no other library.

    >>> [values.tolist() for values, empty in Given("two", {"x": [0, 1], "y": [2, 3]}).blocks(["y", "x"])]
    [[[2.0, 0.0], [3.0, 1.0]]]
    """

    def __init__(self, name: str, values: dict[str, Sequence[float]]) -> None:
        self.name, self._values = name, values
        self.columns = dict.fromkeys(values, Column(numeric=True))

    def blocks(self, columns: Sequence[str]) -> Iterator[Block]:
        """Read these columns from the first row to the last."""
        yield torch.tensor([self._values[name] for name in columns], dtype=torch.float64).T, None


def ahead(items: Generator[Item, None, None]) -> Iterator[Item]:
    """Have a thread make the next item while this one is in use: parsing and mathematics wait for each other less.

    >>> list(ahead(number**2 for number in range(4)))
    [0, 1, 4, 9]
    """
    end = object()
    with contextlib.closing(items), ThreadPoolExecutor(1, "steepest table") as helper:
        coming = helper.submit(next, items, end)
        while (item := coming.result()) is not end:
            coming = helper.submit(next, items, end)
            yield item  # pyright: ignore[reportReturnType]
            del item  # before the next is waited for, or there are three in memory


def blocks_of(frame: pl.DataFrame) -> Iterator[Block]:
    """Cut a frame of Float64 columns into blocks.

    >>> import polars as pl
    >>> [values.shape for values, empty in blocks_of(pl.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]}))]
    [torch.Size([2, 2])]
    """
    import polars as pl

    rows = max(1, BLOCK_NUMBERS // max(1, frame.width))
    for start in range(0, frame.height, rows):
        part = frame.slice(start, rows)
        values = torch.from_numpy(part.to_numpy(order="fortran", writable=True))
        empty = None
        if any(part.null_count().row(0)):
            empty = torch.from_numpy(part.select(pl.all().is_null()).to_numpy(order="fortran", writable=True))
        yield values, empty
