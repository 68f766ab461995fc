"""A slice on disk: what is measured is kept to the last bit, through kills, full disks and other people's folders."""

import errno
import json
import math
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import torch
from costs import columns, network, trial
from torch import Tensor, nn

from steepest.cost import Cost, digest
from steepest.cost.sample import sample
from steepest.errors import SteepestError
from steepest.slices import Slice, plane
from steepest.slices.asking import Ask
from steepest.slices.axes import laid
from steepest.slices.saving import load, save
from steepest.slices.store import MANIFEST
from steepest.vectors import Params, moved

MSE = nn.functional.mse_loss
PLACES = torch.cartesian_prod(torch.linspace(-1, 1, 5), torch.linspace(0, 2, 4)).double()


class Counted:
    """A cost of m and b that counts how often it is asked, and fails when told to."""

    def __init__(self, dtype: torch.dtype = torch.float64, *, of: float = 1.0) -> None:
        self.seen: list[tuple[float, float]] = []
        self.stop: int | None = None
        self.of = of
        self.cost = Cost.from_function(self._value, dtype=dtype)
        self.seen.clear()

    def _value(self, m: Tensor, b: Tensor) -> Tensor:
        if len(self.seen) == self.stop:
            raise KeyboardInterrupt
        self.seen.append((float(m), float(b)))
        return (m - self.of) ** 2 + 3 * b / 7

    def ask(self, path: Path | None = None, **more: Any) -> Ask:
        return Ask(self.cost, *laid(("m", "b"), self.cost.zeros()), store=path, **more)


def module_cost(*, shift: float = 0.0, dtype: torch.dtype = torch.float64, rows: int = 60) -> Cost:
    inputs, targets = columns(rows)
    batches = [((inputs + shift).to(dtype), targets[:, None].to(dtype))]
    return Cost.from_module(network().to(dtype), MSE, batches)


def ways(cost: Cost, seed: int = 0) -> tuple[Params, Params]:
    generator = torch.Generator().manual_seed(seed)
    draw = lambda z: torch.randn(z.shape, generator=generator, dtype=torch.float64).to(z)  # noqa: E731
    first, second = ({n: draw(z) for n, z in cost.zeros().items()} for _ in range(2))
    return first, second


def asked(cost: Cost, path: Path, *, by: float = 0.0, seed: int = 0, **more: Any) -> Ask:
    at = cost.at_module  # pyright: ignore[reportAttributeAccessIssue]
    directions = ways(cost, seed)
    return Ask(cost, moved(at, directions[0], by=by), directions, store=path, **more)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for file in path.glob("points-*.jsonl") for line in file.read_text().splitlines()]


# ---- what is measured is kept ----------------------------------------------------------------------------------------


def test_what_is_measured_is_not_asked_again(tmp_path: Path) -> None:
    expected = Counted().ask()(PLACES)
    first = Counted()
    first.stop = 9
    with pytest.raises(KeyboardInterrupt):
        first.ask(tmp_path / "plane")(PLACES)
    assert len(lines(tmp_path / "plane")) == 9
    second = Counted()
    ask = second.ask(tmp_path / "plane")
    checked = len(second.seen)
    assert ask(PLACES).equal(expected)
    assert checked == 2 and len(second.seen) - checked == 20 - 9 and ask.count == 11
    assert "11 forward passes" in ask.method and "9 points were in the store" in ask.method
    places, values = ask.known()
    assert len(places) == 20 and sorted(values["cost"].tolist()) == sorted(expected.tolist())
    assert len(lines(tmp_path / "plane")) == 20


