"""Comparing: a race of four modes, seeds as a band, figures that are the API's, exports."""

from __future__ import annotations

import csv
import io
import re
import statistics
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from playwright.sync_api import Page, expect

from e2e.watched_page import WatchedPage
from integration.live_server import ENDED, FAST_RUN, LONG_RUN, LiveServer, eventually

pytestmark = pytest.mark.e2e

NewPage = Callable[..., WatchedPage]
MODES = ("a3c", "ga3c", "a2c", "ppo")
WIDTHS_PX = (360, 1280, 2560)
RACE_BUDGET = 6_000
THRESHOLD = 30.0
LIST_LIMIT = 100


def runs_of(server: LiveServer, **query: Any) -> list[dict[str, Any]]:
    """What the API lists."""
    answer = server.client.get("/api/v1/runs", params={"limit": LIST_LIMIT, **query})
    assert answer.is_success, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def ended_runs(server: LiveServer, group: str) -> list[dict[str, Any]]:
    """All runs of a group, once all have ended."""

    def look() -> list[dict[str, Any]] | None:
        runs = runs_of(server, group=group)
        return runs if all(run["state"] in ENDED for run in runs) else None

    return eventually(look, what=f"end of the runs of {group}", timeout_s=180)


def cells(page: Page, selector: str) -> dict[str, str]:
    """The exact figures of one row of the table: each is the title of its cell."""
    row = page.locator(selector)
    names = ("last", "iqm", "best", "steps_to", "seconds_to")
    return {
        name: row.locator("td").nth(index).get_attribute("title") or ""
        for index, name in enumerate(names, start=2)
    }


def test_a_race_starts_four_modes_and_its_table_is_what_the_api_says(
    own_server: LiveServer, new_page: NewPage
) -> None:
    """One click makes a group of four runs, starts them all, and every figure is the API's."""
    watched = new_page(own_server).log_in().open("/compare")
    page = watched.page
    expect(page.get_by_role("heading", level=1)).to_have_text("Compare runs")
    form = page.get_by_role("form", name="Race")
    expect(form.get_by_role("button", name="Race: start 4 runs")).to_be_visible()
    assert watched.accessibility_violations() == []
    form.get_by_label("Env steps at most").fill("soon")
    expect(form).to_contain_text("a whole number from 1, or nothing")
    form.get_by_label("Env steps at most").fill(str(RACE_BUDGET))

    form.get_by_role("button", name="Race: start 4 runs").click()
    page.wait_for_url(re.compile(r"/compare\?group="))

    group = runs_of(own_server)[0]["group"]
    assert group.startswith("race CartPole-v1 ")
    expect(page.get_by_role("heading", level=1)).to_have_text(group)
    # All four were asked to start, and each has its curve.
    for mode in MODES:
        expect(page.locator(f'tr[data-curve="{mode}"]')).to_contain_text("n = 1")
    assert {run["state"] for run in runs_of(own_server, group=group)}.isdisjoint({"created"})
    expect(
        page.get_by_role("img", name=re.compile("^comparison of returns: a3c: "))
    ).to_be_visible()

    runs = ended_runs(own_server, group)
    assert sorted(run["algorithm"] for run in runs) == sorted(MODES)
    assert all(run["state"] == "finished" for run in runs)
    for run in runs:
        row = page.locator(f'tr[data-run="{run["id"]}"]')
        expect(row).to_contain_text("finished")
        progress = run["progress"]
        expect(row.locator("td").nth(1).locator("span")).to_have_attribute(
            "title", f"{progress['env_steps']:,}"
        )
        shown = cells(page, f'tr[data-run="{run["id"]}"]')
        assert float(shown["last"]) == pytest.approx(progress["mean_return_100"], rel=1e-12)
        if progress["best_mean_return_100"] is None:
            assert shown["best"] == ""
        else:
            assert float(shown["best"]) == pytest.approx(
                progress["best_mean_return_100"], rel=1e-12
            )
        assert (shown["steps_to"] == "") == (progress["solved_at"] is None)

    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in WIDTHS_PX:
            page.set_viewport_size({"width": width, "height": 900})
            assert watched.horizontal_overflow_px() == 0, f"{width} px"
            assert watched.accessibility_violations() == [], f"{scheme}, {width} px"


