"""The queue of ga3c: environment threads put whole segments in, optimizer threads take batches out.

It is bounded: when optimizers can't keep up, environment threads wait, so that data does not grow
old and memory does not grow. Nobody spins: all waiting is on a condition.

Reference: Babaeizadeh et al. 2017 (GA3C), §4; segments instead of single samples because V-trace
needs trajectories (Espeholt et al. 2018, §4.1).
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass

from matinee.algorithm.rollout import Rollout


@dataclass(frozen=True)
class Segment:
    """A finished rollout on its way to an optimizer.

    Attributes:
        rollout: With the behaviour's log-probabilities and the version of its weights.
        samples: Valid steps.
        made_at: When it was finished, by `time.perf_counter`.
    """

    rollout: Rollout
    samples: int
    made_at: float


@dataclass(frozen=True)
class QueueReading:
    """The queue at one moment, and what has happened to it so far.

    Attributes:
        segments: Waiting.
        samples: Waiting.
        capacity: Segments that fit.
        oldest_age_s: Of the segment that has waited longest; 0 if none waits.
        dropped: Segments thrown away so far, because the policy had moved on too far.
        predictions: Observations that predictor threads have answered so far.
    """

    segments: int
    samples: int
    capacity: int
    oldest_age_s: float
    dropped: int
    predictions: int = 0


class SampleQueue:
    """Bounded and blocking, for any number of threads on both sides."""

    def __init__(self, capacity: int) -> None:
        self._changed = threading.Condition()
        """Guards everything below; both sides wait on it."""
        self._segments: deque[Segment] = deque()
        self._free: list[Rollout] = []
        self._capacity = capacity
        self._samples = 0
        self._dropped = 0

    def resize(self, capacity: int) -> None:
        """Change how many segments fit; those that wait stay."""
        with self._changed:
            if capacity != self._capacity:
                self._capacity = capacity
                self._free.clear()
                self._changed.notify_all()

    def put(self, segment: Segment, timeout_s: float) -> bool:
        """Add a segment, waiting no longer than `timeout_s` for room; False if there was none."""
        with self._changed:
            if not self._changed.wait_for(
                lambda: len(self._segments) < self._capacity, timeout=timeout_s
            ):
                return False
            self._segments.append(segment)
            self._samples += segment.samples
            self._changed.notify_all()
            return True

    def take(self, min_samples: int, timeout_s: float) -> list[Segment]:
        """Take all that waits, once it is `min_samples` or more or the queue is full.

        Returns:
            Segments, oldest first; empty if there were too few for `timeout_s`.
        """
        with self._changed:
            if not self._changed.wait_for(
                lambda: self._samples >= min_samples or 0 < self._capacity <= len(self._segments),
                timeout=timeout_s,
            ):
                return []
            taken = list(self._segments)
            self._segments.clear()
            self._samples = 0
            self._changed.notify_all()
            return taken

    def count_dropped(self, segments: int) -> None:
        """Segments that an optimizer took and threw away as too old."""
        with self._changed:
            self._dropped += segments

    def recycle(self, rollouts: list[Rollout]) -> None:
        """Give the memory of used segments back, to be filled again.

        The newest are kept: older ones may be of a length that nobody wants any more.
        """
        with self._changed:
            self._free.extend(rollouts)
            del self._free[: -2 * self._capacity]

    def reuse(self, length: int, environments: int) -> Rollout | None:
        """A used rollout of this size, if there is one."""
        with self._changed:
            for index, rollout in enumerate(self._free):
                if rollout.length == length and rollout.environments == environments:
                    return self._free.pop(index)
            return None

    def reading(self) -> QueueReading:
        """Depth, age and losses, for whoever watches."""
        with self._changed:
            oldest = self._segments[0].made_at if self._segments else None
            return QueueReading(
                segments=len(self._segments),
                samples=self._samples,
                capacity=self._capacity,
                oldest_age_s=0.0 if oldest is None else time.perf_counter() - oldest,
                dropped=self._dropped,
            )
