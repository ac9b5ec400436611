"""The arrays of one unroll."""

from __future__ import annotations

import numpy as np

from matinee.algorithm.rollout import Rollout


def filled() -> Rollout:
    """Two steps in three environments; the second ends one that was reset at once."""
    rollout = Rollout(length=2, environments=3, observation_size=1)
    rollout.begin(np.zeros((3, 1), np.float32))
    for t in range(2):
        rollout.record(
            t,
            observations=np.full((3, 1), t + 1, np.float32),
            rewards=np.arange(3.0),
            terminated=np.zeros(3, np.bool_),
            truncated=np.array([False, t == 1, False]),
            valid=np.ones(3, np.bool_),
        )
    rollout.record_final_observations(1, np.array([1]), np.array([[9.0]], np.float32))
    return rollout


def test_row_t_plus_one_is_what_step_t_led_to() -> None:
    """s_0 … s_T, one row more than there are steps."""
    assert filled().observations[:, 0, 0].tolist() == [0, 1, 2]


def test_detached_ends_name_step_and_environment() -> None:
    """So that their value replaces the one of the new episode's first observation."""
    ends = filled().final_observations()

    assert ends is not None
    steps, environments, observations = ends
    assert (steps.tolist(), environments.tolist(), observations.tolist()) == ([1], [1], [[9.0]])


def test_beginning_anew_forgets_them() -> None:
    """Ends of the last rollout do not reach into the next."""
    rollout = filled()

    rollout.begin(np.zeros((3, 1), np.float32))

    assert rollout.final_observations() is None
