"""Atari games through ALE's own vector environment, which steps and preprocesses in C++.

Preprocessing as in Mnih et al. 2015 and Machado et al. 2018, by default: frames in grey, 84 x 84,
each the maximum of two, four of them stacked; every action for four frames; up to 30 no-ops at the
beginning of a game, and the fire button where a game waits for it.

In training a lost life is `terminated`, so that nothing is expected after it, but the game goes on:
`ended` is True only with the last life, and returns are of whole games. Rewards are the game's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
from gymnasium.envs.registration import EnvSpec
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from matinee.cores import usable_cores
from matinee.environments.gymnasium_vector import NativeVector

ATARI_ENTRY_POINT = "ale_py.vector_env:AtariVectorEnv"

MOST_THREADS = 8
"""Of one vector; several workers have one vector each."""

ATARI_KWARGS: Mapping[str, bool | int | float] = {
    "frameskip": 4,
    "repeat_action_probability": 0.25,
    "stack_num": 4,
    "img_height": 84,
    "img_width": 84,
    "maxpool": True,
    "noop_max": 30,
    "use_fire_reset": True,
    "full_action_space": False,
    "max_num_frames_per_episode": 108_000,
    "life_loss_terminates": True,
}
"""What a spec may set, and the defaults of `ALE/…-v5`. The reward is clipped by the learner, if at
all; the observation's shape follows from the rest."""


def is_atari(spec: EnvSpec) -> bool:
    """Whether it is a game of the vector environment."""
    return spec.vector_entry_point == ATARI_ENTRY_POINT


def build_atari(
    spec: EnvSpec, count: int, kwargs: Mapping[str, Any], *, evaluation: bool
) -> AtariVector:
    """`count` games.

    Args:
        spec: The registry's, with the game's name and what its version stands for.
        count: N.
        kwargs: Of `ATARI_KWARGS`.
        evaluation: Lives don't terminate.
    """
    arguments = vector_arguments(spec, kwargs, evaluation=evaluation)
    from ale_py import ALEInterface, LoggerMode
    from ale_py.vector_env import AtariVectorEnv

    ALEInterface.setLoggerMode(LoggerMode.Error)
    vector = AtariVectorEnv(
        num_envs=count,
        num_threads=min(count, MOST_THREADS, usable_cores()),
        autoreset_mode=AutoresetMode.NEXT_STEP,
        **arguments,
    )
    return AtariVector(vector)


def vector_arguments(
    spec: EnvSpec, kwargs: Mapping[str, Any], *, evaluation: bool
) -> dict[str, Any]:
    """What says how ALE's vector environment prepares a game; arguments as for `build_atari`."""
    settings = {**ATARI_KWARGS, **_known(spec.kwargs), **kwargs}
    by_lives = settings.pop("life_loss_terminates") and not evaluation
    return {
        "game": spec.kwargs["game"],
        "reward_clipping": False,
        "life_loss_info": by_lives,
        **settings,
    }


def frame_skip(spec: EnvSpec, kwargs: Mapping[str, Any]) -> int:
    """Frames of the game for which an action holds.

    Args:
        spec: The registry's, of a game.
        kwargs: Of `ATARI_KWARGS`.
    """
    return int({**ATARI_KWARGS, **_known(spec.kwargs), **kwargs}["frameskip"])


def _known(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in kwargs.items() if name in ATARI_KWARGS}


class AtariVector(NativeVector):
    """N games in NEXT_STEP mode, where a lost life may be `terminated` without a reset."""

    def __init__(self, vector: gymnasium.vector.VectorEnv[Any, Any, Any]) -> None:
        # The class writes its mode into metadata that it shares with every other vector class.
        super().__init__(vector, mode=AutoresetMode.NEXT_STEP)

    def seeds(self, seed: int) -> Any:
        """One for each game; ALE's are 32 bits with a sign."""
        return np.random.SeedSequence(seed).generate_state(self.count).astype(np.int64) >> 1

    def episode_ends(
        self,
        terminated: NDArray[np.bool_],
        truncated: NDArray[np.bool_],
        infos: Mapping[str, Any],
    ) -> NDArray[np.bool_]:
        """A game is over without lives; games that have none never report the loss of one."""
        ended: NDArray[np.bool_] = truncated | (terminated & (infos["lives"] == 0))
        return ended
