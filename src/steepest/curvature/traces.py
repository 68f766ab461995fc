"""The Hessian's trace, the sum of its eigenvalues, from random probes; whole and for each parameter."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from steepest.cost import Cost
from steepest.curvature.products import By, Products
from steepest.errors import SteepestError, door


@dataclass(frozen=True)
class Trace:
    """The sum of the Hessian's eigenvalues, with its standard error over the probes.

    `by_parameter` gives the same, `value` and `standard_error`, of the block that belongs to each parameter; the
    blocks' traces sum to the whole one. Both are in cost per parameter squared. `method` says how they were got, from
    so many `probes`, of a cost over so many `examples`.

    >>> cost = Cost.from_function(lambda m, b: 3 * m**2 + m * b + b**2)  # the trace is 6 + 2; m b adds the noise
    >>> found = trace(cost, {"m": 0.0, "b": 0.0}, probes=100)
    >>> abs(found.value - 8) < 2 * found.standard_error < 0.5
    True
    """

    value: float
    standard_error: float
    by_parameter: dict[str, tuple[float, float]]
    method: str
    probes: int
    examples: int | None

    def to_dict(self) -> dict[str, Any]:
        """Turn the trace into numbers, strings and lists."""
        return {
            "value": self.value,
            "standard_error": self.standard_error,
            "by_parameter": {name: list(pair) for name, pair in self.by_parameter.items()},
            "method": self.method,
            "probes": self.probes,
            "examples": self.examples,
        }


def trace(
    cost: Cost,
    at: Mapping[str, Tensor | float],
    *,
    probes: int = 30,
    only: Sequence[str] | None = None,
    by: By | None = None,
    seed: int = 0,
) -> Trace:
    """Estimate the trace of a cost's Hessian at a point, from one product for each random probe z of signs.

    `trace = mean of z . H z`, and each parameter's own part of that sum is the trace of its block (Hutchinson, 1990).
    `only` restricts the probes to the block of some parameters, which leaves out the noise of all others.

    Raises SteepestError for fewer than 2 probes, without which there is no standard error.

    >>> cost = Cost.from_function(lambda m, b: 3 * m**2 + b**2, dtype=torch.float64)
    >>> found = trace(cost, {"m": 0.9, "b": 0.1}, probes=2)
    >>> found.value, found.standard_error, found.by_parameter["m"]
    (8.0, 0.0, (6.0, 0.0))
    """
    with door("trace"):
        if probes < 2:
            raise SteepestError(
                f"probes is {probes}", remedy="Give at least 2: their standard error is part of the answer"
            )
        ask = Products(cost, cost.params(at), only=only, by=by)
        generator = torch.Generator().manual_seed(seed)
        sizes = [ask.params[name].numel() for name in ask.names]
        parts: list[list[float]] = []
        for probe in range(probes):
            signs = torch.randint(0, 2, (ask.size,), generator=generator).mul(2).sub(1).to(ask.device, ask.dtype)
            image = ask(signs)
            if not probe:
                ask.disagreement(signs, image)
            parts.append(
                [
                    float((z.double() * h.double()).sum())
                    for z, h in zip(signs.split(sizes), image.split(sizes), strict=True)
                ]
            )
        value, error = _mean([math.fsum(row) for row in parts])
        return Trace(
            value=value,
            standard_error=error,
            by_parameter={name: _mean([row[index] for row in parts]) for index, name in enumerate(ask.names)},
            method=f"Hutchinson's estimator: {probes} probes of random signs, {ask.told}",
            probes=probes,
            examples=cost.examples,
        )


def _mean(values: list[float]) -> tuple[float, float]:
    sample = torch.tensor(values, dtype=torch.float64)
    return float(sample.mean()), float(sample.std() / math.sqrt(len(values)))
