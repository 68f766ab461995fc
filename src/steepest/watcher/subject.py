"""What is watched: the optimizer inside its wrappers, the trainable parameters, and what they are like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from steepest import ranks
from steepest.errors import SteepestError
from steepest.trajectory.file import DTYPES


def innermost(optimizer: Any) -> torch.optim.Optimizer:
    """The torch optimizer inside the wrappers of Accelerate or Lightning, whose hooks are the ones that are called."""
    while isinstance(inner := getattr(optimizer, "optimizer", None), torch.optim.Optimizer) and inner is not optimizer:
        optimizer = inner
    if not isinstance(optimizer, torch.optim.Optimizer) or not hasattr(optimizer, "_optimizer_step_pre_hooks"):
        raise SteepestError(
            f"the optimizer is a {type(optimizer).__name__}, without the hooks of torch.optim.Optimizer",
            remedy="Give the torch optimizer whose step() your loop calls",
        )
    return optimizer


def trainable(model: torch.nn.Module) -> tuple[tuple[str, ...], list[torch.nn.Parameter]]:
    if not isinstance(model, torch.nn.Module):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise SteepestError(
            f"the model is a {type(model).__name__}, not a torch.nn.Module", remedy="Give the module that is trained"
        )
    if isinstance(model, torch.nn.parallel.DistributedDataParallel | torch.nn.DataParallel):
        model = model.module
    if ranks.sharding_of(model) == "FullyShardedDataParallel":
        raise SteepestError(
            "the model is a FullyShardedDataParallel: each rank holds a piece of all parameters laid end to end",
            cause="Its numbers would be a piece's, and taken for the whole's",
            remedy="Shard the model with torch.distributed.fsdp.fully_shard, whose pieces are added up over the ranks",
        )
    named = {
        name.replace("_orig_mod.", ""): value  # torch.compile's wrapper
        for name, value in model.named_parameters()
        if value.requires_grad
    }
    if not named:
        raise SteepestError("no parameter of the model requires a gradient", remedy="Unfreeze one, then watch")
    for name, value in named.items():
        if isinstance(value, torch.nn.parameter.UninitializedParameter):
            raise SteepestError(
                f"parameter '{name}' has no shape yet", remedy="Run one forward pass through the lazy layer, then watch"
            )
        if value.dtype not in DTYPES.values():
            raise SteepestError(
                f"parameter '{name}' is {str(value.dtype).removeprefix('torch.')}",
                remedy=f"Watch parameters of {', '.join(DTYPES)}",
            )
    return tuple(named), list(named.values())


def is_plain(optimizer: torch.optim.Optimizer) -> bool:
    """Whether each step is `parameters - learning_rate * gradient`, with one rate for all."""
    return type(optimizer) is torch.optim.SGD and all(
        not (group["momentum"] or group["weight_decay"] or group["maximize"])
        and float(group["lr"]) == float(optimizer.param_groups[0]["lr"])
        for group in optimizer.param_groups
    )


def same_bits(value: Tensor, first: Tensor) -> bool:
    return value.shape == first.shape and bool(((value == first.to(value.device)) | value.isnan()).all())


@dataclass(frozen=True, slots=True)
class Scaling:
    """What mixed precision does to the gradients that an optimizer meets."""

    scale: float = 1.0
    inside: bool = False  # a fused optimizer divides by the scale inside its step
    still: bool = False  # nobody has divided by it, and nobody will
    skip: bool = False  # gradients have overflowed, and a fused optimizer will skip the step


def scaling_of(optimizer: torch.optim.Optimizer, scaler: torch.amp.GradScaler | None) -> Scaling:
    """Ask the optimizer, whom a scaler tells its scale for a fused step, then the scaler itself."""
    inside = getattr(optimizer, "grad_scale", None)
    if inside is not None:
        overflowed = getattr(optimizer, "found_inf", None)
        return Scaling(float(inside), inside=True, skip=overflowed is not None and bool(overflowed))
    if scaler is None or getattr(scaler, "_scale", None) is None:  # it has scaled nothing yet
        return Scaling()
    states: Any = getattr(scaler, "_per_optimizer_states", {})
    stage = states[id(optimizer)].get("stage") if id(optimizer) in states else None
    scale = scaler.get_scale()
    return Scaling(scale, still=getattr(stage, "name", "READY") == "READY" and scale != 1)
