"""A run's life as the page tells it: waiting, going on after an end, dying and living again."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Route, expect

from e2e.watched_page import WatchedPage
from integration.live_server import FAST_RUN, LONG_RUN, LiveServer

pytestmark = pytest.mark.e2e

NewPage = Callable[..., WatchedPage]


@pytest.fixture
def narrow_server(new_server: Callable[..., LiveServer]) -> Iterator[LiveServer]:
    """A server with room for one run at a time."""
    server = new_server(MATINEE_MAX_ACTIVE_RUNS="1").start()
    yield server
    server.clean_up()


def test_a_run_that_waits_says_at_which_place(narrow_server: LiveServer, new_page: NewPage) -> None:
    """Header and list tell the place in the queue, and move on with it, without a reload."""
    first, second, third = (narrow_server.create(LONG_RUN)["id"] for _ in range(3))
    narrow_server.wait_for(first, "running")
    watched = new_page(narrow_server).log_in().open_run(third)

    watched.expect_state("queued, 2nd in line")
    rows = watched.page.get_by_role("navigation", name="Runs").get_by_role("link")
    expect(rows.filter(has_text="queued, 2nd in line")).to_have_count(1)
    expect(rows.filter(has_text="queued, next in line")).to_have_count(1)
    expect(watched.button("Start")).to_contain_text("already been started")
    assert watched.accessibility_violations() == []

    narrow_server.command(second, "stop")
    watched.expect_state("queued, next in line")
    narrow_server.command(first, "abort")
    watched.expect_state("running")


def test_a_finished_run_goes_on_with_a_larger_budget(
    live_server: LiveServer, new_page: NewPage
) -> None:
    """Go on asks for a larger budget, shows the server's words about a wrong one, and trains on."""
    run_id = live_server.create(FAST_RUN, wait=30)["id"]
    live_server.wait_for(run_id, "finished")
    watched = new_page(live_server, expected_status=422).log_in().open_run(run_id)
    watched.expect_state("finished")

    watched.button("Go on").click()
    dialog = watched.page.get_by_role("dialog", name="Go on with a larger budget?")
    limit = dialog.get_by_role("textbox", name="Env steps in all")
    expect(limit).to_have_value("40,000")
    assert watched.accessibility_violations() == []
    limit.fill("19,000")
    limit.press("Enter")
    expect(limit).to_have_accessible_description(re.compile("19,000 env steps are done; allowed"))
    limit.fill("24,000")
    dialog.get_by_role("button", name="Go on").click()

    expect(dialog).to_be_hidden()
    watched.expect_more_steps_than(23_999)
    watched.expect_state("finished")
    assert live_server.run(run_id)["budget"]["env_steps"] == 24_000


def test_a_stopped_run_goes_on_at_once(
    live_server: LiveServer, new_page: NewPage, long_run: str
) -> None:
    """What still has a budget needs no dialog."""
    watched = new_page(live_server).log_in().open_run(long_run)
    watched.expect_more_steps_than(500)
    watched.button("Stop").click()
    watched.expect_state("stopped")
    steps = watched.env_steps()

    watched.button("Go on").click()

    watched.expect_state("running")
    watched.expect_more_steps_than(steps)


def test_a_run_that_died_and_lives_again_says_so(
    live_server: LiveServer, new_page: NewPage
) -> None:
    """After a restart the header tells how often, and of what it died; the list tells it, too."""
    run_id = live_server.create({**LONG_RUN, "recovery": {"restart_after_death": True}}, wait=30)[
        "id"
    ]
    live_server.wait_for_steps(run_id, 500)
    watched = new_page(live_server).log_in().open_run(run_id)
    watched.expect_state("running")

    live_server.run_process(run_id).kill()

    restarts = watched.page.get_by_role("region", name="Restarts")
    expect(restarts).to_contain_text("Restarted once. Last time because the run process was killed")
    watched.expect_state("running")
    row = watched.page.get_by_role("navigation", name="Runs").locator("[aria-current=page]")
    expect(row).to_contain_text("restarted once")
    assert watched.accessibility_violations() == []
    live_server.command(run_id, "abort")


def test_a_run_that_can_not_write_its_record_says_so(
    live_server: LiveServer, new_page: NewPage, long_run: str
) -> None:
    """What the server tells of a full disk is an alarm in the header and a sign in the list."""
    words = "run.db can't be written: database or disk is full"

    def full_disk(route: Route) -> None:
        answer = route.fetch()
        document = answer.json()
        for run in document.get("items", [document]):
            if run["id"] == long_run:
                run["trouble"] = words
        route.fulfill(response=answer, body=json.dumps(document))

    watched = new_page(live_server)
    watched.page.route(re.compile(rf"/api/v1/runs(/{long_run})?(\?.*)?$"), full_disk)
    watched.log_in().open_run(long_run)

    trouble = watched.page.get_by_role("alert", name="Trouble")
    expect(trouble).to_contain_text("can’t write everything down")
    expect(trouble).to_contain_text("run.db can't be written: database or disk is full")
    row = watched.page.get_by_role("navigation", name="Runs").locator("[aria-current=page]")
    expect(row).to_contain_text("can’t write everything down")
    assert watched.accessibility_violations() == []
