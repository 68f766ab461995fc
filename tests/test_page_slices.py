"""Slices, paths and spectra of networks on the page: drawn as they were measured, with how sure they are in words."""

import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from browser import opened, settle, until
from costs import X, Y, batched, columns
from matplotlib import colormaps
from pictures import RUN, TRIAL
from playwright.sync_api import Browser, Page
from tolerances import CLOSED_FORM, assert_close
from torch import Tensor, nn

from steepest import directions
from steepest.cost import Cost
from steepest.curvature import curvature_at, spectral_density
from steepest.errors import SteepestError
from steepest.report import bundle, report_data, write_report
from steepest.slices import Slice, line, plane, project
from steepest.slices.foreign import read_slice
from steepest.trajectory import Trajectory
from steepest.vectors import size
from steepest.watcher import watch

INPUTS, TARGETS = columns(60, 3)


def trained(width: int = 12, steps: int = 60) -> tuple[nn.Module, Trajectory]:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, width), nn.Tanh(), nn.Linear(width, 1)).double()
    adjust = torch.optim.SGD(net.parameters(), lr=0.02)
    with watch(net, adjust) as watched:
        for _ in range(steps):
            adjust.zero_grad()
            loss = nn.functional.mse_loss(net(INPUTS), TARGETS[:, None])
            loss.backward()
            watched.record(loss)
            adjust.step()
    return net, watched.trajectory()


NET, WALK = trained()
COST = Cost.from_module(NET, nn.functional.mse_loss, batched(INPUTS, TARGETS, 60))
AT = WALK.end
REACH = (-1.0, 1.5)
RANDOM = plane(COST, at=AT, along=directions.random(COST, at=AT, seed=1), reach=(REACH, (-1.0, 1.0)), points=(21, 17))
HOLED = RANDOM.costs.clone()
HOLED[-4:, -3:], HOLED[-6, -1] = math.nan, math.inf
PLACES = torch.cartesian_prod(RANDOM.coordinates[0][::4], RANDOM.coordinates[1][::4])
LOGGED = replace(
    RANDOM,
    costs=HOLED,
    scale="log",
    held_out_error=0.021,
    places=PLACES,
    measured=RANDOM.costs[::4, ::4].reshape(-1),
    beside={"accuracy": -RANDOM.costs},
    intervals=0.1 * RANDOM.costs,
    about="random, and told so",
)
PRINCIPAL = directions.principal(WALK)
MOTION = plane(COST, at=PRINCIPAL.origin or AT, along=PRINCIPAL, reach=((-9.0, 9.0), (-9.0, 9.0)), points=15)
BETWEEN = line(COST, at=WALK.start, along=directions.between(WALK.start, AT), reach=(-0.25, 1.25), points=31)
CURVATURE, DENSITY = curvature_at(COST, AT), spectral_density(COST, AT)
SLICES = {"random": LOGGED, "principal": MOTION, "start to end": BETWEEN}


@pytest.fixture(scope="module")
def written(paged: Callable[..., Path]) -> Path:
    return paged(WALK, slices=SLICES, curvature=CURVATURE, density=DENSITY, title="A network")


def choose(page: Page, name: str) -> None:
    page.locator("#cuts .controls button", has_text=name).first.click()
    settle(page)


def come(page: Page, place: str = "#cuts") -> None:
    page.locator(place).scroll_into_view_if_needed()
    page.wait_for_timeout(100)
    settle(page)


def text(page: Page, place: str) -> str:
    return page.locator(place).inner_text()


def read(words: str) -> float:
    return float(words.replace("−", "-").replace("\u2009", ""))


@pytest.fixture(scope="module")
def open_page(chromium: Browser, written: Path) -> Iterator[Page]:
    with opened(chromium, written) as page:
        yield page


