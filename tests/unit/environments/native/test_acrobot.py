"""The vectorised Acrobot is gymnasium's."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fakes.classic_twins import COUNT, compare
from matinee.environments.native.acrobot import AcrobotVector


def test_it_steps_like_gymnasiums() -> None:
    """Thousands of steps, swinging with the second link so that some reach the line."""
    vector = AcrobotVector(COUNT, max_episode_steps=500)
    rng = np.random.default_rng(0)

    def choose(number: int) -> NDArray[Any]:
        swinging = np.where(vector.state[3] > 0, 2, 0)
        at_random = rng.integers(0, 3, COUNT)
        return np.where(number % 5 == 0, at_random, swinging)[:, None]

    def put(single: Any, state: NDArray[np.float64]) -> None:
        single.state = state.copy()

    assert compare(vector, "Acrobot-v1", put=put, choose=choose, steps=600) > COUNT


def test_angles_and_speeds_stay_in_their_bounds() -> None:
    """Also when a step turns more than once around."""
    vector = AcrobotVector(2)
    vector.reset(0)
    vector.state[:, 0] = (3.1, -3.1, 12.0, -28.0)
    vector.state[:, 1] = (-3.1, 3.1, -12.0, 28.0)
    vector.step(np.array([[2], [0]]))

    assert (np.abs(vector.state[:2]) <= np.pi).all()
    assert (np.abs(vector.state[2]) <= 4 * np.pi).all()
    assert (np.abs(vector.state[3]) <= 9 * np.pi).all()
