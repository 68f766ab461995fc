"""A user's loss, of either kind, called on one batch: the mean loss and over how many examples it is one."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from steepest.cost import batches
from steepest.errors import SteepestError

MODULE_AND_BATCH = "module, batch"
"""How a loss names its arguments that is given the module and the batch as it is."""


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


def loss_of(module: nn.Module, loss: Callable[..., Any], whole: bool, batch: Any) -> tuple[Tensor, int]:
    """Call a loss on a batch: its mean, and the number of examples that it is the mean of."""
    if whole:
        return counted(loss(module, batch), batch)
    inputs, targets = batches.split(batch)
    return counted(loss(outputs_of(module, inputs), targets), targets)


def counted(found: Any, examples: Any) -> tuple[Tensor, int]:
    """Take a loss apart that says its own count; count the examples of one that does not."""
    if isinstance(found, tuple) and len(found) == 2:
        return _number(found[0]), _count(found[1])
    loss, sizes = _number(found), batches.sizes(examples)
    if len(sizes) != 1 or not sizes[0]:
        told = f"its tensors have {' and '.join(map(str, sizes))} rows" if sizes else "no tensor in it has rows"
        raise SteepestError(
            f"how many examples a batch holds is not known: {told}",
            remedy="Give tensors with one row for each example, or return from the loss the pair (loss, count) with "
            "how many examples it is the mean of",
        )
    return loss, sizes[0]


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


def _count(count: Any) -> int:
    number = float(count) if isinstance(count, Tensor) and count.numel() == 1 else count
    if isinstance(number, int | float) and not isinstance(number, bool) and number > 0 and number == int(number):
        return int(number)
    raise SteepestError(
        f"the loss says that it is the mean of {number!r} examples",
        remedy="Return (loss, count) with a whole number above 0, or the loss alone",
    )


def _signature(loss: Any) -> inspect.Signature | None:
    try:
        return inspect.signature(loss.forward if isinstance(loss, nn.Module) else loss)
    except (TypeError, ValueError):  # a builtin that does not tell
        return None


def short(dtype: torch.dtype) -> str:
    """A dtype's name without its library."""
    return str(dtype).removeprefix("torch.")
