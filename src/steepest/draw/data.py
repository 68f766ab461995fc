"""Estimates beside the data they are estimates of."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from steepest import vectors
from steepest.errors import SteepestError, door
from steepest.vectors import Params

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_ROWS = 2000
"""Of more rows than these, so many are drawn, evenly spaced: more would be slow, and a dark cloud."""

WIDEST = 20
"""Estimates that need more than so many times the height of the targets are outside the frame, and it says so."""

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
    ax: Axes | None = None,
) -> Axes:
    """Draw data, estimates, and the difference between each estimate and its target as a thin stick.

    With one input, shape `(examples,)` or `(examples, 1)`, the estimates are a line over it; with several, shape
    `(examples, features)`, each estimate is drawn over its target, and would lie on the diagonal if it were right.
    `estimate(params, inputs)` has shape `(examples,)`; without it the model is linear, its weights first and its
    intercept last. `cost` and `gradient` are written above: with `m` and `b`, the lesson's five numbers. `exact`,
    the least-squares solution, is dashed over one input. `rows` is how many there are, where those given are a sample.

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
        inputs, targets, missing = _finite(_sampled(inputs), _sampled(targets))
        estimates = _estimates(model, params, inputs)
        single = inputs.ndim == 1 or inputs.shape[1] == 1
        y = targets.detach().reshape(-1).double().cpu()
        across = inputs.detach().reshape(-1).double().cpu() if single else y

        ax = paper.sheet(ax)
        low, high, fits = _frame(y, estimates)
        ax.set_ylim(low, high)
        beyond = 1e6 * (high - low)
        reached = estimates.clamp(low - beyond, high + beyond)  # outside the frame already, and no overflow in Agg
        crowd = min(1.0, (300 / len(y)) ** 0.4)
        sticks = ax.vlines(across, y, reached, colors="0.55", linewidths=crowd, zorder=1)
        (dots,) = ax.plot(
            across, y if single else reached, "o", color=paper.BLUE, zorder=3,
            markersize=5.5 * crowd, markeredgewidth=0,
        )  # fmt: skip
        if single:
            marks = [(dots, "target")]
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

        notes = _numbers(params, gradient)
        if len(y) + missing < rows:
            notes.append(f"{len(y):,} of {rows:,} rows")
        if not fits:
            lowest, highest = (paper.number(float(value)) for value in (estimates.min(), estimates.max()))
            notes.append(f"estimates reach beyond this frame, from {lowest} to {highest}")
        if missing:
            notes.append(f"{missing:,} rows are not drawn: a value in them is not finite")
        title = "Estimates and targets" if cost is None else f"cost {paper.number(cost)}"
        paper.head(ax, title, notes=notes, marks=[*marks, (sticks, "difference")])
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


def _sampled(values: Tensor) -> Tensor:
    if len(values) <= MOST_ROWS:
        return values
    return values[torch.linspace(0, len(values) - 1, MOST_ROWS, dtype=torch.float64).round().long().to(values.device)]


def _finite(inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor, int]:
    whole = inputs.reshape(len(inputs), -1).isfinite().all(dim=1) & targets.reshape(-1).isfinite().to(inputs.device)
    if not bool(whole.any()):
        raise SteepestError("no row is finite in its inputs and its target", remedy="Drop or mend the missing values")
    return inputs[whole], targets[whole.to(targets.device)], int((~whole).sum())


def _frame(y: Tensor, estimates: Tensor) -> tuple[float, float, bool]:
    """Limits that hold the targets, and the estimates too unless they would make the targets a flat line."""
    low, high = float(y.min()), float(y.max())
    height = high - low or abs(high) or 1.0
    lowest, highest = min(low, float(estimates.min())), max(high, float(estimates.max()))
    fits = bool(estimates.isfinite().all()) and highest - lowest <= WIDEST * height
    if fits:
        low, high = lowest, highest
    margin = 0.06 * (high - low or height)
    return low - margin, high + margin, fits


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
