"""The page as a whole, in a real browser: offline, quiet, accessible, small, and true to strangers' words."""

import itertools
import re
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import pytest
import torch
from browser import opened, settle
from costs import START, X, Y, network, rosenbrock
from pictures import DIVERGED, LOST, RUN, STILL, TRIAL, made
from playwright.sync_api import Browser, Page

from steepest.cost import Cost
from steepest.descent import descend
from steepest.report import bundle, show_report
from steepest.trajectory import Outcome, Step, Trajectory

LESSON: dict[str, Any] = {"cost": TRIAL, "inputs": X, "targets": Y, "x_name": "dosage", "y_name": "forgetfulness"}

HOSTILE = [
    "</script><script>document.title = 'owned'</script>",
    "<!--<script>",
    '"><img src=x onerror="document.title = \'owned\'">',
    "a' onmouseover='document.title=1' `${document.title = 'owned'}`",
    "dose\u202egnp.exe\u2066\u200f",
    "👩\u200d🔬 認知症 مقدار",
    "$\\frac{x_1}{2}$ % {{ 7 * 7 }} {% raw %}",
    "W" * 300,
    "line\nbreak\x00\x1b\ud800",
    "__proto__",
    "constructor",
]


def wide(features: int, rows: int = 200) -> tuple[Cost, Trajectory, dict[str, Any]]:
    generator = torch.Generator().manual_seed(features)
    inputs = torch.randn(rows, features, generator=generator, dtype=torch.float64)
    targets = inputs.sum(1) + torch.randn(rows, generator=generator, dtype=torch.float64)
    names = [f"feature {place} of many" for place in range(features)]
    cost = Cost.least_squares(inputs, targets, names=[*names, "intercept"])
    run = descend(cost, dict.fromkeys(cost.names, 0.0), learning_rate=0.05, epochs=40)
    return cost, run, {"cost": cost, "inputs": inputs, "targets": targets, "x_name": names, "y_name": "score"}


def long_run() -> Trajectory:
    point = {"m": torch.tensor(0.0), "b": torch.tensor(1.0)}
    steps = tuple(Step(epoch, 1 + 1 / (1 + epoch), point, point, 0.1) for epoch in range(100_000))
    return Trajectory(steps, Outcome.OUT_OF_EPOCHS, "made up")


def of_network() -> tuple[Trajectory, dict[str, Any]]:
    inputs, targets = torch.randn(30, 3).double(), torch.randn(30, 1).double()
    cost = Cost.from_module(network(), torch.nn.functional.mse_loss, [(inputs, targets)])
    return descend(cost, dict(network().named_parameters()), learning_rate=0.01, epochs=3), {"cost": cost}


def huge() -> Trajectory:
    point = {"w": torch.zeros(2000)}
    steps = tuple(Step(epoch, 3.0 - epoch, point, {"w": torch.ones(2000)}, 0.1) for epoch in range(3))
    return Trajectory(steps, Outcome.OUT_OF_EPOCHS, "made up")


def of_many_rows() -> tuple[Trajectory, dict[str, Any]]:
    x = torch.linspace(0, 8, 8_000, dtype=torch.float64).repeat(10)
    cost = Cost.least_squares(x, -0.5 * x + 2 + torch.sin(1e3 * x))
    run = descend(cost, START, learning_rate=0.01, epochs=50)
    return run, {"cost": cost, "inputs": x[::100], "targets": (-0.5 * x + 2)[::100]}


