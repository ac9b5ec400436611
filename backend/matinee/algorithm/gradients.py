"""From rollouts to one gradient: values, targets, loss, and its derivative by all weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray

from matinee.algorithm.behaviour import behaviour_log_probability, importance_weights
from matinee.algorithm.blocks import Batch, batch_of
from matinee.algorithm.differentiable_policy import (
    DifferentiablePolicy,
    Evaluation,
    PolicyValueNetwork,
)
from matinee.algorithm.distributions import Floats
from matinee.algorithm.flat_parameters import FloatVector
from matinee.algorithm.loss_report import LossReport, sample_details
from matinee.algorithm.losses import (
    LossTerm,
    clipped_surrogate,
    entropy_bonus,
    offset_policy_gradient,
    policy_gradient,
    value_error,
)
from matinee.algorithm.networks import NetworkShape
from matinee.algorithm.objective import Objective
from matinee.algorithm.off_policy import divergence, probability_ratios, staleness
from matinee.algorithm.policies import new_policy
from matinee.algorithm.returns import Targets, normalized
from matinee.algorithm.rollout import Rollout
from matinee.algorithm.surrogate import SurrogateBatch
from matinee.algorithm.targets import batch_targets


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
        self._critic = new_policy(shape, local_weights)

    def gradient(
        self,
        rollouts: Sequence[Rollout],
        *,
        objective: Objective,
        out: FloatVector,
        detailed: bool,
    ) -> LossReport:
        """Write the gradient of the actor-critic loss, a mean over all valid steps, to `out`.

        Rollouts that keep the log-probabilities of their behaviour are corrected as the objective
        says. Others were made by these very weights, with random actions mixed in at rate ε: they
        are corrected by V-trace with ρ = π/μ as it is, so that actor and critic are both π's.

        Args:
            rollouts: At least one.
            objective: The numbers of the loss.
            out: Shape: (size,).
            detailed: Whether to report what takes a look at every sample.

        Raises:
            ValueError: if no step is valid.
        """
        batch = batch_of(rollouts)
        evaluation = self._policy.forward(batch.observations, batch.actions, batch.episodes)
        ratios = self._ratios(batch, evaluation, objective)
        corrects = batch.log_behaviour is not None
        if ratios is not None and not corrects:
            objective = objective.despite_random_actions()
        targets = batch_targets(
            batch,
            evaluation,
            ratios=ratios if objective.correction == "vtrace" else None,
            critic=self._critic,
            objective=objective,
        )
        advantages = _weighted_advantages(
            targets.advantages,
            batch.valid,
            weights=_policy_weights(ratios, objective),
            normalize=objective.normalize_advantage,
        )
        term = (
            offset_policy_gradient
            if corrects and objective.correction == "epsilon"
            else policy_gradient
        )
        report = self._descend(
            term(evaluation.log_probability, advantages, sample_weights=batch.sample_weights),
            evaluation,
            targets.returns,
            sample_weights=batch.sample_weights,
            objective=objective,
            out=out,
        )
        if not detailed:
            return report
        details = self._details(targets, evaluation, batch.sample_weights)
        if ratios is not None:
            details |= asdict(
                staleness(
                    ratios,
                    batch.sample_weights,
                    drift=self._drift(batch, evaluation, objective),
                    rho_bar=objective.rho_bar,
                )
            )
            details["value_delta"] = _value_delta(batch, evaluation.values)
        return _with(report, details)

    def surrogate_batch(self, rollout: Rollout, *, objective: Objective) -> SurrogateBatch:
        """The valid steps of a rollout that these very weights made, for PPO's epochs.

        Args:
            rollout: What was just seen.
            objective: The numbers of the loss.

        Raises:
            ValueError: if no step is valid.
        """
        batch = batch_of([rollout])
        evaluation = self._policy.evaluate(batch.observations, batch.actions)
        weights = self._ratios(batch, evaluation, objective)
        targets = batch_targets(
            batch,
            evaluation,
            ratios=weights,
            critic=self._critic,
            objective=objective.despite_random_actions(),
        )
        everything = SurrogateBatch(
            observations=batch.observations,
            actions=batch.actions,
            log_probability=evaluation.log_probability,
            targets=targets,
            weights=weights,
        )
        return everything.minibatch(np.flatnonzero(batch.valid))

    def surrogate_gradient(
        self,
        batch: SurrogateBatch,
        indices: NDArray[np.intp],
        *,
        objective: Objective,
        out: FloatVector,
        detailed: bool,
    ) -> LossReport:
        """Write the gradient of PPO's loss, a mean over some samples, to `out`.

        Args:
            batch: What the epochs go over.
            indices: Which samples; at least one.
            objective: The numbers of the loss.
            out: Shape: (size,).
            detailed: Whether to report what takes a look at every sample.
        """
        samples = batch.minibatch(indices)
        sample_weights = np.full(samples.size, np.float32(1.0 / samples.size))
        evaluation = self._policy.forward(samples.observations, samples.actions)
        ratios = probability_ratios(evaluation.log_probability, samples.log_probability)
        advantages = _weighted_advantages(
            samples.targets.advantages,
            np.ones(samples.size, np.bool_),
            weights=samples.weights,
            normalize=objective.normalize_advantage,
        )
        report = self._descend(
            clipped_surrogate(
                ratios,
                advantages,
                clip_range=objective.clip_range,
                sample_weights=sample_weights,
            ),
            evaluation,
            samples.targets.returns,
            sample_weights=sample_weights,
            objective=objective,
            out=out,
        )
        details = {
            "approximate_kl": divergence(ratios, sample_weights),
            "clip_fraction": float(np.mean(np.abs(ratios - 1.0) > objective.clip_range)),
        }
        if detailed:
            details |= self._details(samples.targets, evaluation, sample_weights)
            if samples.weights is not None:
                # π/π_old and π_old/μ.
                from_behaviour = ratios * samples.weights
                details |= asdict(
                    staleness(
                        from_behaviour, sample_weights, drift=ratios, rho_bar=objective.rho_bar
                    )
                )
        return _with(report, details)

    def _ratios(self, batch: Batch, evaluation: Evaluation, objective: Objective) -> Floats | None:
        """ρ = π/μ of each step; None where behaviour was the policy itself. Shape: (B,)."""
        if batch.log_behaviour is not None:
            return probability_ratios(evaluation.log_probability, batch.log_behaviour)
        if objective.epsilon == 0.0:
            return None
        return importance_weights(
            evaluation.log_probability,
            batch.actions,
            epsilon=objective.epsilon,
            actions=self._actions,
        )

    def _drift(self, batch: Batch, evaluation: Evaluation, objective: Objective) -> Floats:
        """Behaviour as it would be now over that which acted. Shape: (B,)."""
        if batch.log_behaviour is None:
            return np.ones_like(evaluation.log_probability)
        now = behaviour_log_probability(
            evaluation.log_probability,
            batch.actions,
            epsilon=objective.epsilon,
            actions=self._actions,
        )
        return probability_ratios(now, batch.log_behaviour)

    def _descend(
        self,
        policy: LossTerm,
        evaluation: Evaluation,
        returns: Floats,
        *,
        sample_weights: Floats,
        objective: Objective,
        out: FloatVector,
    ) -> LossReport:
        """Add entropy and value to the policy's term and go back through the network."""
        entropy = entropy_bonus(
            evaluation.entropy,
            coefficient=objective.entropy_coefficient,
            sample_weights=sample_weights,
        )
        value = value_error(
            evaluation.values,
            returns,
            coefficient=objective.value_coefficient,
            sample_weights=sample_weights,
        )
        self._policy.backward(
            log_probability=policy.coefficients,
            entropy=entropy.coefficients,
            value=value.coefficients,
            out=out,
        )
        return LossReport(policy.value, value.value, entropy.value)

    def _details(
        self, targets: Targets, evaluation: Evaluation, sample_weights: Floats
    ) -> dict[str, float]:
        details = sample_details(
            targets=targets,
            values=evaluation.values,
            log_probability=evaluation.log_probability,
            sample_weights=sample_weights,
        )
        details["policy_std"] = self._policy.mean_std
        return details


