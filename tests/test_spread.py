"""The points of a slice dealt over two and three ranks are those of one process, to the last bit."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from costs import batched, columns, network
from test_ranks import MSE, complaint, drawn, net, on_ranks, own
from torch import Tensor

from steepest import ranks
from steepest.cost import Cost
from steepest.cost.sample import sample
from steepest.slices.asking import Ask
from steepest.slices.axes import laid

PLACES = torch.cartesian_prod(torch.linspace(-1, 1, 7), torch.linspace(-0.5, 1, 5)).double()


def folder() -> Path:
    """A folder that all ranks share."""
    return Path(os.environ["FOLDER_OF_THE_TEST"])


def whole_net() -> Cost:
    """A cost of all the data on every rank."""
    return Cost.from_module(network(), MSE, batched(*columns(), 20))


def hexed(**found: Tensor) -> list[str]:
    return [f"{value.dtype} {float(value).hex()}" for column in found.values() for value in column]


def asking(cost: Cost, **more: Any) -> Ask:
    return Ask(cost, drawn(cost), (drawn(cost, 5), drawn(cost, 6)), spread=True, **more)


def dealt() -> list[str]:
    return hexed(**asking(whole_net()).values(PLACES))


def dealt_in_batches_with_more_beside() -> list[str]:
    ask = asking(sample(whole_net(), 40), beside={"accuracy": whole_net()})
    parts = [ask.values(part) for part in (PLACES[:1], PLACES[:4], PLACES[3:], PLACES[:0])]
    assert ask.count == len(PLACES)
    return [each for part in parts for each in hexed(**part)]


def dealt_without_finite_values() -> list[str]:
    cost = Cost.from_function(lambda m, b: m.sqrt() + 1 / (b + 0.5), dtype=torch.float32)
    found = Ask(cost, cost.zeros(), laid(("m", "b"), cost.zeros())[1], spread=True)(PLACES)
    assert found.isnan().any() and found.isinf().any()
    return hexed(cost=found)


def dealt_into_a_store() -> list[str]:
    path = folder() / f"plane of {ranks.count()}"
    first = asking(whole_net(), store=path)(PLACES[::2])
    again = asking(whole_net(), store=path)
    assert again.taken_up == len(PLACES[::2])
    found = again(PLACES)
    assert found[::2].equal(first) and again.count == len(PLACES) - len(first)
    own = (path / f"points-{ranks.rank()}.jsonl").read_text(encoding="utf-8").splitlines()
    shares = [len(PLACES[::2][each :: ranks.count()]) for each in range(ranks.count())]
    shares = [share + len(PLACES[1::2][each :: ranks.count()]) for each, share in enumerate(shares)]
    assert len(own) == shares[ranks.rank()], "each writes what it measures, and no more"
    return hexed(cost=found)


def shards_into_a_store() -> list[str]:
    """All ranks ask a sharded cost together, and the first writes."""
    path, cost = folder() / f"shards of {ranks.count()}", net()
    first = Ask(cost, drawn(cost), (drawn(cost, 5), drawn(cost, 6)), store=path)(PLACES[:5])
    again = Ask(cost, drawn(cost), (drawn(cost, 5), drawn(cost, 6)), store=path)
    assert again(PLACES[:5]).equal(first) and again.count == 0 and again.taken_up == 5
    assert [file.name for file in path.glob("points-*")] == ["points-0.jsonl"]
    clocks = ranks.stacked(torch.tensor(again.clock(), dtype=torch.float64))
    assert clocks.eq(clocks[0]).all()
    return [f"{cost:.9g}" for cost in first.tolist()]


BITS: list[Callable[[], list[str]]] = [
    dealt, dealt_in_batches_with_more_beside, dealt_without_finite_values, dealt_into_a_store, shards_into_a_store,
]  # fmt: skip


def spread_of_shards() -> str:
    return complaint(lambda: asking(net()))


def spread_of_other_directions() -> str:
    cost = whole_net()
    return complaint(lambda: Ask(cost, drawn(cost), (drawn(cost, 5 + ranks.rank()),), spread=True))


def spread_of_other_data() -> str:
    inputs, targets = own(*columns())
    return complaint(lambda: asking(Cost.from_module(network(), MSE, batched(inputs, targets, 60))))


def spread_that_fails_on_one() -> str:
    def value(m: Tensor) -> Tensor:
        if ranks.rank() == 1 and float(m) > 1:
            raise RuntimeError("no more")
        return m**2

    cost = Cost.from_function(value, dtype=torch.float64)
    ask = Ask(cost, cost.zeros(), laid(("m",), cost.zeros())[1], spread=True)
    return complaint(lambda: ask(torch.linspace(0, 4, 9).double()[:, None]))


def spread_that_is_interrupted() -> str:
    """What all ranks had found by then, all of them know."""

    def value(m: Tensor) -> Tensor:
        if ranks.rank() == 1 and float(m) > 2:
            raise KeyboardInterrupt
        return m**2

    cost = Cost.from_function(value, dtype=torch.float64)
    ask = Ask(cost, cost.zeros(), laid(("m",), cost.zeros())[1], spread=True)
    try:
        ask(torch.linspace(0, 4, 9).double()[:, None])
    except KeyboardInterrupt:
        places, values = ask.known()
        assert values["cost"].equal(places[:, 0] ** 2)
        return " ".join(f"{place:g}" for place in sorted(places[:, 0].tolist()))
    return "not interrupted"


def spread_that_is_interrupted_while_it_waits() -> str:
    """Ctrl-C reaches all ranks at once, those that measure and those that wait for them."""
    everyone = ranks.stacked(torch.tensor(os.getpid())).tolist()

    def value(m: Tensor) -> Tensor:
        if ranks.rank() == 1:
            time.sleep(0.1)
            if float(m) > 2:
                for process in everyone:
                    os.kill(process, signal.SIGINT)
                time.sleep(0.1)
        return m**2

    cost = Cost.from_function(value, dtype=torch.float64)
    ask = Ask(cost, cost.zeros(), laid(("m",), cost.zeros())[1], spread=True)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        ask(torch.linspace(0, 4, 9).double()[:, None])
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, before)
        return " ".join(f"{place:g}" for place in sorted(ask.known()[0][:, 0].tolist()))
    return "not interrupted"


def spread_into_no_folder() -> str:
    (folder() / "file").touch()
    return complaint(lambda: asking(whole_net(), store=folder() / "file"))


def sent_by_the_first() -> str:
    found = ranks.sent({"m": torch.tensor([1.0, ranks.rank()]), "b": torch.tensor(ranks.rank() + 0.5)})
    rows = ranks.gathered(torch.full((ranks.rank(), 2), ranks.rank() + torch.nan if ranks.rank() > 1 else 1.0))
    assert ranks.gathered(torch.zeros(0, 2)).shape == (0, 2)
    return f"{found['m'].tolist()} {float(found['b'])} {rows[0].tolist()}"


TOLD: list[Callable[[], str]] = [
    spread_of_shards, spread_of_other_directions, spread_of_other_data, spread_that_fails_on_one,
    spread_that_is_interrupted, spread_that_is_interrupted_while_it_waits, spread_into_no_folder, sent_by_the_first,
]  # fmt: skip


@pytest.fixture(scope="module", params=[2, 3], ids=["two ranks", "three ranks"])
def found(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What each rank found."""
    return on_ranks(int(request.param), tmp_path_factory.mktemp("ranks"), [*BITS, *TOLD])


