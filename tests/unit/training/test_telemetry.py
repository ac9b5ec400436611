"""What workers tell, collected without losing or repeating anything."""

from __future__ import annotations

import math
import threading
from dataclasses import replace

import numpy as np
import pytest

from fakes.interfaces import discrete
from fakes.updates import update_record
from matinee.algorithm.rollout import Rollout
from matinee.contracts.histograms import Histogram
from matinee.training import telemetry as telemetry_module
from matinee.training.return_window import FinishedEpisodes, ReturnWindow
from matinee.training.sampled_rollouts import RolloutSample
from matinee.training.slots import Seat
from matinee.training.start_value import StartSample
from matinee.training.telemetry import Telemetry, WorkerStatus

WORKERS, EACH = 4, 400
OPTIMIZER = Seat("optimizer", (64,))


def episodes(worker: int, count: int) -> FinishedEpisodes:
    """Episodes with return 1."""
    ones = np.ones(count)
    return FinishedEpisodes(worker, ones.astype(int), ones, ones, ones.astype(int))


def quiet(workers: int = WORKERS) -> Telemetry:
    """Without a target."""
    return Telemetry(workers, window=ReturnWindow(target=None), gives_up=lambda: False)


def count_of(telemetry: Telemetry) -> int:
    """Pushes drained now."""
    drained = telemetry.drain_metrics()
    return drained["entropy"].count if drained else 0


def test_nothing_is_lost_while_it_is_drained() -> None:
    """Four workers write and one reader drains: every record once, episodes numbered in order."""
    telemetry, running = quiet(), threading.Barrier(WORKERS + 1)
    record = update_record()

    def tell(worker: int) -> None:
        running.wait(10.0)
        for number in range(EACH):
            telemetry.record_update(worker, record)
            telemetry.record_episodes(episodes(worker, number % 3 + 1))

    threads = [threading.Thread(target=tell, args=(worker,)) for worker in range(WORKERS)]
    for thread in threads:
        thread.start()
    running.wait(10.0)
    updates, numbers = 0, []
    while any(thread.is_alive() for thread in threads) or not updates:
        updates += count_of(telemetry)
        numbers.append(telemetry.drain_episodes().episode)
    updates += count_of(telemetry)
    numbers.append(telemetry.drain_episodes().episode)

    assert updates == WORKERS * EACH
    total = WORKERS * sum(number % 3 + 1 for number in range(EACH))
    assert np.concatenate(numbers).tolist() == list(range(1, total + 1))
    assert telemetry.window().episodes == total


def test_the_reader_is_called_when_many_episodes_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once until it has come, however many more there are; then again."""
    monkeypatch.setattr(telemetry_module, "EPISODES_AT_ONCE", 10)
    calls: list[int] = []
    telemetry = Telemetry(
        1,
        window=ReturnWindow(target=None),
        gives_up=lambda: False,
        on_many_episodes=lambda: calls.append(len(telemetry.drain_episodes()) if calls else 0),
    )

    for count in (9, 1, 30):
        telemetry.record_episodes(episodes(0, count))
    assert calls == [0]

    assert len(telemetry.drain_episodes()) == 40
    telemetry.record_episodes(episodes(0, 9))
    assert calls == [0]
    telemetry.record_episodes(episodes(0, 2))
    assert calls == [0, 11]


def test_a_stalled_reader_holds_workers_back_and_loses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Memory stays bounded; what was told is all there when the reader comes back."""
    monkeypatch.setattr(telemetry_module, "BACKLOG_LIMIT", 10)
    telemetry, told = quiet(1), threading.Event()
    record = update_record()

    def tell() -> None:
        for _ in range(25):
            telemetry.record_update(0, record)
        told.set()

    thread = threading.Thread(target=tell)
    thread.start()
    assert not told.wait(0.1)
    counts: list[int] = []
    while sum(counts) < 25:
        counts.append(count_of(telemetry))
    thread.join(10.0)

    assert sum(counts) == 25
    assert max(counts) <= 10


