"""One message about a wrong hyperparameter setting, where a union would give one per member."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter, ValidationError, ValidatorFunctionWrapHandler

from matinee.contracts.schedules import LiveSchedule, Schedule
from matinee.contracts.validation import MultipleFieldsError, field_errors, shown
from matinee.errors import FieldError

_SCHEDULE: TypeAdapter[Schedule] = TypeAdapter(Schedule)
_LIVE_SCHEDULE: TypeAdapter[LiveSchedule] = TypeAdapter(LiveSchedule)


def explain_setting(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    """Validate a setting; a wrong one is judged as what it looks like.

    Raises:
        MultipleFieldsError: it looks like a schedule; names the schedule's wrong fields.
        ValueError: it looks like nothing that a hyperparameter can be.
    """
    return _explained(value, handler, _SCHEDULE)


def explain_live_setting(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    """Likewise, for a setting that may begin where a live run stands.

    Raises:
        MultipleFieldsError: it looks like a schedule; names the schedule's wrong fields.
        ValueError: it looks like nothing that a hyperparameter can be.
    """
    return _explained(value, handler, _LIVE_SCHEDULE)


def _explained(
    value: Any, handler: ValidatorFunctionWrapHandler, schedules: TypeAdapter[Any]
) -> Any:
    try:
        return handler(value)
    except ValidationError as error:
        if isinstance(value, dict):
            raise MultipleFieldsError(_schedule_errors(value, schedules)) from error
        raise ValueError(
            f"{shown(value)} is not allowed; allowed: a finite number, true or false, a name of "
            "up to 40 characters, or a schedule"
        ) from error


def _schedule_errors(value: dict[str, Any], schedules: TypeAdapter[Any]) -> list[FieldError]:
    try:
        schedules.validate_python(value)
    except ValidationError as error:
        # Within a known kind of schedule each path begins with the kind, which is no field.
        return [FieldError(f.loc[1:], f.message) for f in field_errors(error)]
    return []
