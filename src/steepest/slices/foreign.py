"""Old results of other tools, read as slices: what is known of their making is put right, or said."""

from __future__ import annotations

import importlib
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from steepest.errors import SteepestError, door, listed, near
from steepest.slices.noun import Slice

Arrays = dict[str, np.ndarray]

NOT_MEASURED = -1.0
"""What tomgoldstein/loss-landscape writes into every cell before it measures the first."""

ITS_NOISE = 0.01
"""What landscaper adds to its highest cells, as a share of the deviation of the others: it moves their mean by less."""

TURNED = "its files keep the second direction first, here the first is first"


def read_slice(path: str | Path, *, costs: str | None = None, by: Literal["loss-landscapes"] | None = None) -> Slice:
    """Read a line or plane that another tool has measured: .h5 (tomgoldstein/loss-landscape), .npz or .npy.

    `costs` names the array that is the cost, where the file has several: "train_loss" in an .h5 file, "loss" in
    landscaper's .npz. Others of its shape go into `beside`. A bare array has no coordinates: its points are counted.
    With `by="loss-landscapes"`, its odd rows, which that tool measures one step back, are put where they were measured.

    Parameters are not in such files: the slice has an empty `origin` and empty `directions`, so it can be drawn, and
    no run can be laid on it. `method` says what was put right and what cannot be.

    Raises SteepestError for a file that is not there, is none of these, is broken or holds objects, and for arrays
    that fit no line or plane. Nothing in a file is run.

    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "plane.npz"
    >>> numbers = np.linspace(-0.5, 0.5, 4)
    >>> np.savez(file, loss=np.add.outer(numbers**2, 3 * numbers**2), coordinates=[numbers, numbers])
    >>> read_slice(file).coordinates[0]
    tensor([-0.5000, -0.2500,  0.0000,  0.2500], dtype=torch.float64)
    """
    path = Path(path)
    with door(f"read_slice: {path.name}"):
        if not path.is_file():
            found = "is a folder" if path.is_dir() else "is not there"
            raise SteepestError(f"the file {found}", remedy="Name a .h5, .npz or .npy file")
        if path.suffix in (".h5", ".hdf5"):
            return _surface(path, _opened(path), costs or "train_loss")
        if path.suffix not in (".npz", ".npy"):
            raise SteepestError(f"'{path.suffix}' is none of .h5, .npz, .npy", remedy="Name a file of these")
        arrays = _loaded(path)
        if {"loss", "coordinates"} <= set(arrays):
            return _landscaper(path, arrays, costs or "loss")
        return _bare(path, arrays, costs, by)


def _opened(path: Path) -> Arrays:
    try:
        h5py: Any = importlib.import_module("h5py")
    except ImportError:
        raise SteepestError("h5py is not installed, which reads .h5 files", remedy="pip install h5py") from None
    try:
        with h5py.File(path, "r", locking=False) as file:
            # A link into another file is left alone, and so is what is no dataset.
            names = [name for name in file if isinstance(file.get(name, getlink=True), h5py.HardLink)]
            found = {name: file[name] for name in names if isinstance(file[name], h5py.Dataset)}
            return {name: np.asarray(item[()]) for name, item in found.items()}
    except (OSError, RuntimeError, ValueError, TypeError) as reason:
        raise _broken(reason, "HDF5") from None


def _loaded(path: Path) -> Arrays:
    try:
        with path.open("rb") as file:  # opened here, for numpy leaves a broken archive open
            loaded = np.load(file, allow_pickle=False)
            return {path.stem: loaded} if isinstance(loaded, np.ndarray) else {name: loaded[name] for name in loaded}
    except ValueError as reason:
        if "pickle" not in str(reason):
            raise _broken(reason, "NumPy") from None
        raise SteepestError(
            "an array in it holds Python objects, or it is no NumPy file at all",
            cause="Reading objects could run code; lists of unequal lengths are saved as objects, too",
            remedy="Save arrays of numbers",
        ) from None
    except (OSError, EOFError, KeyError, NotImplementedError, zipfile.BadZipFile) as reason:
        raise _broken(reason, "NumPy") from None


def _broken(reason: Exception, kind: str) -> SteepestError:
    words = " ".join(str(reason).split()) or type(reason).__name__
    return SteepestError(
        f"it cannot be read as a {kind} file ({words})",
        cause="Was its writing or copying interrupted?",
        remedy="Copy it again, or look at what wrote it",
    )


