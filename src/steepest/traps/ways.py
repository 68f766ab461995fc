"""Traps of the directions: whether they are what they are called, and how a path is laid on them."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from steepest import vectors
from steepest.traps import worlds
from steepest.traps.nouns import Pair, Subject, Tool, Trap
from steepest.vectors import Params

INDEPENDENT = 0.2
"""Two independent directions through 1,500 parameters have a cosine of 0 within 0.026: this is eight times that."""


CONVERGED = 0.1
"""A power iteration that stops at its usual 0.1 % of the eigenvalue may leave 3 % in the eigenvector."""


def zeroed() -> Subject:
    """The same with a filter, a row and a shift of zeros, as in a fresh norm or a layer that starts at zero."""
    subject = broad()
    with torch.no_grad():
        for value in subject.module.parameters():
            value[0] = 0
    return subject


def broad() -> Subject:
    """A network with a convolution, a batch norm, two linear layers and 1,500 parameters, filters of many sizes."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        module = nn.Sequential(
            nn.Unflatten(1, (1, 4, 4)),
            nn.Conv2d(1, 6, 3, padding=1),
            nn.BatchNorm2d(6),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(96, 14),
            nn.Tanh(),
            nn.Linear(14, 1),
        )
        inputs = torch.randn(16, 16)
        with torch.no_grad():
            module(inputs)
            for value in module.parameters():
                sizes = torch.linspace(0.2, 3.0, len(value)).reshape(-1, *[1] * (value.ndim - 1))
                value.add_(0.125).mul_(sizes)  # a fresh norm's shifts are all 0
    return Subject(module.eval(), nn.functional.mse_loss, [(inputs, inputs[:, :1].tanh())])


def _rows(values: Tensor) -> Tensor:
    return values.double().flatten(1).norm(dim=1)


def _filters(tool: Tool, subject: Subject) -> str:
    """Every filter of a direction is as long as the model's, up to one factor for all of them."""
    own = subject.params
    for direction in tool.random(subject, seed=0):
        ratios = torch.cat([_rows(direction[name]) / _rows(value) for name, value in own.items() if value.ndim > 1])
        ratios /= ratios.median()
        if float((ratios - 1).abs().max()) > 1e-3:
            return f"filters are {float(ratios.min()):.3g} to {float(ratios.max()):.3g} times as long as the model's"
    return ""


def _still(tool: Tool, subject: Subject) -> str:
    own = subject.params
    for direction in tool.random(subject, seed=0):
        moved = [name for name, value in own.items() if value.ndim < 2 and bool(direction[name].any())]
        if moved:
            return f"moves {_some(moved)}"
    return ""


def _buffers(tool: Tool, subject: Subject) -> str:
    own = subject.params
    for direction in tool.random(subject, seed=0):
        moved = [name for name, value in direction.items() if name not in own and bool(value.any())]
        if moved:
            return f"moves {_some(moved)}, which are statistics"
    return ""


def _zeros(tool: Tool, subject: Subject) -> str:
    for direction in _own(tool.random(subject, seed=0), subject):
        lost = [name for name, value in direction.items() if not bool(value.isfinite().all())]
        if lost:
            return f"is not finite in {_some(lost)}"
    return ""


def _tied(tool: Tool, subject: Subject) -> str:
    """A tensor of two names goes one way."""
    own = {name: value.data_ptr() for name, value in subject.module.named_parameters(remove_duplicate=False)}
    for direction in tool.random(subject, seed=0):
        for name in direction.keys() & own.keys():
            for other in direction.keys() & own.keys():
                if own[name] == own[other] and not direction[name].equal(direction[other]):
                    return f"one tensor is to go two ways, as '{min(name, other)}' and as '{max(name, other)}'"
    return ""


def _independent(tool: Tool, subject: Subject) -> str:
    """Of the filters only: six factors of a norm, where they are moved, are as good as parallel by chance."""
    first, second = _own(tool.random(subject, seed=0), subject)
    filters = [name for name, value in first.items() if value.ndim > 1]
    cosine = _cosine(({name: first[name] for name in filters}, {name: second[name] for name in filters}))
    return "" if abs(cosine) < INDEPENDENT else f"the cosine of the two directions is {cosine:.3f}"


def _both_signs(tool: Tool, subject: Subject) -> str:
    for direction in _own(tool.random(subject, seed=0), subject):
        entries = torch.cat([value.flatten() for value in direction.values()])
        share = float((entries[entries != 0] > 0).double().mean())
        if not 0.4 < share < 0.6:
            return f"{100 * share:.0f} % of its entries are positive"
    return ""


def _reported(tool: Tool, subject: Subject) -> str:
    drawn = tool.random(subject, seed=0)
    found, right = tool.cosine(drawn), _cosine(_own(drawn, subject))
    return "" if abs(found - right) < 1e-6 else f"reports a cosine of {found:.6f} where it is {right:.6f}"


