"""From rewards and values to targets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fakes import objectives
from fakes.interfaces import discrete
from matinee.algorithm.acting import NumpyActorCritic
from matinee.algorithm.blocks import batch_of
from matinee.algorithm.differentiable_policy import Evaluation
from matinee.algorithm.networks import NetworkShape, initial_weights
from matinee.algorithm.rollout import Rollout
from matinee.algorithm.targets import batch_targets, shaped_rewards

SHAPE = NetworkShape(discrete(1, 2), (3,), "tanh", shared_trunk=True)
OBJECTIVE = replace(objectives.OBJECTIVE, gamma=0.5, gae_lambda=1.0)


def test_rewards_are_scaled_before_they_are_clipped() -> None:
    """By hand; 0 clips nothing."""
    rewards = np.array([-4.0, 1.0, 8.0], np.float32)

    assert shaped_rewards(rewards, scale=0.5, clip=1.5).tolist() == [-1.5, 0.5, 1.5]
    assert shaped_rewards(rewards, scale=1.0, clip=0.0).tolist() == [-4.0, 1.0, 8.0]


@pytest.mark.parametrize("bootstraps", [True, False])
def test_a_limit_that_was_reset_at_once_is_valued_by_its_own_last_state(
    *, bootstraps: bool
) -> None:
    """Not by the next episode's first; and by 0 where limits are treated as ends."""
    flat = initial_weights(SHAPE, seed=3)
    critic = NumpyActorCritic(SHAPE, flat)
    rollout = Rollout(length=1, environments=1, interface=SHAPE.interface)
    rollout.begin(np.array([[0.1]], np.float32))
    rollout.record(
        0,
        observations=np.array([[0.9]], np.float32),
        rewards=np.array([2.0]),
        terminated=np.array([False]),
        truncated=np.array([True]),
        valid=np.array([True]),
    )
    last = np.array([[-0.7]], np.float32)
    rollout.record_final_observations(0, np.array([0]), last)
    batch = batch_of([rollout])

    nothing = np.zeros(1, np.float32)

    targets = batch_targets(
        batch,
        Evaluation(nothing, nothing, critic.values(batch.observations)),
        ratios=None,
        critic=critic,
        objective=replace(OBJECTIVE, truncation_bootstrap=bootstraps),
    )

    worth = float(critic.values(last)[0]) if bootstraps else 0.0
    assert targets.returns.tolist() == pytest.approx([2.0 + 0.5 * worth])
