"""Runs to draw, and ways to ask a picture what is on it."""

from itertools import combinations
from typing import Any

import numpy as np
import torch
from costs import START, X, Y
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

from steepest.cost import Cost
from steepest.descent import descend
from steepest.slices import Slice, plane, reach_around
from steepest.trajectory import Outcome, Step, Trajectory

TRIAL = Cost.least_squares(X, Y)
FLOOR = float(TRIAL.value(TRIAL.minimum))
ALONG = ("m", "b")
RUN = descend(TRIAL, START, learning_rate=0.01, epochs=1001)
DIVERGED = descend(TRIAL, START, learning_rate=0.06, epochs=100)
LOST = descend(TRIAL, START, learning_rate=0.1, epochs=1000)
STILL = descend(TRIAL, START, learning_rate=0.01, epochs=0)

AWFUL = "_weekly $x_1$ </script> dose % of the drug in mL per kg and 認知症"
UNBROKEN = "W" * 80


def cut(run: Trajectory = RUN) -> Slice:
    reach = reach_around(run, at=run.start, along=ALONG, minimum=TRIAL.minimum)
    return plane(TRIAL, at=run.start, along=ALONG, reach=reach, points=31)


def made(*costs: float, first: int = 0) -> Trajectory:
    """A run with these costs, for pictures that look at nothing else."""
    point = {"m": torch.tensor(0.0)}
    steps = tuple(Step(first + index, cost, point, point, 0.1) for index, cost in enumerate(costs))
    return Trajectory(steps, Outcome.OUT_OF_EPOCHS, "made up")


def drawn(ax: Axes, label: str) -> Any:
    """The artist that the legend calls so."""
    legend = ax.get_legend()
    assert legend is not None
    names = [text.get_text() for text in legend.get_texts()]
    found = [handle for handle, name in zip(legend.legend_handles, names, strict=True) if name.startswith(label)]
    assert len(found) == 1, f"'{label}' in {names}"
    return found[0]


def labels(ax: Axes) -> list[str]:
    legend = ax.get_legend()
    return [text.get_text() for text in legend.get_texts()] if legend else []


def curves(ax: Axes, count: int) -> list[Line2D]:
    return [found for found in ax.get_lines() if len(xs(found)) == count]


def xs(found: Line2D) -> np.ndarray:
    return np.asarray(found.get_xdata())


def ys(found: Line2D) -> np.ndarray:
    return np.asarray(found.get_ydata())


def said(ax: Axes) -> str:
    """All that is written above the axes, on one line."""
    notes = [child.get_text() for child in ax.get_children() if isinstance(child, Annotation)]
    return " ".join([ax.get_title(loc="left"), *notes]).replace("\n", " ")


def render(ax: Axes) -> None:
    figure = ax.get_figure(root=True)
    assert figure is not None
    figure.canvas.draw()  # pyright: ignore[reportAttributeAccessIssue]


def assert_nothing_overlaps(ax: Axes) -> None:
    """After the layout: title, notes, legend, axes and their names are apart from each other and on the paper."""
    render(ax)
    figure = ax.get_figure(root=True)
    assert isinstance(figure, Figure)
    boxes: dict[str, Bbox] = {"axes": ax.get_window_extent()}
    texts: list[Text] = [child for child in ax.get_children() if isinstance(child, Text) and child.get_text()]
    texts += [label for label in (ax.xaxis.label, ax.yaxis.label) if label.get_text()]
    boxes |= {text.get_text(): text.get_window_extent() for text in texts}
    if legend := ax.get_legend():
        boxes["legend"] = legend.get_window_extent()
    for other in figure.axes:
        if other is not ax:
            boxes["colour bar"] = other.get_tightbbox() or other.get_window_extent()
    for (one, first), (two, second) in combinations(boxes.items(), 2):
        overlap = Bbox.intersection(first, second)
        assert overlap is None or min(overlap.width, overlap.height) < 1, f"{one!r} covers {two!r} by {overlap}"
    for name, box in boxes.items():
        inside = figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1 and figure.bbox.y0 <= box.y0
        assert inside and box.y1 <= figure.bbox.y1, f"{name!r} is cut off: {box} on {figure.bbox}"
