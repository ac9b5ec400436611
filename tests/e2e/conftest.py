"""One Chromium for all browser tests."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from e2e.browser import INSTRUCTION, find_browser, launch


@pytest.fixture(scope="session")
def playwright_driver() -> Iterator[Playwright]:
    """Playwright's driver process."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
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
