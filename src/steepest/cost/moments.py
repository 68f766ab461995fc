"""Data read once into the few numbers that a linear model under mean squared error depends on."""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from steepest.errors import SteepestError

Batch = tuple[Tensor, Tensor]

PILOT_ROWS = 65_536
"""Up to this many rows the data are decomposed whole; beyond, they give the pilot fit the rest is measured from."""

CHUNK_NUMBERS = 2**17
"""How many float64 numbers are worked on at a time: few enough to stay in a core's cache between operations."""

FEW_FEATURES = 64
"""Up to this many, a chunk is work for one thread: so small a piece is sooner done than shared, and threads that wait
for each other thousands of times make a busy machine a hundred times slower."""

EPS = torch.finfo(torch.float64).eps


@dataclass(frozen=True)
class Moments:
    """All that least squares needs to know of `examples` rows, measured about a pilot fit, in float64.

    With `s = b + mean . w`, the estimate at the mean input, the cost of any weights w and intercept b is

    `C(w, b) = |factor (w - weights) - target|^2 + (s - level)^2 + rest`

    where `factor' factor` is the covariance of the inputs (shape `(features, features)`). Nothing is subtracted that
    is nearly equal, so no digits cancel, whatever the mean of the targets or the scale of a column.
    """

    examples: int
    intercept: bool
    mean: Tensor
    deviation: Tensor
    """Population standard deviation of each input."""
    factor: Tensor
    weights: Tensor
    """The pilot's weights."""
    target: Tensor
    level: float
    """The mean target."""
    rest: float
    squared_condition: bool
    """True where `factor` came from a Gram matrix, which costs the digits of its condition number once more."""
    target_size: float
    """Root mean square of the targets about their mean."""
    pooled: bool = False
    """True where the means of several shards were compared, each rounded at the data's distance from zero."""


def measure(
    inputs: Tensor | Mapping[str, Tensor] | Iterable[Batch], targets: Tensor | None, *, intercept: bool
) -> tuple[Moments, tuple[str, ...] | None]:
    """Read the data once; return their moments and the parameters' names that the form of the inputs implies."""
    names: tuple[str, ...] | None = None
    if isinstance(inputs, Mapping):
        columns = list(inputs.values())
        if len({column.shape for column in columns}) > 1:
            shapes = ", ".join(f"'{name}' {tuple(column.shape)}" for name, column in inputs.items())
            raise SteepestError(f"the columns differ in shape: {shapes}", remedy="Give one value for each example")
        names = (*map(str, inputs), *(["intercept"] if intercept else []))
        inputs = torch.stack(columns, dim=1) if columns and columns[0].ndim == 1 else torch.empty(0, len(columns))
    elif isinstance(inputs, Tensor) and inputs.ndim == 1:
        names = ("m", "b") if intercept else ("m",)
    if isinstance(inputs, Tensor):
        if targets is None:
            raise SteepestError("there are inputs and no targets", remedy="Give least_squares(inputs, targets)")
        inputs, targets = _paired(inputs, targets)
        return _measure_tensors(inputs, targets, intercept=intercept), names
    if targets is not None:
        raise SteepestError(
            f"inputs are {type(inputs).__name__}, and targets were given beside them",
            remedy="Give two tensors, or one iterable of (inputs, targets) batches",
        )
    return _measure_stream((_paired(*batch) for batch in inputs), intercept=intercept), names


def _paired(inputs: Tensor, targets: Tensor) -> Batch:
    if inputs.ndim == 1:
        inputs = inputs[:, None]
    if targets.ndim == 2 and targets.shape[1] == 1:
        targets = targets[:, 0]
    if inputs.ndim != 2 or targets.ndim != 1 or len(inputs) != len(targets):
        raise SteepestError(
            f"inputs have shape {tuple(inputs.shape)} and targets {tuple(targets.shape)}",
            cause="One target belongs to each row of inputs",
            remedy="Give inputs as (examples, features) and targets as (examples,)",
        )
    if inputs.is_complex() or targets.is_complex():
        raise SteepestError("the data are complex numbers", remedy="Give real numbers")
    return inputs.detach(), targets.detach()


def _measure_tensors(inputs: Tensor, targets: Tensor, *, intercept: bool) -> Moments:
    rows = len(inputs)
    if rows <= PILOT_ROWS:
        return _decomposed(inputs, targets, intercept=intercept)
    # Every k-th row, not the first ones: sorted data would make a pilot that is far off at their other end.
    every = rows // 4096
    try:
        pilot = _decomposed(inputs[::every], targets[::every], intercept=intercept)
    except SteepestError:
        _refuse_non_finite(inputs, targets, row=0)  # the same complaint, with the row that it has in the whole
        raise
    return _accumulated([(inputs, targets)], pilot)


