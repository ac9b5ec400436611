"""The raw limit: steps a native vector of environments with random actions and learns nothing.

    python -m benchmarks.raw_stepping CartPole-v1 --environments 64 --seconds 3 [--gymnasiums]

The vector is the one that training steps, or gymnasium's own with `--gymnasiums`. Prints `ready`,
begins when it reads a line, and prints env steps a second.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from matinee.contracts.agent_interface import CategoricalActions
from matinee.contracts.run_spec import EnvironmentSpec
from matinee.environments.factory import build_vector
from matinee.environments.vector import EnvironmentVector

ACTION_ROWS = 256
"""Actions are drawn beforehand and used in turn: drawing them is not stepping."""


def stepping_speed(
    vector: EnvironmentVector, actions: Sequence[NDArray[Any]], *, seconds: float
) -> float:
    """Env steps a second.

    A step of an environment in which it only begins a new episode (`AutoresetMode.NEXT_STEP`) is
    not counted: the trainer does not count it either.
    """
    vector.reset(0)
    steps = 0
    began_s = time.perf_counter()
    while (elapsed_s := time.perf_counter() - began_s) < seconds:
        for row in actions:
            steps += int(np.count_nonzero(vector.step(row).valid))
    return steps / elapsed_s


def gymnasiums_speed(environment_id: str, *, environments: int, seconds: float) -> float:
    """Env steps a second of gymnasium's own vector, called as gymnasium's users do."""
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


def random_choices(vector: EnvironmentVector) -> list[NDArray[np.int64]]:
    """Rows of discrete actions for all environments. Shape of each: (N, K)."""
    interface = vector.interface.actions
    if not isinstance(interface, CategoricalActions):
        raise SystemExit("the raw limit is measured for discrete actions")
    generator = np.random.default_rng(0)
    columns = [
        generator.integers(0, choices, (ACTION_ROWS, vector.count))
        for choices in interface.branches
    ]
    return list(np.stack(columns, axis=-1))


def main() -> int:
    """Wait for the start and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("environment")
    parser.add_argument("--environments", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--gymnasiums", action="store_true", help="gymnasium's own vector")
    arguments = parser.parse_args()
    count, seconds = arguments.environments, arguments.seconds
    print("ready", flush=True)
    sys.stdin.readline()
    if arguments.gymnasiums:
        speed = gymnasiums_speed(arguments.environment, environments=count, seconds=seconds)
    else:
        vector = build_vector(EnvironmentSpec(id=arguments.environment), count)
        speed = stepping_speed(vector, random_choices(vector), seconds=seconds)
        vector.close()
    print(speed, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