@pytest.fixture
def page(open_page: Page) -> Page:
    """One page for all tests that only look: at its first slice from above, in its own scale, and at the first step."""
    come(open_page)
    open_page.evaluate("steepest.set({look: 'contour'}); steepest.go(0)")
    choose(open_page, "principal")
    choose(open_page, "random")
    open_page.locator("#cuts input[type=checkbox]").uncheck()
    return open_page


# What is embedded


def test_only_coordinates_of_the_path_are_embedded() -> None:
    net, run = trained(width=4000, steps=6)
    cost = Cost.from_module(net, nn.functional.mse_loss, batched(INPUTS, TARGETS, 60))
    cut = plane(cost, at=run.end, along=directions.random(cost, at=run.end), reach=((-1, 1), (-1, 1)), points=9)
    told = report_data(run, slices=cut)
    (plain,) = told["cuts"]
    assert size(run.end) > 20_000 and len(json.dumps(told)) < 15_000
    assert not {"origin", "directions"} & set(plain) and told["slice"] is None and "slice" not in told["missing"]
    laid = project(run, onto=cut)
    assert plain["paths"][0]["coordinates"] == laid.coordinates.tolist()
    assert plain["paths"][0]["distances"] == laid.distances.tolist() and plain["paths"][0]["share"] == laid.share


def test_every_bit_of_the_grid_arrives(chromium: Browser) -> None:
    told = report_data(WALK, slices=LOGGED)["cuts"][0]
    script, _, _ = bundle.script().partition("const from_main")
    page = chromium.new_page()
    found = page.evaluate(
        f"plain => {{ {script}; const cut = from_cut_data.cutOf(plain);"
        "return [...cut.grids[0].values, ...cut.intervals, ...cut.places].map(String); }",
        told,
    )
    page.close()
    sent = torch.cat([HOLED.reshape(-1), (0.1 * RANDOM.costs).reshape(-1), PLACES.reshape(-1)])
    assert [float(value) for value in found] == pytest.approx(sent.tolist(), rel=0, abs=0, nan_ok=True)


def test_a_run_is_thinned_with_its_coordinates() -> None:
    _, run = trained(steps=500)
    told = report_data(run, slices={"all": MOTION})
    assert len(told["cuts"][0]["paths"][0]["coordinates"]) == len(told["runs"][0]["epochs"]) < 500
    laid = project(run, onto=MOTION).coordinates.tolist()
    steps = [step.epoch for step in run.steps]
    for epoch, place in zip(told["runs"][0]["epochs"], told["cuts"][0]["paths"][0]["coordinates"], strict=True):
        assert place == laid[steps.index(epoch)]


# The picture of a plane


def pixels(page: Page, places: list[tuple[float, float]]) -> list[list[int]]:
    return page.evaluate(
        """places => {
          const canvas = document.querySelector('#cuts canvas'), scale = canvas.width / canvas.clientWidth;
          const copy = Object.assign(document.createElement('canvas'), {width: canvas.width, height: canvas.height});
          const context = copy.getContext('2d', {willReadFrequently: true});
          context.drawImage(canvas, 0, 0);
          const at = ([x, y]) => context.getImageData(Math.round(x * scale), Math.round(y * scale), 1, 1);
          return places.map(place => [...at(place).data]);
        }""",
        places,
    )


def ticks(page: Page, anchor: str, name: str) -> Callable[[float], float]:
    """Where on the picture a coordinate is, by the numbers on its axis."""
    found = page.locator(f"#cuts svg.frame .grid text[text-anchor={anchor}]:not(.name)").all()
    marks = [(read(mark.text_content() or ""), float(mark.get_attribute(name) or 0)) for mark in found]
    shift = 4 if name == "y" else 0
    (one, low), (other, high) = marks[0], marks[-1]
    return lambda value: low - shift + (value - one) * (high - low) / (other - one)


