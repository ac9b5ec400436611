"""What alert rules look at besides metrics: a present value against its own past."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from statistics import median

from matinee.contracts.alert_rule import (
    ACTION_SHARE,
    GREEDY_SHORTFALL,
    MEMORY_GROWTH,
    NOT_FINITE,
    RETURN_LOST,
    RETURN_RISE,
    SILENCE_S,
    SOLVED,
    SPEED_SHARE,
    VALUE_EXCESS,
    VALUE_LOSS_JUMP,
    WORKER_DIED,
)
from matinee.contracts.metrics import MetricSummary
from matinee.contracts.progress import Progress
from matinee.training.heartbeats import Heartbeat
from matinee.worker.action_counts import ActionCounts
from matinee.worker.condition import WELL, Condition
from matinee.worker.memory_course import MemoryCourse
from matinee.worker.return_course import ReturnCourse, greedy_shortfall, return_lost
from matinee.worker.value_signals import LossCourse, ValueCourse

SPEED_WINDOW_S = 60.0
SHORTEST_SPEED_S = 20.0
"""Before this there is no usual speed."""
USUAL_SILENCES = 20.0
"""A thread is silent when it has been so for this many of its usual intervals."""
UNKNOWN_INTERVAL_S = 3.0
"""Of a thread that has done nothing yet: its first env step may take long."""


def is_silent(heartbeat: Heartbeat) -> bool:
    """Whether a thread has shown no sign of life for much longer than usual."""
    return heartbeat.age_s > USUAL_SILENCES * (heartbeat.interval_s or UNKNOWN_INTERVAL_S)


def longest_silence(heartbeats: Sequence[Heartbeat]) -> Heartbeat | None:
    """Of threads that have been silent for much longer than usual."""
    silent = filter(is_silent, heartbeats)
    return max(silent, key=lambda heartbeat: heartbeat.age_s, default=None)


class AlertSignals:
    """One for each run; used by the host's thread alone."""

    def __init__(self) -> None:
        self._returns = ReturnCourse()
        self._losses = LossCourse()
        self._values = ValueCourse()
        self._actions = ActionCounts()
        self._speeds: deque[tuple[float, float]] = deque()
        self._memory = MemoryCourse()

    def read(
        self,
        metrics: Mapping[str, MetricSummary],
        progress: Progress,
        condition: Condition = WELL,
    ) -> dict[str, float]:
        """The signals of this flush; one that can't be told yet is left out."""
        window, target, rewards = condition.window, condition.target, condition.rewards
        self._returns.add(condition.finished_returns, window, env_steps=progress.env_steps)
        greedy = metrics.get("evaluation_return_greedy")
        signals = {
            RETURN_LOST: return_lost(window, target=target),
            GREEDY_SHORTFALL: greedy_shortfall(greedy, window, target=target),
            RETURN_RISE: self._returns.rise(),
            ACTION_SHARE: self._actions.share(condition.actions, env_steps=progress.env_steps),
            VALUE_EXCESS: self._values.excess(metrics, rewards),
            VALUE_LOSS_JUMP: self._losses.jump(metrics.get("value_loss"), rewards),
            SPEED_SHARE: self._speed_share(progress),
            MEMORY_GROWTH: self._memory.growth(
                metrics.get("memory_bytes"),
                seconds=progress.seconds,
                threads=len(condition.heartbeats),
            ),
            NOT_FINITE: 0.0 if condition.is_finite else 1.0,
            SOLVED: 1.0 if progress.solved_at and not condition.ends_at_target else 0.0,
            WORKER_DIED: 1.0 if condition.death else 0.0,
        }
        if condition.heartbeats:
            silence = longest_silence(condition.heartbeats)
            signals[SILENCE_S] = 0.0 if silence is None else silence.age_s
        return {name: value for name, value in signals.items() if math.isfinite(value)}

    def _speed_share(self, progress: Progress) -> float:
        """Env steps per second as a share of their median over the last minute."""
        now, speeds = progress.seconds, self._speeds
        while speeds and speeds[0][0] < now - SPEED_WINDOW_S:
            speeds.popleft()
        known_for = now - speeds[0][0] if speeds else 0.0
        usual = median(speed for _, speed in speeds) if known_for >= SHORTEST_SPEED_S else 0.0
        if not speeds or speeds[-1][0] < now:
            speeds.append((now, progress.steps_per_second))
        return progress.steps_per_second / usual if usual > 0 else math.nan
