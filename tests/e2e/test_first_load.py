"""A browser that was never here: what it has to fetch before somebody can do something."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

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
