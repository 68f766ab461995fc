"""A cost over a sample of the data: the rows that were said, the same at every point, and an interval that holds."""

import math
from typing import Any

import pytest
import torch
from costs import batched, columns, convolutional, network, trial
from scipy import stats
from tolerances import CLOSED_FORM, assert_close, assert_params
from torch import Tensor, nn

from steepest.cost import Cost
from steepest.cost.sample import SampledCost, sample, student
from steepest.errors import SteepestError
from steepest.vectors import Params

MSE = nn.functional.mse_loss
ROWS = 600
INPUTS, TARGETS = columns(ROWS)


def whole(size: int = 64) -> Cost:
    return Cost.from_module(network(), MSE, batched(INPUTS, TARGETS, size))


def drawn(cost: Cost, seed: int = 4) -> Params:
    generator = torch.Generator().manual_seed(seed)
    return {n: torch.randn(z.shape, generator=generator, dtype=z.dtype) for n, z in cost.zeros().items()}


def numbered(*, shuffled: bool = False) -> Cost:
    """A cost whose inputs say which row they are."""
    order = torch.randperm(ROWS, generator=torch.Generator().manual_seed(7)) if shuffled else torch.arange(ROWS)
    inputs = order.double()[:, None]
    return Cost.from_module(nn.Linear(1, 1).double(), MSE, batched(inputs, inputs[:, 0] * 2, 70))


def rows_of(cost: SampledCost) -> Tensor:
    batches: Any = cost.batches
    assert all(inputs.mul(2).equal(targets) for inputs, targets in batches), "rows keep their targets"
    return torch.cat([inputs for inputs, _ in batches])[:, 0].long()


def test_the_rows_are_those_of_the_seed_each_once() -> None:
    found = sample(numbered(), 100, seed=5)
    expected = torch.randperm(ROWS, generator=torch.Generator().manual_seed(5))[:100]
    assert rows_of(found).equal(expected), "in the order drawn, so that batches are random parts"
    assert len(rows_of(found).unique()) == 100
    assert found.sampled.size == found.examples == 100 and found.sampled.of == ROWS and found.sampled.seed == 5
    again, other = sample(numbered(), 100, seed=5), sample(numbered(), 100, seed=6)
    assert again.sampled == found.sampled and other.sampled.hash != found.sampled.hash
    assert sample(numbered(shuffled=True), 100, seed=5).sampled.hash != found.sampled.hash


