"""What happened to a run: the union that run.db stores, REST returns and the socket sends.

`seq` is given at commit: 1, 2, 3 … without gaps. A cursor is the last `seq` seen; 0 is the start.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from matinee.contracts.alert_rule import AlertSeverity
from matinee.contracts.alerts import ThresholdChange
from matinee.contracts.checkpoints import CheckpointCause
from matinee.contracts.commands import Action, HyperparameterChange
from matinee.contracts.histograms import HistogramCounts
from matinee.contracts.metrics import MetricSummary
from matinee.contracts.progress import Progress
from matinee.contracts.run import Parent
from matinee.contracts.run_spec import RunSpec
from matinee.contracts.run_state import RunState
from matinee.contracts.stretches import Stretch

MAX_EXACT_EPISODE_ROWS = 200
"""Above this many episodes in one flush, an event carries bins; run.db keeps every row."""


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True)

    seq: int = Field(ge=1)
    at: datetime
    env_step: int = Field(ge=0)


class RunCreated(_Event):
    """The first event of every run."""

    type: Literal["run_created"] = "run_created"
    spec: RunSpec
    parent: Parent | None = Field(default=None, description="Where it was forked, if it was.")


class RunStateChanged(_Event):
    """A step of the state machine."""

    type: Literal["run_state_changed"] = "run_state_changed"
    state: RunState
    previous_state: RunState
    reason: str | None = None


class CommandAccepted(_Event):
    """The run process has taken a command; it applies it at the next boundary."""

    type: Literal["command_accepted"] = "command_accepted"
    command_id: str
    actor: str
    action: Action


class CommandApplied(_Event):
    """A command has taken effect at this event's `env_step`."""

    type: Literal["command_applied"] = "command_applied"
    command_id: str
    actor: str
    name: str
    revision: int = Field(description="Of the hyperparameters, after the command.")
    threshold_changes: dict[str, ThresholdChange] = Field(
        default_factory=dict, description="Of alert rules, if it changed some."
    )
    checkpoint_id: str | None = Field(
        default=None,
        description="Saved, pinned or gone back to; of a risky change: saved just before it.",
    )


class CommandRejected(_Event):
    """A command has no effect, and why."""

    type: Literal["command_rejected"] = "command_rejected"
    command_id: str
    actor: str
    name: str
    reason: str


class HyperparametersChanged(_Event):
    """New settings are in use from this event's `env_step` on."""

    type: Literal["hyperparameters_changed"] = "hyperparameters_changed"
    command_id: str | None
    actor: str
    revision: int
    changes: dict[str, HyperparameterChange]


class EpisodeColumns(BaseModel):
    """Finished episodes, one list per column, equally long.

    Exact: one entry per episode, and the three optional columns are left out. Binned: one entry
    per `count` consecutive episodes; `returns` and `lengths` are their means, `worker` is -1.
    """

    model_config = ConfigDict(frozen=True, populate_by_name=True, serialize_by_alias=True)

    episode: list[int] = Field(description="Number of the (last) episode, from 1.")
    worker: list[int]
    env_step: list[int]
    seconds: list[float]
    returns: list[float] = Field(alias="return")
    lengths: list[float] = Field(alias="length")
    return_min: list[float] | None = None
    return_max: list[float] | None = None
    count: list[int] | None = None


class EpisodesFinished(_Event):
    """Training episodes that ended since the last flush."""

    type: Literal["episodes_finished"] = "episodes_finished"
    first_episode: int
    last_episode: int
    exact: bool
    columns: EpisodeColumns


class MetricsSummarised(_Event):
    """What each metric did since the last flush, and how far the run has come."""

    type: Literal["metrics_summarised"] = "metrics_summarised"
    metrics: dict[str, MetricSummary]
    progress: Progress


class HistogramsCounted(_Event):
    """What was counted since the last event of this type, about once a second."""

    type: Literal["histograms_counted"] = "histograms_counted"
    seconds: float = Field(description="Of training so far.")
    updates: int = Field(description="So far.")
    episodes: int = Field(description="So far.")
    histograms: dict[str, HistogramCounts] = Field(
        description="By name of the catalogue, or `name.1`, `name.2` … where there are several."
    )


class WorkerStatusChanged(_Event):
    """A thread began, ended or failed."""

    type: Literal["worker_status_changed"] = "worker_status_changed"
    worker: int
    status: Literal["running", "finished", "failed"]
    error: str | None = Field(default=None, description="The traceback, if it failed.")


