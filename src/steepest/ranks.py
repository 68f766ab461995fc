"""All of torch.distributed: sums, faults and names shared by the ranks; identity when alone.

What is summed are sums and counts, in float64, never means of means. Every rank asks the same questions in the same
order: a fault on one of them is told to all, so that none waits for ever.
"""

from __future__ import annotations

import math
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from typing import Any, TypeVar

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


@contextmanager
def started() -> Iterator[None]:
    """Start the ranks that torchrun made, and end them; do nothing without torchrun, or where they run already."""
    if _launched() < 2 or not dist.is_available() or dist.is_initialized():
        yield
        return
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    try:
        yield
    finally:
        dist.destroy_process_group()


def refuse_unstarted() -> None:
    """Raise where torchrun started several ranks that do not know of each other yet.

    Alone each would take its own shard for all the data.
    """
    if _launched() < 2 or (dist.is_available() and dist.is_initialized()):
        return
    raise SteepestError(
        f"WORLD_SIZE says that this is one of {_launched()} ranks, and torch.distributed has not been started",
        cause="Each rank would take its own shard for all the data",
        remedy="Call torch.distributed.init_process_group() first",
    )


def refuse_many(what: str) -> None:
    """Raise where torchrun has started many ranks for what one process does with all the data.

    >>> refuse_many("steepest descend")
    """
    if (many := _launched()) > 1:
        raise SteepestError(
            f"it is one of {many} ranks, and {what} shards nothing: each would do the same, and write the same files",
            remedy="Start it without torchrun; descend(cost, save=...) in Python shares a sharded cost over ranks",
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


def gathered(rows: Tensor) -> Tensor:
    """Lay the ranks' rows end to end, however many each has, in the order of the ranks; NaN and infinity stay.

    >>> gathered(torch.ones(2, 1))
    tensor([[1.],
            [1.]])
    """
    if alone():
        return rows
    counts = stacked(torch.tensor(len(rows))).tolist()
    if not max(counts):
        return rows
    padded = rows.new_zeros(max(counts), *rows.shape[1:])
    padded[: len(rows)] = rows
    return torch.cat([part[:count] for part, count in zip(stacked(padded), counts, strict=True)])


def sent(params: Params) -> Params:
    """Give every rank the tensors of rank 0, which may have been worked out with other roundings elsewhere.

    >>> sent({"m": torch.tensor(1.0)})
    {'m': tensor(1.)}
    """
    if alone():
        return params
    made: Params = {}
    for name, value in params.items():
        travelling = value.detach().to(_device(), copy=True).contiguous()
        dist.broadcast(travelling, 0)
        made[name] = travelling.to(value.device)
    return made


def in_pieces(value: object) -> bool:
    """Whether a tensor is a DTensor, of which each rank holds a piece; what makes them is not imported for it.

    >>> in_pieces(torch.ones(2))
    False
    """
    made_by = sys.modules.get("torch.distributed.tensor")
    return made_by is not None and isinstance(value, made_by.DTensor)


def sharding_of(module: torch.nn.Module) -> str:
    """Name what splits a module's parameters over the ranks; empty where each rank holds them whole.

    >>> sharding_of(torch.nn.Linear(2, 1))
    ''
    """
    made_by = sys.modules.get("torch.distributed.fsdp")
    for kind, told in (("FullyShardedDataParallel", "FullyShardedDataParallel"), ("FSDPModule", "fully_shard")):
        if any(isinstance(each, getattr(made_by, kind, ())) for each in module.modules()):
            return told
    return "DTensor" if any(in_pieces(value) for value in module.parameters()) else ""


def refuse_pieces(module: torch.nn.Module) -> None:
    """Raise for a module that each rank holds a piece of: it cannot be asked at other parameters than its own."""
    if told := sharding_of(module):
        raise SteepestError(
            f"the module's parameters are in pieces over the ranks, by {told}",
            cause="A cost is asked at whole parameters, and such a module computes with its own pieces only",
            remedy="Make the cost of a module that is not split, with the weights of torch.distributed.checkpoint."
            "state_dict.get_model_state_dict(model, options=StateDictOptions(full_state_dict=True)); what sharded=True "
            "splits is the data",
        )


def piece(value: Any, *, like: Any = None) -> Tensor:
    """Give this rank's piece of a tensor, laid out as those of `like`; all of it where it is no DTensor."""
    if not in_pieces(value):
        return value
    if like is not None and value.placements != like.placements:
        value = value.redistribute(placements=like.placements)  # asks the other ranks, as the optimizer would
    return value.to_local()


def whole(piece: Tensor, *, like: Any) -> Tensor:
    """Put the ranks' pieces together, laid out as those of `like`; all ranks that hold one must ask together."""
    if not in_pieces(like):
        return piece
    from torch.distributed.tensor import DTensor

    there = piece.to(like.device_mesh.device_type)
    layout: dict[str, Any] = {"shape": like.shape, "stride": like.stride(), "run_check": False}
    return DTensor.from_local(there, like.device_mesh, like.placements, **layout).full_tensor().to(piece.device)


def added(table: Tensor, pieces_of: Sequence[Any]) -> Tensor:
    """Sum a table's columns, one a tensor, over the ranks that hold different pieces of it; float64.

    >>> added(torch.ones(1, 2), [torch.zeros(3), torch.zeros(4)])
    tensor([[1., 1.]], dtype=torch.float64)
    """
    table = table.to(torch.float64, copy=True)
    columns: dict[tuple[Any, int], list[int]] = {}
    for column, value in enumerate(pieces_of):
        for dim, place in enumerate(value.placements if in_pieces(value) else ()):
            if not place.is_replicate():
                columns.setdefault((value.device_mesh, dim), []).append(column)
    for (mesh, dim), chosen in columns.items():
        part = table[..., chosen].to(mesh.device_type)
        dist.all_reduce(part, group=mesh.get_group(dim))
        table[..., chosen] = part.to(table.device)
    return table


def averaged(numbers: Tensor, pieces_of: Sequence[Any]) -> Tensor:
    """Mean of each number over all ranks that hold a piece of the tensors; all of them must ask together."""
    mesh = _mesh(pieces_of)
    total = numbers.to(mesh.device_type, copy=True)
    for dim in range(mesh.ndim):
        dist.all_reduce(total, group=mesh.get_group(dim))
    return (total / mesh.size()).to(numbers.device)


def holders(pieces_of: Sequence[Any]) -> int:
    """Over how many ranks the tensors are spread."""
    return _mesh(pieces_of).size()


def _mesh(pieces_of: Sequence[Any]) -> Any:
    """The largest mesh of ranks: a model may have tensors on parts of it."""
    return max((value.device_mesh for value in pieces_of if in_pieces(value)), key=lambda mesh: mesh.size())


def clock() -> float:
    """Rank 0's clock in seconds, so that all ranks find that time is up at the same moment; all must ask together."""
    return float(stacked(torch.tensor(time.monotonic(), dtype=torch.float64))[0])


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


@contextmanager
def undisturbed() -> Iterator[Callable[[], None]]:
    """Hold Ctrl-C back inside, for a rank that leaves alone keeps the others waiting; a second one goes through.

    The function given lets it out, and is to be called where all ranks will hear of it: in work that is `agreed`.
    """
    if alone() or threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    held: list[int] = []
    before = signal.getsignal(signal.SIGINT)

    def hold(number: int, frame: object) -> None:
        held.append(number)
        if len(held) > 1:
            let_out()

    def let_out() -> None:
        if held:
            held.clear()
            if callable(before):
                before(signal.SIGINT, None)
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, hold)
    try:
        yield let_out
    finally:
        signal.signal(signal.SIGINT, before)
    let_out()


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


def _launched() -> int:
    """How many ranks torchrun says that there are; 1 where it says nothing."""
    size = os.environ.get("WORLD_SIZE", "1")
    return int(size) if size.isdigit() else 1


def _device() -> torch.device:
    """Where the ranks' backend can work: NCCL knows GPUs only."""
    return torch.device("cuda", torch.cuda.current_device()) if dist.get_backend() == "nccl" else torch.device("cpu")
