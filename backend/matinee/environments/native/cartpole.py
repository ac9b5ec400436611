"""CartPole: balance a pole on a cart that is pushed left or right.

Reference: gymnasium's `CartPoleEnv`; Barto, Sutton & Anderson 1983.

Gymnasium has a vector of its own. With 64 poles a step is a string of calls on short arrays, so
this one makes fewer of them and writes to arrays that are there already.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.envs.classic_control import CartPoleEnv
from numpy.typing import NDArray

from matinee.environments.native.classic_vector import Advance, ClassicVector, State

_PLACES = slice(0, 4, 2)
"""Rows of the state that are moved: x and θ."""
_SPEEDS = slice(1, 4, 2)
"""Rows that move them: their derivatives."""


class CartPoleVector(ClassicVector):
    """State: position x and its velocity, angle θ from upright and its velocity."""

    def __init__(
        self,
        count: int,
        *,
        max_episode_steps: int | None = None,
        sutton_barto_reward: bool = False,
    ) -> None:
        self._pole = pole = CartPoleEnv(sutton_barto_reward=sutton_barto_reward)
        super().__init__(count, single=pole, max_episode_steps=max_episode_steps)
        self._rewards = None if sutton_barto_reward else np.ones(count, np.float32)
        self._signs = np.array([-1.0, 1.0])
        self._pushes = self._signs * pole.force_mag
        self._bounds = np.array([[pole.x_threshold], [pole.theta_threshold_radians]])
        # Arrays and not numbers: NumPy takes longer to look at a number than to multiply 64 rows.
        self.columns()
        self._four_thirds = np.full(count, 4.0 / 3.0)
        self._tau = np.full((4, count), pole.tau)
        self._speeds = np.empty((4, count))
        self._cosine, self._sine, self._force, self._below = np.empty((4, count))
        self._distances = np.empty((2, count))
        self._beyond = np.empty((2, count), np.bool_)
        self._seen = np.empty((count, 4), np.float32)

    def physics(self) -> tuple[float, ...]:
        """The force, g, m, M, l and m·l."""
        p = self._pole
        return p.force_mag, p.gravity, p.masspole, p.total_mass, p.length, p.polemass_length

    def first_states(self, generator: np.random.Generator, count: int) -> State:
        """Nearly upright, nearly at rest, near the middle."""
        return generator.uniform(-0.05, 0.05, (4, count))

    def advance(self, state: State, actions: NDArray[Any]) -> Advance:
        """Accelerate and move by Euler's method, in place.

        θ̈ = (g·sin θ - cos θ·f) / (l·(4/3 - m·cos²θ/M)) and ẍ = f - m·l·θ̈·cos θ/M, where
        f = (F + m·l·θ̇²·sin θ)/M. Products are made in gymnasium's order, so that both round alike.
        """
        cosine, sine, force, below = self._cosine, self._sine, self._force, self._below
        push, gravity, pole_mass, total_mass, length, mass_length = self.constants
        speeds, angle, turning = self._speeds, state[2], state[3]
        acceleration, angular = speeds[1], speeds[3]
        np.cos(angle, cosine)
        np.sin(angle, sine)

        np.multiply(turning, turning, force)
        np.multiply(force, mass_length, force)
        np.multiply(force, sine, force)
        pushes = self._signs.take(actions) * push if self.is_changed else self._pushes.take(actions)
        np.add(pushes, force, force)
        np.divide(force, total_mass, force)

        np.multiply(cosine, cosine, below)
        np.multiply(below, pole_mass, below)
        np.divide(below, total_mass, below)
        np.subtract(self._four_thirds, below, below)
        np.multiply(below, length, below)

        np.multiply(sine, gravity, sine)
        np.multiply(cosine, force, angular)
        np.subtract(sine, angular, angular)
        np.divide(angular, below, angular)

        np.multiply(angular, mass_length, acceleration)
        np.multiply(acceleration, cosine, acceleration)
        np.divide(acceleration, total_mass, acceleration)
        np.subtract(force, acceleration, acceleration)

        speeds[_PLACES] = state[_SPEEDS]
        np.multiply(speeds, self._tau, speeds)
        np.add(state, speeds, state)

        np.abs(state[_PLACES], self._distances)
        np.greater(self._distances, self._bounds, self._beyond)
        terminated = np.logical_or(self._beyond[0], self._beyond[1])
        rewards = -terminated.astype(np.float32) if self._rewards is None else self._rewards
        return Advance(state, rewards, terminated)

    def observe(self, state: State) -> NDArray[np.float32]:
        """The state itself."""
        count = state.shape[1]
        seen = self._seen if count == self.count else np.empty((count, 4), np.float32)
        seen[:] = state.T
        return seen
