"""`Cost.from_module` in the user's world: losses and batches of any kind, and one sentence for each thing wrong."""

from __future__ import annotations

import collections
from collections.abc import Callable
from typing import Any

import pytest
import torch
from costs import batched, columns, convolutional, network
from tolerances import CLOSED_FORM, assert_close, assert_params
from torch import Tensor, nn
from torch.utils.data import BatchSampler, DataLoader, Dataset, RandomSampler, TensorDataset

from steepest import vectors
from steepest.check import check_gradient
from steepest.cost import Cost
from steepest.cost.digest import of_batches
from steepest.descent import descend
from steepest.errors import SteepestError

MSE = nn.functional.mse_loss
INPUTS, TARGETS = columns()[0], columns()[1][:, None]


def of(module: nn.Module) -> vectors.Params:
    return {name: value.detach().clone() for name, value in module.named_parameters()}


def by_backward(module: nn.Module, loss: Callable[[], Tensor]) -> tuple[Tensor, vectors.Params]:
    """Cost and gradient as a user's own loop would have them."""
    module.zero_grad()
    value = loss()
    value.backward()
    return value.detach(), {name: p.grad.clone() for name, p in module.named_parameters() if p.grad is not None}


def agrees(cost: Cost, module: nn.Module, loss: Callable[[], Tensor]) -> None:
    value, gradient = by_backward(module, loss)
    at = {name: p for name, p in of(module).items() if name in cost.names}
    found = cost.value_and_gradient(at)
    assert_close(found[0], value, CLOSED_FORM, "cost")
    assert_close(cost.value(at), value, CLOSED_FORM, "cost alone")
    assert_params(found[1], gradient, CLOSED_FORM, "gradient")
    assert check_gradient(cost, at, most=3).agrees


# Losses and batches

Pair = collections.namedtuple("Pair", ["x", "y"])


