"""A loop on two ranks whose model is in pieces: what is watched is the whole's, and training keeps its bits."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from test_ranks import complaint, on_ranks
from tolerances import CLOSED_FORM, assert_close
from torch import Tensor, nn
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.distributed.tensor import DTensor, Partial

from steepest import ranks
from steepest.watcher import Watch, rows, watch

MSE = nn.functional.mse_loss
STEPS = 20
BLOCK = 8
"""So many steps wait together: there are two blocks, and a part of one."""

Made = tuple[nn.Module, torch.optim.Optimizer]


def net() -> nn.Sequential:
    """Of six hidden units for two ranks, and of three outputs, so that pieces are uneven and one bias has none."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 3), nn.Tanh(), nn.Linear(3, 1)).double()


def mesh() -> DeviceMesh:
    return init_device_mesh("cpu", (ranks.count(),))


def adam(model: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.AdamW(model.parameters(), lr=0.02)


def descent(model: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.SGD(model.parameters(), lr=0.1)


def sharded(model: nn.Module) -> Any:
    from torch.distributed.fsdp import fully_shard

    for layer in model.children():
        if isinstance(layer, nn.Linear):
            fully_shard(layer, mesh=mesh())
    return fully_shard(model, mesh=mesh())


def tensor_parallel(model: nn.Module) -> nn.Module:
    from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, parallelize_module

    return parallelize_module(model, mesh(), {"0": ColwiseParallel(), "2": RowwiseParallel()})


def flattened(model: nn.Module, **how: Any) -> nn.Module:
    from torch.distributed.fsdp import FullyShardedDataParallel

    return FullyShardedDataParallel(model, device_id=torch.device("cpu"), **how)


def data() -> tuple[Tensor, Tensor]:
    """Eighteen rows, which share out evenly: the ranks' mean of means is then the mean."""
    generator = torch.Generator().manual_seed(1)
    inputs = torch.randn(18, 4, generator=generator, dtype=torch.float64)
    return inputs, inputs[:, :1].sin()


def train(made: Made, watched: Watch | None = None, *, dealt: bool, steps: int = STEPS) -> None:
    model, optimizer = made
    inputs, targets = data()
    rows = slice(ranks.rank(), None, ranks.count()) if dealt else slice(None)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = MSE(model(inputs[rows]), targets[rows])
        loss.backward()
        if watched is not None:
            watched.record(loss)
        optimizer.step()


def bits(model: nn.Module) -> list[list[str]]:
    return [[float(x).hex() for x in ranks.piece(value.detach()).reshape(-1)] for value in model.parameters()]


def told(watched: Watch) -> dict[str, Any]:
    table, run = watched.measurements, watched.trajectory()
    return {
        "table": {name: getattr(table, name).tolist() for name in NUMBERS},
        "names": table.names,
        "run": [
            [step.cost, *torch.cat([v.reshape(-1) for v in (*step.params.values(), *step.gradient.values())]).tolist()]
            for step in run.steps
        ],
        "shapes": [list(value.shape) for value in run.end.values()],
        "findings": [finding.rule for finding in watched.findings()],
        "because": run.because,
        "every": run.every,
        "epochs": [step.epoch for step in run.steps],
    }


NUMBERS = ("costs", "parameter_norms", "gradient_norms", "change_norms", "gradient_dots", "rate_times_curvature")


def watched_and_not(
    split: Callable[[nn.Module], nn.Module],
    rule: Callable[[nn.Module], torch.optim.Optimizer],
    *,
    dealt: bool,
    **how: Any,
) -> dict[str, Any]:
    pair: list[Made] = []
    for _ in range(2):
        model = split(net())
        pair.append((model, rule(model)))
    train(pair[0], dealt=dealt)
    random = torch.get_rng_state()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "BLOCK_ROWS", BLOCK)
        with watch(*pair[1], **how) as watched:
            train(pair[1], watched, dealt=dealt)
    found = told(watched)
    assert bits(pair[0][0]) == bits(pair[1][0]), "training is the same, watched or not"
    assert torch.get_rng_state().equal(random)
    return found


def alone(rule: Callable[[nn.Module], torch.optim.Optimizer]) -> dict[str, Any]:
    model = net()
    made = model, rule(model)
    with watch(*made) as watched:
        train(made, watched, dealt=False)
    return told(watched)


def fully_sharded() -> dict[str, Any]:
    return watched_and_not(sharded, descent, dealt=True)


def fully_sharded_by_adam() -> dict[str, Any]:
    return watched_and_not(sharded, adam, dealt=True)


def parallel_in_tensors() -> dict[str, Any]:
    return watched_and_not(tensor_parallel, descent, dealt=False)


def hybrid() -> dict[str, Any]:
    """Copies of the whole, each in pieces over one rank: what all have is not to be counted twice."""
    from torch.distributed.fsdp import fully_shard

    both = init_device_mesh("cpu", (ranks.count(), 1), mesh_dim_names=("copies", "pieces"))
    pieces: Any = fully_shard
    return watched_and_not(lambda model: pieces(model, mesh=both), descent, dealt=True)


def thinned() -> dict[str, Any]:
    """A model that is measured a step at a time, and whose steps are thinned, alike on all ranks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "BLOCK_BYTES", 0)
        return watched_and_not(sharded, descent, dealt=True, memory=4 * 8 * 2 * 56)


def in_parallel_by_zero_redundancy() -> dict[str, Any]:
    from torch.distributed.optim import ZeroRedundancyOptimizer

    def rule(model: nn.Module) -> torch.optim.Optimizer:
        return ZeroRedundancyOptimizer(model.parameters(), torch.optim.AdamW, lr=0.02)

    return watched_and_not(nn.parallel.DistributedDataParallel, rule, dealt=True)


def faulty() -> list[str]:
    """A NaN in the piece of the last rank alone, a parameter that no optimizer holds, and one that nothing reaches."""
    whole = net()
    whole[0].register_parameter("spare", nn.Parameter(torch.ones(2).double()))
    model = sharded(whole)
    named = dict(model.named_parameters())
    held = [value for name, value in named.items() if name != "4.bias"]
    optimizer = torch.optim.SGD(held, lr=0.1)
    watched = watch(model, optimizer)
    train((model, optimizer), watched, dealt=True, steps=3)
    if ranks.rank() == ranks.count() - 1:
        piece = ranks.piece(named["0.weight"].detach())
        piece[0, 0] = torch.nan
    train((model, optimizer), watched, dealt=True, steps=3)
    return [finding.claim for finding in watched.findings()]


def left_by_one() -> str:
    """One rank fails inside the watch and leaves it; no other is asked, and none waits."""
    model = sharded(net())
    made = model, descent(model)
    try:
        with watch(*made) as watched:
            train(made, watched, dealt=True, steps=2)
            if ranks.rank() == 0:
                raise RuntimeError("a fault of the user's own")
    except RuntimeError as error:
        return str(error)
    return f"{len(watched.measurements) if ranks.alone() else 'left'}"


def asked_by_one() -> str:
    """What one rank may print alone."""
    model = sharded(net())
    made = model, descent(model)
    watched = watch(*made)
    train(made, watched, dealt=True, steps=2)
    return str(watched) if ranks.rank() == 0 else "silent"


def of_flattened() -> str:
    model = flattened(net())
    return complaint(lambda: watch(model, descent(model)))


def into_a_file() -> str:
    model = sharded(net())
    return complaint(lambda: watch(model, descent(model), save="run.steepest"))


def when_gathered() -> str:
    from torch.distributed.fsdp import fully_shard

    model: Any = fully_shard(net(), mesh=mesh())
    optimizer = descent(model)
    with torch.no_grad():
        model(data()[0])
    refused = complaint(lambda: watch(model, optimizer))
    model.reshard()
    train((model, optimizer), watched := watch(model, optimizer), dealt=True, steps=2)
    return f"{refused} {len(watched.measurements)} steps after"


def of_part_of_a_norm() -> str:
    model = sharded(net())
    made = model, descent(model)
    watched = watch(*made)
    train(made, steps=1, dealt=True)
    norm: Any = nn.utils.clip_grad_norm_(model.parameters(), 0.01)
    part = DTensor.from_local(norm.to_local(), norm.device_mesh, [Partial()])
    refused = complaint(lambda: watched.record(1.0, unclipped_norm=part))
    watched.record(1.0, unclipped_norm=norm.full_tensor())
    made[1].step()
    table = watched.measurements
    assert_close(table.gradient_norm[1], 0.01, 1e-4, "clipped")
    assert table.unclipped_norms[1] > 0.01 and table.costs[1] == 1
    return refused


def unrecorded_by_one() -> list[float]:
    """A cost that one rank does not tell is not the mean of the others'."""
    model = sharded(net())
    made = model, descent(model)
    watched = watch(*made)
    train(made, watched if ranks.rank() == 0 else None, dealt=True, steps=2)
    return watched.measurements.costs.isnan().tolist()


def as_a_cost() -> list[str]:
    kinds = sharded, flattened, tensor_parallel, nn.parallel.DistributedDataParallel
    return [complaint(lambda kind=kind: ranks.refuse_pieces(kind(net()))) for kind in kinds]


WHOLE: dict[Callable[[], dict[str, Any]], Callable[[nn.Module], torch.optim.Optimizer]] = {
    fully_sharded: descent,
    fully_sharded_by_adam: adam,
    hybrid: descent,
    parallel_in_tensors: descent,
}
TOLD: list[Callable[[], Any]] = [
    thinned, in_parallel_by_zero_redundancy, faulty, left_by_one, asked_by_one, of_flattened, into_a_file,
    when_gathered, of_part_of_a_norm, unrecorded_by_one, as_a_cost,
]  # fmt: skip


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What each of two ranks found."""
    return on_ranks(2, tmp_path_factory.mktemp("ranks"), [*WHOLE, *TOLD])


def close_to(given: Any, right: Any, what: str) -> None:
    pair = [torch.tensor(each, dtype=torch.float64) for each in (given, right)]
    assert pair[0].isnan().equal(pair[1].isnan())
    assert_close(pair[0].nan_to_num(), pair[1].nan_to_num(), CLOSED_FORM, what)


@pytest.mark.parametrize("what", [each.__name__ for each in WHOLE])
def test_pieces_are_watched_as_the_whole_is(found: list[dict[str, Any]], what: str) -> None:
    (rule,) = (rule for each, rule in WHOLE.items() if each.__name__ == what)
    right = alone(rule)
    first, *others = (each[what] for each in found)
    assert all(json.dumps(other) == json.dumps(first) for other in others), "every rank says the same to the last bit"
    for name, column in right["table"].items():
        close_to(first["table"][name], column, name)
    close_to(first["run"], right["run"], "steps")
    assert first["shapes"] == right["shapes"] and first["names"] == list(right["names"])
    assert first["findings"] == right["findings"] == []
    assert f"(in pieces over {len(found)} ranks; the cost is their mean loss)" in first["because"]


def test_thinning_is_alike_on_all_ranks(found: list[dict[str, Any]]) -> None:
    right = alone(descent)
    first, *others = (each["thinned"] for each in found)
    assert all(json.dumps(other) == json.dumps(first) for other in others)
    kept = [*range(0, STEPS, first["every"]), STEPS - 1]
    assert first["every"] == 8 and first["epochs"] == sorted(set(kept))
    close_to(first["run"], [right["run"][epoch] for epoch in first["epochs"]], "steps")
    for name, column in right["table"].items():
        close_to(first["table"][name], column, name)


def test_copies_of_the_whole_say_whose_costs_they_recorded(found: list[dict[str, Any]]) -> None:
    right = alone(adam)
    for rank, each in enumerate(found):
        watched = each["in_parallel_by_zero_redundancy"]
        assert f"(on rank {rank} of {len(found)}; the cost is of its own batches)" in watched["because"]
        for name in ("parameter_norms", "gradient_norms", "change_norms", "gradient_dots"):
            close_to(watched["table"][name], right["table"][name], name)
        assert watched["findings"] == []


def test_faults_of_one_piece_are_told_on_every_rank(found: list[dict[str, Any]]) -> None:
    first, *others = (each["faulty"] for each in found)
    assert all(other == first for other in others) and len(first) == 3
    assert "holds 6 of the model's 7 trainable parameters: '4.bias' never moved" in first[0]
    assert "1 of 7 parameters received no gradient in 6 steps: '0.spare'" in first[1]
    assert "At step 3 the parameter '0.weight' is not finite, the first of 1 among 7" in first[2]


def test_three_ranks_that_hold_uneven_pieces(tmp_path: Path) -> None:
    three = on_ranks(3, tmp_path, [fully_sharded, thinned, faulty])
    test_pieces_are_watched_as_the_whole_is(three, fully_sharded.__name__)
    test_thinning_is_alike_on_all_ranks(three)
    test_faults_of_one_piece_are_told_on_every_rank(three)


@pytest.mark.parametrize(
    ("what", "first", "second"),
    [
        ("left_by_one", "a fault of the user's own", "left"),
        ("asked_by_one", "parameters in pieces over", "silent"),
        ("of_flattened", "watch: the model is a FullyShardedDataParallel", "torch.distributed.fsdp.fully_shard"),
        ("into_a_file", "watch: save='run.steepest', and each rank holds pieces", "watch.trajectory() on all ranks"),
        ("when_gathered", "watch: 6 of the 6 sharded tensors of the optimizer are not in the model", "2 steps after"),
        ("of_part_of_a_norm", "watch.record: the number is a DTensor, of which each rank has a part", "full_tensor()"),
        ("unrecorded_by_one", [True, True], [True, True]),
    ],
)
def test_what_is_refused(found: list[dict[str, Any]], what: str, first: Any, second: Any) -> None:
    if isinstance(first, str):
        assert first in found[0][what] and second in found[1][what]
    else:
        assert found[0][what] == first and found[1][what] == second


def test_what_splits_a_module_is_named(found: list[dict[str, Any]]) -> None:
    for each in found:
        *split, copied = each["as_a_cost"]
        for told, kind in zip(split, ("fully_shard", "FullyShardedDataParallel", "DTensor"), strict=True):
            assert f"the module's parameters are in pieces over the ranks, by {kind}. A cost is asked" in told
            assert "Make the cost of a module that is not split, with the weights of" in told
        assert copied == "no complaint"
