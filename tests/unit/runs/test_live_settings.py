"""A ramp from where a run stands is put into numbers: what it has, and so many env steps ahead."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter

from matinee.contracts.hyperparameter_definition import LiveClass, Scale
from matinee.contracts.hyperparameters import LiveSetting
from matinee.contracts.run import Hyperparameters, HyperparameterStatus
from matinee.contracts.schedules import CosineSchedule, ExponentialSchedule, LinearSchedule
from matinee.errors import InvalidInputError
from matinee.runs.live_settings import in_numbers

LIVE: TypeAdapter[dict[str, LiveSetting]] = TypeAdapter(dict[str, LiveSetting])


def status(name: str, value: Any, requested: Any = None) -> HyperparameterStatus:
    """Of a hyperparameter; on its way to another setting, if one is requested."""
    return HyperparameterStatus(
        name=name, requested=value if requested is None else requested, applied=value,
        applied_value=value, applied_at_env_step=0, pending=requested is not None, applies=True,
        live_class=LiveClass.LIVE, minimum=None, maximum=None, zero_allowed=True, choices=[],
        scale=Scale.LINEAR, default=0.0,
    )  # fmt: skip


def resolved(present: HyperparameterStatus, setting: dict[str, Any]) -> Any:
    """What a setting becomes for a run at env step 500."""
    now = Hyperparameters(revision=0, env_step=500, items=[present])
    settings = LIVE.validate_python({present.name: setting})
    return in_numbers(settings, now)[present.name]


def test_a_ramp_begins_with_the_value_that_the_run_has() -> None:
    """It ends so many env steps from now; where it begins is where it is applied."""
    ramp = resolved(
        status("gamma", 0.9), {"schedule": "from_here", "to": 0.99, "for_env_steps": 1000}
    )

    assert isinstance(ramp, LinearSchedule)
    assert (ramp.from_value, ramp.to_value) == (0.9, 0.99)
    assert (ramp.from_env_step, ramp.until_env_step) == (None, 1500)


def test_its_shape_may_be_chosen() -> None:
    """As that of a ramp with numbers."""
    asked = {"schedule": "from_here", "to": 0.01, "for_env_steps": 10}
    present = status("learning_rate", 0.1)

    assert isinstance(resolved(present, asked | {"shape": "cosine"}), CosineSchedule)
    assert isinstance(resolved(present, asked | {"shape": "exponential"}), ExponentialSchedule)


def test_what_is_on_its_way_counts_as_there() -> None:
    """Of two changes in a row the second goes on from the first."""
    asked = {"schedule": "from_here", "to": 0.01, "for_env_steps": 10}

    assert resolved(status("learning_rate", 0.1, requested=0.5), asked).from_value == 0.5
    assert resolved(status("learning_rate", 0.1, requested="odd"), asked).from_value == 0.1


def test_everything_else_stays_as_it_is() -> None:
    """Numbers, choices and schedules with numbers; what is no number is judged elsewhere."""
    now = Hyperparameters(revision=0, env_step=500, items=[status("optimizer", "adam")])
    ramp = LinearSchedule.model_validate(
        {"schedule": "linear", "from": 1, "to": 0, "until_env_step": 9}
    )
    plain: dict[str, LiveSetting] = {"gamma": 0.5, "optimizer": "adam", "epsilon": ramp}

    assert in_numbers(plain, now) == plain
    odd = LIVE.validate_python(
        {
            name: {"schedule": "from_here", "to": 2, "for_env_steps": 10}
            for name in ("optimizer", "unknown")
        }
    )
    assert all(isinstance(setting, LinearSchedule) for setting in in_numbers(odd, now).values())


def test_a_ramp_that_cannot_begin_there_is_refused() -> None:
    """By name, with the reason."""
    asked = {"schedule": "from_here", "shape": "exponential", "to": 0.01, "for_env_steps": 10}
    with pytest.raises(InvalidInputError) as caught:
        resolved(status("entropy_coefficient", 0.0), asked)

    (field,) = caught.value.fields
    assert field.loc == ("entropy_coefficient",)
    assert "positive values" in field.message
