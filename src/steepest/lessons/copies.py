"""Copies of the lessons to work on, and how far the course has come beside them."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

from steepest.errors import SteepestError
from steepest.lessons import progress
from steepest.lessons.course import COURSE, Lesson, notebook
from steepest.lessons.sheets import EXERCISES

FOLDER = Path("steepest-lessons")
"""Where copies lie, below the folder that one works in."""


def copy(lesson: Lesson, folder: Path) -> Path:
    """Copy a lesson's notebook into a folder, under a new name where its own is taken, and begin the record there.

    Raises SteepestError where this installation has no such notebook, and where the folder is a file.
    """
    source = notebook(lesson)
    if source is None:
        raise SteepestError(
            f"lesson {lesson.number}, '{lesson.title}', has no notebook in this installation",
            remedy="Choose another one: steepest learn lists them",
        )
    if folder.exists() and not folder.is_dir():
        raise SteepestError(f"'{folder}' is a file", remedy="Name a folder, or one that is not there yet")
    folder.mkdir(parents=True, exist_ok=True)
    progress.begin(folder)
    for count in itertools.count(1):
        path = folder / f"{lesson.file}{f'-{count}' if count > 1 else ''}.ipynb"
        try:
            with source.open("rb") as read, path.open("xb") as write:  # "x": never over what somebody has worked on
                shutil.copyfileobj(read, write)
        except FileExistsError:
            continue
        return path
    raise AssertionError("count() has no end")


def worked_on(lesson: Lesson, folder: Path) -> Path | None:
    """Find the copy of a lesson that was worked on last, or None where there is none."""
    found = [folder / f"{lesson.file}.ipynb", *folder.glob(f"{lesson.file}-*.ipynb")]
    return max((path for path in found if path.is_file()), key=lambda path: path.stat().st_mtime_ns, default=None)


def table(folder: Path) -> list[dict[str, object]]:
    """Tell the course as rows: each lesson, what it makes tangible, its exercises and those that have passed."""
    done = progress.passed(folder) or []
    rows: list[dict[str, object]] = []
    for lesson in COURSE.values():
        names = [item.name for item in EXERCISES.values() if item.lesson == lesson.number]
        rows.append(
            {
                "lesson": lesson.number,
                "file": lesson.file,
                "title": lesson.title,
                "makes_tangible": lesson.tangible,
                "exercises": names,
                "passed": [name for name in names if name in done],
                "here": notebook(lesson) is not None,
            }
        )
    return rows
