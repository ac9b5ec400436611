"""Training and evaluation of everything that has Stable-Baselines3's interface (SBX has it too)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.vec_env import VecNormalize

from benchmarks.peers.exchange import Answer, Order, Stopwatch

EVALUATION_ENVIRONMENTS = 10


def linear_schedule(initial: float) -> Callable[[float], float]:
    """The zoo's `lin_`: falls from `initial` to 0 as the rest of the budget falls from 1 to 0."""

    def at(progress_remaining: float) -> float:
        return progress_remaining * initial

    return at


def settings_of(order: Order) -> dict[str, Any]:
    """Arguments of the algorithm's constructor; those that fall are schedules."""
    return {
        name: linear_schedule(value) if name in order.linear else value
        for name, value in order.settings.items()
    }


class _StopWhenSolved(BaseCallback):
    def __init__(self, stopwatch: Stopwatch) -> None:
        super().__init__()
        self._stopwatch = stopwatch

    def _on_training_start(self) -> None:
        self._stopwatch.start()

    def _on_step(self) -> bool:
        finished = [
            float(info["episode"]["r"]) for info in self.locals["infos"] if "episode" in info
        ]
        return not self._stopwatch.note(finished, self.num_timesteps)


def learn_and_answer(model: Any, order: Order) -> Answer:
    """Train until solved or out of budget, then play greedy test episodes on raw rewards."""
    stopwatch = Stopwatch(order.threshold)
    model.learn(order.budget_env_steps, callback=_StopWhenSolved(stopwatch))
    environment = make_vec_env(
        order.environment, EVALUATION_ENVIRONMENTS, seed=order.seed + 1_000_000
    )
    if order.normalize:
        frozen = VecNormalize(environment, training=False, norm_reward=False)
        frozen.obs_rms = model.get_vec_normalize_env().obs_rms
        environment = frozen
    returns, _ = evaluate_policy(
        model,
        environment,
        n_eval_episodes=order.evaluation_episodes,
        deterministic=True,
        return_episode_rewards=True,
    )
    return stopwatch.answer(
        evaluation_mean=float(np.mean(returns)), evaluation_std=float(np.std(returns))
    )
