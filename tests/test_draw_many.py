"""Bars of a gradient of many parameters: the longest ones, those chosen among them, and the rest in words."""

from typing import Any

import numpy as np
import pytest
import torch
from costs import columns
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text
from pictures import AWFUL, LOST, RUN, UNBROKEN, assert_nothing_overlaps, cut, labels, render, said

from steepest import draw
from steepest.cost import Cost
from steepest.descent import descend
from steepest.draw import paper
from steepest.errors import SteepestError
from steepest.slices import Slice, plane
from steepest.trajectory import Outcome, Step, Trajectory


def many(names: list[str]) -> tuple[Cost, Trajectory]:
    inputs, targets = columns(60, len(names) - 1)
    cost = Cost.least_squares(inputs, targets, names=names)
    return cost, descend(cost, cost.zeros(), learning_rate=0.1, epochs=40)


def pair(cost: Cost, run: Trajectory, along: tuple[str, str]) -> Slice:
    return plane(cost, at=run.end, along=along, reach=((-1, 5), (-1, 5)), points=9)


def with_gradient(**gradient: torch.Tensor) -> Trajectory:
    params = {name: torch.zeros_like(value) for name, value in gradient.items()}
    return Trajectory((Step(0, 1.0, params, gradient, 0.1),), Outcome.OUT_OF_EPOCHS, "")


def lengths(ax: Axes) -> list[float]:
    return [bar.get_width() for bar in ax.patches]  # pyright: ignore[reportAttributeAccessIssue]


def names(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.get_yticklabels()]


def beside(ax: Axes) -> list[Axes]:
    figure = ax.get_figure(root=True)
    assert isinstance(figure, Figure)
    return [other for other in figure.axes if other.get_title(loc="left").startswith("What moves most")]


def test_bars_are_the_negative_gradient_the_longest_first() -> None:
    ax = draw.bars(with_gradient(u=torch.tensor(2.0), v=torch.tensor(-5.0), w=torch.tensor([0.5, 3.0])))
    assert names(ax) == ["v", "w[1]", "u", "w[0]"] and lengths(ax) == [5, -3, -2, -0.5]
    assert ax.get_title(loc="left") == "What moves most, epoch 0" and labels(ax) == [] and "more" not in said(ax)
    low, high = ax.get_xlim()
    assert low < -3 and high > 5 and ax.yaxis.get_inverted(), "signs are sides, and the first bar is on top"
    assert_nothing_overlaps(ax)


def test_bars_are_those_of_the_epoch_asked_for() -> None:
    assert lengths(draw.bars(RUN)) == pytest.approx([-36.305, -6.265])
    later = draw.bars(RUN, epoch=8)
    assert lengths(later) == pytest.approx([-1.17159, 0.828849], rel=1e-5) and "epoch 8" in said(later)
    with pytest.raises(SteepestError, match=r"draw.bars: epoch 5000 was not recorded. Give one from 0 to 1,001"):
        draw.bars(RUN, epoch=5000)


def test_at_most_twenty_are_drawn_and_the_rest_is_said() -> None:
    slopes = torch.cat([torch.full((24,), 3.0), torch.full((1000,), 0.1)])
    ax = draw.bars(with_gradient(weights=slopes.reshape(32, 32), far=torch.tensor(0.0)), chosen=["far"])
    assert len(ax.patches) == 20 and names(ax)[:2] == ["weights[0, 0]", "weights[0, 1]"] and names(ax)[-1] == "far"
    share = 100 * (1 - 19 * 9 / (24 * 9 + 1000 * 0.01))
    assert f"1,005 more are not drawn: {share:.2g} % of the gradient's squared norm" in said(ax)


def test_the_chosen_are_told_apart_without_colour() -> None:
    _, run = many(["a", "b", "c", "intercept"])
    ax = draw.bars(run, chosen=("a", "c"))
    hatched = [name for name, bar in zip(names(ax), ax.patches, strict=True) if bar.get_hatch()]
    assert sorted(hatched) == ["a", "c"] and labels(ax) == ["chosen", "the others"]
    assert {to_hex(bar.get_facecolor()) for bar in ax.patches} == {paper.ORANGE.lower(), paper.SKY.lower()}
    for chosen, words in ((["A"], "no parameter 'A'. Did you mean 'a'"), (["w"], r"'w' has shape \(2,\)")):
        with pytest.raises(SteepestError, match=words):
            draw.bars(with_gradient(a=torch.tensor(1.0), w=torch.ones(2)), chosen=chosen)


