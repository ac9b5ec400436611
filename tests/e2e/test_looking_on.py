"""A class follows a link that lets them look: they see everything live, and can steer nothing."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from e2e.watched_page import WatchedPage
from integration.live_server import LiveServer

pytestmark = pytest.mark.e2e

NewPage = Callable[..., WatchedPage]


def look_on(watched: WatchedPage) -> WatchedPage:
    """Follow a link for a class, as printed by `matinee token share`."""
    body = {"name": "class", "role": "viewer"}
    answer = watched.server.client.post("/api/v1/login-codes", json=body)
    assert answer.is_success, answer.text
    watched.page.goto(f"{watched.server.base_url}{answer.json()['path']}")
    return watched


def test_who_looks_on_sees_all_of_it_live_and_steers_nothing(
    live_server: LiveServer, new_page: NewPage, long_run: str
) -> None:
    """Figures move; every command is there, off, and says why; keys do nothing."""
    watched = look_on(new_page(live_server)).open_run(long_run)
    page = watched.page
    watched.expect_more_steps_than(watched.env_steps())
    expect(page.get_by_text("Looking on: watch, but not steer")).to_be_visible()

    for name in ("Start", "Pause", "Resume", "Step", "Stop", "Checkpoint", "Fork"):
        expect(watched.button(name)).to_have_attribute("aria-disabled", "true")
        expect(watched.button(name)).to_have_accessible_description(re.compile("watch, not steer"))
    expect(page.get_by_role("button", name="Rename")).to_have_count(0)
    rate = watched.hyperparameter("learning rate")
    expect(rate.get_by_role("textbox")).to_be_disabled()
    expect(page.get_by_role("complementary", name="Hyperparameters")).to_contain_text(
        "You are looking on"
    )
    for key in ("Space", "s", "c", "f"):
        page.keyboard.press(key)
    expect(page.get_by_role("dialog")).to_have_count(0)

    for tab, words in (("Checkpoints", "Save now"), ("Agent", "Record an episode")):
        page.get_by_role("tab", name=tab).click()
        button = page.get_by_role("tabpanel").get_by_role("button", name=words)
        expect(button).to_have_attribute("aria-disabled", "true")
    page.get_by_role("tab", name="Alerts").click()
    expect(page.get_by_role("textbox", name="Threshold of policy lag")).to_be_disabled()
    assert watched.accessibility_violations() == []

    watched.open("/runs/new")
    expect(page.get_by_role("button", name="Start", exact=True).first).to_be_disabled()
    assert watched.accessibility_violations() == []
    assert live_server.run(long_run)["state"] == "running"
    # Nothing was asked for but the start.
    assert len(live_server.commands(long_run)) == 1
