"""Time limits, resets and seeds of the vectorised classic environments."""

from __future__ import annotations

import numpy as np

from matinee.environments.native.classic_vector import ClassicVector
from matinee.environments.native.mountain_car import MountainCarVector
from matinee.environments.native.pendulum import PendulumVector


def test_the_limit_cuts_and_the_last_observation_is_handed_out() -> None:
    """Within the step: the row shows the next episode already, and every step is valid."""
    vector: ClassicVector = PendulumVector(3, max_episode_steps=2)
    vector.reset(0)
    still = np.zeros((3, 1), np.float32)
    first, last, next_ = (vector.step(still) for _ in range(3))

    assert not first.truncated.any()
    assert first.final is None
    assert last.truncated.all()
    assert last.ended.all()
    assert last.valid.all()
    assert last.final is not None
    assert last.final.indices.tolist() == [0, 1, 2]
    assert not np.array_equal(last.final.observations, last.observations)
    # A new episode's speed is below 1, and one step of gravity adds at most 0.75.
    assert (np.abs(last.observations[:, 2]) <= 1.0).all()
    assert not next_.ended.any()


def test_a_terminal_end_resets_only_its_environment() -> None:
    """No last observation is needed; the others' steps are counted on."""
    vector = MountainCarVector(2, max_episode_steps=3)
    vector.reset(0)
    vector.state[:, 1] = (0.49, 0.07)
    step = vector.step(np.array([[1], [2]]))

    assert step.terminated.tolist() == [False, True]
    assert step.final is None
    assert -0.6 <= step.observations[1, 0] <= -0.4
    vector.step(np.array([[1], [1]]))
    assert vector.step(np.array([[1], [1]])).truncated.tolist() == [True, False]


def test_at_the_limit_a_goal_reached_counts_as_both() -> None:
    """As with gymnasium's TimeLimit; nothing is bootstrapped from it."""
    vector = MountainCarVector(1, max_episode_steps=1)
    vector.reset(0)
    vector.state[:, 0] = (0.49, 0.07)
    step = vector.step(np.array([[2]]))

    assert step.terminated.tolist() == step.truncated.tolist() == [True]
    assert step.final is None


def test_without_a_limit_nothing_is_cut() -> None:
    """Whatever the registry says for others."""
    vector = PendulumVector(1)
    vector.reset(0)

    assert not any(vector.step(np.zeros((1, 1), np.float32)).ended for _ in range(300))


def test_seeds_make_the_episodes() -> None:
    """The same seed, the same first observations; environments differ from each other."""
    one, two = PendulumVector(3), PendulumVector(3)
    first = one.reset(5)

    np.testing.assert_array_equal(first, two.reset(5))
    assert not np.array_equal(first, two.reset(6))
    assert not np.array_equal(first[0], first[1])
    one.close()


def test_constants_stay_numbers_until_somebody_changes_one() -> None:
    """Then each environment has its own: the old ones until its episode ends, in whatever order."""
    vector = MountainCarVector(3, max_episode_steps=3)
    vector.reset(0)
    assert vector.constants == (0.001, 0.0025)

    vector.set_parameters({"force": 0.002})
    assert vector.columns().tolist() == [[0.001] * 3, [0.0025] * 3]
    vector.state[:, 1] = (0.49, 0.07)
    vector.step(np.array([[1], [2], [1]]))
    assert vector.columns()[0].tolist() == [0.001, 0.002, 0.001]
    vector.set_parameters({"force": 0.003, "gravity": 0.004})
    vector.step(np.array([[1], [1], [1]]))
    vector.step(np.array([[1], [1], [1]]))
    assert vector.columns()[0].tolist() == [0.003, 0.002, 0.003]
    assert vector.columns()[1].tolist() == [0.004, 0.0025, 0.004]
    vector.reset(0)
    assert vector.columns()[0].tolist() == [0.003] * 3
