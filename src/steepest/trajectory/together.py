"""One recording of all ranks: rank 0 alone writes the file, and every rank has the same steps."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import torch
from torch import Tensor

from steepest import ranks
from steepest.trajectory.nouns import Outcome, Step, Trajectory
from steepest.trajectory.recording import Recording
from steepest.vectors import Params


class RecordingTogether(Recording):
    """A trajectory in the making on all ranks, which do everything together; what fails on one is told to all.

    Ctrl-C is held back until the ranks ask each other for it, once a step: one that left alone would keep the rest
    waiting.
    """

    def __init__(self, path: str | Path | None, *, resume: bool = False, force: bool = False) -> None:
        own = path if ranks.rank() == 0 else None
        ranks.agreed(lambda: super(RecordingTogether, self).__init__(own, resume=resume, force=force))
        self.path = str(path)
        self._held = ExitStack()

    def taken_up(self, start: Params, learning_rate: float) -> bool:
        ranks.agreed(lambda: super(RecordingTogether, self).taken_up(start, learning_rate))
        count, self.every = (int(each) for each in _from_first(torch.tensor([len(self.steps), self.every])))
        if count:
            self.steps = _shared(self.steps, count, like=start)
        return bool(count)

    def add(self, step: Step) -> None:
        ranks.agreed(self._let_out)
        ranks.agreed(lambda: super(RecordingTogether, self).add(step))

    def finish(self, outcome: Outcome, because: str) -> Trajectory:
        return ranks.agreed(lambda: super(RecordingTogether, self).finish(outcome, because))

    def __enter__(self) -> Self:
        self._let_out = self._held.enter_context(ranks.undisturbed())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        super().__exit__(kind, error, at)
        self._held.__exit__(kind, error, at)


def _shared(steps: list[Step], count: int, *, like: Params) -> list[Step]:
    """Give every rank the steps that rank 0 has read, to the last bit."""
    own = steps or [Step(0, 0.0, like, like, 0.0)] * count  # of the right shapes, to be written over
    about = [[step.epoch, step.cost, step.learning_rate] for step in own]
    numbers = _from_first(torch.tensor(about, dtype=torch.float64)).tolist()
    params, gradients = (
        {name: _from_first(torch.stack([getattr(step, which)[name].cpu() for step in own])) for name in like}
        for which in ("params", "gradient")
    )
    return [
        Step(int(epoch), cost, _row(params, index), _row(gradients, index), learning_rate)
        for index, (epoch, cost, learning_rate) in enumerate(numbers)
    ]


def _from_first(numbers: Tensor) -> Tensor:
    """Rank 0's numbers, as bytes, which every backend knows."""
    return ranks.sent({"": numbers.view(torch.uint8)})[""].view(numbers.dtype)


def _row(columns: Params, index: int) -> Params:
    return {name: column[index].clone() for name, column in columns.items()}
