"""Traps of the plane itself: what stands in a cell must be the cost at the coordinates that the cell bears."""

from __future__ import annotations

import torch
from torch import Tensor

from steepest.traps import worlds
from steepest.traps.nouns import Subject, Surface, Tool, Trap

EXACT = 1e-4
"""As a share of the surface's range: float32 keeps seven digits, and twenty additions in a row lose two of them."""

NEAR = 0.02
"""As a share of the range: a label that is wrong by one step of eleven is off by five times that and more."""


def asked(
    tool: Tool, subject: Subject, *, low: float = -1.0, high: float = 1.0, points: tuple[int, int] = (11, 11)
) -> Surface:
    """Ask for a plane along two directions in general position, and refuse shapes that are not those asked for."""
    surface = tool.plane(subject, worlds.axes(subject), reach=(low, high), points=points)
    shape = tuple(len(values) for values in surface.coordinates)
    if tuple(surface.costs.shape) != shape:
        raise ValueError(f"costs of shape {tuple(surface.costs.shape)} with {shape[0]} and {shape[1]} coordinates")
    return surface


def off(surface: Surface, right: Tensor) -> Tensor:
    """How far each cell is from the right cost, as a share of the range of the right ones."""
    return (surface.costs.double() - right).abs() / (right.max() - right.min())


def told(surface: Surface, right: Tensor, allowed: float) -> str:
    """Say how many cells are wrong, and the worst of them; nothing where all are right."""
    wrong = off(surface, right).nan_to_num(nan=float("inf"))
    if not bool((wrong > allowed).any()):
        return ""
    i, j = divmod(int(wrong.argmax()), wrong.shape[1])
    place = ", ".join(_short(values[index]) for values, index in zip(surface.coordinates, (i, j), strict=True))
    return (
        f"{int((wrong > allowed).sum())} of {wrong.numel()} cells are wrong; the worst, at ({place}), is "
        f"{float(surface.costs[i, j]):.4g} where the cost is {float(right[i, j]):.4g}"
    )


def _short(coordinate: Tensor) -> str:
    return f"{round(float(coordinate), 6) + 0:.3g}"


def _values(tool: Tool, subject: Subject) -> str:
    """Also of models that a tool may have a shortcut for."""
    others = {"softmax regression": worlds.softmax(), "network": worlds.plain(), "tied weights": worlds.tied()}
    for name, each in {"quadratic": subject, **others}.items():
        origin = each.params
        surface = asked(tool, each)
        if found := told(surface, worlds.expected(each, surface, origin), EXACT):
            return f"{name}: {found}"
    return ""


def _labels(tool: Tool, subject: Subject) -> str:
    for points in (11, 10):
        origin = subject.params
        surface = asked(tool, subject, points=(points, points))
        if found := told(surface, worlds.expected(subject, surface, origin), NEAR):
            return f"{points} points: {found}"
    return ""


def _rows(tool: Tool, subject: Subject) -> str:
    """On a quadratic and even steps the mixed difference is one number, whatever the coordinates are called."""
    costs = asked(tool, subject).costs.double()
    mixed = costs.diff(dim=0).diff(dim=1).median(dim=1).values
    step = float(costs.diff(n=2, dim=1).median().abs())
    if step == 0:
        return f"every cell is {float(costs[0, 0]):.4g}: the model does not move"
    shift = float((mixed - mixed.mean()).abs().max()) / step
    return "" if shift < 0.5 else f"rows are shifted against each other by up to {shift:.1f} of a step"


def _centre(tool: Tool, subject: Subject) -> str:
    own = worlds.cost_at(subject, subject.params)
    surface = asked(tool, subject)
    at = [values.abs().argmin() for values in surface.coordinates]
    nearest = [float(values[index]) for values, index in zip(surface.coordinates, at, strict=True)]
    if max(map(abs, nearest)) > 1e-6:
        return f"no cell is the model: the nearest is at ({nearest[0]:.3g}, {nearest[1]:.3g})"
    there = float(surface.costs[at[0], at[1]])
    return "" if abs(there - own) <= EXACT * own else f"the centre is {there:.5g}, the model's own cost {own:.5g}"


def _unsymmetric(tool: Tool, subject: Subject) -> str:
    origin = subject.params
    surface = asked(tool, subject, low=-0.5, high=1.5, points=(9, 9))
    ends = [float(values[index]) for values in surface.coordinates for index in (0, -1)]
    if any(abs(end - wanted) > 1e-6 for end, wanted in zip(ends, (-0.5, 1.5) * 2, strict=True)):
        return f"asked for -0.5 to 1.5, and the axes go from {ends[0]:.3g} to {ends[1]:.3g}"
    return told(surface, worlds.expected(subject, surface, origin), NEAR)


