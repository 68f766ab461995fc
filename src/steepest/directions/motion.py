"""Directions in which a run moved most, or several runs together."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from steepest import vectors
from steepest.directions.chosen import Layers, chosen, only_in
from steepest.directions.noun import Directions
from steepest.errors import SteepestError, door
from steepest.trajectory import Trajectory
from steepest.vectors import Params

BLOCK_NUMBERS = 2**22
"""How many float64 numbers of a run are held at a time."""

MOST_STEPS = 1_000
"""More steps than this are thinned to it: their Gram matrix would cost the square, and its directions stay the same."""

FAR = 1e100
"""A step longer than this is as good as infinite: its square overflows."""

MARGIN = 0.15
"""Share of the run's extent that is added on either side."""


def principal(run: Trajectory, *others: Trajectory, count: int = 2, layers: Layers | None = None) -> Directions:
    """Find the directions in which runs moved most: unit vectors at right angles, with their shares of the variance.

    They are the leading right singular vectors of the steps' parameters minus their mean, got from the Gram matrix of
    the steps, summed over blocks of parameters: memory is steps squared and one block, never parameters times steps.
    `origin` is the last step, as Li et al. (2018) have it, so the run ends at (0, 0); `reach` suggests its extent. Of
    more than 1,000 steps that many are used, evenly spaced; of those that are not finite, none. With `others`, runs of
    the same model, the steps of all count alike, and the first run's end is the origin.

    `shares[k]` is the share of `sum_i |step_i - mean|^2`. A random walk in many dimensions already gives
    `6 / (pi^2 k^2)`, 61 % and 15 % (Antognini and Sohl-Dickstein, 2018); `told` gives what one of as many steps does.

    Raises SteepestError where a run does not move in that many directions, and for runs of different models.

    >>> from steepest.cost import Cost
    >>> from steepest.descent import descend
    >>> cost = Cost.from_function(lambda m, b: 9 * m**2 + b**2)
    >>> print(principal(descend(cost, {"m": 1.0, "b": 1.0}, learning_rate=0.1, epochs=9)).told)
    principal directions of 10 steps about their mean, laid through the last: 80 % + 20 % of the variance, where a \
random walk of as many steps in many dimensions gives 62 % + 16 % (Antognini and Sohl-Dickstein, 2018)
    """
    with door("directions.principal"):
        runs = (run, *others)
        for index, other in enumerate(others, 1):
            _refuse_unlike(run.start, other.start, index)
        used = [_used(each, MOST_STEPS // len(runs)) for each in runs]
        points, end = [point for part, _ in used for point in part], len(used[0][0]) - 1
        left_out = sum(bad for _, bad in used)
        names = chosen(layers, tuple(run.start))
        moved = only_in(names, tuple(run.start))
        if count < 1:
            raise SteepestError(f"count is {count}", remedy="Give 1 for a line, or 2 for a plane")
        for index, (part, _) in enumerate(used):
            if not part:
                raise SteepestError(f"no step of run {index} is finite", remedy="Give a run that starts somewhere")
        if len(points) <= count:
            raise SteepestError(
                f"the run has {len(points)} step{'s' * (len(points) != 1)} that can be used, and {count} "
                f"direction{'s' * (count > 1)} need{'s' * (count == 1)} at least {count + 1}",
                remedy="Record more steps",
            )
        gram = torch.zeros(len(points), len(points), dtype=torch.float64)
        for _, _, block in _blocks(points, end, names):
            gram += block @ block.T
        values, columns = torch.linalg.eigh(gram)
        values, columns = values.flip(0)[:count], columns.flip(1)[:, :count]
        _refuse_still(values, _rounding(points, names, float(values[0])), moved=moved)
        lengths = values.sqrt()
        largest = columns.gather(0, columns.abs().argmax(dim=0, keepdim=True))  # a singular vector has no sign
        columns = columns * largest.sign()
        shares = values / gram.trace()
        paths = columns * lengths
        return Directions(
            _made(points, end, names, (columns / lengths).T),
            tuple(
                f"principal direction {index}, {100 * share:.0f} %" for index, share in enumerate(shares.tolist(), 1)
            ),
            _told(runs, len(points), left_out, shares, moved),
            shares=shares,
            origin=vectors.own(points[end]),
            reach=tuple(_extent(path) for path in (paths - paths[end]).T),
        )


def random_walk_shares(steps: int, count: int) -> Tensor:
    """Shares of the variance of a random walk in very many dimensions, `6 / (pi^2 k^2)` for very many steps.

    For n steps `1 / (4 sin(pi k / 2n)^2)` over `(n^2 - 1) / 6`: the Gram matrix of a centred walk is the pseudoinverse
    of the Laplacian of a path, whose eigenvalues these are the reciprocals of.

    >>> random_walk_shares(10_000, 2)
    tensor([0.6079, 0.1520], dtype=torch.float64)
    """
    places = torch.arange(1, count + 1, dtype=torch.float64)
    return 6 / (4 * torch.sin(math.pi * places / (2 * steps)).square() * (steps**2 - 1))


def _used(run: Trajectory, most: int) -> tuple[list[Params], int]:
    """The steps that are finite, no more than `most` of them, evenly and with both ends; how many were not finite."""
    finite = [step.params for step in run.steps if vectors.norm(step.params) < FAR]
    places = torch.linspace(0, len(finite) - 1, min(len(finite), max(2, most)), dtype=torch.float64).round().long()
    return [finite[place] for place in places.tolist()], len(run.steps) - len(finite)


def _blocks(points: Sequence[Params], end: int, names: Sequence[str]) -> Iterator[tuple[str, slice, Tensor]]:
    """Pieces of one parameter at all steps, minus their mean: shape `(steps, numbers)`."""
    wide = max(1, BLOCK_NUMBERS // len(points))
    for name in names:
        size = points[0][name].numel()
        for start in range(0, size, wide):
            part = slice(start, min(start + wide, size))
            block = torch.empty(len(points), part.stop - start, dtype=torch.float64)
            for row, point in zip(block, points, strict=True):
                row.copy_(point[name].detach().reshape(-1)[part])
            block -= block[end].clone()  # first, so that a mean far from 0 costs no digits
            block -= block.mean(dim=0)
            yield name, part, block


def _made(points: Sequence[Params], end: int, names: Sequence[str], weights: Tensor) -> tuple[Params, ...]:
    """Sum the steps with the weights of each direction, shape `(directions, steps)`, block by block."""
    like = points[end]
    made = [{name: torch.zeros_like(value).reshape(-1) for name, value in like.items()} for _ in weights]
    for name, part, block in _blocks(points, end, names):
        for direction, values in zip(made, weights @ block, strict=True):
            direction[name][part] = values.to(direction[name])
    return tuple({name: value.reshape(like[name].shape) for name, value in way.items()} for way in made)


def _rounding(points: Sequence[Params], names: Sequence[str], largest: float) -> float:
    """What rounding alone adds to the Gram matrix: its own, and that of the parameters at every step."""
    end = {name: points[-1][name] for name in names}
    eps = max(torch.finfo(value.dtype).eps for value in end.values())
    return len(points) * (torch.finfo(torch.float64).eps * largest + (eps * vectors.norm(end)) ** 2)


def _refuse_still(values: Tensor, rounding: float, *, moved: str) -> None:
    found = int((values > rounding).sum())
    if not found:
        raise SteepestError(
            f"the run does not move{moved}", remedy="Give a run whose parameters change, or other directions"
        )
    if found < len(values):
        raise SteepestError(
            f"the run moves in {found} direction{'s' * (found != 1)} only{moved}, and {len(values)} are asked for",
            cause="It walks along a straight line" if found == 1 else "",
            remedy=f"Ask for count={found}" + (", and cut a line" if found == 1 else ""),
        )


def _extent(path: Tensor) -> tuple[float, float]:
    low, high = float(path.min()), float(path.max())
    margin = MARGIN * (high - low)
    return low - margin, high + margin


def _refuse_unlike(first: Params, other: Params, index: int) -> None:
    for name in (*first, *other):
        if name not in first or name not in other or first[name].shape != other[name].shape:
            raise SteepestError(
                f"run {index} has other parameters than run 0: '{name}' is not in both, or of another shape",
                remedy="Give runs of one model",
            )


def _told(runs: Sequence[Trajectory], used: int, left_out: int, shares: Tensor, moved: str) -> str:
    def percent(values: Tensor) -> str:
        return " + ".join(f"{100 * value:.0f} %" for value in values.tolist())

    recorded = sum(len(run.steps) for run in runs)
    thinned = f" of the {recorded:,} recorded, evenly spaced," if recorded - left_out > used else ""
    steps = f"{used:,} steps{thinned}" + (f" of {len(runs)} runs" if len(runs) > 1 else "")
    through = "laid through the last" if len(runs) == 1 else "laid through the first run's last"
    null = ""
    if len(runs) == 1:
        walk = percent(random_walk_shares(used, len(shares)))
        null = f", where a random walk of as many steps in many dimensions gives {walk} "
        null += "(Antognini and Sohl-Dickstein, 2018)"
    return (
        f"principal directions of {steps} about their mean{moved}, {through}: {percent(shares)} of the variance{null}"
        + (f"; {left_out:,} step{'s' * (left_out > 1)} not finite left out" if left_out else "")
    )
