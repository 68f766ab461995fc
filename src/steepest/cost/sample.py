"""A cost over a stated sample of the data: the same rows at every point, and how far their mean may be from the whole.

The interval comes from the means of equal batches (Student, 1908; batch means: Conway, 1963), so it holds for any
loss that is a mean over rows, without a loss for each row.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor

from steepest.cost import batches as batch
from steepest.cost import digest
from steepest.cost.base import Cost, Restriction
from steepest.cost.module import ModuleCost
from steepest.cost.probe import as_found
from steepest.errors import SteepestError, door
from steepest.vectors import Params

FEWEST = 20
"""Batches of a sample, at least: the interval then has 19 degrees of freedom."""


@dataclass(frozen=True)
class Sampled:
    """Which rows a sample holds: how many, of how many, the seed they were drawn with, a digest of what is in them."""

    size: int
    of: int
    seed: int
    hash: str

    @property
    def told(self) -> str:
        """The sample in a few words."""
        return f"a sample of {self.size:,} of {self.of:,} rows (seed {self.seed}, digest {self.hash[:8]})"


class SampledCost(ModuleCost):
    """The mean loss over a sample of a module's data, with an interval for that over all rows. Made by `Cost.sample`.

    >>> targets = torch.arange(1000.0)[:, None]  # of estimates that are all 0: the cost over all rows is 499.5
    >>> module = torch.nn.Linear(1, 1)
    >>> mean = lambda estimates, targets: (targets + 0 * estimates).mean()
    >>> whole = Cost.from_module(module, mean, [(targets, targets)])
    >>> value, half = whole.sample(100).value_and_interval(whole.zeros())
    >>> abs(value - 499.5) < half < 70
    tensor(True)
    """

    def __init__(self, cost: ModuleCost, batches: Sequence[Any], sampled: Sampled) -> None:
        super().__init__(cost.module, cost.loss, batches, batch_norm=cost.norms.policy, only=cost.names, sharded=False)
        self.sampled = sampled

    def restricted(self, origin: Params, directions: Sequence[Params]) -> Restriction | None:
        """Offer none: a shortcut gives means without their intervals."""
        del origin, directions
        return None

    def value_and_interval(self, params: Params) -> tuple[Tensor, Tensor]:
        """Compute the cost of the sample, and the half-width of a 95 % interval for the cost over all rows.

        `t(k - 1) sqrt(sum_b (c_b (m_b - C) / c)^2 / (k (k - 1))) sqrt(1 - size / of)` over k batches with means `m_b`
        of `c_b` examples, `c` on average; the last factor is for drawing without replacement (Cochran, 1977). Both are
        numbers in the unit of the loss, as tensors without dimensions.

        Raises SteepestError where the sample's batches are no longer those that were drawn.
        """
        with self.grad_mode():
            terms = [(float(loss.detach()), share) for loss, share in self._losses(params, self._buffers_for(params))]
        count, value = len(terms), sum(mean * share for mean, share in terms)
        spread = sum((count * share * (mean - value)) ** 2 for mean, share in terms)
        half = student(count - 1) * math.sqrt(
            spread / (count * (count - 1)) * (1 - self.sampled.size / self.sampled.of)
        )
        return (
            self._number(torch.tensor(value, dtype=torch.float64), params),
            torch.tensor(half, dtype=torch.float64),
        )


def sample(cost: Cost, examples: int, *, seed: int = 0) -> SampledCost:
    """Make a Cost over `examples` rows of a module's cost, drawn once without replacement, the same at every point.

    The rows lie in at least 20 equal batches where the parameters are, so a few rows may be left out to make them
    equal: `cost.sampled` says how many there are.

    Raises SteepestError for a cost whose rows are not known, for fewer than 20 rows or more than there are, and for
    batch norms that normalise by batches, whose costs depend on which rows stand together.

    >>> inputs = torch.arange(1000.0)[:, None]
    >>> whole = Cost.from_module(torch.nn.Linear(1, 1), torch.nn.functional.mse_loss, [(inputs, 2 * inputs)])
    >>> sample(whole, 105).sampled.told
    'a sample of 100 of 1,000 rows (seed 0, digest 6e490aeb)'
    """
    with door("sample"):
        if not isinstance(cost, ModuleCost):
            raise SteepestError(
                f"a {type(cost).__name__} has no rows that could be drawn",
                remedy="Sample the data before the cost is made of them, or make it with Cost.from_module",
            )
        _refuse_unfit(cost, examples)
        counts = _counts(cost)
        of = sum(counts)
        if examples > of:
            raise SteepestError(
                f"{examples:,} examples are asked for, and the batches hold {of:,}",
                remedy=f"Ask for {of:,} or fewer, or leave the sample out",
            )
        groups = max(FEWEST, math.ceil(examples / max(counts)))
        each = examples // groups
        drawn = torch.randperm(of, generator=torch.Generator().manual_seed(seed))[: each * groups]
        whole = _gathered(cost, counts, drawn)
        parts = [_rows(whole, torch.arange(start, start + each)) for start in range(0, each * groups, each)]
        sampled = Sampled(each * groups, of, seed, str(digest.of_batches(parts)))
        return SampledCost(cost, parts, sampled)


def student(freedom: int) -> float:
    """The 97.5 % quantile of Student's t, to four digits from 10 degrees of freedom on (Abramowitz and Stegun, 26.7.5).

    >>> round(student(19), 4), round(student(10**9), 4)
    (2.093, 1.96)
    """
    z = 1.959963984540054
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / freedom**power for power, term in enumerate(terms, 1))


def _refuse_unfit(cost: ModuleCost, examples: int) -> None:
    if isinstance(examples, bool) or not isinstance(examples, int) or examples < FEWEST:
        raise SteepestError(
            f"a sample of {examples!r} rows is asked for",
            cause=f"Its interval comes from {FEWEST} batches of one row or more",
            remedy=f"Ask for a whole number, {FEWEST} or more",
        )
    if isinstance(cost, SampledCost):
        raise SteepestError(f"the cost is {cost.sampled.told} already", remedy="Sample the cost over all the data")
    if is_sharded(cost):
        raise SteepestError(
            "the cost is sharded, and no rank has all the rows to draw from",
            remedy="Make it of all the data without sharded=True, and spread the points over the ranks",
        )
    if not cost.by_rows:
        raise SteepestError(
            "the loss averages over something else than rows, so how much each batch of a sample weighs is not known",
            cause="Words without padding, or weights, in a loss of one's own",
            remedy="Return the pair (loss, count) with what it divides by",
        )
    if cost.norms.parts and cost.norms.policy in ("batch", "recalibrated"):
        raise SteepestError(
            f'the batch norms follow the policy "{cost.norms.policy}", so a cost depends on which rows stand together',
            remedy='Make the cost with batch_norm="frozen", or of a smaller table of the data',
        )


def is_sharded(cost: Cost) -> bool:
    """Whether a cost asks all ranks at each value."""
    return bool(getattr(cost, "_sharded", False))


def _counts(cost: ModuleCost) -> list[int]:
    """How many rows each batch has."""
    counts: list[int] = []
    with as_found(cost.batches):
        for each in cost.batches:
            sizes = batch.sizes(each)
            if len(sizes) != 1:
                told = f"its tensors have {' and '.join(map(str, sizes))} rows" if sizes else "no tensor in it has rows"
                raise SteepestError(
                    f"which rows batch {len(counts)} has is not known: {told}",
                    remedy="Give batches whose tensors have one row for each example",
                )
            counts += sizes
    return counts


def _gathered(cost: ModuleCost, counts: list[int], drawn: Tensor) -> Any:
    """Take the rows drawn out of all batches, in one pass, and lay them in the order in which they were drawn."""
    device, parts, seen = cost.device_of(cost.at_module), [], 0
    order = drawn.argsort()
    ascending = drawn[order]
    with as_found(cost.batches):
        for each, count in zip(cost.batches, counts, strict=True):
            here = ascending[(ascending >= seen) & (ascending < seen + count)] - seen
            seen += count
            if len(here):
                parts.append(batch.moved(_rows(each, here), device))
    return _rows(_joined(parts), order.argsort())


def _rows(value: Any, chosen: Tensor) -> Any:
    """Copies of some rows, in the order asked for."""
    return batch.rows(value, cast("slice", chosen))


def _joined(values: list[Any]) -> Any:
    first = values[0]
    if isinstance(first, Tensor) and first.ndim:
        shapes = sorted({tuple(value.shape[1:]) for value in values})
        if len(shapes) > 1:
            raise SteepestError(
                f"rows have the shapes {shapes[0]} and {shapes[1]}, and cannot stand in one batch",
                remedy="Pad all batches to one length, with a mask that the loss knows",
            )
        return torch.cat(values)
    if isinstance(first, tuple | list | dict):
        return _like(first, [_joined(list(same)) for same in zip(*map(_parts, values), strict=True)])
    if any(digest.of(value) != digest.of(first) for value in values):
        raise SteepestError(
            f"the batches hold a {type(first).__name__} that differs from one to another and has no rows",
            remedy="Give batches whose parts are tensors with one row for each example",
        )
    return first


def _parts(value: Any) -> list[Any]:
    return list(value.values() if isinstance(value, dict) else value)


def _like(value: Any, parts: list[Any]) -> Any:
    if isinstance(value, dict):
        return dict(zip(value, parts, strict=True))
    return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
