"""Steps too large for the run file: each a safetensors file of its own, in a folder beside it."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

from steepest.errors import SteepestError
from steepest.trajectory.nouns import Step, Trajectory


def beside(path: str | Path) -> Path:
    """The folder with the large steps of a run file."""
    return Path(f"{path}.steps")


def files_in(folder: Path) -> dict[int, Path]:
    """The files of the steps in a folder, by epoch."""
    return {int(file.stem.removeprefix("step-")): file for file in folder.glob("step-*.safetensors")}


def write(folder: Path, step: Step) -> None:
    """Write a step's parameters and gradient, whole or not at all, should the process be killed meanwhile."""
    from safetensors.torch import save_file

    tensors = {f"params/{name}": value.contiguous() for name, value in step.params.items()}
    tensors |= {f"gradient/{name}": value.contiguous() for name, value in step.gradient.items()}
    path = _file_of(folder, step)
    unfinished = path.with_suffix(".unfinished")
    save_file(tensors, unfinished, metadata={"names": json.dumps(list(step.params))})
    os.replace(unfinished, path)  # noqa: PTH105


def filled(run: Trajectory, folder: Path) -> Trajectory:
    """Give a run whose steps have no parameters those that lie in the folder; any other run as it is.

    Raises SteepestError where a step is missing there.
    """
    if any(step.params for step in run.steps):
        return run
    return replace(run, steps=tuple(_read(step, folder) for step in run.steps))


def _file_of(folder: Path, step: Step) -> Path:
    return folder / f"step-{step.epoch:09}.safetensors"


def _read(step: Step, folder: Path) -> Step:
    from safetensors import SafetensorError, safe_open

    path = _file_of(folder, step)
    try:
        with safe_open(path, "pt") as file:
            names = json.loads(file.metadata()["names"])  # in the model's order, which the file does not keep
            params, gradient = ({n: file.get_tensor(f"{kind}/{n}") for n in names} for kind in ("params", "gradient"))
    except (KeyError, TypeError, ValueError, OSError, SafetensorError) as error:
        missing = not path.exists()
        raise SteepestError(
            f"the parameters of step {step.epoch} are "
            + (f"not there: there is no file '{path.name}'" if missing else f"damaged ({error})"),
            cause="The folder was not moved along with the run file?",
            remedy="Put both side by side again",
            asked=str(folder),
        ) from error
    return replace(step, params=params, gradient=gradient)
