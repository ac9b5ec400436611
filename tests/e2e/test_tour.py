"""What am I looking at? The page explains itself, all at once and one thing after the other."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from e2e.watched_page import WatchedPage
from integration.live_server import LONG_RUN, LiveServer

pytestmark = pytest.mark.e2e

NewPage = Callable[..., WatchedPage]
WIDTHS_PX = (360, 1280, 2560)


@pytest.fixture(scope="module")
def ended_run(live_server: LiveServer) -> str:
    """A run that is over: nothing of its page moves by itself."""
    spec = {**LONG_RUN, "name": "explained", "budget": {"env_steps": 4_000, "seconds": None}}
    run_id: str = live_server.create(spec)["id"]
    live_server.wait_for(run_id, "finished", timeout_s=90)
    return run_id


def heading(page: Page) -> str:
    """What is explained now."""
    return page.get_by_role("dialog").get_by_role("heading", level=2).inner_text().lower()


def places(page: Page) -> list[object]:
    """Where everything that can be explained is."""
    boxes: list[object] = page.locator("#main [data-explain]").evaluate_all(
        "all => all.map(each => JSON.stringify(each.getBoundingClientRect()))"
    )
    return boxes


def test_a_key_explains_everything_and_moves_nothing(
    live_server: LiveServer, new_page: NewPage, ended_run: str
) -> None:
    """`w` puts a sign at each thing in view, also at settings, which says what it is when it is
    pointed at or has the focus; Escape takes them away.
    """
    watched = new_page(live_server).log_in().open_run(ended_run)
    page = watched.page
    expect(page.get_by_role("img", name=re.compile(r"^value loss: .* points"))).to_be_visible()
    before = places(page)
    page.keyboard.press("w")

    dialog = page.get_by_role("dialog", name="What am I looking at?")
    expect(dialog).to_be_visible()
    page.wait_for_url(re.compile("tour=all"))
    steps = dialog.get_by_role("button", name=re.compile(r"\d\. env steps: How many times"))
    words = steps.get_by_text("How many times any environment")
    expect(words).to_be_hidden()
    steps.hover()
    expect(words).to_be_visible()
    for text in ("value loss: Half the critic", "the buttons of a run:", "learning rate: How far"):
        sign = dialog.get_by_role("button", name=re.compile(text))
        expect(sign).to_be_visible()
        sign.focus()
        expect(sign.locator("strong")).to_be_visible()
        expect(sign.locator("strong")).to_be_in_viewport(ratio=1)
    assert places(page) == before
    assert watched.accessibility_violations() == []

    # The page's own keys wait; in the filter the key is a letter.
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert "tour" not in page.url
    assert places(page) == before
    page.get_by_role("textbox", name="Filter runs").press("w")
    expect(dialog).to_have_count(0)


def test_a_teacher_steps_through_by_keys_and_the_focus_returns(
    live_server: LiveServer, new_page: NewPage, ended_run: str
) -> None:
    """Each step lights one thing; the address names it; the end gives the focus back."""
    watched = new_page(live_server).log_in().open_run(ended_run)
    page = watched.page
    button = page.get_by_role("button", name="What am I looking at?")
    button.click()
    page.get_by_role("button", name="One by one").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_have_attribute("aria-modal", "true")
    assert heading(page) == "the buttons of a run"
    assert page.evaluate("document.getElementById('root').inert")

    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile("tour=figure.env_steps"))
    expect(dialog.get_by_role("heading", level=2)).to_have_text("env steps")
    page.keyboard.press("PageDown")
    expect(dialog.get_by_role("heading", level=2)).not_to_have_text("env steps")
    page.keyboard.press("ArrowLeft")
    expect(dialog.get_by_role("heading", level=2)).to_have_text("env steps")
    page.wait_for_url(re.compile("tour=figure.env_steps"))
    fast_keys = "keys.forEach((key) => window.dispatchEvent(new KeyboardEvent('keydown', { key })))"
    page.evaluate(f"(keys) => {fast_keys}", ["Home", "ArrowRight", "ArrowRight", "ArrowLeft"])
    page.wait_for_url(re.compile("tour=figure.env_steps"))
    page.keyboard.press("End")
    page.wait_for_url(re.compile("tour=control.records"))
    light = page.locator("[data-light]")
    expect(light).to_be_in_viewport()
    page.reload()
    expect(dialog.get_by_role("heading", level=2)).to_have_text("the records of the run")

    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert not page.evaluate("document.getElementById('root').inert")

    button.focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Close").click()
    expect(button).to_be_focused()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_explanations_fit_every_width_and_are_accessible(
    live_server: LiveServer, new_page: NewPage, ended_run: str, scheme: str
) -> None:
    """From a phone to a wall, on each page that has them: in view, and axe finds nothing."""
    watched = new_page(live_server, color_scheme=scheme).log_in()
    page = watched.page
    for path in (
        f"/runs/{ended_run}?tour=all",
        f"/runs/{ended_run}?tour=metric.value_loss",
        f"/runs/{ended_run}?tour=setting.gamma",
        f"/compare?runs={ended_run}&tour=control.comparison",
        "/runs?tour=control.list",
    ):
        for width in WIDTHS_PX:
            page.set_viewport_size({"width": width, "height": 740})
            watched.open(path)
            dialog = page.get_by_role("dialog")
            expect(dialog).to_be_visible()
            if "tour=all" not in path:
                expect(page.locator("[data-light]")).to_be_in_viewport()
                expect(dialog.get_by_role("button", name="End")).to_be_in_viewport(ratio=1)
                expect(dialog.get_by_text(re.compile(r"^\d+ of \d+$"))).to_be_visible()
            assert watched.horizontal_overflow_px() == 0, f"{path} at {width} px"
            assert watched.accessibility_violations() == [], f"{path} at {width} px"


def test_what_is_not_there_and_where_there_is_nothing_to_explain(
    live_server: LiveServer, new_page: NewPage, ended_run: str
) -> None:
    """A link to something that is not on the page says so; the theory has no notes."""
    watched = new_page(live_server).log_in().open(f"/runs/{ended_run}?tour=metric.queue_depth")
    page = watched.page
    expect(page.get_by_role("dialog")).to_contain_text("Not on this page now.")
    expect(page.get_by_role("button", name="Next")).to_be_enabled()
    page.keyboard.press("Escape")
    watched.open("/learn?tour=all")
    expect(page.get_by_role("heading", level=1)).to_have_text("How it learns")
    expect(page.get_by_role("button", name="What am I looking at?")).to_have_attribute(
        "aria-disabled", "true"
    )
    page.keyboard.press("w")
    expect(page.get_by_role("dialog")).to_have_count(0)
