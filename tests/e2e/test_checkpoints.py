"""Checkpoints on the page: saved, kept, gone back to, also after an accident."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Route, expect

from e2e.watched_page import WatchedPage
from integration.live_server import FAST_RUN, LONG_RUN, LiveServer, eventually

pytestmark = pytest.mark.e2e

NewPage = Callable[..., WatchedPage]

LEARNER = {
    **FAST_RUN,
    "name": "accident",
    "hyperparameters": {"optimizer": "adam", "learning_rate": 0.003, "rollout_length": 16},
    "budget": {"env_steps": None, "seconds": 600},
    "evaluation": {"episodes": 0},
}
"""Learns steadily: some ten thousand env steps to twice or thrice what chance gets."""
CHANCE_RETURN = 22.0
LEARNED_RETURN = 60.0
COLLAPSED_RETURN = 15.0
LEARNING_S = 90.0

COLOURED_PIXELS = """(canvas, ranges) => {
  const scale = canvas.width / canvas.clientWidth;
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  return ranges.map(([from, to]) => {
    let coloured = 0;
    for (let y = 30; y < height - 50; y += 1) {
      for (let x = Math.ceil(from * scale); x < to * scale; x += 1) {
        const [red, green, blue, alpha] = data.slice(4 * (y * width + x), 4 * (y * width + x) + 4);
        const spread = Math.max(red, green, blue) - Math.min(red, green, blue);
        if (alpha > 60 && spread > 70) coloured += 1;
      }
    }
    return coloured;
  });
}"""


def open_checkpoints(watched: WatchedPage, run_id: str) -> Locator:
    """Go to a run, and there to its checkpoints."""
    watched.open_run(run_id)
    watched.page.get_by_role("tab", name="Checkpoints").click()
    return watched.page.get_by_role("region", name="Checkpoints")


def progress(server: LiveServer, run_id: str) -> dict[str, Any]:
    """How far the run is."""
    found: dict[str, Any] = server.run(run_id)["progress"]
    return found


def wait_for_return(
    server: LiveServer,
    run_id: str,
    *,
    above: float = float("-inf"),
    below: float = float("inf"),
    after_episode: int = 0,
) -> float:
    """The mean return of the last 100 episodes, once it lies there and all are that new."""

    def look() -> float | None:
        now = progress(server, run_id)
        mean: float | None = now["mean_return_100"]
        if mean is None or now["episodes"] < after_episode + 100:
            return None
        return mean if above < mean < below else None

    return eventually(look, what=f"return from {above} to {below}", timeout_s=LEARNING_S)


def left_of(flag: Locator) -> float:
    """Where a mark on the chart stands, in CSS pixels."""
    left: float = flag.evaluate("flag => parseFloat(flag.style.left)")
    return left


def test_an_accident_is_undone_by_going_back(live_server: LiveServer, new_page: NewPage) -> None:
    """A learning rate times 100 ruins a policy; the checkpoint from before it saves the run."""
    run_id = live_server.create(LEARNER, wait=30)["id"]
    watched = new_page(live_server).log_in()
    checkpoints = open_checkpoints(watched, run_id)
    page = watched.page

    # Act one: it learns.
    wait_for_return(live_server, run_id, above=LEARNED_RETURN)

    # Act two: the accident.
    row = watched.hyperparameter("learning rate")
    box = row.get_by_role("textbox", name="learning rate")
    box.fill("0.3")
    box.press("Enter")
    expect(row).to_contain_text("used 0.3 since step")
    automatic = checkpoints.get_by_role("row").filter(has_text="before a risky change")
    expect(automatic).to_have_count(1)
    wait_for_return(live_server, run_id, below=COLLAPSED_RETURN)

    # Act three: back to what was saved by itself.
    automatic.get_by_role("button", name=re.compile("^Rewind to step")).click()
    dialog = page.get_by_role("dialog", name=re.compile("^Rewind to env step"))
    expect(dialog).to_contain_text("stay in the record, and in the charts in grey")
    dialog.get_by_role("button", name="Rewind to this").click()
    expect(row).to_contain_text("used 3e-3 since step")
    watched.expect_state("running")
    (rewound,) = live_server.events(run_id, types="run_rewound")
    lost = rewound["abandoned"]
    recovered = wait_for_return(
        live_server, run_id, above=LEARNED_RETURN, after_episode=lost["until_episode"]
    )
    assert recovered > 2 * CHANCE_RETURN

    # The chart has all three: the change, what was lost in grey, and the way back.
    watched.button("Pause").click()
    watched.expect_state("paused")
    expect(watched.return_chart).to_have_attribute(
        "aria-label", re.compile(r"; abandoned by a rewind: \S+\s\w to \S+\s\w$")
    )
    marks = page.get_by_role("toolbar", name="Marks on the chart")
    changed = marks.get_by_role("button", name=re.compile("^learning rate 3e-3 → 0.3"))
    back = marks.get_by_role("button", name=re.compile("^back to step .*, from the browser"))
    expect(changed).to_be_visible()
    expect(back).to_be_visible()
    expect(page.get_by_text("abandoned", exact=True).first).to_be_visible()
    canvas = watched.return_chart.locator("canvas")
    begin, end = left_of(changed), left_of(back)
    learnt, ruined, saved = canvas.evaluate(
        COLOURED_PIXELS, [[60, begin - 4], [begin + 4, end - 4], [end + 4, end + 200]]
    )
    assert ruined == 0
    assert learnt > 0
    assert saved > 0

    # What was lost is kept, and is what collapsed; the smoothed line does not come through it.
    turn = lost["until_episode"]
    series = live_server.client.get(
        f"/api/v1/runs/{run_id}/series",
        params={
            "metric": "episode_return",
            "x": "episode",
            "smoothing": 0.95,
            "from": turn - 9,
            "to": turn + 10,
        },
    ).json()
    returns = series["metrics"]["episode_return"]
    assert returns["x"] == list(range(turn - 9, turn + 11))
    assert returns["mean"][9] < COLLAPSED_RETURN
    assert returns["mean"][10] > 2 * CHANCE_RETURN
    assert watched.accessibility_violations() == []


def test_checkpoints_are_saved_and_pinned(
    live_server: LiveServer, new_page: NewPage, long_run: str
) -> None:
    """Save now adds a pinned row without a reload; the pin can be taken away, and it is told."""
    watched = new_page(live_server).log_in()
    checkpoints = open_checkpoints(watched, long_run)
    watched.expect_more_steps_than(100)

    checkpoints.get_by_role("button", name="Save now").click()
    row = checkpoints.get_by_role("row").filter(has_text="on request")
    pin = row.get_by_role("button", name=re.compile("^Pin the checkpoint at step"))
    expect(pin).to_have_attribute("aria-pressed", "true")
    pin.focus()
    watched.page.keyboard.press("Enter")
    expect(pin).to_have_attribute("aria-pressed", "false")

    watched.page.get_by_role("tab", name="Checkpoints").focus()
    watched.page.keyboard.press("ArrowRight")
    told = watched.page.get_by_role("region", name="What happened")
    expect(told).to_contain_text("heckpoint no longer pinned from the browser")
    expect(
        told.get_by_role("listitem").filter(has_text="heckpoint from the browser")
    ).to_have_count(1)
    # The key does the same as the button, wherever one looks.
    watched.page.keyboard.press("c")
    expect(watched.page.get_by_role("tab", name=re.compile("^Checkpoints [2-9]"))).to_be_visible()


@pytest.mark.parametrize(
    ("item", "ending", "begins_with"),
    [("Everything, as a zip", "zip", b"PK"), ("The policy, as an ONNX", "onnx", b"\x08\x08")],
)
def test_a_checkpoint_is_downloaded(
    live_server: LiveServer,
    new_page: NewPage,
    long_run: str,
    *,
    item: str,
    ending: str,
    begins_with: bytes,
) -> None:
    """By keyboard, all of it or its policy, under a name that says whose it is."""
    saved = live_server.client.post(
        f"/api/v1/runs/{long_run}/checkpoints", params={"wait": 20}
    ).json()["checkpoint_id"]
    watched = new_page(live_server).log_in()
    checkpoints = open_checkpoints(watched, long_run)
    page = watched.page

    checkpoints.get_by_role("button", name=re.compile("^Download")).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name=re.compile(f"^{item}"))).to_be_visible()
    assert watched.accessibility_violations() == []
    with page.expect_download() as coming:
        page.get_by_role("menuitem", name=re.compile(f"^{item}")).press("Enter")

    assert coming.value.suggested_filename == f"{long_run}-{saved}.{ending}"
    assert coming.value.path().read_bytes().startswith(begins_with)


def test_where_onnx_is_missing_the_page_says_what_to_install(
    live_server: LiveServer, new_page: NewPage, long_run: str
) -> None:
    """At the button, in the server's words; a refusal that comes all the same is told, too."""
    live_server.client.post(f"/api/v1/runs/{long_run}/checkpoints", params={"wait": 20})
    words = "ONNX needs the package onnx: pip install 'matinee[onnx]'"
    missing = [words, None]

    def without_onnx(route: Route) -> None:
        told = route.fetch().json()
        route.fulfill(json={**told, "onnx_unavailable": missing[0]})

    def refuse(route: Route) -> None:
        problem = {"status": 422, "title": "Invalid input", "detail": words}
        route.fulfill(status=422, json=problem, content_type="application/problem+json")

    watched = new_page(live_server, expected_status=422)
    page = watched.page
    page.route("**/api/v1/system", without_onnx)
    page.route("**/policy.onnx", refuse)
    watched.log_in()
    button = re.compile("^Download")

    open_checkpoints(watched, long_run).get_by_role("button", name=button).click()
    item = page.get_by_role("menuitem", name=re.compile("^The policy, as an ONNX"))
    expect(item).to_be_disabled()
    expect(item).to_contain_text(words)
    assert watched.accessibility_violations() == []

    missing.reverse()
    open_checkpoints(watched, long_run).get_by_role("button", name=button).click()
    item.click()
    expect(page.get_by_role("alert")).to_contain_text(words)


