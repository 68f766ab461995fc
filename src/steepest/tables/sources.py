"""Whatever the caller calls a table, opened: a path, standard input, a dataframe, a dict of columns."""

from __future__ import annotations

import contextlib
import gzip
import os
import shutil
import sys
import tempfile
import weakref
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from steepest.errors import SteepestError, door, near
from steepest.tables.blocks import Source
from steepest.tables.frames import columns, dataframe, parquet
from steepest.tables.text import Text

TEXTS = (".csv", ".tsv", ".tab", ".txt")
PARQUETS = (".parquet", ".pq")
SUFFIXES = (*TEXTS, *(f"{suffix}.gz" for suffix in TEXTS), *PARQUETS)


def opened(source: Any) -> Source:
    """Open a path, '-' for standard input, a dataframe of any library, or a dict of columns.

    Raises SteepestError for what is not there, not readable, or no table.

    >>> opened({"x": [0, 1], "y": [1, 3]}).name
    'dataframe'
    """
    if isinstance(source, Mapping):
        with door("dataframe"):
            return columns(source)
    if not isinstance(source, (str, os.PathLike)):
        with door("dataframe"):
            return dataframe(source)
    if source == "-":
        with door("standard input"), readable():
            return _standard_input()
    if str(source).lower().startswith(("http://", "https://", "ftp://", "s3://")):
        raise SteepestError(
            f"'{source}' is an address, and nothing is fetched from any network",
            remedy="Download the file, and give the path to it",
        )
    path = Path(source).expanduser()
    with door(path.name or str(path)), readable():
        return _file(path)


@contextlib.contextmanager
def readable() -> Iterator[None]:
    """Word what the operating system has against reading.

    >>> with readable():
    ...     raise PermissionError(13, "Permission denied")
    Traceback (most recent call last):
    steepest.errors.SteepestError: it cannot be read: Permission denied. Look at the file and its permissions.
    """
    try:
        yield
    except (OSError, EOFError, zlib.error) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise SteepestError(f"it cannot be read: {said}", remedy="Look at the file and its permissions") from error


def _file(path: Path) -> Source:
    suffix = "".join(path.suffixes[-2:]).lower()
    suffix = suffix if suffix in SUFFIXES else path.suffix.lower()
    if path.is_dir():
        raise SteepestError("it is a folder", remedy=_tables_in(path, path.name))
    if not path.exists():
        if not path.parent.is_dir():
            raise SteepestError(f"there is no such file, and no folder '{path.parent}'", remedy="Look at the path")
        raise SteepestError(f"there is no such file in '{path.parent}'", remedy=_tables_in(path.parent, path.name))
    if suffix not in SUFFIXES:
        raise SteepestError(
            f"'{suffix}' is no kind of table known here" if suffix else "the name has no suffix to tell what is in it",
            remedy=f"Save it as CSV or Parquet: {', '.join(SUFFIXES)}",
        )
    if not path.stat().st_size:
        raise SteepestError("it is empty", remedy="Give a table with a header and data in it")
    if suffix in PARQUETS:
        return parquet(path.name, path)
    if suffix.endswith(".gz"):
        with gzip.open(path) as unpacked:
            return _spooled(path.name, unpacked)
    return Text(path.name, lambda: path.open("rb"))


def _tables_in(folder: Path, name: str) -> str:
    tables = sorted(entry.name for entry in folder.iterdir() if _is_table(entry))
    return near(name, tables) if tables else f"There is no table in that folder ({', '.join(SUFFIXES)})"


def _is_table(entry: Path) -> bool:
    return entry.name.lower().endswith(SUFFIXES) and entry.is_file()


def _standard_input() -> Source:
    stream = getattr(sys.stdin, "buffer", None)
    if stream is None:
        raise SteepestError("there is no standard input here", remedy="Give a path, a dataframe or a dict of columns")
    return _spooled("standard input", stream)


def _spooled(name: str, stream: Any) -> Source:
    """Lay a stream on disk, so that it can be read again and be larger than memory."""
    spool = tempfile.TemporaryFile()  # noqa: SIM115 closed when nobody can read from it any more
    try:
        shutil.copyfileobj(stream, spool, 2**20)
        spool.seek(0)
        text = Text(name, lambda: contextlib.nullcontext(spool))
    except BaseException:
        spool.close()
        raise
    weakref.finalize(text, spool.close)
    return text
