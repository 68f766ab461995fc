"""What the page offers a class: taps in the fog, guesses, links, presenting, export, keys, checks."""

import csv
import io
import itertools
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from browser import opened, settle, until
from costs import START, X, Y
from pictures import RUN, TRIAL
from PIL import Image
from playwright.sync_api import Browser, Page

from steepest.cost import Cost
from steepest.descent import descend
from steepest.trajectory import Trajectory

CHANGES = {"E": 0.36480, "W": -0.36130, "N": 0.06275, "S": -0.06255, "SW": -0.29974, "SE": 0.21299}
"""Of the cost of the clinical trial at m = 0.9, b = 0.1, after a tap of 0.01."""

NOW = """() => { const {settings: s} = steepest; return {...s, start: [...s.start]}; }"""


def shown(page: Page, script: str) -> Any:
    """Change the state, and wait until it is shown; give what the script gives."""
    found = page.evaluate(script)
    settle(page)
    return found


def value(page: Page, selector: str) -> float:
    return float(page.locator(selector).get_attribute("data-value") or "nan")


def saved(page: Page, name: str) -> Path:
    """Take one thing home."""
    with page.expect_download(timeout=20_000) as waiting:
        page.locator(f'[data-export="{name}"]').click()
    return waiting.value.path()


def test_taps_are_finite_differences_and_are_paid_for(chromium: Browser, trial_page: Path) -> None:
    with opened(chromium, trial_page) as page:
        assert not page.locator("#fog .rose").is_visible()
        page.locator("#fog input[type=checkbox]").check()
        settle(page)
        for paid, (way, change) in enumerate(CHANGES.items(), start=2):
            page.locator(f'[data-way="{way}"]').press("Enter")
            settle(page)
            assert value(page, f'[data-way="{way}"]') == pytest.approx(change, abs=5e-6)
            assert value(page, '[data-fact="forward"]') == paid
        page.locator('[data-act="reveal"]').click()
        settle(page)
        assert value(page, '[data-fact="backward"]') == 1
        # Of a bowl, central differences are the slopes themselves.
        for fact in ("gradient", "slopes"):
            numbers = (page.locator(f'[data-fact="{fact}"]').get_attribute("data-value") or "").split(",")
            assert [*map(float, numbers)] == pytest.approx([36.305, 6.265], abs=1e-9)

        page.locator("#fog details summary").click()
        page.locator("#fog details button").click()
        settle(page)
        angles = [float(cell) for cell in page.locator("#fog tbody td:nth-child(4)").evaluate_all(
            "cells => cells.map(cell => cell.title)"
        )]  # fmt: skip
        for wide, narrow in itertools.pairwise(angles):
            assert narrow < 0.2 * wide, "the arrow from taps turns to the gradient as the taps get shorter"
        assert angles[0] == pytest.approx(math.degrees(math.atan2(6.265, 36.305) - math.atan2(6.365, 38.055)), abs=1e-6)

        page.locator('[data-act="along"]').click()
        settle(page)
        assert page.evaluate("[...steepest.get('start')]") == pytest.approx([0.53695, 0.03735], abs=1e-9)
        page.locator('[data-act="reset"]').click()
        settle(page)
        assert page.evaluate("[...steepest.get('start'), steepest.get('taps').length]") == [0.9, 0.1, 0]


def test_the_hike_ends_in_the_valley_or_says_that_it_is_not_lowest(chromium: Browser, trial_page: Path) -> None:
    with opened(chromium, trial_page) as page:
        shown(page, "steepest.set({fog: true, start: Float64Array.from([-0.3, 1.0])})")
        page.locator("#fog select").select_option("0.1")
        page.evaluate("""() => {
          const press = (act) => { document.querySelector(`[data-act=${act}]`).click(); steepest.flush(); };
          for (let k = 0; k < 60; k++) {
            press("around");
            if (document.querySelector("[data-act=best]").disabled) return;
            press("best");
          }
        }""")
        settle(page)
        assert "No tap is lower" in page.locator("#fog .said").inner_text()
        cost = page.evaluate("steepest.step.cost - steepest.floor")
        assert ("not lowest" in page.locator("#fog .said").inner_text()) == (cost > 1e-2)
        shown(page, "steepest.set({start: steepest.lowest.map((value, i) => value + 0.001 * i), taps: []})")
        page.locator('[data-act="around"]').click()
        settle(page)
        assert "In the valley" in page.locator("#fog .said").inner_text()