def test_batches_are_equal_and_no_larger_than_those_given() -> None:
    for asked, size, kept, count in [(117, 64, 100, 20), (600, 64, 600, 20), (599, 64, 580, 20), (600, 8, 600, 75)]:
        cost = sample(whole(size), asked)
        batches: Any = cost.batches
        assert len(batches) == count and cost.sampled.size == kept
        assert {len(inputs) for inputs, _ in batches} == {kept // count}


def test_its_cost_is_the_mean_over_its_rows() -> None:
    cost = sample(numbered(), 100, seed=5)
    x = rows_of(cost).double()
    at = cost.params({"weight": torch.tensor([[0.5]]).double(), "bias": torch.tensor([3.0]).double()})
    losses = (0.5 * x + 3 - 2 * x).square()
    value, half = cost.value_and_interval(at)
    assert_close(value, losses.mean(), CLOSED_FORM, "cost")
    assert value.equal(cost.value(at)), "the same to the last bit by both roads"
    means = losses.reshape(20, 5).mean(1)
    right = stats.t.ppf(0.975, 19) * means.std() / math.sqrt(20) * math.sqrt(1 - 100 / 600)
    assert_close(half, float(right), 1e-6, "half-width")
    assert_params(cost.value_and_gradient(at)[1], _slopes(x), CLOSED_FORM, "gradient of the sample's cost")


def _slopes(x: Tensor) -> Params:
    left = 2 * (0.5 * x + 3 - 2 * x)
    return {"weight": (left * x).mean().reshape(1, 1), "bias": left.mean().reshape(1)}


def test_a_sample_of_all_rows_is_the_cost_itself() -> None:
    cost, full = sample(whole(), ROWS), whole()
    at = drawn(full)
    value, half = cost.value_and_interval(at)
    assert_close(value, full.value(at), CLOSED_FORM, "cost")
    assert float(half) == 0


@pytest.mark.parametrize("loss", ["mse", "skewed", "counted"])
def test_the_interval_covers_the_cost_of_all_rows_as_often_as_it_says(loss: str) -> None:
    """Of 300 samples, 285 are expected, with a standard deviation of 3.8."""
    weights = 0.5 + torch.rand(ROWS, generator=torch.Generator().manual_seed(3), dtype=torch.float64)

    def skewed(outputs: Tensor, targets: Tensor) -> Tensor:
        return (outputs - targets).abs().pow(1.5).mean()

    def counted(module: nn.Module, batch: tuple[Tensor, Tensor, Tensor]) -> tuple[Tensor, int]:
        inputs, targets, words = batch
        count = int(words.sum())
        return ((module(inputs) - targets).square()[:, 0] * words).sum() / count, count

    if loss == "counted":
        words = (weights * 10).round()
        batches = list(zip(INPUTS.split(60), TARGETS[:, None].split(60), words.split(60), strict=True))
        full = Cost.from_module(network(), counted, batches)
    else:
        full = Cost.from_module(network(), MSE if loss == "mse" else skewed, batched(INPUTS, TARGETS, 60))
    at = drawn(full)
    right, covered, widths = float(full.value(at)), 0, []
    for seed in range(300):
        value, half = sample(full, 200, seed=seed).value_and_interval(at)
        covered += abs(float(value) - right) <= float(half)
        widths.append(float(half))
    assert 270 <= covered <= 296, f"{covered} of 300 intervals hold the cost"
    assert max(widths) < right, "and they say something"


def test_rows_in_the_order_of_the_data_would_give_another_interval() -> None:
    """Why rows stay in the order drawn: batches of neighbours differ because the data drift."""
    full = numbered()
    at = full.params({"weight": torch.tensor([[0.5]]).double(), "bias": torch.tensor([3.0]).double()})
    cost = sample(full, 200, seed=0)
    ordered = rows_of(cost).sort().values.double()[:, None]
    cost.batches = batched(ordered, ordered[:, 0] * 2, 10)
    assert float(cost.value_and_interval(at)[1]) > 2 * float(sample(full, 200, seed=0).value_and_interval(at)[1])


@pytest.mark.parametrize("freedom", [19, 20, 30, 63, 1000])
def test_students_quantile(freedom: int) -> None:
    assert_close(student(freedom), float(stats.t.ppf(0.975, freedom)), 1e-6, f"{freedom} degrees of freedom")


def test_batches_of_any_kind_are_drawn_from() -> None:
    x = torch.arange(80.0).double()[:, None]

    def loss(module: nn.Module, batch: dict[str, Any]) -> Tensor:
        a, b = batch["pair"]
        return ((module(a) - b) * batch["scale"] * batch["weight"]).square().mean()

    parts = [
        {"pair": [x[rows], 3 * x[rows]], "scale": torch.tensor(2.0), "weight": x[rows] + 1, "name": "trial"}
        for rows in (slice(0, 33), slice(33, 80))
    ]
    cost = sample(Cost.from_module(nn.Linear(1, 1).double(), loss, parts), 40)
    batches: Any = cost.batches
    for batch in batches:
        assert batch["pair"][1].equal(3 * batch["pair"][0]) and batch["weight"].equal(batch["pair"][0] + 1)
        assert float(batch["scale"]) == 2 and batch["name"] == "trial"


def test_a_loader_is_read_as_it_is_and_left_as_it_was() -> None:
    data = torch.utils.data.TensorDataset(INPUTS, TARGETS[:, None])
    loader = torch.utils.data.DataLoader(data, batch_size=64, generator=torch.Generator().manual_seed(3))
    cost = Cost.from_module(network(), MSE, loader)
    before = torch.get_rng_state()
    found = sample(cost, 100, seed=2)
    assert torch.get_rng_state().equal(before)
    assert found.sampled.hash == sample(whole(), 100, seed=2).sampled.hash


def lengths() -> Cost:
    """Two batches padded to lengths of their own."""
    batches = [(torch.ones(30, size).double(), torch.ones(30, 1).double()) for size in (4, 5)]
    return Cost.from_module(_Summing(), MSE, batches)


class _Summing(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1).double())

    def forward(self, inputs: Tensor) -> Tensor:
        return self.scale * inputs.sum(1, keepdim=True)


def graphs() -> Cost:
    """Batches with two counts of rows: nodes and graphs."""

    def loss(module: nn.Module, batch: dict[str, Tensor]) -> tuple[Tensor, int]:
        return module(batch["nodes"]).square().mean() + 0 * batch["graphs"].sum(), 3

    return Cost.from_module(nn.Linear(2, 1), loss, [{"nodes": torch.ones(30, 2), "graphs": torch.ones(3)}] * 9)


def unlike() -> Cost:
    def loss(module: nn.Module, batch: tuple[Tensor, float]) -> Tensor:
        return module(batch[0]).square().mean() * batch[1]

    return Cost.from_module(nn.Linear(2, 1), loss, [(torch.ones(30, 2), 1.0), (torch.ones(30, 2), 2.0)])


def normed() -> Cost:
    inputs = columns(60, 6)[0][:, None]
    return Cost.from_module(convolutional().train(), MSE, batched(inputs, columns(60, 6)[1], 60), batch_norm="batch")


@pytest.mark.parametrize(
    ("make", "examples", "words"),
    [
        (trial, 40, "sample: a FunctionCost has no rows"),
        (whole, 19, "a sample of 19 rows is asked for"),
        (whole, 0.5, "a sample of 0.5 rows"),
        (whole, 601, "601 examples are asked for, and the batches hold 600"),
        (lambda: sample(whole(), 100), 50, "is a sample of 100 of 600 rows"),
        (lengths, 40, "rows have the shapes (4,) and (5,)"),
        (graphs, 40, "which rows batch 0 has is not known: its tensors have 30 and 3 rows"),
        (unlike, 40, "the batches hold a float that differs from one to another"),
        (normed, 40, 'the batch norms follow the policy "batch"'),
    ],
)
def test_what_cannot_be_sampled_is_refused_in_a_sentence(make: Any, examples: Any, words: str) -> None:
    cost = make()
    with pytest.raises(SteepestError) as told:
        sample(cost, examples)
    assert words in str(told.value)


def test_what_is_not_finite_is_kept() -> None:
    full = Cost.from_module(nn.Linear(1, 1).double(), MSE, batched(INPUTS[:, :1] / 0, TARGETS, 60))
    value, half = sample(full, 100).value_and_interval(drawn(full))
    assert not value.isfinite() and half.isnan()
