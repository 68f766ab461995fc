"""Other tools that draw costs, each asked as its own README says; a file is imported in its tool's environment only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor

from steepest.traps import NotOffered, Subject
from steepest.vectors import Params


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Make a tool that draws from the global generators repeatable.

    The states before are put back only where the tool itself has left them alone: that it has not is for a trap to see.
    """
    before = _states()
    torch.manual_seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    begun = _states()
    yield
    after = _states()
    if after[0].equal(begun[0]):
        torch.set_rng_state(before[0])
    if after[1][2] == begun[1][2] and (after[1][1] == begun[1][1]).all():
        np.random.set_state(before[1])  # noqa: NPY002


def _states() -> tuple[Tensor, Any]:
    return torch.get_rng_state(), np.random.get_state()  # noqa: NPY002


def one_batch(subject: Subject) -> tuple[Tensor, Tensor]:
    """Inputs and targets for a tool that takes two tensors and no batches."""
    if not isinstance(subject.batches, list) or len(subject.batches) > 1:
        raise NotOffered
    return subject.batches[0]


def refuse_oblong(points: tuple[int, int]) -> int:
    """How many points a side, for a tool that knows squares only."""
    if points[0] != points[1]:
        raise NotOffered
    return points[0]


def refuse_policy(subject: Subject) -> None:
    """For a tool that offers no choice of batch norm's statistics."""
    if subject.policy is not None:
        raise NotOffered


def named(subject: Subject, values: list[Tensor]) -> Params:
    """Give a list of tensors in the parameters' order their names."""
    return dict(zip(subject.params, values, strict=True))
