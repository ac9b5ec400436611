"""Single environments in our own loop."""

from __future__ import annotations

import numpy as np
import pytest

from fakes.probe_environments import ByteImage, ShiftedActions, register_probes
from matinee.contracts.run_spec import EnvironmentSpec
from matinee.environments.factory import build_vector
from matinee.environments.loop_vector import LoopVector


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


def test_bytes_become_shares() -> None:
    """A picture too small for a convolution is flattened and divided by 255."""
    vector = LoopVector([ByteImage()])

    assert vector.reset(0).tolist() == [[1.0] * 6]


def test_an_environment_that_cannot_be_closed_does_not_keep_the_others() -> None:
    """Its exception comes through when all have been told."""
    closed: list[int] = []

    class Stuck(ShiftedActions):
        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

        def close(self) -> None:
            closed.append(self.number)
            if self.number == 1:
                raise RuntimeError("stuck")

    with pytest.raises(RuntimeError, match="stuck"):
        LoopVector([Stuck(number) for number in range(3)]).close()

    assert sorted(closed) == [0, 1, 2]
