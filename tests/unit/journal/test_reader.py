"""Reading a record: pages, ledgers, exports, and records that are damaged."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from fakes.records import command, new_record
from matinee.contracts.commands import Pause
from matinee.contracts.events import LogWritten
from matinee.contracts.workers import WorkerTable
from matinee.errors import JournalError
from matinee.journal.event_pages import EventsPage
from matinee.journal.reader import JournalReader
from matinee.journal.schema import run_db
from matinee.journal.writer import JournalWriter


def numbers(page: EventsPage) -> list[int]:
    """Sequence numbers of a page."""
    return [orjson.loads(event)["seq"] for event in page.events]


def fill(writer: JournalWriter, count: int) -> None:
    """Append events."""
    for number in range(count):
        writer.append(LogWritten, env_step=number, level="info", message=f"number {number}")


def test_pages_begin_after_the_cursor(tmp_path: Path) -> None:
    """A page holds what comes after its cursor, at most `limit`, and says where it ends."""
    with new_record(tmp_path) as writer:
        fill(writer, 9)
    reader = JournalReader(tmp_path)

    page = reader.events(after=3, limit=4)
    assert (numbers(page), page.next) == ([4, 5, 6, 7], 7)
    assert reader.events(after=10, limit=4) == EventsPage((), 10)
    assert reader.events(after=99, limit=4) == EventsPage((), 99)


def test_the_ledger_comes_in_pages(tmp_path: Path) -> None:
    """Commands come in the order in which they came, from one that is named on."""
    ledger = [command(Pause()) for _ in range(5)]
    with new_record(tmp_path) as writer:
        for each in ledger:
            writer.save_command(each)
    reader = JournalReader(tmp_path)

    assert reader.commands(after=None, limit=2) == ledger[:2]
    assert reader.commands(after=ledger[1].id, limit=9) == ledger[2:]
    assert reader.command(ledger[3].id) == ledger[3]
    assert reader.command("no such command") is None


def test_an_empty_record_exports_nothing(tmp_path: Path) -> None:
    """A run that has done nothing has empty exports, no process and no checkpoints."""
    new_record(tmp_path).close()
    reader = JournalReader(tmp_path)

    assert list(reader.episodes()) == []
    assert list(reader.metric_rows()) == []
    assert reader.process() is None
    assert reader.checkpoints() == []


def test_the_newest_event_has_a_time(tmp_path: Path) -> None:
    """When something last happened is known to the millisecond, in UTC."""
    before = datetime.now(UTC)
    with new_record(tmp_path) as writer:
        fill(writer, 1)
    assert before <= JournalReader(tmp_path).last_event_at() <= datetime.now(UTC)


def test_the_table_of_threads_is_the_newest(tmp_path: Path) -> None:
    """None before the first; then only the newest is kept, and it comes with its commit."""
    with new_record(tmp_path) as writer:
        writer.commit()
        before = JournalReader(tmp_path).workers()
        for env_step in (1, 2):
            writer.set_workers(WorkerTable(env_step=env_step))
            writer.commit()

    assert before == WorkerTable()
    assert JournalReader(tmp_path).workers().env_step == 2
    assert JournalReader(tmp_path).header().run_id


def test_a_missing_record_is_said_so(tmp_path: Path) -> None:
    """Reading a folder without a record is an error in words, and makes no file."""
    with pytest.raises(JournalError, match=r"no run\.db"):
        JournalReader(tmp_path).header()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_said_so(tmp_path: Path) -> None:
    """What SQLite cannot read is an error of that record, for every way of reading it."""
    run_db(tmp_path).write_text("this is no database " * 500)
    reader = JournalReader(tmp_path)
    for read in (reader.header, reader.snapshot, reader.process, reader.open_commands):
        with pytest.raises(JournalError, match="can't be read"):
            read()
    with pytest.raises(JournalError, match="can't be read"):
        list(reader.episodes())


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE meta SET value = '{}' WHERE key = 'spec'",
        "DELETE FROM meta",
        "UPDATE meta SET value = 'yesterday' WHERE key = 'created_at'",
    ],
)
def test_a_damaged_header_is_that_records_problem(tmp_path: Path, damage: str) -> None:
    """A record that cannot be understood raises a JournalError, which callers are ready for."""
    new_record(tmp_path).close()
    with closing(sqlite3.connect(run_db(tmp_path))) as connection, connection:
        connection.execute(damage)
    with pytest.raises(JournalError, match="can't be understood"):
        JournalReader(tmp_path).header()


@pytest.mark.parametrize(
    "damage", ['UPDATE snapshot SET document = \'{"state": "dancing"}\'', "DELETE FROM snapshot"]
)
def test_a_damaged_snapshot_is_that_records_problem(tmp_path: Path, damage: str) -> None:
    """So does a snapshot of an unknown state, or none at all."""
    new_record(tmp_path).close()
    with closing(sqlite3.connect(run_db(tmp_path))) as connection, connection:
        connection.execute(damage)
    reader = JournalReader(tmp_path)
    with pytest.raises(JournalError):
        reader.snapshot()
