"""Planes of networks as surfaces on the page: seen from a camera, read by hand, true to the slice and to the run."""

import itertools
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from browser import opened, settle
from playwright.sync_api import Browser, Page
from test_page_slices import CURVATURE, HOLED, LOGGED, MOTION, PLACES, RANDOM, SLICES, WALK, choose, come, read, text
from tolerances import CLOSED_FORM, assert_close
from torch import Tensor

from steepest.slices import Slice, project

LEFT, RIGHT, TOP, BOTTOM = 54, 16, 18, 34
"""What the box leaves for its numbers, in pixels."""

CAMERA = (-0.9, 0.62)
LAID = project(WALK, onto=MOTION)
ENDS = """ends => ends.map(end => ['data-step', 'data-cost', 'data-drawn', 'cx', 'cy', 'display', 'class']
  .map(name => end.getAttribute(name)))"""
OVERLAPS = """() => {
  const texts = [...document.querySelectorAll('#cuts .grid text')].map(text => [text, text.getBoundingClientRect()]);
  const frame = document.querySelector('#cuts svg.frame').getBoundingClientRect(), found = [];
  texts.forEach(([one, a], k) => {
    if (a.left < frame.left - 1 || a.right > frame.right + 1 || a.bottom > frame.bottom + 1)
      found.push(one.textContent);
    for (const [two, b] of texts.slice(k + 1)) {
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (wide > 1 && high > 3) found.push(`${one.textContent} on ${two.textContent}`);
    }
  });
  return found;
}"""


@pytest.fixture(scope="module")
def written(paged: Callable[..., Path]) -> Path:
    return paged(WALK, slices=SLICES, curvature=CURVATURE, title="A network")


@pytest.fixture(scope="module")
def open_page(chromium: Browser, written: Path) -> Iterator[Page]:
    with opened(chromium, written) as page:
        yield page


@pytest.fixture
def page(open_page: Page) -> Page:
    """The plane of the run's own motion as a surface in linear cost, seen from where a page begins."""
    turn, tilt = CAMERA
    open_page.evaluate(
        "steepest.set({look: 'surface', cut: 1, metric: 0, scale: 'linear'}); steepest.go(0);"
        f"steepest.set({{camera: {{turn: {turn}, tilt: {tilt}}}}})"
    )
    come(open_page)
    return open_page


def frame_of(page: Page) -> tuple[float, float, float, float]:
    box = page.locator("#cuts svg.frame").bounding_box()
    assert box is not None
    return box["x"], box["y"], box["width"], box["height"]


def seen(page: Page, place: tuple[float, float], height: float, cut: Slice) -> tuple[float, float]:
    """Where a place of the box is seen, by the formulas of a turned and tilted camera with a little perspective."""
    width, tall = (float(size) for size in (page.locator("#cuts svg.frame").get_attribute("viewBox") or "").split()[2:])
    turn, tilt = CAMERA
    u, v = (
        2 * (at - float(axis[0])) / float(axis[-1] - axis[0]) - 1
        for at, axis in zip(place, cut.coordinates, strict=True)
    )
    flat, steep = math.sin(tilt), math.cos(tilt)
    wide, high = width - LEFT - RIGHT, tall - TOP - BOTTOM
    radius = math.sqrt(2) * 1.045
    scale = min(high / (2 * radius * flat + 1.05 * steep), wide / (2 * radius))
    across, away = u * math.cos(turn) - v * math.sin(turn), u * math.sin(turn) + v * math.cos(turn)
    near = 1 / (1 + 0.09 * (away * steep - height * 1.05 * flat))
    x = LEFT + wide / 2 + min(wide / (2 * radius), 1.45 * scale) * across * near
    middle = TOP + high / 2 + 1.05 * steep * scale / 2
    return x, middle - scale * (height * 1.05 * steep + away * flat) * near


def box_of(costs: Tensor, *, log: bool = False) -> Callable[[float], float]:
    """The height in the box of a cost: from the plane's lowest to its highest, or the run's where it is beyond."""
    finite = costs[costs.isfinite()]
    own = [step.cost for step in WALK.steps]
    low, high = float(finite.min()), float(finite.max())
    room = high / low if log else high - low
    near = [cost for cost in own if (low / room <= cost <= high * room if log else low - room <= cost <= high + room)]
    low, high = min(low, *near), max(high, *near)
    return lambda cost: math.log(cost / low) / math.log(high / low) if log else (cost - low) / (high - low)


