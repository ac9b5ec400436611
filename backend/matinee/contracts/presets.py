"""Named starting points: a complete spec, and what it reached when it was measured."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from matinee.contracts.run_spec import RunSpec


class PresetMeasurement(BaseModel):
    """What a preset reached, measured, never promised."""

    model_config = ConfigDict(frozen=True)

    threshold: float = Field(description="Mean return of 100 training episodes.")
    seeds: list[int]
    solved: int = Field(description="How many of the seeds reached the threshold.")
    env_steps_median: int
    env_steps_min: int
    env_steps_max: int
    seconds_median: float = Field(description="Training seconds to the threshold.")
    seconds_min: float
    seconds_max: float
    machine: str
    measured_on: str
    curve: list[tuple[int, float]] = Field(
        default_factory=list,
        description="Median over the seeds: env step, mean return of 100 episodes.",
    )


class Preset(BaseModel):
    """One card of the new-run form."""

    model_config = ConfigDict(frozen=True)

    name: str
    title: str
    summary: str
    teaches: str = Field(description="What to look at, and what to try.")
    spec: RunSpec
    measurement: PresetMeasurement | None = None

    def as_base(self) -> dict[str, Any]:
        """The spec as plain data, ready to be overridden field by field."""
        document = self.spec.model_dump(mode="json", exclude_unset=True, by_alias=True)
        document["preset"] = self.name
        return document
