"""What lies below the charts of a run: its workers, alerts and log."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Route, expect

from e2e.watched_page import WatchedPage
from integration.live_server import LONG_RUN, LiveServer
from matinee.journal.schema import WORKER_LOG

pytestmark = pytest.mark.e2e

NewPage = Callable[..., WatchedPage]
WIDTHS_PX = (1280, 360)
PLACE_OF_TABS = """() => {
  const top = (selector) => document.querySelector(selector).getBoundingClientRect().top;
  return top("[role=tablist]") - top("#records");
}"""
"""Below where the records begin."""


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
    run_id = run_with_a_failed_worker(live_server)
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


def run_with_a_failed_worker(server: LiveServer) -> str:
    """Worker 1 of two raised, which ended the run."""
    fault = {"fault": "raise", "after": 40, "only_in": "actor-learner-1"}
    environment = {"id": "Probe/Faulty-v0", "kwargs": fault}
    run_id: str = server.create({**LONG_RUN, "workers": 2, "environment": environment})["id"]
    server.wait_for(run_id, "failed")
    return run_id


def test_going_on_after_a_failed_worker_asks_for_a_larger_budget(
    live_server: LiveServer, new_page: NewPage
) -> None:
    """Where the budget is spent, the tab's own button asks like the one of the controls."""
    run_id = run_with_a_failed_worker(live_server)
    watched = new_page(live_server).log_in()

    def spent(route: Route) -> None:
        answer = route.fetch()
        budget = {"env_steps": 1, "seconds": None, "target_return": None}
        route.fulfill(response=answer, json={**answer.json(), "budget": budget})

    watched.page.route(f"**/api/v1/runs/{run_id}", spent)
    watched.open(f"/runs/{run_id}?tab=workers")
    panel(watched, "Workers").get_by_role("button", name="Go on").click()
    dialog = watched.page.get_by_role("dialog", name="Go on with a larger budget?")
    expect(dialog).to_contain_text("All 1 are done.")
    watched.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert live_server.run(run_id)["state"] == "failed"


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
    expect(alert).to_contain_text(re.compile(r"times the smallest batch, above 0\.1 for 1 s"))
    expect(alert).to_contain_text(re.compile(r"since step .*, for \d"))
    expect(page.get_by_role("tab", name=re.compile(r"^Alerts \d+$"))).to_be_visible()
    # Here it would say the same twice; in another tab it stands, and the tabs stay in their places.
    now = page.get_by_role("region", name="Alerts now")
    expect(now).to_have_count(0)
    before = page.evaluate(PLACE_OF_TABS)
    page.get_by_role("tab", name="Log").click()
    expect(now).to_contain_text("optimizers behind")
    assert page.evaluate(PLACE_OF_TABS) == before
    page.get_by_role("tab", name=re.compile("^Alerts")).click()
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


def printing(server: LiveServer, run_id: str, text: str) -> None:
    """As if the run's process had printed this."""
    with (server.data_dir / "runs" / run_id / WORKER_LOG).open("a") as log:
        log.write(text)


def lines(first: int, count: int) -> str:
    """Numbered lines with times, a warning among ten."""
    return "".join(
        f"2030-01-01T00:00:00.{number:06}Z [{'info' if number % 10 else 'warning'}] line {number}\n"
        for number in range(first, first + count)
    )


@pytest.fixture
def paused_run(live_server: LiveServer) -> Iterator[str]:
    """A run whose process prints nothing for now."""
    run_id = live_server.create(LONG_RUN)["id"]
    live_server.wait_for(run_id, "running")
    live_server.command(run_id, "pause")
    live_server.wait_for(run_id, "paused")
    yield run_id
    live_server.command(run_id, "abort")


