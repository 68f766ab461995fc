"""Both ends of a spectrum known only by its products: planted spectra, dense Hessians, taps, densities, traces."""

import dataclasses
import itertools
import math
import os
import re
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import pytest
import torch
from costs import CATALOGUE, START, batched, columns, convolutional, network, trial
from tolerances import CLOSED_FORM, SINGLE, TAPPED, assert_close, assert_params
from torch import Tensor, nn

from steepest import vectors
from steepest.cost import Cost
from steepest.curvature import (
    Curvature,
    agreement,
    cost_by_mode,
    curvature_at,
    spectral_density,
    trace,
)
from steepest.curvature.lanczos import Ritz, lanczos
from steepest.curvature.products import inner
from steepest.descent import descend, steps
from steepest.diagnosis import diagnose
from steepest.errors import SteepestError
from steepest.vectors import Params


def planted(eigenvalues: Sequence[float] | Tensor, dtype: torch.dtype = torch.float64) -> Cost:
    """A bowl whose Hessian is diagonal: a random start has no preferred axes, so nothing is lost by it."""
    scales = torch.as_tensor(eigenvalues, dtype=torch.float64).to(dtype)
    return Cost.from_function(lambda w: (scales * w * w).sum() / 2, like={"w": torch.zeros_like(scales)})


def measured(eigenvalues: Sequence[float] | Tensor, dtype: torch.dtype = torch.float64, **asked: Any) -> Curvature:
    cost = planted(eigenvalues, dtype)
    given: dict[str, Any] = {"method": "lanczos"}
    return curvature_at(cost, cost.zeros(), **(given | asked))


