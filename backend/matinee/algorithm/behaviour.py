"""Behaviour that mixes random actions into the policy, and its exact probabilities.

At rate ε an action is drawn uniformly from all there are, in all branches or dimensions at once:

    μ(a|s) = (1-ε) π(a|s) + ε u(a)

u is 1/|A| for categorical actions, and 2^(-d) on [-1, 1]^d, 0 elsewhere, for Gaussian ones. Samples
are weighted by ρ = π/μ, which is at most 1/(1-ε).

Reference: Sutton & Barto 2018, §2.2 and §5.5.
"""

from __future__ import annotations

import math
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from matinee.algorithm.distributions import Actions, Floats
from matinee.contracts.agent_interface import (
    ActionInterface,
    CategoricalActions,
    GaussianActions,
)


def random_actions(
    generator: np.random.Generator, actions: ActionInterface, shape: tuple[int, ...]
) -> Actions:
    """Uniform actions. Shape: (*shape, K)."""
    match actions:
        case CategoricalActions(branches=branches):
            if len(branches) == 1:
                return generator.integers(branches[0], size=(*shape, 1))
            return generator.integers(np.array(branches), size=(*shape, len(branches)))
        case GaussianActions(dimension=dimension):
            uniform = generator.random((*shape, dimension), dtype=np.float32)
            return 2.0 * uniform - np.float32(1.0)
        case _:
            assert_never(actions)


def behaviour_log_probability(
    log_probability: Floats, taken: Actions, *, epsilon: float, actions: ActionInterface
) -> Floats:
    """The numbers log μ(a|s) for actions that are random at rate ε.

    Args:
        log_probability: log π(a|s). Shape: (B,).
        taken: a. Shape: (B, K).
        epsilon: Share of random actions, from 0 to 1.
        actions: What there is to choose from.

    Returns:
        Shape: (B,).
    """
    if epsilon == 0.0:
        return log_probability
    from_policy = log_probability + np.float32(math.log1p(-epsilon) if epsilon < 1.0 else -math.inf)
    with np.errstate(divide="ignore"):
        at_random = np.log(epsilon * _uniform_density(taken, actions)).astype(np.float32)
    log_behaviour: Floats = np.logaddexp(from_policy, at_random)
    return log_behaviour


def importance_weights(
    log_probability: Floats, taken: Actions, *, epsilon: float, actions: ActionInterface
) -> Floats:
    """ρ = π(a|s)/μ(a|s); at most 1/(1-ε). Arguments as for `behaviour_log_probability`."""
    behaviour = behaviour_log_probability(log_probability, taken, epsilon=epsilon, actions=actions)
    weights: Floats = np.exp(log_probability - behaviour)
    return weights


def _uniform_density(taken: Actions, actions: ActionInterface) -> NDArray[np.floating] | float:
    match actions:
        case CategoricalActions():
            return 1.0 / actions.combinations
        case GaussianActions(dimension=dimension):
            inside: NDArray[np.floating] = np.all(np.abs(taken) <= 1.0, axis=-1) * 0.5**dimension
            return inside
        case _:
            assert_never(actions)
