"""The landscape of the page: what is drawn stands where PyTorch's numbers say, and hands on it do what they say."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from browser import opened, settle, until
from costs import START, rosenbrock
from matplotlib import colormaps
from pictures import TRIAL
from playwright.sync_api import Browser, Locator, Page

from steepest.cost import Cost
from steepest.descent import descend

CENTRE = """mark => {
  const box = mark.getBoundingClientRect();
  return [box.x + box.width / 2, box.y + box.height / 2];
}"""

TIP = """cane => {
  const end = cane.getPointAtLength(cane.getTotalLength()), base = cane.ownerSVGElement.getScreenCTM();
  const at = end.matrixTransform(base.inverse().multiply(cane.getScreenCTM()));
  return [at.x, at.y];
}"""

COLOURS = """star => {
  const canvas = document.querySelector('#landscape canvas'), box = canvas.getBoundingClientRect();
  const at = star.getBoundingClientRect(), scale = canvas.width / box.width, {width, height} = canvas;
  const all = canvas.getContext('2d').getImageData(0, 0, width, height).data;
  const [x, y] = [(at.x + at.width / 2 - box.x) * scale, (at.y + at.height / 2 - box.y) * scale];
  return [[x, y], [width - 18 * scale, 20 * scale]].map(([column, row]) => {
    const first = 4 * (Math.round(row) * width + Math.round(column));
    return [...all.slice(first, first + 3)];
  });
}"""

SLOPES = """cuts => cuts.map(cut => {
  const number = text => Number(text.textContent.replace('−', '-'));
  const at = (anchor, name) => [...cut.querySelectorAll(`.grid text[text-anchor=${anchor}]:not(.name)`)]
    .map(text => [number(text), Number(text.getAttribute(name))]);
  const scale = marks => (marks.at(-1)[1] - marks[0][1]) / (marks.at(-1)[0] - marks[0][0]);
  const line = cut.querySelector('.tangent'), part = name => Number(line.getAttribute(name));
  const up = (part('y2') - part('y1')) / scale(at('end', 'y').map(([value, y]) => [value, y - 4]));
  return up / ((part('x2') - part('x1')) / scale(at('middle', 'x')));
})"""


def told(page: Page, script: str) -> Any:
    """Change the state, and wait until it is shown; give what the script gives."""
    found = page.evaluate(f"() => {{ {script} }}")
    settle(page)
    return found


def centre(place: Locator) -> tuple[float, float]:
    """Where on the window a mark of the picture has its own origin or centre."""
    x, y = place.evaluate(CENTRE)
    return x, y


def start(page: Page) -> list[float]:
    settle(page)
    return page.evaluate("[...steepest.settings.start]")


def ticks(page: Page) -> list[str]:
    return page.locator("#landscape .picture > svg > .grid text").all_inner_texts()


def pixels(page: Page) -> str:
    return page.evaluate("document.querySelector('#landscape canvas').toDataURL()")


@pytest.mark.parametrize(("look", "close"), [("contour", 0.012), ("surface", 0.05)])
def test_the_ghost_is_where_pytorch_steps_next(chromium: Browser, trial_page: Path, look: str, close: float) -> None:
    """A click on the ghost makes it the start, so both the drawing and the way back from the screen are right."""
    run = descend(TRIAL, START, learning_rate=0.01, epochs=4)
    with opened(chromium, trial_page) as page:
        for step in (0, 2):
            told(page, f"steepest.set({{look: '{look}', start: Float64Array.of(0.9, 0.1)}}); steepest.go({step})")
            page.mouse.click(*centre(page.locator("#landscape .picture .ghost circle").first))
            expected = [float(value) for value in run.steps[step + 1].params.values()]
            assert start(page) == pytest.approx(expected, abs=close)
        assert page.evaluate("[steepest.settings.at, steepest.settings.phase]") == [0, 3]


def test_the_cane_stands_where_it_stands(chromium: Browser, trial_page: Path) -> None:
    with opened(chromium, trial_page, reduced_motion="reduce") as page:
        for look in ("surface", "contour"):
            told(page, f"steepest.set({{look: '{look}'}}); steepest.go(2)")
            mark = page.locator("#landscape .picture .here").first
            here = mark.evaluate("mark => [Number(mark.getAttribute('cx')), Number(mark.getAttribute('cy'))]")
            tip = page.locator("#landscape .marks .trilobite path").last.evaluate(TIP)
            assert tip == pytest.approx(here, abs=1)
        told(page, "steepest.set({trilobite: false})")
        assert not page.locator("#landscape .marks .trilobite").is_visible()


def test_the_table_has_the_costs_of_pytorch(chromium: Browser, trial_page: Path) -> None:
    with opened(chromium, trial_page) as page:
        page.locator("#landscape details summary").click()
        until(page, "document.querySelector('#landscape td') !== null")
        read = """cells => cells.map(cell => Number(cell.title.replace('−', '-')))"""
        m = page.locator("#landscape table thead th.one").evaluate_all(read)
        b = page.locator("#landscape table tbody th").evaluate_all(read)
        costs = page.locator("#landscape table td").evaluate_all(read)
        expected = [float(TRIAL.value(TRIAL.params({"m": x, "b": y}))) for y in b for x in m]
        assert len(costs) == 49
        assert costs == pytest.approx(expected, rel=1e-12)


def test_the_colours_are_viridis_of_the_height(chromium: Browser, trial_page: Path) -> None:
    with opened(chromium, trial_page) as page:
        told(page, "steepest.set({look: 'contour', trilobite: false, height: 'root'})")
        page.wait_for_timeout(250)
        star = page.locator("#landscape .picture .marks .lowest")
        colours = star.evaluate(COLOURS)
        for found, share in zip(colours, (0.0, 1.0), strict=True):
            assert found == pytest.approx([255 * part for part in colormaps["viridis"](share)[:3]], abs=9)


def test_a_tangent_has_the_slope_of_the_gradient(chromium: Browser, trial_page: Path) -> None:
    run = descend(TRIAL, START, learning_rate=0.01, epochs=4)
    with opened(chromium, trial_page) as page:
        for step in (0, 1, 4):
            told(page, f"steepest.set({{look: 'slices'}}); steepest.go({step})")
            slopes = page.locator("#landscape .cuts > g").evaluate_all(SLOPES)
            assert slopes == pytest.approx([float(slope) for slope in run.steps[step].gradient.values()], rel=1e-6)
        told(page, "steepest.advance(1)")
        assert not page.locator("#landscape .tangent").first.is_visible()


def test_it_turns_by_drag_keys_and_buttons_and_lets_the_wheel_scroll(chromium: Browser, trial_page: Path) -> None:
    turned = "Object.values(steepest.settings.camera)"
    with opened(chromium, trial_page) as page:
        box = page.locator("#landscape .picture").bounding_box()
        assert box
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        seen = [(page.evaluate(turned), pixels(page))]

        def changed() -> None:
            settle(page)
            now = (page.evaluate(turned), pixels(page))
            assert now[0] != seen[-1][0]
            assert now[1] != seen[-1][1]
            seen.append(now)

        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 90, y + 20, steps=4)
        page.mouse.up()
        changed()
        page.locator("#landscape .picture").focus()
        for key in ("ArrowLeft", "ArrowUp"):
            page.keyboard.press(key)
            changed()
        page.get_by_role("button", name="turn right").click()
        changed()
        assert page.evaluate("[steepest.settings.at, steepest.settings.phase]") == [0, 3], (
            "the keys are the picture's own"
        )
        assert start(page) == [0.9, 0.1], "a drag is not a click"
        page.mouse.move(x, y)
        page.mouse.wheel(0, 200)
        until(page, "scrollY > 0")
        assert page.evaluate(turned) == seen[-1][0]


def test_arrow_keys_move_the_start_on_the_map(chromium: Browser, trial_page: Path) -> None:
    with opened(chromium, trial_page) as page:
        told(page, "steepest.set({look: 'contour'})")
        page.locator("#landscape .picture").focus()
        page.keyboard.press("ArrowLeft")
        m, b = start(page)
        assert (m < 0.9, b) == (True, 0.1)
        page.keyboard.press("ArrowUp")
        assert start(page)[0] == m
        assert start(page)[1] > 0.1
        assert "Start: m" in page.locator("#landscape [aria-live]").inner_text()
        before = ticks(page)
        width = 0.9 - m
        for _ in range(3):
            page.keyboard.press("ArrowLeft")
        assert start(page)[0] == pytest.approx(0.9 - 4 * width)
        assert ticks(page) == before


def test_limits_stand_still_and_the_edge_says_what_left(chromium: Browser, trial_page: Path) -> None:
    run = descend(TRIAL, START, learning_rate=0.06, epochs=40)
    with opened(chromium, trial_page) as page:
        before, edge = ticks(page), page.locator("#landscape .edge")
        for change in ("steepest.go(500)", "steepest.set({rate: 0.001})", "steepest.set({rate: 0.06, at: 0})"):
            told(page, change)
            assert ticks(page) == before
            assert not edge.is_visible()
        told(page, "steepest.go(40)")
        m = float(run.end["m"])
        assert f"m = {m:,.1f}".replace("-", "−").replace(",", "\u2009") in edge.inner_text()
        assert "epoch 40" in edge.inner_text()
        assert ticks(page) == before
        edge.get_by_role("button").click()
        settle(page)
        assert ticks(page) != before
        assert edge.inner_text().strip() == "back to the valley"
        edge.get_by_role("button").click()
        settle(page)
        assert ticks(page) == before
        told(page, "steepest.set({rate: 0.1, epochs: 1000, at: 0}); steepest.go(1e9)")
        assert "Out of the picture" in edge.inner_text()
        path = page.locator("#landscape .marks .path.core").get_attribute("d") or ""
        places = [float(number) for number in re.findall(r"-?[\d.]+", path)]
        assert 0 < min(places) < max(places) < 800, "nothing is drawn beside the frame"


def test_what_the_surface_hides_is_drawn_as_hidden(chromium: Browser, trial_page: Path) -> None:
    with opened(chromium, trial_page) as page:
        behind = page.locator("#landscape .path.behind")
        seen = []
        for turn in (-0.9, 0.7, 2.2, 3.8):
            told(page, f"steepest.set({{camera: {{turn: {turn}, tilt: 0.3}}, height: 'linear'}}); steepest.go(1000)")
            seen.append(len(behind.get_attribute("d") or ""))
        assert min(seen) == 0 < max(seen)


def test_fog_leaves_taps_only(chromium: Browser, trial_page: Path) -> None:
    with opened(chromium, trial_page) as page:
        told(
            page, "steepest.set({fog: true, taps: [{params: [0.5, 0.1], cost: 7.25}, {params: [0.2, 0.3], cost: 3.5}]})"
        )
        for look in ("surface", "contour"):
            told(page, f"steepest.set({{look: '{look}'}})")
            assert page.locator("#landscape .taps text").all_text_contents() == ["7.250", "3.500"]
            assert page.locator("#veil-holes circle").count() == 3
            for mark in (".veil", ".marks .ghost", ".marks .arrow", ".marks .lowest"):
                assert page.locator(f"#landscape .picture {mark}").is_visible() == (mark == ".veil")
            assert page.locator("#landscape .level").count() == 0


def test_a_step_is_walked_once_and_not_under_reduced_motion(chromium: Browser, trial_page: Path) -> None:
    place = "document.querySelector('#landscape .marks .here').getAttribute('cx')"
    for motion, moves in (("no-preference", True), ("reduce", False)):
        with opened(chromium, trial_page, reduced_motion=motion) as page:
            told(page, "steepest.go(0)")
            page.wait_for_timeout(300)
            now, soon = page.evaluate(
                f"""async () => {{ steepest.advance(1); steepest.flush(); const now = {place};
                await new Promise(done => setTimeout(done, 60)); return [now, {place}]; }}"""
            )
            assert (now != soon) == moves
            page.wait_for_timeout(600)
            assert page.evaluate(place) == now


def test_with_many_parameters_two_are_chosen_and_nudges_told(chromium: Browser, paged: Callable[..., Path]) -> None:
    generator = torch.Generator().manual_seed(1)
    inputs = torch.randn(200, 14, generator=generator, dtype=torch.float64)
    targets = inputs @ torch.arange(1.0, 15.0, dtype=torch.float64)
    names = [f"w{index}" for index in range(14)]
    cost = Cost.least_squares(inputs, targets, names=[*names, "b"])
    run = descend(cost, dict.fromkeys(cost.names, 0.0), learning_rate=0.05, epochs=20)
    with opened(chromium, paged(run, cost=cost, inputs=inputs, targets=targets, x_name=names)) as page:
        told(page, "steepest.go(1); steepest.set({frozen: steepest.names.map((_, i) => i === 13)})")
        assert "other 13 are held at their lowest point" in page.locator("#landscape").inner_text()
        bars = page.locator("#landscape .nudges button")
        assert bars.count() == 12
        live = page.evaluate("[...steepest.step.gradient]")
        for text in bars.all_inner_texts():
            name, value = text.split()
            if name == "w13":
                assert value == "frozen"
            else:
                assert float(value.replace("−", "-")) == pytest.approx(-live[cost.names.index(name)], rel=1e-3)
        assert "3 more parameters" in page.locator("#landscape .nudges .note").inner_text()
        first = page.evaluate("steepest.settings.pair[0]")
        bars.filter(has_text="w7").click()
        settle(page)
        assert page.evaluate("steepest.settings.pair") == [7, first]
        page.get_by_label("along").select_option("7")
        settle(page)
        assert page.evaluate("steepest.settings.pair") == [first, 7]
        assert page.locator("#landscape h2").inner_text() == f"The cost over w{first} and w7"


def test_a_recorded_run_is_replayed_over_its_slice(chromium: Browser, paged: Callable[..., Path]) -> None:
    cost = rosenbrock()
    names = list(cost.names)
    run = descend(cost, {names[0]: -1.0, names[1]: 1.0}, learning_rate=1e-3, epochs=300)
    with opened(chromium, paged(run, cost=cost)) as page:
        assert "plays back" in page.locator("#landscape .help").first.inner_text()
        before = page.evaluate("[...steepest.walk.params.slice(0, 2)]")
        told(page, "steepest.go(100)")
        page.mouse.click(*centre(page.locator("#landscape .picture .here").first))
        settle(page)
        assert page.evaluate("[...steepest.walk.params.slice(0, 2)]") == before
        assert page.evaluate("steepest.settings.at") == 100
        told(page, "steepest.set({look: 'slices'})")
        assert "nearest" in page.locator("#landscape .help").first.inner_text()
    with opened(chromium, paged(run)) as page:
        assert not page.locator("#landscape").is_visible()


def test_one_parameter_has_one_slice(chromium: Browser, paged: Callable[..., Path]) -> None:
    cost = Cost.from_function(lambda w: w**4 / 4 - w**2 / 2, dtype=torch.float64)
    run = descend(cost, {"w": 1.9}, learning_rate=0.1, epochs=30)
    with opened(chromium, paged(run, cost=cost)) as page:
        told(page, "steepest.go(2)")
        assert page.locator("#landscape .cuts > g >> visible=true").count() == 1
        assert "recorded run measured" in page.locator("#landscape .help").first.inner_text()


def test_other_runs_are_told_apart(chromium: Browser, paged: Callable[..., Path]) -> None:
    runs = {f"rate {rate}": descend(TRIAL, START, learning_rate=rate, epochs=60) for rate in (0.01, 0.03, 0.05)}
    trial = {"cost": TRIAL, "x_name": "x", "y_name": "y"}
    with opened(chromium, paged(runs, **trial)) as page:
        told(page, "steepest.go(10)")
        looks = page.locator("#landscape .runs .whole").evaluate_all(
            "lines => lines.map(line => [line.getAttribute('stroke'), line.getAttribute('stroke-dasharray')])"
        )
        assert len({look[0] for look in looks}) == len({look[1] for look in looks}) == 2
        key = page.locator("#landscape .key").inner_text()
        assert "rate 0.03" in key
        assert "rate 0.05" in key


def test_the_picture_is_told_in_words_and_in_german(chromium: Browser, trial_page: Path) -> None:
    with opened(chromium, trial_page) as page:
        told(page, "steepest.go(0)")
        picture = page.locator("#landscape .picture > svg")
        said = picture.get_attribute("aria-label") or ""
        for part in ("m 0.9000", "b 0.1000", "19.68", "m −0.3630", "b −0.06265"):
            assert part in said
        told(page, "steepest.advance(1)")
        assert "not measured yet" in (picture.get_attribute("aria-label") or "")
        told(page, "steepest.set({language: 'de'})")
        assert "Kosten" in page.locator("#landscape h2").inner_text()


def test_turning_takes_a_fraction_of_a_frame(chromium: Browser, trial_page: Path) -> None:
    with opened(chromium, trial_page) as page:
        times = page.evaluate(
            """() => Array.from({length: 15}, (_, k) => { const since = performance.now();
            steepest.set({camera: {turn: k / 10, tilt: 0.6}}); steepest.flush(); return performance.now() - since; })"""
        )
        assert sorted(times)[7] < 60, times


def test_heights_below_zero_are_round_numbers(chromium: Browser, paged: Callable[..., Path]) -> None:
    saddle = Cost.from_function(lambda u, v: u**2 - v**2)
    run = descend(saddle, {"u": 1.0, "v": 1e-6}, learning_rate=0.1, epochs=76)
    with opened(chromium, paged(run, cost=saddle)) as page:
        marks = page.locator("#landscape .picture > svg > .grid text[text-anchor=end]").all_text_contents()
    assert "0" in marks and len(marks) >= 3
    assert all(len(re.sub(r"[−.]|^−?0\.", "", mark)) <= 3 for mark in marks), marks
