"""Gymnasium's own vector environments: all three autoreset modes are handled here, only here.

Reference: Gymnasium's documentation on vector autoreset modes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, assert_never

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from matinee.contracts.agent_interface import AgentInterface
from matinee.environments.interface import translation
from matinee.environments.vector import FinalObservations, StepResult
from matinee.errors import EnvironmentBuildError


class NativeVector:
    """A vector environment that steps all its copies in native code.

    Args:
        vector: Steps in any autoreset mode.
        mode: Which one, where the vector's metadata can't be trusted.

    Raises:
        EnvironmentBuildError: if the mode is unknown, or nothing can train on the spaces.
    """

    def __init__(
        self,
        vector: gymnasium.vector.VectorEnv[Any, Any, Any],
        *,
        mode: AutoresetMode | None = None,
    ) -> None:
        mode = mode or vector.metadata.get("autoreset_mode")
        if not isinstance(mode, AutoresetMode):
            raise EnvironmentBuildError(
                f"a native vector environment must say its autoreset mode; it says {mode!r}"
            )
        self._vector = vector
        self._mode: AutoresetMode = mode
        self._translation = translation(vector.single_observation_space, vector.single_action_space)
        self.interface: AgentInterface = self._translation.interface
        self._resetting = np.zeros(vector.num_envs, np.bool_)
        """Environments whose next step does nothing but reset."""
        self._valid = np.ones(vector.num_envs, np.bool_)

    @property
    def count(self) -> int:
        """N."""
        return self._vector.num_envs

    def reset(self, seed: int) -> NDArray[Any]:
        """Begin everywhere; shape (N, *observation_shape)."""
        observations, _ = self._vector.reset(seed=self.seeds(seed))
        self._resetting = np.zeros(self.count, np.bool_)
        return self._encoded(observations)

    def step(self, actions: NDArray[Any]) -> StepResult:
        """Do `actions`: int64 of shape (N, K) or float32 of shape (N, d)."""
        observations, rewards, terminated, truncated, infos = self._vector.step(
            self._translation.actions.batch(actions)
        )
        ended = self.episode_ends(terminated, truncated, infos)
        valid = self._valid
        final: FinalObservations | None = None
        match self._mode:
            case AutoresetMode.NEXT_STEP:
                # Until the next step the end's own observation stands in `observations`.
                valid = ~self._resetting
                self._resetting = ended
            case AutoresetMode.SAME_STEP:
                cut = np.flatnonzero(truncated & ~terminated)
                if len(cut):
                    final = FinalObservations(cut, self._final_rows(infos, cut))
            case AutoresetMode.DISABLED:
                cut = np.flatnonzero(truncated & ~terminated)
                if len(cut):
                    final = FinalObservations(cut, self._encoded(observations)[cut])
                if ended.any():
                    observations, _ = self._vector.reset(options={"reset_mask": ended.copy()})
            case _:
                assert_never(self._mode)
        return StepResult(
            self._encoded(observations), rewards, terminated, truncated, valid, ended, final
        )

    def set_parameters(self, parameters: Mapping[str, float]) -> None:
        """None of these vectors has any.

        Raises:
            EnvironmentBuildError: if there are any.
        """
        if parameters:
            raise EnvironmentBuildError(
                f"the environments are stepped by {type(self._vector).__name__}, whose "
                f"{', '.join(parameters)} can't be changed here"
            )

    def close(self) -> None:
        """Free what the environments hold."""
        self._vector.close()

    def seeds(self, seed: int) -> Any:
        """What this kind of vector takes as its seed."""
        return seed

    def episode_ends(
        self,
        terminated: NDArray[np.bool_],
        truncated: NDArray[np.bool_],
        infos: Mapping[str, Any],
    ) -> NDArray[np.bool_]:
        """Where the environment is reset next; other kinds of vectors know more cases."""
        del infos
        ended: NDArray[np.bool_] = terminated | truncated
        return ended

    def _encoded(self, observations: Any) -> NDArray[Any]:
        return self._translation.observations.batch(observations, self.count)

    def _final_rows(self, infos: Mapping[str, Any], indices: NDArray[np.intp]) -> NDArray[Any]:
        """Last observations, from an array of objects (Gymnasium's) or of numbers (ALE's)."""
        final = infos["final_obs"]
        if not (isinstance(final, np.ndarray) and final.dtype == np.object_):
            return self._encoded(final)[indices]
        encoder = self._translation.observations
        rows = np.empty((len(indices), *encoder.shape), encoder.dtype)
        for row, index in zip(rows, indices, strict=True):
            encoder.write(final[index], row)
        return rows
