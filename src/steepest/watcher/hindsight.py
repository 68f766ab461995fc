"""Faults that a saved table of measurements shows by itself, without the loop."""

from __future__ import annotations

from dataclasses import replace

from steepest.diagnosis import Finding
from steepest.watcher.faults import SHOWN, Broken, Seen, not_finite
from steepest.watcher.measurements import Measurements


def findings_in(table: Measurements) -> tuple[Finding, ...]:
    """Say what is wrong with a loop as far as its measurements show it; empty where they show no fault.

    What is known only while a loop runs is not in the table: whether gradients are cleared, whether they were still
    scaled, which parameters the optimizer holds.
    """
    rules = (_unmoved, not_finite_in)
    return tuple(finding for rule in rules if (finding := rule(table)))


def _unmoved(table: Measurements) -> Finding | None:
    changes = table.change_norms[:-1]
    if not len(changes):
        return None
    still = (changes == 0).all(dim=0)
    names = [name for name, here in zip(table.names, still.tolist(), strict=True) if here]
    if not names:
        return None
    unreached = int((still & (table.gradient_norms == 0).all(dim=0)).sum())
    largest = float(table.gradient_norms[:, still].nan_to_num(0.0, 0.0).max())
    shown = ", ".join(f"'{name}'" for name in names[:SHOWN]) + (
        f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    )
    return Finding(
        rule="unmoved",
        claim=f"{len(names)} of {len(table.names)} parameters did not move at any of {len(changes):,} recorded steps: "
        f"{shown}. {unreached} of them had no gradient, or one of exactly 0, at every step.",
        evidence={
            "unmoved": len(names),
            "parameters": len(table.names),
            "without_gradient": unreached,
            "largest_gradient_norm": largest,
            "steps": len(changes),
        },
        threshold="a change whose norm is exactly 0 at every recorded step",
        refuted_by="a step between the recorded ones that moved them, or a learning rate that was 0 throughout",
        advice="With a gradient: give the optimizer model.parameters(). Without: look for a layer that forward() does "
        "not call, or for .detach(). Freeze what shall rest with requires_grad_(False).",
        source="PyTorch documentation, torch.optim",
        bad=True,
    )


def not_finite_in(table: Measurements) -> Finding | None:
    """Find the first recorded step at which a norm was not finite."""
    lost = ~(table.parameter_norms.isfinite() & table.gradient_norms.isfinite()).all(dim=1)
    if not bool(lost.any()):
        return None
    row = int(lost.nonzero()[0])
    params, gradients = (
        tuple(name for name, norm in zip(table.names, norms[row], strict=True) if not bool(norm.isfinite()))
        for norms in (table.parameter_norms, table.gradient_norms)
    )
    finding = not_finite(Seen(table.names, steps=len(table), broken=Broken(int(table.epochs[row]), params, gradients)))
    return finding and replace(
        finding,
        threshold="a norm that is NaN or infinite in the saved measurements",
        refuted_by="finite entries whose squares overflow the float type: then the norm alone is infinite",
    )
