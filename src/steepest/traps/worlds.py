"""Tiny modules, losses and data about which everything is known."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.utils.data import DataLoader, TensorDataset

from steepest import vectors
from steepest.traps.nouns import Pair, Subject, Surface
from steepest.vectors import Params

EIGENVALUES = (9.0, 5.0, 1.0, 0.5, 0.25)


class Formula(nn.Module):
    """A module whose output, for every example, is one function of its own five parameters."""

    def __init__(
        self, formula: Callable[[Tensor], Tensor], at: tuple[float, ...] = (0.7, -0.4, 0.5, 0.9, -0.6)
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(at[:3]))
        self.bias = nn.Parameter(torch.tensor(at[3:]))
        self.formula = formula

    def forward(self, inputs: Tensor) -> Tensor:
        return self.formula(torch.cat([self.weight, self.bias])).expand(len(inputs))


def average(outputs: Tensor, targets: Tensor) -> Tensor:
    """A loss that is the outputs' mean, whatever the targets."""
    return outputs.mean() + 0 * targets.mean()


def bowl_matrix() -> Tensor:
    """The Hessian of `bowl`: known eigenvalues, eigenvectors that mix all parameters."""
    generator = torch.Generator().manual_seed(5)
    basis, _ = torch.linalg.qr(torch.randn(5, 5, generator=generator, dtype=torch.float64))
    return basis @ torch.diag(torch.tensor(EIGENVALUES, dtype=torch.float64)) @ basis.T


def of(formula: Callable[[Tensor], Tensor], at: tuple[float, ...] = (0.7, -0.4, 0.5, 0.9, -0.6)) -> Subject:
    """A module that computes a formula of its parameters, on four examples that do not matter."""
    return Subject(Formula(formula, at), average, [(torch.ones(4, 1), torch.zeros(4))])


def bowl() -> Subject:
    """`(1/2) p'Ap`, with A of `bowl_matrix`."""
    matrix = bowl_matrix().float()
    return of(lambda p: p @ matrix @ p / 2)


def flat() -> Subject:
    """A cost that is 0.1 everywhere."""
    return of(lambda p: 0 * p.sum() + 0.1)


def no_number() -> Subject:
    """A cost that is NaN where a parameter is negative, as in a logarithm that was not guarded."""
    return of(lambda p: p.log().mean(), at=(0.9, 1.1, 1.0, 0.8, 1.2))


def overflow() -> Subject:
    """A cost that is infinite where its parameters' sum is large, as an exponential in float32 is."""
    return of(lambda p: (200 * (p.sum() - 1)).exp())


def data(rows: int = 10) -> tuple[Tensor, Tensor]:
    """Three features and a target that depends on them, some noise included; the same at every call."""
    generator = torch.Generator().manual_seed(11)
    inputs = torch.randn(rows, 3, generator=generator)
    return inputs, (inputs @ torch.tensor([[1.0], [-2.0], [0.5]])).tanh() + 0.3 * inputs[:, :1].abs()