def _eigenvectors(tool: Tool, subject: Subject) -> str:
    matrix = worlds.bowl_matrix()
    for direction, value in zip(_own(tool.sharpest(subject), subject), worlds.EIGENVALUES, strict=False):
        way = vectors.flat(direction).double()
        way /= way.norm()
        aside = float((matrix @ way - value * way).norm()) / value
        if not aside <= CONVERGED:
            return f"|Hv - {value:g} v| is {aside:.2g} of {value:g} along the direction that is walked"
    return ""


def _right_angles(tool: Tool, subject: Subject) -> str:
    cosine = _cosine(_own(tool.sharpest(subject), subject))
    return "" if abs(cosine) < 0.01 else f"two eigenvectors are walked with a cosine of {cosine:.3f}"


def _path(tool: Tool, subject: Subject) -> str:
    """Points on a plane, and some beside it, on axes that are skew and no units."""
    start, axes = subject.params, worlds.axes(subject)
    places = [(0.0, 0.0), (1.0, 0.2), (0.3, -0.9), (-0.8, 0.4), (0.1, 0.1)]
    points = [vectors.moved(vectors.moved(start, axes[0], by=a), axes[1], by=b) for a, b in places]
    aside = worlds.axes(subject, seed=9)[0]
    points[2:4] = [vectors.moved(point, aside, by=0.1) for point in points[2:4]]
    origin, used, found = tool.path(subject, axes, points)
    basis = torch.stack([vectors.flat(way).double() for way in _own(used, subject)], dim=1)
    away = torch.stack([vectors.flat(_less(point, origin)).double() for point in points], dim=1)
    right = torch.linalg.lstsq(basis, away).solution.T
    worst = float((found.double() - right).abs().max() / right.abs().max())
    if worst < 1e-3:
        return ""
    row = int((found.double() - right).abs().amax(1).argmax())
    return (
        f"a point at ({float(right[row, 0]):.3f}, {float(right[row, 1]):.3f}) of the axes drawn is put at "
        f"({float(found[row, 0]):.3f}, {float(found[row, 1]):.3f})"
    )


def _less(point: Params, origin: Params) -> Params:
    return {name: value - origin[name].to(value) for name, value in point.items()}


def _own(pair: Pair, subject: Subject) -> Pair:
    """Only what the directions say of the parameters, in their order."""
    first, second = ({name: way[name].to(value) for name, value in subject.params.items()} for way in pair)
    return first, second


def _cosine(pair: Pair) -> float:
    return vectors.dot(*pair) / (vectors.norm(pair[0]) * vectors.norm(pair[1]))


def _some(names: list[str]) -> str:
    """Name the first three, and count the rest."""
    return ", ".join(f"'{name}'" for name in names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


LI = "Li et al. (2018)"

TRAPS = (
    Trap(
        "filters as long as the model's",
        "Flat and sharp look alike or not at all, by the scale of the weights: what is called filter-wise is not.",
        LI,
        broad,
        _filters,
    ),
    Trap(
        "biases and norm parameters held",
        "A random step in a batch norm's factors drowns what the weights do.",
        LI + ", who set them to zero",
        broad,
        _still,
    ),
    Trap(
        "filters of zeros",
        "A shift of zero, as every fresh batch norm has, ends the program or gives NaN.",
        "division by a norm",
        zeroed,
        _zeros,
    ),
    Trap(
        "buffers held",
        "Statistics are moved as if they were parameters, and a negative variance gives NaN.",
        "directions drawn over state_dict()",
        broad,
        _buffers,
    ),
    Trap(
        "tied weights go one way",
        "One tensor of two names is moved twice, and which of the two counts is chance.",
        "directions drawn over state_dict()",
        worlds.tied,
        _tied,
    ),
    Trap(
        "two random directions, not one",
        "The plane is a line: its second direction is the first again.",
        "Gram-Schmidt without dividing by the squared norm",
        broad,
        _independent,
    ),
    Trap(
        "random directions of both signs",
        "Every weight is pushed up: no random direction, but a corner of all of them.",
        "uniform numbers from 0 to 1",
        broad,
        _both_signs,
    ),
    Trap(
        "the cosine reported is the cosine",
        "Axes are called orthogonal and are not.",
        "checked before normalising, or never",
        broad,
        _reported,
    ),
    Trap(
        "eigenvectors are walked as eigenvectors",
        "Normalised afterwards, tensor by tensor, a direction of largest curvature no longer is one.",
        "closed form of a quadratic",
        worlds.bowl,
        _eigenvectors,
    ),
    Trap(
        "eigenvectors at right angles",
        "Two axes that must be orthogonal are drawn so, and are not.",
        "closed form of a quadratic",
        worlds.bowl,
        _right_angles,
    ),
    Trap(
        "a path on skew axes",
        "The run is drawn beside where it went, because axes are taken for orthogonal units.",
        "least squares",
        worlds.bowl,
        _path,
    ),
)
