"""The use cases around runs that are threads: everything real but the training and the web."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from fakes.players import ScriptedPlayers
from fakes.records import SPEC
from fakes.scripted_runs import ScriptedLauncher, ScriptedRun
from matinee.bootstrap.presets import BuiltInPresets
from matinee.contracts.commands import Start
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.run import Run
from matinee.contracts.run_state import RunState
from matinee.processes.environment_probe import EnvironmentProbe
from matinee.processes.onnx_program import OnnxProgram
from matinee.processes.parquet_program import ParquetProgram
from matinee.runs.admission import Admission
from matinee.runs.checkpointing import Checkpointing
from matinee.runs.creation import RunMaker
from matinee.runs.event_hub import EventHub
from matinee.runs.folders import RunDetails, RunFolders
from matinee.runs.forking import Forking
from matinee.runs.health import Health
from matinee.runs.player_places import PlayerPlaces
from matinee.runs.ports import ServerLimits
from matinee.runs.recovery import FolderWatch
from matinee.runs.run_index import RunIndex
from matinee.runs.service import RunService
from matinee.runs.steering import Steering, new_command
from matinee.runs.supervisor import Supervisor
from matinee.runs.watching import Watching
from matinee.storage.catalogue import SqliteCatalogue

PATIENCE_S = 30.0

_T = TypeVar("_T")


@dataclass
class House:
    """Everything that a server is made of, without the web."""

    data_dir: Path
    folders: RunFolders
    catalogue: SqliteCatalogue
    index: RunIndex
    hub: EventHub
    launcher: ScriptedLauncher
    supervisor: Supervisor
    admission: Admission
    steering: Steering
    service: RunService
    checkpointing: Checkpointing
    watch: FolderWatch
    watching: Watching
    players: ScriptedPlayers

    def queued(self, actor: str = "token", **changes: Any) -> str:
        """A new run that waits for its process; nobody knows of it yet."""
        run_id = new_ulid()
        command = new_command(run_id, Start(), new_ulid(), actor=actor)
        self.folders.create(
            run_id,
            spec=SPEC.model_copy(update=changes),
            details=RunDetails(name="x"),
            created_at=datetime.now(UTC),
            start=command,
        )
        return run_id

    def created(self, **changes: Any) -> str:
        """A new run that nobody has started."""
        run_id = new_ulid()
        self.folders.create(
            run_id,
            spec=SPEC.model_copy(update=changes),
            details=RunDetails(name="x"),
            created_at=datetime.now(UTC),
            start=None,
        )
        return run_id

    async def launched(self) -> tuple[str, ScriptedRun]:
        """A run that is running under supervision."""
        run_id = self.queued()
        await self.index.refresh(run_id)
        (command,) = self.folders.reader(run_id).open_commands()
        await self.supervisor.launch(run_id, start_command_id=command.id, actor="token")
        await self.in_state(run_id, RunState.RUNNING)
        return run_id, self.launcher.launched[-1]

    async def in_state(self, run_id: str, *states: RunState) -> Run:
        """The run once the index has it in one of these states."""

        async def look() -> Run | None:
            run = await self.index.get(run_id)
            return run if run.state in states else None

        return await eventually(look)

    async def in_state_when_known(self, run_id: str, state: RunState) -> Run:
        """The same for a run that the index does not know yet."""

        async def known() -> bool:
            return await asyncio.to_thread(self.catalogue.find_run, run_id) is not None

        await eventually(known)
        return await self.in_state(run_id, state)

    async def alone(self, run_id: str) -> None:
        """Wait until nobody looks after the run any more."""

        async def look() -> bool:
            return not self.supervisor.attends(run_id)

        await eventually(look)


async def becomes(condition: Callable[[], object]) -> None:
    """Wait until something is so, which anybody on this loop may bring about."""

    async def look() -> bool:
        return bool(condition())

    await eventually(look)


async def eventually(look: Callable[[], Awaitable[_T | None]]) -> _T:
    """The first answer that is neither None nor False."""
    deadline_s = time.monotonic() + PATIENCE_S
    while True:
        answer = await look()
        if answer is not None and answer is not False:
            return answer
        assert time.monotonic() < deadline_s, "it never became so"
        await asyncio.sleep(0.005)


@asynccontextmanager
async def open_house(
    data_dir: Path,
    *,
    runtime_dir: Path,
    environment_cache: Path,
    max_active_runs: int = 4,
    max_queued_runs: int = 100,
    max_runs: int = 1000,
) -> AsyncIterator[House]:
    """Everything, put together as `bootstrap.server` does it; runs are ended at the end."""
    if not (data_dir / "cache").exists():
        shutil.copytree(environment_cache, data_dir / "cache")
    folders = RunFolders(data_dir)
    catalogue = SqliteCatalogue(data_dir / "catalogue.db")
    index = RunIndex(folders, catalogue)
    hub = EventHub(folders)
    launcher = ScriptedLauncher()
    supervisor = Supervisor(
        folders=folders,
        index=index,
        hub=hub,
        launcher=launcher,
        runtime_dir=runtime_dir,
        orphan_grace_s=60,
        hang_after_s=60,
    )
    admission = Admission(
        supervisor=supervisor,
        index=index,
        max_active_runs=max_active_runs,
        max_queued_runs=max_queued_runs,
    )
    steering = Steering(
        folders=folders,
        index=index,
        hub=hub,
        supervisor=supervisor,
        admission=admission,
        max_workers=8,
    )
    registry = EnvironmentProbe(cache_dir=data_dir / "cache")
    limits = ServerLimits(
        active_runs=max_active_runs,
        queued_runs=max_queued_runs,
        runs=max_runs,
        workers_per_run=8,
    )
    presets = BuiltInPresets()
    maker = RunMaker(
        folders=folders,
        index=index,
        catalogue=catalogue,
        admission=admission,
        steering=steering,
        registry=registry,
        presets=presets,
        limits=limits,
    )
    health = Health(
        folders=folders,
        index=index,
        catalogue=catalogue,
        hub=hub,
        supervisor=supervisor,
        admission=admission,
        registry=registry,
        limits=limits,
    )
    players = ScriptedPlayers()
    watching = Watching(
        folders=folders, supervisor=supervisor, players=players, places=PlayerPlaces(2)
    )
    service = RunService(
        folders=folders,
        index=index,
        hub=hub,
        supervisor=supervisor,
        steering=steering,
        maker=maker,
        health=health,
        registry=registry,
        presets=presets,
        tables=ParquetProgram(),
        watching=watching,
    )
    checkpointing = Checkpointing(
        folders=folders,
        index=index,
        supervisor=supervisor,
        steering=steering,
        forking=Forking(
            folders=folders,
            index=index,
            admission=admission,
            steering=steering,
            maker=maker,
            registry=registry,
            limits=limits,
        ),
        policies=OnnxProgram(),
    )
    watch = FolderWatch(
        folders=folders,
        index=index,
        catalogue=catalogue,
        launcher=launcher,
        supervisor=supervisor,
        admission=admission,
        steering=steering,
    )
    try:
        yield House(
            data_dir,
            folders,
            catalogue,
            index,
            hub,
            launcher,
            supervisor,
            admission,
            steering,
            service,
            checkpointing,
            watch,
            watching,
            players,
        )
    finally:
        await watching.close()
        await watch.close()
        await admission.close()
        # It waits for launches on their way: what they bring must be ended, too.
        await supervisor.close(keep_runs=True)
        await asyncio.to_thread(launcher.end_all)
        index.close()
        catalogue.close()
