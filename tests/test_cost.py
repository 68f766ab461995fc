"""What a Cost refuses, and how it leaves the user's world as it found it."""

import random
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from costs import START, X, Y, batched, columns, convolutional, network, trial
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from steepest.cost import Cost
from steepest.errors import SteepestError

MSE = nn.functional.mse_loss


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda m, b: (m * X + b - Y) ** 2, "shape (8,)"),
        (lambda m, b: 1.0, "returned float"),
        (lambda m, b: ((m.detach() * X + b.detach() - Y) ** 2).mean(), "does not depend"),
        (lambda m, b: ((m * X.float() + b - Y.float()) ** 2).mean(), "digits lost"),
    ],
)
def test_a_function_that_is_no_cost_is_refused(function: Callable[..., Tensor], words: str) -> None:
    cost = Cost.from_function(function, dtype=torch.float64)
    with pytest.raises(SteepestError) as complaint:
        cost.value_and_gradient(cost.params(START))
    assert words in str(complaint.value)


def test_a_function_without_parameters_is_refused() -> None:
    with pytest.raises(SteepestError, match="no argument"):
        Cost.from_function(lambda: torch.ones(()))


def test_arguments_with_defaults_are_settings_and_not_parameters() -> None:
    cost = Cost.from_function(lambda m, scale=2.0: scale * m**2)
    assert cost.names == ("m",)


def test_any_names_by_keywords() -> None:
    like = {"dose (mL)": torch.zeros(2), "b": torch.zeros(())}
    cost = Cost.from_function(lambda **p: (p["dose (mL)"] ** 2).sum() + p["b"] ** 2, like=like)
    value, gradient = cost.value_and_gradient({"dose (mL)": torch.ones(2), "b": torch.ones(())})
    assert float(value) == 3 and gradient["dose (mL)"].tolist() == [2, 2]


def test_numbers_keep_all_their_digits() -> None:
    assert float(trial().params(START)["m"]) == 0.9
    assert trial(torch.float32).params(START)["m"].dtype == torch.float32


def world(module: nn.Module) -> list[object]:
    """All that must be as it was: weights, buffers, modes, requires_grad, grads and random states."""
    return [
        {name: value.clone() for name, value in module.state_dict().items()},
        [part.training for part in module.modules()],
        [value.requires_grad for value in module.parameters()],
        [None if value.grad is None else value.grad.clone() for value in module.parameters()],
        torch.get_rng_state(),
        random.getstate(),
        tuple(np.random.get_state()),  # noqa: NPY002  # the user's global generator is what must be left alone
    ]


def same(left: object, right: object) -> bool:
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        return isinstance(left, Tensor) and isinstance(right, Tensor) and left.equal(right)
    if isinstance(left, np.ndarray):
        return bool(np.array_equal(left, right))  # pyright: ignore[reportArgumentType]
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(same(a, b) for a, b in zip(left, right, strict=True))
    return left == right


def loaded(module: nn.Module) -> tuple[Cost, nn.Module]:
    inputs, targets = columns(60, 6)
    loader = DataLoader(TensorDataset(inputs[:, None], targets[:, None]), batch_size=20)
    next(module.parameters()).grad = torch.ones_like(next(module.parameters()))
    list(module.parameters())[1].requires_grad_(False)
    return Cost.from_module(module, MSE, loader, batch_norm="batch"), module


def test_the_module_comes_back_as_it_went_in() -> None:
    module = convolutional().train()
    before = world(loaded(module)[1])
    cost, _ = loaded(module)
    at = cost.zeros()
    for ability in (cost.value, cost.value_and_gradient, lambda at: cost.product(at, at)):
        ability(at)
    assert same(world(module), before)


@pytest.mark.parametrize("raised", [KeyboardInterrupt, RuntimeError])
def test_also_after_an_exception(raised: type[BaseException]) -> None:
    cost, module = loaded(convolutional().train())
    before = world(module)

    def broken(estimates: Tensor, targets: Tensor) -> Tensor:
        random.random()
        torch.rand(1)
        np.random.rand()  # noqa: NPY002
        raise raised

    cost.loss = broken  # pyright: ignore[reportAttributeAccessIssue]
    for ability in (cost.value, cost.value_and_gradient):
        with pytest.raises(raised):
            ability(cost.zeros())
    assert same(world(module), before)


def test_a_frozen_parameter_is_not_one() -> None:
    module = network()
    next(iter(module.parameters())).requires_grad_(False)
    cost = Cost.from_module(module, MSE, batched(*columns(), 60))
    assert cost.names == ("0.bias", "2.weight", "2.bias")


def test_tied_weights_are_one_parameter() -> None:
    layer = nn.Linear(3, 3, bias=False).double()
    module = nn.Sequential(layer, nn.Tanh(), layer, nn.Linear(3, 1).double())
    cost = Cost.from_module(module, MSE, batched(*columns(), 60))
    at = {name: value.detach().clone() for name, value in module.named_parameters()}
    value, gradient = cost.value_and_gradient(at)
    inputs, targets = columns()
    loss = MSE(module(inputs), targets[:, None])
    loss.backward()
    assert value.equal(loss.detach()) and layer.weight.grad is not None
    assert gradient["0.weight"].equal(layer.weight.grad)