def _policy_weights(ratios: Floats | None, objective: Objective) -> Floats | None:
    """What the policy term of each step is multiplied by to correct it; None: nothing."""
    if ratios is None or objective.correction in ("none", "epsilon"):
        return None
    limited: Floats = np.minimum(ratios, np.float32(objective.rho_bar))
    return limited


def _weighted_advantages(
    advantages: Floats, valid: NDArray[np.bool_], *, weights: Floats | None, normalize: bool
) -> Floats:
    if normalize:
        advantages = normalized(advantages, valid)
    return advantages if weights is None else advantages * weights


def _value_delta(batch: Batch, values: Floats) -> float:
    """Mean of V now minus V at acting, over the environments whose values somebody looked at."""
    deltas: list[Floats] = []
    start = 0
    for block in batch.blocks:
        stop = start + block.valid.size
        if block.acting_values is not None:
            means = values[start:stop].reshape(block.valid.shape).mean(axis=0)
            deltas.append(means - block.acting_values)
        start = stop
    known = np.concatenate(deltas) if deltas else np.empty(0, np.float32)
    known = known[np.isfinite(known)]
    return float(known.mean()) if len(known) else np.nan


def _with(report: LossReport, details: dict[str, float]) -> LossReport:
    return LossReport(report.policy_loss, report.value_loss, report.entropy, **details)
