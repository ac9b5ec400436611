"""Metrics that nobody reports but that can be looked up: speed by worker, memory, the queue.

Asked by the host whenever metrics are due. What costs more than a few additions is looked at twice
a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from matinee.contracts.histograms import Histogram, numbered
from matinee.contracts.metrics import MetricSummary
from matinee.cores import usable_cores
from matinee.training.counters import SlotCounter
from matinee.training.heartbeats import Heartbeat, Heartbeats
from matinee.training.phase_clock import PhaseClock, PhaseTimes
from matinee.training.return_window import WindowState
from matinee.training.sample_queue import QueueReading
from matinee.training.slots import MAX_ACTORS, SLOTS
from matinee.training.update_records import summarised

SAMPLE_INTERVAL_S = 0.5

LEFT_AFTER_S = 10.0
"""Who has counted nothing for so many seconds of training has left, and is no slow worker. One
that hangs is told by its heartbeat."""

_PHASES = ("env_s", "act_s", "learn_s", "wait_s", "lock_s", "queue_s")
_WAITS = ("share_wait", "share_lock", "share_queue")

_Values = Mapping[str, NDArray[np.floating]]


@dataclass(frozen=True)
class LayerSlice:
    """Where one layer's numbers lie in the flat vector of weights."""

    name: str
    start: int
    stop: int


@dataclass(frozen=True)
class Watched:
    """What can be looked at.

    Attributes:
        env_steps: Counted by each slot.
        updates: Pushes of each slot.
        learned_samples: Samples of all updates so far.
        clocks: Of the living threads, by name.
        window: The last 100 episodes.
        truncated_episodes: Episodes so far that ended by truncation.
        weights: A copy of the present weights. Shape: (size,).
        statistics: The optimizer's averages, by name. Shape: (size,) each.
        layers: For the weight norm layer by layer.
        choices: How many discrete actions there are, by action dimension; empty for others.
        queue: Of ga3c; None in other modes.
        process_ids: Of the worker processes.
        elsewhere_s: Processor time of each worker process so far; 0 before one is up.
    """

    env_steps: SlotCounter
    updates: SlotCounter
    learned_samples: Callable[[], float]
    clocks: Callable[[], Mapping[str, PhaseClock]]
    window: Callable[[], WindowState]
    truncated_episodes: Callable[[], int]
    weights: Callable[[], NDArray[np.float32]]
    statistics: Callable[[], Mapping[str, NDArray[np.floating]]]
    layers: Sequence[LayerSlice]
    choices: Sequence[int]
    queue: Callable[[], QueueReading | None]
    process_ids: Callable[[], Sequence[int]] = tuple
    elsewhere_s: Callable[[], Sequence[float]] = tuple


@dataclass(frozen=True)
class Sample:
    """What was found at one flush.

    Attributes:
        metrics: By name of the catalogue.
        heartbeats: Of every living thread that has a clock.
        histograms: None but twice a second.
        weights_are_finite: As of the last time that they were looked at.
    """

    metrics: dict[str, MetricSummary]
    heartbeats: tuple[Heartbeat, ...]
    histograms: dict[str, Histogram] | None
    weights_are_finite: bool


@dataclass(frozen=True)
class _Totals:
    """Counters as of one look; their differences are rates."""

    seconds: float
    process_s: NDArray[np.float64]
    thread_s: float
    wall_s: float
    env_steps: NDArray[np.int64]
    updates: NDArray[np.int64]
    learned_samples: float
    phases: Mapping[str, PhaseTimes]
    queue: QueueReading | None


class _Movement:
    """Which of several counters still move, if only now and then."""

    def __init__(self) -> None:
        self._moved_at_s = np.zeros(0)

    def there(self, since_before: NDArray[Any], now_s: float) -> NDArray[np.bool_]:
        """Those that have moved within `LEFT_AFTER_S`.

        Args:
            since_before: What each has counted since the last call. Shape: (counters,).
            now_s: Seconds of training.
        """
        if len(self._moved_at_s) != len(since_before):
            self._moved_at_s = np.full(len(since_before), -np.inf)
        self._moved_at_s[since_before > 0] = now_s
        recent: NDArray[np.bool_] = now_s - self._moved_at_s < LEFT_AFTER_S
        return recent


