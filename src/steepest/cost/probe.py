"""A user's world looked at once, to refuse early what is no function of the parameters alone."""

from __future__ import annotations

import inspect
import math
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from steepest.cost import batches, losses
from steepest.errors import SteepestError

if TYPE_CHECKING:
    from steepest.cost.module import ModuleCost

UNEVEN = 1e-3
"""How far a loss may be from the mean of its halves' and still be a mean over rows: what autocast may round."""


@contextmanager
def as_found(source: object) -> Iterator[None]:
    """Put random states back, the global ones and those of a DataLoader's own generators, whatever happens inside."""
    owned = [
        generator
        for each in (source, getattr(source, "sampler", None))
        if isinstance(generator := getattr(each, "generator", None), torch.Generator)
    ]
    kept = [generator.get_state() for generator in owned]
    states = torch.get_rng_state(), random.getstate(), np.random.get_state()  # noqa: NPY002  # theirs, to restore
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None
    try:
        yield
    finally:
        for generator, state in zip(owned, kept, strict=True):
            generator.set_state(state)
        torch.set_rng_state(states[0])
        random.setstate(states[1])
        np.random.set_state(states[2])  # noqa: NPY002
        if cuda is not None:
            torch.cuda.set_rng_state_all(cuda)


def probe(cost: ModuleCost, *, alone: bool) -> tuple[float, int]:
    """Read the batches twice; return what they weigh, and how many examples they hold, which may be none at all.

    Whether there is no batch on any rank is for the ranks together to judge, unless this one is `alone`.
    """
    params = cost.at_module
    with cost.norms.under("batch" if cost.norms.recalibrated else cost.norms.policy), cost.grad_mode():
        with as_found(cost.batches):
            head = next(iter(cost.batches), None)
            if head is None:
                return 0.0, 0
            tried = _tried(cost, batches.moved(head, cost.device_of(params)))
            _refuse_sum(tried)
        with as_found(cost.batches):
            first, second = _pass(cost), _pass(cost)
        _refuse_disagreement(cost.module, [found[0] for found in first], [found[0] for found in second])
        cost.by_rows = _is_mean_of_rows(cost, tried)
        if not cost.by_rows and (len(first) > 1 or not alone):
            _refuse_weights(tried)
    return sum(found[1] for found in first), sum(found[2] for found in first)


def _pass(cost: ModuleCost) -> list[tuple[float, float, int]]:
    buffers = cost.fresh_buffers()
    found = (cost.loss_on(batch, cost.at_module, buffers) for batch in cost.batches)
    return [(float(each.loss.detach()), each.weight, each.examples) for each in found]


def _refuse_disagreement(module: nn.Module, first: list[float], second: list[float]) -> None:
    if len(first) != len(second):
        raise SteepestError(
            f"two passes over the batches gave {len(first)}, then {len(second)}",
            remedy="Give batches that are the same each time they are read",
        )
    for before, after in zip(first, second, strict=True):
        # The same operations in another order, as on a GPU, agree to many more digits than these five.
        if not math.isclose(before, after, rel_tol=1e-5, abs_tol=1e-12) and not math.isnan(before + after):
            dropout = [
                type(part).__name__ for part in module.modules() if "Dropout" in type(part).__name__ and part.training
            ]
            raise SteepestError(
                f"two passes over the same batches disagree: a loss of {before:.6g}, then {after:.6g}",
                cause=f"{dropout[0]} is live"
                if dropout
                else "Are the batches shuffled or augmented on the way, or is something drawn at random in the loss?",
                remedy="Call module.eval()" if dropout else "Give the same batches in the same order at each pass",
            )


@dataclass(frozen=True)
class Tried:
    """The loss of a batch and of its two halves, of which there are none where that says nothing."""

    whole: losses.Mean
    halves: tuple[losses.Mean, ...] = ()

    @property
    def summed(self) -> float:
        """The sum of the halves' losses."""
        return sum(float(half.loss.detach()) for half in self.halves)

    @property
    def mean(self) -> float:
        """The mean of the halves' losses, by their weights."""
        return sum(float(half.loss.detach()) * half.weight for half in self.halves if half.weight) / self.whole.weight

    @property
    def told(self) -> str:
        """The halves' losses."""
        return " and ".join(f"{float(half.loss.detach()):.6g}" for half in self.halves)


