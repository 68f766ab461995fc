"""A Cost from a user's module, loss and batches, none of which is left changed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch.func import functional_call

from steepest import ranks, vectors
from steepest.cost import batches as batch
from steepest.cost import losses, shortcuts
from steepest.cost.base import Cost, Restriction
from steepest.cost.loaders import settled
from steepest.cost.norms import Norms, Policy
from steepest.cost.probe import as_found, probe
from steepest.errors import SteepestError, door, near
from steepest.vectors import Params

T = TypeVar("T")
Parts = Callable[[Tensor, tuple[Tensor, ...]], tuple[Tensor, ...]]

SAME = 1e-9
"""How near two sums of weights are that differ by the order of their additions alone."""


class ModuleCost(Cost):
    """The mean loss of a module over all batches, weighted by their sizes. Made by `Cost.from_module`.

    >>> module = torch.nn.Linear(1, 1, bias=False)
    >>> _ = torch.nn.init.constant_(module.weight, 3.0)
    >>> batches = [(torch.ones(1, 1), torch.zeros(1, 1)), (torch.ones(3, 1), torch.ones(3, 1))]  # losses 9 and 4
    >>> cost = Cost.from_module(module, torch.nn.functional.mse_loss, batches)
    >>> cost.value(cost.at_module)
    tensor(5.2500)
    """

    def __init__(
        self,
        module: torch.nn.Module,
        loss: Callable[..., Any],
        batches: Iterable[Any],
        *,
        batch_norm: Policy | None,
        only: Sequence[str] | None,
        sharded: bool,
    ) -> None:
        with door("Cost.from_module"):
            module = _unwrapped(module)
            ranks.refuse_pieces(module)
            _refuse_unmade(module)
            self.module, self.loss, self.batches = module, loss, settled(batches)
            self.norms = Norms(module, batch_norm)
            self._whole = losses.Whole(module)
            self._sharded = sharded
            if sharded:
                ranks.refuse_unstarted()
            self._parameters = self._together(lambda: self._fit(only))
            self.names = tuple(self._parameters)
            self.of_batch = losses.of_batch(loss)
            if sharded:
                described = [f"{n} {tuple(v.shape)} {losses.short(v.dtype)}" for n, v in self._parameters.items()]
                ranks.refuse_unlike("parameters", described)
            self.differentiates = False
            self.by_rows = True
            self._here, examples = self._together(self._probed)
            both = self._sums([torch.tensor(examples), torch.tensor(self._here, dtype=torch.float64)])
            self.examples, self.weight = int(both[0]), float(both[1])
            if not self.examples:
                raise SteepestError("there are no batches", remedy="Give at least one (inputs, targets)")
            if not self.weight:
                raise SteepestError(
                    f"none of the targets of {self.examples} examples counts",
                    cause="All are the ignore_index of the loss, or of classes that weigh nothing",
                    remedy="Give targets that count",
                )

    def _fit(self, only: Sequence[str] | None) -> Params:
        """Refuse what can be seen to be wrong without asking the module, and choose the parameters."""
        chosen = _chosen(self.module, only)
        batch.refuse_unreadable(self.batches)
        losses.refuse_unfit(self.loss)
        self.norms.refuse_unchosen()
        return chosen

    def _probed(self) -> tuple[float, int]:
        """Look at the user's world; where a loss finds no graph to differentiate, once more with one."""
        alone = not self._sharded or ranks.alone()
        try:
            return probe(self, alone=alone)
        except RuntimeError as error:
            if "does not require grad" not in str(error):
                raise
        self.differentiates = True
        kept = {name: _copied(value.grad) for name, value in self.module.named_parameters()}
        try:
            found, why = probe(self, alone=alone), ""
        except RuntimeError as error:
            if "does not require grad" not in str(error):
                raise
            found, why = (0.0, 0), f": {error}"
        gone_backward = False
        for name, value in self.module.named_parameters():
            if not _same(value.grad, kept[name]):
                value.grad, gone_backward = kept[name], True
        if not why and not gone_backward:
            return found
        raise SteepestError(
            f"the loss asks for a gradient by the parameters itself{why}",
            cause="Is there a backward() in it?",
            remedy="Let it return the loss; gradients by the parameters are taken from outside",
        )

    def grad_mode(self) -> Any:
        """No graph where only a value is wanted, unless the loss itself differentiates, as by the inputs."""
        return torch.enable_grad() if self.differentiates else torch.no_grad()

    def zeros(self) -> Params:
        return {name: torch.zeros_like(value) for name, value in self._parameters.items()}

    def params(self, values: Mapping[str, Tensor | float]) -> Params:
        """Make the caller's numbers or tensors into parameters, as any cost does, and refuse a `state_dict` by name."""
        names = [name for name, _ in self.module.named_buffers()] if isinstance(values, Mapping) else []
        held = [name for name in names if name in values]
        if held:
            raise SteepestError(
                f"'{held[0]}' is a buffer, no parameter of the cost",
                cause="A state_dict() holds buffers too, such as running statistics, and the cost takes its module's "
                "own",
                remedy="Load it into the module with load_state_dict, and give cost.at_module, or leave at= out",
            )
        return super().params(values)

    @property
    def at_module(self) -> Params:
        """The module's own parameters at this moment, as a copy to start a descent from."""
        return vectors.own(self._parameters)

    def value(self, params: Params) -> Tensor:
        buffers = self._buffers_for(params)

        def total() -> list[Tensor]:
            with self.grad_mode():
                terms = sum(float(loss.detach()) * share for loss, share in self._losses(params, buffers))
            return [torch.tensor(terms, dtype=torch.float64)]

        return self._number(self._sums(self._together(total, at=params))[0], params)

    def value_and_gradient(self, params: Params) -> tuple[Tensor, Params]:
        return self._summed(params, lambda loss, leaves: torch.autograd.grad(loss, leaves, materialize_grads=True))

    def product(self, params: Params, vector: Params) -> Params:
        aims = tuple(vector[name] for name in self.names)

        def products(loss: Tensor, leaves: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            slopes = torch.autograd.grad(loss, leaves, create_graph=True, materialize_grads=True)
            pairs = zip(slopes, aims, strict=True)
            along = torch.stack([(_wide(slope) * aim).sum() for slope, aim in pairs]).sum()
            if not along.requires_grad:  # a loss linear in the parameters has no curvature, and no graph to walk
                return tuple(torch.zeros_like(leaf) for leaf in leaves)
            return torch.autograd.grad(along, leaves, materialize_grads=True)

        return self._summed(params, products)[1]

    def products(self, params: Params) -> Callable[[Params], Params]:
        """Keep the graph of the gradient where there is one batch: a product holds as much at its height anyway."""
        shared = self._sharded and not ranks.alone()  # another rank may have more batches, and ask in another order
        if not isinstance(self.batches, list | tuple) or len(self.batches) != 1 or shared:
            return super().products(params)
        self._refuse_recalibrated()
        leaves = {name: params[name].detach().requires_grad_() for name in self.names}
        inputs = tuple(leaves.values())
        ((loss, _),) = self._losses(leaves, self.fresh_buffers())
        slopes = torch.autograd.grad(_attached(loss), inputs, create_graph=True, materialize_grads=True)
        bent = {name: slope for name, slope in zip(self.names, slopes, strict=True) if slope.requires_grad}

        def product(vector: Params) -> Params:
            if not bent:
                return {name: torch.zeros_like(leaf) for name, leaf in leaves.items()}
            aims = [vector[name] for name in bent]
            parts = torch.autograd.grad(list(bent.values()), inputs, aims, retain_graph=True, materialize_grads=True)
            return dict(zip(self.names, parts, strict=True))

        return product

    def restricted(self, origin: Params, directions: Sequence[Params]) -> Restriction | None:
        """Lead a copy of the module along, sharing what all points have in common; None for the data of many ranks."""
        shared = self._sharded and not ranks.alone()
        return None if shared else shortcuts.restricted(self, origin, directions)

    def _summed(self, params: Params, of: Parts) -> tuple[Tensor, Params]:
        """Mean loss, and the mean over all examples of what `of` makes of each batch's loss."""
        self._refuse_recalibrated()
        leaves = {name: params[name].detach().requires_grad_() for name in self.names}

        def terms() -> list[Tensor]:
            total = 0.0
            sums = [_wide(torch.zeros_like(leaf, requires_grad=False)) for leaf in leaves.values()]
            empty = True
            for loss, share in self._losses(leaves, self.fresh_buffers()):
                parts = [_wide(part) * share for part in of(_attached(loss), tuple(leaves.values()))]
                sums = parts if empty else [old + part for old, part in zip(sums, parts, strict=True)]
                total, empty = total + float(loss.detach()) * share, False
            return [torch.tensor(total, dtype=torch.float64), *sums]

        value, *sums = self._sums(self._together(terms, at=leaves))
        made = {name: part.to(leaves[name].dtype) for name, part in zip(self.names, sums, strict=True)}
        return self._number(value, params), made

    def _together(self, work: Callable[[], T], *, at: Params | None = None) -> T:
        return ranks.agreed(work, at=at) if self._sharded else work()

    def _sums(self, tensors: list[Tensor]) -> list[Tensor]:
        return ranks.summed(tensors) if self._sharded else tensors

    @staticmethod
    def _number(value: Tensor, params: Params) -> Tensor:
        """The cost in the parameters' dtype; that of half precision in float64, for it has three digits."""
        first = next(iter(params.values()))
        return value.to(first.device, torch.float64 if first.dtype.itemsize < 4 else first.dtype)

    def _losses(self, params: Params, buffers: dict[str, Tensor]) -> Iterator[tuple[Tensor, float]]:
        """Each batch's loss and its share of all; a batch that is alone has exactly 1, one that weighs nothing none."""
        seen = 0.0
        policy: Policy | None = "frozen" if self.norms.recalibrated else self.norms.policy
        with as_found(self.batches), self.norms.under(policy):
            for each in self.batches:
                found = self.loss_on(each, params, buffers)
                seen += found.weight
                if found.weight:
                    yield found.loss, found.weight / (self.weight or 1)
        if not math.isclose(seen, self._here, rel_tol=SAME):
            raise SteepestError(
                f"the batches held {self._here:,g} examples at first, and now {seen:,g}",
                remedy="Give batches that are the same each time they are read",
            )

    def loss_on(self, given: Any, params: Params, buffers: dict[str, Tensor]) -> losses.Mean:
        """Compute one batch's mean loss, count its examples and weigh it."""
        moved = batch.moved(given, self.device_of(params))
        try:
            return self.within(losses.loss_of, params, buffers, self.loss, self.of_batch, moved)
        except RuntimeError as error:
            kinds, own = (
                " and ".join(sorted({losses.short(value.dtype) for value in each.values()}))
                for each in (params, self._parameters)
            )
            if kinds == own or "dtype" not in str(error):
                raise
            raise SteepestError(
                f"the parameters given are {kinds}, those of the module {own}",
                cause=f"PyTorch says: {str(error).splitlines()[0][:120]}",
                remedy=f"Give them in {own}, or make the cost of a module and batches in {kinds}",
            ) from error

    def within(self, function: Callable[..., Any], params: Params, buffers: dict[str, Tensor], *given: Any) -> Any:
        """Call a function of the module while parameters and buffers stand in for its own, also inside a loss.

        Buffers that it replaces are replaced in `buffers`, so that a state goes on from one batch to the next.
        """
        stand_ins = {f"module.{name}": value for name, value in (buffers | params).items()}
        found = functional_call(self._whole, stand_ins, (function, *given))
        buffers.update({name: stand_ins[f"module.{name}"] for name in buffers})
        return found

    def fresh_buffers(self) -> dict[str, Tensor]:
        """Copies of the module's buffers, for a pass to change."""
        return {name: value.clone() for name, value in self.module.named_buffers()}

    @staticmethod
    def device_of(params: Params) -> torch.device:
        """Where the parameters are, and batches have to be."""
        return next(iter(params.values())).device

    def _buffers_for(self, params: Params) -> dict[str, Tensor]:
        buffers = self.fresh_buffers()
        if not self.norms.recalibrated:
            return buffers

        def walk() -> None:
            with as_found(self.batches):
                for each in self.batches:
                    self.loss_on(each, params, buffers)

        return self.fresh_buffers() | self.norms.recalibrate(walk, sharded=self._sharded)

    def _refuse_recalibrated(self) -> None:
        if self.norms.recalibrated:
            raise SteepestError(
                'batch_norm="recalibrated" gives costs, and no gradient or curvature',
                cause="Its statistics depend on the parameters through all batches at once",
                remedy='Choose "batch" for these (with one batch of all the data it is the same cost), or "frozen"',
            )


def _chosen(module: torch.nn.Module, only: Sequence[str] | None) -> Params:
    everything = dict(module.named_parameters())
    if only is None:
        chosen = {name: value for name, value in everything.items() if value.requires_grad}
        if not chosen:
            raise SteepestError(
                "no parameter of the module requires a gradient",
                remedy="Unfreeze one with requires_grad_(True), or name those meant with only=[...]",
            )
        return dict(chosen)
    wanted = [only] if isinstance(only, str) else list(only)
    for name in wanted:
        if name not in everything:
            raise SteepestError(f"there is no parameter '{name}'", remedy=near(name, everything))
    if not wanted:
        raise SteepestError("only=[] names no parameter", remedy="Name at least one, or leave only= out")
    return {name: value for name, value in everything.items() if name in wanted}


def _unwrapped(module: Any) -> torch.nn.Module:
    """Take off DistributedDataParallel, whose forward asks other ranks, DataParallel, and what torch.compile makes.

    So parameters have the names that their own module gives them, and its state_dict.
    """
    wrappers = torch.nn.parallel.DistributedDataParallel, torch.nn.DataParallel
    if not isinstance(module, torch.nn.Module):
        raise SteepestError(
            f"the module is of type {type(module).__name__}",
            remedy="Give a torch.nn.Module; several are one in a torch.nn.ModuleDict",
        )
    while True:
        inner = module.module if isinstance(module, wrappers) else getattr(module, "_orig_mod", None)
        if not isinstance(inner, torch.nn.Module):
            return module
        module = inner


def _refuse_unmade(module: torch.nn.Module) -> None:
    """Refuse a lazy module that has no shapes yet."""
    for name, value in module.named_parameters():
        if isinstance(value, torch.nn.parameter.UninitializedParameter):
            raise SteepestError(
                f"parameter '{name}' has no shape yet",
                cause="It is lazy, and gets one at the first forward pass",
                remedy="Call the module once on a batch, then load its weights, then make the cost",
            )


def _copied(gradient: Tensor | None) -> Tensor | None:
    return None if gradient is None else gradient.detach().clone()


def _same(gradient: Tensor | None, kept: Tensor | None) -> bool:
    return gradient is kept if gradient is None or kept is None else gradient.equal(kept)


def _wide(value: Tensor) -> Tensor:
    """Sum half precision in float32."""
    return value.float() if value.dtype.itemsize < 4 else value


def _attached(loss: Tensor) -> Tensor:
    if loss.requires_grad:
        return loss
    raise SteepestError(
        "the loss of a batch does not depend on any parameter",
        cause="It was detached on the way (.detach(), .data, torch.no_grad or a NumPy call inside)",
        remedy="Compute it with torch operations on what the module returns",
    )
