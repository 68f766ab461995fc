"""A lesson run for its pictures: its source is imported as a module, and each cell's last expression is kept."""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import io
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any

from steepest.lessons.sources import Cell
from steepest.report.page import Shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BEGIN, SHOW = "_cell_begins_", "_cell_shows_"
DOTS = 110
"""Dots an inch of a picture."""


@dataclass(frozen=True)
class Output:
    """What a cell leaves: `kind` is text, html, picture (PNG) or page; `title` says what is seen in the latter two."""

    kind: str
    content: Any
    title: str = ""


@dataclass
class Ran:
    """What each cell left, by the cell's place in the lesson; `failed` says why the lesson stopped early, if it did."""

    outputs: dict[int, list[Output]] = field(default_factory=dict)
    failed: str = ""


def run(path: Path, cells: list[Cell]) -> Ran:
    """Run the lesson at a path, one of our own, and keep what its cells print and show.

    It is imported as any module of this package is, without a name that others could import, and in an empty folder, so
    that nothing is noted as passed.
    """
    ran = Ran()
    printed, now = io.StringIO(), [-1]

    def text() -> None:
        if printed.getvalue():
            ran.outputs.setdefault(now[0], []).append(Output("text", printed.getvalue().rstrip("\n")))
        printed.seek(0)
        printed.truncate()

    def show(value: Any) -> None:
        text()
        if value is not None:
            ran.outputs.setdefault(now[0], []).append(output(value))

    def begin(index: int) -> None:
        text()
        for figure in left():  # as a notebook does after each cell
            show(figure)
        now[0] = index

    loader = _Loader(path, cells)
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    vars(module).update({BEGIN: begin, SHOW: show})
    with tempfile.TemporaryDirectory() as empty, contextlib.chdir(empty), _without_windows():
        with contextlib.redirect_stdout(printed):
            try:
                loader.exec_module(module)
            except Exception as error:  # a page without its later pictures is better than no page
                ran.failed = f"{type(error).__name__}: {error}"
        begin(-1)
    return ran


class _Loader(SourceFileLoader):
    """Python's own loader, except that cells say when they begin, and what they end in is shown."""

    def __init__(self, path: Path, cells: list[Cell]) -> None:
        super().__init__(f"lesson_{path.stem[:2]}", str(path))
        self._cells = cells

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.path)  # nothing is left beside the lessons

    def source_to_code(self, data: Any, path: Any, *, _optimize: int = -1) -> CodeType:  # pyright: ignore[reportIncompatibleMethodOverride]
        tree = ast.parse(data, path)
        body: list[ast.stmt] = []
        for index, cell in enumerate(self._cells):
            inside = [node for node in tree.body if not cell.prose and cell.first <= node.lineno <= cell.last]
            if inside and isinstance(inside[-1], ast.Expr):
                inside[-1].value = _call(SHOW, inside[-1].value)
            body += [ast.Expr(_call(BEGIN, ast.Constant(index))), *inside]
        tree.body = body
        return super().source_to_code(ast.fix_missing_locations(tree), path, _optimize=_optimize)


def _call(name: str, argument: ast.expr) -> ast.expr:
    return ast.copy_location(ast.Call(ast.Name(name, ast.Load()), [argument], []), argument)


def output(value: Any) -> Output:
    """Choose how a value is shown: as HTML only where the value is one of ours, because others' is not for any page."""
    from matplotlib.figure import Figure

    if isinstance(value, Shown):
        return Output("page", value.text, "The interactive page")
    if isinstance(value, Figure):
        return Output("picture", _png(value), _seen(value))
    as_html: Callable[[], str] | None = getattr(value, "_repr_html_", None)
    if as_html is not None and type(value).__module__.startswith("steepest."):
        return Output("html", as_html())
    return Output("text", repr(value))


def _png(figure: Figure) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=DOTS, bbox_inches="tight", metadata={"Software": None})
    return file.getvalue()


def _seen(figure: Figure) -> str:
    """What stands above the axes of a figure and beside them, for those who do not see it."""
    words = []
    for ax in figure.axes:
        titles = [ax.get_title(where) for where in ("left", "center", "right")]
        names = [name for name in (ax.get_xlabel(), ax.get_ylabel()) if name]
        words += [*filter(None, titles), " and ".join(names)]
    return ". ".join(dict.fromkeys(" ".join(word.split()) for word in words if word)) or "A picture of the cell above"


def left() -> Iterator[Figure]:
    """Take what pyplot has open, and close it."""
    import matplotlib.pyplot as plt

    for number in plt.get_fignums():
        figure = plt.figure(number)
        yield figure
        plt.close(figure)


@contextlib.contextmanager
def _without_windows() -> Iterator[None]:
    import matplotlib.pyplot as plt

    before = plt.get_backend()
    plt.switch_backend("agg")
    try:
        yield
    finally:
        plt.switch_backend(before)
