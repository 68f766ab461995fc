"""What the rules ask of a slice, each number measured once."""

from __future__ import annotations

import math
from functools import cached_property
from itertools import product

import torch
from torch import Tensor

from steepest.curvature import Curvature
from steepest.diagnosis.valleys import Valley, valleys
from steepest.slices import Projection, Slice
from steepest.slices.axes import own_value_of

LEVEL = 0.1
"""A share of the relief that is one of ten height lines: what is less is not seen between two of them."""

ON_GRID = 1e-3
"""How far from a grid point, in steps of the grid, a place may be and still have that point's cost."""

BEYOND_ENDS = 1.0
"""How far beyond its two models a line may reach, in ways between them: a line about one model reaches as far back."""

ROUNDING = 16
"""Last digits of a cost that two roads to one sum may differ by."""

MOST_POINTS = 100_000
"""Of a larger grid the valleys are not told apart: more than a second's work for a sentence."""


class Seen:
    """What the rules ask of a slice, each number measured once."""

    def __init__(
        self, slice: Slice, projection: Projection | None, curvature: Curvature | None, learning_rate: float | None
    ) -> None:
        self.slice, self.projection, self.curvature, self.rate = slice, projection, curvature, learning_rate
        self.costs = slice.costs.detach().double().cpu()
        self.axes = [values.detach().double().cpu() for values in slice.coordinates]
        self.finite = self.costs[self.costs.isfinite()]
        self.word = "line" if len(self.axes) == 1 else "plane"

    @cached_property
    def eps(self) -> float:
        kind = self.slice.costs.dtype
        return torch.finfo(kind).eps if kind.is_floating_point else 0.0

    @cached_property
    def lowest(self) -> float:
        return float(self.finite.min()) if len(self.finite) else math.nan

    @cached_property
    def highest(self) -> float:
        return float(self.finite.max()) if len(self.finite) else math.nan

    @cached_property
    def flat(self) -> bool:
        """Whether the costs differ by no more than rounding."""
        return self.highest - self.lowest <= ROUNDING * self.eps * max(abs(self.lowest), abs(self.highest))

    @cached_property
    def log(self) -> bool:
        """Whether heights are decades: the scale that is drawn, where every cost has a logarithm."""
        return self.slice.scale == "log" and self.lowest > 0

    @cached_property
    def heights(self) -> Tensor:
        return self.costs.log10() if self.log else self.costs

    @cached_property
    def relief(self) -> float:
        """The range of heights, in the scale drawn."""
        return math.log10(self.highest / self.lowest) if self.log else self.highest - self.lowest

    @cached_property
    def unsure(self) -> float:
        """How far a height may be off, as the slice itself states: interpolation, and the half-width of a sample."""
        error = self.slice.held_out_error or 0.0
        if not self.log:
            error *= self.highest - self.lowest
        if self.slice.intervals is None:
            return error
        half = self.slice.intervals.detach().double().cpu()
        known = self.costs.isfinite() & half.isfinite()
        wide = half[known] / self.costs[known] / math.log(10) if self.log else half[known]
        return error + (float(wide.median()) if len(wide) else 0.0)

    @cached_property
    def valleys(self) -> list[Valley]:
        """Those that a height line could surround, and that are deeper than what the slice is unsure of."""
        least = max(LEVEL * self.relief, 2 * self.unsure)
        return [valley for valley in valleys(self.heights) if valley.depth > least]

    @cached_property
    def bottom(self) -> tuple[int, ...]:
        """Where the lowest cost is, by its index."""
        filled = torch.where(self.costs.isfinite(), self.costs, math.inf)
        flat = int(filled.argmin())
        return (flat,) if self.costs.ndim == 1 else divmod(flat, self.costs.shape[1])

    @cached_property
    def around(self) -> list[tuple[int, ...]]:
        """The points of the grid about the model, at 0 along directions: itself alone where it is one of them."""
        named = [own_value_of(direction, self.slice.origin) for direction in self.slice.directions]
        if any(named) or not all(float(axis[0]) < 0 < float(axis[-1]) for axis in self.axes):
            return []
        ends: list[tuple[int, ...]] = []
        for axis in self.axes:
            on = self.index(axis, 0.0)
            above = int((axis < 0).sum())
            ends.append((above - 1, above) if on is None else (on,))
        return list(product(*ends))

    @cached_property
    def model(self) -> tuple[int, ...] | None:
        """Where the model stands, by its index, if that is inside the frame and on the grid."""
        return self.around[0] if len(self.around) == 1 else None

    @cached_property
    def between_models(self) -> bool:
        """Whether every axis leads from a model at 0 to one at 1, and not as far back as a line about one model."""
        return all(
            self.index(axis, 0.0) is not None
            and self.index(axis, 1.0) is not None
            and float(axis[0]) > -BEYOND_ENDS
            and float(axis[-1]) < 1 + BEYOND_ENDS
            for axis in self.axes
        )

    def index(self, axis: Tensor, value: float) -> int | None:
        """The grid point at a coordinate, if there is one."""
        nearest = int((axis - value).abs().argmin())
        step = float(axis[-1] - axis[0]) / (len(axis) - 1)
        return nearest if abs(float(axis[nearest]) - value) <= ON_GRID * step else None

    def place(self, index: tuple[int, ...]) -> str:
        """Coordinates in words, and 0 where rounding has left nearly nothing."""
        values = [
            f"{0.0 if self.index(axis, 0.0) == at else float(axis[at]):.3g}"
            for axis, at in zip(self.axes, index, strict=True)
        ]
        return values[0] if len(values) == 1 else f"({', '.join(values)})"

    def at_edge(self, index: tuple[int, ...]) -> bool:
        return any(at in (0, len(axis) - 1) for axis, at in zip(self.axes, index, strict=True))

    def bends(self) -> list[float] | None:
        """Curvatures of the costs at the model along the axes and, on a plane, the smaller one of all aslant."""
        if self.model is None or self.at_edge(self.model):
            return None
        steps = [
            (float(axis[at] - axis[at - 1]), float(axis[at + 1] - axis[at]))
            for axis, at in zip(self.axes, self.model, strict=True)
        ]
        found = []
        for side, (before, after) in enumerate(steps):
            low, here, high = (self._beside(side, by) for by in (-1, 0, 1))
            found.append(2 * ((high - here) / after - (here - low) / before) / (before + after))
        if len(steps) == 1:
            return found
        (i, j), (one, other) = self.model, steps
        corner = (
            self.costs[i + 1, j + 1] - self.costs[i + 1, j - 1] - self.costs[i - 1, j + 1] + self.costs[i - 1, j - 1]
        )
        mixed = float(corner) / (sum(one) * sum(other))
        mean, half = sum(found) / 2, (found[0] - found[1]) / 2
        return [*found, mean - math.hypot(half, mixed)]

    def _beside(self, side: int, by: int) -> float:
        assert self.model is not None
        return float(self.costs[tuple(at + by * (which == side) for which, at in enumerate(self.model))])
