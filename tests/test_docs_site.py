"""The documentation as a whole: every public name, every source, every command's help is there, once, and it builds."""

from __future__ import annotations

import html
import re
import runpy
import subprocess
import sys
from importlib.util import find_spec
from inspect import ismodule
from pathlib import Path

import pytest
from browser import INSIDE
from playwright.sync_api import Browser

import steepest
from steepest import draw
from steepest.lessons.course import COURSE, notebook

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


def test_every_word_of_the_glossary_is_linked_from_a_page() -> None:
    words = re.findall(r"^(\w[^\n]*)\n  \S", PAGES[DOCS / "glossary.md"], re.MULTILINE)
    linked: set[str] = set()
    for path, text in PAGES.items():
        found = [" ".join(word.lower().split()) for word in re.findall(r"\{term\}`(?:[^`<]+<)?([^`>]+)>?`", text)]
        if path.name != "glossary.md":
            assert len(found) == len(set(found)), f"{path.name} links a word twice"
            linked |= set(found)
    assert not {word for word in words if word.lower() not in linked}


def test_every_picture_is_there_small_told_in_words_and_shown() -> None:
    shown = [found for text in PAGES.values() for found in re.findall(r"^!\[(.*)\]\(\.\./pictures/(.+)\)$", text, re.M)]
    assert len(shown) > 5 and all(len(words) > 30 for words, _ in shown)
    pictures = {path.name: path.stat().st_size for path in (DOCS / "pictures").iterdir()}
    assert {name for _, name in shown} == set(pictures) and max(pictures.values()) < 80_000


def test_every_test_that_the_pages_name_is_there() -> None:
    named = re.findall(r"`(tests/\w+\.py)(?:::(\w+))?`", PAGES[DOCS / "explanation" / "checked.md"])
    assert len(named) > 20
    for file, test in named:
        assert f"def {test}" in (ROOT / file).read_text(encoding="utf-8"), f"{file} has no {test}"


needs_sphinx = pytest.mark.skipif(find_spec("sphinx") is None, reason="Sphinx is not installed: make docs installs it")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as `make docs` builds it, but for the outputs of the lessons."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "-q", "-b", "html", "-d", folder / "trees", DOCS, folder / "html"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "html"


@needs_sphinx
def test_the_site_builds_without_a_warning_and_asks_the_network_for_nothing(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        fetched = re.findall(r"<(?:script|link|img|iframe|source)[^>]+(?:src|href)=\"(https?:[^\"]+)", text)
        assert not fetched, f"{page.name} asks the network for {fetched[:3]}"


@needs_sphinx
def test_the_whole_course_is_in_the_site(site: Path) -> None:
    tutorial = (site / "tutorial.html").read_text(encoding="utf-8")
    for lesson in COURSE.values():
        assert lesson.title in tutorial and lesson.tangible in html.unescape(tutorial), lesson.title
        if notebook(lesson) is not None:
            assert f'href="lessons_built/{lesson.file}.html"' in tutorial
            assert lesson.title in (site / "lessons_built" / f"{lesson.file}.html").read_text(encoding="utf-8")


@needs_sphinx
def test_signatures_formulas_and_complaints_are_laid_out(site: Path) -> None:
    pages = {path.stem: path.read_text(encoding="utf-8") for path in (site / "reference").glob("*.html")}
    whole = "\n".join(pages.values())
    assert not re.search(r"&lt;factory&gt;|~torch|~typing", whole)  # what Sphinx shows where it cannot read a signature
    assert whole.count('<p class="formula">') > 8 and '<p class="formula"><code' in pages["walking"]
    assert whole.count('<p class="raises">Raises <a') > 50 and "<p>Raises" not in whole


LOOKED_AT = ("index", "how-to/reading-a-plane", "explanation/numbers", "reference/looking")


@needs_sphinx
@pytest.mark.parametrize(("width", "dark"), [(1440, False), (1440, True), (360, False), (360, True)])
def test_axe_finds_nothing_serious_and_no_page_asks_for_anything(
    chromium: Browser, site: Path, width: int, dark: bool
) -> None:
    from axe_core_python.sync_playwright import Axe

    world = chromium.new_context(
        viewport={"width": width, "height": 900}, offline=True, color_scheme="dark" if dark else "light"
    )
    page = world.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.extend([request.url] * (not request.url.startswith(INSIDE))))
    bad: list[str] = []
    for name in LOOKED_AT:
        page.goto((site / f"{name}.html").as_uri())
        assert page.evaluate("document.documentElement.dataset.theme") == ("dark" if dark else "light")
        wide = page.evaluate("document.documentElement.scrollWidth")
        bad += [f"{name} is {wide} pixels wide"] * (wide > width)
        cut = page.locator("dl.py .doctest pre").evaluate_all(
            "all => all.filter(e => e.scrollWidth > e.clientWidth).length"
        )
        bad += [f"{name}: {cut} examples are cut off"] * (cut > 0)
        found = Axe().run(page)
        assert len(found["passes"]) > 15
        bad += [
            f"{name}: {item['id']}: {item['help']}: {[node['html'][:160] for node in item['nodes'][:3]]}"
            for item in found["violations"]
            if item["impact"] in ("serious", "critical")
        ]
    world.close()
    assert not bad, "\n".join(bad)
    assert not asked
