"""What the benchmark tells a peer's program on stdin, and what it hears on stdout: JSON.

Imports nothing heavy, so that a peer's start-up is its own.
"""

from __future__ import annotations

import json
import sys
import time
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

WINDOW_EPISODES = 100


@dataclass(frozen=True)
class Order:
    """What to learn and how; see `benchmarks.tasks`."""

    environment: str
    threshold: float
    seed: int
    algorithm: str
    environments: int
    budget_env_steps: int
    settings: dict[str, Any]
    linear: list[str]
    normalize: bool
    evaluation_episodes: int


@dataclass(frozen=True)
class Answer:
    """What was reached. Moments are `time.time`."""

    solved: bool
    first_step_at: float
    ended_at: float
    env_steps: int
    evaluation_mean: float
    evaluation_std: float


class Stopwatch:
    """Watches training episodes until the mean return of the last 100 reaches the threshold."""

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self._returns: deque[float] = deque(maxlen=WINDOW_EPISODES)
        self.solved = False
        self.first_step_at = 0.0
        self.ended_at = 0.0
        self.env_steps = 0

    def start(self) -> None:
        """The first env step is next."""
        self.first_step_at = time.time()

    def note(self, finished_returns: list[float], env_steps: int) -> bool:
        """Take in episodes that ended, in their order; returns whether it is solved.

        Args:
            finished_returns: Of raw rewards.
            env_steps: So far.
        """
        for value in finished_returns:
            self._returns.append(value)
            full = len(self._returns) == WINDOW_EPISODES
            if full and sum(self._returns) / WINDOW_EPISODES >= self._threshold:
                self.solved = True
        self.env_steps = env_steps
        self.ended_at = time.time()
        return self.solved

    def answer(self, *, evaluation_mean: float, evaluation_std: float) -> Answer:
        """The result, with that of the test episodes."""
        return Answer(
            solved=self.solved,
            first_step_at=self.first_step_at,
            ended_at=self.ended_at,
            env_steps=self.env_steps,
            evaluation_mean=evaluation_mean,
            evaluation_std=evaluation_std,
        )


def receive() -> Order:
    """The order, from stdin."""
    return Order(**json.load(sys.stdin))


def send(answer: Answer) -> None:
    """The answer, as the last line of stdout."""
    print(json.dumps(asdict(answer)), flush=True)
