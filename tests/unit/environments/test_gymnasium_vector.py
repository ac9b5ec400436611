"""One way to end an episode, in each of gymnasium's autoreset modes."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.vector import AutoresetMode

from fakes.gymnasium_cartpole import register_gymnasium_cartpole
from fakes.probe_environments import Spoken, register_probes
from matinee.contracts.run_spec import EnvironmentSpec
from matinee.environments.factory import build_vector, registered_spec
from matinee.environments.gymnasium_vector import NativeVector
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
    spec = EnvironmentSpec(id=register_gymnasium_cartpole(), kwargs={"max_episode_steps": 3})
    vector = build_vector(spec, 8)
    vector.reset(0)
    actions = np.zeros((8, 1), np.int64)
    steps = [vector.step(actions) for _ in range(6)]

    assert [bool(step.valid.all()) for step in steps] == [True, True, True, False, True, True]
    assert steps[2].truncated.all()
    assert (steps[3].rewards == 0).all()
    assert not steps[3].valid.any()
    assert np.abs(steps[3].observations).max() <= 0.05
    assert all(step.final is None for step in steps)


MODES = list(AutoresetMode)


def counting(mode: AutoresetMode, *, limit: int | None = None) -> NativeVector:
    """Two `Probe/Spoken-v0` in gymnasium's own loop: what is seen counts the steps."""
    register_probes()
    return NativeVector(
        gymnasium.make_vec(
            "Probe/Spoken-v0",
            num_envs=2,
            vectorization_mode="sync",
            vector_kwargs={"autoreset_mode": mode},
            max_episode_steps=limit,
        )
    )


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_shows_the_last_observation_of_a_cut_episode(mode: AutoresetMode) -> None:
    """In the row itself before a reset step, or aside where the row shows the next episode."""
    vector = counting(mode, limit=3)
    seen = [vector.reset(0)[:, 0].copy()]
    steps = []
    for _ in range(5):
        step = vector.step(np.array([[1], [1]]))
        steps.append(step)
        seen.append(step.observations[:, 0].copy())

    assert steps[2].truncated.all()
    assert steps[2].ended.all()
    assert not steps[2].terminated.any()
    if mode is AutoresetMode.NEXT_STEP:
        assert steps[2].final is None
        assert [row.tolist() for row in seen] == [[0, 0], [1, 1], [2, 2], [3, 3], [0, 0], [1, 1]]
        assert [bool(step.valid.all()) for step in steps] == [True, True, True, False, True]
    else:
        final = steps[2].final
        assert final is not None
        assert final.indices.tolist() == [0, 1]
        assert final.observations[:, 0].tolist() == [3, 3]
        assert [row.tolist() for row in seen] == [[0, 0], [1, 1], [2, 2], [0, 0], [1, 1], [2, 2]]
        assert all(step.valid.all() for step in steps)


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_resets_only_the_environment_that_ended(mode: AutoresetMode) -> None:
    """Action 0 ends an episode for good: no last observation is needed, the other goes on."""
    vector = counting(mode)
    vector.reset(0)
    vector.step(np.array([[1], [1]]))
    end = vector.step(np.array([[1], [0]]))
    ended, final = end.ended.tolist(), end.final
    after = vector.step(np.array([[1], [1]]))

    assert ended == [False, True]
    assert final is None
    assert after.observations[0, 0] == 3
    if mode is AutoresetMode.NEXT_STEP:
        assert after.valid.tolist() == [True, False]
        assert after.observations[1, 0] == 0
    else:
        assert after.valid.all()
        assert after.observations[1, 0] == 1


def test_last_observations_may_come_as_one_array() -> None:
    """ALE gives numbers of all environments where gymnasium gives objects of those that ended."""
    register_probes()
    inner = gymnasium.make_vec("CartPole-v1", num_envs=2, vectorization_mode="sync")
    vector = NativeVector(inner, mode=AutoresetMode.SAME_STEP)
    last = np.arange(8, dtype=np.float32).reshape(2, 4)

    def step(_: object) -> tuple[object, ...]:
        no, yes = np.zeros(2, np.bool_), np.array([False, True])
        return np.zeros((2, 4), np.float32), np.ones(2), no, yes, {"final_obs": last}

    inner.step = step  # type: ignore[method-assign,assignment]  # a vector that answers like ALE's
    final = vector.step(np.zeros((2, 1), np.int64)).final

    assert final is not None
    assert final.indices.tolist() == [1]
    assert final.observations.tolist() == [[4, 5, 6, 7]]


def test_a_vector_that_does_not_say_its_mode_is_refused() -> None:
    """A guess would learn from wrong observations in silence."""
    vector = gymnasium.make_vec("CartPole-v1", num_envs=2, vectorization_mode="sync")
    vector.metadata = {}

    with pytest.raises(EnvironmentBuildError, match="autoreset mode"):
        NativeVector(vector)


def test_dictionaries_are_encoded_in_batches() -> None:
    """As gymnasium batches them: an array for each key, text among them."""
    vector = counting(AutoresetMode.SAME_STEP)

    assert isinstance(Spoken.observation_space, spaces.Dict)
    assert vector.interface.observation_shape == (3,)
    assert vector.reset(0).tolist() == [[0, 1, 0], [0, 1, 0]]


def test_parameters_are_refused() -> None:
    """No vector of another kind has any that are known; to have none is fine."""
    vector = counting(AutoresetMode.NEXT_STEP)
    vector.set_parameters({})

    with pytest.raises(EnvironmentBuildError, match="gravity can't be changed here"):
        vector.set_parameters({"gravity": 3.0})
