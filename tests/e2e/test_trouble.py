"""What the page says when something goes wrong."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import WebSocketRoute, expect

from e2e.watched_page import WatchedPage
from integration.live_server import LONG_RUN, LiveServer

pytestmark = pytest.mark.e2e

NewPage = Callable[..., WatchedPage]
SERVICE_RESTART = 1012


def test_a_killed_run_process_is_shown_as_failed_with_the_reason(
    live_server: LiveServer, new_page: NewPage, long_run: str
) -> None:
    """The page says that the run failed, and why, without a reload; what was recorded is there."""
    watched = new_page(live_server).log_in().open_run(long_run)
    watched.expect_state("running")
    expect(watched.return_chart).to_have_attribute("aria-label", re.compile(r"over \d+ points"))

    live_server.run_process(long_run).kill()

    watched.expect_state("failed")
    reason = watched.page.get_by_role("region", name="Reason")
    expect(reason).to_contain_text("The run failed.")
    expect(reason).to_contain_text(re.compile("SIGKILL|killed"))
    expect(watched.button("Resume")).to_have_attribute("aria-disabled", "true")
    assert watched.accessibility_violations() == []


def test_a_lost_connection_is_announced_and_resumed_without_a_gap(
    live_server: LiveServer, new_page: NewPage, long_run: str
) -> None:
    """A banner counts down and offers to retry; afterwards every event arrives exactly once."""
    watched = new_page(live_server)
    page = watched.page
    routes: list[WebSocketRoute] = []
    cursors: list[int] = []
    seen: list[int] = []
    lost: list[WebSocketRoute] = []

    def relay(route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        routes.append(route)

        def from_page(message: str | bytes) -> None:
            found = re.search(r'"after":(\d+)', str(message))
            if found is not None:
                cursors.append(int(found[1]))
            server.send(message)

        def from_server(message: str | bytes) -> None:
            if lost != [route]:
                seen.extend(int(seq) for seq in re.findall(r'"seq":(\d+)', str(message)))
                route.send(message)

        route.on_message(from_page)
        server.on_message(from_server)

    page.route_web_socket(re.compile("/api/v1/stream"), relay)
    watched.log_in().open_run(long_run)
    watched.expect_more_steps_than(watched.env_steps() + 500)

    lost.append(routes[-1])
    routes[-1].close(code=SERVICE_RESTART, reason="restart")
    banner = page.get_by_text("Connection lost.")
    expect(banner).to_be_visible()
    steps = watched.env_steps()
    page.get_by_role("button", name="Retry now").click()

    expect(banner).to_be_hidden()
    watched.expect_more_steps_than(steps)
    assert len(routes) >= 2
    assert cursors[-1] > cursors[0]
    assert seen == list(range(cursors[0] + 1, cursors[0] + 1 + len(seen)))


def test_a_refused_value_is_explained_at_its_row(
    live_server: LiveServer, new_page: NewPage, long_run: str
) -> None:
    """A learning rate below its range changes nothing; the row shows the server's words."""
    watched = new_page(live_server, expected_status=422).log_in().open_run(long_run)
    watched.expect_state("running")
    row = watched.hyperparameter("learning rate")

    row.get_by_role("textbox", name="learning rate").fill("-1")
    row.get_by_role("textbox", name="learning rate").press("Enter")

    expect(row.get_by_role("alert")).to_contain_text("allowed: a number from 1e-07 to 1")
    expect(row).to_contain_text("used 0.01 since step")


def test_the_new_run_form_shows_what_the_server_refused_at_the_field(
    live_server: LiveServer, new_page: NewPage
) -> None:
    """A wrong value starts nothing, and its field says what is allowed."""
    watched = new_page(live_server, expected_status=422).log_in().open("/runs/new")
    page = watched.page
    before = live_server.client.get("/api/v1/runs").json()["items"]

    page.get_by_role("textbox", name="Workers", exact=True).fill("1e9")
    page.get_by_role("textbox", name="Seconds", exact=True).fill("soon")
    page.get_by_text("Alerts", exact=True).click()
    collapse = watched.hyperparameter("performance collapse")
    threshold = collapse.get_by_role("textbox", name="Threshold of performance collapse")
    threshold.fill("7")
    threshold.press("Enter")
    expect(collapse).to_contain_text("above 700\u00a0% of the gain for 3 s")
    page.get_by_role("button", name="Start", exact=True).first.click()

    workers = page.get_by_role("textbox", name="Workers", exact=True)
    expect(workers).to_have_accessible_description(re.compile("64"))
    expect(page.get_by_role("textbox", name="Seconds", exact=True)).to_have_accessible_description(
        re.compile("number")
    )
    expect(collapse.get_by_role("alert")).to_contain_text("allowed: a number from 0.05 to 1")
    expect(page.get_by_text("Nothing was started.")).to_be_visible()
    assert live_server.client.get("/api/v1/runs").json()["items"] == before
    assert watched.accessibility_violations() == []

    collapse.get_by_role("button", name="Reset performance collapse").click()
    expect(collapse).to_contain_text("above 50\u00a0% of the gain for 3 s")


def test_without_a_session_the_page_explains_how_to_log_in(
    live_server: LiveServer, new_page: NewPage
) -> None:
    """A stranger sees how to log in; the token lets them in, another one does not."""
    watched = new_page(live_server, expected_status=401).open("/")
    page = watched.page
    expect(page.get_by_role("heading", level=1)).to_have_text("You are not logged in")
    assert watched.accessibility_violations() == []

    page.get_by_label("Token", exact=True).fill("guess")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("This is no token of this server.")).to_be_visible()
    page.get_by_label("Token", exact=True).fill(live_server.token)
    page.get_by_role("button", name="Log in").click()

    expect(page.get_by_role("navigation", name="Runs")).to_be_visible()


def test_an_unknown_address_and_an_unknown_run_lead_back(
    live_server: LiveServer, new_page: NewPage
) -> None:
    """Neither a mistyped address nor a deleted run is a dead end."""
    watched = new_page(live_server, expected_status=404).log_in()
    page = watched.page
    watched.open("/nowhere")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing at this address")

    watched.open("/runs/01ARZ3NDEKTSV4RRFFQ69G5FAV")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no such run")
    expect(page.get_by_role("main").get_by_role("link", name="To the runs")).to_be_visible()


def test_abort_and_delete_ask_and_say_what_is_kept(
    live_server: LiveServer, new_page: NewPage
) -> None:
    """Neither happens by a slip: both ask first, and both say what becomes of the record."""
    run_id = live_server.create(LONG_RUN)["id"]
    watched = new_page(live_server).log_in().open_run(run_id)
    page = watched.page
    watched.expect_state("running")

    watched.menu_item("Abort").click()
    dialog = page.get_by_role("dialog", name="Abort this run?")
    expect(dialog).to_contain_text("Everything recorded so far is kept")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    watched.expect_state("running")
    watched.menu_item("Abort").click()
    page.get_by_role("button", name="Abort now").click()
    watched.expect_state("aborted")

    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Delete").click()
    expect(page.get_by_role("dialog")).to_contain_text("Nothing of it is kept")
    page.get_by_role("button", name="Delete it").click()
    page.wait_for_url(lambda url: run_id not in url)
    assert live_server.client.get(f"/api/v1/runs/{run_id}").status_code == 404
