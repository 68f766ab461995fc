"""Parameters and gradients copied as the optimizer meets them, measured many steps at a time."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

# One call for many tensors, as torch's own optimizers use them; the underscore is part of their name.
_copy_ = torch._foreach_copy_  # pyright: ignore[reportPrivateImportUsage]
_subtract_ = torch._foreach_sub_  # pyright: ignore[reportPrivateImportUsage]
_lengths = torch._foreach_norm  # pyright: ignore[reportPrivateImportUsage]

BLOCK_BYTES = 2**23
"""Memory for steps that wait to be measured together: one operation on 64 rows costs little more than one on one."""

BLOCK_ROWS = 64
"""Most steps that wait: as many are lost from a run file where a process is killed."""

FEWEST_ROWS = 4
"""Below so many rows waiting saves nothing, and each step is measured as it comes, with two copies in all."""

FLAT = ""
"""Name of all parameters end to end, as a step is kept until somebody asks for it."""


@dataclass(frozen=True)
class Measured:
    """Numbers of steps in a row, one column a parameter, shape `(steps, parameters)`, on the CPU.

    `changes[k]` and `dots[k]` compare row k with the row before it; NaN where there is none.
    """

    parameters: Tensor
    gradients: Tensor
    changes: Tensor
    dots: Tensor


class Rows:
    """Steps of a small model, each laid end to end in a row; row 0 is the last step of the block before."""

    def __init__(self, params: Sequence[Tensor], rows: int) -> None:
        self._most = rows
        self._filled = 0
        self._carried = False
        self._shapes = [value.shape for value in params]
        ends = [0, *itertools.accumulate(value.numel() for value in params)]
        self._places = list(itertools.pairwise(ends))
        one = params[0]
        self._block = torch.empty((rows + 1, 2, ends[-1]), dtype=one.dtype, device=one.device)
        # One scratch for what is temporary: pieces this large, made anew beside small ones that stay, tear the heap.
        widest = max(value.numel() for value in params)
        self._scratch = torch.empty(rows * widest, dtype=_precision(one), device=one.device)
        self._rows = [[*self.opened(row[0]), *self.opened(row[1])] for row in self._block.unbind(0)]

    @property
    def filled(self) -> int:
        """How many steps wait to be measured."""
        return self._filled

    @property
    def full(self) -> bool:
        return self._filled == self._most

    def take(self, params: Sequence[Tensor], gradients: Sequence[Tensor]) -> None:
        """Copy one step; called without autograd."""
        _copy_(self._rows[self._filled + 1], [*params, *gradients])
        self._filled += 1

    def at(self, row: int) -> tuple[Sequence[Tensor], Sequence[Tensor]]:
        """Parameters and gradients of one of the waiting steps, or with -1 of the last step that was measured."""
        views, count = self._rows[row + 1], len(self._shapes)
        return views[:count], views[count:]

    def kept(self, row: int) -> tuple[Sequence[Tensor], Sequence[Tensor]]:
        """The same as a copy on the CPU, all parameters end to end."""
        params, gradient = _copied(self._block[row + 1]).unbind(0)
        return [params], [gradient]

    def opened(self, flat: Tensor) -> list[Tensor]:
        """One tensor for each parameter, of all of them end to end."""
        return [flat[start:end].view(shape) for (start, end), shape in zip(self._places, self._shapes, strict=True)]

    def measure(self) -> Measured:
        """Measure all waiting steps, a parameter at a time."""
        first, count = 0 if self._carried else 1, len(self._places)
        rows = self._block[first : self._filled + 1]
        norms = torch.empty((self._filled, 2, count), dtype=self._scratch.dtype, device=rows.device)
        pairs = torch.full_like(norms, torch.nan)
        for column, (left, right) in enumerate(self._places):
            here = rows[..., left:right].to(self._scratch.dtype)
            pair = len(rows) - 1, right - left
            scratch = self._scratch[: pair[0] * pair[1]].view(pair)
            norms[:, :, column] = torch.linalg.vector_norm(here[1 - first :], dim=2)
            torch.sub(here[1:, 0], here[:-1, 0], out=scratch)
            pairs[first:, 0, column] = torch.linalg.vector_norm(scratch, dim=1)
            torch.mul(here[1:, 1], here[:-1, 1], out=scratch)
            pairs[first:, 1, column] = scratch.sum(dim=1)
        tables = [*norms.cpu().unbind(1), *pairs.cpu().unbind(1)]
        return Measured(*(table.contiguous() for table in tables))

    def clear(self) -> None:
        """Begin a new block after the last waiting step."""
        self._block[0].copy_(self._block[self._filled])
        self._carried, self._filled = True, 0


class Latest:
    """Steps of a large model, each measured as it comes: one copy of the parameters, one of the gradients."""

    full = True

    def __init__(self, params: Sequence[Tensor]) -> None:
        self._before = [torch.empty_like(p, requires_grad=False) for p in params]
        self._slopes = [torch.empty_like(p, requires_grad=False) for p in params]
        self._carried = False
        self._waiting: Measured | None = None

    @property
    def filled(self) -> int:
        return 0 if self._waiting is None else 1

    def take(self, params: Sequence[Tensor], gradients: Sequence[Tensor]) -> None:
        found = [_norms(params), _norms(gradients)]
        if self._carried:
            pairs = zip(self._slopes, gradients, strict=True)
            dots = [torch.dot(_flat(before), _flat(after)) for before, after in pairs]
            _subtract_(self._before, list(params))
            found += [_norms(self._before), dots]
        _copy_([*self._before, *self._slopes], [*params, *gradients])
        tables = [_table([number.reshape(1) for number in column]) for column in found]
        tables += [torch.full_like(tables[0], torch.nan)] * (4 - len(tables))
        self._waiting = Measured(*tables)
        self._carried = True

    def at(self, row: int) -> tuple[Sequence[Tensor], Sequence[Tensor]]:
        del row  # there is only one
        return self._before, self._slopes

    def kept(self, row: int) -> tuple[Sequence[Tensor], Sequence[Tensor]]:
        """A copy on the CPU."""
        params, gradients = ([_copied(value) for value in values] for values in self.at(row))
        return params, gradients

    def measure(self) -> Measured:
        assert self._waiting is not None
        return self._waiting

    def clear(self) -> None:
        self._waiting = None


def rows_for(params: Sequence[Tensor], *, like: Sequence[Tensor]) -> Rows | Latest:
    """Choose by size: a block of at most 64 steps and 8 MiB, or where not even four fit, one step at a time.

    Parameters of several dtypes or devices do not lie end to end, and are measured one step at a time, too. The size is
    that of the tensors that they are pieces of, for all ranks choose alike.
    """
    room = BLOCK_BYTES // max(1, 2 * sum(value.numel() * value.element_size() for value in like))
    alike = len({(value.dtype, value.device) for value in params}) == 1
    return Rows(params, min(BLOCK_ROWS, room)) if alike and room >= FEWEST_ROWS else Latest(params)


def _precision(value: Tensor) -> torch.dtype:
    """What numbers are summed in: float32 at least."""
    return torch.float64 if value.dtype == torch.float64 else torch.float32


def _flat(value: Tensor) -> Tensor:
    return value.reshape(-1).to(_precision(value))


def _copied(value: Tensor) -> Tensor:
    return value.clone() if value.is_cpu else value.cpu()


def _norms(values: Sequence[Tensor]) -> Sequence[Tensor]:
    if all(value.dtype in (torch.float32, torch.float64) for value in values):
        return _lengths(list(values))
    return [torch.linalg.vector_norm(value, dtype=_precision(value)) for value in values]


def _table(columns: Sequence[Tensor]) -> Tensor:
    """One column a parameter, brought to the CPU together."""
    if len({(column.device, column.dtype) for column in columns}) > 1:
        columns = [column.to("cpu", torch.float64) for column in columns]
    return torch.stack(list(columns), dim=1).cpu()
