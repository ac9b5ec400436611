"""MountainCarContinuous: the car whose force is a number, and costs.

Reference: gymnasium's `Continuous_MountainCarEnv`. That one keeps its state in float32 from the
first step on, while an episode's first state is float64; the roundings are repeated here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.envs.classic_control import Continuous_MountainCarEnv
from numpy.typing import NDArray

from matinee.environments.native.classic_vector import Advance, ClassicVector, State

_GRAVITY = 0.0025
_COST = 0.1


class MountainCarContinuousVector(ClassicVector):
    """State: position, velocity, and 1 where the episode has just begun."""

    def __init__(
        self, count: int, *, max_episode_steps: int | None = None, goal_velocity: float = 0
    ) -> None:
        self._car = Continuous_MountainCarEnv(goal_velocity=goal_velocity)
        super().__init__(count, single=self._car, max_episode_steps=max_episode_steps)

    def physics(self) -> tuple[float, ...]:
        """The power of the motor."""
        return (self._car.power,)

    def first_states(self, generator: np.random.Generator, count: int) -> State:
        """At rest in the valley."""
        state = np.zeros((3, count))
        state[0] = generator.uniform(-0.6, -0.4, count)
        state[2] = 1.0
        return state

    def advance(self, state: State, actions: NDArray[Any]) -> Advance:
        """Move: v ← v + power·a - gravity·cos(3x), x ← x + v, both bounded."""
        car = self._car
        force: NDArray[np.float32] = actions[:, 0]
        tripled = 3 * state[0]
        phase = np.where(state[2] > 0, tripled, tripled.astype(np.float32))
        pull = (_GRAVITY * np.cos(phase)).astype(np.float32)
        (power,) = self.constants
        largest = np.float32(car.max_speed)
        velocity = state[1].astype(np.float32) + (force * np.float32(power) - pull)
        np.clip(velocity, -largest, largest, out=velocity)
        position = (state[0] + velocity).astype(np.float32)
        lowest = np.float32(car.min_position)
        np.clip(position, lowest, np.float32(car.max_position), out=position)
        velocity[(position == lowest) & (velocity < 0)] = 0
        terminated = (position >= np.float32(car.goal_position)) & (
            velocity >= np.float32(car.goal_velocity)
        )
        rewards = np.where(terminated, 100.0, 0.0) - np.square(force.astype(np.float64)) * _COST
        after = np.zeros_like(state)
        after[0] = position
        after[1] = velocity
        return Advance(after, rewards, terminated)

    def observe(self, state: State) -> NDArray[np.float32]:
        """Position and velocity."""
        return state[:2].T.astype(np.float32)