def test_nothing_runs_before_a_guess_and_the_reason_has_its_number(chromium: Browser, trial_page: Path) -> None:
    with opened(chromium, trial_page) as page:
        page.locator("#predict input[type=checkbox]").check()
        settle(page)
        page.keyboard.press("End")
        assert page.evaluate("[steepest.get('guessed'), steepest.get('at')]") == [False, 0]
        assert not page.locator("#head .judged").is_visible(), "the verdict would give it away"
        for rate, fate, number in (
            (0.01, "crawls", "0.3642"),
            (0.053, "zigzags", "1.930"),
            (0.06, "diverges", "2.185"),
        ):
            shown(page, f"steepest.set({{rate: {rate}}})")
            assert page.evaluate("steepest.get('guessed')") is False
            page.locator(f'[data-fate="{fate}"]').click()
            settle(page)
            assert page.evaluate("steepest.get('guessed')") is True
            assert page.locator("#head .judged").is_visible()
            first = page.locator(".guesses li").first
            assert first.get_attribute("class") == "right" and number in first.inner_text()
        shown(page, "steepest.set({rate: 0.01})")
        page.locator('[data-way="1:1"]').click()  # b goes down, by 0.01 times 6.265
        assert page.locator(".guesses li").first.get_attribute("class") == "wrong"
        page.locator("#predict input[type=number]").fill("8.6")
        page.locator("#predict form button").click()
        first = page.locator(".guesses li").first
        assert first.get_attribute("class") == "right" and "8.572" in first.inner_text()
        assert "4 of 5" in page.locator("#predict .score").inner_text()


LINKED = """steepest.set({rate: 0.05, epochs: 77, start: Float64Array.from([1 / 3, -1e-7]), at: 12, phase: 2,
  frozen: [false, true], moved: [{row: 3, input: 2.5, target: -0.125}], look: "contour", height: "log", speed: 60,
  camera: {turn: 0.25, tilt: 1.1}, trilobite: false, fog: true, backward: 2, language: "de", hidden: ["rate", "table"],
  taps: [{params: [0.1, 0.2], cost: 0}, {params: [1 / 7, 1e-9], cost: 0}]})"""


def test_a_link_brings_the_same_state_back(chromium: Browser, trial_page: Path) -> None:
    with opened(chromium, trial_page) as page:
        assert page.evaluate("location.hash") == ""
        page.evaluate(LINKED)
        until(page, "location.hash.includes('look=contour')")
        link, before = page.evaluate("location.href"), page.evaluate(NOW)
    assert "#m=0.3333333333333333&b=-1e-7" in link and "hide=rate,table" in link
    with opened(chromium, trial_page) as page:
        page.goto(link)
        page.reload()
        until(page, "document.documentElement.classList.contains('ready')")
        settle(page)
        after = page.evaluate(NOW)
        # The costs felt are computed again: a link cannot lie about them.
        for tap in before["taps"] + after["taps"]:
            del tap["cost"]
        assert after == before
        assert not page.locator("#rate").is_visible() and not page.locator("#table").is_visible()
        assert page.locator("html").get_attribute("lang") == "de"
        page.locator("#share summary").click()
        page.locator('[data-hides="rate"]').uncheck()
        settle(page)
        until(page, "location.hash.includes('hide=table')")
        assert page.locator("#rate").is_visible()
        page.evaluate("location.hash = '#rate=0.02'")
        until(page, "steepest.get('rate') === 0.02")
        settle(page)
        assert page.evaluate("steepest.get('look')") == "surface" and page.locator("#rate").is_visible()


