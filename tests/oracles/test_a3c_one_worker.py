"""A3C with one worker is the paper's algorithm, step by step."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest
from numpy.typing import NDArray

from fakes.gymnasium_cartpole import register_gymnasium_cartpole
from fakes.interfaces import discrete
from fakes.training import Rig, small_spec
from matinee.algorithm.networks import NetworkShape
from matinee.environments.factory import registered_spec
from matinee.training.outcome import StopCause
from matinee.training.seeding import Purpose, integer_seed, seed_sequence
from oracles.a3c_reference import (
    Mlp,
    RmsProp,
    Sample,
    Transition,
    clipped,
    gae_by_definition,
    gradient,
)

SEED, LENGTH, UPDATES = 11, 6, 15
GAMMA, LAMBDA, BETA, VALUE_WEIGHT, CLIP, LR, DECAY, EPSILON = (
    0.97,
    0.9,
    0.01,
    0.6,
    0.4,
    3e-3,
    0.98,
    1e-4,
)
HYPERPARAMETERS: dict[str, Any] = {
    "gamma": GAMMA,
    "gae_lambda": LAMBDA,
    "entropy_coefficient": BETA,
    "value_coefficient": VALUE_WEIGHT,
    "max_gradient_norm": CLIP,
    "learning_rate": LR,
    "rmsprop_decay": DECAY,
    "optimizer_epsilon": EPSILON,
    "rollout_length": LENGTH,
}


class ReferenceWorld:
    """The same environments, stepped in the plainest way; every column with its padding."""

    def __init__(self, count: int) -> None:
        self.count = count
        seed = integer_seed(seed_sequence(SEED, Purpose.ENVIRONMENT))
        spec = registered_spec("CartPole-v1")
        self.native: Any = None
        if count >= 8:
            self.native = gymnasium.make_vec(
                spec, num_envs=count, vectorization_mode="vector_entry_point", max_episode_steps=9
            )
            self.seen = self.native.reset(seed=seed)[0]
            self.resetting = np.zeros(count, bool)
        else:
            seeds = np.random.SeedSequence(seed).generate_state(count)
            self.envs = [gymnasium.make(spec, max_episode_steps=9) for _ in range(count)]
            self.seen = np.array(
                [e.reset(seed=int(s))[0] for e, s in zip(self.envs, seeds, strict=True)]
            )

    def step(
        self, actions: NDArray[np.int64]
    ) -> list[tuple[float, NDArray[Any], bool, bool, bool]]:
        """For each environment: reward, observation reached, terminated, truncated, valid."""
        if self.native is not None:
            self.seen, rewards, terminated, truncated, _ = self.native.step(actions)
            rows = [
                (
                    float(rewards[n]),
                    self.seen[n],
                    bool(terminated[n]),
                    bool(truncated[n]),
                    not self.resetting[n],
                )
                for n in range(self.count)
            ]
            self.resetting = terminated | truncated
            return rows
        rows = []
        for n, env in enumerate(self.envs):
            reached, reward, terminated, truncated, _ = env.step(int(actions[n]))
            rows.append((float(reward), reached, terminated, truncated, True))
            self.seen[n] = env.reset()[0] if terminated or truncated else reached
        return rows


def reference_update(
    net: Mlp, world: ReferenceWorld, generator: np.random.Generator
) -> tuple[list[Sample], int]:
    """One rollout with the present weights: its samples and their number."""
    noise = -np.log(generator.standard_exponential((LENGTH, world.count, 2), dtype=np.float32))
    columns: list[list[Transition]] = [[] for _ in range(world.count)]
    acts: list[list[tuple[NDArray[np.float64], int]]] = [[] for _ in range(world.count)]
    for t in range(LENGTH):
        seen = world.seen.astype(np.float64).copy()
        actions = np.array(
            [int(np.argmax(np.log(net.policy(s)) + g)) for s, g in zip(seen, noise[t], strict=True)]
        )
        for n, row in enumerate(world.step(actions)):
            reward, reached, terminated, truncated, valid = row
            columns[n].append(
                Transition(
                    reward, net.value(seen[n]), net.value(reached), terminated, truncated, valid
                )
            )
            acts[n].append((seen[n], int(actions[n])))
    samples = []
    for steps, taken in zip(columns, acts, strict=True):
        advantages = gae_by_definition(steps, GAMMA, LAMBDA)
        samples += [
            Sample(observation, action, advantage, advantage + step.value)
            for step, (observation, action), advantage in zip(steps, taken, advantages, strict=True)
            if step.valid
        ]
    return samples, len(samples)


@pytest.mark.parametrize("count", [3, 8], ids=["loop_of_3", "native_8_with_reset_steps"])
def test_one_worker_equals_the_step_by_step_reference(count: int) -> None:
    """Acting, returns, gradient, clip and RMSProp: the same weights after 15 updates.

    With a limit of 9 steps and rollouts of 6, episodes end within rollouts, at their edges, and
    (native) the reset steps fall on first rows of rollouts too.
    """
    id_ = register_gymnasium_cartpole()
    spec = small_spec(
        id_,
        environment={"id": id_, "kwargs": {"max_episode_steps": 9}},
        envs_per_worker=count,
        seed=SEED,
        hyperparameters=HYPERPARAMETERS,
        budget={"env_steps": None},
    )
    rig = Rig(spec)
    shape = NetworkShape(discrete(4, 2), (8,), "tanh", shared_trunk=True)
    theta = rig.trainer.capture().weights.astype(np.float64)
    world = ReferenceWorld(count)
    generator = np.random.Generator(np.random.PCG64(seed_sequence(SEED, Purpose.ACTIONS)))
    optimizer = RmsProp(decay=DECAY, epsilon=EPSILON, inside=True)
    env_steps = 0
    for _ in range(UPDATES):
        net = Mlp.from_flat(theta, inputs=4, hidden=8, actions=2)
        samples, done = reference_update(net, world, generator)
        d = clipped(gradient(net, samples, beta=BETA, value_weight=VALUE_WEIGHT), CLIP)
        theta = optimizer.step(theta, d, LR)
        env_steps += done

    rig.trainer.control.step(updates=UPDATES)
    rig.trainer.start()
    rig.wait_until(lambda: rig.trainer.control.paused)
    ours = rig.trainer.capture()
    rig.trainer.control.stop(StopCause.STOPPED, "seen enough")
    rig.finish()

    assert ours.weights.size == shape.layout().size
    assert ours.document.env_steps == env_steps
    assert ours.weights == pytest.approx(theta, abs=2e-5)
    assert np.abs(theta - rig_start(spec)).max() > 0.01


def rig_start(spec: Any) -> NDArray[np.float32]:
    """The weights before training."""
    return Rig(spec).trainer.capture().weights
