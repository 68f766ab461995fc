"""A run on disk: to the same bits, past kill -9, without running code, resumed as if it had never stopped."""

import math
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from costs import START, X, Y, trial

from steepest import vectors
from steepest.cost import Cost
from steepest.descent import descend, steps
from steepest.errors import SteepestError
from steepest.trajectory import Outcome, Recording, Step, Trajectory
from steepest.trajectory.file import RunFile


def hexes(run: Trajectory) -> list[tuple[int, str, list[str]]]:
    """Every float of a run as its exact hexadecimal form."""
    return [
        (step.epoch, step.cost.hex(), [float(v).hex() for v in (*step.params.values(), *step.gradient.values())])
        for step in run.steps
    ]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_saved_and_read_back_to_the_same_bits(tmp_path: Path, dtype: torch.dtype) -> None:
    run = descend(trial(dtype), START, learning_rate=0.01, epochs=50)
    again = Trajectory.load(run.save(tmp_path / "run.steepest"))
    assert hexes(again) == hexes(run)
    assert (again.outcome, again.because, again.every) == (run.outcome, run.because, run.every)
    assert all(again.end[name].dtype == value.dtype for name, value in run.end.items())


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
def test_any_names_shapes_and_dtypes(tmp_path: Path, dtype: torch.dtype) -> None:
    params = {
        "a 'b' </script> \N{GREEK SMALL LETTER ALPHA}": torch.arange(6.0).reshape(2, 3).to(dtype),
        "scalar": torch.tensor(-0.0).to(dtype),
        "none": torch.zeros(0, 4).to(dtype),
    }
    run = Trajectory((Step(0, 1.5, params, params, 0.1),), Outcome.SETTLED, "because")
    again = Trajectory.load(run.save(tmp_path / "x.steepest"))
    for name, value in params.items():
        assert again.end[name].equal(value) and again.end[name].dtype == dtype and again.end[name].shape == value.shape
    assert math.copysign(1, float(again.end["scalar"])) == -1


def test_nan_and_infinities_are_kept(tmp_path: Path) -> None:
    run = descend(trial(), START, learning_rate=1.0, epochs=1000)
    again = Trajectory.load(run.save(tmp_path / "run.steepest"))
    assert hexes(again) == hexes(run) and not math.isfinite(again.steps[-1].cost)
    params = {"m": torch.tensor(math.nan)}
    lone = Trajectory((Step(0, math.nan, params, params, 0.1),), Outcome.DIVERGED, "")
    assert math.isnan(Trajectory.load(lone.save(tmp_path / "nan.steepest")).steps[0].cost)


def test_what_descend_saves_is_what_it_returns(tmp_path: Path) -> None:
    path = tmp_path / "run.steepest"
    run = descend(trial(), START, learning_rate=0.01, epochs=30, save=path)
    assert hexes(Trajectory.load(path)) == hexes(run)
    assert [item.name for item in tmp_path.iterdir()] == ["run.steepest"]  # one file, nothing left beside it


@pytest.mark.parametrize("stopped", [0, 1, 17, 39])
def test_a_resumed_run_has_the_floats_of_one_never_stopped(tmp_path: Path, stopped: int) -> None:
    path = tmp_path / "run.steepest"
    for cost in (trial(), trial(torch.float32), Cost.least_squares(X, Y)):
        path.unlink(missing_ok=True)
        descend(cost, START, learning_rate=0.01, epochs=stopped, save=path)
        resumed = descend(cost, START, learning_rate=0.01, epochs=40, save=path, resume=True)
        whole = descend(cost, START, learning_rate=0.01, epochs=40)
        assert hexes(resumed) == hexes(whole) == hexes(Trajectory.load(path))
        assert resumed.because == whole.because


def test_resuming_a_finished_run_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "run.steepest"
    first = descend(trial(), START, learning_rate=0.01, epochs=30, save=path)
    again = descend(trial(), START, learning_rate=0.01, epochs=30, save=path, resume=True)
    assert hexes(first) == hexes(again)


def test_resuming_where_nothing_is_there_starts(tmp_path: Path) -> None:
    run = descend(trial(), START, learning_rate=0.01, epochs=3, save=tmp_path / "run.steepest", resume=True)
    assert run.epochs == 3


