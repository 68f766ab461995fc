"""The page's lesson: the four cards, the derivation, the computation graph, the script and the narration."""

import ast
import csv
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from browser import opened, settle
from costs import START, X, Y, columns, rosenbrock
from playwright.sync_api import Browser, Page

from steepest.cost import Cost
from steepest.derivation import derive
from steepest.descent import descend

GOLDEN = json.loads((Path(__file__).parent / "golden" / "clinical_trial.json").read_text())
RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


def number(text: str) -> float:
    """Read a number as the page writes it."""
    text = re.sub(r" × 10([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)", lambda power: "e" + power[1].translate(RAISED), text)
    return float(text.replace("−", "-").replace("\u2009", ""))


def numbers(text: str) -> list[float]:
    return [number(found) for found in re.findall(r"−?[\d\u2009]*\.?\d+(?: × 10[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)?", text)]


def go(page: Page, change: str) -> None:
    page.evaluate(change)
    settle(page)


def figures(page: Page, phase: int) -> list[str]:
    return page.locator(f'.card[data-phase="{phase}"] .figure').all_inner_texts()


def show(page: Page, section: str) -> None:
    page.evaluate(f"document.getElementById('{section}').scrollIntoView()")
    page.wait_for_timeout(80)
    settle(page)


def test_the_four_cards_wait_until_their_phase(chromium: Browser, trial_page: Path) -> None:
    with opened(chromium, trial_page) as page:
        go(page, "steepest.set({at: 0, phase: 1})")
        assert page.locator(".card h3").all_inner_texts() == ["1 Forward pass", "2 Cost", "3 Gradient", "4 Adjust"]
        assert figures(page, 1) == ["0.900000", "0.100000", "0.1000", "1.000", "1.900"]  # R03
        assert [*figures(page, 2), *figures(page, 3)] == ["—"] * 3
        page.get_by_role("button", name="2 Cost").click()
        settle(page)
        assert figures(page, 2) == ["19.6755"]
        page.locator('.card[data-phase="3"]').click(position={"x": 200, "y": 120})
        settle(page)
        assert figures(page, 3) == ["36.3050", "6.26500"]
        assert page.evaluate("[steepest.get('phase'), ...steepest.here]") == [3, 0.9, 0.1]
        assert page.locator(".card .change").all_inner_texts() == ["m\n0.90000 → —", "b\n0.10000 → —"]
        page.get_by_role("button", name="4 Adjust").click()
        settle(page)
        lines = page.locator(".card .change").all_inner_texts()
        assert lines == ["m\n0.90000 − 0.36305 → 0.53695", "b\n0.10000 − 0.062650 → 0.037350"]  # R07
        assert page.locator('.card[data-phase="3"] .figure.stale').count() == 2  # R02
        assert "measured anew" in page.locator('.card[data-phase="3"]').inner_text()
        page.get_by_role("button", name="1 Forward pass").click()
        settle(page)
        assert figures(page, 2) == ["—"]


@pytest.mark.parametrize("at", [2, 5, 100, 1001])
def test_the_cards_show_the_golden_path(chromium: Browser, trial_page: Path, at: int) -> None:
    row = next(row for row in GOLDEN["path"] if row["steps"] == at)
    with opened(chromium, trial_page) as page:
        go(page, f"steepest.go({at})")
        found = [number(text) for phase in (1, 2, 3) for text in figures(page, phase)]
        m, b = row["m"], row["b"]
        expected = [m, b, b, m + b, 2 * m + b, row["cost"], row["dC_dm"], row["dC_db"]]
        np.testing.assert_allclose(found, expected, rtol=6e-4)
        titles = page.locator('.card[data-phase="3"] .figure').evaluate_all("all => all.map(one => one.title)")
        np.testing.assert_allclose([number(title) for title in titles], [row["dC_dm"], row["dC_db"]], rtol=1e-9)