def test_a_place_has_the_colour_of_its_decade(page: Page) -> None:
    x, y = ticks(page, "middle", "x"), ticks(page, "end", "y")
    finite = HOLED[HOLED.isfinite()]
    low, high = float(finite.min()), float(finite.max())
    for scale in ("log", "linear"):
        choose(page, scale)
        for at in ((2, 3), (10, 8), (15, 12), (4, 14)):
            place = x(float(RANDOM.coordinates[0][at[0]])), y(float(RANDOM.coordinates[1][at[1]]))
            cost = float(HOLED[at])
            share = math.log(cost / low) / math.log(high / low) if scale == "log" else (cost - low) / (high - low)
            near = pixels(page, [(place[0] + dx, place[1] + dy) for dx in (-3, 0, 3) for dy in (-3, 0, 3)])
            expected = [255 * value for value in colormaps["viridis"](share)[:3]]
            gap = min(max(abs(a - b) for a, b in zip(found, expected, strict=False)) for found in near)
            assert gap < 12, f"{scale} {at}: {near} for {expected}"  # 256 shades, and a height line may cross some


def test_a_place_without_a_number_is_a_hole_and_told(page: Page) -> None:
    x, y = ticks(page, "middle", "x"), ticks(page, "end", "y")
    xs, ys = RANDOM.coordinates
    hole, ground = pixels(page, [(x(float(xs[-2])), y(float(ys[-2]))), (x(float(xs[2])), y(float(ys[2])))])
    assert hole[3] == 0 and ground[3] == 255
    assert "no number: 12 NaN and 1 infinite of 357 points" in text(page, "#cuts .key")
    choose(page, "principal")
    assert "no number" not in text(page, "#cuts .key")


def test_arrow_keys_and_the_pointer_read_the_numbers_of_the_grid(page: Page) -> None:
    picture = page.locator("#cuts .picture")
    picture.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowUp"):
        picture.press(key)
    i, j = int(RANDOM.coordinates[0].abs().argmin()) + 1, int(RANDOM.coordinates[1].abs().argmin()) + 1
    said = text(page, "#cuts .readout >> nth=0")
    numbers = [read(found) for found in re.findall(r"(?:^|[ ,])([−\d.]+)(?=[,:]| ±| \(|$)", said)]
    assert "random direction 0" in said and "±" in said and "accuracy" in said
    cost = float(HOLED[i, j])
    assert any(abs(found - cost) < 1e-5 * cost for found in numbers), (said, cost)
    assert any(abs(found + cost) < 1e-5 * cost for found in numbers), "accuracy beside it"
    box = picture.bounding_box()
    assert box is not None
    x, y = ticks(page, "middle", "x"), ticks(page, "end", "y")
    xs, ys = RANDOM.coordinates
    page.mouse.move(box["x"] + x(float(xs[-1])) - 1, box["y"] + y(float(ys[-1])) + 1)
    assert "cost NaN" in text(page, "#cuts .readout >> nth=0")


def test_how_sure_it_is_and_how_it_was_made_is_said(page: Page) -> None:
    notes = text(page, "#cuts .notes")
    share = 100 * (project(WALK, onto=LOGGED).share or 0)
    assert "30 measured places" in notes and "0.021 decades, a factor of 1.05" in notes
    assert f"The plane holds {share:.3g} %"[:20] in notes and "76 % of a random walk's" in notes
    assert "random, and told so" in notes and LOGGED.method in notes and "sample of the data" in notes
    choose(page, "principal")
    assert "All 225 points were measured" in text(page, "#cuts .notes")
    choose(page, "start to end")
    assert "60.8 % of a random walk's" in text(page, "#cuts .notes")


def test_scales_quantities_and_places_are_chosen(page: Page) -> None:
    log, linear = (page.locator("#cuts .controls button", has_text=name).first for name in ("log", "linear"))
    assert log.get_attribute("aria-pressed") == "true", "the scale in which it was refined"
    assert page.locator("#cuts .places circle").count() == 0
    page.locator("#cuts input[type=checkbox]").check()
    assert page.locator("#cuts .places circle").count() == len(PLACES)
    page.locator("#cuts select").select_option(label="accuracy")
    settle(page)
    assert log.is_disabled() and linear.get_attribute("aria-pressed") == "true"
    assert log.get_attribute("title") == "A number of 0 or below has no logarithm."
    assert "accuracy" in text(page, "#cuts .bar") and "decades" not in text(page, "#cuts .notes")
    choose(page, "principal")
    assert not page.locator("#cuts select").is_visible() and not log.is_disabled()


