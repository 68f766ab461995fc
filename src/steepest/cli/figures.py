"""The three figures that a first walk leaves: fit, cost curve, contour with path."""

from __future__ import annotations

import math
from pathlib import Path

from steepest import draw, slices
from steepest.cli.problem import Problem
from steepest.trajectory import Outcome, Trajectory


def draw_first(problem: Problem, trajectory: Trajectory, folder: Path) -> list[Path]:
    """Draw the fit, the cost by epoch and the path on the cost's contour, and give the files' names."""
    table, bowl = problem.table, problem.bowl
    finite = [step for step in trajectory.steps if math.isfinite(step.cost)]
    shown = finite[-1] if finite else trajectory.steps[0]
    inputs, targets = table.sample()
    fit = draw.fit(
        inputs,
        targets,
        params=problem.in_own_units(shown.params),
        cost=shown.cost,
        gradient=None if bowl.standardise else shown.gradient,
        exact=problem.exact,
        x_name=table.features[0] if len(table.features) == 1 else "input",
        y_name=table.target,
        rows=bowl.examples,
    )
    floor = float(bowl.value(bowl.minimum))
    curve = draw.cost_curve(trajectory, minimum=floor)
    along = _two_that_matter(problem, trajectory)
    origin = trajectory.start if trajectory.outcome is Outcome.DIVERGED else shown.params
    at = {name: value.to(bowl.minimum[name]) for name, value in origin.items()}
    reach = slices.reach_around(trajectory, at=at, along=along, minimum=bowl.minimum)
    plane = slices.plane(bowl, at=at, along=along, reach=reach, points=101)
    suffix = " (standardised)" if bowl.standardise else ""
    contour = draw.contour(plane, trajectory, minimum=bowl.minimum, x_name=along[0] + suffix, y_name=along[1] + suffix)
    figures = {"fit": fit, "cost": curve, "contour": contour}
    return [draw.save(ax, folder / f"{name}.png", force=True) for name, ax in figures.items()]


def _two_that_matter(problem: Problem, trajectory: Trajectory) -> tuple[str, str]:
    """The two parameters whose way from the start to the minimum changes the cost most, each taken alone."""
    names = problem.bowl.names
    if len(names) == 2:
        return names[0], names[1]
    bends = problem.bowl.factor.norm(dim=0).tolist()
    lowest = problem.bowl.minimum
    weight = {
        name: bend * abs(float(lowest[name]) - float(trajectory.start[name]))
        for name, bend in zip(names, bends, strict=True)
    }
    first, second = sorted(sorted(names, key=lambda name: -weight[name])[:2], key=names.index)
    return first, second
