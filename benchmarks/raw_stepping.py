"""The raw limit: steps a native vector of environments with random actions and learns nothing.

    python -m benchmarks.raw_stepping CartPole-v1 --environments 64 --seconds 3

Prints `ready`, begins when it reads a line, and prints env steps a second.
"""

from __future__ import annotations

import argparse
import sys
import time

import gymnasium
import numpy as np

ACTION_ROWS = 256
"""Actions are drawn beforehand and used in turn: drawing them is not stepping."""


def stepping_speed(environment_id: str, *, environments: int, seconds: float) -> float:
    """Env steps a second.

    A step of an environment in which it only begins a new episode (`AutoresetMode.NEXT_STEP`) is
    not counted: the trainer does not count it either.
    """
    vector = gymnasium.make_vec(
        environment_id, num_envs=environments, vectorization_mode="vector_entry_point"
    )
    vector.reset(seed=0)
    vector.action_space.seed(0)
    actions = [np.asarray(vector.action_space.sample()) for _ in range(ACTION_ROWS)]
    steps = resets = 0
    began_s = time.perf_counter()
    while (elapsed_s := time.perf_counter() - began_s) < seconds:
        for row in actions:
            _, _, terminated, truncated, _ = vector.step(row)
            resets += int(np.count_nonzero(terminated | truncated))
        steps += ACTION_ROWS
    vector.close()
    return (steps * environments - resets) / elapsed_s


def main() -> int:
    """Wait for the start and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("environment")
    parser.add_argument("--environments", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=3.0)
    arguments = parser.parse_args()
    print("ready", flush=True)
    sys.stdin.readline()
    print(
        stepping_speed(
            arguments.environment,
            environments=arguments.environments,
            seconds=arguments.seconds,
        ),
        flush=True,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
