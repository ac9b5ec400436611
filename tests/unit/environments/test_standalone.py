"""The environment of a downloaded policy is the one of its test episodes."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest

from fakes.training import small_spec
from matinee.contracts.run_spec import EnvironmentSpec, RunSpec
from matinee.environments.atari import AtariVector
from matinee.environments.factory import build_vector
from matinee.environments.physics import set_physics
from matinee.environments.standalone import make
from matinee.training.trainer import Trainer

STEPS = 300


def about(spec: RunSpec) -> dict[str, Any]:
    """`policy.json` of a checkpoint, as it is read elsewhere."""
    policy = Trainer(spec, on_wake=lambda: None).capture().policy
    assert policy is not None
    document: dict[str, Any] = policy.model_dump(mode="json")
    return document


@pytest.mark.parametrize(
    "kwargs",
    [{}, {"frameskip": 3, "stack_num": 2, "img_height": 60, "full_action_space": True}],
    ids=["defaults", "own"],
)
def test_a_game_is_prepared_as_in_test_episodes(kwargs: dict[str, Any]) -> None:
    """The same pictures, rewards and end for the same seed and actions; lives don't end it."""
    pytest.importorskip("ale_py")
    environment = EnvironmentSpec(id="ALE/Breakout-v5", kwargs=kwargs)
    ours = build_vector(environment, 1, evaluation=True)
    assert isinstance(ours, AtariVector)
    theirs = make(
        about(small_spec(environment.id, environment=environment.model_dump())), set_physics
    )
    seed = 11
    np.testing.assert_array_equal(theirs.reset(seed=int(ours.seeds(seed)[0])), ours.reset(seed)[0])
    for number in range(STEPS):
        step = ours.step(np.array([[number % 4]]))
        picture, reward, is_over = theirs.step(number % 4)
        np.testing.assert_array_equal(picture, step.observations[0])
        assert (reward, is_over) == (step.rewards[0], step.ended[0])
        if is_over:
            break
    ours.close()


def test_an_environment_has_the_parameters_of_the_checkpoint() -> None:
    """From its first reset on, and not gymnasium's own."""
    spec = small_spec("Pendulum-v1", hyperparameters={"gravity": 3.0})
    document = about(spec)
    assert document["environment_parameters"]["gravity"] == 3.0
    reference: Any = gymnasium.make("Pendulum-v1")
    for theirs, gravity in (
        (make(document, set_physics), 3.0),
        (make({**document, "environment_parameters": {}}, set_physics), 10.0),
    ):
        reference.unwrapped.g = gravity
        np.testing.assert_array_equal(theirs.reset(seed=5), reference.reset(seed=5)[0])
        for _ in range(20):
            np.testing.assert_array_equal(
                theirs.step(np.zeros(1))[0], reference.step(np.zeros(1))[0]
            )


def test_what_registers_an_environment_is_imported_first() -> None:
    """Gymnasium alone does not know the environments of other packages."""
    pytest.importorskip("minigrid")
    spec = small_spec("MiniGrid-Empty-5x5-v0")

    environment = make(about(spec), set_physics)

    assert set(environment.reset(seed=1)) >= {"image", "direction"}
    assert about(spec)["making"]["module"] == "minigrid"


def test_a_description_of_an_older_version_is_played_all_the_same() -> None:
    """One that does not say how its environment is made: gymnasium makes it."""
    document = about(small_spec("CartPole-v1"))
    for name in ("making", "environment_parameters"):
        del document[name]

    assert make(document, set_physics).reset(seed=1).shape == (4,)
