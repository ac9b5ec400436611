"""From settings to the plain values of one rollout."""

from __future__ import annotations

from fakes.schedules import ramp
from matinee.contracts.hyperparameters import (
    HYPERPARAMETERS,
    default_settings,
)
from matinee.training.hyperparameters import (
    VALUE_NAMES,
    HyperparameterSet,
)


def test_every_row_of_the_catalogue_has_its_value() -> None:
    """And no value is there that the catalogue does not know."""
    assert set(VALUE_NAMES) == HYPERPARAMETERS.keys()


def test_values_have_the_types_of_the_catalogue() -> None:
    """Integers from schedules are rounded, whole numbers become floats where floats belong."""
    values = HyperparameterSet(
        revision=0,
        settings={
            **default_settings(),
            "rollout_length": ramp("linear", 8, 16, 0, 100),
            "reward_scale": 2,
        },
        since_env_step={},
    ).values_at(30)

    assert values.rollout_length == 10
    assert isinstance(values.rollout_length, int)
    assert isinstance(values.reward_scale, float)
    assert values.objective.reward_scale == 2.0
    assert values.step.learning_rate == values.learning_rate


def test_constant_sets_are_evaluated_once() -> None:
    """A rollout of a set without schedules costs nothing to look up."""
    constant = HyperparameterSet(revision=0, settings=default_settings(), since_env_step={})

    assert constant.values_at(0) is constant.values_at(10**9)


def test_parameters_of_the_environment_are_picked_by_name() -> None:
    """Those that the environment has, and no others; a schedule among them has its value."""
    falling = ramp("linear", first=20.0, last=10.0, start=0, end=100)
    settings = HyperparameterSet(
        revision=0, settings={**default_settings(), "gravity": falling}, since_env_step={}
    )

    assert settings.values_at(50).parameters(["gravity", "force"]) == {
        "gravity": 15.0, "force": 10.0
    }  # fmt: skip
