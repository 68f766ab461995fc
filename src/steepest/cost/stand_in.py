"""A private copy of a cost's module that is led along a slice, so that the user's own is never touched."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from steepest.cost import batches as batch
from steepest.cost import losses
from steepest.cost.norms import Norms
from steepest.cost.probe import as_found
from steepest.errors import SteepestError
from steepest.vectors import Params

if TYPE_CHECKING:
    from steepest.cost.module import ModuleCost

HELD = 2**28
"""Bytes of batches, and of activations, that are kept beside the parameters: 256 MiB of each at most."""

Place = Sequence[float]


class StandIn:
    """The clean loop: parameters written in place, batches read once where they fit, one wait for the device a pass.

    It holds two copies of the parameters: the module's own, and the way along the first direction that a row shares.
    """

    method = "one forward pass at each point, in a copy of the module"

    def __init__(self, cost: ModuleCost, origin: Params, directions: Sequence[Params]) -> None:
        self.cost, self.origin, self.directions = cost, origin, tuple(directions)
        self.module = copy.deepcopy(cost.module).requires_grad_(False)  # nothing that autocast would keep a cast of
        self.parameters = {name: self.module.get_parameter(name) for name in cost.names}
        for name, parameter in self.parameters.items():
            parameter.data = origin[name].detach().clone()
        self.moved = [name for name in cost.names if any(bool(way[name].any()) for way in directions)]
        self._tensors = {
            name: (self.parameters[name].data, origin[name], *(way[name] for way in directions)) for name in self.moved
        }
        self._row: dict[str, Tensor] = {}
        self._row_at: dict[str, float] = {}
        self.norms = Norms(self.module, cost.norms.policy)
        for part in self.norms.parts.values() if self.norms.policy else ():
            part.training = self.norms.policy == "batch"
        owners = dict(self.module.named_modules())
        self._buffers = [
            (owners[name.rpartition(".")[0]], name.rpartition(".")[2], value, theirs)
            for (name, value), (_, theirs) in zip(self.module.named_buffers(), cost.module.named_buffers(), strict=True)
        ]
        self._versions = [value._version for _, _, value, _ in self._buffers]
        self.counts = False  # whether a pass changes buffers, others than those of norms
        self.held = self._hold()
        with cost.grad_mode():
            self.shares = self._first_pass()

    def costs(self, places: Tensor) -> Tensor:
        """Give the cost at each place; shape `(places, directions)` to `(places,)`, in float64."""
        return self.walked(places, lambda place: self.stand(place, self.moved), self.loss_of)

    def walked(self, places: Tensor, stand: Callable[[Place], None], loss_of: Callable[[int, Any], Tensor]) -> Tensor:
        """Stand at each place and add up the losses of a pass."""
        costs: list[float] = []
        with self.quiet(), self.cost.grad_mode():
            for place in places.tolist():
                stand(place)
                costs.append(self._total(loss_of))
        return torch.tensor(costs, dtype=torch.float64)

    def quiet(self) -> Any:
        """Put random states back at the end; a loader that is read anew has it done at each pass."""
        return nullcontext() if self.held is None else as_found(self.cost.batches)

    def stand(self, place: Place, names: Sequence[str]) -> None:
        """Write `origin + a d1 + b d2` into parameters; `origin + a d1` is kept for the row."""
        first, *others = place
        for name in names:
            goal, start, way, *ways = self._tensors[name]
            if not others:
                torch.add(start, way, alpha=first, out=goal)
                continue
            if self._row_at.get(name) != first:
                row = self._row.setdefault(name, torch.empty_like(goal))
                self._row_at.pop(name, None)  # until it is there: Ctrl-C may come in between
                torch.add(start, way, alpha=first, out=row)
                self._row_at[name] = first
            torch.add(self._row[name], ways[0], alpha=others[0], out=goal)
            for more, by in zip(ways[1:], others[1:], strict=True):
                goal.add_(more, alpha=by)

    def forget(self) -> None:
        """Give back what is kept for a row."""
        self._row.clear()
        self._row_at.clear()

    def loss_of(self, index: int, each: Any) -> Tensor:
        """Compute the mean loss of a batch that is held."""
        del index
        loss = self.cost.loss
        found = (
            loss(self.module, each) if self.cost.of_batch else loss(losses.outputs_of(self.module, each[0]), each[1])
        )
        return found[0] if isinstance(found, tuple) else found

    def put_back(self) -> list[nn.Module]:
        """Give buffers that a pass changed the values of the user's module again; say whose they were."""
        owners = []
        for index, (owner, key, value, theirs) in enumerate(self._buffers):
            if owner._buffers[key] is not value or value._version != self._versions[index]:
                owner._buffers[key] = value
                value.copy_(theirs)
                self._versions[index] = value._version
                owners.append(owner)
        return owners

    def _total(self, loss_of: Callable[[int, Any], Tensor]) -> float:
        try:
            if self.norms.recalibrated:
                buffers = self._recalibrated(loss_of)
                self.put_back()
                for name, value in buffers.items():
                    self.module.get_buffer(name).copy_(value)
            found, shares = self._through(loss_of)
            found = [loss.detach() for loss in found]
            values = [loss.item() for loss in found] if found[0].is_cpu else torch.stack(found).tolist()  # one wait
            return sum(loss * share for loss, share in zip(values, shares, strict=True) if share)
        finally:
            self.put_back()

    def _recalibrated(self, loss_of: Callable[[int, Any], Tensor]) -> dict[str, Tensor]:
        def walk() -> None:
            self._through(loss_of)

        return self.norms.recalibrate(walk, sharded=False)

    def _through(self, loss_of: Callable[[int, Any], Tensor]) -> tuple[list[Tensor], list[float]]:
        if self.held is not None:
            return [loss_of(index, each) for index, each in enumerate(self.held)], self.shares
        found, weights = self._read()
        return found, self._shared_out(weights)

    def _read(self) -> tuple[list[Tensor], list[float]]:
        """Read batches that were not held."""
        device, found, weights = self.cost.device_of(self.origin), [], []
        with as_found(self.cost.batches):
            for each in self.cost.batches:
                given = batch.moved(each, device)
                mean = losses.loss_of(self.module, self.cost.loss, self.cost.of_batch, given)
                found.append(mean.loss.detach())
                weights.append(mean.weight)
        return found, weights

    def _first_pass(self) -> list[float]:
        """Weigh each batch held, by one pass at the origin."""
        if self.held is None:
            return []
        with self.quiet():
            of_batch = self.cost.of_batch
            weights = [losses.loss_of(self.module, self.cost.loss, of_batch, each).weight for each in self.held]
        norms = {id(part) for part in self.norms.parts.values()}
        self.counts = any(id(owner) not in norms for owner in self.put_back())
        if not self.cost.of_batch:
            self.held = [batch.split(each) for each in self.held]
        return self._shared_out(weights)

    def _shared_out(self, weights: list[float]) -> list[float]:
        whole = self.cost.weight
        if not math.isclose(sum(weights), whole, rel_tol=1e-9):
            raise SteepestError(
                f"the batches held {whole:,g} examples at first, and now {sum(weights):,g}",
                remedy="Give batches that are the same each time they are read",
            )
        return [weight / whole for weight in weights]

    def _hold(self) -> list[Any] | None:
        """Read the batches once and keep them on the device, unless they are too large to be kept beside the rest."""
        device, held, size = self.cost.device_of(self.origin), [], 0
        listed = isinstance(self.cost.batches, list | tuple)
        with as_found(self.cost.batches):
            for each in self.cost.batches:
                here = batch.moved(each, device)
                if not listed or here is not each:
                    parts = list(batch.tensors(here))
                    size += sum(part.nbytes for part in parts)
                    if size > HELD or not parts:  # of a batch of another kind the size is not known
                        return None
                held.append(here)
        return held
