"""A Cost from a function of named parameters: the lesson's own form."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from steepest.cost.base import Cost
from steepest.errors import SteepestError
from steepest.vectors import Params


class FunctionCost(Cost):
    """The cost is what the function returns; its gradient is autograd's. Made by `Cost.from_function`."""

    def __init__(
        self, function: Callable[..., Tensor], *, like: Mapping[str, Tensor] | None, dtype: torch.dtype | None
    ) -> None:
        self.function = function
        if like is None:
            zero = torch.zeros((), dtype=dtype or torch.get_default_dtype())
            like = dict.fromkeys(_argument_names(function), zero)
        self._like = {name: value.detach() for name, value in like.items()}
        self.names = tuple(self._like)

    def zeros(self) -> Params:
        return {name: torch.zeros_like(value) for name, value in self._like.items()}

    def value(self, params: Params) -> Tensor:
        return self._checked(self.function(**params), params)

    def value_and_gradient(self, params: Params) -> tuple[Tensor, Params]:
        leaves = {name: value.detach().requires_grad_() for name, value in params.items()}
        value = self._checked(self.function(**leaves), leaves)
        if not value.requires_grad:
            raise _detached()
        gradient = torch.autograd.grad(value, tuple(leaves.values()), materialize_grads=True)
        return value.detach(), dict(zip(leaves, gradient, strict=True))

    def product(self, params: Params, vector: Params) -> Params:
        leaves = {name: value.detach().requires_grad_() for name, value in params.items()}
        value = self._checked(self.function(**leaves), leaves)
        if not value.requires_grad:
            raise _detached()
        inputs = tuple(leaves.values())
        gradient = torch.autograd.grad(value, inputs, create_graph=True, materialize_grads=True)
        along = sum((slope * vector[name]).sum() for name, slope in zip(leaves, gradient, strict=True))
        assert isinstance(along, Tensor)
        if not along.requires_grad:  # a cost linear in its parameters has no curvature, and no graph to walk
            return {name: torch.zeros_like(value) for name, value in params.items()}
        return dict(zip(leaves, torch.autograd.grad(along, inputs, materialize_grads=True), strict=True))

    @staticmethod
    def _checked(value: object, params: Params) -> Tensor:
        if not isinstance(value, Tensor):
            raise SteepestError(
                f"the function returned {type(value).__name__}, not a tensor",
                cause="Was the cost turned into a plain number, with .item() or float()?",
                remedy="Return the tensor itself",
            )
        if value.ndim:
            raise SteepestError(
                f"the function returned shape {tuple(value.shape)}, and a cost is one number",
                cause="One loss for each example has not been averaged",
                remedy="End with .mean()",
            )
        for name, param in params.items():
            if torch.promote_types(value.dtype, param.dtype) != value.dtype:
                raise SteepestError(
                    f"parameter '{name}' is {_short(param)} but the cost came back {_short(value)}, with digits lost",
                    cause="The data inside the function are of the coarser kind",
                    remedy=f"Turn them into {_short(param)} first, or start from {_short(value)} parameters",
                )
        return value


def _short(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _detached() -> SteepestError:
    return SteepestError(
        "the cost does not depend on any parameter",
        cause="The forward pass was detached (.detach(), .data, torch.no_grad or a NumPy call inside)",
        remedy="Compute the cost with torch operations on the arguments",
    )


def _argument_names(function: Callable[..., Tensor]) -> tuple[str, ...]:
    fixed = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    parameters = inspect.signature(function).parameters.values()
    names = tuple(item.name for item in parameters if item.kind in fixed and item.default is item.empty)
    if not names:
        raise SteepestError(
            "the function has no argument that could be a parameter",
            remedy="Name the parameters as arguments, `lambda m, b: ...`, or give like={'m': tensor, ...}",
        )
    return names