def _surface(path: Path, arrays: Arrays, costs: str) -> Slice:
    """A surface file of tomgoldstein/loss-landscape."""
    axes = tuple(arrays.pop(f"{letter}coordinates") for letter in "xy" if f"{letter}coordinates" in arrays)
    made = _text(arrays.pop("dir_file", None))
    if not axes or costs not in arrays:
        missing = costs if axes else "xcoordinates"
        raise SteepestError(
            f"there is no '{missing}' in it",
            cause="" if axes else "Is it a file of directions or of a projected path?",
            remedy=near(missing, arrays) if arrays else "Name the surface file",
        )
    coordinates = tuple(_axis(values, f"{letter}coordinates") for letter, values in zip("xy", axes, strict=False))
    shape = tuple(len(values) for values in coordinates)
    grids = _fitting(arrays, costs, shape)
    # Measured in the order of a mesh whose rows are y, whatever the shape that it is kept in: x runs fastest.
    turned = {name: grid.reshape(shape[::-1]).T for name, grid in grids.items()}
    empty = turned[costs] == NOT_MEASURED
    for name, grid in turned.items():
        turned[name] = np.where(empty | (grid == NOT_MEASURED), np.nan, grid)
    told = [f"{costs}, measured by tomgoldstein/loss-landscape at {empty.size - int(empty.sum()):,} points"]
    if len(shape) == 2:
        told.append(
            f"laid out as it measures them ({TURNED})"
            + ("" if shape[0] == shape[1] else ", which its own pictures scramble where sides are unequal")
        )
    if empty.any():
        told.append(f"{int(empty.sum()):,} not measured (its mark -1), NaN here")
    if kept := int((turned[costs] <= 0).sum()):
        told.append(f"{kept:,} of 0 or below, which its resuming takes for missing, kept")
    return _made(path, coordinates, costs, turned, told, axes=("x", "y")[: len(shape)], about=made)


def _landscaper(path: Path, arrays: Arrays, costs: str) -> Slice:
    """A landscape that landscaper saved."""
    stated = _numbers(arrays.pop("coordinates"), "coordinates")
    if costs not in arrays:
        raise SteepestError(f"there is no '{costs}' in it", remedy=near(costs, arrays))
    if arrays[costs].ndim > 2:
        raise SteepestError(
            f"'{costs}' has shape {arrays[costs].shape}, and a slice has one or two directions",
            remedy="Save a cut of it, such as loss[:, :, k], with the coordinates of the two that are left",
        )
    if stated.ndim != 2 or len(stated) != arrays[costs].ndim:
        raise SteepestError(
            f"coordinates have shape {stated.shape} for '{costs}' of shape {arrays[costs].shape}",
            remedy="Give one row of coordinates for each direction",
        )
    labels = [_axis(values, f"coordinates of direction {index}") for index, values in enumerate(stated)]
    coordinates = tuple(_walked(values) for values in labels)
    grids = _fitting(arrays, costs, tuple(len(values) for values in coordinates))
    grid = grids[costs]
    values, counts = np.unique(grid, return_counts=True)
    most = int(counts.argmax())
    told = [
        f"{costs}, measured by landscaper at {grid.size:,} points",
        f"coordinates as it walks them, {float(coordinates[0][0]):.4g} to {float(coordinates[0][-1]):.4g} lengths of "
        f"the parameters along the first direction, where its file states {float(labels[0][0]):.4g} to "
        f"{float(labels[0][-1]):.4g}",
        f"its highest value {values[-1]:.4g} had random numbers added, and it had set NaN to the mean and infinities "
        "to the highest or lowest, all of which cannot be undone",
    ]
    others = grid[grid != values[most]]
    if counts[most] > 1 and len(others) and abs(values[most] - others.mean()) < ITS_NOISE * others.std():
        told.append(f"{int(counts[most]):,} points hold exactly {values[most]:.4g}, the mean of all: were they NaN?")
    return _made(path, coordinates, costs, grids, told)


