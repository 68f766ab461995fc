"""The page's modules joined into one script, in the order of their imports, without a build step."""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from pathlib import Path

BROWSER = Path(__file__).parent / "browser"
ROOMS = ("words", "core", "desk", "landscape", "charts", "network", "lesson", "fog", "classroom", "export")
"""The rooms of the modules: each imports from itself and those before it; main.js imports from all."""

IMPORT = re.compile(r'^import (\{[^}]*\}) from "\.{1,2}/(?:(\w+)/)?(\w+)\.js";\n', re.MULTILINE)
COMMENT = re.compile(r"/\*\*.*?\*/ ?|^ *// [^\n]*\n", re.MULTILINE | re.DOTALL)
"""JSDoc, and lines that are only a comment: for those who read the modules, not for each page they are in."""
INDENT = re.compile(r"^(?:  )+", re.MULTILINE)
"""A tab takes half the room, and no string of the modules goes over a line."""
EXPORT = re.compile(r"^export ((?:async )?(?:function|class|const) (\w+))", re.MULTILINE)


@functools.cache
def modules() -> dict[str, str]:
    """Read the modules, by their names, which no two rooms share."""
    return {file.stem: file.read_text(encoding="utf-8") for file in BROWSER.rglob("*.js")}


@functools.cache
def script() -> str:
    """Join the modules, each a function of its own that returns what it exports, after those that it imports.

    >>> "const from_engine = (() =>" in script(), "import {" in script()
    (True, False)
    """
    texts, placed = modules(), dict[str, str]()

    def place(name: str) -> None:
        if name in placed:
            return
        text = texts[name]
        for _, _, other in IMPORT.findall(text):
            place(other)
        exported = ", ".join(found for _, found in EXPORT.findall(text))
        body = COMMENT.sub("", EXPORT.sub(r"\1", IMPORT.sub(r"const \1 = from_\3;\n", text)))
        body = INDENT.sub(lambda found: "\t" * (len(found[0]) // 2), body)
        placed[name] = f"const from_{name} = (() => {{\n{body.strip()}\nreturn {{ {exported} }};\n}})();"

    place("main")
    return "\n\n".join(placed.values()) + "\n"


@functools.cache
def style() -> str:
    """Join the style sheets, in the order of their rooms."""
    sheets = [file for room in ROOMS for file in sorted((BROWSER / room).glob("*.css"))]
    return "\n".join(file.read_text(encoding="utf-8").strip() for file in sheets)


def fingerprint(text: str) -> str:
    """Give the hash by which a Content-Security-Policy lets one script run, and no other.

    >>> fingerprint("")
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
    """
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
