"""The page's modules joined into one script, in the order of their imports, without a build step."""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from importlib.resources import files

BROWSER = files("steepest.report") / "browser"
IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./(\w+)\.js";\n', re.MULTILINE)
COMMENT = re.compile(r"/\*\*.*?\*/ ?|^ *// [^\n]*\n", re.MULTILINE | re.DOTALL)
"""JSDoc, and lines that are only a comment: for those who read the modules, not for each page they are in."""
EXPORT = re.compile(r"^export ((?:async )?(?:function|class|const) (\w+))", re.MULTILINE)


@functools.cache
def script() -> str:
    """Join the modules, each a function of its own that returns what it exports, after those that it imports.

    >>> "const from_engine = (() =>" in script(), "import {" in script()
    (True, False)
    """
    placed: dict[str, str] = {}

    def place(name: str) -> None:
        if name in placed:
            return
        text = (BROWSER / f"{name}.js").read_text(encoding="utf-8")
        for _, other in IMPORT.findall(text):
            place(other)
        exported = ", ".join(found for _, found in EXPORT.findall(text))
        body = COMMENT.sub("", EXPORT.sub(r"\1", IMPORT.sub(r"const \1 = from_\2;\n", text))).strip()
        placed[name] = f"const from_{name} = (() => {{\n{body}\nreturn {{ {exported} }};\n}})();"

    place("main")
    return "\n\n".join(placed.values()) + "\n"


@functools.cache
def style() -> str:
    """Join the style sheets, in the order of their names."""
    sheets = sorted((file for file in BROWSER.iterdir() if file.name.endswith(".css")), key=lambda file: file.name)
    return "\n".join(file.read_text(encoding="utf-8").strip() for file in sheets)


def fingerprint(text: str) -> str:
    """Give the hash by which a Content-Security-Policy lets one script run, and no other.

    >>> fingerprint("")
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
    """
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
