"""Single environments stepped one after the other and reset within the step that ends them.

Leaner than Gymnasium's SyncVectorEnv: no info dictionaries are merged, nothing is copied twice,
and no step is spent on a reset.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from matinee.contracts.agent_interface import AgentInterface
from matinee.environments.interface import translation
from matinee.environments.physics import set_physics
from matinee.environments.vector import FinalObservations, StepResult


class LoopVector:
    """Every step is valid; last observations of truncated episodes come as `final`."""

    def __init__(self, environments: Sequence[gymnasium.Env[Any, Any]]) -> None:
        self._environments = tuple(environments)
        self._translation = translation(
            environments[0].observation_space, environments[0].action_space
        )
        encoder = self._translation.observations
        self.interface: AgentInterface = self._translation.interface
        count = len(environments)
        self._observations = np.zeros((count, *encoder.shape), encoder.dtype)
        self._rewards = np.zeros(count, np.float64)
        self._terminated = np.zeros(count, np.bool_)
        self._truncated = np.zeros(count, np.bool_)
        self._valid = np.ones(count, np.bool_)
        self._parameters: Mapping[str, float] = {}
        """Asked for; empty: the environments' own."""

    @property
    def count(self) -> int:
        """N."""
        return len(self._environments)

    def reset(self, seed: int) -> NDArray[Any]:
        """Begin everywhere; shape (N, *observation_shape)."""
        seeds = np.random.SeedSequence(seed).generate_state(self.count)
        for index, environment in enumerate(self._environments):
            set_physics(environment, self._parameters)
            observation, _ = environment.reset(seed=int(seeds[index]))
            self._translation.observations.write(observation, self._observations[index])
        return self._observations

    def step(self, actions: NDArray[Any]) -> StepResult:
        """Do `actions`: int64 of shape (N, K) or float32 of shape (N, d)."""
        write = self._translation.observations.write
        indices: list[int] = []
        last: list[NDArray[Any]] = []
        for index, action in enumerate(self._translation.actions.singles(actions)):
            environment = self._environments[index]
            observation, reward, terminated, truncated, _ = environment.step(action)
            if terminated or truncated:
                if truncated and not terminated:
                    write(observation, self._observations[index])
                    indices.append(index)
                    last.append(self._observations[index].copy())
                set_physics(environment, self._parameters)
                observation, _ = environment.reset()
            write(observation, self._observations[index])
            self._rewards[index] = reward
            self._terminated[index] = terminated
            self._truncated[index] = truncated
        return StepResult(
            self._observations,
            self._rewards,
            self._terminated,
            self._truncated,
            self._valid,
            self._terminated | self._truncated,
            FinalObservations(np.array(indices, np.intp), np.stack(last)) if indices else None,
        )

    def set_parameters(self, parameters: Mapping[str, float]) -> None:
        """From each environment's next reset on."""
        self._parameters = dict(parameters)

    def close(self) -> None:
        """Free what the environments hold; one that fails to do so does not keep the others."""
        with ExitStack() as closing:
            for environment in self._environments:
                closing.callback(environment.close)
