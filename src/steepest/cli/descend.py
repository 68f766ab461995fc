"""`steepest descend`: walk, show the first epochs, keep the run, draw three figures, sum up."""

from __future__ import annotations

import itertools
import math
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.text import Text

from steepest import ranks, vectors
from steepest.cli import show
from steepest.cli.curvature import LONG_RUN
from steepest.cli.kept import keep_curvature
from steepest.cli.problem import RUN, Choices, Problem, distance, pose
from steepest.cost.least_squares import LeastSquares
from steepest.curvature import Curvature, above_minimum_after, curvature_at, epochs_until
from steepest.descent import descend, steps
from steepest.diagnosis import Finding, diagnose
from steepest.errors import SteepestError
from steepest.trajectory import Outcome, Trajectory
from steepest.vectors import Params

TRIAL_RATE, TRIAL_EPOCHS, EPOCHS = 0.01, 1001, 1000
RATES_TRIED = 400
MOST_ROWS = 24
WORTH_STANDARDISING = 100.0
STILL_ABOVE = 1e-3
"""A path has not settled if this share of its first height above the exact minimum is left."""


@dataclass(frozen=True)
class Rate:
    """A learning rate and why it is that one."""

    value: float
    why: str


def run(
    choices: Choices,
    *,
    learning_rate: str | None,
    epochs: int | None,
    gradient_below: float | None,
    change_below: float | None,
    output: Path | None,
    force: bool,
    resume: bool,
    figures: bool,
    report: bool,
    json: bool,
    shown: int,
) -> int:
    """Do what `steepest descend` was asked for and return the exit status."""
    ranks.refuse_many("steepest descend")
    began = time.perf_counter()
    out = show.console(stderr=json)
    problem = pose(choices)
    folder = output or Path("runs") / _slug(problem.table.name)
    path = _ready(folder, force=force, resume=resume)
    gradient = problem.bowl.value_and_gradient(_double(problem.start))[1]
    curvature = _curvature(problem)
    epochs = (TRIAL_EPOCHS if choices.table is None else EPOCHS) if epochs is None else epochs
    if resume and learning_rate in (None, "auto") and path.exists():
        rate = Rate(Trajectory.load(path).steps[0].learning_rate, "as the run began; more epochs alone change nothing")
    else:
        rate = _rate(learning_rate, choices, curvature, gradient, epochs)
    if gradient_below is None and choices.dtype == "float64":
        zeros = problem.bowl.value_and_gradient(problem.bowl.zeros())[1]
        gradient_below = 1e-9 * max(vectors.norm(gradient), vectors.norm(zeros))
    if shown:
        out.print(_headline(problem, rate))
        _print_first_epochs(out, problem, rate, min(shown, epochs))
    trajectory = descend(
        problem.cost,
        problem.start,
        learning_rate=rate.value,
        epochs=epochs,
        gradient_below=gradient_below,
        change_below=change_below,
        save=path,
        resume=resume,
        force=force,
        progress=bool(shown) and out.is_terminal,
    )
    keep_curvature(path, curvature)
    files = [path]
    if figures:
        from steepest.cli.figures import FIRST, Pictures

        files += Pictures(problem, trajectory).write(FIRST, folder, force=True)
    if report:
        from steepest.cli.page import PAGE, write_page

        files.append(write_page(problem, {"": trajectory}, folder / PAGE, force=True))
    walk = Walk(problem, trajectory, curvature, gradient, rate, files, time.perf_counter() - began)
    if json:
        show.document(walk.facts())
    elif shown:
        walk.print_summary(out)
    else:
        out.print(Text(f"{trajectory}"))
    if trajectory.outcome is Outcome.INTERRUPTED:
        print("steepest: interrupted; continue with --resume.", file=sys.stderr)
    return {Outcome.DIVERGED: 1, Outcome.INTERRUPTED: 130}.get(trajectory.outcome, 0)


def _ready(folder: Path, *, force: bool, resume: bool) -> Path:
    path = folder / RUN
    if force and resume:
        raise SteepestError("--force starts anew, --resume goes on", remedy="Give one of the two")
    if path.exists() and not force and not resume:
        raise SteepestError(
            f"there is a run in '{folder}' already",
            remedy="Continue it with --resume, replace it with --force, or choose another folder with -o",
        )
    if folder.is_file():
        raise SteepestError(f"'{folder}' is a file, and no folder", remedy="Name a folder with -o")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SteepestError(
            f"the folder '{folder}' cannot be made ({error.strerror})", remedy="Choose another with -o"
        ) from error
    return path


