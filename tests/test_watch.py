"""Watching a loop of the user's own: nothing changed, equal to descend, its overhead said, planted faults found."""

import copy
import math
import random
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from costs import batched, columns, network
from tolerances import SINGLE, assert_close
from torch import Tensor, nn

from steepest import Cost, SteepestError, descend, diagnose, watch
from steepest.trajectory import Outcome, Trajectory
from steepest.watcher import Measurements, Watch, load, rows, snapshots

X, Y = columns()
X32, Y32 = X.float(), Y.float()[:, None]
ROOT = Path(__file__).parent.parent

Optimizer = torch.optim.Optimizer
Loop = Callable[[nn.Module, Optimizer, Watch | None], None]


def net(seed: int = 0) -> nn.Module:
    """Dropout and batch norm, so that random state and buffers are at stake; drawn without the global generator."""
    model = nn.Sequential(
        nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.25), nn.Linear(8, 4), nn.Tanh(), nn.Linear(4, 1)
    )
    generator = torch.Generator().manual_seed(seed)
    for value in model.parameters():
        value.data = torch.randn(value.shape, generator=generator) / 2
    return model


def loss_of(model: nn.Module, at: slice = slice(None)) -> Tensor:
    return nn.functional.mse_loss(model(X32[at]), Y32[at])


# ---- training with and without watching is the same, bit for bit -----------------------------------------------------


def simple(model: nn.Module, optimizer: Optimizer, watched: Watch | None) -> None:
    for _ in range(12):
        optimizer.zero_grad()
        loss = loss_of(model)
        loss.backward()
        if watched:
            watched.record(loss)
        optimizer.step()


def without_the_second_line(model: nn.Module, optimizer: Optimizer, watched: Watch | None) -> None:
    del watched
    simple(model, optimizer, None)


def zeroed_in_place(model: nn.Module, optimizer: Optimizer, watched: Watch | None) -> None:
    for _ in range(12):
        loss = loss_of(model)
        optimizer.zero_grad(set_to_none=False)
        loss.backward()
        if watched:
            watched.record(loss.detach())
        optimizer.step()


def with_a_closure(model: nn.Module, optimizer: Optimizer, watched: Watch | None) -> None:
    del watched

    def closure() -> float:
        optimizer.zero_grad()
        loss = loss_of(model)
        loss.backward()
        return loss  # pyright: ignore[reportReturnType]

    for _ in range(4):
        optimizer.step(closure)
    for _ in range(2):
        optimizer.step(closure=closure)


def accumulating(model: nn.Module, optimizer: Optimizer, watched: Watch | None) -> None:
    for _ in range(6):
        optimizer.zero_grad()
        for start in (0, 20, 40):
            loss = loss_of(model, slice(start, start + 20)) / 3
            loss.backward()
            if watched:
                watched.record(loss)
        optimizer.step()


def clipped(model: nn.Module, optimizer: Optimizer, watched: Watch | None) -> None:
    for _ in range(6):
        optimizer.zero_grad()
        loss = loss_of(model)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(model.parameters(), 0.1)
        if watched:
            watched.record(loss, unclipped_norm=norm)
        optimizer.step()


def scheduled(model: nn.Module, optimizer: Optimizer, watched: Watch | None) -> None:
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 3, gamma=0.5)
    for _ in range(6):
        optimizer.zero_grad()
        loss = loss_of(model)
        loss.backward()
        if watched:
            watched.record(loss)
        optimizer.step()
        scheduler.step()


def frozen(model: nn.Module, optimizer: Optimizer, watched: Watch | None) -> None:
    assert not next(model.parameters()).requires_grad
    simple(model, optimizer, watched)


def scaled(model: nn.Module, optimizer: Optimizer, watched: Watch | None) -> None:
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0, growth_interval=3)
    if watched:
        watched._scaler = scaler  # as watch(..., scaler=scaler) does
    for step in range(10):
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16):
            estimates = model(X32)
        loss = nn.functional.mse_loss(estimates.float(), Y32) * (math.inf if step == 4 else 1.0)
        scaler.scale(loss).backward()
        if watched:
            watched.record(loss)
        scaler.step(optimizer)
        scaler.update()