def _measure_stream(batches: Iterator[Batch], *, intercept: bool) -> Moments:
    head: list[Batch] = []
    rows = 0
    for batch in batches:
        if head and batch[0].shape[1] != head[0][0].shape[1]:
            raise _ragged(head[0][0].shape[1], batch[0].shape[1])
        head.append(batch)
        rows += len(batch[0])
        if rows > PILOT_ROWS:
            break
    if not head:
        raise SteepestError("there are no examples", remedy="Give at least one batch; was a generator already used up?")
    inputs, targets = head[0]
    if len(head) > 1:  # joined by column, if that is how the parts are laid out
        inputs, targets = torch.cat([part.T for part, _ in head], dim=1).T, torch.cat([part for _, part in head])
    if rows <= PILOT_ROWS:
        return _decomposed(inputs, targets, intercept=intercept)
    pilot = _decomposed(inputs[:PILOT_ROWS], targets[:PILOT_ROWS], intercept=intercept)
    return _accumulated(itertools.chain([(inputs, targets)], batches), pilot)


def _decomposed(inputs: Tensor, targets: Tensor, *, intercept: bool) -> Moments:
    """Moments by QR decomposition: no condition number is squared."""
    if not len(inputs):
        raise SteepestError("there are no examples", remedy="Give at least one row")
    with _threads_for(inputs.shape[1]):
        return _by_qr(inputs, targets, intercept=intercept)


def _by_qr(inputs: Tensor, targets: Tensor, *, intercept: bool) -> Moments:
    rows, features = inputs.shape
    x = inputs.to("cpu", torch.float64)
    y = targets.to("cpu", torch.float64)
    _refuse_non_finite(x, y, row=0)
    mean, level = _mean(x), _mean(y)
    centred = x - mean
    deviation = centred.square().mean(0).sqrt()
    scale = torch.where(deviation > 0, deviation, 1.0)
    columns, goal = (centred, y - level) if intercept else (x, y)
    weights = _solved(columns, goal)
    residual = goal - columns @ weights
    residual = residual - residual.mean()
    q, r = torch.linalg.qr(centred / scale)
    reached = q.T @ residual
    left = residual - q @ reached
    short = max(0, features - rows)
    return Moments(
        examples=rows,
        intercept=intercept,
        mean=mean,
        deviation=deviation,
        factor=torch.cat([r * scale, x.new_zeros(short, features)]) / math.sqrt(rows),
        weights=weights,
        target=torch.cat([reached, x.new_zeros(short)]) / math.sqrt(rows),
        level=float(level),
        rest=float(left.square().mean()),
        squared_condition=False,
        target_size=float((y - level).square().mean().sqrt()),
    )


def _mean(values: Tensor) -> Tensor:
    mean = values.mean(0)
    return mean + (values - mean).mean(0)  # the second look mends the rounding of the first


def _solved(columns: Tensor, goal: Tensor) -> Tensor:
    """Least-squares solution by singular values, the columns brought to one scale first."""
    scale = torch.linalg.vector_norm(columns, dim=0)
    scale = torch.where(scale > 0, scale, 1.0)
    if not columns.shape[1]:
        return columns.new_zeros(0)
    return torch.linalg.lstsq(columns / scale, goal[:, None], driver="gelsd").solution[:, 0] / scale


def _accumulated(batches: Iterable[Batch], pilot: Moments) -> Moments:
    sums = _Sums(pilot)
    for inputs, targets in batches:
        with _threads_for(len(pilot.mean)):
            sums.add(inputs, targets)
    with _threads_for(len(pilot.mean)):
        return sums.moments()


