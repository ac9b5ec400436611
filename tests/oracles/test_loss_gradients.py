"""Every loss's gradient against finite differences of a slow transcription of that loss."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from fakes.interfaces import discrete
from fakes.objectives import OBJECTIVE, rough_weights
from matinee.algorithm.flat_parameters import FloatVector
from matinee.algorithm.gradients import GradientEstimator
from matinee.algorithm.loss_report import LossReport
from matinee.algorithm.networks import NetworkShape
from matinee.algorithm.objective import Correction, Objective
from matinee.algorithm.rollout import Rollout
from oracles.a3c_reference import Mlp, Transition, gae_by_definition
from oracles.off_policy_reference import (
    OldSample,
    PolicyTerm,
    finite_differences,
    loss,
    offset,
    plain,
    surrogate,
    vtrace_by_definition,
)

T, N, INPUTS, HIDDEN, ACTIONS = 6, 2, 3, 4, 3
SHAPE = NetworkShape(discrete(INPUTS, ACTIONS), (HIDDEN,), "tanh", shared_trunk=True)


def network(flat: np.ndarray) -> Mlp:
    """The slow network on a flat vector."""
    return Mlp.from_flat(flat, inputs=INPUTS, hidden=HIDDEN, actions=ACTIONS)


def old_segment(seed: int, acted: FloatVector) -> Rollout:
    """Steps that other weights made, with a terminal end, a limit, and padding after it."""
    generator = np.random.default_rng(seed)
    net = network(acted.astype(np.float64))
    rollout = Rollout(
        length=T, environments=N, interface=SHAPE.interface, keeps_log_probability=True
    )
    assert rollout.log_probability is not None
    rollout.begin(generator.normal(size=(N, INPUTS)).astype(np.float32))
    for t in range(T):
        for n in range(N):
            pi = net.policy(rollout.observations[t, n].astype(np.float64))
            rollout.actions[t, n, 0] = action = generator.choice(ACTIONS, p=pi)
            rollout.log_probability[t, n] = math.log(pi[action])
        rollout.record(
            t,
            observations=generator.normal(size=(N, INPUTS)).astype(np.float32),
            rewards=generator.normal(size=N),
            terminated=np.array([t == 2, False]),
            truncated=np.array([False, t == 3]),
            valid=np.array([True, t != 4]),
        )
    return rollout


def old_samples(
    rollouts: list[Rollout], net: Mlp, objective: Objective, correction: Correction
) -> list[OldSample]:
    """Valid steps of segments with their targets and weights, by the slow transcriptions."""
    samples = []
    for rollout in rollouts:
        assert rollout.log_probability is not None
        for n in range(N):
            steps = [
                Transition(
                    reward=float(rollout.rewards[t, n]),
                    value=net.value(rollout.observations[t, n]),
                    next_value=net.value(rollout.observations[t + 1, n]),
                    terminated=bool(rollout.terminated[t, n]),
                    truncated=bool(rollout.truncated[t, n]),
                    valid=bool(rollout.valid[t, n]),
                )
                for t in range(T)
            ]
            seen = rollout.observations[:-1, n].astype(np.float64)
            actions = rollout.actions[:, n, 0].tolist()
            behaviour = rollout.log_probability[:, n].tolist()
            ratios = [
                net.policy(s)[a] / math.exp(log_mu)
                for s, a, log_mu in zip(seen, actions, behaviour, strict=True)
            ]
            if correction == "vtrace":
                returns, advantages = vtrace_by_definition(
                    steps,
                    ratios,
                    gamma=objective.gamma,
                    lam=objective.gae_lambda,
                    rho_bar=objective.rho_bar,
                    c_bar=objective.c_bar,
                )
            else:
                advantages = gae_by_definition(steps, objective.gamma, objective.gae_lambda)
                returns = [a + step.value for a, step in zip(advantages, steps, strict=True)]
            corrects = correction in ("importance", "vtrace")
            samples += [
                OldSample(
                    observation=seen[t],
                    action=actions[t],
                    log_behaviour=behaviour[t],
                    advantage=advantages[t],
                    target=returns[t],
                    weight=min(objective.rho_bar, ratios[t]) if corrects else 1.0,
                )
                for t in range(T)
                if steps[t].valid
            ]
    return samples


def total(report: LossReport, objective: Objective) -> float:
    """The loss that a report is about."""
    return (
        report.policy_loss
        - objective.entropy_coefficient * report.entropy
        + objective.value_coefficient * report.value_loss
    )


@pytest.mark.parametrize("correction", ["none", "epsilon", "importance", "vtrace"])
def test_the_gradient_of_old_segments_is_that_of_their_loss(correction: Correction) -> None:
    """Two segments of other weights in one batch, in every correction."""
    flat = rough_weights(SHAPE)
    segments = [old_segment(5, rough_weights(SHAPE, 8)), old_segment(6, rough_weights(SHAPE, 9))]
    objective = replace(OBJECTIVE, correction=correction)
    net = network(flat.astype(np.float64))
    samples = old_samples(segments, net, objective, correction)
    term: PolicyTerm = offset if correction == "epsilon" else plain

    def slow_loss(theta: np.ndarray) -> float:
        return loss(network(theta), samples, term, beta=0.05, value_weight=0.7)

    out = np.full_like(flat, np.nan)
    report = GradientEstimator(SHAPE, flat).gradient(
        segments, objective=objective, out=out, detailed=True
    )

    assert total(report, objective) == pytest.approx(slow_loss(flat.astype(np.float64)), rel=1e-4)
    assert out == pytest.approx(finite_differences(slow_loss, flat.astype(np.float64)), abs=1e-5)
    assert report.importance_ratio_max > objective.rho_bar
    assert report.behaviour_kl > 0.0


@pytest.mark.parametrize("moved", [False, True])
def test_random_actions_are_no_drift(moved: bool) -> None:
    """A policy that acted with random actions at rate ε is as far from itself as without: not at
    all; one that has moved is.
    """
    epsilon, flat = 0.3, rough_weights(SHAPE)
    segment = old_segment(5, rough_weights(SHAPE, 8) if moved else flat)
    assert segment.log_probability is not None
    segment.log_probability[...] = np.log(
        (1.0 - epsilon) * np.exp(segment.log_probability) + epsilon / ACTIONS
    )

    report = GradientEstimator(SHAPE, flat).gradient(
        [segment],
        objective=replace(OBJECTIVE, epsilon=epsilon, correction="vtrace"),
        out=np.empty_like(flat),
        detailed=True,
    )

    assert report.importance_ratio_max > 1.01
    assert (report.behaviour_kl > 1e-3) == moved


@pytest.mark.parametrize("moved", [0.0, 0.005, 0.3])
def test_the_gradient_of_the_surrogate_is_that_of_its_loss(moved: float) -> None:
    """PPO at the old weights, near them and far beyond the clip, on a minibatch."""
    old = rough_weights(SHAPE)
    flat = old.copy()
    rollout = old_segment(5, old)
    rollout.log_probability = None
    estimator = GradientEstimator(SHAPE, flat)
    objective = replace(OBJECTIVE, clip_range=0.1)

    batch = estimator.surrogate_batch(rollout, objective=objective)
    flat += np.random.default_rng(4).normal(scale=moved, size=flat.size).astype(np.float32)
    indices = np.array([0, 3, 4, 8, 10])
    out = np.full_like(flat, np.nan)
    report = estimator.surrogate_gradient(
        batch, indices, objective=objective, out=out, detailed=True
    )

    remembered = old_segment(5, old)
    everything = old_samples([remembered], network(old.astype(np.float64)), objective, "none")
    assert batch.size == len(everything) == int(rollout.valid.sum())
    at = {tuple(s.observation): s for s in everything}
    samples = [at[tuple(batch.observations[i].astype(np.float64))] for i in indices]

    def slow_loss(theta: np.ndarray) -> float:
        return loss(network(theta), samples, surrogate(0.1), beta=0.05, value_weight=0.7)

    assert total(report, objective) == pytest.approx(slow_loss(flat.astype(np.float64)), rel=1e-4)
    assert out == pytest.approx(finite_differences(slow_loss, flat.astype(np.float64)), abs=2e-5)
    assert (report.clip_fraction > 0.0) == (moved > 0.1)
    assert (report.approximate_kl > 1e-6) == (moved > 0.0)


def test_at_the_old_weights_the_surrogate_is_the_policy_gradient() -> None:
    """PPO's first gradient over a whole rollout is A2C's: r = 1 and nothing is clipped."""
    flat = rough_weights(SHAPE)
    rollout = old_segment(5, flat)
    rollout.log_probability = None
    estimator = GradientEstimator(SHAPE, flat)
    a2c, ppo = np.zeros_like(flat), np.zeros_like(flat)

    for objective in (
        OBJECTIVE,
        replace(OBJECTIVE, epsilon=0.3),
        replace(OBJECTIVE, normalize_advantage=True),
    ):
        estimator.gradient([rollout], objective=objective, out=a2c, detailed=False)
        batch = estimator.surrogate_batch(rollout, objective=objective)
        estimator.surrogate_gradient(
            batch, np.arange(batch.size), objective=objective, out=ppo, detailed=False
        )
        assert ppo == pytest.approx(a2c, abs=1e-6)


def test_the_surrogate_tells_how_far_random_actions_are_from_the_policy() -> None:
    """ρ is that of the policy as it is now against what acted: π mixed with random actions then."""
    flat = rough_weights(SHAPE)
    rollout = old_segment(5, flat)
    rollout.log_probability = None
    estimator = GradientEstimator(SHAPE, flat)
    objective = replace(OBJECTIVE, epsilon=0.3)
    batch = estimator.surrogate_batch(rollout, objective=objective)
    old = np.exp(batch.log_probability)
    flat += np.random.default_rng(4).normal(scale=0.3, size=flat.size).astype(np.float32)
    now = np.exp(estimator.surrogate_batch(rollout, objective=objective).log_probability)

    def report(objective: Objective) -> LossReport:
        out = np.zeros_like(flat)
        indices = np.arange(batch.size)
        return estimator.surrogate_gradient(
            replace(batch, weights=None) if objective.epsilon == 0.0 else batch,
            indices,
            objective=objective,
            out=out,
            detailed=True,
        )

    expected = now / (0.7 * old + 0.3 / ACTIONS)
    assert report(objective).importance_ratio_mean == pytest.approx(expected.mean(), rel=1e-4)
    assert report(objective).importance_ratio_max == pytest.approx(expected.max(), rel=1e-4)
    assert np.isnan(report(replace(objective, epsilon=0.0)).importance_ratio_mean)


def test_a_segment_of_the_same_weights_needs_no_correction() -> None:
    """With μ = π every correction gives the gradient of A3C."""
    flat = rough_weights(SHAPE)
    segment, plain_rollout = old_segment(5, flat), old_segment(5, flat)
    plain_rollout.log_probability = None
    estimator = GradientEstimator(SHAPE, flat)
    expected, out = np.zeros_like(flat), np.zeros_like(flat)
    objective = replace(OBJECTIVE, rho_bar=1.0, c_bar=1.0)
    estimator.gradient([plain_rollout], objective=objective, out=expected, detailed=False)

    for correction in ("none", "epsilon", "importance", "vtrace"):
        estimator.gradient(
            [segment],
            objective=replace(objective, correction=correction),
            out=out,
            detailed=False,
        )
        assert out == pytest.approx(expected, abs=1e-5)


def test_the_change_of_values_since_acting_is_told() -> None:
    """Mean of V now minus V then, over the environments somebody looked at."""
    flat = rough_weights(SHAPE)
    segment = old_segment(5, flat)
    assert segment.acting_values is not None
    seen = segment.observations[:-1, 1]
    net = network(flat.astype(np.float64))
    segment.acting_values[1] = np.mean([net.value(s) for s in seen]) - 0.25

    report = GradientEstimator(SHAPE, flat).gradient(
        [segment], objective=OBJECTIVE, out=np.zeros_like(flat), detailed=True
    )

    assert report.value_delta == pytest.approx(0.25, abs=1e-5)