class WorkerProcessChanged(_Event):
    """A process that hosts some of the workers has come up, ended or failed."""

    type: Literal["worker_process_changed"] = "worker_process_changed"
    process: int = Field(description="Its number in the run, from 1; 0 is the run process itself.")
    pid: int
    status: Literal["running", "finished", "failed"]
    start_s: float | None = Field(
        description="Seconds from its launch until it could be given workers; null: it never could."
    )
    error: str | None = Field(default=None, description="Why, if it failed.")


class CheckpointSaved(_Event):
    """The learner's state at `env_step` is on disk."""

    type: Literal["checkpoint_saved"] = "checkpoint_saved"
    checkpoint_id: str
    cause: CheckpointCause
    size_bytes: int
    command_id: str | None = Field(
        default=None, description="That asked for it, or that it was saved before."
    )
    episodes: int = 0
    seconds: float = Field(default=0.0, description="Of training.")
    mean_return_100: float | None = None
    full_window: bool = Field(default=False, description="Whether that mean is of 100 episodes.")
    pinned: bool = False


class CheckpointPinned(_Event):
    """Somebody wants a checkpoint to stay, or no longer."""

    type: Literal["checkpoint_pinned"] = "checkpoint_pinned"
    checkpoint_id: str
    pinned: bool
    actor: str
    command_id: str | None = None


class CheckpointsDeleted(_Event):
    """Older checkpoints have given way to newer ones."""

    type: Literal["checkpoints_deleted"] = "checkpoints_deleted"
    checkpoint_ids: list[str]


class RunRewound(_Event):
    """The learner is again what it was at a checkpoint; the counters go on from where they were."""

    type: Literal["run_rewound"] = "run_rewound"
    checkpoint_id: str | None = Field(description="null: there was none; it began anew.")
    cause: Literal["command", "resume"] = Field(
        description="resume: what came after the checkpoint was lost with its process."
    )
    actor: str
    command_id: str | None = None
    to_env_step: int = Field(description="Of the checkpoint.")
    abandoned: Stretch | None = Field(
        description="What no longer counts; it stays in the record. null: nothing had come after."
    )


class EvaluationFinished(_Event):
    """Test episodes on a snapshot of the weights have been played."""

    type: Literal["evaluation_finished"] = "evaluation_finished"
    deterministic: bool
    final: bool
    mean_return: float
    std_return: float
    returns: list[float]
    lengths: list[int]


class LogWritten(_Event):
    """Something that people should read."""

    type: Literal["log_written"] = "log_written"
    level: Literal["info", "warning", "error"]
    message: str


class AlertRaised(_Event):
    """A rule of `GET /alert-rules` has found something wrong."""

    type: Literal["alert_raised"] = "alert_raised"
    alert: str = Field(description="The rule's name.")
    severity: AlertSeverity
    message: str
    hint: str = Field(description="What to try.")
    value: float
    threshold: float


class AlertCleared(_Event):
    """What an alert warned of is over."""

    type: Literal["alert_cleared"] = "alert_cleared"
    alert: str = Field(description="The rule's name.")
    message: str


Event = Annotated[
    RunCreated
    | RunStateChanged
    | CommandAccepted
    | CommandApplied
    | CommandRejected
    | HyperparametersChanged
    | EpisodesFinished
    | MetricsSummarised
    | HistogramsCounted
    | WorkerStatusChanged
    | WorkerProcessChanged
    | CheckpointSaved
    | CheckpointPinned
    | CheckpointsDeleted
    | RunRewound
    | EvaluationFinished
    | AlertRaised
    | AlertCleared
    | LogWritten,
    Field(discriminator="type"),
]

EventType = Literal[
    "run_created",
    "run_state_changed",
    "command_accepted",
    "command_applied",
    "command_rejected",
    "hyperparameters_changed",
    "episodes_finished",
    "metrics_summarised",
    "histograms_counted",
    "worker_status_changed",
    "worker_process_changed",
    "checkpoint_saved",
    "checkpoint_pinned",
    "checkpoints_deleted",
    "run_rewound",
    "evaluation_finished",
    "alert_raised",
    "alert_cleared",
    "log_written",
]

EVENT_ADAPTER: TypeAdapter[Event] = TypeAdapter(Event)


class EventPage(BaseModel):
    """A stretch of a run's events."""

    model_config = ConfigDict(frozen=True)

    events: list[Event]
    next: int = Field(description="Ask again with `after` = this.")
    epoch: str = Field(description="Changes if the record was replaced: start again from 0.")
