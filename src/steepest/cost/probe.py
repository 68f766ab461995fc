"""A user's world looked at once, to refuse early what is no function of the parameters alone."""

from __future__ import annotations

import inspect
import math
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from steepest.cost import batches, losses
from steepest.errors import SteepestError

if TYPE_CHECKING:
    from steepest.cost.module import ModuleCost


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


def probe(cost: ModuleCost) -> int:
    """Read the batches twice; return how many examples they hold. None at all is for the ranks together to judge."""
    params = cost.at_module
    with cost.norms.under("batch" if cost.norms.recalibrated else cost.norms.policy), torch.no_grad():
        with as_found(cost.batches):
            head = next(iter(cost.batches), None)
            if head is None:
                return 0
            _refuse_wrong_loss(cost, batches.moved(head, cost.device_of(params)))
        with as_found(cost.batches):
            first, second = _pass(cost), _pass(cost)
        _refuse_disagreement(cost.module, [loss for loss, _ in first], [loss for loss, _ in second])
    return sum(count for _, count in first)


def _pass(cost: ModuleCost) -> list[tuple[float, int]]:
    buffers = cost.fresh_buffers()
    pairs = (cost.loss_on(batch, cost.at_module, buffers) for batch in cost.batches)
    return [(float(loss), count) for loss, count in pairs]


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


def _refuse_wrong_loss(cost: ModuleCost, head: Any) -> None:
    if cost.of_batch:
        whole, count = cost.loss_on(head, cost.at_module, cost.fresh_buffers())
    else:
        inputs, targets = batches.split(head)
        outputs = _outputs(cost, inputs)
        _refuse_broadcasting(outputs, targets)
        whole, count = losses.counted(_called(cost.loss, outputs, targets), targets)
    halves = [rows for rows in (slice(None, count // 2), slice(count // 2, None)) if count > 1]
    if not halves or not math.isfinite(float(whole)) or float(whole) == 0 or batches.sizes(head) != [count]:
        return
    try:
        left, right = (cost.loss_on(batches.rows(head, half), cost.at_module, cost.fresh_buffers()) for half in halves)
    except Exception:  # a batch of another size may be more than the module can take, and then nothing is known
        return
    if left[1] + right[1] != count:
        return
    summed = float(left[0] + right[0])
    mean = (float(left[0]) * left[1] + float(right[0]) * right[1]) / count
    if math.isclose(float(whole), summed, rel_tol=1e-4) and not math.isclose(float(whole), mean, rel_tol=1e-2):
        raise SteepestError(
            f"the loss of {count} examples is {float(whole):.6g}, the sum of its halves' {float(left[0]):.6g} and "
            f"{float(right[0]):.6g}",
            cause="The loss is a sum over the batch, and a learning rate would depend on the batch size",
            remedy="Give one that averages, as torch's do with reduction='mean'",
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
