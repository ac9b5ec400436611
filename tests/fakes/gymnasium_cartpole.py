"""CartPole stepped by gymnasium's own vector, which resets in a step of its own (NEXT_STEP).

For the ids of CartPole themselves Matinee has a faster vector without such steps.
"""

from __future__ import annotations

import gymnasium
from gymnasium.envs.classic_control import CartPoleEnv

GYMNASIUM_CARTPOLE = "Fakes/GymnasiumCartPole-v1"


class GymnasiumCartPole(CartPoleEnv):
    """A class that Matinee has no vector of its own for."""


def register_gymnasium_cartpole() -> str:
    """Register it once; returns its id."""
    if GYMNASIUM_CARTPOLE not in gymnasium.registry:
        gymnasium.register(
            GYMNASIUM_CARTPOLE,
            entry_point="fakes.gymnasium_cartpole:GymnasiumCartPole",
            vector_entry_point="gymnasium.envs.classic_control.cartpole:CartPoleVectorEnv",
            max_episode_steps=500,
            reward_threshold=475.0,
        )
    return GYMNASIUM_CARTPOLE
