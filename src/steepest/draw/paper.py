"""What every picture is drawn on: a figure of its own, a user's names as they are, numbers, and a head above the axes.

The only file that imports matplotlib as it is loaded; the pictures load it when they are drawn.
"""

from __future__ import annotations

import io
import itertools
import math
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path
from matplotlib.ticker import Formatter

BLUE, ORANGE, VERMILION, SKY, YELLOW = "#0072B2", "#E69F00", "#D55E00", "#56B4E9", "#F0E442"
"""Of Okabe and Ito (2008), told apart by colour-blind readers; markers and dashes tell them apart in grey."""

SMALL, NORMAL, LARGE = 8.5, 10.0, 11.5
"""Sizes of type in points."""

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class Picture(Figure):
    """A figure that belongs to no window and no pyplot, is quiet about missing glyphs, and displays in a notebook."""

    def draw(self, renderer: RendererBase) -> None:
        with quiet_glyphs():
            super().draw(renderer)

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png")
        return buffer.getvalue()


@contextmanager
def quiet_glyphs() -> Iterator[None]:
    """Let a name in letters that the font lacks be drawn as it is, with boxes, instead of warning."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        warnings.filterwarnings("ignore", message="Matplotlib currently does not support")
        yield


def sheet(ax: Axes | None) -> Axes:
    """The axes to draw on: the caller's, or new ones on a figure of their own."""
    if ax is not None:
        return ax
    figure = Picture(figsize=(6.4, 4.8), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    return figure.add_subplot()


def number(value: float, digits: int = 5) -> str:
    """Write a number for reading, to so many significant digits, with a real minus sign.

    >>> number(-0.00001234567), number(19.675475), number(float("inf"))
    ('−1.2346×10⁻⁵', '19.675', '∞')
    """
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    mantissa, _, exponent = f"{value:.{digits}g}".partition("e")
    power = f"×10{str(int(exponent)).translate(SUPERSCRIPTS)}" if exponent else ""
    return mantissa.replace("-", "−") + power


class PlainTicks(Formatter):
    """Tick labels that are whole numbers, without an offset or a factor hidden in a corner."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        return number(x)

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        ticks = [float(value) for value in values]
        largest = max((abs(tick) for tick in ticks), default=0.0)
        gap = min((b - a for a, b in itertools.pairwise(ticks)), default=0.0)
        digits = 1 + math.ceil(math.log10(largest / gap)) if 0 < gap < largest else 3
        return [number(0.0 if abs(tick) < gap / 1e6 else tick, max(3, min(digits, 15))) for tick in ticks]


def room(ax: Axes) -> tuple[float, float]:
    """Width and height of the axes in points, before the layout has made them narrower."""
    box, figure = ax.get_position(), ax.get_figure(root=True)
    assert figure is not None
    wide, high = figure.get_size_inches()
    return 72 * box.width * wide, 72 * box.height * high


def fitted(text: str, points: float, *, size: float = NORMAL, lines: int = 2) -> str:
    """Break a text so that it fits a width, at a space where there is one, and end it with '…' after so many lines."""
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    text = " ".join(text.split())
    font = FontProperties(size=size)
    rows: list[str] = []
    while text and len(rows) < lines:
        count = _fitting(text, points, font)
        if count < len(text):
            if len(rows) == lines - 1:
                rows.append(text[: max(1, _fitting(text, points - size, font))].rstrip() + "…")
                break
            space = text.rfind(" ", count // 2, count + 1)
            count = space if space > 0 else count
        rows.append(text[:count].strip())
        text = text[count:].strip()
    return "\n".join(rows)


def width(text: str, font: FontProperties) -> float:
    """How wide a text is in points, its dollar signs drawn as dollar signs."""
    with quiet_glyphs():
        return text_to_path.get_text_width_height_descent(text, font, False)[0]


def _fitting(text: str, points: float, font: FontProperties) -> int:
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if width(text[:middle], font) <= points else (low, middle - 1)
    return low


def name_axes(ax: Axes, x_name: str, y_name: str) -> None:
    """Write the user's own names beside the axes, literally, in as much as there is room for."""
    wide, high = room(ax)
    ax.set_xlabel(fitted(x_name, 0.9 * wide), fontsize=NORMAL, parse_math=False)
    ax.set_ylabel(fitted(y_name, 0.8 * high), fontsize=NORMAL, parse_math=False)


def head(ax: Axes, title: str, *, notes: Iterable[str] = (), marks: Sequence[tuple[Artist, str]] = ()) -> None:
    """Stack title, notes and legend above the axes, where none of them can cover the data or each other."""
    wide = 0.95 * room(ax)[0]
    above = 5.0
    if marks:
        font = FontProperties(size=SMALL)
        cell = max(width(label, font) for _, label in marks) + 4.5 * SMALL
        columns = max(1, min(len(marks), int((wide + 2 * SMALL) // cell)))
        handles, labels = [artist for artist, _ in marks], [label for _, label in marks]
        legend = ax.legend(
            handles, labels, loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, frameon=False, fontsize=SMALL,
            borderpad=0.1, borderaxespad=0.3, handlelength=2.2, handletextpad=0.6, columnspacing=1.2, labelspacing=0.3,
        )  # fmt: skip
        for text in legend.get_texts():
            text.set_parse_math(False)
        above += math.ceil(len(marks) / columns) * 1.55 * SMALL + 2
    text = "\n".join(fitted(note, wide, size=SMALL, lines=3) for note in notes if note)
    if text:
        ax.annotate(
            text, (0, 1), (0, above), xycoords="axes fraction", textcoords="offset points", va="bottom", ha="left",
            fontsize=SMALL, linespacing=1.25, parse_math=False, annotation_clip=False,
        )  # fmt: skip
        above += (text.count("\n") + 1) * 1.3 * SMALL + 4
    ax.set_title(fitted(title, wide, size=LARGE), loc="left", pad=above, fontsize=LARGE, parse_math=False)
