"""Measurements: the cheap numbers of every step, one compact table."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from steepest.errors import SteepestError
from steepest.watcher.rows import Measured

TABLE_BYTES = 2**26
"""Memory for the table; where it is full, every second step is kept, then every fourth, and so on."""

RATES, CHANGES = 2, 5
"""Places of the learning rates and of the changes among the columns of a block."""


@dataclass(frozen=True, repr=False)
class Measurements:
    """Numbers of every watched step: tensors on the CPU, one row a step, one column a parameter (or a group).

    `epochs` and `costs` have the shape `(steps,)`; `learning_rates` `(steps, groups)`; `parameter_norms`,
    `gradient_norms`, `change_norms` and `gradient_dots` `(steps, parameters)`, in the order of `names`. Norms and dots
    are summed in the parameters' own precision, float32 at least, as the optimizer met the numbers: after unscaling
    and clipping. `change_norms[k]` is the length of `parameters[k + 1] - parameters[k]`, NaN for the last step;
    `gradient_dots[k]` is `gradient[k] . gradient[k - 1]`, NaN for the first. `scales` are those of mixed precision,
    `unclipped_norms` the gradient's norms before clipping, `plain` whether the step was the learning rate times the
    gradient; one step in `every` was kept.

    >>> model = torch.nn.Linear(2, 1)
    >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    >>> from steepest import watch
    >>> with watch(model, optimizer) as watched:
    ...     for _ in range(3):
    ...         optimizer.zero_grad()
    ...         model(torch.ones(1, 2)).sum().backward()
    ...         optimizer.step()
    >>> watched.measurements.gradient_norm  # of two weights and a bias, each with the slope 1
    tensor([1.7321, 1.7321, 1.7321])
    >>> import tempfile
    >>> path = watched.measurements.save(Path(tempfile.mkdtemp()) / "steps.safetensors")
    >>> Measurements.load(path).epochs
    tensor([0, 1, 2])
    """

    names: tuple[str, ...]
    epochs: Tensor
    costs: Tensor
    learning_rates: Tensor
    parameter_norms: Tensor
    gradient_norms: Tensor
    change_norms: Tensor
    gradient_dots: Tensor
    scales: Tensor
    unclipped_norms: Tensor
    plain: Tensor
    every: int = 1

    @cached_property
    def gradient_norm(self) -> Tensor:
        """The gradient's norm over all parameters, in cost per unit of them, shape `(steps,)`."""
        return torch.linalg.vector_norm(self.gradient_norms, dim=1)

    @cached_property
    def update_ratios(self) -> Tensor:
        """Each parameter's change as a share of the parameter's own length, shape `(steps, parameters)`."""
        return self.change_norms / self.parameter_norms

    @cached_property
    def cosines(self) -> Tensor:
        """Cosine of each gradient with the one of the step before, over all parameters, shape `(steps,)`."""
        before = self._before(self.gradient_norm)
        return self.gradient_dots.sum(dim=1) / (self.gradient_norm * before)

    @cached_property
    def rate_times_curvature(self) -> Tensor:
        """Learning rate times curvature along each step, `1 - g[k + 1] . g[k] / |g[k]|^2`, shape `(steps,)`.

        Exact for plain gradient descent on one batch, so NaN for any other optimizer; with a new batch at each step
        it measures the batches' noise (Barzilai and Borwein, 1988).
        """
        along = torch.full_like(self.gradient_norm, torch.nan)
        if self.every == 1:
            along[:-1] = 1 - self.gradient_dots.sum(dim=1)[1:] / self.gradient_norm[:-1].square()
        return torch.where(self.plain, along, torch.nan)

    def to_dict(self) -> dict[str, Any]:
        """Turn the table into numbers and lists."""
        return {
            item.name: value.tolist() if isinstance(value := getattr(self, item.name), Tensor) else value
            for item in fields(self)
        }

    def save(self, path: str | Path) -> Path:
        """Write the table to a safetensors file."""
        from safetensors.torch import save_file

        tensors = {
            item.name: value.contiguous()
            for item in fields(self)
            if isinstance(value := getattr(self, item.name), Tensor)
        }
        save_file(tensors, path, metadata={"names": json.dumps(self.names), "every": str(self.every)})
        return Path(path)

    @staticmethod
    def load(path: str | Path) -> Measurements:
        """Read a table back to the same bits.

        Raises SteepestError where the file is none.
        """
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, "pt") as file:
                about = file.metadata()
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # it is no dict
            return Measurements(names=tuple(json.loads(about["names"])), every=int(about["every"]), **tensors)
        except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
            raise SteepestError(
                f"it is not a table of measurements ({error})",
                remedy="Give a file that a watched run has written",
                asked=str(path),
            ) from error

    def _before(self, numbers: Tensor) -> Tensor:
        """The number of the step before; NaN where that row was thinned away."""
        before = torch.full_like(numbers, torch.nan)
        if self.every == 1:
            before[1:] = numbers[:-1]
        return before

    def __len__(self) -> int:
        return len(self.epochs)

    def __repr__(self) -> str:
        return f"Measurements({len(self):,} steps of {len(self.names)} parameters)"


