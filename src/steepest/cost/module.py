"""A Cost from a user's module, loss and batches, none of which is left changed."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor
from torch.func import functional_call
from torch.nn.modules.batchnorm import _BatchNorm  # pyright: ignore[reportPrivateUsage]  # the only common base

from steepest import vectors
from steepest.cost.base import Cost
from steepest.errors import SteepestError, door
from steepest.vectors import Params


class ModuleCost(Cost):
    """The mean loss of a module over all batches, weighted by their sizes. Made by `Cost.from_module`."""

    def __init__(
        self,
        module: torch.nn.Module,
        loss: Callable[..., Tensor],
        batches: Iterable[Any],
        *,
        batch_norm: Literal["running", "batch"] | None,
    ) -> None:
        self.module, self.loss, self.batches = module, loss, batches
        self._parameters = {name: value for name, value in module.named_parameters() if value.requires_grad}
        self.names = tuple(self._parameters)
        self._norms = [part for part in module.modules() if isinstance(part, _BatchNorm)]
        self._batch_norm = batch_norm
        with door("Cost.from_module"):
            self._refuse_unfit()
            self.examples = self._probe()

    def zeros(self) -> Params:
        return {name: torch.zeros_like(value) for name, value in self._parameters.items()}

    @property
    def at_module(self) -> Params:
        """The module's own parameters at this moment, as a copy to start a descent from."""
        return vectors.own(self._parameters)

    def value(self, params: Params) -> Tensor:
        with torch.no_grad():
            total = sum(float(loss) * share for loss, share in self._losses(params))
        return self._number(total, params)

    def value_and_gradient(self, params: Params) -> tuple[Tensor, Params]:
        return self._summed(params, lambda loss, leaves: torch.autograd.grad(loss, leaves, materialize_grads=True))

    def product(self, params: Params, vector: Params) -> Params:
        aims = tuple(vector[name] for name in self.names)

        def products(loss: Tensor, leaves: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            slopes = torch.autograd.grad(loss, leaves, create_graph=True, materialize_grads=True)
            along = torch.stack([(slope * aim).sum() for slope, aim in zip(slopes, aims, strict=True)]).sum()
            if not along.requires_grad:  # a loss linear in the parameters has no curvature, and no graph to walk
                return tuple(torch.zeros_like(leaf) for leaf in leaves)
            return torch.autograd.grad(along, leaves, materialize_grads=True)

        return self._summed(params, products)[1]

    def products(self, params: Params) -> Callable[[Params], Params]:
        """Keep the graph of the gradient where there is one batch: a product holds as much at its height anyway."""
        alone = not (torch.distributed.is_available() and torch.distributed.is_initialized())
        if not isinstance(self.batches, list | tuple) or len(self.batches) != 1 or not alone:
            return super().products(params)
        leaves = {name: params[name].detach().requires_grad_() for name in self.names}
        inputs = tuple(leaves.values())
        ((loss, _),) = self._losses(leaves)
        slopes = torch.autograd.grad(loss, inputs, create_graph=True, materialize_grads=True)
        bent = {name: slope for name, slope in zip(self.names, slopes, strict=True) if slope.requires_grad}

        def product(vector: Params) -> Params:
            if not bent:
                return {name: torch.zeros_like(leaf) for name, leaf in leaves.items()}
            aims = [vector[name] for name in bent]
            parts = torch.autograd.grad(list(bent.values()), inputs, aims, retain_graph=True, materialize_grads=True)
            return dict(zip(self.names, parts, strict=True))

        return product

    def _summed(
        self, params: Params, of: Callable[[Tensor, tuple[Tensor, ...]], tuple[Tensor, ...]]
    ) -> tuple[Tensor, Params]:
        """Mean loss, and the mean over all examples of what `of` makes of each batch's loss."""
        leaves = {name: params[name].detach().requires_grad_() for name in self.names}
        total = 0.0
        sums: list[Tensor] = []
        for loss, share in self._losses(leaves):
            parts = [part * share for part in of(loss, tuple(leaves.values()))]
            sums = [old + part for old, part in zip(sums, parts, strict=True)] if sums else parts
            total += float(loss.detach()) * share
        return self._number(total, params), dict(zip(self.names, sums, strict=True))

    @staticmethod
    def _number(value: float, params: Params) -> Tensor:
        first = next(iter(params.values()))
        return torch.tensor(value, dtype=first.dtype, device=first.device)

    def _losses(self, params: Params) -> Iterator[tuple[Tensor, float]]:
        """Each batch's loss and its share of all examples; a batch that is alone has a share of exactly 1."""
        seen = 0
        with self._as_found():
            buffers = {name: value.clone() for name, value in self.module.named_buffers()}
            for batch in self.batches:
                loss, count = self._loss(batch, params, buffers)
                seen += count
                yield loss, count / (self.examples or 1)
        if seen != self.examples:
            raise SteepestError(
                f"the batches held {self.examples} examples at first, and now {seen}",
                remedy="Give batches that are the same each time they are read",
            )

    def _loss(self, batch: Any, params: Params, buffers: dict[str, Tensor]) -> tuple[Tensor, int]:
        inputs, targets = _split(batch)
        estimates = self._estimates(inputs, params, buffers)
        return self._compared(estimates, targets.to(next(iter(params.values())).device)), len(targets)

    def _estimates(self, inputs: Any, params: Params, buffers: dict[str, Tensor]) -> Any:
        device = next(iter(params.values())).device
        if isinstance(inputs, dict):
            named = {key: _to(value, device) for key, value in inputs.items()}
            return functional_call(self.module, (params, buffers), (), named)
        given = inputs if isinstance(inputs, tuple | list) else (inputs,)
        return functional_call(self.module, (params, buffers), tuple(_to(value, device) for value in given))

    def _compared(self, estimates: Any, targets: Tensor) -> Tensor:
        loss = self.loss(estimates, targets)
        if not isinstance(loss, Tensor) or loss.ndim:
            shape = tuple(loss.shape) if isinstance(loss, Tensor) else type(loss).__name__
            raise SteepestError(
                f"the loss of a batch is {shape}, and must be one number",
                cause="reduction='none'?",
                remedy="Give a loss that averages over the batch, as torch's do with reduction='mean'",
            )
        return loss

    @contextmanager
    def _as_found(self) -> Iterator[None]:
        """Put train/eval modes and random state back, whatever happens inside."""
        modes = [(part, part.training) for part in self._norms]
        states = torch.get_rng_state(), random.getstate(), np.random.get_state()  # noqa: NPY002  # theirs, to restore
        cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None
        try:
            for part in self._norms if self._batch_norm else ():
                part.training = self._batch_norm == "batch"
            yield
        finally:
            for part, training in modes:
                part.training = training
            torch.set_rng_state(states[0])
            random.setstate(states[1])
            np.random.set_state(states[2])  # noqa: NPY002
            if cuda is not None:
                torch.cuda.set_rng_state_all(cuda)

    def _refuse_unfit(self) -> None:
        if not self.names:
            raise SteepestError(
                "no parameter of the module requires a gradient", remedy="Unfreeze one with requires_grad_(True)"
            )
        if isinstance(self.batches, Iterator):  # asking iter() itself would draw from the global generator
            raise SteepestError(
                f"the batches are a {type(self.batches).__name__}, which can be read only once",
                remedy="Give a list of batches or a DataLoader",
            )
        live = [type(part).__name__ for part in self._norms if part.training]
        if live and self._batch_norm is None:
            raise SteepestError(
                f"{live[0]} is in training mode: it normalises by each batch's own statistics and changes its running "
                "ones at every pass",
                remedy='Choose batch_norm="running" (as in eval mode) or batch_norm="batch"',
            )

    def _probe(self) -> int:
        """Read the batches twice, to refuse early what is not a function of the parameters alone."""
        params = {name: value.detach() for name, value in self._parameters.items()}
        with self._as_found(), torch.no_grad():
            head = next(iter(self.batches), None)
            if head is None:
                raise SteepestError("there are no batches", remedy="Give at least one (inputs, targets)")
            self._refuse_wrong_loss(*_split(head), params)
            first, second = self._pass(params), self._pass(params)
            self._refuse_disagreement([loss for loss, _ in first], [loss for loss, _ in second])
        return sum(count for _, count in first)

    def _pass(self, params: Params) -> list[tuple[float, int]]:
        buffers = {name: value.clone() for name, value in self.module.named_buffers()}
        pairs = (self._loss(batch, params, buffers) for batch in self.batches)
        return [(float(loss), count) for loss, count in pairs]

    def _refuse_disagreement(self, first: list[float], second: list[float]) -> None:
        for before, after in zip(first, second, strict=False):
            # The same operations in another order, as on a GPU, agree to many more digits than these five.
            if not math.isclose(before, after, rel_tol=1e-5, abs_tol=1e-12) and not math.isnan(before + after):
                dropout = [
                    type(part).__name__
                    for part in self.module.modules()
                    if "Dropout" in type(part).__name__ and part.training
                ]
                raise SteepestError(
                    f"two passes over the same batches disagree: a loss of {before:.6g}, then {after:.6g}",
                    cause=f"{dropout[0]} is live" if dropout else "Are the batches shuffled or augmented on the way?",
                    remedy="Call module.eval()" if dropout else "Give the same batches in the same order at each pass",
                )

    def _refuse_wrong_loss(self, inputs: Any, targets: Tensor, params: Params) -> None:
        buffers = {name: value.clone() for name, value in self.module.named_buffers()}
        estimates = self._estimates(inputs, params, buffers)
        if isinstance(estimates, Tensor) and targets.is_floating_point() and estimates.shape != targets.shape:
            raise SteepestError(
                f"estimates have shape {tuple(estimates.shape)} and targets {tuple(targets.shape)}",
                cause="Broadcasting would compare every estimate with every target",
                remedy="Give both the same shape, with targets.reshape(...) or estimates.squeeze(...)",
            )
        count, half = len(targets), len(targets) // 2
        whole, _ = self._loss((inputs, targets), params, buffers)
        if not half or not math.isfinite(float(whole)) or float(whole) == 0:
            return
        left, _ = self._loss((_rows(inputs, slice(None, half)), targets[:half]), params, buffers)
        right, _ = self._loss((_rows(inputs, slice(half, None)), targets[half:]), params, buffers)
        summed = float(left + right)
        mean = float(left) * half / count + float(right) * (count - half) / count
        if math.isclose(float(whole), summed, rel_tol=1e-4) and not math.isclose(float(whole), mean, rel_tol=1e-2):
            raise SteepestError(
                f"the loss of {count} examples is {float(whole):.6g}, the sum of its halves' {float(left):.6g} and "
                f"{float(right):.6g}",
                cause="The loss is a sum over the batch, and a learning rate would depend on the batch size",
                remedy="Give one that averages, as torch's do with reduction='mean'",
            )


def _split(batch: Any) -> tuple[Any, Tensor]:
    if not isinstance(batch, tuple | list) or len(batch) != 2 or not isinstance(batch[1], Tensor):
        raise SteepestError(
            f"a batch is {type(batch).__name__}"
            + (f" of {len(batch)}" if isinstance(batch, tuple | list) else "")
            + ", not (inputs, targets)",
            remedy="Give pairs; inputs may be a tensor, a tuple or a dict, targets are a tensor",
        )
    return batch[0], batch[1]


def _to(value: Any, device: torch.device) -> Any:
    return value.to(device) if isinstance(value, Tensor) else value


def _rows(inputs: Any, rows: slice) -> Any:
    if isinstance(inputs, dict):
        return {key: _rows(value, rows) for key, value in inputs.items()}
    if isinstance(inputs, tuple | list):
        return tuple(_rows(value, rows) for value in inputs)
    return inputs[rows] if isinstance(inputs, Tensor) and inputs.ndim else inputs
