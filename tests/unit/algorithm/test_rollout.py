"""The arrays of one unroll."""

from __future__ import annotations

import numpy as np

from fakes.interfaces import discrete
from matinee.algorithm.rollout import Rollout


def filled() -> Rollout:
    """Two steps in three environments; the second ends one that was reset at once."""
    rollout = Rollout(length=2, environments=3, interface=discrete(1, 2))
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


def recurrent() -> Rollout:
    """Two steps in four environments with a recurrent state of two numbers."""
    return Rollout(length=2, environments=4, interface=discrete(1, 2), state_size=2)


def test_the_state_is_forgotten_where_an_episode_begins() -> None:
    """After a terminal end, a reset within the step, or a step that only reset; not before.

    A truncated episode that still shows its last observation keeps its state for that value.
    """
    rollout = recurrent()
    rollout.begin(np.zeros((4, 1), np.float32), state=np.ones((4, 2), np.float32))
    assert rollout.begins is not None
    assert rollout.initial_state is not None
    assert rollout.initial_state.tolist() == [[1.0, 1.0]] * 4
    for t in range(2):
        rollout.record(
            t,
            observations=np.zeros((4, 1), np.float32),
            rewards=np.zeros(4),
            terminated=np.array([t == 0, False, False, False]),
            truncated=np.array([False, t == 0, t == 0, False]),
            valid=np.array([True, True, t == 0, True]),
        )
        if t == 0:
            rollout.record_final_observations(0, np.array([1]), np.zeros((1, 1), np.float32))

    assert rollout.begins[0].all()
    assert rollout.begins[1].tolist() == [True, True, False, False]
    assert rollout.begins[2].tolist() == [False, False, True, False]


def test_the_state_outlives_a_lost_life() -> None:
    """Terminated, but not ended: the game goes on, as in test episodes, which know no lives."""
    rollout = recurrent()
    rollout.begin(np.zeros((4, 1), np.float32))
    rollout.record(
        0,
        observations=np.zeros((4, 1), np.float32),
        rewards=np.zeros(4),
        terminated=np.array([True, True, False, False]),
        truncated=np.zeros(4, np.bool_),
        valid=np.ones(4, np.bool_),
        ended=np.array([False, True, False, False]),
    )

    assert rollout.begins is not None
    assert rollout.begins[1].tolist() == [False, True, False, False]


def test_a_rollout_goes_on_where_the_last_one_ended() -> None:
    """Beginnings at its edge are handed over."""
    rollout = recurrent()

    rollout.begin(np.zeros((4, 1), np.float32), begins=np.array([True, False, False, True]))

    assert rollout.begins is not None
    assert rollout.begins[0].tolist() == [True, False, False, True]
