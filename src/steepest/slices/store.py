"""A slice on disk: a folder that says what is measured, with the points in it written one by one as they are found.

`manifest.json` says of which weights, directions and data they are; `vectors.safetensors` holds origin and directions;
`points-RANK.jsonl` one line for each point, floats in hexadecimal, so that they come back to the last bit. A process
that is killed loses the point that it was at, and no other.
"""

from __future__ import annotations

import json
import os
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from steepest.cost import digest
from steepest.errors import SteepestError, listed
from steepest.vectors import Params

SCHEMA = 1
MANIFEST, VECTORS = "manifest.json", "vectors.safetensors"

Place = tuple[float, ...]
Values = tuple[Tensor, ...]
"""What was measured at a place, each a tensor without dimensions: the cost first, and what is measured beside it."""


def manifest(
    origin: Params,
    directions: Sequence[Params],
    *,
    values: Sequence[str] = ("cost",),
    data: Mapping[str, str | None] | None = None,
    axes: Sequence[str] = (),
    about: str = "",
    method: str = "",
) -> dict[str, Any]:
    """Describe a slice, so that points of another one are never mixed with its own."""
    return {
        "schema": SCHEMA,
        "parameters": {
            name: {"shape": list(value.shape), "dtype": str(value.dtype).removeprefix("torch.")}
            for name, value in origin.items()
        },
        "origin": digest.of(origin),
        "directions": [digest.of(direction) for direction in directions],
        "values": list(values),
        "data": None if data is None else dict(data),
        "axes": list(axes),
        "about": about,
        "method": method,
    }


class Store:
    """The folder of one slice, made or taken up again; `kept` is what was found in it, by place.

    Raises SteepestError where the folder holds the points of another slice, or something else, or cannot be written.
    """

    def __init__(
        self, path: str | Path, described: Mapping[str, Any], origin: Params, directions: Sequence[Params], *, rank: int
    ) -> None:
        self.path = Path(path)
        self._points = self.path / f"points-{rank}.jsonl"
        self._file: int | None = None
        if (self.path / MANIFEST).exists():
            _refuse_another(self.path, read_manifest(self.path), described)
        else:
            make(self.path, described, origin, directions)
        self.kept = _read_points(self.path, places=len(directions), values=len(described["values"]))

    def add(self, place: Place, values: Values) -> None:
        """Write one point, at once and whole, after whatever stands in the file."""
        kinds = [str(value.dtype).removeprefix("torch.") for value in values]
        numbers = [float(value).hex() for value in values]
        line = json.dumps({"at": [number.hex() for number in place], "values": numbers, "kinds": kinds}) + "\n"
        try:
            if self._file is None:
                self._file = _appending(self._points)
                self._closed = weakref.finalize(self, os.close, self._file)
            data = line.encode()
            while data:
                data = data[os.write(self._file, data) :]
        except OSError as error:
            if self._file is not None:  # so that the next to write begins a new line
                self._closed()
                self._file = None
            raise SteepestError(
                f"a point cannot be written to {self._points}: {error.strerror or error}",
                cause="The points before it are kept",
                remedy="Make room, or make the folder writable, and run the same again: it goes on from there",
            ) from error


def _appending(path: Path) -> int:
    """Open a file of points, and begin a new line where a killed process left one unfinished."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
    if os.fstat(file).st_size and os.lseek(file, -1, os.SEEK_END) >= 0 and os.read(file, 1) != b"\n":
        os.write(file, b"\n")
    return file


def make(path: Path, described: Mapping[str, Any], origin: Params, directions: Sequence[Params]) -> None:
    """Write the folder of a slice without points: the manifest last, so that what has one is whole."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        foreign = [each.name for each in path.iterdir() if not each.name.startswith((VECTORS, MANIFEST))]
    except OSError as error:
        raise _unwritable(path, error) from error
    if foreign:
        raise SteepestError(
            f"{path} is a folder with '{foreign[0]}' in it, and no slice", remedy="Name a new folder for the slice"
        )
    tensors = {f"origin/{name}": value for name, value in origin.items()}
    for index, direction in enumerate(directions):
        tensors |= {f"direction {index}/{name}": value for name, value in direction.items()}
    write_tensors(path / VECTORS, tensors)
    unfinished = path / f"{MANIFEST}.{os.getpid()}"
    try:
        unfinished.write_text(json.dumps(described, indent=1), encoding="utf-8")
        os.replace(unfinished, path / MANIFEST)  # noqa: PTH105
    except OSError as error:
        raise _unwritable(path, error) from error


def read_manifest(path: Path) -> dict[str, Any]:
    """Read what a slice on disk is said to be.

    Raises SteepestError where there is none, or one that this version cannot read.
    """
    try:
        found = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        schema = found["schema"]
        if schema == SCHEMA:  # all that is read of it later
            _ = found["parameters"], found["origin"], list(found["directions"]), list(found["values"]), found["data"]
    except FileNotFoundError as error:
        raise SteepestError(
            f"there is no slice in {path}: it has no {MANIFEST}", remedy="Name the folder that --store or save() made"
        ) from error
    except OSError as error:
        raise SteepestError(f"{path / MANIFEST} cannot be read: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise SteepestError(
            f"{path / MANIFEST} is damaged ({error})", remedy="Move the folder away, and measure the slice again"
        ) from error
    if schema != SCHEMA:
        raise SteepestError(
            f"{path} holds a slice of schema {schema}, and this version reads {SCHEMA}",
            remedy="Read it with the version of steepest that wrote it",
        )
    return found


