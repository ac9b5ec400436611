"""Somebody watches a real run over the real socket: a real player, its pictures, its end."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import pytest
from websockets.sync.client import ClientConnection, connect

from integration.live_server import FAST_RUN, LONG_RUN, LiveServer, eventually
from integration.test_playing import players_of
from matinee.contracts.view import HEAD_LENGTH

PATIENCE_S = 60.0


class Watcher:
    """A client that shows what it gets at once."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self.status: dict[str, Any] = {}

    def tell(self, **frame: Any) -> None:
        """Send an order."""
        self._connection.send(json.dumps(frame))

    def next(self) -> tuple[dict[str, Any], bytes]:
        """The next frame and its picture; the status is kept."""
        while (frame := self._take()) is None:
            pass
        return frame

    def hears(self, condition: Callable[[dict[str, Any]], bool]) -> None:
        """Wait until a status says so; frames may come meanwhile, or none."""
        while not condition(self.status):
            self._take()

    def _take(self) -> tuple[dict[str, Any], bytes] | None:
        message = self._connection.recv(timeout=PATIENCE_S)
        if isinstance(message, str):
            self.status = json.loads(message)
            assert self.status["state"] != "failed", self.status
            return None
        (length,) = HEAD_LENGTH.unpack(message[: HEAD_LENGTH.size])
        body = message[HEAD_LENGTH.size :]
        head: dict[str, Any] = json.loads(body[:length])
        self.tell(type="seen", number=head["number"])
        return head, body[length:]

    def until(self, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first frame for which something holds."""
        return eventually(
            lambda: head if condition(head := self.next()[0]) else None,
            what="such a frame",
            timeout_s=PATIENCE_S,
        )

    def falls_silent(self) -> None:
        """Take what is on its way, until nothing comes for a while."""
        while True:
            try:
                message = self._connection.recv(timeout=1.0)
            except TimeoutError:
                return
            if isinstance(message, bytes):
                (length,) = HEAD_LENGTH.unpack(message[: HEAD_LENGTH.size])
                head = json.loads(message[HEAD_LENGTH.size :][:length])
                self.tell(type="seen", number=head["number"])


@contextmanager
def watching(server: LiveServer, run_id: str) -> Iterator[Watcher]:
    """Watch a run's newest policy."""
    address = f"{server.base_url.replace('http', 'ws')}/api/v1/runs/{run_id}/view"
    headers = {"Authorization": f"Bearer {server.token}"}
    with connect(address, additional_headers=headers, max_size=2**24) as connection:
        yield Watcher(connection)


def is_gone(player: psutil.Process) -> bool:
    """Whether its process has ended."""
    return not player.is_running() or player.status() == psutil.STATUS_ZOMBIE


def test_a_run_is_watched_while_it_learns(live_server: LiveServer) -> None:
    """From its present weights, before any checkpoint; they get newer, and the picture moves."""
    run_id = str(live_server.create(LONG_RUN, wait=20)["id"])
    eventually(lambda: not players_of(live_server), what="end of the players of other tests")
    with watching(live_server, run_id) as watcher:
        first, picture = watcher.next()
        later = watcher.until(lambda head: head["env_step"] > first["env_step"])
        _, moved = watcher.next()
        (player,) = players_of(live_server)
        trains_on = live_server.run(run_id)["progress"]["env_steps"]

        assert first["checkpoint_id"] is later["checkpoint_id"] is None
        assert watcher.status["live"]
        assert picture.startswith(b"\xff\xd8")
        assert moved.startswith(b"\xff\xd8")
        assert picture != moved
        live_server.wait_for_steps(run_id, trains_on)

    eventually(lambda: is_gone(player), what="end of the player")
    eventually(lambda: not players_of(live_server), what="end of all players")


def test_two_who_watch_share_a_player_and_its_pause(live_server: LiveServer) -> None:
    """Of a run that has ended, by its last checkpoint; a pause stops it, a step moves it by one."""
    run_id = str(live_server.create(FAST_RUN, wait=20)["id"])
    live_server.wait_for(run_id, "finished", timeout_s=100)
    eventually(lambda: not players_of(live_server), what="end of the players of other tests")
    with watching(live_server, run_id) as one, watching(live_server, run_id) as two:
        head, _ = one.next()
        two.next()
        assert head["checkpoint_id"] is not None
        assert len(players_of(live_server)) == 1

        two.tell(type="set", paused=True)
        one.hears(lambda status: bool(status["paused"]))
        one.falls_silent()
        two.falls_silent()
        one.tell(type="step")
        before = one.next()[0]
        one.tell(type="step")
        after = one.next()[0]

        assert one.status["watchers"] == 2
        begins_anew = after["length"] == 0 and after["episode"] == before["episode"] + 1
        assert begins_anew or after["length"] == before["length"] + 1


def test_the_player_of_a_deleted_run_ends(live_server: LiveServer) -> None:
    """Whoever watches hears why, and no process plays what is gone."""
    run_id = str(live_server.create(FAST_RUN, wait=20)["id"])
    live_server.wait_for(run_id, "finished", timeout_s=100)
    eventually(lambda: not players_of(live_server), what="end of the players of other tests")
    with watching(live_server, run_id) as watcher:
        watcher.next()
        (player,) = players_of(live_server)
        assert live_server.client.delete(f"/api/v1/runs/{run_id}").is_success

        with pytest.raises(AssertionError, match=f"run {run_id} was deleted"):
            watcher.hears(lambda _: False)
        eventually(lambda: is_gone(player), what="end of the player")


def test_numbers_come_also_where_there_is_no_picture(live_server: LiveServer) -> None:
    """An environment that can't draw itself is played, and says so."""
    spec = {**FAST_RUN, "environment": {"id": "Probe/Corridor-v0"}}
    run_id = str(live_server.create(spec, wait=20)["id"])
    live_server.wait_for(run_id, "finished", timeout_s=100)
    with watching(live_server, run_id) as watcher:
        head, picture = watcher.next()

    assert picture == b""
    assert head["image"] is None
    assert "Probe/Corridor-v0" in head["unseen"]


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_a_player_ends_with_its_server(own_server: LiveServer, end: str) -> None:
    """In order, and also when the server is killed: nobody else looks after it."""
    run_id = str(own_server.create(FAST_RUN, wait=20)["id"])
    own_server.wait_for(run_id, "finished", timeout_s=100)
    with watching(own_server, run_id) as watcher:
        watcher.next()
        (player,) = players_of(own_server)
        if end == "kill":
            own_server.kill()
        else:
            assert own_server.stop()[0] == 0

    eventually(lambda: is_gone(player), what="end of the player")