def test_what_an_interruption_leaves_is_known_without_a_store() -> None:
    counted = Counted()
    ask = counted.ask(tell=lambda count: None)
    counted.stop = 7
    with pytest.raises(KeyboardInterrupt):
        ask(PLACES)
    places, values = ask.known()
    assert places.equal(PLACES[:7]) and values["cost"].shape == (7,)
    counted.stop = None
    assert ask(PLACES).equal(Counted().ask()(PLACES)) and len(counted.seen) == 20


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16], ids=str)
def test_numbers_come_back_to_the_last_bit_and_as_they_were(dtype: torch.dtype, tmp_path: Path) -> None:
    cost = Cost.from_function(lambda m, b: m.log() + b / 3, dtype=dtype)
    origin, directions = laid(("m", "b"), cost.zeros())
    first = Ask(cost, origin, directions, store=tmp_path / "p")(PLACES)
    assert first.isnan().any() and not first.isfinite().all()
    again = Ask(cost, origin, directions, store=tmp_path / "p")
    found = again(PLACES)
    assert found.dtype == first.dtype == dtype and again.count == 0
    assert found.view(torch.uint8).equal(first.view(torch.uint8)) or found.nan_to_num().equal(first.nan_to_num())
    assert found.isnan().equal(first.isnan())


KILLED = """
import os, signal, sys, torch
from steepest.cost import Cost
from steepest.slices.asking import Ask
from steepest.slices.axes import laid

seen = []
def value(m, b):
    seen.append(1)
    if len(seen) == 2 + 13:
        os.kill(os.getpid(), signal.SIGKILL)
    return (m - 1) ** 2 + 3 * b / 7

cost = Cost.from_function(value, dtype=torch.float64)
seen[:] = [1, 1]
places = torch.cartesian_prod(torch.linspace(-1, 1, 5), torch.linspace(0, 2, 4)).double()
Ask(cost, *laid(("m", "b"), cost.zeros()), store=sys.argv[1])(places)
"""


def test_a_killed_process_loses_the_point_in_flight_alone(tmp_path: Path) -> None:
    path = tmp_path / "plane"
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert len(lines(path)) == 12
    with (path / "points-0.jsonl").open("a") as file:
        file.write('{"at": ["0x1.0p+0", "0x0')  # the write itself was cut off
    counted = Counted()
    ask = counted.ask(path)
    assert ask.taken_up == 12
    assert ask(PLACES).equal(Counted().ask()(PLACES)) and ask.count == 8
    assert Counted().ask(path).taken_up == 20, "and what follows the torn line is read"


def test_what_lies_beside_the_cost_is_kept_in_the_same_lines(tmp_path: Path) -> None:
    other = Cost.from_function(lambda m, b: m * b, dtype=torch.float64)
    counted = Counted()
    first = counted.ask(tmp_path / "p", beside={"accuracy": other}).values(PLACES)
    assert first["accuracy"].equal(PLACES[:, 0] * PLACES[:, 1]) and list(first) == ["cost", "accuracy"]
    ask = Counted().ask(tmp_path / "p", beside={"accuracy": other})
    found = ask.values(PLACES)
    assert all(found[name].equal(first[name]) for name in first) and ask.count == 0
    assert all(len(line["values"]) == 2 for line in lines(tmp_path / "p"))
    plain = Counted().ask(beside={"accuracy": other}).values(PLACES)
    assert all(plain[name].equal(first[name]) for name in first)


def test_a_samples_intervals_are_kept(tmp_path: Path) -> None:
    cost = sample(module_cost(), 40, seed=3)
    directions = ways(cost)
    places = PLACES[:3]
    ask = Ask(cost, cost.at_module, directions, store=tmp_path / "p")
    found = ask.values(places)
    for place, value, half in zip(places.tolist(), found["cost"], found["interval"], strict=True):
        point = moved(moved(cost.at_module, directions[0], by=place[0]), directions[1], by=place[1])
        right = cost.value_and_interval(point)
        assert value.equal(right[0]) and half.equal(right[1]) and float(half) > 0
    assert "over a sample of 40 of 60 rows (seed 3" in ask.method
    again = Ask(cost, cost.at_module, directions, store=tmp_path / "p")
    assert again.values(places)["interval"].equal(found["interval"]) and again.count == 0
    with pytest.raises(SteepestError, match="other data"):
        Ask(sample(module_cost(), 40, seed=4), cost.at_module, directions, store=tmp_path / "p")


