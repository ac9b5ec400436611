"""Policies as distributions over actions: sampling, log π, entropy, and their derivatives.

A network's policy head gives P numbers for each state: the logits z of all branches one after the
other, or the means of a diagonal Gaussian. Log-probabilities and derivatives are by hand, in
NumPy, for every kind of network:

    categorical   ∂log π(a)/∂z_j = 1[j=a] - π_j        ∂H/∂z_j = -π_j (log π_j + H)
    Gaussian      ∂log π(a)/∂m_i = (a_i - m_i)/σ_i²    ∂H/∂m_i = 0
                  ∂log π(a)/∂log σ_i = (a_i - m_i)²/σ_i² - 1    ∂H/∂log σ_i = 1

References: Sutton & Barto 2018, §13.3 and §13.7; Williams 1992, §6.
"""

from __future__ import annotations

import math
from typing import Protocol, assert_never

import numpy as np
from numpy.typing import NDArray

from matinee.contracts.agent_interface import (
    ActionInterface,
    CategoricalActions,
    GaussianActions,
)

Floats = NDArray[np.float32]
Actions = NDArray[np.int64] | Floats

_SMALLEST_EXPONENTIAL = np.float32(1e-30)
"""The float32 ziggurat gives an exact 0 about once in 2²³ draws; its logarithm would be -inf."""

_LOG_2PI = math.log(2.0 * math.pi)