def _slug(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", Path(name).stem).strip("-.") or "table"


def _double(params: Params) -> Params:
    return {name: value.to("cpu", torch.float64) for name, value in params.items()}


def _curvature(problem: Problem) -> Curvature | None:
    try:
        return curvature_at(problem.bowl, _double(problem.start), method="exact")
    except SteepestError:  # too many parameters for an exact one: the walk goes on without
        return None


def _rate(asked: str | None, choices: Choices, curvature: Curvature | None, gradient: Params, epochs: int) -> Rate:
    if asked is None and choices.table is None:
        return Rate(TRIAL_RATE, "as in the lesson")
    if asked is None or asked == "auto":
        if curvature is None or curvature.learning_rate_limit is None:
            raise SteepestError(
                "--learning-rate auto: the curvature is not known here", remedy="Give a number, such as 0.01"
            )
        return _chosen(curvature, gradient, epochs)
    try:
        value = float(asked)
    except ValueError as error:
        point = asked.replace(",", ".")
        remedy = f"Write it with a point: {point}" if point != asked else "Give a number, or auto"
        raise SteepestError(f"--learning-rate {asked} is not a number", remedy=remedy) from error
    if value == 0 or not math.isfinite(value):
        raise SteepestError(
            f"--learning-rate {asked}: nothing could be learnt with it", remedy="Give a number, or auto"
        )
    return Rate(value, "as asked")


def _chosen(curvature: Curvature, gradient: Params, epochs: int) -> Rate:
    """The best rate in the worst case, if it arrives in time; else the one that gets lowest in the epochs there are."""
    limit, best = curvature.learning_rate_limit or 0.0, curvature.best_learning_rate
    height = above_minimum_after(curvature, gradient, learning_rate=0.0, epochs=0)
    known = f"; the limit is {limit:.4g}"
    if best is not None:
        needed = epochs_until(curvature, gradient, learning_rate=best, above_minimum=1e-3 * height)
        if needed is not None and needed <= epochs:
            why = "2 / (smallest + largest eigenvalue of the Hessian), the fastest fixed rate in the worst case"
            return Rate(best, f"auto: {why}{known}")
    rates = torch.linspace(0.5, 0.999, RATES_TRIED, dtype=torch.float64) * limit
    left = [above_minimum_after(curvature, gradient, learning_rate=float(r), epochs=epochs) for r in rates]
    lowest = float(rates[min(range(RATES_TRIED), key=lambda index: left[index])])
    return Rate(lowest, f"auto: no fixed rate arrives in {epochs} epochs; this one is predicted to get lowest{known}")


def _headline(problem: Problem, rate: Rate) -> Text:
    table, names = problem.table, problem.table.features
    listed = ", ".join(show.short(name, 24) for name in names[:6]) + (
        f" and {len(names) - 6} more" if names[6:] else ""
    )
    text = Text()
    text.append(f"{show.short(table.target, 40)} from {listed}", style="bold")
    text.append(f"   {table.name}, {problem.bowl.examples:,} rows\n", style="dim")
    for name, why in table.left_out.items():
        text.append(f"left out: {show.short(name, 40)} ({why})\n", style="dim")
    if table.dropped:
        text.append(f"{table.dropped:,} rows with an empty cell left out\n", style="dim")
    if problem.bowl.standardise:
        text.append("standardised: the steps below are for features with mean 0 and deviation 1\n", style="dim")
    text.append(f"learning rate {show.number(rate.value)} ({rate.why})\n", style="dim")
    return text


def _print_first_epochs(out: Console, problem: Problem, rate: Rate, count: int) -> None:
    inputs, _ = problem.table.sample()
    if problem.bowl.standardise:
        scale = torch.where(problem.bowl.moments.deviation > 0, problem.bowl.moments.deviation, 1.0)
        inputs = (inputs - problem.bowl.moments.mean) / scale
    walk = steps(problem.cost, problem.start, learning_rate=rate.value)
    first = list(itertools.islice(walk, count + 1))
    for step, following in itertools.pairwise(first):
        out.print(show.four_steps(step, following, inputs, problem.bowl.examples))


@dataclass(frozen=True)
class Walk:
    """All that the summary tells."""

    problem: Problem
    trajectory: Trajectory
    curvature: Curvature | None
    gradient: Params
    rate: Rate
    files: list[Path]
    seconds: float

    def print_summary(self, out: Console) -> None:
        """Print the outcome, the answer beside the exact one, the verdict, what limits the speed, and the files."""
        problem, trajectory, bowl = self.problem, self.trajectory, self.problem.bowl
        style = {Outcome.SETTLED: "green", Outcome.DIVERGED: "red", Outcome.INTERRUPTED: "yellow"}
        out.print(Text(trajectory.because, style=f"bold {style.get(trajectory.outcome, 'blue')}"))
        walked, exact = show.by_name(problem.in_own_units(trajectory.end)), show.by_name(problem.exact)
        rows = [
            (
                show.short(name, 40),
                show.number(walked[name]),
                show.number(exact[name]),
                show.number(walked[name] - exact[name], 3),
            )
            for name in exact
        ]
        if len(rows) > MOST_ROWS:
            hidden = len(rows) - MOST_ROWS + 1
            rows = [*rows[: MOST_ROWS - 2], (f"… {hidden} more", "", "", ""), rows[-1]]
        cost, floor = trajectory.steps[-1].cost, float(bowl.value(bowl.minimum))
        rows.append(("cost", show.number(cost), show.number(floor), show.number(cost - floor, 3)))
        out.print(show.grid(("", "walked", "exact", "difference"), rows))
        first = self.findings[0]
        advice = self.stuck(first, cost, floor) or first.advice
        lines = [("verdict", f"{first.rule}: {first.claim}\n{advice}"), ("speed", self.speed())]
        poorest = min(bowl.digits, key=lambda name: bowl.digits[name])
        if bowl.digits[poorest] < 6:
            lines.append(
                ("digits", f"columns nearly repeat each other: of '{poorest}', trust {bowl.digits[poorest]:.0f} digits")
            )
        lines.append(("files", "\n".join(str(path) for path in self.files)))
        lines.append(("time", f"{self.seconds:.2f} s"))
        out.print(show.facts(lines, width=8))

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The verdict, with what the bowl knows; in the parameters that were walked."""
        return diagnose(self.trajectory, curvature=self.curvature)

    def stuck(self, finding: Finding, cost: float, floor: float) -> str:
        """Say where a path that seems to have come to rest has not, which only the exact minimum can tell."""
        left, first = cost - floor, self.trajectory.steps[0].cost - floor
        if finding.rule != "settled" or not left > STILL_ABOVE * first:
            return ""
        own = not self.problem.bowl.standardise
        return (
            f"Yet the exact minimum is lower by {show.number(left)}: some directions are so flat beside the steepest "
            "that no fixed rate moves along them. " + ("Walk with --standardise." if own else "Leave such columns out.")
        )

    def speed(self) -> str:
        """Say what limits the speed, with the numbers."""
        curvature, value = self.curvature, self.rate.value
        if curvature is None:
            return "not measured: too many parameters"
        lines = [curvature.why]
        if curvature.condition_number is not None:
            half = curvature.half_life(value)
            slowest = f"halves its distance every {half:.4g} epochs" if half < math.inf else "does not shrink"
            lines = [f"condition number {curvature.condition_number:.4g}; the slowest mode {slowest}"]
        limit, best = curvature.learning_rate_limit, curvature.best_learning_rate
        if limit is not None:
            lines.append(f"learning rate {value:.6g} is {value / limit:.3g} of the limit {limit:.6g} (2 / sharpness)")
        height = above_minimum_after(curvature, self.gradient, learning_rate=0.0, epochs=0)
        if best is not None and height > 0:
            now, then = (
                epochs_until(curvature, self.gradient, learning_rate=rate, above_minimum=1e-3 * height)
                for rate in (value, best)
            )
            lines.append(
                f"to within {1e-3 * height:.4g} of the minimum, a thousandth of the first height: "
                + (f"{now:,} epoch{'s' * (now != 1)}" if now is not None else "never")
                + (f"; {then:,} at {best:.6g}, {LONG_RUN}" if then is not None and then != now else "")
            )
        standardised = self.standardised_condition_number
        if standardised is not None:
            lines.append(f"with --standardise the condition number would be {standardised:.4g}")
        return "\n".join(lines)

    @property
    def standardised_condition_number(self) -> float | None:
        """What standardising would buy, where it is worth saying."""
        now = self.curvature and self.curvature.condition_number
        bowl = self.problem.bowl
        if bowl.standardise or bowl.ridge or now is None or now < WORTH_STANDARDISING:
            return None
        other = LeastSquares(bowl.moments, names=bowl.names, standardise=True)
        then = curvature_at(other, other.zeros(), method="exact").condition_number
        return then if then is not None and then < now / 10 else None

    def facts(self) -> dict[str, Any]:
        """Give the summary as plain data."""
        problem, trajectory, curvature = self.problem, self.trajectory, self.curvature
        last, end, exact = trajectory.steps[-1], problem.in_own_units(trajectory.end), problem.exact
        facts: dict[str, Any] = {
            "outcome": trajectory.outcome.word,
            "because": trajectory.because,
            "epochs": trajectory.epochs,
            "cost": last.cost,
            "parameters": show.by_name(end),
            "gradient": show.by_name(last.gradient),
            "learning_rate": self.rate.value,
            "learning_rate_why": self.rate.why,
            "learning_rate_limit": curvature.learning_rate_limit if curvature else None,
            "condition_number": curvature.condition_number if curvature else None,
            "exact": {
                "parameters": show.by_name(exact),
                "cost": float(problem.bowl.value(problem.bowl.minimum)),
                "distance": distance(end, exact),
                "digits": problem.bowl.digits,
            },
            "verdict": [finding.to_dict() for finding in self.findings],
            "table": problem.table.name,
            "target": problem.table.target,
            "features": list(problem.table.features),
            "rows": problem.bowl.examples,
            "files": [str(path) for path in self.files],
            "seconds": self.seconds,
        }
        if problem.bowl.standardise:
            facts["standardised_parameters"] = show.by_name(trajectory.end)
        return facts
