"""The gradient of a rollout against the chain rule by hand and against finite differences."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from fakes.interfaces import discrete
from fakes.objectives import OBJECTIVE, rough_weights
from matinee.algorithm.acting import NumpyActorCritic
from matinee.algorithm.flat_parameters import FloatVector
from matinee.algorithm.gradients import GradientEstimator
from matinee.algorithm.loss_report import LossReport
from matinee.algorithm.networks import NetworkShape
from matinee.algorithm.objective import Objective
from matinee.algorithm.rollout import Rollout
from oracles.a3c_reference import (
    Mlp,
    Sample,
    Transition,
    gae_by_definition,
    gradient,
    loss,
)
from oracles.off_policy_reference import vtrace_by_definition

T, N, INPUTS, HIDDEN, ACTIONS = 7, 3, 4, 6, 3
INTERFACE = discrete(INPUTS, ACTIONS)
SHAPE = NetworkShape(INTERFACE, (HIDDEN,), "tanh", shared_trunk=True)


def some_rollout() -> Rollout:
    """A rollout with a terminal end, a limit, padding, and a limit reset within its step."""
    generator = np.random.default_rng(5)
    rollout = Rollout(length=T, environments=N, interface=INTERFACE)
    rollout.begin(generator.normal(size=(N, INPUTS)).astype(np.float32))
    for t in range(T):
        rollout.actions[t] = generator.integers(ACTIONS, size=(N, 1))
        rollout.record(
            t,
            observations=generator.normal(size=(N, INPUTS)).astype(np.float32),
            rewards=generator.normal(size=N),
            terminated=np.array([t == 2, False, False]),
            truncated=np.array([False, t == 3, t == 4]),
            valid=np.array([t != 3, t != 4, True]),
        )
        if t == 4:
            rollout.record_final_observations(
                t, np.array([2]), generator.normal(size=(1, INPUTS)).astype(np.float32)
            )
    return rollout


def package_gradient(
    flat: FloatVector, objective: Objective, shape: NetworkShape = SHAPE
) -> tuple[NDArray[np.float32], LossReport]:
    """What the package computes."""
    out = np.full_like(flat, np.nan)
    report = GradientEstimator(shape, flat).gradient(
        (some_rollout(),), objective=objective, out=out, detailed=True
    )
    return out, report


def reference_samples(net: Mlp, objective: Objective) -> list[Sample]:
    """Valid steps with their targets, by the slow transcription."""
    rollout = some_rollout()
    ends = rollout.final_observations()
    assert ends is not None
    samples: list[Sample] = []
    for n in range(N):
        steps = []
        for t in range(T):
            seen_next = rollout.observations[t + 1, n]
            if (t, n) == (ends[0][0], ends[1][0]):
                seen_next = ends[2][0]
            terminated = bool(rollout.terminated[t, n])
            if not objective.truncation_bootstrap:
                terminated |= bool(rollout.truncated[t, n])
            steps.append(
                Transition(
                    reward=float(rollout.rewards[t, n]) * objective.reward_scale,
                    value=net.value(rollout.observations[t, n]),
                    next_value=net.value(seen_next),
                    terminated=terminated,
                    truncated=bool(rollout.truncated[t, n]),
                    valid=bool(rollout.valid[t, n]),
                )
            )
        seen = rollout.observations[:-1, n].astype(np.float64)
        actions = rollout.actions[:, n, 0].tolist()
        ratios = [ratio(net, s, a, objective.epsilon) for s, a in zip(seen, actions, strict=True)]
        if objective.epsilon == 0.0:
            advantages = gae_by_definition(steps, objective.gamma, objective.gae_lambda)
            returns = [a + step.value for a, step in zip(advantages, steps, strict=True)]
        else:
            returns, advantages = vtrace_by_definition(
                steps,
                ratios,
                gamma=objective.gamma,
                lam=objective.gae_lambda,
                rho_bar=math.inf,
                c_bar=1.0,
            )
        samples += [
            Sample(seen[t], actions[t], ratios[t] * advantages[t], returns[t])
            for t in range(T)
            if steps[t].valid
        ]
    return samples


def ratio(net: Mlp, observation: NDArray[np.float64], action: int, epsilon: float) -> float:
    """π/μ, μ = (1-ε)π + ε/|A|."""
    pi = float(net.policy(observation)[action])
    return pi / ((1.0 - epsilon) * pi + epsilon / ACTIONS)


@pytest.mark.parametrize(
    "objective",
    [
        OBJECTIVE,
        replace(OBJECTIVE, gae_lambda=1.0, entropy_coefficient=0.0),
        replace(OBJECTIVE, truncation_bootstrap=False),
        replace(OBJECTIVE, reward_scale=0.1),
        replace(OBJECTIVE, epsilon=0.3),
        # What corrects old segments has no say here.
        replace(OBJECTIVE, epsilon=0.6, gae_lambda=1.0, rho_bar=0.5, c_bar=0.5, correction="none"),
    ],
    ids=["gae", "n_step", "no_bootstrap_at_limits", "scaled_rewards", "epsilon", "mostly_random"],
)
def test_gradient_and_loss_equal_the_transcription(objective: Objective) -> None:
    """Forward, targets, loss and every partial derivative, with ends and padding of all kinds."""
    flat = rough_weights(SHAPE)
    net = Mlp.from_flat(flat.astype(np.float64), inputs=INPUTS, hidden=HIDDEN, actions=ACTIONS)
    samples = reference_samples(net, objective)
    coefficients = {
        "beta": objective.entropy_coefficient,
        "value_weight": objective.value_coefficient,
    }

    ours, report = package_gradient(flat, objective)

    total = (
        report.policy_loss
        - objective.entropy_coefficient * report.entropy
        + objective.value_coefficient * report.value_loss
    )
    assert total == pytest.approx(loss(net, samples, **coefficients), rel=1e-5)
    assert ours == pytest.approx(gradient(net, samples, **coefficients), abs=1e-5)


def test_the_transcribed_gradient_equals_finite_differences() -> None:
    """The reference itself is right: (L(θ+h) - L(θ-h)) / 2h for each weight."""
    flat = rough_weights(SHAPE).astype(np.float64)
    sizes = {"inputs": INPUTS, "hidden": HIDDEN, "actions": ACTIONS}
    samples = reference_samples(Mlp.from_flat(flat, **sizes), OBJECTIVE)
    by_hand = gradient(Mlp.from_flat(flat, **sizes), samples, beta=0.05, value_weight=0.7)

    step = 1e-6
    for index in range(flat.size):
        up, down = flat.copy(), flat.copy()
        up[index] += step
        down[index] -= step
        rise = loss(Mlp.from_flat(up, **sizes), samples, beta=0.05, value_weight=0.7)
        fall = loss(Mlp.from_flat(down, **sizes), samples, beta=0.05, value_weight=0.7)
        assert by_hand[index] == pytest.approx((rise - fall) / (2 * step), abs=1e-7)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("hidden", [(5,), (6, 5)])
def test_separate_trunks_keep_actor_and_critic_apart(
    activation: str, hidden: tuple[int, ...]
) -> None:
    """Without a shared trunk the critic's weight in the loss moves no weight of the policy."""
    shape = NetworkShape(
        INTERFACE, hidden, "relu" if activation == "relu" else "tanh", shared_trunk=False
    )
    flat = rough_weights(shape)
    views = shape.layout().views

    light, _ = package_gradient(flat, OBJECTIVE, shape)
    heavy, _ = package_gradient(flat, replace(OBJECTIVE, value_coefficient=7.0), shape)

    for name in shape.layout().views(flat):
        same = name.startswith("policy")
        before, after = views(light)[name], views(heavy)[name]
        assert np.any(before != 0.0)
        assert after == pytest.approx(before if same else 10.0 * before, rel=1e-3, abs=1e-7)


