"""Vectorised classic-control environments, exactly as gymnasium's single ones.

Gymnasium itself has a vector of CartPole only, a slower one. These hold the states of N
environments in one array and step them with NumPy. Physics, rewards and ends are gymnasium's,
number for number; only the random numbers of the first states come from one generator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from matinee.environments.native.acrobot import AcrobotVector
from matinee.environments.native.cartpole import CartPoleVector
from matinee.environments.native.classic_vector import ClassicVector
from matinee.environments.native.mountain_car import MountainCarVector
from matinee.environments.native.mountain_car_continuous import MountainCarContinuousVector
from matinee.environments.native.pendulum import PendulumVector

_CLASSIC = "gymnasium.envs.classic_control"

OWN_VECTORS: Mapping[Any, Callable[..., ClassicVector]] = MappingProxyType(
    {
        f"{_CLASSIC}.acrobot:AcrobotEnv": AcrobotVector,
        f"{_CLASSIC}.cartpole:CartPoleEnv": CartPoleVector,
        f"{_CLASSIC}.mountain_car:MountainCarEnv": MountainCarVector,
        f"{_CLASSIC}.continuous_mountain_car:Continuous_MountainCarEnv": (
            MountainCarContinuousVector
        ),
        f"{_CLASSIC}.pendulum:PendulumEnv": PendulumVector,
    }
)
"""By the entry point of the single environment, so that its id and time limit may vary."""