def compiled(model: nn.Module, optimizer: Optimizer, watched: Watch | None) -> None:
    whole = torch.compile(model, backend="eager")
    for _ in range(4):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(whole(X32), Y32)
        loss.backward()
        if watched:
            watched.record(loss)
        optimizer.step()


def sgd(model: nn.Module) -> Optimizer:
    return torch.optim.SGD(model.parameters(), lr=0.05)


def momentum(model: nn.Module) -> Optimizer:
    return torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.01)


def adam(model: nn.Module) -> Optimizer:
    return torch.optim.Adam(model.parameters(), lr=0.01)


def adamw(model: nn.Module) -> Optimizer:
    return torch.optim.AdamW(model.parameters(), lr=0.01)


def fused(model: nn.Module) -> Optimizer:
    return torch.optim.Adam(model.parameters(), lr=0.01, fused=True)


def lbfgs(model: nn.Module) -> Optimizer:
    return torch.optim.LBFGS(model.parameters(), lr=0.1, max_iter=4, line_search_fn="strong_wolfe")


def grouped(model: nn.Module) -> Optimizer:
    values = list(model.parameters())
    return torch.optim.SGD([{"params": values[:2], "lr": 0.1}, {"params": values[2:]}], lr=0.01)


def half_frozen(model: nn.Module) -> Optimizer:
    for value in list(model.parameters())[:2]:
        value.requires_grad_(False)
    return adam(model)


KINDS: list[tuple[Loop, Callable[[nn.Module], Optimizer]]] = [
    (simple, sgd),
    (simple, momentum),
    (simple, adam),
    (simple, adamw),
    (simple, fused),
    (simple, grouped),
    (without_the_second_line, adam),
    (zeroed_in_place, momentum),
    (with_a_closure, lbfgs),
    (with_a_closure, sgd),
    (accumulating, adam),
    (clipped, sgd),
    (scheduled, sgd),
    (frozen, half_frozen),
    (scaled, sgd),
    (scaled, fused),
    (compiled, adam),
]


