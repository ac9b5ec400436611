"""Small environments with known answers are learned: each isolates one part of the learner.

After Andy Jones, "Debugging reinforcement learning systems, without the agonizing pain" (2021).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from fakes.interfaces import discrete
from fakes.training import Rig, small_spec
from matinee.algorithm.acting import NumpyActorCritic
from matinee.algorithm.networks import NetworkShape
from matinee.training.outcome import StopCause

pytestmark = pytest.mark.learning

LEARNING: dict[str, Any] = {
    "optimizer": "adam",
    "learning_rate": 0.01,
    "rollout_length": 8,
    "entropy_coefficient": 0.0,
    "value_coefficient": 1.0,
}
QUICK: dict[str, dict[str, Any]] = {
    "ppo": {"epochs": 2, "minibatches": 2},
    "ga3c": {"queue_capacity": 1},
}
"""What a mode needs to learn from few samples in little time. An optimizer of ga3c takes all that
waits: with a long queue, how many updates a budget of steps gives depends on the scheduler."""


MODES: dict[str, dict[str, Any]] = {
    "a3c": {"algorithm": "a3c"},
    "ga3c": {"algorithm": "ga3c"},
    "a2c": {"algorithm": "a2c"},
    "ppo": {"algorithm": "ppo"},
}


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    """Every mode has to learn all of it."""
    return str(request.param)


def learner(
    mode: str,
    environment: str,
    *,
    env_steps: int,
    hyperparameters: dict[str, Any],
    **overrides: Any,
) -> Rig:
    """What has been trained."""
    spec = small_spec(
        environment,
        envs_per_worker=8,
        hyperparameters=LEARNING | QUICK.get(mode, {}) | hyperparameters,
        budget={"env_steps": env_steps},
        **MODES[mode],
        **overrides,
    )
    rig = Rig(spec)
    outcome = rig.run()
    assert outcome.cause is StopCause.FINISHED_BUDGET
    return rig


def greedy_return(rig: Rig) -> float:
    """Mean of 20 test episodes."""
    result = rig.trainer.evaluate(20, deterministic=True, should_stop=lambda: False)
    assert result is not None
    return result.mean_return


def trained(
    mode: str,
    environment: str,
    *,
    env_steps: int = 12_000,
    workers: int = 1,
    **hyperparameters: Any,
) -> NumpyActorCritic:
    """The actor and critic after training on one-number observations."""
    rig = learner(
        mode, environment, env_steps=env_steps, hyperparameters=hyperparameters, workers=workers
    )
    shape = NetworkShape(discrete(1, 2), (8,), "tanh", shared_trunk=True)
    return NumpyActorCritic(shape, rig.trainer.capture().weights)


def value(critic: NumpyActorCritic, sight: float) -> float:
    """V of the state that shows this number."""
    return float(critic.values(np.array([[sight]], np.float32))[0])


def probability(actor: NumpyActorCritic, sight: float, action: int) -> float:
    """π(action|s)."""
    logits = actor.outputs(np.array([[sight]], np.float32))[0].astype(np.float64)
    weights = np.exp(logits - logits.max())
    return float(weights[action] / weights.sum())


def test_the_critic_learns_a_constant(mode: str) -> None:
    """One step with reward 1: V = 1. If not, the value loss or the optimizer is broken."""
    assert value(trained(mode, "Probe/ConstantReward-v0"), 0.0) == pytest.approx(1.0, abs=0.1)


def test_the_critic_sees_the_observation(mode: str) -> None:
    """Reward as seen: V follows it. If not, backpropagation through the trunk is broken."""
    critic = trained(mode, "Probe/SightReward-v0")

    assert value(critic, 1.0) == pytest.approx(1.0, abs=0.15)
    assert value(critic, -1.0) == pytest.approx(-1.0, abs=0.15)


@pytest.mark.parametrize("gae_lambda", [0.0, 0.95, 1.0])
def test_the_discount_is_applied_once_a_step(mode: str, gae_lambda: float) -> None:
    """Reward 1 at the second step: V = γ at the first. If not, the returns are broken."""
    critic = trained(mode, "Probe/DelayedReward-v0", gamma=0.6, gae_lambda=gae_lambda)

    assert value(critic, 1.0) == pytest.approx(1.0, abs=0.1)
    assert value(critic, -1.0) == pytest.approx(0.6, abs=0.1)


def test_the_actor_learns_the_better_action(mode: str) -> None:
    """One action is rewarded: the policy takes it. If not, the policy loss is broken."""
    assert probability(trained(mode, "Probe/ActionReward-v0"), 0.0, 1) > 0.95


@pytest.mark.parametrize("workers", [1, 3])
def test_actor_and_critic_learn_together(mode: str, workers: int) -> None:
    """The right action depends on what is seen, also with several asynchronous workers."""
    both = trained(mode, "Probe/MatchReward-v0", workers=workers, env_steps=20_000)

    assert probability(both, 1.0, 1) > 0.9
    assert probability(both, -1.0, 0) > 0.9
    assert value(both, 1.0) > 0.6


def test_a_reward_at_the_end_alone_is_found(mode: str) -> None:
    """Six steps right, reward only at the last: the whole path is learned."""
    actor = trained(mode, "Probe/Corridor-v0", env_steps=30_000, entropy_coefficient=0.01)

    places = [2.0 * place / 6 - 1.0 for place in range(6)]
    assert min(probability(actor, place, 1) for place in places) > 0.8


def test_random_actions_do_not_bias_the_policy(mode: str) -> None:
    """With 40 % random actions, weighted by π/μ, the policy itself still becomes certain."""
    assert probability(trained(mode, "Probe/ActionReward-v0", epsilon=0.4), 0.0, 1) > 0.9


def test_random_actions_do_not_bias_the_critic(mode: str) -> None:
    """Six steps right: V at the first is that of the policy, with 40 % random actions too.

    Behaviour survives each step with 80 %, so that it would be worth a quarter.
    """
    both = trained(
        mode, "Probe/Corridor-v0", env_steps=30_000, epsilon=0.4, entropy_coefficient=0.01
    )

    rights = [probability(both, 2.0 * place / 6 - 1.0, 1) for place in range(6)]
    worth = 0.99**5 * math.prod(rights)
    of_behaviour = 0.99**5 * math.prod(0.6 * right + 0.2 for right in rights)
    assert value(both, -1.0) == pytest.approx(worth, abs=0.15)
    assert worth - of_behaviour > 0.4


def test_a_space_that_starts_elsewhere_is_handled(mode: str) -> None:
    """Actions -3 and -2 are policy outputs 0 and 1; nothing else ever reaches the environment."""
    assert probability(trained(mode, "Probe/ShiftedActions-v0"), 0.0, 1) > 0.95


def test_a_state_value_without_end_is_one_over_one_minus_gamma(mode: str) -> None:
    """Reward 1 for ever, cut every 10 steps: V = 1/(1-γ) = 10, because a limit is no end."""
    critic = trained(mode, "Probe/Endless-v0", gamma=0.9, env_steps=40_000)

    assert value(critic, 0.0) == pytest.approx(10.0, abs=1.0)


def test_treating_a_limit_as_an_end_is_the_mistake_it_is_said_to_be(mode: str) -> None:
    """With the bootstrap off V is the mean of what is left until the limit: about 4.2, not 10."""
    critic = trained(
        mode, "Probe/Endless-v0", gamma=0.9, env_steps=40_000, truncation_bootstrap=False
    )

    left = np.mean([(1 - 0.9**k) / (1 - 0.9) for k in range(1, 11)])
    assert value(critic, 0.0) == pytest.approx(left, abs=1.0)


def test_a_number_is_learned(mode: str) -> None:
    """The right action is as large as what is seen. If not, the normal distribution is broken."""
    rig = learner(mode, "Probe/ContinuousTarget-v0", env_steps=10_000, hyperparameters={})

    assert greedy_return(rig) > -0.05


def test_several_choices_at_once_are_learned(mode: str) -> None:
    """Each depends on what is seen. If not, the branches of MultiDiscrete are mixed up."""
    rig = learner(mode, "Probe/TwoChoices-v0", env_steps=8_000, hyperparameters={})

    assert greedy_return(rig) == 1.0


def test_a_picture_is_understood(mode: str) -> None:
    """Which half is lit. If not, the convolution or its derivative is broken."""
    rig = learner(
        mode,
        "Probe/Picture-v0",
        env_steps=1000,
        hyperparameters={"learning_rate": 0.003, "rollout_length": 4},
        network={"hidden": [8], "convolution": "a3c"},
    )

    assert greedy_return(rig) == 1.0
