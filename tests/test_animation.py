"""Moving pictures: every frame is a step, only what moves differs between frames, and what is not shown is said."""

import io
import subprocess
import sys
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from costs import X, Y, bowl
from matplotlib.axes import Axes
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from pictures import AWFUL, DIVERGED, LOST, RUN, STILL, TRIAL, UNBROKEN, cut, said, xs, ys
from PIL import Image

from steepest import draw
from steepest.cost import Cost
from steepest.descent import descend
from steepest.draw import paper
from steepest.draw.animation import spread
from steepest.draw.shots import shots
from steepest.draw.stage import Stage
from steepest.errors import SteepestError
from steepest.slices import line, plane, reach_around
from steepest.trajectory import Trajectory
from steepest.vectors import norm

DATA = (X, Y, len(X))
SURFACE = cut()


def stage(run: Trajectory = RUN, frames: int = 10) -> Stage:
    surface = SURFACE if run is RUN else cut(run)
    return Stage(
        run, spread(len(run.steps), frames), slice=surface, data=DATA, minimum=TRIAL.minimum, names=("dose", "score")
    )


def read(path: Path) -> tuple[list[np.ndarray], list[int]]:
    """Each frame as red, green and blue, as a viewer shows it, and for how many milliseconds."""
    frames, durations = [], []
    with Image.open(io.BytesIO(path.read_bytes())) as film:
        for index in range(getattr(film, "n_frames", 1)):
            film.seek(index)
            frames.append(np.asarray(film.convert("RGB")).astype(int))
            durations.append(int(film.info["duration"]))
    return frames, durations


def whole(shown: Stage) -> np.ndarray:
    """The step shown, drawn by matplotlib in one go."""
    for artist in shown.moving:
        artist.set_animated(False)
    with paper.quiet_glyphs():
        shown.canvas.draw()
    return np.asarray(shown.canvas.buffer_rgba())[..., :3].astype(int)


def texts(shown: Stage) -> str:
    return " ".join(text.get_text() for text in [*shown.texts, shown.said])


@pytest.mark.parametrize("ending", ["gif", "webp"])
def test_a_film_has_its_frames_and_lasts_as_long_as_asked(ending: str, tmp_path: Path) -> None:
    path = draw.animate(
        RUN, tmp_path / f"run.{ending}", slice=SURFACE, inputs=X, targets=Y, minimum=TRIAL.minimum, frames=24, seconds=3
    )
    frames, durations = read(path)
    assert len(frames) == 24 and sum(durations) == 3000
    assert max(durations[:-1]) - min(durations[:-1]) <= 10 and durations[-1] > 400, "the last one is held"
    assert all((one != two).any() for one, two in pairwise(frames)), "each frame is another step"
    assert np.abs(frames[0] - frames[-1]).max() > 200


@pytest.mark.parametrize("ending", ["gif", "webp"])
def test_a_film_shows_what_matplotlib_draws(ending: str, tmp_path: Path) -> None:
    chosen = spread(len(RUN.steps), 10)
    path = tmp_path / f"run.{ending}"
    names: dict = {"x_name": "dose", "y_name": "score"}
    draw.animate(RUN, path, slice=SURFACE, inputs=X, targets=Y, minimum=TRIAL.minimum, frames=10, **names)
    frames, _ = read(path)
    shown = stage()
    for frame, index in zip(frames, chosen, strict=True):
        shown.show(index)
        off = np.abs(frame - whole(shown)).max(axis=2)
        assert (off > 40).mean() < 0.001 and off.mean() < 2, f"step {index}: {off.max()}, {off.mean()}"


def test_nothing_but_the_moving_parts_differs_between_frames() -> None:
    shown = stage()
    chosen = spread(len(RUN.steps), 10)
    frames = [np.asarray(image.convert("RGB")).astype(int) for image in shots(shown, chosen)]
    high, wide = frames[0].shape[:2]
    still = np.ones((high, wide), dtype=bool)
    renderer = shown.canvas.get_renderer()
    boxes = [shown.map.get_window_extent(), shown.model.axes.get_window_extent()]  # pyright: ignore[reportOptionalMemberAccess]
    for index in chosen:
        shown.show(index)
        boxes += [text.get_window_extent(renderer) for text in (*shown.texts, shown.said) if text.get_text()]
    for box in boxes:
        still[high - int(box.y1) - 4 : high - int(box.y0) + 4, max(0, int(box.x0) - 4) : int(box.x1) + 4] = False
    assert still.mean() > 0.3
    for frame in frames[1:]:
        assert (frame == frames[0])[still].all(), "the axes jumped"
        assert (frame != frames[0])[~still].any()


def test_the_moving_parts_are_where_the_step_is() -> None:
    shown = stage()
    for index in (0, 3, 1001):
        shown.show(index)
        step = RUN.steps[index]
        m, b = float(step.params["m"]), float(step.params["b"])
        assert (xs(shown.point)[0], ys(shown.point)[0]) == pytest.approx((m, b))
        assert (xs(shown.path)[-1], ys(shown.path)[-1]) == pytest.approx((m, b))
        assert len(xs(shown.path)) == index + 1, "the path grows through every step, drawn in a frame or not"
        assert ys(shown.model) == pytest.approx([b, 7 * m + b])
        assert texts(shown).split()[:4] == [f"{step.epoch:,}", *map(paper.number, (step.cost, m, b))]
    assert RUN.because in texts(shown)


