"""How far a run has come."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class SolvedAt(BaseModel):
    """When the mean return of 100 episodes first reached the target."""

    model_config = ConfigDict(frozen=True)

    env_steps: int
    seconds: float


class Progress(BaseModel):
    """Counters of one run. `seconds` is training time: pauses are not counted."""

    model_config = ConfigDict(frozen=True)

    env_steps: int = 0
    frames: int | None = Field(
        default=None,
        description="Env steps times the frames that each of them takes, as papers on Atari count; "
        "null where a step is a frame.",
    )
    episodes: int = 0
    updates: int = 0
    seconds: float = 0.0
    steps_per_second: float = 0.0
    mean_return_100: float | None = Field(
        default=None, description="Mean of the last 100 finished episodes, or of all if fewer."
    )
    best_mean_return_100: float | None = Field(
        default=None, description="Best mean of 100 consecutive episodes so far."
    )
    solved_at: SolvedAt | None = None
    budget_fraction: float | None = Field(
        default=None, ge=0, le=1, description="Null where the run has no budget."
    )
