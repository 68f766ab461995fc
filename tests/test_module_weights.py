"""What each batch weighs in a module's cost, and losses that differentiate by their inputs: by a loop of one's own."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

import pytest
import torch
from tolerances import CLOSED_FORM, assert_close, assert_params
from torch import Tensor, nn
from torch.func import functional_call

from steepest import vectors
from steepest.check import check_gradient
from steepest.cost import Cost
from steepest.curvature import curvature_at
from steepest.directions import random
from steepest.errors import SteepestError
from steepest.slices import plane

ENTROPY = nn.functional.cross_entropy
PADDING = -100
WEIGHTS = torch.tensor([1.0, 2.0, 0.5, 3.25], dtype=torch.float64)
X = torch.randn(60, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
Y = torch.randint(0, 4, (60,), generator=torch.Generator().manual_seed(2))
GAPS = torch.where(torch.arange(60) % 3 == 0, PADDING, Y)
Batches = list[tuple[Tensor, Tensor]]


def perceptron() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 6), nn.Tanh(), nn.Linear(6, 4)).double()


def uneven(targets: Tensor) -> Batches:
    return list(zip(X.split([25, 25, 10]), targets.split([25, 25, 10]), strict=True))


def hessian(of: Callable[[vectors.Params], Tensor], at: vectors.Params) -> Tensor:
    """The dense Hessian of a function of named parameters."""
    sizes = [value.numel() for value in at.values()]

    def flat(point: Tensor) -> Tensor:
        parts = zip(at.items(), point.split(sizes), strict=True)
        return of({name: part.view_as(value) for (name, value), part in parts})

    found = torch.autograd.functional.hessian(flat, torch.cat([value.flatten() for value in at.values()]))
    assert isinstance(found, Tensor)
    return found


def agrees(cost: Any, whole: Callable[[vectors.Params], Tensor]) -> None:
    """Hold value, gradient, curvature and the points of a plane against torch's own loss of all rows at once."""
    at = cost.at_module
    leaves = {name: value.clone().requires_grad_() for name, value in at.items()}
    right = whole(leaves)
    gradient = torch.autograd.grad(right, list(leaves.values()))
    assert_close(cost.value(at), right.detach(), CLOSED_FORM, "cost")
    assert_params(cost.value_and_gradient(at)[1], dict(zip(at, gradient, strict=True)), CLOSED_FORM, "gradient")
    bends = torch.linalg.eigvalsh(hessian(whole, at))
    found = curvature_at(cost, at)
    assert_close(torch.tensor([found.smallest, found.sharpness]), bends[[0, -1]].float(), 1e-6, "curvature")
    cut = plane(cost, along=random(cost), reach=(-1, 1), points=3)
    for row, column in itertools.product(range(3), range(3)):
        place = cut.coordinates[0][row], cut.coordinates[1][column]
        point = {n: v + place[0] * cut.directions[0][n] + place[1] * cut.directions[1][n] for n, v in at.items()}
        assert_close(cut.costs[row, column], whole(point).detach(), 1e-10, f"plane {row}, {column}: {cut.method}")


@pytest.mark.parametrize(
    ("loss", "targets"),
    [
        (nn.CrossEntropyLoss(weight=WEIGHTS), Y),
        (nn.CrossEntropyLoss(), GAPS),
        (ENTROPY, GAPS),
        (nn.CrossEntropyLoss(ignore_index=2), Y),
        (nn.CrossEntropyLoss(weight=WEIGHTS, label_smoothing=0.1), GAPS),
        (functools.partial(ENTROPY, weight=WEIGHTS, ignore_index=0), Y),
        (nn.CrossEntropyLoss(label_smoothing=0.1), Y),
        (nn.CrossEntropyLoss(weight=WEIGHTS), torch.softmax(X[:, :4], dim=1)),
    ],
    ids=["weights", "gaps", "function", "a class left out", "all three", "partial", "smoothing", "probabilities"],
)
def test_torchs_cross_entropy_of_uneven_batches_is_that_of_all_rows(
    loss: Callable[..., Tensor], targets: Tensor
) -> None:
    module = perceptron()
    cost = Cost.from_module(module, loss, uneven(targets))
    agrees(cost, lambda point: loss(functional_call(module, point, (X,)), targets))
    assert cost.examples == 60


def test_a_batch_of_which_nothing_counts_weighs_nothing() -> None:
    gaps = torch.cat([GAPS[:50], torch.full((10,), PADDING)])
    module = perceptron()
    agrees(
        Cost.from_module(module, ENTROPY, uneven(gaps)),
        lambda point: ENTROPY(functional_call(module, point, (X,)), gaps),
    )
    with pytest.raises(SteepestError, match="none of the targets of 60 examples counts"):
        Cost.from_module(module, ENTROPY, uneven(torch.full((60,), PADDING)))


