"""What the rules ask of a run, each number measured once."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from steepest import vectors
from steepest.curvature import Curvature, cost_by_mode, epochs_until
from steepest.diagnosis.trapezoid import PAIRS, Balance, balance
from steepest.trajectory import Outcome, Step, Trajectory
from steepest.vectors import Params

LIMIT = 2.0
"""Rate times curvature above which a step along that curvature ends higher than it began: `|1 - 2| = 1`."""

ZIGZAG = 1.3
"""Rate times curvature from which a step overshoots by more than 30 %: the overshoot is then seen for several steps."""

SLOW = 100.0
"""Epochs to halve the distance, beyond which one more decimal digit takes 332 epochs or more."""

IN_A_ROW = 3
"""Pairs that must agree: one may be a kink and two a bounce of a narrow valley, three keep a direction."""

NOTHING_LEFT = 1e-7
"""Share of the fall that float32, with its seven digits, can no longer show."""

NEAR = 1e-4
"""Share of the height at which the eye takes a curve of costs for level: the aim of predictions, and what a run that
was stopped by a rule of the user's own must have reached to count as settled."""

STALLED = 1e-6
"""Share of the fall that one more epoch brings: at this slope a thousand epochs bring less than a thousandth."""

FLATTEST = 0.01
"""Share of the flattest mode's own height that a prediction aims below: an aim above it would not see that mode."""

BOWL = 1e-3
"""How far the curvature may be from explaining the change of the gradient: predictions keep three digits."""

ROUNDING = 100
"""Last digits of the parameters that a step must move: a difference of gradients over less is made of rounding."""

SAMPLE = 100
"""Latest pairs of gradients from which the noise scale is estimated: a tenth of its standard error on one pair."""

NUMBERS_AT_ONCE = 2**20
"""So many numbers of a run's steps are laid out in one matrix."""

PLAIN = 0.01
"""How far a step may be from `-rate * gradient`, as a share of it, and still be one of plain descent: momentum, Adam or
weight decay are farther, and from them two gradients do not show the curvature."""

MARGIN = 0.98
"""Share of the learning-rate limit that is advised at most: the limit is measured, and rates are rounded."""

WORTH = 0.8
"""Share of the epochs that a better rate takes at most: to save less than a fifth is not worth a change."""


@dataclass(frozen=True)
class Turn:
    """How the gradient turned from one epoch to the next."""

    epoch: int
    curvature: float  # times the learning rate
    cosine: float


