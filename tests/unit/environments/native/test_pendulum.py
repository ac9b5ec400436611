"""The vectorised Pendulum is gymnasium's."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from fakes.classic_twins import COUNT, compare
from matinee.environments.native.pendulum import PendulumVector


def put(single: Any, state: NDArray[np.float64]) -> None:
    """Angle and velocity."""
    single.state = state.copy()


def test_it_steps_like_gymnasiums() -> None:
    """Thousands of steps; the cost of the torque is a float32 power there and a square here."""
    vector = PendulumVector(COUNT, max_episode_steps=200)
    rng = np.random.default_rng(0)

    def choose(_: int) -> NDArray[Any]:
        return rng.normal(0, 1, (COUNT, 1)).astype(np.float32)

    ended = compare(
        vector, "Pendulum-v1", put=put, choose=choose, steps=1000, reward_tolerance=1e-9
    )
    assert ended == 5 * COUNT


def test_gravity_is_an_argument() -> None:
    """As with gymnasium's."""
    vector = PendulumVector(1, g=1.5)
    single = gymnasium.make("Pendulum-v1", g=1.5)
    vector.reset(3)
    single.reset(seed=0)
    put(single.unwrapped, vector.state[:, 0])

    ours = vector.step(np.array([[0.5]], np.float32)).observations[0]
    np.testing.assert_allclose(ours, single.step(np.array([1.0], np.float32))[0], rtol=1e-6)
