"""A user's loss, of either kind, called on one batch: the mean loss, of how many examples, and what it weighs."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn

from steepest.cost import batches
from steepest.errors import SteepestError

MODULE_AND_BATCH = "module, batch"
"""How a loss names its arguments that is given the module and the batch as it is."""


class Mean(NamedTuple):
    """The mean loss of a batch, how many examples it holds, and what it weighs in the mean over all batches."""

    loss: Tensor
    examples: int
    weight: float
    told: bool
    """Whether the weight is known from the loss, and not only taken to be the number of rows."""


def of_batch(loss: Callable[..., Any]) -> bool:
    """Whether a loss is given the module and the whole batch: it is, where its second argument is named `batch`.

    >>> of_batch(lambda module, batch: module(batch["x"]).mean()), of_batch(torch.nn.functional.mse_loss)
    (True, False)
    """
    signature = _signature(loss)
    if signature is None:
        return False
    places = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = [item.name for item in signature.parameters.values() if item.kind in places]
    return names[1:2] == ["batch"]


def refuse_unfit(loss: Any) -> None:
    """Refuse a loss that cannot be called with what it would be given."""
    if not callable(loss):
        raise SteepestError(
            f"the loss is {type(loss).__name__}, which cannot be called",
            remedy="Give a function, such as torch.nn.functional.mse_loss",
        )
    if isinstance(loss, type):
        raise SteepestError(
            f"the loss is the class {loss.__name__}", remedy=f"Give an instance of it, {loss.__name__}()"
        )
    signature = _signature(loss)
    if signature is None:
        return
    try:
        signature.bind(object(), object())
    except TypeError:
        raise SteepestError(
            f"the loss takes {signature}, and is given two arguments",
            remedy="Give a function of (outputs, targets), or one whose arguments are named `module, batch`",
        ) from None


class Whole(nn.Module):
    """A module within which any function of it can be called while other parameters stand in for its own."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, function: Callable[..., Any], *given: Any) -> Any:
        """Call the function with the module."""
        return function(self.module, *given)


def outputs_of(module: nn.Module, inputs: Any) -> Any:
    """Give inputs to a module: a dict as keywords, a tuple as arguments, anything else as the only one."""
    if isinstance(inputs, Mapping):
        return module(**inputs)
    return module(*inputs) if isinstance(inputs, tuple | list) else module(inputs)


def loss_of(module: nn.Module, loss: Callable[..., Any], whole: bool, batch: Any) -> Mean:
    """Call a loss on a batch: its mean, and what that is the mean of."""
    if whole:
        return counted(loss(module, batch), batch)
    inputs, targets = batches.split(batch)
    return counted(loss(outputs_of(module, inputs), targets), targets, weight_of(loss, targets))


def counted(found: Any, examples: Any, weight: float | None = None) -> Mean:
    """Take a loss apart that says its own count; count the examples of one that does not, which weigh alike."""
    sizes = batches.sizes(examples)
    if isinstance(found, tuple) and len(found) == 2:
        count = _count(found[1])
        whole = isinstance(found[1], int) or (isinstance(found[1], Tensor) and not found[1].is_floating_point())
        rows = round(count) if whole or len(sizes) != 1 else sizes[0]  # a sum of weights counts no examples
        return Mean(_number(found[0]), max(1, rows), count, told=True)
    loss = _number(found)
    if len(sizes) != 1 or not sizes[0]:
        told = f"its tensors have {' and '.join(map(str, sizes))} rows" if sizes else "no tensor in it has rows"
        raise SteepestError(
            f"how many examples a batch holds is not known: {told}",
            remedy="Give tensors with one row for each example, or return from the loss the pair (loss, count) with "
            "how many examples it is the mean of",
        )
    return Mean(loss, sizes[0], sizes[0] if weight is None else weight, told=weight is not None)


def weight_of(loss: Callable[..., Any], targets: Any) -> float | None:
    """Give what torch's cross-entropy divides by: targets that are not left out, each with its class's own weight.

    None for another loss, and for targets that are probabilities.

    >>> weight_of(nn.CrossEntropyLoss(ignore_index=0, weight=torch.tensor([1.0, 2.0, 0.5])), torch.tensor([0, 1, 1, 2]))
    4.5
    """
    options: dict[str, Any] = {}
    if isinstance(loss, functools.partial) and not loss.args:
        options, loss = loss.keywords, loss.func
    if type(loss) in (nn.CrossEntropyLoss, nn.NLLLoss):
        options = vars(loss) | dict(cast("nn.Module", loss).named_buffers())
    elif not any(loss is each for each in (nn.functional.cross_entropy, nn.functional.nll_loss)):
        return None
    if not isinstance(targets, Tensor) or targets.is_floating_point():
        return None
    counting = targets[targets != options.get("ignore_index", -100)]
    weights = options.get("weight")
    return float(counting.numel() if weights is None else weights.double()[counting.long()].sum())


def _number(loss: Any) -> Tensor:
    if isinstance(loss, Tensor) and not loss.ndim and not loss.is_complex():
        return loss
    plain = isinstance(loss, int | float)
    raise SteepestError(
        f"the loss of a batch is {tuple(loss.shape) if isinstance(loss, Tensor) else type(loss).__name__}, and must be "
        "one number" + (" as a tensor" if plain else ""),
        cause="Was it turned into a plain number, with .item() or float()?" if plain else "reduction='none'?",
        remedy="Return the tensor itself"
        if plain
        else "Give a loss that averages over the batch, as torch's do with reduction='mean'",
    )


def _count(count: Any) -> float:
    number = float(count) if isinstance(count, Tensor) and count.numel() == 1 else count
    if isinstance(number, int | float) and not isinstance(number, bool) and number > 0 and math.isfinite(number):
        return float(number)
    raise SteepestError(
        f"the loss says that it is the mean of {number!r} examples",
        remedy="Return (loss, count) with a number above 0 (examples, words, the sum of their weights), or the loss "
        "alone",
    )


def _signature(loss: Any) -> inspect.Signature | None:
    try:
        return inspect.signature(loss.forward if isinstance(loss, nn.Module) else loss)
    except (TypeError, ValueError):  # a builtin that does not tell
        return None


def short(dtype: torch.dtype) -> str:
    """A dtype's name without its library."""
    return str(dtype).removeprefix("torch.")
