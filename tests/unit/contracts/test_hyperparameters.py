"""The hyperparameter catalogue is consistent, and what it allows is what passes."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from matinee.contracts.hyperparameter_definition import HyperparameterDefinition
from matinee.contracts.hyperparameters import (
    HYPERPARAMETERS,
    check_setting,
    check_settings,
    default_settings,
)
from matinee.contracts.schedules import LinearSchedule, Schedule
from matinee.errors import InvalidInputError

NUMERIC = [d for d in HYPERPARAMETERS.values() if d.kind in ("number", "integer")]
OTHERS = [d for d in HYPERPARAMETERS.values() if d.kind in ("switch", "choice")]


def by_name(definition: HyperparameterDefinition) -> str:
    """The id of a parametrised test."""
    return definition.name


def linear(start: float, end: float) -> LinearSchedule:
    """A ramp over the first hundred steps."""
    document = {"schedule": "linear", "from": start, "to": end, "until_env_step": 100}
    return LinearSchedule.model_validate(document)


def test_the_defaults_are_allowed() -> None:
    """A run with every default passes its own check."""
    check_settings(default_settings())


@pytest.mark.parametrize("definition", NUMERIC, ids=by_name)
def test_the_bounds_are_where_the_catalogue_says(definition: HyperparameterDefinition) -> None:
    """Both bounds pass; a hair beyond either, NaN, infinities, texts and switches do not."""
    assert definition.minimum is not None
    assert definition.maximum is not None
    below = definition.minimum - 1 if definition.kind == "integer" else definition.minimum * 0.999
    above = definition.maximum + 1 if definition.kind == "integer" else definition.maximum * 1.001
    allowed: list[float | str] = [definition.minimum, definition.maximum, definition.default]
    refused: list[float | str] = [
        above,
        -definition.minimum,
        math.nan,
        math.inf,
        -math.inf,
        "1",
        True,
    ]
    if below != 0:
        refused.append(below)

    assert [v for v in allowed if check_setting(definition.name, v)] == []
    assert [v for v in refused if not check_setting(definition.name, v)] == []


@pytest.mark.parametrize("definition", NUMERIC, ids=by_name)
def test_zero_passes_exactly_where_it_means_something(
    definition: HyperparameterDefinition,
) -> None:
    """0 is allowed where the catalogue says what it means, or where it lies in the range."""
    assert definition.minimum is not None
    in_range = definition.minimum <= 0
    passes = check_setting(definition.name, 0) == []

    assert passes is (definition.zero_label is not None or in_range)


@pytest.mark.parametrize("definition", OTHERS, ids=by_name)
def test_switches_and_choices_take_their_own_values_only(
    definition: HyperparameterDefinition,
) -> None:
    """A choice takes each of its names, a switch true and false; neither takes anything else."""
    allowed: list[bool | str] = [*definition.choices] or [True, False]
    refused: list[int | str] = ["", "no such choice", 0, 1]

    assert [v for v in allowed if check_setting(definition.name, v)] == []
    assert [v for v in refused if not check_setting(definition.name, v)] == []
    assert not definition.schedulable


@pytest.mark.parametrize("definition", NUMERIC, ids=by_name)
@pytest.mark.parametrize("kind", ["linear", "cosine", "exponential"])
def test_every_number_may_follow_a_ramp(definition: HyperparameterDefinition, kind: str) -> None:
    """From its smallest to its largest value, in each shape."""
    ramp = TypeAdapter(Schedule).validate_python(
        {
            "schedule": kind,
            "from": definition.minimum,
            "to": definition.maximum,
            "until_env_step": 100,
        }
    )

    assert definition.schedulable
    assert check_setting(definition.name, ramp) == []


@given(start=st.floats(-10, 10), end=st.floats(-10, 10))
def test_a_schedule_passes_exactly_if_both_ends_do(start: float, end: float) -> None:
    """A ramp of the discount is allowed if and only if both of its values are."""
    ends_pass = not check_setting("gamma", start) and not check_setting("gamma", end)

    assert (check_setting("gamma", linear(start, end)) == []) is ends_pass


def test_what_cannot_follow_a_schedule_refuses_one() -> None:
    """A hyperparameter that is not schedulable says so and names what is allowed."""
    for definition in HYPERPARAMETERS.values():
        if definition.schedulable:
            continue
        (error,) = check_setting(definition.name, linear(1, 2))
        assert "schedule" in error.message
        assert definition.allowed in error.message


def test_all_wrong_settings_are_named_at_once() -> None:
    """One refusal names every wrong field with its value and the allowed range."""
    with pytest.raises(InvalidInputError) as caught:
        check_settings({"learning_rate": -1, "gamma": 0.9, "no_such": 1, "optimizer": "sgd"})

    messages = {error.loc: error.message for error in caught.value.fields}
    assert messages.keys() == {("learning_rate",), ("no_such",), ("optimizer",)}
    assert "-1" in messages["learning_rate",]
    assert HYPERPARAMETERS["learning_rate"].allowed in messages["learning_rate",]
    assert "learning_rate" in messages["no_such",]
    assert "rmsprop, adam" in messages["optimizer",]


def test_an_unknown_name_gets_the_near_ones_and_all() -> None:
    """A misspelt name is answered with what it may have meant; the whole list is there too."""
    (misspelt,) = check_setting("learn_rate", 1e-3)
    (strange,) = check_setting("happiness", 1)

    assert "did you mean learning_rate?" in misspelt.message
    assert "did you mean" not in strange.message
    for error in (misspelt, strange):
        assert all(name in error.message for name in HYPERPARAMETERS)
