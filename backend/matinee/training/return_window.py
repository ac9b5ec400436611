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
    """

    worker: int
    env_step: NDArray[np.int64]
    seconds: NDArray[np.float64]
    returns: NDArray[np.float64]
    lengths: NDArray[np.int64]
    truncated: int = 0

    def __len__(self) -> int:
        """How many episodes."""
        return len(self.returns)


@dataclass(frozen=True)
class WindowState:
    """What a checkpoint keeps of a window."""

    episodes: int
    recent_returns: tuple[float, ...]
    best_mean_return: float | None
    solved_at: SolvedAt | None


class ReturnWindow:
    """A window over the last 100 episodes of all workers, moved on episode by episode.

    Not thread-safe: the telemetry guards it with its lock on episodes.

    Args:
        target: Mean return of 100 episodes that counts as solved; None: nothing does.
    """

    def __init__(self, *, target: float | None, state: WindowState | None = None) -> None:
        self._target = target
        self._episodes = state.episodes if state else 0
        self._recent = np.array(state.recent_returns if state else (), dtype=np.float64)
        self._best = state.best_mean_return if state else None
        self._solved_at = state.solved_at if state else None

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
        if len(returns) >= WINDOW_EPISODES:
            self._look_at_means(returns, episodes)
        return first

    def _look_at_means(self, returns: NDArray[np.float64], episodes: FinishedEpisodes) -> None:
        """Look at every full window that ends with a new episode."""
        sums = np.cumsum(returns)
        sums[WINDOW_EPISODES:] -= sums[:-WINDOW_EPISODES].copy()
        means = sums[WINDOW_EPISODES - 1 :][-len(episodes) :] / WINDOW_EPISODES
        best = float(means.max())
        if self._best is None or best > self._best:
            self._best = best
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
            best_mean_return=self._best,
            solved_at=self._solved_at,
        )

    @property
    def solved_at(self) -> SolvedAt | None:
        """When the mean first reached the target."""
        return self._solved_at
