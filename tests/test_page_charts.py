"""The page's charts: data and fit, cost curve, table of steps, comparing. Their numbers are those of Python."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from browser import opened, settle
from costs import START, X, Y, rosenbrock
from pictures import FLOOR, RUN, TRIAL
from playwright.sync_api import Browser, Locator, Page
from tolerances import CLOSED_FORM, assert_close

from steepest import vectors
from steepest.cost import Cost
from steepest.curvature import curvature_at, epochs_until
from steepest.descent import descend
from steepest.report.bundle import script
from steepest.report.thinning import chosen

DATA = {"cost": TRIAL, "inputs": X, "targets": Y}
FALL = curvature_at(TRIAL, START)
GRADIENT = TRIAL.value_and_gradient(TRIAL.params(START))[1]


AFRESH = """() => {
  steepest.set({start: Float64Array.from([0.9, 0.1]), rate: 0.01, epochs: 1001, frozen: [false, false],
    standardise: false, moved: [], at: 0, phase: 3, language: "en"});
  document.activeElement?.blur();
  document.querySelector("#curve .tabs button").click();
  for (const name of ["Show the whole walk, thinned", "Clear the lanes"])
    [...document.querySelectorAll("button")].find(one => one.textContent === name && !one.hidden)?.click();
}"""


@pytest.fixture(scope="module")
def one_page(chromium: Browser, trial_page: Path) -> Iterator[Page]:
    with opened(chromium, trial_page, reduced_motion="reduce") as page:
        yield page


@pytest.fixture
def trial(one_page: Page) -> Page:
    """The trial's page as it opens, the same for all tests: opening it takes longer than most of them."""
    one_page.evaluate("scrollTo(0, 0)")
    one_page.evaluate(AFRESH)
    settle(one_page)
    return one_page


def show(page: Page, changes: str) -> None:
    page.evaluate(f"() => {{ {changes} }}")
    settle(page)


def number(locator: Locator, name: str) -> float:
    return float(locator.get_attribute(name) or "nan")


def read(text: str) -> float:
    """A number as the page writes it."""
    raised = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    mantissa, _, power = text.replace("−", "-").replace("\u2009", "").partition(" × 10")
    return float(f"{mantissa}e{power.translate(raised) or 0}")


def drag(page: Page, what: Locator, across: float, up: float) -> None:
    box = what.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + across / 2, y - up / 2)
    page.mouse.move(x + across, y - up)
    page.mouse.up()
    settle(page)


def text(drawn: Locator) -> str:
    return drawn.text_content() or ""


def state(page: Page, what: str) -> Any:
    return page.evaluate(f"steepest.{what}")


def cost_of(m: float, b: float) -> float:
    return float((m * X + b - Y).square().mean())


def needs(rate: float, above: float) -> int | None:
    return epochs_until(FALL, GRADIENT, learning_rate=rate, above_minimum=above)


# Data and fit


def test_the_cost_is_the_mean_of_the_squares_that_are_drawn(trial: Page) -> None:
    for at, expected in ((0, 19.675475), (12, RUN.steps[12].cost), (1001, RUN.steps[-1].cost)):
        show(trial, f"steepest.go({at})")
        told = trial.locator("#fit .identity")
        roads = re.findall(r"[\d.]+(?:e[-−]\d+)?", (told.get_attribute("title") or "").split("Two")[0])
        for road in roads[:2]:
            assert_close(float(road.rstrip(".")), expected, 1e-10, f"cost at {at}")
        assert told.inner_text() == f"mean of the squares = cost {state(trial, 'step.cost'):.4g}"
        # Pixels: the areas, in the unit of the targets, have the same mean.
        squares = trial.locator("#fit .square").all()
        sizes = [(number(square, "width"), number(square, "height")) for square in squares]
        assert len(sizes) == 8 and all(width == height for width, height in sizes)
        sticks = trial.locator("#fit .stick:not(.thin)").all()
        assert sizes == [(abs(number(stick, "y1") - number(stick, "y2")),) * 2 for stick in sticks]
        dots = [number(dot, "cy") for dot in trial.locator("#fit circle.point").all()]
        unit = abs(dots[0] - dots[-1]) / float(Y[0] - Y[-1])
        assert_close(sum(width**2 for width, _ in sizes) / 8 / unit**2, expected, 1e-9, "mean area")
    show(trial, "steepest.set({at: 0, phase: 4})")
    assert trial.locator("#fit .identity").inner_text() == "mean of the squares = cost 8.572, after the adjustment"


