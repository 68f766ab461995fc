"""Medians of interleaved runs, and the Markdown they are written down in."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence


def medians(contestants: dict[str, Callable[[], object]], *, runs: int = 7) -> dict[str, float]:
    """Median seconds of each, one warm-up first, taken in turn so that a slow spell of the machine hits all alike."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for run in range(runs + 1):
        for name, work in contestants.items():
            began = time.perf_counter()
            work()
            if run:
                times[name].append(time.perf_counter() - began)
    return {name: statistics.median(each) for name, each in times.items()}


def process(command: Sequence[str], *, runs: int = 7) -> tuple[float, float]:
    """Median wall seconds and largest resident mebibytes of a whole process, from its own /usr/bin/time-like report."""
    script = (
        "import resource, subprocess, sys, time\n"
        "began = time.perf_counter()\n"
        "code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode\n"
        "usage = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(time.perf_counter() - began, usage.ru_maxrss / 1024, code)\n"
    )
    seconds, resident = [], 0.0
    for run in range(runs + 1):
        done = subprocess.run(
            [sys.executable, "-c", script, *command], capture_output=True, text=True, check=True
        ).stdout.split()
        if done[2] not in ("0", "1"):
            raise SystemExit(f"{' '.join(command)} ended with {done[2]}")
        if run:
            seconds.append(float(done[0]))
            resident = max(resident, float(done[1]))
    return statistics.median(seconds), resident


def section(title: str, method: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print one measurement as Markdown."""
    print(f"## {title}\n\n{method}\n")
    print("| " + " | ".join(heads) + " |\n|" + "---|" * len(heads))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def time_of(seconds: float) -> str:
    """Seconds in the unit that fits."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"
