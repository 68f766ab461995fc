"""The curvature that `steepest descend` measured, kept in the run, so that `steepest diagnose` judges by the same."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

from torch import Tensor

from steepest.curvature import Curvature
from steepest.errors import SteepestError
from steepest.trajectory.file import RunFile

NAME = "curvature"

LARGEST = 2**24
"""Bytes of directions that a run keeps at most: 1,448 parameters; a larger curvature is not kept, and that is said."""


def keep_curvature(run: Path, curvature: Curvature | None) -> None:
    """Attach the curvature to a run that is finished."""
    if curvature is None or curvature.directions.nbytes > LARGEST:
        return
    from safetensors.torch import save

    facts = {item.name: getattr(curvature, item.name) for item in fields(curvature)}
    tensors = {name: value.contiguous() for name, value in facts.items() if isinstance(value, Tensor)}
    numbers = {name: value for name, value in facts.items() if name not in tensors}
    with RunFile.open(run) as file:
        file.attach(NAME, save(tensors, metadata={NAME: json.dumps(numbers)}))


def kept_curvature(run: Path) -> Curvature | None:
    """The curvature in a run; None where none was kept, as of a run that `descend` or `watch` wrote in Python.

    Raises SteepestError where it is damaged.
    """
    with RunFile.open(run, read_only=True) as file:
        data = file.attached(NAME)
    if data is None:
        return None
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        tensors = load(data)
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])  # the format's own layout
        numbers: dict[str, Any] = json.loads(header["__metadata__"][NAME])
        whole: dict[str, Any] = {**numbers, **tensors, "names": tuple(numbers["names"])}
        return Curvature(**whole)
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise SteepestError(
            f"the curvature that it keeps is damaged ({error})", remedy="Walk again with --force", asked=str(run)
        ) from error
