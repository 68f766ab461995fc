"""A trajectory on disk: one SQLite file, each finished step committed before the next begins."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from steepest.errors import SteepestError
from steepest.trajectory.nouns import Outcome, Step, Trajectory
from steepest.vectors import Params

APPLICATION = 0x5354_4550  # "STEP", so that another program's SQLite file is not taken for a run
SCHEMA = 1

DTYPES = {
    str(dtype).removeprefix("torch."): dtype for dtype in (torch.float64, torch.float32, torch.float16, torch.bfloat16)
}

KILLED = "the process ended before the descent did; the steps it had finished are here"


class RunFile:
    """Steps appended one by one; what was appended survives a killed process.

    SQLite in WAL mode keeps a commit through the death of the process; where the file system refuses WAL, the journal
    is truncated instead (SQLite documentation, "Write-Ahead Logging").
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        try:
            rows = connection.execute("SELECT key, value FROM about").fetchall()
            about = {str(key): json.loads(value) for key, value in rows}
            self.every = int(about.get("every", 1))
            self._outcome: str | None = about.get("outcome")
            self._because = str(about.get("because", KILLED))
            self._layout = [(str(n), str(d), tuple(int(k) for k in s)) for n, d, s in about.get("parameters", [])]
        except (sqlite3.Error, ValueError, TypeError) as error:
            connection.close()
            raise _complaint(path, error) from error

    @classmethod
    def create(cls, path: str | Path, *, force: bool = False) -> RunFile:
        """Start an empty run; an older one at the same path is refused, or removed with `force`."""
        path = Path(path)
        if path.exists():
            if not force:
                raise SteepestError(
                    "there is a file of that name already",
                    remedy="Continue it with --resume (resume=True) or replace it with --force (force=True)",
                    asked=str(path),
                )
            for ending in ("", "-wal", "-shm", "-journal"):
                path.with_name(path.name + ending).unlink(missing_ok=True)
        if not path.parent.is_dir():
            raise SteepestError(
                f"there is no folder '{path.parent}'", remedy="Make it, or choose another", asked=str(path)
            )
        with _complaining(path):
            connection = _connected(path)
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute(f"PRAGMA user_version = {SCHEMA}")
            if connection.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
                connection.execute("PRAGMA journal_mode = TRUNCATE")
            connection.execute("CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL)")
            connection.execute(
                "CREATE TABLE steps (epoch INTEGER PRIMARY KEY, cost REAL, learning_rate REAL NOT NULL, "
                "params BLOB NOT NULL, gradient BLOB NOT NULL)"
            )
        return cls(path, connection)

    @classmethod
    def open(cls, path: str | Path, *, read_only: bool = False) -> RunFile:
        """Open an existing run; raises SteepestError where there is none or it is something else."""
        path = Path(path)
        if not path.is_file():
            raise SteepestError("there is no such file", remedy="Check the path to the run", asked=str(path))
        with _complaining(path):
            connection = _connected(path)
            if read_only:
                connection.execute("PRAGMA query_only = ON")
            found = connection.execute("PRAGMA application_id").fetchone()[0]
            version = connection.execute("PRAGMA user_version").fetchone()[0]
        if found != APPLICATION:
            connection.close()
            raise SteepestError(
                "this is a database, but not a steepest run",
                remedy="Give a file that `descend`, or `watch` with save=, has written",
                asked=str(path),
            )
        if version > SCHEMA:
            connection.close()
            raise SteepestError(
                f"this run was written in format {version}, this steepest reads up to {SCHEMA}",
                remedy="Update steepest",
                asked=str(path),
            )
        return cls(path, connection)

    def append(self, step: Step) -> None:
        """Write one step and commit it."""
        if not self._layout:
            self._layout = [
                (name, str(value.dtype).removeprefix("torch."), tuple(value.shape))
                for name, value in step.params.items()
            ]
            self._note(parameters=self._layout)
        try:
            self._connection.execute(
                "INSERT OR REPLACE INTO steps VALUES (?, ?, ?, ?, ?)",
                (step.epoch, step.cost, step.learning_rate, _bytes(step.params), _bytes(step.gradient)),
            )
        except sqlite3.Error as error:
            raise _complaint(self.path, error) from error

    def forget(self, epoch: int) -> None:
        """Delete one step, which was kept only as the latest."""
        with _complaining(self.path):
            self._connection.execute("DELETE FROM steps WHERE epoch = ?", (epoch,))

    def thin(self, *, every: int, before: int) -> None:
        """Delete the steps before an epoch that are not on every so many-th one."""
        with _complaining(self.path), self._connection:  # both or neither, should the process be killed between
            self._connection.execute("BEGIN")
            self._connection.execute("DELETE FROM steps WHERE epoch % ? != 0 AND epoch < ?", (every, before))
            self._note(every=every)
        self.every = every

    def finish(self, outcome: Outcome, because: str, *, every: int) -> None:
        """Write how the descent ended."""
        self._note(outcome=outcome.name, because=because, every=every)
        self._outcome, self._because, self.every = outcome.name, because, every

    def attach(self, name: str, data: bytes) -> None:
        """Keep something else that was measured of this run, as bytes, in place of what has that name."""
        with _complaining(self.path):
            self._connection.execute("CREATE TABLE IF NOT EXISTS attached (name TEXT PRIMARY KEY, data BLOB NOT NULL)")
            self._connection.execute("INSERT OR REPLACE INTO attached VALUES (?, ?)", (name, data))

    def attached(self, name: str) -> bytes | None:
        """What was attached by that name; None where nothing was, as in a run of an older steepest."""
        with _complaining(self.path):
            if not self._connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'attached'").fetchone():
                return None
            found = self._connection.execute("SELECT data FROM attached WHERE name = ?", (name,)).fetchone()
            return None if found is None else bytes(found[0])

    def steps(self) -> list[Step]:
        """Read the steps in order."""
        query = "SELECT epoch, cost, learning_rate, params, gradient FROM steps ORDER BY epoch"
        with _complaining(self.path):
            return [self._step(row) for row in self._connection.execute(query)]

    def trajectory(self) -> Trajectory:
        """Read the whole run; raises SteepestError where not one step is in it."""
        steps = tuple(self.steps())
        if not steps:
            raise SteepestError("no step was finished", remedy="Start the run again", asked=str(self.path))
        with _complaining(self.path):
            outcome = Outcome[self._outcome] if self._outcome else Outcome.INTERRUPTED
        return Trajectory(steps, outcome, self._because, every=self.every)

    def close(self) -> None:
        """Close the file, folding the journal into it."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _note(self, **facts: Any) -> None:
        with _complaining(self.path):
            for key, value in facts.items():
                self._connection.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", (key, json.dumps(value)))

    def _step(self, row: tuple[Any, ...]) -> Step:
        epoch, cost, learning_rate, params, gradient = row
        return Step(
            epoch=int(epoch),
            cost=float("nan") if cost is None else float(cost),  # SQLite keeps NaN as NULL
            params=_tensors(params, self._layout),
            gradient=_tensors(gradient, self._layout),
            learning_rate=float(learning_rate),
        )


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=5.0)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection


def _bytes(params: Params) -> bytes:
    return b"".join([_one(value) for value in params.values()])


def _one(value: Tensor) -> bytes:
    value = value.detach().cpu()
    if value.dtype == torch.bfloat16:  # NumPy has no such type; its bits travel as integers
        value = value.view(torch.int16)
    return value.numpy().tobytes()


def _tensors(blob: bytes, layout: list[tuple[str, str, tuple[int, ...]]]) -> Params:
    params: Params = {}
    start = 0
    for name, kind, shape in layout:
        dtype = DTYPES[kind]
        end = start + dtype.itemsize * int(np.prod(shape, dtype=np.int64))
        if end > len(blob):
            raise ValueError(f"parameter '{name}' is cut short")
        # frombuffer refuses an empty buffer, and shares memory that is not ours to write: copy.
        values = torch.frombuffer(bytearray(blob[start:end]), dtype=dtype) if end > start else torch.empty(0).to(dtype)
        params[name] = values.reshape(shape)
        start = end
    if start != len(blob):
        raise ValueError(f"a step has {len(blob)} bytes, its parameters {start}")
    return params


@contextmanager
def _complaining(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, KeyError, ValueError, TypeError) as error:
        if isinstance(error, SteepestError):
            raise
        raise _complaint(path, error) from error


def _complaint(path: Path, error: Exception) -> SteepestError:
    text = str(error)
    if "full" in text or "disk I/O" in text:
        found, remedy = f"it cannot be written ({text})", "Free some space, then continue with --resume (resume=True)"
        cause = "The disk is full? Every step finished before this one is in the file"
    elif "locked" in text:
        found, cause = "another process is writing it", "The same run was started twice?"
        remedy = "Wait for it, or choose another file"
    elif "readonly" in text or "unable to open" in text:
        found, cause, remedy = f"it cannot be opened ({text})", "No permission?", "Choose another place"
    else:
        found, cause = f"it is not a run, or it is damaged ({text})", ""
        remedy = "Give a file that `descend`, or `watch` with save=, has written"
    return SteepestError(found, cause=cause, remedy=remedy, asked=str(path))


def is_run(path: Path) -> bool:
    """Whether a file is a run, by its first bytes alone."""
    try:
        with path.open("rb") as file:
            head = file.read(72)
    except OSError:
        return False
    return head.startswith(b"SQLite format 3\0") and int.from_bytes(head[68:72], "big") == APPLICATION
