"""Every chart as a file: vectors, pixels and exact numbers, by one menu."""

from __future__ import annotations

import csv
import io
import re
import struct
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from playwright.sync_api import Page, expect

from e2e.watched_page import WatchedPage
from integration.live_server import LONG_RUN, LiveServer

pytestmark = pytest.mark.e2e

NewPage = Callable[..., WatchedPage]
SVG = "{http://www.w3.org/2000/svg}"
FILE_WIDTH = 880
PNG_SCALE = 2


@pytest.fixture(scope="module")
def ended_run(live_server: LiveServer) -> str:
    """A run that is over, so that its record stays as it is; long enough to count histograms."""
    spec = {**LONG_RUN, "name": "files & <tags>", "budget": {"env_steps": 6_000, "seconds": None}}
    run_id: str = live_server.create(spec)["id"]
    live_server.wait_for(run_id, "finished", timeout_s=90)
    return run_id


def saved(page: Page, chart: str, item: str) -> bytes:
    """What an entry of a chart's menu saves."""
    page.get_by_role("button", name=f"Export {chart}", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name=item).click()
    return Path(download.value.path()).read_bytes()


def words_of(svg: bytes) -> list[str]:
    """The text elements of a drawing."""
    document = ET.fromstring(svg)  # noqa: S314 - our own file
    return [element.text or "" for element in document.iter(f"{SVG}text")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_small_chart_leaves_as_vectors_and_as_pixels(
    live_server: LiveServer, new_page: NewPage, ended_run: str, scheme: str
) -> None:
    """SVG has title, run, axes, unit, legend as text; PNG is it at 2x; both light in any theme."""
    watched = new_page(live_server, color_scheme=scheme).log_in().open_run(ended_run)
    page = watched.page
    expect(page.get_by_role("img", name=re.compile(r"^value loss: .* points"))).to_be_visible()

    svg = saved(page, "value loss", "This picture (SVG)")
    words = words_of(svg)
    assert words[0] == "files & <tags>: value loss"
    assert words[1] == "CartPole-v1 · a3c · seed 1"
    assert re.search(r"Matinee, \d{1,2} \w{3} \d{4}, \d\d:\d\d:\d\d", words[2])
    assert {"steps", "smoothed, 0.6", "least to greatest"} <= set(words)
    assert any(word.startswith("value loss") for word in words[3:])
    assert b'fill="#fffefc"' in svg
    drawing = ET.fromstring(svg)  # noqa: S314 - our own file
    curves = [path.get("d", "") for path in drawing.iter(f"{SVG}path") if path.get("stroke-width")]
    rows = csv.DictReader(io.StringIO(saved(page, "value loss", "All values").decode()))
    assert 1 + max(curve.count("L") for curve in curves) == len(list(rows)) > 1
    assert b"NaN" not in svg

    png = saved(page, "value loss", "This picture (PNG)")
    width, height = struct.unpack(">II", png[16:24])
    assert png.startswith(b"\x89PNG")
    assert width == FILE_WIDTH * PNG_SCALE
    assert height == round(float(drawing.get("height", "0")) * PNG_SCALE)


def test_numbers_of_a_chart_are_those_of_the_export(
    live_server: LiveServer, new_page: NewPage, ended_run: str
) -> None:
    """A metric's CSV has exactly its own rows of the whole export; so has a strip's."""
    watched = new_page(live_server).log_in().open_run(ended_run)
    page = watched.page
    expect(page.get_by_role("img", name=re.compile(r"^value loss: .* points"))).to_be_visible()

    own = list(csv.DictReader(io.StringIO(saved(page, "value loss", "All values").decode())))
    whole = live_server.client.get(f"/api/v1/runs/{ended_run}/metrics.csv").text
    expected = [row for row in csv.DictReader(io.StringIO(whole)) if row["metric"] == "value_loss"]
    assert len(own) > 1
    assert own == expected

    episodes = saved(page, "this chart", "All episodes").decode()
    assert episodes == live_server.client.get(f"/api/v1/runs/{ended_run}/episodes.csv").text

    page.get_by_text("Policy", exact=True).click()
    strip = page.get_by_role("img", name=re.compile("^actions: newest"))
    expect(strip).to_be_visible()
    counts = list(csv.DictReader(io.StringIO(saved(page, "actions", "All counts").decode())))
    whole = live_server.client.get(f"/api/v1/runs/{ended_run}/histograms.csv").text
    expected = [row for row in csv.DictReader(io.StringIO(whole)) if row["histogram"] == "actions"]
    assert counts
    assert counts == expected

    svg = saved(page, "actions", "This picture (SVG)")
    assert any(word.endswith(" of each moment") for word in words_of(svg))
    dark = [p for p in ET.fromstring(svg).iter(f"{SVG}path") if p.get("clip-path")]  # noqa: S314 - our own page made it
    assert dark


def test_every_chart_that_is_shown_has_the_menu(
    live_server: LiveServer, new_page: NewPage, ended_run: str
) -> None:
    """Each set has as many menus as charts, by keyboard too; axe finds nothing."""
    watched = new_page(live_server).log_in().open_run(ended_run)
    page = watched.page
    for chips in ("Overview", "Policy", "Update", "Throughput"):
        page.get_by_text(chips, exact=True).click()
        charts = page.get_by_role("region", name="What explains it").locator("figure")
        expect(charts.first).to_be_visible()
        menu = page.get_by_role("button", name=re.compile("^Export "))
        menus = charts.locator(menu)
        # Charts of what the run has no values of go away when its history is there.
        expect(charts.filter(has_not=menu)).to_have_count(0)
        expect(menus.first).to_be_visible()
    menus.first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="This picture (PNG)")).to_be_focused()
    assert watched.accessibility_violations() == []
    page.keyboard.press("Escape")
    expect(menus.first).to_be_focused()


def test_a_comparison_of_single_runs_has_their_curves(
    live_server: LiveServer, new_page: NewPage, ended_run: str
) -> None:
    """With one run a curve, the CSV has its points, and the SVG its legend and threshold."""
    watched = new_page(live_server).log_in().open(f"/compare?runs={ended_run}&threshold=40")
    page = watched.page
    chart = page.get_by_role("img", name=re.compile(r"^comparison of returns: .*: \d.*n = 1"))
    expect(chart).to_be_visible()

    rows = list(csv.DictReader(io.StringIO(saved(page, "this comparison", "Curves").decode())))
    assert len(rows) > 10
    assert {row["seeds"] for row in rows} == {"1"}
    words = words_of(saved(page, "this comparison", "This picture (SVG)"))
    assert "solved at 40.0" in words
    assert "episode return (reward)" in words
