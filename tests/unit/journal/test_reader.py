"""Reading a record: pages, ledgers, exports, and records that are damaged."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from fakes.records import command, episodes, new_record, progress, summary
from matinee.contracts.commands import Pause
from matinee.contracts.events import EVENT_ADAPTER, LogWritten, WorkerStatusChanged
from matinee.contracts.histograms import Histogram, HistogramCounts
from matinee.contracts.run import RunSnapshot
from matinee.contracts.run_state import RunState
from matinee.errors import JournalError
from matinee.journal import reader as reader_module
from matinee.journal.reader import EventsPage, JournalReader
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


def test_a_filter_skips_what_it_leaves_out(tmp_path: Path) -> None:
    """A filtered reader moves on past everything that was filtered, and never twice over it."""
    with new_record(tmp_path) as writer:
        fill(writer, 3)
        writer.append(WorkerStatusChanged, env_step=0, worker=0, status="running")
        fill(writer, 3)
    reader = JournalReader(tmp_path)

    page = reader.events(after=0, limit=10, types=("worker_status_changed",))
    assert (numbers(page), page.next) == ([5], 8)
    page = reader.events(after=0, limit=1, types=("worker_status_changed",))
    assert (numbers(page), page.next) == ([5], 5)
    page = reader.events(after=0, limit=2, types=("log_written", "worker_status_changed"))
    assert (numbers(page), page.next) == ([2, 3], 3)


def test_every_stored_event_is_what_the_contract_says(tmp_path: Path) -> None:
    """What the reader glues together from tables parses as the event that was meant."""
    with new_record(tmp_path) as writer:
        fill(writer, 1)
        writer.append_episodes(episodes([1.0, 2.5], worker=1), updates=3)
        writer.append_metrics({"entropy": summary(0.5, low=0.25, high=0.75)}, progress(20))
        counted = {"actions": Histogram(0, 1, (3.0,)), "layer_weight_norm": Histogram(0, 0, (0.5,))}
        labels = {"layer_weight_norm": ("trunk",)}
        writer.append_histograms(counted, progress(20), labels=labels)
    events = [
        EVENT_ADAPTER.validate_json(event)
        for event in JournalReader(tmp_path).events(after=1, limit=10).events
    ]
    finished = events[1]
    assert finished.type == "episodes_finished"
    assert (finished.first_episode, finished.last_episode, finished.exact) == (1, 2, True)
    assert finished.columns.returns == [1.0, 2.5]
    assert finished.columns.worker == [1, 1]
    assert events[2].type == "metrics_summarised"
    assert events[2].metrics["entropy"] == summary(0.5, low=0.25, high=0.75)
    assert events[2].progress == progress(20)
    assert events[3].type == "histograms_counted"
    assert (events[3].env_step, events[3].seconds, events[3].updates) == (20, 0.2, 2)
    assert events[3].histograms == {
        "actions": HistogramCounts(exponent=0, first=1, counts=[3.0]),
        "layer_weight_norm": HistogramCounts(exponent=0, first=0, counts=[0.5], labels=["trunk"]),
    }


def test_many_episodes_in_one_flush_are_binned(tmp_path: Path) -> None:
    """Above 200 episodes an event says that it is inexact, and its bins lose no count or peak."""
    returns = [float(number % 71) for number in range(1_003)]
    with new_record(tmp_path) as writer:
        writer.append_episodes(episodes(returns, worker=0), updates=1)
        writer.append_episodes(episodes([1.0] * 200), updates=1)
    binned, exact = (
        orjson.loads(event) for event in JournalReader(tmp_path).events(after=1, limit=9).events
    )
    columns = binned["columns"]
    assert not binned["exact"]
    assert exact["exact"]
    assert len(columns["return"]) == 200
    assert sum(columns["count"]) == 1_003
    assert min(columns["return_min"]) == min(returns)
    assert max(columns["return_max"]) == max(returns)
    means = [mean * count for mean, count in zip(columns["return"], columns["count"], strict=True)]
    assert sum(means) == pytest.approx(sum(returns))
    assert columns["episode"][-1] == 1_003
    assert EVENT_ADAPTER.validate_python(binned).type == "episodes_finished"


def test_bins_across_workers_name_none(tmp_path: Path) -> None:
    """A bin of several workers' episodes has worker -1, one of a single worker has its number."""
    table = episodes([1.0] * 400, worker=2)
    table.worker[1] = 0
    with new_record(tmp_path) as writer:
        writer.append_episodes(table, updates=1)
    (event,) = map(orjson.loads, JournalReader(tmp_path).events(after=1, limit=9).events)

    assert event["columns"]["worker"] == [-1] + [2] * 199


def test_a_page_with_many_episodes_ends_early(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many episodes there are, a page stays small, and the next one goes on from it."""
    monkeypatch.setattr(reader_module, "MAX_PAGE_EPISODE_ROWS", 250)
    with new_record(tmp_path) as writer:
        for _ in range(5):
            writer.append_episodes(episodes([1.0] * 100), updates=1)
    reader = JournalReader(tmp_path)

    page = reader.events(after=0, limit=100)
    assert (numbers(page), page.next) == ([1, 2, 3, 4], 4)
    assert numbers(reader.events(after=page.next, limit=100)) == [5, 6]
    filtered = reader.events(after=0, limit=100, types=("episodes_finished",))
    assert (numbers(filtered), filtered.next) == ([2, 3, 4], 4)


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
    cursor, seen = 1, 0
    while not (stop.is_set() and seen == 399):
        page, snapshot, last_seq = JournalReader(tmp_path).follow(after=cursor, limit=50)
        assert snapshot.progress.env_steps == last_seq - 1
        seen += len(page.events)
        cursor = page.next
    thread.join()
    writer.close()


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


def test_exports_hold_every_row_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exports are complete and in order, across as many chunks as it takes."""
    monkeypatch.setattr(reader_module, "_EXPORT_CHUNK_ROWS", 7)
    returns = [float(n) for n in range(50)]
    with new_record(tmp_path) as writer:
        writer.append_episodes(episodes(returns), updates=1)
        for step in range(1_100):
            writer.append_metrics(
                {"entropy": summary(float(step)), "value_loss": summary(-float(step))},
                progress(step),
            )
    reader = JournalReader(tmp_path)
    exported = [row for chunk in reader.episodes() for row in chunk]
    assert [row[0] for row in exported] == list(range(1, 51))
    assert [row[5] for row in exported] == returns

    metrics = [row for chunk in reader.metric_rows() for row in chunk]
    assert len(metrics) == 2_200
    assert [row[6] for row in metrics if row[1] == "entropy"] == [float(n) for n in range(1_100)]
    assert [row[0] for row in metrics] == sorted(row[0] for row in metrics)  # type: ignore[type-var]


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
    with pytest.raises(JournalError):
        reader.follow(after=0, limit=1)


def test_readers_do_not_stand_in_the_writers_way(tmp_path: Path) -> None:
    """An export that is half read keeps no lock: the writer commits and closes meanwhile."""
    writer = new_record(tmp_path)
    writer.append_episodes(episodes([1.0] * 20_000), updates=1)
    writer.commit()
    chunks = JournalReader(tmp_path).episodes()
    first: list[Any] = next(chunks)
    fill(writer, 3)
    writer.close()

    assert len(first) + sum(map(len, chunks)) == 20_000
