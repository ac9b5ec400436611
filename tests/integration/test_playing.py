"""Episodes that a real server has played by a real player, from a real run's checkpoints."""

from __future__ import annotations

from http.client import HTTPConnection

import httpx
import psutil

from integration.live_server import FAST_RUN, LONG_RUN, LiveServer, eventually

RUNS = "/api/v1/runs"


def players_of(server: LiveServer) -> list[psutil.Process]:
    """Processes of this server that play."""
    return [child for child in psutil.Process(server.process.pid).children() if _plays(child)]


def _plays(child: psutil.Process) -> bool:
    try:
        return "matinee.player" in child.cmdline()
    except psutil.NoSuchProcess:
        # It has just ended, and may not have been reaped yet.
        return False


def test_episodes_of_a_run_that_has_ended(live_server: LiveServer) -> None:
    """Played by its last checkpoint, the same for the same seed, and no process stays behind."""
    run_id = str(live_server.create(FAST_RUN, wait=20)["id"])
    live_server.wait_for(run_id, "finished", timeout_s=100)
    (newest, *_) = live_server.client.get(f"{RUNS}/{run_id}/checkpoints").json()["items"]

    first = live_server.client.post(f"{RUNS}/{run_id}/evaluate", json={"episodes": 3, "seed": 5})
    again = live_server.client.post(
        f"{RUNS}/{run_id}/evaluate",
        json={"episodes": 3, "seed": 5, "checkpoint_id": newest["id"]},
    )
    episode = live_server.client.post(f"{RUNS}/{run_id}/episodes", json={"seed": 5})

    assert first.status_code == httpx.codes.OK, first.text
    told = first.json()
    assert told == again.json()
    assert (told["checkpoint_id"], told["env_step"]) == (newest["id"], newest["env_step"])
    assert len(told["returns"]) == len(told["lengths"]) == 3
    steps = episode.json()["steps"]
    assert episode.json()["return"] == told["returns"][0] == len(steps)
    assert [step["terminated"] or step["truncated"] for step in steps].index(True) == len(steps) - 1
    eventually(lambda: not players_of(live_server), what="end of all players")


def test_a_player_ends_when_its_client_leaves(live_server: LiveServer) -> None:
    """Whatever it does: nobody is there to be told of it, and others need its place."""
    run_id = str(live_server.create(FAST_RUN, wait=20)["id"])
    live_server.wait_for(run_id, "finished", timeout_s=100)
    eventually(lambda: not players_of(live_server), what="end of the players of other tests")

    client = HTTPConnection(live_server.base_url.removeprefix("http://"))
    headers = {"Authorization": f"Bearer {live_server.token}"}
    client.request("POST", f"{RUNS}/{run_id}/evaluate", headers=headers)
    player = eventually(lambda: next(iter(players_of(live_server)), None), what="player")
    # It would take as long as it may.
    player.suspend()
    client.close()

    eventually(lambda: not players_of(live_server), what="end of the player")


def test_a_run_without_weights_has_no_episodes(live_server: LiveServer) -> None:
    """A refusal with a code, before anything is started."""
    run_id = str(live_server.create({**LONG_RUN, "start": False})["id"])

    refused = live_server.client.post(f"{RUNS}/{run_id}/evaluate")

    assert (refused.status_code, refused.json()["code"]) == (409, "no_checkpoint")