def test_one_batch_gives_the_bits_of_backward() -> None:
    module = network().float()
    inputs, targets = (part.float() for part in columns())
    cost = Cost.from_module(module, MSE, [(inputs, targets[:, None])])
    value, gradient = cost.value_and_gradient({n: p.detach().clone() for n, p in module.named_parameters()})
    loss = MSE(module(inputs), targets[:, None])
    loss.backward()
    assert value.equal(loss.detach())
    for name, parameter in module.named_parameters():
        assert parameter.grad is not None and gradient[name].equal(parameter.grad), name


def test_inputs_may_be_tuples_and_dicts() -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = nn.Parameter(torch.ones(()))

        def forward(self, left: Tensor, right: Tensor) -> Tensor:
            return self.w * left + right

    x, y = torch.ones(4), torch.zeros(4)
    for inputs in ((x, 2 * x), {"right": 2 * x, "left": x}):
        cost = Cost.from_module(Two(), MSE, [(inputs, y)])
        assert float(cost.value({"w": torch.ones(())})) == 9 and cost.examples == 4


def once() -> Iterator[tuple[Tensor, Tensor]]:
    yield torch.ones(4, 3), torch.ones(4, 1)


class Shuffled:
    """Batches that come in another order each time, as with DataLoader(shuffle=True)."""

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        inputs, targets = columns()
        order = torch.randperm(60)
        return iter(batched(inputs[order], targets[order], 20))


@pytest.mark.parametrize(
    ("module", "loss", "batches", "words"),
    [
        (network, nn.MSELoss(reduction="sum"), batched(*columns(), 60), "sum over the batch"),
        (network, nn.MSELoss(reduction="none"), batched(*columns(), 60), "one number"),
        (network, MSE, [(columns()[0], columns()[1])], "Broadcasting"),
        (lambda: nn.Sequential(network(), nn.Dropout(0.5)), MSE, batched(*columns(), 60), "Dropout is live"),
        (network, MSE, Shuffled(), "shuffled or augmented"),
        (network, MSE, once(), "read only once"),
        (network, MSE, [], "no batches"),
        (network, MSE, [columns()[0]], "not (inputs, targets)"),
        (lambda: network().requires_grad_(False), MSE, batched(*columns(), 60), "requires a gradient"),
        (lambda: nn.Sequential(network(), nn.BatchNorm1d(1).double()), MSE, batched(*columns(), 60), "batch_norm="),
    ],
)
def test_what_is_no_function_of_the_parameters_is_refused(
    module: Callable[[], nn.Module], loss: Callable[..., Tensor], batches: object, words: str
) -> None:
    with pytest.raises(SteepestError) as complaint:
        Cost.from_module(module(), loss, batches)  # pyright: ignore[reportArgumentType]
    assert words in str(complaint.value) and str(complaint.value).startswith("Cost.from_module: ")


@pytest.mark.parametrize(
    "loss", [nn.MSELoss(), nn.L1Loss(), nn.HuberLoss(), nn.SmoothL1Loss()], ids=lambda loss: type(loss).__name__
)
def test_losses_that_average_are_taken(loss: nn.Module) -> None:
    assert Cost.from_module(network(), loss, batched(*columns(), 7)).examples == 60


def test_a_classifier_is_taken() -> None:
    module = nn.Linear(3, 5).double()
    labels = torch.arange(60) % 5
    cost = Cost.from_module(module, nn.functional.cross_entropy, [(columns()[0], labels)])
    assert float(cost.value(cost.zeros())) == pytest.approx(np.log(5))


def test_the_batch_norm_policies_differ_and_both_keep_the_statistics() -> None:
    inputs, targets = columns(60, 6)
    module = convolutional().train()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    values = []
    for policy in ("frozen", "batch"):
        cost = Cost.from_module(module, MSE, batched(inputs[:, None], targets, 60), batch_norm=policy)
        at = {name: value.detach().clone() for name, value in module.named_parameters()}
        values.append(float(cost.value(at)))
    assert values[0] != values[1]
    assert all(module.state_dict()[name].equal(value) for name, value in before.items())
    module.eval()
    assert MSE(module(inputs[:, None]), targets[:, None]).item() == pytest.approx(values[0])


def test_batches_that_change_their_number_are_refused_later() -> None:
    batches = batched(*columns(), 20)
    cost = Cost.from_module(network(), MSE, batches)
    batches.pop()
    with pytest.raises(SteepestError, match="60 examples at first, and now 40"):
        cost.value(cost.zeros())


def test_only_shapes_that_torch_would_stretch_are_refused() -> None:
    module, inputs = torch.nn.Linear(3, 2), torch.ones(5, 3)

    def loss(outputs: Tensor, targets: Tensor) -> Tensor:
        return (outputs.sum(dim=1) - targets.sum(dim=1)).square().mean()

    assert Cost.from_module(module, loss, [(inputs, torch.ones(5, 4))]).examples == 5
    with pytest.raises(SteepestError, match=r"estimates have shape \(5, 2\) and targets \(5, 1\)"):
        Cost.from_module(module, loss, [(inputs, torch.ones(5, 1))])
