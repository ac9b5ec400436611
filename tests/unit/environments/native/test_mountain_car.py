"""The vectorised MountainCar is gymnasium's."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from fakes.classic_twins import COUNT, compare
from matinee.environments.native.mountain_car import MountainCarVector


def test_it_steps_like_gymnasiums() -> None:
    """Thousands of steps, mostly with the speed, so that goals, walls and limits are met."""
    vector = MountainCarVector(COUNT, max_episode_steps=200)
    rng = np.random.default_rng(0)

    def choose(number: int) -> NDArray[Any]:
        at_random = rng.integers(0, 3, COUNT)
        return np.where(number % 3 == 0, at_random, np.where(vector.state[1] > 0, 2, 0))[:, None]

    def put(single: Any, state: NDArray[np.float64]) -> None:
        single.state = state.copy()

    assert compare(vector, "MountainCar-v0", put=put, choose=choose, steps=1000) > COUNT


def test_the_goal_speed_is_an_argument() -> None:
    """A car that arrives too slowly is not there yet, as with gymnasium's."""
    vector = MountainCarVector(1, goal_velocity=0.06)
    single = gymnasium.make("MountainCar-v0", goal_velocity=0.06)
    for speed in (0.05, 0.0615, 0.07):
        vector.reset(0)
        single.reset(seed=0)
        vector.state[:, 0] = (0.48, speed)
        single.unwrapped.state = np.array([0.48, speed])  # type: ignore[attr-defined]  # its own

        assert vector.step(np.array([[1]])).terminated[0] == single.step(1)[2]
