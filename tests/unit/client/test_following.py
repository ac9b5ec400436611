"""Follow a run: once, in order, across broken connections, to the end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request

from fakes.credentials import TOKEN
from fakes.run_use_cases import NOW, FakeRuns, log_event, make_run
from matinee.client.asynchronous import AsyncMatineeClient
from matinee.client.backoff import SHORT_CAP_S, SHORT_FAILURES, Backoff
from matinee.client.following import Follower
from matinee.contracts.run import Run
from matinee.contracts.run_state import RunState
from matinee.errors import (
    AuthenticationError,
    ConflictError,
    ForbiddenError,
    MatineeError,
    NotFoundError,
    ServerUnreachableError,
)

pytestmark = pytest.mark.anyio

RUN_ID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
Handler = Callable[[ServerConnection], Awaitable[None]]
Handshake = Callable[[ServerConnection, Request], Awaitable[None]]
GREETING = json.dumps(
    {
        "type": "hello",
        "contract_version": "1.0",
        "version": "1",
        "epoch": "server",
        "at": NOW.isoformat(),
    }
)


def state_event(seq: int, state: RunState) -> dict[str, object]:
    """A step of the state machine, as run.db stores it."""
    return {
        "seq": seq,
        "at": NOW.isoformat(),
        "env_step": 0,
        "type": "run_state_changed",
        "state": state,
        "previous_state": "stopping",
        "reason": None,
    }


def frame(*events: dict[str, object]) -> str:
    """A frame of events."""
    last = events[-1]["seq"]
    return json.dumps({"type": "events", "run_id": RUN_ID, "events": events, "next": last})


@asynccontextmanager
async def scripted(
    handler: Handler, *, process_request: Handshake | None = None
) -> AsyncIterator[str]:
    """A server that behaves as a test says; gives its address."""
    async with serve(
        handler, "127.0.0.1", 0, process_request=process_request, open_timeout=None
    ) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield f"ws://127.0.0.1:{port}/api/v1/stream"


def follower(url: str, *, get_run: Callable[[], Awaitable[Run]], after: int = 0) -> Follower:
    """Follows without waiting between tries."""
    return Follower(
        url=url,
        headers={},
        run_id=RUN_ID,
        get_run=get_run,
        after=after,
        backoff=Backoff(uniform=lambda _low, _high: 0.0),
    )


async def still_running() -> Run:
    """A run that goes on."""
    return make_run(RUN_ID)


async def test_a_run_is_followed_to_its_end(client: AsyncMatineeClient, runs: FakeRuns) -> None:
    """Past and new events arrive once and in order; the stream ends with the run."""
    run = runs.add(make_run())
    runs.record(run.id, log_event(1), log_event(2))
    seqs = []
    async with asyncio.timeout(20):
        async for event in client.follow(run.id):
            seqs.append(event.seq)
            if event.seq == 2:
                ended = run.model_copy(update={"state": RunState.FINISHED, "last_seq": 4})
                runs.runs[run.id] = ended
                runs.record(run.id, log_event(3), state_event(4, RunState.FINISHED))

    assert seqs == [1, 2, 3, 4]


async def test_an_end_in_the_middle_is_not_the_end(
    client: AsyncMatineeClient, runs: FakeRuns
) -> None:
    """The replay of a run that was interrupted and went on does not stop at the interruption."""
    run = runs.add(make_run(state=RunState.FINISHED, last_seq=4))
    runs.record(
        run.id,
        log_event(1),
        state_event(2, RunState.INTERRUPTED),
        log_event(3),
        state_event(4, RunState.FINISHED),
    )

    async with asyncio.timeout(20):
        seqs = [event.seq async for event in client.follow(run.id)]

    assert seqs == [1, 2, 3, 4]


async def test_what_was_seen_to_the_end_is_over_at_once(
    client: AsyncMatineeClient, runs: FakeRuns
) -> None:
    """Following an ended run from its last event gives nothing and does not hang."""
    run = runs.add(make_run(state=RunState.STOPPED, last_seq=2))
    runs.record(run.id, log_event(1), state_event(2, RunState.STOPPED))

    async with asyncio.timeout(20):
        assert [event async for event in client.follow(run.id, after=2)] == []


async def test_broken_connections_lose_and_repeat_nothing() -> None:
    """Each connection breaks after some events; the union is every event once, in order."""
    asked: list[str] = []

    async def break_often(connection: ServerConnection) -> None:
        assert connection.request is not None
        asked.append(connection.request.path.partition("after=")[2])
        after = int(asked[-1])
        await connection.send(frame(log_event(after + 1), log_event(after + 2)))
        if after >= 8:
            await connection.send(frame(state_event(after + 3, RunState.FINISHED)))
        await connection.close(1012)

    async def get_run() -> Run:
        done = len(asked) == 5
        return make_run(RUN_ID, state=RunState.FINISHED if done else RunState.RUNNING, last_seq=11)

    async with asyncio.timeout(20), scripted(break_often) as url:
        seqs = [event.seq async for event in follower(url, get_run=get_run).events()]

    assert seqs == list(range(1, 12))
    assert asked == ["0", "2", "4", "6", "8"]


async def test_a_repeated_event_is_dropped_and_a_gap_is_fetched() -> None:
    """Events that were seen are skipped; a missing one makes the client ask again."""
    connections = 0

    async def careless(connection: ServerConnection) -> None:
        nonlocal connections
        connections += 1
        if connections == 1:
            await connection.send(frame(log_event(1), log_event(2)))
            await connection.send(frame(log_event(2), log_event(3)))
            await connection.send(frame(log_event(5)))
        else:
            await connection.send(frame(log_event(4), state_event(5, RunState.ABORTED)))
        await connection.wait_closed()

    async def get_run() -> Run:
        return make_run(
            RUN_ID, state=RunState.ABORTED if connections == 2 else RunState.RUNNING, last_seq=5
        )

    async with asyncio.timeout(20), scripted(careless) as url:
        seqs = [event.seq async for event in follower(url, get_run=get_run).events()]

    assert seqs == [1, 2, 3, 4, 5]


async def test_a_line_that_breaks_after_each_greeting_is_tried_again_soon() -> None:
    """A server that greets is there: many connections without an event make no wait longer."""
    ceilings_s: list[float] = []

    def no_wait(_low: float, high: float) -> float:
        ceilings_s.append(high)
        return 0.0

    async def greet(connection: ServerConnection) -> None:
        await connection.send(GREETING)
        if len(ceilings_s) > 2 * SHORT_FAILURES:
            await connection.send(frame(state_event(1, RunState.FINISHED)))
        await connection.close(1012)

    async def get_run() -> Run:
        done = len(ceilings_s) > 2 * SHORT_FAILURES
        return make_run(RUN_ID, state=RunState.FINISHED if done else RunState.RUNNING, last_seq=1)

    async with asyncio.timeout(20), scripted(greet) as url:
        patient = follower(url, get_run=get_run)
        patient.backoff = Backoff(uniform=no_wait)
        assert [event.seq async for event in patient.events()] == [1]

    assert max(ceilings_s) == SHORT_CAP_S


@pytest.mark.parametrize("silent", ["request", "handshake", "greeting"])
async def test_an_attempt_without_an_answer_is_begun_anew(silent: str) -> None:
    """If request, handshake or greeting is swallowed, the next attempt comes within its bound."""
    asked: list[str] = []
    is_over = asyncio.Event()

    def is_swallowed(part: str) -> bool:
        asked.append(part)
        return part == silent and asked.count(part) == 1

    async def keep_back(_connection: ServerConnection, _request: Request) -> None:
        if is_swallowed("handshake"):
            # The server waits for it when it closes.
            await is_over.wait()

    async def handler(connection: ServerConnection) -> None:
        if is_swallowed("greeting"):
            await connection.wait_closed()
            return
        await connection.send(frame(state_event(1, RunState.FINISHED)))
        await connection.wait_closed()

    async def get_run() -> Run:
        if is_swallowed("request"):
            await asyncio.Event().wait()
        return make_run(
            RUN_ID,
            state=RunState.FINISHED if "greeting" in asked else RunState.RUNNING,
            last_seq=1,
        )

    async with asyncio.timeout(20), scripted(handler, process_request=keep_back) as url:
        hurried = follower(url, get_run=get_run)
        hurried.attempt_s = 0.5
        assert [event.seq async for event in hurried.events()] == [1]
        is_over.set()

    assert asked.count(silent) >= 2


async def test_an_unknown_run_is_not_asked_for_again(client: AsyncMatineeClient) -> None:
    """A run that does not exist raises at once instead of being retried."""
    with pytest.raises(NotFoundError):
        [event async for event in client.follow(RUN_ID)]


async def test_a_wrong_token_is_not_tried_again(address: str) -> None:
    """A refused login raises at once instead of being retried."""
    async with AsyncMatineeClient(address, token="wrong") as client:  # noqa: S106 - opens nothing
        with pytest.raises(AuthenticationError):
            [event async for event in client.follow(RUN_ID)]


async def test_a_socket_without_token_is_not_tried_again(address: str) -> None:
    """If only the socket is refused, with 4401 or at the handshake, that is raised too."""
    url = address.replace("http", "ws") + "/api/v1/stream"
    unauthenticated = follower(url, get_run=still_running)
    unauthenticated.headers = {"Origin": address}
    forbidden = follower(url, get_run=still_running)
    forbidden.headers = {"Origin": "http://evil.com"}

    with pytest.raises(AuthenticationError):
        [event async for event in unauthenticated.events()]
    with pytest.raises(ForbiddenError):
        [event async for event in forbidden.events()]


async def test_a_replaced_record_is_told(client: AsyncMatineeClient, runs: FakeRuns) -> None:
    """A cursor beyond the record raises: what was read before belongs to another record."""
    run = runs.add(make_run())

    with pytest.raises(ConflictError) as refusal:
        [event async for event in client.follow(run.id, after=7)]

    assert refusal.value.code == "resync"


async def test_a_newer_server_is_told() -> None:
    """A frame that this client does not know is an error, not silently dropped."""

    async def modern(connection: ServerConnection) -> None:
        await connection.send('{"type": "hologram"}')
        await connection.wait_closed()

    async with asyncio.timeout(20), scripted(modern) as url:
        with pytest.raises(MatineeError) as refusal:
            [event async for event in follower(url, get_run=still_running).events()]

    assert refusal.value.code == "unknown_frame"


async def test_a_server_that_stays_away_is_given_up() -> None:
    """When nothing was reached for the given time, following raises instead of trying for ever."""

    async def gone() -> Run:
        raise ServerUnreachableError("refused")

    lost = follower("ws://127.0.0.1:9/api/v1/stream", get_run=gone)
    lost.give_up_after_s = 0.05

    async with asyncio.timeout(20):
        with pytest.raises(ServerUnreachableError, match=r"0\.05 s"):
            [event async for event in lost.events()]


async def test_a_client_with_token_follows(address: str, runs: FakeRuns) -> None:
    """The token of the client opens the stream too."""
    run = runs.add(make_run(state=RunState.FINISHED, last_seq=1))
    runs.record(run.id, state_event(1, RunState.FINISHED))

    async with AsyncMatineeClient(address + "/", token=TOKEN) as client, asyncio.timeout(20):
        assert [event.seq async for event in client.follow(run.id)] == [1]
