"""Two and three ranks that hold uneven shards say on every rank what one process with all the data says."""

from __future__ import annotations

import faulthandler
import json
import multiprocessing
import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import torch
from costs import batched, columns, convolutional, network
from tolerances import CLOSED_FORM, assert_close
from torch import Tensor, nn
from torch import distributed as dist

from steepest import ranks, vectors
from steepest.check import check_gradient
from steepest.cost import Cost
from steepest.cost.least_squares import LeastSquares
from steepest.cost.moments import measure
from steepest.cost.shards import pooled
from steepest.curvature import curvature_at
from steepest.descent import descend
from steepest.errors import SteepestError

MSE = nn.functional.mse_loss
CUTS = {1: [0, 60], 2: [0, 17, 60], 3: [0, 7, 18, 60]}
"""Where the sixty rows are cut."""

SECONDS = 100
"""After so long a run of ranks is taken to hang, and ended; each writes down where it was shortly before."""


def shard() -> slice:
    cuts = CUTS[ranks.count()]
    return slice(cuts[ranks.rank()], cuts[ranks.rank() + 1])


def own(*tensors: Tensor) -> list[Tensor]:
    return [value[shard()] for value in tensors]


def drawn(cost: Cost, seed: int = 4) -> vectors.Params:
    generator = torch.Generator().manual_seed(seed)
    return {n: torch.randn(z.shape, generator=generator, dtype=z.dtype) for n, z in cost.zeros().items()}


def net(size: int = 20) -> Cost:
    inputs, targets = own(*columns())
    return Cost.from_module(network(), MSE, batched(inputs, targets, size), sharded=True)


def numbers(*found: Tensor | vectors.Params | float) -> list[float]:
    flat = [vectors.flat(each).tolist() if isinstance(each, dict) else [float(each)] for each in found]
    return [number for part in flat for number in part]


def abilities(cost: Cost) -> list[float]:
    at, aim = drawn(cost), drawn(cost, seed=9)
    value, gradient = cost.value_and_gradient(at)
    ask = cost.products(at)
    return numbers(cost.value(at), value, gradient, cost.product(at, aim), ask(aim), ask(at))


def module_abilities() -> list[float]:
    return abilities(net())


def one_batch_each() -> list[float]:
    return abilities(net(60))


def examples() -> list[float]:
    inputs, targets = own(*columns())
    return [float(cost.examples or 0) for cost in (net(7), Cost.least_squares(inputs, targets, sharded=True))]


def walked() -> list[float]:
    cost = net()
    run = descend(cost, drawn(cost), learning_rate=0.02, epochs=30)
    return [*(step.cost for step in run.steps), *numbers(run.end)]


def bent_exactly() -> list[float]:
    cost = net()
    found = curvature_at(cost, drawn(cost), method="exact")
    return [*found.eigenvalues.tolist(), found.sharpness, found.smallest]


def bent_by_lanczos() -> list[float]:
    cost = net()
    found = curvature_at(cost, drawn(cost), method="lanczos", each_end=2, tolerance=1e-9)
    return [*found.eigenvalues.tolist(), found.sharpness, float(found.products)]


def checked() -> list[float]:
    cost = net()
    found = check_gradient(cost, drawn(cost), most=3)
    assert found.agrees, str(found)
    return [row.autograd for row in found.rows]


def line_of_best_fit() -> list[float]:
    inputs, targets = own(*columns())
    cost = Cost.least_squares(inputs, targets, sharded=True)
    sharpness = curvature_at(cost, drawn(cost)).eigenvalues.tolist()
    run = descend(cost, drawn(cost), learning_rate=0.05, epochs=40)
    assert check_gradient(cost, drawn(cost), most=2).agrees
    return [*abilities(cost), *numbers(cost.minimum or {}), *sharpness, *numbers(run.end)]


def through_the_origin() -> list[float]:
    inputs, targets = own(*columns())
    cost = Cost.least_squares(inputs, targets, intercept=False, standardise=True, ridge=0.1, sharded=True)
    return [*abilities(cost), *numbers(cost.minimum)]


