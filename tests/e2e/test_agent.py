"""Watching the agent play on the page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from e2e.watched_page import WatchedPage
from integration.live_server import FAST_RUN, LiveServer, eventually
from integration.test_playing import players_of

pytestmark = pytest.mark.e2e

NewPage = Callable[..., WatchedPage]

PICTURE = "canvas => canvas.toDataURL()"
"""The pixels of the canvas, as a text."""


def open_agent(watched: WatchedPage, run_id: str) -> Locator:
    """Go to a run, and there to the agent."""
    watched.open_run(run_id)
    watched.page.get_by_role("tab", name="Agent").click()
    region = watched.page.get_by_role("region", name="Agent", exact=True)
    region.scroll_into_view_if_needed()
    return region


def frame_number(region: Locator) -> int:
    """Of the picture that is shown."""
    return int(region.locator("canvas").get_attribute("data-frame") or 0)


def figure(region: Locator, label: str) -> str:
    """One of the numbers beside the picture."""
    return region.locator("dl > div", has_text=label).first.locator("dd").inner_text()


def reward_of_step(region: Locator) -> float | None:
    """None where an episode has just begun."""
    text = figure(region, "reward")
    return None if text == "–" else float(text)


def steps_of_weights(region: Locator) -> int:
    """Exactly, of which env step the weights are."""
    title = region.locator("dl > div", has_text="weights").get_attribute("title")
    return int((title or "env step 0").removeprefix("env step ").replace(",", ""))


def test_the_agent_is_watched_while_it_learns(
    live_server: LiveServer, new_page: NewPage, long_run: str
) -> None:
    """The picture moves, the numbers too, the weights get newer; a pause stops it all, and when
    nobody watches any more nothing plays.
    """
    eventually(lambda: not players_of(live_server), what="end of the players of other tests")
    watched = new_page(live_server, reduced_motion="no-preference").log_in()
    region = open_agent(watched, long_run)
    picture = region.get_by_role("img", name="CartPole-v1, episode")
    expect(picture).to_be_visible()
    first, first_weights = picture.evaluate(PICTURE), steps_of_weights(region)

    eventually(lambda: picture.evaluate(PICTURE) != first, what="picture that moves")
    eventually(lambda: steps_of_weights(region) > first_weights, what="newer weights")
    expect(region.get_by_text("push left")).to_be_visible()
    eventually(lambda: reward_of_step(region) == 1.0, what="a step's reward")
    assert "live" in figure(region, "weights")
    assert watched.accessibility_violations() == []

    region.get_by_role("button", name="Pause").click()
    expect(region.get_by_role("button", name="Play")).to_be_visible()
    before = eventually(lambda: _settled(region), what="end of the movement")
    region.get_by_role("button", name="One step").click()
    eventually(lambda: frame_number(region) == before + 1, what="one step more")

    region.get_by_text("max", exact=True).click()
    region.get_by_role("button", name="Play").click()
    episode = int(figure(region, "episode"))
    eventually(lambda: int(figure(region, "episode")) > episode, what="next episode")

    (player,) = players_of(live_server)
    watched.page.get_by_role("tab", name="What happened").click()
    eventually(lambda: not player.is_running(), what="end of the player")


def _settled(region: Locator) -> int | None:
    """The number of a frame that stays for a while."""
    number = frame_number(region)
    region.page.wait_for_timeout(700)
    return number if frame_number(region) == number else None


def test_any_checkpoint_can_be_watched(live_server: LiveServer, new_page: NewPage) -> None:
    """Of a run that has ended: its last one by itself, and another one by choice."""
    run_id = str(live_server.create(FAST_RUN, wait=20)["id"])
    live_server.wait_for(run_id, "finished", timeout_s=100)
    watched = new_page(live_server, reduced_motion="no-preference").log_in()
    region = open_agent(watched, run_id)
    expect(region.get_by_role("img", name="CartPole-v1, episode")).to_be_visible()
    assert "newest checkpoint" in figure(region, "weights")

    region.get_by_label("Weights").select_option(index=1)
    expect(region.locator("dl > div", has_text="weights").locator("dd")).not_to_contain_text(
        "newest checkpoint"
    )
    expect(region.get_by_role("img", name="CartPole-v1, episode")).to_be_visible()
    region.get_by_label("Actions").select_option("sampled")
    eventually(lambda: len(players_of(live_server)) == 1, what="one player alone")


def test_an_episode_is_recorded_taken_away_and_deleted(
    live_server: LiveServer, new_page: NewPage
) -> None:
    """A GIF that a browser saves; the list has it until it is deleted."""
    run_id = str(live_server.create(FAST_RUN, wait=20)["id"])
    live_server.wait_for(run_id, "finished", timeout_s=100)
    watched = new_page(live_server, viewport={"width": 360, "height": 740}).log_in()
    recordings = open_agent(watched, run_id).get_by_role("region", name="Recordings")

    recordings.get_by_role("button", name="Record an episode").click()
    entry = recordings.get_by_role("listitem")
    expect(entry).to_contain_text("return")
    with watched.page.expect_download() as downloading:
        entry.get_by_role("button", name="Download").click()
    assert downloading.value.path().read_bytes()[:4] == b"GIF8"
    assert watched.horizontal_overflow_px() == 0
    assert watched.accessibility_violations() == []
    entry.get_by_role("button", name="Delete").click()

    expect(recordings.get_by_role("listitem")).to_have_count(0)


def test_who_wants_little_motion_starts_it_by_hand(
    live_server: LiveServer, new_page: NewPage
) -> None:
    """Nothing plays before; where there is no picture, the numbers come, and why."""
    spec = {**FAST_RUN, "environment": {"id": "Probe/Corridor-v0"}}
    run_id = str(live_server.create(spec, wait=20)["id"])
    live_server.wait_for(run_id, "finished", timeout_s=100)
    watched = new_page(live_server, viewport={"width": 360, "height": 740}).log_in()
    region = open_agent(watched, run_id)
    expect(region.get_by_text("Press Watch")).to_be_visible()
    # A player of another test may still be leaving; none of this page comes.
    eventually(lambda: not players_of(live_server), what="page that nothing plays for")

    region.get_by_role("button", name="Watch").click()
    expect(region.get_by_text("can't draw pictures of itself")).to_be_visible()
    assert figure(region, "episode") != "–"
    assert watched.horizontal_overflow_px() == 0
    assert watched.accessibility_violations() == []


def test_what_has_not_trained_can_t_play(live_server: LiveServer, new_page: NewPage) -> None:
    """It says what is missing, and begins by itself once the run has begun."""
    run_id = str(live_server.create({**FAST_RUN, "start": False})["id"])
    watched = new_page(live_server, reduced_motion="no-preference").log_in()
    region = open_agent(watched, run_id)
    expect(region.get_by_text("it must train first")).to_be_visible()

    live_server.command(run_id, "start")
    expect(region.get_by_role("img", name="CartPole-v1, episode")).to_be_visible()
