"""Estimates beside the data they are estimates of."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from steepest import vectors
from steepest.draw.paths import Marks
from steepest.draw.rows import finite, limits, sampled
from steepest.draw.squares import MOST_SQUARES, key, stand
from steepest.errors import SteepestError, door
from steepest.vectors import Params

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Estimate = Callable[[Params, Tensor], Tensor]


def fit(
    inputs: Tensor,
    targets: Tensor,
    *,
    params: Params,
    estimate: Estimate | None = None,
    cost: float | None = None,
    gradient: Params | None = None,
    exact: Params | None = None,
    x_name: str = "input",
    y_name: str = "target",
    rows: int | None = None,
    squares: bool | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw data, estimates, and the difference between each estimate and its target as a stick and as its square.

    With one input, shape `(examples,)` or `(examples, 1)`, the estimates are a line over it; with several, shape
    `(examples, features)`, each estimate is drawn over its target, and would lie on the diagonal if it were right.
    `estimate(params, inputs)` has shape `(examples,)`; without it the model is linear, its weights first and its
    intercept last. `cost` and `gradient` are written above: with `m` and `b`, the lesson's five numbers. `exact`,
    the least-squares solution, is dashed over one input. `rows` is how many there are, where those given are a sample.

    A square is as wide on paper as its stick is long, so that its area grows as the cost does, which is the mean of
    these areas; the units of its width are not those of the inputs. `squares` None draws them of up to 30 examples;
    none are drawn where an estimate is outside the frame.

    It shows how far off the estimates are on the rows drawn, and proves nothing about the others: it says how many.

    Raises SteepestError where inputs, targets and estimates do not fit each other.

    >>> ax = fit(torch.tensor([0.0, 1.0]), torch.tensor([1.0, 3.0]), params={"m": torch.tensor(2.0)}, x_name="$ spent")
    >>> ax.get_xlabel()
    '$ spent'
    """
    from steepest.draw import paper

    with door("draw.fit"):
        model = estimate or _linear
        _refuse_unpaired(inputs, targets)
        inputs = inputs if inputs.is_floating_point() else inputs.double()
        rows = max(rows or 0, len(inputs))
        inputs, targets, missing = finite(sampled(inputs), sampled(targets))
        estimates = _estimates(model, params, inputs)
        single = inputs.ndim == 1 or inputs.shape[1] == 1
        y = targets.detach().reshape(-1).double().cpu()
        across = inputs.detach().reshape(-1).double().cpu() if single else y

        ax = paper.sheet(ax)
        low, high, fits = limits(y, estimates)
        ax.set_ylim(low, high)
        beyond = 1e6 * (high - low)
        reached = estimates.clamp(low - beyond, high + beyond)  # outside the frame already, and no overflow in Agg
        crowd = min(1.0, (300 / len(y)) ** 0.4)
        squared = fits and (len(y) <= MOST_SQUARES if squares is None else squares)
        sticks = ax.vlines(across, y, reached, colors="0.55", linewidths=crowd, zorder=1)
        (dots,) = ax.plot(
            across, y if single else reached, "o", color=paper.BLUE, zorder=3,
            markersize=5.5 * crowd, markeredgewidth=0,
        )  # fmt: skip
        if single:
            marks: Marks = [(dots, "target")]
            grid = torch.linspace(float(across.min()), float(across.max()), 200, dtype=torch.float64)
            name = "estimate" if fits else "estimate, beyond this frame"
            lines = [(name, params, "-", paper.VERMILION, 2.2)]
            lines += [] if exact is None else [("exact least squares", exact, (0, (4, 3)), paper.ink(ax), 1.3)]
            for label, values, dashes, colour, thickness in lines:
                heights = _estimates(model, values, grid.to(inputs).reshape(-1, *inputs.shape[1:]))
                heights = heights.clamp(low - beyond, high + beyond)
                (line,) = ax.plot(grid, heights, ls=dashes, color=colour, lw=thickness, zorder=2 if crowd == 1 else 4)
                marks.append((line, label))
            paper.name_axes(ax, x_name, y_name)
        else:
            (diagonal,) = ax.plot([low, high], [low, high], "--", color=paper.ink(ax), linewidth=1.3, scalex=False)
            marks = [(dots, "estimate"), (diagonal, "where estimate = target")]
            paper.name_axes(ax, f"{y_name}: target", f"{y_name}: estimate")
        ax.xaxis.set_major_formatter(paper.PlainTicks())
        ax.yaxis.set_major_formatter(paper.PlainTicks())

        marks.append((sticks, "difference"))
        notes = _numbers(params, gradient)
        if squared:
            ends = (y, estimates) if single else (estimates, y)
            stand(ax, across, *ends)
            marks.append((key(), f"its square, mean {paper.number(_mean(*ends))}"))
            notes.append(_unlike(_mean(*ends), cost if len(y) == rows else None))
        notes += _left_out(len(y), missing, rows, None if fits else estimates)
        title = "Estimates and targets" if cost is None else f"cost {paper.number(cost)}"
        paper.head(ax, title, notes=notes, marks=marks)
    return ax


