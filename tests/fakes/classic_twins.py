"""A vectorised environment beside gymnasium's single ones, stepped from the same states."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from matinee.environments.interface import translation
from matinee.environments.native.classic_vector import ClassicVector

Put = Callable[[Any, NDArray[np.float64]], None]
"""Gives a single environment the state of a column."""

COUNT = 8


def compare(
    vector: ClassicVector,
    id_: str,
    *,
    put: Put,
    choose: Callable[[int], NDArray[Any]],
    steps: int,
    reward_tolerance: float = 0.0,
) -> int:
    """Step both for a while; whatever differs fails.

    The singles take over a state where an episode begins and are on their own from there; they
    also do so every 20 steps, so that another machine's rounding of a sine can't grow in a
    chaotic system.

    Returns:
        Episodes that ended.
    """
    singles = [gymnasium.make(id_) for _ in range(COUNT)]
    decoder = translation(singles[0].observation_space, singles[0].action_space).actions
    vector.reset(0)
    for index, single in enumerate(singles):
        single.reset(seed=0)
        put(single.unwrapped, vector.state[:, index])
    ended = 0
    for number in range(steps):
        actions = choose(number)
        result = vector.step(actions)
        final = result.final
        last = {} if final is None else dict(zip(final.indices, final.observations, strict=True))
        for index, action in enumerate(decoder.singles(actions)):
            single = singles[index]
            observation, reward, terminated, truncated, _ = single.step(action)
            assert result.terminated[index] == terminated
            assert result.truncated[index] == truncated
            assert abs(result.rewards[index] - float(reward)) <= reward_tolerance
            seen = last.get(index, result.observations[index])
            if truncated or not terminated:
                np.testing.assert_allclose(seen, observation, rtol=1e-6, atol=1e-6)
                assert seen.dtype == observation.dtype
            if terminated or truncated:
                ended += 1
                single.reset()
                put(single.unwrapped, vector.state[:, index])
            elif number % 20 == 0:
                put(single.unwrapped, vector.state[:, index])
    for single in singles:
        single.close()
    return ended
