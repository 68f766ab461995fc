"""What a report tells: everything that can be known of a run, gathered once, and its plain, JSON-safe form."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from steepest import slices, vectors
from steepest.cost import Cost
from steepest.curvature import Curvature, curvature_at
from steepest.derivation import Derivation, derive
from steepest.diagnosis import Finding, diagnose
from steepest.errors import SteepestError, near
from steepest.report.thinning import chosen, rule
from steepest.slices import Slice
from steepest.trajectory import Outcome, Step, Trajectory
from steepest.vectors import Params

FORMAT = 1
"""The version of the plain-data form."""

MOST_NUMBERS = 1000
"""Of a run with more parameters than these, the plain data hold costs and lengths of gradients only."""

POINTS_CHEAP, POINTS = 61, 41
"""Points along each side of the plane: of a bowl known by its factor, and of a cost that needs a forward pass."""


@dataclass(frozen=True)
class Story:
    """A run and what was found out about it; `missing` has a sentence for each part that could not be made."""

    run: Trajectory
    title: str
    x_name: str
    y_name: str
    inputs: Tensor | None
    targets: Tensor | None
    findings: tuple[Finding, ...]
    shown: Step
    curvature: Curvature | None = None
    derivations: dict[str, Derivation] = field(default_factory=dict)
    plane: Slice | None = None
    minimum: Params | None = None
    floor: float | None = None
    fits: bool = False
    missing: dict[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Turn the story into numbers, strings and lists; what is not finite is null, and named in `not_finite`."""
        run = self.run
        kept = [run.steps[index] for index in chosen(run)]
        told: dict[str, Any] = {
            "format": FORMAT,
            "title": self.title,
            "x_name": self.x_name,
            "y_name": self.y_name,
            "run": Trajectory(tuple(kept), run.outcome, run.because, run.every).to_dict(),
            "findings": [finding.to_dict() for finding in self.findings],
            "curvature": self.curvature and self.curvature.to_dict(),
            "derivation": {name: derivation.to_dict() for name, derivation in self.derivations.items()} or None,
            "slice": self.plane and self.plane.to_dict(),
            "minimum": self.minimum and {name: value.tolist() for name, value in self.minimum.items()},
            "lowest_cost": self.floor,
            "missing": self.missing,
        }
        for step, plain in zip(kept, told["run"]["steps"], strict=True):
            plain["gradient_length"] = vectors.norm(step.gradient)
        if vectors.size(run.end) > MOST_NUMBERS:
            for plain in told["run"]["steps"]:
                plain["params"] = plain["gradient"] = None
            for part in ("slice", "minimum"):
                told[part] = None
        told["run"] |= {
            "kept_steps": len(run.steps),
            "epochs": run.epochs,
            "rule": rule(run),
            "numbers_left_out": vectors.size(run.end) > MOST_NUMBERS,
        }
        missing: dict[str, str] = {}
        told = _finite(told, "", missing)
        return told | {"not_finite": missing}


def gather(
    run: Trajectory,
    *,
    cost: Cost | None,
    inputs: Tensor | None,
    targets: Tensor | None,
    x_name: str,
    y_name: str,
    title: str | None,
    along: tuple[str, str] | None,
) -> Story:
    """Find out what can be known; a part that cannot be made is missing, with the reason in words."""
    if not run.steps:
        raise SteepestError("the run has no step", remedy="Give a run that measured at least its start")
    if (inputs is None) != (targets is None):
        raise SteepestError("inputs and targets belong together", remedy="Give both, or neither")
    finite = [step for step in run.steps if math.isfinite(step.cost) and _all_finite(step.params)]
    shown = finite[-1] if finite else run.steps[0]
    missing: dict[str, str] = {}
    facts: dict[str, Any] = {}
    curvature = None
    if cost is not None:
        for name in run.end:
            if name not in cost.names:
                raise SteepestError(
                    f"the run has a parameter '{name}', and the cost has none of that name",
                    remedy=near(name, cost.names),
                )
        lowest = cost.minimum
        facts["minimum"], facts["floor"] = lowest, None if lowest is None else float(cost.value(lowest))
        try:
            curvature = curvature_at(cost, shown.params)
        except SteepestError as reason:
            missing["curvature"] = str(reason)
        try:
            facts["plane"] = _plane(cost, run, shown, along)
        except SteepestError as reason:
            if along is not None:
                raise
            missing["slice"] = str(reason)
    if inputs is not None and targets is not None:
        derivations, why = _derived(run, finite, inputs, targets)
        facts |= {"fits": derivations is not None, "derivations": derivations or {}}
        missing |= {"derivation": why} if why else {}
    # Of a curved cost, the curvature holds at its own place only, and the verdict is about the run's end.
    holds = cost is not None and (cost.factor is not None or shown is run.steps[-1])
    return Story(
        run=run,
        title=title or (f"{y_name} from {x_name}" if inputs is not None else f"A descent of {run.epochs:,} epochs"),
        x_name=x_name,
        y_name=y_name,
        inputs=inputs,
        targets=targets,
        findings=diagnose(run, curvature=curvature if holds else None),
        shown=shown,
        curvature=curvature,
        missing=missing,
        **facts,
    )