def drawn(cut: Slice, place: tuple[float, float]) -> float:
    """The cost of a plane at a place, straight between the points of its grid along one axis and then the other."""
    xs, ys = cut.coordinates
    i, j = (min(int((axis <= at).sum()) - 1, len(axis) - 2) for axis, at in zip((xs, ys), place, strict=True))
    along, aside = float((place[0] - xs[i]) / (xs[i + 1] - xs[i])), float((place[1] - ys[j]) / (ys[j + 1] - ys[j]))
    west, east = (float(cut.costs[k, j]) * (1 - aside) + float(cut.costs[k, j + 1]) * aside for k in (i, i + 1))
    return west * (1 - along) + east * along


def hover(page: Page, x: float, y: float) -> tuple[list[float], float, str]:
    """The place under a pixel of the picture, the number there, and what is said of it."""
    left, top, _, _ = frame_of(page)
    page.mouse.move(left + x, top + y)
    place, value = page.locator("#cuts .cross").evaluate("cross => [cross.dataset.place, cross.dataset.value]")
    return [float(at) for at in place.split()], float(value), text(page, "#cuts .readout >> nth=0")


def pixels(page: Page) -> str:
    return page.evaluate("document.querySelector('#cuts canvas').toDataURL()")


def test_what_the_surface_hides_is_not_drawn(page: Page) -> None:
    hidden: list[str] = []
    for turn in (0, 1.6, 3.1, 4.7):
        page.evaluate(f"steepest.set({{camera: {{turn: {turn}, tilt: 0.1}}}})")
        settle(page)
        marks = "document.querySelectorAll('#cuts .picture [display=none]')"
        hidden += page.evaluate(f"Array.from({marks}, (mark) => getComputedStyle(mark).display)")
    assert len(hidden) > 3
    assert set(hidden) == {"none"}


# Reading


def test_a_point_of_the_grid_on_the_surface_has_its_own_number(page: Page) -> None:
    height = box_of(MOTION.costs)
    for i, j in ((7, 7), (4, 9), (10, 11), (12, 12), (2, 13)):
        place = float(MOTION.coordinates[0][i]), float(MOTION.coordinates[1][j])
        cost = float(MOTION.costs[i, j])
        x, y = seen(page, place, height(cost), MOTION)
        found, value, said = hover(page, x, y)
        if "Epoch" in said:  # the run passes there, and a step is asked for first
            continue
        assert found == pytest.approx(place), (i, j)
        assert value == cost and said.endswith("(measured)"), said


def test_between_points_it_is_straight_and_says_so(page: Page) -> None:
    for look in ("surface", "contour"):
        page.evaluate(f"steepest.set({{look: '{look}'}})")
        settle(page)
        _, _, width, height = frame_of(page)
        ways = set()
        for x, y in itertools.product((0.4, 0.45, 0.5, 0.55), (0.3, 0.36, 0.42)):
            place, value, said = hover(page, x * width, y * height)
            assert_close(value, drawn(MOTION, (place[0], place[1])), CLOSED_FORM, f"{look} at {place}")
            assert f"principal direction 1, 95 % = {place[0]:.4g}".replace("-", "−")[:34] in said or "Epoch" in said
            ways.add(re.findall(r"\(([a-z ]+)\)$", said)[0])
        assert "straight between measured points" in ways


def test_what_was_measured_beside_the_cost_is_read_too(page: Page) -> None:
    choose(page, "random")
    picture = page.locator("#cuts .picture")
    picture.focus()
    for key in ("Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowUp"):
        picture.press(key)
    said = text(page, "#cuts .readout >> nth=0")
    i, j = int(RANDOM.coordinates[0].abs().argmin()) + 1, int(RANDOM.coordinates[1].abs().argmin()) + 1
    cost = float(HOLED[i, j])
    assert f"cost {cost:.6g}"[:12] in said and f"accuracy −{cost:.6g}"[:16] in said and "±" in said
    assert said.endswith("(interpolated)"), "this point is none of the measured places"
    assert page.evaluate("Object.values(steepest.settings.camera)") == list(CAMERA), "reading does not turn it"