def test_a_hostile_address_is_left_out_and_said(chromium: Browser, trial_page: Path) -> None:
    bad = (
        "rate=1e999&at=-5&look=<script>&m=NaN&b=0x10&epochs=1e9&phase=5&pair=0,0&frozen=q&camera=1&speed=0&run=7"
        "&moved=9:1:1&taps=1:2:3&fog=yes&language=xx&hide=body,rate&standardise=2&__proto__=1&constructor=1&%E0%A4%A"
    )
    with opened(chromium, trial_page) as page:
        before = page.evaluate(NOW)
        page.goto(f"{trial_page.as_uri()}#{bad}")
        page.reload()
        until(page, "document.documentElement.classList.contains('ready')")
        settle(page)
        assert page.evaluate(NOW) == before | {"hidden": ["rate"]}
        ignored = page.locator("#share p[role=status]").inner_text()
        for part in ("rate=1e999", "at=-5", "look=", "hide=body", "__proto__=1"):
            assert part in ignored
        assert page.locator("script").count() == 3


def test_presenting_shows_the_desk_alone_and_larger(chromium: Browser, trial_page: Path) -> None:
    with opened(chromium, trial_page) as page:
        tall = "document.querySelector('#fit h2').getBoundingClientRect().height"
        before = page.evaluate(tall)
        page.keyboard.press("p")
        settle(page)
        assert page.evaluate(tall) == pytest.approx(before * 4 / 3, rel=0.1)
        assert page.locator("#fit").is_visible() and not page.locator("#settings").is_visible()
        page.keyboard.press("Space")
        settle(page)
        assert page.evaluate("[steepest.get('at'), steepest.get('phase'), steepest.get('playing')]") == [0, 4, False]
        page.keyboard.press("Escape")
        settle(page)
        assert page.locator("#settings").is_visible()


def test_every_key_does_what_the_panel_says(chromium: Browser, trial_page: Path) -> None:
    with opened(chromium, trial_page) as page:
        page.keyboard.press("?")
        assert page.locator("dialog.keys").is_visible()
        listed = page.locator("dialog.keys kbd").all_inner_texts()
        page.keyboard.press("f")
        page.keyboard.press("?")
        assert not page.locator("dialog.keys").is_visible()
        done = {
            "Space": ("Space", "steepest.get('playing')", True),
            "→": ("ArrowRight", "[steepest.get('at'), steepest.get('phase')]", [0, 4]),
            "←": ("ArrowLeft", "[steepest.get('at'), steepest.get('phase')]", [0, 3]),
            "Shift →": ("Shift+ArrowRight", "steepest.get('at')", 1),
            "Shift ←": ("Shift+ArrowLeft", "steepest.get('at')", 0),
            "End": ("End", "steepest.get('at')", 1001),
            "Home": ("Home", "steepest.get('at')", 0),
            "+": ("+", "steepest.get('rate')", 0.011),
            "−": ("-", "steepest.get('rate')", 0.01),
            "2": ("2", "steepest.get('look')", "contour"),
            "3": ("3", "steepest.get('look')", "slices"),
            "1": ("1", "steepest.get('look')", "surface"),
            "F": ("f", "steepest.get('fog')", True),
            "T": ("t", "steepest.get('trilobite')", False),
            "L": ("l", "steepest.get('language')", "de"),
            "P": ("p", "steepest.get('presenting')", True),
            "Esc": ("Escape", "steepest.get('presenting')", False),
        }
        assert {*listed} == {*done, "?"}
        for key, asked, expected in done.values():
            page.keyboard.press(key)
            assert page.evaluate(asked) == expected, key
            if key == "Space":
                shown(page, "steepest.set({playing: false}); steepest.go(0)")
        settle(page)
        # What is typed is typed, and a button keeps its space.
        shown(page, "steepest.set({predicting: true})")
        field = page.locator("#predict input[type=number]")
        field.press("1")
        field.press("f")
        page.locator('[data-fate="crawls"]').press("Space")
        assert page.evaluate("[steepest.get('fog'), steepest.get('look'), steepest.get('playing')]") == [
            True, "surface", False,
        ]  # fmt: skip


