"""Which exercises have passed: one small file beside the copies of the lessons, and nowhere else."""

from __future__ import annotations

import json
from pathlib import Path

FILE = "steepest-progress.json"
SCHEMA = 1


def begin(folder: Path) -> Path:
    """Make an empty record in a folder of copies, unless one is there."""
    path = folder / FILE
    if not path.exists():
        _write(path, [])
    return path


def passed(folder: Path) -> list[str] | None:
    """Read which exercises have passed; None where the folder has no record, or a file that is not one."""
    try:
        told = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    names = told.get("passed") if isinstance(told, dict) and told.get("schema") == SCHEMA else None
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else None


def note(exercise: str, folder: Path) -> None:
    """Add an exercise to the record of a folder; without a record there, nothing is written."""
    names = passed(folder)
    if names is not None and exercise not in names:
        _write(folder / FILE, [*names, exercise])


def _write(path: Path, names: list[str]) -> None:
    new = path.with_name(path.name + ".new")
    new.write_text(json.dumps({"schema": SCHEMA, "passed": names}, indent=1) + "\n", encoding="utf-8", newline="\n")
    new.replace(path)
