"""Make the README's picture of a network by running the README's own last block of Python."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

HERE = Path(__file__).parent

if __name__ == "__main__":
    text = (HERE.parent / "README.md").read_text(encoding="utf-8")
    block = re.findall(r"```python\n(.*?)```", text, re.DOTALL)[-1]
    with contextlib.chdir(HERE / "gallery"):
        exec(compile(block, "README.md", "exec"), {})  # noqa: S102  # our own README