def perceptron() -> tuple[nn.Module, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(6)
    net = nn.Sequential(nn.Linear(5, 16), nn.Tanh(), nn.Linear(16, 12), nn.Tanh(), nn.Linear(12, 1)).double()
    for value in net.parameters():
        value.data = torch.randn(value.shape, generator=generator, dtype=torch.float64) / value.shape[-1] ** 0.5
    return net, *columns(60, 5)


def dense(net: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """The Hessian by torch.func, a road that shares nothing with `product` but the module."""
    like = {name: value.detach() for name, value in net.named_parameters()}

    def value(flat: Tensor) -> Tensor:
        estimates = torch.func.functional_call(net, vectors.shaped(flat, like=like), (inputs,))
        return ((estimates - targets[:, None]) ** 2).mean()

    hessian = torch.func.jacrev(torch.func.grad(value))(vectors.flat(like))
    assert isinstance(hessian, Tensor)
    return hessian


def module_cost(net: nn.Module, inputs: Tensor, targets: Tensor) -> Any:
    return Cost.from_module(net, nn.functional.mse_loss, batched(inputs, targets, 25))


# Planted spectra


def test_beyond_two_thousand_parameters_the_ends_are_measured() -> None:
    found = measured(torch.linspace(-3, 7, 2001), method=None)
    assert found.partial and "Lanczos" in found.method and found.eigenvalues.shape == (2,)
    assert found.sharpness == pytest.approx(7, rel=0.01) and found.smallest == pytest.approx(-3, rel=0.01)
    assert found.directions.shape == (2, 2001) and found.products < 60


def test_the_largest_in_size_is_not_called_the_largest() -> None:
    found = measured([-1000.0, *torch.linspace(1, 10, 999).tolist()])
    assert found.sharpness == pytest.approx(10, rel=0.01) and found.smallest == pytest.approx(-1000)
    assert found.learning_rate_limit == pytest.approx(0.2, rel=0.01)
    assert found.condition_number is None and "negative (-1000)" in found.why


def test_repeated_eigenvalues_are_found_once() -> None:
    found = measured([5.0] * 300 + [1.0] * 700)
    assert found.eigenvalues.tolist() == pytest.approx([5, 1]) and found.unseen == 0
    assert found.condition_number == pytest.approx(5), "the start can reach nothing else: the ends are proven"


@pytest.mark.parametrize("by", ["autograd", "taps"])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_no_curvature_at_all(by: Any, dtype: torch.dtype) -> None:
    found = measured([0.0] * 50, dtype, by=by)
    assert found.sharpness == found.smallest == found.residual == found.smallest_residual == 0
    assert found.learning_rate_limit is None and "flat" in found.why


def test_the_same_curvature_everywhere() -> None:
    found = measured([2.0] * 50)
    assert found.sharpness == found.smallest == pytest.approx(2) and found.condition_number == pytest.approx(1)
    assert found.best_learning_rate == pytest.approx(0.5) and found.half_life(0.5) < 0.1


def test_one_steep_direction_among_many_is_not_missed() -> None:
    """The start holds so little of it that after one step the residual looks settled, at 1.00002."""
    assert measured([3.0] + [1.0] * 100_000, ends="largest").sharpness == pytest.approx(3)
    assert measured([1000.0] + [1e-3] * 2 + [0.0] * 500_000, torch.float32, ends="largest").sharpness == 1000


def test_a_cost_that_bends_downwards_only() -> None:
    found = measured([-float(value) for value in range(1, 200)])
    assert found.sharpness == pytest.approx(-1, rel=0.01) and found.smallest == pytest.approx(-199, rel=0.01)
    assert found.learning_rate_limit is None


def test_several_at_each_end() -> None:
    chosen = [100.0, 80.0, 60.0, *torch.linspace(-1, 1, 300).tolist(), -20.0, -30.0, -40.0]
    found = measured(chosen, each_end=3, tolerance=1e-6)
    assert_close(found.eigenvalues, torch.tensor([100.0, 80, 60, -20, -30, -40]), 1e-9, "eigenvalues")
    assert_close(found.directions @ found.directions.T, torch.eye(6), CLOSED_FORM, "orthonormal")


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_few_vectors_are_enough_by_restarting(dtype: torch.dtype) -> None:
    chosen = [5.5, *torch.linspace(-2, 5, 500).tolist(), -2.2]
    found = measured(chosen, dtype, vectors=12, tolerance=1e-3)
    assert found.converged and found.products > 20 and "at most 12 vectors of 502 numbers" in found.method
    assert_close(found.eigenvalues, torch.tensor([5.5, -2.2]), 1e-5, "eigenvalues")
    assert found.unseen > measured(chosen, dtype, tolerance=1e-3).unseen, "a restart proves less"


def test_the_vectors_kept_are_bounded_and_orthonormal() -> None:
    scales = torch.linspace(0, 1, 400).double()
    seen: list[Ritz] = []

    def look(found: Ritz) -> bool:
        seen.append(found)
        return False

    start = torch.randn(400, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    lanczos(lambda vector: scales * vector, start, products=60, vectors=14, enough=look)
    assert max(len(found.basis) for found in seen) == 14
    gram = seen[-1].basis @ seen[-1].basis.T
    assert_close(gram, torch.eye(len(gram)), CLOSED_FORM, "orthonormal after restarts")


def test_when_the_products_are_used_up_it_says_so() -> None:
    found = measured(torch.linspace(0, 1, 1000), products=9, tolerance=1e-4)
    assert not found.converged and "stopped before the residuals were below 0.0001" in found.method
    assert found.products == 9 + 2 and found.residual > 1e-4


def test_a_product_that_is_not_symmetric_shows_in_the_residual() -> None:
    cost = planted([1.0] * 40)
    wrong = torch.triu(torch.ones(40, 40, dtype=torch.float64))
    cost.product = lambda params, vector: {"w": wrong @ vector["w"]}
    found = curvature_at(cost, cost.zeros(), method="lanczos")
    assert found.residual > 0.1 and not found.converged


# What is said is true


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("by", ["autograd", "taps"])
def test_residuals_are_those_of_the_dense_hessian(by: Any, dtype: torch.dtype) -> None:
    net, inputs, targets = perceptron()
    hessian = dense(net, inputs, targets)
    cost = module_cost(net.to(dtype), inputs.to(dtype), targets.to(dtype))
    found = curvature_at(cost, cost.at_module, method="lanczos", each_end=2, by=by)
    right = torch.linalg.eigvalsh(hessian)
    missed = found.directions @ hessian - found.eigenvalues[:, None] * found.directions
    slack = (1e-7 if dtype is torch.float64 else 1e-4) * float(right[-1])
    assert (
        (missed.norm(dim=1) - found.residuals).abs() <= (0 if by == "autograd" else 1) * found.residuals + slack
    ).all()
    assert found.converged
    for value, residual in zip(found.eigenvalues, found.residuals, strict=True):
        assert float((right - value).abs().min()) <= float(residual) + slack
    assert 0 <= float(right[-1]) - found.sharpness + slack <= found.unseen + 2 * slack
    assert 0 <= found.smallest - float(right[0]) + slack <= found.unseen + 2 * slack


def test_the_ends_lie_within_what_is_unseen() -> None:
    """The bound allows one miss in a hundred; spectra and numbers of steps are varied, none is tuned."""
    missed = 0
    for seed, used in itertools.product(range(60), (10, 15, 25)):
        generator = torch.Generator().manual_seed(seed)
        chosen = torch.randn(400, generator=generator, dtype=torch.float64) ** (1 + 2 * (seed % 2))
        found = measured(chosen, products=used, tolerance=1e-9, seed=seed)
        above, below = float(chosen.max()) - found.sharpness, found.smallest - float(chosen.min())
        assert above > -1e-12 and below > -1e-12, "a value that the Hessian takes is never beyond its ends"
        missed += max(above, below) > found.unseen
    assert missed <= 2


def test_a_condition_number_is_given_only_where_it_is_proven() -> None:
    proven = measured(torch.linspace(1, 10, 3000))
    assert proven.condition_number == pytest.approx(10, rel=0.01) and proven.smallest > proven.unseen
    assert proven.half_life(0.1) == pytest.approx(math.log(0.5) / math.log(0.9), rel=0.02)
    doubtful = measured([10 * 0.9**place for place in range(3000)])
    assert doubtful.condition_number is None and "whether all are positive is not known" in doubtful.why
    assert doubtful.best_learning_rate is None and math.isnan(doubtful.half_life(0.1))
    assert doubtful.half_life(0.21) == math.inf, "above the limit it diverges whatever the smallest is"
    assert measured([-1.0, *torch.linspace(1, 10, 3000).tolist()]).half_life(0.1) == math.inf


def test_part_of_a_spectrum_predicts_no_epochs() -> None:
    cost = planted(torch.linspace(1, 10, 3000))
    found = curvature_at(cost, cost.zeros())
    with pytest.raises(SteepestError, match=r'only 2 of 3,000 eigenvalues are known.*method="exact"'):
        cost_by_mode(found, cost.zeros())


def test_a_saddle_is_diagnosed_from_both_ends() -> None:
    cost = planted([2.0] * 30 + [1.0] * 30 + [-0.5])
    run = descend(cost, cost.zeros(), learning_rate=0.1, epochs=3)
    found = curvature_at(cost, run.end, method="lanczos")
    finding = diagnose(run, curvature=found)[0]
    assert finding.rule == "saddle"


# Against dense Hessians, the catalogue and a peer


@pytest.mark.parametrize("name", CATALOGUE)
def test_the_ends_of_the_catalogues_spectra(name: str) -> None:
    cost = CATALOGUE[name].make()
    at = CATALOGUE[name].at(cost)
    right = curvature_at(cost, at, method="exact")
    found = curvature_at(cost, at, method="lanczos", tolerance=1e-10)
    scale = float(right.eigenvalues.abs().max())
    assert abs(found.sharpness - right.sharpness) < 1e-10 * scale
    assert abs(found.smallest - right.smallest) < 1e-10 * scale


@pytest.mark.parametrize(
    ("net", "shape"), [(network(), (3,)), (convolutional(), (1, 6))], ids=["perceptron", "convolutional, batch norm"]
)
@pytest.mark.parametrize("method", ["exact", "lanczos"])
def test_networks_against_a_dense_hessian(net: nn.Module, shape: tuple[int, ...], method: Any) -> None:
    inputs, targets = columns(60, shape[-1])
    inputs = inputs.reshape(60, *shape)
    cost = module_cost(net, inputs, targets)
    found = curvature_at(cost, cost.at_module, method=method, tolerance=1e-8)
    right = torch.linalg.eigvalsh(dense(net, inputs, targets))
    assert_close(found.eigenvalues[[0, -1]], right[[-1, 0]], 1e-10, "ends")


@pytest.mark.parametrize("name", CATALOGUE)
def test_products_asked_for_again_and_again_are_the_product(name: str) -> None:
    cost = CATALOGUE[name].make()
    at = CATALOGUE[name].at(cost)
    ask = cost.products(at)
    generator = torch.Generator().manual_seed(7)
    for _ in range(2):
        vector = {n: torch.randn(p.shape, generator=generator, dtype=p.dtype) for n, p in at.items()}
        assert_params(ask(vector), cost.product(at, vector), CLOSED_FORM, "product")


def test_products_of_a_network_linear_in_its_parameters_are_zero() -> None:
    net, x = nn.Linear(2, 1, bias=False).double(), torch.ones(4, 2, dtype=torch.float64)
    cost = Cost.from_module(net, lambda estimates, targets: (estimates - targets).mean(), [(x, x[:, :1])])
    found = curvature_at(cost, cost.zeros(), method="lanczos")
    assert found.sharpness == 0 and "double backward" in found.method


def test_a_block_of_a_dense_hessian() -> None:
    net, inputs, targets = perceptron()
    hessian, cost = dense(net, inputs, targets), module_cost(net, inputs, targets)
    for method in ("exact", "lanczos"):
        found = curvature_at(cost, cost.at_module, only=["2.weight"], method=method, tolerance=1e-9)
        right = torch.linalg.eigvalsh(hessian[96:288, 96:288])
        assert_close(found.eigenvalues[[0, -1]], right[[-1, 0]], 1e-9, f"block by {method}")
    assert "of the block of 2.weight" in found.method and found.names == ("2.weight",)


def test_a_block_of_least_squares() -> None:
    cost = Cost.least_squares({"a": columns()[0][:, 0], "b": columns()[0][:, 1]}, columns()[1])
    whole = torch.stack([vectors.flat(cost.product(cost.zeros(), unit)) for unit in _units(cost)])
    found = curvature_at(cost, cost.zeros(), only=["b", "intercept"])
    assert_close(found.eigenvalues.flip(0), torch.linalg.eigvalsh(whole[1:, 1:]), CLOSED_FORM, "block")


def test_a_cost_with_a_factor_is_not_said_to_be_differentiated() -> None:
    cost = Cost.least_squares(*columns())
    found, right = (curvature_at(cost, cost.zeros(), method=method) for method in ("lanczos", "exact"))
    assert_close(found.eigenvalues[[0, -1]], right.eigenvalues[[0, -1]], 1e-10, "ends")
    assert "by the Hessian's factor" in found.method and "double backward" not in found.method


def _units(cost: Cost) -> list[Params]:
    names = cost.names
    return [{name: torch.tensor(float(name == unit), dtype=torch.float64) for name in names} for unit in names]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of its own use of torch.jit
def test_against_curvlinops() -> None:
    if find_spec("curvlinops") is None and not os.environ.get("CI"):
        pytest.skip("no curvlinops: make test installs it")
    from curvlinops import HessianLinearOperator  # pyright: ignore[reportMissingImports]
    from scipy.sparse.linalg import eigsh

    net, inputs, targets = perceptron()
    cost = module_cost(net, inputs, targets)
    found = curvature_at(cost, cost.at_module, method="lanczos", tolerance=1e-8)
    operator = HessianLinearOperator(net, nn.MSELoss(), list(net.parameters()), batched(inputs, targets, 25)).to_scipy()
    for which, value in (("LA", found.sharpness), ("SA", found.smallest)):
        right = eigsh(operator, k=1, which=which, tol=1e-10, return_eigenvectors=False)[0]  # pyright: ignore[reportArgumentType]
        assert_close(value, float(right), 1e-7, which)


# Finite differences where double backward breaks


class Once(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, value: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        ctx.save_for_backward(value)
        return value**4

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, slope: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        return slope * 4 * ctx.saved_tensors[0] ** 3


class Loud(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, value: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        ctx.save_for_backward(value)
        return value**4

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        if torch.is_grad_enabled():
            raise RuntimeError("derivative for quartic is not implemented")
        return slope * 4 * ctx.saved_tensors[0] ** 3


@pytest.mark.parametrize("function", [Once, Loud], ids=["silently", "loudly"])
@pytest.mark.parametrize("method", ["exact", "lanczos"])
def test_where_double_backward_breaks_gradients_are_tapped(function: Any, method: Any) -> None:
    at = torch.linspace(0.5, 2, 20, dtype=torch.float64)
    cost = Cost.from_function(lambda w: function.apply(w).sum(), like={"w": at})
    found = curvature_at(cost, {"w": at}, method=method, tolerance=1e-6)
    assert_close(found.eigenvalues[[0, -1]], 12 * at[[-1, 0]] ** 2, TAPPED, "ends")
    assert "finite differences of gradients" in found.method and "double backward breaks here" in found.method


def test_products_by_autograd_alone_are_refused_where_they_break() -> None:
    cost = Cost.from_function(lambda w: Loud.apply(w) + 0, like={"w": torch.ones((), dtype=torch.float64)})  # pyright: ignore
    with pytest.raises(SteepestError, match=r'curvature_at: .*cannot be differentiated.*quartic.*by="taps"'):
        curvature_at(cost, {"w": 1.0}, by="autograd")


@pytest.mark.parametrize("method", ["exact", "lanczos"])
def test_a_product_that_autograd_half_loses_is_told(method: Any) -> None:
    at = torch.ones(20, dtype=torch.float64)
    cost = Cost.from_function(lambda w: (w[:10] ** 2).sum() + Once.apply(w).sum(), like={"w": at})  # pyright: ignore[reportOptionalMemberAccess]
    told = curvature_at(cost, {"w": at}, method=method).method
    assert "along the sharpest direction finite differences of gradients differ by 86%" in told
    assert "differ" not in curvature_at(planted(at), {"w": at}, method=method).method


def test_no_curvature_between_kinks_is_not_mended() -> None:
    """An absolute value bends nowhere but at its kink, where two steps disagree about it."""
    cost = Cost.from_function(lambda w: (w - 1e-7).abs().sum(), like={"w": torch.zeros(1, dtype=torch.float64)})
    found = curvature_at(cost, cost.zeros())
    assert found.sharpness == 0 and "double backward)" in found.method and "differ by 100%: kinks" in found.method


def test_fused_attention() -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2, 1, 5, 8, generator=generator, dtype=torch.float64)

    def attended(w: Tensor) -> Tensor:
        mapped = x @ w
        return (nn.functional.scaled_dot_product_attention(mapped, x, x, is_causal=True) ** 2).mean()

    def spelt_out(w: Tensor) -> Tensor:
        weights = (x @ w) @ x.transpose(-1, -2) / 8**0.5
        mask = torch.ones(5, 5, dtype=torch.bool).triu(1)
        return ((weights.masked_fill(mask, -math.inf).softmax(-1) @ x) ** 2).mean()

    at = {"w": torch.randn(8, 8, generator=generator, dtype=torch.float64)}
    found, right = (curvature_at(Cost.from_function(each, like=at), at) for each in (attended, spelt_out))
    assert_close(found.sharpness, right.sharpness, TAPPED, "sharpness")
    assert_close(found.smallest, right.smallest, TAPPED, "smallest")
    assert "finite differences" in found.method and "double backward)" in right.method


def test_a_compiled_module() -> None:
    net, inputs, targets = perceptron()
    right = torch.linalg.eigvalsh(dense(net, inputs, targets))
    compiled = torch.compile(net, backend="aot_eager")
    cost = Cost.from_module(compiled, nn.functional.mse_loss, [(inputs, targets[:, None])])  # pyright: ignore[reportArgumentType]
    found = curvature_at(cost, cost.at_module, method="lanczos", tolerance=1e-6)  # pyright: ignore[reportAttributeAccessIssue]
    assert_close(found.eigenvalues[[0, -1]], right[[-1, 0]], TAPPED, "ends")
    assert "double backward" in found.method


def test_the_error_of_taps_is_part_of_the_residual() -> None:
    """A bend that sets in within a step: the two step sizes see different slopes, and the residual must not hide it."""
    like = {"w": torch.zeros(1, dtype=torch.float64)}
    kinked = Cost.from_function(lambda w: (w**2).sum() / 2 + torch.relu(w - 1e-6).square().sum(), like=like)
    found, calm = (curvature_at(each, each.zeros(), method="lanczos", by="taps") for each in (kinked, planted([1.0])))
    assert calm.residual < 1e-8 and found.residual > 0.05 and not found.converged
    assert curvature_at(kinked, kinked.zeros(), by="autograd").sharpness == 1


def test_another_error_is_not_swallowed() -> None:
    def broken(params: Params, vector: Params) -> Params:
        raise RuntimeError("out of memory")

    cost = planted([1.0, 2.0])
    cost.product = broken
    with pytest.raises(RuntimeError, match="out of memory"):
        curvature_at(cost, cost.zeros())


# Manners


def test_the_global_generator_is_not_touched_and_a_seed_repeats() -> None:
    before = torch.get_rng_state()
    first, again = (measured(torch.linspace(-1, 5, 300)) for _ in range(2))
    other = measured(torch.linspace(-1, 5, 300), seed=1)
    cost = planted([1.0, 2.0])
    spectral_density(cost, cost.zeros())
    trace(cost, cost.zeros())
    assert torch.get_rng_state().equal(before)
    assert first.eigenvalues.equal(again.eigenvalues) and first.directions.equal(again.directions)
    assert other.sharpness != first.sharpness and other.sharpness == pytest.approx(first.sharpness, rel=0.01)


def test_single_precision_is_summed_in_double() -> None:
    long = torch.full((2, 3_000_000), 0.1, dtype=torch.float32)
    assert_close(
        inner(long, long[0]), 3_000_000 * float(long[0, 0]) ** 2 * torch.ones(2).double(), CLOSED_FORM, "inner product"
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_parameters_of_any_dtype(dtype: torch.dtype) -> None:
    found = measured([4.0, 2.0, 1.0, 0.5, -1.0] * 10, dtype)
    assert_close(found.eigenvalues, torch.tensor([4.0, -1.0]), 4 * torch.finfo(dtype).eps, "ends")
    assert found.directions.dtype == torch.float64


def test_parameters_of_mixed_dtypes_keep_their_own() -> None:
    cost = trial(torch.float64)
    at = {"m": torch.tensor(0.9, dtype=torch.float32), "b": torch.tensor(0.1, dtype=torch.float64)}
    found, right = curvature_at(cost, at, method="lanczos"), curvature_at(cost, START)
    assert_close(found.sharpness, right.sharpness, SINGLE, "sharpness")


def test_the_number_of_examples_is_named() -> None:
    net, inputs, targets = perceptron()
    cost = module_cost(net, inputs, targets)
    found = curvature_at(cost, cost.at_module, method="lanczos")
    assert (
        found.examples == 60
        and f"{found.products} Hessian products (by double backward), over 60 examples" in found.method
    )


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"method": "lanzos"}, r"there is no method 'lanzos'\. Did you mean 'lanczos'\?"),
        ({"ends": "all"}, "there are no ends 'all'"),
        ({"by": "tap"}, r"no products by 'tap'\. Did you mean 'taps'\?"),
        ({"products": 0}, "products is 0"),
        ({"tolerance": math.nan}, "tolerance is nan"),
        ({"vectors": -1}, "vectors is -1"),
        ({"each_end": 0}, "each_end is 0"),
        ({"only": ["x"]}, r"there is no parameter 'x'\. There are: 'w'"),
        ({"only": []}, "names no parameter"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_requests_that_make_no_sense(asked: Any, said: str) -> None:
    with pytest.raises(SteepestError, match=f"curvature_at: .*{said}"):
        measured([1.0, 2.0], **asked)


def test_a_product_that_overflows_is_refused() -> None:
    cost = Cost.from_function(lambda w: (w**2).exp().sum(), like={"w": torch.zeros(5, dtype=torch.float64)})
    with pytest.raises(SteepestError, match="curvature_at: the curvature is not finite"):
        curvature_at(cost, {"w": torch.full((5,), 100.0, dtype=torch.float64)}, method="lanczos")


# Density, trace, agreement


def test_the_density_is_that_of_the_dense_hessian() -> None:
    net, inputs, targets = perceptron()
    cost = module_cost(net, inputs, targets)
    values = torch.linalg.eigvalsh(dense(net, inputs, targets))
    found = spectral_density(cost, cost.at_module, probes=8, steps=40, width=1.0)
    right = torch.exp(-(((found.grid[:, None] - values) / 1.0) ** 2) / 2).mean(1) / (1.0 * math.sqrt(2 * math.pi))
    width = float(found.grid[1] - found.grid[0])
    assert float(found.density.sum()) * width == pytest.approx(1, abs=1e-3)
    assert float((found.density - right).abs().sum()) * width < 0.1, "shares misplaced"
    within = ((found.density - right).abs() <= 4 * found.spread + 0.01 * right.max()).double().mean()
    assert within > 0.97, "the spread over the probes is the error"
    share, error = found.share_below(-0.05)
    assert share == pytest.approx(float((values < -0.05).double().mean()), abs=4 * error + 0.02)
    assert found.products == 320 and "8 random starts of 40 steps" in found.method
    assert found.per_probe.shape == (8, 513) and found.weights.sum(1).tolist() == pytest.approx([1] * 8)


def test_a_density_of_equal_eigenvalues() -> None:
    cost = planted([3.0] * 10)
    found = spectral_density(cost, cost.zeros())
    assert found.nodes.unique().tolist() == pytest.approx([3.0] * len(found.nodes.unique()))
    assert found.share_below(2.9) == (0, 0) and found.share_below(3.1)[0] == pytest.approx(1)


def test_the_trace_is_within_its_error_of_the_dense_one() -> None:
    net, inputs, targets = perceptron()
    hessian, cost = dense(net, inputs, targets), module_cost(net, inputs, targets)
    found = trace(cost, cost.at_module, probes=100)
    assert abs(found.value - float(hessian.trace())) < 4 * found.standard_error
    diagonal = vectors.shaped(hessian.diagonal(), like=cost.at_module)
    for name, (value, error) in found.by_parameter.items():
        assert abs(value - float(diagonal[name].sum())) < 4 * error, name
    assert sum(value for value, _ in found.by_parameter.values()) == pytest.approx(found.value)
    alone = trace(cost, cost.at_module, probes=100, only=["2.weight"])
    assert abs(alone.value - float(diagonal["2.weight"].sum())) < 4 * alone.standard_error
    assert alone.standard_error < found.by_parameter["2.weight"][1], "the noise of the other blocks is left out"
    assert "100 Hessian products" in found.method and "over 60 examples" in found.method


def test_trace_and_density_by_taps_agree_and_say_how_well() -> None:
    net, inputs, targets = perceptron()
    cost = module_cost(net, inputs, targets)
    tapped, right = (trace(cost, cost.at_module, probes=5, by=by) for by in ("taps", "autograd"))
    assert_close(tapped.value, right.value, TAPPED, "trace")
    curves = [spectral_density(cost, cost.at_module, probes=2, steps=8, by=by) for by in ("taps", "autograd")]
    assert_close(curves[0].nodes, curves[1].nodes, TAPPED, "nodes")
    for method in (tapped.method, curves[0].method):
        (agreed,) = re.findall(r"two a product, to (\S+) those at half the step", method)
        assert 0 < float(agreed) < 1e-5


def test_a_single_probe_has_no_error_and_is_refused() -> None:
    cost = planted([1.0, 2.0])
    for ask in (trace, spectral_density):
        with pytest.raises(SteepestError, match="at least 2"):
            ask(cost, cost.zeros(), probes=1)


def test_two_halves_of_the_data_agree_or_do_not() -> None:
    net, inputs, targets = perceptron()
    whole = module_cost(net, inputs, targets)
    halves = [module_cost(net, inputs[part::2], targets[part::2]) for part in (0, 1)]
    alike = agreement(*(curvature_at(half, whole.at_module, method="lanczos", tolerance=1e-9) for half in halves))
    assert 0.5 < alike.cosine < 1 and alike.examples == (30, 30)
    assert alike.doubt < 0.1 < alike.difference, "what the halves say differs by more than what was not seen"
    assert alike.difference == pytest.approx(
        abs(alike.sharpnesses[0] - alike.sharpnesses[1]) / (sum(alike.sharpnesses) / 2)
    )
    generator = torch.Generator().manual_seed(1)
    strange = module_cost(net, torch.randn(30, 5, generator=generator, dtype=torch.float64) * 0.01, targets[:30])
    assert (
        agreement(*(curvature_at(each, whole.at_module, method="lanczos") for each in (halves[0], strange))).difference
        > 0.5
    )
    same = curvature_at(whole, whole.at_module, method="lanczos")
    turned = dataclasses.replace(same, directions=-same.directions)
    assert agreement(same, turned).to_dict()["cosine"] == pytest.approx(1), "a direction has no sign"


def test_curvatures_of_different_parameters_have_no_agreement() -> None:
    first, second = (curvature_at(trial(), START, only=[name]) for name in ("m", "b"))
    with pytest.raises(SteepestError, match="agreement: the first curvature is of m, the second of b"):
        agreement(first, second)


# A reproduction


def chebyshev(width: int = 20) -> Any:
    """A tanh network on 20 points of the Chebyshev polynomial of degree 3 (Cohen et al., 2021, appendix)."""
    x = torch.linspace(-1, 1, 20, dtype=torch.float64)[:, None]
    net = nn.Sequential(nn.Linear(1, width), nn.Tanh(), nn.Linear(width, 1)).double()
    generator = torch.Generator().manual_seed(2)
    for scale, value in zip((1.0, 1.0, 0.2, 0.0), net.parameters(), strict=True):
        value.data = scale * torch.empty_like(value).uniform_(-1, 1, generator=generator)
    return Cost.from_module(net, lambda e, t: nn.functional.mse_loss(e, t) / 2, [(x, 4 * x**3 - 3 * x)])


@pytest.mark.parametrize("rate", [0.2, 0.4])
def test_sharpness_rises_to_two_over_the_rate_and_stays(rate: float) -> None:
    """The edge of stability: 10 at rate 0.2, 5 at 0.4, though nothing in the method knows of 2 / rate."""
    cost = chebyshev()
    walk = itertools.islice(steps(cost, cost.at_module, learning_rate=rate), 3001)
    seen = [
        curvature_at(cost, step.params, method="lanczos", ends="largest", tolerance=1e-3).sharpness
        for step in walk
        if step.epoch in (0, 2000, 2250, 2500, 2750, 3000)
    ]
    assert seen[0] < 5.1, "it begins well below the edge of the smaller rate, and about at that of the larger"
    assert [value * rate / 2 for value in seen[1:]] == pytest.approx([1] * 5, abs=0.15)
    assert sum(seen[1:]) / 5 * rate / 2 == pytest.approx(1, abs=0.05)


def test_sharpness_stays_below_an_edge_that_is_far() -> None:
    cost = chebyshev()
    (*_, last) = itertools.islice(steps(cost, cost.at_module, learning_rate=0.02), 1001)
    assert curvature_at(cost, last.params, ends="largest").sharpness * 0.02 / 2 < 0.2


def test_whoever_waits_hears_how_many_products_are_done() -> None:
    cost = module_cost(*perceptron())
    for method in ("exact", "lanczos"):
        heard: list[int] = []
        found = curvature_at(cost, cost.at_module, method=method, tell=heard.append)
        assert heard == list(range(found.products)), method
