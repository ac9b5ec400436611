"""The settings: each does what it says, at once and after a reload; a broken one harms nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from e2e.watched_page import WatchedPage
from integration.live_server import LiveServer

pytestmark = pytest.mark.e2e

NewPage = Callable[..., WatchedPage]
WIDTHS_PX = (360, 1280, 2560)
KEY = "matinee.preferences"
NOTIFICATIONS = """
    window.asked = 0; window.shown = [];
    window.Notification = class {
      static permission = 'default';
      static async requestPermission() {
        window.asked += 1;
        return Notification.permission = 'granted';
      }
      constructor(title, options) { window.shown.push(`${title} | ${options.body}`); }
      close() {}
    };
"""
"""Headless browsers have no desktop: what would be shown is remembered."""


def stored(page: Page) -> dict[str, Any]:
    """What the page has put into the browser's storage."""
    content: dict[str, Any] = json.loads(page.evaluate(f"localStorage.getItem('{KEY}')"))
    assert content["version"] == 1
    values: dict[str, Any] = content["values"]
    return values


def choose(page: Page, label: str, choice: str) -> None:
    """One of a row of choices."""
    page.get_by_role("radiogroup", name=label).get_by_text(choice, exact=True).click()


def test_appearance_and_motion_apply_at_once_and_stay(
    live_server: LiveServer, new_page: NewPage
) -> None:
    """Dark is dark at once and after a reload; less motion is none; the defaults come back."""
    watched = new_page(live_server, reduced_motion="no-preference").log_in()
    page = watched.page
    page.get_by_role("link", name="Settings").click()
    page.wait_for_url(re.compile("/settings$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Settings")
    back = page.get_by_role("button", name="Back to defaults")
    expect(back).to_be_disabled()
    root = page.locator("html")

    choose(page, "Colours", "dark")
    choose(page, "Motion", "reduced")
    expect(root).to_have_attribute("data-mantine-color-scheme", "dark")
    expect(root).to_have_attribute("data-motion", "reduced")
    duration = "getComputedStyle(document.querySelector('.mantine-Button-root')).transitionDuration"
    assert page.evaluate(duration) == "0s"
    page.reload()
    expect(root).to_have_attribute("data-mantine-color-scheme", "dark")
    expect(root).to_have_attribute("data-motion", "reduced")
    assert stored(page)["appearance"] == "dark"

    # The button in the foot of the list and this page are one setting.
    page.get_by_role("button", name="Colours: dark").click()
    expect(page.get_by_role("radio", name="as the system").first).to_be_checked()
    back.click()
    expect(root).to_have_attribute("data-motion", "system")
    expect(back).to_be_disabled()


def test_shortcuts_can_be_turned_off(live_server: LiveServer, new_page: NewPage) -> None:
    """Without shortcuts a key does nothing; the help and this page are one setting."""
    page = new_page(live_server).log_in().open("/settings").page
    page.get_by_role("switch", name="Single-key shortcuts").press("Space")
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("n")
    assert page.url.endswith("/settings")
    page.get_by_role("button", name="Help and shortcuts").click()
    switch = page.get_by_role("dialog").get_by_role("switch", name="Single-key shortcuts")
    expect(switch).not_to_be_checked()
    switch.press("Space")
    page.keyboard.press("Escape")
    expect(page.get_by_role("switch", name="Single-key shortcuts")).to_be_checked()


def test_new_views_begin_as_chosen_and_addresses_stay_true(
    live_server: LiveServer, new_page: NewPage, long_run: str
) -> None:
    """A run opens with the chosen axis and smoothing; an address that names one wins."""
    watched = new_page(live_server).log_in().open("/settings")
    page = watched.page
    choose(page, "x axis", "seconds")
    smoothing = page.get_by_role("group", name="Of a run").get_by_role("slider")
    smoothing.press("PageUp")
    chosen = stored(page)["runSmoothing"]
    assert chosen != 0.6

    page.get_by_role("navigation", name="Runs").get_by_role("link").first.click()
    page.wait_for_url(re.compile(r"/runs/[0-9A-Z]{26}\?.*x=seconds"))
    assert f"smoothing={chosen}" in page.url
    expect(page.get_by_role("radio", name="seconds")).to_be_checked()
    page.get_by_role("radiogroup", name="x axis").get_by_text("steps", exact=True).click()
    page.wait_for_url(re.compile("x=env_step"))
    page.reload()
    expect(page.get_by_role("radio", name="steps")).to_be_checked()
    watched.open(f"/compare?runs={long_run}")
    expect(page.get_by_role("radio", name="seconds")).to_be_checked()


@pytest.mark.parametrize("content", ["{", "null", '{"version":9,"values":{"appearance":"dark"}}'])
def test_broken_storage_counts_as_nothing_chosen(
    live_server: LiveServer, new_page: NewPage, content: str
) -> None:
    """Whatever stands in the storage, the page opens with its defaults."""
    watched = new_page(live_server)
    watched.page.add_init_script(f"localStorage.setItem({KEY!r}, {json.dumps(content)})")
    page = watched.log_in().open("/settings").page
    expect(page.get_by_role("button", name="Back to defaults")).to_be_disabled()
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "light")