@pytest.mark.parametrize("look", ["surface", "contour"])
def test_a_measured_place_is_told_from_an_interpolated_one(
    chromium: Browser, paged: Callable[..., Path], look: str
) -> None:
    beside = torch.tensor([[0.31, 0.23]], dtype=torch.float64)
    cut = replace(LOGGED, costs=RANDOM.costs, places=torch.cat([PLACES, beside]), measured=torch.arange(31.0))
    with opened(chromium, paged(WALK, slices=cut)) as page:
        page.evaluate(f"steepest.set({{look: '{look}'}})")
        come(page)
        picture = page.locator("#cuts .picture")
        picture.focus()
        keep = "Shift+" if look == "surface" else ""
        ways = {}
        for key in ("ArrowRight", *["ArrowRight"] * 8):
            picture.press(keep + key)
            at = float((page.locator("#cuts .cross").get_attribute("data-place") or "").split()[0])
            ways[round(at, 6)] = text(page, "#cuts .readout >> nth=0").rpartition("(")[2]
        known = {round(float(at), 6) for at in RANDOM.coordinates[0][::4]}
        assert {at for at, way in ways.items() if way == "measured)"} == known & set(ways) != set()
        if look == "contour":
            place = page.evaluate(
                """() => {
                  const page = document.querySelector('#cuts svg.frame');
                  const marks = anchor => [...page.querySelectorAll(`.grid text[text-anchor=${anchor}]:not(.name)`)]
                    .map(text => [Number(text.textContent.replace('−', '-')), text]);
                  const at = (found, name, shift, value) => {
                    const [low, one] = found[0], [high, two] = found.at(-1);
                    const from = Number(one.getAttribute(name)), to = Number(two.getAttribute(name));
                    return from - shift + (value - low) / (high - low) * (to - from);
                  };
                  return [at(marks('middle'), 'x', 0, 0.31), at(marks('end'), 'y', 4, 0.23)];
                }"""
            )
            found, _, said = hover(page, *place)
            assert found == [0.31, 0.23] and "cost 30.0000 (measured); drawn there: accuracy" in said


def test_a_step_is_read_with_its_own_cost_and_how_far_it_is_off(page: Page) -> None:
    height = box_of(MOTION.costs)
    for step in (0, 5, 12):
        a, b = LAID.coordinates[step].tolist()
        x, y = seen(page, (a, b), height(WALK.steps[step].cost), MOTION)
        _, value, said = hover(page, x, y)
        number, own, under, far = (read(found) for found in re.findall(r"[-−\d.]*\d", said)[:4])
        assert number == WALK.steps[step].epoch and own == pytest.approx(WALK.steps[step].cost, rel=1e-3)
        assert under == pytest.approx(drawn(MOTION, (a, b)), rel=1e-3) and value == pytest.approx(under, rel=1e-3)
        assert far == pytest.approx(float(LAID.distances[step]), rel=1e-2)


def test_a_finger_reads_by_a_tap(chromium: Browser, written: Path) -> None:
    with opened(chromium, written, width=360, has_touch=True) as page:
        come(page)
        page.locator("#cuts .picture").scroll_into_view_if_needed()
        left, top, width, height = frame_of(page)
        page.touchscreen.tap(left + 0.5 * width, top + 0.4 * height)
        settle(page)
        said = text(page, "#cuts .readout >> nth=0")
        assert "random direction 0 = " in said and "cost" in said and page.locator("#cuts .cross").is_visible()
        assert page.evaluate("Object.values(steepest.settings.camera)") == list(CAMERA)


# The path


def test_stems_join_the_runs_cost_and_the_planes(page: Page) -> None:
    for scale in ("linear", "log"):
        page.evaluate(f"steepest.set({{scale: '{scale}'}})")
        settle(page)
        height = box_of(MOTION.costs, log=scale == "log")
        ends = page.locator("#cuts .ends circle").evaluate_all(ENDS)
        steps = {int(end[0]) for end in ends}
        assert {0, len(WALK.steps) - 1} <= steps and len(ends) == 2 * len(steps)
        for number, cost, under, x, y, hidden, kind in ends:
            step, place = int(number), tuple(LAID.coordinates[int(number)].tolist())
            assert float(cost) == WALK.steps[step].cost
            assert_close(float(under), drawn(MOTION, place), CLOSED_FORM, f"under step {step}")
            if not hidden:
                top = height(float(cost if kind == "top" else under))
                assert [float(x), float(y)] == pytest.approx(seen(page, place, top, MOTION), abs=0.11), (
                    scale,
                    kind,
                    step,
                )
        assert any(not hidden for *_, hidden, kind in ends if kind == "top")
        assert page.locator("#cuts path.stem").first.get_attribute("d") is not None
        assert "at its own costs" in text(page, "#cuts .key") and "stem" in text(page, "#cuts .key")


