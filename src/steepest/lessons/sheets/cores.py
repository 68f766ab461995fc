"""Small work on one core: where others keep the cores busy, two threads wait for each other longer than they work."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch


@contextlib.contextmanager
def one_core() -> Iterator[None]:
    """Keep torch to one thread meanwhile.

    >>> with one_core():
    ...     torch.get_num_threads()
    1
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
