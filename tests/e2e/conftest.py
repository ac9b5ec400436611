"""One Chromium for each module of browser tests."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from e2e.browser import INSTRUCTION, find_browser, launch
from e2e.watched_page import WatchedPage
from integration.live_server import ENDED, LONG_RUN, ROOT, LiveServer


# Not for the session: Playwright keeps an event loop running in this thread, and asynchronous
# tests of other modules could not start theirs.
@pytest.fixture(scope="module")
def playwright_driver() -> Iterator[Playwright]:
    """Playwright's driver process."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="module")
def browser(playwright_driver: Playwright) -> Iterator[Browser]:
    """A headless Chromium; without one tests fail in CI and are skipped with advice elsewhere."""
    executable = find_browser(playwright_driver)
    if executable is None:
        if os.environ.get("CI"):
            pytest.fail(INSTRUCTION)
        pytest.skip(INSTRUCTION)
    running = launch(playwright_driver, executable)
    yield running
    running.close()


@pytest.fixture(scope="session")
def built_page() -> Path:
    """The page as the server serves it."""
    index = ROOT / "backend" / "matinee" / "web" / "page" / "index.html"
    assert index.is_file(), "the page is not built: run `make setup`"
    return index


@pytest.fixture
def new_page(browser: Browser, built_page: Path) -> Iterator[Callable[..., WatchedPage]]:
    """Opens pages, each in a browser of its own; checks afterwards that none had trouble."""
    assert built_page.is_file()
    opened: list[WatchedPage] = []

    def open_page(
        server: LiveServer, *, expected_status: int | None = None, **context: Any
    ) -> WatchedPage:
        options = {"viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce"} | context
        watched = WatchedPage(browser.new_context(**options).new_page(), server, expected_status)
        opened.append(watched)
        return watched

    yield open_page
    for watched in opened:
        watched.page.context.close()
    assert [trouble for watched in opened for trouble in watched.troubles] == []


@pytest.fixture
def long_run(live_server: LiveServer) -> Iterator[str]:
    """A run that trains until the test is over."""
    run_id = live_server.create(LONG_RUN)["id"]
    live_server.wait_for(run_id, "running")
    yield run_id
    if live_server.run(run_id)["state"] not in ENDED:
        live_server.command(run_id, "abort")
