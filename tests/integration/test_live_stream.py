"""The live stream of a real server: what a script with an ordinary library sees."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from integration.live_server import ENDED, FAST_RUN, LONG_RUN, PATIENCE_S, LiveServer
from matinee.client import AsyncMatineeClient
from matinee.contracts.events import EVENT_ADAPTER


@contextmanager
def socket(server: LiveServer, query: str = "") -> Iterator[ClientConnection]:
    """A WebSocket with the token."""
    address = server.base_url.replace("http", "ws") + "/api/v1/stream" + query
    headers = {"Authorization": f"Bearer {server.token}"}
    with connect(address, additional_headers=headers, max_size=None) as connection:
        yield connection


def events_of(connection: ClientConnection) -> Iterator[dict[str, Any]]:
    """Events as they arrive."""
    while True:
        frame = json.loads(connection.recv(timeout=PATIENCE_S))
        if frame["type"] == "events":
            yield from frame["events"]


def is_end(event: dict[str, Any]) -> bool:
    """Whether a run ends with this event."""
    return event["type"] == "run_state_changed" and event["state"] in ENDED


def test_a_run_is_followed_from_birth_to_end(live_server: LiveServer) -> None:
    """Every event comes once and in order over the socket, and is what REST gives afterwards."""
    run = live_server.create(FAST_RUN)
    seen: list[dict[str, Any]] = []
    with socket(live_server, f"?run={run['id']}&after=0") as connection:
        for event in events_of(connection):
            seen.append(event)
            if is_end(event):
                break

    assert [event["seq"] for event in seen] == list(range(1, len(seen) + 1))
    assert seen == live_server.events(run["id"])
    assert seen[0]["type"] == "run_created"
    assert seen[-1]["state"] == "finished"
    for event in seen:
        EVENT_ADAPTER.validate_python(event)


def test_a_connection_that_breaks_is_resumed_by_number(live_server: LiveServer) -> None:
    """Whoever reconnects after every few events with `after` gets each event once, in order."""
    run = live_server.create(FAST_RUN)
    seen: list[dict[str, Any]] = []
    while not (seen and is_end(seen[-1])):
        after = seen[-1]["seq"] if seen else 0
        with socket(live_server) as connection:
            frame = {"type": "subscribe", "run_id": run["id"], "after": after}
            connection.send(json.dumps(frame))
            for _, event in zip(range(7), events_of(connection), strict=False):
                seen.append(event)
                if is_end(event):
                    break

    assert [event["seq"] for event in seen] == list(range(1, len(seen) + 1))
    assert seen == live_server.events(run["id"])


def test_a_cursor_from_the_charts_needs_no_resync(live_server: LiveServer) -> None:
    """A cursor read over REST, however fresh, is one that the socket goes on from."""
    run = live_server.create(LONG_RUN)
    live_server.wait_for_steps(run["id"], 0)
    address = f"/api/v1/runs/{run['id']}/series"
    kinds = []
    for _ in range(20):
        cursor = live_server.client.get(address, params={"metric": "entropy"}).json()["next"]
        with socket(live_server, f"?run={run['id']}&after={cursor}") as connection:
            for event in events_of(connection):
                kinds.append(event["seq"] - cursor)
                break
    live_server.command(run["id"], "abort")

    assert kinds == [1] * 20


def test_the_stream_of_a_deleted_run_ends_with_an_error(live_server: LiveServer) -> None:
    """Who watches a run that somebody deletes is told so."""
    run = live_server.create({**FAST_RUN, "start": False})
    with socket(live_server, f"?run={run['id']}") as connection:
        assert next(events_of(connection))["type"] == "run_created"
        live_server.command(run["id"], "abort")
        assert live_server.client.delete(f"/api/v1/runs/{run['id']}").status_code == 204
        frames: list[dict[str, Any]] = []
        while not frames or frames[-1]["type"] != "error":
            frames.append(json.loads(connection.recv(timeout=PATIENCE_S)))

    assert frames[-1]["code"] == "run_not_found"


def test_at_shutdown_streams_are_told_to_come_back(own_server: LiveServer) -> None:
    """WebSockets end with 1012, event streams end properly, and the server leaves with 0."""
    run = own_server.create({**FAST_RUN, "start": False})
    with (
        socket(own_server, f"?run={run['id']}") as connection,
        httpx.stream(
            "GET",
            f"{own_server.base_url}/api/v1/stream?run={run['id']}",
            headers={"Authorization": f"Bearer {own_server.token}", "Accept": "text/event-stream"},
            timeout=PATIENCE_S,
        ) as response,
    ):
        lines = response.iter_lines()
        while "run_created" not in next(lines):
            continue
        next(events_of(connection))
        code, said = own_server.stop()
        rest = list(lines)
        with pytest.raises(ConnectionClosed) as closed:
            list(events_of(connection))

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1012
    assert code == 0, said
    assert all(line == "" or line.startswith(("id: ", "data: ")) for line in rest)


@pytest.mark.anyio
async def test_the_python_client_survives_a_restart(own_server: LiveServer) -> None:
    """The client follows a run across a crash of the server, and misses and repeats nothing."""
    run = own_server.create({**LONG_RUN, "budget": {"env_steps": None, "seconds": 6}})
    port = own_server.base_url.rpartition(":")[2]
    seqs: list[int] = []
    killed = False
    async with AsyncMatineeClient(own_server.base_url, token=own_server.token) as client:
        async for event in client.follow(run["id"]):
            seqs.append(event.seq)
            if not killed and len(seqs) >= 10:
                killed = True
                own_server.kill()
                own_server.flags = ("--port", port)
                own_server.start()

    assert killed
    assert seqs == list(range(1, len(seqs) + 1))
    assert len(seqs) == own_server.run(run["id"])["last_seq"]


@pytest.mark.skipif(shutil.which("curl") is None, reason="this test is about curl")
def test_curl_is_enough(live_server: LiveServer) -> None:
    """With nothing but curl: create a run, follow it to its end, each event once and in order."""
    base = ["curl", "--silent", "--show-error", "--fail", "--no-buffer", "--max-time", "60"]
    base += ["--header", f"Authorization: Bearer {live_server.token}"]
    created = subprocess.run(
        [
            *base,
            *("--header", "Content-Type: application/json"),
            *("--data", json.dumps(dict(FAST_RUN))),
            f"{live_server.base_url}/api/v1/runs",
        ],
        capture_output=True,
        check=True,
        timeout=PATIENCE_S,
    )
    run_id = json.loads(created.stdout)["id"]
    seqs: list[int] = []
    ids: list[int] = []
    with subprocess.Popen(
        [
            *base,
            *("--header", "Accept: text/event-stream"),
            f"{live_server.base_url}/api/v1/stream?run={run_id}",
        ],
        stdout=subprocess.PIPE,
        text=True,
    ) as following:
        assert following.stdout is not None
        for line in following.stdout:
            if line.startswith("id: "):
                ids.append(int(line.removeprefix("id: ")))
            if line.startswith('data: {"type":"events"'):
                events = json.loads(line.removeprefix("data: "))["events"]
                seqs += [event["seq"] for event in events]
                if is_end(events[-1]):
                    following.terminate()

    assert seqs == list(range(1, len(seqs) + 1))
    assert ids == sorted(set(ids))
    assert ids[-1] == seqs[-1] == live_server.run(run_id)["last_seq"]
