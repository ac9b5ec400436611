"""What the use cases need from outside; `bootstrap` plugs in the real things.

The catalogue's methods block and are called in threads; the others belong to the event loop.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

from pydantic import BaseModel

from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.control import Assignment
from matinee.contracts.environments import EnvironmentDescription, RunInterpreter
from matinee.contracts.presets import Preset
from matinee.contracts.run import Run, RunPage
from matinee.contracts.run_state import RunState


@dataclass(frozen=True)
class RunQuery:
    """Which runs to list, newest first."""

    states: tuple[RunState, ...] = ()
    environment: str | None = None
    algorithm: Algorithm | None = None
    group: str | None = None
    text: str | None = None
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True)
class IdempotencyClaim:
    """What the catalogue knows of an Idempotency-Key."""

    run_id: str
    fingerprint: str
    is_new: bool


@dataclass(frozen=True)
class ServerLimits:
    """What this server refuses to go beyond."""

    active_runs: int
    workers_per_run: int
    queued_runs: int = 1000
    runs: int = 10_000
    threads_per_run: int = 128
    parameters: int = 50_000_000
    memory_fraction: float = 0.8
    hang_after_s: float = 60.0


class TableFiles(Protocol):
    """Files of tables that the server does not write itself."""

    def rows(
        self, run_dir: Path, table: Literal["episodes", "metrics", "histograms"]
    ) -> AsyncIterator[bytes]:
        """All rows of a table as a Parquet file, in parts.

        Raises:
            InvalidInputError: what it takes is not installed.
        """


class PolicyFiles(Protocol):
    """Files of policies that the server does not write itself."""

    def onnx(self, folder: Path) -> AsyncIterator[bytes]:
        """The policy of a checkpoint's folder as an ONNX model, in parts."""


class Player(Protocol):
    """A child process that plays a policy."""

    @property
    def pid(self) -> int:
        """Process id."""

    def tell(self, order: BaseModel) -> None:
        """Tell it something; one that has ended hears nothing."""

    def messages(self) -> AsyncIterator[tuple[bytes, bytes]]:
        """Heads and bodies of what it says, until it ends."""

    async def last_words(self) -> str:
        """What one that has ended printed last: a line for people."""

    async def close(self) -> None:
        """End it; calling it again does nothing."""


class Players(Protocol):
    """Starts players."""

    async def start(self, order: BaseModel) -> Player:
        """Start one, and give it its order.

        Raises:
            ConflictError: no process could be started.
        """


class Catalogue(Protocol):
    """The index of runs. It can be deleted: it is rebuilt from the run folders."""

    def save_run(self, run: Run) -> None:
        """Insert or replace one run."""

    def find_run(self, run_id: str) -> Run | None:
        """One run, or None."""

    def list_runs(self, query: RunQuery) -> RunPage:
        """A page of runs, newest first, by keyset.

        Raises:
            InvalidInputError: if the cursor was not made by this catalogue.
        """

    def known_run_ids(self) -> frozenset[str]:
        """The ids of all runs in the index."""

    def count_runs(self) -> dict[RunState, int]:
        """How many runs are in each state; a state without any is left out."""

    def remove_run(self, run_id: str) -> None:
        """Forget one run."""

    def claim_idempotency_key(
        self, key: str, *, fingerprint: str, run_id: str, now: datetime
    ) -> IdempotencyClaim:
        """Tie a key to a run id for 24 h, or return what it is already tied to."""

    def release_idempotency_key(self, key: str) -> None:
        """Untie a key whose request was refused."""

    def is_writable(self) -> bool:
        """Try a real write."""


@dataclass(frozen=True)
class ProcessExit:
    """How a run process ended; both None if it was not our child."""

    return_code: int | None
    signal_name: str | None


class RunProcess(Protocol):
    """One run process, our child or adopted."""

    @property
    def pid(self) -> int:
        """Process id."""

    def is_alive(self) -> bool:
        """Whether exactly this process, not one that inherited its pid, still runs."""

    def busy_s(self) -> float | None:
        """Processor time that it has used so far; None: nobody knows, or it is gone."""

    def abort(self) -> None:
        """SIGABRT, also to one that is stopped: write the stacks of all threads and die."""

    def terminate(self) -> None:
        """SIGTERM: checkpoint and leave."""

    def kill(self) -> None:
        """SIGKILL."""

    async def wait(self, timeout_s: float) -> ProcessExit | None:
        """How it ended, or None if it has not within `timeout_s`."""


class RunLauncher(Protocol):
    """Starts run processes; keeps a warm spare."""

    async def open(self) -> None:
        """Begin warming a spare."""

    async def launch(self, assignment: Assignment) -> RunProcess:
        """Hand a run to the spare, or to a fresh process."""

    def adopt(self, *, pid: int, process_started_at: float) -> RunProcess | None:
        """A process that an earlier server started; None if it is gone."""

    async def close(self) -> None:
        """End the spare."""


class EnvironmentRegistry(Protocol):
    """Which environments exist here, as a child process found them."""

    async def environments(self) -> Sequence[EnvironmentDescription]:
        """All of them; waits for the first look to be done."""

    async def find(self, environment_id: str) -> EnvironmentDescription | None:
        """One of them."""

    def known(self, environment_id: str) -> EnvironmentDescription | None:
        """One of them, at once; None before the first look is done, too."""

    @property
    def interpreter(self) -> RunInterpreter | None:
        """The Python of run processes; None until the first look is done."""


class PresetShelf(Protocol):
    """Named starting points."""

    def all(self) -> Sequence[Preset]:
        """All presets; the first is the page's default."""

    def find(self, name: str) -> Preset | None:
        """One preset."""
