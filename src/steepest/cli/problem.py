"""What the options ask for, made into a table, a cost and a start."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from steepest import tables, vectors
from steepest.cost import Cost
from steepest.cost.least_squares import LeastSquares
from steepest.errors import SteepestError, door, near
from steepest.tables import Table
from steepest.vectors import Params

RUN = "run.steepest"
"""How a run is called in the folder that `descend` makes."""

DTYPES = {"float64": torch.float64, "float32": torch.float32}


@dataclass(frozen=True)
class Choices:
    """The options that say which problem is meant, as they were typed."""

    table: str | None
    target: str | None
    features: list[str] | None
    drop_empty: bool
    standardise: bool
    ridge: float
    start: list[str] | None
    seed: int
    plain: bool
    dtype: str
    device: str
    start_named: str = "--start"
    """How the option is called that says where: of a walk its start, of a cut its point."""


@dataclass(frozen=True)
class Problem:
    """A table, the exact bowl that its sufficient statistics make, and the cost to be walked (often the same)."""

    table: Table
    bowl: LeastSquares
    cost: Cost
    start: Params
    trial: bool = False
    """Whether it is the lesson's clinical trial, because no table was named."""

    @property
    def exact(self) -> Params:
        """The exact least-squares answer, in the table's own units."""
        return self.bowl.in_own_units(self.bowl.minimum)

    def in_own_units(self, params: Params) -> Params:
        """Parameters in the table's own units, in float64."""
        doubled = {name: value.detach().to("cpu", torch.float64) for name, value in params.items()}
        return self.bowl.in_own_units(doubled)


def pose(choices: Choices) -> Problem:
    """Read the table once and make of it what the options ask for."""
    if choices.dtype not in DTYPES:
        raise SteepestError(f"--dtype {choices.dtype}", remedy=near(choices.dtype, DTYPES))
    if choices.table is None:
        if choices.target or choices.features:
            raise SteepestError(
                "--target and --features name columns of a table, and no table was given",
                remedy="Give one: `steepest descend TABLE --target COLUMN`",
            )
        table = tables.clinical_trial()
    else:
        features = choices.features and [name for text in choices.features for name in next(csv.reader([text]))]
        table = tables.read(choices.table, target=choices.target, features=features, drop_empty=choices.drop_empty)
    bowl = table.cost(ridge=choices.ridge, standardise=choices.standardise)
    cost: Cost = bowl
    dtype, device = DTYPES[choices.dtype], _device(choices.device)
    if choices.plain or dtype is not torch.float64 or device.type != "cpu":
        cost = plain_cost(table, bowl, dtype=dtype, device=device)
    with door(choices.start_named):
        start = _start(choices, bowl)
    start = {name: value.to(device, dtype) for name, value in start.items()}
    return Problem(table, bowl, cost, start, trial=choices.table is None)


def plain_cost(table: Table, bowl: LeastSquares, *, dtype: torch.dtype, device: torch.device) -> Cost:
    """Make the same cost as the bowl as a function over all rows, differentiated by autograd."""
    x, y = (part.to(device) for part in table.tensors(dtype=torch.float64))
    if bowl.standardise:
        scale = torch.where(bowl.moments.deviation > 0, bowl.moments.deviation, 1.0)
        x = (x - bowl.moments.mean.to(device)) / scale.to(device)
    x, y = x.to(dtype), y.to(dtype)
    like = {name: torch.zeros((), dtype=dtype, device=device) for name in bowl.names}
    if x.shape[1] == 1 and not bowl.ridge:
        x = x[:, 0].contiguous()

        def line(**params: Tensor) -> Tensor:
            m, b = params.values()
            return ((m * x + b - y) ** 2).mean()

        return Cost.from_function(line, like=like)

    def hyperplane(**params: Tensor) -> Tensor:
        *weights, intercept = params.values()
        stacked = torch.stack(weights)
        penalty = bowl.ridge * (stacked**2).sum() if bowl.ridge else 0.0
        return ((x @ stacked + intercept - y) ** 2).mean() + penalty

    return Cost.from_function(hyperplane, like=like)


def assigned(given: list[str], names: tuple[str, ...]) -> dict[str, float]:
    """Read `name=value` pairs, comma-separated or one an option; a name may itself hold commas and signs."""
    values: dict[str, float] = {}
    for text in given:
        whole = text.rpartition("=")
        for part in [text] if whole[0].strip() in names else text.split(","):
            name, sign, number = (piece.strip() for piece in part.rpartition("="))
            if sign and name not in names:
                raise SteepestError(f"there is no parameter '{name}'", remedy=near(name, names))
            try:
                values[name] = float(number)
            except ValueError as error:
                raise SteepestError(f"'{part}' is not name=value", remedy="Write for example m=0.9,b=0.1") from error
    return values


def _start(choices: Choices, bowl: LeastSquares) -> Params:
    zeros = bowl.zeros()
    given = choices.start
    if given is None:
        trial = {"m": 0.9, "b": 0.1}
        return bowl.standardised(bowl.params(trial)) if choices.table is None else zeros
    if given == ["zeros"]:
        return zeros
    if given == ["random"]:
        generator = torch.Generator().manual_seed(choices.seed)
        return {name: torch.randn((), generator=generator, dtype=torch.float64) for name in zeros}
    return bowl.standardised(bowl.params(dict(zeros) | assigned(given, bowl.names)))


def _device(name: str) -> torch.device:
    try:
        device = torch.device(name)
        torch.zeros((), device=device)
    except (RuntimeError, AssertionError) as error:
        raise SteepestError(
            f"--device {name} is not to be had here", cause=str(error).splitlines()[0][:120], remedy="Leave it out: cpu"
        ) from error
    return device


def run_at(path: Path) -> Path:
    """Where a run lies that was named by its file or by its folder."""
    return path / RUN if (path / RUN).is_file() else path


def distance(params: Params, other: Params) -> float:
    """How far two points are from each other."""
    return vectors.norm(vectors.moved(params, other, by=-1.0))
