"""The documentation as a whole: every public name, every source, every command's help is there, once, and it builds."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from importlib.util import find_spec
from inspect import ismodule
from pathlib import Path

import pytest

import steepest
from steepest import draw

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = {path: path.read_text(encoding="utf-8") for path in DOCS.rglob("*.md") if "_build" not in path.parts}
SOURCE = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "src" / "steepest").rglob("*.py"))

AUTHOR = r"[A-ZÀ-Þ][\w-]+(?: (?:and|et) [A-Za-zÀ-þ][\w-]+\.?(?:[- ][A-Z][\w-]+)?)?"
CITED = sorted({(found[1], found[2]) for found in re.finditer(rf"({AUTHOR}),? \(?((?:18|19|20)\d\d)\b\)?", SOURCE)})
"""Authors and years in docstrings and findings."""


def test_every_public_name_is_in_the_reference() -> None:
    reference = "\n".join(text for path, text in PAGES.items() if path.parent.name == "reference")
    told = set(re.findall(r"auto\w+:: (?:steepest\.)?(\w+)", reference))
    modules = {name for name in steepest.__all__ if ismodule(getattr(steepest, name))}
    missing = [name for name in steepest.__all__ if name not in told and name not in modules]
    assert not missing, f"not in the reference: {missing}"
    for name in modules:
        assert f"automodule:: steepest.{name}" in reference, name
    pictures = [value for name, value in vars(draw).items() if callable(value) and not name.startswith("_")]
    assert len(pictures) > 15 and all(picture.__doc__ for picture in pictures)


@pytest.mark.parametrize(("authors", "year"), CITED, ids=str)
def test_every_source_is_listed(authors: str, year: str) -> None:
    name = authors.split(maxsplit=1)[0]
    lines = PAGES[DOCS / "sources.md"].splitlines()
    assert any(name in line and year in line for line in lines), f"{authors} ({year})"


def test_there_are_sources_to_list() -> None:
    assert len(CITED) > 15 and ("Cauchy", "1847") in CITED


def test_each_word_of_the_glossary_is_defined_once() -> None:
    words = re.findall(r"^(\w[^\n]*)\n  \S", PAGES[DOCS / "glossary.md"], re.MULTILINE)
    assert len(words) > 30 and len(words) == len(set(words))


def test_the_commands_help_is_the_one_that_is_printed() -> None:
    page = runpy.run_path(str(DOCS / "commands.py"))["page"]()
    assert PAGES[DOCS / "reference" / "commands.md"] == page, "run make docs"


@pytest.mark.skipif(find_spec("sphinx") is None, reason="Sphinx is not installed: make docs installs it")
def test_the_site_builds_without_a_warning_and_asks_the_network_for_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "-q", "-b", "html", "-d", tmp_path / "trees", DOCS, tmp_path / "html"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for page in (tmp_path / "html").rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        fetched = re.findall(r"<(?:script|link|img|iframe|source)[^>]+(?:src|href)=\"(https?:[^\"]+)", text)
        assert not fetched, f"{page.name} asks the network for {fetched[:3]}"
