"""How the return has gone over a run: what was gained, what is lost again, whether it still rises.

A mean of 100 noisy episodes moves without any learning. Nothing here is told that such noise could
explain.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from matinee.contracts.metrics import MetricSummary
from matinee.training.return_window import WINDOW_EPISODES, WindowState

LEAST_SHARE = 0.1
"""Of the way to the target: a policy that has come less far has gained nothing to speak of."""
GRANTED_ERRORS = 2.0
"""Standard errors that a difference of means must exceed: chance does so in 2 of 100 cases."""
RECENT_SHARE = 0.2
KEPT_POINTS = 1000
ROUNDING = 1e-9
"""Relative; means of equal returns may differ by their rounding, and that is no difference."""


def gain(window: WindowState, *, target: float | None) -> float:
    r"""What the best 100 episodes have gained over the first 100; 0 if that is not much.

    $g = \overline G_{best} - \overline G_{first}$ counts if
    $g \ge \sqrt{(\sigma_{first}^2 + \sigma_{best}^2)/2}$, the spread of single returns, and, where
    a target is known, if $g \ge \frac{1}{10} (G_{target} - \overline G_{first})$.

    Both are free of the scale of rewards. The first asks for a Cohen's d of 1 (Cohen 1988 calls
    0.8 large), which is 10 standard errors of a mean of 100 episodes. The best of all windows of
    a run that learns nothing lies about $\sqrt{2 \ln n}$ standard errors above the mean of n
    independent ones: 5 of them for n = 300,000, thus noise does not get there. The second keeps
    quiet while a run that has hardly begun to learn loses that little again, as all do.

    Args:
        window: With first and best; without them the gain is 0.
        target: Mean return that counts as solved; None: not known.
    """
    if window.first is None or window.best is None:
        return 0.0
    gained = window.best.mean - window.first.mean
    spread = math.sqrt((window.first.std**2 + window.best.std**2) / 2.0)
    least = max(spread, ROUNDING * abs(window.first.mean))
    if target is not None:
        least = max(least, LEAST_SHARE * (target - window.first.mean))
    return gained if gained >= least else 0.0


def return_lost(window: WindowState, *, target: float | None) -> float:
    r"""Share of the gain that is lost: $(\overline G_{best} - \overline G_{100}) / g$.

    0 while nothing is gained; nan before there are 100 episodes.
    """
    if window.best is None:
        return math.nan
    gained = gain(window, target=target)
    mean = float(np.mean(window.recent_returns))
    return (window.best.mean - mean) / gained if gained > 0.0 else 0.0


def greedy_shortfall(
    summary: MetricSummary | None, window: WindowState, *, target: float | None
) -> float:
    r"""Share of the gain that greedy test episodes surely lack.

    $(\overline G_{100} - \overline G_{greedy} - 2\,\sigma_{100}/\sqrt k) / g$ of k test episodes,
    which are granted two standard errors. 0 while nothing is gained.

    Args:
        summary: Returns of the test episodes; without them it is nan.
        window: Of training.
        target: As for `gain`.
    """
    if summary is None or window.best is None:
        return math.nan
    gained = gain(window, target=target)
    returns = np.array(window.recent_returns)
    granted = GRANTED_ERRORS * float(returns.std()) / math.sqrt(summary.count)
    return (float(returns.mean()) - summary.mean - granted) / gained if gained > 0.0 else 0.0


class _Point(NamedTuple):
    """Sums over all episodes up to an env step."""

    env_step: float
    episodes: float = 0.0
    total: float = 0.0
    squares: float = 0.0


class ReturnCourse:
    """Sums of returns along a run, to compare one stretch of it with another.

    Used by the host's thread alone. Points are rows of a table that has its last size from the
    start: as objects they would look like a leak for a quarter of an hour.
    """

    def __init__(self) -> None:
        self._points = np.zeros((KEPT_POINTS, len(_Point._fields)))
        self._count = 0
        self._least = math.inf
        self._greatest = -math.inf

    def add(self, returns: ArrayLike, window: WindowState, *, env_steps: int) -> None:
        """Go on to `env_steps`.

        Args:
            returns: Of the episodes that have ended since the last call. Shape: (N,).
            window: After them.
            env_steps: Of the run so far.
        """
        if self._count == 0:
            # Episodes that ended before belong to nobody's stretch.
            self._append(_Point(env_steps))
        for full in (window.first, window.best):
            if full is not None:
                self._note(full.mean)
        values = np.asarray(returns, np.float64)
        last = self._point(self._count - 1)
        if len(values) > 0 and env_steps > last.env_step:
            self._append(
                _Point(
                    env_steps,
                    last.episodes + len(values),
                    last.total + float(values.sum()),
                    last.squares + float(np.dot(values, values)),
                )
            )
            if window.best is not None:
                self._note(float(np.mean(window.recent_returns)))

    def rise(self) -> float:
        r"""How much the mean return surely rises over the last fifth of the env steps.

        $(\overline G_2 - \overline G_1 - 2\,SE) / (\max \overline G_{100} - \min \overline
        G_{100})$ with the means over the two halves of that fifth and the standard error of
        their difference, $SE = \sqrt{\sigma_1^2/n_1 + \sigma_2^2/n_2}$. 0 if all means were the
        same; nan while a half has fewer than 100 episodes, or if the record begins within it.
        """
        if self._count == 0:
            return math.nan
        newest = self._point(self._count - 1)
        begin = self._at(newest.env_step * (1.0 - RECENT_SHARE))
        middle = self._at(newest.env_step * (1.0 - RECENT_SHARE / 2.0))
        if begin is None or middle is None:
            return math.nan
        mean_1, variance_1, count_1 = _between(begin, middle)
        mean_2, variance_2, count_2 = _between(middle, newest)
        if min(count_1, count_2) < WINDOW_EPISODES:
            return math.nan
        rise = mean_2 - mean_1
        error = math.sqrt(variance_1 / count_1 + variance_2 / count_2)
        spread = self._greatest - self._least
        if spread <= ROUNDING * abs(self._least):
            return 0.0
        return (rise - GRANTED_ERRORS * error) / spread

    def _note(self, mean: float) -> None:
        self._least = min(self._least, mean)
        self._greatest = max(self._greatest, mean)

    def _append(self, point: _Point) -> None:
        if self._count == KEPT_POINTS:
            # Memory stays bounded; what is long ago is remembered coarsely.
            kept = np.r_[0 : KEPT_POINTS - 1 : 2, KEPT_POINTS - 1]
            self._points[: len(kept)] = self._points[kept]
            self._count = len(kept)
        self._points[self._count] = point
        self._count += 1

    def _point(self, number: int) -> _Point:
        return _Point(*self._points[number].tolist())

    def _at(self, env_step: float) -> _Point | None:
        """The last point up to an env step; None if the record begins later."""
        number = int(np.searchsorted(self._points[: self._count, 0], env_step, side="right"))
        return self._point(number - 1) if number > 0 else None


def _between(begin: _Point, end: _Point) -> tuple[float, float, float]:
    """Mean, variance and number of the returns from one point to another."""
    episodes = end.episodes - begin.episodes
    if episodes == 0:
        return math.nan, math.nan, 0.0
    mean = (end.total - begin.total) / episodes
    variance = (end.squares - begin.squares) / episodes - mean * mean
    return mean, max(0.0, variance), episodes
