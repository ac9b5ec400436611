"""One environment that is played and looked at: made as for test episodes, rendered on demand."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import gymnasium
import numpy as np
from numpy.typing import NDArray

from matinee.contracts.policy_file import PolicyFile
from matinee.contracts.run_spec import EnvironmentSpec
from matinee.environments.factory import build_single, registered_spec
from matinee.environments.physics import set_physics
from matinee.errors import EnvironmentBuildError, TrainingError

USUAL_STEPS_PER_SECOND = 30.0
"""Where an environment does not say how fast it is meant to be seen."""


class Step(NamedTuple):
    """What came of an action."""

    observation: Any
    reward: float
    terminated: bool
    truncated: bool


class Scene(Protocol):
    """One environment, for one thread."""

    @property
    def steps_per_second(self) -> float:
        """At its natural speed."""

    @property
    def why_unseen(self) -> str | None:
        """Why it has no picture, in words; None: it has."""

    def begin(self, seed: int | None) -> Any:
        """Begin an episode: the first observation."""

    def step(self, action: Any) -> Step:
        """Act once."""

    def change(self, parameters: Mapping[str, float]) -> None:
        """Of its physics, from the next episode on."""

    def picture(self) -> NDArray[np.uint8] | None:
        """What it looks like now: (height, width, 3); None: it can't be seen."""

    def close(self) -> None:
        """Free what it holds."""


def open_scene(about: PolicyFile, *, is_seen: bool) -> Scene:
    """The environment that a policy was trained in.

    Args:
        about: The policy.
        is_seen: Whether anybody wants pictures; an environment that has none is played without.

    Raises:
        EnvironmentBuildError: it can't be made here, with what to install, where that is known.
    """
    # Registers it, whoever does.
    registered_spec(about.environment_id)
    if about.making is not None and about.making.atari is not None:
        return _Game(about.making.atari)
    spec = EnvironmentSpec(id=about.environment_id, kwargs=about.environment_kwargs)
    return _Single(spec, about.environment_parameters, is_seen=is_seen)


def without_windows() -> None:
    """Let simulators draw where there is no screen; to be called before any is imported."""
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    if sys.platform == "linux" and "DISPLAY" not in os.environ:
        os.environ.setdefault("MUJOCO_GL", "egl")


class _Single:
    """As `gymnasium.make` builds it."""

    def __init__(
        self, spec: EnvironmentSpec, parameters: Mapping[str, float], *, is_seen: bool
    ) -> None:
        self.why_unseen: str | None = None if is_seen else "nobody wants to see it"
        self._parameters = parameters
        self._environment = self._build(spec)
        fps = self._environment.metadata.get("render_fps")
        self.steps_per_second = float(fps) if fps else USUAL_STEPS_PER_SECOND

    def _build(self, spec: EnvironmentSpec) -> gymnasium.Env[Any, Any]:
        if self.why_unseen is not None:
            return build_single(spec)
        try:
            drawing = build_single(spec, render_mode="rgb_array")
        except EnvironmentBuildError as error:
            # It may not know the argument, or need a graphics library that is not here.
            words = "" if "'render_mode'" in str(error) else f": {error}"
            self.why_unseen = f"{spec.id} can't draw pictures of itself here{words}"
            return build_single(spec)
        if "rgb_array" not in drawing.metadata.get("render_modes", ()):
            self.why_unseen = f"{spec.id} can't draw pictures of itself here"
        return drawing

    def begin(self, seed: int | None) -> Any:
        set_physics(self._environment, self._parameters)
        return self._environment.reset(seed=seed)[0]

    def step(self, action: Any) -> Step:
        observation, reward, terminated, truncated, _ = self._environment.step(action)
        return Step(observation, _number(reward), bool(terminated), bool(truncated))

    def change(self, parameters: Mapping[str, float]) -> None:
        self._parameters = parameters

    def picture(self) -> NDArray[np.uint8] | None:
        if self.why_unseen is not None:
            return None
        try:
            drawn: Any = self._environment.render()
        except Exception as error:  # noqa: BLE001 - foreign code; the numbers go on without it
            self.why_unseen = f"it can't be drawn here: {type(error).__name__}: {error}"
            return None
        picture = np.asarray(drawn)
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:  # noqa: PLR2004 - rows, columns, colours
            self.why_unseen = f"what it draws is no picture but {picture.dtype} {picture.shape}"
            return None
        return picture

    def close(self) -> None:
        self._environment.close()


class _Game:
    """A game of ALE's vector environment: seen as the network sees it. Lives don't end it."""

    why_unseen: str | None = None

    def __init__(self, arguments: Mapping[str, Any]) -> None:
        from ale_py import ALEInterface, LoggerMode
        from ale_py.vector_env import AtariVectorEnv

        ALEInterface.setLoggerMode(LoggerMode.Error)
        self._games = AtariVectorEnv(num_envs=1, num_threads=1, **arguments)
        self.steps_per_second = 60.0 / float(arguments.get("frameskip", 4))
        self._seen: NDArray[np.uint8] = np.zeros((1, 1, 1), np.uint8)

    def begin(self, seed: int | None) -> Any:
        seeds = None if seed is None else np.array([seed])
        self._seen = self._first(self._games.reset(seed=seeds)[0])
        return self._seen

    def step(self, action: Any) -> Step:
        pictures, rewards, terminated, truncated, _ = self._games.step(np.array([action]))
        self._seen = self._first(pictures)
        return Step(self._seen, _number(rewards[0]), bool(terminated[0]), bool(truncated[0]))

    def change(self, parameters: Mapping[str, float]) -> None:
        del parameters  # It has none.

    def picture(self) -> NDArray[np.uint8] | None:
        newest = self._seen[-1]
        return newest if newest.ndim == 3 else np.repeat(newest[:, :, None], 3, axis=2)  # noqa: PLR2004 - the same

    def close(self) -> None:
        self._games.close()

    def _first(self, pictures: Any) -> NDArray[np.uint8]:
        # The next step writes to the same memory.
        return np.array(pictures[0], np.uint8)


def _number(reward: Any) -> float:
    number = float(reward)
    if not math.isfinite(number):
        raise TrainingError(f"the environment gave a reward of {number}")
    return number