def _walked(labels: Tensor) -> Tensor:
    """Where landscaper was: steps of 2 / points of the reach, counted from the middle point, rounded down."""
    count = len(labels)
    return (torch.arange(count, dtype=torch.float64) - count // 2) * float(labels[-1]) * 2 / count


def _bare(path: Path, arrays: Arrays, costs: str | None, by: str | None) -> Slice:
    """Arrays that somebody saved."""
    if costs is None:
        if len(arrays) != 1:
            raise SteepestError(
                f"it holds {listed(arrays) or 'no array'}, and nothing says which is the cost",
                remedy="Give costs=, the name of that array" if arrays else "Save an array of costs in it",
            )
        (costs,) = arrays
    if costs not in arrays:
        raise SteepestError(f"there is no '{costs}' in it", remedy=near(costs, arrays))
    shape = arrays[costs].shape
    if len(shape) not in (1, 2) or min(shape) < 2:
        raise SteepestError(
            f"'{costs}' has shape {shape}, and a slice is (points,) or (points, points), 2 or more each",
            remedy="Save one number for each point of a line or plane",
        )
    grids = _fitting(arrays, costs, shape)
    if by is None:
        told = ["its points counted, for a bare array states no coordinates"]
        if len(shape) == 2:
            told.append('if loss-landscapes measured it, its odd rows are one step off: read with by="loss-landscapes"')
        return _made(path, tuple(torch.arange(count).double() for count in shape), costs, grids, told)
    if by != "loss-landscapes":
        raise SteepestError(f"no way of '{by}' is known", remedy=near(by, ("loss-landscapes",)))
    return _serpentine(path, costs, grids, shape)


def _serpentine(path: Path, costs: str, grids: Arrays, shape: tuple[int, ...]) -> Slice:
    """What loss-landscapes scans to and fro: even rows after each step at 1 to n, odd rows before it at 0 to n - 1."""
    count = shape[-1]
    told = ["measured by loss-landscapes, in its own steps"]
    if len(shape) == 1:
        told.append(f"the first point is one step beyond where its line begins, the last is at {count}")
        return _made(path, (torch.arange(1, count + 1).double(),), costs, grids, told)
    placed = {name: np.full((shape[0], count + 1), np.nan) for name in grids}
    for name, grid in grids.items():
        placed[name][::2, 1:], placed[name][1::2, :-1] = grid[::2], grid[1::2]
    told.append(
        f"odd rows put one step back, where they were measured, so that the ends of every other row at 0 and {count} "
        "were not measured and are NaN"
    )
    told.append(f"of its random_plane the model stands at ({shape[0] / 2:g}, {count / 2:g}), of the others at (0, 0)")
    return _made(path, (torch.arange(shape[0]).double(), torch.arange(count + 1).double()), costs, placed, told)


def _fitting(arrays: Arrays, costs: str, shape: tuple[int, ...]) -> Arrays:
    """The costs and what was measured beside them, each with as many numbers as the grid has points."""
    count = int(np.prod(shape))
    if arrays[costs].size != count:
        raise SteepestError(
            f"'{costs}' has shape {arrays[costs].shape}, {arrays[costs].size:,} numbers for {count:,} points of "
            f"{' x '.join(map(str, shape))} coordinates",
            remedy="Name another array, or look at what wrote the file",
        )
    same = [name for name, values in arrays.items() if values.size == count and values.dtype.kind in "fiu"]
    return {name: _numbers(arrays[name], name) for name in dict.fromkeys([costs, *same])}


def _numbers(values: np.ndarray, name: str) -> np.ndarray:
    if values.dtype.kind not in "fiub":
        raise SteepestError(f"'{name}' holds {values.dtype}, not real numbers", remedy="Name an array of numbers")
    return values.astype(np.float64)


def _axis(values: np.ndarray, name: str) -> Tensor:
    found = torch.from_numpy(_numbers(values, name).reshape(-1))
    if len(found) < 2 or not bool(found.isfinite().all()) or not bool((found.diff() > 0).all()):
        raise SteepestError(
            f"{name} are {len(found)} numbers that do not rise from each to the next",
            remedy="Give 2 or more finite coordinates in rising order",
        )
    return found


def _text(value: np.ndarray | None) -> str:
    if value is None or value.size != 1:
        return ""
    item = value.reshape(-1)[0]
    return item.decode(errors="replace") if isinstance(item, bytes) else str(item)


def _made(
    path: Path,
    coordinates: tuple[Tensor, ...],
    costs: str,
    grids: Mapping[str, np.ndarray],
    told: list[str],
    *,
    axes: tuple[str, ...] = (),
    about: str = "",
) -> Slice:
    tensors = {name: torch.from_numpy(np.ascontiguousarray(grid)) for name, grid in grids.items()}
    return Slice(
        origin={},
        directions=tuple({} for _ in coordinates),
        coordinates=coordinates,
        costs=tensors.pop(costs),
        method=f"read from {path.name}: {'; '.join(told)}",
        axes=axes,
        about=f"directions of '{about}'" if about else "",
        beside=tensors,
    )