def test_the_squares_are_those_of_the_step() -> None:
    shown = stage()
    assert shown.squares is not None and shown.squares in shown.moving
    for index in (0, 3, 1001):
        shown.show(index)
        m, b = (float(RUN.steps[index].params[name]) for name in ("m", "b"))
        made: list[Any] = list(shown.squares.make())
        sides = np.array([square.get_width() for square in made])
        one = shown.map.figure.axes[1].transData.transform([(0, 0), (0, 1)])[:, 1]
        assert sides / (one[1] - one[0]) == pytest.approx((m * X + b - Y).abs().numpy(), abs=1e-9)
    lost = stage(DIVERGED)
    lost.show(len(DIVERGED.steps) - 1)
    assert lost.squares is not None and not list(lost.squares.make()), "none of a line that the axes do not hold"
    x = torch.linspace(0, 8, 31, dtype=torch.float64)
    many = Stage(RUN, [0, 1], slice=SURFACE, data=(x, -0.5 * x, 31), minimum=None, names=("dose", "score"))
    assert many.squares is None, "as in a fit"


def test_the_reserved_colours_are_kept() -> None:
    last = next(iter(shots(stage(), [52])))
    found = {colour for _, colour in last.convert("RGB").getcolors(100_000) or []}  # pyright: ignore[reportGeneralTypeIssues]
    for colour in (paper.ORANGE, paper.VERMILION, paper.BLUE, paper.YELLOW, "#000000", "#ffffff"):
        assert tuple(bytes.fromhex(colour[1:])) in found, colour


@pytest.mark.parametrize(("steps", "frames"), [(1, 2), (2, 2), (5, 100), (100, 100), (101, 100), (1002, 100), (9, 4)])
def test_frames_are_spread_by_the_logarithm(steps: int, frames: int) -> None:
    chosen = spread(steps, frames)
    assert len(chosen) == min(steps, frames) and chosen[0] == 0 and chosen[-1] == steps - 1
    assert all(one < two for one, two in pairwise(chosen))


def test_the_first_steps_and_the_crawl_both_have_frames() -> None:
    chosen = spread(1002, 100)
    assert chosen[:10] == list(range(10))
    gaps = [two - one for one, two in pairwise(chosen)]
    assert sum(index > 100 for index in chosen) > 25 and gaps[-1] == max(gaps) < 100


@pytest.mark.parametrize("run", [DIVERGED, LOST], ids=["diverged", "lost"])
def test_a_diverged_run_says_which_steps_are_outside(run: Trajectory, tmp_path: Path) -> None:
    shown = stage(run)
    shown.show(0)
    assert "outside" not in texts(shown) and len(xs(shown.point)) == 1
    first = shown.inside.index(False)
    shown.show(first)
    assert f"epoch {first} is outside the map" in texts(shown) and not len(xs(shown.point))
    assert len(xs(shown.gate)) == 1, "an arrowhead where the path leaves"
    last = len(run.steps) - 1
    shown.show(last)
    assert f"epochs {first} to {last:,} are outside the map; the line reaches beyond its axes" in texts(shown)
    assert "diverged" in texts(shown)
    assert len(xs(shown.path)) == first + 1, "what is outside is not drawn over the map"
    frames, _ = read(draw.animate(run, tmp_path / "run.gif", slice=cut(run), inputs=X, targets=Y, frames=12))
    assert len(frames) == 12


def test_a_run_that_came_back_counts_what_was_outside() -> None:
    run = replace(RUN, steps=(*RUN.steps[:2], DIVERGED.steps[-1], *RUN.steps[3:6]))
    shown = Stage(run, [0, 5], slice=SURFACE, data=None, minimum=None, names=("", ""))
    shown.show(4)
    assert "1 of 5 steps so far were outside the map" in texts(shown) and len(xs(shown.path)) == 5


def test_a_run_of_one_step_is_one_frame(tmp_path: Path) -> None:
    frames, durations = read(draw.animate(STILL, tmp_path / "run.gif", slice=cut(STILL), seconds=2))
    assert len(frames) == 1 and durations == [2000]


