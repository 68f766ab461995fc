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

import steepest
from steepest.traps import TRAPS

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


WORDS = {0: "none", 5: "five", 6: "six", 30: "thirty"}
MEASURED = (DOCS.parent / "benchmarks" / "README.md").read_text(encoding="utf-8")


def fallen() -> dict[str, tuple[int, int]]:
    """By tool, into how many traps it fell, and how many could be set: counted in the table that was measured."""
    header, _, *rows = (
        line.strip("| ").split(" | ")
        for line in re.findall(r"^\| trap \|(?:.*\n\|)*.*", MEASURED, re.M)[0].splitlines()
    )
    *traps, closing = rows
    assert len(traps) == len(TRAPS), "the traps have changed since: run benchmarks/conformance.py"
    columns = {tool: [row[place] for row in traps] for place, tool in enumerate(header) if place}
    counts = {tool: (cells.count("**failed**"), len(cells) - cells.count("–")) for tool, cells in columns.items()}
    assert [f"{failed} of {asked}" for failed, asked in counts.values()] == closing[1:]
    return counts


def test_the_counts_of_wrong_pictures_were_measured() -> None:
    counts = fallen()
    ours = counts[f"steepest {steepest.__version__}"]
    others = {tool: count for tool, count in counts.items() if count is not ours}
    packages = {tool.partition(",")[0] for tool in others}
    page = (DOCS / "explanation" / "wrong-pictures.md").read_text(encoding="utf-8")
    shown = re.findall(r"^\| ([^|]+) \| (\d+) \| (\d+) \|$", page, re.M)
    assert [(int(failed), int(asked)) for _, failed, asked in shown] == [*others.values(), ours]
    for (name, _, _), tool in zip(shown, [*others, f"steepest {steepest.__version__}"], strict=True):
        assert name == tool or (name.startswith("the same, ") and "," in tool), f"{name} is not {tool}"
    assert f"set for {WORDS[len(packages)]} published packages" in page
    howto = (DOCS / "how-to" / "selftest.md").read_text(encoding="utf-8")
    assert f"What {WORDS[len(others)]} ways of drawing with\n{WORDS[len(packages)]} other packages" in howto


def test_the_readmes_counts_of_wrong_pictures_were_measured() -> None:
    counts = fallen()
    ours = counts.pop(f"steepest {steepest.__version__}")
    packages = {tool.partition(",")[0] for tool in counts}
    failed = [count for count, _ in counts.values()]
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    (found,) = re.findall(
        r"of (\d+) traps with known answers it falls into (\w+), (\w+) other tools into (\d+) to (\d+)", readme
    )
    assert found == (str(ours[1]), WORDS[ours[0]], WORDS[len(packages)], str(min(failed)), str(max(failed)))


def test_the_number_of_traps_is_told_right() -> None:
    told = [number for page in PAGES for number in re.findall(r"(\w+) (?:\{term\}`)?traps\b", page.read_text("utf-8"))]
    numbers = [number for number in told if number.isdigit() or number in ("thirty", "twenty", "forty")]
    assert len(numbers) > 4 and set(numbers) == {str(len(TRAPS)), WORDS[len(TRAPS)]}
