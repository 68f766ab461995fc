"""A reproduction: full-batch gradient descent sharpens until its learning rate is at the limit, and stays there."""

from __future__ import annotations

import itertools
import sys
from typing import Any

import torch
from measure import section
from torch import nn

from steepest import Cost, curvature_at, steps, vectors


def chebyshev() -> Any:
    """A tanh network of width 20 on 20 points of the Chebyshev polynomial of degree 3, half the mean squared error."""
    x = torch.linspace(-1, 1, 20, dtype=torch.float64)[:, None]
    net = nn.Sequential(nn.Linear(1, 20), nn.Tanh(), nn.Linear(20, 1)).double()
    generator = torch.Generator().manual_seed(2)
    for scale, value in zip((1.0, 1.0, 0.2, 0.0), net.parameters(), strict=True):
        value.data = scale * torch.empty_like(value).uniform_(-1, 1, generator=generator)
    return Cost.from_module(net, lambda e, t: nn.functional.mse_loss(e, t) / 2, [(x, 4 * x**3 - 3 * x)])


def walk(rate: float, epochs: int, every: int) -> tuple[list[float], float, float]:
    """Give the sharpness at every so many epochs, the share of epochs at which the cost rose, and the last cost."""
    cost = chebyshev()
    sharpnesses: list[float] = []
    costs: list[float] = []
    for step in itertools.islice(steps(cost, vectors.own(cost.at_module), learning_rate=rate), epochs + 1):
        costs.append(step.cost)
        if step.epoch % every == 0:
            found = curvature_at(cost, step.params, method="lanczos", ends="largest", tolerance=1e-3)
            sharpnesses.append(found.sharpness)
    rose = sum(after > before for before, after in itertools.pairwise(costs)) / epochs
    return sharpnesses, rose, costs[-1]


if __name__ == "__main__":
    epochs = 600 if "--quick" in sys.argv else 6000
    every = epochs // 6
    rows = []
    for rate in (0.1, 0.2, 0.4):
        sharpnesses, rose, last = walk(rate, epochs, every)
        found = [f"{value:.2f}" for value in sharpnesses]
        rows.append((f"{rate:g}", f"{2 / rate:.3g}", *found, f"{rose:.0%}", f"{last:.2e}"))
    section(
        "At the edge of stability",
        "Cohen et al. (2021): a tanh network of width 20 on 20 points of the Chebyshev polynomial of degree 3, all at "
        "once. The largest eigenvalue of the Hessian, at the epochs named, rises to 2 / rate and stays about it.",
        ("rate", "2 / rate", *(f"{epoch:,}" for epoch in range(0, epochs + 1, every)), "cost rose", "last cost"),
        rows,
    )