def network(*middle: nn.Module, wide: int = 6) -> nn.Sequential:
    """A small network with the same weights at every call; the global random state is left alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        return nn.Sequential(nn.Linear(3, wide), *middle, nn.Tanh(), nn.Linear(wide, 1))


def plain() -> Subject:
    """A network in eval mode, one batch of eight."""
    return Subject(network().eval(), nn.functional.mse_loss, [data(8)])


def softmax() -> Subject:
    """A softmax regression onto three classes: logits that are affine in the parameters, and share the inputs."""
    inputs, _ = data(8)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(4)
        module = nn.Linear(3, 3)
    return Subject(module.eval(), nn.functional.cross_entropy, [(inputs, inputs.argmax(dim=1))])


class Tied(nn.Module):
    """One matrix under two names, as an embedding that is the output layer, too."""

    def __init__(self) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(6)
            self.inward, self.outward = nn.Linear(3, 3), nn.Linear(3, 3)
        self.outward.weight = self.inward.weight

    def forward(self, inputs: Tensor) -> Tensor:
        return self.outward(self.inward(inputs).tanh())[:, :1]


def tied() -> Subject:
    """A network with one matrix in two places."""
    return Subject(Tied().eval(), nn.functional.mse_loss, [data(8)])


def uneven() -> Subject:
    """Batches of four, four and two: a mean of their means is not the mean."""
    inputs, targets = data(10)
    batches = [(inputs[rows], targets[rows]) for rows in (slice(0, 4), slice(4, 8), slice(8, 10))]
    return Subject(network().eval(), nn.functional.mse_loss, batches)


class Indifferent(Formula):
    """A module whose parameters change nothing: what differs between two cells comes from somewhere else."""

    def __init__(self, middle: nn.Module) -> None:
        super().__init__(lambda p: 0 * p.sum())
        self.middle = middle

    def forward(self, inputs: Tensor) -> Tensor:
        return super().forward(inputs) + self.middle(inputs).mean(dim=1)


def shuffled() -> Subject:
    """A loader that gives other batches at every pass: ten examples of very different size, four at a time."""
    inputs = torch.arange(10.0).square()[:, None]
    loader = DataLoader(TensorDataset(inputs, torch.zeros(10)), 4, shuffle=True)
    return Subject(Indifferent(nn.Identity()).eval(), average, loader)


def dropout() -> Subject:
    """A module left in training mode, its dropout live."""
    return Subject(Indifferent(nn.Dropout(0.5)).train(), average, [(torch.ones(4, 16), torch.zeros(4))])


def batch_norm(mode: bool, policy: str | None = None) -> Subject:
    """A network with a batch norm that has seen some data, in training mode or not."""
    module = network(nn.BatchNorm1d(6)).train()
    with torch.no_grad():
        module(2 * data(64)[0] + 1)
        for value in module.parameters():
            value.add_(0.125)  # as after some training: a fresh norm's factors are all 1, its shifts all 0
    return Subject(module.train(mode), nn.functional.mse_loss, [data(8)], policy)


def worn() -> Subject:
    """A network as a user's is: one part frozen, one in another mode, gradients left over, statistics collected."""
    subject = batch_norm(mode=False)
    module = subject.module
    assert isinstance(module, nn.Sequential)
    module[2].train()
    for value in module[3].parameters():
        value.requires_grad_(False)
    for value in module[0].parameters():
        value.grad = torch.full_like(value, 0.25)
    return subject


def axes(subject: Subject, seed: int = 2) -> Pair:
    """Two directions in general position: neither units, nor orthogonal, nor the same for any two parameters."""
    generator = torch.Generator().manual_seed(seed)
    ways = [
        {name: torch.randn(value.shape, generator=generator) for name, value in subject.params.items()}
        for _ in range(2)
    ]
    ways = [vectors.scaled(way, by=size / vectors.norm(way)) for way, size in zip(ways, (1.0, 0.7), strict=True)]
    return ways[0], vectors.moved(ways[1], ways[0], by=0.3)


def cost_at(subject: Subject, params: Params, *, train: bool = False) -> float:
    """The cost at parameters, by nothing but the module itself: the mean over all examples, in float64."""
    module = subject.module
    modes = {part: part.training for part in module.modules()}
    total, count = 0.0, 0
    module.train(train)
    try:
        with torch.no_grad():
            for inputs, targets in subject.batches:
                buffers = {name: value.clone() for name, value in module.named_buffers()}
                loss = subject.loss(functional_call(module, buffers | params, (inputs,)), targets)
                total, count = total + float(loss) * len(inputs), count + len(inputs)
    finally:
        for part, mode in modes.items():
            part.training = mode
    return total / count


def expected(subject: Subject, surface: Surface, origin: Params, *, train: bool = False) -> Tensor:
    """The cost at every coordinate that a tool states, evaluated one by one."""
    rows = []
    for first in surface.coordinates[0].tolist():
        foot = vectors.moved(origin, _of_parameters(surface.directions[0], origin), by=first)
        second = _of_parameters(surface.directions[1], origin)
        points = (vectors.moved(foot, second, by=each) for each in surface.coordinates[1].tolist())
        rows.append([cost_at(subject, point, train=train) for point in points])
    return torch.tensor(rows, dtype=torch.float64)


def _of_parameters(direction: Params, origin: Params) -> Params:
    return {name: direction[name].to(value) for name, value in origin.items()}
