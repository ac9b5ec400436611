"""Makes the pictures of the dashboard for the README and the docs, from a real run in Chromium.

It starts a server of its own, trains `cartpole-lesson` on four seeds for a while, lowers the
learning rate of one as a person would, and takes every page: the run in light, dark and on a phone,
each tab of its records, its agent at play, the list, a comparison, the theory, the form for a new
run, the settings, the help, the page that explains itself, and the greeting.
Takes about three minutes:  make pictures
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from e2e.browser import INSTRUCTION, find_browser, launch
from e2e.watched_page import WatchedPage
from integration.live_server import LiveServer

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "images"
SEED = 1
NAMES = ("first try", "second seed", "third seed", "fourth seed")
CHANGE_AT_ENV_STEP = 120_000
LOWERED = 0.002
PICTURE_AT_ENV_STEP = 330_000
Size = tuple[int, int]
DESK: Size = (1440, 900)
PHONE: Size = (390, 844)
RECORDS = {
    "Workers": "tab-workers",
    "Checkpoints": "tab-checkpoints",
    "What happened": "tab-ledger",
    "Alerts": "tab-alerts",
    "Log": "tab-log",
}
"""Picture of each tab, by its name."""
AGENT_PLAYS_MS = 6_000
FONTS_COME_MS = 1_000
CURVES_COME_MS = 2_000


def _open(browser: Browser, server: LiveServer, scheme: str, size: Size = DESK) -> WatchedPage:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    return WatchedPage(context.new_page(), server).log_in()


def _wait_for_steps(server: LiveServer, run_id: str, env_steps: int) -> None:
    while server.run(run_id)["progress"]["env_steps"] < env_steps:
        time.sleep(0.5)


def _steered_run(server: LiveServer) -> tuple[str, list[str]]:
    """The run that is looked at, some way after a change of its learning rate, and the others."""
    run_id, *others = (
        server.create(
            {"preset": "cartpole-lesson", "seed": seed, "group": "lesson", "name": name}, wait=20
        )["id"]
        for seed, name in enumerate(NAMES, start=SEED)
    )
    _wait_for_steps(server, run_id, CHANGE_AT_ENV_STEP)
    server.client.post(
        f"/api/v1/runs/{run_id}/checkpoints", params={"wait": 20}, json={"pinned": True}
    ).raise_for_status()
    server.client.patch(
        f"/api/v1/runs/{run_id}/hyperparameters",
        params={"wait": 20},
        json={"learning_rate": LOWERED},
    ).raise_for_status()
    _wait_for_steps(server, run_id, PICTURE_AT_ENV_STEP)
    return run_id, others


def _take_run(browser: Browser, server: LiveServer, run_id: str) -> None:
    """The page of a run, in light, in dark, and on a phone, and what lies below its charts."""
    light = _open(browser, server, "light").open_run(run_id)
    dark = _open(browser, server, "dark").open_run(run_id)
    for each in (light, dark):
        each.page.get_by_role("group", name="learning rate", exact=True).wait_for()
        each.page.get_by_role("tab", name="Agent").wait_for()
    dark.page.wait_for_timeout(CURVES_COME_MS)
    light.page.screenshot(path=PICTURES / "run-light.png")
    dark.page.screenshot(path=PICTURES / "run-dark.png")
    dark.page.get_by_role("tab", name="Agent").click()
    dark.page.get_by_role("button", name="One step").scroll_into_view_if_needed()
    dark.page.wait_for_timeout(AGENT_PLAYS_MS)
    dark.page.screenshot(path=PICTURES / "agent-dark.png")
    records = light.page.locator("#records")
    for tab, picture in RECORDS.items():
        records.get_by_role("tab", name=tab).click()
        light.page.wait_for_timeout(CURVES_COME_MS)
        records.screenshot(path=PICTURES / f"{picture}.png")
    light.page.keyboard.press("?")
    light.page.get_by_role("dialog").wait_for()
    light.page.wait_for_timeout(FONTS_COME_MS)
    light.page.screenshot(path=PICTURES / "help.png")
    phone = _open(browser, server, "light", PHONE).open_run(run_id)
    phone.page.wait_for_timeout(CURVES_COME_MS)
    phone.page.screenshot(path=PICTURES / "phone.png")


def take_pictures(browser: Browser, server: LiveServer) -> None:
    """All pictures, into docs/images."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    light = _open(browser, server, "light")
    light.page.get_by_role("button", name="Start CartPole").wait_for()
    light.page.wait_for_timeout(FONTS_COME_MS)
    light.page.screenshot(path=PICTURES / "welcome.png")
    run_id, others = _steered_run(server)
    _take_run(browser, server, run_id)
    light.open("/runs/new")
    light.page.get_by_role("heading", name="New run").wait_for()
    light.page.wait_for_timeout(FONTS_COME_MS)
    light.page.screenshot(path=PICTURES / "new-run.png")
    light.open("/runs")
    light.page.get_by_role("heading", name="Runs").wait_for()
    light.page.get_by_text(f"{len(NAMES)} in all").wait_for()
    light.page.screenshot(path=PICTURES / "runs.png")
    light.open("/learn")
    light.page.get_by_role("heading", name="How it learns").wait_for()
    light.page.wait_for_timeout(CURVES_COME_MS)
    light.page.screenshot(path=PICTURES / "learn.png")
    light.open("/settings")
    light.page.get_by_text("free on the disk").wait_for()
    light.page.wait_for_timeout(CURVES_COME_MS)
    light.page.screenshot(path=PICTURES / "settings.png")
    light.open(f"/runs/{run_id}?tour=metric.explained_variance")
    light.page.get_by_role("dialog").get_by_text(" of ").first.wait_for()
    light.page.wait_for_timeout(CURVES_COME_MS)
    light.page.screenshot(path=PICTURES / "tour.png")
    light.open("/compare?group=lesson")
    light.page.get_by_text(f" of {len(others)}").first.wait_for()
    light.page.wait_for_timeout(CURVES_COME_MS)
    light.page.screenshot(path=PICTURES / "compare.png")
    for each in (run_id, *others):
        server.command(each, "abort")


def main() -> None:
    """Start everything, take the pictures, end everything."""
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        executable = find_browser(playwright)
        if executable is None:
            sys.exit(INSTRUCTION)
        server = LiveServer(Path(folder) / "data", Path(folder)).start()
        try:
            browser = launch(playwright, executable)
            take_pictures(browser, server)
            browser.close()
        finally:
            server.clean_up()
    print(f"pictures are in {PICTURES.relative_to(ROOT)}/")


if __name__ == "__main__":
    main()
