"""From measured places to any others: a smooth surface through all of them, and how far it may be off between."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import torch
from torch import Tensor

from steepest.slices.noun import Scale

MOST_PLACES = 1500
"""One surface goes through all places: its system of equations is solved whole, in a second at this many."""

NEIGHBOURS = 6
"""How many of the nearest places tell how rough the surface is near a place: those around it in a square."""

SAME = 1e-12
"""Two places nearer than this, in halves of the reach, are one whose coordinates were rounded twice."""


def chosen_scale(costs: Tensor) -> Scale:
    """Take logarithms where all finite costs are positive and span more than two decades.

    >>> chosen_scale(torch.tensor([1e-4, 1.0])), chosen_scale(torch.tensor([0.0, 1.0]))
    ('log', 'linear')
    """
    finite = costs[costs.isfinite()].double()
    return "log" if len(finite) and float(finite.min()) > 0 and bool(finite.max() > 100 * finite.min()) else "linear"


class Surface:
    """The polyharmonic spline through measured costs, in the scale that is drawn.

    `s(x) = sum_k c_k |x - x_k|^3 + quadratic(x)`, x in halves of the reach, the sum free of every quadratic (Duchon,
    1977); on a line it is a cubic spline. `s` is a cost as a share of the range of the finite ones, or its logarithm.
    A constant comes back as that constant, a quadratic in this scale as itself, a measured place as measured; nothing
    is clipped.

    `places` has shape `(measured, directions)`, `costs` `(measured,)`. Where the nearest of them has a cost that is not
    finite in this scale, or one of those is nearer than its own nearest finite one, the cost is given as not finite:
    nothing is interpolated across it.

    >>> places = torch.cartesian_prod(torch.arange(3.0), torch.arange(3.0)).double()
    >>> surface = Surface(places, (places**2).sum(dim=1), "linear")
    >>> surface(torch.tensor([[0.5, 1.5]], dtype=torch.float64))
    tensor([2.5000], dtype=torch.float64)
    """

    def __init__(self, places: Tensor, costs: Tensor, scale: Scale) -> None:
        self.places, self.costs = places.double(), costs.double()
        self.scale: Scale = scale
        self._middle = (self.places.amax(dim=0) + self.places.amin(dim=0)) / 2
        half = (self.places.amax(dim=0) - self.places.amin(dim=0)) / 2
        self._half = torch.where(half > 0, half, 1.0)
        raw = self.costs.log10() if scale == "log" else self.costs
        self.good = raw.isfinite()
        """Which places have a cost that is finite in this scale."""
        finite = raw[self.good]
        self._first = finite[0] if len(finite) else raw.new_zeros(())
        spread = finite.max() - finite.min() if len(finite) else raw.new_zeros(())
        self._size = spread if scale == "linear" and spread > 0 else torch.ones_like(spread)
        self._known = self.scaled(self.places[self.good])

    def height(self, costs: Tensor) -> Tensor:
        """What is drawn of costs: shares of the range, or decades; from the first place on."""
        raw = costs.double().log10() if self.scale == "log" else costs.double()
        return (raw - self._first) / self._size

    def __call__(self, at: Tensor) -> Tensor:
        """Costs at other places, shape `(places,)`; one that is not finite near those measured as not finite."""
        costs = self.costs.new_full((len(at),), torch.nan)
        if len(self._known):
            heights = self._rows(self.scaled(at)) @ self._coefficients
            # From the first place's own cost on, so that a constant is not rounded on its way through the logarithm.
            first = self.costs[self.good][0]
            costs = first * 10**heights if self.scale == "log" else first + heights * self._size
        away, nearest = self._distance(at, self.places).min(dim=1)
        spoiling = self.spoilt(at)
        costs = torch.where(spoiling < 0, costs, self.costs[spoiling])
        return torch.where(away <= SAME, self.costs[nearest], costs)

    def on(self, grid: Sequence[Tensor]) -> Tensor:
        """Costs on a grid, given as one tensor of coordinates for each direction."""
        at = torch.cartesian_prod(*(values.double().cpu() for values in grid)).reshape(-1, len(grid))
        return self(at).reshape([len(values) for values in grid])

    def spoilt(self, at: Tensor) -> Tensor:
        """Which measured place, whose cost is not finite, spoils each of the others; -1 where none does."""
        none = torch.full((len(at),), -1)
        if bool(self.good.all()):
            return none
        bad = (~self.good).nonzero()[:, 0]
        away, which = self._distance(at, self.places[bad]).min(dim=1)
        if not len(self._known):
            return bad[which]
        reach = self._distance(self.places[bad], self.places[self.good]).amin(dim=1)
        finite = self._distance(at, self.places[self.good]).amin(dim=1)
        return torch.where((away < finite) | (away < reach[which] - SAME), bad[which], none)

    def doubts(self, at: Tensor) -> Tensor:
        """Estimate how far the surface is off at other places, in the scale drawn.

        `|c| P(x)^2`, P the power function of the places. Were x measured too, its own coefficient c would make this its
        error exactly (Rippa, 1999); the mean size of those of the nearest places stands for it.
        """
        if not len(self._known):
            return at.new_zeros(len(at))
        rows = self._rows(self.scaled(at))
        power = (rows @ self._inverse * rows).sum(dim=1).abs()
        near = self._distance(at, self.places[self.good]).topk(min(NEIGHBOURS, len(self._known)), largest=False).indices
        return self._coefficients[: len(self._known)].abs()[near].mean(dim=1) * power

    def off(self, places: Tensor, costs: Tensor) -> float | None:
        """How far the surface is off at worst at places measured apart; None where none is finite on both.

        In the scale drawn: decades, or a share of the range of all finite costs, these among them.
        """
        found = self(places)
        if self.scale == "log":
            gaps = (found.log10() - costs.log10()).abs()
            return max(gaps[gaps.isfinite()].tolist(), default=None)
        known = torch.cat([self.costs, costs])
        known = known[known.isfinite()]
        gaps = (found - costs).abs()
        gaps = gaps[gaps.isfinite()] / (float(known.max() - known.min()) or 1.0 if len(known) else 1.0)
        return max(gaps.tolist(), default=None)

    def scaled(self, places: Tensor) -> Tensor:
        """Places in halves of the reach, from its middle."""
        return (places.double() - self._middle) / self._half

    def _distance(self, left: Tensor, right: Tensor) -> Tensor:
        return _distances(self.scaled(left), self.scaled(right))

    def _rows(self, at: Tensor) -> Tensor:
        return torch.cat([_distances(at, self._known) ** 3, _quadratic(at)], dim=1)

    @cached_property
    def _inverse(self) -> Tensor:
        rows = self._rows(self._known)
        terms = _quadratic(self._known)
        blank = terms.new_zeros(terms.shape[1], terms.shape[1])
        whole = torch.cat([rows, torch.cat([terms.T, blank], dim=1)])
        if (
            torch.linalg.matrix_rank(terms.T @ terms, hermitian=True) < terms.shape[1]
        ):  # few places, or all on a line: the flattest quadratic
            return torch.linalg.pinv(whole, hermitian=True, rtol=1e-12)
        return torch.linalg.inv(whole)

    @cached_property
    def _coefficients(self) -> Tensor:
        return self._inverse[:, : len(self._known)] @ self.height(self.costs[self.good])


def _distances(left: Tensor, right: Tensor) -> Tensor:
    return torch.cdist(left, right, compute_mode="donot_use_mm_for_euclid_dist")


def _quadratic(places: Tensor) -> Tensor:
    """The terms of a quadratic: 1, each coordinate, and the products of each two."""
    columns = list(places.unbind(dim=1))
    squares = [left * right for index, left in enumerate(columns) for right in columns[index:]]
    return torch.stack([torch.ones_like(columns[0]), *columns, *squares], dim=1)