def weighted(module: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    return ENTROPY(module(batch[0]), batch[1], weight=WEIGHTS)


def test_a_loss_of_ones_own_that_is_no_mean_over_rows_says_what_it_divides_by() -> None:
    module = perceptron()
    for batches in (uneven(Y), uneven(Y)[:2]):
        with pytest.raises(SteepestError, match=r"have the mean .* something else than rows .* Return the pair"):
            Cost.from_module(module, weighted, batches)
    told = Cost.from_module(module, lambda module, batch: (weighted(module, batch), WEIGHTS[batch[1]].sum()), uneven(Y))
    agrees(told, lambda point: ENTROPY(functional_call(module, point, (X,)), Y, weight=WEIGHTS))
    assert told.examples == 60
    alone = Cost.from_module(module, weighted, [(X, Y)])  # one batch has nothing to be weighed against
    agrees(alone, lambda point: ENTROPY(functional_call(module, point, (X,)), Y, weight=WEIGHTS))
    with pytest.raises(SteepestError, match="how much each batch of a sample weighs is not known"):
        alone.sample(40)


def test_penalties_and_a_size_told_in_the_batch_are_no_reason_to_refuse() -> None:
    def penalised(module: nn.Module, batch: dict[str, Any]) -> Tensor:
        decay = sum(value.square().sum() for value in module.parameters())
        return ENTROPY(module(batch["x"]), batch["y"], reduction="sum") / batch["rows"] + 0.01 * decay

    module = perceptron()
    batches = [{"x": x, "y": y, "rows": len(x)} for x, y in uneven(Y)]

    def whole(point: vectors.Params) -> Tensor:
        return ENTROPY(functional_call(module, point, (X,)), Y) + 0.01 * sum(v.square().sum() for v in point.values())

    agrees(Cost.from_module(module, penalised, batches), whole)


class Kept(nn.Module):
    """A module whose buffer goes on from batch to batch."""

    level: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(5, 4)
        self.register_buffer("level", torch.zeros(4))

    def forward(self, inputs: Tensor) -> Tensor:
        """Add the level of what came before, which nothing is differentiated by."""
        made = self.inner(inputs) + self.level
        self.level = 0.5 * self.level + 0.5 * made.detach().mean(dim=0)
        return made


def test_state_in_buffers_goes_on_within_a_pass_and_not_from_one_to_the_next() -> None:
    torch.manual_seed(0)
    module = Kept().double()
    cost = Cost.from_module(module, ENTROPY, uneven(Y))
    at, level, losses = cost.at_module, torch.zeros(4, dtype=torch.float64), []
    for inputs, targets in uneven(Y):
        made = inputs @ at["inner.weight"].T + at["inner.bias"] + level
        losses.append(ENTROPY(made, targets) * len(inputs) / 60)
        level = 0.5 * level + 0.5 * made.mean(dim=0)
    for _ in range(2):
        assert_close(cost.value(at), sum(losses, torch.zeros(())), CLOSED_FORM, "own loop")
    assert not module.level.any()


# Losses that differentiate by the inputs

TIMES = torch.linspace(0, 1, 30, dtype=torch.float64)[:, None]


def decays(module: Callable[[Tensor], Tensor], batch: Tensor) -> Tensor:
    """The equation u' = -u with u(0) = 1, as physics-informed networks have it."""
    times = batch.detach().requires_grad_()
    found = module(times)
    (slope,) = torch.autograd.grad(found.sum(), times, create_graph=True)
    return (slope + found).square().mean() + (module(times[:1] * 0) - 1).square().mean()


def test_a_loss_may_differentiate_by_its_inputs() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1)).double()
    cost = Cost.from_module(module, decays, list(TIMES.split([20, 10])))
    agrees(cost, lambda point: decays(lambda times: functional_call(module, point, (times,)), TIMES))
    assert check_gradient(cost, cost.at_module).agrees
    assert all(value.grad is None for value in module.parameters())
    inputs = [TIMES.clone().requires_grad_()]  # as of a loop that prepares them once
    assert_close(
        Cost.from_module(module, decays, inputs).value(cost.at_module),
        cost.value(cost.at_module),
        CLOSED_FORM,
        "inputs that require a gradient",
    )
    sampled = Cost.from_module(module, decays, [TIMES]).sample(20)
    assert len(sampled.batches) == 20 and bool(sampled.value_and_interval(cost.at_module)[1] > 0)  # pyright: ignore


@pytest.mark.parametrize("only", [None, ["0.weight"]])
def test_a_loss_that_goes_backward_is_refused_and_leaves_no_gradient(only: list[str] | None) -> None:
    module = perceptron()
    module[2].weight.grad = torch.ones(4, 6, dtype=torch.float64)  # pyright: ignore

    def backward(outputs: Tensor, targets: Tensor) -> Tensor:
        loss = ENTROPY(outputs, targets)
        loss.backward()
        return loss

    with pytest.raises(SteepestError, match=r"backward\(\) in it"):
        Cost.from_module(module, backward, uneven(Y), only=only)
    left = {name: value.grad for name, value in module.named_parameters() if value.grad is not None}
    assert list(left) == ["2.weight"] and bool(left["2.weight"].eq(1).all())


def test_a_place_that_is_no_place_of_the_module_is_said() -> None:
    module = nn.Sequential(nn.Linear(5, 6), nn.BatchNorm1d(6), nn.Linear(6, 4)).eval()
    cost = Cost.from_module(module, ENTROPY, [(X.float(), Y)])
    wide = {name: value.detach().double() for name, value in module.named_parameters()}
    for ask in (curvature_at, check_gradient, lambda cost, at: plane(cost, at=at, along=random(cost), points=3)):
        with pytest.raises(SteepestError, match=r"'1\.running_mean' is a buffer, no parameter of the cost"):
            ask(cost, module.state_dict())
    for ask in (curvature_at, check_gradient):
        with pytest.raises(
            SteepestError, match=r"given are float64, those of the module float32.*Give them in float32"
        ):
            ask(cost, wide)