def test_a_number_says_where_it_came_from(chromium: Browser, trial_page: Path) -> None:
    with opened(chromium, trial_page) as page:
        go(page, "steepest.go(3)")
        page.locator('.card [data-asks="slope 0"]').click()
        assert page.locator(".roads tbody tr").count() == 4
        values = [number(text) for text in page.locator(".roads td:nth-child(2)").all_inner_texts()]
        np.testing.assert_allclose(values, 9.487884045, rtol=1e-10)
        differences = [number(text) for text in page.locator(".roads td:nth-child(3)").all_inner_texts()[1:]]
        assert max(map(abs, differences)) < 1e-11
        page.locator('.card [data-asks="cost 0"]').click()
        assert [number(text) for text in page.locator(".roads td:nth-child(2)").all_inner_texts()] == [
            2.25351503019
        ] * 3
        page.locator('.card [data-asks="estimate 2"]').click()
        assert "0.296982" in (page.locator(".whence math").text_content() or "")
        # With another rate PyTorch's recorded numbers are no longer those of this walk.
        page.locator('.card [data-asks="slope 1"]').click()
        go(page, "steepest.set({rate: 0.02})")
        assert page.locator(".roads tbody tr").count() == 3
        page.get_by_role("button", name="Close").click()
        assert page.locator(".whence").is_hidden()


def test_the_derivation_has_the_numbers_of_the_step(chromium: Browser, trial_page: Path) -> None:
    with opened(chromium, trial_page) as page:
        show(page, "derivation")
        for change, at, moved in (
            ("steepest.go(0)", GOLDEN["path"][0], None),
            ("steepest.go(8)", next(row for row in GOLDEN["path"] if row["steps"] == 8), None),
            ("steepest.set({at: 0, moved: [{row: 3, input: 3.5, target: -2}]})", GOLDEN["path"][0], (3, 3.5, -2.0)),
        ):
            go(page, change)
            inputs, targets = X.clone(), Y.clone()
            if moved:
                inputs[moved[0]], targets[moved[0]] = moved[1:]
            expected = derive("linear", {"m": at["m"], "b": at["b"]}, inputs, targets)
            for place, name in enumerate(START):
                rows = page.locator(".board").nth(place).locator("tr[data-numbers] td:nth-child(2)")
                lines = [line.text().split(" = ")[1] for line in expected[name].lines[-3:]]
                assert rows.all_text_contents() == [
                    "=" + line.replace("(2/8) ", "28").replace(" ", "") for line in lines
                ]
                board = page.locator(".board").nth(place).inner_text()
                assert abs(numbers(board.split("a difference of ")[1])[0]) < 1e-12


def test_the_graph_adds_up_to_the_gradient(chromium: Browser, trial_page: Path) -> None:
    read = """() => [...document.querySelectorAll('.graph .node')]
        .map(node => [node.dataset.node, node.querySelector('title').textContent])"""
    with opened(chromium, trial_page) as page:
        show(page, "graph")
        for row in (7, 3, 0):
            page.locator("#graph input[type=number]").fill(str(row))
            page.locator("#graph input[type=number]").press("Enter")
            point = GOLDEN["single_points_at_start"][row]
            told = dict(page.evaluate(read))
            assert numbers(told["square"].split("=")[1])[0] == pytest.approx(point["cost"])
            for key, slope in (("p0", point["dC_dm"]), ("p1", point["dC_db"])):
                assert 8 * number(told[key].rsplit("= ", 1)[1]) == pytest.approx(slope)
        page.locator("#graph input[type=checkbox]").check()
        told = dict(page.evaluate(read))
        assert [number(told[key].rsplit("= ", 1)[1]) for key in ("p0", "p1")] == pytest.approx([36.305, 6.265])
        page.locator("#graph input[type=checkbox]").uncheck()
        sums = page.locator(".shares p:not(.note) > span, .shares p:not(.note) > mark").evaluate_all(
            "all => all.map(one => one.title)"
        )
        shares = np.array([number(text) for text in sums]).reshape(2, 8)
        np.testing.assert_allclose(shares.sum(1), [36.305, 6.265], rtol=1e-14)
        page.locator("#graph summary").click()
        page.locator("#graph tbody tr").nth(7).wait_for()
        cells = page.locator("#graph tbody tr").nth(7).locator("td").all_inner_texts()
        assert cells == ["6.400", "−1.370", "60.37", "108.8", "15.54", "13.60", "1.942"]