def test_the_walk_is_taken_home_digit_for_digit(chromium: Browser, trial_page: Path) -> None:
    with opened(chromium, trial_page, accept_downloads=True) as page:
        text = saved(page, "csv").read_bytes().decode()
        rows = [*csv.reader(io.StringIO(text, newline=""))]
        assert rows[0] == ["epoch", "cost", "m", "b", "slope of m", "slope of b"] and text.count("\r\n") == len(rows)
        walked = np.array([
            [step.epoch, step.cost, *(float(step.params[n]) for n in "mb"), *(float(step.gradient[n]) for n in "mb")]
            for step in RUN.steps
        ])  # fmt: skip
        np.testing.assert_allclose(np.array(rows[1:], dtype=float), walked, rtol=1e-11, atol=1e-12)
        assert float(rows[5][1]) == page.evaluate("steepest.walk.costs[4]")

        shown(page, "steepest.go(12)")
        told = json.loads(saved(page, "json").read_text(encoding="utf-8"))
        assert told["settings"]["start"] == [0.9, 0.1] and told["step"]["epoch"] == 12
        assert told["link"] == "#at=12" and told["not_finite"] == {}


def test_names_cannot_run_in_a_spreadsheet(chromium: Browser, paged: Callable[..., Path]) -> None:
    names = ['=cmd|"/c calc"!A1', "a,b", "predict.fate"]
    inputs = torch.arange(12.0, dtype=torch.float64).reshape(6, 2).sin()
    cost = Cost.least_squares(inputs, inputs.sum(1), names=names)
    run = descend(cost, dict.fromkeys(names, 0.0), learning_rate=0.1, epochs=3)
    path = paged(run, cost=cost, inputs=inputs, targets=inputs.sum(1), x_name=names[:2])
    with opened(chromium, path, accept_downloads=True) as page:
        head = saved(page, "csv").read_bytes().decode().split("\r\n")[0]
        assert next(csv.reader([head]))[2:5] == ["'" + names[0], *names[1:]]
        shown(page, "steepest.set({predicting: true, pair: [0, 2], start: Float64Array.from([1, 2, 3])})")
        page.locator('[data-way="1:1"]').click()
        settle(page)
        until(page, "location.hash.startsWith('#p0=1&p1=2&p2=3')")


def test_pictures_stand_alone_on_white_paper(chromium: Browser, trial_page: Path) -> None:
    with opened(chromium, trial_page, accept_downloads=True, color_scheme="dark") as page:
        text = saved(page, "curve.svg").read_text(encoding="utf-8")
        assert 'fill="#fff"' in text and "var(--" not in text and "class=" not in text
        assert "rgb(92, 96, 102)" in text, "the faint ink of the light page"
        assert "--ink" not in (page.locator("html").get_attribute("style") or "")
        assert "data:image/png" in saved(page, "landscape.svg").read_text(encoding="utf-8")
        with Image.open(saved(page, "landscape.png")) as image:
            box = page.locator("#landscape canvas").bounding_box()
            assert box and abs(image.width - 2 * box["width"]) <= 2
            assert image.getpixel((0, 0)) == (255, 255, 255, 255)
            assert len(image.convert("RGB").resize((200, 200)).getcolors(40_000) or []) > 200


def test_the_film_has_sixty_frames_and_can_be_stopped(chromium: Browser, trial_page: Path) -> None:
    with opened(chromium, trial_page, accept_downloads=True) as page:
        shown(page, "steepest.set({look: 'contour', at: 7})")
        page.wait_for_timeout(300)
        started = page.evaluate("performance.now()")
        path = saved(page, "gif")
        assert page.evaluate("performance.now()") - started < 10_000
        with Image.open(path) as film:
            assert film.n_frames == 60 and film.width <= 481  # pyright: ignore[reportAttributeAccessIssue]
            first = film.convert("RGB").tobytes()
            film.seek(59)
            last = film.convert("RGB").tobytes()
        assert first != last
        assert page.evaluate("steepest.get('at')") == 7
        page.locator('[data-export="gif"]').click()
        page.locator("#export progress + button").click()
        until(page, "document.querySelector('#export p[role=status]').textContent.startsWith('Stopped')")