def bits(value: Any) -> Any:
    """Everything as something that compares exactly."""
    if isinstance(value, Tensor):
        return (value.dtype, tuple(value.shape), value.detach().contiguous().view(-1).numpy().tobytes())
    if isinstance(value, dict):
        return {key: bits(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [bits(item) for item in value]
    return value


def trained(loop: Loop, make: Callable[[nn.Module], Optimizer], *, watching: bool) -> tuple[Any, Watch | None]:
    torch.manual_seed(7)
    random.seed(7)
    np.random.seed(7)  # noqa: NPY002
    model = net()
    optimizer = make(model)
    watched = watch(model, optimizer) if watching else None
    loop(model, optimizer, watched)
    if watched:
        _ = watched.trajectory(), watched.measurements, watched.findings(), repr(watched)
    state = (model.state_dict(), optimizer.state_dict(), torch.get_rng_state(), random.getstate())
    grads = [value.grad for value in model.parameters()]
    return bits((*state, repr(np.random.get_state()), grads)), watched  # noqa: NPY002


@pytest.mark.parametrize(("loop", "make"), KINDS, ids=lambda item: item.__name__)
@pytest.mark.parametrize("large", [False, True], ids=["small", "large"])
def test_training_is_the_same_bit_for_bit(
    loop: Loop, make: Callable[[nn.Module], Optimizer], large: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if large:
        monkeypatch.setattr(rows, "BLOCK_BYTES", 0)
    alone, _ = trained(loop, make, watching=False)
    seen, watched = trained(loop, make, watching=True)
    assert seen == alone
    assert watched is not None
    assert not watched.findings(), watched.findings()
    run = watched.trajectory()
    assert run.epochs == len(watched.measurements) - 1 > 2
    assert math.isfinite(run.steps[-1].cost) or loop is without_the_second_line


# ---- equal to descend ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("large", [False, True], ids=["small", "large"])
def test_equal_to_descend_bit_for_bit(dtype: torch.dtype, large: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if large:
        monkeypatch.setattr(rows, "BLOCK_BYTES", 0)
    model, inputs, targets = network().to(dtype), X.to(dtype), Y.to(dtype)
    cost = Cost.from_module(model, nn.functional.mse_loss, batched(inputs, targets, len(inputs)))
    expected = descend(cost, dict(model.named_parameters()), learning_rate=0.01, epochs=150)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    with watch(model, optimizer) as watched:
        for _ in range(151):
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(inputs), targets[:, None])
            loss.backward()
            watched.record(loss)
            optimizer.step()
    run = watched.trajectory()
    assert len(run.steps) == len(expected.steps) == 151
    for found, step in zip(run.steps, expected.steps, strict=True):
        assert bits(found.to_dict()) == bits(step.to_dict())
        assert all(value.dtype == dtype for value in found.params.values())
    assert [finding.rule for finding in diagnose(run)] == [finding.rule for finding in diagnose(expected)]
    assert "151 steps of SGD" in run.because and "150 epochs, cost" in str(run)


def test_a_rate_above_the_limit_diverges_as_in_descend() -> None:
    model = nn.Linear(3, 1).double()
    cost = Cost.from_module(model, nn.functional.mse_loss, batched(X, Y, len(X)))
    optimizer = torch.optim.SGD(model.parameters(), lr=2.0)
    expected = descend(cost, dict(model.named_parameters()), learning_rate=2.0, epochs=30)
    with watch(model, optimizer) as watched:
        for _ in range(31):
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(X), Y[:, None])
            loss.backward()
            watched.record(loss)
            optimizer.step()
    run = watched.trajectory()
    assert run.outcome is expected.outcome is Outcome.DIVERGED and "rate x curvature" in run.because
    assert diagnose(run)[0].rule == diagnose(expected)[0].rule == "diverging"


# ---- measurements ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("large", [False, True], ids=["small", "large"])
def test_measurements_are_what_the_steps_say(large: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if large:
        monkeypatch.setattr(rows, "BLOCK_BYTES", 0)
    else:
        monkeypatch.setattr(rows, "BLOCK_ROWS", 5)  # blocks must join without a seam
    _, watched = trained(simple, sgd, watching=True)
    assert watched is not None
    table, steps = watched.measurements, watched.trajectory().steps
    assert table.names == tuple(steps[0].params) and len(table) == len(steps) == 12
    assert table.epochs.tolist() == list(range(12)) and table.costs.tolist() == [step.cost for step in steps]
    for row, step in enumerate(steps):
        for column, name in enumerate(table.names):
            assert_close(table.parameter_norms[row, column], step.params[name].norm().double(), SINGLE, name)
            assert_close(table.gradient_norms[row, column], step.gradient[name].norm().double(), SINGLE, name)
            if row:
                before = steps[row - 1]
                change = (step.params[name] - before.params[name]).norm().double()
                assert_close(table.change_norms[row - 1, column], change, SINGLE, name)
                dot = (step.gradient[name].double() * before.gradient[name].double()).sum()
                size = step.gradient[name].norm().double() * before.gradient[name].norm()
                assert abs(float(table.gradient_dots[row, column]) - float(dot)) <= SINGLE * float(size)
    assert bool(table.gradient_dots[0].isnan().all()) and bool(table.change_norms[-1].isnan().all())
    assert bool(table.plain.all()) and bool((table.cosines[1:].abs() <= 1 + SINGLE).all())
    assert_close(table.update_ratios[3], table.change_norms[3] / table.parameter_norms[3], SINGLE)
    along = 1 - table.gradient_dots[4].sum() / table.gradient_norm[3] ** 2
    assert_close(table.rate_times_curvature[3], along, SINGLE)
    assert table.to_dict()["names"] == table.names


def test_an_optimizer_with_a_memory_has_no_free_curvature() -> None:
    for make in (momentum, adam, grouped):
        _, watched = trained(simple, make, watching=True)
        assert watched is not None and bool(watched.measurements.rate_times_curvature.isnan().all())
        assert "consecutive gradients do not show its curvature" in watched.trajectory().because


def test_every_groups_rate_and_every_schedule_is_recorded() -> None:
    _, watched = trained(simple, grouped, watching=True)
    assert watched is not None and watched.measurements.learning_rates[0].tolist() == [0.1, 0.01]
    assert watched.trajectory().steps[0].learning_rate == 0.1
    _, watched = trained(scheduled, sgd, watching=True)
    assert watched is not None
    assert [step.learning_rate for step in watched.trajectory().steps] == [0.05, 0.05, 0.05, 0.025, 0.025, 0.025]


def test_clipping_shows_the_gradient_before_and_after() -> None:
    _, watched = trained(clipped, sgd, watching=True)
    assert watched is not None
    table = watched.measurements
    assert bool((table.unclipped_norms > 0.2).all())
    assert_close(table.gradient_norm, torch.full((6,), 0.1), SINGLE)


@pytest.mark.parametrize("make", [sgd, fused])
def test_mixed_precision_records_unscaled_gradients_and_the_scale(make: Callable[[nn.Module], Optimizer]) -> None:
    _, watched = trained(scaled, make, watching=True)
    assert watched is not None
    table = watched.measurements
    assert len(table) == 9 and table.scales.tolist()[:4] == [1024, 1024, 1024, 2048]  # the infinite one was skipped
    assert watched.skipped == (1 if make is fused else 0)
    torch.manual_seed(7)
    model = net()
    with torch.autocast("cpu", torch.bfloat16):
        estimates = model(X32)
    nn.functional.mse_loss(estimates.float(), Y32).backward()
    expected = math.hypot(*(float(v.grad.norm()) for v in model.parameters() if v.grad is not None))
    assert_close(table.gradient_norm[0], expected, 0.02)  # bfloat16 rounds scaled and unscaled gradients differently


def test_accumulated_gradients_make_one_step() -> None:
    _, watched = trained(accumulating, adam, watching=True)
    assert watched is not None and len(watched.measurements) == 6


def test_a_closure_is_measured_where_it_is_evaluated_first() -> None:
    _, watched = trained(with_a_closure, lbfgs, watching=True)
    assert watched is not None
    steps = watched.trajectory().steps
    first = dict(net().named_parameters())
    assert len(steps) == 6 and all(value.equal(first[name]) for name, value in steps[0].params.items())
    assert all(math.isfinite(step.cost) for step in steps)


def test_names_of_compiled_models_are_the_models_own() -> None:
    model = net()
    optimizer = sgd(model)
    whole: Any = torch.compile(model, backend="eager")
    with watch(whole, optimizer) as watched:
        assert watched.names == tuple(name for name, _ in model.named_parameters())


def test_frozen_parameters_are_left_out() -> None:
    _, watched = trained(frozen, half_frozen, watching=True)
    assert watched is not None and not {"0.weight", "0.bias"} & set(watched.names)


def test_sparse_gradients_are_watched() -> None:
    model = nn.Embedding(5, 2, sparse=True)
    optimizer = sgd(model)
    with watch(model, optimizer) as watched:
        for _ in range(3):
            optimizer.zero_grad()
            model(torch.tensor([1, 3])).sum().backward()
            optimizer.step()
    gradient = watched.trajectory().steps[-1].gradient["weight"]
    assert gradient.tolist() == [[0, 0], [1, 1], [0, 0], [1, 1], [0, 0]]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_and_mixed_dtypes(dtype: torch.dtype) -> None:
    for mixed in (False, True):
        model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 1)).to(dtype)
        if mixed:
            model[0].float()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        with watch(model, optimizer) as watched:
            for _ in range(3):
                for value in model.parameters():
                    value.grad = torch.full_like(value, 200.0)
                optimizer.step()
        assert_close(watched.measurements.gradient_norms[1, 0], 200 * math.sqrt(12), SINGLE)  # its square is no float16
        assert [v.dtype for v in watched.trajectory().end.values()] == [v.dtype for v in model.parameters()]


# ---- what is kept, in memory and on disk -----------------------------------------------------------------------------


def walked(steps: int, **options: Any) -> Watch:
    model = net()
    optimizer = sgd(model)
    with watch(model, optimizer, **options) as watched:
        for _ in range(steps):
            optimizer.zero_grad()
            loss = loss_of(model)
            loss.backward()
            watched.record(loss)
            optimizer.step()
    return watched


def test_whole_steps_thin_by_the_rule_and_numbers_do_not() -> None:
    size = 2 * 4 * sum(value.numel() for value in net().parameters())
    watched = walked(101, memory=16 * size)
    run = watched.trajectory()
    assert run.every == 8 and [step.epoch for step in run.steps] == [*range(0, 97, 8), 100]
    assert len(watched.measurements) == 101 and "every 8th step kept" in str(watched)


def test_a_table_too_large_thins_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steepest.watcher.measurements.TABLE_BYTES", 20 * 4 * 4 * 8)
    monkeypatch.setattr(rows, "BLOCK_ROWS", 5)
    watched = walked(101)
    whole, table = [step.cost for step in watched.trajectory().steps], watched.measurements
    assert table.every > 1 and table.epochs[0] == 0 and table.epochs[-1] == 100 and len(table) < 40
    assert all(int(epoch) % table.every == 0 for epoch in table.epochs[:-5])
    assert table.costs.tolist() == [whole[int(epoch)] for epoch in table.epochs]
    assert bool(table.change_norms[:-1].isfinite().all())


def test_saved_to_the_same_bits(tmp_path: Path) -> None:
    path = tmp_path / "run.steepest"
    watched = walked(70, save=path)
    run = watched.trajectory()
    for again in (Trajectory.load(path), load(path)):
        assert bits(again.to_dict()) == bits(run.to_dict())
    table = Measurements.load(f"{path}.measurements")
    assert repr(table.to_dict()) == repr(watched.measurements.to_dict())
    with pytest.raises(SteepestError, match="there is a file of that name already"):
        walked(2, save=path)
    walked(2, save=path, force=True)
    assert len(load(path).steps) == 2
    with pytest.raises(SteepestError, match="not a table of measurements"):
        Measurements.load(path)


def test_large_steps_lie_beside_the_run_as_safetensors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "run.steepest"
    monkeypatch.setattr(snapshots, "LARGE", 100)
    watched = walked(30, save=path, memory=0)
    kept = sorted(item.name for item in snapshots.beside(path).iterdir())
    run = load(path)
    assert run.every == 4 and kept == [f"step-{step.epoch:09}.safetensors" for step in run.steps]
    assert bits(run.to_dict()) == bits(watched.trajectory().to_dict())
    assert list(run.start) == list(watched.names)
    (snapshots.beside(path) / kept[1]).unlink()
    with pytest.raises(SteepestError, match="parameters of step 4 are not there"):
        load(path)
    walked(3, save=path, memory=0, force=True)
    assert len(list(snapshots.beside(path).iterdir())) == 3


def test_closed_it_watches_no_more() -> None:
    model = net()
    optimizer = sgd(model)
    watched = watch(model, optimizer)
    simple(model, optimizer, watched)
    watched.close()
    watched.close()
    run = watched.trajectory()
    simple(model, optimizer, None)
    assert watched.trajectory() is run and run.epochs == 11
    assert not optimizer._optimizer_step_pre_hooks
    assert not any(value._backward_hooks for value in model.parameters())
    copy.deepcopy(model)


def test_an_interrupted_loop_keeps_its_steps() -> None:
    model = net()
    optimizer = sgd(model)
    watched = watch(model, optimizer)
    with pytest.raises(KeyboardInterrupt), watched:
        simple(model, optimizer, watched)
        raise KeyboardInterrupt
    assert watched.trajectory().outcome is Outcome.INTERRUPTED


def test_the_overhead_is_said_in_the_run_itself() -> None:
    watched = walked(130)
    assert 0 < watched.overhead < 10 and f"watching took {100 * watched.overhead:.2g} % of a step" in repr(watched)
    assert math.isnan(walked(1).overhead)


# ---- planted faults --------------------------------------------------------------------------------------------------


def rules(watched: Watch) -> list[str]:
    return [finding.rule for finding in watched.findings()]


def test_an_optimizer_that_never_sees_half_the_parameters() -> None:
    model = net()
    half = list(model.parameters())[:4]
    optimizer = torch.optim.SGD(half, lr=0.05)
    with watch(model, optimizer) as watched:
        for _ in range(5):
            model.zero_grad()
            loss_of(model).backward()
            optimizer.step()
    (found,) = watched.findings()
    assert found.rule == "unheld" and found.bad
    assert found.claim == (
        "SGD holds 4 of the model's 8 trainable parameters: '4.weight', '4.bias', '6.weight', '6.bias' never moved in "
        "5 steps."
    )


def test_two_optimizers_that_share_a_model_are_no_fault() -> None:
    model = net()
    values = list(model.parameters())
    first, second = torch.optim.SGD(values[:4], lr=0.05), torch.optim.SGD(values[4:], lr=0.05)
    with watch(model, first) as watched:
        for _ in range(5):
            model.zero_grad()
            loss_of(model).backward()
            first.step()
            second.step()
    assert not watched.findings()


def test_a_forgotten_zero_grad() -> None:
    model = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-4)
    with watch(model, optimizer) as watched:
        for _ in range(6):
            loss_of(model).backward()
            optimizer.step()
    (found,) = watched.findings()
    assert found.rule == "uncleared" and "The gradient is never cleared" in found.claim
    ratio = (found.evidence["gradient_norm_last"] or 0) / (found.evidence["gradient_norm_first"] or 1)
    assert 3.9 < ratio < 4.1, "four equal gradients on top of each other"