@pytest.fixture(scope="module")
def bits(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What one process finds, to the last bit."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FOLDER_OF_THE_TEST", str(tmp_path_factory.mktemp("alone")))
        return {each.__name__: each() for each in BITS}


@pytest.mark.parametrize("what", [each.__name__ for each in BITS])
def test_points_dealt_over_ranks_are_those_of_one_process_to_the_last_bit(
    found: list[dict[str, Any]], bits: dict[str, list[str]], what: str
) -> None:
    for each in found:
        assert each[what] == bits[what]


@pytest.mark.parametrize(
    ("what", "first", "second"),
    [
        ("spread_of_shards", "the cost is sharded: all ranks together", "Leave out spread=True"),
        ("spread_of_other_directions", "the ranks differ in their origin and directions", "rank 1 has digest"),
        ("spread_of_other_data", "the ranks differ in their data: rank 0 has 'cost' over", "rank 1 has 'cost' over"),
        ("spread_that_fails_on_one", "RuntimeError: on rank 1: RuntimeError: no more", "RuntimeError: no more"),
        ("spread_that_is_interrupted", "0 0.5 1 1.5 2", "0 0.5 1 1.5 2"),
        ("spread_that_is_interrupted_while_it_waits", "0 0.5 1 1.5 2 2.5", "0 0.5 1 1.5 2 2.5"),
        ("spread_into_no_folder", "cannot be written", "on rank 0, "),
        ("sent_by_the_first", "[1.0, 0.0] 0.5 [1.0, 1.0]", "[1.0, 0.0] 0.5 [1.0, 1.0]"),
    ],
)
def test_a_fault_is_told_on_every_rank(found: list[dict[str, Any]], what: str, first: str, second: str) -> None:
    assert first in found[0][what] and second in found[1][what]
