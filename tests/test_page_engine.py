"""The page's engine: the same float64 numbers as PyTorch's, on golden trajectories that PyTorch wrote."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from browser import opened, settle
from costs import START, X, Y
from playwright.sync_api import Browser

from steepest.cost import Cost
from steepest.curvature import curvature_at
from steepest.descent import descend

TABLE = [[*map(float, row)] for row in zip(X.tolist(), Y.tolist(), strict=True)]


def by_torch(rate: float, epochs: int, frozen: tuple[str, ...] = ()) -> np.ndarray:
    """Parameters and cost at each epoch, by PyTorch's autograd and SGD."""
    params = {name: torch.tensor(value, dtype=torch.float64) for name, value in START.items()}
    for name, value in params.items():
        value.requires_grad_(name not in frozen)
    optimizer = torch.optim.SGD([value for value in params.values() if value.requires_grad], lr=rate)
    rows = []
    for _ in range(epochs + 1):
        cost = torch.nn.functional.mse_loss(params["m"] * X + params["b"], Y)
        rows.append([params["m"].item(), params["b"].item(), cost.item()])
        optimizer.zero_grad()
        cost.backward()
        optimizer.step()
    return np.array(rows)


WALK = """({rate, epochs, frozen}) => {
  steepest.set({rate, epochs, frozen, start: Float64Array.from([0.9, 0.1])}); steepest.flush();
  const {walk} = steepest, rows = [];
  for (let k = 0; k < walk.count; k++) rows.push([...walk.params.slice(2 * k, 2 * k + 2), walk.costs[k]]);
  return rows;
}"""


def test_the_engine_walks_as_pytorch_does(chromium: Browser, trial_page: Path) -> None:
    with opened(chromium, trial_page) as page:
        for rate, epochs in ((0.01, 1001), (0.05, 300), (0.0549, 300), (0.055, 300), (0.06, 80)):
            rows = np.array(page.evaluate(WALK, {"rate": rate, "epochs": epochs, "frozen": [False, False]}))
            expected = by_torch(rate, epochs)
            np.testing.assert_allclose(rows, expected, rtol=1e-12, atol=1e-12)
        for frozen in (("b",), ("m",)):
            flags = [name in frozen for name in START]
            rows = np.array(page.evaluate(WALK, {"rate": 0.01, "epochs": 500, "frozen": flags}))
            expected = by_torch(0.01, 500, frozen)
            np.testing.assert_allclose(rows, expected[: len(rows)], rtol=1e-12, atol=1e-12)
            # It settles, as descend() does, where an adjustment no longer changes anything.
            np.testing.assert_allclose(rows[-1], expected[-1], rtol=1e-12)


def test_a_dragged_point_gives_the_walk_of_the_changed_data(chromium: Browser, trial_page: Path) -> None:
    with opened(chromium, trial_page) as page:
        page.evaluate("steepest.set({moved: [{row: 3, input: 3.5, target: -2}]})")
        settle(page)
        inputs, targets = X.clone(), Y.clone()
        inputs[3], targets[3] = 3.5, -2.0
        cost = Cost.least_squares(inputs, targets)
        run = descend(cost, START, learning_rate=0.01, epochs=1001)
        found = page.evaluate("[...steepest.walk.costs, ...steepest.lowest, steepest.floor, steepest.limit]")
        limit = 2 / curvature_at(cost, cost.zeros()).sharpness
        lowest = [float(value) for value in cost.minimum.values()]
        np.testing.assert_allclose(
            found, [*run.costs.tolist(), *lowest, float(cost.value(cost.minimum)), limit], rtol=1e-12, atol=1e-13
        )


@pytest.mark.parametrize("walked_standardised", [False, True])
def test_standardised_parameters_are_walked_as_in_python(
    chromium: Browser, paged: Callable[..., Path], walked_standardised: bool
) -> None:
    """Whether the run was made in them, or they were chosen in the page."""
    plain, scaled = Cost.least_squares(X, Y), Cost.least_squares(X, Y, standardise=True)
    cost = scaled if walked_standardised else plain
    start = scaled.standardised(scaled.params(START)) if walked_standardised else START
    page_path = paged(descend(cost, start, learning_rate=0.02, epochs=50), cost=cost, inputs=X, targets=Y)
    other = descend(scaled, scaled.standardised(scaled.params(START)), learning_rate=0.02, epochs=50)
    with opened(chromium, page_path) as page:
        page.evaluate("steepest.standardise(true)")
        settle(page)
        found = page.evaluate("[...steepest.walk.costs, ...steepest.here, ...steepest.inOwnUnits(steepest.here)]")
        first = [float(value) for value in other.start.values()]
        np.testing.assert_allclose(found, [*other.costs.tolist(), *first, *START.values()], rtol=1e-12, atol=1e-13)
        page.evaluate("steepest.standardise(false)")
        settle(page)
        expected = descend(plain, START, learning_rate=0.02, epochs=50)
        np.testing.assert_allclose(page.evaluate("[...steepest.walk.costs]"), expected.costs.tolist(), rtol=1e-12)


def test_many_features(chromium: Browser, paged: Callable[..., Path]) -> None:
    generator = torch.Generator().manual_seed(5)
    inputs = torch.randn(400, 12, generator=generator, dtype=torch.float64) * torch.logspace(-2, 1, 12).double()
    targets = inputs.sum(1) + 1e3 + torch.randn(400, generator=generator, dtype=torch.float64)
    names = [*(f"x{place}" for place in range(12)), "intercept"]
    cost = Cost.least_squares(inputs, targets, names=names, ridge=0.01)
    run = descend(cost, dict.fromkeys(names, 0.0), learning_rate=0.005, epochs=200)
    with opened(chromium, paged(run, cost=cost, inputs=inputs, targets=targets, x_name=names[:-1])) as page:
        np.testing.assert_allclose(page.evaluate("[...steepest.walk.costs]"), run.costs.tolist(), rtol=1e-12)
        values = curvature_at(cost, run.end).eigenvalues
        np.testing.assert_allclose(page.evaluate("[...steepest.modes.values]"), values, rtol=1e-9, atol=1e-12)
        lowest = [float(value) for value in cost.minimum.values()]
        np.testing.assert_allclose(page.evaluate("[...steepest.lowest]"), lowest, rtol=1e-8)
