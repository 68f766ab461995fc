"""A loop whose parameters are DTensors: each rank watches its own pieces, and they are added up when they are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from steepest import ranks
from steepest.diagnosis import Finding
from steepest.errors import SteepestError
from steepest.trajectory import Step, Trajectory
from steepest.vectors import Params
from steepest.watcher.hindsight import not_finite_in
from steepest.watcher.measurements import Measurements
from steepest.watcher.rows import Measured
from steepest.watcher.session import Loss, Watch
from steepest.watcher.subject import trainable


class WatchOfPieces(Watch):
    """A loop under observation on every rank that holds a piece of its model: `fully_shard`, or tensor parallel.

    In training the other ranks are asked nothing, but for gradients that lie otherwise than their parameters, as under
    tensor parallel. Reading asks: squares and dot products are sums over pieces, so `trajectory`, `measurements` and
    `findings` are to be asked on all ranks together, and give each of them the same. The cost is the mean of the ranks'
    losses, of which their averaged gradients are the gradient. `trajectory` puts the steps that are kept together whole
    on every rank, two at least: of a model that has no room there, read the measurements.
    """

    def __init__(
        self, model: torch.nn.Module, optimizer: torch.optim.Optimizer, *, save: str | Path | None = None, **more: Any
    ) -> None:
        if save is not None:
            raise SteepestError(
                f"save='{save}', and each rank holds pieces of the parameters only",
                cause="A run file has whole steps, and putting them together would keep the ranks waiting in each",
                remedy="Leave save= out; at the end ask run = watch.trajectory() on all ranks, and run.save() on one",
            )
        _refuse_gathered(model, optimizer)
        super().__init__(model, optimizer, **more)
        self._clearing.stop()  # the backward pass does not end at these tensors, so their hooks say nothing
        self._irregular = True

    def record(self, loss: Loss, *, unclipped_norm: Loss | None = None) -> None:
        super().record(_number(loss), unclipped_norm=None if unclipped_norm is None else _number(unclipped_norm))

    def trajectory(self) -> Trajectory:
        run = super().trajectory()
        costs = ranks.averaged(torch.tensor([step.cost for step in run.steps], dtype=torch.float64), self._params)
        steps = tuple(replace(step, cost=cost) for step, cost in zip(run.steps, costs.tolist(), strict=True))
        return replace(run, steps=steps)

    def findings(self) -> tuple[Finding, ...]:
        found = super().findings()
        broken = not_finite_in(self._numbers()) if self._epoch else None
        return (*found, broken) if broken else found

    def close(self) -> None:
        """Take the hooks away, without asking the other ranks: one that fails can leave alone."""
        if self._open:
            self._open = False
            self._handle.remove()
            self._measure_waiting()

    def __str__(self) -> str:
        return (
            f"{self._epoch:,} steps of {type(self.optimizer).__name__}, {len(self.names)} parameters in pieces over "
            f"{ranks.holders(self._params)} ranks, {self._took()}all ranks together ask for its findings()"
        )

    def _pieces(self) -> Sequence[Tensor]:
        return [ranks.piece(value.detach()) for value in self._params]

    def _gradients(self) -> list[Tensor]:
        pairs = zip(super()._gradients(), self._params, strict=True)
        return [ranks.piece(slope, like=value) for slope, value in pairs]

    def _numbers(self) -> Measurements:
        """The table of the whole parameters, from what each rank has measured of its pieces."""
        own = self._table.whole()
        lengths = own.parameter_norms, own.gradient_norms, own.change_norms
        parts = torch.stack([*(each.double().square() for each in lengths), own.gradient_dots.double()])
        *squares, dots = ranks.added(parts, self._params).unbind()
        norms = [each.sqrt().to(own.gradient_norms.dtype) for each in squares]
        return replace(
            own,
            costs=ranks.averaged(own.costs, self._params),
            parameter_norms=norms[0],
            gradient_norms=norms[1],
            change_norms=norms[2],
            gradient_dots=dots.to(own.gradient_dots.dtype),
        )

    def _rested(self) -> list[bool]:
        moved = torch.tensor([[float(not still) for still in super()._rested()]])  # on any rank that holds a piece
        return (ranks.added(moved, self._params)[0] == 0).tolist()

    def _opened(self, step: Step) -> Step:
        step = super()._opened(step)
        return replace(step, params=self._whole(step.params), gradient=self._whole(step.gradient))

    def _whole(self, pieces: Params) -> Params:
        like = dict(zip(self.names, self._params, strict=True))
        return {name: ranks.whole(piece, like=like[name]) for name, piece in pieces.items()}

    def _look_for_broken(self, first: int, measured: Measured) -> None:
        """Leave it to the norms of the whole: each rank would find something else."""

    def _where(self) -> str:
        return f" (in pieces over {ranks.holders(self._params)} ranks; the cost is their mean loss)"


def _refuse_gathered(model: torch.nn.Module, optimizer: torch.optim.Optimizer) -> None:
    mine = {id(value) for value in trainable(model)[1]}
    held = [value for group in optimizer.param_groups for value in group["params"] if ranks.in_pieces(value)]
    away = sum(id(value) not in mine for value in held)
    if away and ranks.sharding_of(model) == "fully_shard":
        raise SteepestError(
            f"{away} of the {len(held)} sharded tensors of the optimizer are not in the model at this moment",
            cause="A forward pass has gathered them, and they are sharded again after the backward pass",
            remedy="Watch before the first forward pass, or call reshard() on the model and its sharded layers first",
        )


def _number(value: Loss) -> Loss:
    """The number in a DTensor that is the same on all ranks; raises where each has a part of it."""
    if not ranks.in_pieces(value):
        return value
    if any(not place.is_replicate() for place in value.placements):  # pyright: ignore[reportAttributeAccessIssue]
        raise SteepestError(
            "the number is a DTensor, of which each rank has a part",
            remedy="Record its full_tensor(), which all ranks ask for together",
            asked="watch.record",
        )
    return ranks.piece(value)  # pyright: ignore[reportArgumentType]
