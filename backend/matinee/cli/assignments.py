"""`--set NAME=VALUE`: numbers, words, switches, and schedules in one line."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from matinee.errors import InvalidInputError

RAMPS = ("linear", "cosine", "exponential")
STEPS = "piecewise"

_RAMP_FORM = "FROM:TO:UNTIL, or FROM:TO:START:UNTIL, such as linear:1e-3:0:100000"
_STEPS_FORM = "STEP=VALUE:STEP=VALUE, such as piecewise:0=1e-3:50000=1e-4"


def settings_of(assignments: Iterable[str]) -> dict[str, Any]:
    """Plain data as in a run spec; what is allowed for a name is checked there.

    `name=linear:FROM:TO:UNTIL` is a ramp from where it is applied to the env step UNTIL;
    `name=linear:FROM:TO:START:UNTIL` says where it begins. `cosine` and `exponential` likewise.
    `name=piecewise:STEP=VALUE:…` holds each value from its env step on. Everything else is JSON,
    and what is not JSON is a word.

    Raises:
        InvalidInputError: an assignment is none, or a schedule is not written like that.
    """
    return dict(map(_assignment, assignments))


def _assignment(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise InvalidInputError(f"--set {text}: write NAME=VALUE, such as learning_rate=1e-3")
    kind, colon, rest = value.partition(":")
    if not colon or kind not in (*RAMPS, STEPS):
        return name, _plain(value)
    form = _STEPS_FORM if kind == STEPS else _RAMP_FORM
    try:
        parts = rest.split(":")
        return name, _steps(parts) if kind == STEPS else _ramp(kind, parts)
    except ValueError as error:
        raise InvalidInputError(f"--set {text}: write {kind}:{form}") from error


def _plain(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def _ramp(kind: str, parts: list[str]) -> dict[str, Any]:
    first, last, *steps = parts
    *start, until = map(_env_step, steps)
    ramp = {
        "schedule": kind,
        "from": float(first),
        "to": float(last),
        "until_env_step": until,
    }
    if start:
        (ramp["from_env_step"],) = start
    return ramp


def _steps(parts: list[str]) -> dict[str, Any]:
    points = []
    for part in parts:
        step, _, value = part.partition("=")
        points.append({"env_step": _env_step(step), "value": float(value)})
    return {"schedule": STEPS, "points": points}


def _env_step(text: str) -> int:
    """Also 1e6 and 1_000_000."""
    number = float(text)
    if not number.is_integer():
        raise ValueError(f"{text!r} is no number of env steps")
    return int(number)
