"""The plain, JSON-safe form of a report: what the page's modules read."""

from __future__ import annotations

import functools
import math
from typing import Any

import torch

from steepest import vectors
from steepest.cost.least_squares import LeastSquares
from steepest.diagnosis import Finding
from steepest.report import cuts
from steepest.report.data import Data, Story, numbered, sampled
from steepest.report.thinning import kept, rule_of_kept
from steepest.trajectory import Trajectory

FORMAT = 2
"""The version of the plain-data form."""

MOST_PARAMETERS = 200
"""Of a run with more parameters than these, the plain data hold costs and lengths of gradients only."""

MOST_NUMBERS, FEWEST_STEPS, MOST_STEPS, MOST_LIVE = 20_000, 40, 400, 120
"""So many numbers of a run are embedded at most, but no fewer steps than these, and no more; fewer where the page walks
by itself and only compares."""

MOST_POINTS, MOST_INPUTS = 1000, 10_000
"""So many points of the data are drawn at most, and so many inputs of them embedded."""


def to_plain(story: Story) -> dict[str, Any]:
    """Turn a story into numbers, strings and lists; what is not finite is null, and named in `not_finite`.

    Parameters are one a number, in the order of `names`; a run has a column for each thing that was measured.
    """
    run = story.run
    names = _names(run)
    runs = [(story.label, run, story.findings), *((label, *other) for label, other in story.others.items())]
    most = _most(names, live=story.bowl is not None)
    steps = {label: kept(other, most) for label, other, _ in runs}
    told: dict[str, Any] = {
        "format": FORMAT,
        "title": story.title,
        "y_name": "" if story.data is None else story.data.target,
        "x_names": [] if story.data is None else list(story.data.names),
        "runs": [
            _run(label, other, names, findings, chosen=steps[label], most=most) for label, other, findings in runs
        ],
        "parameters": vectors.size(run.end),
        "pair": _pair(story, names),
        "live": story.bowl and _live(story.bowl, story.data),
        "points": story.data and _points(story.data) if story.bowl is not None else None,
        "curvature": story.curvature and story.curvature.to_dict(),
        "derivation": {name: derivation.to_dict() for name, derivation in story.derivations.items()} or None,
        "slice": story.plane.to_dict() if story.plane is not None and story.bowl is None and names else None,
        "lowest": vectors.flat(story.minimum).tolist() if story.minimum is not None and names else None,
        "lowest_cost": story.floor,
        "cuts": [cuts.to_plain(cut, [label for label, _, _ in runs], steps) for cut in story.cuts],
        "density": story.density and story.density.to_dict(),
        "missing": story.missing,
    }
    for derivation in (told["derivation"] or {}).values():
        for line in derivation["lines"]:
            del line["latex"], line["mathml"]
    not_finite: dict[str, str] = {}
    told = _finite(told, "", not_finite)
    return told | {"not_finite": not_finite}


def _most(names: list[str], *, live: bool) -> int:
    return max(FEWEST_STEPS, min(MOST_LIVE if live else MOST_STEPS, MOST_NUMBERS // (2 * len(names) + 1)))


def _run(
    label: str, run: Trajectory, names: list[str], findings: tuple[Finding, ...], *, chosen: list[int], most: int
) -> dict[str, Any]:
    steps = [run.steps[index] for index in chosen]
    kind = functools.reduce(torch.promote_types, (value.dtype for value in run.end.values()))
    told: dict[str, Any] = {
        "label": label,
        "names": names,
        "rate": run.steps[-1].learning_rate,
        "kind": str(kind).removeprefix("torch."),
        "eps": torch.finfo(kind).eps,
        "outcome": run.outcome.word,
        "because": run.because,
        "epochs": [step.epoch for step in steps],
        "costs": [step.cost for step in steps],
        "params": None,
        "gradients": None,
        "gradient_lengths": [vectors.norm(step.gradient) for step in steps],
        "last_epoch": run.epochs,
        "rule": rule_of_kept(run, most),
        "findings": [finding.to_dict() | {"bad": finding.bad} for finding in findings],
    }
    if names:
        for part, rows in (("params", [step.params for step in steps]), ("gradients", [s.gradient for s in steps])):
            told[part] = torch.stack([vectors.flat(row).double().cpu() for row in rows]).T.tolist()
    return told


def _names(run: Trajectory) -> list[str]:
    """A name for each number; none where there are too many."""
    if vectors.size(run.end) > MOST_PARAMETERS:
        return []
    return [name for whole, value in run.end.items() for name in numbered(whole, value)]


def _pair(story: Story, names: list[str]) -> list[int] | None:
    if story.plane is not None and names:
        return [names.index(name) for name in story.plane.names]
    return None


def _live(bowl: LeastSquares, data: Data | None) -> dict[str, Any]:
    """All that a page needs to walk down by itself, in the data's own units, whatever the number of rows."""
    size = len(bowl.names)
    zero = bowl.standardised(bowl.zeros())
    flat = vectors.flat(zero)
    units = [
        vectors.flat(bowl.standardised(bowl.zeros() | {name: torch.ones((), dtype=torch.float64)})) - flat
        for name in bowl.names
    ]
    factor = bowl.factor / 2**0.5 @ torch.stack(units).T
    moments = bowl.moments
    return {
        "factor": torch.linalg.qr(factor).R.tolist() if len(factor) > size else factor.tolist(),
        "lowest": vectors.flat(bowl.in_own_units(bowl.minimum)).tolist(),
        "floor": float(bowl.value(bowl.minimum)),
        "examples": moments.examples,
        "intercept": moments.intercept,
        "mean": moments.mean.tolist(),
        "deviation": moments.deviation.tolist(),
        "standardised": bowl.standardise,
        "ridge": bowl.ridge,
        "draggable": data is not None and len(data.names) == 1,
    }


def _points(data: Data) -> dict[str, Any]:
    few = sampled(data, max(1, min(MOST_POINTS, MOST_INPUTS // len(data.names))))
    return {"inputs": few.inputs.tolist(), "targets": few.targets.tolist(), "examples": data.examples}


def _finite(value: Any, path: str, missing: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item, f"{path}.{key}" if path else str(key), missing) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item, f"{path}[{index}]", missing) for index, item in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        missing[path] = "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        return None
    return value
