"""Every thread that trains, as the API shows it: what it does, how fast, and what became of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from matinee.contracts.uncached_json import UncachedJson

WorkerRole = Literal["actor-learner", "learner", "environment", "optimizer", "predictor"]
"""What a thread does; `learner` is the one thread that does everything (`a2c`, `ppo`)."""

WorkerState = Literal["starting", "running", "paused", "hanging", "finished", "failed", "lost"]
"""`hanging`: silent for much longer than usual. `lost`: its process ended before it did."""


class LagRange(BaseModel):
    """How many updates of others came between a pull and the push made from it."""

    model_config = ConfigDict(frozen=True)

    min: float
    mean: float
    max: float


class WorkerThread(BaseModel):
    """One thread; where one drives several workers, one row for each of them."""

    model_config = ConfigDict(frozen=True)

    thread: str = Field(description="Its name, as stacks and reasons have it.")
    role: WorkerRole
    worker: int | None = Field(description="As episodes name it; null: it plays none.")
    process: int = Field(description="Where it runs: 0 is the run process.")
    state: WorkerState
    env_steps: int
    steps_per_second: float = Field(description="Of training, over the last few seconds.")
    updates: int = Field(description="Pushed into the shared weights.")
    updates_per_second: float
    episodes: int
    last_return: float | None = Field(description="null: it has finished no episode yet.")
    policy_lag: LagRange | None = Field(
        description="Of the last second's updates; null: none of them has any."
    )
    silent_s: float | None = Field(
        description="Since it last stepped, learned or waited on purpose; null: it does not live."
    )
    usual_interval_s: float | None = Field(
        description="From one sign of life to the next; null: not known yet."
    )
    error: str | None = Field(default=None, description="The traceback, if it failed.")
    stack: str | None = Field(default=None, description="Where it stands, if it hangs.")


class WorkerProcess(BaseModel):
    """A process besides the run process that hosts some of the workers."""

    model_config = ConfigDict(frozen=True)

    process: int = Field(description="From 1.")
    pid: int
    state: Literal["running", "finished", "failed", "lost"]
    start_s: float | None = Field(description="How long it took to come up.")
    error: str | None = None


class WorkerTable(UncachedJson):
    """All of them, as of one moment. Counts begin when the run's process takes the training up."""

    model_config = ConfigDict(frozen=True)

    at: datetime = datetime.fromtimestamp(0, UTC)
    env_step: int = 0
    seconds: float = Field(default=0.0, description="Of training.")
    threads: list[WorkerThread] = Field(
        default_factory=list, description="Empty: it has not begun, or its record is older."
    )
    processes: list[WorkerProcess] = Field(default_factory=list)

    def after_the_end(self) -> WorkerTable:
        """What is true of it once the run's process is gone: nobody runs there any more."""
        return self.model_copy(
            update={
                "threads": [
                    each
                    if each.state in ("finished", "failed", "hanging")
                    else each.model_copy(update={"state": "lost"})
                    for each in self.threads
                ],
                "processes": [
                    each.model_copy(update={"state": "lost"}) if each.state == "running" else each
                    for each in self.processes
                ],
            }
        )
