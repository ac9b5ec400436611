"""The one writer of a record: numbers, commits, and disks that fail."""

from __future__ import annotations

import math
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest

from fakes.records import NOW, SPEC, command, episodes, new_record, progress, summary
from matinee.contracts.commands import CommandState, Pause, Stop
from matinee.contracts.events import CheckpointSaved, CheckpointsDeleted, LogWritten
from matinee.contracts.histograms import Histogram
from matinee.contracts.run import Parent, RunSnapshot
from matinee.contracts.run_state import RunState
from matinee.errors import JournalError, JournalOwnedError
from matinee.journal.integrity import check_record
from matinee.journal.reader import JournalReader
from matinee.journal.schema import run_db
from matinee.journal.writer import JournalWriter


def rows(run_dir: Path, query: str) -> list[tuple[Any, ...]]:
    """What the file holds."""
    with closing(sqlite3.connect(run_db(run_dir))) as connection:
        return connection.execute(query).fetchall()


def log(writer: JournalWriter, message: str = "hello") -> int:
    """Append an event."""
    return writer.append(LogWritten, env_step=0, level="info", message=message)


def test_a_new_record_begins_with_its_creation(tmp_path: Path) -> None:
    """The first event is run_created with the whole spec, and the run is in state created."""
    with new_record(tmp_path, run_id="the-run") as writer:
        assert writer.commit() == 1
    reader = JournalReader(tmp_path)
    (event,) = map(orjson.loads, reader.events(after=0, limit=10).events)

    assert event["type"] == "run_created"
    assert event["seq"] == 1
    assert event["spec"] == SPEC.model_dump(mode="json", by_alias=True)
    assert reader.header().run_id == "the-run"
    assert reader.header().created_at == NOW
    assert reader.snapshot()[0].state is RunState.CREATED


def test_a_fork_counts_on_from_its_parent(tmp_path: Path) -> None:
    """Its first event is of its parent's env step, its first episode the one after; also later."""
    parent = Parent(run_id="p", checkpoint_id="c", env_step=500, episodes=12)
    with JournalWriter.create(
        tmp_path, run_id="run", spec=SPEC, created_at=NOW, parent=parent
    ) as writer:
        assert writer.episodes == 12
    with JournalWriter(tmp_path) as writer:
        writer.append_episodes(episodes([1.0, 2.0]), updates=3)
        assert writer.episodes == 14
    reader = JournalReader(tmp_path)
    created, finished = map(orjson.loads, reader.events(after=0, limit=10).events)

    assert (created["env_step"], created["parent"]) == (500, parent.model_dump())
    assert (finished["first_episode"], finished["last_episode"]) == (13, 14)
    assert rows(tmp_path, "SELECT episode FROM episodes") == [(13,), (14,)]
    assert reader.header().parent == parent
    assert check_record(tmp_path) == []


def test_a_record_is_made_once(tmp_path: Path) -> None:
    """Making a record where there is one is refused, and the old one stays."""
    new_record(tmp_path, run_id="first").close()
    with pytest.raises(JournalError, match="already"):
        new_record(tmp_path, run_id="second")
    assert JournalReader(tmp_path).header().run_id == "first"


def test_nothing_is_true_before_its_commit(tmp_path: Path) -> None:
    """Readers see an event only after the commit that its number came with."""
    with new_record(tmp_path) as writer:
        writer.commit()
        assert log(writer) == 2
        assert writer.committed_seq == 1
        assert JournalReader(tmp_path).events(after=1, limit=10).events == ()
        assert writer.commit() == writer.committed_seq == 2
        assert len(JournalReader(tmp_path).events(after=1, limit=10).events) == 1


