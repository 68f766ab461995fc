"""Every shortcut of a module's cost gives what `value` gives, is chosen by itself, named, and left where it errs."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from steepest import vectors
from steepest.cost import Cost, stand_in
from steepest.cost.base import Restriction
from steepest.cost.shared import Shared
from steepest.slices import plane

MSE, ENTROPY = nn.functional.mse_loss, nn.functional.cross_entropy
ASKED = {torch.float32: 1e-5, torch.float64: 1e-10}
"""What is promised, relative to each cost."""

QUADRATIC = "worked out from {} numbers of the quadratic, exact at each point"
LOGITS = "affine outputs in 3 parts, shared by all points; cross-entropy from them in float64"
OUTPUTS = "affine outputs in 3 parts, shared by all points; the loss at each"
LAYER = "affine layers and what comes before, up to '{}', worked out once; the rest of the forward pass at each point"
PREFIX = "what comes before, up to '{}', worked out once; the rest of the forward pass at each point"
LOOP = "one forward pass at each point, in a copy of the module"
GRID = torch.cartesian_prod(torch.linspace(-1, 1, 5), torch.linspace(-0.7, 1.3, 4)).double()


def data(features: int = 12, rows: int = 90, classes: int = 4) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(rows, features, generator=generator, dtype=torch.float64)
    return inputs, torch.randint(classes, (rows,), generator=generator)


def pairs(inputs: Tensor, targets: Tensor, size: int = 40) -> list[tuple[Tensor, Tensor]]:
    return list(zip(inputs.split(size), targets.split(size), strict=True))


def ways(cost: Cost, count: int = 2, seed: int = 1) -> list[vectors.Params]:
    generator = torch.Generator().manual_seed(seed)
    return [
        {n: torch.randn(z.shape, generator=generator).to(z) * 0.5 for n, z in cost.zeros().items()}
        for _ in range(count)
    ]


def by_value(cost: Cost, at: vectors.Params, along: Sequence[vectors.Params], places: Tensor) -> Tensor:
    """The naive loop: parameters formed anew at each place, and one value."""
    costs = []
    for place in places.tolist():
        point = at
        for way, by in zip(along, place, strict=True):
            point = vectors.moved(point, way, by=by)
        costs.append(cost.value(point))
    return torch.stack(costs)


def of(cost: Any, along: Sequence[vectors.Params] | None = None, at: vectors.Params | None = None) -> Restriction:
    found = cost.restricted(at or cost.at_module, along or ways(cost))
    assert found is not None
    return found


def agrees(cost: Any, method: str, along: Sequence[vectors.Params] | None = None, places: Tensor = GRID) -> None:
    along = along or ways(cost)
    found = of(cost, along)
    costs, right = found.costs(places), by_value(cost, cost.at_module, along, places)
    assert found.method == method
    assert costs.dtype == right.dtype and costs.shape == (len(places),)
    off = ((costs - right).abs() / right.abs()).max()
    assert float(off) <= ASKED[costs.dtype], f"{method}: off by {float(off):.2g}"


def net(*layers: nn.Module, seed: int = 2) -> nn.Sequential:
    made = nn.Sequential(*layers)
    generator = torch.Generator().manual_seed(seed)
    for value in made.parameters():
        value.data = torch.randn(value.shape, generator=generator) * 0.6
    return made.eval()


def perceptron(wide: int = 40) -> nn.Sequential:
    return net(nn.Linear(12, wide), nn.Tanh(), nn.Linear(wide, 4))


def image() -> nn.Sequential:
    return net(
        nn.Unflatten(1, (1, 4, 3)), nn.Conv2d(1, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU(inplace=True),
        nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(96, 4),
    )  # fmt: skip


class Own(nn.Module):
    """Parameters of its own, multiplied and added by hand, and a residual connection."""

    def __init__(self) -> None:
        super().__init__()
        self.into = nn.Parameter(torch.randn(12, 48))
        self.shift = nn.Parameter(torch.randn(48))
        self.out = nn.Linear(48, 48)
        self.last = nn.Linear(48, 4)

    def forward(self, inputs: Tensor, scale: float = 0.5, mask: Tensor | None = None) -> Tensor:
        hidden = torch.add(inputs @ self.into, self.shift) * scale
        if mask is not None:
            hidden = hidden * mask
        return self.last(hidden + torch.relu(self.out(hidden)))


class Branching(nn.Module):
    """A path that depends on the data, which cannot be traced."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(12, 4)

    def forward(self, inputs: Tensor) -> Tensor:
        out = self.layer(inputs)
        return out if float(out.sum()) > 0 else 2 * out