@pytest.mark.parametrize("name", [AWFUL, UNBROKEN], ids=["awful", "unbroken"])
@pytest.mark.parametrize("data", [DATA, None], ids=["with data", "plane alone"])
def test_names_are_drawn_as_they_are_and_cover_nothing(name: str, data: tuple | None) -> None:
    pairs = {"m": name, "b": f"{name} squared"}
    steps = tuple(
        replace(
            step,
            params={pairs[key]: value * 1.2345e-7 for key, value in step.params.items()},
            gradient={pairs[key]: value for key, value in step.gradient.items()},
        )
        for step in RUN.steps[:3]
    )
    run = replace(RUN, steps=steps)
    cost = Cost.least_squares(X, Y, names=list(pairs.values()))
    across = (name, f"{name} squared")
    reach = reach_around(run, at=run.start, along=across, minimum=cost.minimum)
    surface = plane(cost, at=run.start, along=across, reach=reach, points=9)
    shown = Stage(run, [0, 1, 2], slice=surface, data=data, minimum=cost.minimum, names=across)
    shown.show(2)
    whole(shown)
    boxes = {text: text.get_window_extent() for text in shown.figure.texts if text.get_text()}
    boxes |= {ax.title: box for ax in shown.figure.axes if (box := ax.get_tightbbox())}
    for (one, first), (two, second) in combinations(boxes.items(), 2):
        overlap = Bbox.intersection(first, second)
        assert overlap is None or min(overlap.width, overlap.height) < 1, f"{one!r} covers {two!r}"
    assert all(box.x1 <= shown.figure.bbox.x1 for box in boxes.values())
    for text in shown.figure.findobj(Text):
        if isinstance(text, Text) and "$" in text.get_text() and "mathdefault" not in text.get_text():
            assert not text.get_parse_math(), text.get_text()


def test_what_cannot_be_met_is_refused(tmp_path: Path) -> None:
    def film(name: str = "a.gif", **changed: object) -> Path:
        options: dict = {"slice": SURFACE, "frames": 2, **changed}
        return draw.animate(RUN, tmp_path / name, **options)

    (tmp_path / "there.gif").write_bytes(b"mine")
    with pytest.raises(SteepestError, match=r"draw.animate: '.*there.gif' is there already.*force=True"):
        film("there.gif")
    assert (tmp_path / "there.gif").read_bytes() == b"mine"
    assert film("there.gif", force=True).read_bytes().startswith(b"GIF89a")
    for name, options, complaint in (
        ("a.mp4", {}, "ends in '.mp4'. End it in .gif or .webp"),
        ("no/a.gif", {}, "there is no folder"),
        ("a.gif", {"frames": 1}, "frames is 1. Give a whole number, 2 or more"),
        ("a.gif", {"frames": 100, "seconds": 1.0}, "100 frames in 1 seconds.*Give 2.* seconds or more"),
        ("a.gif", {"inputs": X}, "inputs or targets are missing"),
        ("a.gif", {"inputs": torch.ones(8, 2), "targets": Y}, r"shape \(8, 2\).* are no line"),
        ("a.gif", {"slice": line(TRIAL, at=RUN.end, along="m", reach=(0, 1))}, "1 direction.*Cut a plane"),
    ):
        with pytest.raises(SteepestError, match=f"draw.animate: .*{complaint}"):
            film(name, **options)
    assert [found.name for found in tmp_path.iterdir()] == ["there.gif"], "a refusal leaves no file"


def test_a_sample_of_many_rows_is_said() -> None:
    x = torch.linspace(0, 8, 2000, dtype=torch.float64)
    shown = Stage(RUN, [0, 1], slice=SURFACE, data=(x, -0.5 * x, 5001), minimum=None, names=("dose", "score"))
    ax = shown.model.axes
    assert isinstance(ax, Axes) and "2,000 of 5,001 rows" in said(ax)
    ax = stage().model.axes
    assert isinstance(ax, Axes) and "rows" not in said(ax)


def test_more_parameters_show_the_gradient_and_what_the_plane_cannot_hold() -> None:
    cost = bowl([1.0, 2.0, 3.0, 4.0])
    run = descend(cost, {"w": torch.ones(4, dtype=torch.float64)}, learning_rate=0.1, epochs=5)
    across = tuple({"w": torch.eye(4, dtype=torch.float64)[index]} for index in (0, 1))
    surface = plane(cost, at=run.end, along=(across[0], across[1]), reach=((-2, 2), (-2, 2)), points=9)
    shown = Stage(run, [0, 5], slice=surface, data=None, minimum=None, names=("", ""))
    shown.show(5)
    assert paper.number(norm(run.steps[5].gradient)) in texts(shown)
    written = " ".join(text.get_text() for text in shown.figure.texts).replace("\n", " ")
    assert "norm of the gradient" in written and "a plane through 4 parameters, which holds" in written


def test_no_pyplot_and_no_global_settings(tmp_path: Path) -> None:
    code = f"""
import sys, torch, matplotlib as mpl
from steepest import Cost, descend, draw, plane
settings = lambda: {{key: mpl.rcParams[key] for key in mpl.rcParams if not key.startswith("backend")}}
before = settings()
cost = Cost.from_function(lambda m, b: (m - 1) ** 2 + b**2)
flat = plane(cost, at=cost.zeros(), along=("m", "b"), reach=((0, 2), (-1, 1)), points=5)
run = descend(cost, {{"m": 0.1, "b": 0.5}}, learning_rate=0.1, epochs=3)
draw.animate(run, {str(tmp_path / "run.gif")!r}, slice=flat)
assert "matplotlib.pyplot" not in sys.modules, "pyplot was loaded"
assert settings() == before
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=60)
