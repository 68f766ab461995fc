"""The cells of a line or a plane: places in a lattice, halved again and again where it is asked for."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from steepest.errors import SteepestError
from steepest.slices.axes import Reach, coordinates

FIRST = 8
"""The first picture has this many cells along each direction: 9x9 places in a plane."""

FINEST = 256
"""No cell is finer than the reach over this."""

BORDER = 32
"""The border of what is not finite is followed down to cells of the reach over this."""

Place = tuple[int, ...]
"""A place by its number along each direction, of the finest lattice."""


class Cells:
    """Cells whose corners, middles of edges and centres are places to measure; one is cut where its centre was.

    Every place has coordinates that are numbers of the dtypes given, so that those visited are those stated.

    >>> cells = Cells(((-1, 1),), [torch.float64])
    >>> cells.at([(0,), (128,), (160,)])
    tensor([[-1.0000],
            [ 0.0000],
            [ 0.2500]], dtype=torch.float64)
    """

    def __init__(self, reach: Sequence[Reach], kinds: Sequence[torch.dtype]) -> None:
        self.directions, self._reach, self._kinds = len(reach), reach, kinds
        self.finest = next(count for count in _halves(FINEST, FIRST) if count == FIRST or _fits(reach, kinds, count))
        self._axes = [
            coordinates(ends, self.finest + 1, kind=kind).double() for ends, kind in zip(reach, kinds, strict=True)
        ]
        self.seen: set[Place] = set()
        step = self.finest // FIRST
        corners = itertools.product(range(0, self.finest, step), repeat=self.directions)
        self._leaves: list[tuple[Place, int]] = [(corner, step) for corner in corners]

    def at(self, places: Iterable[Place]) -> Tensor:
        """The coordinates of places, shape `(places, directions)`."""
        numbers = torch.tensor(list(places), dtype=torch.long).reshape(-1, self.directions)
        return torch.stack([axis[numbers[:, index]] for index, axis in enumerate(self._axes)], dim=1)

    def random(self, count: int, generator: torch.Generator) -> Tensor:
        """Coordinates drawn evenly from the whole reach, those that share the first one next to each other."""
        shares = torch.rand(count, self.directions, generator=generator, dtype=torch.float64)
        columns = [
            (low + (high - low) * share).clamp(low, high).to(kind).double()
            for share, (low, high), kind in zip(shares.unbind(dim=1), self._reach, self._kinds, strict=True)
        ]
        places = torch.stack(columns, dim=1)
        return places[places[:, 0].argsort()]

    def first(self) -> list[list[Place]]:
        """The places of the first picture, in an order that is useful when interrupted."""
        half = self.finest // 2
        groups = [[(half,) * self.directions], self._spaced(self.finest)]
        groups += [self._spaced(step) for step in _halves(half, self.finest // FIRST)]
        told: set[Place] = set()
        fresh = []
        for group in groups:
            fresh.append([place for place in group if place not in told])
            told |= set(group)
        return fresh

    def new(self) -> dict[Place, int]:
        """The places not measured that would cut a cell, or are a corner of one; and the size of the smallest such."""
        self._cut()
        found: dict[Place, int] = {}
        for corner, size in self._leaves:
            if size > 1:
                for place in _shifted(corner, (0, size // 2, size)):
                    if place not in self.seen:
                        found[place] = min(size, found.get(place, size))
        return found

    def border(self, finite: dict[Place, bool]) -> dict[Place, int]:
        """The centres of cells with corners of both kinds, and their sizes; `finite` says which corners are."""
        found: dict[Place, int] = {}
        for corner, size in self._leaves:
            corners = {finite[place] for place in _shifted(corner, (0, size))}
            if len(corners) == 2 and size > max(1, self.finest // BORDER):
                found[tuple(number + size // 2 for number in corner)] = size
        return found

    def corners(self) -> list[Place]:
        """The corners of all cells that are not cut."""
        return sorted({place for corner, size in self._leaves for place in _shifted(corner, (0, size))})

    def _cut(self) -> None:
        uncut, self._leaves = self._leaves, []
        while uncut:
            corner, size = uncut.pop()
            half = size // 2
            if half and tuple(number + half for number in corner) in self.seen:
                uncut += [(place, half) for place in _shifted(corner, (0, half))]
            else:
                self._leaves.append((corner, size))

    def _spaced(self, step: int) -> list[Place]:
        return list(itertools.product(range(0, self.finest + 1, step), repeat=self.directions))


def _shifted(corner: Place, steps: Sequence[int]) -> list[Place]:
    return list(itertools.product(*([number + step for step in steps] for number in corner)))


def _halves(largest: int, least: int) -> list[int]:
    return [largest >> times for times in range(largest.bit_length()) if largest >> times >= least]


def _fits(reach: Sequence[Reach], kinds: Sequence[torch.dtype], count: int) -> bool:
    """Whether that many cells have corners that are different numbers."""
    try:
        for ends, kind in zip(reach, kinds, strict=True):
            coordinates(ends, count + 1, kind=kind)
    except SteepestError:
        return False
    return True
