"""Counts a worker's env steps and tells which episodes ended: the costly part only now and then.

Counters move with every rollout. Looking for finished episodes costs about 50 µs, as much for a
few rows of steps as for many, so rows are kept until there are enough, or until somebody watches.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matinee.algorithm.rollout import Rollout
from matinee.training.budget import Budget
from matinee.training.counters import SlotCounter
from matinee.training.episode_tracker import EpisodeTracker
from matinee.training.ports import Listener, Stopwatch
from matinee.training.return_window import FinishedEpisodes

ROWS_AT_ONCE = 64
"""Rows (steps of all environments) that are looked at together. A number of steps and not of
seconds, so that a run with one worker and a target ends at the same step each time."""


@dataclass(frozen=True)
class _Rows:
    """Consecutive steps. Shape of all but `times`: (rows, N)."""

    rewards: NDArray[np.float32]
    ended: NDArray[np.bool_]
    valid: NDArray[np.bool_]
    times: NDArray[np.float64]


class StepReporter:
    """One for each worker, used by its thread alone."""

    def __init__(
        self,
        worker: int,
        environments: int,
        *,
        env_steps: SlotCounter,
        clock: Stopwatch,
        telemetry: Listener,
        budget: Budget,
    ) -> None:
        self._worker = worker
        self._env_steps = env_steps
        self._clock = clock
        self._telemetry = telemetry
        self._budget = budget
        self._episodes = EpisodeTracker(environments)
        self._kept: list[_Rows] = []
        self._kept_rows = 0
        self._truncated = 0
        self._reward_abs_max = 0.0
        self._own_before = 0
        self._others_before = 0
        self.flushed_at = 0.0
        """When episodes were last told, by `time.perf_counter`."""

    def add(self, rollout: Rollout, rows: slice, times: NDArray[np.float64]) -> None:
        """Count finished rows of a rollout, and keep them until they are looked at.

        Args:
            rollout: Where they stand; it may be overwritten afterwards.
            rows: Which of its steps.
            times: When each step of the rollout ended. Shape: (T,).
        """
        if not self._kept:
            self._own_before = self._env_steps.own(self._worker)
            self._others_before = self._env_steps.others(self._worker)
        valid = rollout.valid[rows].copy()
        self._kept.append(
            _Rows(
                rewards=rollout.rewards[rows].copy(),
                ended=rollout.ended[rows].copy(),
                valid=valid,
                times=times[rows].copy(),
            )
        )
        self._kept_rows += len(valid)
        # Truncated and not terminated: `>` of two booleans.
        self._truncated += int(np.count_nonzero(rollout.truncated[rows] > rollout.terminated[rows]))
        self._env_steps.add(self._worker, int(np.count_nonzero(valid)))
        if self._kept_rows >= ROWS_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Tell the episodes that ended in the rows kept so far."""
        now = time.perf_counter()
        self.flushed_at = now
        if not self._kept:
            return
        rows = _joined(self._kept)
        self._kept = []
        self._kept_rows = 0
        self._reward_abs_max = max(self._reward_abs_max, float(np.abs(rows.rewards).max()))
        episodes = self._episodes.advance(rows.rewards, rows.ended, rows.valid)
        if len(episodes.step) == 0:
            return
        own = np.cumsum(np.count_nonzero(rows.valid, axis=1))
        # The others' steps are known before the rows and after them: in between, in proportion.
        others_since = self._env_steps.others(self._worker) - self._others_before
        others = self._others_before + others_since * own // max(1, own[-1])
        ago_s = now - rows.times[episodes.step]
        truncated, self._truncated = self._truncated, 0
        reward_abs_max, self._reward_abs_max = self._reward_abs_max, 0.0
        solved_at = self._telemetry.record_episodes(
            FinishedEpisodes(
                worker=self._worker,
                env_step=(self._own_before + own + others)[episodes.step],
                seconds=np.maximum(0.0, self._clock.seconds() - ago_s),
                returns=episodes.returns,
                lengths=episodes.lengths,
                truncated=truncated,
                reward_abs_max=reward_abs_max,
            )
        )
        self._budget.check_target(solved_at)


def _joined(parts: list[_Rows]) -> _Rows:
    if len(parts) == 1:
        return parts[0]
    return _Rows(
        rewards=np.concatenate([part.rewards for part in parts]),
        ended=np.concatenate([part.ended for part in parts]),
        valid=np.concatenate([part.valid for part in parts]),
        times=np.concatenate([part.times for part in parts]),
    )
