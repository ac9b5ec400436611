"""A damaged record is made anew of what can be read."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import orjson
import pytest

from fakes.records import command, episodes, new_record, progress, summary
from matinee.contracts.commands import CommandState, Pause
from matinee.contracts.run import RunSnapshot
from matinee.contracts.run_state import RunState
from matinee.errors import JournalError, JournalOwnedError
from matinee.journal.integrity import check_record
from matinee.journal.reader import JournalReader
from matinee.journal.salvage import rebuild_record
from matinee.journal.schema import run_db
from matinee.journal.writer import JournalWriter

PAGE_BYTES = 4_096
EPISODES = 4_000


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    """A record of many pages."""
    with new_record(tmp_path, run_id="run") as writer:
        for number in range(100):
            returns = [float(number)] * (EPISODES // 100)
            writer.append_episodes(episodes(returns, first_step=400 * number + 10), updates=number)
            writer.append_metrics({"entropy": summary(number)}, progress(400 * number))
        writer.save_command(command(Pause(), state=CommandState.APPLIED))
        writer.set_snapshot(RunSnapshot(state=RunState.FINISHED))
    return tmp_path


def leaf_of(run_dir: Path, table: str) -> int:
    """A page in the middle of a table's rows."""
    with closing(sqlite3.connect(run_db(run_dir))) as connection:
        try:
            pages = connection.execute(
                "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY pageno",
                (table,),
            ).fetchall()
        except sqlite3.OperationalError:
            pytest.skip("this SQLite was built without dbstat")
    return int(pages[len(pages) // 2][0])


def overwrite(run_dir: Path, page: int) -> None:
    """Damage one page."""
    with run_db(run_dir).open("r+b") as file:
        file.seek((page - 1) * PAGE_BYTES)
        file.write(b"\xff" * PAGE_BYTES)


def test_a_whole_record_loses_nothing(run_dir: Path) -> None:
    """What can be read is in the new record, row by row; the old one stays beside it."""
    before = JournalReader(run_dir)
    events = before.events(after=0, limit=1_000)
    rows = [list(before.episodes()), list(before.metric_rows())]

    kept = rebuild_record(run_dir)

    after = JournalReader(run_dir)
    assert kept.exists()
    assert after.events(after=0, limit=1_000) == events
    assert [list(after.episodes()), list(after.metric_rows())] == rows
    assert len(after.commands(after=None, limit=9)) == 1
    assert after.snapshot()[0].state is RunState.FINISHED
    assert check_record(run_dir) == []


@pytest.mark.parametrize("table", ["events", "episodes", "metric_rows"])
def test_what_can_be_read_around_a_damaged_page_is_kept(run_dir: Path, table: str) -> None:
    """A page that is gone costs its own rows; lost events are told as such, in their places."""
    overwrite(run_dir, leaf_of(run_dir, table))
    assert [finding.code for finding in check_record(run_dir)] == ["damaged"]

    rebuild_record(run_dir)

    reader = JournalReader(run_dir)
    told = [orjson.loads(event) for event in reader.events(after=0, limit=1_000).events]
    lost = [event for event in told if event.get("message", "").startswith("lost: ")]
    finished = [row[0] for rows in reader.episodes() for row in rows]
    assert [event["seq"] for event in told] == list(range(1, 202))
    assert bool(lost) == (table == "events")
    assert len(lost) < 101
    assert len(finished) > EPISODES * 0.9
    assert (len(finished) == EPISODES) == (table != "episodes")
    assert "damaged" not in [finding.code for finding in check_record(run_dir)]


def test_a_repaired_record_is_gone_on_with(run_dir: Path) -> None:
    """A writer takes it as its own."""
    rebuild_record(run_dir)
    with JournalWriter(run_dir) as writer:
        assert writer.episodes == EPISODES
        writer.append_episodes(episodes([1.0]), updates=1)
    assert check_record(run_dir) == []


def test_a_record_in_use_is_left_alone(run_dir: Path) -> None:
    """While a process writes it, nobody else does."""
    with JournalWriter(run_dir), pytest.raises(JournalOwnedError):
        rebuild_record(run_dir)


def test_a_file_that_is_no_database_can_not_be_repaired(run_dir: Path) -> None:
    """Where nothing can be read, the file stays as it is, and the words say so."""
    run_db(run_dir).write_bytes(b"no database " * 1_000)
    with pytest.raises(JournalError, match="can't be repaired"):
        rebuild_record(run_dir)
    assert run_db(run_dir).read_bytes().startswith(b"no database")
