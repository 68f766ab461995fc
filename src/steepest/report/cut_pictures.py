"""The slices of a report as pictures that stand still, each with a table beside it: for pages without scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from steepest.report.cuts import Cut
from steepest.report.data import Story
from steepest.report.parts import SIDE, Grid, Picture, cell, source

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def cut_pictures(told: Story) -> list[Picture]:
    """Draw each slice, with the run that leads over it where it lies on it."""
    return [_plane(told, cut) if len(cut.slice.coordinates) == 2 else _line(cut) for cut in told.cuts]


def _plane(told: Story, cut: Cut) -> Picture:
    from steepest import draw
    from steepest.draw import paper

    slice, (one, other) = cut.slice, cut.slice.names
    ax = draw.contour(slice, told.run if told.label in cut.paths else None, bars=False, arrows=False)
    columns, rows = (_spread(values, SIDE) for values in slice.coordinates)
    across, up = (values.double().tolist() for values in slice.coordinates)
    costs = slice.costs.double()
    table = [[cell(up[row], 4), *(cell(float(costs[column, row]), 4) for column in columns)] for row in rows[::-1]]
    return Picture(
        f"{cut.name}: the cost over {one} and {other}",
        "Seen from above: each height line joins places of equal cost.",
        f"A map of the cost by {one} and {other}.",
        source(ax),
        Grid(
            (f"{other} ↓  {one} →", *(paper.number(across[column], 4) for column in columns)),
            table,
            f"The cost at {len(columns)} by {len(rows)} of {costs.numel():,} points. {slice.method}.",
        ),
    )


def _line(cut: Cut) -> Picture:
    slice, (name,) = cut.slice, cut.slice.names
    places, costs = slice.coordinates[0].double(), slice.costs.double()
    chosen = _spread(places, 4 * SIDE)
    return Picture(
        f"{cut.name}: the cost along {name}",
        "Everything that this direction does not move is held.",
        f"The cost along {name}.",
        source(_curve(slice.coordinates[0].double(), costs, name)),
        Grid(
            (name, "cost"),
            [[cell(float(places[index]), 4), cell(float(costs[index]))] for index in chosen],
            f"The cost at {len(chosen)} of {len(costs):,} points. {slice.method}.",
        ),
    )


def _curve(places: Tensor, costs: Tensor, name: str) -> Axes:
    from steepest.draw import paper

    ax = paper.sheet(None)
    ax.plot(places.tolist(), costs.tolist(), color=paper.BLUE)
    paper.name_axes(ax, name, "cost")
    ax.xaxis.set_major_formatter(paper.PlainTicks())
    ax.yaxis.set_major_formatter(paper.PlainTicks())
    return ax


def _spread(values: Tensor, most: int) -> list[int]:
    """Evenly spread indices, the first and the last among them."""
    count = min(most, len(values))
    return [round(index * (len(values) - 1) / (count - 1)) for index in range(count)]
