"""Stable-Baselines3's A2C or PPO; run as `python -m benchmarks.peers.sb3`.

One torch thread, which on these nets is faster than its default of one for each core.
"""

from __future__ import annotations

import sys
from typing import Any

import torch
from stable_baselines3 import A2C, PPO
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.vec_env import VecNormalize

from benchmarks.peers.exchange import Order, receive, send
from benchmarks.peers.sb3_training import learn_and_answer, settings_of

ALGORITHMS = {"a2c": A2C, "ppo": PPO}


def build(order: Order) -> Any:
    """The model, on environments whose episodes are watched before rewards are normalized."""
    environment = make_vec_env(order.environment, order.environments, seed=order.seed)
    if order.normalize:
        environment = VecNormalize(environment, gamma=order.settings.get("gamma", 0.99))
    return ALGORITHMS[order.algorithm](
        "MlpPolicy", environment, seed=order.seed, device="cpu", **settings_of(order)
    )


def main() -> int:
    """Train one seed and print the result."""
    torch.set_num_threads(1)
    order = receive()
    send(learn_and_answer(build(order), order))
    return 0


if __name__ == "__main__":
    sys.exit(main())