class RunSampler:
    """One for each training; used by the host's thread alone."""

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        self._process = psutil.Process()
        self._cores = usable_cores()
        self._heartbeats = Heartbeats()
        self._before: _Totals | None = None
        self._told_episodes = watched.window().episodes
        self._told_truncated = watched.truncated_episodes()
        self._weights_are_finite = True
        self._labels = _labels(watched)
        self._stepping, self._pushing, self._computing = _Movement(), _Movement(), _Movement()

    def sample(self, seconds: float) -> Sample:
        """Look at everything that is due.

        Args:
            seconds: Of training so far; pauses are not counted.
        """
        phases = {name: clock.read() for name, clock in self._watched.clocks().items()}
        heartbeats = tuple(self._heartbeats.look(phases, seconds))
        queue = self._watched.queue()
        metrics = _of_queue(queue) | self._of_returns()
        histograms: dict[str, Histogram] | None = None
        before = self._before
        if before is None:
            self._before = self._totals(seconds, phases, queue)
        elif seconds - before.seconds >= SAMPLE_INTERVAL_S:
            now = self._before = self._totals(seconds, phases, queue)
            histograms = {}
            metrics |= self._rates(before, now) | self._of_learner(histograms)
            metrics |= _summaries(
                {"heartbeat_age_s": np.array([heartbeat.age_s for heartbeat in heartbeats])}
            )
            pushes = _by_number(now.updates - before.updates)
            if pushes.any():
                histograms["worker_pushes"] = Histogram(0, 0, tuple(pushes.tolist()))
        return Sample(metrics, heartbeats, histograms, self._weights_are_finite)

    def labels(self) -> dict[str, tuple[str, ...]]:
        """Names of the bins of histograms whose bins stand for things."""
        return self._labels

    def _totals(
        self, seconds: float, phases: Mapping[str, PhaseTimes], queue: QueueReading | None
    ) -> _Totals:
        watched = self._watched
        return _Totals(
            seconds=seconds,
            process_s=np.array([time.process_time(), *watched.elsewhere_s()]),
            thread_s=time.thread_time(),
            wall_s=time.perf_counter(),
            env_steps=np.array([watched.env_steps.own(slot) for slot in range(SLOTS)]),
            updates=np.array([watched.updates.own(slot) for slot in range(SLOTS)]),
            learned_samples=watched.learned_samples(),
            phases=phases,
            queue=queue,
        )

    def _rates(self, before: _Totals, now: _Totals) -> dict[str, MetricSummary]:
        seconds = now.seconds - before.seconds
        wall_s = now.wall_s - before.wall_s
        by_process = (now.process_s - before.process_s) / wall_s
        cores = float(by_process.sum())
        shares = _shares(before.phases, now.phases, seconds)
        busy = float(np.sum(1.0 - sum(shares[wait] for wait in _WAITS))) if shares else 0.0
        env_steps = now.env_steps - before.env_steps
        pushes = now.updates - before.updates
        stepping = self._stepping.there(env_steps, now.seconds)
        pushing = self._pushing.there(pushes, now.seconds)
        computing = self._computing.there(by_process, now.seconds)
        values: dict[str, NDArray[np.floating]] = {
            "worker_steps_per_second": env_steps[stepping] / seconds,
            "worker_pushes_per_second": pushes[pushing] / seconds,
            "updates_per_second": np.array([pushes.sum() / seconds]),
            "processor_cores": np.array([cores]),
            "process_cores": by_process[computing],
            "record_cores": np.array([(now.thread_s - before.thread_s) / wall_s]),
            "gil_bound": np.array([cores / min(busy, self._cores) if busy else np.nan]),
            "memory_bytes": np.array([float(self._memory_bytes())]),
        }
        if now.queue is not None and before.queue is not None:
            # A queue that was made anew meanwhile begins at 0 again.
            dropped = max(0, now.queue.dropped - before.queue.dropped)
            predictions = max(0, now.queue.predictions - before.queue.predictions)
            values["dropped_segments"] = np.array([dropped / seconds])
            values["predictions_per_second"] = np.array([predictions / seconds])
            if env_steps.any():
                learned = now.learned_samples - before.learned_samples
                values["learning_balance"] = np.array([learned / env_steps.sum()])
        return _summaries(values | shares)

    def _memory_bytes(self) -> int:
        """Resident memory of this process and of those with workers."""
        total: int = self._process.memory_info().rss
        for pid in self._watched.process_ids():
            with suppress(psutil.NoSuchProcess):
                total += psutil.Process(pid).memory_info().rss
        return total

    def _of_learner(self, histograms: dict[str, Histogram]) -> dict[str, MetricSummary]:
        weights = self._watched.weights()
        norm = float(np.linalg.norm(weights))
        self._weights_are_finite = bool(np.isfinite(norm)) or bool(np.isfinite(weights).all())
        values = {"weight_norm": np.array([norm])}
        squares = self._watched.statistics().get("square_average")
        if squares is not None:
            values["statistic_min"] = np.array([float(squares.min())])
            values["statistic_max"] = np.array([float(squares.max())])
        norms = [
            float(np.linalg.norm(weights[layer.start : layer.stop]))
            for layer in self._watched.layers
        ]
        if np.isfinite(norms).all():
            histograms["layer_weight_norm"] = Histogram(0, 0, tuple(norms))
        return _summaries(values)

    def _of_returns(self) -> dict[str, MetricSummary]:
        """Looked at each time: when a return was reached is searched for in these."""
        window, truncated = self._watched.window(), self._watched.truncated_episodes()
        episodes = window.episodes - self._told_episodes
        if episodes == 0:
            return {}
        truncated_share = (truncated - self._told_truncated) / episodes
        self._told_episodes, self._told_truncated = window.episodes, truncated
        recent = np.array(window.recent_returns)
        best = window.best_mean_return
        return _summaries(
            {
                "return_100": recent,
                "return_median_100": np.array([np.median(recent)]),
                "best_return_100": np.array([] if best is None else [best]),
                "truncated_share": np.array([truncated_share]),
            }
        )