@pytest.fixture
def narrow_server(new_server: Callable[..., LiveServer]) -> Iterator[LiveServer]:
    """A server that trains one run at once; it ends after the pages that look at it."""
    server = new_server(MATINEE_MAX_ACTIVE_RUNS="1").start()
    yield server
    server.clean_up()


def test_what_has_to_wait_waits_seed_by_seed(narrow_server: LiveServer, new_page: NewPage) -> None:
    """With fewer places than runs the page says how many wait, and seed 2 waits behind seed 1."""
    narrow_server.create({**LONG_RUN, "name": "first"})
    page = new_page(narrow_server).log_in().open("/compare").page
    form = page.get_by_role("form", name="Race")
    form.get_by_label("Seeds").fill("2")
    expect(form).to_contain_text("This server trains one run at once; the others wait in line")
    form.get_by_role("button", name="Race: start 8 runs").click()
    page.wait_for_url(re.compile(r"/compare\?group="))
    expect(
        page.get_by_text("8 runs wait for a place, the first of them next in line")
    ).to_be_visible()

    places = {run["name"]: run["queue_position"] for run in runs_of(narrow_server) if run["group"]}
    in_line = sorted(places, key=lambda name: places[name])
    assert in_line == [f"{mode}, seed {seed}" for seed in (1, 2) for mode in MODES]


def test_seeds_are_averaged_and_a_steered_run_is_left_out(
    own_server: LiveServer, new_page: NewPage
) -> None:
    """n, mean, IQM and time to any threshold are right; steered runs are in only on purpose."""
    for seed in (1, 2, 3):
        own_server.create({**FAST_RUN, "seed": seed, "name": f"s, seed {seed}", "group": "seeds"})
    runs = ended_runs(own_server, "seeds")
    steered = own_server.create(
        {**FAST_RUN, "seed": 4, "group": "seeds", "name": "s, seed 4", "budget": LONG_RUN["budget"]}
    )["id"]
    own_server.wait_for(steered, "running")
    answer = own_server.client.patch(
        f"/api/v1/runs/{steered}/hyperparameters", json={"gamma": 0.98}, params={"wait": 20}
    )
    assert answer.json()["state"] == "applied", answer.text
    own_server.command(steered, "abort")
    own_server.wait_for(steered, "aborted")

    watched = new_page(own_server).log_in().open(f"/compare?group=seeds&threshold={THRESHOLD:g}")
    page = watched.page
    curve = page.locator("tr[data-curve]")
    expect(curve).to_have_count(1)
    expect(curve).to_contain_text("n = 3")
    expect(page.locator(f'tr[data-run="{steered}"]')).to_contain_text("steered · not in the mean")
    expect(curve.locator("td").nth(5)).to_contain_text(re.compile(r"\d of 3"))

    reached = [reached_at(own_server, run["id"]) for run in runs]
    last = [run["progress"]["mean_return_100"] for run in runs]
    shown = cells(page, "tr[data-curve]")
    mean, interval = shown["last"].split(", 95 % ")
    assert float(mean) == pytest.approx(statistics.fmean(last), rel=1e-9)
    low, high = (float(end) for end in interval.strip("[]").split(", "))
    assert min(last) <= low <= float(mean) <= high <= max(last)
    # Of three values, a quarter rounded down is none.
    assert float(shown["iqm"].split(",")[0]) == pytest.approx(statistics.fmean(last), rel=1e-9)
    assert all(each is not None for each in reached), "the threshold is too high for this test"
    assert float(shown["steps_to"]) == statistics.median(each[0] for each in reached if each)
    assert float(shown["seconds_to"]) == pytest.approx(
        statistics.median(each[1] for each in reached if each), abs=1e-6
    )

    # The same figures leave the page as CSV, and the picture as SVG and PNG.
    table = list(csv.DictReader(io.StringIO(export(page, "Figures of the table (CSV)").decode())))
    assert float(table[0]["return_100"]) == float(mean)
    assert {row["run_id"] for row in table[1:]} == {steered, *(run["id"] for run in runs)}
    points = list(csv.DictReader(io.StringIO(export(page, "Means and bands (CSV)").decode())))
    assert all(
        float(row["low_95"]) <= float(row["mean_return"]) <= float(row["high_95"]) for row in points
    )
    assert {row["seeds"] for row in points} == {"3"}
    svg = ET.fromstring(export(page, "This picture (SVG)"))  # noqa: S314 - our own file
    assert svg.tag.endswith("svg")
    assert export(page, "This picture (PNG)").startswith(b"\x89PNG")

    page.get_by_role("button", name="steered in").click()
    page.wait_for_url(re.compile("steered=in"))
    expect(curve).to_contain_text("n = 4")
    # Not `uncheck`: its state comes from the address, which a busy machine changes a moment later.
    page.get_by_role("checkbox", name="s, seed 2 in the mean").click()
    expect(curve).to_contain_text("n = 3")
    page.get_by_text("time", exact=True).click()
    page.wait_for_url(re.compile("x=seconds"))
    page.reload()
    expect(curve).to_contain_text("n = 3")
    expect(page.get_by_role("radio", name="time")).to_be_checked()


