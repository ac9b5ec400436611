"""An environment for every kind of observation and action, registered under `Probe/…`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

EPISODE_STEPS = 7

OBSERVATIONS: Mapping[str, spaces.Space[Any]] = MappingProxyType(
    {
        "Vector": spaces.Box(-1.0, 1.0, (3,), np.float32),
        "Scalar": spaces.Box(-1.0, 1.0, (), np.float64),
        "Matrix": spaces.Box(-np.inf, np.inf, (2, 3), np.float64),
        "Integers": spaces.Box(0, 9, (2, 2, 2), np.int64),
        "Bytes": spaces.Box(0, 255, (4,), np.uint8),
        "Picture": spaces.Box(0, 255, (40, 40, 3), np.uint8),
        "Discrete": spaces.Discrete(5, start=2),
        "MultiDiscrete": spaces.MultiDiscrete([3, 2]),
        "MultiBinary": spaces.MultiBinary(4),
        "Dict": spaces.Dict({"place": spaces.Box(-1.0, 1.0, (2,)), "kind": spaces.Discrete(3)}),
        "Tuple": spaces.Tuple((spaces.Discrete(2), spaces.MultiBinary((2, 2)))),
    }
)

ACTIONS: Mapping[str, spaces.Space[Any]] = MappingProxyType(
    {
        "Discrete": spaces.Discrete(3),
        "ShiftedDiscrete": spaces.Discrete(3, start=-1),
        "MultiDiscrete": spaces.MultiDiscrete([3, 2]),
        "MultiBinary": spaces.MultiBinary(3),
        "Box": spaces.Box(np.array([-2.0, 0.0], np.float32), np.array([2.0, 5.0], np.float32)),
        "WideBox": spaces.Box(-np.inf, np.inf, (2, 2), np.float64),
    }
)


class AnySpace(gymnasium.Env[Any, Any]):
    """Shows what comes, and takes only what is in its space; every second episode is cut.

    Args:
        observation: Of `OBSERVATIONS`.
        action: Of `ACTIONS`.
    """

    def __init__(self, observation: str, action: str) -> None:
        self.observation_space = OBSERVATIONS[observation]
        self.action_space = ACTIONS[action]
        self._steps = 0
        self._episodes = 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin an episode."""
        super().reset(seed=seed, options=options)
        if seed is not None:
            self.observation_space.seed(seed)
        self._steps = 0
        self._episodes += 1
        return self.observation_space.sample(), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Go on.

        Raises:
            ValueError: if the action is outside the space.
        """
        if not self.action_space.contains(action):
            raise ValueError(f"{action!r} is outside {self.action_space}")
        self._steps += 1
        over = self._steps == EPISODE_STEPS
        cut = over and self._episodes % 2 == 0
        return self.observation_space.sample(), 1.0, over and not cut, cut, {}


def register_any_spaces() -> None:
    """Put `Probe/Sees<kind>-v0` and `Probe/Does<kind>-v0` into gymnasium's registry, once."""
    wanted = {f"Probe/Sees{kind}-v0": (kind, "Discrete") for kind in OBSERVATIONS} | {
        f"Probe/Does{kind}-v0": ("Vector", kind) for kind in ACTIONS
    }
    for id_, (observation, action) in wanted.items():
        if id_ not in gymnasium.registry:
            gymnasium.register(
                id_,
                entry_point=f"{AnySpace.__module__}:{AnySpace.__qualname__}",
                kwargs={"observation": observation, "action": action},
            )
