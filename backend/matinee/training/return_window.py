"""The mean return of the last 100 episodes: how good training is, and whether it is solved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matinee.contracts.progress import SolvedAt

WINDOW_EPISODES = 100


@dataclass(frozen=True)
class FinishedEpisodes:
    """Episodes in the order in which they ended, one array entry each.

    Attributes:
        worker: Who played them.
        env_step: Env steps of all workers at the episode's end.
        seconds: Training seconds at the episode's end.
        returns: Sum of raw rewards.
        lengths: Env steps of the episode.
        truncated: How many of them ended by truncation alone.
        reward_abs_max: The largest |reward| of a step, of all steps since the last ones were told.
    """

    worker: int
    env_step: NDArray[np.int64]
    seconds: NDArray[np.float64]
    returns: NDArray[np.float64]
    lengths: NDArray[np.int64]
    truncated: int = 0
    reward_abs_max: float = 0.0

    def __len__(self) -> int:
        """How many episodes."""
        return len(self.returns)


@dataclass(frozen=True)
class FullWindow:
    """100 consecutive episodes.

    Attributes:
        mean: Of their returns.
        std: Standard deviation of single returns; that of the mean is a tenth of it.
    """

    mean: float
    std: float


@dataclass(frozen=True)
class WindowState:
    """What a checkpoint keeps of a window.

    Attributes:
        episodes: All that have ended.
        recent_returns: Of the last 100.
        first: The run's first 100 episodes; None before there are so many.
        best: The 100 consecutive episodes with the best mean.
        solved_at: When that mean first reached the target.
        solved_for: Which target that was; None: not known, or not solved.
        reward_abs_max: The largest |reward| of a step so far, raw.
    """

    episodes: int = 0
    recent_returns: tuple[float, ...] = ()
    first: FullWindow | None = None
    best: FullWindow | None = None
    solved_at: SolvedAt | None = None
    solved_for: float | None = None
    reward_abs_max: float = 0.0

    @property
    def best_mean_return(self) -> float | None:
        """Best mean of 100 consecutive episodes."""
        return None if self.best is None else self.best.mean


class ReturnWindow:
    """A window over the last 100 episodes of all workers, moved on episode by episode.

    Not thread-safe: the telemetry guards it with its lock on episodes.

    Args:
        target: Mean return of 100 episodes that counts as solved; None: nothing does.
    """

    def __init__(self, *, target: float | None, state: WindowState | None = None) -> None:
        before = state or WindowState()
        self._target = target
        self._episodes = before.episodes
        self._recent = np.array(before.recent_returns, dtype=np.float64)
        self._first = before.first
        self._best = before.best
        # With another target than before it has yet to be reached.
        is_known = before.solved_for in (None, target)
        self._solved_at = before.solved_at if is_known else None
        self._reward_abs_max = before.reward_abs_max

    def add(self, episodes: FinishedEpisodes) -> int:
        """Move on over newly finished episodes, at least one.

        Exact: the mean is looked at after every single episode, not only after the last one.

        Returns:
            The number of the first of them, counting all episodes of the run from 1.
        """
        first = self._episodes + 1
        self._episodes += len(episodes)
        returns = np.concatenate([self._recent, episodes.returns])
        self._recent = returns[-WINDOW_EPISODES:]
        self._reward_abs_max = max(self._reward_abs_max, episodes.reward_abs_max)
        if len(returns) >= WINDOW_EPISODES:
            self._look_at_means(returns, episodes)
        return first

    def _look_at_means(self, returns: NDArray[np.float64], episodes: FinishedEpisodes) -> None:
        """Look at every full window that ends with a new episode."""
        sums = np.cumsum(returns)
        sums[WINDOW_EPISODES:] -= sums[:-WINDOW_EPISODES].copy()
        means = sums[WINDOW_EPISODES - 1 :][-len(episodes) :] / WINDOW_EPISODES
        if self._first is None:
            self._first = _full_window(returns, len(means) - 1)
        best = float(means.max())
        if self._best is None or best > self._best.mean:
            spread = _full_window(returns, len(means) - 1 - int(np.argmax(means))).std
            self._best = FullWindow(best, spread)
        if self._solved_at is None and self._target is not None and best >= self._target:
            solved = len(episodes) - len(means) + int(np.argmax(means >= self._target))
            self._solved_at = SolvedAt(
                env_steps=int(episodes.env_step[solved]), seconds=float(episodes.seconds[solved])
            )

    def state(self) -> WindowState:
        """What it holds."""
        return WindowState(
            episodes=self._episodes,
            recent_returns=tuple(self._recent.tolist()),
            first=self._first,
            best=self._best,
            solved_at=self._solved_at,
            solved_for=self._target if self._solved_at is not None else None,
            reward_abs_max=self._reward_abs_max,
        )

    @property
    def solved_at(self) -> SolvedAt | None:
        """When the mean first reached the target."""
        return self._solved_at


def _full_window(returns: NDArray[np.float64], ago: int) -> FullWindow:
    """100 episodes, the last of which was followed by `ago` others."""
    end = len(returns) - ago
    window = returns[end - WINDOW_EPISODES : end]
    return FullWindow(float(window.mean()), float(window.std()))
