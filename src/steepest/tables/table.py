"""Table: a target and features, named, that can be read again and again."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from steepest.cost import Cost
from steepest.cost.least_squares import LeastSquares
from steepest.errors import SteepestError, door, listed, near
from steepest.tables.blocks import Given, Source
from steepest.tables.review import Review, refuse
from steepest.tables.sources import opened, readable


class Table:
    """Columns of numbers, one of them the target, the others features. Made by `read` and `clinical_trial`.

    >>> table = clinical_trial()
    >>> table
    Table('clinical trial': 'Forgetfulness' from 'Drug dosage (mL)')
    >>> inputs, targets = table.tensors()
    >>> inputs.shape, targets.shape
    (torch.Size([8, 1]), torch.Size([8]))
    """

    name: str
    """The file's name, "standard input", "dataframe" or "clinical trial"."""
    target: str
    features: tuple[str, ...]
    left_out: dict[str, str]
    """Columns that are no features because they cannot or should not be: name, and why."""
    drop_empty: bool
    rows: int | None = None
    """How many rows count; known once the table has been read through."""
    dropped: int = 0
    """How many rows were left out for an empty cell; known once the table has been read through."""

    def __init__(
        self, source: Source, *, target: str | None, features: Sequence[str] | None, drop_empty: bool = False
    ) -> None:
        self._source, self.name, self.drop_empty = source, source.name, drop_empty
        self.target = _chosen_target(source, target)
        self.features, self.left_out = _chosen_features(source, features, self.target)
        self._review: Review | None = None

    def __repr__(self) -> str:
        return f"Table('{self.name}': '{self.target}' from {listed(self.features)})"

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """The parameters of a linear model: `m` and `b` of one feature, else the features' names and `intercept`."""
        return ("m", "b") if len(self.features) == 1 else (*self.features, "intercept")

    def batches(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Read the table from its first row to its last, a piece at a time, in float64.

        Yields inputs `(rows, features)`, laid out by column, and targets `(rows,)`. Every value is checked.

        Raises SteepestError for an empty cell, text, NaN or infinity, and a line with too many or too few fields.

        >>> [(len(inputs), targets.sum()) for inputs, targets in clinical_trial().batches()]
        [(8, tensor(0.9400, dtype=torch.float64))]
        """
        with door(self.name), readable():
            review = Review((*self.features, self.target), drop_empty=self.drop_empty)
            for block in self._source.blocks(review.columns):
                values = review.passed(block)
                if values is not None and len(values):
                    yield values[:, :-1], values[:, -1]
            review.close(self._source)
            self._review, self.rows, self.dropped = review, review.rows, review.dropped

    def tensors(self, *, dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
        """Read the whole table into memory: inputs `(rows, features)`, laid out by column, and targets `(rows,)`.

        Raises SteepestError as `batches` does.

        >>> inputs, targets = clinical_trial().tensors(dtype=torch.float32)
        >>> targets[:3]
        tensor([1.8600, 1.3100, 0.6200])
        """
        batches = [(inputs.T.to(dtype), targets.to(dtype)) for inputs, targets in self.batches()]
        inputs, targets = zip(*batches, strict=True)
        return torch.cat(inputs, dim=1).T, torch.cat(targets)

    def cost(self, *, ridge: float = 0.0, standardise: bool = False, intercept: bool = True) -> LeastSquares:
        """Read the table once and make the Cost of a linear model of it (see `Cost.least_squares`).

        Raises SteepestError as `batches` does, and for one row, a constant column or target, and two columns that are
        the same but for their units, unless a `ridge` tells them apart.

        >>> clinical_trial().cost().minimum
        {'m': tensor(-0.4693, dtype=torch.float64), 'b': tensor(1.7600, dtype=torch.float64)}
        """
        names = self.parameter_names
        with door(self.name):
            if not intercept:
                names = names[:-1]
            elif len(set(names)) < len(names):
                raise SteepestError(
                    "a feature is called 'intercept', as is the parameter beside the features' weights",
                    remedy="Give the column another name, or leave it out and let the model have its own intercept",
                )
            with _one_core(len(self.features)):
                cost = Cost.least_squares(
                    self.batches(), names=names, intercept=intercept, ridge=ridge, standardise=standardise
                )
            refuse(self._reviewed(), cost)
        return cost

    def sample(self) -> tuple[Tensor, Tensor]:
        """Give at most 2000 rows, evenly thinned over the whole table: inputs `(rows, features)`, targets `(rows,)`.

        They come from the latest complete reading; only if there was none is the table read.

        Raises SteepestError as `batches` does.

        >>> inputs, targets = clinical_trial().sample()
        >>> len(targets)
        8
        """
        sample = self._reviewed().sample
        return sample[:, :-1], sample[:, -1]

    def _reviewed(self) -> Review:
        if self._review is None:
            for _ in self.batches():
                pass
        assert self._review is not None
        return self._review


@contextlib.contextmanager
def _one_core(features: int) -> Iterator[None]:
    """Leave the other cores to parsing, on which torch's threads would wait between two blocks, and keep them busy.

    Of many features the products are the greater part of the work: they get all cores.
    """
    threads = torch.get_num_threads()
    if features < 64:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def read(
    source: str | Path | Any,
    *,
    target: str | None = None,
    features: Sequence[str] | None = None,
    drop_empty: bool = False,
) -> Table:
    """Open a table: a path to CSV, TSV or Parquet, "-" for standard input, any dataframe, or a dict of columns.

    `features` are all other columns of numbers unless named; `drop_empty` leaves rows with an empty cell out. The
    numbers are read when they are asked for, a piece at a time, so that a file may be larger than memory.

    Raises SteepestError where there is no such file or column, nothing to read, or no target.

    >>> table = read({"x": [0, 1, 2], "y": [1, 3, 5], "who": ["Ann", "Bo", "Cy"]}, target="y")
    >>> table.features, table.left_out
    (('x',), {'who': 'text'})
    """
    opened_source = opened(source)
    with door(opened_source.name):
        return Table(opened_source, target=target, features=features, drop_empty=drop_empty)


def clinical_trial() -> Table:
    """Give the lessons' table: eight patients, the dosage of a drug and how forgetful they were.

    >>> clinical_trial().target
    'Forgetfulness'
    """
    scores = [1.86, 1.31, 0.62, 0.33, 0.09, -0.67, -1.23, -1.37]
    given = Given("clinical trial", {"Drug dosage (mL)": range(8), "Forgetfulness": scores})
    return Table(given, target="Forgetfulness", features=None)


def _chosen_target(source: Source, target: str | None) -> str:
    numeric = [name for name, column in source.columns.items() if column.numeric and not column.left_out]
    if target is None:
        if not numeric:
            raise SteepestError("no column holds numbers", remedy="Give a table with a target and features in numbers")
        raise SteepestError(
            "no target is given",
            cause=source.suspicion,
            remedy=(
                f"Say which of the two, {listed(numeric)}, is explained by the other: --target (target=)"
                if len(numeric) == 2
                else f"Say which column is explained by the others: --target (target=). {near('', numeric)}"
            ),
        )
    if target not in source.columns:
        raise SteepestError(
            f"there is no column '{target}' to be the target",
            cause=source.suspicion,
            remedy=near(target, source.columns),
        )
    if not source.columns[target].numeric:
        raise _no_numbers(source, target, "the target")
    return target


def _chosen_features(
    source: Source, features: Sequence[str] | None, target: str
) -> tuple[tuple[str, ...], dict[str, str]]:
    others = {name: column for name, column in source.columns.items() if name != target}
    if features is None:
        left_out = {name: column.left_out for name, column in others.items() if column.left_out}
        chosen = tuple(name for name in others if name not in left_out)
        if not chosen:
            why = ", ".join(f"'{name}' ({reason})" for name, reason in left_out.items()) or "there is no other"
            raise SteepestError(
                f"no column of numbers is left to explain '{target}': {why}",
                remedy="Give a table with at least one feature in numbers",
            )
        return chosen, left_out
    chosen = (features,) if isinstance(features, str) else tuple(features)
    if not chosen:
        raise SteepestError("no feature is given", remedy=near("", others))
    for place, name in enumerate(chosen):
        if name == target:
            raise SteepestError(f"'{name}' is the target and a feature as well", remedy="Leave it out of the features")
        if name not in source.columns:
            raise SteepestError(f"there is no column '{name}' to be a feature", remedy=near(name, others))
        if name in chosen[:place]:
            raise SteepestError(f"the feature '{name}' is given twice", remedy="Give it once")
        if not source.columns[name].numeric:
            raise _no_numbers(source, name, "the feature")
    return chosen, {}


def _no_numbers(source: Source, name: str, role: str) -> SteepestError:
    numeric = [other for other, column in source.columns.items() if column.numeric]
    amounts = "such as" in source.columns[name].left_out
    return SteepestError(
        f"{role} '{name}' is {source.columns[name].left_out}, not numbers",
        cause="Thousands are set apart there, or a unit stands in the cell" if amounts else "",
        remedy="Write plain digits with a point, such as 83407.14" * amounts
        or (f"Choose a column of numbers. {near('', numeric)}" if numeric else "Give a table of numbers"),
    )
