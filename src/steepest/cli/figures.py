"""The pictures of a walk down a table's cost, each by its name."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from steepest import draw, slices
from steepest.cli.problem import Problem
from steepest.descent import descend
from steepest.errors import SteepestError, door, near
from steepest.slices import Slice
from steepest.trajectory import Outcome, Step, Trajectory

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FIRST = ("fit", "cost", "contour")
"""What a walk leaves unasked."""

POINTS = 101
COMPARED_SHARES = (0.02, 0.2, 0.5, 0.9, 1.02)
"""Learning rates side by side, as shares of the limit: crawling to diverging."""

COMPARED_EPOCHS = 300


@dataclass(frozen=True)
class Pictures:
    """Pictures of one walk; each method draws one and gives its axes back."""

    problem: Problem
    run: Trajectory

    @functools.cached_property
    def shown(self) -> Step:
        """The last step whose cost is finite."""
        finite = [step for step in self.run.steps if math.isfinite(step.cost)]
        return finite[-1] if finite else self.run.steps[0]

    @functools.cached_property
    def along(self) -> tuple[str, str]:
        """The two parameters whose way from the start to the minimum changes the cost most, each taken alone."""
        bowl = self.problem.bowl
        bends = bowl.factor.norm(dim=0).tolist()
        weight = {
            name: bend * abs(float(bowl.minimum[name]) - float(self.run.start[name]))
            for name, bend in zip(bowl.names, bends, strict=True)
        }
        first, second = sorted(sorted(bowl.names, key=lambda name: -weight[name])[:2], key=bowl.names.index)
        return first, second

    @functools.cached_property
    def plane(self) -> Slice:
        """The cost on the plane of these two, around the walk."""
        bowl = self.problem.bowl
        origin = self.run.start if self.run.outcome is Outcome.DIVERGED else self.shown.params
        at = {name: value.to(bowl.minimum[name]) for name, value in origin.items()}
        reach = slices.reach_around(self.run, at=at, along=self.along, minimum=bowl.minimum)
        return slices.plane(bowl, at=at, along=self.along, reach=reach, points=POINTS)

    def title(self, name: str) -> str:
        """A parameter's name, with the scale it is walked in."""
        return name + " (standardised)" * self.problem.bowl.standardise

    def fit(self) -> Axes:
        return self._fit_at(self.shown)

    def squares(self) -> Axes:
        return self._fit_at(self.run.steps[0])

    def _fit_at(self, step: Step) -> Axes:
        table, bowl = self.problem.table, self.problem.bowl
        inputs, targets = table.sample()
        return draw.fit(
            inputs,
            targets,
            params=self.problem.in_own_units(step.params),
            cost=step.cost,
            gradient=None if bowl.standardise else step.gradient,
            exact=self.problem.exact,
            x_name=table.features[0] if len(table.features) == 1 else "input",
            y_name=table.target,
            rows=bowl.examples,
        )

    def cost(self) -> Axes:
        return draw.cost_curve(self.run, minimum=self._floor)

    def contour(self) -> Axes:
        x_name, y_name = map(self.title, self.along)
        return draw.contour(self.plane, self.run, minimum=self.problem.bowl.minimum, x_name=x_name, y_name=y_name)

    def surface(self) -> Axes:
        x_name, y_name = map(self.title, self.along)
        return draw.surface(self.plane, self.run, minimum=self.problem.bowl.minimum, x_name=x_name, y_name=y_name)

    def slope(self) -> Axes:
        bowl, name, step = self.problem.bowl, self.along[0], self.run.steps[0]
        at, lowest = float(step.params[name]), float(bowl.minimum[name])
        wide = max(abs(lowest - at), 1e-3 * abs(at), 1e-9)
        origin = {other: value.to(bowl.minimum[other]) for other, value in step.params.items()}
        line = slices.line(bowl, at=origin, along=name, reach=(min(at, lowest) - wide, max(at, lowest) + 0.3 * wide))
        slope = float(step.gradient[name])
        return draw.slope(line, at=at, slope=slope, cost=step.cost, x_name=self.title(name))

    def steps(self) -> Axes:
        table, bowl, first = self.problem.table, self.problem.bowl, self.run.steps[0]
        if len(table.features) != 1 or bowl.standardise or bowl.ridge or (bowl.examples or 0) > len(table.sample()[1]):
            raise SteepestError(
                "the four steps are drawn for a line in its own units over all its rows",
                remedy="Draw the trial, or a table with one feature and at most 2000 rows",
            )
        inputs, targets = table.sample()
        x_name, y_name = table.features[0], table.target
        following = self.run.steps[1] if len(self.run.steps) > 1 and self.run.every == 1 else None
        return draw.four_steps(first, following, inputs[:, 0], targets, x_name=x_name, y_name=y_name)[0]

    def rates(self) -> Axes:
        bowl = self.problem.bowl
        limit = 2 / float(torch.linalg.svdvals(bowl.factor)[0]) ** 2
        start = {name: value.to(bowl.minimum[name]) for name, value in self.run.start.items()}
        runs = {
            rate: descend(bowl, start, learning_rate=rate, epochs=COMPARED_EPOCHS)
            for rate in (float(f"{share * limit:.3g}") for share in COMPARED_SHARES)
        }
        return draw.rates(runs, minimum=self._floor)

    def gradients(self) -> Axes:
        table, bowl, step = self.problem.table, self.problem.bowl, self.run.steps[0]
        inputs, targets = table.sample()
        if len(table.features) != 1 or bowl.standardise or bowl.ridge or (bowl.examples or 0) > len(targets):
            raise SteepestError(
                "single gradients are drawn for a line in its own units over all its rows",
                remedy="Draw the trial, or a table with one feature and at most 2000 rows",
            )
        m, b = (float(value) for value in step.params.values())
        twice = 2 * (m * inputs[:, 0] + b - targets)
        single = torch.stack([twice * inputs[:, 0], twice], dim=1)
        return draw.gradients(single, step.gradient, names=self.along)

    def animation(self, path: Path, *, force: bool) -> Path:
        table, bowl = self.problem.table, self.problem.bowl
        a_line = len(table.features) == 1 and not bowl.standardise
        inputs, targets = table.sample() if a_line else (None, None)
        names = (table.features[0], table.target)
        return draw.animate(
            self.run,
            path,
            slice=self.plane,
            inputs=inputs,
            targets=targets,
            minimum=bowl.minimum,
            x_name=names[0],
            y_name=names[1],
            force=force,
        )

    @property
    def _floor(self) -> float:
        return float(self.problem.bowl.value(self.problem.bowl.minimum))

    def write(self, names: tuple[str, ...], folder: Path, *, force: bool) -> list[Path]:
        """Draw what is named into a folder, and give the files; what suits only a line is left out of "all"."""
        for name in names:
            if name not in (*ALL, "all"):
                raise SteepestError(f"there is no picture '{name}'", remedy=near(name, (*ALL, "all")))
        folder.mkdir(parents=True, exist_ok=True)
        files = []
        for name in ALL if "all" in names else names:
            try:
                with door("draw"):
                    if name == "animation":
                        files.append(self.animation(folder / "animation.gif", force=force))
                    else:
                        files.append(draw.save(getattr(self, name)(), folder / f"{name}.png", force=force))
            except SteepestError:
                if "all" not in names or name not in ("steps", "gradients"):
                    raise
        return files


ALL = (*FIRST, "squares", "surface", "slope", "steps", "rates", "gradients", "animation")
