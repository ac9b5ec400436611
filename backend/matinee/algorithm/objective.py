"""The numbers of a loss."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

Correction = Literal["none", "epsilon", "importance", "vtrace"]


@dataclass(frozen=True)
class Objective:
    """The numbers of one loss; each may change from rollout to rollout.

    Attributes:
        gamma: Discount γ.
        gae_lambda: λ, from 0 (one-step TD) to 1 (n-step returns).
        reward_scale: What rewards are multiplied by.
        truncation_bootstrap: Whether an episode cut by a limit goes on in the critic's estimate.
        normalize_advantage: Whether advantages of a batch get mean 0 and standard deviation 1.
        entropy_coefficient: β.
        value_coefficient: c_v.
        epsilon: Share of random actions in the behaviour that made the rollout.
        reward_clip: Largest reward after scaling, on both sides; 0 is no limit.
        correction: For rollouts that keep the log-probabilities of their behaviour.
        rho_bar: ρ̄ of V-trace and of plain importance weights.
        c_bar: c̄ of V-trace.
        clip_range: How far PPO's probability ratio may leave 1.
    """

    gamma: float
    gae_lambda: float
    reward_scale: float
    truncation_bootstrap: bool
    normalize_advantage: bool
    entropy_coefficient: float
    value_coefficient: float
    epsilon: float
    reward_clip: float = 0.0
    correction: Correction = "vtrace"
    rho_bar: float = 1.0
    c_bar: float = 1.0
    clip_range: float = 0.2

    def despite_random_actions(self) -> Objective:
        """The same, for rollouts of the policy itself with random actions mixed in at rate ε.

        π/μ is at most 1/(1-ε) there. Not limited by ρ̄, it makes the policy's own values the fixed
        point of V-trace; c̄ = 1 keeps the product of many ratios from growing with the rollout, and
        only decides how far errors are carried back.

        Reference: Espeholt et al. 2018, §4.1.
        """
        return replace(self, correction="vtrace", rho_bar=math.inf, c_bar=1.0)