def test_a_shortcut_fills_a_store_too(tmp_path: Path) -> None:
    cost = Cost.least_squares(*columns())
    directions = ways(cost)
    ask = Ask(cost, cost.zeros(), directions, store=tmp_path / "p")
    found = ask(PLACES)
    assert "6 numbers" in ask.method and len(lines(tmp_path / "p")) == 20
    again = Ask(cost, cost.zeros(), directions, store=tmp_path / "p")
    assert again(PLACES).equal(found) and again.count == 0


# ---- other slices are refused ----------------------------------------------------------------------------------------

REFUSED: dict[str, tuple[Callable[[Path], Any], str]] = {
    "weights": (lambda path: asked(module_cost(), path, by=0.5), "other weights"),
    "directions": (lambda path: asked(module_cost(), path, seed=1), "other directions: direction 0 and 1"),
    "data": (lambda path: asked(module_cost(shift=1e-9), path), "other data"),
    "fewer data": (lambda path: asked(module_cost(rows=59), path), "other data"),
    "dtype": (lambda path: asked(module_cost(dtype=torch.float32), path), "another dtype: '0.weight' is float64 there"),
    "values": (lambda path: asked(module_cost(), path, beside={"more": module_cost()}), "other values: 'cost' there"),
    "parameters": (lambda path: Counted().ask(path), "other parameters: '0.weight' is in one of the two only"),
    "loss": (
        lambda path: asked(Cost.from_module(network(), nn.functional.l1_loss, _batches(module_cost())), path),
        "measured again",
    ),
}


def _batches(cost: Cost) -> Any:
    return cost.batches  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize("what", REFUSED)
def test_points_of_another_slice_are_refused_by_name(what: str, tmp_path: Path) -> None:
    asked(module_cost(), tmp_path / "p")(PLACES[:3])
    before = {file.name: file.read_bytes() for file in (tmp_path / "p").iterdir()}
    change, words = REFUSED[what]
    with pytest.raises(SteepestError) as told:
        change(tmp_path / "p")
    assert words in str(told.value) and "another folder" in str(told.value)
    assert {file.name: file.read_bytes() for file in (tmp_path / "p").iterdir()} == before, "and nothing was changed"
    asked(module_cost(), tmp_path / "p")


def test_another_function_is_refused_by_what_it_costs(tmp_path: Path) -> None:
    Counted().ask(tmp_path / "p")(PLACES)
    Counted().ask(tmp_path / "p")
    with pytest.raises(SteepestError, match=r"measured again it is .*Other data"):
        Counted(of=1.001).ask(tmp_path / "p")


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(SteepestError, match=r"a folder with 'thesis\.tex' in it, and no slice"):
        Counted().ask(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.tex"]
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / MANIFEST).write_text('{"schema": 99}')
    with pytest.raises(SteepestError, match="schema 99, and this version reads 1"):
        Counted().ask(tmp_path / "p")
    (tmp_path / "p" / MANIFEST).write_text("{")
    with pytest.raises(SteepestError, match="damaged"):
        Counted().ask(tmp_path / "p")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here, a disk that is always full")
def test_a_full_disk_is_told_in_a_sentence_and_keeps_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "p"
    Counted().ask(path)(PLACES[:5])
    ask = Counted().ask(path)
    kept = (path / "points-0.jsonl").rename(path / "points-1.jsonl")
    (path / "points-0.jsonl").symlink_to("/dev/full")
    with pytest.raises(SteepestError, match=r"No space left on device.*points before it are kept.*goes on from there"):
        ask(PLACES)
    (path / "points-0.jsonl").unlink()
    assert len(kept.read_bytes().splitlines()) == 5
    ask = Counted().ask(path)
    assert ask.taken_up == 5 and ask(PLACES).equal(Counted().ask()(PLACES))


