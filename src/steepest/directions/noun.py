"""Directions: where a slice goes, how they were made, and how they lie to each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, overload

import torch
from torch import Tensor

from steepest import vectors
from steepest.vectors import Params


@dataclass(frozen=True, eq=False)
class Directions(Sequence[Params]):
    """One or more directions, each a tensor for every parameter, to give to `line` or `plane` as `along`.

    `vectors` are the directions themselves; `names` says in a few words what each of them is, for an axis; `told` says
    in a sentence how they were made, with what was left out or zeroed. `residuals` holds the relative residual of each
    where they are eigenvectors, `shares` the share of a run's motion where they are principal. `origin` and `reach` are
    what they suggest for a slice.

    >>> ways = Directions(({"m": torch.tensor(3.0)}, {"m": torch.tensor(-1.0)}), ("up", "down"), "by hand")
    >>> ways.norms, ways.cosines
    (tensor([3., 1.], dtype=torch.float64), tensor([[ 1., -1.],
            [-1.,  1.]], dtype=torch.float64))
    """

    vectors: tuple[Params, ...]
    names: tuple[str, ...]
    told: str
    residuals: Tensor | None = None
    shares: Tensor | None = None
    origin: Params | None = None
    reach: tuple[tuple[float, float], ...] | None = None

    @cached_property
    def norms(self) -> Tensor:
        """The length of each, shape `(directions,)`."""
        return torch.tensor([vectors.norm(vector) for vector in self.vectors], dtype=torch.float64)

    @cached_property
    def cosines(self) -> Tensor:
        """The cosine between each two, shape `(directions, directions)`."""
        dots = [[vectors.dot(left, right) for right in self.vectors] for left in self.vectors]
        return torch.tensor(dots, dtype=torch.float64) / torch.outer(self.norms, self.norms)

    def to_dict(self) -> dict[str, Any]:
        """Turn what is known of the directions, not the directions themselves, into numbers, strings and lists."""
        return {
            "names": list(self.names),
            "told": self.told,
            "norms": self.norms.tolist(),
            "cosines": self.cosines.tolist(),
            "residuals": None if self.residuals is None else self.residuals.tolist(),
            "shares": None if self.shares is None else self.shares.tolist(),
            "reach": None if self.reach is None else [list(ends) for ends in self.reach],
        }

    @overload
    def __getitem__(self, index: int) -> Params: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Params, ...]: ...
    def __getitem__(self, index: int | slice) -> Params | tuple[Params, ...]:
        return self.vectors[index]

    def __len__(self) -> int:
        return len(self.vectors)

    def __iter__(self) -> Iterator[Params]:
        return iter(self.vectors)

    def __repr__(self) -> str:
        return f"<Directions {', '.join(self.names)}: {self.told}>"
