"""A run's steering as one file: read it, keep it, replay it on this seed or on another."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from matinee.contracts.commands import Command
from matinee.contracts.planned_changes import PlannedChange
from matinee.contracts.run_spec import RunSpec


class NotReplayed(BaseModel):
    """A command that took effect and is not part of the plan."""

    model_config = ConfigDict(frozen=True)

    env_step: int | None
    action: str
    why: str


class LedgerFile(BaseModel):
    """What a run began with, and everything that was then asked of it."""

    model_config = ConfigDict(frozen=True)

    format: Literal["matinee-ledger/1"] = "matinee-ledger/1"
    run_id: str
    exported_at: datetime
    spec: RunSpec = Field(description="As the run began, its seed included.")
    until_env_step: int | None = Field(
        description="Where the run ended; null while more may come. A replay ends there, too."
    )
    plan: list[PlannedChange] = Field(
        description="Every change of hyperparameters that took effect, whoever asked for it, at "
        "the env step from which on it was in use. Its schedules begin where they really began."
    )
    commands: list[Command] = Field(description="The whole ledger, as it was kept.")
    not_replayed: list[NotReplayed] = Field(
        description="Commands that took effect but are not part of the plan, and why."
    )
