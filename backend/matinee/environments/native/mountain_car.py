"""MountainCar: a car too weak for its hill, with three actions.

Reference: gymnasium's `MountainCarEnv`; Moore 1990.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.envs.classic_control import MountainCarEnv
from numpy.typing import NDArray

from matinee.environments.native.classic_vector import Advance, ClassicVector, State


class MountainCarVector(ClassicVector):
    """State: position and velocity."""

    def __init__(
        self, count: int, *, max_episode_steps: int | None = None, goal_velocity: float = 0
    ) -> None:
        self._car = MountainCarEnv(goal_velocity=goal_velocity)
        super().__init__(count, single=self._car, max_episode_steps=max_episode_steps)
        self._rewards = np.full(count, -1.0)

    def physics(self) -> tuple[float, ...]:
        """Force and gravity."""
        return self._car.force, self._car.gravity

    def first_states(self, generator: np.random.Generator, count: int) -> State:
        """At rest in the valley."""
        state = np.zeros((2, count))
        state[0] = generator.uniform(-0.6, -0.4, count)
        return state

    def advance(self, state: State, actions: NDArray[Any]) -> Advance:
        """Move: v ← v + (a - 1)·force - gravity·cos(3x), x ← x + v, both bounded."""
        car = self._car
        position, velocity = state
        force, gravity = self.constants
        velocity = velocity + ((actions - 1) * force + np.cos(3 * position) * (-gravity))
        np.clip(velocity, -car.max_speed, car.max_speed, out=velocity)
        position = position + velocity
        np.clip(position, car.min_position, car.max_position, out=position)
        velocity[(position == car.min_position) & (velocity < 0)] = 0
        terminated = (position >= car.goal_position) & (velocity >= car.goal_velocity)
        return Advance(np.stack((position, velocity)), self._rewards, terminated)

    def observe(self, state: State) -> NDArray[np.float32]:
        """The state itself."""
        return state.T.astype(np.float32)
