r"""Learning from actions that another policy chose: ratios, their limits, and how far it is off.

    ρ = π(a|s) / μ(a|s)

π is the policy being learned and μ what acted: an older policy, or one with random actions mixed
in.

Reference: Espeholt et al. 2018, §4; the estimate of the divergence is k3 of Schulman 2020,
"Approximating KL Divergence": E_μ[(ρ - 1) - log ρ] = KL(μ, π), each term at least 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from matinee.algorithm.distributions import Floats

LARGEST_LOG_RATIO = 40.0
"""e^40 is still finite in float32, and every limit ρ̄ lies far below."""


@dataclass(frozen=True)
class Staleness:
    """How far behaviour was from the policy. Means over valid steps."""

    importance_ratio_mean: float
    importance_ratio_max: float
    importance_clipped: float
    behaviour_kl: float


def probability_ratios(log_probability: Floats, log_behaviour: Floats) -> Floats:
    """ρ = exp(log π - log μ), finite. Shape, in and out: (B,)."""
    ratios: Floats = np.exp(np.minimum(log_probability - log_behaviour, LARGEST_LOG_RATIO))
    return ratios


def divergence(ratios: Floats, sample_weights: Floats) -> float:
    """KL(μ, π) by the estimator k3: Σ w [(ρ - 1) - log ρ].

    Args:
        ratios: ρ. Shape: (B,).
        sample_weights: 1/(number of valid steps) for valid steps, else 0. Shape: (B,).
    """
    valid = sample_weights > 0.0
    chosen = ratios[valid].astype(np.float64)
    floor = np.finfo(np.float32).tiny
    return float(np.mean((chosen - 1.0) - np.log(np.maximum(chosen, floor))))


def staleness(
    ratios: Floats, sample_weights: Floats, *, drift: Floats, rho_bar: float
) -> Staleness:
    """What the ratios of a batch say.

    Args:
        ratios: π/μ. Shape: (B,).
        sample_weights: As for `divergence`.
        drift: What would act now, random actions included, over what acted: without age it is 1,
            where π/μ still tells of the random actions. Shape: (B,).
        rho_bar: The limit of the ratios.
    """
    chosen = ratios[sample_weights > 0.0]
    return Staleness(
        importance_ratio_mean=float(chosen.mean()),
        importance_ratio_max=float(chosen.max()),
        importance_clipped=float(np.mean(chosen > rho_bar)),
        behaviour_kl=divergence(drift, sample_weights),
    )
