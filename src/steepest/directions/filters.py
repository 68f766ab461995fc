"""Random directions whose filters are as long as the model's own."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd  # pyright: ignore[reportPrivateUsage]  # common bases

from steepest.cost import Cost
from steepest.cost.module import ModuleCost
from steepest.directions.chosen import Layers, chosen, held_by, listed, only_in, place
from steepest.directions.noun import Directions
from steepest.errors import SteepestError, door, near
from steepest.vectors import Params

Normalised = Literal["filter", "tensor"]

NORM = re.compile(r"norm(ali[sz]ation)?(\d+d)?$", re.IGNORECASE)
"""How the class of a normalising layer is named, torch's own and other people's: LayerNorm, BatchNorm2d, LlamaRMSNorm.
"""

PARALLEL = 1 - 1e-6
"""A cosine above which two directions span no plane: float32 directions cannot tell it from 1."""


@dataclass(frozen=True)
class Filters:
    """How a tensor falls into filters: a view of it, and the dimensions of the view that one filter extends over."""

    kind: str
    view: tuple[int, ...]
    over: tuple[int, ...]

    def norms(self, value: Tensor) -> Tensor:
        """The length of each filter, with dimensions kept so that it stands against the view."""
        wide = value.detach().cpu().double().reshape(self.view)
        return torch.linalg.vector_norm(wide, dim=self.over, keepdim=True)

    def as_long_as(self, value: Tensor, drawn: Tensor) -> Tensor:
        """Give every filter of what was drawn the length of the same filter of a value; a zero one stays zero."""
        return (drawn.reshape(self.view) * (self.norms(value) / self.norms(drawn))).reshape(drawn.shape)


def random(
    cost: Cost,
    *,
    at: Mapping[str, Tensor | float] | None = None,
    seed: int = 0,
    count: int = 2,
    layers: Layers | None = None,
    normalised: Normalised | None = "filter",
) -> Directions:
    """Draw directions at random, each filter as long as that filter of the model at `at` (the module's own place).

    `direction[filter] = drawn[filter] |at[filter]| / |drawn[filter]|`, of normal numbers (Li et al., 2018)

    A filter is a row of a linear layer, an embedding or a projection of attention, and all that makes one output
    channel of a convolution; of a cost that is not a module's, a row of any tensor with two dimensions or more. Biases
    and the parameters of norms are not moved. Where nothing would be left, as of `m` and `b`, each tensor is taken
    whole, and one that is a single number goes a normal number of times its size.

    Normalised by "tensor", each tensor is taken whole, biases too; None leaves the normal numbers as they are. The same
    `seed` gives the same numbers on any device and in any dtype, whatever `layers` they are restricted to.

    Raises SteepestError where fewer numbers would move than directions are asked for, and for parallel directions.

    >>> at = {"w": torch.tensor([[3.0, 0, 4], [0, 2, 0]]), "b": torch.ones(2)}
    >>> ways = random(Cost.from_function(lambda w, b: (w.sum(dim=1) + b).square().sum(), like=at), at=at)
    >>> ways[0]["w"].norm(dim=1), ways[0]["b"]
    (tensor([5., 2.]), tensor([0., 0.]))
    """
    with door("directions.random"):
        if normalised is not None and normalised not in get_args(Normalised):
            raise SteepestError(
                f"there is no normalised={normalised!r}", remedy=near(str(normalised), get_args(Normalised))
            )
        if count < 1:
            raise SteepestError(f"count is {count}", remedy="Give 1 for a line, or 2 for a plane")
        params = place(cost, at)
        moved = chosen(layers, tuple(params), cost=cost)
        filters, told = _filters(cost, {name: params[name] for name in moved}, normalised)
        generator = torch.Generator().manual_seed(seed)
        made = tuple(_drawn(params, filters, generator) for _ in range(count))
        numbers = sum(int(value.count_nonzero()) for value in made[0].values())
        if numbers < count:
            raise SteepestError(
                f"{numbers} number{'s' * (numbers != 1)} would move, too few for {count} direction{'s' * (count > 1)}",
                cause="What is zero at this place stays zero, and biases and norms are held",
                remedy="Give another place as at=, or normalised=None",
            )
        word = "random direction" + "s" * (count > 1)
        within = "" if layers is None else only_in([name for name in moved if name in filters], tuple(params))
        sentence = f"{word} of seed {seed}{within}, {told}{_held(cost)}"
        ways = Directions(made, tuple(f"random direction {index}" for index in range(count)), sentence)
        _refuse_parallel(ways)
        return ways


def _drawn(params: Params, filters: dict[str, Filters | None], generator: torch.Generator) -> Params:
    """Draw for every parameter, moved or not, so that a restriction is the same direction with zeros elsewhere."""
    made: Params = {}
    for name, value in params.items():
        drawn = torch.randn(value.shape, generator=generator, dtype=torch.float64)
        if name not in filters:
            drawn = torch.zeros_like(drawn)
        elif (cut := filters[name]) is not None:
            alone = cut.kind == "tensor" and value.numel() == 1  # by its own length, only the sign would be left
            drawn = drawn * value.detach().cpu().double().abs() if alone else cut.as_long_as(value, drawn)
        made[name] = drawn.to(value)
    return made


def _filters(cost: Cost, params: Params, normalised: Normalised | None) -> tuple[dict[str, Filters | None], str]:
    """How each parameter that moves falls into filters, None where it is left as drawn; and a sentence."""
    if normalised is None:
        return dict.fromkeys(params), "of normal numbers as they were drawn, not normalised"
    if normalised == "tensor":
        return _whole(params), f"each of {_count(len(params), 'tensor')} as long as the model's own"
    module = cost.module if isinstance(cost, ModuleCost) else None
    found: dict[str, Filters | None] = {}
    still: Counter[str] = Counter()
    numbers: Counter[str] = Counter()
    for name, value in params.items():
        owner = None if module is None else module.get_submodule(name.rpartition(".")[0])
        cut = _cut(name, value, owner)
        if isinstance(cut, str):
            still[cut] += 1
            numbers[cut] += value.numel()
        else:
            found[name] = cut
    if not found:
        return _whole(params), (
            f"each of {_count(len(params), 'tensor')} as long as the model's own, taken whole: none has rows or filters"
        )
    kinds: Counter[str] = Counter()
    zero = 0
    for name, cut in found.items():
        assert cut is not None
        norms = cut.norms(params[name])
        kinds[cut.kind] += norms.numel()
        zero += int((norms == 0).sum())
    held = [f"{_count(still[word], word)} ({_count(numbers[word], 'number')})" for word in still]
    return found, (
        f"each filter as long as the model's own (Li et al., 2018): {listed(_count(n, k) for k, n in kinds.items())}"
        + (f"; {listed(held)} {'is' if sum(still.values()) == 1 else 'are'} not moved" if held else "")
        + (f"; {_count(zero, 'filter')} of zeros stay{'s' * (zero == 1)} zero" if zero else "")
    )


def _cut(name: str, value: Tensor, owner: nn.Module | None) -> Filters | str:
    """How a parameter falls into filters, or in a word why it has none."""
    if owner is not None and NORM.search(type(owner).__name__):
        return "norm parameter"
    if value.ndim < 2 or (owner is not None and name.rpartition(".")[2].startswith("bias")):
        return "bias" if name.rpartition(".")[2].startswith(("bias", "in_proj_bias")) else "vector"
    if isinstance(owner, _ConvTransposeNd):
        rows, channels = value.shape[0] // owner.groups, value.shape[1]
        kernel = math.prod(value.shape[2:])
        return Filters(f"filter of {type(owner).__name__}", (owner.groups, rows, channels, kernel), (1, 3))
    word = "filter" if isinstance(owner, _ConvNd) else "row"
    rows = value.shape[0]
    kind = word if owner is None else f"{word} of {type(owner).__name__}"
    return Filters(kind, (rows, value.numel() // max(1, rows)), (1,))


def _whole(params: Params) -> dict[str, Filters | None]:
    return {name: Filters("tensor", (1, value.numel()), (1,)) for name, value in params.items()}


def _count(number: int, word: str) -> str:
    """Count things in words.

    >>> _count(2, "bias"), _count(1, "vector"), _count(2, "row of Linear"), _count(2, "norm parameter")
    ('2 biases', '1 vector', '2 rows of Linear', '2 norm parameters')
    """
    thing, of, whose = word.partition(" of ")
    return f"{number:,} {thing}{'' if number == 1 else 'es' if thing.endswith('s') else 's'}{of}{whose}"


def _held(cost: Cost) -> str:
    held = held_by(cost)
    if not held:
        return ""
    return f"; {_count(len(held), 'parameter')} of the module {'is' if len(held) == 1 else 'are'} held by the cost"


def _refuse_parallel(ways: Directions) -> None:
    cosines = ways.cosines.abs()
    for left in range(len(ways)):
        for right in range(left):
            if float(cosines[left, right]) > PARALLEL:
                raise SteepestError(
                    f"directions {right} and {left} are parallel (cosine {float(ways.cosines[left, right]):.3f})",
                    cause=f"Only {sum(int(v.count_nonzero()) for v in ways[0].values())} numbers move, by little more "
                    "than their signs",
                    remedy="Give another seed or normalised=None, or go along the parameters by their names",
                )
