"""The pictures of the how-to pages, as their own blocks draw them: python docs/pictures.py

The Python blocks of a page are run one after another in a folder of their own; every PNG that they leave there and that
the page shows goes into docs/pictures, with few colours, so that it stays small.
"""

from __future__ import annotations

import contextlib
import io
import re
import tempfile
from pathlib import Path

import torch
from PIL import Image

HERE = Path(__file__).parent
PICTURES = HERE / "pictures"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
SHOWN = re.compile(r"!\[[^\]]+\]\(\.\./pictures/([\w-]+\.png)\)")

WIDEST = 1200
COLOURS = 200
LARGEST = 80_000
"""Bytes: the pages are read on phones, too."""


def drawn(page: Path) -> list[Path]:
    """Run the blocks of a page and keep the pictures that it shows."""
    text = page.read_text(encoding="utf-8")
    names = SHOWN.findall(text)
    if not names:
        return []
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()):
        world: dict[str, object] = {"__name__": "__page__"}
        for block in BLOCK.findall(text):
            exec(compile(block, page.name, "exec"), world)  # noqa: S102  # our own documentation
        return [small(Path(name), PICTURES / name) for name in names]


def small(picture: Path, path: Path) -> Path:
    """Write a picture again with few colours, no wider than a page shows it."""
    with Image.open(picture) as full:
        image = full.convert("RGB")
    if image.width > WIDEST:
        image = image.resize((WIDEST, round(image.height * WIDEST / image.width)), Image.Resampling.LANCZOS)
    image.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(path, optimize=True)
    size = path.stat().st_size
    if size > LARGEST:
        raise SystemExit(f"{path.name} has {size:,} bytes, and {LARGEST:,} are enough: draw it simpler")
    return path


if __name__ == "__main__":
    torch.set_num_threads(1)  # small matrices: threads would wait for each other
    PICTURES.mkdir(exist_ok=True)
    for page in sorted((HERE / "how-to").glob("*.md")):
        for path in drawn(page):
            print(path)
