"""V-trace and the losses for other policies' actions, transcribed slowly; see `a3c_reference`.

Espeholt et al. 2018, equation 1, summed term by term; Babaeizadeh et al. 2017, equation 4;
Schulman et al. 2017, equation 7.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from oracles.a3c_reference import Array, Mlp, Transition, goes_on


def vtrace_by_definition(
    steps: list[Transition],
    ratios: list[float],
    *,
    gamma: float,
    lam: float,
    rho_bar: float,
    c_bar: float,
) -> tuple[list[float], list[float]]:
    """v_s = V(x_s) + Σ_t γ^(t-s) (Π_{i=s}^{t-1} c_i) ρ_t δ_t, and the advantages without ρ_s."""
    targets = [step.value for step in steps]
    for start, first in enumerate(steps):
        if not first.valid:
            continue
        product, index = 1.0, start
        while True:
            step = steps[index]
            bootstrap = 0.0 if step.terminated else step.next_value
            delta = step.reward + gamma * bootstrap - step.value
            targets[start] += product * min(rho_bar, ratios[index]) * delta
            if not goes_on(steps, index):
                break
            product *= gamma * lam * min(c_bar, ratios[index])
            index += 1
    advantages = []
    for index, step in enumerate(steps):
        if not step.valid:
            advantages.append(0.0)
            continue
        ahead = 0.0 if step.terminated else step.next_value
        if goes_on(steps, index):
            ahead = lam * targets[index + 1] + (1.0 - lam) * step.next_value
        advantages.append(step.reward + gamma * ahead - step.value)
    return targets, advantages


@dataclass(frozen=True)
class OldSample:
    """One valid step that another policy made; all but the observation are constants."""

    observation: Array
    action: int
    log_behaviour: float
    advantage: float
    target: float
    weight: float = 1.0


PolicyTerm = Callable[[float, OldSample], float]
"""From log π(a|s) and a sample to what is averaged into the loss."""


def plain(log_pi: float, sample: OldSample) -> float:
    """-ρ A log π; ρ is 1, or a constant of the sample."""
    return -sample.weight * sample.advantage * log_pi


def offset(log_pi: float, sample: OldSample) -> float:
    """-log(π + 10⁻⁶) A."""
    return -math.log(math.exp(log_pi) + 1e-6) * sample.advantage


def surrogate(clip_range: float) -> PolicyTerm:
    """-min(r A, clip(r) A)."""

    def term(log_pi: float, sample: OldSample) -> float:
        ratio = math.exp(log_pi - sample.log_behaviour)
        limited = min(max(ratio, 1.0 - clip_range), 1.0 + clip_range)
        return -min(ratio * sample.advantage, limited * sample.advantage)

    return term


def loss(
    net: Mlp,
    samples: Sequence[OldSample],
    term: PolicyTerm,
    *,
    beta: float,
    value_weight: float,
) -> float:
    """Mean of the policy's term - β H + c_v ½ (R - V)²."""
    total = 0.0
    for sample in samples:
        pi = net.policy(sample.observation)
        entropy = -sum(p * math.log(p) for p in pi)
        error = sample.target - net.value(sample.observation)
        total += (
            term(math.log(pi[sample.action]), sample)
            - beta * entropy
            + value_weight * 0.5 * error**2
        )
    return total / len(samples)


def finite_differences(function: Callable[[Array], float], at: Array) -> Array:
    """(f(θ + h) - f(θ - h)) / 2h for each weight."""
    step = 1e-6
    result = np.zeros_like(at)
    for index in range(at.size):
        up, down = at.copy(), at.copy()
        up[index] += step
        down[index] -= step
        result[index] = (function(up) - function(down)) / (2 * step)
    return result
