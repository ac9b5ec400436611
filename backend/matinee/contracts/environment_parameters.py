"""Which parameters an environment has, its own values, and what they may be changed to.

They are rows of the hyperparameter catalogue like all others, but each belongs to some environments
only, and its default is each environment's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.hyperparameter_definition import EnvironmentRange, HyperparameterDefinition
from matinee.contracts.hyperparameters import HYPERPARAMETERS, HyperparameterSetting
from matinee.contracts.schedules import schedule_values
from matinee.errors import FieldError


@dataclass(frozen=True)
class EnvironmentChoice:
    """A run's environment, as far as it says which parameters there are.

    Attributes:
        id: As it is registered.
        arguments: Names of the arguments that the run gives it.
    """

    id: str
    arguments: frozenset[str] = frozenset()


def range_in(
    definition: HyperparameterDefinition, environment: EnvironmentChoice
) -> EnvironmentRange | None:
    """The range of a parameter that the environment has and no argument has set; else None."""
    found = definition.environments.get(environment.id)
    if found is None or not environment.arguments.isdisjoint(found.arguments):
        return None
    return found


def is_used(
    definition: HyperparameterDefinition, algorithm: Algorithm, environment: EnvironmentChoice
) -> bool:
    """Whether a hyperparameter does anything in this mode and this environment."""
    if definition.environments and range_in(definition, environment) is None:
        return False
    return algorithm in definition.algorithms


def own_parameters(environment: EnvironmentChoice) -> dict[str, float]:
    """The parameters that can be changed here, by name, with the environment's own values."""
    return {
        name: found.default
        for name, definition in HYPERPARAMETERS.items()
        if (found := range_in(definition, environment)) is not None
    }


def parameter_errors(
    environment: EnvironmentChoice, settings: Mapping[str, HyperparameterSetting]
) -> list[FieldError]:
    """Everything wrong with settings for parameters of the environment; others are passed over."""
    return [
        FieldError((name,), message)
        for name, setting in settings.items()
        if (definition := HYPERPARAMETERS[name]).environments
        and (message := _complaint(definition, environment, setting)) is not None
    ]


def _complaint(
    definition: HyperparameterDefinition,
    environment: EnvironmentChoice,
    setting: HyperparameterSetting,
) -> str | None:
    found = range_in(definition, environment)
    if found is None:
        return _why_not(definition, environment)
    refused = [value for value in _values(setting) if not _is_within(definition, found, value)]
    if not refused:
        return None
    allowed = f"{definition.allowed_in(found)} {found.unit}".rstrip()
    return f"{refused[0]:g} is not allowed; allowed in {environment.id}: {allowed}"


def _why_not(definition: HyperparameterDefinition, environment: EnvironmentChoice) -> str:
    registered = definition.environments.get(environment.id)
    if registered is not None:
        given = ", ".join(sorted(environment.arguments.intersection(registered.arguments)))
        return (
            f"the run has set it by environment.kwargs ({given}); it can be changed where that is "
            "left out"
        )
    known = ", ".join(own_parameters(environment)) or "none"
    return f"{environment.id} has no such parameter; it has: {known}"


def _values(setting: HyperparameterSetting) -> tuple[float, ...]:
    if isinstance(setting, str):
        raise TypeError(f"{setting!r} is no number")
    return (setting,) if isinstance(setting, int | float) else schedule_values(setting)


def _is_within(definition: HyperparameterDefinition, found: EnvironmentRange, value: float) -> bool:
    if value == 0 and definition.zero_label is not None:
        return True
    return found.minimum <= value <= found.maximum