class Counting(nn.Module):
    """Buffers that a pass changes, both ways that there are, one of them read by the next batch."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(12, 4)
        self.register_buffer("seen", torch.zeros(()))
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, inputs: Tensor) -> Tensor:
        self.seen += 1
        self.calls = self.calls + 1
        return self.layer(inputs) * (1 + 0.1 * self.seen)


def whole(module: nn.Module, batch: dict[str, Tensor]) -> tuple[Tensor, int]:
    """A loss of the module and the batch, with a penalty on all weights and a count of its own."""
    penalty = torch.stack([value.square().sum() for value in module.parameters()]).sum()
    return ENTROPY(module(batch["x"]), batch["y"]) + 0.01 * penalty, len(batch["y"])


def twice(module: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    """A loss that calls the module twice."""
    return MSE(module(batch[0]), module(batch[0].flip(1)).detach()) + module(batch[0]).square().mean()


X, Y = data()
REAL = torch.randn(90, 1, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
DICTS = [{"x": x, "y": y} for x, y in pairs(X, Y)]

CASES: dict[str, tuple[Callable[[], nn.Module], Any, Any, str | None]] = {
    "linear": (lambda: net(nn.Linear(12, 1)), MSE, pairs(X, REAL), QUADRATIC.format(6)),
    "linear, a module of the loss": (lambda: nn.Linear(12, 1), nn.MSELoss(), pairs(X, REAL), QUADRATIC.format(6)),
    "softmax": (lambda: net(nn.Linear(12, 4)), ENTROPY, pairs(X, Y), LOGITS),
    "softmax, smoothed": (
        lambda: net(nn.Linear(12, 4)), nn.CrossEntropyLoss(label_smoothing=0.1), pairs(X, Y),
        f"{OUTPUTS}, 256 points at a time"),
    "another loss of affine outputs": (
        lambda: net(nn.Flatten(), nn.Linear(12, 1)), nn.functional.smooth_l1_loss, pairs(X, REAL),
        f"{OUTPUTS}, 256 points at a time"),
    "one hidden layer, small": (perceptron, ENTROPY, pairs(X, Y), None),
    "one hidden layer": (lambda: perceptron(300), ENTROPY, pairs(X, Y), LAYER.format("0")),
    "a penalty": (lambda: perceptron(300), whole, DICTS, LAYER.format("0")),
    "called twice": (lambda: perceptron(300), twice, pairs(X, Y), LAYER.format("0")),
    "by hand": (Own, ENTROPY, pairs(X, Y), None),
    "convolutional": (image, ENTROPY, pairs(X, Y), LOOP),
    "branching": (Branching, ENTROPY, pairs(X, Y), LOOP),
    "counting": (Counting, ENTROPY, pairs(X, Y), LOOP),
}  # fmt: skip


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", CASES)
def test_each_way_equals_the_loop_over_value(name: str, dtype: torch.dtype) -> None:
    make, loss, batches, method = CASES[name]
    torch.manual_seed(0)
    module = make().to(dtype)

    def cast(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: cast(part) for key, part in value.items()}
        return value.to(dtype) if value.is_floating_point() else value

    given = [cast(each) if isinstance(each, dict) else tuple(cast(part) for part in each) for each in batches]
    cost: Any = Cost.from_module(module, loss, given)
    method = of(cost).method if method is None else method
    assert name not in ("one hidden layer, small", "by hand") or method.startswith("affine layers and what comes")
    agrees(cost, method)
    agrees(cost, method, places=torch.tensor([[3.0, -2.0], [0.1, 0.2], [0.0, 0.0]]).double())


def test_a_line_and_three_directions() -> None:
    for module, method in ((perceptron(300), LAYER.format("0")), (net(nn.Linear(12, 4)), LOGITS)):
        cost: Any = Cost.from_module(module.double(), ENTROPY, pairs(X, Y))
        for count in (1, 3):
            places = torch.randn(7, count, generator=torch.Generator().manual_seed(4)).double()
            agrees(cost, method.replace("3 parts", f"{count + 1} parts"), ways(cost, count), places)


def only(cost: Cost, *moved: str) -> list[vectors.Params]:
    """Directions that move some parameters alone."""
    return [{n: v if n in moved else torch.zeros_like(v) for n, v in way.items()} for way in ways(cost)]


def test_what_comes_before_the_first_layer_that_moves_is_worked_out_once() -> None:
    cost: Any = Cost.from_module(image().double(), ENTROPY, pairs(X, Y))
    agrees(cost, LOGITS, only(cost, "7.weight", "7.bias"))
    agrees(cost, LAYER.format("4"), only(cost, "4.weight"))
    agrees(cost, PREFIX.format("1"), only(cost, "2.weight", "2.bias"))
    held: Any = Cost.from_module(image().double(), ENTROPY, pairs(X, Y), only=["7.bias"])
    agrees(held, LOGITS)


@pytest.mark.parametrize("policy", ["frozen", "batch", "recalibrated"])
def test_batch_norm_keeps_its_policy(policy: Any) -> None:
    module = image().double().train()
    before = copy.deepcopy(module.state_dict())
    cost: Any = Cost.from_module(module, ENTROPY, pairs(X, Y), batch_norm=policy)
    agrees(cost, LOOP)
    head = only(cost, "7.weight", "7.bias")
    agrees(cost, LOOP if policy == "recalibrated" else LOGITS, head)
    assert all(module.state_dict()[name].equal(value) for name, value in before.items())
    assert module.training and module[2].training and not module[2]._forward_pre_hooks


def test_the_loop_is_exact_to_the_bit() -> None:
    cost: Any = Cost.from_module(image(), ENTROPY, pairs(X.float(), Y))
    along = ways(cost)
    found = of(cost, along)
    assert found.costs(GRID).equal(by_value(cost, cost.at_module, along, GRID)) and found.method == LOOP


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_left_to_the_loop(dtype: torch.dtype) -> None:
    cost: Any = Cost.from_module(net(nn.Linear(12, 4)).to(dtype), ENTROPY, pairs(X.to(dtype), Y))
    along = ways(cost)
    found = of(cost, along)
    assert found.costs(GRID).equal(by_value(cost, cost.at_module, along, GRID)) and found.method == LOOP


def test_tied_parameters_stay_tied() -> None:
    first, second = nn.Linear(12, 12), nn.Linear(12, 12)
    second.weight = first.weight
    cost: Any = Cost.from_module(net(first, nn.Tanh(), second).double(), MSE, pairs(X, X))
    agrees(cost, of(cost).method)


# Where it must not be trusted


def test_a_loss_bound_to_the_users_own_module_is_seen() -> None:
    module: Any = perceptron(300).double()
    loss = lambda outputs, targets: ENTROPY(outputs, targets) + module[0].weight.square().mean()  # noqa: E731
    cost: Any = Cost.from_module(module, loss, pairs(X, Y))
    along = ways(cost)
    found = of(cost, along)
    costs = found.costs(GRID)
    assert costs.equal(by_value(cost, cost.at_module, along, GRID))
    assert found.method.startswith("one forward pass at each point; a copy of the module gave ")


def test_a_fault_that_shows_only_far_out_is_seen_there() -> None:
    """At the module's own place the closure is right; the check is where the costs are asked for, however far."""
    module: Any = net(nn.Linear(12, 4)).double()
    loss = lambda outputs, targets: ENTROPY(outputs, targets) + 1e-10 * module[0].weight.square().sum()  # noqa: E731
    cost: Any = Cost.from_module(module, loss, pairs(X, Y))
    found, along = of(cost), ways(cost)
    near, far = torch.tensor([[0.0, 0.0], [1e-3, 0.0]]).double(), torch.tensor([[1e4, 1e4]]).double()
    found.costs(near)
    assert "gave" not in found.method
    assert found.costs(far).equal(by_value(cost, cost.at_module, along, far)) and "gave" in found.method


