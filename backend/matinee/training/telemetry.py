"""What workers tell about themselves, collected without slowing them down.

A worker appends one compact record for each rollout to a deque of its own: no lock, no SQL, no
socket. One reader drains them about ten times a second. Only finished episodes pass a lock, once
for each rollout that finished any, because their order and the exact moment of solving are
properties of the run and not of a worker.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from matinee.contracts.metrics import UPDATE_METRICS, MetricSummary
from matinee.contracts.progress import SolvedAt
from matinee.training.return_window import FinishedEpisodes, ReturnWindow, WindowState

BACKLOG_LIMIT = 4096
"""Records of one worker that may wait for the reader, some 15 s of the fastest training."""

_WAIT_SLICE_S = 0.05

_Record = TypeVar("_Record")


class UpdateRecord(NamedTuple):
    """One push, in the order of `UPDATE_METRICS`."""

    policy_loss: float
    value_loss: float
    entropy: float
    entropy_fraction: float
    explained_variance: float
    gradient_norm: float
    gradient_clipped: float
    policy_lag: float
    value_mean: float
    advantage_std: float
    learning_rate: float


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


@dataclass(frozen=True)
class EpisodeTable:
    """Finished episodes of all workers, in the order of their numbers.

    Shape of each: (number of episodes,).
    """

    episode: NDArray[np.int64]
    worker: NDArray[np.int64]
    env_step: NDArray[np.int64]
    seconds: NDArray[np.float64]
    returns: NDArray[np.float64]
    lengths: NDArray[np.int64]

    def __len__(self) -> int:
        """How many episodes."""
        return len(self.episode)


class Telemetry:
    """One for each run.

    Args:
        workers: How many there are.
        window: Where finished episodes are looked at for solving.
        gives_up: Asked while a worker waits for a stalled reader: whether to wait no longer.
    """

    def __init__(self, workers: int, *, window: ReturnWindow, gives_up: Callable[[], bool]) -> None:
        self._gives_up = gives_up
        self._updates: tuple[deque[UpdateRecord], ...] = tuple(deque() for _ in range(workers))
        self._statuses: deque[WorkerStatus] = deque()
        self._process_statuses: deque[ProcessStatus] = deque()
        self._episodes_lock = threading.Lock()
        """Guards `_window` and the order of `_episodes`: one total order over all workers."""
        self._window = window
        self._episodes: deque[tuple[int, FinishedEpisodes]] = deque()
        self._drained = threading.Event()

    # ---- the workers' side -----------------------------------------------------------------------

    def record_update(self, worker: int, record: UpdateRecord) -> None:
        """Keep one push. Called by the worker's thread, which waits if the reader is far behind."""
        own = self._updates[worker]
        while len(own) >= BACKLOG_LIMIT and not self._gives_up():
            self._drained.clear()
            self._drained.wait(_WAIT_SLICE_S)
        own.append(record)

    def record_episodes(self, episodes: FinishedEpisodes) -> SolvedAt | None:
        """Keep finished episodes, at least one.

        Returns:
            When the run was solved, if it is.
        """
        with self._episodes_lock:
            first = self._window.add(episodes)
            self._episodes.append((first, episodes))
            return self._window.solved_at

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

    def drain_episodes(self) -> EpisodeTable:
        """Take the episodes that ended since the last call."""
        return _table(_take_all(self._episodes))

    def drain_metrics(self) -> dict[str, MetricSummary]:
        """Take the pushes since the last call, summarised over all workers.

        A metric of which no value was defined is left out.
        """
        records = [record for own in self._updates for record in _take_all(own)]
        self._drained.set()
        if not records:
            return {}
        columns = np.array(records, dtype=np.float64).T
        summaries = {
            name: summarised(column) for name, column in zip(UPDATE_METRICS, columns, strict=True)
        }
        return {name: summary for name, summary in summaries.items() if summary is not None}

    def drain_statuses(self) -> list[WorkerStatus]:
        """Take the status changes since the last call."""
        return _take_all(self._statuses)

    def drain_process_statuses(self) -> list[ProcessStatus]:
        """Take the status changes of worker processes since the last call."""
        return _take_all(self._process_statuses)


def summarised(values: NDArray[np.float64]) -> MetricSummary | None:
    """Mean, min, max, last and count of the finite values; None if there are none."""
    finite = values[np.isfinite(values)]
    if len(finite) == 0:
        return None
    return MetricSummary(
        mean=float(finite.mean()),
        min=float(finite.min()),
        max=float(finite.max()),
        last=float(finite[-1]),
        count=len(finite),
    )


def _take_all(records: deque[_Record]) -> list[_Record]:
    """Empty a deque that others append to meanwhile."""
    return [records.popleft() for _ in range(len(records))]


def _table(batches: Sequence[tuple[int, FinishedEpisodes]]) -> EpisodeTable:
    def joined(parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
        return np.concatenate(parts) if parts else np.empty(0)

    numbers = [np.arange(first, first + len(batch)) for first, batch in batches]
    workers = [np.full(len(batch), batch.worker) for _, batch in batches]
    return EpisodeTable(
        episode=joined(numbers).astype(np.int64),
        worker=joined(workers).astype(np.int64),
        env_step=joined([batch.env_step for _, batch in batches]).astype(np.int64),
        seconds=joined([batch.seconds for _, batch in batches]),
        returns=joined([batch.returns for _, batch in batches]),
        lengths=joined([batch.lengths for _, batch in batches]).astype(np.int64),
    )
