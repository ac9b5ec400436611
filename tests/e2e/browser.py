"""Finds the Chromium that the browser tests drive, and says what to do where there is none."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from playwright.sync_api import Browser, Playwright

BROWSER_VARIABLE = "MATINEE_TEST_BROWSER"
NAMES_ON_PATH = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MACOS_APPLICATIONS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
INSTRUCTION = (
    "no Chromium for the browser tests: run `make browser`, install Chromium or Chrome so that it "
    f"is on the PATH, or name one in {BROWSER_VARIABLE}"
)
FLAGS = (
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
)


def find_browser(playwright: Playwright) -> Path | None:
    """The named one, else one on the PATH or among macOS applications, else Playwright's own."""
    named = os.environ.get(BROWSER_VARIABLE)
    on_path = (shutil.which(name) for name in NAMES_ON_PATH)
    candidates = (named, *on_path, *MACOS_APPLICATIONS, playwright.chromium.executable_path)
    return next((Path(c) for c in candidates if c and Path(c).exists()), None)


def launch(playwright: Playwright, executable: Path) -> Browser:
    """Start a headless browser.

    Raises:
        playwright.sync_api.Error: if it does not start, with the browser's own words.
    """
    # Chromium refuses its sandbox to root, as in a container; elsewhere the sandbox stays.
    return playwright.chromium.launch(
        executable_path=executable,
        headless=True,
        args=list(FLAGS),
        chromium_sandbox=os.geteuid() != 0,
        timeout=60_000,
    )
