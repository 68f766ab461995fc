"""A descent of a sharded cost that is saved: all ranks ask alike, rank 0 alone writes, and every rank has the run."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from costs import columns
from test_ranks import complaint, drawn, net, on_ranks, own
from test_spread import folder
from torch import Tensor

from steepest import ranks
from steepest.cost import Cost
from steepest.descent import descend
from steepest.trajectory import Trajectory, recording
from steepest.trajectory.file import RunFile


def hexes(run: Trajectory) -> list[list[str]]:
    """All floats of a run, to the last bit."""
    return [
        [step.cost.hex(), step.learning_rate.hex()]
        + [float(x).hex() for each in (step.params, step.gradient) for v in each.values() for x in v.reshape(-1)]
        for step in run.steps
    ]


def walk(cost: Cost, epochs: int, **how: Any) -> Trajectory:
    return descend(cost, drawn(cost), learning_rate=0.02, epochs=epochs, **how)


def whole(cost: Cost, name: str) -> list[list[str]]:
    """Saved at once, and saved, stopped and resumed: the same run as one that is not saved."""
    straight, path = walk(cost, 12), folder() / name
    saved = walk(cost, 12, save=path)
    assert hexes(saved) == hexes(straight) and saved.because == straight.because
    ranks.agreed(lambda: check(path, saved))
    first = walk(cost, 5, save=folder() / f"{name} resumed", resume=True)
    resumed = walk(cost, 12, save=str(folder() / f"{name} resumed"), resume=True)
    assert hexes(first) == hexes(straight)[:6] and hexes(resumed) == hexes(straight)
    ranks.agreed(lambda: check(folder() / f"{name} resumed", resumed))
    return hexes(resumed)


def check(path: Path, run: Trajectory) -> None:
    if ranks.rank() == 0:
        kept = Trajectory.load(path)
        assert hexes(kept) == hexes(run) and (kept.because, kept.every) == (run.because, run.every)


def of_a_network() -> list[list[str]]:
    return whole(net(), "net")


def of_least_squares() -> list[list[str]]:
    inputs, targets = own(*columns())
    return whole(Cost.least_squares(inputs, targets, sharded=True), "line")


def thinned() -> list[Any]:
    cost, path = net(), folder() / "thinned"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recording, "KEPT_STEPS", 4)
        straight = walk(cost, 13)
        walk(cost, 7, save=path)
        resumed = walk(cost, 13, save=path, resume=True)
    assert straight.every == resumed.every == 4
    assert [step.epoch for step in resumed.steps] == [step.epoch for step in straight.steps] == [0, 4, 8, 12, 13]
    return hexes(resumed)


def onto_a_full_disk() -> list[Any]:
    """Rank 0's disk is full; all stop, and go on when there is room again."""
    cost, path, original = net(), folder() / "full", RunFile.create

    def small(where: str | Path, *, force: bool = False) -> RunFile:
        file = original(where, force=force)
        file._connection.execute("PRAGMA max_page_count = 8")  # pyright: ignore[reportPrivateUsage]
        return file

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RunFile, "create", small)
        told = complaint(lambda: walk(cost, 150, save=path))
    resumed = walk(cost, 150, save=path, resume=True)
    assert hexes(resumed) == hexes(walk(cost, 150)), "the disk was full before that"
    return [told]


def onto_another() -> str:
    cost, path = net(), folder() / "another"
    walk(cost, 2, save=path)
    return complaint(lambda: walk(cost, 2, save=path))


def into_no_folder() -> str:
    return complaint(lambda: walk(net(), 2, save=folder() / "none" / "run"))


def resumed_at_another_rate() -> str:
    cost, path = net(), folder() / "rate"
    walk(cost, 2, save=path)
    return complaint(lambda: descend(cost, drawn(cost), learning_rate=0.03, epochs=3, save=path, resume=True))


def resumed_with_other_data() -> str:
    cost, path = net(), folder() / "data"
    walk(cost, 2, save=path)

    def changed() -> None:
        if ranks.rank() == 0:
            connection = sqlite3.connect(path, isolation_level=None)
            connection.execute("UPDATE steps SET cost = 7 WHERE epoch = 2")
            connection.close()

    ranks.agreed(changed)
    return complaint(lambda: walk(cost, 3, save=path, resume=True))


def named_on_one() -> str:
    return complaint(lambda: walk(net(), 2, save=folder() / "one" if ranks.rank() == 0 else None))


def unlike_epochs() -> str:
    return complaint(lambda: walk(net(), 2 + ranks.rank()))


def interrupted() -> str:
    """Ctrl-C reaches all ranks at once, wherever each of them is."""
    cost, path = net(), folder() / "interrupted"
    everyone = ranks.stacked(torch.tensor(os.getpid())).tolist()
    whole_loss, seen = cost.loss, []  # pyright: ignore[reportAttributeAccessIssue]

    def loss(outputs: Tensor, targets: Tensor) -> Tensor:
        seen.append(1)
        if ranks.rank() == 1 and len(seen) == 20:
            for process in everyone:
                os.kill(process, signal.SIGINT)
            time.sleep(0.05)
        return whole_loss(outputs, targets)

    cost.loss = loss  # pyright: ignore[reportAttributeAccessIssue]
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        run = walk(cost, 1000, save=path)
    finally:
        signal.signal(signal.SIGINT, before)
    ranks.agreed(lambda: check(path, run))
    return f"{run.outcome.name} after {len(run.steps)} steps"


SAME: list[Callable[[], Any]] = [of_a_network, of_least_squares, thinned]
TOLD: list[Callable[[], Any]] = [
    onto_a_full_disk, onto_another, into_no_folder, resumed_at_another_rate, resumed_with_other_data, named_on_one,
    unlike_epochs, interrupted,
]  # fmt: skip


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What each of two ranks found."""
    return on_ranks(2, tmp_path_factory.mktemp("ranks"), [*SAME, *TOLD])


@pytest.mark.parametrize("what", [each.__name__ for each in SAME])
def test_all_ranks_have_the_run_that_is_saved(found: list[dict[str, Any]], what: str) -> None:
    for each in found:
        assert each[what] == found[0][what]


@pytest.mark.parametrize(
    ("what", "first", "second"),
    [
        ("onto_a_full_disk", "full: it cannot be written (database or disk is full)", "descend: on rank 0, "),
        ("onto_another", "another: there is a file of that name already", "descend: on rank 0, "),
        ("into_no_folder", "there is no folder", "descend: on rank 0, "),
        ("resumed_at_another_rate", "rate: the run was made with learning rate 0.02, not 0.03", "on rank 0, "),
        ("resumed_with_other_data", "data: at epoch 2 the cost was 7.0, and is now", "data: at epoch 2 the cost was"),
        ("named_on_one", "the ranks differ in their descent: rank 0 has save=", "rank 1 has save=None"),
        ("unlike_epochs", "rank 0 has epochs=2, rank 1 has epochs=3", "rank 0 has epochs=2, rank 1 has epochs=3"),
        ("interrupted", "INTERRUPTED after", "INTERRUPTED after"),
    ],
)
def test_what_stops_one_stops_all(found: list[dict[str, Any]], what: str, first: str, second: str) -> None:
    texts = [each[what] if isinstance(each[what], str) else each[what][0] for each in found]
    assert first in texts[0] and second in texts[1]
    if what in ("interrupted", "named_on_one", "unlike_epochs"):
        assert len(set(texts)) == 1
    if second.endswith("on rank 0, "):
        assert all(texts[0].split(": ", 2)[-1] in text for text in texts), "the same sentence on every rank"
