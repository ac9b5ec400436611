"""The list of all runs: found, grouped, chosen, stopped and deleted together."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from e2e.watched_page import WatchedPage
from integration.live_server import LONG_RUN, LiveServer

pytestmark = pytest.mark.e2e

NewPage = Callable[..., WatchedPage]
WAITING: Mapping[str, Any] = {**LONG_RUN, "start": False}
"""Created, and never started: enough for a list."""


def test_chosen_runs_are_stopped_and_deleted_together(
    own_server: LiveServer, new_page: NewPage
) -> None:
    """Both ask first and say what is kept; what goes on is not deleted; the rest is untouched."""
    active = [own_server.create({**LONG_RUN, "name": f"long {n}"})["id"] for n in (1, 2)]
    idle = own_server.create({**WAITING, "name": "idle"})["id"]
    other = own_server.create({**WAITING, "name": "other"})["id"]
    for run_id in active:
        own_server.wait_for(run_id, "running")
    watched = new_page(own_server).log_in().open("/runs")
    page = watched.page
    bar = page.get_by_role("region", name="Chosen runs")
    expect(bar.get_by_role("button", name="Compare")).to_have_attribute("aria-disabled", "true")
    for name in ("long 1", "long 2", "idle"):
        page.get_by_role("checkbox", name=f"Choose {name}").check()
    expect(bar).to_contain_text("3 runs chosen")
    assert watched.accessibility_violations() == []

    # What goes on can't be deleted along with the rest.
    bar.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog", name="Delete 1 run?")
    expect(dialog).to_contain_text("2 of those chosen still go on and are kept")
    assert watched.accessibility_violations() == []
    dialog.get_by_role("button", name="Keep them").click()
    assert own_server.run(idle)["state"] == "created"

    bar.get_by_role("button", name="Stop").click()
    dialog = page.get_by_role("dialog", name=re.compile("^Stop 3 runs"))
    expect(dialog).to_contain_text("Everything is kept: curves, ledger, checkpoints and log.")
    dialog.get_by_role("button", name="Stop them").click()
    for run_id in active:
        own_server.wait_for(run_id, "stopped")
    lines = page.get_by_role("main").get_by_role("listitem")
    expect(lines.filter(has_text="stopped ·")).to_have_count(3)

    bar.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog", name="Delete 3 runs?")
    expect(dialog).to_contain_text("Nothing of them is kept")
    dialog.get_by_role("button", name="Delete them").click()
    for name in ("long 1", "long 2", "idle"):
        expect(page.get_by_role("checkbox", name=f"Choose {name}")).to_have_count(0)
    for run_id in (*active, idle):
        answer = own_server.client.get(f"/api/v1/runs/{run_id}")
        assert answer.status_code == httpx.codes.NOT_FOUND
    assert own_server.run(other)["state"] == "created"
    expect(bar).to_contain_text("Choose runs to compare")


def test_runs_are_found_grouped_and_compared_by_keyboard_too(
    own_server: LiveServer, new_page: NewPage
) -> None:
    """Text, state, latest only and groups are in the address; arrows walk, Space chooses."""
    for group, seed in (("east", 1), ("east", 2), ("west", 1)):
        own_server.create(
            {**WAITING, "name": f"{group}, seed {seed}", "group": group, "seed": seed}
        )
    own_server.create({**WAITING, "name": "alone"})
    own_server.create({**WAITING, "name": "alone"})
    watched = new_page(own_server).log_in().open("/runs")
    page = watched.page
    boxes = page.get_by_role("checkbox", name=re.compile("^Choose (east|west|alone)"))
    expect(boxes).to_have_count(5)

    # Its state is the address, which changes a moment after the click.
    page.get_by_role("switch", name="latest only").click()
    expect(page.get_by_role("switch", name="latest only")).to_be_checked()
    expect(boxes).to_have_count(4)
    page.get_by_role("combobox", name="Group by").click()
    page.get_by_role("option", name="group", exact=True).click()
    page.wait_for_url(re.compile("by=group"))
    expect(page.get_by_role("region", name="east")).to_contain_text("2 runs")
    assert watched.accessibility_violations() == []
    page.reload()
    expect(page.get_by_role("region", name="east")).to_contain_text("2 runs")
    expect(boxes).to_have_count(4)

    page.get_by_role("textbox", name="Find runs").fill("seed")
    expect(boxes).to_have_count(3)
    page.get_by_role("textbox", name="Find runs").fill("nowhere")
    expect(page.get_by_text("No run matches “nowhere”.")).to_be_visible()
    # The way to all runs forgets what was typed.
    page.get_by_role("link", name="Runs", exact=True).click()
    expect(page.get_by_role("textbox", name="Find runs")).to_have_value("")
    expect(boxes).to_have_count(5)
    # Its state is the address, which changes a moment after the click.
    page.get_by_role("switch", name="latest only").click()
    expect(page.get_by_role("switch", name="latest only")).to_be_checked()
    page.get_by_role("textbox", name="Find runs").fill("seed")
    expect(boxes).to_have_count(3)

    page.get_by_role("checkbox", name="Choose west, seed 1").focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("checkbox", name="Choose east, seed 2")).to_be_focused()
    page.keyboard.press("Space")
    page.get_by_role("region", name="Chosen runs").get_by_role("button", name="Compare").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/compare\?runs="))
    expect(page.locator("tr[data-run]")).to_have_count(2)


def test_an_empty_list_greets_and_an_old_one_comes_in_pages(
    own_server: LiveServer, new_page: NewPage
) -> None:
    """Without runs there is one button that starts one; the rail leads to the list."""
    watched = new_page(own_server).log_in().open("/runs")
    page = watched.page
    expect(page.get_by_role("button", name="Start CartPole")).to_be_visible()
    own_server.create({**WAITING, "name": "first"})
    page.get_by_role("link", name="Compare").click()
    page.get_by_role("link", name="Runs", exact=True).click()
    expect(page.get_by_role("checkbox", name="Choose first")).to_be_visible()
    expect(page.get_by_text("1 in all")).to_be_visible()
