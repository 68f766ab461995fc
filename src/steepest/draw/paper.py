"""What every picture is drawn on: a figure of its own, a user's names as they are, numbers, and a head above the axes.

The only file that imports matplotlib as it is loaded; the pictures load it when they are drawn.
"""

from __future__ import annotations

import io
import itertools
import math
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text
from matplotlib.textpath import text_to_path
from matplotlib.ticker import Formatter

BLUE, ORANGE, VERMILION, SKY, YELLOW = "#0072B2", "#E69F00", "#D55E00", "#56B4E9", "#F0E442"
GREEN, PURPLE = "#009E73", "#CC79A7"
"""Of Okabe and Ito (2008), told apart by colour-blind readers; markers and dashes tell them apart in grey."""

SMALL, NORMAL, LARGE = 8.5, 10.0, 11.5
"""Sizes of type in points."""

HEAD = 95.0
"""Points above the axes that a figure has room for."""

COLUMN_GAP = 1.6
"""Between the columns of a legend, in sizes of its type."""

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


class DrawnLast(Artist):
    """What depends on where the layout has put the axes: its artists are made anew at every drawing."""

    def __init__(self, make: Callable[[], Iterable[Artist]]) -> None:
        super().__init__()
        self.make = make
        self.set_zorder(20)
        self.set_in_layout(False)

    def draw(self, renderer: RendererBase) -> None:
        figure = self.get_figure(root=True)
        if self.get_visible() and figure is not None:
            for artist in self.make():
                artist.set_figure(figure)
                artist.draw(renderer)
        self.stale = False


@contextmanager
def quiet_glyphs() -> Iterator[None]:
    """Let a name in letters that the font lacks be drawn as it is, with boxes, instead of warning."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        warnings.filterwarnings("ignore", message="Matplotlib currently does not support")
        yield


def sheet(ax: Axes | None) -> Axes:
    """Find the axes to draw on: the caller's, or new ones on a figure of their own."""
    return ax if ax is not None else blank(6.4, 4.8).add_subplot()


def blank(wide: float, high: float) -> Picture:
    """A new figure of so many inches."""
    figure = Picture(figsize=(wide, high), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def ink(ax: Axes) -> Any:
    """The colour of the axes' own text: black on white paper, white on a dark style's."""
    return ax.xaxis.label.get_color()


def number(value: float, digits: int = 5) -> str:
    """Write a number for reading, to so many significant digits, with a real minus sign.

    >>> number(-0.00001234567), number(19.675475), number(13260.0), number(float("inf"))
    ('−1.2346×10⁻⁵', '19.675', '13,260', '∞')
    """
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    mantissa, _, exponent = f"{value:,.{digits}g}".partition("e")
    if exponent and 0 < int(exponent) < 6:
        return f"{float(mantissa) * 10 ** int(exponent):,.0f}".replace("-", "−")
    if not exponent:
        return mantissa.replace("-", "−")
    power = f"10{str(int(exponent)).translate(SUPERSCRIPTS)}"
    return (power if mantissa == "1" else f"{mantissa}×{power}").replace("-", "−")


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
    """Break a text so that it fits a width, at a space where there is one, and end it with '…' after so many lines.

    A no-break space, and the one before a percent sign, becomes a plain one that no line ends at.
    """
    text = "".join(letter if letter.isprintable() or letter == "\u00a0" else " " for letter in text)
    text = re.sub(" +", " ", text).strip().replace(" %", "\u00a0%")
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
    return "\n".join(rows).replace("\u00a0", " ")


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


def head(
    ax: Axes, title: str, *, notes: Iterable[str] = (), marks: Sequence[tuple[Artist, str]] = (), wide: float = 0.0
) -> float:
    """Stack title, notes and legend above the axes, where none of them can cover the data or each other.

    Notes and legend are as wide as the axes, or `wide` points. The layout need not know them: the title, above them,
    keeps their room free. Returns how high all of it is, in points.
    """
    wide = wide or 0.95 * room(ax)[0]
    above = 4.0
    if marks:
        labels = [fitted(label, wide - 4.5 * SMALL, size=SMALL, lines=1) for _, label in marks]
        columns = _columns(labels, wide)
        legend = ax.legend(
            [artist for artist, _ in marks], labels, ncols=columns, fontsize=SMALL,
            loc="lower left", bbox_to_anchor=(0, 1), frameon=False, borderpad=0, borderaxespad=0.4,
            handlelength=2, handletextpad=0.6, columnspacing=COLUMN_GAP, labelspacing=0.3,
        )  # fmt: skip
        legend.set_in_layout(False)
        for text in legend.get_texts():
            text.set_parse_math(False)
        above += math.ceil(len(marks) / columns) * 1.4 * SMALL + 2
    text = "\n".join(fitted(note, wide, size=SMALL, lines=3) for note in notes if note)
    if text:
        said = ax.annotate(
            text, (0, 1), (0, above), xycoords="axes fraction", textcoords="offset points", va="bottom", ha="left",
            fontsize=SMALL, linespacing=1.25, parse_math=False, annotation_clip=False,
        )  # fmt: skip
        said.set_in_layout(False)
        above += _tall(said) + 2  # how far apart lines stand depends on the version of matplotlib
    title = fitted(title, wide, size=LARGE)
    ax.set_title(title, loc="left", pad=above + 0.25 * LARGE, fontsize=LARGE, parse_math=False)
    return above + (1.5 + 1.2 * title.count("\n")) * LARGE


def _tall(text: Text) -> float:
    """How high a text stands, in points, whatever its picture's resolution."""
    figure = text.get_figure(root=True)
    assert figure is not None
    with quiet_glyphs():
        return text.get_window_extent().height * 72 / figure.dpi


def grow(ax: Axes, high: float, *, times: int = 1) -> None:
    """Make a picture's own figure taller, where its head is higher than `HEAD` points: the axes stay as large.

    `times` is how many such heads stand one above the other.
    """
    figure = ax.get_figure(root=True)
    if figure is not None and high > HEAD:
        wide, tall = figure.get_size_inches()
        figure.set_size_inches(wide, tall + times * (high - HEAD) / 72)


def _columns(labels: Sequence[str], wide: float) -> int:
    """In how many columns a legend fits a width: matplotlib fills them one after the other, the first ones fuller."""
    font = FontProperties(size=SMALL)
    widths = [width(label, font) + (2.6 + COLUMN_GAP) * SMALL for label in labels]
    for columns in range(len(labels), 1, -1):
        rows, fuller = divmod(len(labels), columns)
        starts = [rows * column + min(column, fuller) for column in range(columns + 1)]
        if sum(max(widths[start:end]) for start, end in itertools.pairwise(starts)) - COLUMN_GAP * SMALL <= wide:
            return columns
    return 1
