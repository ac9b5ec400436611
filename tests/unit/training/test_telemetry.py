"""What workers tell, collected without losing or repeating anything."""

from __future__ import annotations

import math
import threading

import numpy as np
import pytest

from matinee.contracts.metrics import UPDATE_METRICS
from matinee.training import telemetry as telemetry_module
from matinee.training.return_window import FinishedEpisodes, ReturnWindow
from matinee.training.telemetry import Telemetry, UpdateRecord, WorkerStatus, summarised

WORKERS, EACH = 4, 400


def record(value: float) -> UpdateRecord:
    """One push of which every metric has this value."""
    return UpdateRecord(*[value] * len(UPDATE_METRICS))


def episodes(worker: int, count: int) -> FinishedEpisodes:
    """Episodes with return 1."""
    ones = np.ones(count)
    return FinishedEpisodes(worker, ones.astype(int), ones, ones, ones.astype(int))


def quiet(workers: int = WORKERS) -> Telemetry:
    """Without a target."""
    return Telemetry(workers, window=ReturnWindow(target=None), gives_up=lambda: False)


def test_records_are_in_the_catalogues_order() -> None:
    """A record's fields are the metrics with one value per update, by name."""
    assert UpdateRecord._fields == UPDATE_METRICS


def test_nothing_is_lost_while_it_is_drained() -> None:
    """Four workers write and one reader drains: every record once, episodes numbered in order."""
    telemetry, running = quiet(), threading.Barrier(WORKERS + 1)

    def tell(worker: int) -> None:
        running.wait(10.0)
        for number in range(EACH):
            telemetry.record_update(worker, record(1.0))
            telemetry.record_episodes(episodes(worker, number % 3 + 1))

    threads = [threading.Thread(target=tell, args=(worker,)) for worker in range(WORKERS)]
    for thread in threads:
        thread.start()
    running.wait(10.0)
    updates, numbers = 0, []
    while any(thread.is_alive() for thread in threads) or not updates:
        updates += sum(m.count for m in telemetry.drain_metrics().values()) // len(UPDATE_METRICS)
        numbers.append(telemetry.drain_episodes().episode)
    updates += sum(m.count for m in telemetry.drain_metrics().values()) // len(UPDATE_METRICS)
    numbers.append(telemetry.drain_episodes().episode)

    assert updates == WORKERS * EACH
    total = WORKERS * sum(number % 3 + 1 for number in range(EACH))
    assert np.concatenate(numbers).tolist() == list(range(1, total + 1))
    assert telemetry.window().episodes == total


def test_a_stalled_reader_holds_workers_back_and_loses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Memory stays bounded; what was told is all there when the reader comes back."""
    monkeypatch.setattr(telemetry_module, "BACKLOG_LIMIT", 10)
    telemetry, told = quiet(1), threading.Event()

    def tell() -> None:
        for _ in range(25):
            telemetry.record_update(0, record(1.0))
        told.set()

    thread = threading.Thread(target=tell)
    thread.start()
    assert not told.wait(0.1)
    counts: list[int] = []
    while sum(counts) < 25:
        drained = telemetry.drain_metrics()
        counts.append(drained["entropy"].count if drained else 0)
    thread.join(10.0)

    assert sum(counts) == 25
    assert max(counts) <= 10


def test_a_stop_frees_workers_that_wait_for_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """The host that has stopped training need not drain before it can join."""
    monkeypatch.setattr(telemetry_module, "BACKLOG_LIMIT", 1)
    telemetry = Telemetry(1, window=ReturnWindow(target=None), gives_up=lambda: True)

    telemetry.record_update(0, record(1.0))
    telemetry.record_update(0, record(2.0))

    assert telemetry.drain_metrics()["entropy"].count == 2


def test_undefined_values_are_left_out() -> None:
    """NaN in one push does not spoil the mean; a metric without any value is not there."""
    telemetry = quiet(1)
    telemetry.record_update(0, record(2.0)._replace(explained_variance=math.nan, entropy=math.nan))
    telemetry.record_update(0, record(4.0)._replace(explained_variance=math.nan))

    metrics = telemetry.drain_metrics()

    assert "explained_variance" not in metrics
    assert (metrics["entropy"].mean, metrics["entropy"].count) == (4.0, 1)
    summary = metrics["policy_loss"]
    assert (summary.mean, summary.min, summary.max, summary.last) == (3.0, 2.0, 4.0, 4.0)
    assert telemetry.drain_metrics() == {}


def test_summaries_are_what_they_say() -> None:
    """By hand."""
    summary = summarised(np.array([3.0, 1.0, np.inf, 2.0]))

    assert summary is not None
    assert summary.model_dump() == {"mean": 2.0, "min": 1.0, "max": 3.0, "last": 2.0, "count": 3}
    assert summarised(np.array([np.nan])) is None


def test_statuses_come_once() -> None:
    """In the order in which they happened."""
    telemetry = quiet()
    for status in (WorkerStatus(0, "running"), WorkerStatus(0, "failed", "why")):
        telemetry.record_status(status)

    assert [s.status for s in telemetry.drain_statuses()] == ["running", "failed"]
    assert telemetry.drain_statuses() == []


def test_an_empty_table_has_its_types() -> None:
    """So that the recorder needs no special case."""
    table = quiet().drain_episodes()

    assert len(table) == 0
    assert table.env_step.dtype == np.int64
    assert table.returns.dtype == np.float64