def test_slopes_that_are_not_finite_are_said() -> None:
    ax = draw.bars(with_gradient(u=torch.tensor(torch.nan), v=torch.tensor(-torch.inf), w=torch.tensor(1.0)))
    assert "2 of 3 slopes are not finite" in said(ax)
    render(ax)
    render(draw.bars(LOST, epoch=LOST.steps[-1].epoch))
    render(draw.bars(with_gradient(u=torch.zeros(3))))


@pytest.mark.parametrize("picture", [draw.contour, draw.surface], ids=["contour", "surface"])
def test_pictures_of_two_of_many_have_the_others_beside_them(picture: Any) -> None:
    cost, run = many(["a", "b", "c", "intercept"])
    ax = picture(pair(cost, run, ("a", "c")), run, minimum=cost.minimum)
    (found,) = beside(ax)
    assert sorted(names(found)) == ["a", "b", "c", "intercept"] and "chosen" in labels(found)
    assert lengths(found) == pytest.approx(
        sorted((-float(g) for g in run.steps[0].gradient.values()), key=lambda g: -abs(g))
    )
    render(ax)
    here, there = ax.get_tightbbox(), found.get_tightbbox()
    assert there is not None and here.x1 <= there.x0, "beside it"
    assert not beside(picture(pair(cost, run, ("a", "c")), run, bars=False))
    assert not beside(picture(pair(cost, run, ("a", "c")))), "there is no gradient without a run"
    assert not beside(picture(cut(), RUN)), "both parameters are in the picture"


def test_no_bars_are_added_to_the_callers_own_figure() -> None:
    cost, run = many(["a", "b", "c", "intercept"])
    own = Figure(layout="constrained").add_subplot()
    assert draw.contour(pair(cost, run, ("a", "b")), run, ax=own) is own and not beside(own)
    assert draw.bars(run, ax=own) is own


def test_a_plane_along_directions_has_bars_and_none_is_chosen() -> None:
    cost = Cost.least_squares(*columns())
    run = descend(cost, cost.zeros(), learning_rate=0.1, epochs=4)
    rows = torch.eye(3, dtype=torch.float64)
    along = tuple({"weights": row, "intercept": torch.tensor(0.0)} for row in rows[:2])
    (found,) = beside(
        draw.contour(plane(cost, at=run.end, along=(along[0], along[1]), reach=((-1, 3), (-1, 3)), points=5), run)
    )
    assert sorted(names(found)) == ["intercept", "weights[0]", "weights[1]", "weights[2]"] and not labels(found)


@pytest.mark.parametrize("name", [AWFUL, UNBROKEN], ids=["awful", "unbroken"])
def test_awful_names_are_drawn_as_they_are(name: str) -> None:
    called = [f"{name} {letter}" for letter in "abc"] + ["intercept"]
    cost, run = many(called)
    ax = draw.contour(pair(cost, run, (called[0], called[1])), run, minimum=cost.minimum)
    assert_nothing_overlaps(ax)
    (found,) = beside(ax)
    assert_nothing_overlaps(draw.bars(run))
    bars, figure = found.get_tightbbox(), ax.get_figure(root=True)
    assert isinstance(figure, Figure) and bars is not None and bars.x1 <= figure.bbox.x1 and bars.y0 >= 0
    for text in found.findobj(Text):
        if isinstance(text, Text) and "$" in text.get_text() and "mathdefault" not in text.get_text():
            assert not text.get_parse_math(), text.get_text()
    assert np.diff([label.get_window_extent().y0 for label in found.get_yticklabels()]).max() < 0, "one over the other"


def test_a_start_is_all_that_a_run_needs() -> None:
    assert lengths(draw.bars(Trajectory(RUN.steps[:1], RUN.outcome, ""))) == pytest.approx([-36.305, -6.265])
