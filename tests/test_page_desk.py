"""The desk of the page: title, verdict, transport, learning rate and settings do what they say."""

from collections.abc import Callable
from pathlib import Path

import pytest
from browser import opened, settle, until
from costs import START, rosenbrock
from pictures import FLOOR, TRIAL
from playwright.sync_api import Browser, Page

from steepest.curvature import curvature_at, epochs_until
from steepest.descent import descend
from steepest.diagnosis import diagnose

WORDS = {
    "settled": "converges",
    "descending": "converges",
    "crawling": "crawls",
    "zigzag": "zigzags",
    "diverging": "diverges",
}


def set_state(page: Page, changes: str) -> None:
    page.evaluate(f"steepest.set({changes})")
    settle(page)


def text(page: Page, place: str) -> str:
    return page.locator(place).inner_text()


def test_the_live_verdict_is_that_of_the_diagnosis(chromium: Browser, trial_page: Path) -> None:
    curvature = curvature_at(TRIAL, START)
    limit = curvature.learning_rate_limit or 0.0
    with opened(chromium, trial_page) as page:
        seen: set[str] = set()
        for share in (0.005, 0.1, 0.18, 0.3, 0.5, 0.64, 0.7, 0.9, 0.98, 1.001, 1.1, 2.0):
            for epochs in (30, 300, 3000):
                run = descend(TRIAL, START, learning_rate=share * limit, epochs=epochs)
                rules = [finding.rule for finding in diagnose(run, curvature=curvature)]
                expected = "zigzags" if "zigzag" in rules and "descending" in rules else WORDS[rules[0]]
                set_state(page, f"{{rate: {share * limit!r}, epochs: {epochs}}}")
                assert text(page, ".judged strong") == expected, (share, epochs, rules)
                seen.add(expected)
        assert seen == set(WORDS.values())


def test_the_verdict_has_the_numbers_that_prove_it(chromium: Browser, trial_page: Path) -> None:
    curvature = curvature_at(TRIAL, START)
    gradient = TRIAL.value_and_gradient(TRIAL.params(START))[1]
    needed = epochs_until(
        curvature, gradient, learning_rate=curvature.best_learning_rate or 0.0, above_minimum=1e-3 * (19.675475 - FLOOR)
    )
    with opened(chromium, trial_page) as page:
        assert "halves in 119.9 epochs" in text(page, ".judged")
        page.locator(".why summary").click()
        proof = text(page, ".why")
        for number in ("36.42", "0.05491", "0.3642", "0.6358", "0.5766", "63.17", "0.05405", f"takes {needed} epochs"):
            assert number in proof, number
        set_state(page, "{rate: 0.06}")
        assert text(page, ".judged").startswith("diverges") and "by 1.185" in text(page, ".judged")


def test_the_transport_steps_through_phases_and_epochs(chromium: Browser, trial_page: Path) -> None:
    with opened(chromium, trial_page) as page:
        where = "[steepest.get('at'), steepest.get('phase'), steepest.stale]"
        page.get_by_role("button", name="On one phase").click()
        assert page.evaluate(where) == [0, 4, True]
        assert page.evaluate("[...steepest.here]") == pytest.approx([0.53695, 0.03735], rel=1e-14)
        page.get_by_role("button", name="On one phase").click()
        assert page.evaluate(where) == [1, 1, False]
        page.get_by_role("button", name="Back one phase").click()
        assert page.evaluate(where) == [0, 4, True]
        page.get_by_role("button", name="One whole step").click()
        assert page.evaluate(where) == [1, 4, True]
        page.get_by_role("button", name="To the end").click()
        settle(page)
        assert page.evaluate(where) == [1001, 3, False] and "epoch 1\u2009001 of 1\u2009001" in text(page, ".epoch")
        page.get_by_role("button", name="To the start").click()
        slider = page.get_by_role("slider", name="Epoch", exact=True)
        slider.focus()
        slider.press("ArrowRight")
        assert page.evaluate(where) == [1, 3, False]


def test_play_goes_on_by_itself_and_stops_at_the_end(chromium: Browser, trial_page: Path) -> None:
    with opened(chromium, trial_page) as page:
        set_state(page, "{epochs: 30, speed: 240}")
        page.get_by_role("button", name="Play").click()
        until(page, "steepest.get('at') === 30 && !steepest.get('playing')")
        page.get_by_role("button", name="Play").click()  # again, from the start
        until(page, "!steepest.get('playing')")
        set_state(page, "{predicting: true, guessed: false}")
        assert page.get_by_role("button", name="Play").is_disabled()


def test_the_rate_moves_the_walk(chromium: Browser, trial_page: Path) -> None:
    with opened(chromium, trial_page) as page:
        page.get_by_role("spinbutton", name="Learning rate, exactly").fill("0.053")
        page.keyboard.press("Enter")
        settle(page)
        run = descend(TRIAL, START, learning_rate=0.053, epochs=1001)
        assert page.evaluate("steepest.walk.costs[100]") == pytest.approx(run.steps[100].cost, rel=1e-12)
        page.get_by_role("button", name="Best rate").click()
        assert page.evaluate("steepest.get('rate')") == pytest.approx(curvature_at(TRIAL, START).best_learning_rate)
        slider = page.get_by_role("slider", name="Learning rate", exact=True)
        before = page.evaluate("steepest.get('rate')")
        slider.focus()
        slider.press("ArrowLeft")
        after = page.evaluate("steepest.get('rate')")
        assert 0.99 < after / before < 1
        assert "limit 0.05491" in text(page, ".cliff-mark")


def test_start_frozen_and_units_are_set_by_hand(chromium: Browser, trial_page: Path) -> None:
    with opened(chromium, trial_page) as page:
        page.get_by_label("start m").fill("0.5")
        page.keyboard.press("Enter")
        page.get_by_label("hold b").check()
        settle(page)
        assert page.evaluate("[...steepest.walk.params.slice(0, 2)]") == [0.5, 0.1]
        assert page.evaluate("steepest.here[1]") == 0.1 and page.evaluate("steepest.modes.values.length") == 1
        # Of one parameter, the floor is that of the slice: b stays 0.1.
        slope = page.evaluate("steepest.lowest[0]")
        assert float(TRIAL.value_and_gradient(TRIAL.params({"m": slope, "b": 0.1}))[1]["m"]) == pytest.approx(
            0, abs=1e-9
        )
        page.get_by_label("hold b").uncheck()
        page.get_by_label("standardise").check()
        settle(page)
        assert page.evaluate("steepest.limit") == pytest.approx(1.0)
        page.get_by_role("button", name="As recorded").click()
        settle(page)
        assert page.evaluate("[...steepest.get('start'), steepest.get('rate')]") == [0.9, 0.1, 0.01]
        page.get_by_label("language").select_option("de")
        settle(page)
        assert text(page, ".judged strong") == "kriecht" and page.locator("html").get_attribute("lang") == "de"


def test_a_replay_says_so(chromium: Browser, paged: Callable[..., Path]) -> None:
    cost = rosenbrock()
    run = descend(cost, {"x": -1.0, "y": 1.0}, learning_rate=0.001, epochs=500)
    with opened(chromium, paged(run, cost=cost)) as page:
        assert page.locator("#rate").is_hidden() and page.get_by_label("start x").count() == 0
        page.locator(".why summary").click()
        assert "played back" in text(page, ".why")
        page.get_by_role("button", name="To the end").click()
        settle(page)
        assert page.evaluate("steepest.step.cost") == run.steps[-1].cost
