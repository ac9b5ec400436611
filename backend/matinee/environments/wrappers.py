"""Vectors of environments with one way to end an episode: autoreset is handled here, only here.

Gymnasium has three conventions for what a vector does when an episode ends. The learner sees one:

* `observations` are always what to act on next;
* `valid` is False for a step that did nothing but reset (Gymnasium's NEXT_STEP mode);
* `final` holds the last observations of truncated episodes where `observations` no longer shows
  them, because the environment was reset within the step.

Reference: Gymnasium's documentation on vector autoreset modes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from matinee.contracts.agent_interface import AgentInterface, CategoricalActions
from matinee.errors import EnvironmentBuildError

_LARGEST_BYTE = 255.0


class FinalObservations(NamedTuple):
    """Last observations of truncated episodes."""

    indices: NDArray[np.intp]
    """Which environments. Shape: (K,)."""

    observations: NDArray[np.float32]
    """Shape: (K, observation_size)."""


class StepResult(NamedTuple):
    """One step of N environments. Arrays may be reused by the next step."""

    observations: NDArray[np.float32]
    """What to act on next. Shape: (N, observation_size)."""

    rewards: NDArray[np.floating[Any]]
    """Raw rewards. Shape: (N,), like all that follow."""

    terminated: NDArray[np.bool_]
    truncated: NDArray[np.bool_]
    valid: NDArray[np.bool_]
    final: FinalObservations | None


class EnvironmentVector(Protocol):
    """N environments stepped together by one thread."""

    @property
    def count(self) -> int:
        """N."""

    def reset(self, seed: int) -> NDArray[np.float32]:
        """Begin everywhere; shape (N, observation_size)."""

    def step(self, actions: NDArray[Any]) -> StepResult:
        """Do `actions`, from 0 to A - 1, shape (N, 1)."""

    def close(self) -> None:
        """Free what the environments hold."""


def untrainable_reason(
    observation_space: gymnasium.Space[Any], action_space: gymnasium.Space[Any]
) -> str | None:
    """Why nothing here can train on these spaces; None if it can."""
    if not isinstance(observation_space, gymnasium.spaces.Box):
        return f"observations are {type(observation_space).__name__}; Box is needed"
    if not isinstance(action_space, gymnasium.spaces.Discrete):
        return f"actions are {type(action_space).__name__}; Discrete is needed"
    if int(np.prod(observation_space.shape)) == 0:
        return "observations are empty"
    return None


def agent_interface(
    observation_space: gymnasium.Space[Any], action_space: gymnasium.Space[Any]
) -> AgentInterface:
    """How the network sees these spaces.

    Raises:
        EnvironmentBuildError: if nothing here can train on them.
    """
    reason = untrainable_reason(observation_space, action_space)
    if reason is not None:
        raise EnvironmentBuildError(reason, code="untrainable_environment")
    assert isinstance(action_space, gymnasium.spaces.Discrete)
    return AgentInterface(
        observation_shape=(math.prod(observation_space.shape or ()),),
        observation_dtype="float32",
        actions=CategoricalActions((int(action_space.n),)),
    )


class NativeVector:
    """A vector environment that steps all its copies in native code, in NEXT_STEP mode.

    The step after the end of an episode ignores its action and resets; it is not valid. Until
    then the end's own observation stands in `observations`, so `final` is never needed.
    """

    def __init__(self, vector: gymnasium.vector.VectorEnv[Any, Any, Any]) -> None:
        if vector.metadata.get("autoreset_mode") is not AutoresetMode.NEXT_STEP:
            raise EnvironmentBuildError(
                "a native vector environment must use the NEXT_STEP autoreset mode, not "
                f"{vector.metadata.get('autoreset_mode')}"
            )
        self._vector = vector
        self._scale = _observation_scale(vector.single_observation_space)
        self._action_start = _action_start(vector.single_action_space)
        self._resetting = np.zeros(vector.num_envs, np.bool_)

    @property
    def count(self) -> int:
        """N."""
        return self._vector.num_envs

    def reset(self, seed: int) -> NDArray[np.float32]:
        """Begin everywhere; shape (N, observation_size)."""
        observations, _ = self._vector.reset(seed=seed)
        self._resetting = np.zeros(self.count, np.bool_)
        return self._flat(observations)

    def step(self, actions: NDArray[Any]) -> StepResult:
        """Do `actions`, from 0 to A - 1, shape (N, 1)."""
        observations, rewards, terminated, truncated, _ = self._vector.step(
            actions[:, 0] + self._action_start if self._action_start else actions[:, 0]
        )
        valid = ~self._resetting
        self._resetting = terminated | truncated
        return StepResult(
            self._flat(observations), rewards, terminated, truncated, valid, final=None
        )

    def close(self) -> None:
        """Free what the environments hold."""
        self._vector.close()

    def _flat(self, observations: Any) -> NDArray[np.float32]:
        flat: NDArray[np.float32] = np.asarray(observations, np.float32).reshape(self.count, -1)
        if self._scale != 1.0:
            flat = flat * np.float32(self._scale)
        return flat


class LoopVector:
    """Single environments stepped one after the other and reset within the step that ends them.

    Leaner than Gymnasium's SyncVectorEnv: no info dictionaries are merged, nothing is copied
    twice, and no step is spent on a reset.
    """

    def __init__(self, environments: Sequence[gymnasium.Env[Any, Any]]) -> None:
        self._environments = tuple(environments)
        interface = agent_interface(environments[0].observation_space, environments[0].action_space)
        self._scale = _observation_scale(environments[0].observation_space)
        self._action_start = _action_start(environments[0].action_space)
        count = len(environments)
        self._observations = np.zeros((count, interface.observation_size), np.float32)
        self._rewards = np.zeros(count, np.float64)
        self._terminated = np.zeros(count, np.bool_)
        self._truncated = np.zeros(count, np.bool_)
        self._valid = np.ones(count, np.bool_)

    @property
    def count(self) -> int:
        """N."""
        return len(self._environments)

    def reset(self, seed: int) -> NDArray[np.float32]:
        """Begin everywhere; shape (N, observation_size)."""
        seeds = np.random.SeedSequence(seed).generate_state(self.count)
        for index, environment in enumerate(self._environments):
            observation, _ = environment.reset(seed=int(seeds[index]))
            self._observations[index] = self._flat(observation)
        return self._observations

    def step(self, actions: NDArray[Any]) -> StepResult:
        """Do `actions`, from 0 to A - 1, shape (N, 1)."""
        start = self._action_start
        final: list[tuple[int, NDArray[np.float32]]] = []
        for index, action in enumerate(actions[:, 0].tolist()):
            environment = self._environments[index]
            observation, reward, terminated, truncated, _ = environment.step(action + start)
            if terminated or truncated:
                if truncated and not terminated:
                    final.append((index, self._flat(observation).copy()))
                observation, _ = environment.reset()
            self._observations[index] = self._flat(observation)
            self._rewards[index] = reward
            self._terminated[index] = terminated
            self._truncated[index] = truncated
        return StepResult(
            self._observations,
            self._rewards,
            self._terminated,
            self._truncated,
            self._valid,
            _stacked(final),
        )

    def close(self) -> None:
        """Free what the environments hold."""
        for environment in self._environments:
            environment.close()

    def _flat(self, observation: Any) -> NDArray[np.float32]:
        flat: NDArray[np.float32] = np.asarray(observation, np.float32).ravel()
        if self._scale != 1.0:
            flat = flat * np.float32(self._scale)
        return flat


def _observation_scale(space: gymnasium.Space[Any]) -> float:
    """Bytes (images) are divided by 255; everything else is left alone."""
    return 1.0 / _LARGEST_BYTE if space.dtype == np.uint8 else 1.0


def _action_start(space: gymnasium.Space[Any]) -> int:
    """The smallest action of a Discrete space."""
    return int(space.start) if isinstance(space, gymnasium.spaces.Discrete) else 0


def _stacked(final: list[tuple[int, NDArray[np.float32]]]) -> FinalObservations | None:
    if not final:
        return None
    return FinalObservations(
        indices=np.array([index for index, _ in final], np.intp),
        observations=np.stack([observation for _, observation in final]),
    )
