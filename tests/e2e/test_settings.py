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
LISTENERS = """
    window.asked = 0; window.shown = []; window.shut = 0; window.notes = [];
    const ask = Notification.requestPermission.bind(Notification);
    window.Notification = class extends Notification {
      static async requestPermission() {
        window.asked += 1;
        await window.consent();
        return ask();
      }
      constructor(title, options) {
        super(title, options);
        window.newest = this;
        this.addEventListener('show', () => window.shown.push(`${this.title} | ${this.body}`));
        this.addEventListener('close', () => { window.shut += 1; });
      }
    };
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (...when) {
      this.addEventListener('ended', () => window.notes.push(Math.round(this.frequency.value)));
      return start.apply(this, when);
    };
"""
"""The browser's own notifications and sounds: what it says of them is remembered."""


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
    choose(page, "x axis", "time")
    smoothing = page.get_by_role("group", name="Of a run").get_by_role("slider")
    smoothing.press("PageUp")
    chosen = stored(page)["runSmoothing"]
    assert chosen != 0.6

    page.get_by_role("navigation", name="Runs").get_by_role("link").first.click()
    page.wait_for_url(re.compile(r"/runs/[0-9A-Z]{26}\?.*x=seconds"))
    assert f"smoothing={chosen}" in page.url
    # The settings, which have an x axis of their own, stay until the code of the run is there.
    expect(watched.controls).to_be_visible()
    expect(page.get_by_role("radio", name="time")).to_be_checked()
    page.get_by_role("radiogroup", name="x axis").get_by_text("steps", exact=True).click()
    page.wait_for_url(re.compile("x=env_step"))
    page.reload()
    expect(page.get_by_role("radio", name="steps")).to_be_checked()
    watched.open(f"/compare?runs={long_run}")
    expect(page.get_by_role("radio", name="time")).to_be_checked()


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
    """The browser is asked on the click, not before; then it shows the end, once, with the name and
    a sound, and leads to the run.
    """
    watched = new_page(live_server)
    page = watched.page
    origin = live_server.base_url
    page.expose_function(
        "consent", lambda: page.context.grant_permissions(["notifications"], origin=origin)
    )
    page.add_init_script(LISTENERS)
    watched.log_in().open("/settings")
    expect(page.get_by_role("switch", name="When a run ends")).not_to_be_checked()
    assert page.evaluate("[asked, Notification.permission]") == [0, "default"]
    page.get_by_role("switch", name="When a run ends").press("Space")
    page.wait_for_function("() => asked === 1 && Notification.permission === 'granted'")
    page.get_by_role("switch", name="With a sound").press("Space")
    page.get_by_role("button", name="Try it").click()
    page.wait_for_function("() => shown.length === 1 && notes.length === 2")
    assert page.evaluate("shown") == ["Matinee | This is how it tells."]
    assert page.evaluate("notes") == [523, 784]
    name = live_server.run(long_run)["name"]
    expect(page.get_by_role("navigation", name="Runs")).to_contain_text("/s")

    live_server.command(long_run, "abort")
    page.wait_for_function("() => shown.length === 2 && notes.length === 4")
    assert page.evaluate("shown[1]").startswith(f"{name}: aborted")
    page.evaluate("newest.dispatchEvent(new Event('click'))")
    page.wait_for_url(re.compile(f"/runs/{long_run}"))
    page.wait_for_function("() => shut === 1")
    assert page.evaluate("asked") == 1


def test_a_browser_that_refuses_notifications_is_told_of(
    live_server: LiveServer, new_page: NewPage
) -> None:
    """As a browser without a person does: the page says what can change that, and tries nothing."""
    page = new_page(live_server).log_in().open("/settings").page
    page.get_by_role("switch", name="When a run ends").press("Space")
    expect(page.get_by_role("region", name="Tell me").get_by_role("status")).to_contain_text(
        "The browser does not allow notifications of this page"
    )


def test_training_time_is_told_in_the_chosen_unit(
    live_server: LiveServer, new_page: NewPage, long_run: str
) -> None:
    """On the page of a run, its axis and its files' names of it; also in another tab, at once."""
    watched = new_page(live_server).log_in().open("/settings")
    page = watched.page
    other = page.context.new_page()
    other.goto(f"{live_server.base_url}/runs/{long_run}?x=seconds")
    figure = other.locator("dl > div", has_text="training time")
    axis = other.get_by_role("radiogroup", name="x axis")
    expect(figure).to_contain_text(re.compile(r"\d\d:\d\d"))
    expect(axis.get_by_role("radio", name="time")).to_be_checked()

    choose(page, "Training time", "seconds")
    expect(figure).to_contain_text(re.compile(r"^training time[\d,]+\ss$"))
    expect(axis.get_by_role("radio", name="seconds")).to_be_checked()
    choose(page, "Training time", "minutes")
    expect(figure).to_contain_text(re.compile(r"^training time[\d,]+\.\d\smin$"))
    expect(axis.get_by_role("radio", name="minutes")).to_be_checked()
    other.reload()
    expect(figure).to_contain_text("min")
    assert stored(page)["timeUnit"] == "minutes"


def test_compact_charts_take_less_room_and_stay_so(
    live_server: LiveServer, new_page: NewPage, long_run: str
) -> None:
    """Lower, and more in a row, at once and after a reload; all fits, and axe finds nothing."""
    watched = new_page(live_server).log_in().open("/settings")
    page = watched.page
    other = page.context.new_page()
    other.goto(f"{live_server.base_url}/runs/{long_run}")
    looking = WatchedPage(other, live_server)
    charts = other.get_by_role("region", name="What explains it").locator("figure")
    expect(charts.first).to_be_visible()
    rows = "each => new Set([...each.children].map(one => one.offsetTop)).size"
    grid = charts.first.locator("xpath=..")
    comfortable = grid.evaluate("each => each.offsetHeight"), grid.evaluate(rows)

    choose(page, "Charts", "compact")
    expect(other.locator("html")).to_have_attribute("data-density", "compact")
    for _ in range(2):
        expect(charts.first.get_by_role("img").first).to_have_css("height", "92px")
        assert grid.evaluate("each => each.offsetHeight") < 0.7 * comfortable[0]
        assert grid.evaluate(rows) < comfortable[1]
        other.reload()
        expect(charts.first).to_be_visible()
    for width in WIDTHS_PX:
        other.set_viewport_size({"width": width, "height": 800})
        assert looking.horizontal_overflow_px() == 0, f"{width} px"
    assert looking.accessibility_violations() == []


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
