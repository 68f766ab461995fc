"""The slices of a report: each with the runs laid on it, and what is to be said of it; never with its parameters."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from torch import Tensor

from steepest import vectors
from steepest.curvature import Curvature
from steepest.diagnosis import Finding, diagnose_slice
from steepest.diagnosis.seen import Seen
from steepest.errors import SteepestError
from steepest.slices import Projection, Slice, project
from steepest.trajectory import Trajectory
from steepest.vectors import Params


@dataclass(frozen=True)
class Cut:
    """A slice by its name, the runs that lie on it, and the verdict; `missing` says why a run does not."""

    name: str
    slice: Slice
    findings: tuple[Finding, ...]
    paths: dict[str, Projection] = field(default_factory=dict)
    missing: str = ""


def gather_cuts(
    slices: Slice | Mapping[str, Slice] | None,
    runs: Mapping[str, Trajectory],
    *,
    leading: str,
    curvature: Curvature | None,
    measured_at: Params,
) -> tuple[Cut, ...]:
    """Lay every run on every slice, and judge each; the curvature is that of one place, and so of slices through it."""
    named = {", ".join(slices.names): slices} if isinstance(slices, Slice) else slices or {}
    if not isinstance(named, Mapping):
        raise SteepestError(
            f"the slices are a {type(named).__name__}",
            remedy='Give one slice, or several by name: {"principal": slice}',
        )
    found = []
    for name, cut in named.items():
        if not isinstance(cut, Slice):
            raise SteepestError(
                f"slice '{name}' is a {type(cut).__name__}", remedy="Give what line(), plane() or read_slice() returned"
            )
        paths, missing = _laid(cut, runs)
        here = curvature if _through(cut.origin, measured_at) else None
        rate = runs[leading].steps[-1].learning_rate if here else None
        findings = diagnose_slice(cut, projection=paths.get(leading), curvature=here, learning_rate=rate)
        found.append(Cut(name, cut, findings, paths, missing))
    return tuple(found)


def _laid(cut: Slice, runs: Mapping[str, Trajectory]) -> tuple[dict[str, Projection], str]:
    if not cut.origin:
        return {}, "The slice has no parameters, so that no run can be laid on it."
    try:
        return {label: project(run, onto=cut) for label, run in runs.items()}, ""
    except SteepestError as reason:
        return {}, str(reason)


def _through(origin: Params, place: Params) -> bool:
    """Whether a slice goes through a place at its own origin."""
    if list(origin) != list(place) or any(origin[name].shape != place[name].shape for name in origin):
        return False
    return bool(vectors.flat(origin).cpu().equal(vectors.flat(place).to(vectors.flat(origin)).cpu()))


def to_plain(cut: Cut, labels: Sequence[str], steps: Mapping[str, Sequence[int]]) -> dict[str, Any]:
    """Turn a slice into what a page draws; grids are base64 of little-endian float64, with NaN and infinities in them.

    `steps` are the steps of each run that the page plays back, of which only coordinates are kept.
    """
    slice = cut.slice
    return {
        "name": cut.name,
        "names": list(slice.names),
        "coordinates": [values.double().tolist() for values in slice.coordinates],
        "costs": packed(slice.costs),
        "beside": {name: packed(values) for name, values in slice.beside.items()},
        "intervals": None if slice.intervals is None else packed(slice.intervals),
        "places": None if slice.places is None else packed(slice.places),
        "measured": None if slice.measured is None else packed(slice.measured),
        "scale": slice.scale,
        "held_out_error": slice.held_out_error,
        "about": slice.about,
        "method": slice.method,
        "centred": bool(slice.origin) and bool(Seen(slice, None, None, None).around),
        "paths": [None if label not in cut.paths else _path(cut.paths[label], steps[label]) for label in labels],
        "missing": cut.missing,
        "findings": [finding.to_dict() for finding in cut.findings],
    }


def _path(projection: Projection, steps: Sequence[int]) -> dict[str, Any]:
    chosen = list(steps)
    return {
        "coordinates": projection.coordinates[chosen].double().tolist(),
        "distances": projection.distances[chosen].double().tolist(),
        "share": projection.share,
    }


def packed(values: Tensor) -> str:
    """Write numbers as base64 of little-endian float64: each digit of them, in a third of the room of words.

    >>> import torch
    >>> packed(torch.tensor([1.0, torch.nan]))
    'AAAAAAAA8D8AAAAAAAD4fw=='
    """
    numbers = np.ascontiguousarray(values.detach().double().cpu().numpy(), dtype="<f8")
    return base64.b64encode(numbers.tobytes()).decode()
