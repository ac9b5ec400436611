"""On paper: a run, a comparison and the theory without what can only be pressed."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from e2e.watched_page import WatchedPage
from integration.live_server import LONG_RUN, LiveServer

pytestmark = pytest.mark.e2e

NewPage = Callable[..., WatchedPage]
BUDGET = 4_000
LIGHT_INK = "#1b1b18"
PAPER = {"width": 703, "height": 1000}
"""A4 between its margins."""
CAN_BE_DRAWN = """() => {
    dispatchEvent(new Event("beforeprint"));
    const lines = document.querySelectorAll("[data-printed] path").length;
    dispatchEvent(new Event("afterprint"));
    return lines > 0;
}"""


@pytest.fixture(scope="module")
def ended_run(live_server: LiveServer) -> str:
    """A run that is over, with a curve."""
    spec = {**LONG_RUN, "name": "on paper", "budget": {"env_steps": BUDGET, "seconds": None}}
    run_id: str = live_server.create(spec)["id"]
    live_server.wait_for(run_id, "finished", timeout_s=90)
    return run_id


def visible(page: Page, selector: str) -> list[str]:
    """What of these somebody would see on the paper."""
    found: list[str] = page.locator(selector).evaluate_all(
        "all => all.filter(each => each.checkVisibility()).map(each => each.outerHTML.slice(0, 90))"
    )
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_run_is_printed_with_its_settings_and_light_drawings(
    live_server: LiveServer, new_page: NewPage, ended_run: str, scheme: str
) -> None:
    """Name, state, settings, date; a vector drawing for each chart; no rail and no buttons."""
    watched = new_page(live_server, color_scheme=scheme).log_in().open_run(ended_run)
    page = watched.page
    expect(page.get_by_role("img", name=re.compile(r"^value loss: .* points"))).to_be_visible()
    page.wait_for_load_state("networkidle")
    charts = page.locator(".uplot").count()

    page.emulate_media(media="print")
    drawings = page.locator("[data-printed]")
    expect(drawings).to_have_count(charts)
    settings = page.get_by_role("region", name="Settings")
    expect(settings.get_by_role("row", name=re.compile("^learning rate 0.01"))).to_be_visible()
    expect(settings.get_by_role("row", name="state finished")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("on paper")
    expect(page.get_by_text(re.compile(r"^printed \d"))).to_be_visible()
    assert visible(page, "button, [role=tab], aside, nav, input") == []
    assert visible(page, ".uplot canvas") == []
    inks = page.locator("[data-printed] path[stroke-width='1.5']").evaluate_all(
        "paths => [...new Set(paths.map(path => path.getAttribute('stroke')))]"
    )
    assert inks == [LIGHT_INK]
    breaks = page.locator("figure").evaluate_all(
        "figures => [...new Set(figures.map(each => getComputedStyle(each).breakInside))]"
    )
    assert breaks == ["avoid"]
    large = page.locator("figure").first.bounding_box()
    drawn = drawings.first.bounding_box()
    assert large is not None
    assert drawn is not None
    assert drawn["width"] == pytest.approx(large["width"], abs=1)

    page.emulate_media(media="screen")
    expect(drawings).to_have_count(0)
    expect(settings).to_have_count(0)
    expect(page.locator(".uplot canvas").first).to_be_visible()


def test_a_pdf_holds_the_drawings(
    live_server: LiveServer, new_page: NewPage, ended_run: str
) -> None:
    """Printing for real swaps the charts before and after, for a run and for several."""
    watched = new_page(live_server).log_in()
    page = watched.page
    for path in (f"/runs/{ended_run}", f"/compare?runs={ended_run}"):
        watched.open(path)
        # The curves' data and what draws them on paper come when the page has nothing else to do.
        page.wait_for_function(CAN_BE_DRAWN)
        expect(page.locator("[data-printed]")).to_have_count(0)
        page.evaluate(
            "() => { window.printed = []; addEventListener('beforeprint', () => "
            "printed.push(document.querySelectorAll('[data-printed] path').length)); }"
        )
        assert page.pdf(format="A4").startswith(b"%PDF")
        assert page.evaluate("printed.at(-1)") > 0
        expect(page.locator("[data-printed]")).to_have_count(0)


def test_a_comparison_and_the_theory_are_printed_without_controls(
    live_server: LiveServer, new_page: NewPage, ended_run: str
) -> None:
    """Neither has a button on paper, and what they say is still there."""
    watched = new_page(live_server, viewport=PAPER).log_in()
    page = watched.page
    for path, words in (
        (f"/compare?runs={ended_run}", "Last 100"),
        (f"/learn?run={ended_run}", "The value of a state"),
    ):
        watched.open(path)
        page.emulate_media(media="screen")
        expect(page.get_by_role("main")).to_contain_text(words)
        page.emulate_media(media="print")
        expect(page.get_by_role("main")).to_contain_text(words)
        # What is set in the theory belongs to what its picture shows.
        fields = "input:not([role=switch], [type=range], [type=radio])"
        assert visible(page, f"button, nav, .mantine-Button-root, {fields}") == []
        assert watched.horizontal_overflow_px() == 0