def test_the_end_of_a_run_is_told_to_who_asked_for_it(
    live_server: LiveServer, new_page: NewPage, long_run: str
) -> None:
    """The browser is asked on the click, not before; then an end is told once, with the name."""
    watched = new_page(live_server)
    page = watched.page
    page.add_init_script(NOTIFICATIONS)
    watched.log_in().open("/settings")
    expect(page.get_by_role("switch", name="When a run ends")).not_to_be_checked()
    assert page.evaluate("asked") == 0
    page.get_by_role("switch", name="When a run ends").press("Space")
    page.wait_for_function("() => asked === 1 && Notification.permission === 'granted'")
    page.get_by_role("button", name="Try it").click()
    assert page.evaluate("shown") == ["Matinee | This is how it tells."]
    name = live_server.run(long_run)["name"]
    expect(page.get_by_role("navigation", name="Runs")).to_contain_text("/s")

    live_server.command(long_run, "abort")
    page.wait_for_function("() => shown.length === 2")
    assert page.evaluate("shown[1]").startswith(f"{name}: aborted")


def test_the_server_is_described(live_server: LiveServer, new_page: NewPage) -> None:
    """Version, address, folder, cores, limits, records and disk are those of the API."""
    page = new_page(live_server).log_in().open("/settings").page
    system = live_server.client.get("/api/v1/system").json()
    facts = page.get_by_role("region", name="Server")
    expect(facts).to_contain_text(f"{system['version']}, API {system['contract_version']}")
    for text in (live_server.base_url, system["data_dir"], "matinee doctor"):
        expect(facts).to_contain_text(text)
    expect(facts.locator("div", has_text=re.compile("^cores"))).to_contain_text(
        str(system["cores"])
    )
    expect(facts).to_contain_text(f"{system['limits']['active_runs']}; ")
    expect(facts).to_contain_text(re.compile(r"free on the disk[\d.]+\s[GT]B of [\d.]+\s[GT]B"))
    storage = live_server.client.get("/api/v1/system/storage").json()
    assert storage["record_bytes"] > 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_settings_fit_every_width(
    live_server: LiveServer, new_page: NewPage, scheme: str
) -> None:
    """From a phone to a wall nothing overflows, and axe finds nothing."""
    watched = new_page(live_server, color_scheme=scheme).log_in().open("/settings")
    expect(watched.page.get_by_text("free on the disk")).to_be_visible()
    for width in WIDTHS_PX:
        watched.page.set_viewport_size({"width": width, "height": 800})
        assert watched.horizontal_overflow_px() == 0, f"{width} px"
        assert watched.accessibility_violations() == [], f"{width} px"
