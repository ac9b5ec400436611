"""From a rollout to one gradient: values, targets, loss, and its derivative by all weights.

`GradientEstimator` is the seam: whoever turns a rollout into a flat gradient fits. Here it is
eager autograd, one batched forward and one backward pass for each rollout.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from matinee.algorithm.acting import NumpyActorCritic
from matinee.algorithm.distributions import importance_weights, log_probabilities_and_entropy
from matinee.algorithm.flat_parameters import FloatVector
from matinee.algorithm.losses import actor_critic_loss
from matinee.algorithm.networks import NetworkShape, TorchActorCritic
from matinee.algorithm.returns import (
    Targets,
    explained_variance,
    generalized_advantages,
    normalized,
    weighted_variance,
)
from matinee.algorithm.rollout import Rollout


@dataclass(frozen=True)
class Objective:
    """The numbers of one loss; each may change from rollout to rollout.

    Attributes:
        epsilon: Share of random actions in the behaviour that made the rollout.
    """

    gamma: float
    gae_lambda: float
    reward_scale: float
    truncation_bootstrap: bool
    normalize_advantage: bool
    entropy_coefficient: float
    value_coefficient: float
    epsilon: float


@dataclass(frozen=True)
class LossReport:
    """What one rollout says about the learner. Means over valid steps; nan where undefined."""

    policy_loss: float
    value_loss: float
    entropy: float
    explained_variance: float
    value_mean: float
    advantage_std: float

    @property
    def is_finite(self) -> bool:
        """Whether the loss can be trusted; explained variance may be undefined all the same."""
        return all(map(math.isfinite, (self.policy_loss, self.value_loss, self.entropy)))


class GradientEstimator(Protocol):
    """Computes ∇L of a rollout at the weights that acted in it. One per thread."""

    def gradient(self, rollout: Rollout, *, objective: Objective, out: FloatVector) -> LossReport:
        """Write the gradient of the loss to `out`, shape (size,), and report on the loss.

        Raises:
            ValueError: if no step of the rollout is valid.
        """


class AutogradGradient:
    """`torch.autograd.grad` on leaf tensors over the thread's own copy of the weights."""

    def __init__(self, shape: NetworkShape, local_weights: FloatVector) -> None:
        self._layout = shape.layout()
        self._action_count = shape.action_count
        self._network = TorchActorCritic(shape, local_weights)
        self._critic = NumpyActorCritic(shape, local_weights)

    def gradient(self, rollout: Rollout, *, objective: Objective, out: FloatVector) -> LossReport:
        """Write the gradient of the loss to `out`, shape (size,), and report on the loss."""
        valid = rollout.valid.ravel()
        samples = int(np.count_nonzero(valid))
        if samples == 0:
            raise ValueError("a rollout without valid steps has no loss")

        observations = rollout.observations[:-1]
        batch = torch.from_numpy(observations.reshape(-1, observations.shape[-1]))
        logits, values = self._network.forward(batch)
        log_probabilities, entropies = log_probabilities_and_entropy(logits)
        actions = torch.from_numpy(rollout.actions.reshape(-1, 1))
        log_probability = log_probabilities.gather(1, actions).squeeze(1)

        values_now: NDArray[np.float32] = values.detach().numpy().reshape(rollout.actions.shape)
        targets = self._targets(rollout, values_now, objective)
        advantages = targets.advantages
        if objective.normalize_advantage:
            advantages = normalized(advantages, rollout.valid)
        policy_weights = advantages.ravel()
        if objective.epsilon > 0.0:
            policy_weights = policy_weights * importance_weights(
                log_probability.detach().numpy(),
                epsilon=objective.epsilon,
                action_count=self._action_count,
            )
        sample_weights = valid.astype(np.float32) / np.float32(samples)

        terms = actor_critic_loss(
            log_probability,
            entropies,
            values,
            advantages=torch.from_numpy(policy_weights.astype(np.float32, copy=False)),
            returns=torch.from_numpy(targets.returns.ravel()),
            sample_weights=torch.from_numpy(sample_weights),
        )
        total = terms.total(
            entropy_coefficient=objective.entropy_coefficient,
            value_coefficient=objective.value_coefficient,
        )
        gradients = torch.autograd.grad(total, self._network.parameters)
        for slot, part in zip(self._layout.slots, gradients, strict=True):
            out[slot.start : slot.stop] = part.numpy().ravel()
        return _report(
            terms_of=(terms.policy.item(), terms.value.item(), terms.entropy.item()),
            targets=targets,
            values=values_now,
            sample_weights=sample_weights,
        )

    def _targets(
        self, rollout: Rollout, values: NDArray[np.float32], objective: Objective
    ) -> Targets:
        next_values = np.empty_like(values)
        next_values[:-1] = values[1:]
        next_values[-1] = self._critic.values(rollout.observations[-1])
        ends = rollout.final_observations()
        if ends is not None:
            steps, environments, observations = ends
            next_values[steps, environments] = self._critic.values(observations)
        terminated = rollout.terminated
        if not objective.truncation_bootstrap:
            terminated = terminated | rollout.truncated
        rewards = rollout.rewards
        if objective.reward_scale != 1.0:
            rewards = rewards * np.float32(objective.reward_scale)
        return generalized_advantages(
            rewards,
            values,
            next_values=next_values,
            terminated=terminated,
            truncated=rollout.truncated,
            valid=rollout.valid,
            gamma=objective.gamma,
            gae_lambda=objective.gae_lambda,
        )


def _report(
    *,
    terms_of: tuple[float, float, float],
    targets: Targets,
    values: NDArray[np.float32],
    sample_weights: NDArray[np.float32],
) -> LossReport:
    policy_loss, value_loss, entropy = terms_of
    advantages, returns = targets.advantages.ravel(), targets.returns.ravel()
    return LossReport(
        policy_loss=policy_loss,
        value_loss=value_loss,
        entropy=entropy,
        explained_variance=explained_variance(advantages, returns, sample_weights),
        value_mean=float(np.dot(values.ravel(), sample_weights)),
        advantage_std=math.sqrt(weighted_variance(advantages, sample_weights)),
    )
