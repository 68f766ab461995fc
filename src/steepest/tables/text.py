"""Delimited text, read in blocks of whole lines: memory stays bounded, and every row keeps its number."""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
import itertools
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO

from steepest.errors import SteepestError
from steepest.tables.blocks import Block, Source, ahead, blocks_of
from steepest.tables.columns import COMMA_NUMBER, HEAD_ROWS, NUMBER, Column, as_numbers, counts_rows, filled, judged

if TYPE_CHECKING:
    import polars as pl

HEAD_BYTES = 2**20
BLOCK_BYTES = 2**23
"""How much text polars parses at a time: below, its threads wait for each other; above, memory grows for nothing."""

DELIMITERS = {"\t": "a tab", ";": "';'", ",": "','", "|": "'|'"}
PACKED = {
    b"\x1f\x8b": ("it is packed by gzip", "End its name in .csv.gz, or unpack it"),
    b"PK\x03\x04": ("it is a workbook, or another file packed by zip, and no text", "Save the sheet as CSV in UTF-8"),
    b"\xd0\xcf\x11\xe0": ("it is an old workbook and no text", "Save the sheet as CSV in UTF-8"),
    b"PAR1\x15": ("it is a Parquet file", "End its name in .parquet"),
}
"""What is often found under a wrong name, by its first bytes."""


