"""The vectorised MountainCarContinuous is gymnasium's."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fakes.classic_twins import COUNT, compare
from matinee.environments.native.mountain_car_continuous import MountainCarContinuousVector


def test_it_steps_like_gymnasiums() -> None:
    """Thousands of steps, with its roundings to float32, and forces beyond the bounds."""
    vector = MountainCarContinuousVector(COUNT, max_episode_steps=999)
    rng = np.random.default_rng(0)

    def choose(number: int) -> NDArray[Any]:
        at_random = rng.normal(0, 1.5, COUNT)
        pushing = np.sign(vector.state[1])
        return np.where(number % 3 == 0, at_random, pushing)[:, None].astype(np.float32)

    def put(single: Any, state: NDArray[np.float64]) -> None:
        # Only an episode's first state is not of float32.
        dtype = np.float64 if state[2] else np.float32
        single.state = state[:2].astype(dtype)

    ended = compare(
        vector,
        "MountainCarContinuous-v0",
        put=put,
        choose=choose,
        steps=1500,
        reward_tolerance=1e-12,
    )
    assert ended > COUNT
