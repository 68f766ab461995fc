"""A catalogue of costs about which something is known exactly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from steepest.cost import Cost
from steepest.vectors import Params

X = torch.arange(8, dtype=torch.float64)
Y = torch.tensor([1.86, 1.31, 0.62, 0.33, 0.09, -0.67, -1.23, -1.37], dtype=torch.float64)
START = {"m": 0.9, "b": 0.1}


def trial(dtype: torch.dtype = torch.float64) -> Cost:
    """The clinical trial as the lesson writes it: a function of m and b, differentiated by autograd."""
    x, y = X.to(dtype), Y.to(dtype)
    return Cost.from_function(lambda m, b: ((m * x + b - y) ** 2).mean(), dtype=dtype)


def bowl(eigenvalues: list[float], seed: int = 0) -> Cost:
    """`C(w) = w' H w / 2` with the eigenvalues chosen and the directions drawn at random."""
    generator = torch.Generator().manual_seed(seed)
    basis, _ = torch.linalg.qr(
        torch.randn(len(eigenvalues), len(eigenvalues), generator=generator, dtype=torch.float64)
    )
    hessian = basis @ torch.diag(torch.tensor(eigenvalues, dtype=torch.float64)) @ basis.T
    like = {"w": torch.zeros(len(eigenvalues), dtype=torch.float64)}
    return Cost.from_function(lambda w: w @ hessian @ w / 2, like=like)


def saddle() -> Cost:
    return Cost.from_function(lambda x, y: x**2 - y**2, dtype=torch.float64)


def rosenbrock() -> Cost:
    return Cost.from_function(lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2, dtype=torch.float64)


def logistic() -> Cost:
    labels = (Y > 0).double()
    return Cost.from_function(
        lambda m, b: nn.functional.binary_cross_entropy_with_logits(m * X + b, labels), dtype=torch.float64
    )


def columns(rows: int = 60, features: int = 3, seed: int = 1) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn(rows, features, generator=generator, dtype=torch.float64)
    noise = torch.randn(rows, generator=generator, dtype=torch.float64)
    return inputs, inputs @ torch.arange(1.0, features + 1, dtype=torch.float64) + 4 + noise


def network() -> nn.Module:
    generator = torch.Generator().manual_seed(2)
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)).double()
    for value in net.parameters():
        value.data = torch.randn(value.shape, generator=generator, dtype=torch.float64)
    return net


def convolutional() -> nn.Module:
    generator = torch.Generator().manual_seed(3)
    net = nn.Sequential(nn.Conv1d(1, 2, 3), nn.BatchNorm1d(2), nn.Tanh(), nn.Flatten(), nn.Linear(8, 1)).double()
    for value in net.parameters():
        value.data = torch.randn(value.shape, generator=generator, dtype=torch.float64)
    return net.eval()


def batched(inputs: Tensor, targets: Tensor, size: int) -> list[tuple[Tensor, Tensor]]:
    return list(zip(inputs.split(size), targets[:, None].split(size), strict=True))


@dataclass(frozen=True)
class Known:
    """A cost with a point to look at, for the promises that every cost makes."""

    make: Callable[[], Cost]
    at: Callable[[Cost], Params]


def _at(**values: float) -> Callable[[Cost], Params]:
    return lambda cost: cost.params(values)


def _everywhere(value: float) -> Callable[[Cost], Params]:
    return lambda cost: {name: zero + value for name, zero in cost.zeros().items()}


def _drawn(cost: Cost) -> Params:
    generator = torch.Generator().manual_seed(4)
    return {n: torch.randn(z.shape, generator=generator, dtype=z.dtype) for n, z in cost.zeros().items()}


CATALOGUE: dict[str, Known] = {
    "trial": Known(trial, _at(m=0.9, b=0.1)),
    "trial by statistics": Known(lambda: Cost.least_squares(X, Y), _at(m=0.9, b=0.1)),
    "trial standardised": Known(lambda: Cost.least_squares(X, Y, standardise=True), _at(m=0.9, b=0.1)),
    "ridge": Known(lambda: Cost.least_squares(*columns(), ridge=0.3), _everywhere(0.7)),
    "no intercept": Known(lambda: Cost.least_squares(*columns(), intercept=False), _everywhere(0.7)),
    "bowl": Known(lambda: bowl([1.0, 10.0, 100.0]), _everywhere(0.5)),
    "saddle": Known(saddle, _at(x=1.0, y=0.5)),
    "rosenbrock": Known(rosenbrock, _at(x=-1.2, y=1.0)),
    "logistic": Known(logistic, _at(m=-0.4, b=0.3)),
    "network": Known(lambda: Cost.from_module(network(), nn.functional.mse_loss, batched(*columns(), 60)), _drawn),
    "convolutional, batch norm": Known(
        lambda: Cost.from_module(
            convolutional(), nn.functional.mse_loss, batched(columns(60, 6)[0][:, None], columns(60, 6)[1], 60)
        ),
        _drawn,
    ),
}
