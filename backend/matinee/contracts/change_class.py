"""What one change of a hyperparameter means for a run: nothing to fear, a warning, a restart.

The catalogue says it for a hyperparameter in general; here it is said for a run and a change.
"""

from __future__ import annotations

from collections.abc import Mapping

from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.combinations import RunLayout
from matinee.contracts.commands import HyperparameterChange
from matinee.contracts.hyperparameter_definition import HyperparameterDefinition, LiveClass
from matinee.contracts.hyperparameters import HYPERPARAMETERS, HyperparameterSetting
from matinee.contracts.schedules import schedule_values


def live_class_in(
    definition: HyperparameterDefinition, algorithm: Algorithm, layout: RunLayout
) -> LiveClass:
    """What it takes to change a hyperparameter of a run in this mode."""
    general = definition.live_class_for(algorithm)
    if general is not LiveClass.LIVE:
        return general
    if definition.name == "workers" and layout.lockstep:
        return LiveClass.WARM_RESTART
    if definition.name == "rollout_length" and layout.recurrent:
        return LiveClass.LIVE_WITH_WARNING
    return general


def class_of_change(
    definition: HyperparameterDefinition,
    before: HyperparameterSetting,
    after: HyperparameterSetting,
    *,
    algorithm: Algorithm,
    layout: RunLayout,
) -> LiveClass:
    """What this very change means.

    Args:
        definition: The hyperparameter's row.
        before: The setting until now.
        after: The setting from now on.
        algorithm: The mode from now on.
        layout: Of the run.
    """
    live_class = live_class_in(definition, algorithm, layout)
    limit = definition.warns_beyond_factor
    if live_class is not LiveClass.LIVE or limit is None:
        return live_class
    old, new = _first_value(before), _first_value(after)
    return LiveClass.LIVE_WITH_WARNING if 0.0 < old * limit < new else live_class


def changes_between(
    before: Mapping[str, HyperparameterSetting],
    after: Mapping[str, HyperparameterSetting],
    layout: RunLayout,
) -> dict[str, HyperparameterChange]:
    """The hyperparameters that differ, as a change of them would be told."""
    algorithm = Algorithm(str(after["algorithm"]))
    return {
        name: HyperparameterChange(
            before=before[name],
            after=setting,
            applies=algorithm in HYPERPARAMETERS[name].algorithms,
            live_class=class_of_change(
                HYPERPARAMETERS[name], before[name], setting, algorithm=algorithm, layout=layout
            ),
        )
        for name, setting in after.items()
        if name in before and setting != before[name]
    }


def _first_value(setting: HyperparameterSetting) -> float:
    if isinstance(setting, str):
        raise TypeError(f"{setting!r} is no number")
    return setting if isinstance(setting, int | float) else schedule_values(setting)[0]
