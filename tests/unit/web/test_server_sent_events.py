"""The live stream as Server-Sent Events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from fakes.credentials import BEARER
from fakes.run_use_cases import FakeRuns, log_event, make_run
from matinee.web.dependencies import WebDependencies
from matinee.web.server_sent_events import EventStreamResponse
from matinee.web.stream_places import StreamLimits

pytestmark = pytest.mark.anyio

ACCEPT = {"Accept": "text/event-stream"}


@dataclass
class Received:
    """One event of the stream, as a browser takes it apart."""

    id: str = ""
    data: dict[str, Any] = field(default_factory=dict)


@pytest.fixture
async def browser(listening: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the real socket."""
    async with httpx.AsyncClient(base_url=listening, headers=BEARER, timeout=10) as client:
        yield client


async def events_of(response: httpx.Response) -> AsyncIterator[Received]:
    """Take the stream apart into events."""
    event = Received()
    async for line in response.aiter_lines():
        if not line:
            yield event
            event = Received()
        elif line.startswith("id: "):
            event.id = line.removeprefix("id: ")
        else:
            event.data = json.loads(line.removeprefix("data: "))


async def take(events: AsyncIterator[Received], count: int) -> list[Received]:
    """The first events; the stream stays open as long as the caller holds the iterator."""
    return [await anext(events) for _ in range(count)]


async def test_the_frames_are_the_same(browser: httpx.AsyncClient, runs: FakeRuns) -> None:
    """Each event carries one frame of the WebSocket; frames of events have the cursor as id."""
    run = runs.add(make_run())
    runs.record(run.id, log_event(1), log_event(2))

    async with browser.stream("GET", f"/api/v1/stream?run={run.id}", headers=ACCEPT) as response:
        events = await take(events_of(response), 3)

    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["cache-control"] == "no-store"
    assert [event.data["type"] for event in events] == ["hello", "subscribed", "events"]
    assert [event.id for event in events] == ["", "", "2"]
    assert [event["seq"] for event in events[2].data["events"]] == [1, 2]


async def test_a_browser_resumes_by_itself(browser: httpx.AsyncClient, runs: FakeRuns) -> None:
    """`Last-Event-ID`, which browsers send when they reconnect, wins over `after`."""
    run = runs.add(make_run())
    runs.record(run.id, log_event(1), log_event(2), log_event(3))
    headers = {**ACCEPT, "Last-Event-ID": "2"}

    async with browser.stream(
        "GET", f"/api/v1/stream?run={run.id}&after=1", headers=headers
    ) as response:
        events = await take(events_of(response), 3)

    assert [event["seq"] for event in events[2].data["events"]] == [3]


async def test_the_stream_ends_with_the_server(
    browser: httpx.AsyncClient, runs: FakeRuns, dependencies: WebDependencies
) -> None:
    """At shutdown the answer ends properly, so that the server need not cut it."""
    run = runs.add(make_run())
    ended = []
    async with browser.stream("GET", f"/api/v1/stream?run={run.id}", headers=ACCEPT) as response:
        async for event in events_of(response):
            ended.append(event.data["type"])
            if event.data["type"] == "subscribed":
                dependencies.closing.set()

    assert ended == ["hello", "subscribed"]


async def test_an_unknown_run_is_a_plain_404(browser: httpx.AsyncClient) -> None:
    """A run that does not exist is refused before a stream begins."""
    address = f"/api/v1/stream?run={make_run().id}"

    response = await browser.get(address, headers=ACCEPT)

    assert response.status_code == 404
    assert response.json()["code"] == "run_not_found"


async def test_who_does_not_accept_events_gets_none(
    browser: httpx.AsyncClient, runs: FakeRuns
) -> None:
    """Without `Accept: text/event-stream` the answer says how to ask."""
    run = runs.add(make_run())

    response = await browser.get(f"/api/v1/stream?run={run.id}", headers={"Accept": "*/*"})

    assert response.status_code == 406
    assert "WebSocket" in response.json()["detail"]


async def test_too_many_streams_are_turned_away(
    browser: httpx.AsyncClient, runs: FakeRuns, dependencies: WebDependencies
) -> None:
    """Beyond the server's limit a stream is refused with 429 before it begins."""
    dependencies.stream_places.limits = StreamLimits(total=1)
    run = runs.add(make_run())
    address = f"/api/v1/stream?run={run.id}"
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(browser.stream("GET", address, headers=ACCEPT))
        # An iterator that nobody holds is closed by the garbage collector, and with it the stream.
        open_stream = events_of(first)
        await take(open_stream, 1)
        second = await browser.get(address, headers=ACCEPT)

    assert second.status_code == 429
    assert second.json()["code"] == "limit_exceeded"


async def test_leaving_ends_the_stream(browser: httpx.AsyncClient, runs: FakeRuns) -> None:
    """When the client goes away, the server's side ends and is counted."""
    run = runs.add(make_run())
    async with browser.stream("GET", f"/api/v1/stream?run={run.id}", headers=ACCEPT) as response:
        await take(events_of(response), 2)

    reason = 'matinee_ws_disconnects_total{reason="client"} 1.0'
    async with asyncio.timeout(30):
        while reason not in (await browser.get("/metrics")).text:
            runs.record(run.id)

    assert "matinee_ws_clients 0.0" in (await browser.get("/metrics")).text
    assert EventStreamResponse.media_type == "text/event-stream"