def test_a_stop_frees_workers_that_wait_for_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """The host that has stopped training need not drain before it can join."""
    monkeypatch.setattr(telemetry_module, "BACKLOG_LIMIT", 1)
    telemetry = Telemetry(1, window=ReturnWindow(target=None), gives_up=lambda: True)

    telemetry.record_update(0, update_record())
    telemetry.record_update(0, update_record())

    assert telemetry.drain_metrics()["entropy"].count == 2


def test_undefined_values_are_left_out() -> None:
    """NaN in one push does not spoil the mean; a metric without any value is not there."""
    telemetry = quiet(1)
    telemetry.record_update(
        0, update_record(2.0, loss={"explained_variance": math.nan, "entropy": math.nan})
    )
    telemetry.record_update(0, update_record(4.0, loss={"explained_variance": math.nan}))

    metrics = telemetry.drain_metrics()

    assert "explained_variance" not in metrics
    assert (metrics["entropy"].mean, metrics["entropy"].count) == (4.0, 1)
    summary = metrics["policy_loss"]
    assert (summary.mean, summary.min, summary.max, summary.last) == (3.0, 2.0, 4.0, 4.0)
    assert telemetry.drain_metrics() == {}


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


def test_a_thread_of_the_same_name_has_a_new_clock() -> None:
    """What the one before it did is not taken for a sign of life."""
    telemetry = quiet(1)
    telemetry.phase_clock("optimizer-0", OPTIMIZER).learned(1.0)
    telemetry.phase_clock("optimizer-0", OPTIMIZER)

    assert telemetry.clocks["optimizer-0"].read().beats == 0


def test_lags_are_told_by_the_slot_that_pushed() -> None:
    """Each worker's lags are its own, none is lost between two drains, none is told twice."""
    telemetry = quiet(3)
    for slot, lag in ((0, 1), (2, 5), (0, 3)):
        telemetry.record_update(slot, update_record(push={"policy_lag": lag}))
    telemetry.drain_metrics()
    telemetry.record_update(2, update_record(push={"policy_lag": 7}))
    telemetry.drain_metrics()
    lags = telemetry.drain_lags()

    assert {slot: values.tolist() for slot, values in lags.items()} == {0: [1, 3], 2: [5, 7]}
    assert telemetry.drain_lags() == {}


def test_histograms_gather_until_they_are_drained() -> None:
    """Returns, lags and actions are counted at every drain and taken once."""
    telemetry = quiet(1)
    for lag in (0, 2):
        telemetry.record_update(0, update_record(push={"policy_lag": lag}))
        telemetry.drain_metrics()
    telemetry.record_episodes(episodes(0, 3))
    telemetry.drain_episodes()
    rollout = Rollout(length=1, environments=3, interface=discrete(1, 2))
    rollout.actions[0, :, 0] = [0, 1, 1]
    rollout.rewards[:] = 1.0
    rollout.valid[:] = True
    telemetry.record_rollout(RolloutSample.of(rollout))
    metrics = telemetry.drain_sampled()

    assert telemetry.drain_histograms() == {
        "policy_lag": Histogram(0, 0, (1.0, 0.0, 1.0)),
        "episode_return": Histogram(0, 1, (3.0,)),
        "actions": Histogram(0, 0, (1.0, 2.0)),
    }
    assert metrics["action_max_share"].last == pytest.approx(2 / 3)
    assert metrics["reward_abs_max"].last == 1.0
    assert telemetry.drain_histograms() == {}


def test_followed_episodes_are_summarised() -> None:
    """Promise, return and their difference, over all episodes since the last look."""
    telemetry = quiet(1)
    telemetry.record_start(StartSample(value=3.0, discounted_return=1.0))
    telemetry.record_start(StartSample(value=1.0, discounted_return=2.0))
    metrics = telemetry.drain_sampled()

    assert (metrics["start_value"].mean, metrics["start_return"].mean) == (2.0, 1.5)
    bias = metrics["value_bias"]
    assert (bias.mean, bias.min, bias.max, bias.count) == (0.5, -1.0, 2.0, 2)
    assert telemetry.drain_sampled() == {}


def test_truncated_episodes_are_counted() -> None:
    """Over all workers."""
    telemetry = quiet(2)
    for worker in range(2):
        ended = episodes(worker, 3)
        telemetry.record_episodes(replace(ended, truncated=2))

    assert telemetry.truncated_episodes == 4
