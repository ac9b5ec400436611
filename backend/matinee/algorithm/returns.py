r"""Returns and advantages of a rollout.

One backward recursion serves TD(0), the n-step return of A3C and everything between:

    δ_t = r_t + γ (1 - d_t) V(s_{t+1}) - V(s_t)
    A_t = δ_t + γλ (1 - e_t) A_{t+1}
    R_t = A_t + V(s_t)

d_t is 1 where the episode *terminated*; e_t where it ended for any reason. An episode that a time
limit truncated, or that the rollout cut, goes on in V(s_{t+1}).

References: Schulman et al. 2016, equation 16; with λ = 1 this is Mnih et al. 2016, Algorithm S3;
Pardo et al. 2018 for time limits. V-trace: Espeholt et al. 2018, equation 1 and remark 2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_ROUNDING = 1e-10
"""Variance per mean square that float32 sums of equal numbers can show."""

Floats = NDArray[np.floating]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Targets:
    """What the actor and the critic learn from. Shape of both: (T, N), or all in one row."""

    advantages: Floats
    returns: Floats


@dataclass(frozen=True)
class ValuedSteps:
    """What happened, and what the critic says about it. Shape of each: (T, N).

    Attributes:
        rewards: r_t.
        values: V(s_t).
        next_values: V(s_{t+1}), of the state *reached* by step t, also where an episode ended and
            the next observation is already that of a new episode.
        terminated: d_t: the episode ended in a terminal state, whose value is 0.
        truncated: The episode was cut by a limit; its last state keeps its value.
        valid: False for steps that only reset an environment: their advantage is 0.
    """

    rewards: Floats
    values: Floats
    next_values: Floats
    terminated: Flags
    truncated: Flags
    valid: Flags

    def errors(self, gamma: float) -> Floats:
        """δ_t, 0 for steps that only reset; a new array in the dtype of `values`."""
        values = self.values
        bootstrap = np.where(self.terminated, 0.0, self.next_values).astype(values.dtype)
        deltas: Floats = self.rewards + gamma * bootstrap - values
        deltas[~self.valid] = 0.0
        return deltas

    def going_on(self, factor: float) -> Floats:
        """The factor where the episode goes on after step t, else 0: factor · (1 - e_t)."""
        goes_on = self.valid & ~(self.terminated | self.truncated)
        return factor * goes_on.astype(self.values.dtype)


def generalized_advantages(steps: ValuedSteps, *, gamma: float, gae_lambda: float) -> Targets:
    """Advantages by GAE(λ) and the returns that belong to them.

    Args:
        steps: Of a rollout.
        gamma: Discount.
        gae_lambda: 0 is the one-step TD error, 1 the n-step return.

    Returns:
        Advantages and returns, in the dtype of the values.
    """
    advantages = steps.errors(gamma)
    carry = steps.going_on(gamma * gae_lambda)
    for t in range(len(advantages) - 2, -1, -1):
        advantages[t] += carry[t] * advantages[t + 1]
    return Targets(advantages=advantages, returns=advantages + steps.values)


def vtrace(
    steps: ValuedSteps,
    *,
    gamma: float,
    gae_lambda: float,
    ratios: Floats,
    rho_bar: float,
    c_bar: float,
) -> Targets:
    r"""V-trace: returns for a policy π from actions of a behaviour μ.

        v_t = V(s_t) + Σ_{k≥t} γ^{k-t} (Π_{i=t}^{k-1} c_i) ρ_k δ_k
        ρ_t = min(ρ̄, π/μ),  c_t = λ min(c̄, π/μ)

    as the recursion v_t - V(s_t) = ρ_t δ_t + γ c_t (v_{t+1} - V(s_{t+1})) within an episode. The
    advantage of the policy gradient is

        A_t = r_t + γ [λ v_{t+1} + (1-λ) V(s_{t+1})] - V(s_t)

    still without its weight ρ_t. Where an episode ended or the rollout was cut, V(s_{t+1}) or 0
    stands for v_{t+1}. With μ = π both are GAE(λ), so with λ = 1 the n-step return.

    Args:
        steps: Of a rollout.
        gamma: Discount.
        gae_lambda: λ.
        ratios: π(a_t|s_t)/μ(a_t|s_t), not limited yet. Shape: (T, N).
        rho_bar: ρ̄: which policy's values are learned; ∞ is that of π.
        c_bar: c̄: how far errors are carried back.
    """
    dtype = steps.values.dtype.type
    advantages = steps.errors(gamma)
    ahead = steps.going_on(gamma * gae_lambda)
    carry = ahead * np.minimum(ratios, dtype(c_bar))

    corrections = advantages * np.minimum(ratios, dtype(rho_bar))
    for t in range(len(corrections) - 2, -1, -1):
        corrections[t] += carry[t] * corrections[t + 1]
    advantages[:-1] += ahead[:-1] * corrections[1:]
    return Targets(advantages=advantages, returns=corrections + steps.values)


def normalized(advantages: Floats, valid: Flags) -> Floats:
    """(A - mean A) / (std A + 1e-8) over the valid steps; shape (T, N).

    A single one is left as it is, as Stable-Baselines3 does: minus its own mean it would be 0,
    and nothing learned.
    """
    chosen = advantages[valid]
    if chosen.size == 1:
        return advantages
    scaled: Floats = (advantages - chosen.mean()) / (chosen.std() + 1e-8)
    return scaled


def weighted_variance(numbers: Floats, weights: Floats) -> float:
    """Σ w (x - Σ w x)²: the variance of the valid numbers, without picking them out.

    Args:
        numbers: x. Shape: (B,).
        weights: 1/(number of valid ones) for valid numbers, else 0. Shape: (B,).
    """
    deviations = numbers - np.dot(numbers, weights)
    np.multiply(deviations, deviations, out=deviations)
    return float(np.dot(deviations, weights))


def explained_variance(errors: Floats, returns: Floats, weights: Floats) -> float:
    """1 - Var[R - V] / Var[R]: the share of the returns' variation that the critic foresees.

    NaN where the returns don't vary by more than rounding: the share of nothing.

    Args:
        errors: R - V, which is the advantage. Shape: (B,).
        returns: R. Shape: (B,).
        weights: As for `weighted_variance`.
    """
    total = weighted_variance(returns, weights)
    if total <= _ROUNDING * float(np.dot(returns, returns)) / len(returns):
        return math.nan
    return 1.0 - weighted_variance(errors, weights) / total
