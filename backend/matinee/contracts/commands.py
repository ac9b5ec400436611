"""What people ask of a run, and what became of it.

A command is accepted or rejected by the run process, then applied at a rollout boundary. It is
never "sent and hoped": every command ends as applied or rejected, with the env step or a reason.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from matinee.contracts.alerts import ThresholdChange
from matinee.contracts.hyperparameter_definition import LiveClass
from matinee.contracts.hyperparameters import HyperparameterSetting
from matinee.contracts.identifiers import Ulid
from matinee.contracts.json_body import JsonBody
from matinee.contracts.run_parts import BudgetSpec
from matinee.contracts.schedules import ENV_STEP_MAX
from matinee.contracts.uncached_json import UncachedJson


class _Action(JsonBody):
    model_config = ConfigDict(frozen=True)


class Start(_Action):
    """Begin training; or, where the run has ended, go on from a checkpoint."""

    name: Literal["start"] = "start"
    checkpoint_id: Ulid | None = Field(default=None, description="null: the newest whole one.")
    budget: BudgetSpec | None = Field(default=None, description="From now on; null: as before.")


class Pause(_Action):
    """Stand still at the next rollout boundary."""

    name: Literal["pause"] = "pause"


class Resume(_Action):
    """Go on after a pause; for a run that has ended the same as `start`."""

    name: Literal["resume"] = "resume"
    checkpoint_id: Ulid | None = Field(default=None, description="As for `start`.")
    budget: BudgetSpec | None = Field(default=None, description="As for `start`.")


class Stop(_Action):
    """Finish the rollout, checkpoint, evaluate, end as `stopped`."""

    name: Literal["stop"] = "stop"


class Abort(_Action):
    """End at once as `aborted`: no checkpoint, no evaluation."""

    name: Literal["abort"] = "abort"


class Interrupt(_Action):
    """Checkpoint and leave as `interrupted`: the server or the machine is going away."""

    name: Literal["interrupt"] = "interrupt"
    reason: str = Field(max_length=200)


class Step(_Action):
    """Run this far, then pause."""

    name: Literal["step"] = "step"
    env_steps: Annotated[int, Field(ge=1, le=ENV_STEP_MAX)] | None = None
    updates: Annotated[int, Field(ge=1, le=ENV_STEP_MAX)] | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Step:
        if (self.env_steps is None) == (self.updates is None):
            raise ValueError("give either env_steps or updates")
        return self


class SetHyperparameters(_Action):
    """Change any subset of the live hyperparameters, all or nothing."""

    name: Literal["set_hyperparameters"] = "set_hyperparameters"
    settings: dict[str, HyperparameterSetting] = Field(min_length=1, max_length=100)
    expected_revision: int | None = Field(
        default=None, ge=0, description="Refuse if the hyperparameters have moved on since."
    )


class SetAlertThresholds(_Action):
    """Warn of some things sooner or later than before, all or nothing."""

    name: Literal["set_alert_thresholds"] = "set_alert_thresholds"
    thresholds: dict[str, float | None] = Field(
        min_length=1, max_length=100, description="By rule; null: the rule's default."
    )


class SaveCheckpoint(_Action):
    """Write the learner's present state to disk."""

    name: Literal["checkpoint"] = "checkpoint"
    pinned: bool = Field(default=True, description="Keep it until somebody unpins it.")


class PinCheckpoint(_Action):
    """Keep a checkpoint, whatever comes after it; or no longer."""

    name: Literal["pin_checkpoint"] = "pin_checkpoint"
    checkpoint_id: Ulid
    pinned: bool


class Rewind(_Action):
    """Go back to a checkpoint, in place: what came after it is kept, and marked as abandoned."""

    name: Literal["rewind"] = "rewind"
    checkpoint_id: Ulid


class Fork(_Action):
    """Begin where another run stood: the first entry in the ledger of a run that was forked."""

    name: Literal["fork"] = "fork"
    run_id: Ulid = Field(description="The parent.")
    checkpoint_id: Ulid = Field(description="Of the parent.")
    settings: dict[str, HyperparameterSetting] = Field(
        default_factory=dict, max_length=100, description="What shall differ from the parent."
    )


Action = Annotated[
    Start
    | Pause
    | Resume
    | Stop
    | Abort
    | Interrupt
    | Step
    | SetHyperparameters
    | SetAlertThresholds
    | SaveCheckpoint
    | PinCheckpoint
    | Rewind
    | Fork,
    Field(discriminator="name"),
]


class CommandState(StrEnum):
    """What became of a command."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    APPLIED = "applied"
    REJECTED = "rejected"


FINAL_COMMAND_STATES = frozenset({CommandState.APPLIED, CommandState.REJECTED})
"""Nothing more comes of it."""


class HyperparameterChange(BaseModel):
    """One hyperparameter, before and after."""

    model_config = ConfigDict(frozen=True)

    before: HyperparameterSetting
    after: HyperparameterSetting
    applies: bool = Field(
        default=True, description="false: the run does not use it in its present mode."
    )
    live_class: LiveClass = Field(
        default=LiveClass.LIVE, description="What this very change meant for the run."
    )


class Command(UncachedJson):
    """One row of the ledger: who, when, what, and what became of it."""

    model_config = ConfigDict(frozen=True)

    id: str
    run_id: str
    actor: str = Field(
        description="Who asked: the name of a token or link; else browser, token, cli, server, "
        "signal."
    )
    action: Action
    state: CommandState
    created_at: datetime
    finished_at: datetime | None = None
    applied_at_env_step: int | None = None
    revision: int | None = Field(
        default=None, description="Of the hyperparameters, after this command."
    )
    changes: dict[str, HyperparameterChange] = Field(default_factory=dict)
    threshold_changes: dict[str, ThresholdChange] = Field(
        default_factory=dict, description="Of alert rules."
    )
    checkpoint_id: str | None = Field(
        default=None,
        description="Of the checkpoint that it saved, pinned or went back to; of a change that "
        "may do harm: of the one saved just before it.",
    )
    error: str | None = None


class CommandPage(BaseModel):
    """A page of the ledger, oldest first."""

    items: list[Command]
    next_cursor: str | None = None