class Bag(collections.UserDict[str, Tensor]):
    """As the batches of Hugging Face: a mapping that is no dict, with attributes."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name == "data":
            raise AttributeError(name)
        try:
            return self.data[name]
        except KeyError:
            raise AttributeError(name) from None


@pytest.mark.parametrize(
    ("batch", "loss"),
    [
        ({"x": INPUTS, "y": TARGETS}, lambda module, batch: MSE(module(batch["x"]), batch["y"])),
        ({"deep": [{"x": INPUTS}, (TARGETS,)]}, lambda m, batch: MSE(m(batch["deep"][0]["x"]), batch["deep"][1][0])),
        (Pair(INPUTS, TARGETS), lambda model, batch: MSE(model(batch.x), batch.y)),
        ((INPUTS, TARGETS), lambda module, batch: MSE(module(batch[0]), batch[1])),
        (torch.cat([INPUTS, TARGETS], 1), lambda module, batch: MSE(module(batch[:, :3]), batch[:, 3:])),
        (Bag(x=INPUTS, y=TARGETS), lambda module, batch: MSE(module(batch.x), batch.y)),
        ({"x": INPUTS, "y": TARGETS, "names": ["a"], "scale": 1.0}, lambda m, batch: MSE(m(batch["x"]), batch["y"])),
        ((INPUTS, {"one": TARGETS, "two": TARGETS}), lambda outputs, targets: MSE(outputs, targets["one"])),
        ([INPUTS, TARGETS], nn.MSELoss()),
    ],
    ids=["dict", "nested", "named tuple", "pair", "tensor", "mapping", "more in it", "dict of targets", "list"],
)
def test_losses_and_batches_of_any_kind(batch: Any, loss: Callable[..., Any]) -> None:
    module = network()
    cost = Cost.from_module(module, loss, [batch])
    assert cost.examples == 60
    agrees(cost, module, lambda: MSE(module(INPUTS), TARGETS))


def test_several_inputs_before_the_targets() -> None:
    module = nn.Bilinear(3, 3, 1).double()
    loader = DataLoader(TensorDataset(INPUTS, INPUTS.flip(0), TARGETS), batch_size=25)
    cost = Cost.from_module(module, MSE, loader)
    agrees(cost, module, lambda: MSE(module(INPUTS, INPUTS.flip(0)), TARGETS))


class Numbered(Dataset[Any]):
    """Dicts, one for each row, which may be augmented."""

    def __init__(self, *, augmented: bool = False) -> None:
        self._augmented = augmented

    def __len__(self) -> int:
        return len(INPUTS)

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        return {"x": INPUTS[index] + torch.rand(()) * self._augmented, "y": TARGETS[index]}


def of_dict(module: nn.Module, batch: dict[str, Tensor]) -> Tensor:
    return MSE(module(batch["x"]), batch["y"])


@pytest.mark.parametrize("options", [{}, {"shuffle": True}, {"shuffle": True, "drop_last": True}])
def test_a_loader_of_dicts_that_shuffles_is_read_whole_and_in_one_order(options: dict[str, Any]) -> None:
    module, states = network(), (torch.get_rng_state(), torch.Generator().manual_seed(3))
    loader = DataLoader(Numbered(), 23, generator=states[1], **options)
    cost = Cost.from_module(module, of_dict, loader)
    assert cost.examples == len(INPUTS) and cost.value(cost.at_module).equal(cost.value(cost.at_module))  # pyright: ignore[reportAttributeAccessIssue]
    agrees(cost, module, lambda: MSE(module(INPUTS), TARGETS))
    assert torch.get_rng_state().equal(states[0])
    assert states[1].get_state().equal(torch.Generator().manual_seed(3).get_state())
    again = Cost.from_module(module, of_dict, DataLoader(Numbered(), 23, **options))
    assert of_batches(again.batches) == of_batches(cost.batches)  # pyright: ignore[reportAttributeAccessIssue]  # a store is taken up


@pytest.mark.parametrize(
    "loader",
    [
        DataLoader(Numbered(augmented=True), batch_size=25, shuffle=True),
        DataLoader(Numbered(), batch_size=25, sampler=RandomSampler(Numbered(), replacement=True)),
        DataLoader(Numbered(), batch_size=25, sampler=RandomSampler(Numbered(), num_samples=30)),
        DataLoader(Numbered(), batch_sampler=BatchSampler(RandomSampler(Numbered()), 25, drop_last=True)),
    ],
)
def test_a_loader_that_gives_other_data_each_time_is_refused(loader: DataLoader[Any]) -> None:
    torch.manual_seed(0)
    with pytest.raises(SteepestError, match="shuffled or augmented"):
        Cost.from_module(network(), of_dict, loader)


def test_a_compiled_module_has_the_names_of_its_own() -> None:
    module = network()
    compiled: Any = torch.compile(module, backend="eager")
    cost = Cost.from_module(compiled, MSE, [(INPUTS, TARGETS)])
    assert cost.names == tuple(dict(module.named_parameters()))
    agrees(cost, module, lambda: MSE(module(INPUTS), TARGETS))


def test_what_is_no_module_and_what_goes_backward_itself_is_said() -> None:
    with pytest.raises(SteepestError, match="the module is of type tuple"):
        Cost.from_module((network(), network()), MSE, [(INPUTS, TARGETS)])  # pyright: ignore[reportArgumentType]

    def loss(outputs: Tensor, targets: Tensor) -> Tensor:
        found = MSE(outputs, targets)
        found.backward()
        return found

    with pytest.raises(SteepestError, match=r"Is there a backward\(\) in it\? Let it return the loss"):
        Cost.from_module(network(), loss, [(INPUTS, TARGETS)])


def test_a_lazy_module_is_refused_until_it_has_shapes() -> None:
    module = nn.LazyLinear(3)
    with pytest.raises(SteepestError, match="'weight' has no shape yet"):
        Cost.from_module(module, MSE, [(INPUTS, TARGETS)])


def test_unequal_batches_give_the_mean_over_examples() -> None:
    module, parts = network(), [1, 2, 7, 50]
    cost = Cost.from_module(module, MSE, list(zip(INPUTS.split(parts), TARGETS.split(parts), strict=True)))
    agrees(cost, module, lambda: MSE(module(INPUTS), TARGETS))


def test_a_loss_may_say_what_it_is_the_mean_of() -> None:
    module = nn.Linear(3, 5).double()
    labels = torch.arange(60) % 5
    labels[torch.arange(60) % 3 > 0] = -100
    labels[:3] = torch.arange(3)
    entropy = nn.functional.cross_entropy

    def counting(outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        return entropy(outputs, targets), (targets >= 0).sum()

    cost = Cost.from_module(module, counting, list(zip(INPUTS.split(11), labels.split(11), strict=True)))
    assert cost.examples == int((labels >= 0).sum()) < 60
    agrees(cost, module, lambda: entropy(module(INPUTS), labels))


def test_a_penalty_on_the_weights_is_part_of_the_cost() -> None:
    """Parameters reached through the module or around it are those of the question, not those it happens to hold."""
    module = network()
    whole: list[Callable[..., Tensor]] = [
        lambda module, batch: MSE(module(batch[0]), batch[1]) + module[0].weight.square().sum(),
        lambda outputs, targets: MSE(outputs, targets) + next(module.parameters()).square().sum(),
    ]
    for loss in whole:
        cost = Cost.from_module(module, loss, batched(INPUTS, TARGETS[:, 0], 20))
        agrees(cost, module, lambda: MSE(module(INPUTS), TARGETS) + module.get_parameter("0.weight").square().sum())
        assert float(cost.value(cost.zeros())) == pytest.approx(float(TARGETS.square().mean()))


# Parameters and buffers


class Tied(nn.Module):
    """One parameter under two names."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(3, 3, bias=False)
        self.second = nn.Linear(3, 3, bias=False)
        self.second.weight = self.first.weight
        self.last = nn.Linear(3, 1)
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, inputs: Tensor) -> Tensor:
        self.calls += 1
        return self.last(torch.tanh(self.second(torch.tanh(self.first(inputs)))))


