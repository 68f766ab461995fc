"""Whole steps of a watched run, thinned by the rule of `Recording`; large ones beside the run file as safetensors."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from torch import Tensor

from steepest.errors import SteepestError
from steepest.trajectory import Outcome, Recording, Step, Trajectory
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
            for file in _files(beside(path)).values():
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
            _write(self._folder, step)
            step = replace(step, params={}, gradient={})
        self._recording.add(step)
        if self._folder:
            kept = {kept.epoch for kept in self._recording.steps}
            for epoch, file in _files(self._folder).items():
                if epoch not in kept:
                    file.unlink()

    def finish(self, outcome: Outcome, because: str) -> Trajectory:
        """Write how the run ended, and give all that is kept."""
        run = self._recording.finish(outcome, because)
        if not self._on_disk:
            run = replace(run, steps=tuple(self._opened(step) for step in run.steps))
        return _filled(run, self._folder)

    def close(self) -> None:
        self._recording.__exit__(None, None, None)


def load(path: str | Path) -> Trajectory:
    """Read a watched run back to the same bits, with the large steps that lie beside it.

    Raises SteepestError where the file is not a run, or a step is missing beside it.
    """
    return _filled(Trajectory.load(path), beside(path))


def beside(path: str | Path) -> Path:
    """The folder with the large steps of a run file."""
    return Path(f"{path}.steps")


def _files(folder: Path) -> dict[int, Path]:
    return {int(file.stem.removeprefix("step-")): file for file in folder.glob("step-*.safetensors")}


def _write(folder: Path, step: Step) -> None:
    from safetensors.torch import save_file

    tensors = {f"params/{name}": value.contiguous() for name, value in step.params.items()}
    tensors |= {f"gradient/{name}": value.contiguous() for name, value in step.gradient.items()}
    path = folder / f"step-{step.epoch:09}.safetensors"
    unfinished = path.with_suffix(".unfinished")
    save_file(tensors, unfinished, metadata={"names": json.dumps(list(step.params))})
    os.replace(unfinished, path)  # whole or not at all, should the process be killed meanwhile  # noqa: PTH105


def _filled(run: Trajectory, folder: Path | None) -> Trajectory:
    if folder is None or any(step.params for step in run.steps):
        return run
    files = _files(folder)
    return replace(run, steps=tuple(_read(step, files, folder) for step in run.steps))


def _read(step: Step, files: dict[int, Path], folder: Path) -> Step:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(files[step.epoch], "pt") as file:
            names = json.loads(file.metadata()["names"])  # in the model's order, which the file does not keep
            params, gradient = ({n: file.get_tensor(f"{kind}/{n}") for n in names} for kind in ("params", "gradient"))
    except (KeyError, TypeError, ValueError, OSError, SafetensorError) as error:
        raise SteepestError(
            f"the parameters of step {step.epoch} are not there, or damaged ({error})",
            cause="The folder was not moved along with the run file?",
            remedy="Put both side by side again",
            asked=str(folder),
        ) from error
    return replace(step, params=params, gradient=gradient)
