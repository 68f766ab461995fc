"""Costs against gradients: what is noise, what is a wrong scale, and what one batch never shows, however it bounces."""

import itertools
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from costs import START, bowl, rosenbrock, trial
from torch import Tensor, nn

from steepest import watch
from steepest.cost import Cost
from steepest.curvature import curvature_at
from steepest.descent import descend
from steepest.diagnosis import diagnose
from steepest.diagnosis.evidence import Evidence
from steepest.diagnosis.trapezoid import BALANCE, PAIRS, Balance, balance
from steepest.trajectory import Outcome, Step, Trajectory

ROWS, CLASSES = 1024, 4


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    """One thread: on tensors this small more of them only wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


Batch = tuple[Tensor, Tensor]
Touch = Callable[[nn.Module], None]


def table(seed: int = 0) -> Batch:
    """Four overlapping clouds in eight dimensions."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(CLASSES, (ROWS,), generator=generator)
    centres = torch.randn(CLASSES, 8, generator=generator)
    return centres[labels] + torch.randn(ROWS, 8, generator=generator), labels


def classifier(bends: nn.Module | None = None) -> nn.Module:
    torch.manual_seed(3)
    if bends is None:
        return nn.Linear(8, CLASSES)
    return nn.Sequential(nn.Linear(8, 16), bends, nn.Linear(16, CLASSES))


def whole(data: Batch) -> Iterator[Batch]:
    return itertools.repeat(data)


def batches(data: Batch, size: int, *, moving: float = 0.0) -> Iterator[Batch]:
    """Shuffled anew in every epoch, without replacement; `moving` shifts the inputs a little at each step."""
    generator, order = torch.Generator().manual_seed(1), ()
    for step in itertools.count():
        if step % (ROWS // size) == 0:
            order = torch.randperm(ROWS, generator=generator).split(size)
        chosen = order[step % (ROWS // size)]
        yield data[0][chosen] + moving * step, data[1][chosen]


def train(
    model: nn.Module,
    data: Iterator[Batch],
    rate: float,
    steps: int = 120,
    *,
    scale: float = 1.0,
    touch: Touch | None = None,
) -> Trajectory:
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    with watch(model, optimizer) as watched:
        for inputs, labels in itertools.islice(data, steps):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(inputs), labels)
            loss.backward()
            if touch:
                touch(model)
            watched.record(scale * loss.detach())
            optimizer.step()
    return watched.trajectory()


def seen(run: Trajectory) -> Balance:
    return Evidence(run, None).balance


def rules(run: Trajectory) -> list[str]:
    return [finding.rule for finding in diagnose(run)]


@pytest.mark.parametrize("size", [8, 64, 512])
@pytest.mark.parametrize("bends", [None, nn.Tanh(), nn.ReLU()], ids=["logistic", "tanh", "relu"])
def test_a_new_batch_at_each_step_is_called_noisy(size: int, bends: nn.Module | None) -> None:
    run = train(classifier(bends), batches(table(), size), 0.003)
    (finding,) = diagnose(run)
    assert finding.rule == "noisy" and not finding.bad, finding
    assert (finding.evidence["gap"] or 0) > 3 * BALANCE
    assert "no zigzag, no rate too large, no half-life" in finding.claim and "curvature_at" in finding.advice
    assert json.loads(json.dumps(finding.to_dict(), allow_nan=False))["rule"] == "noisy"


def test_live_dropout_and_moving_data_are_noise_too() -> None:
    dropping = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, CLASSES))
    assert rules(train(dropping, whole(table()), 0.01)) == ["noisy"]
    assert rules(train(classifier(nn.ReLU()), batches(table(), 64, moving=1e-3), 0.01)) == ["noisy"]


