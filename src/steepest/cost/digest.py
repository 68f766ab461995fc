"""Digests of numbers: a few letters that are the same where all tensors are, to the last bit."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

from steepest.cost import batches as batch
from steepest.cost.probe import as_found

LETTERS = 32


def of(*values: Any) -> str:
    """Digest tensors and plain values, however nested, with their names, shapes and dtypes.

    >>> of({"m": torch.tensor(1.0)}) == of({"m": torch.tensor(1.0)}), of(torch.zeros(2)) == of(torch.zeros(1, 2))
    (True, False)
    """
    digest = hashlib.blake2b(digest_size=LETTERS // 2)
    for value in values:
        _fed(digest, value)
    return digest.hexdigest()


def of_batches(batches: Iterable[Any]) -> str | None:
    """Digest all batches in one pass; None where one holds no tensors that can be seen."""
    digest = hashlib.blake2b(digest_size=LETTERS // 2)
    with as_found(batches):
        for each in batches:
            if next(batch.tensors(each), None) is None:
                return None
            _fed(digest, each)
    return digest.hexdigest()


def _fed(digest: hashlib.blake2b, value: Any) -> None:
    if isinstance(value, Tensor):
        digest.update(f"{value.dtype}{tuple(value.shape)}".encode())
        if value.numel():
            plain = value.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
            digest.update(plain.numpy().data)
    elif isinstance(value, Mapping):
        for key, part in value.items():
            digest.update(f"{key!r}:".encode())
            _fed(digest, part)
    elif isinstance(value, tuple | list):
        digest.update(f"({len(value)}".encode())
        for part in value:
            _fed(digest, part)
    else:  # the repr of an object may hold its address, which is another at each run
        plain = isinstance(value, str | bytes | int | float | None)
        digest.update((repr(value) if plain else type(value).__name__).encode())
