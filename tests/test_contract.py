"""Every cost in the catalogue keeps every promise that a Cost makes."""

import pytest
import torch
from costs import CATALOGUE, batched, columns, network
from tolerances import CLOSED_FORM, TAPPED, assert_close, assert_params
from torch import nn

from steepest import vectors
from steepest.check import check_gradient, tap
from steepest.cost import Cost
from steepest.cost.least_squares import LeastSquares
from steepest.cost.module import ModuleCost

known = pytest.mark.parametrize("name", CATALOGUE)


def dense_hessian(cost: Cost, at: vectors.Params) -> torch.Tensor:
    """The Hessian by autograd of autograd through `value`, an independent road to `product`."""
    shapes = {name: value.shape for name, value in at.items()}

    def value(flat: torch.Tensor) -> torch.Tensor:
        pieces = flat.split([shape.numel() for shape in shapes.values()])
        return cost.value({n: p.reshape(s) for (n, s), p in zip(shapes.items(), pieces, strict=True)})

    hessian = torch.autograd.functional.hessian(value, vectors.flat(at))
    assert isinstance(hessian, torch.Tensor)
    return hessian


@known
def test_value_and_gradient_give_the_same_cost(name: str) -> None:
    cost = CATALOGUE[name].make()
    at = CATALOGUE[name].at(cost)
    assert_close(cost.value_and_gradient(at)[0], cost.value(at).detach(), CLOSED_FORM, "cost")


@known
def test_gradient_agrees_on_all_roads(name: str) -> None:
    cost = CATALOGUE[name].make()
    found = check_gradient(cost, CATALOGUE[name].at(cost))
    assert found.agrees, str(found)


@known
def test_gradient_has_names_shapes_and_dtype_of_the_parameters(name: str) -> None:
    cost = CATALOGUE[name].make()
    at = CATALOGUE[name].at(cost)
    gradient = cost.value_and_gradient(at)[1]
    assert tuple(gradient) == cost.names == tuple(cost.zeros())
    assert [(g.shape, g.dtype) for g in gradient.values()] == [(p.shape, p.dtype) for p in at.values()]
    assert not any(g.requires_grad for g in gradient.values())


@known
def test_product_is_the_hessian_times_the_vector(name: str) -> None:
    cost = CATALOGUE[name].make()
    at = CATALOGUE[name].at(cost)
    generator = torch.Generator().manual_seed(5)
    vector = {n: torch.randn(p.shape, generator=generator, dtype=p.dtype) for n, p in at.items()}
    product = vectors.flat(cost.product(at, vector))
    if name.startswith(("network", "convolutional")):  # value walks batches outside the graph: tap the gradient
        step = 1e-5
        up, down = (vectors.flat(cost.value_and_gradient(vectors.moved(at, vector, by=s * step))[1]) for s in (1, -1))
        assert_close(product, (up - down) / (2 * step), TAPPED, "product against tapped gradients")
    else:
        assert_close(product, dense_hessian(cost, at) @ vectors.flat(vector), CLOSED_FORM, "product")


@known
def test_a_shortcut_gives_the_same_values(name: str) -> None:
    cost = CATALOGUE[name].make()
    at = CATALOGUE[name].at(cost)
    slope = cost.value_and_gradient(at)[1]
    shortcut = cost.restricted(at, [slope])
    assert (shortcut is not None) == isinstance(cost, LeastSquares | ModuleCost), "where more than values is known"
    if shortcut is not None:
        places = torch.linspace(-1, 1, 5, dtype=torch.float64)
        right = torch.stack([cost.value(vectors.moved(at, slope, by=place)) for place in places.tolist()])
        assert_close(shortcut.costs(places[:, None]), right, CLOSED_FORM, "costs on a line")


@known
def test_parameters_are_not_changed(name: str) -> None:
    cost = CATALOGUE[name].make()
    at = CATALOGUE[name].at(cost)
    before = vectors.own(at)
    for ability in (cost.value, cost.value_and_gradient, lambda at: cost.product(at, at)):
        ability(at)
    assert all(at[n].equal(before[n]) and not at[n].requires_grad for n in at)


@known
def test_parameters_named_in_another_order_mean_the_same(name: str) -> None:
    cost = CATALOGUE[name].make()
    at = CATALOGUE[name].at(cost)
    turned = dict(reversed(at.items()))
    assert_close(cost.value(turned).detach(), cost.value(at).detach(), 0, "cost")


@pytest.mark.parametrize("size", [1, 7, 20, 60])
def test_batches_of_any_size_agree(size: int) -> None:
    inputs, targets = columns()
    whole = Cost.from_module(network(), nn.functional.mse_loss, batched(inputs, targets, 60))
    parts = Cost.from_module(network(), nn.functional.mse_loss, batched(inputs, targets, size))
    at = CATALOGUE["network"].at(whole)
    assert_close(parts.value(at), whole.value(at), CLOSED_FORM, "cost")
    assert_params(parts.value_and_gradient(at)[1], whole.value_and_gradient(at)[1], CLOSED_FORM, "gradient")
    assert_params(parts.product(at, at), whole.product(at, at), CLOSED_FORM, "product")


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_least_squares_takes_parameters_of_any_dtype(dtype: torch.dtype) -> None:
    cost = Cost.least_squares(*columns())
    at = {name: zero.to(dtype) for name, zero in cost.zeros().items()}
    value, gradient = cost.value_and_gradient(at)
    assert value.dtype == dtype and all(g.dtype == dtype for g in gradient.values())
    assert all(p.dtype == dtype for p in cost.product(at, at).values())
    assert_close(value.double(), cost.value(cost.zeros()), 2 * torch.finfo(dtype).eps, "cost")


def test_a_cost_linear_in_its_parameters_has_no_curvature() -> None:
    cost = Cost.from_function(lambda m, b: 3 * m - b, dtype=torch.float64)
    at = cost.params({"m": 1.0, "b": 2.0})
    assert [float(v) for v in cost.product(at, at).values()] == [0, 0]
    assert tap(
        cost, at, {"m": torch.ones((), dtype=torch.float64), "b": torch.zeros((), dtype=torch.float64)}
    ).slope == pytest.approx(3, abs=1e-9)
