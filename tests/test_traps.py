"""The traps: steepest falls into none, a plain loop into none, and every planted fault into its own."""

import json
from collections.abc import Iterator

import faulty_tools as faulty
import pytest
import torch
from faulty_tools import Live, Naive
from torch import Tensor

from steepest.cli import selftest as command
from steepest.traps import TRAPS, Refused, Steepest, Subject, Surface, Tool, Trap, examine, sprung
from steepest.traps.nouns import Pair, Reach

NAMED = {trap.name: trap for trap in TRAPS}

VALUES, LABELS = "each cost belongs to its coordinates", "labels of the axes, odd and even counts"
ROWS, CENTRE = "rows walked to and fro", "the centre is the model"
REACH, OBLONG = "a reach that is not symmetric", "more columns than rows"
CONSTANT, BATCHES = "a constant cost stays constant", "all batches, by their sizes"
MOVED, AS_FOUND = "the trained model is not moved", "modes, gradients and buffers as found"
RAISED, STOPPED = "restored after an exception", "restored after Ctrl-C"
SHUFFLED, DROPOUT, NORM = "a loader that shuffles", "live dropout", "batch norm in training mode"
POLICIES = "batch norm: frozen, batch, recalibrated"
FILTERS, HELD = "filters as long as the model's", "biases and norm parameters held"
INDEPENDENT, SIGNS = "two random directions, not one", "random directions of both signs"
EIGEN, RIGHT_ANGLES = "eigenvectors are walked as eigenvectors", "eigenvectors at right angles"

FAULTS: dict[type[Tool], set[str]] = {
    faulty.Rounder: {VALUES, CONSTANT, CENTRE},
    faulty.Jitter: {CONSTANT},
    faulty.Mislabelled: {VALUES, LABELS, REACH, OBLONG, POLICIES},
    faulty.Serpentine: {VALUES, LABELS, ROWS, CENTRE, REACH, OBLONG, POLICIES},
    faulty.Elsewhere: {CENTRE, REACH},
    faulty.Symmetric: {REACH},
    faulty.Square: {OBLONG},
    faulty.Filler: {"NaN stays NaN"},
    faulty.Clipper: {"infinity stays infinite"},
    faulty.FirstBatch: {BATCHES, SHUFFLED},
    faulty.MeanOfMeans: {BATCHES},
    faulty.AnyBatch: {SHUFFLED},
    faulty.Mover: {MOVED, RAISED, STOPPED},
    faulty.Hasty: {RAISED, STOPPED},
    faulty.Uneasy: {STOPPED},
    faulty.Swallower: {RAISED},
    faulty.Sleeper: {AS_FOUND},
    faulty.Drowsy: {RAISED, STOPPED},
    faulty.Forgetful: {AS_FOUND},
    faulty.Crasher: {"filters of zeros"},
    faulty.Cleaner: {AS_FOUND},
    faulty.Gambler: {"random states as found"},
    faulty.AsItIs: {DROPOUT},
    faulty.OnePolicy: {POLICIES},
    faulty.Collector: {DROPOUT, NORM},
    faulty.Layerwise: {FILTERS},
    faulty.Everything: {HELD},
    faulty.Statistics: {"buffers held"},
    faulty.Doubled: {"tied weights go one way"},
    faulty.Twin: {INDEPENDENT},
    faulty.Corner: {SIGNS, INDEPENDENT},
    faulty.Claims: {"the cosine reported is the cosine"},
    faulty.Scaled: {EIGEN, RIGHT_ANGLES},
    faulty.Slanted: {RIGHT_ANGLES},
    faulty.Dots: {"a path on skew axes"},
}


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Thousands of tiny operations: on a busy machine a second thread only waits."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.name)
@pytest.mark.parametrize("tool", [Steepest, Naive, Live], ids=lambda tool: tool.__name__)
def test_a_right_tool_falls_into_no_trap(tool: type[Tool], trap: Trap) -> None:
    answer = sprung(trap, tool())
    assert answer.status == ("refused" if answer.status == "refused" else "passed"), answer.found


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_every_planted_fault_is_caught_and_no_other_is_claimed(fault: type[Tool]) -> None:
    answers = examine(fault())
    assert {answer.trap.name: answer.found for answer in answers if not answer.good}.keys() == FAULTS[fault]


def test_every_trap_is_met_by_a_fault_and_bears_its_own_name() -> None:
    assert set().union(*FAULTS.values()) == set(NAMED)
    assert len(NAMED) == len(TRAPS)


def test_a_tool_that_offers_nothing_falls_into_nothing() -> None:
    answers = examine(Tool())
    assert {answer.status for answer in answers} == {"not offered"} and all(answer.good for answer in answers)


def test_a_refusal_counts_only_where_the_user_made_the_mistake() -> None:
    class Sulking(Tool):
        def plane(self, subject: Subject, directions: Pair, *, reach: Reach, points: tuple[int, int]) -> Surface:
            raise Refused("not today")

    statuses = {answer.trap.name: answer.status for answer in examine(Sulking())}
    assert {name for name, status in statuses.items() if status == "refused"} == {DROPOUT, SHUFFLED, NORM}
    assert statuses[VALUES] == "failed"


def test_whatever_a_tool_raises_is_an_answer() -> None:
    class Broken(Tool):
        def plane(self, subject: Subject, directions: Pair, *, reach: Reach, points: tuple[int, int]) -> Surface:
            raise ZeroDivisionError("float division by zero\nand more")

    answer = sprung(NAMED[VALUES], Broken())
    assert (answer.status, answer.found) == ("failed", "raised ZeroDivisionError: float division by zero")
    assert answer.to_dict()["trap"] == VALUES


def test_the_wrong_shape_is_told() -> None:
    class Flat(Naive):
        def cells(self, costs: Tensor) -> Tensor:
            return costs.flatten()

    assert "costs of shape (121,) with 11 and 11 coordinates" in sprung(NAMED[VALUES], Flat()).found


def test_a_trap_leaves_the_global_random_state_alone() -> None:
    before = torch.get_rng_state()
    examine(Naive())
    assert torch.get_rng_state().equal(before)


def test_independent_directions_seldom_look_alike() -> None:
    """The threshold of the trap is not met by chance."""
    subject = NAMED[INDEPENDENT].build()
    tool = Naive()
    assert max(abs(tool.cosine(tool.random(subject, seed=seed))) for seed in range(200)) < 0.2


def test_the_command_prints_a_table_and_its_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(json=False) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in NAMED) and f"{len(TRAPS)} traps in" in shown and "0 failed" in shown
    assert command.run(json=True) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["passed"] is True and [each["trap"] for each in document["traps"]] == list(NAMED)


def test_the_command_says_what_is_wrong(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(command, "Steepest", faulty.Serpentine)
    assert command.run(json=False) == command.run(json=True) == 1
    shown = capsys.readouterr().out
    assert "FAILED" in shown and "rows are shifted against each other by up to 1.0 of a step" in shown
