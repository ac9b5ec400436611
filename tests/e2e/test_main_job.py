"""The main job: a person opens the page, starts CartPole, tunes it, pauses it, stops it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from e2e.watched_page import WatchedPage
from integration.live_server import LiveServer

pytestmark = pytest.mark.e2e

NewPage = Callable[..., WatchedPage]


def test_a_person_starts_tunes_pauses_resumes_and_stops_a_run(
    own_server: LiveServer, new_page: NewPage
) -> None:
    """On an empty server one button starts CartPole; it moves, obeys, and ends where it is told."""
    watched = new_page(own_server).log_in()
    page = watched.page
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("learn to balance a pole"))
    assert watched.accessibility_violations() == []

    page.get_by_role("button", name="Start CartPole").click()
    page.wait_for_url(re.compile(r"/runs/[0-9A-Z]{26}$"))
    watched.expect_state("running")

    # The chart moves.
    expect(watched.return_chart).to_have_attribute("aria-label", re.compile(r"over \d+ points"))
    first = watched.return_chart.get_attribute("aria-label")
    assert first is not None
    expect(watched.return_chart).not_to_have_attribute("aria-label", first)

    # A change is asked for, applied, and marked on the charts.
    rate = watched.hyperparameter("learning rate")
    box = rate.get_by_role("textbox", name="learning rate")
    before = box.input_value()
    box.fill("3e-3")
    box.press("Enter")
    expect(rate).to_contain_text(re.compile(r"used 3e-3 since step"))
    mark = page.get_by_role("toolbar", name="Marks on the chart").get_by_role(
        "button", name=re.compile(f"^learning rate {before} → 3e-3, from the browser, at step")
    )
    expect(mark).to_be_visible()
    expect(page.get_by_role("region", name="What happened")).to_contain_text(
        f"learning rate {before} → 3e-3 from the browser"
    )
    assert watched.accessibility_violations() == []

    # Paused is paused.
    watched.button("Pause").click()
    watched.expect_state("paused")
    run_id = page.url.rsplit("/", 1)[1]
    steps = own_server.run(run_id)["progress"]["env_steps"]
    page.wait_for_timeout(700)
    assert own_server.run(run_id)["progress"]["env_steps"] == steps
    assert watched.env_steps() == steps

    watched.button("Resume").click()
    watched.expect_state("running")
    watched.expect_more_steps_than(steps)

    page.emulate_media(color_scheme="dark")
    assert watched.accessibility_violations() == []

    watched.button("Stop").click()
    watched.expect_state("stopped")
    expect(watched.button("Stop")).to_have_attribute("aria-disabled", "true")
    expect(watched.button("Stop")).to_contain_text("The run has ended")
    assert own_server.run(run_id)["state"] == "stopped"


def test_undo_takes_the_last_change_back(
    live_server: LiveServer, new_page: NewPage, long_run: str
) -> None:
    """The undo button asks for the setting from before the last change, and it is applied."""
    watched = new_page(live_server).log_in().open_run(long_run)
    undo = watched.page.get_by_role("button", name="Undo the last change")
    discount = watched.hyperparameter("discount")

    box = discount.get_by_role("textbox", name="discount")
    before = box.input_value()
    box.fill("0.9")
    box.press("Enter")
    expect(discount).to_contain_text("used 0.9 since")
    expect(undo).to_have_attribute("aria-disabled", "false")
    undo.click()

    expect(discount).to_contain_text(f"used {before} since")
    expect(undo).to_have_attribute("aria-disabled", "true")


def test_a_slider_moved_by_keys_asks_once_and_shows_what_is_in_use(
    live_server: LiveServer, new_page: NewPage, long_run: str
) -> None:
    """An arrow key on a slider becomes one command; the row shows the new value and since when."""
    watched = new_page(live_server).log_in().open_run(long_run)
    row = watched.hyperparameter("entropy coefficient")
    slider = row.get_by_role("slider")
    before = slider.get_attribute("aria-valuetext")

    slider.focus()
    slider.press("PageUp")

    expect(slider).not_to_have_attribute("aria-valuetext", before or "")
    value = slider.get_attribute("aria-valuetext")
    expect(row).to_contain_text(f"used {value} since step")
    asked = [
        command
        for command in live_server.commands(long_run)
        if command["action"]["name"] == "set_hyperparameters"
        and "entropy_coefficient" in command["action"]["settings"]
    ]
    assert [command["state"] for command in asked] == ["applied"]


def test_keys_control_the_run_but_not_while_typing(
    live_server: LiveServer, new_page: NewPage, long_run: str
) -> None:
    """Space pauses and resumes, S steps; in a field the same keys are just text."""
    watched = new_page(live_server).log_in().open_run(long_run)
    page = watched.page
    watched.expect_state("running")

    page.keyboard.press("Space")
    watched.expect_state("paused")
    steps = watched.env_steps()
    page.keyboard.press("s")
    watched.expect_more_steps_than(steps)
    watched.expect_state("paused")

    page.keyboard.press("/")
    page.keyboard.type("s n")
    expect(page.get_by_role("textbox", name="Filter runs")).to_have_value("s n")
    watched.expect_state("paused")

    page.keyboard.press("Escape")
    page.keyboard.press("Space")
    watched.expect_state("running")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Help and shortcuts")).to_be_visible()


def test_the_view_lives_in_the_address(
    live_server: LiveServer, new_page: NewPage, long_run: str
) -> None:
    """Axis, scale and zoom survive a reload, and End leads back to the live view."""
    watched = new_page(live_server).log_in().open_run(long_run)
    page = watched.page
    watched.expect_more_steps_than(1500)

    page.get_by_text("episodes", exact=True).last.click()
    page.get_by_role("button", name="log", exact=True).click()
    page.get_by_role("button", name="Zoom in").click()
    page.wait_for_url(re.compile(r"x=episode.*scale=symlog.*from=\d+&to=\d+"))
    page.reload()

    expect(page.get_by_role("radio", name="episodes")).to_be_checked()
    expect(page.get_by_role("button", name="log", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    live = page.get_by_role("button", name="Live", exact=True)
    expect(live).to_be_enabled()
    page.keyboard.press("End")
    expect(live).to_be_disabled()
    assert "from=" not in page.url


def test_a_run_is_renamed_in_place(
    live_server: LiveServer, new_page: NewPage, long_run: str
) -> None:
    """A new name stands in the header, in the list and on the server."""
    watched = new_page(live_server).log_in().open_run(long_run)
    page = watched.page

    page.get_by_role("button", name="Rename").click()
    page.get_by_role("textbox", name="Name of the run").fill("third try")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("third try")
    expect(page.get_by_role("navigation", name="Runs")).to_contain_text("third try")
    assert live_server.run(long_run)["name"] == "third try"