class Text(Source):
    """Delimited text in UTF-8 whose first line names the columns.

    The delimiter (tab, semicolon, comma or '|') and a decimal comma are found from the first lines. `opened` opens the
    text as a seekable binary file. Raises SteepestError for what is empty, has no rows or a header in doubt, or is
    not text.

    >>> from contextlib import nullcontext
    >>> text = Text("note", lambda: nullcontext(io.BytesIO(b"dose;score\\n0,5;1,86\\n")))
    >>> [values.tolist() for values, empty in text.blocks(["dose", "score"])]
    [[[0.5, 1.86]]]
    """

    def __init__(self, name: str, opened: Callable[[], contextlib.AbstractContextManager[BinaryIO]]) -> None:
        self.name, self._opened = name, opened
        self._turn = threading.Lock()  # two readings at a time may share one handle, and its position
        with opened() as handle:
            head = _lines(handle) + _lines(handle)  # twice, since a header can be as long as it likes
        start = _refuse_no_text(head)
        self._start = _end_of_line(head, start)
        header, body = _decoded(head[start : self._start], row=-1), _decoded(head[self._start :], row=0)
        self._delimiter = _delimiter(header, body)
        labels = [label.strip() for label in next(csv.reader(io.StringIO(header), delimiter=self._delimiter))]
        self.columns = dict.fromkeys(_distinct(labels), Column(numeric=True))
        self._place = {name: place for place, name in enumerate(self.columns)}
        rows = list(itertools.islice(self._rows(body.strip("\r\n"), row=0), HEAD_ROWS))
        if not rows:
            raise SteepestError("there is a header and not one row", remedy="Give a table with data in it")
        cells = [filled(column) for column in zip(*rows, strict=True)]
        self._decimal_comma = self._delimiter != "," and _has_decimal_comma(itertools.chain(*cells))
        truths = set()
        for label, own, column in zip(labels, self.columns, cells, strict=True):
            if column and {cell.lower() for cell in column} <= {"true", "false"}:
                truths.add(own)
                continue
            self.columns[own] = judged(column, decimal_comma=self._decimal_comma)
            if counts_rows(label, column):
                self.columns[own] = Column(numeric=True, left_out="row numbers")
        self._truths = frozenset(truths)
        if len(labels) == 1 and " " in labels[0]:
            self.suspicion = "Columns are told apart by commas, semicolons, tabs or '|', and here is none of them"
        if all(NUMBER.fullmatch(label) for label in labels):
            self.suspicion = "The first line seems to be data; it should name the columns"

    def blocks(self, columns: Sequence[str]) -> Iterator[Block]:
        """Read these columns from the first row to the last."""
        self.short = None
        for frame in ahead(self._frames(columns)):
            yield from blocks_of(frame)

    def _frames(self, columns: Sequence[str]) -> Generator[pl.DataFrame, None, None]:
        row = 0
        for piece in self._pieces():
            frame = self._numbers(piece, columns, row)
            row += frame.height
            yield frame

    def _pieces(self) -> Iterator[bytes]:
        """Cut the text at the ends of lines, but not inside a quotation."""
        with self._opened() as handle:
            position, last = self._start, False
            while not last:
                with self._turn:
                    handle.seek(position + BLOCK_BYTES)
                    handle.readline()
                    size = handle.tell() - position
                    handle.seek(position)
                    piece = handle.read(size)
                    piece += _rest_of_quotation(piece, handle)
                position += len(piece)
                last = len(piece) < BLOCK_BYTES
                if last:
                    piece = piece.rstrip(b"\r\n")
                if piece:
                    yield piece

    def _numbers(self, piece: bytes, columns: Sequence[str], row: int) -> pl.DataFrame:
        import polars as pl

        frame = None
        if not (self._decimal_comma and b"." in piece):  # polars would take the point for a decimal point
            frame = self._parsed(piece, dict.fromkeys(set(columns) - self._truths, pl.Float64), columns)
        if frame is None:
            frame = self._parsed(piece, {}, columns)
        if frame is None:
            rows = list(self._rows(_decoded(piece, row=row), row=row))
            cells = {name: [fields[self._place[name]] for fields in rows] for name in columns}
            frame = pl.DataFrame(cells, schema=dict.fromkeys(columns, pl.String))
        numbers = as_numbers(frame, row=row, truths=self._truths, decimal_comma=self._decimal_comma)
        last = numbers[max(columns, key=self._place.__getitem__)]
        if self.short is None and last.null_count():
            self.short = self._short_line(piece, row, until=int(last.is_null().arg_true()[0]) + 1)
        return numbers

    def _parsed(self, piece: bytes, types: dict[str, type[pl.DataType]], columns: Sequence[str]) -> pl.DataFrame | None:
        """Let polars parse, columns without a type as text; None where it cannot, or is not to be trusted."""
        import polars as pl

        lazy = pl.scan_csv(
            piece,
            has_header=False,
            schema={name: types.get(name, pl.String) for name in self.columns},
            separator=self._delimiter,
            decimal_comma=self._decimal_comma,
        )
        try:
            frame = lazy.select(columns).collect()
        except pl.exceptions.PolarsError:
            return None
        if b'"' in piece and frame.height != piece.count(b"\n") + (not piece.endswith(b"\n")):
            return None  # a text with line breaks, or else with marks that made polars take two lines for one
        return frame

    def _short_line(self, piece: bytes, row: int, *, until: int) -> SteepestError | None:
        """Complain where polars filled a line with too few fields up with empty cells."""
        try:
            for _ in itertools.islice(self._rows(_decoded(piece, row=row), row=row), until):
                pass
        except SteepestError as complaint:
            return complaint
        return None

    def _rows(self, text: str, *, row: int) -> Iterator[list[str]]:
        """Read row by row, a blank line as a row of empty cells; complain of the first row with other fields."""
        width = len(self.columns)
        try:
            for fields in csv.reader(io.StringIO(text, newline=""), delimiter=self._delimiter):
                row += 1
                if fields and len(fields) != width:
                    raise self._uneven(row, len(fields))
                yield fields or [""] * width
        except csv.Error as error:
            raise SteepestError(
                f"row {row + 1} of the data cannot be read: {error}", remedy="Mend that line"
            ) from error

    def _uneven(self, row: int, fields: int) -> SteepestError:
        width = len(self.columns)
        cause = (
            f"Too {'many' if fields > width else 'few'}: the delimiter is {DELIMITERS[self._delimiter]}, and inside a "
            "cell it needs quotation marks around the cell"
        )
        remedy = "Mend that line"
        if width == 1:
            cause = f"The first line, '{next(iter(self.columns))[:40]}', is taken for the names of the columns"
            remedy = "Remove what stands above the names"
        found = f"row {row} of the data has {fields} field{'s' * (fields > 1)}, the header has {width}"
        return SteepestError(found, cause=cause, remedy=remedy)


