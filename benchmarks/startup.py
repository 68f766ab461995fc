"""How long a person waits: for help, for the trial with its figures, for the import."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from measure import process, section

BIN = Path(sys.executable).parent

if __name__ == "__main__":
    runs = 2 if "--quick" in sys.argv else 7
    with tempfile.TemporaryDirectory() as folder:
        commands = {
            "`steepest --help`": ([str(BIN / "steepest"), "--help"], "0.3 s"),
            "`import steepest`, Python's own start included": ([sys.executable, "-c", "import steepest"], "0.1 s"),
            "`python -c pass`": ([sys.executable, "-c", "pass"], ""),
            "`import torch`": ([sys.executable, "-c", "import torch"], ""),
            "`steepest descend` on the trial, run file and figures included": (
                [str(BIN / "steepest"), "descend", "--force", "-o", folder],
                "6 s",
            ),
            "the same without figures": (
                [str(BIN / "steepest"), "descend", "--force", "--no-figures", "-o", folder],
                "",
            ),
        }
        rows = []
        for name, (command, target) in commands.items():
            seconds, resident = process(command, runs=runs)
            rows.append((name, f"{seconds:.2f} s", target, f"{resident:.0f} MiB"))
    section("Waiting", "Whole processes, wall time.", ("what", "median", "target", "largest resident"), rows)