def test_an_ended_run_can_be_rewound(live_server: LiveServer, new_page: NewPage) -> None:
    """Where the budget is used up, a larger one is asked for; then it goes on from there."""
    run_id = live_server.create(FAST_RUN, wait=30)["id"]
    live_server.wait_for(run_id, "finished")
    watched = new_page(live_server).log_in()
    checkpoints = open_checkpoints(watched, run_id)
    row = checkpoints.get_by_role("row").filter(has_text="at the end")

    row.get_by_role("button", name=re.compile("^Rewind")).click()
    watched.page.get_by_role("button", name="Rewind to this").click()
    dialog = watched.page.get_by_role("dialog", name="Go on with a larger budget?")
    expect(dialog).to_contain_text("from the checkpoint that you chose")
    dialog.get_by_role("button", name="Go on").click()

    watched.expect_more_steps_than(39_999)
    watched.expect_state("finished")


def test_a_list_that_is_empty_or_can_not_be_read_says_so(
    live_server: LiveServer, new_page: NewPage
) -> None:
    """Before the first checkpoint the tab says why it is empty; an error can be tried again."""
    run_id = live_server.create({**LONG_RUN, "start": False})["id"]
    broken = [True]

    def fail_once(route: Route) -> None:
        if broken[0]:
            route.fulfill(
                status=503, json={"title": "Busy", "status": 503, "detail": "disk asleep"}
            )
        else:
            route.continue_()

    watched = new_page(live_server, expected_status=503)
    watched.page.route(re.compile("/checkpoints$"), fail_once)
    watched.log_in()
    checkpoints = open_checkpoints(watched, run_id)
    expect(checkpoints.get_by_role("alert")).to_contain_text("disk asleep")
    assert watched.accessibility_violations() == []

    broken[0] = False
    checkpoints.get_by_role("button", name="Try again").click()
    expect(checkpoints).to_contain_text("There is no checkpoint yet.")
    expect(checkpoints.get_by_role("button", name="Save now")).to_contain_text(
        "The run has not been started yet."
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_checkpoints_fit_a_phone(
    live_server: LiveServer, new_page: NewPage, long_run: str, scheme: str
) -> None:
    """At 360 px nothing scrolls sideways, everything can be reached, and axe finds nothing."""
    live_server.client.post(f"/api/v1/runs/{long_run}/checkpoints", params={"wait": 20})
    phone = {"width": 360, "height": 740}
    watched = new_page(live_server, viewport=phone, color_scheme=scheme).log_in()
    checkpoints = open_checkpoints(watched, long_run)

    expect(checkpoints.get_by_role("button", name=re.compile("^Rewind to step"))).to_be_visible()
    assert watched.horizontal_overflow_px() == 0
    assert watched.accessibility_violations() == []


def test_a_fork_trains_beside_its_parent(
    live_server: LiveServer, new_page: NewPage, long_run: str
) -> None:
    """From a checkpoint, with another learning rate: both go on, and the child names its parent."""
    saved = live_server.client.post(
        f"/api/v1/runs/{long_run}/checkpoints", params={"wait": 20}
    ).json()
    watched = new_page(live_server, expected_status=422).log_in()
    checkpoints = open_checkpoints(watched, long_run)
    page = watched.page

    checkpoints.get_by_role("button", name=re.compile("^Fork from step")).click()
    dialog = page.get_by_role("dialog", name=re.compile("^Fork from env step"))
    dialog.get_by_role("textbox", name="Name").fill("calmer")
    dialog.get_by_role("combobox", name="Change a setting").select_option(label="learning rate")
    rate = dialog.get_by_role("textbox", name="learning rate")
    expect(rate).to_have_value("0.01")
    assert watched.accessibility_violations() == []
    rate.fill("7")
    rate.press("Enter")
    dialog.get_by_role("button", name="Fork and start").click()
    expect(dialog.get_by_role("alert")).to_contain_text("allowed: a number from 1e-07 to 1")
    rate.fill("1e-3")
    rate.press("Enter")
    dialog.get_by_role("button", name="Fork and start").click()

    page.wait_for_url(lambda url: long_run not in url)
    child = page.url.rsplit("/", 1)[1]
    expect(page.get_by_role("heading", level=1)).to_have_text("calmer")
    watched.expect_state("running")
    begun = live_server.run(child)["parent"]
    assert begun["checkpoint_id"] == saved["checkpoint_id"]
    watched.expect_more_steps_than(begun["env_step"])
    expect(watched.hyperparameter("learning rate")).to_contain_text("used 1e-3 since step")
    steps = live_server.run(long_run)["progress"]["env_steps"]
    live_server.wait_for_steps(long_run, steps)
    live_server.wait_for_steps(child, live_server.run(child)["progress"]["env_steps"])
    assert watched.accessibility_violations() == []

    parent = watched.header.get_by_role("link", name=live_server.run(long_run)["name"])
    expect(watched.header).to_contain_text(re.compile("forked from .* at step"))
    parent.click()
    page.wait_for_url(lambda url: long_run in url)
    watched.expect_state("running")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_fork_begins_with_the_settings_of_its_checkpoint(
    live_server: LiveServer, new_page: NewPage, long_run: str, scheme: str
) -> None:
    """The dialog has those, not the run's present ones, and says which of them differ."""
    server = live_server.client
    run = f"/api/v1/runs/{long_run}"
    server.post(f"{run}/checkpoints", params={"wait": 20})
    changes = {"learning_rate": 0.02, "entropy_coefficient": 0.05}
    server.patch(f"{run}/hyperparameters", params={"wait": 20}, json=changes)
    watched = new_page(live_server, color_scheme=scheme).log_in()
    checkpoints = open_checkpoints(watched, long_run)
    page = watched.page

    oldest = checkpoints.get_by_role("row").filter(has_text="on request").last
    oldest.get_by_role("button", name=re.compile("^Fork from step")).click()
    dialog = page.get_by_role("dialog", name=re.compile("^Fork from env step"))
    differing = dialog.get_by_role("region", name=re.compile("other settings were in use$"))
    rows = differing.get_by_role("listitem")
    expect(rows).to_have_count(2)
    expect(rows.filter(has_text="learning rate")).to_contain_text("0.01 now 0.02")
    expect(rows.filter(has_text="entropy")).to_contain_text("now 0.05")
    dialog.get_by_role("combobox", name="Change a setting").select_option(label="learning rate")
    expect(dialog.get_by_role("textbox", name="learning rate")).to_have_value("0.01")
    rows.filter(has_text="entropy").get_by_role("button", name=re.compile("^Take the")).press(
        "Enter"
    )
    assert watched.accessibility_violations() == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert watched.horizontal_overflow_px() == 0
    dialog.get_by_role("button", name="Fork and start").click()

    page.wait_for_url(lambda url: long_run not in url)
    child = page.url.rsplit("/", 1)[1]
    live_server.wait_for(child, "running")
    used = {
        item["name"]: item["applied"]
        for item in server.get(f"/api/v1/runs/{child}/hyperparameters").json()["items"]
    }
    assert (used["learning_rate"], used["entropy_coefficient"]) == (0.01, 0.05)
    live_server.command(child, "abort")


def test_settings_that_can_not_be_read_are_told_in_the_dialog(
    live_server: LiveServer, new_page: NewPage, long_run: str
) -> None:
    """Nothing is made up in their place; they can be asked for again."""
    live_server.client.post(f"/api/v1/runs/{long_run}/checkpoints", params={"wait": 20})
    broken = [True]

    def fail_once(route: Route) -> None:
        if broken[0]:
            route.fulfill(status=503, json={"title": "x", "status": 503, "detail": "disk asleep"})
        else:
            route.continue_()

    watched = new_page(live_server, expected_status=503)
    watched.page.route(re.compile("/settings$"), fail_once)
    watched.log_in()
    checkpoints = open_checkpoints(watched, long_run)
    checkpoints.get_by_role("button", name=re.compile("^Fork from step")).click()
    dialog = watched.page.get_by_role("dialog")

    expect(dialog.get_by_role("alert")).to_contain_text("disk asleep")
    expect(dialog.get_by_role("combobox", name="Change a setting")).to_have_count(0)
    broken[0] = False
    dialog.get_by_role("button", name="Try again").click()
    expect(dialog.get_by_role("combobox", name="Change a setting")).to_be_visible()
