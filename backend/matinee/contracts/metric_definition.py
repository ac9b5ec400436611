"""What the catalogue says about one metric: unit, meaning, what good looks like, where it is."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from matinee.contracts.algorithm_names import ALL_ALGORITHMS, Algorithm

MetricGroup = Literal[
    "return",
    "policy",
    "value",
    "advantage",
    "update",
    "staleness",
    "ppo",
    "queue",
    "throughput",
    "hogwild",
]


class MetricDefinition(BaseModel):
    """One row of the catalogue."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    label: str = Field(description="For people, in lower case.")
    group: MetricGroup
    algorithms: tuple[Algorithm, ...] = Field(
        default=ALL_ALGORITHMS, description="The training modes that measure it."
    )
    unit: str
    per: Literal["episode", "update", "flush"] = Field(
        description="One value per finished episode, per push, or per flush of the record."
    )
    detailed: bool = Field(
        default=False,
        description="Costly: measured only now and then, and recorded at most twice a second.",
    )
    meaning: str
    guidance: str = Field(description="What good looks like.")
    equation: str = ""
