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
LINKED = (
    *("parameter", "estimate", "cost", "mean squared error", "forward pass", "partial derivative", "gradient", "tap"),
    *("autograd", "learning rate", "epoch", "batch gradient descent", "mini-batch", "trajectory", "Hessian"),
    *("sharpness", "condition number", "learning-rate limit", "saddle", "plateau"),
)
"""Words that mean in any sentence what the glossary says: not a trap, a finding or a line. The rest is only listed."""
VERBS = ("cost", "tap", "estimate")
"""With an s these are something else."""


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
        """What finds `lesson 7`, and a word, the longest first: a learning-rate limit is no learning rate."""
        words = sorted((word for word in LINKED if word in self.definitions), key=len, reverse=True)
        forms = "|".join(re.escape(word) + ("" if word in VERBS else "s?") for word in words)
        return re.compile(rf"\b(?:lesson (?P<number>\d{{1,2}}){'|' if words else ''}{forms})\b", re.IGNORECASE)

    def named(self, found: str) -> str:
        """Find the entry of a word, however it is written."""
        told = found.lower()
        return next(name for name in self.definitions if told in (name.lower(), f"{name.lower()}s"))


def glossary() -> Glossary:
    """Read the glossary of the documentation: inside the package where it is installed, else from the repository."""
    inside = home() / "glossary.md"
    path = inside if inside.is_file() else Path(__file__).parents[3] / "docs" / "glossary.md"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    found = re.findall(r"^(\w[^\n]*)\n((?:  \S[^\n]*(?:\n|\Z))+)", text, re.MULTILINE)
    return Glossary({name: ROLE.sub(r"\1", " ".join(told.split())).replace("`", "") for name, told in found})


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
        # In one pass: in what one link says of itself, no other is to be found.
        html = words.pattern.sub(functools.partial(_link, words), escape(token.content))
        token.type, token.content = "html_inline", html
        yield token


def _link(words: Glossary, found: re.Match[str]) -> str:
    if found["number"]:
        lesson = COURSE.get(int(found["number"]))
        return f'<a href="{lesson.file}.html">{found[0]}</a>' if lesson else found[0]
    name = words.named(found[0])
    if name in words.met:
        return found[0]
    words.met[name] = words.definitions[name]
    return f'<a class="word" href="#{anchor(name)}" title="{escape(words.definitions[name])}">{found[0]}</a>'
