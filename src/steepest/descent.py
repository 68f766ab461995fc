"""The walk: forward pass, cost, gradient, adjust; in view as a generator, and collected."""

from __future__ import annotations

import itertools
import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from torch import Tensor

from steepest import ranks, vectors
from steepest.cost import Cost
from steepest.cost.least_squares import LeastSquares
from steepest.cost.sample import is_sharded
from steepest.errors import SteepestError, door
from steepest.trajectory import Outcome, Recording, RecordingTogether, Step, Trajectory

Ending = tuple[Outcome, str]

ASKED = ("learning_rate", "epochs", "gradient_below", "change_below", "save", "resume", "force")
"""What all ranks must ask alike."""


def steps(
    cost: Cost, start: Mapping[str, Tensor | float], *, learning_rate: float, first_epoch: int = 0
) -> Iterator[Step]:
    """Walk down a cost by batch gradient descent, one step at a time, without end (Cauchy, 1847).

    `parameters <- parameters - learning_rate * gradient`

    Each Step is what was measured before its adjustment; the adjustment equals `torch.optim.SGD`'s bit for bit.

    Raises SteepestError, when the first step is asked for, for a start with wrong names or shapes.

    >>> cost = Cost.from_function(lambda m, b: (m - 1) ** 2 + b**2)
    >>> walk = steps(cost, {"m": 0.0, "b": 0.0}, learning_rate=0.25)
    >>> [next(walk).cost for _ in range(3)]
    [1.0, 0.25, 0.0625]
    """
    params = cost.params(start)
    for epoch in itertools.count(first_epoch):
        value, gradient = cost.value_and_gradient(params)  # 1 forward pass, 2 cost, 3 gradient
        yield Step(epoch, float(value), params, gradient, learning_rate)
        params = vectors.moved(params, gradient, by=-learning_rate)  # 4 adjust


def descend(
    cost: Cost,
    start: Mapping[str, Tensor | float],
    *,
    learning_rate: float,
    epochs: int,
    gradient_below: float | None = None,
    change_below: float | None = None,
    save: str | Path | None = None,
    resume: bool = False,
    force: bool = False,
    progress: bool = False,
) -> Trajectory:
    """Walk down a cost and collect the steps: `epochs` adjustments, so `epochs + 1` measured points.

    Stops earlier where the gradient's norm falls below `gradient_below`, where the cost changes by less than
    `change_below` from one step to the next, where an adjustment no longer changes any parameter, or where the cost
    is no longer finite; the Trajectory says which. Ctrl-C ends it too, with all finished steps.

    `save` names a file that receives each step as it is finished. `resume` continues such a file to the same floats as
    a run that was never stopped. Long runs are thinned by the rule of `Recording`. `progress` shows a bar. A sharded
    cost is descended by all ranks together, with the same arguments: rank 0 alone writes and reads the file, and
    shows the bar.

    Raises SteepestError for a bad rate, epoch count or start, and for a file that is another run's.

    >>> cost = Cost.from_function(lambda m, b: (m - 1) ** 2 + b**2)
    >>> print(descend(cost, {"m": 0.0, "b": 0.0}, learning_rate=0.25, epochs=2))
    2 epochs, cost 1 to 0.0625: ran out of epochs after 2, with the gradient's norm at 0.5
    """
    with door("descend"):
        _check_numbers(learning_rate, epochs, gradient_below, change_below)
        params = cost.params(start)
        stopped = _stopping_rule(gradient_below, change_below)
        together = _is_of_all_ranks(cost)
        if together:
            asked = (learning_rate, epochs, gradient_below, change_below, save, resume, force)
            ranks.refuse_unlike("descent", [f"{name}={value!s}" for name, value in zip(ASKED, asked, strict=True)])
        kind = RecordingTogether if together and save is not None else Recording
        with kind(save, resume=resume, force=force) as recording:
            recent: deque[Step] = deque(maxlen=3)
            first = 0
            if recording.taken_up(params, learning_rate):
                recent.extend(recording.steps[-3:-1])
                first, params = recording.steps[-1].epoch, recording.steps[-1].params
            walk = steps(cost, params, learning_rate=learning_rate, first_epoch=first)
            measured_before = bool(recording.steps)
            try:
                for step in _watched(walk, first, epochs) if progress and not (together and ranks.rank()) else walk:
                    if measured_before:
                        recording.check_measured(step)
                        measured_before = False
                    else:
                        recording.add(step)
                    recent.append(step)
                    ending = stopped(recent)
                    if ending is None and step.epoch >= epochs:
                        ending = _out_of_epochs(recording.steps[0], recent)
                    if ending is not None:
                        break
                else:
                    raise AssertionError("steps() has no end")
            except KeyboardInterrupt:
                ending = (Outcome.INTERRUPTED, f"interrupted after epoch {recent[-1].epoch}" if recent else "")
            return recording.finish(*ending)


