"""Which costs are known to be convex in the parameters that a slice moves."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

from torch import nn
from torch.nn import functional

from steepest.cost import Cost
from steepest.cost.least_squares import LeastSquares
from steepest.cost.module import ModuleCost

FUNCTIONS = frozenset({
    functional.mse_loss, functional.l1_loss, functional.smooth_l1_loss, functional.huber_loss,
    functional.cross_entropy, functional.binary_cross_entropy_with_logits, functional.soft_margin_loss,
})  # fmt: skip
"""Losses convex in the outputs; cross-entropy where targets that are probabilities are not negative."""

CLASSES = (
    nn.MSELoss, nn.L1Loss, nn.SmoothL1Loss, nn.HuberLoss, nn.CrossEntropyLoss, nn.BCEWithLogitsLoss, nn.SoftMarginLoss,
)  # fmt: skip

AFFINE = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
"""Layers whose outputs are affine in their own parameters."""

SHAPES = (nn.Flatten, nn.Unflatten, nn.Identity)
"""Layers that may follow."""


def convex(cost: Cost, moved: Collection[str] | None = None) -> str:
    """Say why a cost is convex in the parameters `moved`, or in all; an empty string where it is not known to be.

    Known are least squares, and a module whose outputs are affine in these parameters, in one layer with nothing after
    it but changes of shape, under a loss of torch that is convex in the outputs. A subclass, a hook or a loss of one's
    own may do anything, so nothing is known of it.

    >>> import torch
    >>> cost = Cost.from_module(nn.Linear(1, 1), functional.mse_loss, [(torch.zeros(2, 1), torch.ones(2, 1))])
    >>> convex(cost)
    'mse_loss is convex in the outputs, and these are affine in the parameters'
    """
    if isinstance(cost, LeastSquares):
        return "a mean of squares of a linear model is convex"
    if not isinstance(cost, ModuleCost):
        return ""
    loss = _loss(cost.loss)
    if not loss or not _affine(cost.module, set(cost.names if moved is None else moved)):
        return ""
    return f"{loss} is convex in the outputs, and these are affine in the parameters"


def _loss(loss: Callable[..., Any]) -> str:
    if isinstance(loss, nn.Module):
        weights = (getattr(loss, name, None) for name in ("weight", "pos_weight"))
        kept = type(loss) in CLASSES and loss.reduction == "mean" and not _hooked(loss)
        return type(loss).__name__ if kept and not any(w is not None and bool((w < 0).any()) for w in weights) else ""
    return loss.__name__ if loss in FUNCTIONS else ""


def _affine(module: nn.Module, moved: set[str]) -> bool:
    """Whether one layer alone holds all that moves, is affine in it, and nothing bends its outputs afterwards."""
    layers = list(_layers(module))
    own = {value: name for name, value in module.named_parameters()}
    holding = [index for index, layer in enumerate(layers) if any(own.get(v) in moved for v in layer.parameters())]
    if any(_hooked(layer) for layer in (*layers, *module.modules())) or len(holding) != 1:
        return False
    after = layers[holding[0] + 1 :]
    return type(layers[holding[0]]) in AFFINE and all(type(layer) in SHAPES for layer in after)


def _layers(module: nn.Module) -> Iterator[nn.Module]:
    """The layers in the order in which they are called, as often as they are."""
    if type(module) is nn.Sequential:
        for each in module:
            yield from _layers(each)
    else:
        yield module


def _hooked(module: nn.Module) -> bool:
    return bool(module._forward_hooks or module._forward_pre_hooks or module._backward_hooks)
