"""Every block of the documentation runs, and prints what stands below it.

Python blocks of a page run one after another, in one world and one folder; a `text` block after one is what it prints.
In a `console` block each `$ steepest ...` is run, and the lines below it are what it prints, `...` standing for any;
`$ make ...` is what runs the suite itself.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from test_cli import run

DOCS = Path(__file__).parent.parent / "docs"
PAGES = [DOCS.parent / "README.md", *sorted(path for path in DOCS.rglob("*.md") if "_build" not in path.parts)]
BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)

Block = tuple[str, str]


def blocks(page: Path) -> Iterator[Block]:
    for found in BLOCK.finditer(page.read_text(encoding="utf-8")):
        yield found[2], found[3]


def refuse_unlike(shown: str, printed: str, what: str) -> None:
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    assert doctest.OutputChecker().check_output(shown, printed, options), f"{what} printed\n{printed}\nnot\n{shown}"


def run_console(text: str, folder: Path) -> None:
    for command in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        line, _, shown = command.partition("\n")
        words = shlex.split(line, comments=True)
        if words[0] == "make":
            continue
        assert words[0] == "steepest", f"only steepest's own commands are run: {line}"
        done = run(*words[1:], folder=folder)
        assert done.returncode in (0, 1), f"{line}\n{done.stderr}"
        if shown.strip():
            refuse_unlike(shown, done.stdout, line)


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Small matrices: on a busy machine threads would wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS.parent)))
def test_every_block_runs_and_prints_what_is_shown(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for table in (DOCS / "how-to").glob("*.csv"):
        shutil.copy(table, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    world: dict[str, object] = {"__name__": "__page__"}
    printed = ""
    for kind, text in blocks(page):
        if kind == "python":
            named = re.match(r"# (\w+\.py)\n", text)
            if named:  # a file of the reader's own
                (tmp_path / named[1]).write_text(text, encoding="utf-8")
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile(text, f"{page.name}", "exec"), world)  # noqa: S102  # our own documentation
            printed = out.getvalue()
        elif kind == "text":
            refuse_unlike(text, printed, "the block above")
        elif kind == "console":
            run_console(text, tmp_path)


def test_a_wrong_block_is_caught() -> None:
    with pytest.raises(AssertionError, match="not"):
        refuse_unlike("cost 2\n", "cost 1\n", "a block")
    refuse_unlike("cost ...\n", "cost 1\n", "a block")