@pytest.mark.parametrize("width", [360, 1440])
def test_squares_stay_inside_the_frame(chromium: Browser, trial_page: Path, width: int) -> None:
    with opened(chromium, trial_page, width=width) as page:
        frame = page.locator("#fit svg.frame").bounding_box()
        assert frame is not None
        for square in page.locator("#fit .square").all():
            box = square.bounding_box()
            assert box is not None and box["x"] >= frame["x"]
            assert box["x"] + box["width"] <= frame["x"] + frame["width"]
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_a_dragged_point_is_refitted_as_in_python(trial: Page) -> None:
    drag(trial, trial.locator("#fit .grip").nth(5), 20, 60)
    (moved,) = state(trial, "get('moved')")
    assert moved["row"] == 5 and moved["input"] > 5.2 and moved["target"] > 0.5
    x, y = X.clone(), Y.clone()
    x[5], y[5] = moved["input"], moved["target"]
    refit = Cost.least_squares(x[:, None], y, names=("m", "b"))
    run = descend(refit, START, learning_rate=0.01, epochs=1001)
    assert_close(
        torch.tensor(trial.evaluate("[...steepest.lowest]"), dtype=torch.float64),
        torch.stack([*refit.minimum.values()]),
        1e-12,
    )
    assert_close(state(trial, "walk.costs[0]"), run.steps[0].cost, CLOSED_FORM)
    assert_close(state(trial, "walk.costs.at(-1)"), run.steps[-1].cost, 1e-10)
    assert trial.locator("#fit .identity").inner_text().endswith(f"cost {run.steps[0].cost:.4g}")
    trial.get_by_role("button", name="Put the points back").click()
    settle(trial)
    assert state(trial, "walk.costs[0]") == pytest.approx(19.675475, rel=1e-14)
    assert not trial.get_by_role("button", name="Put the points back").is_visible()


def test_a_point_moves_by_keys(trial: Page) -> None:
    trial.locator("#fit .grip").nth(3).focus()
    trial.keyboard.press("ArrowUp")
    trial.keyboard.press("Shift+ArrowRight")
    settle(trial)
    (moved,) = state(trial, "get('moved')")
    assert moved["row"] == 3 and moved["target"] > 0.33 and 3.3 < moved["input"] < 3.5
    assert state(trial, "get('at')") == 0  # the page's own keys did not go on
    trial.keyboard.press("PageDown")
    assert trial.evaluate("document.activeElement.dataset.row") == "4"


def line(page: Page) -> tuple[float, float]:
    m, b = page.evaluate("[...steepest.inOwnUnits(steepest.get('start'))]")
    return m, b


def test_an_end_of_the_line_sets_the_start(trial: Page) -> None:
    show(trial, "steepest.go(9)")
    m, b = trial.evaluate("[...steepest.here]")
    handle = trial.locator("#fit .handle").nth(1)
    left, right = (number(trial.locator("#fit .handle").nth(side), "aria-valuenow") for side in (0, 1))
    drag(trial, handle, 0, 50)
    assert state(trial, "get('at')") == 0
    steeper, lower = line(trial)
    reach = (left - b) / m
    assert_close(steeper * reach + lower, left, CLOSED_FORM, "the other end")
    assert steeper > m and number(handle, "aria-valuenow") > right + 1
    assert_close(state(trial, "walk.costs[0]"), cost_of(steeper, lower), 1e-12)
    show(trial, "steepest.standardise(true)")
    handle.focus()
    trial.keyboard.press("ArrowDown")
    settle(trial)
    standard, _ = line(trial)
    assert standard < steeper
    assert_close(state(trial, "walk.costs[0]"), cost_of(*line(trial)), 1e-12)


def test_axes_stand_still_while_time_moves(trial: Page) -> None:
    places = "[...document.querySelectorAll('#fit .grid text, #curve .grid text')].map(text => text.textContent)"
    before = trial.evaluate(places)
    for at in (1, 30, 1001):
        show(trial, f"steepest.go({at})")
        assert trial.evaluate(places) == before
    show(trial, "steepest.set({rate: 0.06, at: 40})")
    told = text(trial.locator("#fit .edge"))
    assert told.startswith("Out of the picture: 8 of 8 estimates, up to 6") and told.endswith("; 8 squares")
    # Nearly upright, the line itself still crosses the frame; where it does not, it is said.
    show(trial, "steepest.set({rate: 0.01, at: 0, start: Float64Array.from([0, 50])})")
    show(trial, "steepest.set({start: Float64Array.from([0, -5000])})")
    assert "The line is below the picture: −5 000 at 3.500" in text(trial.locator("#fit .edge"))
    show(trial, "steepest.set({start: Float64Array.from([0.9, 0.1]), rate: 0.06, at: 40})")
    assert "leaves the picture" in text(trial.locator("#curve .edge"))
    trial.get_by_role("button", name="Show all of it").click()
    assert "leaves" not in text(trial.locator("#curve .edge"))
    show(trial, "steepest.set({rate: 1, at: 1000})")
    assert re.search(r"no number from epoch \d+ on", text(trial.locator("#curve .edge")))