def long_stream() -> list[float]:
    """More rows than are decomposed whole, on all ranks but the first."""
    inputs, targets = columns(200_000)
    cuts = {1: [0, 200_000], 2: [0, 30_000, 200_000], 3: [0, 20_000, 90_000, 200_000]}[ranks.count()]
    rows = slice(cuts[ranks.rank()], cuts[ranks.rank() + 1])
    parts = zip(inputs[rows].split(9_000), targets[rows].split(9_000), strict=True)
    cost = Cost.least_squares(parts, sharded=True)
    return [*abilities(cost), *numbers(cost.minimum)]


def an_empty_shard() -> list[float]:
    """Sixty rows on the last rank, none on the others."""
    last = ranks.rank() == ranks.count() - 1
    return abilities(Cost.from_module(network(), MSE, batched(*columns(), 20) if last else [], sharded=True))


def normalised(policy: Any) -> list[float]:
    """Batches are the same on any number of ranks: whole ones are dealt out."""
    inputs, targets = columns(60, 6)
    dealt = batched(inputs[:, None], targets, 12)[ranks.rank() :: ranks.count()]
    cost = Cost.from_module(convolutional().train(), MSE, dealt, batch_norm=policy, sharded=True)
    return numbers(cost.value(drawn(cost))) if policy == "recalibrated" else abilities(cost)


def norm_of_batches() -> list[float]:
    return normalised("batch")


def norm_recalibrated() -> list[float]:
    return normalised("recalibrated")


def weighed_by_words() -> list[float]:
    """A mean over some entries only: the counts are the loss's own, and differ from the rows."""
    inputs, targets = own(*columns())

    def loss(module: nn.Module, batch: dict[str, Tensor]) -> tuple[Tensor, int]:
        heard = batch["y"] > 1
        return (module(batch["x"])[heard] - batch["y"][heard]).square().mean(), int(heard.sum())

    batches = [{"x": inputs, "y": targets[:, None]}]
    return abilities(Cost.from_module(network(), loss, batches, sharded=True))


EQUAL: list[Callable[[], list[float]]] = [
    module_abilities, one_batch_each, examples, walked, bent_exactly, bent_by_lanczos, checked, line_of_best_fit,
    through_the_origin, long_stream, an_empty_shard, norm_of_batches, norm_recalibrated, weighed_by_words,
]  # fmt: skip


def complaint(work: Callable[[], Any]) -> str:
    try:
        work()
    except (SteepestError, RuntimeError) as error:
        return f"{type(error).__name__}: {error}"
    return "no complaint"


def other_shapes() -> str:
    layer = nn.Linear(3, 1 + ranks.rank()).double()
    batch = columns()[0], torch.zeros(60, 1 + ranks.rank()).double()
    return complaint(lambda: Cost.from_module(layer, MSE, [batch], sharded=True))


def other_starts() -> str:
    cost = net()
    return complaint(lambda: descend(cost, drawn(cost, seed=ranks.rank()), learning_rate=0.1, epochs=3))


def other_columns() -> str:
    return complaint(lambda: Cost.least_squares(*columns(30, 3 + ranks.rank()), sharded=True))


def no_data_anywhere() -> str:
    return complaint(lambda: Cost.from_module(network(), MSE, [], sharded=True))


def one_reads_once() -> str:
    batches: Any = batched(*columns(), 20)
    return complaint(
        lambda: Cost.from_module(network(), MSE, iter(batches) if ranks.rank() == 1 else batches, sharded=True)
    )


def one_has_no_rows() -> str:
    inputs, targets = columns()
    rows = slice(0, 0) if ranks.rank() == 1 else slice(None)
    return complaint(lambda: Cost.least_squares(inputs[rows], targets[rows], sharded=True))


def one_fails_later() -> str:
    """The ranks can be asked again after a fault, and are right."""
    cost = net()
    before, batches = cost.value(drawn(cost)), cost.batches  # pyright: ignore[reportAttributeAccessIssue]
    if ranks.rank() == 1:
        cost.batches = [(torch.ones(2, 5).double(), torch.ones(2, 1).double())]  # pyright: ignore[reportAttributeAccessIssue]
    told = complaint(lambda: cost.value_and_gradient(drawn(cost)))
    cost.batches = batches  # pyright: ignore[reportAttributeAccessIssue]
    assert cost.value(drawn(cost)).equal(before)
    return told


