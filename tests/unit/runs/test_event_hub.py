"""From the record to every watcher: read once, shared by all, nothing lost."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from fakes.house import eventually
from fakes.records import NOW, SPEC, episodes, progress, summary
from matinee.contracts.events import LogWritten
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.run import RunSnapshot
from matinee.contracts.run_state import RunState
from matinee.errors import ConflictError, NotFoundError
from matinee.journal.event_pages import EventsPage
from matinee.journal.writer import JournalWriter
from matinee.runs import event_hub
from matinee.runs.event_hub import EventHub, encode_frame
from matinee.runs.folders import RunDetails, RunFolders

pytestmark = pytest.mark.anyio


class Record:
    """A run that a test writes into."""

    def __init__(self, folders: RunFolders) -> None:
        self.run_id = new_ulid()
        folders.create(
            self.run_id, spec=SPEC, details=RunDetails(name="x"), created_at=NOW, start=None
        )
        self.writer = JournalWriter(folders.path(self.run_id))

    def say(self, count: int, *, size: int = 1) -> int:
        """Commit events; the newest number."""
        for _ in range(count):
            self.writer.append(LogWritten, env_step=0, level="info", message="x" * size)
        return self.writer.commit()


@pytest.fixture
def folders(data_dir: Path) -> RunFolders:
    """Run folders."""
    return RunFolders(data_dir)


@pytest.fixture
def hub(folders: RunFolders) -> EventHub:
    """A hub over them."""
    return EventHub(folders)


@pytest.fixture
def record(folders: RunFolders) -> Iterator[Record]:
    """A run with one event."""
    record = Record(folders)
    yield record
    record.writer.close()


def seqs(frame: str | bytes) -> list[int]:
    """Numbers in a frame."""
    document: dict[str, Any] = orjson.loads(frame)
    assert document["type"] == "events"
    return [event["seq"] for event in document["events"]]


async def watch(hub: EventHub, run_id: str, *, until: int, cursor: int = 0) -> list[int]:
    """Follow a run like a connection does; the numbers that came."""
    seen: list[int] = []
    while cursor < until:
        frame, cursor = await hub.next_frame(run_id, cursor)
        seen += seqs(frame)
        assert orjson.loads(frame)["next"] == cursor
    return seen


async def test_a_watcher_gets_its_gap_and_then_the_news(hub: EventHub, record: Record) -> None:
    """Whatever the cursor: first what is missing, then what comes, each once and in order."""
    record.say(9)
    await hub.pull(record.run_id)
    watchers = [
        asyncio.create_task(watch(hub, record.run_id, until=30, cursor=cursor))
        for cursor in (0, 4, 10)
    ]
    for _ in range(10):
        record.say(2)
        await hub.pull(record.run_id)
    for cursor, seen in zip((0, 4, 10), await asyncio.gather(*watchers), strict=True):
        assert seen == list(range(cursor + 1, 31))


async def test_points_are_counted_once(hub: EventHub, record: Record) -> None:
    """Every episode, however many an event shows, and every summary of a metric; not what a
    laggard reads again, and not what was there before.
    """
    record.writer.append_episodes(episodes([1.0] * 7), updates=1)
    record.writer.commit()
    await hub.pull(record.run_id)
    assert hub.published_points == 0

    record.writer.append_episodes(episodes([1.0] * 1000, first_step=100), updates=2)
    metrics = {"entropy": summary(1.0), "value_loss": summary(2.0)}
    record.writer.append_metrics(metrics, progress(20_000))
    record.say(3)
    await hub.pull(record.run_id)
    await hub.next_frame(record.run_id, 0)
    assert hub.published_points == 1000 + 2


async def test_who_keeps_up_shares_the_text(hub: EventHub, record: Record) -> None:
    """All who are at the same place get the very same text, encoded once."""
    await hub.pull(record.run_id)
    watchers = [asyncio.create_task(hub.next_frame(record.run_id, 1)) for _ in range(5)]
    await asyncio.sleep(0)
    record.say(3)
    await hub.pull(record.run_id)
    frames = [frame for frame, _ in await asyncio.gather(*watchers)]
    assert all(frame is frames[0] for frame in frames)
    assert seqs(frames[0]) == [2, 3, 4]


async def test_only_records_of_runs_that_go_on_stay_open(hub: EventHub, record: Record) -> None:
    """A thousand runs that have ended, or wait, take no file descriptor; nor does one deleted."""

    async def is_open_after(state: RunState) -> bool:
        record.writer.set_snapshot(RunSnapshot(state=state))
        record.say(1)
        await hub.pull(record.run_id)
        return (await hub.feed(record.run_id)).follower is not None

    assert {state for state in RunState if await is_open_after(state)} == {
        RunState.STARTING,
        RunState.RUNNING,
        RunState.PAUSED,
        RunState.STOPPING,
    }
    for let_go in (hub.settle, hub.forget):
        assert await is_open_after(RunState.RUNNING)
        feed = await hub.feed(record.run_id)
        let_go(record.run_id)
        assert feed.follower is None


async def test_one_that_leaves_does_not_silence_the_others(hub: EventHub, record: Record) -> None:
    """A watcher that is cancelled while it waits takes nobody else's bell away."""
    await hub.pull(record.run_id)
    leaving = asyncio.create_task(hub.next_frame(record.run_id, 1))
    staying = asyncio.create_task(hub.next_frame(record.run_id, 1))
    await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.sleep(0)
    record.say(1)
    await hub.pull(record.run_id)
    frame, _ = await asyncio.wait_for(staying, 10)
    assert seqs(frame) == [2]


