"""Finds the episodes that ended within a stretch of a rollout, without a loop over steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class EndedEpisodes:
    """Episodes in the order in which they ended.

    Attributes:
        step: Index into the stretch at which each ended. Shape: (K,), like the others.
        returns: Sum of raw rewards.
        lengths: Valid steps.
    """

    step: NDArray[np.intp]
    returns: NDArray[np.float64]
    lengths: NDArray[np.int64]


class EpisodeTracker:
    """Carries the unfinished episodes of one worker's environments from stretch to stretch."""

    def __init__(self, environments: int) -> None:
        self._returns = np.zeros(environments, np.float64)
        self._lengths = np.zeros(environments, np.int64)

    def advance(
        self, rewards: NDArray[np.float32], ended: NDArray[np.bool_], valid: NDArray[np.bool_]
    ) -> EndedEpisodes:
        """Move on over a stretch of steps.

        Args:
            rewards: Raw rewards. Shape: (T, N), like the others; T may be 1.
            ended: The step ended its episode.
            valid: False for steps that only reset.
        """
        sums = np.cumsum(np.where(valid, rewards, 0.0), axis=0, dtype=np.float64)
        sums += self._returns
        counts = np.cumsum(valid, axis=0, dtype=np.int64)
        counts += self._lengths
        self._returns = sums[-1].copy()
        self._lengths = counts[-1].copy()
        if not ended.any():
            return EndedEpisodes(np.empty(0, np.intp), np.empty(0), np.empty(0, np.int64))

        # Environment by environment, an episode is what was summed up since the end before it.
        environment, step = np.nonzero(ended.T)
        sums_at_end = sums[step, environment]
        counts_at_end = counts[step, environment]
        follows = np.flatnonzero(environment[1:] == environment[:-1]) + 1
        returns, lengths = sums_at_end.copy(), counts_at_end.copy()
        returns[follows] -= sums_at_end[follows - 1]
        lengths[follows] -= counts_at_end[follows - 1]

        is_last = np.append(environment[1:] != environment[:-1], [True])
        self._returns[environment[is_last]] -= sums_at_end[is_last]
        self._lengths[environment[is_last]] -= counts_at_end[is_last]
        order = np.argsort(step, kind="stable")
        return EndedEpisodes(step[order], returns[order], lengths[order])
