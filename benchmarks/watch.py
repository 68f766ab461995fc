"""What it costs to watch a training loop: a step watched over the same step unwatched, and memory."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from measure import section, time_of
from sklearn.datasets import load_digits
from torch import Tensor, nn

from steepest import watch

HERE = Path(__file__).parent
QUICK = "--quick" in sys.argv


def digits() -> tuple[Tensor, Tensor]:
    images, labels = load_digits(return_X_y=True)
    return torch.tensor(images, dtype=torch.float32) / 16, torch.tensor(labels)


def perceptron() -> nn.Module:
    return nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))


def convolutional() -> nn.Module:
    return nn.Sequential(
        nn.Unflatten(1, (1, 8, 8)),
        nn.Conv2d(1, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(512, 10),
    )


def sgd(model: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.SGD(model.parameters(), lr=0.1)


def adam(model: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.Adam(model.parameters(), lr=1e-3)


def loop(make: Callable[[], nn.Module], optimizer_of: Callable[..., torch.optim.Optimizer], batch: int, watched: bool):
    """A loop that makes so many steps a call, and gives the seconds of each; batches are slices, the cheapest way."""
    model = make()
    optimizer = optimizer_of(model)
    watching = watch(model, optimizer) if watched else None
    inputs, targets = digits()
    place = 0

    def steps(count: int) -> list[float]:
        nonlocal place
        times = []
        for _ in range(count):
            began = time.perf_counter()
            rows = slice(place, place + batch)
            place = place + batch if place + 2 * batch <= len(inputs) else 0
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(inputs[rows]), targets[rows])
            loss.backward()
            if watching:
                watching.record(loss)
            optimizer.step()
            times.append(time.perf_counter() - began)
        return times

    return steps, watching


def measure(make: Callable[[], nn.Module], optimizer_of: Callable[..., torch.optim.Optimizer], batch: int):
    """Mean seconds of a step in short stretches, watched and unwatched in turn; the medians over the stretches.

    A mean within a stretch, because a watcher measures many steps together: a median step would not see that.
    """
    loops = [loop(make, optimizer_of, batch, watched) for watched in (False, True)]
    stretch, stretches = (64, 2) if QUICK else (128, 11)
    found: list[list[float]] = [[], []]
    for steps, _ in loops:
        steps(10)
    for _ in range(stretches):
        for (steps, _), means in zip(loops, found, strict=True):
            means.append(statistics.fmean(steps(stretch)))
    watching = loops[1][1]
    assert watching is not None
    return statistics.median(found[0]), statistics.median(found[1]), watching.overhead


MEMORY = """
import watch as bench
steps, watching = bench.loop(bench.perceptron, bench.sgd, 64, {watched})
steps({count})
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(int(peak.split()[1]) / 1024)
"""


def resident(count: int, watched: bool) -> float:
    """Largest resident mebibytes of a whole process that trains so many steps.

    Read from Linux itself: getrusage() of a child begins with its parent's largest.
    """
    code = MEMORY.format(watched=watched, count=count)
    done = subprocess.run([sys.executable, "-c", code], cwd=HERE, capture_output=True, text=True, check=True)
    return float(done.stdout)


if __name__ == "__main__":
    rows = []
    cases: list[tuple[str, Callable[[], nn.Module], str, Callable[..., torch.optim.Optimizer], int]] = [
        ("perceptron 64-128-10", perceptron, "SGD", sgd, 1797),
        ("perceptron 64-128-10", perceptron, "Adam", adam, 1797),
        ("perceptron 64-128-10", perceptron, "Adam", adam, 64),
        ("perceptron 64-128-10", perceptron, "SGD", sgd, 64),
        ("convolutional, 9,930 parameters", convolutional, "SGD", sgd, 64),
        ("convolutional, 9,930 parameters", convolutional, "Adam", adam, 256),
    ]
    for name, make, title, optimizer_of, batch in cases:
        bare, seen, inside = measure(make, optimizer_of, batch)
        rows.append((name, title, f"{batch:,}", time_of(bare), f"{seen / bare:.3f}", f"{100 * inside:.1f} %"))
    section(
        "A step watched over the same step unwatched",
        "scikit-learn's digits, defaults, the loss recorded; `watch.overhead` is what the run itself says of it.",
        ("model", "optimizer", "batch", "a step unwatched", "watched / unwatched", "`watch.overhead`"),
        rows,
    )
    table = []
    for count in (100, 300) if QUICK else (100, 1_000, 10_000):
        bare, seen = resident(count, watched=False), resident(count, watched=True)
        table.append((f"{count:,}", f"{bare:.0f} MiB", f"{seen - bare:+.0f} MiB"))
    section(
        "Memory of a watched perceptron",
        "Whole processes, largest resident; a step of this model takes 75 KiB, and whole steps at most 16 MiB.",
        ("steps", "unwatched", "watched"),
        table,
    )