def test_where_the_run_is_now_it_stands_at_its_own_cost(page: Page) -> None:
    height = box_of(MOTION.costs)
    for step in (0, 20, len(WALK.steps) - 1):
        page.evaluate(f"steepest.go({step})")
        settle(page)
        moved = page.locator("#cuts .now").first.get_attribute("transform") or ""
        place = LAID.coordinates[step].tolist()
        expected = seen(page, (place[0], place[1]), height(WALK.steps[step].cost), MOTION)
        assert [float(number) for number in re.findall(r"-?[\d.]+", moved)] == pytest.approx(expected, abs=0.11)
        assert f"cost was {WALK.steps[step].cost:.4g}"[:13] in text(page, "#cuts .readout >> nth=1")


def test_steps_beyond_the_box_are_counted_and_not_drawn(chromium: Browser, paged: Callable[..., Path]) -> None:
    wild = tuple(replace(step, cost=1e9 if k < 7 else step.cost) for k, step in enumerate(WALK.steps))
    with opened(chromium, paged(replace(WALK, steps=wild), slices=MOTION)) as page:
        come(page)
        assert "7 steps of the run cost more or less than the picture has room for" in text(page, "#cuts .key")
        ends = page.locator("#cuts .ends circle").evaluate_all(ENDS)
        assert min(int(end[0]) for end in ends) == 7


def test_of_another_measure_the_run_has_no_height_of_its_own(page: Page) -> None:
    page.evaluate("steepest.set({cut: 0, metric: 1})")
    settle(page)
    assert page.locator("#cuts .ends circle").count() == 0 and not page.locator("#cuts path.stem").first.get_attribute(
        "d"
    )
    assert "its own accuracy was not recorded" in text(page, "#cuts .key")


# Looking


def test_it_turns_by_hand_keys_and_buttons(page: Page) -> None:
    left, top, width, height = frame_of(page)
    shown = [pixels(page)]
    page.mouse.move(left + width / 2, top + height / 2)
    page.mouse.down()
    page.mouse.move(left + width / 2 + 60, top + height / 2 + 10, steps=4)
    page.mouse.up()
    settle(page)
    shown.append(pixels(page))
    page.locator("#cuts .picture").press("ArrowLeft")
    settle(page)
    shown.append(pixels(page))
    page.locator("#cuts .turns button").nth(1).click()
    settle(page)
    shown.append(pixels(page))
    assert len(set(shown)) == 4
    page.evaluate("steepest.set({look: 'contour'})")
    settle(page)
    assert not page.locator("#cuts .turns").is_visible()


def test_a_link_has_slice_measure_scale_look_and_camera(chromium: Browser, written: Path, page: Page) -> None:
    page.evaluate("steepest.set({cut: 0, metric: 1, scale: 'linear', look: 'surface', camera: {turn: 0.4, tilt: 0.3}})")
    page.wait_for_timeout(600)
    link = page.evaluate("location.hash")
    assert "cut=0" not in link and "metric=1" in link and "scale=linear" in link and "camera=0.4,0.3" in link
    world = chromium.new_context(offline=True)
    other = world.new_page()
    other.goto(written.as_uri() + "#cut=1&scale=log&look=contour")
    other.wait_for_selector("html.ready", state="attached")
    come(other)
    pressed = other.locator("#cuts .controls button[aria-pressed=true]").all_inner_texts()
    assert pressed == ["principal", "contour", "log"]
    other.evaluate("location.hash = '#cut=9&metric=3&scale=root'")
    other.wait_for_timeout(200)
    assert other.evaluate("[steepest.get('cut'), steepest.get('metric'), steepest.get('scale')]") == [0, 0, "own"]
    world.close()


