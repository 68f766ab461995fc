"""`steepest report`: one page of a run down a table's cost, or of several side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from rich.text import Text

from steepest.cli import show
from steepest.cli.figures import Pictures
from steepest.cli.pictures import of_module, refuse_another
from steepest.cli.problem import Choices, Problem, pose, run_at
from steepest.errors import SteepestError
from steepest.files import refuse_unwritable
from steepest.report import write_report
from steepest.trajectory import Trajectory
from steepest.trajectory.file import is_run

PAGE = "report.html"


def report_runs(given: list[str], choices: Choices, *, output: Path | None, force: bool) -> int:
    """Write one offline page of runs down one table's cost, or of a module's, and print where it is."""
    paths, table = _told_apart(given)
    path = output or paths[0].parent / PAGE
    refuse_unwritable(path, force=force)
    runs = {label: Trajectory.load(file) for label, file in zip(_labels(paths), paths, strict=True)}
    if table is None and all(of_module(run) for run in runs.values()):
        written = write_report(path, runs, force=force)
    else:
        problem = pose(replace(choices, table=table))
        for run in runs.values():
            refuse_another(problem, run)
        written = write_page(problem, runs, path, force=force)
    show.console().print(Text(str(written)))
    return 0


def write_page(problem: Problem, runs: Mapping[str, Trajectory], path: Path, *, force: bool) -> Path:
    """Write the page of runs down a problem's cost."""
    table = problem.table
    inputs, targets = table.sample()
    return write_report(
        path,
        runs,
        cost=problem.bowl,
        inputs=inputs,
        targets=targets,
        x_name=table.features,
        y_name=table.target,
        along=Pictures(problem, next(iter(runs.values()))).along,
        force=force,
    )


def _told_apart(given: list[str]) -> tuple[list[Path], str | None]:
    """Runs come first; what is not a run, as the last of several, is the table."""
    *first, last = given
    if first and not is_run(run_at(Path(last))):
        return [run_at(Path(path)) for path in first], last
    return [run_at(Path(path)) for path in given], None


def _labels(paths: list[Path]) -> list[str]:
    """A name for each run: its folder's, where the files themselves are called alike."""
    if len(paths) == 1:
        return [""]
    names = [path.stem for path in paths]
    if len(set(names)) < len(names):
        names = [path.resolve().parent.name for path in paths]
    if len(set(names)) < len(names):
        names = [str(path) for path in paths]
    if len(set(names)) < len(names):
        raise SteepestError("a run is named twice", remedy="Name each run once")
    return names
