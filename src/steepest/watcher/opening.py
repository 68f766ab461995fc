"""watch(): begin to watch a loop, the kind of its parameters being what it is."""

from __future__ import annotations

from pathlib import Path

import torch

from steepest import ranks
from steepest.errors import door
from steepest.watcher.pieces import WatchOfPieces
from steepest.watcher.session import Watch
from steepest.watcher.snapshots import MEMORY
from steepest.watcher.subject import innermost


def watch(
    model: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    *,
    scaler: torch.amp.GradScaler | None = None,
    save: str | Path | None = None,
    force: bool = False,
    memory: int = MEMORY,
) -> Watch:
    """Watch a training loop of the user's own: what `descend` records, from whatever optimizer makes the steps.

    Each `optimizer.step()` is one Step, read at the moment when the optimizer meets the gradient: accumulated, unscaled
    and clipped. `watch.record(loss)` between `backward()` and `step()` adds the cost; an optimizer that is given a
    closure needs no such line. A Step's `epoch` counts the optimizer's steps, its `learning_rate` is the first
    group's. Nothing of the training is changed: the same parameters, buffers, optimizer and random state, bit for bit.

    Cheap numbers are kept of every step (`watch.measurements`); whole steps while they take less than `memory` bytes,
    then every second one, every fourth, and so on, by the rule of `descend`. Beside these, a watched model needs up to
    16 MiB more, or a second copy of its parameters and gradients where it is too large for that. `save` names a run
    file; steps of more than 64 MiB lie beside it as safetensors. `scaler` is the one of mixed precision: its scale is
    recorded, and gradients that are still scaled are found.

    Where parameters are DTensors, of which each rank of torch.distributed holds a piece, each keeps its own, and they
    are added up when they are read: `trajectory`, `measurements` and `findings` are then asked on all ranks together.

    Raises SteepestError where the optimizer holds none of the model's parameters, for a file that is there already
    unless `force`, and for a FullyShardedDataParallel, whose pieces nobody could add up.

    >>> from steepest import watch
    >>> model = torch.nn.Linear(1, 1, bias=False)
    >>> _ = torch.nn.init.zeros_(model.weight)
    >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.25)
    >>> with watch(model, optimizer) as watched:
    ...     for _ in range(3):
    ...         optimizer.zero_grad()
    ...         loss = ((model(torch.ones(1, 1)) - 1) ** 2).mean()
    ...         loss.backward()
    ...         watched.record(loss)
    ...         optimizer.step()
    >>> [step.cost for step in watched.trajectory().steps]
    [1.0, 0.25, 0.0625]
    """
    with door("watch"):
        inner = innermost(optimizer)
        held = (value for group in inner.param_groups for value in group["params"])
        mine = model.parameters() if isinstance(model, torch.nn.Module) else ()  # pyright: ignore[reportUnnecessaryIsInstance]
        kind = WatchOfPieces if any(ranks.in_pieces(value) for value in (*held, *mine)) else Watch
        return kind(model, inner, scaler=scaler, save=save, force=force, memory=memory)
