"""All of torch.distributed: sums, faults and names shared by the ranks; identity when alone.

What is summed are sums and counts, in float64, never means of means. Every rank asks the same questions in the same
order: a fault on one of them is told to all, so that none waits for ever.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import TypeVar

import torch
from torch import Tensor
from torch import distributed as dist

from steepest.errors import SteepestError
from steepest.vectors import Params

T = TypeVar("T")


def count() -> int:
    """How many ranks there are; 1 where torch.distributed was not started.

    >>> count(), rank(), alone()
    (1, 0, True)
    """
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def rank() -> int:
    """Which of the ranks this is, from 0."""
    return dist.get_rank() if count() > 1 else 0


def alone() -> bool:
    """Whether there is no other rank."""
    return count() == 1


def refuse_unstarted() -> None:
    """Raise where torchrun started several ranks that do not know of each other yet.

    Alone each would take its own shard for all the data.
    """
    size = os.environ.get("WORLD_SIZE", "1")
    if not size.isdigit() or int(size) < 2 or (dist.is_available() and dist.is_initialized()):
        return
    raise SteepestError(
        f"WORLD_SIZE says that this is one of {size} ranks, and torch.distributed has not been started",
        cause="Each rank would take its own shard for all the data",
        remedy="Call torch.distributed.init_process_group() first",
    )


def summed(tensors: Sequence[Tensor]) -> list[Tensor]:
    """Sum tensors of the same shapes over all ranks, in float64; each comes back in its own dtype, on its own device.

    >>> summed([torch.tensor(3)])
    [tensor(3)]
    """
    if alone():
        return list(tensors)
    whole = torch.cat([value.detach().reshape(-1).to(_device(), torch.float64) for value in tensors])
    dist.all_reduce(whole)
    pieces = whole.split([value.numel() for value in tensors])
    return [piece.reshape(value.shape).to(value) for piece, value in zip(pieces, tensors, strict=True)]


def stacked(tensor: Tensor) -> Tensor:
    """Lay the ranks' tensors, all of one shape, one upon the other; shape `(ranks, ...)`, in the order of the ranks.

    >>> stacked(torch.ones(2))
    tensor([[1., 1.]])
    """
    if alone():
        return tensor[None]
    own = tensor.detach().to(_device()).contiguous()
    parts = [torch.empty_like(own) for _ in range(count())]
    dist.all_gather(parts, own)
    return torch.stack(parts).to(tensor.device)


def agreed(work: Callable[[], T], *, at: Params | None = None) -> T:
    """Do this rank's part of the work, which asks no other rank, and raise on all of them where it failed on one.

    With `at`, raises also where the ranks are at different points: sums of gradients would then mean nothing.

    >>> agreed(lambda: 2)
    2
    """
    if alone():
        return work()
    result, fault = None, None
    try:
        result = work()
    except BaseException as error:  # also Ctrl-C on one rank: the others must not wait for it
        fault = error
    size, total = (0.0, 0.0) if at is None else _fingerprint(at)
    asked = torch.tensor([fault is not None, size, -size, total, -total], dtype=torch.float64, device=_device())
    dist.all_reduce(asked, dist.ReduceOp.MAX)
    failed, largest, least, upper, lower = asked.tolist()
    if failed:
        _tell(fault)
    if max(largest + least, upper + lower) > 1e-9 * largest:
        raise SteepestError(
            f"the ranks are at different points: the parameters' absolute values add up to {-least:.9g} on one and to "
            f"{largest:.9g} on another",
            cause="Was each started at random, with a seed of its own?",
            remedy="Start all from the same parameters, with torch.distributed.broadcast or a common seed",
        )
    return result  # pyright: ignore[reportReturnType]  # no fault, so the work has been done


def refuse_unlike(what: str, items: Sequence[str]) -> None:
    """Raise on every rank where a list of descriptions differs from one to another; says the first that does.

    >>> refuse_unlike("parameters", ["w (3, 1)"])
    """
    told = [text.split("\n") for text in _texts("\n".join(items))]
    for place, other in enumerate(told):
        if other != told[0]:
            first, found = next(pair for pair in zip_longest(told[0], other) if pair[0] != pair[1])
            raise SteepestError(
                f"the ranks differ in their {what}: rank 0 has {first or 'nothing more'}, rank {place} has "
                f"{found or 'nothing more'}",
                remedy="Make the same on every rank; only the examples may differ",
            )


def _tell(fault: BaseException | None) -> None:
    """Raise a rank's own fault there, and on the others one that says whose it was."""
    own = fault is not None and isinstance(fault, SteepestError)
    kind = "" if fault is None else "asked" if own else type(fault).__name__
    told = _texts("" if fault is None else f"{kind}\n{str(fault)[:2000]}")
    if fault is not None:
        raise fault
    place = next(index for index, text in enumerate(told) if text)
    kind, _, sentence = told[place].partition("\n")
    if kind == "asked":
        raise SteepestError(f"on rank {place}, {sentence}")
    if kind == KeyboardInterrupt.__name__:  # whoever keeps what there is after Ctrl-C does so on every rank
        raise KeyboardInterrupt
    raise RuntimeError(f"on rank {place}: {kind}: {sentence}")


def _texts(text: str) -> list[str]:
    """Every rank's text, in the order of the ranks."""
    data = text.encode()
    size = int(stacked(torch.tensor(len(data))).max())
    padded = torch.zeros(size, dtype=torch.uint8)
    padded[: len(data)] = torch.tensor(list(data), dtype=torch.uint8)
    return [bytes(row).rstrip(b"\0").decode(errors="replace") for row in stacked(padded).tolist()]


def _fingerprint(params: Params) -> tuple[float, float]:
    """Sum of absolute values, and sum: equal on all ranks to rounding, where they are at the same point."""
    values = [value.detach() for value in params.values()]
    size = sum(float(torch.linalg.vector_norm(value, ord=1, dtype=torch.float64)) for value in values)
    total = sum(float(value.sum(dtype=torch.float64)) for value in values)
    return (size, total) if math.isfinite(size) else (0.0, 0.0)


def _device() -> torch.device:
    """Where the ranks' backend can work: NCCL knows GPUs only."""
    return torch.device("cuda", torch.cuda.current_device()) if dist.get_backend() == "nccl" else torch.device("cpu")