def test_planted_a_wrong_part_is_left_for_the_loop() -> None:
    cost: Any = Cost.from_module(perceptron(300).double(), ENTROPY, pairs(X, Y))
    along = ways(cost)
    found: Any = of(cost, along)
    common = found._ways[0]
    assert isinstance(common, Shared)
    common.kept[1][0].parts[0][2].mul_(1.001)
    assert found.costs(GRID).equal(by_value(cost, cost.at_module, along, GRID)) and found.method == LOOP


def test_hooks_are_not_passed_by() -> None:
    module = perceptron(300).double()
    module[1].register_forward_hook(lambda *given: given[2] * 2)
    cost: Any = Cost.from_module(module, ENTROPY, pairs(X, Y))
    agrees(cost, LOOP)


def test_what_writes_into_its_input_cannot_spoil_what_is_kept() -> None:
    class Adds(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.early, self.late = nn.Linear(12, 300), nn.Linear(12, 300)
            self.head = nn.Linear(300, 4)

        def forward(self, inputs: Tensor) -> Tensor:
            kept = torch.tanh(self.early(inputs))
            kept.add_(torch.relu(self.head.weight.mean() + self.late(inputs)))
            return self.head(kept)

    torch.manual_seed(0)
    cost: Any = Cost.from_module(Adds().double(), ENTROPY, pairs(X, Y))
    agrees(cost, LOOP, only(cost, "head.weight", "late.weight"))


def test_a_module_that_cannot_be_copied_is_asked_for_values() -> None:
    class Uncopied(nn.Linear):
        def __deepcopy__(self, memo: Any) -> Any:
            raise RuntimeError("there is one of me")

    cost: Any = Cost.from_module(Uncopied(12, 4).double(), ENTROPY, pairs(X, Y))
    assert cost.restricted(cost.at_module, ways(cost)) is None
    along = ways(cost)
    made = plane(cost, at=cost.at_module, along=(along[0], along[1]), reach=((-1, 1), (-1, 1)), points=3)
    assert made.method == "9 forward passes, one at each point"


def test_nan_and_infinity_are_kept() -> None:
    cost: Any = Cost.from_module(
        perceptron(300), lambda o, t: ENTROPY(o, t, reduction="none").exp().mean(), pairs(X.float(), Y)
    )
    along = ways(cost)
    places = torch.tensor([[0.0, 0.0], [1e3, 1e3], [1e30, 1.0], [math.nan, 0.0], [3e38, -3e38]]).double()
    costs, right = of(cost, along).costs(places), by_value(cost, cost.at_module, along, places)
    assert torch.allclose(costs, right, rtol=1e-4, equal_nan=True) and bool(right.isnan().any() & right.isinf().any())


# What is left alone


def test_the_module_and_the_random_states_come_back_also_after_ctrl_c() -> None:
    module = Counting().double()
    before = copy.deepcopy(module.state_dict())
    asked = 0

    def loss(outputs: Tensor, targets: Tensor) -> Tensor:
        nonlocal asked
        asked += 1
        if asked > 40:
            raise KeyboardInterrupt
        return ENTROPY(outputs, targets)

    cost: Any = Cost.from_module(module, loss, pairs(X, Y))
    state = torch.get_rng_state()
    found = of(cost)
    with pytest.raises(KeyboardInterrupt):
        found.costs(GRID)
    assert all(module.state_dict()[name].equal(value) for name, value in before.items())
    assert all(value.requires_grad and value.grad is None for value in module.parameters())
    assert torch.get_rng_state().equal(state) and module.training and "forward" not in vars(module)
    asked = -(10**9)
    along = ways(cost)
    assert found.costs(GRID).equal(by_value(cost, cost.at_module, along, GRID)), "and it can go on"


def test_a_loader_is_read_once_where_it_fits_and_each_time_where_it_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    class Watched(TensorDataset):
        reads = 0

        def __getitem__(self, index: Any) -> Any:
            Watched.reads += 1
            return super().__getitem__(index)

    generator = torch.Generator().manual_seed(3)
    loader = DataLoader(Watched(X, Y), batch_size=40, generator=generator)
    state = generator.get_state()
    cost: Any = Cost.from_module(image().double(), ENTROPY, loader)
    along = ways(cost)
    right = by_value(cost, cost.at_module, along, GRID)
    found = of(cost, along)
    found.costs(GRID)
    Watched.reads = 0
    assert found.costs(GRID).equal(right) and Watched.reads == 0
    monkeypatch.setattr(stand_in, "HELD", 1000)
    found = of(cost, along)
    found.costs(GRID)
    Watched.reads = 0
    assert found.costs(GRID).equal(right) and Watched.reads == len(GRID) * 90 and found.method == LOOP
    assert generator.get_state().equal(state)


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    from steepest.cost import shared

    cost: Any = Cost.from_module(perceptron(300).double(), ENTROPY, pairs(X, Y))
    agrees(cost, LAYER.format("0"))
    monkeypatch.setattr(shared, "HELD", 90 * 300 * 8 * 3)
    agrees(cost, LOOP)


def test_cross_entropy_far_out_left_out_targets_and_blocks_of_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    from steepest.cost import entropy

    module = net(nn.Linear(12, 4)).double()
    cost: Any = Cost.from_module(module, ENTROPY, pairs(X, Y))
    agrees(cost, LOGITS, places=GRID * 1e4)
    monkeypatch.setattr(entropy, "BLOCK", 700)
    agrees(cost, LOGITS)
    some = torch.where(torch.arange(90) % 3 > 0, Y, -100)

    def counted(outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        return ENTROPY(outputs, targets), (targets >= 0).sum()

    agrees(Cost.from_module(module, counted, pairs(X, some)), f"{OUTPUTS}, 256 points at a time")
    agrees(Cost.from_module(module, ENTROPY, pairs(X, some)), f"{OUTPUTS}, 256 points at a time")


def test_data_of_many_ranks_are_left_to_value(monkeypatch: pytest.MonkeyPatch) -> None:
    cost: Any = Cost.from_module(net(nn.Linear(12, 4)).double(), ENTROPY, pairs(X, Y), sharded=True)
    agrees(cost, LOGITS)
    monkeypatch.setattr("steepest.ranks.alone", lambda: False)
    assert cost.restricted(cost.at_module, ways(cost)) is None


def test_a_plane_takes_the_shortcut_and_names_it() -> None:
    cost: Any = Cost.from_module(perceptron(300).double(), ENTROPY, pairs(X, Y))
    first, second = ways(cost)
    made = plane(cost, at=cost.at_module, along=(first, second), reach=((-1, 1), (-1, 1)), points=4)
    places = torch.cartesian_prod(*made.coordinates)
    right = by_value(cost, cost.at_module, (first, second), places).reshape(4, 4)
    assert made.method == LAYER.format("0") and float((made.costs / right - 1).abs().max()) <= ASKED[torch.float64]