def test_a_failed_commit_loses_nothing(tmp_path: Path) -> None:
    """If the disk refuses, nothing is half in the file, and the next commit brings everything."""
    with new_record(tmp_path) as writer:
        writer.commit()
        writer.append_episodes(episodes([1.0, 2.0]), updates=1)
        writer.append_metrics({"entropy": summary(0.5)}, progress(100))
        writer.append_histograms({"actions": Histogram(0, 0, (1.0,))}, progress(100), labels={})
        writer.save_command(command(Stop()))
        # Full: the file may not grow any more.
        (pages,) = writer._connection.execute("PRAGMA page_count").fetchone()
        writer._connection.execute(f"PRAGMA max_page_count = {pages}")
        for _ in range(200):
            log(writer, "x" * 500)
        with pytest.raises(sqlite3.OperationalError, match="full"):
            writer.commit()
        assert writer.committed_seq == 1
        assert rows(tmp_path, "SELECT count(*) FROM episodes") == [(0,)]

        writer._connection.execute("PRAGMA max_page_count = 1000000")
        log(writer, "after the failure")
        assert writer.commit() == 205
    assert rows(tmp_path, "SELECT seq FROM events ORDER BY seq") == [(n,) for n in range(1, 206)]
    assert rows(tmp_path, "SELECT count(*) FROM episodes") == [(2,)]
    assert rows(tmp_path, "SELECT name FROM metrics") == [("entropy",)]
    assert rows(tmp_path, "SELECT seq, counts FROM histogram_rows") == [(4, "[1]")]
    assert rows(tmp_path, "SELECT count(*) FROM commands") == [(1,)]


