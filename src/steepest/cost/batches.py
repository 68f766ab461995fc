"""What a batch may be: tensors in tuples, lists and dicts, however nested; its parts, its size, its halves."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from steepest.errors import SteepestError


def refuse_unreadable(batches: object) -> None:
    """Refuse what is not batches that can be read again and again."""
    kind = type(batches).__name__
    if isinstance(batches, Iterator):  # asking iter() itself would draw from the global generator
        raise SteepestError(
            f"the batches are a {kind}, which can be read only once", remedy="Give a list of batches or a DataLoader"
        )
    if isinstance(batches, Tensor | Mapping):
        raise SteepestError(
            f"the batches are one {kind}, not a collection of batches",
            remedy="For one batch of all the data give a list that holds it, [batch]",
        )
    if isinstance(batches, torch.utils.data.Dataset) and not isinstance(batches, torch.utils.data.IterableDataset):
        raise SteepestError(
            f"the batches are a {kind}, whose items are single examples",
            remedy="Give a DataLoader of it, torch.utils.data.DataLoader(dataset, batch_size=...)",
        )
    if not isinstance(batches, Iterable):
        raise SteepestError(
            f"the batches are {kind}, which cannot be iterated over", remedy="Give a list of batches or a DataLoader"
        )


def split(batch: Any) -> tuple[Any, Any]:
    """Part a batch into inputs and targets: of more than two parts, the last is the targets."""
    if not isinstance(batch, tuple | list) or len(batch) < 2:
        raise SteepestError(
            f"a batch is {type(batch).__name__}"
            + (f" of {len(batch)}" if isinstance(batch, tuple | list) else "")
            + ", not (inputs, targets)",
            cause="Were inputs and targets given in place of a list of batches?" if isinstance(batch, Tensor) else "",
            remedy="Give batches as [(inputs, targets), ...], where inputs may be a tensor, a tuple or a dict; or, for "
            "batches of any kind, a loss whose arguments are named `module, batch`",
        )
    return (batch[0], batch[1]) if len(batch) == 2 else (tuple(batch[:-1]), batch[-1])


def tensors(value: Any) -> Iterator[Tensor]:
    """All tensors in a batch, in their order."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Mapping | tuple | list):
        for part in value.values() if isinstance(value, Mapping) else value:
            yield from tensors(part)


def sizes(value: Any) -> list[int]:
    """The first dimensions of a batch's tensors, each once; numbers without dimensions have none.

    >>> sizes({"x": torch.ones(4, 2), "more": [torch.ones(4), torch.tensor(1.0)]})
    [4]
    """
    return list(dict.fromkeys(len(part) for part in tensors(value) if part.ndim))


def moved(value: Any, device: torch.device) -> Any:
    """Bring a batch's tensors to a device; what is there already stays the very object that it is."""
    if isinstance(value, Tensor):
        return value.to(device)
    if isinstance(value, Mapping | tuple | list):
        if all(part.device == device for part in tensors(value)):
            return value
        if hasattr(value, "to"):  # the batches of Hugging Face, which are moved in place
            return copy.copy(value).to(device)  # pyright: ignore[reportAttributeAccessIssue]
    elif callable(getattr(value, "to", None)):
        return value.to(device)
    return _each(value, lambda part: moved(part, device))


def rows(value: Any, chosen: slice) -> Any:
    """Take some of a batch's examples.

    >>> rows({"x": torch.arange(4), "scale": 2.0}, slice(None, 2))
    {'x': tensor([0, 1]), 'scale': 2.0}
    """
    if isinstance(value, Tensor):
        return value[chosen] if value.ndim else value
    return _each(value, lambda part: rows(part, chosen))


def _each(value: Any, change: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: change(part) for key, part in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(change(part) for part in value))
    if isinstance(value, tuple | list):
        return type(value)(change(part) for part in value)
    return value