def apart(page: Page) -> dict[str, float]:
    return page.evaluate(
        "() => Object.fromEntries([...document.querySelectorAll('#checks tr[data-check]:not([hidden])')]"
        ".map(row => [row.dataset.check, Number(row.dataset.apart)]))"
    )


def test_every_number_is_reached_by_two_roads(chromium: Browser, trial_page: Path) -> None:
    with opened(chromium, trial_page) as page:
        found = apart(page)
        assert {*found} == {f"check.{name}" for name in (
            "walk_cost", "walk_params", "cost", "tapped", "mean", "floor", "residual", "sharpness",
        )}  # fmt: skip
        assert max(found.values()) < 1e-11
        assert page.locator("#checks tr.bad").count() == 0
        for script in ("steepest.go(1001)", "steepest.standardise(true)", "steepest.set({frozen: [false, true]})"):
            shown(page, script)
            assert page.locator("#checks tr.bad:not([hidden])").count() == 0, script
        # A check that cannot fail is decoration: here the bowl is bent behind its back.
        shown(page, "steepest.bowl.matrix[0] *= 1 + 1e-9; steepest.set({rate: 0.02}); steepest.go(0)")
        assert page.locator("#checks tr.bad:not([hidden])").count() > 0


def test_a_replay_is_held_against_itself(chromium: Browser, paged: Callable[..., Path]) -> None:
    cost = Cost.from_function(lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2, dtype=torch.float64)
    run: Trajectory = descend(cost, {"x": -1.0, "y": 1.0}, learning_rate=0.001, epochs=300)
    with opened(chromium, paged(run, cost=cost)) as page:
        assert {*apart(page)} == {"check.adjusted", "check.length", "check.fall"}
        assert page.locator("#checks tr.bad").count() == 0
        for section in ("fog", "predict"):
            assert not page.locator(f"#{section}").is_visible()
        page.keyboard.press("f")
        page.keyboard.press("End")
        assert page.evaluate("[steepest.get('fog'), steepest.get('at')]") == [
            False,
            page.evaluate("steepest.walk.count - 1"),
        ]


def test_the_trial_that_is_tapped_is_the_trial() -> None:
    here = {name: torch.tensor(value, dtype=torch.float64) for name, value in START.items()}
    cost = float(TRIAL.value(here))
    for way, (east, north) in {"E": (1, 0), "N": (0, 1), "SW": (-1, -1), "SE": (1, -1)}.items():
        long = 0.01 / math.hypot(east, north)
        there = {"m": here["m"] + east * long, "b": here["b"] + north * long}
        assert float(TRIAL.value(there)) - cost == pytest.approx(CHANGES[way], abs=5e-6)


def test_a_run_in_float32_is_held_to_the_digits_of_float32(chromium: Browser, paged: Callable[..., Path]) -> None:
    inputs, targets = X.float(), Y.float()
    cost = Cost.from_function(lambda m, b: ((m * inputs + b - targets) ** 2).mean())
    run = descend(cost, START, learning_rate=0.01, epochs=1001)
    with opened(chromium, paged(run, cost=cost, inputs=inputs, targets=targets)) as page:
        told = page.locator("#checks").inner_text()
        assert "in float32; epochs compared: 116" in told and "✗" not in told
        assert page.get_by_label("start m").input_value() == "0.9"
        # A hundredth of a percent would be too far for float32, too.
        page.evaluate("steepest.recorded.costs[20] *= 1.0002; steepest.set({epochs: 1000})")
        settle(page)
        assert "✗" in page.locator("#checks").inner_text()


def test_a_key_right_after_the_panel_is_not_lost(chromium: Browser, trial_page: Path) -> None:
    """All in one task: the browser has no frame to take the focus out of what was closed."""
    with opened(chromium, trial_page) as page:
        playing = page.evaluate("""() => {
          for (const key of ["?", "?", " "])
            document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}));
          return steepest.get("playing");
        }""")
        assert playing
