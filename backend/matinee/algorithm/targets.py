"""From rewards and values of a batch to what its actor and critic learn from."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from matinee.algorithm.blocks import Batch, Block, in_a_row
from matinee.algorithm.differentiable_policy import Evaluation
from matinee.algorithm.distributions import Floats
from matinee.algorithm.objective import Objective
from matinee.algorithm.policies import ActorCritic
from matinee.algorithm.recurrent_acting import RecurrentActorCritic
from matinee.algorithm.returns import Targets, ValuedSteps, generalized_advantages, vtrace


def batch_targets(
    batch: Batch,
    evaluation: Evaluation,
    *,
    ratios: Floats | None,
    critic: ActorCritic,
    objective: Objective,
) -> Targets:
    """Advantages and returns of all steps; shape of both: (B,).

    Args:
        batch: B steps.
        evaluation: What the network says about them.
        ratios: π/μ, for V-trace; None: returns as they were. Shape: (B,).
        critic: Says what states after the last step are worth, on the same weights.
        objective: The numbers of the loss.
    """
    parts: list[Targets] = []
    start = 0
    for block in batch.blocks:
        steps = slice(start, start + block.valid.size)
        parts.append(
            _block_targets(
                block,
                evaluation.values[steps].reshape(block.valid.shape),
                states=evaluation.states,
                ratios=None if ratios is None else ratios[steps].reshape(block.valid.shape),
                critic=critic,
                objective=objective,
            )
        )
        start = steps.stop
    return Targets(
        advantages=in_a_row([part.advantages for part in parts]),
        returns=in_a_row([part.returns for part in parts]),
    )


def shaped_rewards(
    rewards: NDArray[np.float32], *, scale: float, clip: float
) -> NDArray[np.float32]:
    """Rewards as they are learned from: max(-c, min(c, s r)); a clip of 0 is none."""
    if scale != 1.0:
        rewards = rewards * np.float32(scale)
    if clip > 0.0:
        rewards = np.clip(rewards, np.float32(-clip), np.float32(clip))
    return rewards


def _block_targets(
    block: Block,
    values: Floats,
    *,
    states: Floats | None,
    ratios: Floats | None,
    critic: ActorCritic,
    objective: Objective,
) -> Targets:
    next_values = _next_values(block, values, states=states, critic=critic)
    terminated = block.terminated
    if not objective.truncation_bootstrap:
        terminated = terminated | block.truncated
    steps = ValuedSteps(
        rewards=shaped_rewards(
            block.rewards, scale=objective.reward_scale, clip=objective.reward_clip
        ),
        values=values,
        next_values=next_values,
        terminated=terminated,
        truncated=block.truncated,
        valid=block.valid,
    )
    if ratios is None:
        return generalized_advantages(steps, gamma=objective.gamma, gae_lambda=objective.gae_lambda)
    return vtrace(
        steps,
        gamma=objective.gamma,
        gae_lambda=objective.gae_lambda,
        ratios=ratios,
        rho_bar=objective.rho_bar,
        c_bar=objective.c_bar,
    )


def _next_values(
    block: Block, values: Floats, *, states: Floats | None, critic: ActorCritic
) -> Floats:
    """V(s_{t+1}) of the state reached by each step. Shape: (T, N)."""

    def value(observations: NDArray[Any], state: Floats | None) -> Floats:
        if isinstance(critic, RecurrentActorCritic):
            assert state is not None, "a network that remembers is told what"
            return critic.values(observations, state)
        return critic.values(observations)

    last: Floats | None = None
    if states is not None and block.episodes is not None:
        last = np.where(block.episodes.begins[-1][:, None], np.float32(0.0), states[-1])
    next_values = np.empty_like(values)
    next_values[:-1] = values[1:]
    next_values[-1] = value(block.observations[-1], last)
    if block.ends is not None:
        steps, environments, observations = block.ends
        before = None if states is None else states[steps, environments]
        next_values[steps, environments] = value(observations, before)
    return next_values
