"""Slice: costs on a straight line or a flat plane through the parameters, how they were got, and how sure they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from torch import Tensor

from steepest.slices.axes import own_value_of
from steepest.vectors import Params

Scale = Literal["linear", "log"]


@dataclass(frozen=True, repr=False)
class Slice:
    """Costs on a straight line or a flat plane through the parameters.

    `costs[i, j] = C(origin + coordinates[0][i] * directions[0] + coordinates[1][j] * directions[1])`

    From `origin` along its `directions`; `coordinates` has one tensor for each, of points in lengths of that direction
    (or a named parameter's own values), `costs` the shape `(points,)` or `(points, points)`, NaN and infinities as they
    were found. `method` says how the costs were got; `held_out_error` is None where every one of them is exact. `axes`
    are the directions' names, `about` how they were made. A slice says nothing about the cost beside it.

    Where the costs were measured at fewer `places`, shape `(measured, directions)`, they are `measured` there, and
    interpolated between; `held_out_error` is then the largest error at places measured afterwards, in the `scale` that
    is drawn: a share of the range of the costs for "linear", decades for "log". `beside` holds other means over the
    data on the same grid, such as an accuracy. `intervals` are half-widths of the costs of a sample of the data.

    >>> from steepest import Cost, line
    >>> cost = Cost.from_function(lambda m, b: m**2 + b**2)
    >>> cut = line(cost, at={"m": 5.0, "b": 1.0}, along="m", reach=(0, 2), points=3)
    >>> cut.names, cut.coordinates[0].tolist(), cut.costs.tolist()
    (('m',), [0.0, 1.0, 2.0], [1.0, 2.0, 5.0])
    """

    origin: Params
    directions: tuple[Params, ...]
    coordinates: tuple[Tensor, ...]
    costs: Tensor
    method: str
    held_out_error: float | None = None
    axes: tuple[str, ...] = ()
    about: str = ""
    scale: Scale = "linear"
    places: Tensor | None = None
    measured: Tensor | None = None
    beside: dict[str, Tensor] = field(default_factory=dict)
    intervals: Tensor | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """What each coordinate is: a parameter's own value, by its name, or steps along a direction, by its name."""
        return tuple(
            own_value_of(direction, self.origin) or (self.axes[index] if self.axes else f"direction {index}")
            for index, direction in enumerate(self.directions)
        )

    def save(self, path: str | Path, *, force: bool = False) -> Path:
        """Write the slice into a folder of its own, from which `Slice.load` reads it back to the last bit.

        Raises SteepestError where the folder holds another slice, unless `force`, or something else.
        """
        from steepest.slices.saving import save

        return save(self, path, force=force)

    @staticmethod
    def load(path: str | Path) -> Slice:
        """Read a slice back from its folder; nothing in it can run code.

        Raises SteepestError where there is none, it is damaged, or its measuring was stopped before the end.

        >>> import tempfile
        >>> from steepest import Cost, line
        >>> cut = line(Cost.from_function(lambda m: m**2), at={"m": 0.0}, along="m", reach=(0, 1))
        >>> Slice.load(cut.save(Path(tempfile.mkdtemp()) / "valley")).costs.equal(cut.costs)
        True
        """
        from steepest.slices.saving import load

        return load(path)

    def __repr__(self) -> str:
        shape = " x ".join(map(str, self.costs.shape))
        return f"Slice({shape} costs along {' and '.join(self.names)}: {self.method})"

    def to_dict(self) -> dict[str, Any]:
        """Turn the slice into numbers, strings and lists: the form that figures and pages read."""
        return {
            "names": list(self.names),
            "origin": {name: value.tolist() for name, value in self.origin.items()},
            "directions": [{n: v.tolist() for n, v in direction.items()} for direction in self.directions],
            "coordinates": [values.tolist() for values in self.coordinates],
            "costs": self.costs.tolist(),
            "method": self.method,
            "held_out_error": self.held_out_error,
            "about": self.about,
            "scale": self.scale,
            "places": None if self.places is None else self.places.tolist(),
            "measured": None if self.measured is None else self.measured.tolist(),
            "beside": {name: values.tolist() for name, values in self.beside.items()},
            "intervals": None if self.intervals is None else self.intervals.tolist(),
        }
