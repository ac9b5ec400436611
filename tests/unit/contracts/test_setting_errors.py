"""A wrong hyperparameter setting gets one message, about what was meant."""

from __future__ import annotations

import math

import pytest
from pydantic import TypeAdapter, ValidationError

from matinee.contracts.hyperparameters import HyperparameterSetting, LiveSetting
from matinee.contracts.schedules import LinearSchedule, PiecewiseSchedule, RampFromHere
from matinee.contracts.setting_errors import explain_live_setting, explain_setting
from matinee.contracts.validation import field_errors

SETTINGS: TypeAdapter[dict[str, HyperparameterSetting]] = TypeAdapter(
    dict[str, HyperparameterSetting]
)


@pytest.mark.parametrize("value", [True, 3, 0.5, 0, "adam"])
def test_plain_settings_keep_their_type(value: object) -> None:
    """Switches, integers, numbers and names come through as they are, never converted."""
    setting = SETTINGS.validate_python({"x": value})["x"]

    assert setting == value
    assert type(setting) is type(value)


def test_schedules_are_recognised() -> None:
    """An object with a known `schedule` becomes that schedule."""
    found = SETTINGS.validate_python(
        {
            "a": {"schedule": "linear", "from": 1, "to": 0, "until_env_step": 10},
            "b": {"schedule": "piecewise", "points": [{"env_step": 0, "value": 1}]},
        }
    )

    assert isinstance(found["a"], LinearSchedule)
    assert isinstance(found["b"], PiecewiseSchedule)


@pytest.mark.parametrize(
    ("value", "locs"),
    [
        (None, [("x",)]),
        ([1], [("x",)]),
        (math.nan, [("x",)]),
        (math.inf, [("x",)]),
        ("a" * 41, [("x",)]),
        ({}, [("x",)]),
        ({"schedule": "zigzag"}, [("x",)]),
        ({"schedule": "linear"}, [("x", "from"), ("x", "to"), ("x", "until_env_step")]),
        (
            {"schedule": "linear", "from": 1, "to": 0, "until_env_step": 10, "y": 1},
            [("x", "y")],
        ),
        ({"schedule": "exponential", "from": -1, "to": 1, "until_env_step": 10}, [("x",)]),
        (
            {"schedule": "piecewise", "points": [{"env_step": 0, "value": "much"}]},
            [("x", "points", 0, "value")],
        ),
    ],
)
def test_each_fault_is_told_once_at_its_place(value: object, locs: list[tuple[object]]) -> None:
    """A wrong setting is one error at the setting; a wrong schedule one at each wrong field."""
    with pytest.raises(ValidationError) as refusal:
        SETTINGS.validate_python({"x": value})

    assert [field.loc for field in field_errors(refusal.value)] == locs


def test_a_long_value_is_cut_in_the_message() -> None:
    """However large the value, the message stays short enough to read."""
    with pytest.raises(ValidationError) as refusal:
        SETTINGS.validate_python({"x": "a" * 100_000})

    assert len(field_errors(refusal.value)[0].message) < 250
    assert callable(explain_setting)


def test_a_ramp_from_here_is_for_live_runs() -> None:
    """There its faults are told like a schedule's; a spec, which begins nowhere yet, has none."""
    live: TypeAdapter[dict[str, LiveSetting]] = TypeAdapter(dict[str, LiveSetting])
    asked = {"schedule": "from_here", "to": 0.1, "for_env_steps": 10}

    assert isinstance(live.validate_python({"x": asked})["x"], RampFromHere)
    with pytest.raises(ValidationError) as refusal:
        live.validate_python({"x": {"schedule": "from_here", "for_env_steps": 0, "from": 1}})
    assert {field.loc for field in field_errors(refusal.value)} == {
        ("x", "to"), ("x", "for_env_steps"), ("x", "from")
    }  # fmt: skip
    with pytest.raises(ValidationError) as refusal:
        SETTINGS.validate_python({"x": asked})
    (field,) = field_errors(refusal.value)
    assert "'from_here' is not allowed" in field.message
    assert callable(explain_live_setting)