@contextlib.contextmanager
def _threads_for(features: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1 if features <= FEW_FEATURES else before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class _Sums:
    """Sums over chunks of the inputs less the pilot's mean and of the pilot's residuals, and of all their products."""

    def __init__(self, pilot: Moments) -> None:
        self.pilot = pilot
        self.features = len(pilot.mean)
        self.offset = pilot.level if pilot.intercept else float(pilot.mean @ pilot.weights)
        self.examples = 0
        self.sums = torch.zeros(self.features + 1, dtype=torch.float64)
        self.gram = torch.zeros(self.features + 1, self.features + 1, dtype=torch.float64)
        self._chunk: Tensor | None = None

    def add(self, inputs: Tensor, targets: Tensor) -> None:
        """Read a batch, a chunk at a time."""
        if inputs.shape[1] != self.features:
            raise _ragged(self.features, inputs.shape[1])
        rows = max(1, CHUNK_NUMBERS // (self.features + 1))
        if self._chunk is None:  # laid out as the data are, by rows or by columns: copying across costs twice
            by_column = inputs.stride(0) == 1
            shape = (self.features + 1, rows) if by_column else (rows, self.features + 1)
            chunk = torch.empty(shape, dtype=torch.float64)
            self._chunk = chunk.T if by_column else chunk
        for start in range(0, len(inputs), rows):
            x, y = inputs[start : start + rows], targets[start : start + rows]
            self._add_chunk(x, y, self._chunk if len(x) == rows else self._chunk[: len(x)])
        if not bool(torch.isfinite(self.gram).all()):
            _refuse_non_finite(inputs, targets, row=self.examples)
            raise SteepestError("the values are so large that their squares overflow", remedy="Rescale the columns")
        self.examples += len(inputs)

    def _add_chunk(self, x: Tensor, y: Tensor, chunk: Tensor) -> None:
        if self.features == 1:  # three dot products read two columns faster than a matrix product does
            column, residual = chunk.unbind(1)
            _less(x[:, 0], self.pilot.mean, out=column)
            _less(y, self.offset, out=residual).sub_(column, alpha=float(self.pilot.weights[0]))
            cross = torch.dot(column, residual)
            self.gram += torch.stack([torch.dot(column, column), cross, cross, torch.dot(residual, residual)]).view(
                2, 2
            )
            self.sums += torch.stack([column.sum(), residual.sum()])
        else:
            centred, residual = _less(x, self.pilot.mean, out=chunk[:, :-1]), chunk[:, -1]
            _less(y, self.offset, out=residual).sub_(centred @ self.pilot.weights)
            self.gram.addmm_(chunk.T, chunk)
            self.sums += chunk.sum(0)

    def moments(self) -> Moments:
        """Make of the sums what least squares needs."""
        return _from_sums(self.examples, self.sums / self.examples, self.gram / self.examples, self.pilot, self.offset)


def _less(values: Tensor, by: Tensor | float, *, out: Tensor) -> Tensor:
    """Subtract in float64, in one pass over the data where they are float64 already."""
    if values.dtype is torch.float64 and values.is_cpu:
        return torch.sub(values, by, out=out)
    return out.copy_(values).sub_(by)


def _from_sums(examples: int, shift: Tensor, gram: Tensor, pilot: Moments, offset: float) -> Moments:
    covariance = gram - torch.outer(shift, shift)
    inputs, cross = covariance[:-1, :-1], covariance[:-1, -1]
    deviation = inputs.diagonal().clamp_min(0).sqrt()
    scale = torch.where(deviation > 0, deviation, 1.0)
    values, vectors = torch.linalg.eigh(inputs / torch.outer(scale, scale))
    # Below this, an eigenvalue is nothing but rounding, and its direction says nothing.
    known = values > EPS * len(values) * values[-1:]
    root = torch.where(known, values, 0.0).sqrt()
    target = torch.where(known, vectors.T @ (cross / scale) / torch.where(known, root, 1.0), 0.0)
    fitted = inputs @ pilot.weights
    spread = max(0.0, float(covariance[-1, -1] + 2 * pilot.weights @ cross + pilot.weights @ fitted))
    return Moments(
        examples=examples,
        intercept=pilot.intercept,
        mean=pilot.mean + shift[:-1],
        deviation=deviation,
        factor=root[:, None] * vectors.T * scale,
        weights=pilot.weights,
        target=target,
        level=offset + float(shift[-1]) + float(shift[:-1] @ pilot.weights),
        rest=max(0.0, float(covariance[-1, -1] - target @ target)),
        squared_condition=True,
        target_size=math.sqrt(spread),
    )


def _ragged(expected: int, found: int) -> SteepestError:
    return SteepestError(
        f"a batch has {found} features, the first one had {expected}", remedy="Give every batch the same columns"
    )


def _refuse_non_finite(inputs: Tensor, targets: Tensor, *, row: int) -> None:
    for what, values in (("inputs", inputs), ("targets", targets[:, None])):
        bad = torch.nonzero(~torch.isfinite(values))
        if len(bad):
            at, column = (int(index) for index in bad[0])
            where = f", column {column}" if what == "inputs" and values.shape[1] > 1 else ""
            raise SteepestError(
                f"the {what} have {float(values[at, column])} in row {row + at + 1}{where}",
                cause="A missing value, or a division by zero further up",
                remedy="Drop or mend that row",
            )