def test_a_sample_says_so(chromium: Browser, paged: Callable[..., Path]) -> None:
    inputs = torch.linspace(-1, 1, 3000, dtype=torch.float64)[:, None]
    cost = Cost.least_squares(inputs, 2 * inputs[:, 0] + inputs[:, 0] ** 2, names=("w", "c"))
    run = descend(cost, {"w": 0.0, "c": 0.0}, learning_rate=0.1, epochs=20)
    path = paged(run, cost=cost, inputs=inputs, targets=2 * inputs[:, 0] + inputs[:, 0] ** 2)
    with opened(chromium, path, reduced_motion="reduce") as page:
        note = page.locator("#fit .note").inner_text().replace("\u2009", " ")
        assert "1 000 of 3 000 points drawn; the line, the cost and the walk are those of all." in note
        assert "one of 3 000" in note and "at most 30 points" in note
        assert page.locator("#fit .square").count() == 0
        # One point of 3,000 moved changes all of the cost by its own part.
        page.locator("#fit .grip").focus()
        page.keyboard.press("PageDown")
        page.keyboard.press("Shift+ArrowUp")
        settle(page)
        (moved,) = state(page, "get('moved')")
        old = page.evaluate(f"steepest.data.points.targets[{moved['row']}]")
        expected = run.steps[0].cost + (moved["target"] ** 2 - old**2) / 3000
        assert_close(state(page, "walk.costs[0]"), expected, CLOSED_FORM)


# Cost curve


def test_the_curve_is_scrubbed_by_hand_and_by_keys(trial: Page) -> None:
    box = trial.locator("#curve svg.frame").bounding_box()
    assert box is not None
    trial.mouse.move(box["x"] + box["width"] / 2, box["y"] + 60)
    trial.mouse.down()
    settle(trial)
    middle = state(trial, "get('at')")
    assert 400 < middle < 600
    trial.mouse.move(box["x"] + box["width"] - 2, box["y"] + 60)
    trial.mouse.up()
    settle(trial)
    assert state(trial, "get('at')") == 1001
    marker = trial.locator("#curve .marker")
    marker.focus()
    for key, expected in (("Home", 0), ("ArrowRight", 1), ("PageUp", 101), ("ArrowLeft", 100)):
        trial.keyboard.press(key)
        settle(trial)
        assert state(trial, "get('at')") == expected == number(marker, "aria-valuenow")
    assert "epoch 100: 0.3467" in text(trial.locator("#curve .told"))
    assert "lowest cost 0.01947" in text(trial.locator("#curve .floor-name"))
    trial.get_by_role("button", name="above the minimum").click()
    assert "halves in 119.9 epochs" in text(trial.locator("#curve .flat-name"))


def test_a_long_curve_keeps_its_extremes(trial: Page) -> None:
    """A walk of 100,000 epochs is a path of a few points a column, the highest and the lowest among them."""
    show(trial, "steepest.set({rate: 0.0549096, epochs: 100000})")
    path = trial.locator("#curve .costs").get_attribute("d") or ""
    heights = [float(pair.split()[1]) for pair in re.split("[ML]", path)[1:]]
    assert 500 < len(heights) < 4000
    floor = number(trial.locator("#curve .floor"), "y1")
    assert min(heights) < floor - 50


def test_costs_that_have_no_logarithm_are_drawn_linearly(chromium: Browser, paged: Callable[..., Path]) -> None:
    run = descend(Cost.from_function(lambda a, b: a**2 + b**2 - 1), {"a": 1.0, "b": 1.0}, learning_rate=0.1, epochs=9)
    with opened(chromium, paged(run)) as page:
        assert page.get_by_role("button", name="log", exact=True).is_disabled()
        assert page.get_by_role("button", name="linear").get_attribute("aria-pressed") == "true"
        assert page.locator("#fit").is_hidden() and page.locator("#compare").is_hidden()


# Table of steps


def epochs_of(page: Page) -> list[int]:
    texts = page.locator("#table tbody th").all_inner_texts()
    return [int(text.replace("\u2009", "")) for text in texts]


