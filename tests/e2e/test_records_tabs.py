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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_lower_threshold_warns_at_once_and_the_alert_leads_to_its_chart(
    live_server: LiveServer, new_page: NewPage, scheme: str
) -> None:
    """It says what was found and since when; the tab counts it; a higher one ends it."""
    run_id = live_server.create({**LONG_RUN, "algorithm": "ga3c"})["id"]
    live_server.wait_for(run_id, "running")
    watched = new_page(live_server, color_scheme=scheme).log_in()
    page = watched.open(f"/runs/{run_id}?tab=alerts").page
    alerts = panel(watched, "Alerts")
    threshold = alerts.get_by_role("textbox", name="Threshold of optimizers behind")

    threshold.fill("0.1")
    threshold.press("Enter")
    alert = alerts.get_by_role("listitem").filter(has_text="optimizers behind")
    expect(alert).to_contain_text(re.compile(r"times the minimum batch, above 0\.1 for 1 s"))
    expect(alert).to_contain_text(re.compile(r"since step .*, for \d"))
    expect(page.get_by_role("tab", name=re.compile(r"^Alerts \d+$"))).to_be_visible()
    expect(page.get_by_role("region", name="Alerts now")).to_contain_text("optimizers behind")
    expect_fit(watched)

    page.set_viewport_size({"width": 1280, "height": 800})
    alert.get_by_role("button", name=re.compile("^Show the chart of")).click()
    expect(page.locator("#chart-batch_ratio")).to_be_focused()
    expect(page.locator("#chart-batch_ratio")).to_be_in_viewport()
    assert "charts=queue" in page.url
    assert "tab=alerts" in page.url

    alert.get_by_role("button", name="To its threshold").click()
    expect(page.locator("#threshold-batch_large")).to_be_focused()
    threshold.fill("50")
    threshold.press("Enter")
    over = alerts.locator("details", has_text=re.compile("(is|are) over"))
    over.locator("summary").click()
    expect(over.get_by_role("listitem").filter(has_text="optimizers behind")).to_contain_text(
        re.compile(r"step .* to .*, for ")
    )
    live_server.command(run_id, "abort")


def test_alerts_of_a_run_without_any_and_of_rules_that_do_not_come(
    live_server: LiveServer, new_page: NewPage
) -> None:
    """The tab says that nothing is wrong; a server that fails is told with a way on."""
    run_id = live_server.create({**LONG_RUN, "start": False})["id"]
    watched = new_page(live_server, expected_status=503).log_in()
    page, broken = watched.page, {"status": 503, "json": {"detail": "The disk is on fire."}}
    page.route("**/alert-rules", lambda route: route.fulfill(**broken))
    watched.open(f"/runs/{run_id}?tab=alerts")
    alerts = panel(watched, "Alerts")
    expect(alerts).to_contain_text("Nothing to warn of now.")
    expect(alerts.get_by_role("alert")).to_contain_text("The disk is on fire.")
    page.unroute("**/alert-rules")
    alerts.get_by_role("button", name="Try again").click()
    expect(alerts).to_contain_text(re.compile(r"\d+ rules watch a run of this mode"))
    expect(alerts.get_by_role("textbox", name="Threshold of policy lag")).to_be_disabled()
    assert watched.accessibility_violations() == []


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
