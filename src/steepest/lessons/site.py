"""The course as one offline site: the lessons with what they show, the guides beside them, the pages to touch."""

from __future__ import annotations

import base64
import functools
import re
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steepest.derivation.printing import MATHML_NAMESPACE
from steepest.errors import SteepestError, door
from steepest.files import refuse_unwritable, written
from steepest.lessons.course import COURSE, Lesson, home
from steepest.lessons.presenting import LINKS, page_file
from steepest.lessons.printing import worksheet
from steepest.lessons.prose import Glossary, glossary, to_html
from steepest.lessons.running import Output, Ran, run
from steepest.lessons.sources import Cell, cells, source

if TYPE_CHECKING:
    from jinja2 import Template

FOLDER = Path("steepest-course")
"""Where the site lies, below the folder that one works in."""

START = "index.html"


def write_site(folder: Path = FOLDER, *, force: bool = False) -> Path:
    """Write the course into a folder, as pages that open from the disk and ask nothing of any network.

    Each lesson is run once for its pictures and what it prints; it takes a minute. Of one that stops early, what it had
    shown by then is there, and the reason. Returns the first page.

    Raises SteepestError where the folder is a file, and where it has a site already, unless `force`.
    """
    with door("the course's site"):
        if folder.exists() and not folder.is_dir():
            raise SteepestError(f"'{folder}' is a file", remedy="Name a folder, or one that is not there yet")
        with written(folder / START):
            folder.mkdir(parents=True, exist_ok=True)
        refuse_unwritable(folder / START, force=force)
        words = glossary()
        there = [lesson for lesson in COURSE.values() if (home() / f"{lesson.file}.py").is_file()]
        for lesson in there:
            _write_lesson(folder, lesson, there, words)
        _write(folder / START, _page("index", lessons=COURSE.values(), there=there, words=words.definitions))
    return folder / START


def _write_lesson(folder: Path, lesson: Lesson, there: list[Lesson], words: Glossary) -> None:
    path = source(lesson)
    told = cells(path.read_text(encoding="utf-8"))
    ran = run(path.resolve(), told)
    page = page_file(lesson.number)
    pages = [item for outputs in ran.outputs.values() for item in outputs if item.kind == "page"]
    for item in pages:
        _write(folder / page, item.content)
    beside = words.beginning()
    common: dict[str, Any] = {
        "lesson": lesson,
        "before": next((other for other in reversed(there) if other.number < lesson.number), None),
        "after": next((other for other in there if other.number > lesson.number), None),
        "page": page,
    }
    parts = [*_parts(told, ran, beside)]
    _write(folder / f"{lesson.file}.html", _page("lesson", parts=parts, words=beside.met, failed=ran.failed, **common))
    guide = home() / "guide" / f"{lesson.number:02d}.md"
    text = guide.read_text(encoding="utf-8") if guide.is_file() else f"# {lesson.title}\n\nNo guide is written yet."
    _write(
        folder / f"guide-{lesson.number:02d}.html",
        _page("guide", guide=to_html(text, Glossary({})), links=LINKS.get(lesson.number) if pages else None, **common),
    )
    for key in (False, True):
        name = f"worksheet-{lesson.number:02d}{'-key' if key else ''}.html"
        _write(folder / name, worksheet(lesson.number, key=key))


def _parts(told: list[Cell], ran: Ran, words: Glossary) -> Iterable[dict[str, Any]]:
    """Tell each cell to the template: what it is, its HTML, and what it showed."""
    for index, cell in enumerate(told):
        if cell.prose:
            yield {"kind": "prose", "html": to_html(cell.text, words)}
            continue
        folded = "asserts" in cell.tags or cell.text.startswith("REPOSITORY")
        yield {
            "kind": "folded" if folded else "exercise" if "exercise" in cell.tags else "code",
            "summary": "Every number of this lesson, asserted"
            if "asserts" in cell.tags
            else "The first cell, for Colab",
            "html": coloured(re.sub(r"^# %", "%", cell.text, flags=re.MULTILINE)),
            "outputs": [_shown(item) for item in ran.outputs.get(index, [])],
        }


def _shown(item: Output) -> dict[str, str]:
    if item.kind == "picture":
        return {"kind": "picture", "data": base64.b64encode(item.content).decode(), "title": item.title}
    if item.kind == "html":  # of our own objects, which escape what they hold
        return {"kind": "html", "html": item.content.replace(f' xmlns="{MATHML_NAMESPACE}"', "")}
    return {"kind": item.kind, "text": item.content if item.kind == "text" else "", "title": item.title}


def coloured(code: str) -> str:
    """Write code as HTML in which comments, words of the language and strings are told apart.

    >>> coloured("if a < b: pass").count("<span"), "&lt;" in coloured("a < b")
    (2, True)
    """
    from pygments import lex
    from pygments.lexers import PythonLexer
    from pygments.token import Comment, Keyword, Operator, String

    kinds = ((Comment, "comment"), (Keyword, "keyword"), (Operator.Word, "keyword"), (String, "string"))
    parts = []
    for token, text in lex(code, PythonLexer(stripnl=False, ensurenl=False)):
        kind = next((name for asked, name in kinds if token in asked), "")
        parts.append(f'<span class="{kind}">{escape(text)}</span>' if kind else escape(text))
    return "".join(parts)


@functools.cache
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    world = Environment(
        loader=PackageLoader("steepest.lessons", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return world.get_template("site.html.j2")


def _page(kind: str, **told: Any) -> str:
    from markupsafe import Markup

    style = (Path(__file__).parent / "site.css").read_text(encoding="utf-8")
    return re.sub(r"\n{3,}", "\n\n", _template().render(kind=kind, style=Markup(style), **told))


def _write(path: Path, text: str) -> None:
    with written(path):
        path.write_text(text, encoding="utf-8", newline="\n")
