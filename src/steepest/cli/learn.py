"""`steepest learn`: list the lessons, copy one to work on, write a worksheet and its key, or the course as a site."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from steepest.cli.options import Json
from steepest.errors import SteepestError
from steepest.files import refuse_unwritable, written

if TYPE_CHECKING:
    from steepest.lessons.course import Lesson


def learn(
    lesson: Annotated[
        str | None,
        typer.Argument(metavar="[LESSON]", help="A lesson's number. Without one: the list.", show_default=False),
    ] = None,
    *,
    worksheet: Annotated[
        str | None,
        typer.Option(metavar="LESSON", help="Write a worksheet to print, and its answer key.", show_default=False),
    ] = None,
    page: Annotated[bool, typer.Option("--page", help="Write the course as one offline site.")] = False,
    seed: Annotated[
        int | None,
        typer.Option(
            metavar="NUMBER",
            help="With --worksheet: other numbers for each learner. Default: the lesson's own.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FOLDER",
            help="Folder to write to. Default: steepest-lessons; with --page: steepest-course.",
            show_default=False,
        ),
    ] = None,
    opened: Annotated[bool, typer.Option("--open", help="Open a copy in Jupyter, where that is installed.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a worksheet or a site that is there already.")
    ] = False,
    json: Json = False,
) -> None:
    """List the lessons, or copy one to work on.

    A copy never replaces one that is there: it gets a name of its own. --open goes on with the copy that was worked on
    last, and makes one where there is none. Exercises that pass are noted in a small file beside the copies, and
    nowhere else.

    \b
    Examples:
      steepest learn                                      the lessons, and how far you are
      steepest learn 05                                   a copy of lesson 5 to work on
      steepest learn 05 --open                            begin or go on with it in Jupyter
      steepest learn --worksheet 05 --seed 17             a sheet to print, and its answer key
      steepest learn --page                               all lessons to read and touch, with the teacher's guides
    """
    if page:
        if lesson is not None or worksheet is not None or opened:
            raise SteepestError("it is the whole course", remedy="Give it without a lesson", asked="--page")
        raise typer.Exit(_page(output, force=force, json=json))
    if worksheet is not None:
        if lesson is not None or opened:
            raise SteepestError(
                "a worksheet and a copy are asked for at once",
                remedy="Ask for one after the other",
                asked="--worksheet",
            )
        raise typer.Exit(_worksheet(worksheet, seed, output, force=force, json=json))
    if seed is not None:
        raise SteepestError("it belongs to --worksheet", remedy="Give --worksheet LESSON with it", asked="--seed")
    if lesson is not None:
        raise typer.Exit(_copy(lesson, output, opened=opened, json=json))
    if opened:
        raise SteepestError("no lesson is named", remedy="Name one: steepest learn 1 --open", asked="--open")
    raise typer.Exit(_list(output, json=json))


def _folder(output: Path | None) -> Path:
    """Where the copies lie: the folder that was named, or the one worked in if it has the record, or the usual one."""
    from steepest.lessons.copies import FOLDER
    from steepest.lessons.progress import passed

    return output or (Path() if passed(Path()) is not None else FOLDER)


def _list(output: Path | None, *, json: bool) -> int:
    from steepest.cli import show
    from steepest.lessons.copies import table

    rows = table(_folder(output))
    if json:
        show.document({"lessons": rows})
        return 0
    for row in rows:
        exercises, passed = row["exercises"], row["passed"]
        assert isinstance(exercises, list) and isinstance(passed, list)
        done = f"{len(passed)} of {len(exercises)} passed" if exercises else ""
        typer.echo(f"{row['lesson']:02d}  {row['title']:<30} {done:<15}{row['makes_tangible']}")
    ahead = next((row["lesson"] for row in rows if row["exercises"] != row["passed"]), 1)
    typer.echo(
        f"\nsteepest learn {ahead} copies lesson {ahead} to work on; steepest learn --page writes all of them to read."
    )
    return 0


def _copy(number: str, output: Path | None, *, opened: bool, json: bool) -> int:
    from steepest.cli import show
    from steepest.lessons.copies import copy, worked_on
    from steepest.lessons.course import lesson_at

    lesson, folder = lesson_at(number), _folder(output)
    earlier = worked_on(lesson, folder)
    path = earlier if opened and earlier else copy(lesson, folder)
    if json:
        show.document({"lesson": lesson.number, "copy": str(path)})
    else:
        _say(lesson, path, earlier, opened)
    return _open(path) if opened else 0


def _say(lesson: Lesson, path: Path, earlier: Path | None, opened: bool) -> None:
    typer.echo(f"{lesson.number} {lesson.title}: {lesson.tangible}.")
    typer.echo(str(path))
    if not opened and earlier:
        typer.echo(f"It is a fresh copy. Your earlier one stays as it is: {earlier}")
    if not opened:
        typer.echo(
            f"Open it in Jupyter (steepest learn {lesson.number} --open), an editor that shows notebooks, or Colab."
        )


def _open(path: Path) -> int:
    import importlib.util
    import subprocess

    program = next((name for name in ("jupyterlab", "notebook") if importlib.util.find_spec(name)), None)
    if program is None:
        raise SteepestError(
            f"Jupyter is not installed beside steepest; the copy is there: '{path}'",
            remedy="Install it (pip install jupyterlab), or open the file in an editor that shows notebooks",
            asked="--open",
        )
    return subprocess.run([sys.executable, "-m", program, path.name], cwd=path.parent, check=False).returncode


def _worksheet(number: str, seed: int | None, output: Path | None, *, force: bool, json: bool) -> int:
    from steepest.cli import show
    from steepest.lessons.course import lesson_at
    from steepest.lessons.printing import worksheet

    lesson, folder = lesson_at(number), _folder(output)
    stem = f"worksheet-{lesson.number:02d}" + ("" if seed is None else f"-seed-{seed}")
    paths = {False: folder / f"{stem}.html", True: folder / f"{stem}-key.html"}
    with written(folder / f"{stem}.html"):
        folder.mkdir(parents=True, exist_ok=True)
    for path in paths.values():
        refuse_unwritable(path, force=force)
    for key, path in paths.items():
        with written(path):
            path.write_text(worksheet(lesson.number, seed=seed, key=key), encoding="utf-8", newline="\n")
    if json:
        show.document({"worksheet": str(paths[False]), "key": str(paths[True])})
    else:
        typer.echo("\n".join(str(path) for path in paths.values()))
    return 0


def _page(output: Path | None, *, force: bool, json: bool) -> int:
    from steepest.cli import show
    from steepest.lessons.site import FOLDER, write_site

    if sys.stderr.isatty():
        typer.echo("Running the lessons for what they show: a minute or so.", err=True)
    path = write_site(output or FOLDER, force=force)
    if json:
        show.document({"page": str(path)})
    else:
        typer.echo(str(path))
    return 0