def adversaries(*, cleared: bool) -> Watch:
    """A discriminator, watched, into whose gradient the generator's loss adds before the loop clears it, or never."""
    generator, judge = nn.Linear(3, 3), nn.Linear(3, 1)
    ours, theirs = (torch.optim.SGD(each.parameters(), lr=1e-3) for each in (judge, generator))
    with watch(judge, ours) as watched:
        for _ in range(6):
            if cleared:
                ours.zero_grad()
            loss_of(judge).backward()
            ours.step()
            theirs.zero_grad()
            judge(generator(X32)).mean().backward()
            theirs.step()
    return watched


def test_a_gradient_that_is_cleared_after_another_models_backward_is_cleared() -> None:
    assert not adversaries(cleared=True).findings()
    assert [finding.rule for finding in adversaries(cleared=False).findings()] == ["uncleared"]


def test_after_one_step_no_share_of_the_time_is_made_up() -> None:
    model = net()
    with watch(model, sgd(model)) as watched:
        loss_of(model).backward()
        watched.optimizer.step()
    assert "watching took" not in str(watched) and "no fault seen" in str(watched)


def test_a_detached_loss() -> None:
    model = net()
    optimizer = sgd(model)
    with watch(model, optimizer) as watched:
        for _ in range(4):
            optimizer.zero_grad()
            loss = torch.tensor(loss_of(model).item(), requires_grad=True)
            loss.backward()
            watched.record(loss)
            optimizer.step()
    (found,) = watched.findings()
    assert found.rule == "detached" and "none of the 8 parameters received a gradient" in found.claim
    assert "made, not computed" in found.claim