def test_the_run_stands_where_it_was_laid(page: Page) -> None:
    laid = project(WALK, onto=MOTION)
    choose(page, "principal")
    x, y = ticks(page, "middle", "x"), ticks(page, "end", "y")
    for step in (0, 20, len(WALK.steps) - 1):
        page.evaluate(f"steepest.go({step})")
        settle(page)
        moved = page.locator("#cuts .now").first.get_attribute("transform") or ""
        found = [float(number) for number in re.findall(r"-?[\d.]+", moved)]
        place = laid.coordinates[step].tolist()
        assert found == pytest.approx([x(place[0]), y(place[1])], abs=0.11)
        said = text(page, "#cuts .readout >> nth=1")
        assert f"Epoch {WALK.steps[step].epoch}:" in said
        assert f"cost was {WALK.steps[step].cost:.4g}"[:13] in said
    path = page.locator("#cuts path.core").first.get_attribute("d") or ""
    assert path.count("L") == len(WALK.steps) - 1
    drawn = re.search(r"under it ([\d.]+) is drawn", said)
    assert drawn is not None
    truth = COST.value(
        {
            name: value + place[0] * MOTION.directions[0][name] + place[1] * MOTION.directions[1][name]
            for name, value in MOTION.origin.items()
        }
    )
    gap = float(MOTION.costs.diff(dim=0).abs().max())
    assert abs(float(drawn[1]) - float(truth)) < gap, "the plane's own cost under the step, straight between points"


def test_several_runs_lie_on_one_slice(chromium: Browser, paged: Callable[..., Path]) -> None:
    path = paged({"long": WALK, "short": trained(steps=20)[1]}, slices={"motion": MOTION})
    with opened(chromium, path) as page:
        come(page)
        assert page.locator("#cuts path.core").count() == 1 and page.locator("#cuts path.run").count() == 1
        assert (page.locator("#cuts path.run").first.get_attribute("stroke-dasharray") or "").strip()
        assert "other runs in dashes" in text(page, "#cuts .key")


def test_only_the_verdict_of_the_chosen_slice_is_shown(page: Page) -> None:
    assert "not-finite" in text(page, "#cuts .judged-cut:not([hidden])")
    assert page.locator("#cuts .judged-cut:visible").count() == 1
    choose(page, "start to end")
    assert "connected" in text(page, "#cuts .judged-cut:not([hidden])")
    assert "not-finite" not in text(page, "#cuts .judged-cut:not([hidden])")


# A line


def test_a_line_has_its_costs_its_band_and_what_the_run_had(chromium: Browser, paged: Callable[..., Path]) -> None:
    path = paged(WALK, slices={"line": replace(BETWEEN, intervals=0.1 * BETWEEN.costs)})
    with opened(chromium, path) as page:
        come(page)
        x, y = ticks(page, "middle", "x"), ticks(page, "end", "y")
        drawn = page.locator("#cuts .curve").get_attribute("d") or ""
        points = [[float(number) for number in pair.split()] for pair in re.split("[ML]", drawn)[1:]]
        expected = [
            [x(float(at)), y(float(cost))] for at, cost in zip(BETWEEN.coordinates[0], BETWEEN.costs, strict=True)
        ]
        assert [value for point in points for value in point] == pytest.approx(
            [value for point in expected for value in point], abs=0.11
        )
        assert (page.locator("#cuts .band").get_attribute("d") or "").count("L") == 2 * len(BETWEEN.costs) - 1
        recorded = page.locator("#cuts .recorded").get_attribute("d") or ""
        assert recorded.count("L") == len(WALK.steps) - 1
        first = [float(number) for number in re.split("[ML]", recorded)[1].split()]
        assert first == pytest.approx([x(0.0), y(WALK.steps[0].cost)], abs=0.11)
        assert not page.locator("#cuts canvas").is_visible()