def _derived(
    run: Trajectory, finite: Sequence[Step], inputs: Tensor, targets: Tensor
) -> tuple[dict[str, Derivation] | None, str]:
    """Derive the gradient where the model is linear, None where it is not, and say why something is missing."""
    linear = _is_linear(finite, inputs, targets)
    if not finite:
        return None, "The run has no finite cost, so nothing tells whether its model is linear."
    if not linear:
        return None, (
            "The costs of this run are not the mean squared errors of a linear model on these inputs and targets, "
            "so neither its picture nor its derivation would be true of the run."
        )
    try:
        return derive("linear", run.start, inputs, targets), ""
    except SteepestError as reason:
        return {}, str(reason)


def _plane(cost: Cost, run: Trajectory, shown: Step, along: tuple[str, str] | None) -> Slice:
    names = along or _two_that_matter(run)
    at = run.start if run.outcome is Outcome.DIVERGED else shown.params
    reach = slices.reach_around(run, at=at, along=names, minimum=cost.minimum)
    return slices.plane(cost, at=at, along=names, reach=reach, points=POINTS if cost.factor is None else POINTS_CHEAP)


def _two_that_matter(run: Trajectory) -> tuple[str, str]:
    """The two parameters that changed the cost most, to first order: `|gradient at the start * way to the end|`."""
    names = [name for name, value in run.end.items() if value.numel() == 1]
    if len(names) < 2:
        raise SteepestError(
            f"{len(names)} of the parameters are single numbers, and a plane is spanned by two",
            remedy="Draw another cut with plane() and draw.contour",
        )
    slopes = run.steps[0].gradient
    weight = {name: abs(float(slopes[name]) * (float(run.end[name]) - float(run.start[name]))) for name in names}
    heavy = sorted(names, key=lambda name: -weight[name] if math.isfinite(weight[name]) else 0.0)[:2]
    first, second = sorted(heavy, key=names.index)
    return first, second


def _is_linear(steps: Sequence[Step], inputs: Tensor, targets: Tensor) -> bool:
    """Whether a linear model under mean squared error has the costs that the run measured, at its start and lowest."""
    columns, aims = inputs.detach().double().reshape(len(inputs), -1).cpu(), targets.detach().double().reshape(-1).cpu()
    if len(columns) != len(aims):
        raise SteepestError(
            f"there are {len(columns):,} inputs and {len(aims):,} targets", remedy="Give one target for each input"
        )
    count = columns.shape[1]
    for step in (*steps[:1], *sorted(steps, key=lambda step: step.cost)[:1]):
        flat = vectors.flat(step.params).detach().double().cpu()
        if len(flat) not in (count, count + 1):
            return False
        estimates = columns @ flat[:count] + (flat[count] if len(flat) > count else 0.0)
        found = float((estimates - aims).square().mean())
        # Single precision at worst; where nearly nothing is left of the cost, the targets' own size rules.
        if not abs(found - step.cost) <= 1e-4 * abs(step.cost) + 1e-6 * float(aims.square().mean()):
            return False
    return bool(steps)


def _all_finite(params: Params) -> bool:
    return all(bool(torch.isfinite(value).all()) for value in params.values())


def _finite(value: Any, path: str, missing: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item, f"{path}.{key}" if path else str(key), missing) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item, f"{path}[{index}]", missing) for index, item in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        missing[path] = "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        return None
    return value