def test_a_layer_that_is_not_reached() -> None:
    model = net()
    optimizer = sgd(model)
    with watch(model, optimizer) as watched:
        for _ in range(4):
            optimizer.zero_grad()
            hidden = model[:3](X32).detach()  # pyright: ignore[reportIndexIssue]
            nn.functional.mse_loss(model[3:](hidden), Y32).backward()  # pyright: ignore[reportIndexIssue]
            optimizer.step()
    (found,) = watched.findings()
    assert found.rule == "unreached" and found.claim.startswith("4 of 8 parameters received no gradient in 4 steps")


def test_gradients_that_are_still_scaled() -> None:
    model = net()
    optimizer = sgd(model)
    scaler = torch.amp.GradScaler("cpu", init_scale=4096.0)
    with watch(model, optimizer, scaler=scaler) as watched:
        for _ in range(3):
            optimizer.zero_grad()
            scaler.scale(loss_of(model) * 1e-6).backward()
            optimizer.step()
    (found,) = watched.findings()
    assert found.claim == "At 3 of 3 steps SGD met gradients that were still multiplied by the scaler's 4096."
    with watch(model, optimizer, scaler=scaler) as watched:
        for _ in range(3):
            optimizer.zero_grad()
            scaler.scale(loss_of(model)).backward()
            scaler.unscale_(optimizer)
            scaler.step(optimizer)
            scaler.update()
    assert not watched.findings()