def _is_of_all_ranks(cost: Cost) -> bool:
    """Whether the cost is of data that lie on several ranks, which then walk together."""
    pooled = isinstance(cost, LeastSquares) and cost.moments.pooled
    return not ranks.alone() and (pooled or is_sharded(cost))


def _check_numbers(learning_rate: float, epochs: int, gradient_below: float | None, change_below: float | None) -> None:
    if isinstance(learning_rate, bool) or not isinstance(learning_rate, int | float):
        raise SteepestError(f"the learning rate is {learning_rate!r}", remedy="Give a number, such as 0.01")
    if not math.isfinite(learning_rate) or learning_rate == 0:
        raise SteepestError(
            f"the learning rate is {learning_rate:g}, and nothing could ever be learnt with it",
            remedy="Give a number above 0, such as 0.01",
        )
    if isinstance(epochs, bool) or not isinstance(epochs, int) or epochs < 0:
        raise SteepestError(f"epochs is {epochs!r}", remedy="Give a whole number of adjustments, 0 or more")
    for name, value in (("gradient_below", gradient_below), ("change_below", change_below)):
        if value is not None and not value >= 0:
            raise SteepestError(f"{name} is {value!r}", remedy="Give a number, 0 or more")


def _stopping_rule(gradient_below: float | None, change_below: float | None) -> Callable[[deque[Step]], Ending | None]:
    def ending(recent: deque[Step]) -> Ending | None:
        step = recent[-1]
        if not math.isfinite(step.cost):
            return Outcome.DIVERGED, f"diverged at epoch {step.epoch}, where the cost is {step.cost}, {_cause(recent)}"
        if gradient_below is not None and (length := vectors.norm(step.gradient)) < gradient_below:
            return (
                Outcome.SETTLED,
                f"settled at epoch {step.epoch}: the gradient's norm {length:.3g} is below {gradient_below:.3g}",
            )
        if len(recent) < 2 or recent[-2].epoch != step.epoch - 1:
            return None
        change = abs(step.cost - recent[-2].cost)
        if change_below is not None and change < change_below:
            return (
                Outcome.SETTLED,
                f"settled at epoch {step.epoch}: the cost changed by {change:.3g}, below {change_below:.3g}",
            )
        if change == 0 and all(value.equal(recent[-2].params[name]) for name, value in step.params.items()):
            return (
                Outcome.SETTLED,
                f"settled at epoch {step.epoch}: the adjustment no longer changes any parameter, "
                f"with the gradient's norm at {vectors.norm(step.gradient):.3g}",
            )
        return None

    return ending


def _out_of_epochs(first: Step, recent: deque[Step]) -> Ending:
    step = recent[-1]
    rising = len(recent) > 1 and step.cost > recent[-2].cost
    if rising and step.cost > first.cost:
        return (
            Outcome.DIVERGED,
            f"diverged: by epoch {step.epoch} the cost is {step.cost:.4g}, above its {first.cost:.4g} at the start "
            f"and rising, {_cause(recent)}",
        )
    return (
        Outcome.OUT_OF_EPOCHS,
        f"ran out of epochs after {step.epoch}, with the gradient's norm at {vectors.norm(step.gradient):.3g}",
    )


def _cause(recent: Iterable[Step]) -> str:
    rate = next(iter(recent)).learning_rate
    if rate < 0:
        return f"because the learning rate {rate:g} is negative: each adjustment climbs"
    limit = limit_along(recent)
    if limit is not None and limit < rate:
        return f"because the learning rate {rate:g} is above the limit {limit:.3g}"
    return f"with the learning rate {rate:g}"


def limit_along(recent: Iterable[Step]) -> float | None:
    """Find the learning rate above which plain descent would have diverged along its own last steps.

    `limit = 2 / curvature`, and along a step of plain descent
    `learning_rate * curvature = 1 - (next gradient . gradient) / |gradient|^2`, exactly so on a bowl, where steps that
    diverge turn into the steepest direction. None where no two steps in a row have finite gradients.
    """
    limit = None
    for step, following in itertools.pairwise(recent):
        size = max(float(slope.abs().max()) for slope in step.gradient.values())
        if following.epoch != step.epoch + 1 or not 0 < size < math.inf:
            continue
        here, there = (vectors.scaled(item.gradient, by=1 / size) for item in (step, following))
        turn = 1 - vectors.dot(here, there) / vectors.dot(here, here)
        if math.isfinite(turn) and turn > 0:
            limit = 2 * step.learning_rate / turn
    return limit


def _watched(walk: Iterator[Step], first: int, epochs: int) -> Iterator[Step]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("epoch"), MofNCompleteColumn(), BarColumn(), TextColumn("{task.fields[cost]}"))
    with Progress(*columns, TimeRemainingColumn(), transient=True) as progress:
        task = progress.add_task("", total=epochs, completed=first, cost="")
        for step in walk:
            if step.epoch % 16 == 0:  # drawing is throttled by rich, formatting is not
                progress.update(task, completed=step.epoch, cost=f"cost {step.cost:.6g}")
            yield step
