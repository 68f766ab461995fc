"""See the edge of stability: gradient descent sharpens its place until its learning rate is the largest allowed there.

A tanh network of width 20 learns 20 points of the Chebyshev polynomial of degree 3, all at once (Cohen et al., 2021).
A table of the sharpness by epoch is printed, and a figure written into the current folder.
"""

from __future__ import annotations

import itertools

import torch
from torch import nn

import steepest as st
from steepest import draw

RATES = (0.2, 0.4)
EPOCHS = 3000
EVERY = 100
FIGURE = "edge_of_stability.png"


def chebyshev() -> tuple[st.Cost, dict[str, torch.Tensor]]:
    """Half the mean squared error of a small network, and where it starts: the same at every call.

    `steepest curvature --cost edge_of_stability:chebyshev` measures how it bends there.
    """
    x = torch.linspace(-1, 1, 20, dtype=torch.float64)[:, None]
    net = nn.Sequential(nn.Linear(1, 20), nn.Tanh(), nn.Linear(20, 1)).double()
    generator = torch.Generator().manual_seed(2)
    for scale, value in zip((1.0, 1.0, 0.2, 0.0), net.parameters(), strict=True):
        value.data = scale * torch.empty_like(value).uniform_(-1, 1, generator=generator)
    cost = st.Cost.from_module(net, lambda e, t: nn.functional.mse_loss(e, t) / 2, [(x, 4 * x**3 - 3 * x)])
    return cost, {name: value.detach().clone() for name, value in net.named_parameters()}


def sharpnesses(rate: float, epochs: int, every: int) -> tuple[list[tuple[int, st.Curvature]], list[float]]:
    """Walk, and measure the largest eigenvalue of the Hessian at every so many epochs."""
    cost, start = chebyshev()
    measured: list[tuple[int, st.Curvature]] = []
    costs: list[float] = []
    for step in itertools.islice(st.steps(cost, start, learning_rate=rate), epochs + 1):
        costs.append(step.cost)
        if step.epoch % every == 0:
            found = st.curvature_at(cost, step.params, method="lanczos", ends="largest", tolerance=1e-3)
            measured.append((step.epoch, found))
    return measured, costs


def main(epochs: int = EPOCHS, every: int = EVERY, figure: str = FIGURE) -> None:
    """Walk at each rate, print what was found, and draw it."""
    measured: dict[float, list[tuple[int, st.Curvature]]] = {}
    for rate in RATES:
        measured[rate], costs = sharpnesses(rate, epochs, every)
        rose = sum(after > before for before, after in itertools.pairwise(costs))
        print(f"\nlearning rate {rate:g}: 2 / rate = {2 / rate:g}; the cost rose at {rose} of {epochs} epochs")
        print("epoch       cost  sharpness  ± residual  rate x sharpness")
        for epoch, found in measured[rate][:: max(1, len(measured[rate]) // 10)]:
            sharpness, residual = found.sharpness, found.sharpness * found.residual
            print(f"{epoch:5}  {costs[epoch]:9.3g}  {sharpness:9.4f}  {residual:10.1g}  {rate * sharpness:16.3f}")
    print(f"\nThe figure: {draw.save(draw.sharpness(measured), figure, force=True)}")


if __name__ == "__main__":
    main()
