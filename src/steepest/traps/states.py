"""Traps of the user's model and data: what a tool leaves changed, and what is no function of the parameters."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from steepest.traps import worlds
from steepest.traps.nouns import Refused, Subject, Tool, Trap
from steepest.traps.planes import NEAR, asked, told

State = dict[str, dict[str, Any]]


def state(module: nn.Module) -> State:
    """Everything that a picture has no business to change, part by part; tensors copied."""
    return {
        "weights": {name: value.detach().clone() for name, value in module.named_parameters()},
        "buffers": {name: value.clone() for name, value in module.named_buffers()},
        "modes": {name or "module": part.training for name, part in module.named_modules()},
        "requires_grad": {name: value.requires_grad for name, value in module.named_parameters()},
        "gradients": {n: v.grad if v.grad is None else v.grad.clone() for n, v in module.named_parameters()},
    }


def changed(before: State, after: State, parts: tuple[str, ...]) -> str:
    """Name what is not as it was, with the first example of each."""
    found = []
    for part in parts:
        names = [name for name, value in before[part].items() if not _same(value, after[part].get(name))]
        if names or before[part].keys() != after[part].keys():
            example = names[0] if names else "their names"
            found.append(f"{part} ({example}{_by(before[part].get(example), after[part].get(example))})")
    return "changed: " + ", ".join(found) if found else ""


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, Tensor) and isinstance(after, Tensor):
        return before.dtype == after.dtype and torch.equal(before, after)
    return before is after


def _by(before: Any, after: Any) -> str:
    if not (isinstance(before, Tensor) and isinstance(after, Tensor)) or before.shape != after.shape:
        return "" if isinstance(before, Tensor) else f": {before} to {after}"
    size = float(before.double().norm()) or 1.0
    return f", by {float((after.double() - before.double()).norm()) / size:.2g} of its norm"


def _kept(*parts: str) -> Callable[[Tool, Subject], str]:
    def check(tool: Tool, subject: Subject) -> str:
        before = state(subject.module)
        asked(tool, subject, points=(5, 5))
        return changed(before, state(subject.module), parts)

    return check


def _after(interruption: type[BaseException]) -> Callable[[Tool, Subject], str]:
    """Draw one plane to count the questions, and let the next one fail from six questions before its end.

    Weights and buffers must be as found, and whatever else the first plane has left alone.
    """

    def check(tool: Tool, subject: Subject) -> str:
        loss, calls, last = subject.loss, 0, 0

        def counted(outputs: Any, targets: Any) -> Tensor:
            nonlocal calls
            calls += 1
            if last and calls >= last:
                raise interruption("in the middle of a plane")
            return loss(outputs, targets)

        subject.loss, kept = counted, _copied(subject.module)
        before = state(kept)
        asked(tool, subject, points=(5, 5))
        alone = tuple(part for part in before if not changed(before, state(subject.module), (part,)))
        subject.module, calls, last = kept, 0, max(2, calls - 6)
        try:
            asked(tool, subject, points=(5, 5))
        except interruption:
            return changed(before, state(kept), tuple(dict.fromkeys(("weights", "buffers", *alone))))
        return "the interruption was swallowed, and a plane drawn all the same"

    return check


def _random_states(tool: Tool, subject: Subject) -> str:
    before = _generators()
    asked(tool, subject, points=(5, 5))
    moved = [name for name, now in _generators().items() if now != before[name]]
    return f"the global random state of {' and '.join(moved)} has moved on" if moved else ""


def _generators() -> dict[str, object]:
    _, keys, place, *_ = np.random.get_state(legacy=True)  # noqa: NPY002  # theirs, to compare
    return {
        "torch": torch.get_rng_state().tolist(),
        "random": random.getstate(),
        "numpy": (np.asarray(keys).tolist(), place),
    }


def _copied(module: nn.Module) -> nn.Module:
    """A deep copy; PyTorch's own leaves gradients out."""
    copied = copy.deepcopy(module)
    for own, other in zip(module.parameters(), copied.parameters(), strict=True):
        other.grad = None if own.grad is None else own.grad.clone()
    return copied


def _same_everywhere(tool: Tool, subject: Subject) -> str:
    """Where parameters change nothing, all cells are the same, in one plane and in the next."""
    costs = []
    with torch.random.fork_rng(devices=[]):
        for seed in range(2):
            torch.manual_seed(seed)  # the user's program goes on between two pictures, and draws random numbers
            costs.append(asked(tool, subject, points=(5, 5)).costs.double())
    both = torch.stack(costs)
    apart = float((both.max() - both.min()) / both.mean().abs())
    return "" if apart <= 0.05 else f"cells that must be the same are {100 * apart:.0f} % of their mean apart"


def _drift(tool: Tool, subject: Subject) -> str:
    """A batch norm in training mode collects statistics at each forward pass: not those of a picture."""
    before = state(subject.module)
    try:
        asked(tool, subject, points=(5, 5))
    except Refused:
        if not changed(before, state(subject.module), ("buffers",)):
            raise
    return changed(before, state(subject.module), ("buffers",))


def _policies(tool: Tool, subject: Subject) -> str:
    """One batch of all data: recalibrated statistics are those of the batch."""
    for policy, training in (("frozen", False), ("batch", True), ("recalibrated", True)):
        subject.policy, origin = policy, subject.params
        surface = asked(tool, subject, points=(3, 3))
        if found := told(surface, worlds.expected(subject, surface, origin, train=training), NEAR):
            return f"{policy}: {found}"
    return ""


TRAPS = (
    Trap(
        "the trained model is not moved",
        "After the picture the user's weights are other weights.",
        "in-place steps on the model given, or a checkpoint loaded into it",
        worlds.worn,
        _kept("weights"),
    ),
    Trap(
        "modes, gradients and buffers as found",
        "The model comes back in eval mode, with gradients gone or requires_grad switched off for ever.",
        "eval() and requires_grad_(False) without a way back",
        worlds.worn,
        _kept("buffers", "modes", "requires_grad", "gradients"),
    ),
    Trap(
        "random states as found",
        "A picture drawn in the middle of a training changes the training.",
        "draws from the global generators",
        worlds.plain,
        _random_states,
    ),
    Trap(
        "restored after an exception",
        "A loss that fails at one point leaves the model there.",
        "no finally",
        worlds.worn,
        _after(ArithmeticError),
    ),
    Trap(
        "restored after Ctrl-C",
        "Who is tired of waiting loses the trained model.",
        "except Exception does not catch KeyboardInterrupt",
        worlds.worn,
        _after(KeyboardInterrupt),
    ),
    Trap(
        "live dropout",
        "Every cell is measured through another mask: the surface is noise.",
        "a module left in training mode",
        worlds.dropout,
        _same_everywhere,
        may_refuse=True,
    ),
    Trap(
        "a loader that shuffles",
        "Two cells are measured on different data.",
        "one batch a point from DataLoader(shuffle=True)",
        worlds.shuffled,
        _same_everywhere,
        may_refuse=True,
    ),
    Trap(
        "batch norm in training mode",
        "Each forward pass of the picture goes into the model's running statistics.",
        "a module left in training mode",
        lambda: worlds.batch_norm(mode=True),
        _drift,
        may_refuse=True,
    ),
    Trap(
        "batch norm: frozen, batch, recalibrated",
        "Nobody can say which statistics normalised the picture.",
        "Izmailov et al. (2018): statistics are recomputed for other weights",
        lambda: worlds.batch_norm(mode=False),
        _policies,
    ),
)
