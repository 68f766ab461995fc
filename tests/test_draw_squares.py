"""The squares of the differences: on paper as wide as high, as large as the cost says, and all on the sheet."""

from typing import Any

import numpy as np
import pytest
import torch
from costs import X, Y, columns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pictures import (
    DIVERGED,
    RUN,
    TRIAL,
    assert_nothing_overlaps,
    labels,
    render,
    said,
)

from steepest import draw
from steepest.cost import Cost
from steepest.draw import paper
from steepest.draw.squares import stand
from steepest.trajectory import Step

FIRST = RUN.steps[0]
DIFFERENCES = 0.9 * X + 0.1 - Y


def squares(ax: Axes) -> np.ndarray:
    """Left, bottom, width and height of each square, in pixels, as it is drawn."""
    render(ax)
    (artist,) = (child for child in ax.get_children() if child.get_gid() == "squares")
    assert isinstance(artist, paper.DrawnLast)
    made: list[Any] = list(artist.make())
    return np.array([[*square.get_xy(), square.get_width(), square.get_height()] for square in made])


def has_squares(ax: Axes) -> bool:
    return any(child.get_gid() == "squares" for child in ax.get_children())


def lesson(step: Step = FIRST, **options: Any) -> Axes:
    return draw.fit(X, Y, params=step.params, cost=step.cost, gradient=step.gradient, **options)


def assert_squares_of(ax: Axes, differences: torch.Tensor) -> None:
    """As wide as high on paper, each area the square of its difference by one factor, and inside the frame."""
    found = squares(ax)
    assert found[:, 2] == pytest.approx(found[:, 3])
    factor = found[:, 2].max() / float(differences.abs().max())
    assert found[:, 2] == pytest.approx(factor * differences.abs().numpy(), abs=1e-6)
    left, bottom, right, top = ax.bbox.extents
    assert (found[:, 0] >= left - 1e-6).all() and (found[:, 0] + found[:, 2] <= right + 1e-6).all()
    assert (found[:, 1] >= bottom).all() and (found[:, 1] + found[:, 3] <= top).all()


def test_the_mean_area_is_the_cost() -> None:
    ax = lesson()
    assert_squares_of(ax, DIFFERENCES)
    one = float(np.diff(ax.transData.transform([(0, 0), (0, 1)])[:, 1])[0])
    assert (squares(ax)[:, 2] ** 2).mean() / one**2 == pytest.approx(19.675475), "in units of the targets"
    assert "its square, mean 19.675" in labels(ax) and "mean of the squares" not in said(ax)
    assert_nothing_overlaps(ax)


def test_each_square_has_its_stick_for_a_side() -> None:
    for step in (RUN.steps[0], RUN.steps[10], RUN.steps[-1]):
        ax = lesson(step)
        found = squares(ax)
        sticks = ax.transData.transform(np.column_stack([X, Y]))
        reached = ax.transData.transform(np.column_stack([X, float(step.params["m"]) * X + float(step.params["b"])]))
        for square, target, estimate in zip(found, sticks, reached, strict=True):
            left, bottom, side, _ = square
            assert min(abs(left - target[0]), abs(left + side - target[0])) < 1e-6
            assert sorted([bottom, bottom + side]) == pytest.approx(sorted([target[1], estimate[1]]))


def test_squares_stay_square_when_the_figure_or_the_limits_change() -> None:
    ax = lesson()
    before = squares(ax)
    figure = ax.get_figure(root=True)
    assert figure is not None
    figure.set_size_inches(9.0, 3.0)
    assert_squares_of(ax, DIFFERENCES)
    assert squares(ax)[:, 2].max() < before[:, 2].max()
    ax.set_xlim(-4, 30)
    assert_squares_of(ax, DIFFERENCES)
    ax.set_ylim(-3, 20)
    assert_squares_of(ax, DIFFERENCES)


def test_a_rectangle_in_the_datas_units_would_be_found() -> None:
    ax = lesson()
    (artist,) = (child for child in ax.get_children() if child.get_gid() == "squares")
    honest = artist.make  # pyright: ignore[reportAttributeAccessIssue]

    def planted() -> list[Any]:
        made: list[Any] = list(honest())
        for square in made:
            square.set_width(1.6 * square.get_width())
        return made

    artist.make = planted  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(AssertionError):
        assert_squares_of(ax, DIFFERENCES)


def test_in_a_narrow_frame_all_are_smaller_in_one_measure() -> None:
    narrow = Figure(figsize=(2.0, 6.0), layout="constrained").add_subplot()
    assert_squares_of(lesson(ax=narrow), DIFFERENCES)


def test_squares_over_targets_are_those_of_the_differences() -> None:
    inputs, targets = columns(25)
    cost = Cost.least_squares(inputs, targets)
    at = cost.zeros()
    ax = draw.fit(inputs, targets, params=at, cost=float(cost.value(at)))
    assert_squares_of(ax, targets)
    assert f"its square, mean {paper.number(float(targets.square().mean()))}" in labels(ax)


def test_squares_are_for_few_examples_or_on_request() -> None:
    inputs, targets = columns(31)
    cost = Cost.least_squares(inputs, targets)
    assert not has_squares(draw.fit(inputs, targets, params=cost.minimum))
    assert has_squares(draw.fit(inputs, targets, params=cost.minimum, squares=True))
    assert has_squares(lesson()) and not has_squares(lesson(squares=False))
    assert "square" not in " ".join(labels(lesson(squares=False)))
    assert not has_squares(lesson(DIVERGED.steps[-1], squares=True)), "the sticks themselves are not all in the frame"


def test_a_cost_that_is_not_the_mean_of_the_squares_is_told() -> None:
    ax = draw.fit(X, Y, params=FIRST.params, cost=FIRST.cost / 2)
    assert "the mean of the squares is 19.675: the cost is of something else, or more than these" in said(ax)
    sample = draw.fit(X, Y, params=FIRST.params, cost=FIRST.cost / 2, rows=100)
    assert "mean of the squares" not in said(sample), "of a sample it need not be"


def test_a_perfect_estimate_has_no_square_to_see() -> None:
    assert squares(draw.fit(X, -0.5 * X, params={"m": torch.tensor(-0.5).double()}))[:, 2] == pytest.approx(0)
    assert squares(draw.fit(X[:1], Y[:1], params=TRIAL.minimum)).shape == (1, 4)
    assert list(stand(paper.sheet(None), [], [], []).make()) == []
