"""The figure of an animation: what stands still, and what moves over it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from steepest import vectors
from steepest.draw.paths import MOST_STEPS, Marks, nearer, said_of_plane, way_out, within
from steepest.draw.rows import WIDEST, limits
from steepest.draw.squares import MOST_SQUARES, key, move, stand
from steepest.slices import Slice, project
from steepest.slices.projection import FIRST_STEPS, thinned
from steepest.trajectory import Trajectory
from steepest.vectors import Params

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.text import Text

    from steepest.draw.paper import DrawnLast

Data = tuple[Tensor, Tensor, int]
"""Inputs and targets to draw, and of how many rows they are."""

DOTS_PER_INCH = 100

MOST_NUMBERS = 3
"""With more parameters than these, the norm of the gradient stands in their place."""

MARGIN = 48
"""Points left free beside a line of words: on the grid of pixels letters are wider than they are on paper."""

NARROW = 125
"""Points: a column narrower than these needs smaller type for its number."""


class Stage:
    """The figure of an animation: what stands still is drawn already, and `show` moves the rest to a step."""

    def __init__(
        self,
        run: Trajectory,
        chosen: Sequence[int],
        *,
        slice: Slice,
        data: Data | None,
        minimum: Params | None,
        names: tuple[str, str],
    ) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.patheffects import Normal, Stroke

        from steepest.draw import paper
        from steepest.draw.contours import contour

        self.run, self.data = run, data
        self.figure = paper.blank(9.6 if data else 6.4, 4.8)
        self.figure.set_dpi(DOTS_PER_INCH)
        panels = self.figure.subplots(1, 2 if data else 1, squeeze=False)[0]
        self.map = contour(slice, minimum=minimum, ax=panels[0])
        above = [line for line in self.map.get_lines() if line.get_marker() == "*"]  # the minimum
        projection = project(run, onto=slice)
        places = [(x, y) for x, y in projection.coordinates.tolist()]
        self.squares: DrawnLast | None = None
        self.places, self.inside = places, [within(place, self.map) for place in places]
        seen = np.where(self.inside, np.arange(len(places)), -1)
        self.last_seen = np.maximum.accumulate(seen)  # -1 while none was inside yet
        self.outside = np.cumsum(~np.array(self.inside))
        self.drawn = np.array(sorted({*thinned(len(places), MOST_STEPS), *chosen}))
        self.line = np.array([nearer(places[index], self.map) for index in self.drawn])
        style: dict[str, Any] = {"linestyle": "none", "markeredgecolor": "black", "markeredgewidth": 1.4}
        (self.path,) = self.map.plot(
            [], [], "-o", color="black", linewidth=1.3, markersize=3.6,
            path_effects=[Stroke(linewidth=3.8, foreground="white"), Normal()],
        )  # fmt: skip
        (self.point,) = self.map.plot([], [], "o", color=paper.ORANGE, markersize=9, **style)
        (self.gate,) = self.map.plot([], [], color=paper.VERMILION, markersize=10, clip_on=False, **style)
        self.moving: list[Artist] = [self.path, self.point, *above, self.gate]
        if data:
            self._lay_data(panels[1], data, chosen, minimum, names)
        self._lay_words(said_of_plane(slice, projection))
        for artist in self.moving:
            artist.set_animated(True)
        self.canvas = FigureCanvasAgg(self.figure)
        self.canvas.draw()
        self.figure.set_layout_engine("none")  # from here on nothing moves but what is moved

    def _lay_data(
        self, ax: Axes, data: Data, chosen: Sequence[int], minimum: Params | None, names: tuple[str, str]
    ) -> None:
        from matplotlib.collections import LineCollection

        from steepest.draw import paper

        x, y, rows = data
        self.ends = torch.stack([x.min(), x.max()])
        height = float(y.max() - y.min()) or float(y.abs().max()) or 1.0
        fitting = [y]
        for index in chosen:
            estimates = _estimates(self.run.steps[index].params, self.ends)
            if float(torch.cat([estimates, y]).max() - torch.cat([estimates, y]).min()) <= WIDEST * height:
                fitting.append(estimates)
        low, high, _ = limits(y, torch.cat(fitting))
        side = 0.04 * (float(self.ends[1] - self.ends[0]) or 1.0)
        ax.set(xlim=(float(self.ends[0]) - side, float(self.ends[1]) + side), ylim=(low, high))
        crowd = min(1.0, (300 / len(y)) ** 0.4)
        (dots,) = ax.plot(x, y, "o", color=paper.BLUE, markersize=5.5 * crowd, markeredgewidth=0)
        marks: Marks = [(dots, "target")]
        (self.model,) = ax.plot([], [], color=paper.VERMILION, linewidth=2.2)
        marks.append((self.model, "estimate"))
        over = [dots]  # again, over the sticks
        if minimum is not None:
            (best,) = ax.plot(
                self.ends, _estimates(minimum, self.ends), color=paper.ink(ax), dashes=(4, 3), linewidth=1.3
            )
            marks.append((best, "at the minimum"))
            over.insert(0, best)
        self.sticks = LineCollection([], colors="0.55", linewidths=crowd)
        ax.add_collection(self.sticks, autolim=False)
        marks.append((self.sticks, "difference"))
        if len(y) <= MOST_SQUARES:
            self.squares = stand(ax, [], [], [])
            self.moving.append(self.squares)
            marks.append((key(), "its square"))
        self.moving += [self.sticks, self.model, *over]
        paper.name_axes(ax, *names)
        ax.xaxis.set_major_formatter(paper.PlainTicks())
        ax.yaxis.set_major_formatter(paper.PlainTicks())
        notes = [f"{len(y):,} of {rows:,} rows"] if len(y) < rows else []
        paper.head(ax, "Estimates and targets", notes=notes, marks=marks)

    def _lay_words(self, note: str) -> None:
        from steepest.draw import paper

        wide, high = self.figure.get_size_inches() * 72
        start = self.run.steps[0].params
        if vectors.size(start) <= MOST_NUMBERS:
            heads = [name for name, value in start.items() for _ in range(value.numel())]
        else:
            heads = ["norm of the gradient"]
        self.texts = []
        column = (wide - 20) / (2 + len(heads))
        size = paper.LARGE + 2 if column >= NARROW else paper.NORMAL
        for place, word in enumerate(["epoch", "cost", *heads]):
            x = (12 + place * column) / wide
            text = paper.fitted(word, column - 12, size=paper.SMALL, lines=1)
            self.figure.text(x, 1 - 8 / high, text, fontsize=paper.SMALL, va="top", parse_math=False)
            self.texts.append(self._text(x, 1 - 20 / high, size, "bold"))
        self.said = self._text(12 / wide, 1 - 40 / high, paper.SMALL, "normal")
        top = 66.0
        if note:
            text = paper.fitted(note, wide - MARGIN, size=paper.SMALL, lines=3)
            self.figure.text(12 / wide, 1 - 64 / high, text, fontsize=paper.SMALL, va="top", parse_math=False)
            top += 12 * (1 + text.count("\n"))
        self.figure.set_layout_engine("constrained", rect=(0, 0, 1, 1 - top / high))

    def _text(self, x: float, y: float, size: float, weight: str) -> Text:
        text = self.figure.text(x, y, "", fontsize=size, fontweight=weight, va="top", parse_math=False)
        self.moving.append(text)
        return text

    def show(self, index: int) -> None:
        """Move all that moves to a step of the run."""
        from steepest.draw import paper

        step = self.run.steps[index]
        seen = min(
            index, int(self.last_seen[index]) + 1
        )  # of what is outside, only the way there: no bundle of zigzags
        upto = int(np.searchsorted(self.drawn, seen, side="right")) if self.last_seen[index] >= 0 else 0
        self.path.set_data(*self.line[:upto].T)
        self.path.set_markevery([n for n in range(min(upto, FIRST_STEPS + 1)) if self.inside[self.drawn[n]]])
        here = self.inside[index]
        self.point.set_data(*([value] if here else [] for value in self.places[index]))
        self._open_gate(index)
        if vectors.size(step.params) <= MOST_NUMBERS:
            numbers = [float(value) for each in step.params.values() for value in each.reshape(-1)]
        else:
            numbers = [vectors.norm(step.gradient)]
        for text, value in zip(self.texts, [f"{step.epoch:,}", *map(paper.number, [step.cost, *numbers])], strict=True):
            text.set_text(value)
        said = [self._said_of_map(index)]
        if self.data is not None:
            said.append(self._fit(step.params, *self.data[:2]))
        if index == len(self.places) - 1:
            said.append(self.run.because)
        text = "; ".join(part for part in said if part)
        if index == len(self.places) - 1:
            text = paper.fitted(text, self.figure.get_size_inches()[0] * 72 - MARGIN, size=paper.SMALL, lines=2)
        self.said.set_text(text)

    def _open_gate(self, index: int) -> None:
        last = int(self.last_seen[index])
        self.gate.set_data([], [])
        if 0 <= last < index and all(math.isfinite(value) for value in self.places[last + 1]):
            out = nearer(self.places[last + 1], self.map)
            (x, y), style = way_out(self.places[last], out, self.map)
            self.gate.set_data([x], [y])
            self.gate.set_marker(style)

    def _said_of_map(self, index: int) -> str:
        outside, first = int(self.outside[index]), int(self.last_seen[index]) + 1
        if self.inside[index]:
            return f"{outside:,} of {index + 1:,} steps so far were outside the map" if outside else ""
        here, since = self.run.steps[index].epoch, self.run.steps[first].epoch
        return (
            f"epochs {since:,} to {here:,} are outside the map"
            if since < here
            else f"epoch {here:,} is outside the map"
        )

    def _fit(self, params: Params, x: Tensor, y: Tensor) -> str:
        """Move the line, the sticks and the squares; say what of them the axes do not hold."""
        axes: Any = self.model.axes
        low, high = axes.get_ylim()
        ends, estimates = _estimates(params, self.ends), _estimates(params, x)
        beyond = 1e6 * (high - low)
        self.model.set_data(self.ends, ends.clamp(low - beyond, high + beyond))
        reached = estimates.clamp(low - beyond, high + beyond)
        self.sticks.set_segments(list(torch.stack([torch.stack([x, y], 1), torch.stack([x, reached], 1)], 1).numpy()))
        held = bool((ends >= low).all()) and bool((ends <= high).all())
        if self.squares is not None:
            move(self.squares, axes, *((x, y, estimates) if held else ([], [], [])))
        return "" if held else "the line reaches beyond its axes"


def _estimates(params: Params, x: Tensor) -> Tensor:
    numbers = [float(value) for value in vectors.flat(params)]
    return numbers[0] * x + (numbers[1] if len(numbers) > 1 else 0.0)
