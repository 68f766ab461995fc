"""A run as a moving picture: the path over its plane, and the line among its data."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

from torch import Tensor

from steepest import vectors
from steepest.draw.rows import finite, sampled
from steepest.draw.shots import film, shots
from steepest.draw.stage import Data, Stage
from steepest.errors import SteepestError, door
from steepest.files import refuse_unwritable, written
from steepest.slices import Slice
from steepest.trajectory import Trajectory
from steepest.vectors import Params

ENDINGS = {".gif": "GIF", ".webp": "WEBP"}

HELD = 0.15
"""The share of the time for which the last frame stands still, so that its numbers can be read before it repeats."""

SHORTEST = 20
"""Milliseconds: browsers show a frame that is shorter for 100 instead."""


def animate(
    run: Trajectory,
    path: str | Path,
    *,
    slice: Slice,
    inputs: Tensor | None = None,
    targets: Tensor | None = None,
    minimum: Params | None = None,
    x_name: str = "input",
    y_name: str = "target",
    frames: int = 100,
    seconds: float = 8.0,
    force: bool = False,
) -> Path:
    """Write a run as a moving picture, .gif or .webp: its path over a plane, beside it the line among the data.

    Above them stand the epoch, the cost and the parameters of the step shown; the axes never move. Frames are spaced
    evenly by the logarithm of the step's number, the first and the last step included, each step at most once: the
    first steps one by one, of the slow crawl ever more steps from frame to frame. The last frame is held.
    `inputs` `(examples,)` or `(examples, 1)` and `targets` `(examples,)` need a line: a weight, and an intercept or
    none; of up to 30 examples the squares of the differences are drawn, as in `draw.fit`. `x_name` and `y_name` are
    theirs; the plane's names are the slice's. `minimum` is a star, and a dashed line.

    It shows the steps it has frames for and, between them, the path through all; proves nothing about seconds: time is
    stretched. What the plane or the axes do not hold is said in the frame.

    Raises SteepestError for another ending, a file that is there unless `force`, a slice that is a line, a model
    that is no line where data are given, and frames too short to be seen.

    >>> import tempfile
    >>> from steepest.cost import Cost
    >>> from steepest.descent import descend
    >>> from steepest.slices import plane
    >>> cost = Cost.from_function(lambda m, b: (m - 1) ** 2 + b**2)
    >>> flat = plane(cost, at=cost.zeros(), along=("m", "b"), reach=((0, 2), (-1, 1)), points=5)
    >>> run = descend(cost, {"m": 0.1, "b": 0.5}, learning_rate=0.1, epochs=3)
    >>> animate(run, Path(tempfile.mkdtemp()) / "walk.gif", slice=flat).name
    'walk.gif'
    """
    path = Path(path)
    with door("draw.animate"):
        kind = _kind(path, force)
        if len(slice.directions) != 2:
            raise SteepestError(
                f"the slice has {len(slice.directions)} direction",
                remedy="Cut a plane() through the cost, not a line()",
            )
        chosen = spread(len(run.steps), frames)
        durations = _durations(len(chosen), seconds)
        data = _data(run, inputs, targets)
        stage = Stage(run, chosen, slice=slice, data=data, minimum=minimum, names=(x_name, y_name))
        content = film(list(shots(stage, chosen)), kind, durations)
        with written(path), path.open("wb" if force else "xb") as there:
            there.write(content)
    return path


def spread(steps: int, frames: int) -> list[int]:
    """Choose steps evenly by the logarithm of their number, first and last included, none twice.

    >>> spread(1000, 10)
    [0, 1, 3, 8, 19, 43, 95, 209, 457, 999]
    >>> spread(3, 100)
    [0, 1, 2]
    """
    if isinstance(frames, bool) or not isinstance(frames, int) or frames < 2:
        raise SteepestError(
            f"frames is {frames!r}", remedy="Give a whole number, 2 or more: the first step and the last"
        )
    chosen = [0]
    while len(chosen) < min(frames, steps):
        here = chosen[-1] + 1
        further = here * (steps / here) ** (1 / (min(frames, steps) - len(chosen)))
        chosen.append(max(here, round(further) - 1))
    return chosen


def _durations(count: int, seconds: float) -> list[int]:
    """Milliseconds for each frame, in the hundredths of a second that a GIF knows, together what was asked."""
    moving = seconds * 100 * (1 - HELD) if count > 1 else 0.0
    shortest = SHORTEST * max(1, count - 1) / (1 - HELD) / 1000
    if not shortest <= seconds < math.inf:
        raise SteepestError(
            f"{count} frames in {seconds:g} seconds",
            cause=f"A frame shorter than {SHORTEST} ms is not shown for as long as it says",
            remedy=f"Give {shortest:.2g} seconds or more, or fewer frames",
        )
    times = [round(moving * index / max(1, count - 1)) for index in range(count)] + [round(seconds * 100)]
    return [10 * (after - before) for before, after in itertools.pairwise(times)]


def _kind(path: Path, force: bool) -> str:
    if path.suffix.lower() not in ENDINGS:
        raise SteepestError(f"'{path.name}' ends in '{path.suffix}'", remedy="End it in .gif or .webp")
    refuse_unwritable(path, force=force)
    return ENDINGS[path.suffix.lower()]


def _data(run: Trajectory, inputs: Tensor | None, targets: Tensor | None) -> Data | None:
    if inputs is None and targets is None:
        return None
    if inputs is None or targets is None:
        raise SteepestError("inputs or targets are missing", remedy="Give both, or neither for the plane alone")
    if inputs.numel() != len(inputs) or targets.numel() != len(inputs) or vectors.size(run.start) not in (1, 2):
        raise SteepestError(
            f"inputs of shape {tuple(inputs.shape)}, targets of shape {tuple(targets.shape)} and "
            f"{vectors.size(run.start)} parameters are no line",
            remedy="Give one input, one target and a weight with an intercept or none; or leave the data out",
        )
    x, y, _ = finite(sampled(inputs.detach().reshape(-1).double()), sampled(targets.detach().reshape(-1).double()))
    return x.cpu(), y.cpu(), len(inputs)
