"""Rejax's PPO, environments and learner compiled as one; run as `python -m benchmarks.peers.rejax`.

It is PureJaxRL's way of training, as a package. Compiling happens before the first env step, so it
counts from the start of the process only.
"""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

import jax
import numpy as np
from jax import numpy as jnp
from rejax import PPO

from benchmarks.peers.exchange import Stopwatch, receive, send

_collected: list[tuple[Any, Any]] = []
"""Rewards and ends of the rollout that is being traced: `train_iteration` does not return them."""


class _WatchedPPO(PPO):
    def collect_trajectories(self, ts: Any) -> Any:
        ts, trajectories = super().collect_trajectories(ts)
        _collected.append((trajectories.reward, trajectories.done))
        return ts, trajectories


def iteration(algorithm: Any, state: Any) -> tuple[Any, Any, Any]:
    """One rollout and the learning from it; also its rewards and ends. Shapes: (T, N)."""
    _collected.clear()
    state = algorithm.train_iteration(state)
    ((rewards, done),) = _collected
    return state, rewards, done


def finished_returns(rewards: Any, done: Any, running: Any) -> list[float]:
    """Returns of the episodes that ended, in order; `running`, shape (N,), is moved on in place."""
    finished: list[float] = []
    for row, ended in zip(rewards, done, strict=True):
        running += row
        if ended.any():
            finished.extend(running[ended].tolist())
            running[ended] = 0.0
    return finished


def greedy_returns(algorithm: Any, state: Any, *, seed: int, episodes: int, steps: int) -> Any:
    """One greedy episode in each of `episodes` environments. Shape: (episodes,)."""

    def logits(observation: Any) -> Any:
        return algorithm.actor.apply(
            state.actor_ts.params,
            observation,
            method=lambda policy, x: policy._action_dist(x).logits,  # noqa: SLF001 -- the policy only samples in public
        )

    def episode(key: Any) -> Any:
        reset_key, step_key = jax.random.split(key)
        observation, inner = algorithm.env.reset(reset_key, algorithm.env_params)

        def step(carry: Any, key: Any) -> Any:
            observation, inner, total, alive = carry
            action = jnp.argmax(logits(observation[None])[0])
            observation, inner, reward, done, _ = algorithm.env.step(
                key, inner, action, algorithm.env_params
            )
            return (observation, inner, total + alive * reward, alive * (1.0 - done)), None

        start = (observation, inner, jnp.float32(0.0), jnp.float32(1.0))
        (_, _, total, _), _ = jax.lax.scan(step, start, jax.random.split(step_key, steps))
        return total

    return jax.jit(jax.vmap(episode))(jax.random.split(jax.random.PRNGKey(seed), episodes))


def main() -> int:
    """Train one seed and print the result."""
    order = receive()
    algorithm = _WatchedPPO.create(
        env=order.environment,
        num_envs=order.environments,
        total_timesteps=order.budget_env_steps,
        eval_freq=order.budget_env_steps,
        agent_kwargs={"activation": "tanh"},
        **order.settings,
    )
    state = algorithm.init_state(jax.random.PRNGKey(order.seed))
    train = jax.jit(partial(iteration, algorithm)).lower(state).compile()
    running = np.zeros(order.environments)
    env_steps = 0
    stopwatch = Stopwatch(order.threshold)
    stopwatch.start()
    solved = False
    while not solved and env_steps < order.budget_env_steps:
        state, rewards, done = train(state)
        env_steps += rewards.size
        solved = stopwatch.note(
            finished_returns(np.asarray(rewards), np.asarray(done), running), env_steps
        )
    returns = greedy_returns(
        algorithm,
        state,
        seed=order.seed + 1_000_000,
        episodes=order.evaluation_episodes,
        steps=int(algorithm.env_params.max_steps_in_episode),
    )
    send(
        stopwatch.answer(evaluation_mean=float(returns.mean()), evaluation_std=float(returns.std()))
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