def test_the_target_is_a_constant() -> None:
    """No gradient flows through V(s_T): with c_v = 0 the value head does not move."""
    ours, _ = package_gradient(rough_weights(SHAPE), replace(OBJECTIVE, value_coefficient=0.0))

    views = SHAPE.layout().views(ours)
    assert np.all(views["value.weight"] == 0.0)
    assert np.all(views["value.bias"] == 0.0)


def test_normalized_advantages_are_blind_to_the_scale_of_rewards() -> None:
    """With normalisation on and a critic that says 0, a hundredfold reward changes nothing."""
    flat = rough_weights(SHAPE)
    SHAPE.layout().views(flat)["value.weight"][...] = 0.0
    SHAPE.layout().views(flat)["value.bias"][...] = 0.0
    plain = replace(OBJECTIVE, normalize_advantage=True, value_coefficient=0.0)

    small, _ = package_gradient(flat, plain)
    large, _ = package_gradient(flat, replace(plain, reward_scale=100.0))

    assert large == pytest.approx(small, abs=1e-5)


def test_a_rollout_without_valid_steps_is_refused() -> None:
    """The mean over nothing is an error, not NaN."""
    rollout = some_rollout()
    rollout.valid[:] = False

    with pytest.raises(ValueError, match="without valid steps"):
        GradientEstimator(SHAPE, rough_weights(SHAPE)).gradient(
            (rollout,), objective=OBJECTIVE, out=rough_weights(SHAPE), detailed=False
        )


@pytest.mark.parametrize("shared_trunk", [True, False])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_numpy_acts_on_what_torch_learns(activation: str, *, shared_trunk: bool) -> None:
    """The two forward passes agree: the reported mean value is that of the acting network."""
    shape = NetworkShape(
        INTERFACE, (6, 5), "relu" if activation == "relu" else "tanh", shared_trunk
    )
    flat, rollout = rough_weights(shape), some_rollout()

    _, report = package_gradient(flat, OBJECTIVE, shape)

    seen = rollout.observations[:-1].reshape(-1, INPUTS)
    values = NumpyActorCritic(shape, flat).values(seen).reshape(T, N)
    assert report.value_mean == pytest.approx(values[rollout.valid].mean(), rel=1e-5)