# The spectrum


def test_eigenvalues_stand_where_they_are(page: Page) -> None:
    come(page, "#spectrum")
    marks = page.locator("#spectrum .grid text[text-anchor=middle]:not(.name)").all()
    at = [(read(mark.text_content() or ""), float(mark.get_attribute("x") or 0)) for mark in marks]
    unit = (at[-1][1] - at[0][1]) / (at[-1][0] - at[0][0])
    sticks = [float(line.get_attribute("x1") or 0) for line in page.locator("#spectrum .sticks line").all()]
    assert len(sticks) == len(CURVATURE.eigenvalues) == size(AT)
    found = torch.tensor([at[0][0] + (stick - at[0][1]) / unit for stick in sticks], dtype=torch.float64)
    assert float((found - CURVATURE.eigenvalues).abs().max()) < 0.2 / unit
    down = int((CURVATURE.eigenvalues < 0).sum())
    assert page.locator("#spectrum .sticks line.down").count() == down
    words = text(page, "#spectrum")
    assert CURVATURE.method in words and DENSITY.method in words and f"all {size(AT)} eigenvalues" in words
    assert page.locator("#spectrum path.curve").get_attribute("d") and page.locator("#spectrum .band").get_attribute(
        "d"
    )


def test_the_stable_limit_of_the_rate_stands_beside_them(chromium: Browser, paged: Callable[..., Path]) -> None:
    near = replace(WALK, steps=tuple(replace(step, learning_rate=1.9 / CURVATURE.sharpness) for step in WALK.steps))
    for run, seen in ((near, True), (WALK, 3 * CURVATURE.sharpness > 2 / 0.02)):
        with opened(chromium, paged(run, curvature=CURVATURE)) as page:
            come(page, "#spectrum")
            assert page.locator("#spectrum .limit-name").is_visible() == seen
            assert not page.locator("#spectrum path.curve").get_attribute("d"), "no density was given"


def test_a_lesson_has_neither(chromium: Browser, trial_page: Path) -> None:
    with opened(chromium, trial_page) as page:
        assert page.locator("#cuts").count() == 0 and not page.locator("#spectrum").is_visible()


# Other tools, other pages, other readers


def test_another_tools_slice_has_a_page(chromium: Browser, paged: Callable[..., Path], tmp_path: Path) -> None:
    import numpy as np

    np.save(tmp_path / "old.npy", RANDOM.costs[:16, :16].numpy())
    with opened(chromium, paged(WALK, slices=read_slice(tmp_path / "old.npy", by="loss-landscapes"))) as page:
        page.evaluate("steepest.set({look: 'contour'})")
        come(page)
        words = text(page, "#cuts")
        assert "no run can be laid on it" in words and "read from old.npy" in words and "16 NaN" in words
        assert page.locator("#cuts path.core").count() == 0 and page.locator("#cuts .model").count() == 0
        page.evaluate("steepest.go(5)")
        settle(page)


def test_a_walk_that_goes_on_in_the_page_is_not_taken_for_the_one_laid(
    chromium: Browser, paged: Callable[..., Path]
) -> None:
    cut = plane(TRIAL, at=RUN.end, along=("m", "b"), reach=((-2, 2), (-2, 4)), points=9)
    with opened(chromium, paged(RUN, cost=TRIAL, inputs=X, targets=Y, slices=cut)) as page:
        come(page)
        page.evaluate("steepest.set({rate: 0.03, at: 3})")
        settle(page)
        assert page.locator("#cuts path.core").count() == 1 and not page.locator("#cuts .now").first.is_visible()


