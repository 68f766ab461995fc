"""A lesson as its cells: read from the `py:percent` source, the one place where a lesson is written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from steepest.errors import SteepestError
from steepest.lessons.course import Lesson, home

MARK = re.compile(r"^# %%(?: \[(markdown)\])?(?: tags=\[([^]]*)\])?.*$")
BADGE = re.compile(r"^\[!\[.*\n?", re.MULTILINE)
"""A badge is a picture from elsewhere; what is read offline does without."""


@dataclass(frozen=True)
class Cell:
    """One cell: prose or code, its tags, and the first and last line that it has in the file."""

    prose: bool
    text: str
    tags: tuple[str, ...]
    first: int
    last: int


def source(lesson: Lesson) -> Path:
    """Find the source of a lesson.

    Raises SteepestError where this installation has none.
    """
    path = home() / f"{lesson.file}.py"
    if not path.is_file():
        raise SteepestError(f"lesson {lesson.number}, '{lesson.title}', has no source in this installation")
    return path


def cells(text: str) -> list[Cell]:
    r"""Take a source apart at its marks.

    >>> cells("# %% [markdown]\n# *Hello*\n# %% tags=[\"exercise\"]\n1 + 1\n")[0].text
    '*Hello*'
    """
    lines = text.splitlines()
    marks = [(number, found) for number, line in enumerate(lines) if (found := MARK.match(line))]
    ends = [number for number, _ in marks[1:]] + [len(lines)]
    found = []
    for (start, mark), end in zip(marks, ends, strict=True):
        inside = lines[start + 1 : end]
        if mark[1]:
            inside = [line.removeprefix("#").removeprefix(" ") for line in inside]
        told = "\n".join(inside).strip("\n")
        tags = tuple(re.findall(r'"(\w+)"', mark[2] or ""))
        found.append(Cell(bool(mark[1]), BADGE.sub("", told), tags, start + 2, end))
    return found