WALK_FOR_EVER = """
import torch, sys
from steepest import Cost, descend
x, y = torch.arange(8.0), torch.tensor([1.86, 1.31, 0.62, 0.33, 0.09, -0.67, -1.23, -1.37])
cost = Cost.from_function(lambda m, b: ((m * x + b - y) ** 2).mean())
print("started", flush=True)
descend(cost, {"m": 0.9, "b": 0.1}, learning_rate=1e-4, epochs=10**9, save=sys.argv[1])
"""


@pytest.mark.parametrize("seconds", [0.05, 0.3, 0.7])
def test_kill_9_at_any_moment_leaves_every_finished_step(tmp_path: Path, seconds: float) -> None:
    path = tmp_path / "run.steepest"
    process = subprocess.Popen([sys.executable, "-c", WALK_FOR_EVER, str(path)], stdout=subprocess.PIPE)
    assert process.stdout and process.stdout.readline() == b"started\n"
    wait_for_a_step(path)
    time.sleep(seconds)
    before = last_epoch(path)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    killed = Trajectory.load(path)
    assert killed.outcome is Outcome.INTERRUPTED and "process ended" in killed.because
    assert [step.epoch for step in killed.steps] == list(range(len(killed.steps)))
    assert killed.steps[-1].epoch >= before, "a step that was there before the kill is gone"
    x, y = X.float(), Y.float()
    cost = Cost.from_function(lambda m, b: ((m * x + b - y) ** 2).mean())
    more = killed.epochs + 20
    resumed = descend(cost, START, learning_rate=1e-4, epochs=more, save=path, resume=True)
    assert hexes(resumed) == hexes(descend(cost, START, learning_rate=1e-4, epochs=more))


def wait_for_a_step(path: Path) -> None:
    for _ in range(2000):
        if path.exists() and last_epoch(path) >= 3:
            return
        time.sleep(0.005)
    raise AssertionError("no step within ten seconds")


def last_epoch(path: Path) -> int:
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            return connection.execute("SELECT max(epoch) FROM steps").fetchone()[0] or 0
        finally:
            connection.close()
    except sqlite3.Error:
        return 0


def test_long_runs_are_thinned_by_the_stated_rule(tmp_path: Path) -> None:
    path = tmp_path / "run.steepest"
    with Recording(path, keep=10) as recording:
        longest = 0
        for step in steps(trial(), START, learning_rate=0.01):
            recording.add(step)
            longest = max(longest, len(recording.steps))
            if step.epoch == 100:
                break
        run = recording.finish(Outcome.OUT_OF_EPOCHS, "")
    assert longest <= 11 and run.every == 16
    assert [step.epoch for step in run.steps] == [0, 16, 32, 48, 64, 80, 96, 100]
    assert hexes(Trajectory.load(path)) == hexes(run)
    whole = descend(trial(), START, learning_rate=0.01, epochs=100)
    assert hexes(run) == [row for row in hexes(whole) if row[0] % 16 == 0 or row[0] == 100]


def test_a_thinned_run_resumes_to_the_same_floats(tmp_path: Path) -> None:
    path = tmp_path / "run.steepest"
    with Recording(path, keep=10) as recording:
        for step in steps(trial(), START, learning_rate=0.01):
            recording.add(step)
            if step.epoch == 53:
                break
    resumed = descend(trial(), START, learning_rate=0.01, epochs=90, save=path, resume=True)
    assert resumed.steps[-1].epoch == 90 and resumed.steps[0].epoch == 0
    assert hexes(resumed)[-1] == hexes(descend(trial(), START, learning_rate=0.01, epochs=90))[-1]


def test_memory_is_bounded_by_the_size_of_the_parameters() -> None:
    wide = {"w": torch.zeros(2**22, dtype=torch.float64)}  # 64 MiB with its gradient: eight such steps are 512 MiB
    recording = Recording()
    for epoch in range(40):
        recording.add(Step(epoch, 1.0, wide, wide, 0.1))
        assert len(recording.steps) <= 9
    assert recording.steps[-1].epoch == 39 and recording.steps[0].epoch == 0


