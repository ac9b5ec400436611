"""What the server says about itself and what it offers."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.environments import EnvironmentDescription, RunInterpreter
from matinee.contracts.histograms import HistogramDefinition
from matinee.contracts.hyperparameter_definition import HyperparameterDefinition
from matinee.contracts.metric_definition import MetricDefinition
from matinee.contracts.presets import Preset
from matinee.contracts.run_state import RunState

CONTRACT_VERSION = "1.0"


RestartCause = Literal["exit", "hang", "signal"]
"""What a run died of before it was started again."""


class SystemLimits(BaseModel):
    """What this server refuses to go beyond."""

    runs: int = Field(default=10_000, description="On record, ended ones among them.")
    active_runs: int = Field(description="At the same time; further ones wait.")
    queued_runs: int = Field(default=1000, description="That wait for a place.")
    workers_per_run: int
    threads_per_run: int = Field(default=128, description="That compute.")
    parameters: int = Field(default=50_000_000, description="Weights of one run's network.")
    run_memory_bytes: int = Field(
        default=0, description="What one run may need, by an estimate; 0: not told."
    )
    envs_per_worker: int
    event_page: int
    series_points: int
    wait_s: float
    hang_after_s: float = Field(
        default=60.0, description="A run process that does nothing for this long is ended."
    )


class SystemInfo(BaseModel):
    """The answer of `GET /api/v1/system`."""

    version: str
    contract_version: str
    started_at: str
    cores: int
    memory_bytes: int
    data_dir: str
    free_disk_bytes: int
    active_runs: int
    queued_runs: int = Field(default=0, description="That wait for a place.")
    limits: SystemLimits
    interpreter: RunInterpreter | None = Field(
        description="Null until the first look at the installed environments is done."
    )
    onnx_unavailable: str | None = Field(
        default=None,
        description="Why no policy can be had as an ONNX model here, and what to install; null: "
        "they can.",
    )


class StorageInfo(BaseModel):
    """The answer of `GET /api/v1/system/storage`: what the records take, and what is left."""

    runs: int = Field(description="Folders of runs.")
    record_bytes: int = Field(description="All files below the data folder, by their sizes.")
    free_disk_bytes: int
    total_disk_bytes: int


class EnvironmentList(BaseModel):
    """The answer of `GET /api/v1/environments`."""

    items: list[EnvironmentDescription]


class AlgorithmDescription(BaseModel):
    """One training mode and everything that can be tuned and watched in it."""

    name: Algorithm
    title: str
    sentence: str = Field(description="What it is, for a card.")
    summary: str
    reproducible: str = Field(description="Whether the same seed makes the same run.")
    lockstep: bool = Field(description="`lockstep` is allowed.")
    processes: bool = Field(description="More than one of `processes` is allowed.")
    recurrent: bool = Field(description="`network.lstm` is allowed.")
    source: str
    hyperparameters: list[HyperparameterDefinition]
    metrics: list[MetricDefinition]
    histograms: list[HistogramDefinition]


class AlgorithmList(BaseModel):
    """The answer of `GET /api/v1/algorithms`."""

    items: list[AlgorithmDescription]


class PresetList(BaseModel):
    """The answer of `GET /api/v1/presets`; the first is the page's default."""

    items: list[Preset]


class ReadinessCheck(BaseModel):
    """One thing the server needs to do its work."""

    model_config = ConfigDict(frozen=True)

    ok: bool
    detail: str


class Readiness(BaseModel):
    """The answer of `GET /readyz`: ready only if every check is."""

    model_config = ConfigDict(frozen=True)

    ready: bool
    checks: dict[str, ReadinessCheck]


class Liveness(BaseModel):
    """The answer of `GET /livez`: the process answers."""

    model_config = ConfigDict(frozen=True)

    status: str = "alive"


class ServerFigures(BaseModel):
    """What `/metrics` reports about the runs of this server."""

    model_config = ConfigDict(frozen=True)

    runs: dict[RunState, int] = Field(description="Runs by state; a state left out has none.")
    heartbeat_age_s: float | None = Field(
        description="Of the active run that has been silent longest; null without active runs."
    )
    events_published: int = Field(description="Since the server started.")
    points_written: int = Field(
        default=0,
        description="Finished episodes and summaries of metrics that runs have recorded since the "
        "server started, as it read them.",
    )
    env_steps_per_second: float = Field(description="Of all active runs together.")
    free_disk_bytes: int
    restarts: dict[RestartCause, int] = Field(
        default_factory=dict,
        description="Of runs that had died, since the server started, by what they died of.",
    )
    runs_in_trouble: int = Field(
        default=0, description="Active runs that can't write their record or a checkpoint."
    )
