"""Screenshots of the page of a run, for the README and for looking at: python docs/shots.py RUN/report.html"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))
from browser import CHROMIUM, FLAGS  # noqa: E402 - it lies with the tests

SHOTS = {
    "desk": (1440, 900, "light", "advance(1)"),
    "desk-dark": (1440, 900, "dark", "set({look: 'contour', at: 2, phase: 4})"),
    "slices": (1024, 800, "light", "set({look: 'slices', at: 1})"),
    "cliff": (1440, 900, "light", "set({rate: 0.0548, at: 9})"),
    "fog": (1440, 900, "light", "set({fog: true, look: 'contour'})"),
    "phone": (360, 800, "light", "go(1)"),
    "phone-dark": (360, 800, "dark", "go(1)"),
}

if __name__ == "__main__":
    if CHROMIUM is None:
        raise SystemExit("no Chromium here: install the package chromium")
    page_of_run = Path(sys.argv[1]).resolve().as_uri()
    (HERE / "page").mkdir(exist_ok=True)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for name, (width, height, scheme, act) in SHOTS.items():
            page = browser.new_page(
                viewport={"width": width, "height": height},
                color_scheme="dark" if scheme == "dark" else "light",
                reduced_motion="reduce",
            )
            page.goto(page_of_run)
            page.wait_for_selector("html.ready", state="attached")
            page.evaluate(f"steepest.{act}")
            page.wait_for_timeout(500)  # the surface is drawn finer once it stands still
            page.screenshot(path=HERE / "page" / f"{name}.png")
            print(HERE / "page" / f"{name}.png")
            page.close()
        browser.close()
