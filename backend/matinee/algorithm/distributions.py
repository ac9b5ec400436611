"""The categorical policy: sampling in NumPy, log-probabilities and entropy in torch.

With random actions at rate ε the behaviour policy is the mixture μ = (1-ε)π + ε/|A|
(Sutton & Barto 2018, §2.2), and its samples are weighted by ρ = π/μ (ibid., §5.5).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

_SMALLEST_EXPONENTIAL = np.float32(1e-30)
"""The float32 ziggurat gives an exact 0 about once in 2²³ draws; its logarithm would be -inf."""


def gumbel_noise(generator: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Standard Gumbel noise: -log E with E ~ Exp(1).

    `argmax_a(z_a + noise_a)` is then a sample of softmax(z). Drawing the noise of a whole rollout
    at once leaves one addition and one argmax for each step.

    Reference: Gumbel 1954; Maddison, Tarlow & Minka 2014, §2.
    """
    noise = generator.standard_exponential(shape, dtype=np.float32)
    np.maximum(noise, _SMALLEST_EXPONENTIAL, out=noise)
    np.log(noise, out=noise)
    return np.negative(noise, out=noise)


def log_probabilities_and_entropy(logits: Tensor) -> tuple[Tensor, Tensor]:
    """The policy as log π(·|s), and its entropy H = -Σ_a π log π.

    Both come from one log-softmax: clipping probabilities would cut the gradient where it counts.

    Args:
        logits: Shape: (B, A).

    Returns:
        Log-probabilities, shape (B, A), and entropies in nats, shape (B,).
    """
    log_probabilities = logits.log_softmax(dim=1)
    entropies = -(log_probabilities.exp() * log_probabilities).sum(dim=1)
    return log_probabilities, entropies


def importance_weights(
    log_probability: NDArray[np.float32], *, epsilon: float, action_count: int
) -> NDArray[np.float32]:
    """ρ = π(a|s)/μ(a|s) with μ = (1-ε)π + ε/|A|; at most 1/(1-ε).

    Args:
        log_probability: log π(a|s) of the actions taken. Shape: (B,).
        epsilon: Share of random actions, from 0 to 1.
        action_count: |A|.
    """
    probability = np.exp(log_probability)
    behaviour = (1.0 - epsilon) * probability + epsilon / action_count
    weights: NDArray[np.float32] = (probability / behaviour).astype(np.float32)
    return weights
