"""Settings that begin where a live run stands, put into numbers."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import TypeAdapter, ValidationError

from matinee.contracts.hyperparameters import HyperparameterSetting, LiveSetting
from matinee.contracts.run import Hyperparameters, HyperparameterStatus
from matinee.contracts.schedules import RampFromHere, Schedule
from matinee.contracts.validation import field_errors
from matinee.errors import FieldError, InvalidInputError

_SCHEDULE: TypeAdapter[Schedule] = TypeAdapter(Schedule)


def in_numbers(
    settings: Mapping[str, LiveSetting], now: Hyperparameters
) -> dict[str, HyperparameterSetting]:
    """The settings with ramps that say from where to where, and until which env step.

    Whether their names and values are allowed is not looked at.

    Args:
        settings: As they were asked for.
        now: What the run has.

    Raises:
        InvalidInputError: naming every ramp that can't begin where the run stands.
    """
    present = {status.name: status for status in now.items}
    plain: dict[str, HyperparameterSetting] = {}
    fields: list[FieldError] = []
    for name, setting in settings.items():
        if not isinstance(setting, RampFromHere):
            plain[name] = setting
            continue
        try:
            plain[name] = _SCHEDULE.validate_python(
                {
                    "schedule": setting.shape,
                    "from": _value(present.get(name), default=setting.to_value),
                    "to": setting.to_value,
                    "until_env_step": now.env_step + setting.for_env_steps,
                }
            )
        except ValidationError as error:
            fields += [FieldError((name,), each.message) for each in field_errors(error)]
    if fields:
        raise InvalidInputError(
            "some ramps can't begin where the run stands",
            fields=fields,
            code="invalid_hyperparameters",
        )
    return plain


def _value(status: HyperparameterStatus | None, *, default: float) -> float:
    """The number that it is, or is about to be; of what is no number whatever it shall become."""
    if status is None:
        return default
    newest = status.requested if status.pending else status.applied_value
    for value in (newest, status.applied_value):
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value
    return default
