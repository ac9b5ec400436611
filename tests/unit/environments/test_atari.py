"""Atari through ALE's vector environment."""

from __future__ import annotations

import numpy as np
import pytest

from matinee.contracts.run_spec import EnvironmentSpec
from matinee.environments.factory import build_vector, frames_per_step, look_at
from matinee.errors import EnvironmentBuildError

pytest.importorskip("ale_py")

BREAKOUT = EnvironmentSpec(id="ALE/Breakout-v5", kwargs={"noop_max": 0})


def test_a_game_is_four_grey_pictures() -> None:
    """As bytes; the actions are those that the game uses."""
    interface, coding = look_at(BREAKOUT)

    assert (interface.observation_shape, interface.observation_dtype) == ((4, 84, 84), "uint8")
    assert interface.actions.width == 1
    assert coding is None


def test_a_lost_life_terminates_and_the_game_goes_on() -> None:
    """Five lives: `terminated` five times, `ended` once, and one reset step after it."""
    vector = build_vector(BREAKOUT, 1)
    vector.reset(0)
    terminated, ended, invalid = [], [], []
    for number in range(400):
        step = vector.step(np.array([[number % 2]]))
        terminated += [number] * bool(step.terminated[0])
        ended += [number] * bool(step.ended[0])
        invalid += [number] * (not step.valid[0])
        if invalid:
            break
    vector.close()

    assert len(terminated) == 5
    assert ended == terminated[-1:]
    assert invalid == [ended[0] + 1]


def test_test_episodes_are_whole_games() -> None:
    """In evaluation only the last life terminates; everything else is prepared alike."""
    vector = build_vector(BREAKOUT, 1, evaluation=True)
    training = build_vector(BREAKOUT, 1)
    np.testing.assert_array_equal(vector.reset(0), training.reset(0))
    same = []
    for number in range(400):
        action = np.array([[number % 2]])
        ours = vector.step(action)
        same.append(np.array_equal(ours.observations, training.step(action).observations))
        assert bool(ours.terminated[0]) == bool(ours.ended[0])
        if ours.ended[0]:
            break
    vector.close()
    training.close()

    assert ours.ended[0]
    assert all(same)


def test_rewards_are_the_games_own() -> None:
    """A brick of the upper rows gives more than 1; the learner may clip, the chart must not."""
    vector = build_vector(EnvironmentSpec(id="ALE/MsPacman-v5"), 4)
    vector.reset(0)
    rng = np.random.default_rng(0)
    largest = max(vector.step(rng.integers(0, 9, (4, 1))).rewards.max() for _ in range(100))
    vector.close()

    assert largest >= 10


def test_seeds_make_the_games() -> None:
    """The same seed gives the same games, another seed others: up to 30 no-ops at the start."""
    vector = build_vector(EnvironmentSpec(id="ALE/Breakout-v5"), 4)

    def play(seed: int) -> list[int]:
        vector.reset(seed)
        frames = [vector.step(np.ones((4, 1), np.int64)).observations for _ in range(20)]
        return [int(frame.astype(np.int64).sum()) for frame in frames]

    first = play(2**32 - 1)
    assert play(2**32 - 1) == first
    assert play(1) != first
    vector.close()


@pytest.mark.parametrize("name", ["reward_clipping", "obs_type", "num_threads"])
def test_unknown_arguments_are_refused_with_the_list(name: str) -> None:
    """Also those that the vector environment has and training decides."""
    with pytest.raises(EnvironmentBuildError, match=f"no argument {name}; allowed: frameskip"):
        build_vector(EnvironmentSpec(id="ALE/Pong-v5", kwargs={name: 1}), 1)


def test_a_step_is_as_many_frames_as_its_frame_skip() -> None:
    """Four, unless the run or the registered version says otherwise."""
    assert frames_per_step(BREAKOUT) == 4
    assert frames_per_step(EnvironmentSpec(id="ALE/Breakout-v5", kwargs={"frameskip": 1})) == 1
    assert frames_per_step(EnvironmentSpec(id="CartPole-v1")) == 1
