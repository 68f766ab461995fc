"""What is noticed while a table is read once: empty cells, NaN, constant columns, twins, a sample."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from steepest.cost.least_squares import LeastSquares
from steepest.errors import SteepestError, listed
from steepest.tables.blocks import Block, Source

SAMPLE_ROWS = 2000
SAMPLE_NUMBERS = 2**22
"""So that a sample of very many columns has fewer rows."""

SAME = 1e-9
"""Two columns are one in other units if they differ by less, in standard deviations: some digits above rounding."""


class Review:
    """One reading of a table, block by block: what may go on, and what is known at the end.

    >>> review = Review(["x", "y"], drop_empty=True)
    >>> empty = torch.tensor([[False, False], [True, False]])
    >>> review.passed((torch.tensor([[1.0, 2.0], [0.0, 3.0]]), empty))
    tensor([[1., 2.]])
    >>> review.rows, review.dropped
    (1, 1)
    """

    def __init__(self, columns: Sequence[str], *, drop_empty: bool) -> None:
        self.columns, self._drop_empty = tuple(columns), drop_empty
        self.rows = self.dropped = 0
        self._sample: list[Tensor] = []
        self._every, self._most = 1, min(SAMPLE_ROWS, SAMPLE_NUMBERS // len(columns))
        self._first: Tensor | None = None
        self._constant = torch.arange(len(columns))
        self._empty: dict[int, list[int]] = {}

    def passed(self, block: Block) -> Tensor | None:
        """Give back the rows of a block that count, or None as soon as it is clear that the table is refused."""
        values, empty = block
        before = self.rows + self.dropped
        kept: Tensor | None = None
        if empty is not None:
            if not self._drop_empty:
                self._count(empty, before)
            kept = (~empty.any(1)).nonzero()[:, 0]
            values = values.T[:, kept].T
            self.dropped += len(empty) - len(kept)
        if self._empty:
            self.rows += len(values)
            return None
        if not _sum_is_finite(values):
            self._refuse_non_finite(values, before, kept)
        self._note(values)
        return values

    def close(self, source: Source) -> None:
        """Complain of what only a whole reading can tell: how many cells are empty, that no row is left."""
        if self._empty:
            if source.short is not None:
                raise source.short
            column, (count, row) = min(self._empty.items(), key=lambda item: item[1][1])
            more = len(self._empty) - 1
            others = f", and {more} more column{' has' if more == 1 else 's have'} some"
            raise SteepestError(
                f"column '{self.columns[column]}' has {count} empty cell{'s' * (count > 1)} "
                f"(first: row {row} of the data)" + others * (more > 0),
                remedy="Fill or drop them, or pass --drop-empty (drop_empty=True) to leave those rows out",
            )
        if not self.rows:
            raise SteepestError(
                f"every one of the {self.dropped} rows has an empty cell, so that none is left",
                remedy="Fill the cells, or name as features only columns that are filled",
            )

    @property
    def sample(self) -> Tensor:
        """A copy of the rows kept, evenly thinned: at most 2000, and 1000 at least where there are so many."""
        return torch.cat(self._sample)

    @property
    def constant(self) -> dict[str, float]:
        """The columns with one and the same value in every row, and that value."""
        first = self._first
        return {} if first is None else {self.columns[at]: float(first[at]) for at in self._constant.tolist()}

    def _count(self, empty: Tensor, before: int) -> None:
        for column, count in enumerate(empty.sum(0).tolist()):
            if count:
                row = before + int(empty[:, column].nonzero()[0]) + 1
                self._empty.setdefault(column, [0, row])[0] += count

    def _refuse_non_finite(self, values: Tensor, before: int, kept: Tensor | None) -> None:
        bad = torch.nonzero(~torch.isfinite(values))
        if len(bad):  # if not, then finite numbers are so large that their sum is not
            at, column = bad[0].tolist()
            row = before + (at if kept is None else int(kept[at])) + 1
            raise SteepestError(
                f"column '{self.columns[column]}' has {float(values[at, column])} in row {row} of the data",
                cause="A missing value, or a division by zero further up",
                remedy="Mend that row or drop it",
            )

    def _note(self, values: Tensor) -> None:
        if not len(values):
            return
        if self._first is None:
            self._first = values[0].clone()
        for rows in (values[:: len(values) // 16 + 1], values):  # few columns outlive the first look
            same = (rows[:, self._constant] == self._first[self._constant]).all(0)
            self._constant = self._constant[same]
        self._sample.append(values[-self.rows % self._every :: self._every].clone())
        self.rows += len(values)
        while sum(map(len, self._sample)) > self._most:
            self._sample, self._every = [self.sample[::2].clone()], self._every * 2


def _sum_is_finite(values: Tensor) -> bool:
    with np.errstate(all="ignore"):  # one thread: torch's would wait for the cores that parsing keeps busy
        return bool(np.isfinite(values.numpy().sum()))


def refuse(review: Review, cost: LeastSquares) -> None:
    """Complain of a table that no linear model can be fitted to as asked; the target is the review's last column.

    Raises SteepestError for one row, a constant target or column, and two columns that are the same but for units.
    """
    *features, target = review.columns
    if review.rows == 1:
        raise SteepestError(
            f"there is only one row{' without empty cells' * (review.dropped > 0)}",
            cause="Any line through one point fits it",
            remedy="Give at least two rows",
        )
    constant = dict(review.constant)
    if target in constant:
        raise SteepestError(
            f"the target '{target}' is {constant[target]:g} in every row, so that there is nothing to explain",
            remedy="Choose another target",
        )
    intercept = cost.moments.intercept
    idle = [name for name in features if name in constant and (intercept or constant[name] == 0)]
    if idle:
        one, it = len(idle) == 1, "it" if len(idle) == 1 else "them"
        raise SteepestError(
            f"column {listed(idle)} is {constant[idle[0]]:g} in every row"
            if one
            else f"columns {listed(idle)} are constant",
            cause="What never changes explains nothing" + " that the intercept does not" * intercept,
            remedy=f"Leave {it} out of the features",
        )
    if review.rows > 2 and not cost.ridge:
        _refuse_twins(features, review.sample, cost)


def _refuse_twins(features: Sequence[str], sample: Tensor, cost: LeastSquares) -> None:
    """Find pairs by all the rows, in their moments; confirm them by the sample, which has every digit."""
    moments = cost.moments
    level = moments.intercept
    columns = moments.factor if level else torch.cat([moments.factor, moments.mean[None]])
    size = torch.linalg.vector_norm(columns, dim=0)
    columns = columns / size
    for start in range(0, len(features), 512):
        alike = columns[:, start : start + 512].T @ columns
        for row, right in torch.nonzero(alike.abs() > 1 - 1e-12).tolist():
            left = start + row
            if left >= right:
                continue
            factor = float(size[right] / size[left] * alike[row, right].sign())
            offset = float(moments.mean[right] - factor * moments.mean[left]) if level else 0.0
            x, y = sample[:, left], sample[:, right]
            first, second = features[left], features[right]
            if torch.equal(x, y):
                found = f"columns '{first}' and '{second}' are the same"
            elif bool(((factor * x + offset - y).abs() <= SAME * size[right] + 1e-15 * y.abs().max()).all()):
                plus = f" {'-' if offset < 0 else '+'} {abs(offset):.6g}" * (abs(offset) > SAME * float(size[right]))
                found = (
                    f"column '{second}' is column '{first}' in other units ('{second}' = {factor:.6g} '{first}'{plus})"
                )
            else:
                continue
            raise SteepestError(
                found,
                cause="Between the two, the weight can be shared in endlessly many ways",
                remedy="Leave one of them out, or give a ridge, which shares it equally",
            )
