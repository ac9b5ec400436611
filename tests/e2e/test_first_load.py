"""A browser that was never here: what it has to fetch before somebody can do something."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from e2e.watched_page import WatchedPage
from integration.live_server import LiveServer

pytestmark = pytest.mark.e2e

NewPage = Callable[..., WatchedPage]
MOST_SCRIPT_BYTES = 300_000
SCRIPT_BYTES = """() => performance.getEntriesByType("resource")
  .filter(each => new URL(each.name).pathname.endsWith(".js"))
  .reduce((sum, each) => sum + each.encodedBodySize, 0)"""


def script_bytes(page: Page) -> int:
    """Of all scripts that a page has fetched by now, as they came."""
    page.wait_for_load_state("networkidle")
    fetched: int = page.evaluate(SCRIPT_BYTES)
    assert fetched > 0
    return fetched


def test_the_greeting_comes_with_few_scripts(own_server: LiveServer, new_page: NewPage) -> None:
    """At most 300 kB compressed, what the next page needs included."""
    watched = new_page(own_server).log_in()
    expect(watched.page.get_by_role("button", name="Start CartPole")).to_be_enabled()
    assert script_bytes(watched.page) <= MOST_SCRIPT_BYTES


@pytest.mark.parametrize("path", ["/runs/{run}", "/runs/new", "/runs", "/compare?runs={run}"])
def test_a_page_comes_with_few_scripts(
    live_server: LiveServer, new_page: NewPage, long_run: str, path: str
) -> None:
    """At most 300 kB compressed, opened by its address."""
    watched = new_page(live_server).log_in()
    cold = watched.page.context.new_page()
    cold.goto(f"{live_server.base_url}{path.format(run=long_run)}")
    cold.get_by_role("heading", level=1).wait_for()
    assert script_bytes(cold) <= MOST_SCRIPT_BYTES


class Held:
    """Requests that get no answer until they are let go."""

    def __init__(self, page: Page, pattern: str) -> None:
        self._routes: list[Route] = []
        self._are_let_go = False
        page.route(re.compile(pattern), self._take)

    def _take(self, route: Route) -> None:
        if self._are_let_go:
            route.continue_()
        else:
            self._routes.append(route)

    def let_go(self) -> None:
        """Those that wait, and all that come."""
        self._are_let_go = True
        for route in self._routes:
            route.continue_()


def test_a_click_is_not_taken_back(
    live_server: LiveServer, new_page: NewPage, long_run: str
) -> None:
    """Who chooses a page while the home page still asks for the newest run gets that page, also if
    its code comes after the answer.
    """
    page = new_page(live_server).page
    runs, code = Held(page, r"/api/v1/runs\?"), Held(page, "/assets/settings-page")
    page.goto(live_server.base_url + live_server.client.post("/api/v1/login-codes").json()["path"])
    page.get_by_role("link", name="Settings").click()
    page.wait_for_url(re.compile("/settings$"))

    runs.let_go()
    page.locator(f'a[href$="/runs/{long_run}"]').first.wait_for()
    code.let_go()

    expect(page.get_by_role("heading", level=1)).to_have_text("Settings")
    expect(page).to_have_url(re.compile("/settings$"))


def test_a_page_that_takes_its_time_is_announced(
    live_server: LiveServer, new_page: NewPage
) -> None:
    """While the code of a page is on its way the old one says so, until the new one is there."""
    watched = new_page(live_server)
    watched.log_in()
    page = watched.page
    code = Held(page, "/assets/settings-page")
    page.goto(f"{live_server.base_url}/runs")
    page.get_by_role("heading", level=1).wait_for()
    sign = page.get_by_text("The page is on its way")

    page.get_by_role("link", name="Settings").click()
    expect(sign).to_be_attached()
    code.let_go()

    expect(page.get_by_role("heading", level=1)).to_have_text("Settings")
    expect(sign).not_to_be_attached()
