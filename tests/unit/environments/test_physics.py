"""What the catalogue calls a parameter is what gymnasium's environments move by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gymnasium
import numpy as np
import pytest

from matinee.contracts.environment_parameters import EnvironmentChoice, own_parameters
from matinee.contracts.hyperparameters import HYPERPARAMETERS
from matinee.environments.physics import set_physics

# The old CartPole is among them, of which gymnasium says that it is old.
pytestmark = pytest.mark.filterwarnings("ignore:.*out of date")

IDS = sorted({id_ for row in HYPERPARAMETERS.values() for id_ in row.environments})


@pytest.fixture(params=IDS)
def environment(request: pytest.FixtureRequest) -> Iterator[gymnasium.Env[Any, Any]]:
    """One of those that have parameters."""
    if request.param.startswith("LunarLander"):
        pytest.importorskip("Box2D")
    environment = gymnasium.make(request.param)
    yield environment
    environment.close()


def course(environment: gymnasium.Env[Any, Any]) -> list[tuple[Any, ...]]:
    """What is seen of an episode with a fixed seed and fixed actions."""
    observation, _ = environment.reset(seed=4)
    environment.action_space.seed(4)
    seen: list[tuple[Any, ...]] = [(observation.tolist(),)]
    for _ in range(20):
        observation, reward, terminated, _, _ = environment.step(environment.action_space.sample())
        seen.append((observation.tolist(), float(reward), terminated))
        if terminated:
            break
    return seen


def test_the_catalogues_values_are_the_environments_own(
    environment: gymnasium.Env[Any, Any],
) -> None:
    """Setting all of them to their defaults changes nothing, to the last bit."""
    assert environment.spec is not None
    untouched = course(environment)
    set_physics(environment, own_parameters(EnvironmentChoice(environment.spec.id)))

    assert course(environment) == untouched


def test_each_parameter_makes_another_course(environment: gymnasium.Env[Any, Any]) -> None:
    """Whichever is changed, the same actions lead elsewhere."""
    assert environment.spec is not None
    own = own_parameters(EnvironmentChoice(environment.spec.id))
    untouched = course(environment)
    for name, value in own.items():
        set_physics(environment, own | {name: value * 0.7 if value else 10.0})
        assert course(environment) != untouched, name


@pytest.mark.parametrize(
    ("environment_id", "name", "value", "attributes"),
    [
        ("CartPole-v1", "gravity", 3.7, {"gravity": 3.7}),
        ("CartPole-v1", "force", 5.0, {"force_mag": 5.0}),
        ("CartPole-v1", "pole_length", 1.2, {"length": 1.2, "polemass_length": 0.1 * 1.2}),
        ("CartPole-v1", "pole_mass", 0.3,
         {"masspole": 0.3, "total_mass": 0.3 + 1.0, "polemass_length": 0.3 * 0.5}),
        ("Pendulum-v1", "gravity", 3.7, {"g": 3.7}),
        ("Pendulum-v1", "pole_length", 2.0, {"l": 2.0}),
        ("Pendulum-v1", "pole_mass", 2.0, {"m": 2.0}),
        ("Acrobot-v1", "pole_mass", 2.0, {"LINK_MASS_2": 2.0, "LINK_MASS_1": 1.0}),
        ("Acrobot-v1", "force", 2.0, {"AVAIL_TORQUE": [-2.0, 0.0, 2.0]}),
        ("MountainCar-v0", "gravity", 0.002, {"gravity": 0.002}),
        ("MountainCar-v0", "force", 0.002, {"force": 0.002}),
        ("MountainCarContinuous-v0", "force", 0.002, {"power": 0.002}),
    ],
)  # fmt: skip
def test_gymnasiums_own_attributes_are_set(
    environment_id: str, name: str, value: float, attributes: dict[str, Any]
) -> None:
    """And what gymnasium computes from them once, in its constructor."""
    environment = gymnasium.make(environment_id)
    set_physics(environment, {name: value})

    inner = environment.unwrapped
    assert {attribute: getattr(inner, attribute) for attribute in attributes} == attributes


def test_the_moons_gravity_and_wind_are_those_of_the_constructor() -> None:
    """A lander with both set flies as one that was made with them."""
    pytest.importorskip("Box2D")
    made = gymnasium.make("LunarLander-v3", gravity=-3.0, enable_wind=True, wind_power=12.0)
    changed = gymnasium.make("LunarLander-v3")
    set_physics(changed, {"gravity": 3.0, "wind_power": 12.0})
    with_wind = course(changed)
    set_physics(changed, {"gravity": 10.0, "wind_power": 0.0})

    assert with_wind == course(made)
    assert course(changed) == course(gymnasium.make("LunarLander-v3"))


def test_an_unknown_kind_is_refused() -> None:
    """Nothing is set that nothing would read; without parameters there is nothing to refuse."""
    lake = gymnasium.make("FrozenLake-v1")
    set_physics(lake, {})
    with pytest.raises(KeyError, match="FrozenLakeEnv has no parameters"):
        set_physics(lake, {"gravity": 1.0})
    assert np.isfinite(lake.reset(seed=0)[0])