@pytest.mark.parametrize("rate", [1e-6, 1e-3, 0.1, 1.0, 3.0, 10.0, 30.0])
@pytest.mark.parametrize("bends", [None, nn.Tanh(), nn.ReLU()], ids=["logistic", "tanh", "relu"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_one_batch_is_never_noisy_however_it_bounces(rate: float, bends: nn.Module | None, dtype: torch.dtype) -> None:
    """The near misses: from a rate that moves nothing to one that leaps to and fro for ever."""
    inputs, labels = table()
    run = train(classifier(bends).to(dtype), whole((inputs.to(dtype), labels)), rate)
    for last in range(4, len(run.steps), 7):
        part = replace(run, steps=run.steps[:last])
        assert seen(part).agrees, (last, seen(part))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("rate", [1e-5, 0.01, 0.05, 0.0545, 0.06, 0.5])
def test_a_quadratic_cost_agrees_to_rounding(rate: float, dtype: torch.dtype) -> None:
    run = descend(trial(dtype), START, learning_rate=rate, epochs=3000)
    for last in (5, 30, 300, 3001):
        found = seen(replace(run, steps=tuple(s for s in run.steps[:last] if math.isfinite(s.cost))))
        assert found.gap == 0.0 and found.agrees, (last, found)


def test_costs_that_bend_hard_agree() -> None:
    steep = Cost.from_function(lambda x, y: x**4 + y**4, dtype=torch.float64)
    away = descend(steep, {"x": 1.0, "y": 0.5}, learning_rate=0.6, epochs=30)
    assert rules(away) == ["diverging"] and seen(away).gap == pytest.approx(0.5, abs=0.02), "4 / 2 - 1 over 4 / 2"
    kink = Cost.from_function(lambda x: x.abs(), dtype=torch.float64)
    assert 0.1 < seen(descend(kink, {"x": 1.03}, learning_rate=0.1, epochs=100)).gap < BALANCE
    for cost, start, rate in (
        (rosenbrock(), {"x": -1.0, "y": 1.0}, 0.0015),
        (bowl([1.0, 0.1]), {"w": torch.ones(2).double()}, 2.0),
    ):
        assert seen(descend(cost, start, learning_rate=rate, epochs=300)).agrees


def test_the_gap_and_the_lean_by_hand() -> None:
    one = torch.ones(PAIRS, dtype=torch.float64)
    flat = balance(one, one, -0.1 * one, -0.1 * one, eps=1e-7)
    assert flat.gap == pytest.approx(1.0) and flat.lean == pytest.approx(1.0), "accounted -0.1, changed 0, each time"
    tossed = torch.where(torch.arange(PAIRS) % 2 == 0, 0.3, -0.3).double()
    tossed = balance(one, one + tossed, -0.1 * one, -0.1 * one, eps=1e-7)
    assert tossed.gap == pytest.approx(2.0) and tossed.lean == pytest.approx(1 / 3), "gaps of 0.4 and -0.2"
    assert not tossed.agrees and not tossed.one_sided and flat.one_sided
    small = balance(one, one + 9e-6, -1e-9 * one, -1e-9 * one, eps=1e-7)
    assert small.gap == 0.0, "below a hundred last digits it is rounding"
    lost = balance(one[:2], one[:2] + 1, -1e-3 * one[:2], -1e-3 * one[:2], eps=1e-7)
    assert lost.agrees and balance(one[:0], one[:0], one[:0], one[:0], eps=1e-7) == Balance(), "two pairs tell nothing"


def halved(model: nn.Module) -> None:
    for value in model.parameters():
        assert value.grad is not None
        value.grad *= 0.5


def clipped(model: nn.Module) -> None:
    nn.utils.clip_grad_norm_(model.parameters(), 0.05)


@pytest.mark.parametrize(("touch", "scale"), [(halved, 1.0), (clipped, 1.0), (None, 1024.0)])
def test_gradients_of_another_scale_are_told_from_noise(touch: Touch | None, scale: float) -> None:
    run = train(classifier(nn.Tanh()), whole(table()), 0.1, touch=touch, scale=scale)
    (finding,) = diagnose(run)
    assert finding.rule == "unaccounted" and finding.evidence["lean"] == pytest.approx(-1.0, abs=0.01)
    assert "lower cost" in finding.claim and "clip_grad_norm_" in finding.advice
    right = train(classifier(nn.Tanh()), whole(table()), 0.1)
    assert not {"noisy", "unaccounted"} & set(rules(right)), "the same, untouched"


def test_a_gradient_of_another_step_is_not_accounted_for() -> None:
    cost, rate = trial(), 0.01
    params, before, steps = cost.params(START), None, []
    for epoch in range(60):
        value, gradient = cost.value_and_gradient(params)
        stale = before if before is not None else gradient
        steps.append(Step(epoch, float(value), params, gradient, rate))
        params = {name: params[name] - 4 * rate * stale[name] for name in params}
        steps[-1] = replace(steps[-1], gradient=stale, learning_rate=4 * rate)
        before = gradient
    (finding,) = diagnose(Trajectory(tuple(steps), Outcome.OUT_OF_EPOCHS, "made by hand"))
    assert finding.rule == "unaccounted" and finding.bad and "of another step" in finding.advice


def tossed(steps: int, growth: float) -> Trajectory:
    """One weight, hardly moved, under targets that change their sign and grow: it looks like a divergence."""
    model = nn.Linear(1, 1, bias=False).double()
    nn.init.zeros_(model.weight)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-6)
    with watch(model, optimizer) as watched:
        for step in range(steps):
            optimizer.zero_grad()
            loss = ((model(torch.ones(1, 1).double()) - (-growth) ** step) ** 2).mean()
            loss.backward()
            watched.record(loss)
            optimizer.step()
    assert bool((watched.measurements.rate_times_curvature[:-1] > 2).all())
    return watched.trajectory()


def test_batches_that_look_like_a_divergence_are_none() -> None:
    run = tossed(12, 1.5)
    assert run.outcome is Outcome.OUT_OF_EPOCHS and "costs and gradients disagree" in run.because
    assert rules(run) == ["unaccounted"]
    short = tossed(5, 1.5)
    assert short.outcome is Outcome.OUT_OF_EPOCHS and rules(short) == ["noisy"], "four pairs tell no side"
    lost = replace(run, steps=(*run.steps, replace(run.steps[-1], epoch=12, cost=math.inf)), outcome=Outcome.DIVERGED)
    (finding,) = diagnose(lost)
    assert finding.rule == "non-finite" and "costs and gradients disagree" in finding.claim


def test_a_true_divergence_of_small_batches_is_still_one() -> None:
    data = table()
    targets = (data[0] @ torch.arange(1.0, 9.0))[:, None]
    model = nn.Linear(8, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=2.0)
    with watch(model, optimizer) as watched:
        for start in range(0, 8 * 64, 64):
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(data[0][start : start + 64]), targets[start : start + 64])
            loss.backward()
            watched.record(loss)
            optimizer.step()
    run = watched.trajectory()
    assert run.outcome is Outcome.DIVERGED and rules(run) == ["diverging"], run


