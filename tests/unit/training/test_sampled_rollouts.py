"""What a few rollouts a second show of actions and rewards."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fakes.interfaces import discrete
from matinee.algorithm.rollout import Rollout
from matinee.contracts.histograms import Histogram
from matinee.training.sampled_rollouts import KEPT_ROLLOUTS, RolloutSample, SampledRollouts


def sample(actions: NDArray[np.int64] | NDArray[np.float32], reward: float = 0.0) -> RolloutSample:
    """Of a rollout with these actions. Shape: (samples, K)."""
    return RolloutSample(actions, reward)


def test_steps_that_only_reset_do_not_count() -> None:
    """Their actions were not used, their rewards not given; the rest is copied."""
    rollout = Rollout(length=2, environments=2, interface=discrete(1, 2))
    rollout.actions[:, :, 0] = [[1, 0], [0, 0]]
    rollout.rewards[:] = [[-1.0, 9.0], [9.0, 9.0]]
    rollout.valid[:] = [[True, False], [False, False]]
    kept = RolloutSample.of(rollout)
    rollout.actions[:] = 0
    rollout.valid[:] = False
    nothing = RolloutSample.of(rollout)

    assert (kept.actions.tolist(), kept.reward_abs_max) == ([[1]], 1.0)
    assert len(nothing.actions) == 0
    assert math.isnan(nothing.reward_abs_max)


def test_discrete_actions_are_counted_by_dimension() -> None:
    """Two dimensions: the share is that of the dimension that varies most."""
    samples = SampledRollouts()
    samples.add(sample(np.array([[0, 1], [1, 1]]), 3.0))
    samples.add(sample(np.array([[0, 1], [1, 1]]), 2.0))
    samples.add(sample(np.empty((0, 2), np.int64), math.nan))
    drained = samples.drain()

    assert drained.actions == (Histogram(0, 0, (2.0, 2.0)), Histogram(0, 1, (4.0,)))
    assert drained.action_max_share.tolist() == [0.5]
    assert drained.reward_abs_max.tolist() == [3.0, 2.0]
    assert samples.drain().actions == ()


def test_continuous_actions_have_no_commonest() -> None:
    """Only a histogram."""
    samples = SampledRollouts()
    samples.add(sample(np.zeros((4, 1), np.float32)))
    drained = samples.drain()

    assert len(drained.actions) == 1
    assert len(drained.action_max_share) == 0


def test_a_reader_that_is_behind_costs_bounded_memory() -> None:
    """Older samples go."""
    samples = SampledRollouts()
    for number in range(KEPT_ROLLOUTS + 5):
        samples.add(sample(np.zeros((2, 1), np.int64), number))
    drained = samples.drain()

    assert len(drained.reward_abs_max) == KEPT_ROLLOUTS
    assert drained.reward_abs_max[0] == 5.0


def test_the_share_is_of_one_action_also_where_bins_hold_several() -> None:
    """Two hundred actions, each chosen once, and one of them twice more."""
    samples = SampledRollouts()
    samples.add(sample(np.array([[action] for action in (*range(200), 7, 7)])))

    assert samples.drain().action_max_share.tolist() == [3 / 202]
