"""What alert rules look at besides metrics: a present value against its own past."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from statistics import median

from matinee.contracts.alerts import RETURN_LOST, SPEED_SHARE, VALUE_LOSS_JUMP
from matinee.contracts.metrics import MetricSummary
from matinee.contracts.progress import Progress

KEPT_LOSSES = 300
FEWEST_LOSSES = 30
SPEED_WINDOW_S = 60.0
SHORTEST_SPEED_S = 20.0
"""Before this there is no usual speed."""


class AlertSignals:
    """One for each run; used by the host's thread alone."""

    def __init__(self) -> None:
        self._first_return: float | None = None
        self._losses: deque[float] = deque(maxlen=KEPT_LOSSES)
        self._speeds: deque[tuple[float, float]] = deque()

    def read(self, metrics: Mapping[str, MetricSummary], progress: Progress) -> dict[str, float]:
        """The signals of this flush; one that can't be told yet is left out."""
        signals = {
            RETURN_LOST: self._return_lost(progress),
            VALUE_LOSS_JUMP: self._value_loss_jump(metrics),
            SPEED_SHARE: self._speed_share(progress),
        }
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