def test_it_speaks_german(chromium: Browser, written: Path) -> None:
    with opened(chromium, written) as page:
        page.evaluate("steepest.set({language: 'de'})")
        come(page)
        assert text(page, "#cuts h2") == "Schnitte durch die Kosten" and "Dekaden daneben" in text(page, "#cuts .notes")
        come(page, "#spectrum")
        assert text(page, "#spectrum h2") == "Das Spektrum der Hesse-Matrix"


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (360, True)])
def test_everyone_can_use_it(chromium: Browser, written: Path, width: int, dark: bool) -> None:
    from axe_core_python.sync_playwright import Axe

    with opened(chromium, written, width=width, color_scheme="dark" if dark else "light") as page:
        come(page, "#spectrum")
        come(page)
        for name in SLICES:
            choose(page, name)
            for summary in page.locator(":is(#cuts, #spectrum) details > summary").all():
                summary.evaluate("summary => { summary.parentElement.open = true; }")
            settle(page)
            assert page.evaluate("document.documentElement.scrollWidth") == width
            found = Axe().run(page, "#cuts")
            serious = [
                f"{item['id']}: {[node['html'][:160] for node in item['nodes'][:4]]}"
                for item in found["violations"]
                if item["impact"] in ("serious", "critical")
            ]
            assert not serious, "\n".join(serious)


def test_numbers_stand_beside_each_picture(page: Page) -> None:
    page.locator("#cuts .sides > div:first-child > details > summary").first.click()
    until(page, "document.querySelector('#cuts table.numbers') !== null")
    rows = page.locator("#cuts table.numbers tbody tr")
    assert rows.count() == 7
    titles = [cell.get_attribute("title") or "" for cell in rows.last.locator("td").all()]
    assert_close(read(titles[0]), float(HOLED[0, 0]), CLOSED_FORM, "the corner, every digit of it")


def test_without_scripts_each_slice_is_a_picture(chromium: Browser, written: Path) -> None:
    world = chromium.new_context(java_script_enabled=False, offline=True)
    page = world.new_page()
    page.goto(written.as_uri())
    assert [page.locator("h2", has_text=f"{name}:").count() for name in SLICES] == [1, 1, 1]
    assert [page.locator("h3:visible", has_text=name).count() for name in SLICES] == [1, 1, 1]
    assert page.locator("noscript img").count() + page.locator("img").count() >= 4
    world.close()


def test_a_name_stays_a_word(chromium: Browser, paged: Callable[..., Path]) -> None:
    name = "</script><script>alert(1)</script>"
    cut = replace(MOTION, axes=(name, "W" * 300), about=name)
    with opened(chromium, paged(WALK, slices={name: cut, "W" * 300: cut}), width=360) as page:
        come(page)
        assert name in text(page, "#cuts .notes") and page.evaluate("document.documentElement.scrollWidth") == 360


def test_what_is_no_slice_is_refused(tmp_path: Path) -> None:
    wrong: Any = {"mine": RANDOM.costs}
    with pytest.raises(SteepestError, match="write_report: slice 'mine' is a Tensor"):
        write_report(tmp_path / "page.html", WALK, slices=wrong)
    wrong = [RANDOM]
    with pytest.raises(SteepestError, match=r"write_report: the slices are a list\. Give one slice"):
        write_report(tmp_path / "page.html", WALK, slices=wrong)


def test_nothing_but_holes_is_drawn_as_nothing(chromium: Browser, paged: Callable[..., Path]) -> None:
    empty: Tensor = torch.full_like(RANDOM.costs, math.nan)
    flat: Slice = replace(RANDOM, costs=torch.full_like(RANDOM.costs, 5.0))
    with opened(chromium, paged(WALK, slices={"empty": replace(RANDOM, costs=empty), "flat": flat})) as page:
        come(page)
        assert "357 NaN" in text(page, "#cuts .key")
        choose(page, "flat")
        assert "constant" in text(page, "#cuts .judged-cut:not([hidden])")