def test_tied_parameters_and_buffers_that_count() -> None:
    module = Tied().double()
    cost = Cost.from_module(module, MSE, batched(INPUTS, TARGETS[:, 0], 20))
    assert cost.names == ("first.weight", "last.weight", "last.bias")
    cost.product(cost.zeros(), cost.zeros())
    assert float(module.calls) == 0
    agrees(cost, module, lambda: MSE(module(INPUTS), TARGETS))


def test_frozen_parameters_are_held_unless_they_are_asked_for() -> None:
    module = network()
    everything = Cost.from_module(module, MSE, [(INPUTS, TARGETS)])
    module.get_parameter("0.weight").requires_grad_(False)
    held = Cost.from_module(module, MSE, [(INPUTS, TARGETS)])
    assert held.names == ("0.bias", "2.weight", "2.bias")
    asked = Cost.from_module(module, MSE, [(INPUTS, TARGETS)], only=["2.bias", "0.weight"])
    assert asked.names == ("0.weight", "2.bias")
    whole = everything.value_and_gradient(of(module))
    for cost in (held, asked):
        value, gradient = cost.value_and_gradient({name: of(module)[name] for name in cost.names})
        assert value.equal(whole[0]) and all(gradient[name].equal(whole[1][name]) for name in cost.names)
    assert not module.get_parameter("0.weight").requires_grad
    with pytest.raises(SteepestError, match=r"no parameter '2\.bais'. Did you mean '2\.bias'"):
        Cost.from_module(module, MSE, [(INPUTS, TARGETS)], only=["2.bais"])
    with pytest.raises(SteepestError, match="names no parameter"):
        Cost.from_module(module, MSE, [(INPUTS, TARGETS)], only=[])


def test_wrapped_for_data_parallel_is_the_module_within() -> None:
    cost = Cost.from_module(nn.DataParallel(network()), MSE, [(INPUTS, TARGETS)])
    assert cost.names[0] == "0.weight"