@pytest.mark.parametrize("large", [False, True], ids=["small", "large"])
def test_nan_in_one_layer(large: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if large:
        monkeypatch.setattr(rows, "BLOCK_BYTES", 0)
    model = net()
    optimizer = sgd(model)
    with watch(model, optimizer) as watched:
        for step in range(6):
            if step == 3:
                with torch.no_grad():
                    model[4].weight[1, 2] = math.nan  # pyright: ignore[reportIndexIssue]
            optimizer.zero_grad()
            loss = loss_of(model)
            loss.backward()
            watched.record(loss)
            optimizer.step()
    (found,) = watched.findings()
    assert found.claim.startswith("At step 3 the parameter '4.weight' is not finite, the first of 1 among 8")
    assert watched.trajectory().outcome is Outcome.DIVERGED


def test_a_gradient_that_breaks_on_its_way_back() -> None:
    model = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1))
    optimizer = sgd(model)
    with watch(model, optimizer) as watched:
        optimizer.zero_grad()
        hidden = model[0](X32)
        root = torch.sqrt(hidden * 0)  # finite forwards, infinite times 0 backwards
        model[1](root).sum().backward()
        optimizer.step()
    (found,) = watched.findings()
    assert "gradient of '0.weight' is not finite, the first of 2 among 4, and the last '0.bias'" in found.claim


