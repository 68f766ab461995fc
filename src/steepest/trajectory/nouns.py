"""Step, Outcome and Trajectory: a descent as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from steepest.vectors import Params


class Outcome(Enum):
    """How a descent ended; the value is the sentence, `Trajectory.because` has the numbers.

    >>> Outcome.DIVERGED.value, Outcome.OUT_OF_EPOCHS.word
    ('It diverged: the cost grew instead of falling.', 'out of epochs')
    """

    SETTLED = "It settled: a stopping rule was met."
    OUT_OF_EPOCHS = "It ran out of epochs before it settled."
    DIVERGED = "It diverged: the cost grew instead of falling."
    INTERRUPTED = "It was interrupted; every finished step is kept."

    @property
    def word(self) -> str:
        """The outcome as one lower-case word or phrase, for tables and machine output."""
        return self.name.lower().replace("_", " ")


@dataclass(frozen=True, slots=True)
class Step:
    """One forward pass, cost and gradient, as measured *before* the adjustment that follows them.

    `next parameters = params - learning_rate * gradient`

    `epoch` counts adjustments from 0; `gradient`, in `cost` per unit of each parameter, has the names and shapes of
    `params`; `learning_rate`, in parameter squared per cost, is the one that adjusts next.

    >>> step = Step(0, 19.675475, {"m": torch.tensor(0.9)}, {"m": torch.tensor(36.305)}, 0.01)
    >>> step.to_dict()["gradient"]["m"]
    36.30500030517578
    """

    epoch: int
    cost: float
    params: Params
    gradient: Params
    learning_rate: float

    def to_dict(self) -> dict[str, Any]:
        """Turn the step into numbers and lists."""
        return {
            "epoch": self.epoch,
            "cost": self.cost,
            "params": {name: value.tolist() for name, value in self.params.items()},
            "gradient": {name: value.tolist() for name, value in self.gradient.items()},
            "learning_rate": self.learning_rate,
        }


@dataclass(frozen=True, repr=False)
class Trajectory:
    """The steps of a descent in order, with its outcome.

    Where a run was long, `steps` are every `every`-th epoch, with the first and the last; 1 means all of them.
    `outcome` is how it ended, `because` the same with its numbers.

    >>> from steepest import Cost, descend
    >>> run = descend(Cost.from_function(lambda m: m**2), {"m": 8.0}, learning_rate=0.25, epochs=2)
    >>> run.costs.tolist(), run.path("m").tolist(), run.end
    ([64.0, 16.0, 4.0], [8.0, 4.0, 2.0], {'m': tensor(2.)})
    """

    steps: tuple[Step, ...]
    outcome: Outcome
    because: str
    every: int = 1

    @property
    def start(self) -> Params:
        """The parameters before the first adjustment."""
        return self.steps[0].params

    @property
    def end(self) -> Params:
        """The parameters at the last measured point."""
        return self.steps[-1].params

    @property
    def epochs(self) -> int:
        """How many adjustments were made from the start to the end."""
        return self.steps[-1].epoch - self.steps[0].epoch

    @property
    def costs(self) -> Tensor:
        """The cost at every kept step, float64, shape `(steps,)`."""
        return torch.tensor([step.cost for step in self.steps], dtype=torch.float64)

    def path(self, name: str) -> Tensor:
        """One parameter at every kept step, shape `(steps, *shape)`."""
        return torch.stack([step.params[name] for step in self.steps])

    def to_dict(self) -> dict[str, Any]:
        """Turn the trajectory into numbers, strings and lists: the form that figures and pages read."""
        return {
            "outcome": self.outcome.word,
            "because": self.because,
            "every": self.every,
            "steps": [step.to_dict() for step in self.steps],
        }

    def save(self, path: str | Path, *, force: bool = False) -> Path:
        """Write the trajectory to one file, from which `Trajectory.load` reads it back to the same bits.

        Raises SteepestError where a file is there already, unless `force`, and where there is no such folder.
        """
        from steepest.trajectory.file import RunFile

        with RunFile.create(path, force=force) as file:
            for step in self.steps:
                file.append(step)
            file.finish(self.outcome, self.because, every=self.every)
        return Path(path)

    @staticmethod
    def load(path: str | Path) -> Trajectory:
        """Read a trajectory back, to the same bits; a run that was killed comes back as interrupted.

        The file is data only: reading it runs no code. Steps that are too large for it are read from the folder beside
        it.

        Raises SteepestError where it is not a run, or a step is missing beside it.

        >>> import tempfile
        >>> from steepest import Cost, descend
        >>> run = descend(Cost.from_function(lambda m: m**2), {"m": 8.0}, learning_rate=0.25, epochs=2)
        >>> Trajectory.load(run.save(Path(tempfile.mkdtemp()) / "run.steepest")).costs.equal(run.costs)
        True
        """
        from steepest.trajectory.beside import beside, filled
        from steepest.trajectory.file import RunFile

        with RunFile.open(path, read_only=True) as file:
            return filled(file.trajectory(), beside(path))

    def __repr__(self) -> str:
        return f"Trajectory({self})"

    def __str__(self) -> str:
        kept = "" if self.every == 1 else f", every {self.every}th step kept"
        epochs = f"{self.epochs} epoch{'s' * (self.epochs != 1)}"
        return f"{epochs}, cost {self.steps[0].cost:.6g} to {self.steps[-1].cost:.6g}{kept}: {self.because}"
