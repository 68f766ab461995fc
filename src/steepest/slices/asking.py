"""Asking a cost for its values at places of a slice."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from steepest import vectors
from steepest.cost import Cost
from steepest.vectors import Params


class Ask:
    """The costs at places of one slice, by the shortcut that the cost offers or by one value at each place.

    `ask(places)` takes coordinates of shape `(places, directions)` and gives costs of shape `(places,)`, on the CPU.
    Places that follow each other with the same first coordinate share the way along the first direction.
    """

    def __init__(self, cost: Cost, origin: Params, directions: Sequence[Params]) -> None:
        self.count = 0
        self._cost, self._origin, self._directions = cost, origin, tuple(directions)
        self._shortcut = cost.restricted(origin, directions)
        self._row: tuple[float, Params] | None = None

    @property
    def method(self) -> str:
        """How the costs asked for so far were got."""
        if self._shortcut:
            return self._shortcut.method
        return f"{self.count} forward passes, one at each point"

    def __call__(self, places: Tensor) -> Tensor:
        with torch.no_grad():
            if self._shortcut:
                costs = self._shortcut.costs(places)
            else:
                costs = torch.stack([self._cost.value(self._point(place)) for place in places.tolist()])
        self.count += len(places)
        return costs.detach().cpu()

    def _point(self, place: list[float]) -> Params:
        first, *rest = place
        if self._row is None or self._row[0] != first:
            self._row = first, vectors.moved(self._origin, self._directions[0], by=first)
        point = self._row[1]
        for direction, by in zip(self._directions[1:], rest, strict=True):
            point = vectors.moved(point, direction, by=by)
        return point