class Evidence:
    """What the rules ask of a run, each number measured once."""

    def __init__(self, run: Trajectory, curvature: Curvature | None) -> None:
        self.run, self.curvature = run, curvature
        finite = [bool(fine) for part in _rows(run.steps) for fine in part.finite]
        self.steps = [step for step, fine in zip(run.steps, finite, strict=True) if fine]
        self.broken = next((step for step, fine in zip(run.steps, finite, strict=True) if not fine), None)
        self.rate = run.steps[-1].learning_rate

    @cached_property
    def first(self) -> Step:
        return self.steps[0]

    @cached_property
    def last(self) -> Step:
        return self.steps[-1]

    @cached_property
    def walked(self) -> str:
        return f"{self.last.epoch - self.first.epoch:,} epochs"

    @cached_property
    def eps(self) -> float:
        return max(torch.finfo(value.dtype).eps for value in self.last.params.values())

    @cached_property
    def slope(self) -> float:
        return length(self.last.gradient)

    @cached_property
    def fall(self) -> float:
        return max(0.0, self.first.cost - self.last.cost)

    @cached_property
    def scale(self) -> float:
        return max(self.fall, abs(self.last.cost))

    @cached_property
    def reach(self) -> float:
        """How long the parameters are, or their way from the start, as the scale of a long move."""
        return max(length(self.last.params), length(_between(self.first.params, self.last.params))) or 1.0

    @cached_property
    def turns(self) -> list[Turn]:
        """Every pair of steps one epoch apart that moved by more than rounding."""
        return [turn for part in _rows(self.steps, overlap=1) for turn in _turns(part, self.eps)]

    @cached_property
    def balance(self) -> Balance:
        """Whether the costs of the latest steps change as their gradients say."""
        parts = [_slopes(part) for part in _rows(self.steps[-PAIRS - 1 :], overlap=1)]
        if not parts:
            return Balance()
        before, after, slopes, slopes_after = (torch.cat(column) for column in zip(*parts, strict=True))
        return balance(before, after, slopes, slopes_after, eps=self.eps)

    @cached_property
    def dots(self) -> tuple[Tensor, Tensor]:
        """Of the latest pairs one epoch apart, the mean squared length of both gradients, and their dot product."""
        pairs: list[Tensor] = []
        for part in _rows(self.steps[-SAMPLE - 1 :], overlap=1):
            here, there = part.gradients[:-1], part.gradients[1:]
            found = torch.stack([(here.square() + there.square()).sum(dim=1) / 2, (here * there).sum(dim=1)], dim=1)
            epochs = torch.tensor([step.epoch for step in part.steps])
            pairs.append(found[epochs.diff() == 1])
        squares, dots = torch.cat(pairs).unbind(dim=1) if pairs else torch.zeros(2, 0).unbind()
        return squares, dots

    @cached_property
    def latest(self) -> list[Turn]:
        """The last pairs, if they are those of the run's end and not of a time long gone, and show a curvature."""
        if not self.balance.agrees:
            return []
        recent = self.turns[-IN_A_ROW:]
        return recent if recent and recent[0].epoch >= self.last.epoch - IN_A_ROW else []

    @cached_property
    def shrinking(self) -> float:
        """By what factor the gradient shrank in an epoch, as the trend of its logarithm over the last quarter."""
        return _trend(self.steps[-max(2, len(self.steps) // 4) :])

    @cached_property
    def bowl(self) -> bool:
        """Whether the curvature explains how the gradient changed from the start to the end, so holds for all the run.

        `H (end - start) = gradient at the end - gradient at the start`
        """
        if self.curvature is None:
            return False
        moved = vectors.flat(_between(self.first.params, self.last.params)).double().cpu()
        changed = vectors.flat(_between(self.first.gradient, self.last.gradient)).double().cpu()
        directions = self.curvature.directions
        missed = directions.T @ (self.curvature.eigenvalues * (directions @ moved)) - changed
        return bool(changed.any()) and length({"": missed}) <= BOWL * length({"": changed})

    @cached_property
    def times_sharpness(self) -> float | None:
        return None if self.curvature is None else self.rate * self.curvature.sharpness

    @cached_property
    def by_mode(self) -> Tensor | None:
        """The cost that is left in each mode, where all bend upwards, so that there is a minimum."""
        if self.curvature is None or self.curvature.condition_number is None or self.curvature.partial:
            return None
        return cost_by_mode(self.curvature, self.last.gradient)

    @cached_property
    def left(self) -> float:
        """How far the cost is above the minimum: from the curvature, else as the path's own trend goes on.

        `rate |g|^2 / (2 (1 - shrinking))`, where 1 - shrinking is no smaller than a walk of this length can show.
        """
        if self.by_mode is not None:
            return float(self.by_mode.sum())
        slower = max(self.shrinking, _trend(self.steps[-10:]))
        pace = max(1 - slower, 1 / (10 * max(1, self.run.epochs)))
        return abs(self.rate) * self.slope**2 / (2 * pace)

    @cached_property
    def half_life(self) -> float:
        """Epochs to halve the distance: of the mode that holds most of what is left, else by the path's trend."""
        factor = self.shrinking
        if self.curvature is not None and self.by_mode is not None:
            factor = float(self.curvature.contraction(self.rate)[self.by_mode.argmax()])
        return math.log(0.5) / math.log(factor) if 0 < factor < 1 else (0.0 if factor == 0 else math.inf)

    @cached_property
    def at_rest(self) -> bool:
        share = NEAR if self.run.outcome is Outcome.SETTLED else NOTHING_LEFT
        return self.left <= max(share * self.fall, self.eps * abs(self.last.cost))

    @cached_property
    def stalled(self) -> bool:
        return abs(self.rate) * self.slope**2 <= STALLED * self.scale

    @cached_property
    def better(self) -> Better | None:
        return _better(self)


@dataclass(frozen=True)
class Better:
    """The round rate below the limit that is predicted to take fewest epochs."""

    rate: float
    epochs: int
    epochs_now: int | None  # None where the present rate never arrives
    aim: str

    def __str__(self) -> str:
        if self.epochs_now is None:
            return f"about {self.epochs:,} epochs {self.aim}, where the present rate never arrives"
        return f"about {self.epochs:,} epochs instead of {self.epochs_now:,} {self.aim}"

    @property
    def worth_it(self) -> bool:
        return self.epochs_now is None or self.epochs < WORTH * self.epochs_now


def _better(path: Evidence) -> Better | None:
    curvature = path.curvature
    if curvature is None or curvature.partial:
        return None
    if curvature.condition_number is None or curvature.learning_rate_limit is None:
        return None
    gradient = path.first.gradient if path.bowl else path.last.gradient
    shares = cost_by_mode(curvature, gradient)
    height = float(shares.sum())
    if not 0 < height < math.inf:
        return None
    taking_part = [share for share in shares.tolist() if share > NOTHING_LEFT * height]
    above = (
        10.0 ** math.floor(math.log10(min(NEAR * height, FLATTEST * min(taking_part)))) if path.bowl else height / 10
    )
    limit = curvature.learning_rate_limit
    rates = sorted({float(f"{share / 100 * limit:.2g}") for share in range(50, 99)})
    tried = [
        (epochs, rate)
        for rate in rates
        if rate <= MARGIN * limit
        and (epochs := epochs_until(curvature, gradient, learning_rate=rate, above_minimum=above)) is not None
    ]
    if not tried:
        return None
    epochs, rate = min(tried)
    now = epochs_until(curvature, gradient, learning_rate=path.rate, above_minimum=above) if path.rate > 0 else None
    aim = f"to within {above:.4g} of the minimum"
    return Better(rate, epochs, now, f"{aim} from the start" if path.bowl else f"{aim} from here, if the bowl holds")


@dataclass(frozen=True)
class _Rows:
    """Some steps in a row, their numbers as float64 matrices `(steps, parameters)`."""

    steps: Sequence[Step]
    params: Tensor
    gradients: Tensor

    @cached_property
    def finite(self) -> list[bool]:
        costs = torch.tensor([step.cost for step in self.steps], dtype=torch.float64)
        return (costs.isfinite() & self.params.isfinite().all(dim=1) & self.gradients.isfinite().all(dim=1)).tolist()


def _rows(steps: Sequence[Step], overlap: int = 0) -> Iterator[_Rows]:
    """Lay steps out as matrices, some at a time: of a long run, one tensor operation a step would be slow."""
    size = sum(value.numel() for value in steps[0].params.values()) if steps else 1
    most = max(1 + overlap, NUMBERS_AT_ONCE // size)
    for first in range(0, max(len(steps) - overlap, 0), most - overlap):
        part = steps[first : first + most]
        params, gradients = (
            torch.stack([vectors.flat(getattr(step, kind)).double().cpu() for step in part])
            for kind in ("params", "gradient")
        )
        yield _Rows(part, params, gradients)


def _turns(part: _Rows, eps: float) -> list[Turn]:
    largest = part.gradients.abs().amax(dim=1)
    here, there = (rows / largest[:-1, None] for rows in (part.gradients[:-1], part.gradients[1:]))
    before, along = (here * here).sum(dim=1), (here * there).sum(dim=1)
    rates = torch.tensor([step.learning_rate for step in part.steps[:-1]], dtype=torch.float64)
    moved = rates.abs() * largest[:-1] * before.sqrt()
    rounding = ROUNDING * eps * _lengths(part.params[:-1])
    missed = _lengths(part.params[1:] - part.params[:-1] + rates[:, None] * part.gradients[:-1])
    plain = missed <= PLAIN * moved + rounding
    seen = (largest[:-1] > 0) & (moved > rounding) & plain & along.isfinite()
    curvature = 1 - along / before
    cosine = torch.where(along == 0, 0.0, along / (before.sqrt() * _lengths(there)))
    return [
        Turn(step.epoch, bend, turned)
        for step, following, fine, bend, turned in zip(
            part.steps, part.steps[1:], seen.tolist(), curvature.tolist(), cosine.tolist(), strict=False
        )
        if fine and following.epoch == step.epoch + 1
    ]


def _slopes(part: _Rows) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Costs before and after each step, and along it the slopes at both its ends."""
    costs = torch.tensor([step.cost for step in part.steps], dtype=torch.float64)
    moved = part.params[1:] - part.params[:-1]
    here, there = ((moved * gradients).sum(dim=1) for gradients in (part.gradients[:-1], part.gradients[1:]))
    return costs[:-1], costs[1:], here, there


def _lengths(rows: Tensor) -> Tensor:
    """The length of each row, scaled before squaring so that a diverging run does not overflow."""
    largest = rows.abs().amax(dim=1, keepdim=True)
    scaled = torch.where(largest > 0, rows / largest, 0.0)
    return largest[:, 0] * torch.linalg.vector_norm(scaled, dim=1)


def _trend(steps: list[Step]) -> float:
    """Fit a line to the logarithm of the gradient's norm; give the factor for one epoch."""
    points = [(step.epoch, math.log(size)) for step in steps if (size := length(step.gradient)) > 0]
    if len(points) < 2:
        return 1.0 if points else 0.0
    return math.exp(min(700.0, statistics.linear_regression(*zip(*points, strict=True)).slope))


def _largest(params: Params) -> float:
    return max(float(value.abs().max()) for value in params.values())


def length(params: Params) -> float:
    """The Euclidean length, scaled before squaring so that a diverging run does not overflow."""
    size = _largest(params)
    return (
        size * vectors.norm(vectors.scaled(params, by=1 / size))
        if 0 < size < math.inf and 1 / size < math.inf
        else size
    )


def _between(start: Params, end: Params) -> Params:
    return {name: value.double() - start[name].double() for name, value in end.items()}
