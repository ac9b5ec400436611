"""One live connection: order, resume, slow clients, endings."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn

import orjson
import pytest

from fakes.clock import StoppedClock
from fakes.run_use_cases import FakeFeed, FakeRuns, log_event, make_run
from matinee.contracts.access import Role
from matinee.contracts.stream import SERVER_FRAME_ADAPTER, SubscribeFrame, UnsubscribeFrame
from matinee.errors import ConflictError, JournalError
from matinee.web import connection_ends
from matinee.web import stream as module
from matinee.web.connection_ends import CloseCode, StreamEndedError
from matinee.web.credentials import OWN_GRANT, Actor, Principal
from matinee.web.dependencies import WebDependencies
from matinee.web.stream import MAX_SUBSCRIPTIONS, LiveStream

pytestmark = pytest.mark.anyio

TOKEN_USER = Principal(Actor.TOKEN, OWN_GRANT)


@dataclass
class Client:
    """The other end: keeps what it gets, does what the test tells it."""

    dependencies: WebDependencies
    principal: Principal = TOKEN_USER
    frames: list[dict[str, Any]] = field(default_factory=list)
    cursors: list[int | None] = field(default_factory=list)
    takes: asyncio.Event = field(default_factory=asyncio.Event)
    got: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def take(self, frame: str, cursor: int | None) -> None:
        """A frame arrives, if the client takes any."""
        await self.takes.wait()
        SERVER_FRAME_ADAPTER.validate_json(frame)
        async with self.got:
            self.frames.append(orjson.loads(frame))
            self.cursors.append(cursor)
            self.got.notify_all()

    async def until(self, is_enough: Callable[[list[dict[str, Any]]], bool]) -> None:
        """Wait until the frames so far are enough."""
        async with asyncio.timeout(10), self.got:
            await self.got.wait_for(lambda: is_enough(self.frames))

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        """Frames of one type."""
        return [frame for frame in self.frames if frame["type"] == kind]

    def seqs(self) -> list[int]:
        """Sequence numbers of all events, in order of arrival."""
        return [event["seq"] for frame in self.of_type("events") for event in frame["events"]]

    async def connected(
        self,
        script: Callable[[LiveStream], Awaitable[None]],
        *,
        first: SubscribeFrame | None = None,
    ) -> StreamEndedError:
        """Connect, run the script, leave; tells how it ended."""

        async def listen() -> NoReturn:
            await script(stream)
            raise StreamEndedError(CloseCode.NORMAL, "script is over", cause="client")

        stream = LiveStream(self.dependencies, self.principal, send=self.take)
        async with asyncio.timeout(20):
            return await stream.serve(listen, first=first)


@pytest.fixture
def client(dependencies: WebDependencies) -> Client:
    """A client that takes everything at once."""
    client = Client(dependencies)
    client.takes.set()
    return client


async def test_hello_comes_first(client: Client, dependencies: WebDependencies) -> None:
    """The first frame tells contract, version and which server process this is."""

    async def script(_stream: LiveStream) -> None:
        await client.until(lambda frames: len(frames) == 1)

    await client.connected(script)

    assert client.frames[0]["type"] == "hello"
    assert client.frames[0]["contract_version"] == "1.0"
    assert client.frames[0]["epoch"] == dependencies.epoch


async def test_events_come_once_and_in_order(client: Client, runs: FakeRuns) -> None:
    """A subscription delivers the past after the cursor, then what is new, each event once."""
    run = runs.add(make_run())
    runs.record(run.id, *(log_event(n) for n in range(1, 6)))

    async def script(_stream: LiveStream) -> None:
        await client.until(lambda _: client.seqs() == [3, 4, 5])
        runs.record(run.id, log_event(6), log_event(7))
        await client.until(lambda _: len(client.seqs()) == 5)

    ended = await client.connected(script, first=SubscribeFrame(run_id=run.id, after=2))

    assert client.of_type("subscribed")[0]["after"] == 2
    assert client.seqs() == [3, 4, 5, 6, 7]
    assert [cursor for cursor in client.cursors if cursor is not None] == [5, 7]
    assert ended.cause == "client"


async def test_a_slow_client_gets_more_at_once(client: Client, runs: FakeRuns) -> None:
    """What happens while a client takes nothing waits in the record, not in memory."""
    run = runs.add(make_run())
    runs.record(run.id, log_event(1))

    async def script(_stream: LiveStream) -> None:
        await client.until(lambda _: client.seqs() == [1])
        client.takes.clear()
        runs.record(run.id, log_event(2))
        await asyncio.sleep(0)
        for n in range(3, 50):
            runs.record(run.id, log_event(n))
        client.takes.set()
        await client.until(lambda _: len(client.seqs()) == 49)

    await client.connected(script, first=SubscribeFrame(run_id=run.id))

    assert client.seqs() == list(range(1, 50))
    assert len(client.of_type("events")) <= 4


async def test_a_client_that_takes_nothing_is_closed(
    client: Client, runs: FakeRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the send timeout a client that does not read is closed with 4408."""
    monkeypatch.setattr(module, "SEND_TIMEOUT_S", 0.05)
    run = runs.add(make_run())

    async def script(_stream: LiveStream) -> None:
        await client.until(lambda frames: len(frames) == 2)
        client.takes.clear()
        runs.record(run.id, log_event(1))
        await asyncio.Event().wait()

    ended = await client.connected(script, first=SubscribeFrame(run_id=run.id))

    assert (ended.code, ended.cause) == (4408, "slow")