def test_half_a_line_on_a_full_disk_spoils_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    true, calls = os.write, []

    def write(file: int, data: bytes) -> int:
        calls.append(1)
        if len(calls) == 4:
            return true(file, data[:20])
        if len(calls) == 5:
            raise OSError(errno.ENOSPC, "No space left on device")
        return true(file, data)

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", write)
        with pytest.raises(SteepestError, match="No space left on device"):
            Counted().ask(tmp_path / "p")(PLACES)
    ask = Counted().ask(tmp_path / "p")
    assert ask.taken_up == 3 and ask(PLACES).equal(Counted().ask()(PLACES))
    assert Counted().ask(tmp_path / "p").taken_up == 20


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(SteepestError, match="cannot be written"):
            Counted().ask(path)


KINDS = (torch.float64, torch.float32, torch.bfloat16, torch.float16, torch.int64, torch.bool, torch.complex64)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_digest_sees_every_number_and_nothing_else(kind: torch.dtype) -> None:
    value = torch.tensor([[1, 0, 1], [0, 1, 1]]).to(kind)
    found = digest.of({"x": value})
    assert found == digest.of({"x": value.T.contiguous().T}) == digest.of({"x": value.clone()}), "the layout is unseen"
    others = [
        {"y": value}, {"x": value[:1]}, {"x": value.reshape(3, 2)}, {"x": (value == 0).int()}, {"x": value == 0},
        {"x": value[:0]}, {"x": torch.tensor(1).to(kind)}, [value], (value, value),
    ]  # fmt: skip
    digests = [digest.of(other) for other in others]
    assert found not in digests and len(set(digests)) == len(digests)


def test_data_that_cannot_be_seen_have_no_digest() -> None:
    class Graph:
        def __init__(self, x: Tensor) -> None:
            self.x = x

    assert digest.of_batches([Graph(torch.ones(2))]) is None
    batches = [(torch.ones(2), "trial", 0.5, None)]
    assert digest.of_batches(batches) == digest.of_batches([(torch.ones(2), "trial", 0.5, None)])
    assert digest.of_batches(batches) != digest.of_batches([(torch.ones(2), "trial", 0.6, None)])


# ---- finished slices -------------------------------------------------------------------------------------------------


def slices() -> list[Slice]:
    cut = plane(trial(), at={"m": 0.9, "b": 0.1}, along=("m", "b"), reach=((-1, 1), (0, 2)), points=4)
    base = {field.name: getattr(cut, field.name) for field in fields(cut)}
    rich = Slice(
        **base
        | {
            "costs": cut.costs.clone().index_put((torch.tensor(0),), torch.tensor(math.nan).double()),
            "held_out_error": 0.1 + 0.2,
            "axes": ("'first' way", "zweite Richtung"),
            "about": "by hand",
            "scale": "log",
            "places": PLACES,
            "measured": PLACES[:, 0].exp(),
            "beside": {"accuracy": cut.costs / 3},
            "intervals": cut.costs / 7,
        }
    )
    half = Cost.from_function(lambda m, b: m**2 + b, dtype=torch.bfloat16)
    return [cut, rich, plane(half, at=half.zeros(), along=("b", "m"), reach=((0, 1), (0, 1)), points=3)]


@pytest.mark.parametrize("index", range(3), ids=["plain", "rich", "bfloat16"])
def test_save_then_load_is_identity(index: int, tmp_path: Path) -> None:
    cut = slices()[index]
    found = load(save(cut, tmp_path / "slice"))
    for field in fields(Slice):
        assert _same(getattr(found, field.name), getattr(cut, field.name)), field.name
    assert save(cut, tmp_path / "slice") == tmp_path / "slice", "the same again is no other slice"
    with pytest.raises(SteepestError, match="holds another slice"):
        save(slices()[0 if index == 2 else 2], tmp_path / "slice")
    other = save(slices()[0 if index == 2 else 2], tmp_path / "slice", force=True)
    assert load(other).costs.shape != cut.costs.shape


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, Tensor):
        return left.dtype == right.dtype and torch.equal(left.nan_to_num(7), right.nan_to_num(7))
    if isinstance(left, dict):
        return list(left) == list(right) and all(_same(left[key], right[key]) for key in left)
    if isinstance(left, tuple):
        return len(left) == len(right) and all(map(_same, left, right))
    return left == right