def one_is_interrupted() -> str:
    """Ctrl-C on one rank ends the descent on all, each with the steps that were finished."""
    cost = net()
    whole, seen = cost.loss, []  # pyright: ignore[reportAttributeAccessIssue]

    def loss(outputs: Tensor, targets: Tensor) -> Tensor:
        seen.append(1)
        if ranks.rank() == 1 and len(seen) > 12:
            raise KeyboardInterrupt
        return whole(outputs, targets)

    cost.loss = loss  # pyright: ignore[reportAttributeAccessIssue]
    run = descend(cost, drawn(cost), learning_rate=0.02, epochs=1000)
    return f"{run.outcome.name} after {len(run.steps)} steps"


def nobody_asked_to_share() -> str:
    """Without `sharded` each rank has a cost of its own, and may ask for it alone."""
    if ranks.rank() == 0:
        inputs, targets = own(*columns())
        cost = Cost.from_module(network(), MSE, batched(inputs, targets, 60))
        curvature_at(cost, drawn(cost))
        return f"{cost.examples} examples"
    return "none"


def names_in_parallel() -> str:
    parallel = nn.parallel.DistributedDataParallel(network())
    inputs, targets = own(*columns())
    return str(Cost.from_module(parallel, MSE, batched(inputs, targets, 20), sharded=True))


TOLD: list[Callable[[], str]] = [
    other_shapes, other_starts, other_columns, no_data_anywhere, one_reads_once, one_has_no_rows, one_fails_later,
    one_is_interrupted, nobody_asked_to_share, names_in_parallel,
]  # fmt: skip


Tasks = list[Callable[[], Any]]


def work(rank: int, count: int, folder: Path, tasks: Tasks) -> None:
    """What each rank does: everything, once, written down."""
    torch.set_num_threads(1)
    trace = (folder / f"{rank}.trace").open("w", encoding="utf-8")
    faulthandler.dump_traceback_later(0.7 * SECONDS, file=trace)
    where, patience = (folder / "store").as_uri(), timedelta(seconds=SECONDS / 2)
    dist.init_process_group("gloo", init_method=where, rank=rank, world_size=count, timeout=patience)
    os.environ["FOLDER_OF_THE_TEST"] = str(folder)
    found = {each.__name__: each() for each in tasks}
    (folder / f"{rank}.json").write_text(json.dumps(found), encoding="utf-8")
    patient = time.monotonic() + SECONDS / 4
    while not all((folder / f"{each}.json").exists() for each in range(count)) and time.monotonic() < patient:
        time.sleep(0.01)  # one that hangs up while another still listens would end it with "connection closed"
    dist.destroy_process_group()


