"""Pages of events: small, in order, and put together from rows."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import orjson
import pytest

from fakes.old_records import OLD_VERSIONS, old_record
from fakes.records import episodes, new_record, progress, summary
from matinee.contracts.events import EVENT_ADAPTER, LogWritten, WorkerStatusChanged
from matinee.contracts.histograms import Histogram, HistogramCounts
from matinee.journal import event_pages
from matinee.journal.event_pages import EventsPage
from matinee.journal.follower import JournalFollower
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
    monkeypatch.setattr(event_pages, "MAX_PAGE_EPISODE_ROWS", 250)
    with new_record(tmp_path) as writer:
        for _ in range(5):
            writer.append_episodes(episodes([1.0] * 100), updates=1)
    reader = JournalReader(tmp_path)

    page = reader.events(after=0, limit=100)
    assert (numbers(page), page.next) == ([1, 2, 3, 4], 4)
    assert numbers(reader.events(after=page.next, limit=100)) == [5, 6]
    filtered = reader.events(after=0, limit=100, types=("episodes_finished",))
    assert (numbers(filtered), filtered.next) == ([2, 3, 4], 4)


def test_each_flush_has_its_own_metrics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looked up in groups, metrics stay with their flush, and a flush may lack some."""
    monkeypatch.setattr(event_pages, "_GROUP_EVENTS", 3)
    with new_record(tmp_path) as writer:
        for number in range(8):
            metrics = {"entropy": summary(number)} | (
                {"value_loss": summary(-number)} if number % 2 else {}
            )
            writer.append_metrics(metrics, progress(number))
            fill(writer, 1)
    page = JournalReader(tmp_path).events(after=0, limit=100, types=("metrics_summarised",))
    events = [orjson.loads(event) for event in page.events]

    assert [list(event["metrics"]) for event in events] == [
        ["entropy"],
        ["entropy", "value_loss"],
    ] * 4
    assert [event["metrics"]["entropy"]["mean"] for event in events] == list(range(8))
    assert [event["progress"]["env_steps"] for event in events] == list(range(8))


@pytest.mark.parametrize("old", OLD_VERSIONS)
def test_an_old_record_gives_its_metrics_as_it_holds_them(tmp_path: Path, old: int) -> None:
    """Older layouts have metrics in their events: before and after the migration they are read."""
    old_record(tmp_path, old)
    before = JournalReader(tmp_path).events(after=0, limit=500, types=("metrics_summarised",))
    with JournalWriter(tmp_path) as writer:
        writer.append_metrics({"entropy": summary(41.0)}, progress(820))
    after = JournalReader(tmp_path).events(after=0, limit=500, types=("metrics_summarised",))

    assert after.events[:-1] == before.events
    means = [orjson.loads(event)["metrics"]["entropy"]["mean"] for event in after.events]
    assert means == list(range(1, 42))


def test_a_page_ends_where_it_is_large_enough(tmp_path: Path) -> None:
    """With a limit in bytes a page has the event that reaches it, and none after that."""
    with new_record(tmp_path) as writer:
        fill(writer, 20)
    size = len(JournalReader(tmp_path).events(after=1, limit=1).events[0])

    with closing(JournalFollower(tmp_path)) as follower:
        page, _, _ = follower.follow(after=1, limit=100, max_bytes=3 * size)
        assert (numbers(page), page.next) == ([2, 3, 4], 4)
        page, _, _ = follower.follow(after=1, limit=100, max_bytes=1)
        assert numbers(page) == [2]


def test_what_is_told_is_found_without_reading_the_rest(tmp_path: Path) -> None:
    """The ledger of a long run costs what is in it, not what the charts are made of."""
    with new_record(tmp_path) as writer:
        for number in range(5_000):
            writer.append_metrics({}, progress(number))
        fill(writer, 2)
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    with closing(sqlite3.connect(run_db(tmp_path))) as connection:
        connection.set_progress_handler(count, 10)
        page = event_pages.read_events(connection, after=0, limit=9, types=("log_written",))
    assert numbers(page) == [5_002, 5_003]
    assert steps < 50
