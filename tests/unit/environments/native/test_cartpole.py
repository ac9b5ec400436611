"""The vectorised CartPole is gymnasium's."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from fakes.classic_twins import COUNT, compare
from matinee.environments.native.cartpole import CartPoleVector


def _put(single: Any, state: NDArray[np.float64]) -> None:
    single.state = state.copy()
    single.steps_beyond_terminated = None


def test_it_steps_like_gymnasiums() -> None:
    """Thousands of steps, half of the poles pushed to the side to which they fall."""
    vector = CartPoleVector(COUNT, max_episode_steps=500)
    rng = np.random.default_rng(0)
    balances = np.arange(COUNT) < COUNT // 2

    def choose(_: int) -> NDArray[Any]:
        falling = vector.state[2] + 0.5 * vector.state[3] > 0
        return np.where(balances, falling, rng.integers(0, 2, COUNT)).astype(np.int64)[:, None]

    ended = compare(vector, "CartPole-v1", put=_put, choose=choose, steps=1200)
    assert ended > 10 * COUNT


def test_it_rounds_as_gymnasium_does() -> None:
    """After 300 steps from the same state the two states are the same to the last bit."""
    vector = CartPoleVector(1)
    single = gymnasium.make("CartPole-v1").unwrapped
    vector.reset(3)
    single.reset(seed=0)
    _put(single, vector.state[:, 0])
    for _ in range(300):
        action = int(vector.state[2, 0] + 0.5 * vector.state[3, 0] > 0)
        vector.step(np.array([[action]]))
        single.step(action)
    np.testing.assert_array_equal(vector.state[:, 0], single.state)  # type: ignore[attr-defined]


def test_time_limits_are_told_apart_from_falls() -> None:
    """Where the limit comes first, the last observation of the episode is kept."""
    vector = CartPoleVector(4, max_episode_steps=3)
    vector.reset(0)
    for _ in range(2):
        assert not vector.step(np.array([[0], [1], [0], [1]])).ended.any()
    last = vector.step(np.array([[0], [1], [0], [1]]))
    assert last.truncated.all()
    assert not last.terminated.any()
    assert last.final is not None
    assert np.abs(last.final.observations[:, 1]).min() > 0.1 > np.abs(last.observations).max()


def test_the_rewards_of_the_book_are_an_argument() -> None:
    """With `sutton_barto_reward` a step costs nothing and a fall 1, as with gymnasium's."""
    vector = CartPoleVector(8, sutton_barto_reward=True)
    vector.reset(0)
    rewards, falls = [], []
    for _ in range(30):
        step = vector.step(np.ones((8, 1), np.int64))
        rewards.append(step.rewards.copy())
        falls.append(step.terminated.copy())
    assert np.array_equal(np.array(rewards), -np.array(falls).astype(np.float32))
    assert np.any(falls)
