"""`steepest draw`, `line` and `plane`: pictures of a run, and cuts through a table's cost."""

from __future__ import annotations

import math
from pathlib import Path

from rich.text import Text

from steepest import draw, slices
from steepest.cli import show, watched
from steepest.cli.cut_options import span
from steepest.cli.figures import Pictures
from steepest.cli.problem import Choices, Problem, pose, run_at
from steepest.errors import SteepestError, near
from steepest.trajectory import Trajectory


def draw_run(path: Path, choices: Choices, *, what: tuple[str, ...], output: Path | None, force: bool) -> int:
    """Draw pictures of a run down a table's cost, or of a watched one, and print where they are."""
    out, path = show.console(), run_at(path)
    if choices.table is None and watched.asks_for_watched(path, what):
        for written in watched.write(path, what, output or path.parent, force=force):
            out.print(Text(str(written)))
        return 0
    trajectory = Trajectory.load(path)
    problem = pose(choices)
    refuse_another(problem, trajectory)
    for written in Pictures(problem, trajectory).write(what, output or path.parent, force=force):
        out.print(Text(str(written)))
    return 0


def cut(
    choices: Choices,
    *,
    along: tuple[str, ...],
    reach: list[str] | None,
    points: int,
    output: Path | None,
    force: bool,
    json: bool,
) -> int:
    """Cut through a table's cost along one or two parameters: a picture, or the numbers."""
    problem = pose(choices)
    bowl, at = problem.bowl, problem.start
    for name in along:
        if name not in bowl.names:
            raise SteepestError(f"there is no parameter '{name}'", remedy=near(name, bowl.names))
    if len(set(along)) < len(along):
        raise SteepestError(
            f"the parameter '{along[0]}' is named twice", remedy=f"Name two, or cut a line: `steepest line {along[0]}`"
        )
    spans = [span(text) for text in reach or []]
    if len(spans) not in (0, len(along)):
        raise SteepestError(f"{len(spans)} reaches for {len(along)} parameters", remedy="Give --reach once for each")
    spans = spans or [_around(float(at[name]), float(bowl.minimum[name])) for name in along]
    if len(along) == 1:
        slice = slices.line(bowl, at=at, along=along[0], reach=spans[0], points=points)
    else:
        slice = slices.plane(bowl, at=at, along=(along[0], along[1]), reach=(spans[0], spans[1]), points=points)
    if json:
        show.document(slice.to_dict())
        return 0
    path = output or Path("-".join(["line" if len(along) == 1 else "plane", *map(_plain, along)]) + ".png")
    if len(along) == 1:
        cost, gradient = bowl.value_and_gradient(at)
        slope = float(gradient[along[0]])
        axes = draw.slope(slice, at=float(at[along[0]]), slope=slope, cost=float(cost))
    else:
        axes = draw.contour(slice, minimum=bowl.minimum)
    show.console().print(Text(str(draw.save(axes, path, force=force))))
    return 0


def of_module(run: Trajectory) -> bool:
    """Whether a run's parameters are a module's tensors: those of a table's cost are single numbers."""
    return any(value.ndim > 0 for value in run.steps[0].params.values())


def refuse_another(problem: Problem, trajectory: Trajectory) -> None:
    """Refuse a run that went down another cost than this problem's."""
    first = trajectory.steps[0]
    if of_module(trajectory) and problem.trial:
        raise SteepestError(
            f"the run is of a module with {len(first.params)} parameters, and its measurements are not beside it",
            remedy="Save it with watch(..., save=...); without them, 'steepest report' makes a page of it, and the "
            "pictures of steepest.draw are there in Python",
        )
    if tuple(first.params) != problem.bowl.names:
        raise SteepestError(
            f"the run has parameters {', '.join(first.params)}, and {problem.table.name} makes "
            f"{', '.join(problem.bowl.names)}",
            cause="No table was named, so that the lesson's trial stands in" if problem.trial else "",
            remedy="Name the table, target and features that the run was made with",
        )
    cost = float(problem.bowl.value({name: value.double() for name, value in first.params.items()}))
    if not math.isclose(cost, first.cost, rel_tol=1e-4):
        raise SteepestError(
            f"the run starts at the cost {first.cost:.6g}, and this table costs {cost:.6g} there",
            cause="Another table, other features, or --standardise or --ridge in one of the two",
            remedy="Name the table and options that the run was made with",
        )


def _around(at: float, lowest: float) -> tuple[float, float]:
    wide = max(abs(lowest - at), 1e-3 * abs(at), 1e-9)
    return min(at, lowest) - 0.5 * wide, max(at, lowest) + 0.5 * wide


def _plain(name: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in name)[:40]
