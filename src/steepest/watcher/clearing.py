"""Whether the gradient is cleared between a step and the next one, seen without reading a number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

LOOKS = 3
"""Steps before which all backward passes are looked at: what a loop forgets, it forgets each time."""


class Clearing:
    """Hooks on the parameters that look at `.grad` before backward adds to it; gone after three steps.

    A gradient that was cleared is None, or lies elsewhere, or has been written to: each write raises a tensor's
    version. The same memory in the same version is the gradient that the last step used, or that the last backward
    pass left: one that another model's loss went through may come before the loop clears.
    """

    def __init__(self, params: Sequence[Tensor]) -> None:
        self.checked = 0
        self.kept = 0
        self._params = params
        self._marks: list[tuple[int, int] | None] = []
        self._used: list[tuple[int, int] | None] = []
        self._cleared: bool | None = None
        self._handles: list[Any] = [value.register_hook(self._looking(index)) for index, value in enumerate(params)]
        self._handles += [
            value.register_post_accumulate_grad_hook(self._left(index)) for index, value in enumerate(params)
        ]

    @property
    def watching(self) -> bool:
        return bool(self._handles)

    def stepped(self) -> None:
        """Remember the gradients that a step is about to use."""
        if self._cleared is not None:
            self.checked += 1
            self.kept += not self._cleared
        if self.checked >= LOOKS:
            self.stop()
        self._marks = [_mark(value.grad) for value in self._params]
        self._used = list(self._marks)
        self._cleared = None

    def untouched(self) -> bool:
        """Whether no backward pass can have been since the last step: every gradient is its own, or None."""
        return any(self._marks) and all(
            value.grad is None or _mark(value.grad) == mark
            for value, mark in zip(self._params, self._marks, strict=True)
        )

    def stop(self) -> None:
        """Take the hooks away."""
        for handle in self._handles:
            handle.remove()
        self._handles = []

    def _looking(self, index: int) -> Callable[[Tensor], None]:
        def look(_: Tensor) -> None:
            if self._used and self._used[index] is not None:
                same = _mark(self._params[index].grad) == self._used[index]
                self._cleared = bool(self._cleared) or not same

        return look

    def _left(self, index: int) -> Callable[[Tensor], None]:
        def remember(value: Tensor) -> None:
            if self._used and self._used[index] is not None:
                self._used[index] = _mark(value.grad)

        return remember


def _mark(gradient: Tensor | None) -> tuple[int, int] | None:
    if gradient is None:
        return None
    place = gradient.data_ptr() if gradient.layout is torch.strided else id(gradient)  # sparse: many pieces of memory
    return place, gradient._version
