"""What lies below the charts of a run: its workers, alerts and log."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from e2e.watched_page import WatchedPage
from integration.live_server import LONG_RUN, LiveServer

pytestmark = pytest.mark.e2e

NewPage = Callable[..., WatchedPage]
WIDTHS_PX = (1280, 360)


def panel(watched: WatchedPage, name: str) -> Locator:
    """The open tab."""
    return watched.page.get_by_role("tabpanel").get_by_role("region", name=name, exact=True)


def expect_fit(watched: WatchedPage) -> None:
    """Neither too wide nor hard to use, on a phone and on a desk."""
    for width in WIDTHS_PX:
        watched.page.set_viewport_size({"width": width, "height": 800})
        assert watched.horizontal_overflow_px() == 0, f"at {width} px"
        assert watched.accessibility_violations() == [], f"at {width} px"


def test_every_worker_is_told_while_it_trains(live_server: LiveServer, new_page: NewPage) -> None:
    """Each thread has a row that moves with the run, stands with it, and is over with it."""
    run_id = live_server.create({**LONG_RUN, "workers": 2})["id"]
    live_server.wait_for(run_id, "running")
    watched = new_page(live_server).log_in().open(f"/runs/{run_id}?tab=workers")
    workers = panel(watched, "Workers")
    first = workers.locator("tbody", has_text="actor-learner 0")
    episodes = first.get_by_role("cell").nth(3)

    expect(workers.locator("tbody")).to_have_count(2)
    expect(first).to_contain_text("running")
    expect(workers).to_contain_text(re.compile(r"2 running · .*steps/s together"))
    before = episodes.inner_text()
    expect(episodes).not_to_have_text(before)
    expect_fit(watched)
    watched.page.set_viewport_size({"width": 1280, "height": 800})
    watched.button("Pause").click()
    expect(first).to_contain_text("paused")
    watched.button("Resume").click()
    expect(first).to_contain_text("running")
    watched.button("Stop").click()
    expect(first).to_contain_text("finished")
    expect(workers).not_to_contain_text("steps/s together")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_failed_worker_shows_its_traceback(
    live_server: LiveServer, new_page: NewPage, scheme: str
) -> None:
    """Which worker, of what, and where; the text is shown as it is, and the way on is named."""
    fault = {"fault": "raise", "after": 40, "only_in": "actor-learner-1"}
    environment = {"id": "Probe/Faulty-v0", "kwargs": fault}
    run_id = live_server.create({**LONG_RUN, "workers": 2, "environment": environment})["id"]
    live_server.wait_for(run_id, "failed")
    watched = new_page(live_server, color_scheme=scheme).log_in()
    watched.open(f"/runs/{run_id}?tab=workers")
    workers = panel(watched, "Workers")
    failed = workers.locator("tbody", has_text="actor-learner 1")

    expect(failed).to_contain_text("failed")
    expect(workers.locator("tbody", has_text="actor-learner 0")).to_contain_text("finished")
    toggle = failed.get_by_role("button", name=re.compile("^RuntimeError: the simulator broke"))
    toggle.press("Enter")
    expect(toggle).to_have_attribute("aria-expanded", "true")
    expect(failed.get_by_role("region", name="Traceback of actor-learner 1")).to_contain_text(
        re.compile("Traceback.*RuntimeError: the simulator broke", re.DOTALL)
    )
    expect(workers.get_by_role("button", name="Go on")).to_be_visible()
    expect_fit(watched)


def test_without_threads_the_tab_says_why(live_server: LiveServer, new_page: NewPage) -> None:
    """A run that has not been started has no workers; a server that fails is told with a way on."""
    run_id = live_server.create({**LONG_RUN, "start": False})["id"]
    watched = new_page(live_server, expected_status=503).log_in()
    watched.open(f"/runs/{run_id}?tab=workers")
    workers = panel(watched, "Workers")
    expect(workers).to_contain_text("has not been started")

    page, broken = watched.page, {"status": 503, "json": {"detail": "The disk is on fire."}}
    page.route("**/workers", lambda route: route.fulfill(**broken))
    page.reload()
    expect(workers.get_by_role("alert")).to_contain_text("The disk is on fire.")
    page.unroute("**/workers")
    workers.get_by_role("button", name="Try again").click()
    expect(workers).to_contain_text("has not been started")
    expect(workers.get_by_role("alert")).to_have_count(0)


def test_the_arrow_keys_reach_every_tab(
    live_server: LiveServer, new_page: NewPage, long_run: str
) -> None:
    """One after the other and round, each with its address; a narrow window scrolls to it."""
    watched = new_page(live_server, viewport={"width": 360, "height": 800}).log_in()
    page = watched.open_run(long_run).page
    tabs = page.get_by_role("tablist").get_by_role("tab")
    tabs.first.focus()
    for index in range(1, tabs.count() + 1):
        page.keyboard.press("ArrowRight")
        tab = tabs.nth(index % tabs.count())
        expect(tab).to_be_focused()
        expect(tab).to_have_attribute("aria-selected", "true")
        expect(page.get_by_role("tabpanel").locator("section").first).to_be_visible()
        assert tab.evaluate(
            "tab => { const [a, b] = [tab, tab.parentElement].map(e => e.getBoundingClientRect());"
            " return a.left >= b.left - 1 && a.right <= b.right + 1; }"
        )
    assert watched.horizontal_overflow_px() == 0
