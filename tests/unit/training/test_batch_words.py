"""What a batch held, in words."""

from __future__ import annotations

import numpy as np

from fakes.interfaces import discrete
from matinee.algorithm.rollout import Rollout
from matinee.training.batch_words import batch_in_words


def rollout_of(rewards: list[float], *, valid: list[bool]) -> Rollout:
    """One environment; observations count up from -1, actions are 0, 1, 2, …"""
    rollout = Rollout(length=len(rewards), environments=1, interface=discrete(2, 9))
    rollout.rewards[:, 0] = rewards
    rollout.valid[:, 0] = valid
    rollout.actions[:, 0, 0] = np.arange(len(rewards))
    rollout.observations[:, 0] = np.arange(-1.0, len(rewards))[:, None]
    return rollout


def test_a_batch_is_told_by_its_ranges() -> None:
    """All rollouts together; what only reset an environment is no part of it."""
    first = rollout_of([1.0, -2.5, 99.0], valid=[True, True, False])
    second = rollout_of([3.0], valid=[True])

    assert batch_in_words([first, second]) == (
        "the batch had 3 steps: rewards -2.5 to 3; observations -1 to 0; actions 0 to 1"
    )


def test_what_is_no_number_is_counted() -> None:
    """Beside the range of the others, and where there are no others."""
    some = rollout_of([1.0, np.nan, np.inf], valid=[True] * 3)
    none = rollout_of([-np.inf], valid=[True])

    assert "rewards 1 to 1 and 2 that are NaN or infinite; " in batch_in_words([some])
    assert "rewards none finite; " in batch_in_words([none])
