"""`steepest curvature`: how the cost bends, and what that means for rates and epochs."""

from __future__ import annotations

from rich.text import Text

from steepest.cli import show
from steepest.cli.problem import Choices, pose
from steepest.curvature import above_minimum_after, cost_by_mode, curvature_at, epochs_until

SHARES_OF_LIMIT = (0.01, 0.03, 0.1, 0.3, 0.5, 0.9, 0.98, 1.02)
MOST_MODES = 8
LONG_RUN = "the fastest in the long run"
"""What the best fixed rate is: no other leaves less of every mode; over few epochs another may get lower."""


def run(choices: Choices, *, json: bool) -> int:
    """Do what `steepest curvature` was asked for and return the exit status."""
    problem = pose(choices)
    curvature = curvature_at(problem.bowl, problem.start, method="exact")
    cost, gradient = problem.bowl.value_and_gradient(problem.start)
    shares = cost_by_mode(curvature, gradient)
    height = above_minimum_after(curvature, gradient, learning_rate=0.0, epochs=0)
    limit, best = curvature.learning_rate_limit, curvature.best_learning_rate
    rates: list[float] = (
        sorted([float(f"{share * limit:.3g}") for share in SHARES_OF_LIMIT] + ([best] if best else [])) if limit else []
    )
    epochs = {
        rate: epochs_until(curvature, gradient, learning_rate=rate, above_minimum=1e-3 * height) for rate in rates
    }
    if json:
        facts = curvature.to_dict() | {
            "cost": float(cost),
            "above_minimum": height,
            "above_minimum_by_mode": shares.tolist(),
            "epochs_to_a_thousandth": [{"learning_rate": rate, "epochs": needed} for rate, needed in epochs.items()],
            "table": problem.table.name,
            "rows": problem.bowl.examples,
            "digits": problem.bowl.digits,
        }
        show.document(facts)
        return 0
    out = show.console()
    out.print(
        show.facts(
            [
                ("sharpness", f"{curvature.sharpness:.6g}, the largest eigenvalue of the Hessian"),
                ("smallest", f"{curvature.smallest:.6g}"),
                (
                    "condition",
                    curvature.why
                    if curvature.condition_number is None
                    else f"{curvature.condition_number:.6g}, largest over smallest",
                ),
                ("limit", "none" if limit is None else f"{limit:.6g} = 2 / sharpness: a larger learning rate diverges"),
                ("best rate", "none" if best is None else f"{best:.6g} = 2 / (smallest + sharpness), {LONG_RUN}"),
                ("method", f"{curvature.method}; residual {curvature.residual:.1g}"),
            ],
            width=12,
        )
    )
    rows = [
        (f"mode {index + 1}", show.number(float(value)), show.number(float(share)))
        for index, (value, share) in enumerate(zip(curvature.eigenvalues, shares, strict=True))
    ]
    if len(rows) > MOST_MODES:
        rows = [*rows[: MOST_MODES - 1], (f"… {len(rows) - MOST_MODES} more", "", ""), rows[-1]]
    out.print(Text("\nCost above the minimum at the start, by mode"), style="bold")
    out.print(show.grid(("", "eigenvalue", "cost"), rows))
    if rates:
        out.print(Text("\nEpochs to a thousandth of that height"), style="bold")
        table = [
            (
                f"{rate:.6g}" + (f" ({LONG_RUN})" if rate == best else ""),
                f"{rate / limit:.3g}" if limit else "",
                "diverges" if limit and rate > limit else "never" if epochs[rate] is None else f"{epochs[rate]:,}",
            )
            for rate in rates
        ]
        out.print(show.grid(("learning rate", "of the limit", "epochs"), table))
    return 0
