"""The main job without a mouse: no pointer is touched, and one can see where the focus is."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from e2e.watched_page import WatchedPage
from integration.live_server import LiveServer

pytestmark = pytest.mark.e2e

NewPage = Callable[..., WatchedPage]
MOST_TABS = 150
IS_FOCUSED = "each => each === document.activeElement"
SHOWS_FOCUS = """each => {
  const beside = [each.nextElementSibling, each.previousElementSibling].filter(Boolean)
    .map(place => getComputedStyle(place));
  if (beside.some(({ outlineStyle, outlineWidth }) =>
    outlineStyle !== "none" && outlineWidth !== "0px")) return true;
  for (let place = each; place !== null && place !== document.body; place = place.parentElement) {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(place);
    if ((outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none") return true;
    if (place.matches("button, a, li, form")) return false;
  }
  return false;
}"""


def tab_to(page: Page, target: Locator, *, key: str = "Tab") -> None:
    """Go there as a person does, and see that it shows."""
    expect(target).to_be_enabled()
    for _ in range(MOST_TABS):
        if target.evaluate(IS_FOCUSED):
            assert target.evaluate(SHOWS_FOCUS), f"{target} has the focus and does not show it"
            return
        page.keyboard.press(key)
    raise AssertionError(f"{target} can't be reached by {key}")


def test_a_run_is_started_steered_and_ended_without_a_mouse(
    own_server: LiveServer, new_page: NewPage
) -> None:
    """Start, pause, tune by slider and box, checkpoint, fork dialog, another chart set, stop."""
    watched = new_page(own_server).log_in()
    page = watched.page
    tab_to(page, page.get_by_role("button", name="Start CartPole"))
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/runs/[0-9A-Z]{26}$"))
    watched.expect_state("running")

    tab_to(page, watched.button("Pause"))
    page.keyboard.press("Enter")
    watched.expect_state("paused")
    # What had the focus does not lose it to nothing when it no longer applies.
    tab_to(page, watched.button("Resume"))
    page.keyboard.press("Enter")
    watched.expect_state("running")

    rate = watched.hyperparameter("learning rate")
    before = rate.get_by_role("textbox").input_value()
    tab_to(page, rate.get_by_role("slider"))
    page.keyboard.press("ArrowRight")
    expect(rate).to_contain_text(re.compile(r"used \S+ since step [1-9]"))
    assert rate.get_by_role("textbox").input_value() != before
    tab_to(page, rate.get_by_role("textbox"), key="Shift+Tab")
    page.keyboard.press("Control+A")
    page.keyboard.type("3e-3")
    page.keyboard.press("Enter")
    expect(rate).to_contain_text("used 3e-3 since step")

    tab_to(page, watched.button("Checkpoint"), key="Shift+Tab")
    page.keyboard.press("Enter")
    happened = page.get_by_role("region", name="What happened")
    expect(happened).to_contain_text("checkpoint from the browser")

    fork = watched.button("Fork")
    tab_to(page, fork)
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    assert dialog.evaluate("each => each.contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(fork).to_be_focused()

    charts = page.get_by_role("group", name="Which small charts")
    tab_to(page, charts.get_by_role("radio", name="Overview"))
    page.keyboard.press("ArrowRight")
    expect(charts.get_by_role("radio", name="Policy")).to_be_checked()
    page.wait_for_url(re.compile("charts=policy"))

    tab_to(page, watched.button("Stop"), key="Shift+Tab")
    page.keyboard.press("Enter")
    watched.expect_state("stopped")
