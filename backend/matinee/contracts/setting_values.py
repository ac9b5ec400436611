"""What a hyperparameter's setting, constant or schedule, comes to at one env step."""

from __future__ import annotations

from typing import assert_never

from matinee.contracts.hyperparameters import HyperparameterSetting
from matinee.contracts.schedule_curves import cosine, exponential, linear, piecewise, ramp_share
from matinee.contracts.schedules import (
    CosineSchedule,
    ExponentialSchedule,
    LinearSchedule,
    PiecewiseSchedule,
)

Ramp = LinearSchedule | CosineSchedule | ExponentialSchedule
Value = bool | int | float | str


def evaluate(setting: HyperparameterSetting, env_step: int) -> Value:
    """The value of a setting at an env step.

    A ramp whose beginning is open ("where it is applied") has not begun: it stands at its first
    value.
    """
    match setting:
        case bool() | int() | float() | str():
            return setting
        case PiecewiseSchedule(points=points):
            return piecewise(
                env_step,
                env_steps=[point.env_step for point in points],
                values=[point.value for point in points],
            )
        case LinearSchedule() | CosineSchedule() | ExponentialSchedule():
            if setting.from_env_step is None:
                return setting.from_value
            share = ramp_share(env_step, start=setting.from_env_step, end=setting.until_env_step)
            return _along(setting, share)
        case _:
            assert_never(setting)


def anchored(setting: HyperparameterSetting, env_step: int) -> HyperparameterSetting:
    """The setting with an open beginning fixed to `env_step`.

    A ramp that would end before it begins is over: what stays is its last value.
    """
    if isinstance(setting, Ramp) and setting.from_env_step is None:
        if setting.until_env_step <= env_step:
            return setting.to_value
        return setting.model_copy(update={"from_env_step": env_step})
    return setting


def _along(ramp: Ramp, share: float) -> float:
    first, last = ramp.from_value, ramp.to_value
    match ramp:
        case LinearSchedule():
            return linear(share, first=first, last=last)
        case CosineSchedule():
            return cosine(share, first=first, last=last)
        case ExponentialSchedule():
            return exponential(share, first=first, last=last)
        case _:
            assert_never(ramp)
