"""From rollouts to one gradient: values, targets, loss, and its derivative by all weights.

`PolicyValueNetwork` is the seam: whoever can go forward and back fits. A plain MLP does so by hand
(`mlp_gradients`), everything else by autograd (`torch_gradients`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from matinee.algorithm.acting import NumpyActorCritic
from matinee.algorithm.behaviour import importance_weights
from matinee.algorithm.distributions import Actions, Floats, new_distribution
from matinee.algorithm.flat_parameters import FloatVector
from matinee.algorithm.loss_report import LossReport, report
from matinee.algorithm.losses import entropy_bonus, policy_gradient, value_error
from matinee.algorithm.mlp_gradients import MlpNetwork
from matinee.algorithm.networks import LOG_STD, NetworkShape
from matinee.algorithm.returns import Targets, generalized_advantages, normalized
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


class PolicyValueNetwork(Protocol):
    """A network that goes forward and back. One per thread, on the thread's own weights."""

    def forward(self, observations: NDArray[Any]) -> tuple[Floats, Floats]:
        """Policy outputs, shape (P, B), and values, shape (B,). Valid until the next call.

        Args:
            observations: Shape: (B, *observation shape).
        """

    def backward(self, by_heads: Floats, out: FloatVector) -> None:
        """Write the derivative by all weights of the trunks and heads to `out`.

        Args:
            by_heads: The derivative by each policy output and, in the last row, by the value, for
                the batch that went forward last. Shape: (P + 1, B).
            out: Shape: (size,).
        """


@dataclass(frozen=True)
class Evaluation:
    """What the network says about a batch. Shape of each: (B,)."""

    log_probability: Floats
    entropy: Floats
    values: Floats


class DifferentiablePolicy:
    """A network and the distribution on top of it: from coefficients to one flat gradient."""

    def __init__(
        self, shape: NetworkShape, flat: FloatVector, *, network: PolicyValueNetwork | None = None
    ) -> None:
        layout = shape.layout()
        self._log_std = next((slot for slot in layout.slots if slot.name == LOG_STD), None)
        self._distribution = new_distribution(
            shape.interface.actions, layout.views(flat).get(LOG_STD)
        )
        self._network = MlpNetwork(shape, flat) if network is None else network
        self._by_heads: Floats = np.zeros((shape.policy_outputs + 1, 0), np.float32)

    def forward(self, observations: NDArray[Any], actions: Actions) -> Evaluation:
        """What the network says. Shapes: (B, *observation shape), (B, K)."""
        outputs, values = self._network.forward(observations)
        log_probability, entropy = self._distribution.evaluate(outputs, actions)
        return Evaluation(log_probability, entropy, values)

    def backward(
        self, *, log_probability: Floats, entropy: Floats, value: Floats, out: FloatVector
    ) -> None:
        """Write Σ_b c_π ∇log π + c_H ∇H + c_V ∇V of the batch that went forward last to `out`."""
        if self._by_heads.shape[1] != len(value):
            self._by_heads = np.empty((len(self._by_heads), len(value)), np.float32)
        by_heads = self._by_heads
        by_log_std = self._distribution.derive(
            log_probability=log_probability, entropy=entropy, out=by_heads[:-1]
        )
        by_heads[-1] = value
        self._network.backward(by_heads, out)
        if by_log_std is not None:
            assert self._log_std is not None, "only a Gaussian policy has a log_std"
            out[self._log_std.start : self._log_std.stop] = by_log_std


class GradientEstimator:
    """Computes ∇L of rollouts at the thread's own weights. One per thread.

    Args:
        shape: Of the network.
        local_weights: Changed by their owner between calls. Shape: (size,).
        network: Goes forward and back on these weights; left out: the fastest for the shape.
    """

    def __init__(
        self,
        shape: NetworkShape,
        local_weights: FloatVector,
        *,
        network: PolicyValueNetwork | None = None,
    ) -> None:
        self._actions = shape.interface.actions
        self._policy = DifferentiablePolicy(shape, local_weights, network=network)
        self._critic = NumpyActorCritic(shape, local_weights)

    def gradient(
        self,
        rollouts: Sequence[Rollout],
        *,
        objective: Objective,
        out: FloatVector,
        detailed: bool,
    ) -> LossReport:
        """Write the gradient of the loss, a mean over all valid steps, to `out`.

        Args:
            rollouts: At least one.
            objective: The numbers of the loss.
            out: Shape: (size,).
            detailed: Whether to report what takes a look at every sample.

        Raises:
            ValueError: if no step is valid.
        """
        observations, actions, valid = _joined(rollouts)
        samples = int(np.count_nonzero(valid))
        if samples == 0:
            raise ValueError("a rollout without valid steps has no loss")
        sample_weights = valid.astype(np.float32)
        np.divide(sample_weights, np.float32(samples), out=sample_weights)

        evaluation = self._policy.forward(observations, actions)
        targets = self._targets(rollouts, evaluation, objective)
        advantages = targets.advantages
        if objective.normalize_advantage:
            advantages = normalized(advantages, valid)
        if objective.epsilon > 0.0:
            advantages = advantages * importance_weights(
                evaluation.log_probability,
                actions,
                epsilon=objective.epsilon,
                actions=self._actions,
            )
        policy = policy_gradient(
            evaluation.log_probability, advantages, sample_weights=sample_weights
        )
        entropy = entropy_bonus(
            evaluation.entropy,
            coefficient=objective.entropy_coefficient,
            sample_weights=sample_weights,
        )
        value = value_error(
            evaluation.values,
            targets.returns,
            coefficient=objective.value_coefficient,
            sample_weights=sample_weights,
        )
        self._policy.backward(
            log_probability=policy.coefficients,
            entropy=entropy.coefficients,
            value=value.coefficients,
            out=out,
        )
        return report(
            policy_loss=policy.value,
            value_loss=value.value,
            entropy=entropy.value,
            targets=targets,
            values=evaluation.values,
            sample_weights=sample_weights,
            detailed=detailed,
        )

    def _targets(
        self, rollouts: Sequence[Rollout], evaluation: Evaluation, objective: Objective
    ) -> Targets:
        """Advantages and returns of all steps; shape of both: (B,)."""
        parts: list[Targets] = []
        start = 0
        for rollout in rollouts:
            stop = start + rollout.valid.size
            values = evaluation.values[start:stop].reshape(rollout.valid.shape)
            parts.append(self._rollout_targets(rollout, values, objective))
            start = stop
        return Targets(
            advantages=_flat([part.advantages for part in parts]),
            returns=_flat([part.returns for part in parts]),
        )

    def _rollout_targets(self, rollout: Rollout, values: Floats, objective: Objective) -> Targets:
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


def _joined(
    rollouts: Sequence[Rollout],
) -> tuple[NDArray[Any], Actions, NDArray[np.bool_]]:
    """Observations, actions and validity of all steps as one batch; of one rollout as views."""
    observations = [
        rollout.observations[:-1].reshape(-1, *rollout.observations.shape[2:])
        for rollout in rollouts
    ]
    actions: list[NDArray[Any]] = [
        rollout.actions.reshape(-1, rollout.actions.shape[2]) for rollout in rollouts
    ]
    valid = [rollout.valid.ravel() for rollout in rollouts]
    if len(rollouts) == 1:
        return observations[0], actions[0], valid[0]
    return np.concatenate(observations), np.concatenate(actions), np.concatenate(valid)


def _flat(parts: Sequence[NDArray[Any]]) -> Floats:
    """All numbers of arrays of any shape, one after the other."""
    if len(parts) == 1:
        return parts[0].ravel()
    return np.concatenate([part.ravel() for part in parts])