def _oblong(tool: Tool, subject: Subject) -> str:
    origin = subject.params
    surface = asked(tool, subject, points=(3, 5))
    if tuple(surface.costs.shape) != (3, 5):
        return f"asked for 3 by 5 points, and got {tuple(surface.costs.shape)}"
    return told(surface, worlds.expected(subject, surface, origin), NEAR)


def _constant(tool: Tool, subject: Subject) -> str:
    costs = asked(tool, subject).costs
    constant = worlds.cost_at(subject, subject.params)
    different = costs.double() != constant
    if not bool(different.any()):
        return ""
    low, high = float(costs.min()), float(costs.max())
    return (
        f"{int(different.sum())} of {costs.numel()} cells of a constant {constant:.6g} lie from {low:.6g} to {high:.6g}"
    )


def _not_finite(tool: Tool, subject: Subject) -> str:
    """Compare inside the region only, a cell from its edge: whether labels are right is another trap's affair."""
    origin = subject.params
    surface = asked(tool, subject, low=-2.0, high=2.0, points=(21, 21))
    lost = ~worlds.expected(subject, surface, origin).isfinite()
    grown = torch.nn.functional.max_pool2d((~lost).double()[None], 3, stride=1, padding=1)[0] > 0
    inside = ~grown
    if not bool(inside.any()):
        raise RuntimeError("no cell of this plane lies inside the region where the cost is not finite")
    invented = surface.costs.isfinite() & inside
    if not bool(invented.any()):
        return ""
    return f"{int(invented.sum())} of {int(inside.sum())} cells without a finite cost show one, such as " + (
        f"{float(surface.costs[invented][0]):.4g}"
    )


def _all_batches(tool: Tool, subject: Subject) -> str:
    origin = subject.params
    surface = asked(tool, subject, points=(5, 5))
    right = worlds.expected(subject, surface, origin)
    i, j = (int(values.abs().argmin()) for values in surface.coordinates)
    found, own = float(surface.costs[i, j]), float(right[i, j])
    if abs(found - own) <= 0.01 * own:
        return ""
    return (
        f"the cost over all batches is {own:.4g}, and {found:.4g} is shown (the first batch alone: {_alone(subject)})"
    )


def _alone(subject: Subject) -> str:
    first = next(iter(subject.batches))
    return f"{worlds.cost_at(Subject(subject.module, subject.loss, [first]), subject.params):.4g}"


TRAPS = (
    Trap(
        "each cost belongs to its coordinates",
        "The picture's heights are not the costs at the points its axes name.",
        "closed form of a quadratic; networks asked one point at a time",
        worlds.bowl,
        _values,
    ),
    Trap(
        "labels of the axes, odd and even counts",
        "The grid runs over other points than the labels say, or leaves the model out when the count is even.",
        "linspace labels over steps of another size",
        worlds.bowl,
        _labels,
    ),
    Trap(
        "rows walked to and fro",
        "Every other row is taken one step aside, and the surface is a zig-zag.",
        "serpentine scan that steps before it measures",
        worlds.bowl,
        _rows,
    ),
    Trap(
        "the centre is the model",
        "The middle of the picture is not the model that was trained.",
        "Li et al. (2018): the plane is centred at the model",
        worlds.bowl,
        _centre,
    ),
    Trap(
        "a reach that is not symmetric",
        "Asked for -0.5 to 1.5, a tool draws another piece.",
        "distance counted from the middle only",
        worlds.bowl,
        _unsymmetric,
    ),
    Trap(
        "more columns than rows",
        "A grid of 3 by 5 is filled as if it were 5 by 3.",
        "index arithmetic that assumes a square",
        worlds.bowl,
        _oblong,
    ),
    Trap(
        "a constant cost stays constant",
        "Costs are jittered or smoothed for the sake of later analysis, and the picture shows it.",
        "noise added to the maximum to avoid flat regions",
        worlds.flat,
        _constant,
    ),
    Trap(
        "NaN stays NaN",
        "Cells without a cost are filled with something that looks like one.",
        "NaN replaced by the mean of the rest",
        worlds.no_number,
        _not_finite,
    ),
    Trap(
        "infinity stays infinite",
        "A wall that the model overflows at is drawn as a plateau.",
        "infinity replaced by the largest of the rest",
        worlds.overflow,
        _not_finite,
    ),
    Trap(
        "all batches, by their sizes",
        "The cost is that of the first batch, or a mean of means that counts a short last batch too much.",
        "next(iter(loader)), mean over batches",
        worlds.uneven,
        _all_batches,
    ),
)