def _labels(watched: Watched) -> dict[str, tuple[str, ...]]:
    labels = {"layer_weight_norm": tuple(layer.name for layer in watched.layers)}
    for dimension, choices in enumerate(watched.choices):
        labels[numbered("actions", dimension)] = tuple(map(str, range(choices)))
    return labels


def _of_queue(queue: QueueReading | None) -> dict[str, MetricSummary]:
    if queue is None:
        return {}
    return _summaries(
        {
            "queue_depth": np.array([float(queue.segments)]),
            "queue_fill": np.array([queue.segments / max(1, queue.capacity)]),
            "queue_age_s": np.array([queue.oldest_age_s]),
        }
    )


def _by_number(of_slots: NDArray[np.int64]) -> NDArray[np.int64]:
    """Actors and optimizers by their numbers, up to the last that has any. Shape: (threads,)."""
    numbers = of_slots[:MAX_ACTORS].copy()
    optimizers = of_slots[MAX_ACTORS:]
    numbers[: len(optimizers)] += optimizers
    return numbers[: int(np.max(np.nonzero(numbers), initial=-1)) + 1]


def _shares(
    before: Mapping[str, PhaseTimes], now: Mapping[str, PhaseTimes], seconds: float
) -> dict[str, NDArray[np.floating]]:
    """What share of its time each thread spends on what. Shape of each: (threads,).

    Threads that came meanwhile are left out, and those that are held at the gate.
    """
    there = [name for name in now if name in before and now[name].beats > before[name].beats]
    if not there:
        return {}
    spent = np.array(
        [[getattr(now[n], phase) - getattr(before[n], phase) for n in there] for phase in _PHASES]
    )
    # What began before the interval is added at its end: never more than the whole.
    shares = np.clip(spent / np.maximum(spent.sum(axis=0), seconds), 0.0, 1.0)
    named = {
        f"share_{phase.removesuffix('_s')}": share
        for phase, share in zip(_PHASES, shares, strict=True)
    }
    return named | {"share_other": np.clip(1.0 - shares.sum(axis=0), 0.0, 1.0)}


def _summaries(values: _Values) -> dict[str, MetricSummary]:
    summaries = {name: summarised(np.asarray(v, np.float64)) for name, v in values.items()}
    return {name: summary for name, summary in summaries.items() if summary is not None}
