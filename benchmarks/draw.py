"""What a moving picture costs: only what moves drawn anew, against matplotlib's own writer of whole frames."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import torch
from matplotlib.animation import FuncAnimation, PillowWriter
from measure import medians, section, time_of

from steepest import Cost, descend, draw, plane
from steepest.draw.animation import spread
from steepest.draw.stage import Stage
from steepest.slices import reach_around

X = torch.arange(8.0)
Y = torch.tensor([1.86, 1.31, 0.62, 0.33, 0.09, -0.67, -1.23, -1.37])
COST = Cost.least_squares(X, Y)
RUN = descend(COST, {"m": 0.9, "b": 0.1}, learning_rate=0.01, epochs=1001)
ALONG = ("m", "b")
REACH = reach_around(RUN, at=RUN.start, along=ALONG, minimum=COST.minimum)
PLANE = plane(COST, at=RUN.start, along=ALONG, reach=REACH)


def ours(folder: Path, frames: int, ending: str) -> Path:
    return draw.animate(
        RUN, folder / f"run.{ending}", slice=PLANE, inputs=X, targets=Y, minimum=COST.minimum, frames=frames, force=True
    )


def matplotlibs(folder: Path, frames: int) -> Path:
    """The same artists, moved to the same places; the layout is found once here, too."""
    chosen = spread(len(RUN.steps), frames)
    data = (X.double(), Y.double(), len(X))
    stage = Stage(RUN, chosen, slice=PLANE, data=data, minimum=COST.minimum, names=("input", "target"))
    for artist in stage.moving:
        artist.set_animated(False)
    path = folder / "theirs.gif"
    FuncAnimation(stage.figure, lambda index: stage.show(index) or stage.moving, frames=chosen, repeat=False).save(
        path, writer=PillowWriter(fps=12), dpi=100
    )
    return path


if __name__ == "__main__":
    quick = "--quick" in sys.argv
    count = 10 if quick else 100
    with tempfile.TemporaryDirectory() as name:
        there = Path(name)
        contestants: dict[str, Callable[[], Path]] = {
            "`FuncAnimation` with `PillowWriter`, GIF": lambda: matplotlibs(there, count),
            "`draw.animate`, GIF": lambda: ours(there, count, "gif"),
            "`draw.animate`, WebP": lambda: ours(there, count, "webp"),
        }
        found = medians(dict(contestants), runs=1 if quick else 3)
        sizes = {who: work().stat().st_size for who, work in contestants.items()}
    first = next(iter(found.values()))
    section(
        f"A moving picture of {count} frames, 960 by 480 pixels",
        "The clinical trial with its plane and its data, from figure to file; the layout is found once for all.",
        ("who", "time", "the first over it", "file"),
        [
            (who, time_of(seconds), f"{first / seconds:.1f}", f"{sizes[who] / 1e6:.2f} MB")
            for who, seconds in found.items()
        ],
    )
