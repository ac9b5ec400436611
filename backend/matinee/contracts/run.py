"""A run as the API shows it."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from matinee.contracts.alerts import RaisedAlert
from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.hyperparameter_definition import LiveClass, Scale
from matinee.contracts.hyperparameters import HyperparameterSetting
from matinee.contracts.json_body import JsonBody
from matinee.contracts.progress import Progress
from matinee.contracts.run_parts import BudgetSpec
from matinee.contracts.run_spec import EnvironmentSpec, Group, Name, RunSpec, Tag
from matinee.contracts.run_state import RunState
from matinee.contracts.uncached_json import UncachedJson


class Parent(UncachedJson):
    """Where a forked run came from: its counters and its axis go on from there."""

    model_config = ConfigDict(frozen=True)

    run_id: str = Field(description="It may have been deleted since.")
    checkpoint_id: str = Field(description="Of the parent; the fork has a copy of its own.")
    env_step: int = Field(description="Of the checkpoint.")
    episodes: int = Field(description="Of the checkpoint; the fork's are numbered from the next.")


class Run(UncachedJson):
    """One run: what was asked for, where it stands, how far it came."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    group: str | None
    tags: list[str]
    notes: str
    algorithm: Algorithm = Field(
        description="The training mode now; the spec has the one that it began with."
    )
    environment: EnvironmentSpec
    seed: int
    spec: RunSpec
    budget: BudgetSpec | None = Field(
        default=None, description="The one now; null: still the spec's."
    )
    state: RunState
    reason: str | None = Field(description="Why it is in this state, in words.")
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    parent: Parent | None = None
    steered: bool = Field(description="A person changed a hyperparameter while it trained.")
    revision: int = Field(description="Of `name, group, tags, notes`; the ETag.")
    progress: Progress
    alerts: list[RaisedAlert] = Field(
        default_factory=list, description="Raised and not cleared, the newest last."
    )
    alert_thresholds: dict[str, float] = Field(
        default_factory=dict,
        description="The run's own thresholds now, by rule; other rules have their defaults. "
        "The spec has those that it began with.",
    )
    last_seq: int = Field(description="Sequence number of the newest event.")
    queue_position: int | None = Field(
        default=None, description="From 1, while it is `queued` and waits for a place."
    )
    restarts: int = Field(
        default=0, description="In a row, after deaths; see `recovery` in the spec."
    )
    trouble: str | None = Field(
        default=None,
        description="What its process can't write down at the moment, in words: no event can tell "
        "that. Null if all is well.",
    )


class RunPage(BaseModel):
    """A page of runs, newest first."""

    items: list[Run]
    next_cursor: str | None = None


class RunPatch(JsonBody):
    """What people may edit about a run at any time."""

    model_config = ConfigDict(frozen=True)

    name: Name | None = None
    group: Group | None = None
    tags: list[Tag] | None = Field(default=None, max_length=20)
    notes: str | None = Field(default=None, max_length=10_000)


class HyperparameterStatus(BaseModel):
    """What was asked, what is in use, and since when."""

    model_config = ConfigDict(frozen=True)

    name: str
    requested: HyperparameterSetting = Field(description="The newest setting asked for.")
    requested_at_env_step: int | None = None
    applied: HyperparameterSetting = Field(description="The setting in use.")
    applied_value: bool | int | float | str = Field(
        description="Its value now: differs from `applied` while a schedule runs."
    )
    applied_at_env_step: int = Field(description="In use since this env step.")
    pending: bool
    applies: bool = Field(
        description="Whether the run uses it: its present mode and its environment."
    )
    live_class: LiveClass
    minimum: float | None
    maximum: float | None
    zero_allowed: bool
    choices: list[str]
    scale: Scale
    default: bool | int | float | str = Field(
        description="In the present training mode; of a parameter of the environment, its own."
    )


class Hyperparameters(BaseModel):
    """All hyperparameters of a run; `revision` counts the applied changes."""

    model_config = ConfigDict(frozen=True)

    revision: int
    env_step: int
    items: list[HyperparameterStatus]


class AppliedHyperparameter(BaseModel):
    """As the run process records it."""

    model_config = ConfigDict(frozen=True)

    setting: HyperparameterSetting
    value: bool | int | float | str
    since_env_step: int


class RunSnapshot(UncachedJson):
    """The newest whole picture of a run in its run.db, rewritten at every commit."""

    state: RunState
    reason: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    steered: bool = False
    progress: Progress = Progress()
    hyperparameter_revision: int = 0
    hyperparameters: dict[str, AppliedHyperparameter] = Field(default_factory=dict)
    alerts: list[RaisedAlert] = Field(default_factory=list)
    alert_thresholds: dict[str, float] | None = Field(
        default=None, description="The run's own; null: as its spec has them."
    )
    restarts: int = Field(default=0, description="In a row, after deaths.")
    budget: BudgetSpec | None = Field(default=None, description="null: as its spec has it.")
