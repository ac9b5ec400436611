"""The A3C paper, transcribed slowly: plain loops in float64, nothing shared with the package.

Mnih et al. 2016, Algorithm S3, with GAE (Schulman et al. 2016, eq. 11 and 16) for the advantage.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass
class Transition:
    """One step of one environment, as the learner may see it."""

    reward: float
    value: float
    next_value: float
    terminated: bool = False
    truncated: bool = False
    valid: bool = True


def n_step_returns(steps: list[Transition], gamma: float) -> list[float]:
    """Algorithm S3's loop: R = 0 or V(s_T), then R ← r_i + γR backwards; NaN for padding."""
    returns = [math.nan] * len(steps)
    running = steps[-1].next_value
    for index in reversed(range(len(steps))):
        step = steps[index]
        if not step.valid:
            continue
        if step.terminated:
            running = 0.0
        elif step.truncated or not goes_on(steps, index):
            running = step.next_value
        running = step.reward + gamma * running
        returns[index] = running
    return returns


def goes_on(steps: list[Transition], index: int) -> bool:
    """Whether the next row is the next step of the same episode."""
    ended = steps[index].terminated or steps[index].truncated
    return not ended and index + 1 < len(steps) and steps[index + 1].valid


def gae_by_definition(steps: list[Transition], gamma: float, lam: float) -> list[float]:
    """Â_t = Σ_l (γλ)^l δ_{t+l}, summed term by term up to the end of the episode or rollout."""
    advantages = [0.0] * len(steps)
    for start, first in enumerate(steps):
        if not first.valid:
            continue
        factor, index = 1.0, start
        while True:
            step = steps[index]
            bootstrap = 0.0 if step.terminated else step.next_value
            advantages[start] += factor * (step.reward + gamma * bootstrap - step.value)
            if not goes_on(steps, index):
                break
            factor *= gamma * lam
            index += 1
    return advantages


@dataclass
class Mlp:
    """One hidden tanh layer, a policy head and a value head, with a gradient by hand."""

    w1: Array
    b1: Array
    wp: Array
    bp: Array
    wv: Array
    bv: Array

    def flat(self) -> Array:
        """All weights, in the package's order."""
        return np.concatenate([a.ravel() for a in self.arrays()])

    def arrays(self) -> list[Array]:
        """The weight arrays, in the package's order."""
        return [self.w1, self.b1, self.wp, self.bp, self.wv, self.bv]

    @classmethod
    def from_flat(cls, flat: Array, *, inputs: int, hidden: int, actions: int) -> Mlp:
        """Cut a flat vector into weight arrays."""
        shapes = [(inputs, hidden), (hidden,), (hidden, actions), (actions,), (hidden, 1), (1,)]
        arrays, start = [], 0
        for shape in shapes:
            stop = start + math.prod(shape)
            arrays.append(flat[start:stop].astype(np.float64).reshape(shape))
            start = stop
        return cls(*arrays)

    def hidden(self, observation: Array) -> Array:
        """tanh(W₁ᵀs + b₁) for one observation."""
        return np.tanh(observation @ self.w1 + self.b1)

    def policy(self, observation: Array) -> Array:
        """π(·|s) for one observation."""
        logits = self.hidden(observation) @ self.wp + self.bp
        weights = np.exp(logits - logits.max())
        return np.asarray(weights / weights.sum())

    def value(self, observation: Array) -> float:
        """V(s) for one observation."""
        return float((self.hidden(observation) @ self.wv)[0] + self.bv[0])


@dataclass(frozen=True)
class Sample:
    """One valid step with its targets, which are constants of the loss."""

    observation: Array
    action: int
    advantage: float
    target: float


def loss(net: Mlp, samples: list[Sample], *, beta: float, value_weight: float) -> float:
    """Mean of -log π(a|s) Â - β H + c_v ½ (R - V)²."""
    total = 0.0
    for sample in samples:
        pi = net.policy(sample.observation)
        entropy = -sum(p * math.log(p) for p in pi)
        error = sample.target - net.value(sample.observation)
        total += (
            -math.log(pi[sample.action]) * sample.advantage
            - beta * entropy
            + value_weight * 0.5 * error**2
        )
    return total / len(samples)


def gradient(net: Mlp, samples: list[Sample], *, beta: float, value_weight: float) -> Array:
    """∇L by the chain rule, sample by sample.

    ∂log π(a)/∂z_j = 1[j=a] - π_j  and  ∂H/∂z_j = -π_j (log π_j + H).
    """
    grads = [np.zeros_like(a) for a in net.arrays()]
    for sample in samples:
        hidden = net.hidden(sample.observation)
        pi = net.policy(sample.observation)
        entropy = -float(np.sum(pi * np.log(pi)))
        chosen = np.eye(len(pi))[sample.action]
        d_logits = -(chosen - pi) * sample.advantage + beta * pi * (np.log(pi) + entropy)
        d_value = -value_weight * (sample.target - net.value(sample.observation))
        d_hidden = net.wp @ d_logits + net.wv[:, 0] * d_value
        d_before = d_hidden * (1.0 - hidden**2)
        for total, part in zip(
            grads,
            [
                np.outer(sample.observation, d_before),
                d_before,
                np.outer(hidden, d_logits),
                d_logits,
                (hidden * d_value)[:, None],
                np.array([d_value]),
            ],
            strict=True,
        ):
            total[...] += part / len(samples)
    return np.concatenate([g.ravel() for g in grads])


def clipped(grad: Array, maximum: float) -> Array:
    """The gradient, no longer than `maximum`."""
    norm = math.sqrt(float(np.sum(grad**2)))
    return grad * (maximum / norm) if norm > maximum else grad


@dataclass
class RmsProp:
    """g ← αg + (1-α)d²; θ ← θ - ηd/√(g+ε), or with ε outside the root."""

    decay: float
    epsilon: float
    inside: bool
    g: Array = field(default_factory=lambda: np.zeros(0))

    def step(self, theta: Array, d: Array, lr: float) -> Array:
        """The weights after one step."""
        g = self.g if self.g.size else np.zeros_like(d)
        self.g = np.array(
            [self.decay * gi + (1 - self.decay) * di**2 for gi, di in zip(g, d, strict=True)]
        )
        roots = [
            math.sqrt(gi + self.epsilon) if self.inside else math.sqrt(gi) + self.epsilon
            for gi in self.g
        ]
        return np.asarray(theta - lr * d / np.array(roots))
