"""What a batch says about the learner, next to its gradient."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from matinee.algorithm.distributions import Floats
from matinee.algorithm.returns import Targets, explained_variance, weighted_variance


@dataclass(frozen=True)
class LossReport:
    """What one batch says about the learner. Means over valid steps; nan where undefined.

    All but the three terms of the loss and PPO's two are nan unless details were asked for.

    Attributes:
        policy_loss: A term of the loss, as the next two are without their coefficients.
        value_loss: ½ mean squared error of the critic.
        entropy: Of the policy, in nats.
        explained_variance: 1 - Var[R - V]/Var[R].
        value_mean: Of V(s), as min and max.
        value_min: See above.
        value_max: See above.
        advantage_mean: Of A before it is normalised or weighted, as the next four.
        advantage_std: See above.
        advantage_min: See above.
        advantage_max: See above.
        advantage_positive: Share of A > 0.
        log_probability_max: Greatest |log π(a|s)|.
        policy_std: Mean σ of a Gaussian policy.
        importance_ratio_mean: Of ρ = π/μ, where behaviour may differ from the policy.
        importance_ratio_max: Likewise.
        importance_clipped: Share of ρ > ρ̄.
        behaviour_kl: From what acted to what would act now, KL in nats.
        value_delta: Mean of V now minus V by the weights that acted.
        clip_fraction: Share of |r - 1| > ϵ (PPO).
        approximate_kl: KL(π_old, π) in nats (PPO).
    """

    policy_loss: float
    value_loss: float
    entropy: float
    explained_variance: float = math.nan
    value_mean: float = math.nan
    value_min: float = math.nan
    value_max: float = math.nan
    advantage_mean: float = math.nan
    advantage_std: float = math.nan
    advantage_min: float = math.nan
    advantage_max: float = math.nan
    advantage_positive: float = math.nan
    log_probability_max: float = math.nan
    policy_std: float = math.nan
    importance_ratio_mean: float = math.nan
    importance_ratio_max: float = math.nan
    importance_clipped: float = math.nan
    behaviour_kl: float = math.nan
    value_delta: float = math.nan
    clip_fraction: float = math.nan
    approximate_kl: float = math.nan

    @property
    def is_finite(self) -> bool:
        """Whether the loss can be trusted; explained variance may be undefined all the same."""
        return all(map(math.isfinite, (self.policy_loss, self.value_loss, self.entropy)))


def sample_details(
    *, targets: Targets, values: Floats, log_probability: Floats, sample_weights: Floats
) -> dict[str, float]:
    """The fields of a report that take a look at every sample of any batch.

    Args:
        targets: Shape of both: (B,), like all that follow.
        values: V(s).
        log_probability: log π(a|s).
        sample_weights: 1/(number of valid steps) for valid steps, else 0.
    """
    valid = sample_weights > 0.0
    chosen_values, advantages = values[valid], targets.advantages[valid]
    errors = targets.returns - values
    return {
        "explained_variance": explained_variance(errors, targets.returns, sample_weights),
        "value_mean": float(np.dot(values, sample_weights)),
        "value_min": float(chosen_values.min()),
        "value_max": float(chosen_values.max()),
        "advantage_mean": float(advantages.mean()),
        "advantage_std": math.sqrt(weighted_variance(targets.advantages, sample_weights)),
        "advantage_min": float(advantages.min()),
        "advantage_max": float(advantages.max()),
        "advantage_positive": float(np.mean(advantages > 0.0)),
        "log_probability_max": float(np.abs(log_probability[valid]).max()),
    }