async def test_first_comers_at_the_same_moment(hub: EventHub, record: Record) -> None:
    """If several open a feed while news are being published, none of them misses any."""
    for target in range(2, 40):
        fresh = EventHub(hub._folders)
        watchers = [
            asyncio.create_task(watch(fresh, record.run_id, until=target, cursor=cursor))
            for cursor in (0, target - 1) * 3
        ]
        await asyncio.gather(
            fresh.pull(record.run_id), asyncio.to_thread(record.say, 1), fresh.pull(record.run_id)
        )
        await fresh.pull(record.run_id)
        for seen in await asyncio.wait_for(asyncio.gather(*watchers), 20):
            assert seen[-1] == target


async def test_two_pulls_at_once_publish_once(hub: EventHub, record: Record) -> None:
    """However many pull at the same moment, no frame is published twice."""
    await hub.pull(record.run_id)
    record.say(50)
    await asyncio.gather(*(hub.pull(record.run_id) for _ in range(10)))
    assert hub.published_events == 50
    assert await watch(hub, record.run_id, until=51, cursor=1) == list(range(2, 52))


async def test_memory_is_bounded(
    hub: EventHub, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Frames are kept by number and by bytes only so far; who lags further reads the record."""
    monkeypatch.setattr(event_hub, "RECENT_FRAMES", 5)
    monkeypatch.setattr(event_hub, "RECENT_BYTES", 3_000)
    await hub.pull(record.run_id)
    feed = await hub.feed(record.run_id)
    for _ in range(20):
        record.say(1, size=500)
        await hub.pull(record.run_id)
        assert len(feed._frames) <= 5
        assert feed._bytes <= 3_000
    assert await watch(hub, record.run_id, until=21) == list(range(1, 22))
    record.say(1, size=10_000)
    await hub.pull(record.run_id)
    assert len(feed._frames) == 1
    assert feed._bytes == sum(frame.size_bytes for frame in feed._frames)
    hub.settle(record.run_id)
    assert (len(feed._frames), feed._bytes) == (0, 0)
    assert (await watch(hub, record.run_id, until=22, cursor=20)) == [21, 22]


async def test_a_long_gap_comes_in_frames(
    hub: EventHub, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A watcher that is far behind gets frames of bounded size."""
    monkeypatch.setattr(event_hub, "FRAME_EVENTS", 10)
    record.say(35)
    frame, cursor = await hub.next_frame(record.run_id, 0)
    assert (seqs(frame), cursor) == (list(range(1, 11)), 10)
    assert await watch(hub, record.run_id, until=36, cursor=10) == list(range(11, 37))


async def test_frames_have_a_bounded_size(
    hub: EventHub, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However large the events are: what one watcher waits to send is bounded in bytes."""
    monkeypatch.setattr(event_hub, "FRAME_BYTES", 4_000)
    record.say(20, size=1_000)
    cursor, sizes = 1, []
    while cursor < 21:
        frame, cursor = await hub.next_frame(record.run_id, cursor)
        sizes.append(len(frame))
    assert max(sizes) < 4_000 + 1_200
    assert len(sizes) == 5


async def test_laggards_read_in_turn(
    hub: EventHub, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many come back at once: only a few read the record at the same moment."""
    record.say(5)
    await hub.pull(record.run_id)
    follow, guard = hub._gap, threading.Lock()
    hub.settle(record.run_id)
    reading, most = 0, 0

    def counted(run_id: str, after: int) -> Any:
        nonlocal reading, most
        with guard:
            reading += 1
            most = max(most, reading)
        try:
            return follow(run_id, after)
        finally:
            with guard:
                reading -= 1

    monkeypatch.setattr(hub, "_gap", counted)
    frames = await asyncio.gather(*(hub.next_frame(record.run_id, 1) for _ in range(40)))
    assert all(cursor == 6 for _, cursor in frames)
    assert most <= event_hub.GAP_READS


async def test_a_cursor_from_the_future_is_refused(hub: EventHub, record: Record) -> None:
    """A cursor beyond the record belongs to another record: begin again."""
    with pytest.raises(ConflictError) as caught:
        await hub.next_frame(record.run_id, 99)
    assert caught.value.code == "cursor_ahead"


async def test_unknown_and_deleted_runs(hub: EventHub, record: Record, folders: RunFolders) -> None:
    """Nobody waits for a run that does not exist, or does not any more."""
    with pytest.raises(NotFoundError):
        await hub.next_frame(new_ulid(), 0)
    waiting = asyncio.create_task(hub.next_frame(record.run_id, 1))

    async def ready() -> bool:
        feed = hub._feeds.get(record.run_id)
        return feed is not None and feed._bell is not None

    await eventually(ready)
    folders.delete(record.run_id)
    hub.forget(record.run_id)
    with pytest.raises(NotFoundError, match="was deleted"):
        await asyncio.wait_for(waiting, 10)
    with pytest.raises(NotFoundError):
        await hub.next_frame(record.run_id, 0)
    hub.forget(record.run_id)
    hub.settle(record.run_id)
    assert hub._feeds == {}


async def test_a_feed_opened_during_the_deletion(
    hub: EventHub, record: Record, folders: RunFolders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A feed that is being opened while its run is deleted does not come to life as a ghost."""
    read = hub._snapshot
    loop = asyncio.get_running_loop()

    def read_then_deleted(run_id: str) -> Any:
        result = read(run_id)
        monkeypatch.setattr(hub, "_snapshot", read)
        folders.delete(run_id)
        loop.call_soon_threadsafe(hub.forget, run_id)
        return result

    monkeypatch.setattr(hub, "_snapshot", read_then_deleted)
    with pytest.raises(NotFoundError):
        await hub.feed(record.run_id)
    assert hub._feeds == {}


def test_a_frame_is_what_the_socket_sends() -> None:
    """Type, run, events and the cursor after them, as one JSON document."""
    frame = encode_frame("the-run", EventsPage((b'{"seq":1}', b'{"seq":2}'), 2))
    assert orjson.loads(frame) == {
        "type": "events",
        "run_id": "the-run",
        "events": [{"seq": 1}, {"seq": 2}],
        "next": 2,
    }
