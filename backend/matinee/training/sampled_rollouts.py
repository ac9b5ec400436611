"""Actions and rewards of a few rollouts a second: enough for histograms, cheap enough for all."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matinee.algorithm.distributions import Actions
from matinee.algorithm.rollout import Rollout
from matinee.contracts.histograms import Histogram
from matinee.training.binning import binned

KEPT_ROLLOUTS = 64
"""If the reader falls behind, older samples go: they are a sample anyway."""
MAX_ACTION_DIMENSIONS = 16
"""Further dimensions of an action get no histogram."""


@dataclass(frozen=True)
class RolloutSample:
    """What is kept of one rollout: valid steps only.

    Attributes:
        actions: As drawn. Shape: (samples, K) or (samples, d).
        reward_abs_max: Of the raw rewards; nan if no step was valid.
    """

    actions: Actions
    reward_abs_max: float

    @classmethod
    def of(cls, rollout: Rollout) -> RolloutSample:
        """A copy: the rollout may be overwritten afterwards."""
        rewards = np.abs(rollout.rewards[rollout.valid])
        return cls(
            actions=rollout.actions[rollout.valid],
            reward_abs_max=float(rewards.max()) if len(rewards) else math.nan,
        )


@dataclass(frozen=True)
class DrainedSamples:
    """What the sampled rollouts show.

    Attributes:
        actions: One histogram for each action dimension.
        action_max_share: Of the commonest discrete action, in the dimension where it is least;
            empty for continuous actions. Shape: (0,) or (1,).
        reward_abs_max: Of each rollout. Shape: (rollouts,).
    """

    actions: tuple[Histogram, ...]
    action_max_share: NDArray[np.float64]
    reward_abs_max: NDArray[np.float64]


class SampledRollouts:
    """Many threads add, one reader drains."""

    def __init__(self) -> None:
        self._samples: deque[RolloutSample] = deque(maxlen=KEPT_ROLLOUTS)

    def add(self, sample: RolloutSample) -> None:
        """Keep what a rollout shows."""
        if len(sample.actions) > 0:
            self._samples.append(sample)

    def drain(self) -> DrainedSamples:
        """Take what was added since the last call."""
        samples = [self._samples.popleft() for _ in range(len(self._samples))]
        rewards = np.array([sample.reward_abs_max for sample in samples], np.float64)
        if not samples:
            return DrainedSamples((), np.empty(0), rewards)
        actions = np.concatenate([sample.actions for sample in samples])[:, :MAX_ACTION_DIMENSIONS]
        histograms = tuple(h for column in actions.T if (h := binned(column)) is not None)
        shares = np.empty(0)
        if np.issubdtype(actions.dtype, np.integer):
            # Not by the histograms, whose bins may hold several actions.
            most = min(int(np.bincount(column).max()) for column in actions.T)
            shares = np.array([most / len(actions)])
        return DrainedSamples(histograms, shares, rewards)