def test_a_second_writer_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one process writes a record, no other can."""
    monkeypatch.setattr("matinee.journal.writer.OWNERSHIP_WAIT_S", 0.0)
    with new_record(tmp_path), pytest.raises(JournalOwnedError):
        JournalWriter(tmp_path)


def test_a_missing_record_is_not_made_by_opening_it(tmp_path: Path) -> None:
    """Opening a folder without a record fails and leaves it empty."""
    with pytest.raises(JournalError, match=r"no run\.db"):
        JournalWriter(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_numbers_go_on_after_a_reopening(tmp_path: Path) -> None:
    """A later writer continues sequence, episode and metric numbers where the first one ended."""
    with new_record(tmp_path) as writer:
        writer.append_episodes(episodes([1.0, 2.0]), updates=1)
        writer.append_metrics({"entropy": summary(0.5)}, progress(100))
    with JournalWriter(tmp_path) as writer:
        assert writer.episodes == 2
        writer.append_episodes(episodes([3.0]), updates=2)
        writer.append_metrics({"entropy": summary(0.4), "value_loss": summary(1)}, progress(200))
    assert rows(tmp_path, "SELECT seq FROM events ORDER BY seq") == [(n,) for n in range(1, 6)]
    assert rows(tmp_path, "SELECT episode, return FROM episodes") == [(1, 1.0), (2, 2.0), (3, 3.0)]
    assert rows(tmp_path, "SELECT metric, name FROM metrics") == [(1, "entropy"), (2, "value_loss")]


def test_episodes_are_rows_and_one_event(tmp_path: Path) -> None:
    """Each finished episode is a row; one event names them all; no episodes make no event."""
    with new_record(tmp_path) as writer:
        writer.append_episodes(episodes([]), updates=0)
        writer.append_episodes(episodes([5.0, 7.0], worker=3, first_step=11), updates=4)
    assert rows(tmp_path, "SELECT * FROM episodes") == [
        (1, 3, 11, 0.11, 4, 5.0, 10),
        (2, 3, 21, 0.61, 4, 7.0, 10),
    ]
    assert rows(tmp_path, "SELECT type, env_step FROM events WHERE seq > 1") == [
        ("episodes_finished", 21)
    ]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_none_are_refused(tmp_path: Path, value: float) -> None:
    """NaN and infinities get neither into the tables nor into the events."""
    with new_record(tmp_path) as writer:
        with pytest.raises(JournalError, match="finite"):
            writer.append_metrics({"entropy": summary(value)}, progress(1))
        with pytest.raises(JournalError, match="finite"):
            writer.append_episodes(episodes([1.0, value]), updates=0)
        assert writer.commit() == 1


def test_histograms_are_rows_and_one_event(tmp_path: Path) -> None:
    """Each is a row; one event stands for all of them; nothing counted makes no event."""
    counted = {"actions": Histogram(0, 0, (3.0, 4.0)), "episode_return": Histogram(-2, 9, (1.0,))}
    with new_record(tmp_path) as writer:
        writer.append_histograms({}, progress(10), labels={})
        writer.append_histograms(counted, progress(20), labels={"actions": ("0", "1")})
        writer.append_histograms({"actions": Histogram(0, 1, (5.0,))}, progress(30), labels={})
    assert rows(tmp_path, "SELECT seq, type, env_step, payload FROM events WHERE seq > 1") == [
        (2, "histograms_counted", 20, "{}"),
        (3, "histograms_counted", 30, "{}"),
    ]
    assert rows(tmp_path, "SELECT * FROM histogram_rows ORDER BY histogram, seq") == [
        (1, 2, 0, 0, "[3,4]"),
        (1, 3, 0, 1, "[5]"),
        (2, 2, -2, 9, "[1]"),
    ]
    assert rows(tmp_path, "SELECT seq, env_step, seconds FROM flushes") == [
        (2, 20, 0.2),
        (3, 30, 0.3),
    ]


def test_a_command_has_one_row_in_its_newest_state(tmp_path: Path) -> None:
    """Saving a command again replaces its row and keeps its place in the ledger."""
    first, second = command(Pause()), command(Stop())
    with new_record(tmp_path) as writer:
        writer.save_command(first)
        writer.save_command(second)
        writer.commit()
        assert JournalReader(tmp_path).open_commands() == [first, second]
        done = first.model_copy(update={"state": CommandState.APPLIED})
        writer.save_command(done)
    reader = JournalReader(tmp_path)

    assert reader.commands(after=None, limit=10) == [done, second]
    assert reader.open_commands() == [second]


def test_checkpoints_come_and_go(tmp_path: Path) -> None:
    """Saved checkpoints are listed, newest first, until they are forgotten."""
    with new_record(tmp_path) as writer:
        for name in ("a", "b", "c"):
            writer.append(
                CheckpointSaved,
                env_step=1,
                checkpoint_id=name,
                cause="schedule",
                size_bytes=10,
            )
        writer.append(CheckpointsDeleted, env_step=1, checkpoint_ids=["b"])
    assert JournalReader(tmp_path).checkpoints() == ["c", "a"]


def test_the_snapshot_belongs_to_its_commit(tmp_path: Path) -> None:
    """The whole picture changes with the events that led to it, not before."""
    with new_record(tmp_path) as writer:
        writer.commit()
        log(writer)
        writer.set_snapshot(RunSnapshot(state=RunState.QUEUED))
        assert JournalReader(tmp_path).snapshot()[0].state is RunState.CREATED
        writer.commit()
        snapshot, seq = JournalReader(tmp_path).snapshot()
    assert (snapshot.state, seq) == (RunState.QUEUED, 2)


def test_closing_commits_and_lets_go(tmp_path: Path) -> None:
    """Closing, also twice, brings everything into the one file and frees the folder."""
    writer = new_record(tmp_path)
    log(writer)
    writer.claim_process(pid=12, process_started_at=1.5, socket_path="x.sock")
    writer.close()
    writer.close()

    wal = run_db(tmp_path).with_name("run.db-wal")
    assert not wal.exists() or wal.stat().st_size == 0
    assert JournalReader(tmp_path).snapshot()[1] == 2
    process = JournalReader(tmp_path).process()
    assert process is not None
    assert (process.pid, process.process_started_at, process.socket_path) == (
        12,
        1.5,
        "x.sock",
    )
    JournalWriter(tmp_path).close()
