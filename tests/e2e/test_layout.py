"""The page from a phone to a wall, light and dark."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import FloatRect, Locator, expect

from e2e.watched_page import WatchedPage
from integration.live_server import LiveServer

pytestmark = pytest.mark.e2e

NewPage = Callable[..., WatchedPage]
WIDTHS_PX = (360, 768, 1280, 2560)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_width_fits_and_is_accessible(
    live_server: LiveServer, new_page: NewPage, long_run: str, scheme: str
) -> None:
    """Every page needs no sideways scrolling at any width, and axe finds nothing."""
    watched = new_page(live_server, color_scheme=scheme).log_in()
    for path in (f"/runs/{long_run}", "/runs/new", "/runs", f"/compare?runs={long_run}"):
        watched.open(path)
        expect(watched.page.get_by_role("heading", level=1)).to_be_visible()
        for width in WIDTHS_PX:
            watched.page.set_viewport_size({"width": width, "height": 800})
            expect(watched.page.get_by_role("main")).to_be_visible()
            assert watched.horizontal_overflow_px() == 0, f"{path} at {width} px"
        for width in (WIDTHS_PX[0], WIDTHS_PX[2]):
            watched.page.set_viewport_size({"width": width, "height": 800})
            assert watched.accessibility_violations() == [], f"{path} at {width} px"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_buttons_of_a_run_stand_in_order(
    live_server: LiveServer, new_page: NewPage, long_run: str, scheme: str
) -> None:
    """One row beside the name at 1280 px, two at most on a phone; what is rare is in a menu."""
    watched = new_page(live_server, color_scheme=scheme).log_in().open_run(long_run)
    page = watched.page

    def boxes(places: Locator) -> list[FloatRect]:
        return [box for place in places.all() if (box := place.bounding_box()) is not None]

    (title,) = boxes(page.get_by_role("heading", level=1))
    row = boxes(watched.controls.get_by_role("button"))
    row += boxes(watched.header.get_by_role("button", name="More"))
    assert len({box["y"] for box in row}) == 1
    assert abs(row[0]["y"] - title["y"]) < title["height"]

    page.set_viewport_size({"width": 360, "height": 740})
    rows = boxes(watched.controls.get_by_role("button"))
    assert len({box["y"] for box in rows}) <= 2
    assert min(box["height"] for box in rows) >= 24
    overflowing = watched.controls.evaluate(
        "group => [...group.querySelectorAll('button')].filter(b => b.scrollWidth > b.clientWidth)"
        ".map(b => b.textContent)"
    )
    assert overflowing == []
    watched.menu_item("Abort").wait_for()
    assert watched.accessibility_violations() == []
    assert watched.horizontal_overflow_px() == 0


def test_on_a_phone_the_list_opens_and_closes(
    live_server: LiveServer, new_page: NewPage, long_run: str
) -> None:
    """At 360 px the runs are behind a button, and choosing one closes the list."""
    phone = {"width": 360, "height": 740}
    watched = new_page(live_server, viewport=phone).log_in().open("/runs/new")
    page = watched.page

    page.get_by_role("button", name="Runs").click()
    runs = page.get_by_role("navigation", name="Runs")
    expect(runs).to_be_visible()
    assert watched.accessibility_violations() == []
    runs.get_by_role("link").filter(has_text=live_server.run(long_run)["name"]).click()

    page.wait_for_url(lambda url: url.endswith(long_run))
    expect(runs).to_be_hidden()
