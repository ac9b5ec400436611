"""What workers tell about themselves, collected without slowing them down.

A worker appends the bare numbers of each update to bytes of its own: no SQL, no socket, no
arithmetic, and a lock that only the reader shares, for a moment. The reader drains them a few times
a second. Finished episodes pass a lock of all workers, once for each rollout that finished any,
because their order and the exact moment of solving are properties of the run and not of a worker.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from matinee.contracts.histograms import Histogram, numbered
from matinee.contracts.metrics import MetricSummary
from matinee.contracts.progress import SolvedAt
from matinee.training.binning import binned
from matinee.training.phase_clock import PhaseClock
from matinee.training.return_window import FinishedEpisodes, ReturnWindow, WindowState
from matinee.training.sampled_rollouts import RolloutSample, SampledRollouts
from matinee.training.slots import Seat
from matinee.training.start_value import StartSample
from matinee.training.update_records import (
    ROW_BYTES,
    UpdateRecord,
    UpdateSummaries,
    columns_of,
    packed,
    summarised,
)
from matinee.training.waiting_episodes import EpisodeTable, WaitingEpisodes
from matinee.training.waiting_updates import WaitingUpdates

BACKLOG_LIMIT = 4096
"""Records of one worker that may wait for the reader, some 15 s of the fastest training."""

KEPT_STARTS = 1024
"""Followed episodes that may wait; of more, the older ones go: they are a sample anyway."""

EPISODES_AT_ONCE = 16_384
"""When so many wait, the reader is called. Short ones come at 100,000 a second and more, and what
is made of them on their way to the disk takes several times as much memory as they do."""

_WAIT_SLICE_S = 0.05

_Record = TypeVar("_Record")


Status = Literal["running", "finished", "failed"]


@dataclass(frozen=True)
class WorkerStatus:
    """A thread began, ended or failed."""

    worker: int
    status: Status
    error: str | None = None


@dataclass(frozen=True)
class ProcessStatus:
    """A worker process has come up, ended or failed.

    Attributes:
        process: Its number, from 1.
        pid: Its number for the system.
        status: What became of it.
        start_s: How long it took to come up; None if it never did.
        error: Why it failed, if it did.
    """

    process: int
    pid: int
    status: Status
    start_s: float | None
    error: str | None = None


class Telemetry:
    """One for each run.

    Args:
        workers: How many threads record updates.
        window: Where finished episodes are looked at for solving.
        gives_up: Asked while a worker waits for a stalled reader: whether to wait no longer.
        maximum_entropy: log|A| of discrete actions; nan for continuous ones, which have none.
        on_many_episodes: Called by a worker's thread when the reader should come; must not block.
    """

    def __init__(
        self,
        workers: int,
        *,
        window: ReturnWindow,
        gives_up: Callable[[], bool],
        maximum_entropy: float = math.nan,
        on_many_episodes: Callable[[], None] = lambda: None,
    ) -> None:
        self._gives_up = gives_up
        self._on_many_episodes = on_many_episodes
        self._maximum_entropy = maximum_entropy
        self._updates = tuple(WaitingUpdates() for _ in range(workers))
        self._summaries = UpdateSummaries()
        self._sampled = SampledRollouts()
        self._starts: deque[StartSample] = deque(maxlen=KEPT_STARTS)
        self._statuses: deque[WorkerStatus] = deque()
        self._process_statuses: deque[ProcessStatus] = deque()
        self._episodes_lock = threading.Lock()
        """Guards `_window`, `_truncated` and `_episodes`: one order for all."""
        self._window = window
        self._truncated = 0
        self._episodes = WaitingEpisodes()
        self._drained = threading.Event()
        self._histograms: dict[str, Histogram] = {}
        self._returns: list[NDArray[np.float64]] = []
        """Drained, but not counted yet: that is cheaper for many at once."""
        self._learned_samples = 0.0
        self._clocks: dict[str, PhaseClock] = {}
        self._seats: dict[str, Seat] = {}
        self._lags: dict[int, list[NDArray[np.float64]]] = {}

    # ---- the workers' side -----------------------------------------------------------------------

    def phase_clock(self, thread: str, seat: Seat) -> PhaseClock:
        """The clock of a thread, by name, made before that thread starts; the old one is gone."""
        clock = PhaseClock()
        self._clocks = {**self._clocks, thread: clock}
        others = {name: other for name, other in self._seats.items() if name != thread}
        self._seats = {**others, thread: seat}
        return clock

    def record_update(self, worker: int, record: UpdateRecord) -> None:
        """Keep one push. Called by the worker's thread, which waits if the reader is far behind."""
        self.record_packed_updates(worker, packed(record))

    def record_packed_updates(self, worker: int, rows: bytes | bytearray) -> None:
        """Keep pushes of a worker in another process, oldest first; may wait like the other."""
        own = self._updates[worker]
        while len(own) >= BACKLOG_LIMIT and not self._gives_up():
            self._drained.clear()
            self._drained.wait(_WAIT_SLICE_S)
        own.add(rows)

    def record_rollout(self, sample: RolloutSample) -> None:
        """Keep what a rollout shows, for histograms; only now and then."""
        self._sampled.add(sample)

    def record_start(self, sample: StartSample) -> None:
        """Keep what came of an episode that was followed; only now and then."""
        self._starts.append(sample)

    def record_episodes(self, episodes: FinishedEpisodes) -> SolvedAt | None:
        """Keep finished episodes, at least one.

        Returns:
            When the run was solved, if it is.
        """
        with self._episodes_lock:
            first = self._window.add(episodes)
            self._truncated += episodes.truncated
            waited = len(self._episodes)
            self._episodes.add(first, episodes)
            are_many = waited < EPISODES_AT_ONCE <= len(self._episodes)
            solved_at = self._window.solved_at
        if are_many:
            self._on_many_episodes()
        return solved_at

    def record_status(self, status: WorkerStatus) -> None:
        """Keep that a thread began, ended or failed."""
        self._statuses.append(status)

    def record_process_status(self, status: ProcessStatus) -> None:
        """Keep that a worker process has come up, ended or failed."""
        self._process_statuses.append(status)

    # ---- the reader's side -----------------------------------------------------------------------

    def window(self) -> WindowState:
        """The last 100 episodes, the best mean, and when it was solved."""
        with self._episodes_lock:
            return self._window.state()

    @property
    def clocks(self) -> Mapping[str, PhaseClock]:
        """One for each thread that tells where its time goes, by the thread's name."""
        return self._clocks

    @property
    def seats(self) -> Mapping[str, Seat]:
        """What each thread is there for, by its name: also those that have ended, newest last."""
        return self._seats

    @property
    def learned_samples(self) -> float:
        """Samples of all updates that have been drained."""
        return self._learned_samples

    @property
    def truncated_episodes(self) -> int:
        """Episodes so far that ended by truncation alone."""
        with self._episodes_lock:
            return self._truncated

    def drain_episodes(self) -> EpisodeTable:
        """Take the episodes that ended since the last call."""
        with self._episodes_lock:
            waiting, self._episodes = self._episodes, WaitingEpisodes()
        table = waiting.table()
        self._returns.append(table.returns)
        return table

    def drain_metrics(self) -> dict[str, MetricSummary]:
        """Take the pushes since the last call, summarised over all workers.

        A metric of which no value was defined is left out; a detailed one comes less often.
        """
        taken = [own.take() for own in self._updates]
        self._drained.set()
        if not any(taken):
            return {}
        columns = columns_of(b"".join(taken), maximum_entropy=self._maximum_entropy)
        self._learned_samples += float(np.nansum(columns["batch_samples"]))
        lags = columns["policy_lag"]
        end = 0
        for slot, own in enumerate(taken):
            if own:
                begin, end = end, end + len(own) // ROW_BYTES
                self._lags.setdefault(slot, []).append(lags[begin:end].copy())
        self._count("policy_lag", binned(lags[np.isfinite(lags)].astype(np.int64)))
        return self._summaries.add(columns)

    def drain_lags(self) -> dict[int, NDArray[np.float64]]:
        """Take the policy lags of the pushes that were drained since the last call, by slot."""
        lags, self._lags = self._lags, {}
        joined = {slot: np.concatenate(parts) for slot, parts in lags.items()}
        return {slot: values[np.isfinite(values)] for slot, values in joined.items()}

    def drain_sampled(self) -> dict[str, MetricSummary]:
        """Take the sampled rollouts and episodes since the last call: what they show."""
        drained = self._sampled.drain()
        for number, histogram in enumerate(drained.actions):
            self._count(numbered("actions", number), histogram)
        starts = _take_all(self._starts)
        promised = np.array([sample.value for sample in starts])
        came = np.array([sample.discounted_return for sample in starts])
        summaries = {
            "reward_abs_max": summarised(drained.reward_abs_max),
            "action_max_share": summarised(drained.action_max_share),
            "start_value": summarised(promised),
            "start_return": summarised(came),
            "value_bias": summarised(promised - came),
        }
        return {name: summary for name, summary in summaries.items() if summary is not None}

    def drain_histograms(self) -> dict[str, Histogram]:
        """Take what was counted since the last call; call it after the other drains."""
        returns, self._returns = self._returns, []
        if returns:
            self._count("episode_return", binned(np.concatenate(returns)))
        histograms, self._histograms = self._histograms, {}
        return histograms

    def drain_statuses(self) -> list[WorkerStatus]:
        """Take the status changes since the last call."""
        return _take_all(self._statuses)

    def drain_process_statuses(self) -> list[ProcessStatus]:
        """Take the status changes of worker processes since the last call."""
        return _take_all(self._process_statuses)

    def _count(self, name: str, histogram: Histogram | None) -> None:
        if histogram is not None:
            before = self._histograms.get(name)
            self._histograms[name] = histogram if before is None else before.plus(histogram)


def _take_all(records: deque[_Record]) -> list[_Record]:
    """Empty a deque that others append to meanwhile."""
    return [records.popleft() for _ in range(len(records))]
