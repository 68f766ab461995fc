"""The parts of a report page: facts, tables, and pictures with a table beside each."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from steepest import vectors
from steepest.errors import listed
from steepest.report.data import Story
from steepest.report.thinning import chosen, rule
from steepest.trajectory import Trajectory

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_COLUMNS = 6
"""So many parameters have columns of their own in the table of steps."""

MOST_ROWS = 20
"""So many examples stand in the table beside the fit."""

COLOURS, DOTS = 64, 90
"""The palette of a picture in a page and its dots an inch: they are shown only where no script runs."""

SIDE = 5
"""The table beside the map has so many rows and columns."""


@dataclass(frozen=True)
class Grid:
    """A table: its heads, and its cells as `(shown, in full)`."""

    heads: Sequence[str]
    rows: Sequence[Sequence[tuple[str, str]]]
    note: str = ""


@dataclass(frozen=True)
class Picture:
    """A picture with its words and the table beside it."""

    title: str
    help: str
    alt: str
    source: str
    table: Grid | None = None


def facts(told: Story) -> list[tuple[str, str]]:
    """What a reader asks first."""
    from steepest.draw import paper

    run, first, last = told.run, told.run.steps[0], told.run.steps[-1]
    rows = [
        ("Outcome", run.outcome.value),
        ("Because", run.because),
        ("Epochs", f"{run.epochs:,}"),
        ("Learning rate", paper.number(last.learning_rate)),
        ("Cost at the start", paper.number(first.cost, 6)),
        ("Cost at the end", paper.number(last.cost, 6)),
    ]
    if told.floor is not None:
        rows.append(("Lowest cost there is", paper.number(told.floor, 6)))
    rows += [
        (f"{name} at the end", paper.number(float(value), 6))
        for name, value in [*last.params.items()][:MOST_COLUMNS]
        if not value.ndim
    ]
    return rows


def curvature(told: Story) -> list[tuple[str, str]]:
    """How the cost bends, and what that says of the learning rate."""
    from steepest.draw import paper

    bends = told.curvature
    if bends is None:
        return []
    number = paper.number
    condition = bends.why if bends.condition_number is None else number(bends.condition_number)
    limit, best = bends.learning_rate_limit, bends.best_learning_rate
    rate = told.run.steps[-1].learning_rate
    life = bends.half_life(rate)
    return [
        ("Sharpness, the largest eigenvalue", f"{number(bends.sharpness)} (residual {number(bends.residual, 2)})"),
        ("Smallest eigenvalue", f"{number(bends.smallest)} (off by at most {number(bends.smallest_residual, 2)})"),
        ("Condition number", condition),
        ("Learning-rate limit, 2 / sharpness", "none: nothing bends upwards" if limit is None else number(limit)),
        ("Best fixed learning rate", "none" if best is None else number(best)),
        (
            f"Half-life of the slowest mode at rate {number(rate)}",
            "not known" if math.isnan(life) else f"{number(life)} epochs",
        ),
        ("Measured at", f"epoch {told.shown.epoch:,}"),
        ("Method", bends.method),
    ]


def png(ax: Axes) -> bytes:
    """The picture as a small PNG."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    from PIL import Image

    buffer, smaller = io.BytesIO(), io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DOTS)
    Image.open(buffer).convert("RGB").quantize(COLOURS).save(smaller, "png", optimize=True)
    return smaller.getvalue()


def source(ax: Axes) -> str:
    """The picture as an address that holds it."""
    return "data:image/png;base64," + base64.b64encode(png(ax)).decode()


def cell(value: float, digits: int = 6) -> tuple[str, str]:
    """A number for a table, as shown and in full."""
    from steepest.draw import paper

    return paper.number(value, digits), repr(float(value))


def cost_axes(told: Story) -> Axes:
    """The cost by epoch, drawn."""
    from steepest import draw

    return draw.cost_curve(told.run, minimum=told.floor)


def cost_picture(told: Story) -> Picture:
    """The cost by epoch; the table of steps stands beside it."""
    from steepest.draw import paper

    first, last = told.run.steps[0], told.run.steps[-1]
    return Picture(
        "Cost by epoch",
        "How far off the model is, on average, after each adjustment.",
        f"The cost by epoch: {paper.number(first.cost)} at epoch {first.epoch:,}, "
        f"{paper.number(last.cost)} at epoch {last.epoch:,}.",
        source(cost_axes(told)),
    )


