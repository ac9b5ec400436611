"""MiniGrid's pictures with their real bounds.

A cell is (object, colour, state) with at most 11, 6 and 4 kinds, but its space says 0 to 255, and
the largest number in it would be 0.04 to the network. With true bounds it is scaled to [0, 1].
"""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

LARGEST_CELL = (10, 5, 3)
"""Largest object, colour and state; the last one is an agent's direction in full views."""

_CHANNELS = 3


def with_true_bounds(environment: gymnasium.Env[Any, Any]) -> gymnasium.Env[Any, Any]:
    """The environment with its `image` bounded by what cells can be; others as they are."""
    space = environment.observation_space
    if not isinstance(space, spaces.Dict) or "image" not in space.spaces:
        return environment
    image = space["image"]
    if not isinstance(image, spaces.Box) or image.shape[-1] != _CHANNELS:
        return environment
    high = np.broadcast_to(np.array(LARGEST_CELL, np.uint8), image.shape)
    bounded = spaces.Dict({**space.spaces, "image": spaces.Box(0, high, image.shape, np.uint8)})
    return gymnasium.wrappers.TransformObservation(environment, _unchanged, bounded)


def _unchanged(observation: Any) -> Any:
    return observation