def test_a_large_norm_is_not_taken_for_infinity() -> None:
    model = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-30)
    with watch(model, optimizer) as watched:
        for value in model.parameters():
            value.grad = torch.full_like(value, 1e25)
        optimizer.step()
    assert not watched.findings()


# ---- bad requests ----------------------------------------------------------------------------------------------------


def test_bad_requests_are_told() -> None:
    model = net()
    with pytest.raises(SteepestError, match="watch: the optimizer holds 8 tensors, and none of the model's 8"):
        watch(model, sgd(net()))
    with pytest.raises(SteepestError, match="watch: the optimizer is a str"):
        watch(model, "SGD")  # pyright: ignore[reportArgumentType]
    with pytest.raises(SteepestError, match="watch: the model is a function"):
        watch(lambda x: x, sgd(model))  # pyright: ignore[reportArgumentType]
    with pytest.raises(SteepestError, match="no parameter of the model requires a gradient"):
        watch(net().requires_grad_(False), sgd(model))
    with watch(model, sgd(model)) as watched:
        with pytest.raises(SteepestError, match=r"watch.record: the loss has shape \(60, 1\)"):
            watched.record(nn.functional.mse_loss(model(X32), Y32, reduction="none"))
        with pytest.raises(SteepestError, match=r"watch.trajectory: no step was watched\. optimizer\.step\(\) was not"):
            watched.trajectory()
        with pytest.raises(SteepestError, match=r"watch\.measurements: no step was watched"):
            _ = watched.measurements
        assert not watched.findings()


def test_a_loss_recorded_after_its_step_is_told() -> None:
    for zeroing in (False, True):
        model = net()
        optimizer = sgd(model)
        with watch(model, optimizer) as watched:
            optimizer.zero_grad()
            loss = loss_of(model)
            loss.backward()
            optimizer.step()
            if zeroing:
                optimizer.zero_grad()
            with pytest.raises(SteepestError, match=r"watch\.record: it came after optimizer\.step\(\)"):
                watched.record(loss)
    model = net()
    optimizer = sgd(model)
    with watch(model, optimizer) as watched:  # before backward() is as good
        for _ in range(3):
            optimizer.zero_grad()
            loss = loss_of(model)
            watched.record(loss)
            loss.backward()
            optimizer.step()
    assert bool(watched.measurements.costs.isfinite().all())


def test_a_wrapped_optimizer_is_watched_inside() -> None:
    class Wrapper(torch.optim.Optimizer):
        def __init__(self, inner: Optimizer) -> None:
            self.optimizer = inner

    model = net()
    inner = sgd(model)
    with watch(model, Wrapper(inner)) as watched:
        simple(model, inner, watched)
    assert watched.optimizer is inner and len(watched.measurements) == 12


# ---- the example -----------------------------------------------------------------------------------------------------


def test_the_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(ROOT / "examples" / "watch_digits.py"), run_name="__main__")
    shown = capsys.readouterr().out
    assert "rate x curvature" in shown and "no fault seen" in shown and "unheld" in shown
