"""Run every benchmark and write what it printed to benchmarks/README.md; --quick only tries that they run."""

from __future__ import annotations

import datetime
import platform
import subprocess
import sys
from pathlib import Path

import torch

HERE = Path(__file__).parent
SCRIPTS = (
    *("rows", "files", "recording", "startup", "draw", "page", "watch", "curvature", "edge_of_stability"),
    *("planes", "refine", "conformance"),
)

HEAD = """# Measurements

Written by `make bench`; medians of several runs taken in turn, ratios within one run. Times are of one machine on one
day ({day}: {cores} threads, Python {python}, PyTorch {torch}); the ratios are what to quote.
"""

if __name__ == "__main__":
    quick = "--quick" in sys.argv
    sections = []
    for script in SCRIPTS:
        print(f"{script} ...", file=sys.stderr)
        command = [sys.executable, str(HERE / f"{script}.py"), *(["--quick"] if quick else [])]
        sections.append(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
    head = HEAD.format(
        day=datetime.date.today().isoformat(),
        cores=torch.get_num_threads(),
        python=platform.python_version(),
        torch=torch.__version__.partition("+")[0],
    )
    text = "\n".join([head, *sections]).rstrip() + "\n"
    if quick:
        print(text)
    else:
        (HERE / "README.md").write_text(text, encoding="utf-8")