def test_a_loaders_own_generator_goes_on_as_if_nobody_had_looked() -> None:
    generator = torch.Generator().manual_seed(3)
    loader = DataLoader(TensorDataset(INPUTS, TARGETS), batch_size=20, generator=generator)
    before = generator.get_state()
    cost = Cost.from_module(network(), MSE, loader)
    cost.value_and_gradient(cost.zeros())
    assert generator.get_state().equal(before)


# Batch norm


def normed(policy: Any, size: int, module: nn.Module | None = None) -> Cost:
    inputs, targets = columns(60, 6)
    module = module or convolutional().train()
    return Cost.from_module(module, MSE, batched(inputs[:, None], targets, size), batch_norm=policy)


def test_recalibrated_is_one_batch_of_all_whatever_the_batches() -> None:
    """For one norm, pooled statistics are those of all the data, so the cost is that of one batch."""
    module = convolutional().train()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    whole, at = normed("batch", 60), of(module)
    for size in (60, 20, 7):
        cost = normed("recalibrated", size, module)
        assert_close(cost.value(at), whole.value(at), CLOSED_FORM, f"batches of {size}")
        moved = vectors.scaled(at, by=1.5)
        assert_close(cost.value(moved), whole.value(moved), CLOSED_FORM, "elsewhere")
    assert all(module.state_dict()[name].equal(value) for name, value in before.items())
    norm = module.get_submodule("1")
    assert norm.training and not norm._forward_pre_hooks


def test_recalibrated_costs_have_no_gradient_and_say_so() -> None:
    cost = normed("recalibrated", 20)
    for ability in (cost.value_and_gradient, lambda at: cost.product(at, at), lambda at: cost.products(at)(at)):
        with pytest.raises(SteepestError, match="gives costs, and no gradient") as complaint:
            ability(cost.zeros())
        assert 'Choose "batch"' in str(complaint.value)
    with pytest.raises(SteepestError, match="descend: batch_norm="):
        descend(cost, cost.zeros(), learning_rate=0.1, epochs=1)


def test_per_batch_statistics_have_a_right_gradient() -> None:
    cost = normed("batch", 20)
    assert check_gradient(cost, of(convolutional())).agrees


@pytest.mark.parametrize(
    ("policy", "track", "words"),
    [
        ("running", True, "there is no batch_norm='running'"),
        ("frozen", False, "needs running statistics, and a BatchNorm1d keeps none"),
        (None, False, "keeps no running statistics"),
        (None, True, "is in training mode"),
    ],
)
def test_a_policy_that_cannot_be_followed_is_refused(policy: Any, track: bool, words: str) -> None:
    module = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2, track_running_stats=track), nn.Linear(2, 1)).double()
    with pytest.raises(SteepestError) as complaint:
        Cost.from_module(module, MSE, [(INPUTS, TARGETS)], batch_norm=policy)
    assert words in str(complaint.value)


# Precision


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_loses_no_more_than_its_own_rounding(dtype: torch.dtype) -> None:
    module = network().to(dtype)
    inputs, targets = INPUTS.to(dtype), TARGETS.to(dtype)
    cost = Cost.from_module(module, MSE, list(zip(inputs.split(1), targets.split(1), strict=True)))
    at = of(module)
    value, gradient = cost.value_and_gradient(at)
    exact = Cost.from_module(module.double(), MSE, [(inputs.double(), targets.double())])
    right = exact.value_and_gradient({name: value.double() for name, value in at.items()})
    eps = torch.finfo(dtype).eps
    assert value.dtype == torch.float64 and all(slope.dtype == dtype for slope in gradient.values())
    assert_close(value, right[0], 2 * eps, "cost")
    assert_params(gradient, right[1], 4 * eps, "gradient")
    assert all(part.dtype == dtype for part in cost.product(at, at).values())
    assert len(descend(cost, at, learning_rate=0.01, epochs=2).steps) == 3


