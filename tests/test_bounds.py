"""Bounds of convex costs: certain at random places, as narrow as they should be, and refused for any other cost."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import torch
from costs import START, X, Y, batched, bowl, columns, logistic, network, saddle
from tolerances import CLOSED_FORM, assert_close
from torch import Tensor, nn
from torch.nn import functional

from steepest.cost import Cost
from steepest.errors import SteepestError
from steepest.slices import Slice, line, plane
from steepest.slices.bounds import Bounds, bounds
from steepest.slices.convex import convex
from steepest.vectors import Params, moved


def softmax(dtype: torch.dtype = torch.float64, seed: int = 0) -> tuple[Cost, Slice]:
    """Softmax regression on three clouds of points, on a random plane around a place near its lowest."""
    random = torch.Generator().manual_seed(seed)
    labels = torch.arange(90) % 3
    centres = 2 * torch.randn(3, 5, generator=random, dtype=torch.float64)
    inputs = centres[labels] + torch.randn(90, 5, generator=random, dtype=torch.float64)
    net = nn.Linear(5, 3).to(dtype)
    cost = Cost.from_module(net, functional.cross_entropy, [(inputs.to(dtype), labels)])
    at = {name: torch.randn(z.shape, generator=random, dtype=dtype) / 2 for name, z in cost.zeros().items()}
    ways = [{n: torch.randn(z.shape, generator=random, dtype=dtype) for n, z in at.items()} for _ in range(2)]
    return cost, plane(cost, at=at, along=(ways[0], ways[1]), reach=((-1, 1), (-1, 1)), points=9)


def at(cost: Cost, cut: Slice, place: Tensor) -> float:
    point = cut.origin
    for direction, by in zip(cut.directions, place.tolist(), strict=True):
        point = moved(point, direction, by=by)
    return float(cost.value(point))


def breaches(cost: Cost, cut: Slice, found: Bounds) -> int:
    """At how many of the places that the bounds speak of the true cost is outside."""
    places = torch.cartesian_prod(*found.coordinates).reshape(-1, len(found.coordinates))
    true = torch.tensor([at(cost, cut, place) for place in places], dtype=torch.float64).reshape(found.lower.shape)
    return int(((true < found.lower) | (true > found.upper)).sum())


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
def test_the_true_cost_is_always_within(dtype: torch.dtype) -> None:
    cost, cut = softmax(dtype)
    assert breaches(cost, cut, bounds(cost, cut)) == 0
    random = torch.Generator().manual_seed(9)
    own = [(2 * torch.rand(40, generator=random, dtype=torch.float64) - 1).sort().values.to(dtype) for _ in range(2)]
    ends = torch.tensor([-1.0, 1.0], dtype=dtype)
    grid = [torch.cat([ends[:1], values, ends[1:]]) for values in own]
    anywhere = Slice(cut.origin, cut.directions, tuple(grid), torch.zeros(42, 42), "")
    found = bounds(cost, anywhere, nodes=9)
    assert found.lower.shape == (42, 42) and breaches(cost, anywhere, found) == 0
    tight = Bounds(found.coordinates, found.lower, found.lower + 1e-3, 0.0, 0.0, (9, 9), "")
    assert breaches(cost, anywhere, tight) > 100, "bounds that are too narrow are found out"


def test_the_gap_falls_with_the_square_of_the_nodes() -> None:
    cost, cut = softmax()
    gaps = []
    for nodes in (9, 17, 33):
        axis = torch.linspace(-1, 1, nodes, dtype=torch.float64)
        gaps.append(bounds(cost, Slice(cut.origin, cut.directions, (axis, axis), torch.zeros(nodes, nodes), "")).gap)
    for gap, most in zip(gaps, (0.025, 0.0064, 0.0016), strict=True):
        assert most / 10 < gap < most, f"half the gap is {gaps} of the range"
    assert 3 < gaps[0] / gaps[1] < 5 and 3 < gaps[1] / gaps[2] < 5


def test_the_bounds_of_a_parabola_are_its_chord_and_its_tangents() -> None:
    cost = bowl([2.0])
    cut = line(cost, at={"w": torch.zeros(1, dtype=torch.float64)}, along="w", reach=(-1, 3), points=5)
    found = bounds(cost, cut, convex=True)
    middles = torch.tensor([-0.5, 0.5, 1.5, 2.5], dtype=torch.float64)
    assert_close(found.coordinates[0], middles, CLOSED_FORM, "centres of the cells")
    assert_close(found.upper, middles**2 + 0.25, 1e-9, "half way up the chord of w^2")
    assert_close(found.lower, middles**2 - 0.25, 1e-9, "where two tangents of w^2 meet")
    assert_close(found.gap, 0.25 / 9, 1e-9, "half the gap, of a range of 9")
    assert json.loads(json.dumps(found.to_dict()))["nodes"] == [5] and "17" not in found.told


def test_chords_of_a_plane_are_the_plane() -> None:
    cost = Cost.from_function(lambda m, b: 3 * m - 2 * b + 1, dtype=torch.float64)
    cut = plane(cost, at=START, along=("m", "b"), reach=((0, 1), (-3, 1)), points=(7, 4))
    found = bounds(cost, cut, nodes=3, convex=True)
    assert_close(found.upper, cut.costs, 1e-9, "upper")
    assert_close(found.lower, cut.costs, 1e-9, "lower")
    assert "caller" in found.told


def ridge_along(sign: int) -> Callable[[Tensor, Tensor], Tensor]:
    return lambda m, b: (m + sign * b) ** 2


def test_both_ways_to_cut_a_cell_are_tried() -> None:
    for sign in (1, -1):
        cost = Cost.from_function(ridge_along(sign), dtype=torch.float64)
        cut = plane(cost, at=START, along=("m", "b"), reach=((0, 1), (0, 1)), points=2)
        highest = {1: 1.0, -1: 0.0}[sign]
        assert_close(1 + bounds(cost, cut, convex=True).upper, torch.tensor([[1 + highest]]), 1e-9, f"sign {sign}")


def test_a_cost_that_is_not_convex_is_found_out() -> None:
    cut = plane(saddle(), at={"x": 0.0, "y": 0.0}, along=("x", "y"), reach=((-1, 1), (-1, 1)), points=5)
    with pytest.raises(SteepestError, match=r"bounds: this FunctionCost is not known to be convex in x, y"):
        bounds(saddle(), cut)
    with pytest.raises(SteepestError, match="below the tangent at another node, so it is not convex"):
        bounds(saddle(), cut, convex=True)
    bowl_shaped = logistic()
    cut = plane(bowl_shaped, at=START, along=("m", "b"), reach=((-3, 3), (-2, 2)), points=9)
    assert breaches(bowl_shaped, cut, bounds(bowl_shaped, cut, convex=True)) == 0


def test_an_interpolated_slice_has_bounds_at_its_own_points() -> None:
    cost, cut = softmax()
    places = torch.cartesian_prod(*cut.coordinates)
    drawn = Slice(
        cut.origin, cut.directions, cut.coordinates, cut.costs, "", places=places, measured=cut.costs.reshape(-1)
    )
    found = bounds(cost, drawn)
    assert found.nodes == (17, 17) and found.lower.shape == (9, 9)
    assert bool(((found.lower <= cut.costs) & (cut.costs <= found.upper)).all())
    assert found.gap <= (found.error or 0) <= 2 * found.gap, "exact costs are at most the whole gap from a bound"
    spread = float(cut.costs.max() - cut.costs.min())
    wrong = Slice(cut.origin, cut.directions, cut.coordinates, cut.costs + spread, "", places=places)
    assert (bounds(cost, wrong).error or 0) >= 0.99 and bounds(cost, cut).error is None


def test_infinite_costs_bound_nothing() -> None:
    cost = Cost.from_function(lambda m: torch.exp(m * m), dtype=torch.float64)
    cut = line(cost, at={"m": 0.0}, along="m", reach=(0, 40), points=5)
    found = bounds(cost, cut, convex=True)
    assert found.upper[-1].isinf() and found.lower.isfinite().all() and found.gap == float("inf")


class Shifted(nn.Linear):
    """What a subclass may do."""

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input).sin()


def module_cost(net: nn.Module, loss: Callable[..., Any], only: list[str] | None = None) -> Cost:
    inputs, targets = columns()
    return Cost.from_module(net.double(), loss, batched(inputs, targets, 60), only=only)


def hooked() -> nn.Module:
    net = nn.Linear(3, 1)
    net.register_forward_hook(lambda _module, _inputs, outputs: outputs.sin())
    return net


def twice() -> nn.Module:
    layer = nn.Linear(3, 3)
    return nn.Sequential(layer, layer, nn.Flatten())


def own_loss(outputs: Tensor, targets: Tensor) -> Tensor:
    return (outputs - targets).square().mean()


@pytest.mark.parametrize(
    ("make", "known"),
    [
        (lambda: Cost.least_squares(X, Y), True),
        (lambda: Cost.least_squares(*columns(), ridge=0.3), True),
        (lambda: module_cost(nn.Linear(3, 1), functional.mse_loss), True),
        (lambda: module_cost(nn.Sequential(nn.Flatten(), nn.Linear(3, 1)), nn.HuberLoss()), True),
        (lambda: module_cost(nn.Sequential(nn.Sequential(nn.Linear(3, 1)), nn.Identity()), nn.L1Loss()), True),
        (lambda: module_cost(network(), functional.smooth_l1_loss, ["2.weight", "2.bias"]), True),
        (lambda: module_cost(network(), functional.smooth_l1_loss, ["0.weight"]), False),
        (lambda: module_cost(network(), functional.mse_loss), False),
        (lambda: module_cost(nn.Sequential(nn.Linear(3, 1), nn.Tanh()), functional.mse_loss), False),
        (lambda: module_cost(nn.Linear(3, 1), own_loss), False),
        (lambda: module_cost(Shifted(3, 1), functional.mse_loss), False),
        (lambda: module_cost(hooked(), functional.mse_loss), False),
        (logistic, False),
        (saddle, False),
    ],
)
def test_only_what_is_known_to_be_convex_is_called_so(make: Callable[[], Cost], known: bool) -> None:
    assert bool(convex(make())) == known


def test_a_layer_that_comes_twice_is_not_affine() -> None:
    inputs, _ = columns()
    cost = Cost.from_module(twice().double(), functional.mse_loss, [(inputs, inputs)])
    assert not convex(cost)


def test_a_network_is_convex_in_the_head_alone() -> None:
    cost = module_cost(network(), functional.mse_loss)
    at = {name: value.detach() for name, value in network().named_parameters()}
    random = torch.Generator().manual_seed(1)

    def along(*names: str) -> Params:
        return {
            name: torch.randn(v.shape, generator=random, dtype=v.dtype) if name in names else torch.zeros_like(v)
            for name, v in at.items()
        }

    head = plane(
        cost, at=at, along=(along("2.weight"), along("2.weight", "2.bias")), reach=((-1, 1), (-1, 1)), points=5
    )
    assert breaches(cost, head, bounds(cost, head)) == 0
    body = plane(cost, at=at, along=(along("2.weight"), along("0.weight")), reach=((-1, 1), (-1, 1)), points=5)
    with pytest.raises(SteepestError, match=r"not known to be convex in 0\.weight, 2\.weight"):
        bounds(cost, body)
