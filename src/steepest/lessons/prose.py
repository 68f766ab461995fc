"""The prose of a lesson as HTML: Markdown without raw HTML, lessons linked, each word of the glossary linked once."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from steepest.lessons.course import COURSE, home

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token
    from markupsafe import Markup

ROLE = re.compile(r"\{\w+\}`([^`<]*?)(?: <[^`>]*>)?`")
"""A reference within the glossary: here its words alone are kept."""
LESSON = re.compile(r"\b([Ll]esson) (\d{1,2})\b")
PLURAL = "(?:s|es)?"
EVERYDAY = ("line, plane, slice", "rank, shard", "direction", "finding", "outcome", "residual", "target")
"""Entries whose words mean something plainer in most sentences; they are in the list, and no sentence links to them."""


@dataclass
class Glossary:
    """The field's words with their definitions, and those that a text has met so far."""

    definitions: dict[str, str]
    met: dict[str, str] = field(default_factory=dict)

    def beginning(self) -> Glossary:
        """The same words, of which none is met yet."""
        return Glossary(self.definitions)

    @functools.cached_property
    def pattern(self) -> re.Pattern[str]:
        """What finds a word, the longest first: a learning-rate limit is no learning rate."""
        words = sorted(
            (word for names in self.definitions if names not in EVERYDAY for word in names.split(", ")),
            key=len,
            reverse=True,
        )
        return re.compile(rf"\b({'|'.join(re.escape(word) for word in words)}){PLURAL}\b", re.IGNORECASE)

    def of(self, word: str) -> str | None:
        """Find the entry of a word, however it is written."""
        return next((name for name in self.definitions if word.lower() in name.lower().split(", ")), None)


def glossary() -> Glossary:
    """Read the glossary of the documentation: inside the package where it is installed, else from the repository."""
    inside = home() / "glossary.md"
    path = inside if inside.is_file() else Path(__file__).parents[3] / "docs" / "glossary.md"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    found = re.findall(r"^(\w[^\n]*)\n  (\S[^\n]*)$", text, re.MULTILINE)
    return Glossary({name: ROLE.sub(r"\1", told).replace("`", "") for name, told in found})


def anchor(name: str) -> str:
    """Name the place of a word's definition in a page.

    >>> anchor("line, plane, slice")
    'word-line-plane-slice'
    """
    return f"word-{re.sub(r'[^a-z]+', '-', name.lower())}"


def to_html(text: str, words: Glossary | None = None) -> Markup:
    r"""Write Markdown as HTML: raw HTML and pictures are shown as they are written, links go where they may.

    >>> print(to_html("*Hello* <script>"))
    <p><em>Hello</em> &lt;script&gt;</p>
    <BLANKLINE>
    """
    from markupsafe import Markup

    reader = _reader()
    tokens = reader.parse(text)
    for block, inside in enumerate(tokens):
        heading = block > 0 and tokens[block - 1].type == "heading_open"
        if inside.type == "inline" and inside.children:
            inside.children = [*_linked(inside.children, None if heading else words)]
    return Markup(reader.renderer.render(tokens, reader.options, {}))


@functools.cache
def _reader() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


def _linked(tokens: list[Token], words: Glossary | None) -> Iterator[Token]:
    """Turn `lesson 7`, and the first mention of each word of the glossary, into links, outside links and code."""
    depth = 0
    for token in tokens:
        depth += token.nesting if token.type in ("link_open", "link_close") else 0
        if token.type == "link_open":
            token.attrs["href"] = re.sub(r"\.ipynb$", ".html", str(token.attrs.get("href", "")))
        if token.type != "text" or depth or words is None:
            yield token
            continue
        html = escape(token.content)
        html = words.pattern.sub(lambda found: _defined(found, words), html) if words.definitions else html
        token.type, token.content = "html_inline", LESSON.sub(_to_lesson, html)
        yield token


def _to_lesson(found: re.Match[str]) -> str:
    lesson = COURSE.get(int(found[2]))
    return f'<a href="{lesson.file}.html">{found[0]}</a>' if lesson else found[0]


def _defined(found: re.Match[str], words: Glossary) -> str:
    name = words.of(found[1])
    if name is None or name in words.met:
        return found[0]
    words.met[name] = words.definitions[name]
    return f'<a class="word" href="#{anchor(name)}" title="{escape(words.definitions[name])}">{found[0]}</a>'