def _refuse_no_text(head: bytes) -> int:
    """Tell where the header starts."""
    if not head.strip(b"\r\n\t " + codecs.BOM_UTF8):
        raise SteepestError("it is empty", remedy="Give a table with a header and data in it")
    for first, (found, remedy) in PACKED.items():
        if head.startswith(first):
            raise SteepestError(found, remedy=remedy)
    if b"\0" in head:
        raise SteepestError(
            "it is not text in UTF-8", cause="UTF-16, or no text at all", remedy="Save it as CSV in UTF-8"
        )
    if b"\r" in head and b"\n" not in head:
        raise SteepestError("its lines end in carriage returns only", remedy="Save it with the line ends of today")
    start = len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0
    return len(head) - len(head[start:].lstrip(b"\r\n"))


def _decoded(piece: bytes, *, row: int) -> str:
    try:
        return piece.decode()
    except UnicodeDecodeError as error:
        row += piece[: error.start].count(b"\n") + 1
        raise SteepestError(
            f"it is not text in UTF-8: byte 0x{piece[error.start]:02x} in "
            + (f"row {row} of the data" if row else "the header"),
            cause="Latin-1 or Windows-1252, most likely",
            remedy="Save it as CSV in UTF-8",
        ) from error


def _end_of_line(head: bytes, start: int) -> int:
    """Tell where a line ends that may have line breaks inside quotation marks."""
    first = end = head.find(b"\n", start) + 1 or len(head)
    while head[start:end].count(b'"') % 2:
        end = head.find(b"\n", end) + 1
        if not end:
            return first
    return end


def _lines(handle: BinaryIO) -> bytes:
    piece = handle.read(HEAD_BYTES) + handle.readline()
    return piece + _rest_of_quotation(piece, handle)


def _rest_of_quotation(piece: bytes, handle: BinaryIO) -> bytes:
    """Read on to the end of a line outside quotation marks, if there is one before long."""
    if b'"' not in piece or piece.count(b'"') % 2 == 0:  # the first question alone is asked five times as fast
        return b""
    lines, size = [], 0
    while size < BLOCK_BYTES and (line := handle.readline()):
        lines.append(line)
        size += len(line)
        if line.count(b'"') % 2:
            return b"".join(lines)
    return b""  # a mark that stands alone: inches, perhaps


def _delimiter(header: str, body: str) -> str:
    """Find the delimiter that gives the most fields, and as many in the first row as in the header."""
    text = header + io.StringIO(body).readline()
    fields = {mark: [len(row) for row in csv.reader(io.StringIO(text), delimiter=mark)] for mark in DELIMITERS}
    order = sorted(DELIMITERS, key=lambda mark: -fields[mark][0])
    even = [mark for mark in order if fields[mark][0] > 1 and len(set(fields[mark])) == 1]
    return next(iter(even), order[0] if fields[order[0]][0] > 1 else ",")


def _distinct(names: Sequence[str]) -> list[str]:
    named = [name or f"column {number}" for number, name in enumerate(names, 1)]
    seen: dict[str, int] = {}
    for number, name in enumerate(named, 1):
        first = seen.setdefault(name, number)
        if first < number:
            raise SteepestError(
                f"two columns are called '{name}', number {first} and number {number}", remedy="Give each its own name"
            )
    return named


def _has_decimal_comma(cells: Iterator[str]) -> bool:
    """Tell whether numbers are written with a comma, and none with a point."""
    with_comma = False
    for cell in cells:
        if NUMBER.fullmatch(cell):
            if "." in cell:
                return False
        elif COMMA_NUMBER.fullmatch(cell):
            with_comma = True
    return with_comma