def test_a_finished_slice_lies_with_its_points(tmp_path: Path) -> None:
    counted = Counted()
    ask = counted.ask(tmp_path / "p")
    ask(PLACES[:3])
    with pytest.raises(SteepestError, match=r"Slice\.load: .* holds 3 points of a slice that was not finished"):
        load(tmp_path / "p")
    grid = (PLACES[::4, 0].contiguous(), PLACES[:4, 1].contiguous())
    costs = ask(PLACES).reshape(5, 4)
    cut = Slice(*laid(("m", "b"), counted.cost.zeros()), grid, costs, ask.method)
    save(cut, tmp_path / "p")
    assert load(tmp_path / "p").costs.equal(costs) and Counted().ask(tmp_path / "p").taken_up == 20


def test_a_slice_without_its_data_takes_no_points(tmp_path: Path) -> None:
    counted = Counted()
    origin, directions = laid(("m", "b"), counted.cost.zeros())
    grid = (torch.tensor([0.0, 1.0]).double(),) * 2
    save(Slice(origin, directions, grid, torch.zeros(2, 2).double(), "by hand"), tmp_path / "p")
    with pytest.raises(SteepestError, match="saved, not measured"):
        counted.ask(tmp_path / "p")


@pytest.mark.parametrize("file", ["vectors.safetensors", "slice.safetensors", "manifest.json"])
def test_a_damaged_slice_is_refused(file: str, tmp_path: Path) -> None:
    path = save(slices()[0], tmp_path / "slice")
    (path / file).write_bytes((path / file).read_bytes()[:-9])
    with pytest.raises(SteepestError, match=r"Slice\.load: .*(damaged|cannot be read)"):
        load(path)
    other = save(slices()[2], tmp_path / "other")
    if file == "vectors.safetensors":
        (path / file).write_bytes((other / file).read_bytes())
        with pytest.raises(SteepestError, match="is not what manifest"):
            load(path)


# ---- a rank that dies ------------------------------------------------------------------------------------------------

DYING = """
import os, signal, sys, torch
from datetime import timedelta
from pathlib import Path
from torch import distributed as dist
from steepest.cost import Cost
from steepest.slices.asking import Ask
from steepest.slices.axes import laid

torch.set_num_threads(1)
dist.init_process_group("gloo", timeout=timedelta(seconds=20))
rank, again = dist.get_rank(), os.environ["TORCHELASTIC_RESTART_COUNT"] != "0"
path = Path(sys.argv[1])
seen = []
def value(m, b):
    seen.append(1)
    if rank == 1 and not again and len(seen) == 6:
        os.kill(os.getpid(), signal.SIGKILL)
    return (m - 1) ** 2 + 3 * b / 7

cost = Cost.from_function(value, dtype=torch.float64)
seen.clear()
places = torch.cartesian_prod(torch.linspace(-1, 1, 5), torch.linspace(0, 2, 4)).double()
ask = Ask(cost, *laid(("m", "b"), cost.zeros()), store=path, spread=True)
costs = ask(places)
(path.parent / f"{rank}.pt.json").write_text(str([ask.taken_up, ask.count, [cost.hex() for cost in costs.tolist()]]))
dist.barrier()
dist.destroy_process_group()
"""


@pytest.mark.timeout(120)
def test_a_plane_is_finished_after_a_rank_was_killed(tmp_path: Path) -> None:
    (tmp_path / "dying.py").write_text(textwrap.dedent(DYING))
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "--max-restarts=1"]
    done = subprocess.run(
        [*command, "--monitor-interval=0.1", "dying.py", str(tmp_path / "plane")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
        env=os.environ | {"TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1", "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    expected = [cost.hex() for cost in Counted().ask()(PLACES).tolist()]
    for rank in range(2):
        taken_up, count, found = json.loads((tmp_path / f"{rank}.pt.json").read_text().replace("'", '"'))
        assert found == expected, "every rank has all of it, to the last bit"
        assert taken_up >= 5 and count == 20 - taken_up
    points = [tuple(line["at"]) for line in lines(tmp_path / "plane")]
    assert len(points) == len(set(points)) == 20, "no point was measured twice"
