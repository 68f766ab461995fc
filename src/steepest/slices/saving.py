"""A finished slice in its folder: the picture's numbers beside the origin, the directions and the points."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from torch import Tensor

from steepest.errors import SteepestError, door
from steepest.slices import store
from steepest.slices.noun import Slice

GRID = "slice.safetensors"


def save(slice: Slice, path: str | Path, *, force: bool = False) -> Path:
    """Write a slice into a folder of its own, or into the one that its points were kept in.

    Nothing in it can run code; every number comes back to the last bit. Raises SteepestError where the folder holds
    another slice, unless `force`, or something else, or cannot be written.
    """
    path = Path(path)
    with door("Slice.save"):
        described = store.manifest(
            slice.origin, slice.directions, axes=slice.axes, about=slice.about, method=slice.method
        )
        if (path / store.MANIFEST).exists():
            kept = store.read_manifest(path)
            same = all(kept[key] == described[key] for key in ("parameters", "origin", "directions"))
            if not same and not force:
                raise SteepestError(
                    f"'{path}' holds another slice",
                    remedy="Replace it with --force (force=True), or name another place",
                )
            if not same:
                for file in (*path.glob("points-*.jsonl"), path / GRID, path / store.VECTORS, path / store.MANIFEST):
                    file.unlink(missing_ok=True)
        if not (path / store.MANIFEST).exists():
            store.make(path, described, slice.origin, slice.directions)
        tensors = {f"coordinates/{index}": values for index, values in enumerate(slice.coordinates)}
        tensors |= {f"beside/{name}": values for name, values in slice.beside.items()}
        parts = {"costs": slice.costs, "places": slice.places, "measured": slice.measured, "intervals": slice.intervals}
        tensors |= {name: value for name, value in parts.items() if value is not None}
        facts = {
            "method": slice.method,
            "held_out_error": slice.held_out_error,
            "axes": list(slice.axes),
            "about": slice.about,
            "scale": slice.scale,
            "beside": list(slice.beside),
        }
        store.write_tensors(path / GRID, tensors, {"slice": json.dumps(facts)})
        return path


def load(path: str | Path) -> Slice:
    """Read a slice back from its folder.

    Raises SteepestError where there is none, it is damaged, or its measuring was stopped before the end.

    >>> import tempfile
    >>> from steepest.cost import Cost
    >>> from steepest.slices import line
    >>> cost = Cost.from_function(lambda m: m**2)
    >>> path = save(line(cost, at={"m": 0.0}, along="m", reach=(0, 2), points=3), Path(tempfile.mkdtemp()) / "line")
    >>> load(path).costs
    tensor([0., 1., 4.])
    """
    path = Path(path)
    with door("Slice.load"):
        described = store.read_manifest(path)
        origin, directions = store.read_vectors(path, described)
        if not (path / GRID).exists():
            raise SteepestError(
                f"{path} holds {store.count_points(path):,} points of a slice that was not finished",
                remedy="Measure it with the same store again: it goes on from there",
            )
        tensors = store.read_tensors(path / GRID)
        facts = _facts(path / GRID)
        try:
            beside: dict[str, Tensor] = {name: tensors[f"beside/{name}"] for name in facts["beside"]}
            return Slice(
                origin,
                directions,
                tuple(tensors[f"coordinates/{index}"] for index in range(len(directions))),
                tensors["costs"],
                facts["method"],
                held_out_error=facts["held_out_error"],
                axes=tuple(facts["axes"]),
                about=facts["about"],
                scale=facts["scale"],
                places=tensors.get("places"),
                measured=tensors.get("measured"),
                beside=beside,
                intervals=tensors.get("intervals"),
            )
        except (KeyError, TypeError) as error:
            raise SteepestError(f"{path / GRID} is damaged (it lacks {error})") from error


def _facts(path: Path) -> dict[str, Any]:
    from safetensors import safe_open

    with safe_open(path, "pt") as file:
        try:
            return json.loads(file.metadata()["slice"])
        except (KeyError, TypeError, ValueError) as error:
            raise SteepestError(f"{path} is damaged ({error})", remedy="Measure the slice again") from error
