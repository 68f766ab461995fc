"""Faults of a training loop, each proved by what the watcher saw: one rule a function, one sentence a fault."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from steepest.diagnosis import Finding

SHOWN = 4
"""Names in a sentence; the rest are counted."""


@dataclass
class Seen:
    """What the rules ask of a watched loop."""

    names: tuple[str, ...]
    """The model's trainable parameters, in order."""

    optimizer: str = ""
    steps: int = 0
    unheld: tuple[str, ...] = ()
    """Trainable parameters that are in none of the optimizer's groups, and did not move."""

    foreign: int = 0
    """Tensors in the optimizer's groups that are not the model's."""

    unreached: dict[str, int] = field(default_factory=dict)
    """For each parameter, at how many steps it had no gradient at all."""

    leaf_losses: int = 0
    """Losses that require a gradient and have no history: they were made, not computed."""

    checked: int = 0
    """Steps between which backward passes were looked at before they added to `.grad`; the first few of a run."""

    kept: int = 0
    """Of these, how many added to the very gradient of the step before."""

    still_scaled: int = 0
    scale: float = 1.0
    broken: Broken | None = None
    norms: tuple[float, float] = (0.0, 0.0)
    """The gradient's norm at the first and at the last of the steps that were checked."""


@dataclass(frozen=True)
class Broken:
    """The first step at which a parameter or a gradient was not finite, by parameter, in order."""

    epoch: int
    params: tuple[str, ...]
    gradients: tuple[str, ...]


def findings(seen: Seen) -> tuple[Finding, ...]:
    """Ask every rule in turn; empty where none has found a fault."""
    rules = (detached, unheld, unreached, uncleared, still_scaled, not_finite)
    return tuple(finding for rule in rules if (finding := rule(seen)))


def detached(seen: Seen) -> Finding | None:
    if not seen.steps or len(_never(seen)) < len(seen.names):
        return None
    made = f" The loss was made, not computed, at {seen.leaf_losses} of them." if seen.leaf_losses else ""
    return Finding(
        rule="detached",
        claim=f"In {_steps(seen.steps)}, none of the {len(seen.names)} parameters received a gradient: the loss does "
        f"not depend on them.{made}",
        evidence={"steps": seen.steps, "parameters": len(seen.names), "losses_without_history": seen.leaf_losses},
        threshold="every parameter's .grad is None at every step",
        refuted_by="one .grad that is not None after backward()",
        advice="Look for .detach(), .item(), torch.no_grad() or a new tensor between the model and the loss, or for a "
        "missing backward().",
        source="PyTorch documentation, Autograd mechanics",
        bad=True,
    )


def unheld(seen: Seen) -> Finding | None:
    if not seen.unheld or not seen.steps:
        return None
    count, held = len(seen.names), len(seen.names) - len(seen.unheld)
    other = f" It holds {seen.foreign} tensors that are not the model's." if seen.foreign else ""
    return Finding(
        rule="unheld",
        claim=f"{seen.optimizer} holds {held} of the model's {count} trainable parameters: {_shown(seen.unheld)} "
        f"never moved in {_steps(seen.steps)}.{other}",
        evidence={"held": held, "trainable": count, "foreign": seen.foreign, "steps": seen.steps},
        threshold="a trainable parameter in none of the optimizer's groups, the same bits at every step",
        refuted_by="another optimizer, or a hand-written adjustment, that moves them later",
        advice="Give the optimizer model.parameters(), after the model is complete; or freeze them with "
        "requires_grad_(False), if that was meant.",
        source="PyTorch documentation, torch.optim",
        bad=True,
    )


def unreached(seen: Seen) -> Finding | None:
    never = _never(seen)
    if not seen.steps or not never or len(never) == len(seen.names):
        return None
    return Finding(
        rule="unreached",
        claim=f"{len(never)} of {len(seen.names)} parameters received no gradient in {_steps(seen.steps)}: "
        f"{_shown(never)}.",
        evidence={"without_gradient": len(never), "parameters": len(seen.names), "steps": seen.steps},
        threshold="a .grad that is None at every step",
        refuted_by="a batch that reaches them",
        advice="Look for a layer that forward() does not call, or for .detach() after it; freeze what shall rest.",
        source="PyTorch documentation, Autograd mechanics",
        bad=True,
    )


def uncleared(seen: Seen) -> Finding | None:
    if not seen.checked or seen.kept < seen.checked:
        return None
    return Finding(
        rule="uncleared",
        claim=f"The gradient is never cleared: after each of {_steps(seen.kept)} backward() added to the gradient of "
        f"the steps before, whose norm went from {seen.norms[0]:.4g} to {seen.norms[1]:.4g}.",
        evidence={
            "checked": seen.checked,
            "not_cleared": seen.kept,
            "gradient_norm_first": seen.norms[0],
            "gradient_norm_last": seen.norms[1],
        },
        threshold="every backward() finds in .grad what the step or the backward() before it left: same memory, same "
        "version, at every step that was looked at",
        refuted_by="a .grad that is None, zero or written to between a step and the next backward()",
        advice="Call optimizer.zero_grad() once a step, before backward().",
        source="PyTorch documentation, torch.optim.Optimizer.zero_grad",
        bad=True,
    )


def still_scaled(seen: Seen) -> Finding | None:
    if not seen.still_scaled:
        return None
    return Finding(
        rule="scaled",
        claim=f"At {seen.still_scaled} of {_steps(seen.steps)} {seen.optimizer} met gradients that were still "
        f"multiplied by the scaler's {seen.scale:g}.",
        evidence={"steps": seen.steps, "still_scaled": seen.still_scaled, "scale": seen.scale},
        threshold="a step of the optimizer while the scaler holds it to be not yet unscaled",
        refuted_by="a loss that was not scaled in the first place",
        advice="Call scaler.step(optimizer) instead of optimizer.step(); clip after scaler.unscale_(optimizer).",
        source="Micikevicius et al. (2018)",
        bad=True,
    )


def not_finite(seen: Seen) -> Finding | None:
    broken = seen.broken
    if broken is None:
        return None
    names = list(broken.params or broken.gradients)
    what = "parameter" if broken.params else "gradient of"
    if broken.params:
        advice = f"Look at '{names[0]}': at its start values, or at the adjustment of the step before."
    else:
        advice = (
            f"A backward pass goes from the last layer to the first, so look where '{names[-1]}' is used, for a "
            "root, logarithm or quotient at its edge; torch.autograd.set_detect_anomaly(True) names the operation."
        )
    last = f", and the last '{names[-1]}'" if len(names) > 1 else ""
    return Finding(
        rule="non-finite",
        claim=f"At step {broken.epoch} the {what} '{names[0]}' is not finite, the first of {len(names)} among "
        f"{len(seen.names)}{last}; {len(broken.gradients)} gradients are not finite.",
        evidence={
            "epoch": broken.epoch,
            "parameters_not_finite": len(broken.params),
            "gradients_not_finite": len(broken.gradients),
        },
        threshold="an entry that is NaN or infinite, as the optimizer met it",
        refuted_by="the same step in float64 staying finite: then it was the range of the float type",
        advice=advice,
        source="IEEE 754 (2019)",
        bad=True,
    )


def _never(seen: Seen) -> list[str]:
    return [name for name in seen.names if seen.unreached.get(name, 0) >= seen.steps]


def _shown(names: Sequence[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:SHOWN])
    return shown + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def _steps(count: int) -> str:
    return f"{count:,} step" + ("" if count == 1 else "s")