@dataclass(slots=True)
class Note:
    """What is known of a step beside its tensors."""

    cost: float | Tensor | None
    rates: tuple[float | Tensor, ...]
    scale: float
    unclipped: float | Tensor | None
    began: float


class Table:
    """Measurements in the making: columns that grow by a block of steps at a time."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.every = 1
        self._names = names
        self._blocks: list[list[Tensor]] = []
        self._steps = 0  # in all blocks but the last

    def add(self, first: int, measured: Measured, notes: list[Note], *, plain: bool) -> None:
        """Append the steps from epoch `first` on; only now is known how far the step before them went."""
        count = len(notes)
        if self._blocks:
            self._blocks[-1][CHANGES][-1] = measured.changes[0]
            if self.every > 1:
                self._blocks[-1] = self._on_grid(self._blocks[-1])
            self._steps += len(self._blocks[-1][0])
        to_next = torch.cat([measured.changes[1:], torch.full_like(measured.changes[:1], torch.nan)])
        self._blocks.append(
            [
                torch.arange(first, first + count),
                torch.tensor([_number(note.cost) for note in notes], dtype=torch.float64),
                _padded([[_number(rate) for rate in note.rates] for note in notes]),
                measured.parameters,
                measured.gradients,
                to_next,
                measured.dots,
                torch.tensor([note.scale for note in notes], dtype=torch.float64),
                torch.tensor([_number(note.unclipped) for note in notes], dtype=torch.float64),
                torch.full((count,), plain),
            ]
        )
        numbers = (self._steps + count) * 4 * len(self._names)
        if numbers * measured.parameters.element_size() > TABLE_BYTES and len(self._blocks) > 1:
            self.every *= 2
            self._blocks = [self._on_grid(self._joined(self._blocks[:-1])), self._blocks[-1]]
            self._steps = len(self._blocks[0][0])

    def whole(self) -> Measurements:
        """The table as it stands."""
        if not self._blocks:
            raise SteepestError(
                "no step was watched", cause="optimizer.step() was not called", remedy="Train at least one step"
            )
        self._blocks, self._steps = [self._joined(self._blocks)], 0
        return Measurements(self._names, *self._blocks[0], every=self.every)

    def _on_grid(self, block: list[Tensor]) -> list[Tensor]:
        kept = block[0] % self.every == 0
        return [column[kept] for column in block]

    def _joined(self, blocks: list[list[Tensor]]) -> list[Tensor]:
        groups = max(block[RATES].shape[1] for block in blocks)
        for block in blocks:
            block[RATES] = torch.nn.functional.pad(block[RATES], (0, groups - block[RATES].shape[1]), value=torch.nan)
        return [torch.cat(column) for column in zip(*blocks, strict=True)]


def _number(value: float | Tensor | None) -> float:
    return float("nan") if value is None else float(value)


def _padded(rows: list[list[float]]) -> Tensor:
    most = max(len(row) for row in rows)
    return torch.tensor([row + [float("nan")] * (most - len(row)) for row in rows], dtype=torch.float64)