async def test_two_runs_share_a_connection(client: Client, runs: FakeRuns) -> None:
    """Each run's events arrive under its id, independently of the other's."""
    one, two = runs.add(make_run()), runs.add(make_run())
    runs.record(one.id, log_event(1), log_event(2))
    runs.record(two.id, log_event(1))

    async def script(stream: LiveStream) -> None:
        await stream.handle(SubscribeFrame(run_id=one.id))
        await stream.handle(SubscribeFrame(run_id=two.id))
        await client.until(lambda _: len(client.seqs()) == 3)

    await client.connected(script)

    counts = {frame["run_id"]: len(frame["events"]) for frame in client.of_type("events")}
    assert counts == {one.id: 2, two.id: 1}


async def test_subscribing_again_begins_anew(client: Client, runs: FakeRuns) -> None:
    """A second subscription to a run replaces the first: nothing comes twice afterwards."""
    run = runs.add(make_run())
    runs.record(run.id, log_event(1), log_event(2))

    async def script(stream: LiveStream) -> None:
        await client.until(lambda _: client.seqs() == [1, 2])
        await stream.handle(SubscribeFrame(run_id=run.id, after=1))
        await client.until(lambda _: client.seqs() == [1, 2, 2])
        runs.record(run.id, log_event(3))
        await client.until(lambda _: 3 in client.seqs())

    await client.connected(script, first=SubscribeFrame(run_id=run.id))

    assert client.seqs() == [1, 2, 2, 3]


async def test_after_unsubscribing_nothing_comes(client: Client, runs: FakeRuns) -> None:
    """After `unsubscribed` no event of that run follows."""
    run, other = runs.add(make_run()), runs.add(make_run())

    async def script(stream: LiveStream) -> None:
        await stream.handle(SubscribeFrame(run_id=other.id))
        await stream.handle(UnsubscribeFrame(run_id=run.id))
        runs.record(run.id, log_event(1))
        runs.record(other.id, log_event(1))
        await client.until(lambda _: len(client.seqs()) == 1)

    await client.connected(script, first=SubscribeFrame(run_id=run.id))

    assert [frame["run_id"] for frame in client.of_type("events")] == [other.id]


async def test_a_cursor_beyond_the_record_is_told_to_begin_again(
    client: Client, runs: FakeRuns
) -> None:
    """A cursor that the record never reached gets `resync`, not silence."""
    run = runs.add(make_run())
    runs.record(run.id, log_event(1))

    async def script(stream: LiveStream) -> None:
        await stream.handle(SubscribeFrame(run_id=run.id, after=1))
        await client.until(lambda _: len(client.of_type("resync")) == 1)

    await client.connected(script, first=SubscribeFrame(run_id=run.id, after=2))

    assert client.of_type("resync")[0]["run_id"] == run.id
    assert [frame["after"] for frame in client.of_type("subscribed")] == [1]


async def test_a_feed_that_is_ahead_of_itself_resyncs(
    client: Client, dependencies: WebDependencies, runs: FakeRuns
) -> None:
    """If the feed can't serve a cursor any more, the client gets `resync`."""
    run = runs.add(make_run())
    assert isinstance(dependencies.feed, FakeFeed)
    dependencies.feed.refusal = ConflictError("ahead", code="cursor_ahead")

    async def script(_stream: LiveStream) -> None:
        await client.until(lambda _: len(client.of_type("resync")) == 1)

    await client.connected(script, first=SubscribeFrame(run_id=run.id))


