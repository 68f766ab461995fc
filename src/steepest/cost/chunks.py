"""Many points of a slice at a time, for modules so small that calling them takes longer than their arithmetic."""

from __future__ import annotations

import warnings
from typing import Any

import torch
from torch import Tensor
from torch.func import functional_call, vmap

from steepest.cost.losses import Whole
from steepest.cost.shared import Shared
from steepest.vectors import Params

CACHED = 2**21
"""Bytes that a chunk of points may take: what stays in a processor's cache. Larger ones are slower than one by one."""

FEWEST = 64
"""Points in a chunk below which the batched operations cost as much as they save; 256 are the most."""


class Chunked:
    """What `Shared` does, at many points at once: its combinations as one product, the rest and the loss by vmap."""

    def __init__(self, common: Shared) -> None:
        self._common = common
        self._together = min(256, CACHED // bytes_each(common))
        self._whole = Whole(common.stand_in.module)
        names = {id(common.stand_in.parameters[name]): name for name in common.needed}
        rest = common.parts.rest.named_parameters(remove_duplicate=False)
        self._in_rest = {name: names[id(value)] for name, value in rest if id(value) in names}
        self._columns = {name: self._flat(common.stand_in.origin, name) for name in common.needed}
        self._parts = [[[torch.stack(part) for part in call.parts] for call in batch] for batch in common.kept]
        self._tried = False

    @property
    def method(self) -> str:
        """What is shared, what is left to do, and for how many points at a time."""
        return f"{self._common.method}, {self._together} points at a time"

    def costs(self, places: Tensor) -> Tensor:
        """Give the cost at each place; shape `(places, directions)` to `(places,)`, in float64."""
        with self._common.answering(), self._common.stand_in.quiet(), warnings.catch_warnings():
            if not self._tried:  # vmap warns of what it cannot do at once
                warnings.simplefilter("error")
            try:
                costs = torch.cat([self._chunk(some) for some in places.split(self._together)])
            finally:
                self._common.stand_in.put_back()
            self._tried = True
        return costs

    def _chunk(self, places: Tensor) -> Tensor:
        stand_in = self._common.stand_in
        like = next(iter(stand_in.origin.values()))
        weights = torch.cat([torch.ones_like(places[:, :1]), places], dim=1).to(like)
        params = {name: _combined(weights, columns) for name, columns in self._columns.items()}
        total = torch.zeros(len(places), dtype=torch.float64, device=like.device)
        for index, (each, share) in enumerate(zip(stand_in.held or (), stand_in.shares, strict=True)):
            if not share:  # a batch of which nothing counts: its mean is 0 / 0
                continue
            values = [[_combined(weights, part) for part in call] for call in self._parts[index]]
            total += vmap(lambda p, v, i=index, e=each: self._loss(p, v, i, e))(params, values).double() * share
        return total.cpu()

    def _loss(self, params: Params, values: list[list[Tensor]], index: int, each: Any) -> Tensor:
        common = self._common
        within = {name: params[own] for name, own in self._in_rest.items()}
        common.answer = lambda *given: functional_call(common.parts.rest, within, given)
        common.coming = iter(
            [common.laid(call, iter(part)) for call, part in zip(common.kept[index], values, strict=True)]
        )
        stand_ins = {f"module.{name}": value for name, value in params.items()}
        return functional_call(self._whole, stand_ins, (lambda _: common.loss_of(index, each),))

    def _flat(self, origin: Params, name: str) -> Tensor:
        return torch.stack([origin[name], *(way[name] for way in self._common.stand_in.directions)])


def bytes_each(common: Shared) -> int:
    """How much one point takes: what is combined for it, and the parameters that its rest needs."""
    parts = [part[0].nbytes for batch in common.kept for call in batch for part in call.parts]
    return max(1, sum(parts) + sum(common.stand_in.origin[name].nbytes for name in common.needed))


def fits(common: Shared) -> bool:
    """Whether a chunk of points is small enough to be worth its while: never for convolutions, each a group of one."""
    rest = common.parts.rest
    layers = [type(part).__name__ for part in rest.modules()] + [str(node.target) for node in rest.graph.nodes]
    folded = any("conv" in name.lower() for name in layers)
    return not folded and bytes_each(common) * FEWEST <= CACHED


def _combined(weights: Tensor, columns: Tensor) -> Tensor:
    return (weights @ columns.reshape(len(columns), -1)).reshape(len(weights), *columns.shape[1:])
