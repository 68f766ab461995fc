"""A real Chromium, headless and offline, for the tests of the page."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
INSIDE = ("file:", "data:", "blob:", "about:")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")  # no longer: playwright's event loop would be in the way of the notebooks'
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        why = "no Chromium here: install the package chromium, such as with `apt-get install chromium`"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def opened(chromium: Browser, path: Path, *, width: int = 1440, height: int = 900, **context: Any) -> Iterator[Page]:
    """Open a page from its file, the network off; a message on its console or a request to anything is a failure."""
    world = chromium.new_context(viewport={"width": width, "height": height}, offline=True, **context)
    page = world.new_page()
    heard: list[str] = []
    page.on("console", lambda message: heard.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: heard.append(str(error.stack)))
    page.on("request", lambda request: heard.extend([request.url] * (not request.url.startswith(INSIDE))))
    page.goto(path.as_uri())
    page.wait_for_selector("html.ready", state="attached")
    settle(page)
    yield page
    world.close()
    assert not heard, heard


def settle(page: Page) -> None:
    """Wait until the views have shown the state."""
    page.evaluate(
        "() => { steepest.flush(); return new Promise(done => requestAnimationFrame(() => setTimeout(done))); }"
    )


def until(page: Page, condition: str, *, seconds: float = 5) -> None:
    """Wait for a condition; playwright's own way of it is code in a string, which the page's policy forbids."""
    end = time.monotonic() + seconds
    while not page.evaluate(condition):
        assert time.monotonic() < end, f"not within {seconds} s: {condition}"
        page.wait_for_timeout(20)
