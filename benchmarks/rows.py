"""1000 epochs of exact batch descent on millions of rows, against what a user would otherwise write."""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import torch
from measure import medians, section, time_of
from sklearn.linear_model import SGDRegressor  # pyright: ignore[reportMissingImports]  # make bench installs it

from steepest import Cost, descend, vectors

EPOCHS, PLAIN_EPOCHS, CHECKED_EPOCHS = 1000, 10, 100


def squared(estimates: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The cost as the lesson writes it."""
    return torch.sum((estimates - targets) ** 2) / len(targets)


def autograd_loop(
    x: torch.Tensor,
    y: torch.Tensor,
    rate: float,
    epochs: int,
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] = squared,
) -> list[torch.Tensor]:
    """The loop of the lesson: forward pass, cost, backward, step."""
    weights = torch.zeros(x.shape[1], dtype=x.dtype, requires_grad=True)
    intercept = torch.zeros((), dtype=x.dtype, requires_grad=True)
    optimizer = torch.optim.SGD([weights, intercept], lr=rate)
    for _ in range(epochs):
        optimizer.zero_grad()
        estimates = x[:, 0] * weights[0] + intercept if x.shape[1] == 1 else x @ weights + intercept
        loss(estimates, y).backward()
        optimizer.step()
    return [weights.detach(), intercept.detach()]


def numpy_loop(x: np.ndarray, y: np.ndarray, rate: float, epochs: int) -> None:
    weights, intercept = np.zeros(x.shape[1], dtype=x.dtype), 0.0
    for _ in range(epochs):
        residual = x @ weights + intercept - y
        weights = weights - rate * 2 / len(y) * (residual @ x)
        intercept = intercept - rate * 2 * residual.mean()


def steepest_walk(x: torch.Tensor, y: torch.Tensor, rate: float, epochs: int) -> vectors.Params:
    cost = Cost.least_squares(x[:, 0] if x.shape[1] == 1 else x, y)
    return descend(cost, cost.zeros(), learning_rate=rate, epochs=epochs).end


def compare(rows: int, features: int, dtype: torch.dtype, rate: float) -> None:
    generator = torch.Generator().manual_seed(42)
    if features == 1:
        x = torch.linspace(0, 8, rows, dtype=dtype)[:, None]
        y = -0.5 * x[:, 0] + 2 + torch.randn(rows, generator=generator, dtype=dtype)
    else:
        x = torch.randn(rows, features, generator=generator, dtype=dtype)
        y = x @ torch.arange(1.0, features + 1, dtype=dtype) + torch.randn(rows, generator=generator, dtype=dtype)
    x_numpy, y_numpy = x.numpy(), y.numpy()
    regressor = SGDRegressor(max_iter=1, tol=None, learning_rate="constant", eta0=1e-5, shuffle=False)  # pyright: ignore[reportArgumentType]
    found = medians(
        {
            "read": lambda: (x.sum(), y.sum()),
            "steepest": lambda: steepest_walk(x, y, rate, EPOCHS),
            "autograd": lambda: autograd_loop(x, y, rate, PLAIN_EPOCHS),
            "fused": lambda: autograd_loop(x, y, rate, PLAIN_EPOCHS, torch.nn.functional.mse_loss),
            "numpy": lambda: numpy_loop(x_numpy, y_numpy, rate, PLAIN_EPOCHS),
            "statistics": lambda: Cost.least_squares(x, y),
        },
        runs=5,
    )
    sklearn = medians({"sklearn": lambda: regressor.fit(x_numpy, y_numpy)}, runs=2)["sklearn"] * EPOCHS
    autograd, fused, plain = (found[name] / PLAIN_EPOCHS * EPOCHS for name in ("autograd", "fused", "numpy"))
    ours = found["steepest"]
    cost = Cost.least_squares(x[:, 0] if features == 1 else x, y)
    made = descend(cost, cost.zeros(), learning_rate=rate, epochs=EPOCHS).epochs
    exact = steepest_walk(x, y, rate, CHECKED_EPOCHS)
    loop = autograd_loop(x.double(), y.double(), rate, CHECKED_EPOCHS)
    names = list(exact)
    differences = torch.cat([(exact[name] - value).abs().reshape(-1) for name, value in zip(names, loop, strict=True)])
    reads = f"{found['statistics'] / found['read']:.1f} sums of the data, read from memory"
    kind = str(dtype).removeprefix("torch.")
    section(
        f"{EPOCHS} epochs on {rows:,} rows by {features} feature{'s' * (features > 1)}, {kind}",
        f"The loops are timed over {PLAIN_EPOCHS} epochs and scaled, scikit-learn over one pass and scaled. "
        + (f"After {made} epochs no adjustment changes any parameter, and steepest stops. " if made < EPOCHS else "")
        + f"After {CHECKED_EPOCHS} epochs parameters differ from the plain float64 loop's by at most "
        f"{float(differences.max()):.1e}.",
        ("who", f"{EPOCHS} epochs", "against steepest"),
        [
            ("steepest, everything", time_of(ours), "1"),
            ("of which reading the data", time_of(found["statistics"]), reads),
            ("the lesson's autograd loop, torch.optim.SGD", time_of(autograd), f"{autograd / ours:,.0f}"),
            ("the same with torch's fused mse_loss", time_of(fused), f"{fused / ours:,.0f}"),
            ("NumPy loop", time_of(plain), f"{plain / ours:,.0f}"),
            ("scikit-learn SGDRegressor, as many passes", time_of(sklearn), f"{sklearn / ours:,.0f}"),
        ],
    )


if __name__ == "__main__":
    shrink = 100 if "--quick" in sys.argv else 1
    compare(8_000_000 // shrink, 1, torch.float32, 0.01)
    compare(8_000_000 // shrink, 1, torch.float64, 0.01)
    compare(1_000_000 // shrink, 20, torch.float64, 0.1)