async def test_a_run_that_is_not_there_is_an_error_frame(client: Client, runs: FakeRuns) -> None:
    """Subscribing to an unknown run tells so and keeps the connection for others."""
    run = runs.add(make_run())
    runs.record(run.id, log_event(1))
    unknown = make_run().id

    async def script(stream: LiveStream) -> None:
        await stream.handle(SubscribeFrame(run_id=run.id))
        await client.until(lambda _: client.seqs() == [1])

    await client.connected(script, first=SubscribeFrame(run_id=unknown))

    assert [(f["run_id"], f["code"]) for f in client.of_type("error")] == [
        (unknown, "run_not_found")
    ]


async def test_a_record_that_breaks_ends_its_subscription_only(
    client: Client, dependencies: WebDependencies, runs: FakeRuns
) -> None:
    """If a record can't be read any more, its subscribers are told; the connection stays."""
    run, other = runs.add(make_run()), runs.add(make_run())
    feed = dependencies.feed
    assert isinstance(feed, FakeFeed)

    async def script(stream: LiveStream) -> None:
        await client.until(lambda _: len(client.of_type("subscribed")) == 1)
        feed.refusal = JournalError("disk gone")
        runs.record(run.id, log_event(1))
        await client.until(lambda _: len(client.of_type("error")) == 1)
        feed.refusal = None
        runs.record(other.id, log_event(1))
        await stream.handle(SubscribeFrame(run_id=other.id))
        await client.until(lambda _: client.seqs() == [1])

    await client.connected(script, first=SubscribeFrame(run_id=run.id))

    assert client.of_type("error")[0]["code"] == "journal"


async def test_subscriptions_are_limited(client: Client, runs: FakeRuns) -> None:
    """Beyond 64 runs on one connection a subscription is refused, with the reason."""
    many = [runs.add(make_run()) for _ in range(MAX_SUBSCRIPTIONS + 1)]

    async def script(stream: LiveStream) -> None:
        for run in many:
            await stream.handle(SubscribeFrame(run_id=run.id))
        await stream.handle(SubscribeFrame(run_id=many[0].id))

    await client.connected(script)

    assert [frame["run_id"] for frame in client.of_type("error")] == [many[-1].id]
    assert len(client.of_type("subscribed")) == MAX_SUBSCRIPTIONS + 1


async def test_silence_is_broken_by_ticks(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """When nothing happens, a tick tells that the connection lives."""
    monkeypatch.setattr(module, "TICK_S", 0.01)

    async def script(_stream: LiveStream) -> None:
        await client.until(lambda _: len(client.of_type("tick")) == 3)

    await client.connected(script)


async def test_the_end_of_the_server_ends_the_stream(
    client: Client, dependencies: WebDependencies
) -> None:
    """When the server begins to shut down, the stream ends with 1012."""

    async def script(_stream: LiveStream) -> None:
        dependencies.closing.set()
        await asyncio.Event().wait()

    ended = await client.connected(script)

    assert (ended.code, ended.cause) == (1012, "shutdown")


async def test_logging_out_ends_the_stream(
    dependencies: WebDependencies, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stream whose session has ended is closed with 4401 at the next check."""
    monkeypatch.setattr(connection_ends, "SESSION_CHECK_S", 0.01)
    later = clock.now.replace(year=clock.now.year + 1)
    dependencies.sessions.add_session(
        "d", role=Role.ADMIN, owner=dependencies.token.owner, expires_at=later, now=clock.now
    )
    client = Client(dependencies, Principal(Actor.BROWSER, OWN_GRANT, "d"))
    client.takes.set()

    async def script(_stream: LiveStream) -> None:
        dependencies.sessions.remove_session("d")
        await asyncio.Event().wait()

    ended = await client.connected(script)

    assert (ended.code, ended.cause) == (4401, "logged_out")


async def test_a_bug_is_not_taken_for_an_ending(
    client: Client, dependencies: WebDependencies, runs: FakeRuns
) -> None:
    """An unforeseen error in a task of the stream reaches whoever serves it."""
    run = runs.add(make_run())
    assert isinstance(dependencies.feed, FakeFeed)
    dependencies.feed.refusal = ZeroDivisionError()  # type: ignore[assignment]

    async def script(_stream: LiveStream) -> None:
        await asyncio.Event().wait()

    with pytest.raises(ExceptionGroup) as group:
        await client.connected(script, first=SubscribeFrame(run_id=run.id))

    assert group.group_contains(ZeroDivisionError)


async def test_nothing_is_left_running(client: Client, runs: FakeRuns) -> None:
    """When a connection ends, all its tasks have ended."""
    run = runs.add(make_run())
    before = asyncio.all_tasks()

    async def script(_stream: LiveStream) -> None:
        await client.until(lambda frames: len(frames) == 2)

    await client.connected(script, first=SubscribeFrame(run_id=run.id))

    assert asyncio.all_tasks() == before
