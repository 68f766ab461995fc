"""Other tools' files: each is scanned as that tool scans, and what is read lies where it was measured."""

import math
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tolerances import CLOSED_FORM, assert_close
from torch import Tensor

from steepest import draw
from steepest.errors import SteepestError
from steepest.slices import Slice
from steepest.slices.foreign import read_slice


def true(a: Tensor | float, b: Tensor | float) -> Any:
    """Neither symmetric nor separable by accident: rows, columns and corners are all told apart."""
    return 3 + a**2 + 10 * b + a * b


def assert_true(cut: Slice, tolerance: float = CLOSED_FORM) -> None:
    a, b = torch.meshgrid(*cut.coordinates, indexing="ij")
    measured = cut.costs.isfinite()
    assert_close(cut.costs[measured], true(a, b)[measured], tolerance, "costs where they were measured")


# tomgoldstein/loss-landscape


def surface(path: Path, xs: np.ndarray, ys: np.ndarray | None, only: int | None = None, **more: Any) -> Path:
    """Fill a flat list of cells in the order of a mesh of x and y, as that tool does, whatever the shape it keeps."""
    h5py = pytest.importorskip("h5py", reason="no h5py here: pip install h5py")
    places = [(x, 0.0) for x in xs] if ys is None else [(x, y) for y in ys for x in xs]
    losses = np.full(len(xs) if ys is None else (len(xs), len(ys)), -1.0)
    for index, (x, y) in enumerate(places[:only]):
        losses.ravel()[index] = true(x, y)
    with h5py.File(path, "w") as file:
        file["dir_file"] = "weights_xignore=biasbn_xnorm=filter.h5"
        file["xcoordinates"] = xs
        if ys is not None:
            file["ycoordinates"] = ys
        file["train_loss"], file["train_acc"] = losses, np.where(losses == -1, -1, 100 - losses)
        for name, values in more.items():
            file[name] = values
    return path


@pytest.mark.parametrize("shape", [(3, 5), (7, 4), (6, 6)])
def test_a_surface_file_lies_where_it_was_measured(tmp_path: Path, shape: tuple[int, int]) -> None:
    xs, ys = np.linspace(-1, 0.5, shape[0]), np.linspace(0, 2, shape[1])
    cut = read_slice(surface(tmp_path / "surface.h5", xs, ys))
    assert cut.costs.shape == shape and cut.names == ("x", "y") and cut.costs.dtype == torch.float64
    assert cut.coordinates[0].tolist() == xs.tolist() and cut.coordinates[1].tolist() == ys.tolist()
    assert_true(cut)
    assert_close(cut.beside["train_acc"], 100 - cut.costs, CLOSED_FORM, "accuracy beside it")
    assert ("scramble" in cut.method) == (shape[0] != shape[1]) and "second direction first" in cut.method
    assert cut.about == "directions of 'weights_xignore=biasbn_xnorm=filter.h5'"


def test_a_surface_file_half_done_has_nan_where_nothing_was_measured(tmp_path: Path) -> None:
    path = surface(tmp_path / "surface.h5", np.linspace(-1, 1, 4), np.linspace(-1, 1, 5), only=7)
    cut = read_slice(path)
    assert int(cut.costs.isfinite().sum()) == 7 and "13 not measured (its mark -1), NaN here" in cut.method
    assert bool(cut.beside["train_acc"].isnan().equal(cut.costs.isnan()))
    assert_true(cut)


def test_costs_of_nought_or_below_are_kept(tmp_path: Path) -> None:
    losses = np.array([[0.0, -0.5], [np.nan, -1.0]])
    cut = read_slice(surface(tmp_path / "s.h5", np.arange(2.0), np.arange(2.0), test_loss=losses), costs="test_loss")
    assert "2 of 0 or below" in cut.method and cut.costs[0].tolist()[0] == 0 and cut.costs[1, 0] == -0.5
    assert math.isnan(cut.costs[0, 1]) and math.isnan(cut.costs[1, 1]), "NaN stays, and -1 is no measurement"


def test_a_line_is_read_too(tmp_path: Path) -> None:
    cut = read_slice(surface(tmp_path / "line.h5", np.linspace(-1, 1, 9), None))
    assert cut.costs.shape == (9,) and cut.names == ("x",) and len(cut.directions) == 1
    assert_close(cut.costs, true(cut.coordinates[0], 0), CLOSED_FORM, "line")


