"""Stable-Baselines3's A2C on CartPole-v1, with the settings that its zoo tuned for it.

Prints one JSON object: seconds and env steps until the mean return of the last 100 finished
episodes is 475, from the first env step. Settings: rl-baselines3-zoo, hyperparams/a2c.yml.
"""

from __future__ import annotations

import json
import sys
import time
from collections import deque
from typing import Any

import torch
from stable_baselines3 import A2C
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.env_util import make_vec_env

THRESHOLD = 475.0
WINDOW = 100
ENVIRONMENTS = 8
BUDGET_ENV_STEPS = 500_000


class _StopWhenSolved(BaseCallback):
    def __init__(self) -> None:
        super().__init__()
        self.returns: deque[float] = deque(maxlen=WINDOW)
        self.solved: dict[str, Any] = {"solved": False}
        self._began_at_s = 0.0

    def _on_training_start(self) -> None:
        self._began_at_s = time.perf_counter()

    def _on_step(self) -> bool:
        for info in self.locals["infos"]:
            if "episode" in info:
                self.returns.append(float(info["episode"]["r"]))
        solved = len(self.returns) == WINDOW and sum(self.returns) / WINDOW >= THRESHOLD
        if solved or self.num_timesteps >= BUDGET_ENV_STEPS:
            self.solved = {
                "solved": solved,
                "seconds": time.perf_counter() - self._began_at_s,
                "env_steps": self.num_timesteps,
            }
        return not solved


def main() -> None:
    """Train one seed and print the result."""
    torch.set_num_threads(1)
    seed = int(sys.argv[1])
    callback = _StopWhenSolved()
    model = A2C(
        "MlpPolicy",
        make_vec_env("CartPole-v1", ENVIRONMENTS, seed=seed),
        ent_coef=0.0,
        seed=seed,
        device="cpu",
    )
    model.learn(BUDGET_ENV_STEPS, callback=callback)
    print(json.dumps(callback.solved))


if __name__ == "__main__":
    main()
