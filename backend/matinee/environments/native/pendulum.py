"""Pendulum: swing it up and hold it there, with as little torque as possible.

Reference: gymnasium's `PendulumEnv`. Squares are powers there, which rounds differently now and
then; here they are, too, where it shows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.envs.classic_control import PendulumEnv
from numpy.typing import NDArray

from matinee.environments.native.classic_vector import Advance, ClassicVector, State


class PendulumVector(ClassicVector):
    """State: angle θ from upright, and its velocity."""

    def __init__(
        self, count: int, *, max_episode_steps: int | None = None, g: float = 10.0
    ) -> None:
        self._pendulum = PendulumEnv(g=g)
        super().__init__(count, single=self._pendulum, max_episode_steps=max_episode_steps)
        self._never = np.zeros(count, np.bool_)

    def physics(self) -> tuple[float, ...]:
        """What gravity and the torque do: 3g/(2l) and 3/(ml²)."""
        p = self._pendulum
        return 3 * p.g / (2 * p.l), 3.0 / (p.m * p.l**2)

    def first_states(self, generator: np.random.Generator, count: int) -> State:
        """Anywhere, moving slowly."""
        state = generator.uniform(-1.0, 1.0, (2, count))
        state[0] *= np.pi
        return state

    def advance(self, state: State, actions: NDArray[Any]) -> Advance:
        """θ̈ = 3g/(2l)·sin θ + 3/(ml²)·u; reward -(θ² + 0.1·θ̇² + 0.001·u²), θ in [-π, π)."""
        p = self._pendulum
        angle, velocity = state
        torque: NDArray[np.float32] = actions[:, 0]
        normalized = ((angle + np.pi) % (2 * np.pi)) - np.pi
        costs = (
            np.float_power(normalized, 2) + 0.1 * np.float_power(velocity, 2) + 0.001 * torque**2
        )
        pull, push = self.constants
        gain = pull * np.sin(angle) + np.float32(push) * torque
        after = np.empty_like(state)
        np.clip(velocity + gain * p.dt, -p.max_speed, p.max_speed, out=after[1])
        np.add(angle, after[1] * p.dt, out=after[0])
        return Advance(after, -costs, self._never)

    def observe(self, state: State) -> NDArray[np.float32]:
        """See cos θ, sin θ, θ̇."""
        seen = np.empty((state.shape[1], 3), np.float32)
        seen[:, 0] = np.cos(state[0])
        seen[:, 1] = np.sin(state[0])
        seen[:, 2] = state[1]
        return seen
