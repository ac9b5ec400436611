"""Changes of hyperparameters that are known before a run begins, each with its env step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Annotated

from pydantic import Field

from matinee.contracts.combinations import RunLayout, check_change
from matinee.contracts.hyperparameters import HyperparameterSetting, check_setting
from matinee.contracts.run_parts import SpecPart
from matinee.contracts.schedules import EnvStep
from matinee.errors import MAX_NAMED_FIELDS, FieldError, InvalidInputError

MAX_PLANNED_CHANGES = 1000


class PlannedChange(SpecPart):
    """Made at the first rollout boundary at or after its env step, as if somebody asked then."""

    env_step: EnvStep
    hyperparameters: dict[str, HyperparameterSetting] = Field(min_length=1, max_length=100)


Plan = Annotated[list[PlannedChange], Field(max_length=MAX_PLANNED_CHANGES)]


def plan_errors(
    plan: Sequence[PlannedChange],
    *,
    layout: RunLayout,
    settings: Mapping[str, HyperparameterSetting],
) -> list[FieldError]:
    """What is wrong with a plan, by its place in the plan; empty if all of it is allowed.

    Args:
        plan: In the order in which it is written.
        layout: Of the run.
        settings: Every hyperparameter at the beginning of the run.
    """
    return list(islice(_errors(plan, layout, settings), MAX_NAMED_FIELDS))


def _errors(
    plan: Sequence[PlannedChange],
    layout: RunLayout,
    settings: Mapping[str, HyperparameterSetting],
) -> Iterator[FieldError]:
    present = dict(settings)
    latest = 0
    for number, change in enumerate(plan):
        if change.env_step < latest:
            yield FieldError(
                (number, "env_step"),
                f"{change.env_step} comes after {latest}; allowed: ascending env steps",
            )
        latest = max(latest, change.env_step)
        wrong = _change_errors(change.hyperparameters, layout=layout, present=present)
        for error in wrong:
            yield FieldError((number, "hyperparameters", *error.loc), error.message)
        if not wrong:
            present |= change.hyperparameters


def _change_errors(
    changes: Mapping[str, HyperparameterSetting],
    *,
    layout: RunLayout,
    present: Mapping[str, HyperparameterSetting],
) -> list[FieldError]:
    wrong = [error for name, setting in changes.items() for error in check_setting(name, setting)]
    if wrong:
        return wrong
    try:
        check_change(layout, present, changes)
    except InvalidInputError as error:
        return list(error.fields)
    return []
