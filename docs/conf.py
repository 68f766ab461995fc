"""The documentation site: `make docs` builds it into docs/_build; it opens from the disk, with the network off."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import steepest
from steepest.lessons.course import COURSE, Lesson, notebook

project = "steepest"
copyright = "2026, the steepest authors"
version = release = steepest.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx_design"]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}
exclude_patterns = ["_build"]
nitpicky = True
nitpick_ignore_regex = [("py:.*", ".*")]  # types are shown as they are written, without links to other projects
default_role = "code"  # one backtick is code in our docstrings, as in Markdown
add_module_names = False
maximum_signature_line_length = 96
smartquotes = False  # what is written is what is shown

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True

myst_enable_extensions = ["colon_fence", "deflist", "attrs_inline", "substitution"]
myst_heading_anchors = 3
# The suite runs every block and every lesson. `make docs` runs the lessons once more, for their outputs.
nb_execution_mode = "cache" if os.environ.get("RUN_LESSONS") else "off"
nb_execution_cache_path = str(Path(__file__).parent / "_build" / "lessons-run")
nb_execution_timeout = 120
nb_merge_streams = True
nb_code_prompt_show = "Show this cell"
nb_code_prompt_hide = "Hide it"
nb_number_source_lines = False

html_theme = "pydata_sphinx_theme"
html_title = "steepest"
html_static_path = ["static"]
html_css_files = ["steepest.css"]
html_show_sourcelink = False
html_copy_source = False
html_sidebars = {name: [] for name in ("install", "gallery", "glossary", "sources", "benchmarks")}
html_theme_options = {
    "show_prev_next": True,
    "navigation_with_keys": False,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
    "show_toc_level": 2,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}

LESSONS = Path(__file__).parent / "lessons_built"
ADDRESS = "](http"  # a badge or a picture from elsewhere: the site asks the network for nothing


def shown(source: Path) -> str:
    """Make of a lesson what the site shows: without its badge, its closing asserts folded away."""
    book = json.loads(source.read_text(encoding="utf-8"))
    for cell in book["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            kept = [line for line in text.splitlines(keepends=True) if not (line.startswith("[![") and ADDRESS in line)]
            cell["source"] = "".join(kept)
        tags = cell.setdefault("metadata", {}).setdefault("tags", [])
        if "asserts" in tags or "ModuleNotFoundError" in text:
            tags.append("hide-cell")
    return json.dumps(book, indent=1)


def row(lesson: Lesson) -> str:
    """Tell a lesson in one row, with a link where its notebook is there."""
    title = f"[{lesson.title}](lessons_built/{lesson.file}.ipynb)" if notebook(lesson) else lesson.title
    return f"| {lesson.number} | {title} | {lesson.tangible} |"


def copy_lessons() -> None:
    """Copy the lessons to where Sphinx finds them; a file that is as it was keeps its date, and is not built again."""
    LESSONS.mkdir(exist_ok=True)
    books = {f"{lesson.file}.ipynb": shown(path) for lesson in COURSE.values() if (path := notebook(lesson))}
    for name, text in {**books, ".gitignore": "*\n"}.items():
        path = LESSONS / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8", newline="\n")


copy_lessons()
myst_substitutions = {
    "course": "\n".join(["| | lesson | what it makes tangible |", "|---|---|---|", *map(row, COURSE.values())])
}

LIST = re.compile(r'<dl>\s*((?:<dd><em class="sig-param">.*?</dd>\s*)+)</dl>', re.DOTALL)
FORMULA = re.compile(
    r"<p>(?=<code[^>]*>(?:(?!</code>).)*(?:=|&lt;)(?:(?!</code>).)*</code>[.,]?(?: (?:in|of) .*)?</p>)"
)
"""A paragraph that is nothing but a formula and, perhaps, its unit or source."""


def mended(app: Any, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Make lines of a long signature's parameters, of which Sphinx makes a list of definitions without words.

    Formulas, and what a function raises, get a class of their own for the stylesheet.
    """
    body = LIST.sub(
        lambda found: found[1].replace("<dd>", '<span class="sig-line">').replace("</dd>", "</span>"),
        context.get("body", ""),
    )
    if pagename.startswith("reference/"):
        body = FORMULA.sub('<p class="formula">', body).replace("<p>Raises ", '<p class="raises">Raises ')
    context["body"] = body


def linked(*given: Any) -> None:
    """Lead from what a docstring says that it raises to what that is."""
    lines: list[str] = given[-1]
    for place, line in enumerate(lines):
        if line.startswith("Raises SteepestError"):
            lines[place] = line.replace("SteepestError", ":exc:`SteepestError <steepest.SteepestError>`", 1)


def readable(*given: Any) -> tuple[str | None, str | None]:
    """Make a signature one that Sphinx can read: the default that a dataclass makes anew each time is `...`."""
    signature, answer = given[-2:]
    return signature and signature.replace("<factory>", "..."), answer


def setup(app: Any) -> None:
    """Join in while Sphinx reads the docstrings and writes the pages."""
    app.connect("autodoc-process-signature", readable)
    app.connect("autodoc-process-docstring", linked)
    app.connect("html-page-context", mended)
