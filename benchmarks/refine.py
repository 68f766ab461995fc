"""How far a picture of few places is off, against the grids that are drawn elsewhere, at places neither has seen."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import torch
from measure import section, time_of
from scipy.interpolate import RectBivariateSpline
from sklearn.datasets import load_digits  # pyright: ignore[reportMissingImports]  # make bench installs it
from torch import Tensor, nn

from steepest import Cost, directions
from steepest.cost.module import ModuleCost
from steepest.slices.asking import Ask
from steepest.slices.refine import refined

LOSS = nn.functional.cross_entropy
POINTS = 51
HELD_OUT = 1000
PLACES = (200, 350)
Errors = tuple[int, float, float]
"""Evaluations, and the largest and root mean square error in what is drawn."""


def trained(net: nn.Module, image: bool, epochs: int) -> tuple[ModuleCost, float]:
    """A network that knows its digits by heart, and its cost."""
    pixels, digits = load_digits(return_X_y=True)
    inputs, targets = torch.tensor(pixels / 16, dtype=torch.float32)[:1024], torch.tensor(digits)[:1024]
    inputs = inputs.reshape(-1, 1, 8, 8) if image else inputs
    optimizer = torch.optim.Adam(net.parameters(), 1e-3)
    random = torch.Generator().manual_seed(0)
    for _ in range(epochs):
        for rows in torch.randperm(len(inputs), generator=random).split(64):
            optimizer.zero_grad()
            LOSS(net(inputs[rows]), targets[rows]).backward()
            optimizer.step()
    optimizer.zero_grad()
    cost = Cost.from_module(net.eval(), LOSS, [(inputs, targets)])
    assert isinstance(cost, ModuleCost)
    return cost, float(cost.value(cost.at_module))


def off(found: Tensor, true: Tensor, span: float, count: int) -> Errors:
    gaps = (found - true).abs() / span
    return count, float(gaps.max()), float(gaps.square().mean().sqrt())


def straight(heights: Tensor, places: Tensor) -> Tensor:
    """Straight lines between the points of a grid from -1 to 1."""
    position = (places + 1) * (len(heights) - 1) / 2
    cell = position.floor().clamp(0, len(heights) - 2).long()
    (u, v), (i, j) = (position - cell).unbind(dim=1), cell.unbind(dim=1)
    low = torch.lerp(heights[i, j], heights[i + 1, j], u)
    return torch.lerp(low, torch.lerp(heights[i, j + 1], heights[i + 1, j + 1], u), v)


def spline(heights: Tensor, places: Tensor) -> Tensor:
    axis = torch.linspace(-1, 1, len(heights), dtype=torch.float64).numpy()
    x, y = places.unbind(dim=1)
    return torch.tensor(RectBivariateSpline(axis, axis, heights.numpy(), s=0)(x, y, grid=False))


def compare(cost: ModuleCost, seed: int) -> tuple[dict[tuple[str, str], Errors], list[float]]:
    """The errors of each way to draw one random plane, in each scale, and the seconds that the choosing took."""
    at = cost.at_module
    along = directions.random(cost, at=at, seed=seed)
    ask = Ask(cost, at, tuple(along))
    random = torch.Generator().manual_seed(100 + seed)
    held = (2 * torch.rand(HELD_OUT, 2, generator=random, dtype=torch.float64) - 1).float().double()
    sides = {POINTS, *(int(count**0.5) for count in PLACES)}
    axes = {side: torch.linspace(-1, 1, side, dtype=torch.float64) for side in sides}
    grids = {side: ask(torch.cartesian_prod(axis, axis)).double().reshape(side, side) for side, axis in axes.items()}
    true = ask(held).double()
    found: dict[tuple[str, str], Errors] = {}
    spent = []
    shown: dict[str, Callable[[Tensor], Tensor]] = {"log": torch.log10, "linear": lambda costs: costs}
    for scale, height in shown.items():
        span = 1.0 if scale == "log" else float(true.max() - true.min())
        for count in PLACES:
            ours = Ask(cost, at, tuple(along))
            asked = 0.0

            def timed(places: Tensor, ours: Ask = ours) -> Tensor:
                nonlocal asked
                began = time.perf_counter()
                costs = ours(places)
                asked += time.perf_counter() - began
                return costs

            began = time.perf_counter()
            ends, kinds = ((-1.0, 1.0), (-1.0, 1.0)), [torch.float32, torch.float32]
            picture = refined(timed, ends, kinds=kinds, most=count, scale="log" if scale == "log" else "linear")
            spent.append(time.perf_counter() - began - asked)
            found[f"`refined`, at most {count}, its check included", scale] = off(
                height(picture.surface(held)), height(true), span, ours.count
            )
        for side in sorted(sides):
            name = f"{side}x{side}"
            for how, drawn in (("straight lines between", straight), ("cubic spline through", spline)):
                if side == POINTS or how.startswith("cubic"):
                    off_by = off(drawn(height(grids[side]), held), height(true), span, side * side)
                    found[f"{how} {name}", scale] = off_by
    return found, spent


if __name__ == "__main__":
    quick = "--quick" in sys.argv
    planes = 1 if quick else 5
    part = 20 if quick else 1

    def perceptron(bend: type[nn.Module]) -> nn.Module:
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(64, 64), bend(), nn.Linear(64, 64), bend(), nn.Linear(64, 10))

    def convolutional() -> nn.Module:
        torch.manual_seed(0)
        return nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(),
            nn.Conv2d(8, 16, 3, padding=1, stride=2), nn.BatchNorm2d(16), nn.ReLU(), nn.Flatten(), nn.Linear(256, 10),
        )  # fmt: skip

    nets = {
        "a tanh network": (perceptron(nn.Tanh), False, 600),
        "a ReLU network": (perceptron(nn.ReLU), False, 400),
        "a convolutional network with batch norm": (convolutional(), True, 100),
    }
    for name, (net, image, epochs) in nets.items():
        cost, lowest = trained(net, image, max(1, epochs // part))
        runs = [compare(cost, seed) for seed in range(planes)]
        rows = [
            (
                who,
                scale,
                *(
                    f"{statistics.median(run[0][who, scale][part] for run in runs):{form}}"
                    for part, form in enumerate((",.0f", ".4f", ".5f"))
                ),
            )
            for who, scale in runs[0][0]
        ]
        choosing = statistics.median(seconds for run in runs for seconds in run[1])
        section(
            f"The picture of {name} from few places",
            f"Medians of {planes} random filter-normalised planes through a network trained to {lowest:.1e}, reach -1 "
            f"to 1, 1,024 digits, float32; errors at {HELD_OUT:,} random places, in decades where the logarithm is "
            f"drawn, as shares of the range where the cost is. Choosing the places and interpolating took "
            f"{time_of(choosing)} a plane beside the evaluations.",
            ("drawn", "scale", "evaluations", "largest error", "root mean square"),
            rows,
        )
