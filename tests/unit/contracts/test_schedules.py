"""Schedules as people write them: what is accepted, and the values that bound them."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from matinee.contracts.schedules import (
    ExponentialSchedule,
    LinearSchedule,
    PiecewiseSchedule,
    Schedule,
    schedule_values,
)

SCHEDULES: TypeAdapter[Schedule] = TypeAdapter(Schedule)


def ramp(**changes: Any) -> dict[str, Any]:
    """A valid linear ramp with some fields changed."""
    return {"schedule": "linear", "from": 1.0, "to": 0.0, "until_env_step": 100} | changes


def points(*pairs: tuple[int, float]) -> dict[str, Any]:
    """A piecewise schedule."""
    return {
        "schedule": "piecewise",
        "points": [{"env_step": step, "value": value} for step, value in pairs],
    }


@pytest.mark.parametrize("kind", ["linear", "cosine", "exponential"])
def test_a_ramp_is_written_as_it_is_read(kind: str) -> None:
    """What was read as JSON is written as the same JSON, with `from` and `to`."""
    document = ramp(schedule=kind, to=0.5, from_env_step=10)

    schedule = SCHEDULES.validate_python(document)

    assert schedule.model_dump(by_alias=True) == document


def test_a_ramp_may_begin_when_it_is_applied() -> None:
    """Without `from_env_step` the beginning is left open."""
    schedule = SCHEDULES.validate_python(ramp())

    assert isinstance(schedule, LinearSchedule)
    assert schedule.from_env_step is None


@pytest.mark.parametrize(
    "document",
    [
        ramp(from_env_step=100),
        ramp(from_env_step=101),
        ramp(until_env_step=-1),
        ramp(to=float("nan")),
        ramp(**{"from": float("inf")}),
        ramp(schedule="sawtooth"),
        ramp(steps=3),
        ramp(schedule="exponential", to=0.0),
        ramp(schedule="exponential", **{"from": -1.0, "to": -0.5}),
        points(),
        points((0, 1.0), (0, 2.0)),
        points((5, 1.0), (0, 2.0)),
        points(*((step, 0.0) for step in range(101))),
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused(document: dict[str, Any]) -> None:
    """Backward ramps, values that are no numbers, unknown fields, unordered points: refused."""
    with pytest.raises(ValidationError):
        SCHEDULES.validate_python(document)


def test_the_bounding_values_are_all_that_a_course_can_reach() -> None:
    """A ramp is bounded by its two ends, a piecewise schedule by its points."""
    linear = SCHEDULES.validate_python(ramp(**{"from": 0.3, "to": 0.1}))
    exponential = SCHEDULES.validate_python(ramp(schedule="exponential", to=0.01))
    piecewise = SCHEDULES.validate_python(points((0, 1.0), (10, 3.0), (20, 2.0)))

    assert isinstance(linear, LinearSchedule)
    assert isinstance(exponential, ExponentialSchedule)
    assert isinstance(piecewise, PiecewiseSchedule)
    assert schedule_values(linear) == (0.3, 0.1)
    assert schedule_values(exponential) == (1.0, 0.01)
    assert schedule_values(piecewise) == (1.0, 3.0, 2.0)