STATES: dict[str, Callable[[], tuple[Any, dict[str, Any]]]] = {
    "the trial": lambda: (RUN, LESSON),
    "diverged": lambda: (DIVERGED, LESSON),
    "not finite": lambda: (LOST, LESSON),
    "one step": lambda: (STILL, LESSON),
    "costs only, NaN among them": lambda: (made(2.0, 1.0, float("nan"), float("inf")), {}),
    "a replay": lambda: (
        descend(rosenbrock(), {"x": -1.0, "y": 1.0}, learning_rate=1e-3, epochs=99),
        {"cost": rosenbrock()},
    ),
    "one parameter": lambda: (
        descend(Cost.least_squares(X, Y, intercept=False), {"m": 1.0}, learning_rate=0.01, epochs=9),
        {"cost": Cost.least_squares(X, Y, intercept=False), "inputs": X, "targets": Y},
    ),
    "50 features": lambda: wide(50)[1:],
    "two rows": lambda: (
        descend(Cost.least_squares(X[:2], Y[:2]), START, learning_rate=0.1, epochs=30),
        {"cost": Cost.least_squares(X[:2], Y[:2]), "inputs": X[:2], "targets": Y[:2]},
    ),
    "100,000 steps": lambda: (long_run(), {}),
    "80,000 rows": of_many_rows,
    "a network": of_network,
    "2,000 parameters": lambda: (huge(), {}),
    "three runs": lambda: (
        {f"rate {rate}": descend(TRIAL, START, learning_rate=rate, epochs=60) for rate in (0.01, 0.05, 0.056)},
        LESSON,
    ),
}  # fmt: skip


@pytest.mark.parametrize("state", STATES)
def test_every_state_opens_offline_without_a_word_and_fits(
    chromium: Browser, paged: Callable[..., Path], state: str
) -> None:
    """`opened` fails on any console message and any request; here, all of it is also played, at two widths."""
    run, given = STATES[state]()
    path = paged(run, **given)
    for width in (1440, 360):
        with opened(chromium, path, width=width) as page:
            for act in ("advance(1)", "go(1e9)", "advance(3)", "go(0)"):
                page.evaluate(f"steepest.{act}")
                settle(page)
            for look, height in itertools.product(("surface", "contour", "slices"), ("linear", "log")):
                page.evaluate(f"steepest.set({{look: '{look}', height: '{height}', language: 'de'}})")
                settle(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert not re.search(r"undefined|\[object|\bnull\b", page.locator("main").inner_text())


@pytest.mark.parametrize("pair", [*itertools.pairwise(HOSTILE)], ids=range(len(HOSTILE) - 1))
def test_strangers_words_are_text_and_never_markup(
    chromium: Browser, paged: Callable[..., Path], pair: tuple[str, str]
) -> None:
    name, other = pair
    cost = Cost.least_squares(X, Y, names=pair)
    run = descend(cost, dict(zip(pair, START.values(), strict=True)), learning_rate=0.01, epochs=5)
    runs = {other: run, name: run}
    path = paged(runs, cost=cost, inputs=X, targets=Y, x_name=name, y_name=other, title=name)
    with opened(chromium, path) as page:
        for act in ("advance(1)", "set({fog: true, predicting: true, language: 'de'})", "go(3)"):
            page.evaluate(f"steepest.{act}")
            settle(page)
        assert page.locator("main img").count() == 0 and page.locator("script").count() == 3
        assert page.title() != "owned" and page.locator("[onmouseover], [onerror]").count() == 0
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f]", page.locator("main").inner_text())
        assert page.evaluate("document.documentElement.scrollWidth") <= 1440


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (360, True)])
def test_axe_finds_nothing_serious(chromium: Browser, trial_page: Path, width: int, dark: bool) -> None:
    from axe_core_python.sync_playwright import Axe

    with opened(chromium, trial_page, width=width, color_scheme="dark" if dark else "light") as page:
        page.evaluate("steepest.set({at: 12})")
        for summary in page.locator("details > summary").all():
            summary.evaluate("summary => { summary.parentElement.open = true; }")
        settle(page)
        found = Axe().run(page)
        assert len(found["passes"]) > 15
        serious = [
            f"{item['id']}: {item['help']}: {[node['html'][:160] for node in item['nodes'][:4]]}"
            for item in found["violations"]
            if item["impact"] in ("serious", "critical")
        ]
        assert not serious, "\n".join(serious)


def test_axe_can_find_something(chromium: Browser, trial_page: Path) -> None:
    from axe_core_python.sync_playwright import Axe

    with opened(chromium, trial_page) as page:
        page.evaluate("document.querySelector('#rate-slider').removeAttribute('id')")
        page.evaluate("document.querySelector('#head').append(Object.assign(document.createElement('button')))")
        assert {"button-name", "label"} & {item["id"] for item in Axe().run(page)["violations"]}