def test_the_table_is_thinned_as_in_python(trial: Page) -> None:
    assert epochs_of(trial) == [RUN.steps[index].epoch for index in chosen(RUN)]
    assert f"{len(chosen(RUN))} of 1\u2009002 steps" in trial.locator("#table .note").inner_text()
    row = trial.locator("#table tbody tr").nth(3)
    cells = [*map(read, row.locator("td").all_inner_texts())]
    step = RUN.steps[3]
    assert cells == pytest.approx(
        [step.cost, *map(float, step.params.values()), *map(float, step.gradient.values())], rel=5e-4
    )
    trial.get_by_role("button", name="Go to epoch 500").click()
    settle(trial)
    assert state(trial, "get('at')") == 500
    show(trial, "steepest.go(777)")
    assert 777 in epochs_of(trial) and trial.locator("#table [aria-current]").count() == 1
    show(trial, "steepest.go(778)")
    assert 777 not in epochs_of(trial) and epochs_of(trial) == sorted(epochs_of(trial))


def test_every_step_can_be_read(trial: Page) -> None:
    show(trial, "steepest.go(960)")
    trial.get_by_role("button", name="Show every step from here").click()
    assert epochs_of(trial) == [*range(960, 985)]
    trial.get_by_role("button", name="25 after").click()
    assert epochs_of(trial) == [*range(985, 1002)] and trial.get_by_role("button", name="25 after").is_disabled()
    trial.get_by_role("button", name="25 before").click()
    assert epochs_of(trial) == [*range(960, 985)]
    trial.get_by_role("button", name="thinned").click()
    assert len(epochs_of(trial)) == len(chosen(RUN)) + 1


def test_a_diverged_walk_shows_the_first_step_that_is_no_number(chromium: Browser, paged: Callable[..., Path]) -> None:
    run = descend(TRIAL, START, learning_rate=1.0, epochs=400)
    with opened(chromium, paged(run, **DATA)) as page:
        assert epochs_of(page) == [run.steps[index].epoch for index in chosen(run)]


def test_of_a_huge_model_costs_and_lengths_are_shown(chromium: Browser, paged: Callable[..., Path]) -> None:
    inputs = torch.sin(torch.arange(900.0, dtype=torch.float64)).reshape(3, 300)
    cost = Cost.least_squares(inputs, inputs.sum(1))
    run = descend(cost, cost.zeros(), learning_rate=0.001, epochs=30)
    with opened(chromium, paged(run)) as page:
        assert page.locator("#table thead th").all_inner_texts() == ["epoch", "cost", "length of the gradient"]
        cells = [*map(read, page.locator("#table tbody tr").nth(7).locator("td").all_inner_texts())]
        assert cells == pytest.approx([run.steps[7].cost, float(vectors.norm(run.steps[7].gradient))], rel=5e-4)
        assert page.locator("#fit").is_hidden() and page.locator("#curve .costs").get_attribute("d")


# Comparing


def test_the_curve_of_rates_counts_as_python_does(trial: Page) -> None:
    trial.locator("#compare-rates details").evaluate("details => { details.open = true; }")
    golden = {0.01: 601, 0.02: 300, 0.03: 200, 0.05: 119, 0.053: 112, 0.054: 148}
    height = 19.675475 - FLOOR
    rows: dict[str, str] = {}
    for choice, above in (("absolute", 1e-3), ("share", 1e-3 * height)):
        trial.locator("#compare-rates select").select_option(choice)
        for rate in (*golden, 0.0003, 0.055):
            show(trial, f"steepest.set({{rate: {rate}}})")
            rows = dict(
                trial.locator("#compare-rates tbody tr").evaluate_all(
                    "rows => rows.map(row => [row.children[0].textContent, row.children[1].textContent])"
                )
            )
            shown, expected = rows[f"{rate:g}"].replace("\u2009", ""), needs(rate, above)
            assert shown == ("never" if expected is None else str(expected)), (choice, rate)
            if choice == "absolute" and rate in golden:
                assert int(shown) == golden[rate]
        for shown, epochs in rows.items():
            expected = needs(float(shown), above)
            assert epochs.replace("\u2009", "") == ("never" if expected is None else str(expected))
    best = re.search(r"Best, ([\d.]+): (\d+) epochs", trial.locator("#compare-rates").inner_text())
    assert best is not None and needs(float(best[1]), 1e-3 * height) == int(best[2])
    assert int(best[2]) <= min(needs(k / 10_000, 1e-3 * height) or 10**9 for k in range(1, 549))