@pytest.mark.parametrize("size", [4, 64])
def test_the_noise_scale_is_that_of_the_gradients_of_all_examples(size: int) -> None:
    run = train(model := classifier(), batches(table(), size), 1e-3, 200)
    inputs, labels = table()
    each = []
    for index in range(ROWS):
        loss = nn.functional.cross_entropy(model(inputs[index : index + 1]), labels[index : index + 1])
        each.append(torch.cat([slope.reshape(-1) for slope in torch.autograd.grad(loss, list(model.parameters()))]))
    gradients = torch.stack(each).double()
    true = float((gradients - gradients.mean(dim=0)).square().sum(dim=1).mean() / gradients.mean(dim=0).square().sum())
    (finding,) = diagnose(run)
    assert finding.evidence["noise_scale_in_batches"] == pytest.approx(true / size, rel=0.25)
    assert ("up to there" in finding.advice) == (size == 4)


def test_the_mean_cost_is_judged_with_its_error() -> None:
    falling = train(classifier(), batches(table(), 16), 0.02, 400)
    (finding,) = diagnose(falling)
    mean, before, error = (finding.evidence[name] or 0 for name in ("mean_cost", "mean_cost_before", "mean_cost_error"))
    assert before - mean > error > 0 and "still falling" in finding.claim and "Go on" in finding.advice
    assert mean == pytest.approx(float(falling.costs[-100:].mean())) and not finding.bad
    still = train(classifier(), batches(table(), 16), 1e-6, 400)
    (finding,) = diagnose(still)
    assert "no longer falling beyond its error" in finding.claim and "decay the rate" in finding.advice
    rising = replace(still, steps=tuple(replace(s, cost=s.cost + s.epoch / 100) for s in still.steps))
    (finding,) = diagnose(rising)
    assert finding.rule == "noisy" and finding.bad and "above its start" in finding.claim
    curvature = curvature_at(
        Cost.from_module(classifier(), nn.functional.cross_entropy, [table()]), dict(still.end), ends="largest"
    )
    (told,) = diagnose(still, curvature=curvature)
    assert told.evidence["rate_times_sharpness"] == pytest.approx(1e-6 * curvature.sharpness)


def test_a_thinned_run_is_judged_as_well(tmp_path: Path) -> None:
    noise, one = (train(classifier(nn.Tanh()), data, 0.01, 400) for data in (batches(table(), 64), whole(table())))
    for every in (2, 8):
        thin = [tuple(step for step in run.steps if step.epoch % every == 0) for run in (noise, one)]
        noisy, quiet = (replace(run, steps=kept, every=every) for run, kept in zip((noise, one), thin, strict=True))
        assert rules(noisy) == ["noisy"] and diagnose(noisy)[0].evidence["noise_scale_in_batches"] is None
        assert seen(quiet).agrees and "noisy" not in rules(quiet)
    saved = Trajectory.load(noise.save(tmp_path / "run.steepest"))
    assert [str(finding) for finding in diagnose(saved)] == [str(finding) for finding in diagnose(noise)]