def reached_at(server: LiveServer, run_id: str) -> tuple[int, float] | None:
    """When the exact record says that the best mean return reached the threshold."""
    answer = server.client.get(f"/api/v1/runs/{run_id}/metrics.csv")
    for row in csv.DictReader(io.StringIO(answer.text)):
        if row["metric"] == "best_return_100" and float(row["max"]) >= THRESHOLD:
            return int(row["env_step"]), float(row["seconds"])
    return None


def export(page: Page, label: str, *, menu: str = "Export this comparison") -> bytes:
    """What an entry of an export menu saves."""
    page.get_by_role("button", name=menu).click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name=label).click()
    return Path(download.value.path()).read_bytes()


def test_several_seeds_of_the_form_offer_their_comparison(
    own_server: LiveServer, new_page: NewPage
) -> None:
    """Two seeds make two runs of one group, and one click leads to both of them."""
    watched = new_page(own_server).log_in().open("/runs/new")
    page = watched.page
    page.get_by_role("textbox", name="Seeds").fill("1-2")
    page.get_by_role("textbox", name="Env steps", exact=True).fill("3000")
    page.get_by_role("textbox", name="Seconds", exact=True).fill("20")
    page.get_by_role("button", name="Start 2 runs").first.click()
    page.wait_for_url(re.compile(r"/runs/[0-9A-Z]{26}$"))
    page.get_by_role("button", name="Compare them").click()

    page.wait_for_url(re.compile(r"/compare\?runs="))
    expect(page.locator("tr[data-curve]")).to_contain_text("n = 2")
    expect(page.locator("tr[data-run]")).to_have_count(2)
    page.get_by_role("button", name="More seeds").click()
    dialog = page.get_by_role("dialog", name=re.compile("^More seeds of"))
    assert watched.accessibility_violations() == []
    dialog.get_by_label("How many").fill("1")
    dialog.get_by_role("button", name="Start 1 run").click()
    expect(page.locator("tr[data-run]")).to_have_count(3)
    expect(page.locator("tr[data-curve]")).to_contain_text("n = 3")
    assert sorted(run["seed"] for run in runs_of(own_server)) == [1, 2, 3]


def test_the_large_chart_of_a_run_leaves_as_vectors(
    live_server: LiveServer, new_page: NewPage, long_run: str
) -> None:
    """The SVG has the run's name, its line and its episodes, and is well-formed."""
    watched = new_page(live_server).log_in().open_run(long_run)
    watched.expect_more_steps_than(2000)
    svg = export(watched.page, "This picture (SVG)", menu="Export this chart").decode()
    picture = ET.fromstring(svg)  # noqa: S314 - our own file
    name = live_server.run(long_run)["name"]
    assert picture[0].text == f"{name}: episode return"
    assert "NaN" not in svg
    assert len(re.findall(r"h2v[\d.]+h-2z", svg)) > 1


def test_a_comparison_of_nothing_says_so(live_server: LiveServer, new_page: NewPage) -> None:
    """An address with runs that are not there leads to the list, and to no error."""
    missing = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
    watched = new_page(live_server, expected_status=404).log_in().open(f"/compare?runs={missing}")
    expect(watched.page.get_by_role("heading", level=1)).to_have_text("There are no such runs")
    assert watched.accessibility_violations() == []