class ActionDistribution(Protocol):
    """π(·|s) given what the policy head says. One per thread: `evaluate` keeps what `derive` needs.

    Acting has one state a row: outputs of shape (N, P). Learning has one state a column, (P, B):
    sums over a handful of actions then run over long contiguous rows.
    """

    @property
    def outputs(self) -> int:
        """P, the width of the policy head."""

    def noise(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Floats:
        """What `sample` needs, drawn ahead for many steps at once. Shape: (*shape, P)."""

    def sample(self, outputs: Floats, noise: Floats) -> Actions:
        """One action for each row. Shapes (N, P), (N, P) → (N, K)."""

    def mode(self, outputs: Floats) -> Actions:
        """The most probable action of each row. Shapes (N, P) → (N, K)."""

    def evaluate(self, outputs: Floats, actions: Actions) -> tuple[Floats, Floats]:
        """The numbers log π(a|s) and H(π(·|s)), both sums over branches or dimensions.

        Args:
            outputs: Shape: (P, B); overwritten.
            actions: Shape: (B, K).

        Returns:
            Shapes: (B,), (B,). Entropies in nats.
        """

    def derive(self, *, log_probability: Floats, entropy: Floats, out: Floats) -> Floats | None:
        """Σ_b c(b) ∇log π(a_b|s_b) + h(b) ∇H(s_b), for the batch evaluated last.

        Args:
            log_probability: c. Shape: (B,).
            entropy: h. Shape: (B,).
            out: The derivative by each output. Shape: (P, B).

        Returns:
            The derivative by log σ, shape (P,); None if there is no σ.
        """


class CategoricalDistribution:
    """Independent softmax choices, one for each branch."""

    def __init__(self, actions: CategoricalActions) -> None:
        self.outputs = sum(actions.branches)
        ends = np.cumsum(actions.branches).tolist()
        self._branches = tuple(
            slice(end - size, end) for end, size in zip(ends, actions.branches, strict=True)
        )
        self._log_policy: Floats = np.zeros((self.outputs, 0), np.float32)
        self._policy: Floats = self._log_policy
        self._entropies: list[Floats] = []
        self._chosen: list[tuple[NDArray[np.int64], NDArray[np.intp]]] = []

    def noise(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Floats:
        """Gumbel noise. Shape: (*shape, P)."""
        return gumbel_noise(generator, (*shape, self.outputs))

    def sample(self, outputs: Floats, noise: Floats) -> Actions:
        """argmax(z + noise) in each branch. Shapes (N, P), (N, P) → (N, K)."""
        return self.mode(outputs + noise)

    def mode(self, outputs: Floats) -> Actions:
        """The most probable value in each branch. Shapes (N, P) → (N, K)."""
        if len(self._branches) == 1:
            single: NDArray[np.int64] = outputs.argmax(axis=1, keepdims=True)
            return single
        return np.stack([outputs[:, branch].argmax(axis=1) for branch in self._branches], axis=1)

    def probabilities(self, outputs: Floats) -> Floats:
        """π of each value of each branch. Shape, in and out: (N, P)."""
        result = np.empty_like(outputs)
        for branch in self._branches:
            weights = np.exp(outputs[:, branch] - outputs[:, branch].max(axis=1, keepdims=True))
            result[:, branch] = weights / weights.sum(axis=1, keepdims=True)
        return result

    def evaluate(self, outputs: Floats, actions: Actions) -> tuple[Floats, Floats]:
        """The numbers log π(a|s) and H = -Σ_a π log π, from one log-softmax.

        Clipping probabilities instead would cut the gradient where it counts.
        """
        count = outputs.shape[1]
        if self._policy.shape != outputs.shape:
            self._policy = np.empty_like(outputs)
        self._log_policy = outputs
        self._entropies, self._chosen = [], []
        columns = np.arange(count)
        chosen: Floats = np.zeros(count, np.float32)
        entropy: Floats = np.zeros(count, np.float32)
        for number, branch in enumerate(self._branches):
            log_policy, policy = outputs[branch], self._policy[branch]
            np.subtract(log_policy, log_policy.max(axis=0), out=log_policy)
            np.exp(log_policy, out=policy)
            np.subtract(log_policy, np.log(policy.sum(axis=0)), out=log_policy)
            np.exp(log_policy, out=policy)
            places = (np.asarray(actions[:, number], np.int64), columns)
            self._chosen.append(places)
            entropies = np.negative(np.einsum("ab,ab->b", policy, log_policy))
            self._entropies.append(entropies)
            chosen += log_policy[places]
            entropy += entropies
        return chosen, entropy

    def derive(self, *, log_probability: Floats, entropy: Floats, out: Floats) -> None:
        """By each logit: c (1[j=a] - π_j) - h π_j (log π_j + H), branch by branch."""
        for branch, entropies, places in zip(
            self._branches, self._entropies, self._chosen, strict=True
        ):
            part = out[branch]
            np.add(self._log_policy[branch], entropies, out=part)
            np.multiply(part, entropy, out=part)
            np.add(part, log_probability, out=part)
            np.multiply(part, self._policy[branch], out=part)
            np.negative(part, out=part)
            part[places] += log_probability


class GaussianDistribution:
    """Independent normal distributions whose spread does not depend on the state.

    Args:
        log_std: log σ, a view of the weights. Shape: (d,).
    """

    def __init__(self, actions: GaussianActions, log_std: Floats) -> None:
        self.outputs = actions.dimension
        self.log_std = log_std
        self._scaled: Floats = np.zeros((self.outputs, 0), np.float32)
        self._std: Floats = np.ones(self.outputs, np.float32)

    def noise(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Floats:
        """Standard normal noise. Shape: (*shape, P)."""
        return generator.standard_normal((*shape, self.outputs), dtype=np.float32)

    def sample(self, outputs: Floats, noise: Floats) -> Actions:
        """Mean and noise, m + σ noise, not clipped. Shapes (N, P), (N, P) → (N, K)."""
        drawn: Floats = outputs + noise * np.exp(self.log_std)
        return drawn

    def mode(self, outputs: Floats) -> Actions:
        """The mean. Shapes (N, P) → (N, K)."""
        return outputs.copy()

    def evaluate(self, outputs: Floats, actions: Actions) -> tuple[Floats, Floats]:
        """The numbers log π of the action as drawn, and the entropy, the same in every state.

        log π = -½ Σ_i [(a_i - m_i)²/σ_i² + log 2πσ_i²],   H = ½ Σ_i log 2πeσ_i²
        """
        self._std = np.exp(self.log_std)
        np.subtract(actions.T, outputs, out=outputs)
        np.divide(outputs, self._std[:, np.newaxis], out=outputs)
        self._scaled = outputs
        log_scale = float(self.log_std.sum()) + 0.5 * self.outputs * _LOG_2PI
        log_probability: Floats = np.einsum("ib,ib->b", outputs, outputs)
        np.multiply(log_probability, np.float32(-0.5), out=log_probability)
        np.subtract(log_probability, np.float32(log_scale), out=log_probability)
        entropy = np.full_like(log_probability, log_scale + 0.5 * self.outputs)
        return log_probability, entropy

    def derive(self, *, log_probability: Floats, entropy: Floats, out: Floats) -> Floats:
        """By the means c (a_i - m_i)/σ_i²; by log σ: Σ_b c ((a_i - m_i)²/σ_i² - 1) + h."""
        np.multiply(self._scaled, log_probability, out=out)
        by_log_std: Floats = np.einsum("ib,ib->i", out, self._scaled)
        by_log_std += entropy.sum() - log_probability.sum()
        np.divide(out, self._std[:, np.newaxis], out=out)
        return by_log_std


def new_distribution(actions: ActionInterface, log_std: Floats | None) -> ActionDistribution:
    """The distribution for these actions.

    Args:
        actions: What the policy chooses from.
        log_std: log σ of a Gaussian, a view of the weights. Shape: (d,).
    """
    match actions:
        case CategoricalActions():
            return CategoricalDistribution(actions)
        case GaussianActions():
            assert log_std is not None, "the layout of a Gaussian policy has a log_std"
            return GaussianDistribution(actions, log_std)
        case _:
            assert_never(actions)


def gumbel_noise(generator: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Standard Gumbel noise: -log E with E ~ Exp(1).

    `argmax_a(z_a + noise_a)` is then a sample of softmax(z). Drawing the noise of a whole rollout
    at once leaves one addition and one argmax for each step.

    Reference: Gumbel 1954; Maddison, Tarlow & Minka 2014, §2.
    """
    noise = generator.standard_exponential(shape, dtype=np.float32)
    np.maximum(noise, _SMALLEST_EXPONENTIAL, out=noise)
    np.log(noise, out=noise)
    return np.negative(noise, out=noise)
