"""What alert rules look at besides metrics: a present value against its own past."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from matinee.contracts.alerts import (
    GREEDY_SHORTFALL,
    MEMORY_GROWTH,
    NOT_FINITE,
    RETURN_LOST,
    RETURN_RISE,
    SILENCE_S,
    SPEED_SHARE,
    VALUE_LOSS_JUMP,
)
from matinee.contracts.metrics import MetricSummary
from matinee.contracts.progress import Progress
from matinee.training.heartbeats import Heartbeat

KEPT_LOSSES = 300
FEWEST_LOSSES = 30
SPEED_WINDOW_S = 60.0
SHORTEST_SPEED_S = 20.0
"""Before this there is no usual speed."""
MEMORY_WINDOW_S = 1800.0
SHORTEST_MEMORY_S = 300.0
"""Before this nobody knows what a run needs."""
MEMORY_INTERVAL_S = 5.0
KEPT_RETURNS = 1000
FEWEST_RETURNS = 20
"""In the last fifth of the env steps, to tell whether they rise."""
RECENT_SHARE = 0.2
USUAL_SILENCES = 20.0
"""A thread is silent when it has been so for this many of its usual intervals."""
UNKNOWN_INTERVAL_S = 3.0
"""Of a thread that has done nothing yet: its first env step may take long."""


@dataclass(frozen=True)
class Condition:
    """What is known of threads and weights besides metrics.

    Attributes:
        heartbeats: Of every living thread.
        is_finite: The loss, its gradient and the weights are numbers.
    """

    heartbeats: Sequence[Heartbeat] = ()
    is_finite: bool = True


WELL = Condition()


def longest_silence(heartbeats: Sequence[Heartbeat]) -> Heartbeat | None:
    """Of threads that have been silent for much longer than usual."""
    silent = [
        heartbeat
        for heartbeat in heartbeats
        if heartbeat.age_s > USUAL_SILENCES * (heartbeat.interval_s or UNKNOWN_INTERVAL_S)
    ]
    return max(silent, key=lambda heartbeat: heartbeat.age_s, default=None)


class AlertSignals:
    """One for each run; used by the host's thread alone."""

    def __init__(self) -> None:
        self._first_return: float | None = None
        self._losses: deque[float] = deque(maxlen=KEPT_LOSSES)
        self._speeds: deque[tuple[float, float]] = deque()
        self._memory: deque[tuple[float, float]] = deque()
        self._returns: list[tuple[int, float]] = []

    def read(
        self,
        metrics: Mapping[str, MetricSummary],
        progress: Progress,
        condition: Condition = WELL,
    ) -> dict[str, float]:
        """The signals of this flush; one that can't be told yet is left out."""
        signals = {
            RETURN_LOST: self._return_lost(progress),
            GREEDY_SHORTFALL: self._greedy_shortfall(metrics, progress),
            VALUE_LOSS_JUMP: self._value_loss_jump(metrics),
            SPEED_SHARE: self._speed_share(progress),
            RETURN_RISE: self._return_rise(progress),
            MEMORY_GROWTH: self._memory_growth(metrics, progress),
            NOT_FINITE: 0.0 if condition.is_finite else 1.0,
        }
        if condition.heartbeats:
            silence = longest_silence(condition.heartbeats)
            signals[SILENCE_S] = 0.0 if silence is None else silence.age_s
        return {name: value for name, value in signals.items() if math.isfinite(value)}

    def _return_lost(self, progress: Progress) -> float:
        r"""Share of the gain that is lost: $(G_{best} - G) / (G_{best} - G_{first})$."""
        mean, best = progress.mean_return_100, progress.best_mean_return_100
        if mean is None or best is None:
            return math.nan
        if self._first_return is None:
            self._first_return = mean
        gain = best - self._first_return
        return (best - mean) / gain if gain > 0 else math.nan

    def _greedy_shortfall(self, metrics: Mapping[str, MetricSummary], progress: Progress) -> float:
        r"""Share of the gain that test episodes lack.

        $(G - G_{greedy}) / (G_{best} - G_{first})$, told at each greedy evaluation.
        """
        summary = metrics.get("evaluation_return_greedy")
        mean, best = progress.mean_return_100, progress.best_mean_return_100
        if summary is None or mean is None or best is None or self._first_return is None:
            return math.nan
        gain = best - self._first_return
        return (mean - summary.mean) / gain if gain > 0 else math.nan

    def _value_loss_jump(self, metrics: Mapping[str, MetricSummary]) -> float:
        """The critic's loss as a multiple of its median until now."""
        summary = metrics.get("value_loss")
        if summary is None or not math.isfinite(summary.mean):
            return math.nan
        usual = median(self._losses) if len(self._losses) >= FEWEST_LOSSES else 0.0
        self._losses.append(summary.mean)
        return summary.mean / usual if usual > 0 else math.nan

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

    def _return_rise(self, progress: Progress) -> float:
        r"""Rise over the last fifth of the env steps, as a share of the range of all.

        $(\overline{G}_{2} - \overline{G}_{1}) / (\max G - \min G)$ over the halves of that fifth.
        """
        mean, known = progress.mean_return_100, self._returns
        if mean is None:
            return math.nan
        if not known or known[-1][0] < progress.env_steps:
            known.append((progress.env_steps, mean))
        if len(known) > KEPT_RETURNS:
            # Memory stays bounded; what is long ago is remembered coarsely.
            del known[1:-1:2]
        newest, oldest = known[-1][0], known[0][0]
        begin = newest - RECENT_SHARE * (newest - oldest)
        recent = [value for env_step, value in known if env_step >= begin]
        values = [value for _, value in known]
        if len(recent) < FEWEST_RETURNS or max(values) == min(values):
            return math.nan
        half = len(recent) // 2
        return (fmean(recent[half:]) - fmean(recent[:half])) / (max(values) - min(values))

    def _memory_growth(self, metrics: Mapping[str, MetricSummary], progress: Progress) -> float:
        """Share by which the memory grows in an hour, over the last half hour."""
        summary, known, now = metrics.get("memory_bytes"), self._memory, progress.seconds
        if summary is None:
            return math.nan
        if not known or now - known[-1][0] >= MEMORY_INTERVAL_S:
            known.append((now, summary.last))
        while known[0][0] < now - MEMORY_WINDOW_S:
            known.popleft()
        then, before = known[0]
        if now - then < SHORTEST_MEMORY_S:
            return math.nan
        return (summary.last / before - 1.0) / ((now - then) / 3600.0)
