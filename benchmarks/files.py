"""A table on disk read once into a cost, against polars reading and summing the same columns."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from measure import process, section

WRITE = """
import sys, numpy as np, polars as pl
path, rows, times = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
generator = np.random.default_rng(0)
columns = {f"x{i}": generator.normal(size=rows).round(6) for i in range(10)}
columns["y"] = sum(columns.values()) + generator.normal(size=rows).round(6)
frame = pl.DataFrame(columns)
if path.endswith(".csv"):
    with open(path, "wb") as file:
        for part in range(times):
            frame.write_csv(file, include_header=part == 0)
else:
    pl.concat([frame] * times).write_parquet(path, row_group_size=250_000)
"""
POLARS = """
import sys, polars as pl
scan = pl.scan_csv if sys.argv[1].endswith(".csv") else pl.scan_parquet
print(scan(sys.argv[1]).sum().collect(engine="streaming"))
"""
STEEPEST = """
import sys
from steepest import read
print(read(sys.argv[1], target="y").cost().minimum)
"""
TORCH = "import torch, polars"


def python(code: str, *arguments: object) -> list[str]:
    return [sys.executable, "-c", code, *map(str, arguments)]


if __name__ == "__main__":
    rows, runs, times = (20_000, 2, 2) if "--quick" in sys.argv else (2_000_000, 7, 12)
    base, _ = process(python(TORCH), runs=runs)
    alone, _ = process(python("import polars"), runs=runs)
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("csv", "parquet"):
            path = Path(folder) / f"table.{kind}"
            subprocess.run(python(WRITE, path, rows, 1), check=True)
            theirs, _ = process(python(POLARS, path), runs=runs)
            ours, _ = process(python(STEEPEST, path), runs=runs)
            read, fitted = theirs - alone, ours - base
            size = f"{path.stat().st_size / 2**20:.0f} MiB"
            lines.append((kind, size, f"{read:.2f} s", f"{fitted:.2f} s", f"{fitted / read:.2f}"))
            path.unlink()
        section(
            f"{rows:,} rows by 11 columns on disk",
            f"Whole processes, less the imports alone (polars {alone:.2f} s, torch and polars {base:.2f} s).",
            ("file", "size", "polars reads and sums", "steepest reads and fits", "ratio"),
            lines,
        )
        lines = []
        for kind in ("csv", "parquet"):
            path = Path(folder) / f"long.{kind}"
            subprocess.run(python(WRITE, path, rows, times), check=True)
            seconds, resident = process(python(STEEPEST, path), runs=1)
            size = f"{path.stat().st_size / 2**20:,.0f} MiB"
            lines.append((kind, size, f"{seconds:.1f} s", f"{resident:.0f} MiB"))
            path.unlink()
        _, imports = process(python(TORCH), runs=1)
        section(
            f"{rows * times:,} rows by 11 columns on disk",
            f"Importing torch and polars alone makes {imports:.0f} MiB resident.",
            ("file", "size", "whole process", "largest resident"),
            lines,
        )
