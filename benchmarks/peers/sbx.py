"""SBX, Stable-Baselines3 in JAX; run as `python -m benchmarks.peers.sbx`."""

from __future__ import annotations

import sys
from typing import Any

import sbx
from stable_baselines3.common.env_util import make_vec_env

from benchmarks.peers.exchange import Order, receive, send
from benchmarks.peers.sb3_training import learn_and_answer, settings_of


def build(order: Order) -> Any:
    """The model; SBX has no A2C."""
    environment = make_vec_env(order.environment, order.environments, seed=order.seed)
    return sbx.PPO("MlpPolicy", environment, seed=order.seed, **settings_of(order))


def main() -> int:
    """Train one seed and print the result."""
    order = receive()
    send(learn_and_answer(build(order), order))
    return 0


if __name__ == "__main__":
    sys.exit(main())