def test_the_graph_explains_an_edge_and_walks_back(chromium: Browser, trial_page: Path) -> None:
    with opened(chromium, trial_page, reduced_motion="reduce") as page:
        show(page, "graph")
        page.locator("#graph input[type=number]").fill("7")
        page.locator("#graph input[type=number]").press("Enter")
        page.locator('[data-edge="p0 t0"]').focus()
        page.keyboard.press("Enter")
        assert "1.942 × 7.000 = 13.60" in page.locator(".chain").inner_text()
        for _ in range(6):
            page.get_by_role("button", name="Walk backward").click()
        assert page.locator(".graph .chosen").get_attribute("data-edge") == "p0 t0"
        page.get_by_role("button", name="Walk backward").click()  # again, from the cost
        assert page.locator('[data-node="square"] .back').text_content() == "← 0.125"
        assert page.locator('[data-node="residual"] .back').text_content() == "← …"


def script_of(page: Page) -> str:
    show(page, "script")
    return page.locator("#script code").text_content() or ""


def ran(scripts: list[str], folder: Path) -> list[dict[str, list[float]]]:
    """Run exported scripts; of each the numbers that it prints, and those that it says the page shows."""
    for place, script in enumerate(scripts):
        (folder / f"exported_{place}.py").write_text(script, encoding="utf-8")
    each = "import runpy, sys\nfor path in sys.argv[1:]:\n    runpy.run_path(path)\n    print('# end')"
    done = subprocess.run(
        [sys.executable, "-c", each, *(f"exported_{place}.py" for place in range(len(scripts)))],
        cwd=folder, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert not done.returncode, done.stderr
    return [
        {"ran": told(output), "page": told(script.split("# The page says:")[1])}
        for script, output in zip(scripts, done.stdout.split("# end"), strict=False)
    ]


def told(text: str) -> list[float]:
    found = re.findall(r"cost (\S+) (?:slopes|parameters) (\[.*\])", text)
    return [x for cost, rest in found for x in (float(cost), *(value or 0.0 for value in ast.literal_eval(rest)))]


def test_the_script_gives_the_numbers_of_the_page(chromium: Browser, trial_page: Path, tmp_path: Path) -> None:
    changes = (
        "0",
        """steepest.set({moved: [{row: 3, input: 3.5, target: -2}], rate: 0.02, epochs: 50, frozen: [false, true]});
        steepest.standardise(true)""",
    )
    with opened(chromium, trial_page) as page:
        scripts, lasts = list[str](), list[list[float]]()
        for change in changes:
            go(page, change)
            scripts.append(script_of(page))
            lasts.append(page.evaluate("[steepest.walk.costs.at(-1), ...steepest.walk.params.slice(-2)]"))
    for found, last in zip(ran(scripts, tmp_path), lasts, strict=True):
        assert len(found["ran"]) == 6
        np.testing.assert_allclose(found["ran"], found["page"], rtol=1e-12)
        np.testing.assert_allclose(found["ran"][-3:], last, rtol=1e-12)


EVIL = '"; import os\nos.abort() #\u2028\\'


def test_a_script_of_many_columns_reads_the_users_table(
    chromium: Browser, paged: Callable[..., Path], tmp_path: Path
) -> None:
    inputs, targets = columns(rows=300, features=3)
    names = ["age", EVIL, "Größe 🧠 認知"]
    cost = Cost.least_squares(inputs, targets, names=[*names, "level"], ridge=0.1)
    run = descend(cost, dict.fromkeys([*names, "level"], 0.0), learning_rate=0.1, epochs=40)
    path = paged(run, cost=cost, inputs=inputs, targets=targets, x_name=names, y_name="score\r\nimport os", title=EVIL)
    with (tmp_path / "data.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([[*names, "score\r\nimport os"], *torch.cat([inputs, targets[:, None]], 1).tolist()])
    with opened(chromium, path) as page:
        text = script_of(page)
        code = ast.parse(text)
        assert [node.names[0].name for node in ast.walk(code) if isinstance(node, ast.Import)] == ["csv", "torch"]
        assert text.isascii()
        go(page, "steepest.standardise(true)")
        scripts = [text, script_of(page)]
        assert page.locator("#graph").is_hidden()  # a penalty is no part of it
    for found in ran(scripts, tmp_path):
        np.testing.assert_allclose(found["ran"], found["page"], rtol=1e-10)
        assert len(found["ran"]) == 10
    np.testing.assert_allclose(told(scripts[0])[5], float(run.steps[-1].cost), rtol=1e-10)


def test_steps_are_told_in_words(chromium: Browser, trial_page: Path) -> None:
    with opened(chromium, trial_page) as page:
        line = page.locator("#narration [aria-live=polite]")
        go(page, "steepest.go(1)")
        assert line.inner_text() == "Step 1: m 0.9 to 0.537, b 0.1 to 0.03735, cost 19.68 to 8.572."
        go(page, "steepest.set({phase: 4})")
        assert line.inner_text().startswith(
            "Step 1, adjusted against the slope, at the learning rate 0.01: m 0.537 to 0.3054"
        )
        go(page, "steepest.advance(1)")
        assert line.inner_text().startswith("Step 2: m 0.537 to 0.3054")
        go(page, "steepest.advance(1)")
        assert line.inner_text() == "Step 2, cost: 4.077."
        go(page, "steepest.advance(1)")
        assert line.inner_text() == "Step 2: cost 4.077, gradient m 14.8, b 1.905."
        go(page, "steepest.set({language: 'de'})")
        assert line.inner_text() == "Schritt 2: Kosten 4.077, Gradient m 14.8, b 1.905."
        assert page.locator("#derivation h2").inner_text() == "Der Gradient, von Hand hergeleitet"


def test_a_replay_shows_what_is_known(chromium: Browser, paged: Callable[..., Path]) -> None:
    cost = rosenbrock()
    path = paged(descend(cost, {"x": -1.0, "y": 1.0}, learning_rate=0.001, epochs=50), cost=cost)
    with opened(chromium, path) as page:
        go(page, "steepest.set({at: 0, phase: 4})")
        assert figures(page, 2) == ["4.00000"]
        assert page.locator(".card .change").first.inner_text() == "x\n−1.0000 + 0.0040000 → −0.99600"
        assert page.locator("#graph, #script").evaluate_all("all => all.every(one => one.hidden)")


def test_on_a_phone_one_card_is_seen(chromium: Browser, trial_page: Path) -> None:
    with opened(chromium, trial_page, width=360, height=800, reduced_motion="reduce") as page:
        seen = "document.querySelector('.strip').scrollLeft / document.querySelector('.card').offsetWidth"
        for phase in (1, 4, 2):
            go(page, f"steepest.set({{phase: {phase}}})")
            assert page.evaluate(seen) == pytest.approx(phase - 1, abs=0.01)
        page.get_by_role("button", name="One phase on").first.click()
        settle(page)
        assert page.evaluate("steepest.get('phase')") == 3
        assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_of_a_huge_model_lengths_are_known(chromium: Browser, paged: Callable[..., Path]) -> None:
    cost = Cost.from_function(lambda w: (w**2).mean(), like={"w": torch.ones(300)})
    path = paged(descend(cost, {"w": torch.ones(300)}, learning_rate=1.0, epochs=5), cost=cost)
    with opened(chromium, path) as page:
        go(page, "steepest.go(0)")
        assert figures(page, 2) == ["1.00000"]
        assert figures(page, 3) == ["0.115470"]  # 2 / sqrt(300)
        go(page, "steepest.set({phase: 4})")
        assert page.locator('.card[data-phase="3"] .figure.stale').count() == 1
