"""Watch: a user's own loop, measured where its optimizer meets the gradient."""

from __future__ import annotations

import itertools
import math
import statistics
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import Any, Self

import torch
from torch import Tensor

from steepest import ranks
from steepest.diagnosis import Finding
from steepest.errors import SteepestError, door
from steepest.trajectory import Step, Trajectory
from steepest.watcher import faults
from steepest.watcher.clearing import Clearing
from steepest.watcher.ending import ending
from steepest.watcher.faults import Broken, Seen
from steepest.watcher.measurements import Measurements, Note, Table
from steepest.watcher.rows import FLAT, Latest, Measured, rows_for
from steepest.watcher.snapshots import MEMORY, Snapshots
from steepest.watcher.subject import innermost, is_plain, same_bits, scaling_of, trainable

Loss = Tensor | float

INTERVALS = 10_000
"""Latest steps whose mean time is the time of a step."""

FIRST = 3
"""Steps at which the loss itself is looked at: a loop that makes it without history does so each time."""

PAUSE = 10
"""Median steps, beyond which the time between two steps is a pause."""


class Watch:
    """A loop under observation; made by `watch`. Close it, or use it in a `with`, to take its hooks away.

    >>> model = torch.nn.Linear(1, 1)
    >>> watched = Watch(model, torch.optim.SGD([model.weight], lr=0.1))
    >>> model(torch.ones(1, 1)).sum().backward()
    >>> watched.optimizer.step()
    >>> watched.close()
    >>> [finding.rule for finding in watched.findings()], watched.trajectory().steps[0].learning_rate
    (['unheld'], 0.1)
    """

    def __init__(
        self,
        model: torch.nn.Module,
        optimizer: torch.optim.Optimizer,
        *,
        scaler: torch.amp.GradScaler | None = None,
        save: str | Path | None = None,
        force: bool = False,
        memory: int = MEMORY,
    ) -> None:
        self.optimizer = innermost(optimizer)
        self.names, self._params = trainable(model)
        self.skipped = 0
        """Steps that a fused optimizer was told to skip, because scaled gradients had overflowed."""

        held = {id(value) for group in self.optimizer.param_groups for value in group["params"]}
        mine = {id(value) for value in self._params}
        if not held & mine:
            raise SteepestError(
                f"the optimizer holds {len(held)} tensors, and none of the model's {len(mine)} trainable parameters",
                cause="It was made from another model, or before this one was rebuilt",
                remedy="Make the optimizer from model.parameters(), then watch",
            )
        self._scaler = scaler if scaler is not None and scaler.is_enabled() else None
        self._mine = {id(value) for value in model.parameters()}
        self._rows = rows_for(self._pieces(), like=self._params)
        self._table = Table(self.names)
        self._snapshots = Snapshots(save, self._params, opened=self._opened, force=force, memory=memory)
        self._save = save
        self._seen = Seen(self.names, optimizer=type(self.optimizer).__name__)
        self._missing = [0] * len(self.names)
        pairs = zip(self._params, self._pieces(), strict=True)
        self._first = [piece.detach().clone() if id(value) not in held else None for value, piece in pairs]
        self._notes: list[Note] = []
        self._last_note: Note | None = None
        self._intervals: deque[float] = deque(maxlen=INTERVALS)
        self._epoch = 0
        self._pending: Loss | None = None
        self._unclipped: Loss | None = None
        self._recorded = False
        self._irregular = False
        self._plain = True
        self._spent = 0.0
        self._interrupted = False
        self._final: Trajectory | None = None
        self._clearing = Clearing(self._params)
        self._handle = self.optimizer.register_step_pre_hook(self._before_step)
        self._open = True

    def record(self, loss: Loss, *, unclipped_norm: Loss | None = None) -> None:
        """Note the loss of the step that comes next: after `backward()`, before `optimizer.step()`.

        Of several before one step, as in gradient accumulation, the last one counts. `unclipped_norm` is what
        `clip_grad_norm_` returned: the gradient's norm before it was clipped.

        Raises SteepestError for a loss that is not one number, and for the first where it comes after its step.
        """
        if not self._recorded and self._epoch and self._clearing.watching and self._clearing.untouched():
            raise SteepestError(
                "it came after optimizer.step(), with no backward() between, so the cost would be another step's",
                remedy="Call it between loss.backward() and optimizer.step()",
                asked="watch.record",
            )
        self._recorded = True
        if isinstance(loss, Tensor):
            if self._epoch < FIRST and loss.requires_grad and loss.grad_fn is None:
                self._seen.leaf_losses += 1
            try:
                loss = loss.item() if loss.is_cpu else loss.detach().clone().reshape(())
            except RuntimeError as error:
                raise SteepestError(
                    f"the loss has shape {tuple(loss.shape)}, and must be one number",
                    cause="reduction='none'?",
                    remedy="Record the mean that backward() was called on",
                    asked="watch.record",
                ) from error
        self._pending = loss
        if unclipped_norm is not None:
            self._unclipped = float(unclipped_norm)

    def trajectory(self) -> Trajectory:
        """Give the steps so far, equal to those of `descend` where it walks the same cost.

        `diagnose` reads curvature from consecutive gradients, which holds for plain gradient descent on one batch, and
        abstains where costs and gradients disagree; the trajectory's `because` names any other optimizer.

        Raises SteepestError before the first step.
        """
        with door("watch.trajectory"):
            if self._final is not None:
                return self._final
            self._measure_waiting()
            if self._last_note is None:
                raise SteepestError(
                    "no step was watched",
                    cause="optimizer.step() was not called, or is called on another optimizer",
                    remedy="Train at least one step",
                )
            if self._epoch - 1 > self._snapshots.last:
                self._snapshots.add(self._step(self._epoch - 1, -1, self._last_note))
            return self._snapshots.finish(*ending(self._numbers(), self._how(), interrupted=self._interrupted))

    @property
    def measurements(self) -> Measurements:
        """The cheap numbers of every step so far, a row a step; raises SteepestError before the first one."""
        with door("watch.measurements"):
            self._measure_waiting()
            return self._numbers()

    @property
    def overhead(self) -> float:
        """Seconds spent watching over seconds of the steps themselves; NaN before two steps.

        Measured inside the run, from one step of the optimizer to the next, on a GPU without the work that is queued
        there. A pause between steps, as for a validation, counts as ten median steps at most.
        """
        waiting = [note.began for note in self._notes]
        intervals = [*self._intervals, *(after - before for before, after in itertools.pairwise(waiting))]
        if not intervals:
            return math.nan
        longest = PAUSE * statistics.median(intervals)
        whole = statistics.fmean(min(interval, longest) for interval in intervals)
        each = min(self._spent / self._epoch, 0.999 * whole)
        return each / (whole - each)

    def findings(self) -> tuple[Finding, ...]:
        """Say what is wrong with the loop, one finding a fault; empty where no fault was seen."""
        self._measure_waiting()
        held = {id(value) for group in self.optimizer.param_groups for value in group["params"]}
        seen = self._seen
        seen.steps = self._epoch
        seen.foreign = len(held - self._mine)
        rested = zip(self.names, self._params, self._rested(), strict=True)
        seen.unheld = tuple(name for name, value, still in rested if id(value) not in held and still)
        seen.unreached = dict(zip(self.names, self._missing, strict=True))
        seen.checked, seen.kept = self._clearing.checked, self._clearing.kept
        if self._epoch:
            norms = self._numbers().gradient_norm[: seen.checked + 1]
            seen.norms = float(norms[0]), float(norms[-1])
        return faults.findings(seen)

    def close(self) -> None:
        """Take the hooks away, and finish the file; the trajectory and the measurements stay readable.

        Raises SteepestError where a large step is no longer beside the file.
        """
        if not self._open:
            return
        self._open = False
        self._handle.remove()
        self._clearing.stop()
        try:
            if self._epoch:
                self._final = self.trajectory()
                if self._save is not None:
                    self.measurements.save(f"{self._save}.measurements")
        finally:
            self._snapshots.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._interrupted = isinstance(error, KeyboardInterrupt)
        self.close()

    def __repr__(self) -> str:
        return f"Watch({self})"

    def __str__(self) -> str:
        kept = "every step" if self._snapshots.every == 1 else f"every {self._snapshots.every}th step"
        bad = [finding.rule for finding in self.findings()]
        return (
            f"{self._epoch:,} steps of {type(self.optimizer).__name__}, {len(self.names)} parameters, {kept} kept, "
            f"{self._took()}" + (f"faults: {', '.join(bad)}" if bad else "no fault seen")
        )

    def _took(self) -> str:
        """What watching takes of a step; nothing is said before two of them."""
        return f"watching took {100 * self.overhead:.2g} % of a step, " if math.isfinite(self.overhead) else ""

    def _before_step(self, optimizer: torch.optim.Optimizer, args: Any, kwargs: Any) -> Any:
        """Measure what the optimizer is about to use; with a closure, when it first evaluates it."""
        closure = args[1] if len(args) > 1 else kwargs.get("closure")
        if closure is None:
            self._measure()
            return None
        watched = self._watched(closure)
        if len(args) > 1:
            return (args[0], watched, *args[2:]), kwargs
        return args, {**kwargs, "closure": watched}

    def _watched(self, closure: Callable[..., Any]) -> Callable[..., Any]:
        measured = False

        def evaluated(*args: Any, **kwargs: Any) -> Any:
            nonlocal measured
            loss = closure(*args, **kwargs)
            if not measured:
                measured = True
                if self._pending is None and isinstance(loss, Tensor | float):
                    self.record(loss)
                self._measure()
            return loss

        return evaluated

    def _measure(self) -> None:
        began = perf_counter()
        scale = 1.0
        if self._scaler is not None or "grad_scale" in self.optimizer.__dict__:
            scaling = scaling_of(self.optimizer, self._scaler)
            scale = scaling.scale
            self._irregular = self._irregular or scaling.inside
            if scaling.still:
                self._seen.still_scaled += 1
                self._seen.scale = scale
            if scaling.skip:
                self._pending = self._unclipped = None
                self.skipped += 1
                return
        recording = torch.is_grad_enabled()
        torch._C._set_grad_enabled(False)  # what torch.no_grad() does, without its several microseconds a step
        try:
            if not self._irregular:
                try:
                    self._rows.take(self._params, [value.grad for value in self._params])  # pyright: ignore[reportArgumentType]
                except (TypeError, RuntimeError):  # a gradient that is None, or sparse
                    self._irregular = True
            if self._irregular:
                self._rows.take(self._pieces(), self._gradients())
        finally:
            torch._C._set_grad_enabled(recording)
        rates = tuple([group["lr"] for group in self.optimizer.param_groups])
        self._notes.append(Note(self._pending, rates, scale, self._unclipped, began))
        self._pending = self._unclipped = None
        self._epoch += 1
        if self._clearing.watching:
            self._clearing.stepped()
        if self._rows.full:
            self._measure_waiting()
        self._spent += perf_counter() - began

    def _pieces(self) -> Sequence[Tensor]:
        """What this process holds of the parameters: all of them, where it is alone."""
        return self._params

    def _numbers(self) -> Measurements:
        return self._table.whole()

    def _rested(self) -> list[bool]:
        """Which of the parameters that were not the optimizer's at first have the same bits now."""
        pairs = zip(self._pieces(), self._first, strict=True)
        return [first is not None and same_bits(piece.detach(), first) for piece, first in pairs]

    def _gradients(self) -> list[Tensor]:
        """Gradients where some are None or sparse, or are unscaled only inside a fused step."""
        inside = getattr(self.optimizer, "grad_scale", None)
        found: list[Tensor] = []
        for index, value in enumerate(self._params):
            slope = value.grad
            if slope is None:
                self._missing[index] += 1
                slope = torch.zeros_like(value)
            elif slope.layout is not torch.strided:
                slope = slope.to_dense()
            found.append(slope if inside is None else slope / inside.to(slope.device))
        return found

    def _measure_waiting(self) -> None:
        """Measure the steps that wait, keep those of them that the rule wants whole, and begin a new block."""
        if not self._rows.filled:
            return
        notes, self._notes = self._notes, []
        first = self._epoch - len(notes)
        with torch.no_grad():
            measured = self._rows.measure()
            plain = is_plain(self.optimizer)
            self._plain = self._plain and plain
            self._table.add(first, measured, notes, plain=plain)
            if self._seen.broken is None:
                self._look_for_broken(first, measured)
            for row, note in enumerate(notes):
                if (first + row) % self._snapshots.every == 0:
                    self._snapshots.add(self._step(first + row, row, note))
            self._last_note = notes[-1]
            self._rows.clear()
        began = [note.began for note in notes]
        self._intervals.extend(after - before for before, after in itertools.pairwise(began))

    def _step(self, epoch: int, row: int, note: Note) -> Step:
        """A step as it is kept: of small models, all parameters end to end, which is quick."""
        params, gradient = self._rows.kept(row)
        names = self.names if isinstance(self._rows, Latest) else (FLAT,)
        cost = math.nan if note.cost is None else float(note.cost)
        rate = float(note.rates[0])
        return Step(epoch, cost, dict(zip(names, params, strict=True)), dict(zip(names, gradient, strict=True)), rate)

    def _opened(self, step: Step) -> Step:
        """The step with one tensor for each parameter."""
        rows = self._rows
        if isinstance(rows, Latest):
            return step
        params, gradient = (
            dict(zip(self.names, rows.opened(item[FLAT]), strict=True)) for item in (step.params, step.gradient)
        )
        return replace(step, params=params, gradient=gradient)

    def _look_for_broken(self, first: int, measured: Measured) -> None:
        doubtful = ~(measured.parameters.isfinite() & measured.gradients.isfinite()).all(dim=1)
        for row in doubtful.nonzero().reshape(-1).tolist():  # a norm may overflow where no entry has
            params, gradients = (
                tuple(n for n, v in zip(self.names, values, strict=True) if not bool(v.isfinite().all()))
                for values in self._rows.at(row)
            )
            if params or gradients:
                self._seen.broken = Broken(first + row, params, gradients)
                return

    def _how(self) -> str:
        how = f"{self._epoch:,} steps of {type(self.optimizer).__name__}{self._where()}"
        if not self._plain:
            how += ", whose steps are not learning rate x gradient: consecutive gradients do not show its curvature"
        return how

    def _where(self) -> str:
        """Whose numbers these are, where there are several ranks; empty where there is one."""
        return "" if ranks.alone() else f" (on rank {ranks.rank()} of {ranks.count()}; the cost is of its own batches)"
