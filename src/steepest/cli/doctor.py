"""`steepest doctor`: does this installation work, and does it get the lesson's numbers?"""

from __future__ import annotations

import importlib.metadata
import platform
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path

import torch
from rich.text import Text

from steepest import tables
from steepest.check import check_gradient
from steepest.cli import show
from steepest.cli.problem import plain_cost
from steepest.cost import Cost
from steepest.descent import descend
from steepest.trajectory import Trajectory

PACKAGES = ("steepest", "torch", "numpy", "polars", "narwhals", "matplotlib", "typer", "rich")
LESSON_END = (-0.4681258499622345, 1.7542961835861206)


def run(*, json: bool) -> int:
    """Do what `steepest doctor` was asked for and return the exit status."""
    versions = {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
    versions |= {name: importlib.metadata.version(name) for name in PACKAGES}
    devices = ["cpu", *(["cuda"] if torch.cuda.is_available() else []), *(["mps"] if torch.mps.is_available() else [])]
    results = {name: _tried(check) for name, check in CHECKS.items()}
    healthy = all(not problem for problem in results.values())
    if json:
        checks = {name: {"passed": not problem, "found": problem} for name, problem in results.items()}
        show.document({"healthy": healthy, "versions": versions, "devices": devices, "checks": checks})
        return 0 if healthy else 1
    out = show.console()
    out.print(show.grid(("package", "version"), versions.items()))
    out.print(show.facts([("devices", ", ".join(devices)), ("threads", str(torch.get_num_threads()))]))
    for name, problem in results.items():
        mark = Text("passed  ", style="green") if not problem else Text("FAILED  ", style="bold red")
        out.print(mark + Text(name + (f": {problem}" if problem else "")))
    return 0 if healthy else 1


def _tried(check: Callable[[], str]) -> str:
    try:
        return check()
    except Exception as error:  # a doctor reports whatever is wrong, and goes on to the next check
        return f"{type(error).__name__}: {error}"


def _walk_in_float32() -> tuple[Cost, Trajectory]:
    table = tables.clinical_trial()
    cost = plain_cost(table, table.cost(), dtype=torch.float32, device=torch.device("cpu"))
    return cost, descend(cost, {"m": 0.9, "b": 0.1}, learning_rate=0.01, epochs=1001)


def _lesson() -> str:
    found = tuple(float(value) for value in _walk_in_float32()[1].end.values())
    return "" if found == LESSON_END else f"m = {found[0]!r}, b = {found[1]!r}, and the lesson prints {LESSON_END}"


def _same_as_sgd() -> str:
    cost, trajectory = _walk_in_float32()
    leaves = {name: value.clone().requires_grad_() for name, value in trajectory.start.items()}
    optimizer = torch.optim.SGD(list(leaves.values()), lr=0.01)
    for _ in range(trajectory.epochs):
        optimizer.zero_grad()
        cost.value(leaves).backward()
        optimizer.step()
    differing = [name for name, value in leaves.items() if not value.detach().equal(trajectory.end[name])]
    return f"{differing} differ after {trajectory.epochs} epochs" if differing else ""


def _exact_answer() -> str:
    found = {name: float(value) for name, value in tables.clinical_trial().cost().minimum.items()}
    right = abs(found["m"] + 6.57 / 14) < 1e-14 and abs(found["b"] - 1.76) < 1e-14
    return "" if right else f"m = {found['m']!r}, b = {found['b']!r}, not -6.57/14 and 1.76"


def _three_roads() -> str:
    return " ".join(check_gradient(tables.clinical_trial().cost(), {"m": 0.9, "b": 0.1}).complaints)


def _saved_and_read() -> str:
    trajectory = _walk_in_float32()[1]
    with tempfile.TemporaryDirectory() as folder:
        again = Trajectory.load(trajectory.save(Path(folder) / "run.steepest"))
    return "" if again.to_dict() == trajectory.to_dict() else "what was read differs from what was written"


CHECKS: dict[str, Callable[[], str]] = {
    "the lesson's 1001 adjustments, to its last printed digit": _lesson,
    "every adjustment equal to torch.optim.SGD's": _same_as_sgd,
    "the exact least-squares answer": _exact_answer,
    "gradient by hand, by autograd and by taps": _three_roads,
    "a run saved and read back to the same bits": _saved_and_read,
}
