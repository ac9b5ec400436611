"""Acrobot: two links, a motor at the joint between them.

Reference: gymnasium's `AcrobotEnv`; Sutton & Barto 2018, section 11.3 of the first edition, from
which the equations of motion are. Fourth-order Runge-Kutta over a step of 0.2 s. Squares are
powers, as there: x·x rounds differently now and then, and the motion is chaotic.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from gymnasium.envs.classic_control import AcrobotEnv
from numpy.typing import NDArray

from matinee.environments.native.classic_vector import Advance, ClassicVector, State

_GRAVITY = 9.8


class AcrobotVector(ClassicVector):
    """State: angles θ₁, θ₂ and their velocities."""

    def __init__(self, count: int, *, max_episode_steps: int | None = None) -> None:
        single = AcrobotEnv()
        self._acrobot = single
        super().__init__(count, single=single, max_episode_steps=max_episode_steps)
        self._dt: float = single.dt
        self._largest_velocities = np.array([[single.MAX_VEL_1], [single.MAX_VEL_2]])
        # Products in the order in which gymnasium's equations have them, for equal rounding.
        l1, lc1, lc2 = single.LINK_LENGTH_1, single.LINK_COM_POS_1, single.LINK_COM_POS_2
        self._inertia: float = single.LINK_MOI
        self._m1_lc1_squared = single.LINK_MASS_1 * lc1**2
        self._l1_lc2_squared = l1**2 + lc2**2
        self._l1_lc2 = l1 * lc2
        self._lc2_squared = lc2**2

    def physics(self) -> tuple[float, ...]:
        """The torque, m₂, m₂l₁l꜀₂ and the two weights, in gymnasium's order of products."""
        single = self._acrobot
        m1, m2 = single.LINK_MASS_1, single.LINK_MASS_2
        l1, lc1, lc2 = single.LINK_LENGTH_1, single.LINK_COM_POS_1, single.LINK_COM_POS_2
        weight1, weight2 = (m1 * lc1 + m2 * l1) * _GRAVITY, m2 * lc2 * _GRAVITY
        return single.AVAIL_TORQUE[-1], m2, m2 * l1 * lc2, weight1, weight2

    def first_states(self, generator: np.random.Generator, count: int) -> State:
        """Nearly at rest, hanging down; in float32 as gymnasium's."""
        return generator.uniform(-0.1, 0.1, (4, count)).astype(np.float32).astype(np.float64)

    def advance(self, state: State, actions: NDArray[Any]) -> Advance:
        """Integrate, then wrap angles into [-π, π] and bound velocities."""
        torque = (actions - 1) * self.constants[0]
        dt = self._dt
        k1 = self._derivative(state, torque)
        k2 = self._derivative(state + dt / 2.0 * k1, torque)
        k3 = self._derivative(state + dt / 2.0 * k2, torque)
        k4 = self._derivative(state + dt * k3, torque)
        state = state + dt / 6.0 * (k1 + 2 * k2 + 2 * k3 + k4)
        _wrap(state[:2])
        np.clip(state[2:], -self._largest_velocities, self._largest_velocities, out=state[2:])
        height = -np.cos(state[0]) - np.cos(state[1] + state[0])
        terminated = height > 1.0
        return Advance(state, np.where(terminated, 0.0, -1.0), terminated)

    def observe(self, state: State) -> NDArray[np.float32]:
        """See cos θ₁, sin θ₁, cos θ₂, sin θ₂, θ̇₁, θ̇₂."""
        seen = np.empty((state.shape[1], 6), np.float32)
        seen[:, 0:4:2] = np.cos(state[:2]).T
        seen[:, 1:4:2] = np.sin(state[:2]).T
        seen[:, 4:] = state[2:].T
        return seen

    def _derivative(self, state: State, torque: NDArray[np.float64]) -> State:
        """d/dt of the state: θ̇₁, θ̇₂, θ̈₁, θ̈₂."""
        theta1, theta2, velocity1, velocity2 = state
        sin2, cos2 = np.sin(theta2), np.cos(theta2)
        inertia = self._inertia
        _, m2, m2_l1_lc2, weight1, weight2 = self.constants
        d1 = (
            self._m1_lc1_squared
            + m2 * (self._l1_lc2_squared + 2 * self._l1_lc2 * cos2)
            + inertia
            + inertia
        )
        d2 = m2 * (self._lc2_squared + self._l1_lc2 * cos2) + inertia
        phi2 = weight2 * np.cos(theta1 + theta2 - math.pi / 2.0)
        phi1 = (
            -m2_l1_lc2 * np.float_power(velocity2, 2) * sin2
            - 2 * m2_l1_lc2 * velocity2 * velocity1 * sin2
            + weight1 * np.cos(theta1 - math.pi / 2)
            + phi2
        )
        acceleration2 = (
            torque + d2 / d1 * phi1 - m2_l1_lc2 * np.float_power(velocity1, 2) * sin2 - phi2
        ) / (m2 * self._lc2_squared + inertia - np.float_power(d2, 2) / d1)
        derivative = np.empty_like(state)
        derivative[:2] = state[2:]
        derivative[2] = -(d2 * acceleration2 + phi1) / d1
        derivative[3] = acceleration2
        return derivative


def _wrap(angles: NDArray[np.float64]) -> None:
    """Bring angles into [-π, π], in place, a turn at a time as gymnasium does."""
    turn = math.pi - -math.pi
    while (above := angles > math.pi).any():
        angles[above] -= turn
    while (below := angles < -math.pi).any():
        angles[below] += turn