# landscaper


def landscape(path: Path, steps: int, distance: float, *, broken: int = 0) -> Path:
    """Walk as landscaper walks, from the middle in whole steps; then its replacements and its random numbers."""
    step, middle = distance / (steps / 2), steps // 2
    loss = np.zeros((steps, steps))
    for i, j in product(range(steps), repeat=2):
        loss[i, j] = true((i - middle) * step, (j - middle) * step)
    loss.ravel()[:broken] = np.nan
    loss = np.nan_to_num(loss, nan=float(np.nanmean(loss)))
    loss[loss == loss.max()] += 0.01
    np.savez(path, loss=loss, coordinates=[np.linspace(-distance, distance, steps)] * 2)
    return path


@pytest.mark.parametrize("steps", [10, 11, 40, 41])
def test_a_landscape_lies_where_it_was_walked(tmp_path: Path, steps: int) -> None:
    cut = read_slice(landscape(tmp_path / "landscape.npz", steps, 0.5))
    highest = cut.costs == cut.costs.max()
    assert int(highest.sum()) == 1
    cut.costs[highest] -= 0.01
    assert_true(cut)
    assert float(cut.coordinates[0][steps // 2]) == 0, "the model itself is on the grid"
    assert "random numbers" in cut.method and "states -0.5 to 0.5" in cut.method and "NaN?" not in cut.method
    if steps == 11:
        assert_close(cut.coordinates[0][-1], 5 / 11, CLOSED_FORM, "0.4545 where the file says 0.5")


def test_a_landscapes_invented_cells_are_counted_and_left(tmp_path: Path) -> None:
    cut = read_slice(landscape(tmp_path / "landscape.npz", 11, 0.5, broken=3))
    mean = float(cut.costs[0, 0])
    assert f"3 points hold exactly {mean:.4g}, the mean of all: were they NaN?" in cut.method
    assert cut.costs[0, :3].tolist() == [mean] * 3


# loss-landscapes


def to_and_fro(steps: int) -> np.ndarray:
    """Add or take away a step before each measurement, row by row, as loss-landscapes does."""
    rows, b = [], 0
    for a in range(steps):
        row: list[float] = []
        for _ in range(steps):
            b += 1 if a % 2 == 0 else -1
            row.insert(len(row) if a % 2 == 0 else 0, true(float(a), float(b)))
        rows.append(row)
    return np.array(rows)


@pytest.mark.parametrize("steps", [2, 5, 8])
def test_a_plane_scanned_to_and_fro_is_put_right(tmp_path: Path, steps: int) -> None:
    path = tmp_path / "plane.npy"
    np.save(path, to_and_fro(steps))
    cut = read_slice(path, by="loss-landscapes")
    assert cut.costs.shape == (steps, steps + 1) and int(cut.costs.isnan().sum()) == steps
    assert_true(cut)
    bare = read_slice(path)
    assert bare.costs.tolist() == to_and_fro(steps).tolist() and 'read with by="loss-landscapes"' in bare.method
    with pytest.raises(AssertionError):
        assert_true(bare)


def test_a_line_of_it_begins_one_step_on(tmp_path: Path) -> None:
    np.savez(tmp_path / "line.npz", costs=np.array([true(float(k), 0) for k in range(1, 7)]))
    cut = read_slice(tmp_path / "line.npz", by="loss-landscapes")
    assert_close(cut.costs, true(cut.coordinates[0], 0), CLOSED_FORM, "line")
    assert cut.coordinates[0].tolist() == [1, 2, 3, 4, 5, 6] and cut.names == ("direction 0",)


# What all have in common


def test_a_foreign_slice_is_drawn_and_told(tmp_path: Path) -> None:
    np.save(tmp_path / "plane.npy", to_and_fro(6))
    cut = read_slice(tmp_path / "plane.npy", by="loss-landscapes")
    assert cut.origin == {} and cut.directions == ({}, {}) and cut.held_out_error is None
    ax = draw.contour(cut)
    assert ax.get_xlabel() == "direction 0"
    assert cut.to_dict()["method"] == cut.method and "plane.npy" in cut.method


def save(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


def bare(path: Path, values: Any) -> Path:
    np.save(path, values, allow_pickle=True)
    return path


def words(path: Path, text: bytes) -> Path:
    path.write_bytes(text)
    return path


class Trap:
    """What a file must not be able to do."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return (Path.touch, (Path("trapped"),))  # pyright: ignore[reportReturnType]


BAD: dict[str, tuple[Any, dict[str, Any], str]] = {
    "missing": (lambda at: at / "none.npy", {}, "the file is not there"),
    "folder": (lambda at: at, {}, "the file is a folder"),
    "suffix": (lambda at: words(at / "plane.mat", b""), {}, "'.mat' is none of .h5, .npz, .npy"),
    "empty": (lambda at: words(at / "plane.npy", b""), {}, "cannot be read as a NumPy file"),
    "text": (lambda at: words(at / "plane.npy", b"1,2,3"), {}, "no NumPy file at all"),
    "cut off": (lambda at: words(at / "p.npz", save(at / "q.npz", a=[1, 2]).read_bytes()[:-30]), {}, "not a zip file"),
    "half": (lambda at: words(at / "p.npy", bare(at / "q.npy", np.ones(9)).read_bytes()[:-8]), {}, "NumPy file"),
    "objects": (lambda at: bare(at / "p.npy", np.array([Trap()], dtype=object)), {}, "could run code"),
    "words": (lambda at: bare(at / "p.npy", np.array(["a", "b"])), {}, "holds <U1, not real numbers"),
    "complex": (lambda at: bare(at / "p.npy", np.ones(3) * 1j), {}, "holds complex128"),
    "cube": (lambda at: bare(at / "p.npy", np.ones((3, 3, 3))), {}, r"shape \(3, 3, 3\), and a slice is"),
    "point": (lambda at: bare(at / "p.npy", np.ones(1)), {}, r"shape \(1,\), and a slice is"),
    "several": (lambda at: save(at / "p.npz", a=[1, 2], b=[1, 2]), {}, "it holds 'a' and 'b', and nothing says which"),
    "none": (lambda at: save(at / "p.npz"), {}, "it holds no array"),
    "misspelt": (lambda at: save(at / "p.npz", loss=[1, 2]), {"costs": "los"}, "Did you mean 'loss'"),
    "tool": (lambda at: bare(at / "p.npy", np.ones(3)), {"by": "nobody"}, "no way of 'nobody' is known"),
    "three": (
        lambda at: save(at / "p.npz", loss=np.ones((2, 2, 2)), coordinates=np.ones((3, 2))), {}, r"loss\[:, :, k\]",
    ),
    "unfit": (
        lambda at: save(at / "p.npz", loss=np.ones((2, 3)), coordinates=[[0, 1], [0, 1]]), {}, "6 numbers for 4 points",
    ),
    "one row": (lambda at: save(at / "p.npz", loss=np.ones((2, 2)), coordinates=[0, 1]), {}, "one row of coordinates"),
    "falling": (
        lambda at: save(at / "p.npz", loss=np.ones((2, 2)), coordinates=[[1, 0], [0, 1]]), {}, "do not rise",
    ),
    "no surface": (lambda at: words(at / "p.h5", b"\x89HDF no"), {}, "cannot be read as a HDF5 file"),
    "directions": (lambda at: directions(at / "p.h5"), {}, "no 'xcoordinates' in it. Is it a file of directions"),
    "other loss": (
        lambda at: surface(at / "p.h5", np.arange(3.0), None), {"costs": "test_loss"}, "Did you mean 'train_loss'",
    ),
}  # fmt: skip


def directions(path: Path) -> Path:
    h5py = pytest.importorskip("h5py", reason="no h5py here: pip install h5py")
    with h5py.File(path, "w") as file:
        file["xdirection/0"] = np.ones(3)
    return path


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_says_what_is_bad_in_one_message(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make, how, said = BAD[name]
    if name == "no surface":
        pytest.importorskip("h5py", reason="no h5py here: pip install h5py")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SteepestError, match=said) as found:
        read_slice(make(tmp_path), **how)
    assert str(found.value).startswith("read_slice: ") and "\n" not in str(found.value)
    assert not (tmp_path / "trapped").exists()


def test_without_h5py_it_is_said_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    with pytest.raises(SteepestError, match=r"h5py is not installed, which reads \.h5 files\. pip install h5py"):
        read_slice(words(tmp_path / "p.h5", b""))
