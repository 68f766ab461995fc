"""Steps collected as they are made, in bounded memory, and on disk where asked."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from steepest.errors import SteepestError
from steepest.trajectory.file import RunFile
from steepest.trajectory.nouns import Outcome, Step, Trajectory
from steepest.vectors import Params

KEPT_STEPS = 20_000
KEPT_BYTES = 2**29


class Recording:
    """A trajectory in the making.

    Every step is kept until there are 20,000 of them (or 512 MiB of parameters and gradients); then every second one,
    and so on: epochs divisible by 2, 4, 8, ..., always with the first step and the last. The file holds the same.
    """

    def __init__(
        self, path: str | Path | None = None, *, resume: bool = False, force: bool = False, keep: int | None = None
    ) -> None:
        self.steps: list[Step] = []
        self.every = 1
        self.path = "run" if path is None else str(path)
        self._keep = keep
        self._file: RunFile | None = None
        if path is not None and resume and Path(path).exists():
            self._file = RunFile.open(path)
            self.every = self._file.every
            try:
                self.steps = self._file.steps()
            except SteepestError:
                self._file.close()
                raise
        elif path is not None:
            self._file = RunFile.create(path, force=force)

    def add(self, step: Step) -> None:
        """Keep a step: on disk first, so that memory never knows more than the file."""
        if self._file:
            self._file.append(step)
        if self.every > 1 and self.steps[-1].epoch % self.every:
            latest = self.steps.pop()  # was there only as the latest
            if self._file:
                self._file.forget(latest.epoch)
        self.steps.append(step)
        if self._keep is None:
            self._keep = max(2, min(KEPT_STEPS, KEPT_BYTES // max(1, 2 * _bytes_in(step.params))))
        if len(self.steps) > self._keep + 1:
            self.every *= 2
            latest = self.steps[-1]
            self.steps = [kept for kept in self.steps[:-1] if kept.epoch % self.every == 0] + [latest]
            if self._file:
                self._file.thin(every=self.every, before=latest.epoch)

    def taken_up(self, start: Params, learning_rate: float) -> bool:
        """Whether there are steps to go on from; raises SteepestError where they are another run's."""
        if not self.steps:
            return False
        first, last = self.steps[0], self.steps[-1]
        if last.learning_rate != learning_rate:
            raise SteepestError(
                f"the run was made with learning rate {last.learning_rate:g}, not {learning_rate:g}",
                remedy="Give the same, or start anew with --force (force=True)",
                asked=self.path,
            )
        for name, value in first.params.items():
            if name not in start or not start[name].equal(value):
                raise SteepestError(
                    f"the run started from another '{name}'",
                    remedy="Give the same start, or start anew with --force (force=True)",
                    asked=self.path,
                )
        return True

    def check_measured(self, again: Step) -> None:
        """Refuse to continue where the cost is no longer what it was: the same point must give the same floats."""
        last = self.steps[-1]
        same = last.cost == again.cost or (last.cost != last.cost and again.cost != again.cost)
        if not same:
            raise SteepestError(
                f"at epoch {last.epoch} the cost was {last.cost!r}, and is now {again.cost!r}",
                cause="The data or the model changed since",
                remedy="Start anew with --force (force=True)",
                asked=self.path,
            )

    def finish(self, outcome: Outcome, because: str) -> Trajectory:
        """Close the recording with how the descent ended."""
        if not self.steps:
            raise SteepestError(
                "it was interrupted before the first step was measured", remedy="Start the descent again"
            )
        if self._file:
            self._file.finish(outcome, because, every=self.every)
        return Trajectory(tuple(self.steps), outcome, because, every=self.every)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._file:
            self._file.close()


def _bytes_in(params: Params) -> int:
    return sum(value.numel() * value.element_size() for value in params.values())
