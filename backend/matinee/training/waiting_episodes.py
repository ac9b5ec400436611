"""Finished episodes that wait for the reader, in columns.

One entry for each rollout would be a dozen objects; see `waiting_updates` for what comes of those.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

import numpy as np
from numpy.typing import NDArray

from matinee.training.return_window import FinishedEpisodes

_worker = Struct("=q")


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


class WaitingEpisodes:
    """Of all workers; used under a lock that keeps them in the order of their numbers."""

    def __init__(self) -> None:
        self._first = 0
        self._workers = bytearray()
        self._env_steps = bytearray()
        self._seconds = bytearray()
        self._returns = bytearray()
        self._lengths = bytearray()

    def __len__(self) -> int:
        """How many wait."""
        return len(self._workers) // _worker.size

    def add(self, first: int, episodes: FinishedEpisodes) -> None:
        """Add episodes.

        Args:
            first: The number of the first; numbers have no gaps.
            episodes: At least one.
        """
        if not self._workers:
            self._first = first
        self._workers += _worker.pack(episodes.worker) * len(episodes)
        self._env_steps += episodes.env_step.astype(np.int64, copy=False).tobytes()
        self._seconds += episodes.seconds.astype(np.float64, copy=False).tobytes()
        self._returns += episodes.returns.astype(np.float64, copy=False).tobytes()
        self._lengths += episodes.lengths.astype(np.int64, copy=False).tobytes()

    def table(self) -> EpisodeTable:
        """All of them; afterwards none may be added."""
        workers = np.frombuffer(self._workers, np.int64)
        return EpisodeTable(
            episode=np.arange(self._first, self._first + len(workers), dtype=np.int64),
            worker=workers,
            env_step=np.frombuffer(self._env_steps, np.int64),
            seconds=np.frombuffer(self._seconds, np.float64),
            returns=np.frombuffer(self._returns, np.float64),
            lengths=np.frombuffer(self._lengths, np.int64),
        )