def test_the_trials_page_is_small(trial_page: Path) -> None:
    assert trial_page.stat().st_size < 600_000


def test_the_first_move_is_there_within_a_second_of_opening(chromium: Browser, trial_page: Path) -> None:
    with opened(chromium, trial_page) as page:
        page.evaluate("steepest.advance(1)")
        settle(page)
        assert page.evaluate("performance.now()") < 10_000  # a hang, not a measurement: benchmarks/page.py measures


def test_without_scripts_the_pictures_stand_still(chromium: Browser, trial_page: Path) -> None:
    world = chromium.new_context(java_script_enabled=False, offline=True)
    page = world.new_page()
    page.goto(trial_page.as_uri())
    assert page.locator("noscript img").count() == 3 and page.locator("noscript img").first.is_visible()
    assert "36.305" in page.locator("main").inner_text()
    world.close()


def test_twenty_of_them_stay_alive_in_one_notebook(chromium: Browser, tmp_path: Path) -> None:
    shown = show_report(RUN, **LESSON)
    frame = shown._repr_html_()
    assert 'sandbox="allow-scripts' in frame and "allow-same-origin" not in frame
    assert shown._repr_png_().startswith(b"\x89PNG") and "1001 epochs" in repr(shown)
    assert escape(shown.text) in frame
    path = tmp_path / "notebook.html"
    path.write_text(f"<!doctype html><meta charset=utf-8><title>n</title>{frame.replace('lazy', 'eager') * 20}")
    world = chromium.new_context(offline=True)
    page = world.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error.stack)))
    page.goto(path.as_uri())
    assert len(page.frames) == 21
    for inside in page.frames[1:]:
        inside.wait_for_selector("html.ready", state="attached")
        inside.evaluate("steepest.go(3); steepest.flush()")
        assert inside.evaluate("steepest.get('at')") == 3 and inside.locator("#landscape canvas").count() == 1
    assert not errors
    world.close()


def words(page: Page) -> dict[str, dict[str, str]]:
    """The page's one table of strings."""
    script, _, _ = bundle.script().partition("const from_main")
    return page.evaluate(f"(() => {{ {script}; return from_words.everyWord(); }})()")


def test_every_string_is_there_in_every_language_and_is_used(chromium: Browser) -> None:
    page = chromium.new_page()
    table = words(page)
    assert len(table) > 100
    for key, entry in table.items():
        assert set(entry) == {"en", "de"}, key
        places = [sorted(re.findall(r"\{\w+\}", text)) for text in entry.values()]
        assert places[0] == places[1], key
        assert all(text.strip() for text in entry.values()), key
    for key in re.findall(r'\bword\("([^"$]+)"', "".join(bundle.modules().values())):
        assert key in table, key
    page.close()


def room(name: str) -> str:
    (found,) = bundle.BROWSER.rglob(f"{name}.js")
    return found.parent.name


def test_modules_import_one_way_and_stay_small() -> None:
    texts = bundle.modules()
    assert len(texts) == len([*bundle.BROWSER.rglob("*.js")]), "two rooms have a module of one name"
    above: dict[str, set[str]] = {}

    def reached(name: str, path: tuple[str, ...] = ()) -> None:
        assert name not in path, f"a circle: {' > '.join((*path, name))}"
        for other in above.setdefault(name, {found for _, _, found in bundle.IMPORT.findall(texts[name])}):
            reached(other, (*path, name))

    reached("main")
    assert set(above) == set(texts), f"not in the page: {set(texts) - set(above)}"
    for name, text in texts.items():
        assert len(text.splitlines()) <= 400, name
        assert name == "main" or {room(other) for other in above[name]} <= {
            *bundle.ROOMS[: bundle.ROOMS.index(room(name)) + 1]
        }, f"{name} imports from a room below its own"
        assert not re.search(r"^(import|export default|export \{)", bundle.IMPORT.sub("", text), re.MULTILINE), name
        assert not re.search(r"(inner|outer)HTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text), name
        assert not re.search(r"\bfetch\(|XMLHttp|WebSocket|localStorage|sendBeacon", text), name
        assert not re.search(r"\b(TODO|FIXME|XXX|HACK)\b", text), name