def test_the_log_follows_and_does_not_jump_under_a_reader(
    live_server: LiveServer, new_page: NewPage, paused_run: str
) -> None:
    """New lines come into sight until somebody scrolls up; then the lines that are read stay."""
    printing(live_server, paused_run, lines(0, 10_000))
    watched = new_page(live_server).log_in().open(f"/runs/{paused_run}?tab=log")
    page, log = watched.page, panel(watched, "Log")
    view = log.get_by_role("log")
    view.scroll_into_view_if_needed()

    expect(view.get_by_text("line 9999", exact=True)).to_be_in_viewport()
    printing(live_server, paused_run, lines(10_000, 100))
    expect(view.get_by_text("line 10099", exact=True)).to_be_in_viewport()
    drawn: int = view.evaluate("view => view.querySelectorAll('time').length")
    assert drawn < 150

    # Half a screen up: what is read then is still there after more has come.
    view.evaluate("view => { view.scrollTop -= 5_000 }")
    follow = log.get_by_role("button", name=re.compile("o the newest"))
    expect(follow).to_be_visible()
    place: int = view.evaluate("view => view.scrollTop")
    read = view.get_by_text(re.compile(r"^line 98\d\d$")).last.inner_text()
    printing(live_server, paused_run, lines(10_100, 50))
    expect(follow).to_have_text(re.compile("^50 new entries"))
    assert view.evaluate("view => view.scrollTop") == place
    expect(view.get_by_text(read, exact=True)).to_be_attached()

    # Earlier lines come above: the reader sees the same ones.
    top: float = view.get_by_text(read, exact=True).evaluate("e => e.getBoundingClientRect().top")
    height: int = view.evaluate("view => view.scrollHeight")
    log.get_by_role("button", name="Earlier lines").click()
    page.wait_for_function(
        "height => document.querySelector('[role=log]').scrollHeight > height", arg=height
    )
    after: float = view.get_by_text(read, exact=True).evaluate("e => e.getBoundingClientRect().top")
    box = view.bounding_box()
    assert box is not None
    assert abs((after - box["y"]) - (top - box["y"])) < 40  # the button's row may have gone

    follow.click()
    expect(view.get_by_text("line 10149", exact=True)).to_be_in_viewport()
    expect(follow).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_log_is_searched_narrowed_and_taken_away(
    live_server: LiveServer, new_page: NewPage, paused_run: str, scheme: str
) -> None:
    """Levels and words narrow it; text that looks like a page is text; the file is complete."""
    trace = "Traceback (most recent call last):\n  File env.py, line 7\nValueError: <b>odd</b>\n"
    printing(live_server, paused_run, lines(1, 30) + trace)
    watched = new_page(live_server, color_scheme=scheme).log_in()
    watched.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = watched.open(f"/runs/{paused_run}?tab=log").page
    log = panel(watched, "Log")
    view = log.get_by_role("log")
    expect(view).to_contain_text("ValueError: <b>odd</b>")
    assert view.locator("b").count() == 0
    expect_fit(watched)

    page.set_viewport_size({"width": 1280, "height": 800})
    log.get_by_text("Warnings and errors", exact=True).click()
    expect(view.get_by_text("line 20", exact=True)).to_be_visible()
    expect(view.get_by_text("line 21", exact=True)).to_have_count(0)
    log.get_by_role("searchbox", name="Search the log").fill("ODD")
    expect(view.locator("mark")).to_have_text("odd")
    expect(view).to_contain_text("Traceback (most recent call last):")
    expect(view.get_by_text("line 20", exact=True)).to_have_count(0)
    log.get_by_role("button", name="Copy").click()
    expect(log.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()") == f"[error] {trace.strip()}"
    assert watched.accessibility_violations() == []

    with page.expect_download() as coming:
        log.get_by_role("button", name="Download all that the process printed").click()
    saved = coming.value.path().read_text()
    assert lines(1, 30) + trace in saved
    log.get_by_role("searchbox", name="Search the log").fill("no such words")
    log.get_by_role("button", name="Show everything").click()
    expect(view.get_by_text("line 30", exact=True)).to_be_visible()


def test_the_log_tells_events_with_their_env_steps_and_what_it_can_not_fetch(
    live_server: LiveServer, new_page: NewPage
) -> None:
    """A failed worker stands there with time, step and traceback; a server that fails is told."""
    run_id = run_with_a_failed_worker(live_server)
    watched = new_page(live_server, expected_status=503).log_in()
    page, broken = watched.page, {"status": 503, "json": {"detail": "The disk is on fire."}}
    page.route("**/log", lambda route: route.fulfill(**broken))
    watched.open(f"/runs/{run_id}?tab=log")
    log = panel(watched, "Log")
    expect(log.get_by_role("alert")).to_contain_text("The disk is on fire.")
    page.unroute("**/log")
    log.get_by_role("button", name="Try again").click()

    log.get_by_text("Errors", exact=True).click()
    log.get_by_role("searchbox", name="Search the log").fill("worker 1 failed")
    view = log.get_by_role("log")
    expect(view).to_contain_text("RuntimeError: the simulator broke")
    view.evaluate("view => { view.scrollTop = 0 }")
    head = view.locator("time", has_text=re.compile(r"^\d\d:\d\d:\d\d$")).first
    expect(head).to_have_attribute("title", re.compile(r"env step [\d,]+"))
    expect(log.get_by_role("alert")).to_have_count(0)


def test_a_run_without_a_word_has_an_empty_log(live_server: LiveServer, new_page: NewPage) -> None:
    """Nothing was printed, and the tab says so."""
    run_id = live_server.create({**LONG_RUN, "start": False})["id"]
    watched = new_page(live_server).log_in().open(f"/runs/{run_id}?tab=log")

    expect(panel(watched, "Log")).to_contain_text("Nothing has been written yet.")
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
        expect(page.get_by_role("tabpanel").locator("section:visible").first).to_be_visible()
        assert tab.evaluate(
            "tab => { const [a, b] = [tab, tab.parentElement].map(e => e.getBoundingClientRect());"
            " return a.left >= b.left - 1 && a.right <= b.right + 1; }"
        )
    assert watched.horizontal_overflow_px() == 0