def _linear(params: Params, inputs: Tensor) -> Tensor:
    vector = vectors.flat(params)
    x = inputs.reshape(len(inputs), -1).to(vector)
    features = x.shape[1]
    if len(vector) not in (features, features + 1):
        raise SteepestError(
            f"{len(vector)} parameters for {features} inputs are no linear model",
            remedy="Pass estimate=, a function of params and inputs",
        )
    return x @ vector[:features] + (vector[features] if len(vector) > features else 0)


def _estimates(model: Estimate, params: Params, inputs: Tensor) -> Tensor:
    with torch.no_grad():
        estimates = model(params, inputs).double().cpu()
    if estimates.numel() != len(inputs):
        raise SteepestError(
            f"the estimates have shape {tuple(estimates.shape)}, for {len(inputs)} rows",
            remedy="Return one estimate for each row of inputs",
        )
    return estimates.reshape(-1)


def _refuse_unpaired(inputs: Tensor, targets: Tensor) -> None:
    if inputs.ndim not in (1, 2) or targets.numel() != len(targets) or len(inputs) != len(targets) or not len(targets):
        raise SteepestError(
            f"inputs have shape {tuple(inputs.shape)} and targets {tuple(targets.shape)}",
            cause="One target belongs to each row of inputs",
            remedy="Give inputs as (examples,) or (examples, features), and targets as (examples,)",
        )


def _mean(points: Tensor, line: Tensor) -> float:
    return float((points - line).square().mean())


def _unlike(mean: float, cost: float | None) -> str:
    """What is to be said of squares whose mean is not the cost of the very rows that are drawn."""
    from steepest.draw import paper

    if cost is None or math.isclose(mean, cost, rel_tol=1e-4, abs_tol=1e-12):
        return ""
    return f"the mean of the squares is {paper.number(mean)}: the cost is of something else, or more than these"


def _left_out(drawn: int, missing: int, rows: int, estimates: Tensor | None) -> list[str]:
    """What is to be said of the rows that are not drawn, and of estimates that reach beyond the frame."""
    from steepest.draw import paper

    notes = [f"{drawn:,} of {rows:,} rows"] if drawn + missing < rows else []
    if estimates is not None:
        lowest, highest = (paper.number(float(value)) for value in (estimates.min(), estimates.max()))
        notes.append(f"estimates reach beyond this frame, from {lowest} to {highest}")
    return notes + [f"{missing:,} rows are not drawn: a value in them is not finite"] * (missing > 0)


def _numbers(params: Params, gradient: Params | None) -> list[str]:
    """Parameters and slopes in words: one by one while there is room for them."""
    from steepest.draw import paper

    if vectors.size(params) > 3:
        steep = "" if gradient is None else f", norm of the gradient {paper.number(vectors.norm(gradient))}"
        return [f"{vectors.size(params):,} parameters{steep}"]
    short = {name: paper.fitted(name, 90, size=paper.SMALL, lines=1) for name in params}
    notes = [
        ", ".join(f"{short[n]}\u00a0=\u00a0{paper.number(v)}" for n in params for v in params[n].reshape(-1).tolist())
    ]
    if gradient is not None:
        slopes = [(n, v) for n in params for v in gradient[n].reshape(-1).tolist()]
        shown = {name: text if text.isidentifier() else f"({text})" for name, text in short.items()}
        notes.append(", ".join(f"dC/d{shown[n]}\u00a0=\u00a0{paper.number(v)}" for n, v in slopes))
    return notes