@pytest.fixture(scope="module", params=[2, 3], ids=["two ranks", "three ranks"])
def found(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What each rank found."""
    return on_ranks(int(request.param), tmp_path_factory.mktemp("ranks"), [*EQUAL, *TOLD])


def on_ranks(count: int, folder: Path, tasks: Tasks) -> list[dict[str, Any]]:
    """Let so many ranks do the same things, and give what each returned."""
    spawn = multiprocessing.get_context("spawn")
    running = [spawn.Process(target=work, args=(rank, count, folder, tasks), daemon=True) for rank in range(count)]
    for process in running:
        process.start()
    until = time.monotonic() + SECONDS
    for process in running:
        process.join(max(0.0, until - time.monotonic()))
    hung = [process for process in running if process.is_alive()]
    for process in hung:
        process.kill()
    ended, written = [process.exitcode for process in running], len(list(folder.glob("*.json")))
    where = "\n".join(file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.trace")))
    told = f"{written} of {count} ranks finished, {len(hung)} hung, exit codes {ended}\n{where}"
    assert not hung and written == count, told
    return [json.loads((folder / f"{rank}.json").read_text(encoding="utf-8")) for rank in range(count)]


@pytest.fixture(scope="module")
def expected() -> dict[str, list[float]]:
    """What one process says."""
    return {each.__name__: each() for each in EQUAL}


@pytest.mark.parametrize("what", [each.__name__ for each in EQUAL])
def test_shards_give_what_one_process_gives(
    found: list[dict[str, Any]], expected: dict[str, list[float]], what: str
) -> None:
    for rank, each in enumerate(found):
        right = torch.tensor(expected[what], dtype=torch.float64)
        assert_close(torch.tensor(each[what], dtype=torch.float64), right, CLOSED_FORM, f"{what} on rank {rank}")
        assert each[what] == found[0][what], "and every rank says the same to the last bit"


@pytest.mark.parametrize(
    ("what", "first", "second"),
    [
        ("other_shapes", "the ranks differ in their parameters: rank 0 has weight (1, 3) float64", "(2, 3)"),
        ("other_starts", "descend: the ranks are at different points", "different points"),
        ("other_columns", "differ in their data: rank 0 has 3 features", "rank 1 has 4 features"),
        ("no_data_anywhere", "there are no batches", "there are no batches"),
        ("one_reads_once", "on rank 1, the batches are a list_iterator", "Cost.from_module: the batches are a list_it"),
        ("one_has_no_rows", "on rank 1, there are no examples", "there are no examples"),
        ("one_fails_later", "RuntimeError: on rank 1: RuntimeError: mat1 and mat2", "RuntimeError: mat1 and mat2"),
        ("one_is_interrupted", "INTERRUPTED after", "INTERRUPTED after"),
        ("nobody_asked_to_share", " examples", "none"),
        ("names_in_parallel", "<ModuleCost of 4 parameters: 0.weight", "60 examples>"),
    ],
)
def test_a_fault_is_told_on_every_rank(found: list[dict[str, Any]], what: str, first: str, second: str) -> None:
    assert first in found[0][what] and second in found[1][what]


@pytest.mark.parametrize("cuts", [[1, 59], [1, 1, 58], [30, 30], [2, 3, 55]], ids=str)
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("far", [0.0, 1e3, 1e6])
@pytest.mark.parametrize("unlike", [False, True], ids=["alike", "sorted, of unlike scales"])
def test_pooled_moments_are_those_of_the_whole(cuts: list[int], intercept: bool, far: float, unlike: bool) -> None:
    """Also of shards with fewer rows than features, and far from zero: to all the digits that are promised."""
    inputs, targets = columns()
    inputs = inputs[inputs[:, 0].argsort()] if unlike else inputs
    inputs = inputs * torch.tensor([1e3, 1.0, 1e-2] if unlike else [1.0, 1.0, 1.0], dtype=torch.float64) + far
    targets = targets + inputs.sum(1)
    shards = [
        measure(*part, intercept=intercept)[0] for part in zip(inputs.split(cuts), targets.split(cuts), strict=True)
    ]
    part = LeastSquares(pooled(shards), names=None)
    whole = LeastSquares(measure(inputs, targets, intercept=intercept)[0], names=None)
    assert part.examples == 60
    assert_close(part.moments.deviation, whole.moments.deviation, max(1, far) * CLOSED_FORM, "deviation")
    at = drawn(whole)
    assert_close(part.value(at), whole.value(at), CLOSED_FORM, "cost")
    slopes = part.value_and_gradient(at)[1], whole.value_and_gradient(at)[1]
    assert_close(vectors.flat(slopes[0]), vectors.flat(slopes[1]), CLOSED_FORM, "gradient")
    for name, right in whole.minimum.items():
        assert_close(part.minimum[name], right, 10 ** -part.digits[name], f"minimum of {name}")


def test_ranks_that_do_not_know_of_each_other_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "WORLD_SIZE", "3")
    for make in (net, line_of_best_fit):
        with pytest.raises(SteepestError, match="one of 3 ranks"):
            make()
    with pytest.raises(SteepestError, match=r"one of 3 ranks, and steepest descend shards nothing.*without torchrun"):
        ranks.refuse_many("steepest descend")
    monkeypatch.setitem(os.environ, "WORLD_SIZE", "1")
    ranks.refuse_many("steepest descend")
    assert net().examples == 60
