"""Parts of a run's spec that other contracts speak of too: its budget, checkpoints and record."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from matinee.contracts.json_body import JsonBody
from matinee.contracts.schedules import ENV_STEP_MAX


class SpecPart(JsonBody):
    """Frozen; refuses fields that it does not know, and numbers that are none."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)


class BudgetSpec(SpecPart):
    """What ends the run; whichever comes first. All null: it runs until somebody stops it."""

    env_steps: Annotated[int, Field(ge=1, le=ENV_STEP_MAX)] | None = 1_000_000
    seconds: Annotated[float, Field(gt=0, le=31_536_000)] | None = Field(
        default=None, description="Seconds of training, pauses not counted."
    )
    target_return: Annotated[float, Field(ge=-1e12, le=1e12)] | None = Field(
        default=None, description="Mean return of the last 100 training episodes."
    )


class RecoverySpec(SpecPart):
    """What happens by itself after something has gone wrong; by default nothing does.

    A run that reports its own failure, such as an exception in its environment, stays failed.
    """

    restart_after_death: bool = Field(
        default=False,
        description="Start again from the newest checkpoint when the process has crashed, was "
        "killed or has hung; after 0.5, 1, 2, 4, 8 s.",
    )
    max_restarts: int = Field(
        default=5,
        ge=1,
        le=100,
        description="In a row; one that lives 10 s and saves a checkpoint starts counting anew.",
    )
    resume_after_interruption: bool = Field(
        default=False,
        description="Go on by itself at the next start of the server, after a reboot for example.",
    )


class CheckpointSpec(SpecPart):
    """When the learner's state is written to disk, and what is kept of it.

    What somebody has pinned stays in any case.
    """

    every_seconds: Annotated[float, Field(ge=1, le=86_400)] | None = 30.0
    keep_last: int = Field(
        default=3, ge=1, le=100, description="Of those by time, at a pause and at the end."
    )
    keep_changes: int = Field(
        default=3, ge=0, le=100, description="Of those before a risky change or a rewind."
    )
    keep_best: bool = Field(default=True, description="The one with the best mean return.")


class RecordSpec(SpecPart):
    """How much of a run is kept row by row. Charts show all of it in any case.

    What is beyond stays in blocks of 16 rows with mean, minimum and maximum.
    """

    keep_metric_rows: Annotated[int, Field(ge=10_000, le=1_000_000_000)] | None = Field(
        default=1_000_000,
        description="The newest so many of each metric; null: all. A million are about 28 hours. "
        "Histograms are kept for the same time, and nothing of them beyond it.",
    )
    keep_episodes: Annotated[int, Field(ge=10_000, le=1_000_000_000)] | None = Field(
        default=None, description="The newest so many finished episodes; null: all."
    )
