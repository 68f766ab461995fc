"""`steepest check`: the gradient derived by hand, line by line, beside autograd's and the taps'."""

from __future__ import annotations

import sys

from rich.text import Text

from steepest.check import GradientRow, check_gradient, compass
from steepest.cli import show
from steepest.cli.problem import Choices, assigned, pose
from steepest.derivation import by_hand as derived_by_hand
from steepest.derivation import derive
from steepest.errors import SteepestError, door, near
from steepest.vectors import Params

FORMS = ("text", "latex", "mathml", "none")
MOST_DERIVED = 3


def run(choices: Choices, *, by_hand: list[str] | None, derivation: str, json: bool, quiet: bool) -> int:
    """Do what `steepest check` was asked for and return the exit status."""
    if derivation not in FORMS:
        raise SteepestError(f"--derivation {derivation}", remedy=near(derivation, FORMS))
    problem = pose(choices)
    cost, at = problem.cost, problem.start
    inputs, targets = problem.table.tensors(dtype=next(iter(at.values())).dtype)
    if by_hand is None:
        hand = derived_by_hand("linear", at, inputs, targets)(at)
    else:
        with door("--by-hand"):
            hand = cost.params(assigned(by_hand, cost.names))
    found = check_gradient(cost, at, by_hand=hand)
    statistics = problem.bowl.value_and_gradient(problem.bowl.params(at))[1]
    taps = compass(cost, at) if len(cost.names) == 2 else None
    shown = list(at) if len(at) <= MOST_DERIVED else [*list(at)[: MOST_DERIVED - 1], list(at)[-1]]
    derivations = {name: derive("linear", at, inputs, targets, only=name)[name] for name in shown}
    if json:
        document = found.to_dict() | {
            "at": show.by_name(at),
            "by_statistics": show.by_name(statistics),
            "compass": taps,
            "derivation": {name: each.to_dict() for name, each in derivations.items()},
        }
        show.document(document)
        return 0 if found.agrees else 1
    if derivation in ("latex", "mathml"):
        for each in derivations.values():
            sys.stdout.write(each.latex() if derivation == "latex" else each.mathml())
            sys.stdout.write("\n")
        return 0 if found.agrees else 1
    out = show.console()
    if derivation == "text" and not quiet:
        for each in derivations.values():
            out.print(Text(each.text(width=out.width if out.is_terminal else None) + "\n"))
        if len(at) > len(derivations):
            out.print(Text(f"and {len(at) - len(derivations)} more of the same form\n", style="dim"))
    if not quiet:
        heads = ("", "by hand", "autograd", "tapped", "statistics", "hand/autograd")
        out.print(show.grid(heads, (_row(row, statistics) for row in found.rows)))
        out.print()
        if taps is not None:
            east, north = cost.names
            out.print(
                Text(f"Taps of 0.01 around (east is more {east}, north more {north}), change of the cost:", "bold")
            )
            out.print(Text("  ".join(f"{point} {change:+.5f}" for point, change in taps.items()) + "\n"))
    verdict = Text("All roads agree", "bold green") if found.agrees else Text("The roads disagree", "bold red")
    out.print(verdict + Text(f" ({found.price})."))
    for complaint in found.complaints:
        out.print(Text(complaint))
    return 0 if found.agrees else 1


def _row(row: GradientRow, statistics: Params) -> tuple[str, ...]:
    hand = "-" if row.by_hand is None else show.number(row.by_hand, 8)
    fast = show.number(float(statistics[row.parameter]), 8) if row.parameter in statistics else "-"
    ratio = "-" if row.ratio is None else f"{row.ratio:.6f}"
    return show.short(row.parameter, 32), hand, show.number(row.autograd, 8), show.number(row.tapped, 8), fast, ratio
