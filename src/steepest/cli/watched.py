"""Watched runs on the command line: the measurements that lie beside a run, their pictures and their faults."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from steepest import draw
from steepest.errors import SteepestError, near
from steepest.trajectory import Trajectory
from steepest.watcher import Measurements

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PICTURES: dict[str, Callable[[Measurements], Axes]] = {
    "norms": draw.norms,
    "sizes": lambda measured: draw.norms(measured, of="parameters"),
    "updates": draw.updates,
    "cosines": draw.cosines,
}
"""What measurements can be drawn as, by name."""


def measurements_of(run: Path) -> Path:
    """Where the measurements of a watched run lie."""
    return Path(f"{run}.measurements")


def load(run: Path) -> Measurements | None:
    """The measurements beside a run; None where there are none, as for a run of `descend`."""
    path = measurements_of(run)
    return Measurements.load(path) if path.is_file() else None


def write(run: Path, names: tuple[str, ...], folder: Path, *, force: bool) -> list[Path]:
    """Draw what is named of a watched run into a folder, and give the files; "all" is the cost and every other."""
    known = ("cost", *PICTURES)
    for name in names:
        if name not in (*known, "all"):
            raise SteepestError(
                f"there is no picture '{name}' of a watched run", remedy=near(name, (*known, "all")), asked="draw"
            )
    measured = load(run)
    if measured is None:
        raise SteepestError(
            f"there are no measurements beside the run: '{measurements_of(run)}' is missing",
            cause="It was not watched, or the file was not moved along",
            remedy="Write the run with watch(model, optimizer, save=...), and close the watch",
            asked="draw",
        )
    folder.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    for name in known if "all" in names else names:
        if name == "cost":
            trajectory = Trajectory.load(run)
            if "all" in names and not any(math.isfinite(step.cost) for step in trajectory.steps):
                continue
            ax = draw.cost_curve(trajectory)
        else:
            ax = PICTURES[name](measured)
        files.append(draw.save(ax, folder / f"{name}.png", force=force))
    return files


def asks_for_watched(run: Path, names: tuple[str, ...]) -> bool:
    """Whether the pictures asked for are those of a watched run."""
    return measurements_of(run).is_file() or any(name in PICTURES for name in names)