def test_another_run_is_not_continued(tmp_path: Path) -> None:
    path = tmp_path / "run.steepest"
    descend(trial(), START, learning_rate=0.01, epochs=3, save=path)
    for changes, words in (
        ({"learning_rate": 0.02}, "learning rate 0.01, not 0.02"),
        ({"start": {"m": 0.9, "b": 0.2}}, "another 'b'"),
        ({"cost": Cost.from_function(lambda m, b: m**2 + b**2, dtype=torch.float64)}, "cost was"),
    ):
        asked = {"cost": trial(), "start": START, "learning_rate": 0.01, "epochs": 9} | changes
        with pytest.raises(SteepestError) as complaint:
            descend(asked.pop("cost"), asked.pop("start"), **asked, save=path, resume=True)  # pyright: ignore
        assert words in str(complaint.value) and "--force" in str(complaint.value)


def test_a_file_that_is_there_is_not_overwritten_unasked(tmp_path: Path) -> None:
    path = tmp_path / "run.steepest"
    run = descend(trial(), START, learning_rate=0.01, epochs=3, save=path)
    with pytest.raises(SteepestError, match="--force"):
        run.save(path)
    with pytest.raises(SteepestError, match="--force"):
        descend(trial(), START, learning_rate=0.01, epochs=3, save=path)
    assert Trajectory.load(run.save(path, force=True)).epochs == 3


def test_what_is_not_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SteepestError, match="no such file"):
        Trajectory.load(tmp_path / "none.steepest")
    text = tmp_path / "text.steepest"
    text.write_text("m,b\n1,2\n" * 100)
    with pytest.raises(SteepestError, match="not a run"):
        Trajectory.load(text)
    other = tmp_path / "other.steepest"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE steps (epoch)")
    connection.close()
    with pytest.raises(SteepestError, match="not a steepest run"):
        Trajectory.load(other)
    with pytest.raises(SteepestError, match="no folder"):
        descend(trial(), START, learning_rate=0.01, epochs=3, save=tmp_path / "none" / "run.steepest")


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE steps SET params = x'00' WHERE epoch = 1",
        "UPDATE steps SET cost = 'text' WHERE epoch = 1",
        "UPDATE about SET value = '[[\"m\", \"os.system\", []]]' WHERE key = 'parameters'",
        "UPDATE about SET value = 'not json' WHERE key = 'parameters'",
        "UPDATE about SET value = '\"WON\"' WHERE key = 'outcome'",
        "DROP TABLE steps",
        "DELETE FROM steps",
        "PRAGMA user_version = 99",
    ],
)
def test_damage_is_told_in_one_sentence(tmp_path: Path, damage: str) -> None:
    path = descend(trial(), START, learning_rate=0.01, epochs=3).save(tmp_path / "run.steepest")
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(damage)
    connection.close()
    with pytest.raises(SteepestError) as complaint:
        Trajectory.load(path)
    assert str(complaint.value).startswith(str(path))


def test_a_full_disk_is_told_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "run.steepest"
    original = RunFile.create

    def small(where: str | Path, *, force: bool = False) -> RunFile:
        file = original(where, force=force)
        file._connection.execute("PRAGMA max_page_count = 8")  # pyright: ignore[reportPrivateUsage]
        return file

    monkeypatch.setattr(RunFile, "create", small)
    with pytest.raises(SteepestError, match="disk is full") as complaint:
        descend(trial(), START, learning_rate=0.01, epochs=5000, save=path)
    assert "--resume" in str(complaint.value)
    monkeypatch.undo()
    kept = Trajectory.load(path)
    assert kept.epochs > 50
    resumed = descend(trial(), START, learning_rate=0.01, epochs=400, save=path, resume=True)
    assert hexes(resumed) == hexes(descend(trial(), START, learning_rate=0.01, epochs=400))


def test_a_run_can_be_read_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "run.steepest"
    with Recording(path) as recording:
        for step in steps(trial(), START, learning_rate=0.01):
            recording.add(step)
            if step.epoch == 5:
                break
        assert Trajectory.load(path).epochs == 5


def test_a_thousand_steps_are_plain_data() -> None:
    run = descend(trial(), START, learning_rate=0.01, epochs=3)
    plain = run.to_dict()
    assert plain["steps"][0]["params"] == START and plain["outcome"] == "out of epochs"
    assert vectors.size(run.end) == 2 and "cost 19.6755 to" in str(run)
