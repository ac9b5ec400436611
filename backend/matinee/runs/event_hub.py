"""From run.db to every watcher: read once, encode once, shared by all.

Watchers pull with a cursor of their own. Nothing is queued per watcher: who keeps up gets the
shared text of the newest frames, who has fallen behind reads its gap from run.db, a page at a
time. So a slow watcher costs no memory and loses nothing.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import closing
from dataclasses import dataclass

import orjson

from matinee.contracts.run import RunSnapshot
from matinee.contracts.run_state import HOSTED_STATES
from matinee.errors import ConflictError, NotFoundError
from matinee.journal.event_pages import EventsPage
from matinee.journal.follower import JournalFollower
from matinee.runs.folders import RunFolders

FRAME_EVENTS = 1_000
FRAME_BYTES = 256 * 1024
"""A frame ends with the event with which it reaches this."""
GAP_READS = 4
"""So many laggards read run.db at once; 200 that come back together must not fill all threads."""
RECENT_FRAMES = 64
RECENT_BYTES = 1 << 20


@dataclass(frozen=True)
class _Frame:
    after: int
    next: int
    text: str
    size_bytes: int


class RunFeed:
    """The newest frames of one run, and a bell. Used on the event loop alone."""

    def __init__(self, run_id: str, *, last_seq: int) -> None:
        self.run_id = run_id
        self.last_seq = last_seq
        self.deleted = False
        # Guards `last_seq` against two pulls that read the same stretch.
        self.pull_lock = asyncio.Lock()
        self._frames: deque[_Frame] = deque()
        self._bytes = 0
        self._bell: asyncio.Future[None] | None = None
        self.follower: JournalFollower | None = None
        """Of a run that goes on; used under `pull_lock`."""

    def publish(self, page: EventsPage, *, after: int) -> None:
        """New events, read from run.db; every watcher is woken."""
        if page.next <= self.last_seq:
            return
        encoded = encode_frame(self.run_id, page)
        self._frames.append(_Frame(after, page.next, encoded.decode(), len(encoded)))
        self._bytes += len(encoded)
        while len(self._frames) > RECENT_FRAMES or (
            self._bytes > RECENT_BYTES and len(self._frames) > 1
        ):
            self._bytes -= self._frames.popleft().size_bytes
        self.last_seq = page.next
        self._ring()

    def recent(self, cursor: int) -> tuple[str, int] | None:
        """The shared frame that begins right after this cursor, if it is still held."""
        for frame in self._frames:
            if frame.after == cursor:
                return frame.text, frame.next
        return None

    def release(self) -> None:
        """Let go of the shared frames."""
        self._frames.clear()
        self._bytes = 0

    def unfollow(self) -> None:
        """Let go of the record, unless a thread reads it now."""
        if self.follower is not None:
            self.follower.close()
            self.follower = None

    def delete(self) -> None:
        """The run is gone; every watcher is woken."""
        self.deleted = True
        self.unfollow()
        self._ring()

    async def changed(self) -> None:
        """Wait for the next `publish` or `delete`."""
        if self._bell is None:
            self._bell = asyncio.get_running_loop().create_future()
        # One watcher that gives up must not silence the bell for the others.
        await asyncio.shield(self._bell)

    def _ring(self) -> None:
        bell, self._bell = self._bell, None
        if bell is not None and not bell.done():
            bell.set_result(None)


class EventHub:
    """The feeds of all runs. Used on the event loop alone."""

    def __init__(self, folders: RunFolders) -> None:
        self._folders = folders
        self._feeds: dict[str, RunFeed] = {}
        self._gap_reads = asyncio.Semaphore(GAP_READS)
        self._forgotten = 0
        self.published_events = 0
        self.published_points = 0

    async def feed(self, run_id: str) -> RunFeed:
        """One run's feed.

        Raises:
            NotFoundError: there is no such run.
        """
        while (feed := self._feeds.get(run_id)) is None:
            forgotten = self._forgotten
            _, last_seq = await asyncio.to_thread(self._snapshot, run_id)
            # A run that was deleted meanwhile must not come back as a feed that never rings; and
            # whoever was first here has perhaps published, so that our number is an old one.
            if forgotten == self._forgotten:
                self._feeds.setdefault(run_id, RunFeed(run_id, last_seq=last_seq))
        return feed

    async def pull(self, run_id: str) -> RunSnapshot:
        """Read what is new in run.db and publish it; returns the run's newest snapshot."""
        feed = await self.feed(run_id)
        async with feed.pull_lock:
            # Whoever gives up while a thread reads must leave it its connection.
            follower, feed.follower = feed.follower, None
            run_dir = self._folders.path(run_id)
            follower = follower or JournalFollower(run_dir)
            while True:
                after = feed.last_seq
                page, snapshot, last_seq = await asyncio.to_thread(_read, follower, after)
                self.published_events += len(page.events)
                self.published_points += page.points
                feed.publish(page, after=after)
                if page.next >= last_seq:
                    break
            # Records that change ten times a second stay open.
            if snapshot.state in HOSTED_STATES and not feed.deleted:
                feed.follower = follower
            else:
                follower.close()
            return snapshot

    async def next_frame(self, run_id: str, cursor: int) -> tuple[str, int]:
        """Wait for events after `cursor`; returns one encoded frame and the cursor after it.

        Raises:
            NotFoundError: there is no such run.
            ConflictError: with code `cursor_ahead`, if the record does not go that far: the
                watcher must start again from a snapshot.
        """
        feed = await self.feed(run_id)
        if cursor > feed.last_seq:
            # A cursor from `events` or `series` can be newer than what was published so far.
            await self.pull(run_id)
        if cursor > feed.last_seq:
            raise ConflictError(
                f"cursor {cursor} is ahead of the record, which ends at {feed.last_seq}",
                code="cursor_ahead",
            )
        while True:
            frame = feed.recent(cursor)
            if frame is not None:
                return frame
            if cursor < feed.last_seq:
                async with self._gap_reads:
                    page = await asyncio.to_thread(self._gap, run_id, cursor)
                if page.next > cursor:
                    return encode_frame(run_id, page).decode(), page.next
            await feed.changed()
            if feed.deleted:
                raise NotFoundError(f"run {run_id} was deleted", code="run_not_found")

    def settle(self, run_id: str) -> None:
        """The run has ended: let go of its frames; who still lags reads run.db."""
        feed = self._feeds.get(run_id)
        if feed is not None:
            feed.release()
            feed.unfollow()

    def forget(self, run_id: str) -> None:
        """The run was deleted."""
        self._forgotten += 1
        feed = self._feeds.pop(run_id, None)
        if feed is not None:
            feed.delete()

    def _snapshot(self, run_id: str) -> tuple[RunSnapshot, int]:
        return self._folders.reader(run_id).snapshot()

    def _gap(self, run_id: str, after: int) -> EventsPage:
        with closing(JournalFollower(self._folders.path(run_id))) as follower:
            page, _, _ = _read(follower, after)
        return page


def _read(follower: JournalFollower, after: int) -> tuple[EventsPage, RunSnapshot, int]:
    return follower.follow(after=after, limit=FRAME_EVENTS, max_bytes=FRAME_BYTES)


def encode_frame(run_id: str, page: EventsPage) -> bytes:
    """The frame that the socket sends: `{"type":"events","run_id":…,"events":[…],"next":n}`."""
    head = orjson.dumps({"type": "events", "run_id": run_id})[:-1]
    return b'%b,"events":[%b],"next":%d}' % (head, b",".join(page.events), page.next)
