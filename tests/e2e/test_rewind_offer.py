"""After a risky change the page offers the way back, before anybody looks for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from e2e.test_checkpoints import LEARNER, wait_for_return
from e2e.watched_page import WatchedPage
from integration.live_server import LiveServer

pytestmark = pytest.mark.e2e

NewPage = Callable[..., WatchedPage]

EASY = {"pole_length": 5.0, "gravity": 0.5, "force": 1.0}
"""Even by chance a long pole on a small moon stands for some 300 steps."""
HARD = {"pole_length": 0.05, "gravity": 9.8, "force": 10.0}
"""For some 6."""
CHANCE: dict[str, Any] = {
    **LEARNER,
    "hyperparameters": {**LEARNER["hyperparameters"], "learning_rate": 1e-7, **HARD},
}
"""Learns nothing: what becomes of the return is the environment's doing, and quick."""


def change(server: LiveServer, run_id: str, **settings: Any) -> None:
    """As a script does it, and in use when this returns."""
    answer = server.client.patch(
        f"/api/v1/runs/{run_id}/hyperparameters", params={"wait": 20}, json=settings
    )
    assert answer.json()["state"] == "applied", answer.text


def offer(page: Page) -> Locator:
    """The toast."""
    return page.get_by_role("region", name="A rewind is offered")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_risky_change_can_be_taken_back_at_once(
    live_server: LiveServer, new_page: NewPage, long_run: str, scheme: str
) -> None:
    """By a key, after being asked; then nothing is offered any more."""
    watched = new_page(live_server, color_scheme=scheme).log_in().open_run(long_run)
    page = watched.page
    watched.expect_more_steps_than(100)
    row = watched.hyperparameter("learning rate")

    box = row.get_by_role("textbox", name="learning rate")
    box.fill("0.5")
    box.press("Enter")

    expect(offer(page)).to_contain_text("learning rate 0.01 → 0.5")
    expect(offer(page)).to_contain_text(re.compile("just before it was saved, at step .*"))
    assert watched.accessibility_violations() == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert watched.horizontal_overflow_px() == 0
    assert watched.accessibility_violations() == []
    page.set_viewport_size({"width": 1280, "height": 800})

    page.get_by_role("tab", name=re.compile("^What happened")).focus()
    page.keyboard.press("r")
    page.get_by_role("dialog", name=re.compile("^Rewind to env step")).get_by_role(
        "button", name="Rewind to this"
    ).click()

    expect(row).to_contain_text("used 0.01 since step")
    expect(offer(page)).to_have_count(0)
    (rewound,) = live_server.events(long_run, types="run_rewound")
    (saved,) = [
        event
        for event in live_server.events(long_run, types="checkpoint_saved")
        if event["cause"] == "change"
    ]
    assert rewound["checkpoint_id"] == saved["checkpoint_id"]


def test_there_is_one_offer_for_each_risky_change(
    live_server: LiveServer, new_page: NewPage, long_run: str
) -> None:
    """The newest; one that was closed stays closed, and harmless changes have none."""
    change(live_server, long_run, gamma=0.9)
    watched = new_page(live_server).log_in().open_run(long_run)
    page = watched.page
    rate = watched.hyperparameter("learning rate")

    change(live_server, long_run, learning_rate=0.011)
    expect(rate).to_contain_text("used 0.011 since step")
    expect(offer(page)).to_have_count(0)
    change(live_server, long_run, gamma=0.8)
    expect(offer(page)).to_contain_text("0.9 → 0.8")
    change(live_server, long_run, gamma=0.7)
    expect(offer(page)).to_contain_text("0.8 → 0.7")
    expect(offer(page)).to_have_count(1)

    # By keyboard, and the focus goes back to where it was.
    box = rate.get_by_role("textbox", name="learning rate")
    box.focus()
    offer(page).get_by_role("button", name="Close the offer").focus()
    page.keyboard.press("Enter")
    expect(offer(page)).to_have_count(0)
    expect(box).to_be_focused()
    change(live_server, long_run, learning_rate=0.012)
    expect(rate).to_contain_text("used 0.012 since step")
    expect(offer(page)).to_have_count(0)


def test_an_offer_goes_by_itself_unless_it_is_held(
    live_server: LiveServer, new_page: NewPage, long_run: str
) -> None:
    """After half a minute; not while the pointer or the focus is on it."""
    watched = new_page(live_server)
    page = watched.page
    page.clock.install()
    watched.log_in().open_run(long_run)

    change(live_server, long_run, gamma=0.9)
    button = offer(page).get_by_role("button", name="Rewind")
    button.focus()
    page.clock.fast_forward(60_000)
    expect(button).to_be_visible()
    page.get_by_role("tab", name=re.compile("^Checkpoints")).focus()
    page.clock.fast_forward(29_000)
    expect(button).to_be_visible()
    page.clock.fast_forward(2_000)
    expect(offer(page)).to_have_count(0)


@pytest.mark.timeout(300)
def test_a_collapse_offers_the_way_back(live_server: LiveServer, new_page: NewPage) -> None:
    """When the return is lost after a change, and again if closed before; in the alert, too."""
    run_id = live_server.create(CHANCE, wait=30)["id"]
    watched = new_page(live_server).log_in().open_run(run_id)
    page = watched.page
    wait_for_return(live_server, run_id, below=20.0)
    change(live_server, run_id, **EASY)
    wait_for_return(live_server, run_id, above=150.0)
    change(live_server, run_id, **HARD)
    expect(offer(page)).to_contain_text("pole length 5 → 0.05")
    offer(page).get_by_role("button", name="Close the offer").click()
    expect(offer(page)).to_have_count(0)

    expect(offer(page)).to_contain_text("The return has collapsed")
    expect(offer(page)).to_contain_text("pole length 5 → 0.05")
    assert watched.accessibility_violations() == []
    way_back = page.get_by_role("button", name=re.compile("^Rewind to before the last risky"))
    now = page.get_by_role("region", name="Alerts now").get_by_role("listitem")
    expect(now.filter(has=way_back)).to_be_visible()
    page.get_by_role("tab", name=re.compile("^Alerts")).click()
    expect(now).to_have_count(0)
    way_back.click()
    page.get_by_role("button", name="Rewind to this").click()

    expect(offer(page)).to_have_count(0)
    expect(watched.hyperparameter("pole length")).to_contain_text("used 5 since step")
    live_server.command(run_id, "abort")
