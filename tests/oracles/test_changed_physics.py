"""Environments with changed parameters move as gymnasium's single ones with those attributes.

The oracle is gymnasium's own environment: its attributes are written here by hand, from its source.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np
import pytest
from numpy.typing import NDArray

from matinee.contracts.run_spec import EnvironmentSpec
from matinee.environments.factory import build_vector
from matinee.environments.native.classic_vector import ClassicVector

COUNT = 8
STEPS = 700
"""More than the longest time limit, so that every episode ends."""


def _cart_pole(pole: Any) -> None:
    pole.gravity, pole.length, pole.masspole, pole.force_mag = 13.7, 0.9, 0.35, 6.5
    pole.total_mass = pole.masspole + pole.masscart
    pole.polemass_length = pole.masspole * pole.length


def _pendulum(pendulum: Any) -> None:
    pendulum.g, pendulum.l, pendulum.m = 3.71, 1.3, 0.7


def _acrobot(acrobot: Any) -> None:
    acrobot.LINK_MASS_2 = 1.7
    acrobot.AVAIL_TORQUE = [-2.5, 0.0, 2.5]


def _mountain_car(car: Any) -> None:
    car.gravity, car.force = 0.0017, 0.0013


def _continuous_mountain_car(car: Any) -> None:
    car.power = 0.0023


def _half_balance(state: NDArray[np.float64]) -> NDArray[Any]:
    """Every second pole is pushed to the side to which it falls, the others to their own."""
    balanced = np.arange(state.shape[1]) % 2 == 0
    right: NDArray[np.bool_] = np.where(balanced, state[2] + 0.5 * state[3] > 0, state[0] > 0)
    return right.astype(np.int64)[:, None]


@dataclass(frozen=True)
class Case:
    """An environment, what it is given by name, and the same by gymnasium's attributes."""

    environment_id: str
    parameters: dict[str, float]
    by_hand: Callable[[Any], None]
    swings: Callable[[NDArray[np.float64]], NDArray[Any]]
    """Actions that get somewhere. Shape: (D, N) → (N, 1)."""


CASES = [
    Case(
        "CartPole-v1",
        {"gravity": 13.7, "pole_length": 0.9, "pole_mass": 0.35, "force": 6.5},
        _cart_pole,
        _half_balance,
    ),
    Case(
        "Pendulum-v1",
        {"gravity": 3.71, "pole_length": 1.3, "pole_mass": 0.7},
        _pendulum,
        lambda s: np.sign(s[1]).astype(np.float32)[:, None],
    ),
    Case(
        "Acrobot-v1",
        {"pole_mass": 1.7, "force": 2.5},
        _acrobot,
        lambda s: np.where(s[3] > 0, 2, 0)[:, None],
    ),
    Case(
        "MountainCar-v0",
        {"gravity": 0.0017, "force": 0.0013},
        _mountain_car,
        lambda s: np.where(s[1] > 0, 2, 0)[:, None],
    ),
    Case(
        "MountainCarContinuous-v0",
        {"force": 0.0023},
        _continuous_mountain_car,
        lambda s: np.where(s[1] > 0, 1.0, -1.0).astype(np.float32)[:, None],
    ),
]


def put(single: Any, state: NDArray[np.float64]) -> None:
    """The vector's state; the continuous car has a third row of bookkeeping."""
    rows = 2 if "MountainCar" in type(single).__name__ else len(state)
    single.state = state[:rows].copy()
    single.steps_beyond_terminated = None


def as_gymnasium_takes_it(single: Any, action: NDArray[Any]) -> Any:
    """One environment's action; those of the pendulum are rescaled from [-1, 1]."""
    if isinstance(single.action_space, gymnasium.spaces.Discrete):
        return int(action[0])
    return action * single.action_space.high


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.environment_id))
def test_a_changed_environment_changes_at_its_own_next_reset(case: Case) -> None:
    """Each of the vector's environments goes on with the old physics to its episode's end, and
    has the new ones from there on: every step is gymnasium's.
    """
    vector = build_vector(EnvironmentSpec(id=case.environment_id), COUNT)
    assert isinstance(vector, ClassicVector)
    singles = [gymnasium.make(case.environment_id) for _ in range(COUNT)]
    vector.reset(1)
    for index, single in enumerate(singles):
        single.reset(seed=0)
        put(single.unwrapped, vector.state[:, index])
    rng = np.random.default_rng(0)
    changed: set[int] = set()
    steps_with = {False: 0, True: 0}
    for number in range(STEPS):
        if number == 10:
            vector.set_parameters(case.parameters)
        actions = case.swings(vector.state)
        if number % 7 == 0:
            actions = rng.permutation(actions)
        before = vector.state.copy()
        result = vector.step(actions)
        last = (
            dict(zip(result.final.indices, result.final.observations, strict=True))
            if result.final is not None
            else {}
        )
        for index, single in enumerate(singles):
            put(single.unwrapped, before[:, index])
            observation, reward, terminated, truncated, _ = single.step(
                as_gymnasium_takes_it(single, actions[index])
            )
            steps_with[index in changed] += 1
            assert result.terminated[index] == terminated
            assert result.truncated[index] == truncated
            assert result.rewards[index] == pytest.approx(float(reward), abs=1e-9)
            if truncated or not terminated:
                seen = last.get(index, result.observations[index])
                np.testing.assert_allclose(seen, observation, rtol=1e-6, atol=1e-6)
            if terminated or truncated:
                if number >= 10:
                    case.by_hand(single.unwrapped)
                    changed.add(index)
                single.reset()
    assert changed == set(range(COUNT))
    assert min(steps_with.values()) > COUNT


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.environment_id))
def test_a_few_single_ones_do_likewise(case: Case) -> None:
    """Too few for arrays are gymnasium's own, with the attributes from their next reset on."""
    spec = EnvironmentSpec(id=case.environment_id)
    changed = build_vector(spec, 2, parameters=case.parameters)
    untouched = build_vector(spec, 2)
    first = changed.reset(3).copy()
    np.testing.assert_array_equal(first, untouched.reset(3))
    singles = [gymnasium.make(case.environment_id) for _ in range(2)]
    for single, seed in zip(singles, np.random.SeedSequence(3).generate_state(2), strict=True):
        case.by_hand(single.unwrapped)
        single.reset(seed=int(seed))
    differs = False
    for _ in range(8):
        actions = case.swings(np.ones((4, 2)))
        seen = changed.step(actions).observations.copy()
        differs |= bool((seen != untouched.step(actions).observations).any())
        for row, single, action in zip(seen, singles, actions, strict=True):
            observation = single.step(as_gymnasium_takes_it(single, action))[0]
            np.testing.assert_array_equal(row, observation)
    assert differs
