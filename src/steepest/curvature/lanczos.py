"""Lanczos' method with full reorthogonalisation: both ends of a spectrum that is known only by its products."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from steepest.curvature.products import CHUNK, inner, size_of

ONCE_MORE = 0.7
"""Share of its length that a vector must keep when the basis is taken out of it, or it is taken out again (Daniel,
Gragg, Kaufman and Stewart, 1976): what is left is then orthogonal to the last digit."""

EVERY = 10
"""What is known is looked at whenever a tenth more products are there: a look at a hundred costs like a small product.
"""

DOUBT = 0.01
"""Probability that an eigenvalue lies further beyond the ends than `unseen` says."""


@dataclass(frozen=True)
class Ritz:
    """What a Krylov space knows of a symmetric matrix: its Ritz values, and how far each is from an eigenvalue.

    `basis` has one orthonormal vector a row, shape `(vectors, size)`; `values` are in falling order, `columns` their
    eigenvectors within the basis, `bounds` the lengths `|H v - value v|` that follow from the recurrence.
    """

    basis: Tensor
    values: Tensor
    columns: Tensor
    bounds: Tensor
    steps: int
    """How many products of one and the same start the space has, before the first restart."""
    invariant: bool
    """True where the space holds all that the start can reach, so that its values are eigenvalues."""

    def vector(self, index: int) -> Tensor:
        """The unit vector of one Ritz value, shape `(size,)`."""
        vector = self.columns[:, index].to(self.basis) @ self.basis
        return vector / size_of(vector)

    @property
    def unseen(self) -> float:
        """How far the ends of the spectrum are beyond those of the Ritz values, at most, with 99 % probability.

        With `share = (ln(1.648 sqrt(size) / p) / (2 steps - 1))^2`, the largest Ritz value falls short of the largest
        eigenvalue by more than that share of the whole spread with a probability below p (Kuczyński and Woźniakowski,
        1992); so does the smallest, of the negative matrix.
        """
        if self.invariant:
            return 0.0
        size = self.basis.shape[1]
        share = (math.log(1.648 * math.sqrt(size) / (DOUBT / 2)) / (2 * self.steps - 1)) ** 2
        spread = float(self.values[0] - self.values[-1])
        return share * spread / (1 - 2 * share) if share < 0.5 else math.inf


def lanczos(
    product: Callable[[Tensor], Tensor],
    start: Tensor,
    *,
    products: int,
    vectors: int,
    enough: Callable[[Ritz], bool] = lambda found: False,
) -> Ritz:
    """Build a Krylov space from a start, one product a step, until it knows enough or the products are used up.

    At most `vectors` vectors are kept: when they are full, the half of the Ritz vectors at both ends stay, and the
    space grows on from there (thick restart; Wu and Simon, 2000). Every new vector is made orthogonal to all that are
    kept, so no eigenvalue appears twice; of a repeated one, a single start finds one direction.

    >>> matrix = torch.diag(torch.tensor([-9.0, 1.0, 2.0, 4.0], dtype=torch.float64))
    >>> found = lanczos(lambda vector: matrix @ vector, torch.ones(4, dtype=torch.float64), products=4, vectors=4)
    >>> [round(value, 9) for value in found.values.tolist()]
    [4.0, 2.0, 1.0, -9.0]
    """
    basis = start.new_empty(vectors, len(start))
    matrix = torch.zeros(vectors, vectors, dtype=torch.float64)
    basis[0] = start / size_of(start)
    digit = 10 * torch.finfo(start.dtype).eps
    size, steps, largest, restarted = 1, 0, 0.0, False
    for used in range(1, products + 1):
        steps += not restarted
        rest, along = _without(basis[:size], product(basis[size - 1]))
        matrix[size - 1, :size] = matrix[:size, size - 1] = along.cpu()
        beta = size_of(rest)
        largest = max(largest, math.hypot(beta, float(along.norm())))
        reached = size == len(start) or beta <= digit * largest
        ends = reached or used == products
        if ends or size == vectors or used % max(1, used // EVERY) == 0:
            found = _ritz(basis[:size], matrix[:size, :size], beta, steps, invariant=reached)
            if ends or enough(found):
                return found
            if size == vectors:
                size = _restarted(basis, matrix, found)
                restarted = True
        basis[size] = rest / beta
        size += 1
    raise AssertionError("a loop over at least one product returns")


def _ritz(basis: Tensor, matrix: Tensor, beta: float, steps: int, *, invariant: bool) -> Ritz:
    """Decompose the small matrix, by one thread: threads that wait for each other take longer than the work."""
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        values, columns = torch.linalg.eigh(matrix)
    finally:
        torch.set_num_threads(threads)
    values, columns = values.flip(0), columns.flip(1)
    return Ritz(basis, values, columns, beta * columns[-1].abs(), steps, invariant)


def _without(basis: Tensor, vector: Tensor) -> tuple[Tensor, Tensor]:
    """Take the basis out of a vector; also give how much of each was in it, in float64."""
    along = torch.zeros(len(basis), dtype=torch.float64, device=basis.device)
    before = size_of(vector)
    for _ in range(4):
        part = inner(basis, vector)
        vector = torch.addmv(vector, basis.T, part.to(vector), alpha=-1)
        along += part
        after = size_of(vector)
        if after >= ONCE_MORE * before:
            break
        before = after
    return vector, along


def _restarted(basis: Tensor, matrix: Tensor, found: Ritz) -> int:
    """Put the Ritz vectors at both ends in place of all, piece by piece, and give how many there are."""
    quarter = len(found.values) // 4
    kept = torch.cat([torch.arange(quarter), torch.arange(len(found.values) - quarter, len(found.values))])
    turn = found.columns[:, kept].T.to(basis)
    for piece in basis.split(CHUNK, dim=1):
        piece[: len(kept)] = turn @ piece
    matrix.zero_()
    matrix.diagonal()[: len(kept)] = found.values[kept]
    return len(kept)
