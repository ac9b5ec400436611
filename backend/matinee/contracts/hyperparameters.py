"""The hyperparameter catalogue.

The one table behind validation, the API, the command line, the sliders and the docs.

Sources of defaults and ranges: Mnih et al. 2016 (A3C), Schulman et al. 2016 (GAE), the
Stable-Baselines3 defaults for A2C, and our own measurements where the text says so.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

from pydantic import (
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    WrapValidator,
)

from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.hyperparameter_definition import HyperparameterDefinition
from matinee.contracts.hyperparameter_rows.environment import ENVIRONMENT_ROWS
from matinee.contracts.hyperparameter_rows.experience import EXPERIENCE_ROWS
from matinee.contracts.hyperparameter_rows.mode import MODE_ROWS
from matinee.contracts.hyperparameter_rows.objective import OBJECTIVE_ROWS
from matinee.contracts.hyperparameter_rows.queue import QUEUE_ROWS
from matinee.contracts.hyperparameter_rows.updates import UPDATE_ROWS
from matinee.contracts.schedules import TOLD_BOUNDS, LiveSchedule, Schedule, schedule_values
from matinee.contracts.setting_errors import explain_live_setting, explain_setting
from matinee.errors import FieldError, InvalidInputError

HyperparameterScalar = (
    StrictBool
    | Annotated[StrictInt, Field(json_schema_extra=TOLD_BOUNDS)]
    | Annotated[StrictFloat, Field(allow_inf_nan=False, json_schema_extra=TOLD_BOUNDS)]
    | Annotated[StrictStr, Field(max_length=40)]
)
HyperparameterSetting = Annotated[HyperparameterScalar | Schedule, WrapValidator(explain_setting)]
"""What a person asks for: a number, a switch, a choice, or a schedule."""

LiveSetting = Annotated[HyperparameterScalar | LiveSchedule, WrapValidator(explain_live_setting)]
"""What a person asks of a live run: also a ramp from where it stands."""

_CATALOGUE = (
    *MODE_ROWS,
    *UPDATE_ROWS,
    *OBJECTIVE_ROWS,
    *EXPERIENCE_ROWS,
    *QUEUE_ROWS,
    *ENVIRONMENT_ROWS,
)

HYPERPARAMETERS: Mapping[str, HyperparameterDefinition] = MappingProxyType(
    {definition.name: definition for definition in _CATALOGUE}
)


def check_setting(name: str, setting: HyperparameterSetting) -> list[FieldError]:
    """Everything wrong with one hyperparameter's setting; empty if it is allowed."""
    definition = HYPERPARAMETERS.get(name)
    if definition is None:
        return [FieldError((name,), _unknown(name))]
    if isinstance(setting, bool | int | float | str):
        message = _check_scalar(definition, setting)
        return [FieldError((name,), message)] if message else []
    if not definition.schedulable:
        return [FieldError((name,), f"can't follow a schedule; allowed: {definition.allowed}")]
    return [
        FieldError((name, "schedule"), message)
        for value in schedule_values(setting)
        if (message := _check_scalar(definition, value))
    ]


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, HYPERPARAMETERS, n=3)
    hint = f"did you mean {' or '.join(near)}? " if near else ""
    return f"unknown hyperparameter; {hint}known: {', '.join(HYPERPARAMETERS)}"


def _check_scalar(definition: HyperparameterDefinition, value: bool | float | str) -> str | None:
    refusal = f"{value!r} is not allowed; allowed: {definition.allowed}"
    if definition.kind == "switch":
        return None if isinstance(value, bool) else refusal
    if definition.kind == "choice":
        return None if value in definition.choices else refusal
    if isinstance(value, bool | str) or not math.isfinite(value):
        return refusal
    if definition.kind == "integer" and value != int(value):
        return refusal
    if value == 0 and definition.zero_label is not None:
        return None
    assert definition.minimum is not None
    assert definition.maximum is not None
    return None if definition.minimum <= value <= definition.maximum else refusal


def check_settings(settings: Mapping[str, HyperparameterSetting]) -> None:
    """Refuse settings of which any is unknown or out of range.

    Raises:
        InvalidInputError: naming every wrong field, its value and what is allowed.
    """
    fields = [error for name, setting in settings.items() for error in check_setting(name, setting)]
    if fields:
        raise InvalidInputError(
            f"{len(fields)} hyperparameter setting(s) not allowed",
            fields=fields,
            code="invalid_hyperparameters",
        )


def default_settings(
    algorithm: Algorithm = Algorithm.A3C,
) -> dict[str, HyperparameterSetting]:
    """Every hyperparameter at its default in a mode; `algorithm` itself is that mode.

    Parameters of environments stand at the catalogue's value: see `own_parameters`.
    """
    defaults: dict[str, HyperparameterSetting] = {
        definition.name: definition.default_for(algorithm) for definition in _CATALOGUE
    }
    return {**defaults, "algorithm": algorithm.value}
