"""The environment that a policy was trained in, as it was at the checkpoint; `policy.json` says so.

environment = make(policy.about, set_physics)
observation = environment.reset(seed=1)
observation, reward, is_over = environment.step(action)
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

SetPhysics = Callable[[Any, Mapping[str, float]], None]


def make(about: Mapping[str, Any], set_physics: SetPhysics) -> AtariGame | SingleEnvironment:
    """Build it.

    Args:
        about: What `policy.json` holds.
        set_physics: Gives an environment other parameters.
    """
    making = about.get("making") or {"module": None, "atari": None}
    if making["atari"] is not None:
        return AtariGame(making["atari"])
    if making["module"] is not None:
        importlib.import_module(making["module"])
    return SingleEnvironment(about, set_physics)


class SingleEnvironment:
    """As `gymnasium.make` builds it, with the parameters that it had in training."""

    def __init__(self, about: Mapping[str, Any], set_physics: SetPhysics) -> None:
        import gymnasium

        self._environment = gymnasium.make(about["environment_id"], **about["environment_kwargs"])
        self._parameters = about.get("environment_parameters") or {}
        self._set_physics = set_physics

    def reset(self, *, seed: int) -> Any:
        """Begin an episode."""
        self._set_physics(self._environment, self._parameters)
        return self._environment.reset(seed=seed)[0]

    def step(self, action: Any) -> tuple[Any, float, bool]:
        """Act once: what is seen, the reward, whether the episode is over."""
        observation, reward, terminated, truncated, _ = self._environment.step(action)
        return observation, float(reward), bool(terminated or truncated)


class AtariGame:
    """One game of ALE's vector environment, which prepares the pictures. Lives don't end it."""

    def __init__(self, arguments: Mapping[str, Any]) -> None:
        from ale_py import ALEInterface, LoggerMode
        from ale_py.vector_env import AtariVectorEnv

        ALEInterface.setLoggerMode(LoggerMode.Error)
        self._games = AtariVectorEnv(num_envs=1, **arguments)

    def reset(self, *, seed: int) -> NDArray[np.uint8]:
        """Begin a game."""
        return self._first(self._games.reset(seed=np.array([seed]))[0])

    def step(self, action: Any) -> tuple[NDArray[np.uint8], float, bool]:
        """Act once: what is seen, the reward, whether the game is over."""
        pictures, rewards, terminated, truncated, _ = self._games.step(np.array([action]))
        return self._first(pictures), float(rewards[0]), bool(terminated[0] or truncated[0])

    def _first(self, pictures: Any) -> NDArray[np.uint8]:
        # The next step writes to the same memory.
        return np.array(pictures[0], np.uint8)