def read_vectors(path: Path, described: Mapping[str, Any]) -> tuple[Params, tuple[Params, ...]]:
    """Read origin and directions, in the order of the parameters."""
    found = read_tensors(path / VECTORS)
    names = list(described["parameters"])
    try:
        origin = {name: found[f"origin/{name}"] for name in names}
        count = len(described["directions"])
        directions = tuple({name: found[f"direction {index}/{name}"] for name in names} for index in range(count))
    except KeyError as error:
        raise SteepestError(f"{path / VECTORS} lacks {error}", cause="It belongs to another slice") from error
    if digest.of(origin) != described["origin"] or [digest.of(each) for each in directions] != described["directions"]:
        raise SteepestError(f"{path / VECTORS} is not what {MANIFEST} says", cause="One of the two was replaced")
    return origin, directions


def count_points(path: Path) -> int:
    """How many points are kept in a folder."""
    described = read_manifest(path)
    return len(_read_points(path, places=len(described["directions"]), values=len(described["values"])))


def write_tensors(path: Path, tensors: Params, facts: Mapping[str, str] | None = None) -> None:
    """Write a safetensors file, whole or not at all."""
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    whole = {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}
    try:
        save_file(whole, unfinished, metadata=dict(facts or {}))
        os.replace(unfinished, path)  # noqa: PTH105
    except (OSError, SafetensorError) as error:
        unfinished.unlink(missing_ok=True)
        raise _unwritable(path, error) from error


def read_tensors(path: Path) -> Params:
    """Read a safetensors file, which holds numbers only."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise SteepestError(f"{path} cannot be read ({error})", remedy="Measure the slice again") from error


def _unwritable(path: Path, error: Exception) -> SteepestError:
    told = getattr(error, "strerror", None) or error
    return SteepestError(f"{path} cannot be written: {told}", remedy="Make room, or name a folder that may be written")


def _read_points(path: Path, *, places: int, values: int) -> dict[Place, Values]:
    """All points of all ranks; a line that a killed process left unfinished is none."""
    found: dict[Place, Values] = {}
    for file in sorted(path.glob("points-*.jsonl")):
        try:
            lines = file.read_bytes().split(b"\n")
        except OSError as error:
            raise SteepestError(f"{file} cannot be read: {error.strerror or error}") from error
        for line in lines:
            try:
                point = json.loads(line)
                place = tuple(float.fromhex(number) for number in point["at"])
                kinds = [getattr(torch, kind) for kind in point["kinds"]]
                numbers = [float.fromhex(number) for number in point["values"]]
                measured = tuple(torch.tensor(n, dtype=k) for n, k in zip(numbers, kinds, strict=True))
            except (ValueError, KeyError, TypeError, AttributeError):
                continue
            if len(place) == places and len(measured) == values:
                found[place] = measured
    return found


def _refuse_another(path: Path, kept: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    """Refuse to mix points of two slices, with one sentence that names what differs."""
    old, new = kept["parameters"], asked["parameters"]
    told = ""
    if list(old) != list(new):
        lost = next((name for name in (*old, *new) if name not in old or name not in new), "their order")
        told = f"other parameters: '{lost}' is in one of the two only" if lost in (*old, *new) else "another order"
    for name in () if told else new:
        if old[name]["shape"] != new[name]["shape"]:
            told = f"other parameters: '{name}' has shape {old[name]['shape']} there, and {new[name]['shape']} here"
        elif old[name]["dtype"] != new[name]["dtype"]:
            told = told or f"another dtype: '{name}' is {old[name]['dtype']} there, and {new[name]['dtype']} here"
    if not told and kept["origin"] != asked["origin"]:
        told = f"other weights: digest {kept['origin'][:8]} there, and {asked['origin'][:8]} here"
    if not told and len(kept["directions"]) != len(asked["directions"]):
        told = f"{len(kept['directions'])} directions, and {len(asked['directions'])} are asked for"
    if not told and kept["directions"] != asked["directions"]:
        pairs = zip(kept["directions"], asked["directions"], strict=True)
        which = [str(index) for index, (before, now) in enumerate(pairs) if before != now]
        told = f"other directions: direction {' and '.join(which)} differs"
    if not told and kept["values"] != asked["values"]:
        told = f"other values: {listed(kept['values'])} there, and {listed(asked['values'])} here"
    if not told and kept["data"] != asked["data"]:
        told = "other data" if kept["data"] else "data that are not known: it was saved, not measured into"
    if told:
        raise SteepestError(
            f"{path} holds points of {told}", remedy="Give what it was made with, or another folder for the new slice"
        )
