"""One way to end an episode, whatever gymnasium's vector does."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest

from fakes.interfaces import discrete
from fakes.probe_environments import ByteImage, ShiftedActions, register_probes
from matinee.contracts.run_spec import EnvironmentSpec
from matinee.environments.factory import build_vector, registered_spec
from matinee.environments.wrappers import (
    LoopVector,
    NativeVector,
    agent_interface,
    untrainable_reason,
)
from matinee.errors import EnvironmentBuildError


@pytest.mark.parametrize(("id_", "limit"), [("CartPole-v0", 200), ("CartPole-v1", 500)])
@pytest.mark.parametrize("count", [1, 8])
def test_the_time_limit_is_the_registrys(id_: str, limit: int, count: int) -> None:
    """Native vectors too cut where the registry says, and call it truncation."""
    vector = build_vector(EnvironmentSpec(id=id_), count)
    observations = vector.reset(0)
    lengths: list[int] = []
    length = np.zeros(count, int)
    while len(lengths) < count:
        # A hand-made controller that never falls.
        lean = observations[:, 2] + observations[:, 3] * 0.5 + observations[:, 1] * 0.1
        step = vector.step((lean > 0).astype(np.int64)[:, np.newaxis])
        length += step.valid
        assert not step.terminated.any()
        lengths += length[step.truncated].tolist()
        observations = step.observations

    assert lengths == [limit] * count
    vector.close()


def test_native_and_single_cartpoles_are_the_same() -> None:
    """Same state, same actions: same observations, rewards and ends, in the same dtype."""
    spec = registered_spec("CartPole-v1")
    native = NativeVector(
        gymnasium.make_vec(spec, num_envs=2, vectorization_mode="vector_entry_point")
    )
    seen = native.reset(3)
    single = gymnasium.make(spec)
    single.reset(seed=0)
    single.unwrapped.state = seen[0].astype(np.float64)  # type: ignore[attr-defined]  # CartPole's

    for number in range(200):
        action = number % 3 % 2
        step = native.step(np.array([[action], [action]]))
        observation, reward, terminated, truncated, _ = single.step(action)
        np.testing.assert_allclose(step.observations[0], observation, rtol=1e-4, atol=1e-6)
        assert step.observations.dtype == np.float32
        assert step.rewards[0] == reward
        assert (bool(step.terminated[0]), bool(step.truncated[0])) == (terminated, truncated)
        if terminated:
            break
    else:
        pytest.fail("the pole should have fallen")


def test_a_native_vectors_reset_step_is_not_valid() -> None:
    """The step after an end ignores its action, has reward 0 and is marked."""
    vector = build_vector(EnvironmentSpec(id="CartPole-v1", kwargs={"max_episode_steps": 3}), 8)
    vector.reset(0)
    actions = np.zeros((8, 1), np.int64)
    steps = [vector.step(actions) for _ in range(6)]

    assert [bool(step.valid.all()) for step in steps] == [True, True, True, False, True, True]
    assert steps[2].truncated.all()
    assert (steps[3].rewards == 0).all()
    assert not steps[3].valid.any()
    assert np.abs(steps[3].observations).max() <= 0.05
    assert all(step.final is None for step in steps)


def test_a_loop_resets_within_the_step_and_keeps_the_last_observation() -> None:
    """Every step is valid; the truncated episode's last observation is handed out."""
    vector = build_vector(EnvironmentSpec(id="CartPole-v1", kwargs={"max_episode_steps": 3}), 2)
    vector.reset(0)
    actions = np.array([[0], [1]])
    vector.step(actions)
    before = vector.step(actions).observations.copy()
    last = vector.step(actions)

    assert last.valid.all()
    assert last.truncated.all()
    assert last.final is not None
    assert last.final.indices.tolist() == [0, 1]
    assert np.abs(last.observations).max() <= 0.05
    # The last observation continues the episode: x has moved on by τ·ẋ.
    moved = before[:, 0] + 0.02 * before[:, 1]
    np.testing.assert_allclose(last.final.observations[:, 0], moved, atol=1e-6)


def test_a_terminal_end_needs_no_last_observation() -> None:
    """Its value is 0 whatever it shows."""
    register_probes()
    vector = build_vector(EnvironmentSpec(id="Probe/ConstantReward-v0"), 2)
    vector.reset(0)

    step = vector.step(np.zeros((2, 1), np.int64))

    assert step.terminated.all()
    assert step.final is None


def test_seeds_make_the_episodes() -> None:
    """The same seed gives the same first observations; environments differ from each other."""
    spec = EnvironmentSpec(id="CartPole-v1")
    one, two = build_vector(spec, 3), build_vector(spec, 3)

    first = one.reset(5).copy()

    assert np.array_equal(first, two.reset(5))
    assert not np.array_equal(first, two.reset(6))
    assert not np.array_equal(first[0], first[1])


def test_actions_are_shifted_to_where_the_space_starts() -> None:
    """Policy output 0 is action -3; -2 or 0 would be refused by the environment."""
    vector = LoopVector([ShiftedActions(), ShiftedActions()])
    vector.reset(0)

    assert vector.step(np.array([[0], [1]])).rewards.tolist() == [-1.0, 1.0]
    assert agent_interface(
        ShiftedActions.observation_space, ShiftedActions.action_space
    ) == discrete(1, 2)


def test_bytes_become_shares() -> None:
    """Images are flattened and divided by 255."""
    vector = LoopVector([ByteImage()])

    assert vector.reset(0).tolist() == [[1.0] * 6]


@pytest.mark.parametrize(
    ("observations", "actions", "reason"),
    [
        (gymnasium.spaces.Discrete(3), gymnasium.spaces.Discrete(2), "observations are Discrete"),
        (gymnasium.spaces.Box(0, 1, (2,)), gymnasium.spaces.Box(0, 1), "actions are Box"),
        (gymnasium.spaces.Box(0, 1, (0,)), gymnasium.spaces.Discrete(2), "empty"),
    ],
)
def test_other_spaces_are_refused_with_the_reason(
    observations: gymnasium.Space[object], actions: gymnasium.Space[object], reason: str
) -> None:
    """What the snapshot shows is what building would say."""
    assert reason in (untrainable_reason(observations, actions) or "")
    with pytest.raises(EnvironmentBuildError, match=reason):
        agent_interface(observations, actions)


def test_another_autoreset_mode_is_refused() -> None:
    """Treating SAME_STEP as NEXT_STEP would learn from wrong observations in silence."""
    vector = gymnasium.make_vec(
        "CartPole-v1",
        num_envs=2,
        vectorization_mode="sync",
        vector_kwargs={"autoreset_mode": gymnasium.vector.AutoresetMode.SAME_STEP},
    )

    with pytest.raises(EnvironmentBuildError, match="NEXT_STEP"):
        NativeVector(vector)
