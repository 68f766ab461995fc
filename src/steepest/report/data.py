"""What a report tells: everything that can be known of a run, gathered once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from steepest import slices, vectors
from steepest.cost import Cost
from steepest.cost.least_squares import LeastSquares
from steepest.curvature import Curvature, SpectralDensity, curvature_at
from steepest.derivation import Derivation, derive
from steepest.diagnosis import Finding, diagnose
from steepest.errors import SteepestError, near
from steepest.report.cuts import Cut, gather_cuts
from steepest.slices import Slice
from steepest.trajectory import Outcome, Step, Trajectory
from steepest.vectors import Params

POINTS_CHEAP, POINTS = 61, 41
"""Points along each side of the plane: of a bowl known by its factor, and of a cost that needs a forward pass."""


@dataclass(frozen=True)
class Data:
    """What the model was fitted to: inputs `(rows, features)`, targets `(rows,)`; a sample where `examples` is more."""

    inputs: Tensor
    targets: Tensor
    names: tuple[str, ...]
    target: str
    examples: int

    @property
    def all(self) -> bool:
        """Whether every example is here."""
        return self.examples == len(self.targets)


@dataclass(frozen=True)
class Story:
    """A run, others beside it, and what was found out; `missing` has a sentence for each part that was not made."""

    run: Trajectory
    label: str
    title: str
    data: Data | None
    findings: tuple[Finding, ...]
    shown: Step
    others: dict[str, tuple[Trajectory, tuple[Finding, ...]]] = field(default_factory=dict)
    curvature: Curvature | None = None
    derivations: dict[str, Derivation] = field(default_factory=dict)
    plane: Slice | None = None
    cuts: tuple[Cut, ...] = ()
    density: SpectralDensity | None = None
    minimum: Params | None = None
    floor: float | None = None
    bowl: LeastSquares | None = None
    missing: dict[str, str] = field(default_factory=dict)

    @property
    def fits(self) -> bool:
        """Whether the run is that of a linear model on the data at hand."""
        return self.bowl is not None and self.data is not None

    def in_own_units(self, params: Params) -> Params:
        """Parameters in the units of the data."""
        return params if self.bowl is None else self.bowl.in_own_units(params)


def gather(
    runs: Trajectory | Mapping[str, Trajectory],
    *,
    cost: Cost | None = None,
    inputs: Tensor | None = None,
    targets: Tensor | None = None,
    x_name: str | Sequence[str] = "input",
    y_name: str = "target",
    title: str | None = None,
    along: tuple[str, str] | None = None,
    slices: Slice | Mapping[str, Slice] | None = None,
    curvature: Curvature | None = None,
    density: SpectralDensity | None = None,
) -> Story:
    """Find out what can be known; a part that cannot be made is missing, with the reason in words."""
    label, run, others = _told_apart(runs)
    if isinstance(cost, LeastSquares) and any(value.ndim for value in run.end.values()):
        cost, run, *rest = _one_number_each(cost, run, *(other for _, other in others))
        others = [(name, other) for (name, _), other in zip(others, rest, strict=True)]
    data = _read(inputs, targets, x_name, y_name, cost)
    finite = [step for step in run.steps if math.isfinite(step.cost) and _all_finite(step.params)]
    shown = finite[-1] if finite else run.steps[0]
    missing: dict[str, str] = {}
    facts: dict[str, Any] = {}
    bowl, why = _bowl(cost, data, run, finite)
    if why:
        missing["data and fit"] = why
    cost = cost or bowl
    if cost is not None:
        for name in run.end:
            if name not in cost.names:
                raise SteepestError(
                    f"the run has a parameter '{name}', and the cost has none of that name",
                    remedy=near(name, cost.names),
                )
        cost = bowl or cost
        lowest = cost.minimum
        facts["minimum"], facts["floor"] = lowest, None if lowest is None else float(cost.value(lowest))
        try:
            curvature = curvature or curvature_at(cost, shown.params)
        except SteepestError as reason:
            missing["curvature"] = str(reason)
        try:
            facts["plane"] = _plane(cost, run, shown, along)
        except SteepestError as reason:
            if along is not None:
                raise
            if slices is None:
                missing["slice"] = str(reason)
    if bowl is not None and data is not None and data.all:
        try:
            facts["derivations"] = _derived(bowl, run, data, along or two_that_matter(run))
        except SteepestError as reason:
            missing["derivation"] = str(reason)
    # Of a curved cost, the curvature holds at its own place only, and the verdict is about the run's end.
    exact = cost is not None and cost.factor is not None
    whole = curvature is not None and curvature.directions.shape[-1] == vectors.size(run.end)
    holds = whole and (exact or shown is run.steps[-1])
    names = "" if data is None else ", ".join(data.names[:3]) + ("" if len(data.names) <= 3 else ", …")
    cuts = gather_cuts(
        slices, {label: run, **dict(others)}, leading=label, curvature=curvature, measured_at=shown.params
    )
    return Story(
        run=run,
        label=label,
        title=title or (f"{y_name} from {names}" if data is not None else f"A descent of {run.epochs:,} epochs"),
        data=data,
        findings=diagnose(run, curvature=curvature if holds else None),
        shown=shown,
        others={name: (other, diagnose(other, curvature=curvature if exact else None)) for name, other in others},
        curvature=curvature,
        cuts=cuts,
        density=density,
        bowl=bowl,
        missing=missing,
        **facts,
    )


def _told_apart(
    runs: Trajectory | Mapping[str, Trajectory],
) -> tuple[str, Trajectory, list[tuple[str, Trajectory]]]:
    """Tell the run that leads from those it is compared with."""
    named = [*runs.items()] if isinstance(runs, Mapping) else [("", runs)]
    if not named:
        raise SteepestError("there is no run", remedy="Give one, or several by their names")
    label, run = named[0]
    for name, other in named:
        which = f"run '{name}'" if name else "the run"
        if not other.steps:
            raise SteepestError(f"{which} has no step", remedy="Give a run that measured at least its start")
        if {n: value.shape for n, value in other.end.items()} != {n: value.shape for n, value in run.end.items()}:
            raise SteepestError(
                f"{which} has parameters {', '.join(other.end)}; '{label}' has {', '.join(run.end)}",
                cause="They went down different costs",
                remedy="Compare runs down one cost",
            )
    return label, run, named[1:]


def _read(
    inputs: Tensor | None, targets: Tensor | None, x_name: str | Sequence[str], y_name: str, cost: Cost | None
) -> Data | None:
    if inputs is None and targets is None:
        return None
    if inputs is None or targets is None:
        raise SteepestError("inputs and targets belong together", remedy="Give both, or neither")
    columns = inputs.detach().to("cpu", torch.float64).reshape(len(inputs), -1)
    aims = targets.detach().to("cpu", torch.float64).reshape(-1)
    if len(columns) != len(aims):
        raise SteepestError(
            f"there are {len(columns):,} inputs and {len(aims):,} targets", remedy="Give one target for each input"
        )
    count = columns.shape[1]
    names = (x_name,) if isinstance(x_name, str) else tuple(x_name)
    if len(names) == 1 < count:
        names = tuple(f"{names[0]} {place}" for place in range(1, count + 1))
    if len(names) != count:
        raise SteepestError(f"there are {count} inputs, and {len(names)} names for them", remedy="Give one name each")
    known = cost.examples if isinstance(cost, LeastSquares) else None
    return Data(columns, aims, names, y_name, max(len(aims), known or 0))


def _bowl(
    cost: Cost | None, data: Data | None, run: Trajectory, finite: Sequence[Step]
) -> tuple[LeastSquares | None, str]:
    """The cost as a bowl that a page can walk down itself, or why it is none; its names are one a number."""
    if isinstance(cost, LeastSquares):
        return cost, ""
    if data is None:
        return None, ""
    if not finite:
        return None, "The run has no finite cost, so nothing tells whether its model is linear."
    if not _is_linear(finite, data) or any(value.ndim for value in run.end.values()):
        return None, (
            "The costs of this run are not the mean squared errors of a linear model on these inputs and targets, "
            "so neither its picture nor its derivation would be true of the run."
        )
    intercept = len(run.end) > len(data.names)
    try:
        return Cost.least_squares(data.inputs, data.targets, names=tuple(run.end), intercept=intercept), ""
    except SteepestError as reason:
        return None, str(reason)


def _one_number_each(cost: LeastSquares, *runs: Trajectory) -> tuple[LeastSquares, *tuple[Trajectory, ...]]:
    """The same cost and runs, every weight a parameter of its own."""
    names = [name for whole, value in runs[0].end.items() for name in numbered(whole, value)]

    def apart(params: Params) -> Params:
        return dict(zip(names, vectors.flat(params).unbind(), strict=True))

    return (
        LeastSquares(cost.moments, names=names, ridge=cost.ridge, standardise=cost.standardise),
        *(
            replace(
                run,
                steps=tuple(
                    replace(step, params=apart(step.params), gradient=apart(step.gradient)) for step in run.steps
                ),
            )
            for run in runs
        ),
    )


def numbered(name: str, value: Tensor) -> list[str]:
    """A name for each number of a parameter."""
    return [f"{name}[{index}]" for index in range(value.numel())] if value.ndim else [name]


def _derived(bowl: LeastSquares, run: Trajectory, data: Data, names: tuple[str, str]) -> dict[str, Derivation]:
    """Derive the gradient by the two parameters that are shown, in the parameters that were walked."""
    if bowl.ridge or not bowl.moments.intercept:
        raise SteepestError("the derivation is that of a linear model with intercept and without penalty")
    inputs = data.inputs
    if bowl.standardise:
        deviation = torch.where(bowl.moments.deviation > 0, bowl.moments.deviation, 1.0)
        inputs = (inputs - bowl.moments.mean) / deviation
    return {name: derive("linear", run.start, inputs, data.targets, only=name)[name] for name in names}


def _plane(cost: Cost, run: Trajectory, shown: Step, along: tuple[str, str] | None) -> Slice:
    names = along or two_that_matter(run)
    at = run.start if run.outcome is Outcome.DIVERGED else shown.params
    reach = slices.reach_around(run, at=at, along=names, minimum=cost.minimum)
    return slices.plane(cost, at=at, along=names, reach=reach, points=POINTS if cost.factor is None else POINTS_CHEAP)


def two_that_matter(run: Trajectory) -> tuple[str, str]:
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


def _is_linear(steps: Sequence[Step], data: Data) -> bool:
    """Whether a linear model under mean squared error has the costs that the run measured, at its start and lowest."""
    count = data.inputs.shape[1]
    for step in (*steps[:1], *sorted(steps, key=lambda step: step.cost)[:1]):
        flat = vectors.flat(step.params).detach().double().cpu()
        if len(flat) not in (count, count + 1):
            return False
        estimates = data.inputs @ flat[:count] + (flat[count] if len(flat) > count else 0.0)
        found = float((estimates - data.targets).square().mean())
        # Single precision at worst; where nearly nothing is left of the cost, the targets' own size rules.
        if not abs(found - step.cost) <= 1e-4 * abs(step.cost) + 1e-6 * float(data.targets.square().mean()):
            return False
    return bool(steps)


def _all_finite(params: Params) -> bool:
    return all(bool(torch.isfinite(value).all()) for value in params.values())


def sampled(data: Data, most: int) -> Data:
    """Thin the rows evenly to at most so many."""
    if len(data.targets) <= most:
        return data
    places = torch.linspace(0, len(data.targets) - 1, most, dtype=torch.float64).round().long()
    return replace(data, inputs=data.inputs[places], targets=data.targets[places])