def map_picture(told: Story) -> list[Picture]:
    """The cost over two parameters from above, where there is a plane."""
    from steepest import draw
    from steepest.draw import paper

    plane = told.plane
    if plane is None:
        return []
    ax = draw.contour(plane, told.run, minimum=told.minimum)
    places = [[round(index * (len(along) - 1) / (SIDE - 1)) for index in range(SIDE)] for along in plane.coordinates]
    across, up = (axis.tolist() for axis in plane.coordinates)
    costs = plane.costs.double()
    rows = [
        [cell(up[row], 4), *(cell(float(costs[column, row]), 4) for column in places[0])] for row in places[1][::-1]
    ]
    one, other = plane.names
    return [
        Picture(
            f"The cost over {one} and {other}",
            "Seen from above: each height line joins places of equal cost, and the path crosses them downhill.",
            f"A map of the cost by {one} and {other}, with the path of the descent over it.",
            source(ax),
            Grid(
                (f"{other} ↓  {one} →", *(paper.number(across[column], 4) for column in places[0])),
                rows,
                f"The cost at {SIDE} by {SIDE} of {costs.numel():,} points. {plane.method}.",
            ),
        )
    ]


def fit_picture(told: Story) -> list[Picture]:
    """Data and estimates, where the model is linear."""
    from steepest import draw

    if not told.fits or told.data is None:
        return []
    data, own = told.data, told.in_own_units(told.shown.params)
    single = len(data.names) == 1
    ax = draw.fit(
        data.inputs[:, 0] if single else data.inputs, data.targets, params=own, cost=told.shown.cost,
        gradient=told.shown.gradient, exact=told.in_own_units(told.minimum) if told.minimum and single else None,
        x_name=data.names[0] if single else "input", y_name=data.target,
    )  # fmt: skip
    columns, targets, flat = data.inputs[:MOST_ROWS], data.targets[:MOST_ROWS], vectors.flat(own).double().cpu()
    count = columns.shape[1]
    estimates = columns @ flat[:count] + (flat[count] if len(flat) > count else 0.0)
    rows = [
        [(str(index), str(index)), *([cell(float(x[0]))] if single else []), cell(y), cell(at), cell(at - y)]
        for index, (x, y, at) in enumerate(zip(columns, targets.tolist(), estimates.tolist(), strict=True))
    ]
    heads = ("row", *((data.names[0],) if single else ()), data.target, "estimate", "difference")
    return [
        Picture(
            f"Data and fit at epoch {told.shown.epoch:,}",
            "Each stick is one difference between the estimate and the data; the cost is the mean of their squares.",
            f"{data.target} by {listed(data.names)}: {data.examples:,} examples and the fitted model.",
            source(ax),
            Grid(heads, rows, f"{len(rows):,} of {data.examples:,} examples."),
        )
    ]


def steps(run: Trajectory) -> Grid:
    """The steps that are shown, with the lengths of their gradients where not every parameter has a column."""
    names = list[tuple[str, str, int]]()
    for name, value in run.end.items():
        places = range(min(value.numel(), MOST_COLUMNS))
        names += [(name if not value.ndim else f"{name}[{index}]", name, index) for index in places]
    total, names = vectors.size(run.end), names[:MOST_COLUMNS]
    rows = list[list[tuple[str, str]]]()
    for step in (run.steps[index] for index in chosen(run)):
        numbers = [float(step.params[name].reshape(-1)[index]) for _, name, index in names]
        slopes = [float(step.gradient[name].reshape(-1)[index]) for _, name, index in names]
        length = [vectors.norm(step.gradient)] if total > len(names) else []
        row = [(f"{step.epoch:,}", str(step.epoch)), *map(cell, (step.cost, *numbers, *slopes, *length))]
        rows.append(row)
    heads = ["epoch", "cost", *(name for name, _, _ in names), *(f"∂C/∂{name}" for name, _, _ in names)]
    note = rule(run)
    if total > len(names):
        heads.append("length of the gradient")
        note += f" {len(names)} of {total:,} parameters have columns."
    lost = sum(not math.isfinite(step.cost) for step in run.steps)
    note += f" The cost is not finite at {lost:,} steps." if lost else ""
    return Grid(heads, rows, note)
