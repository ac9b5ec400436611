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
from matinee.contracts.setting_values import evaluate


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
    env_step: int,
    algorithm: Algorithm,
    layout: RunLayout,
) -> LiveClass:
    """What this very change means.

    Args:
        definition: The hyperparameter's row.
        before: The setting until now.
        after: The setting from now on.
        env_step: Now: a schedule counts by where it stands then.
        algorithm: The mode from now on.
        layout: Of the run.
    """
    live_class = live_class_in(definition, algorithm, layout)
    limit = definition.warns_beyond_factor
    if live_class is not LiveClass.LIVE or limit is None:
        return live_class
    old, new = _number(before, env_step), _number(after, env_step)
    return LiveClass.LIVE_WITH_WARNING if 0.0 < old * limit < new else live_class


def changes_between(
    before: Mapping[str, HyperparameterSetting],
    after: Mapping[str, HyperparameterSetting],
    layout: RunLayout,
    *,
    env_step: int,
) -> dict[str, HyperparameterChange]:
    """The hyperparameters that differ, as a change of them at this env step would be told."""
    algorithm = Algorithm(str(after["algorithm"]))
    return {
        name: HyperparameterChange(
            before=before[name],
            after=setting,
            applies=algorithm in HYPERPARAMETERS[name].algorithms,
            live_class=class_of_change(
                HYPERPARAMETERS[name],
                before[name],
                setting,
                env_step=env_step,
                algorithm=algorithm,
                layout=layout,
            ),
        )
        for name, setting in after.items()
        if name in before and setting != before[name]
    }


def _number(setting: HyperparameterSetting, env_step: int) -> float:
    value = evaluate(setting, env_step)
    if isinstance(value, str):
        raise TypeError(f"{value!r} is no number")
    return value
