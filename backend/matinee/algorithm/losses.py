r"""Losses, each as its value and its coefficients.

Every loss here has the gradient

    Σ_b  c_π(b) ∇log π(a_b|s_b)  +  c_H(b) ∇H(π(·|s_b))  +  c_V(b) ∇V(s_b)

so a loss is three vectors of numbers, and only the network has to be differentiated. With the
weights w_b = 1/(number of valid steps) for valid steps, else 0, the actor-critic loss is

    L = Σ_b w_b [ -ρ log π(a|s) sg[A]  -  β H(π(·|s))  +  c_v ½ (R - V(s))² ]

`sg` stops the gradient: A, R and ρ are constants. The mean (not the sum) fixes the scale that the
gradient clip refers to. Entropy is added to the objective, so it is subtracted from the loss.

References: Mnih et al. 2016, §4 and Algorithm S3; Williams & Peng 1991 for the entropy term;
Babaeizadeh et al. 2017, equation 4; Schulman et al. 2017, equation 7.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from matinee.algorithm.distributions import Floats

GA3C_OFFSET = np.float32(1e-6)


@dataclass(frozen=True)
class LossTerm:
    """One term of the loss.

    Attributes:
        value: The term itself, without its coefficient in the sum.
        coefficients: c of the quantity it is a function of. Shape: (B,).
    """

    value: float
    coefficients: Floats


def policy_gradient(
    log_probability: Floats, advantages: Floats, *, sample_weights: Floats
) -> LossTerm:
    """-Σ w log π sg[A]:  c_π = -w A.

    Args:
        log_probability: log π(a_t|s_t). Shape: (B,), like every array here.
        advantages: A_t, times ρ_t where behaviour differed from the policy. A constant.
        sample_weights: w.
    """
    coefficients = advantages * sample_weights
    np.negative(coefficients, out=coefficients)
    return LossTerm(float(np.dot(log_probability, coefficients)), coefficients)


def offset_policy_gradient(
    log_probability: Floats, advantages: Floats, *, sample_weights: Floats
) -> LossTerm:
    """GA3C's way to keep old samples from blowing up: -Σ w log(π + ε) sg[A], ε = 10⁻⁶.

    c_π = -w A π/(π + ε): what the present policy would almost never do counts for almost nothing.
    Arguments as for `policy_gradient`.

    Reference: Babaeizadeh et al. 2017, equation 4; Espeholt et al. 2018, §5.2.2 for the value.
    """
    probability = np.exp(log_probability)
    offset = probability + GA3C_OFFSET
    coefficients = advantages * sample_weights
    np.negative(coefficients, out=coefficients)
    value = float(np.dot(np.log(offset), coefficients))
    np.multiply(coefficients, probability, out=coefficients)
    np.divide(coefficients, offset, out=coefficients)
    return LossTerm(value, coefficients)


def clipped_surrogate(
    ratios: Floats, advantages: Floats, *, clip_range: float, sample_weights: Floats
) -> LossTerm:
    """PPO: -Σ w min(r A, clip(r, 1-ϵ, 1+ϵ) A), r = π/π_old.

    ∇r = r ∇log π, so c_π = -w r A, and 0 where the clipped branch is the smaller one: the policy
    has already moved as far as it may in the direction that A asks for.

    Args:
        ratios: r. Shape: (B,), like every array here.
        advantages: A, a constant.
        clip_range: ϵ.
        sample_weights: w.

    Reference: Schulman et al. 2017, equation 7.
    """
    free = ratios * advantages
    limited = np.clip(ratios, 1.0 - clip_range, 1.0 + clip_range) * advantages
    value = -float(np.dot(np.minimum(free, limited), sample_weights))
    coefficients = np.where(free <= limited, free, np.float32(0.0))
    np.multiply(coefficients, sample_weights, out=coefficients)
    return LossTerm(value, np.negative(coefficients, out=coefficients))


def entropy_bonus(entropies: Floats, *, coefficient: float, sample_weights: Floats) -> LossTerm:
    """Σ w H, which the loss subtracts β times:  c_H = -β w."""
    return LossTerm(
        float(np.dot(entropies, sample_weights)), sample_weights * np.float32(-coefficient)
    )


def value_error(
    values: Floats, returns: Floats, *, coefficient: float, sample_weights: Floats
) -> LossTerm:
    """Σ w ½ (R - V)², which the loss adds c_v times:  c_V = -c_v w (R - V)."""
    errors = values - returns
    weighted = errors * sample_weights
    value = 0.5 * float(np.dot(errors, weighted))
    np.multiply(weighted, np.float32(coefficient), out=weighted)
    return LossTerm(value, weighted)
