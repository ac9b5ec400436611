"""Training modes: chosen in the form, switched while a run trains."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from e2e.watched_page import WatchedPage
from integration.live_server import LONG_RUN, LiveServer

WHOLE = """sign => {
  const clip = sign.parentElement.getBoundingClientRect(), box = sign.getBoundingClientRect();
  return box.width > 0 && box.left >= clip.left && box.right <= clip.right + 0.5;
}"""
"""Whether nothing of an element is cut off by the one around it."""

pytestmark = pytest.mark.e2e

NewPage = Callable[..., WatchedPage]


def test_the_form_makes_a_run_of_another_mode(live_server: LiveServer, new_page: NewPage) -> None:
    """Choosing ga3c shows its rows instead of a3c's; what is started trains with a queue."""
    watched = new_page(live_server).log_in().open("/runs/new")
    page = watched.page
    expect(watched.hyperparameter("shared statistics")).to_be_visible()
    expect(watched.hyperparameter("minimum batch")).to_have_count(0)

    page.get_by_role("group", name="Algorithm", exact=True).get_by_text("ga3c", exact=True).click()
    expect(watched.hyperparameter("shared statistics")).to_have_count(0)
    expect(page.get_by_role("textbox", name="Processes")).to_have_count(0)
    least = watched.hyperparameter("minimum batch").get_by_role("textbox", name="minimum batch")
    least.fill("16")
    least.press("Tab")
    page.get_by_role("textbox", name="Environments per worker").fill("4")
    page.get_by_role("textbox", name="Seconds", exact=True).fill("60")
    assert watched.accessibility_violations() == []
    page.get_by_role("button", name="Start", exact=True).first.click()

    page.wait_for_url(re.compile(r"/runs/[0-9A-Z]{26}$"))
    watched.expect_state("running")
    expect(watched.header).to_contain_text("CartPole-v1 · ga3c")
    expect(watched.hyperparameter("minimum batch")).to_contain_text("used 16 since step 0")
    run_id = page.url.rsplit("/", 1)[1]
    watched.expect_more_steps_than(0)
    spec = live_server.run(run_id)["spec"]
    assert spec["algorithm"] == "ga3c"
    # What was tuned for the preset's own mode is not taken along.
    assert "learning_rate" not in spec["hyperparameters"]
    live_server.command(run_id, "abort")


