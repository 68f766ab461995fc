"""What it costs to record every step, and to save it as it is made."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import torch
from measure import medians, section, time_of

from steepest import Cost, descend

X = torch.arange(8.0)
Y = torch.tensor([1.86, 1.31, 0.62, 0.33, 0.09, -0.67, -1.23, -1.37])
COST = Cost.from_function(lambda m, b: ((m * X + b - Y) ** 2).mean())
START = {"m": 0.9, "b": 0.1}


def bare(steps: int) -> None:
    m, b = (torch.tensor(value, requires_grad=True) for value in START.values())
    optimizer = torch.optim.SGD([m, b], lr=0.001)
    for _ in range(steps):
        optimizer.zero_grad()
        cost = ((m * X + b - Y) ** 2).mean()
        cost.backward()
        optimizer.step()


def by_hand(steps: int) -> None:
    m, b = (torch.tensor(value, requires_grad=True) for value in START.values())
    for _ in range(steps):
        cost = ((m * X + b - Y) ** 2).mean()
        cost.backward()
        with torch.no_grad():
            for value in (m, b):
                assert value.grad is not None
                value.sub_(0.001 * value.grad)
                value.grad = None


def saved(steps: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        descend(COST, START, learning_rate=0.001, epochs=steps, save=Path(folder) / "run.steepest")


if __name__ == "__main__":
    count = 1_000 if "--quick" in sys.argv else 10_000
    found = medians(
        {
            "bare PyTorch loop with torch.optim.SGD, nothing recorded": lambda: bare(count),
            "bare PyTorch loop with its own adjustment, nothing recorded": lambda: by_hand(count),
            "descend, every step recorded": lambda: descend(COST, START, learning_rate=0.001, epochs=count),
            "descend, every step recorded and saved": lambda: saved(count),
        },
        runs=7,
    )
    first = next(iter(found.values()))
    section(
        f"{count:,} steps of two parameters",
        "One thread of Python; each saved step is committed before the next begins.",
        ("who", "a step", "against the first"),
        [(name, time_of(seconds / count), f"{seconds / first:.2f}") for name, seconds in found.items()],
    )
