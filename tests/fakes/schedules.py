"""Schedules from plain data."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from matinee.contracts.hyperparameters import HyperparameterSetting
from matinee.contracts.schedules import Schedule

_SCHEDULE: TypeAdapter[Schedule] = TypeAdapter(Schedule)


def schedule(**document: Any) -> HyperparameterSetting:
    """A schedule from plain data."""
    return _SCHEDULE.validate_python(document)


def ramp(
    kind: str, first: float, last: float, start: int | None, end: int
) -> HyperparameterSetting:
    """A ramp."""
    return schedule(
        schedule=kind, **{"from": first, "to": last}, from_env_step=start, until_env_step=end
    )