# What is wrong, in a sentence


def spoiled(**given: Any) -> Callable[[], Cost]:
    world = {"module": network(), "loss": MSE, "batches": [(INPUTS, TARGETS)]} | given
    return lambda: Cost.from_module(world["module"], world["loss"], world["batches"])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (spoiled(batches=(INPUTS, TARGETS)), "[(inputs, targets), ...]"),
        (spoiled(batches=INPUTS), "the batches are one Tensor"),
        (spoiled(batches={"x": INPUTS}), "the batches are one dict"),
        (spoiled(batches=TensorDataset(INPUTS, TARGETS)), "whose items are single examples"),
        (spoiled(batches=3), "cannot be iterated over"),
        (spoiled(batches=[{"x": INPUTS}]), "a loss whose arguments are named `module, batch`"),
        (
            spoiled(batches=[(INPUTS, torch.tensor(1))], loss=lambda o, t: o.mean() - t),
            "how many examples a batch holds is not known: no tensor",
        ),
        (spoiled(batches=[(INPUTS.float(), TARGETS)]), "the inputs are float32 and the module's parameters float64"),
        (spoiled(batches=[(INPUTS, INPUTS, TARGETS)]), "forward takes (input), and is given a tuple"),
        (spoiled(batches=[({"x": INPUTS}, TARGETS)]), "forward takes (input), and is given a dict"),
        (spoiled(loss="mse"), "the loss is str, which cannot be called"),
        (spoiled(loss=nn.MSELoss), "the loss is the class MSELoss. Give an instance of it, MSELoss()"),
        (spoiled(loss=lambda outputs: outputs.mean()), "the loss takes (outputs), and is given two"),
        (spoiled(loss=nn.CosineEmbeddingLoss()), "input2: torch.Tensor, target: torch.Tensor"),
        (spoiled(loss=lambda m, b: MSE(m(b[0]), b[1])), "Then name its arguments so, `lambda module, batch: ...`"),
        (spoiled(loss=lambda o, t: MSE(o, t).item()), "is float, and must be one number as a tensor"),
        (spoiled(loss=lambda o, t: (MSE(o, t), 0)), "the mean of 0 examples"),
        (
            spoiled(batches=[{"x": INPUTS, "y": TARGETS[:7]}], loss=lambda module, batch: module(batch["x"]).mean()),
            "its tensors have 60 and 7 rows",
        ),
        (
            spoiled(batches=[{"x": INPUTS}], loss=lambda module, batch: module(batch["x"]).square().sum()),
            "The loss is a sum over the batch",
        ),
        (spoiled(batches=DataLoader(TensorDataset(INPUTS[:0], TARGETS[:0]))), "there are no batches"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(make: Callable[[], Cost], words: str) -> None:
    with pytest.raises(SteepestError) as complaint:
        make()
    assert words in str(complaint.value) and str(complaint.value).startswith("Cost.from_module: ")


def test_a_loss_that_was_detached_is_refused_when_its_gradient_is_asked_for() -> None:
    module = network()
    cost = Cost.from_module(module, lambda outputs, targets: MSE(outputs.detach(), targets), [(INPUTS, TARGETS)])
    for ability in (cost.value_and_gradient, cost.products):
        with pytest.raises(SteepestError, match="does not depend on any parameter"):
            ability(of(module))


def test_batches_follow_the_parameters_to_their_device() -> None:
    """There is no second device here that computes: one that only knows shapes shows who was moved."""
    from steepest.cost import batches

    meta = torch.device("meta")
    found = batches.moved({"x": [INPUTS, (TARGETS, "name")], "bag": Pair(INPUTS, 2)}, meta)
    assert found["x"][0].device == meta and found["x"][1][0].device == meta and found["bag"].x.device == meta
    assert found["x"][1][1] == "name" and found["bag"].y == 2
    batch = {"x": INPUTS}
    assert batches.moved(batch, torch.device("cpu")) is batch