def _tried(cost: ModuleCost, head: Any) -> Tried:
    if cost.of_batch:
        whole = cost.loss_on(head, cost.at_module, cost.fresh_buffers())
    else:
        inputs, targets = batches.split(head)
        outputs = _outputs(cost, inputs)
        _refuse_broadcasting(outputs, targets)
        whole = losses.counted(_called(cost.loss, outputs, targets), targets, losses.weight_of(cost.loss, targets))
    value, count = float(whole.loss.detach()), whole.examples
    rows = [part for part in (slice(None, count // 2), slice(count // 2, None)) if count > 1]
    if not rows or not math.isfinite(value) or value == 0 or batches.sizes(head) != [count] or _says(head, count):
        return Tried(whole)
    try:
        halves = tuple(cost.loss_on(batches.rows(head, part), cost.at_module, cost.fresh_buffers()) for part in rows)
    except Exception:  # a batch of another size may be more than the module can take, and then nothing is known
        return Tried(whole)
    return Tried(whole, halves if sum(half.examples for half in halves) == count else ())


def _says(head: Any, count: int) -> bool:
    """Whether a batch holds its own size as a number, by which a loss may divide, and which halves would keep."""
    if isinstance(head, dict | tuple | list):
        return any(_says(part, count) for part in (head.values() if isinstance(head, dict) else head))
    alone = isinstance(head, torch.Tensor) and not head.ndim
    return (alone or isinstance(head, int | float)) and float(head) == count


def _refuse_sum(tried: Tried) -> None:
    value = float(tried.whole.loss.detach())
    if (
        tried.halves
        and math.isclose(value, tried.summed, rel_tol=1e-4)
        and not math.isclose(value, tried.mean, rel_tol=1e-2)
    ):
        raise SteepestError(
            f"the loss of {tried.whole.examples} examples is {value:.6g}, the sum of its halves' {tried.told}",
            cause="The loss is a sum over the batch, and a learning rate would depend on the batch size",
            remedy="Give one that averages, as torch's do with reduction='mean'",
        )


def _is_mean_of_rows(cost: ModuleCost, tried: Tried) -> bool:
    """Whether batches may weigh by their rows: said by the loss itself, or borne out by the halves of a batch.

    Not asked of half precision, which rounds as much, and of norms that make each example's loss depend on the others.
    """
    together = bool(cost.norms.parts) and cost.norms.policy in ("batch", "recalibrated")
    if tried.whole.told or not tried.halves or together or tried.whole.loss.dtype.itemsize < 4:
        return True
    size = max(abs(float(half.loss.detach())) for half in tried.halves)
    return not abs(float(tried.whole.loss.detach()) - tried.mean) > UNEVEN * size


def _refuse_weights(tried: Tried) -> None:
    raise SteepestError(
        f"the loss of {tried.whole.examples} examples is {float(tried.whole.loss.detach()):.6g}, and its halves' "
        f"{tried.told} have the mean {tried.mean:.6g}",
        cause="It averages over something else than rows (words without padding, weights), so how much each batch "
        "weighs is not known",
        remedy="Return the pair (loss, count) with what it divides by, or give one batch of all the data",
    )


def _outputs(cost: ModuleCost, inputs: Any) -> Any:
    try:
        return cost.within(losses.outputs_of, cost.at_module, cost.fresh_buffers(), inputs)
    except RuntimeError as error:
        own = {value.dtype for value in cost.at_module.values()}
        given = {part.dtype for part in batches.tensors(inputs) if part.is_floating_point()}
        if not given or given <= own or "dtype" not in str(error):
            raise
        floats = " and ".join(sorted(map(losses.short, given))), " and ".join(sorted(map(losses.short, own)))
        raise SteepestError(
            f"the inputs are {floats[0]} and the module's parameters {floats[1]}",
            cause=f"PyTorch says: {str(error).splitlines()[0][:120]}",
            remedy=f"Turn the inputs into {floats[1]}, or the module into {floats[0]}",
        ) from error
    except TypeError as error:
        given = "a dict, as keywords" if isinstance(inputs, dict) else "a tuple, as arguments"
        if not isinstance(inputs, dict | tuple | list) or not _misfits(cost.module, inputs):
            raise
        raise SteepestError(
            f"the module's forward takes {inspect.signature(cost.module.forward)}, and is given {given}",
            cause=f"Python says: {error}",
            remedy="Give inputs that fit it, or a loss whose arguments are named `module, batch`",
        ) from error


def _misfits(module: nn.Module, inputs: Any) -> bool:
    signature = inspect.signature(module.forward)
    try:
        signature.bind(**inputs) if isinstance(inputs, dict) else signature.bind(*inputs)
    except TypeError:
        return True
    return False


def _called(loss: Callable[..., Any], outputs: Any, targets: Any) -> Any:
    try:
        return loss(outputs, targets)
    except (TypeError, AttributeError) as error:
        raise SteepestError(
            f"the loss cannot be called with the outputs and the targets of a batch: {error}",
            cause="Is it meant for the module and the whole batch?",
            remedy="Then name its arguments so, `lambda module, batch: ...`; else make it one of (outputs, targets)",
        ) from error


def _refuse_broadcasting(outputs: Any, targets: Any) -> None:
    both = isinstance(outputs, Tensor) and isinstance(targets, Tensor)
    if both and targets.is_floating_point() and outputs.shape != targets.shape and _broadcast(outputs, targets):
        raise SteepestError(
            f"estimates have shape {tuple(outputs.shape)} and targets {tuple(targets.shape)}",
            cause="Broadcasting would compare every estimate with every target",
            remedy="Give both the same shape, with targets.reshape(...) or estimates.squeeze(...)",
        )


def _broadcast(outputs: Tensor, targets: Tensor) -> bool:
    """Whether torch would stretch one to the other without a word; shapes that do not fit are the loss's own affair."""
    pairs = zip(reversed(outputs.shape), reversed(targets.shape), strict=False)
    return all(left == right or 1 in (left, right) for left, right in pairs)
