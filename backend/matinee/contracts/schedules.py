"""A hyperparameter's course over env steps, as a person writes it.

The values along the way are in `matinee.contracts.schedule_curves`; here is only the shape.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from matinee.contracts.json_body import JsonBody

ENV_STEP_MAX = 10**12
EnvStep = Annotated[int, Field(ge=0, le=ENV_STEP_MAX)]
SETTING_MAX = 1e9
"""Beyond any value that the catalogue allows, up or down: told in the schema; the catalogue refuses
with the range of the very hyperparameter."""

TOLD_BOUNDS: Final[JsonDict] = {"minimum": -SETTING_MAX, "maximum": SETTING_MAX}
ScheduleValue = Annotated[float, Field(allow_inf_nan=False, json_schema_extra=TOLD_BOUNDS)]
_PositiveValue = Annotated[
    float,
    # What `ExponentialSchedule` checks for both at once.
    Field(allow_inf_nan=False, json_schema_extra={"exclusiveMinimum": 0, "maximum": SETTING_MAX}),
]


class _Schedule(JsonBody):
    model_config = ConfigDict(frozen=True, populate_by_name=True, serialize_by_alias=True)


class _Ramp(_Schedule):
    """From one value to another between two env steps; constant before and after."""

    from_value: ScheduleValue = Field(alias="from", description="Value at `from_env_step`.")
    to_value: ScheduleValue = Field(alias="to", description="Value from `until_env_step` on.")
    from_env_step: EnvStep | None = Field(
        default=None,
        description="Where the ramp begins; left out: the env step at which it is applied.",
    )
    until_env_step: EnvStep = Field(description="Where the ramp ends.")

    @model_validator(mode="after")
    def _ordered(self) -> _Ramp:
        if self.from_env_step is not None and self.until_env_step <= self.from_env_step:
            raise ValueError(
                f"until_env_step ({self.until_env_step}) must be greater than "
                f"from_env_step ({self.from_env_step})"
            )
        return self


class LinearSchedule(_Ramp):
    """A straight line."""

    schedule: Literal["linear"]


class CosineSchedule(_Ramp):
    """Half a cosine wave: slow at both ends."""

    schedule: Literal["cosine"]


class ExponentialSchedule(_Ramp):
    """The same factor per env step; both values must be positive."""

    schedule: Literal["exponential"]
    from_value: _PositiveValue = Field(alias="from", description="Value at `from_env_step`.")
    to_value: _PositiveValue = Field(alias="to", description="Value from `until_env_step` on.")

    @model_validator(mode="after")
    def _positive(self) -> ExponentialSchedule:
        if self.from_value <= 0 or self.to_value <= 0:
            raise ValueError(
                f"an exponential schedule needs positive values, not {self.from_value} "
                f"to {self.to_value}"
            )
        return self


class SchedulePoint(_Schedule):
    """From this env step on, this value."""

    env_step: EnvStep
    value: ScheduleValue


class PiecewiseSchedule(_Schedule):
    """Steps: each point holds from its env step until the next point's."""

    schedule: Literal["piecewise"]
    points: list[SchedulePoint] = Field(min_length=1, max_length=100)

    @model_validator(mode="after")
    def _ascending(self) -> PiecewiseSchedule:
        steps = [point.env_step for point in self.points]
        if steps != sorted(set(steps)):
            raise ValueError("points must be in ascending order of env_step, without repeats")
        return self


Schedule = Annotated[
    LinearSchedule | CosineSchedule | ExponentialSchedule | PiecewiseSchedule,
    Field(discriminator="schedule"),
]


class RampFromHere(_Schedule):
    """From the value that a live run has now to another one, over the env steps to come.

    What is recorded is the ramp that it stands for, with its numbers.
    """

    schedule: Literal["from_here"]
    shape: Literal["linear", "cosine", "exponential"] = "linear"
    to_value: ScheduleValue = Field(alias="to", description="Value at the end.")
    for_env_steps: Annotated[int, Field(ge=1, le=ENV_STEP_MAX)] = Field(
        description="How many env steps it takes."
    )


LiveSchedule = Annotated[
    LinearSchedule | CosineSchedule | ExponentialSchedule | PiecewiseSchedule | RampFromHere,
    Field(discriminator="schedule"),
]
"""A schedule as a change of a live run may say it."""


def schedule_values(
    schedule: LinearSchedule | CosineSchedule | ExponentialSchedule | PiecewiseSchedule,
) -> tuple[float, ...]:
    """The values that bound the course of a schedule: it never leaves their range."""
    if isinstance(schedule, PiecewiseSchedule):
        return tuple(point.value for point in schedule.points)
    return (schedule.from_value, schedule.to_value)
