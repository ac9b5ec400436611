"""Named starting points: a complete spec, and what it reached when it was measured."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from matinee.contracts.run_spec import RunSpec

CURVE_POINTS_MAX = 100
DIGEST_CHARACTERS = 16


class PresetMeasurement(BaseModel):
    """What a preset reached, measured, never promised. A seed that failed counts to its end."""

    model_config = ConfigDict(frozen=True)

    threshold: float | None = Field(
        description="Mean return of 100 training episodes; none for a preset that is held back so "
        "that people can watch: when it gets anywhere says nothing."
    )
    seeds: list[int] = Field(description="None of them was used to choose the settings.")
    solved: int = Field(description="How many of the seeds reached the threshold; 0 without one.")
    env_steps_median: int
    env_steps_min: int
    env_steps_max: int
    seconds_median: float = Field(
        description="Training seconds to the threshold, or to the end without one."
    )
    seconds_min: float
    seconds_max: float
    evaluation_episodes: int = Field(description="Greedy test episodes at the end of each seed.")
    evaluation_median: float = Field(description="Over the seeds: mean return of those episodes.")
    evaluation_min: float
    evaluation_max: float
    machine: str
    versions: str
    measured_on: str
    spec_digest: str = Field(description="Of the settings that were measured.")
    curve: list[tuple[int, float]] = Field(
        default_factory=list,
        max_length=CURVE_POINTS_MAX,
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

    @property
    def spec_digest(self) -> str:
        """Tells whether a measurement is of these settings. SHA-256 of their JSON, shortened."""
        document = self.spec.model_dump(mode="json", exclude_unset=True, by_alias=True)
        text = json.dumps(document, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:DIGEST_CHARACTERS]

    def as_base(self) -> dict[str, Any]:
        """The spec as plain data, ready to be overridden field by field."""
        document = self.spec.model_dump(mode="json", exclude_unset=True, by_alias=True)
        document["preset"] = self.name
        return document
