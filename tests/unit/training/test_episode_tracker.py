"""Finding finished episodes without looking at each step."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from matinee.training.episode_tracker import EpisodeTracker

Episode = tuple[int, float, int]


def one_by_one(
    rewards: NDArray[np.float32], ended: NDArray[np.bool_], valid: NDArray[np.bool_]
) -> list[Episode]:
    """Step, return and length of each finished episode, in the plainest way."""
    sums, lengths = np.zeros(rewards.shape[1]), np.zeros(rewards.shape[1], int)
    found = []
    for t in range(len(rewards)):
        for n in range(rewards.shape[1]):
            if valid[t, n]:
                sums[n] += rewards[t, n]
                lengths[n] += 1
            if ended[t, n]:
                found.append((t, float(sums[n]), int(lengths[n])))
                sums[n], lengths[n] = 0.0, 0
    return found


@given(
    seed=st.integers(0, 2**32 - 1),
    steps=st.integers(1, 30),
    environments=st.integers(1, 5),
    cut=st.integers(1, 30),
)
def test_it_finds_what_counting_finds(seed: int, steps: int, environments: int, cut: int) -> None:
    """In whatever stretches the steps come: same episodes, same order, same sums."""
    generator = np.random.default_rng(seed)
    shape = (steps, environments)
    rewards = generator.integers(-3, 4, shape).astype(np.float32)
    valid = generator.random(shape) < 0.8
    ended = valid & (generator.random(shape) < 0.3)
    tracker = EpisodeTracker(environments)

    found: list[Episode] = []
    for start in range(0, steps, cut):
        stretch = slice(start, start + cut)
        episodes = tracker.advance(rewards[stretch], ended[stretch], valid[stretch])
        found += zip(
            (episodes.step + start).tolist(),
            episodes.returns.tolist(),
            episodes.lengths.tolist(),
            strict=True,
        )

    assert found == one_by_one(rewards, ended, valid)


def test_rewards_of_reset_steps_do_not_count() -> None:
    """Whatever a vector environment puts there."""
    tracker = EpisodeTracker(1)
    episodes = tracker.advance(
        np.array([[5.0], [1.0], [2.0]], np.float32),
        np.array([[False], [False], [True]]),
        np.array([[False], [True], [True]]),
    )

    assert (episodes.returns.tolist(), episodes.lengths.tolist()) == ([3.0], [2])