def test_the_dot_sets_the_rate(trial: Page) -> None:
    dot = trial.locator("#compare-rates .marker")
    dot.focus()
    trial.keyboard.press("ArrowRight")
    settle(trial)
    assert state(trial, "get('rate')") == 0.0102
    dot.scroll_into_view_if_needed()
    drag(trial, dot, 60, 0)
    assert 0.014 < state(trial, "get('rate')") < 0.03
    show(trial, "steepest.set({rate: 0.06})")
    assert "never" in (dot.get_attribute("aria-valuetext") or "")
    show(trial, "steepest.set({start: Float64Array.from(steepest.lowest)})")
    assert "there already" in trial.locator("#compare-rates").inner_text()


def test_a_race_is_won_by_who_needs_the_fewest_epochs(trial: Page) -> None:
    trial.get_by_role("button", name="Race four rates").click()
    rows = trial.locator("#compare-race tbody tr")
    height = 19.675475 - FLOOR
    limit = FALL.learning_rate_limit or 0.0
    rates = sorted((0.01, limit / 2, 0.9 * limit), key=lambda rate: needs(float(f"{rate:.4g}"), 1e-3 * height) or 10**9)
    assert rows.count() == 4
    for row, rate in zip(rows.all(), [*rates, 1.02 * limit], strict=True):
        cells = row.locator("td").all_inner_texts()
        expected = needs(float(f"{rate:.4g}"), 1e-3 * height)
        assert cells[1] == f"{float(f'{rate:.4g}'):g}"
        assert cells[3] == ("never" if expected is None else str(expected))
        run = descend(TRIAL, START, learning_rate=float(f"{rate:.4g}"), epochs=1001)
        assert read(cells[4]) == pytest.approx(run.steps[-1].cost, rel=5e-4)
    show(trial, "steepest.standardise(true); steepest.set({rate: 0.5})")
    trial.get_by_role("button", name="Add this descent").click()
    assert rows.first.locator("td").all_inner_texts()[3:5] == ["yes", "1"]
    rows.first.get_by_role("button", name="Remove").click()
    rows.first.get_by_role("button", name="Show").click()
    settle(trial)
    assert state(trial, "get('standardise')") is False
    assert state(trial, "get('rate')") == pytest.approx(0.9 * limit, rel=1e-4)


def test_of_several_runs_one_is_shown(chromium: Browser, paged: Callable[..., Path]) -> None:
    runs = {f"at {rate}": descend(TRIAL, START, learning_rate=rate, epochs=200) for rate in (0.01, 0.05)}
    with opened(chromium, paged(runs, **DATA)) as page:
        assert page.locator("#curve .other").count() == 1
        cells = page.locator("#compare-runs tbody tr").nth(1).locator("td").all_inner_texts()
        height = 19.675475 - FLOOR
        assert cells[-1] == str(needs(0.05, 1e-3 * height))
        page.get_by_role("radio", name="Show the run at 0.05").check()
        settle(page)
        assert state(page, "get('rate')") == 0.05
        assert_close(state(page, "walk.costs.at(-1)"), runs["at 0.05"].steps[-1].cost, 1e-10)


def test_a_replay_compares_what_was_recorded(chromium: Browser, paged: Callable[..., Path]) -> None:
    cost = rosenbrock()
    runs = {
        name: descend(cost, {"x": -1.0, "y": 1.0}, learning_rate=rate, epochs=600)
        for name, rate in (("slow", 0.0005), ("fast", 0.001))
    }
    with opened(chromium, paged(runs, cost=cost)) as page:
        assert page.locator("#compare-race").count() == 0
        page.get_by_role("radio", name="Show the run fast").check()
        settle(page)
        assert_close(state(page, "walk.costs.at(-1)"), runs["fast"].steps[-1].cost, CLOSED_FORM)
        assert "recorded" in page.locator("#table .note").inner_text()


# Words


def test_all_of_it_is_said_in_german(trial: Page) -> None:
    show(trial, "steepest.set({language: 'de'})")
    assert trial.locator("#fit h2").inner_text() == "Daten und Anpassung"
    assert trial.locator("#compare h2").inner_text() == "Vergleichen"


def test_no_string_of_the_charts_is_missing_or_idle() -> None:
    text = script()
    words = text[text.index("const CHARTS") : text.index("return { CHARTS }")]
    keys = re.findall(r'^\s+"([\w.]+)": \{', words, re.MULTILINE)
    assert len(keys) > 80 and len({*keys}) == len(keys)
    assert len(re.findall(r"\sen: ", words)) == len(re.findall(r"\sde: ", words)) == len(keys)
    rest = text.replace(words, "")
    made = (
        "rates.share",
        "rates.absolute",
        "curve.log",
        "curve.linear",
        "curve.above",
        "race.show_lane",
        "race.remove_lane",
    )
    for key in keys:
        assert f'"{key}"' in rest or key in made, key