def test_a_live_run_is_switched_to_another_mode(
    live_server: LiveServer, new_page: NewPage, long_run: str
) -> None:
    """The switch asks, says what is kept, and then goes on with the new mode's rows."""
    watched = new_page(live_server).log_in().open_run(long_run)
    page = watched.page
    watched.expect_more_steps_than(0)
    mode = watched.hyperparameter("algorithm")

    mode.get_by_text("ppo", exact=True).click()
    dialog = page.get_by_role("dialog", name="Change algorithm: a3c → ppo?")
    expect(dialog).to_contain_text("What is kept")
    expect(dialog).to_contain_text("The weights")
    assert watched.accessibility_violations() == []
    dialog.get_by_role("button", name="Stay with a3c").click()
    expect(dialog).to_be_hidden()
    expect(mode.get_by_role("radio", name="a3c", exact=True)).to_be_checked()

    mode.get_by_text("ppo", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Switch to ppo").click()
    expect(watched.header).to_contain_text("CartPole-v1 · ppo")
    steps = watched.env_steps()
    expect(watched.hyperparameter("clip range")).to_be_visible()
    expect(watched.hyperparameter("shared statistics")).to_have_count(0)
    expect(page.get_by_role("region", name="What happened")).to_contain_text("algorithm a3c → ppo")
    # The defaults of the new mode came along, as the dialog said.
    expect(watched.hyperparameter("learning rate")).to_contain_text("used 3e-4 since step")
    watched.expect_more_steps_than(steps)
    watched.expect_state("running")


def test_workers_and_a_schedule_are_changed_while_it_trains(
    live_server: LiveServer, new_page: NewPage, long_run: str
) -> None:
    """Another worker joins without a question; a schedule is drawn before it is applied."""
    watched = new_page(live_server).log_in().open_run(long_run)
    page = watched.page
    watched.expect_more_steps_than(0)

    workers = watched.hyperparameter("workers")
    box = workers.get_by_role("textbox", name="workers")
    box.fill("2")
    box.press("Enter")
    expect(workers).to_contain_text("used 2 since step")
    expect(watched.header).to_contain_text("2 × 8 environments")

    row = watched.hyperparameter("entropy coefficient")
    row.get_by_role("button", name="Schedule of entropy coefficient").click()
    editor = page.get_by_role("dialog", name="Schedule of entropy coefficient")
    editor.get_by_text("linear", exact=True).click()
    editor.get_by_role("textbox", name="From", exact=True).fill("0.02")
    editor.get_by_role("textbox", name="To", exact=True).fill("0")
    editor.get_by_role("textbox", name="Until env step").fill("1e6")
    expect(editor.get_by_role("img")).to_have_accessible_name(
        re.compile(r"from 0\.02 at step .* to 0 at step")
    )
    assert watched.accessibility_violations() == []
    editor.get_by_role("button", name="Apply").click()

    expect(row).to_contain_text(re.compile("follows linear 0.02 → 0 until 1.00.M"))
    stored = live_server.client.get(f"/api/v1/runs/{long_run}/hyperparameters").json()["items"]
    applied = next(item["applied"] for item in stored if item["name"] == "entropy_coefficient")
    assert (applied["schedule"], applied["until_env_step"]) == ("linear", 1_000_000)


def test_small_charts_are_shown_by_group(
    live_server: LiveServer, new_page: NewPage, long_run: str
) -> None:
    """Another group brings its charts with their history; what other modes measure is named."""
    watched = new_page(live_server).log_in().open_run(long_run)
    page = watched.page
    watched.expect_more_steps_than(0)
    groups = page.get_by_role("group", name="Which small charts")

    groups.get_by_text("Staleness", exact=True).click()
    page.wait_for_url(re.compile("charts=staleness"))
    explained = page.get_by_role("region", name="What explains it")
    expect(explained.get_by_role("heading", name="policy lag", exact=True)).to_be_visible()
    expect(explained.get_by_role("heading", name="value loss")).to_have_count(0)
    expect(explained).to_contain_text("In other modes only: clipped importance ratios (ga3c)")
    expect(page.get_by_role("img", name=re.compile("^policy lag: .* points"))).to_be_visible()
    expect(groups.get_by_role("radio", name="PPO")).to_be_disabled()
    assert watched.accessibility_violations() == []


def test_what_is_counted_is_drawn_over_the_run(
    live_server: LiveServer, new_page: NewPage, long_run: str
) -> None:
    """Histograms stand beside the metrics of their group: said in words, read off by pointing."""
    watched = new_page(live_server).log_in().open_run(long_run)
    page = watched.page
    page.get_by_role("group", name="Which small charts").get_by_text("Policy", exact=True).click()

    actions = page.get_by_role("img", name=re.compile("^actions: "))
    expect(actions).to_have_accessible_name(re.compile(r"newest [01]: \d+.%.* over \d+ points"))
    figure = page.get_by_role("figure").filter(has=actions)
    expect(figure).to_contain_text("of each moment")
    actions.hover(position={"x": 120, "y": 12})
    expect(figure).to_contain_text(re.compile(r"1: \d+.%"))
    assert watched.accessibility_violations() == []

    counted = live_server.client.get(
        f"/api/v1/runs/{long_run}/histograms?histogram=actions&points=1"
    ).json()["histograms"]["actions"]
    assert counted["labels"] == ["0", "1"]
    assert min(counted["counts"][0]) > 0


@pytest.fixture
def soon_solved(live_server: LiveServer) -> Iterator[str]:
    """A run that is solved within seconds, and goes on."""
    endless = {"env_steps": None, "seconds": None, "target_return": None}
    name = "A run whose name is longer than the list of runs is wide"
    run = live_server.create({"preset": "cartpole-a3c", "name": name, "budget": endless})
    run_id = run["id"]
    yield run_id
    live_server.command(run_id, "abort")


def test_a_run_that_is_solved_and_goes_on_is_celebrated(
    live_server: LiveServer, new_page: NewPage, soon_solved: str
) -> None:
    """In green, with what to do now, and not counted as trouble; its sign in the list is whole."""
    watched = new_page(live_server).log_in().open_run(soon_solved)
    page = watched.page

    good = (
        page.get_by_role("region", name="Alerts now")
        .get_by_role("listitem")
        .filter(has_text="the mean return of 100 episodes reached 475 at env step")
    )
    expect(good).to_contain_text("good news")
    expect(good).to_contain_text("Stop the run to keep what it has learned")
    expect(watched.header).to_contain_text(re.compile("solved at .* steps"))
    marks = page.get_by_role("toolbar", name="Marks on the chart")
    expect(marks.get_by_role("button", name=re.compile("^solved: "))).to_be_visible()
    row = page.get_by_role("navigation", name="Runs").get_by_role("link").filter(has_text="A run")
    sign = row.get_by_title(re.compile("solved"))
    expect(sign).to_be_visible()
    assert sign.evaluate(WHOLE), "a long name leaves room for the sign"
    assert watched.accessibility_violations() == []


@pytest.fixture
def warned_run(live_server: LiveServer) -> Iterator[str]:
    """A run whose batches count as too large however small they are."""
    spec = {**LONG_RUN, "algorithm": "ga3c", "name": "warned", "alerts": {"batch_large": 0.1}}
    run_id = live_server.create(spec)["id"]
    yield run_id
    live_server.command(run_id, "abort")


def test_an_alert_is_seen_and_goes_when_it_is_over(
    live_server: LiveServer, new_page: NewPage, warned_run: str
) -> None:
    """It is counted in header and list, explained with what to try, and marked on the chart."""
    watched = new_page(live_server).log_in().open_run(warned_run)
    page = watched.page

    words = re.compile(r"optimizers behind.*above 0\.1 for 1 s")
    now = page.get_by_role("region", name="Alerts now")
    expect(now.get_by_role("listitem").filter(has_text=words)).to_contain_text("warning")
    told = page.get_by_role("region", name="What happened")
    watched.header.get_by_role("link", name=re.compile("alert")).click()
    expect(page.get_by_role("tab", name=re.compile(r"^Alerts \d"))).to_be_in_viewport()
    alerts = page.get_by_role("region", name="Alerts", exact=True)
    expect(alerts).to_contain_text(words)
    expect(alerts).to_contain_text("Try: More optimizer threads")
    marks = page.get_by_role("toolbar", name="Marks on the chart")
    expect(marks.get_by_role("button", name=re.compile("^alert, batch large"))).to_be_visible()
    row = page.get_by_role("navigation", name="Runs").get_by_role("link").filter(has_text="warned")
    expect(row.get_by_title(re.compile("batch large"))).to_be_visible()
    assert watched.accessibility_violations() == []

    row = alerts.get_by_role("group", name="optimizers behind", exact=True)
    threshold = row.get_by_role("textbox", name="Threshold of optimizers behind")
    threshold.fill("0.2")
    threshold.press("Enter")
    expect(row).to_contain_text("above 0.2 times the smallest batch for 1 s")
    page.get_by_role("tab", name="What happened").click()
    expect(told).to_contain_text("batch large 0.1 → 0.2")
    page.get_by_role("tab", name=re.compile("^Alerts")).click()

    live_server.client.patch(
        f"/api/v1/runs/{warned_run}/hyperparameters", json={"algorithm": "a3c"}
    ).raise_for_status()
    # A busy machine may have other alerts, of a slow run for one; this one is over.
    over = alerts.locator("details", has_text=re.compile("(is|are) over"))
    expect(over).to_contain_text("optimizers behind")
    page.get_by_role("tab", name="What happened").click()
    expect(told).to_contain_text("alert over: batch large")
