r"""The actor-critic loss.

    L = mean over valid steps of  -ρ log π(a|s) sg[A]  -  β H(π(·|s))  +  c_v ½ (R - V(s))²

`sg` stops the gradient: A and R are constants. The mean (not the sum) fixes the scale that the
gradient clip refers to. Entropy is added to the objective, so it is subtracted from the loss.

References: Mnih et al. 2016, §4 and Algorithm S3; Williams & Peng 1991 for the entropy term.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class LossTerms:
    """Each a scalar tensor, a mean over the valid steps."""

    policy: Tensor
    value: Tensor
    entropy: Tensor

    def total(self, *, entropy_coefficient: float, value_coefficient: float) -> Tensor:
        """L = policy - β entropy + c_v value."""
        return self.policy - entropy_coefficient * self.entropy + value_coefficient * self.value


def actor_critic_loss(
    log_probability: Tensor,
    entropies: Tensor,
    values: Tensor,
    *,
    advantages: Tensor,
    returns: Tensor,
    sample_weights: Tensor,
) -> LossTerms:
    """The three terms of the loss.

    Args:
        log_probability: log π(a_t|s_t). Shape: (B,), like every other tensor here.
        entropies: H(π(·|s_t)).
        values: V(s_t).
        advantages: A_t, times ρ_t where behaviour differed from the policy. A constant.
        returns: R_t. A constant.
        sample_weights: 1/(number of valid steps) for valid steps, else 0.
    """
    return LossTerms(
        policy=-torch.dot(log_probability, advantages * sample_weights),
        value=0.5 * torch.dot(torch.square(returns - values), sample_weights),
        entropy=torch.dot(entropies, sample_weights),
    )
