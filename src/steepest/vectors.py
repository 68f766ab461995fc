"""Arithmetic on Params: named tensors, taken together as one vector."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

Params = dict[str, Tensor]

CHUNK = 2**20
"""Numbers of which a float64 copy is made at a time."""


def own(params: Mapping[str, Tensor]) -> Params:
    """Copy every tensor, so that whatever happens next leaves the caller's alone; names and shapes stay.

    >>> theirs = {"m": torch.tensor(0.9)}
    >>> own(theirs)["m"].zero_(), theirs["m"]
    (tensor(0.), tensor(0.9000))
    """
    return {name: value.detach().clone() for name, value in params.items()}


def moved(params: Params, direction: Params, *, by: float) -> Params:
    """Go `by` times the direction: `params + by * direction`, as new tensors.

    One fused multiply-add a tensor, the same operation as `torch.optim.SGD`, so an adjustment equals SGD's bit for bit.

    >>> moved({"m": torch.tensor(0.9)}, {"m": torch.tensor(2.0)}, by=-0.25)
    {'m': tensor(0.4000)}
    """
    return {name: value.add(direction[name], alpha=by) for name, value in params.items()}


def scaled(params: Params, *, by: float) -> Params:
    """Multiply every tensor by one number; names and shapes stay.

    >>> scaled({"m": torch.tensor(3.0), "b": torch.tensor(4.0)}, by=0.2)
    {'m': tensor(0.6000), 'b': tensor(0.8000)}
    """
    return {name: value * by for name, value in params.items()}


def dot(left: Params, right: Params) -> float:
    """Inner product over all names, accumulated in float64: 0 at a right angle, `norm` squared with itself.

    >>> dot({"m": torch.tensor(3.0), "b": torch.tensor(4.0)}, {"m": torch.tensor(-4.0), "b": torch.tensor(3.0)})
    0.0
    """
    return math.fsum(
        float(torch.dot(one.double(), other.double()))
        for name, value in left.items()
        for one, other in zip(value.reshape(-1).split(CHUNK), right[name].reshape(-1).split(CHUNK), strict=True)
    )


def norm(params: Params) -> float:
    """Euclidean length over all names, accumulated in float64.

    >>> norm({"m": torch.tensor(3.0), "b": torch.tensor(4.0)})
    5.0
    """
    parts = (part for value in params.values() for part in value.reshape(-1).split(CHUNK))
    return math.hypot(*(float(torch.linalg.vector_norm(part, dtype=torch.float64)) for part in parts))


def size(params: Params) -> int:
    """Count the numbers in all tensors together, whatever their shapes.

    >>> size({"weights": torch.zeros(2, 3), "bias": torch.zeros(2)})
    8
    """
    return sum(value.numel() for value in params.values())


def flat(params: Params) -> Tensor:
    """Lay all tensors end to end, in the order of their names in the dict; shape `(numbers,)`.

    >>> flat({"weights": torch.tensor([[1.0], [2.0]]), "bias": torch.tensor(3.0)})
    tensor([1., 2., 3.])
    """
    values = list(params.values())
    if all(value.ndim == 0 for value in values):
        return torch.stack(values)
    return torch.cat([value.reshape(-1) for value in values])


def shaped(vector: Tensor, *, like: Params) -> Params:
    """Undo `flat`: cut a vector into tensors with the names, shapes, dtypes and devices of `like`.

    >>> shaped(torch.tensor([1.0, 2.0, 3.0]), like={"weights": torch.zeros(2, 1), "bias": torch.tensor(0.0)})
    {'weights': tensor([[1.],
            [2.]]), 'bias': tensor(3.)}
    """
    if all(value.ndim == 0 for value in like.values()):
        pieces = vector.unbind()
    else:
        cut = vector.split([value.numel() for value in like.values()])
        pieces = [piece.reshape(value.shape) for piece, value in zip(cut, like.values(), strict=True)]
    return {name: piece.to(value) for (name, value), piece in zip(like.items(), pieces, strict=True)}