def test_a_hole_is_a_hole(page: Page) -> None:
    choose(page, "random")
    page.evaluate("steepest.set({scale: 'log'})")
    settle(page)
    xs, ys = RANDOM.coordinates
    place = float(xs[-2]) + 0.01, float(ys[-2]) + 0.01
    x, y = seen(page, place, 0.0, RANDOM)
    spots = page.evaluate(
        """([x, y]) => {
          const canvas = document.querySelector('#cuts canvas'), scale = canvas.width / canvas.clientWidth;
          const copy = Object.assign(document.createElement('canvas'), {width: canvas.width, height: canvas.height});
          const context = copy.getContext('2d', {willReadFrequently: true});
          context.drawImage(canvas, 0, 0);
          const across = Array.from({length: 20}, (_, k) => x + k - 10);
          return across.map(at => context.getImageData(Math.round(at * scale), Math.round(y * scale), 1, 1).data[3]);
        }""",
        [x, y],
    )
    assert 0 in spots and max(spots) > 0 and 255 not in spots, "hatched floor, and nothing filled over it"
    _, value, said = hover(page, x, y)
    assert math.isnan(value) and "cost NaN" in said
    assert "no number: 12 NaN and 1 infinite of 357 points" in text(page, "#cuts .key")
    assert "Interpolated from 30 measured places" in text(page, "#cuts .notes")
    assert "0.021 decades" in text(page, "#cuts .notes")


@pytest.mark.parametrize("width", [1440, 360])
def test_numbers_and_names_stand_apart_from_wherever_it_is_seen(chromium: Browser, written: Path, width: int) -> None:
    with opened(chromium, written, width=width) as page:
        come(page)
        for cut, turn, tilt in itertools.product((0, 1), (0.0, 0.7, 1.5, 2.4, 3.9, 5.3), (0.12, 0.62, 1.2)):
            page.evaluate(f"steepest.set({{cut: {cut}, camera: {{turn: {turn}, tilt: {tilt}}}}}); steepest.flush()")
            assert not (found := page.evaluate(OVERLAPS)), (cut, turn, tilt, found)
        assert page.locator("#cuts .grid .name").first.is_visible()


@pytest.mark.parametrize(("width", "dark"), [(1440, True), (360, False)])
def test_everyone_can_use_the_surface(chromium: Browser, written: Path, width: int, dark: bool) -> None:
    from axe_core_python.sync_playwright import Axe

    with opened(chromium, written, width=width, color_scheme="dark" if dark else "light") as page:
        page.evaluate("steepest.set({language: 'de'})")
        come(page)
        page.locator("#cuts .picture").press("Shift+ArrowUp")
        assert page.locator("#cuts .cross").is_visible() and "Fläche" in text(page, "#cuts .controls")
        assert "Fläche" in (page.locator("#cuts .picture").get_attribute("aria-label") or "")
        assert page.evaluate("document.documentElement.scrollWidth") == width
        found = Axe().run(page, "#cuts")
        assert not [item["id"] for item in found["violations"] if item["impact"] in ("serious", "critical")]


# Around it


def test_what_python_wrote_is_marked_as_english(chromium: Browser, written: Path) -> None:
    with opened(chromium, written) as page:
        note = page.locator("#findings > .note, #cuts .note:not(.judged-cut *)")
        assert [one.is_visible() for one in note.all()] == [False, False]
        page.evaluate("steepest.set({language: 'de'})")
        come(page)
        assert all("auf Englisch" in words for words in note.all_inner_texts()) and note.first.is_visible()
        assert page.locator(".judged-cut:not([lang=en]), #findings .verdict:not([lang=en])").count() == 0
        assert page.locator("#findings h2").inner_text().startswith("Das Urteil")


@pytest.mark.parametrize(
    ("hidden", "wide"), [("landscape", ["fit", "curve"]), ("landscape,fit", ["curve"]), ("fit,curve", ["landscape"])]
)
def test_a_hidden_part_leaves_its_room_to_the_rest(
    chromium: Browser, trial_page: Path, hidden: str, wide: list[str]
) -> None:
    with opened(chromium, trial_page) as page:
        page.evaluate(f"location.hash = '#hide={hidden}'")
        page.wait_for_timeout(200)
        settle(page)
        desk = page.locator(".desk").bounding_box()
        boxes = [page.locator(f"#{name}").bounding_box() for name in wide]
        assert desk is not None and all(box is not None for box in boxes)
        found = [box for box in boxes if box is not None]
        assert found[0]["x"] == pytest.approx(desk["x"], abs=1)
        assert found[-1]["x"] + found[-1]["width"] == pytest.approx(desk["x"] + desk["width"], abs=1)
        assert len({round(box["y"]) for box in found}) == 1, "side by side"
