"""What is new in a record, over one open connection."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from fakes.records import new_record, progress
from matinee.contracts.events import LogWritten
from matinee.contracts.run import RunSnapshot
from matinee.contracts.run_state import RunState
from matinee.errors import JournalError
from matinee.journal.follower import JournalFollower
from matinee.journal.schema import run_db


def test_following_reads_one_moment(tmp_path: Path) -> None:
    """Events and snapshot that are read together belong together, whatever the writer does."""
    stop = threading.Event()
    writer = new_record(tmp_path)
    writer.commit()

    def write() -> None:
        for step in range(1, 400):
            writer.append(LogWritten, env_step=step, level="info", message="x")
            writer.set_snapshot(RunSnapshot(state=RunState.RUNNING, progress=progress(step)))
            writer.commit()
        stop.set()

    thread = threading.Thread(target=write)
    thread.start()
    follower = JournalFollower(tmp_path)
    cursor, seen = 1, 0
    while not (stop.is_set() and seen == 399):
        page, snapshot, last_seq = follower.follow(after=cursor, limit=50)
        assert snapshot.progress.env_steps == last_seq - 1
        seen += len(page.events)
        cursor = page.next
    thread.join()
    follower.close()
    writer.close()


def test_the_record_is_opened_once_and_never_held(tmp_path: Path) -> None:
    """News come through the connection of the first read, and the writer can fold back its WAL."""
    with new_record(tmp_path) as writer, closing(JournalFollower(tmp_path)) as follower:
        writer.commit()
        _, _, cursor = follower.follow(after=0, limit=50)
        opened = follower._connection
        for _ in range(3):
            writer.append(LogWritten, env_step=1, level="info", message="news")
            writer.commit()
            page, _, cursor = follower.follow(after=cursor, limit=50)
            assert (len(page.events), page.next) == (1, cursor)
            with closing(sqlite3.connect(run_db(tmp_path))) as other:
                (is_busy, *_), *_ = other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            assert is_busy == 0
        assert follower._connection is opened


def test_what_can_not_be_read_is_read_once_it_can(tmp_path: Path) -> None:
    """A damaged snapshot is told as that; after the repair the same follower goes on."""
    with new_record(tmp_path) as writer:
        writer.commit()
    with (
        closing(JournalFollower(tmp_path)) as follower,
        closing(sqlite3.connect(run_db(tmp_path), isolation_level=None)) as connection,
    ):
        (whole,) = connection.execute("SELECT document FROM snapshot").fetchone()
        for damage in ("UPDATE snapshot SET document = '{}'", "DELETE FROM snapshot"):
            connection.execute(damage)
            with pytest.raises(JournalError):
                follower.follow(after=0, limit=1)
        connection.execute("INSERT INTO snapshot VALUES (1, ?)", (whole,))
        _, snapshot, _ = follower.follow(after=0, limit=1)
        assert snapshot.state is RunState.CREATED


def test_a_record_that_breaks_while_it_is_open_is_an_error_of_ours(tmp_path: Path) -> None:
    """Whoever follows hears of the record, not of SQL."""
    with new_record(tmp_path) as writer:
        writer.commit()
    with closing(JournalFollower(tmp_path)) as follower:
        follower.follow(after=0, limit=1)
        with closing(sqlite3.connect(run_db(tmp_path), isolation_level=None)) as connection:
            connection.execute("DROP TABLE snapshot")
        with pytest.raises(JournalError, match="can't be read"):
            follower.follow(after=0, limit=1)
