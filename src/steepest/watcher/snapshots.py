"""Whole steps of a watched run, thinned by the rule of `Recording`; large ones beside the run file as safetensors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from torch import Tensor

from steepest.trajectory import Outcome, Recording, Step, Trajectory
from steepest.trajectory.beside import beside, files_in, filled, write
from steepest.trajectory.recording import KEPT_STEPS

MEMORY = 2**24
"""Bytes that whole steps may take, by default: 16 MiB, 200 steps of a network of 10,000 parameters."""

LARGE = 2**26
"""Bytes of a step from which a run on disk keeps it as a safetensors file of its own: SQLite holds at most 1 GB."""

FEWEST = 2
FEWEST_ON_DISK = 8


class Snapshots:
    """A Recording that knows beforehand which steps will be kept, and where large ones lie."""

    def __init__(
        self,
        path: str | Path | None,
        params: Sequence[Tensor],
        *,
        opened: Callable[[Step], Step],
        force: bool,
        memory: int,
    ) -> None:
        self._opened = opened
        self._on_disk = path is not None
        size = max(1, 2 * sum(value.numel() * value.element_size() for value in params))
        self._folder = beside(path) if path is not None and size > LARGE else None
        keep = max(FEWEST_ON_DISK if self._folder else FEWEST, min(KEPT_STEPS, memory // size))
        self._recording = Recording(path, force=force, keep=keep)
        if path is not None and force:
            for file in files_in(beside(path)).values():
                file.unlink()
        if self._folder:
            self._folder.mkdir(exist_ok=True)

    @property
    def every(self) -> int:
        return self._recording.every

    @property
    def last(self) -> int:
        """Epoch of the latest step that is kept, -1 before there is one."""
        return self._recording.steps[-1].epoch if self._recording.steps else -1

    def add(self, step: Step) -> None:
        """Keep a step, in its compact form where there is no file to write it to."""
        if self._on_disk:
            step = self._opened(step)
        if self._folder:
            write(self._folder, step)
            step = replace(step, params={}, gradient={})
        self._recording.add(step)
        if self._folder:
            kept = {kept.epoch for kept in self._recording.steps}
            for epoch, file in files_in(self._folder).items():
                if epoch not in kept:
                    file.unlink()

    def finish(self, outcome: Outcome, because: str) -> Trajectory:
        """Write how the run ended, and give all that is kept."""
        run = self._recording.finish(outcome, because)
        if not self._on_disk:
            run = replace(run, steps=tuple(self._opened(step) for step in run.steps))
        return filled(run, self._folder) if self._folder else run

    def close(self) -> None:
        self._recording.__exit__(None, None, None)


def load(path: str | Path) -> Trajectory:
    """Read a watched run back, as `Trajectory.load` does."""
    return Trajectory.load(path)
