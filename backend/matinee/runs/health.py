"""How the server is: what it says of itself, whether it can do its work, and its figures."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import psutil

from matinee import __version__
from matinee.contracts.system import (
    CONTRACT_VERSION,
    Readiness,
    ReadinessCheck,
    ServerFigures,
    StorageInfo,
    SystemInfo,
    SystemLimits,
)
from matinee.cores import usable_cores
from matinee.runs.admission import Admission
from matinee.runs.event_hub import EventHub
from matinee.runs.folders import RunFolders
from matinee.runs.onnx_policy import why_no_onnx
from matinee.runs.ports import Catalogue, EnvironmentRegistry, ServerLimits
from matinee.runs.run_index import RunIndex
from matinee.runs.supervisor import Supervisor

MIN_FREE_DISK_BYTES = 256 * 1024 * 1024
EVENT_PAGE_LIMIT = 1_000
SERIES_POINTS_LIMIT = 10_000
WAIT_LIMIT_S = 30.0


class Health:
    """Looks at the server's parts. Lives as long as the server; used on the event loop alone."""

    def __init__(
        self,
        *,
        folders: RunFolders,
        index: RunIndex,
        catalogue: Catalogue,
        hub: EventHub,
        supervisor: Supervisor,
        admission: Admission,
        registry: EnvironmentRegistry,
        limits: ServerLimits,
    ) -> None:
        self._folders = folders
        self._index = index
        self._catalogue = catalogue
        self._hub = hub
        self._supervisor = supervisor
        self._admission = admission
        self._registry = registry
        self._limits = limits
        self._started_at = datetime.now(UTC)

    def system(self) -> SystemInfo:
        """What the server says about itself."""
        memory_bytes = psutil.virtual_memory().total
        return SystemInfo(
            version=__version__,
            contract_version=CONTRACT_VERSION,
            started_at=self._started_at.isoformat(),
            cores=usable_cores(),
            memory_bytes=memory_bytes,
            data_dir=str(self._folders.root.parent),
            free_disk_bytes=self._free_disk_bytes(),
            active_runs=len(self._index.live),
            queued_runs=self._admission.waiting,
            limits=SystemLimits(
                active_runs=self._limits.active_runs,
                queued_runs=self._limits.queued_runs,
                runs=self._limits.runs,
                workers_per_run=self._limits.workers_per_run,
                threads_per_run=self._limits.threads_per_run,
                parameters=self._limits.parameters,
                run_memory_bytes=round(memory_bytes * self._limits.memory_fraction),
                envs_per_worker=4096,
                event_page=EVENT_PAGE_LIMIT,
                series_points=SERIES_POINTS_LIMIT,
                wait_s=WAIT_LIMIT_S,
                hang_after_s=self._limits.hang_after_s,
            ),
            interpreter=self._registry.interpreter,
            onnx_unavailable=why_no_onnx(),
        )

    async def storage(self) -> StorageInfo:
        """What the records take: every file is looked at, so it takes a while where many are."""
        return await asyncio.to_thread(_storage, self._folders)

    async def readiness(self) -> Readiness:
        """Whether the server can do its work, tried for real."""
        free = self._free_disk_bytes()
        writable = await asyncio.to_thread(self._catalogue.is_writable)
        troubles = self._supervisor.troubles()
        checks = {
            "data_dir": ReadinessCheck(
                ok=writable,
                detail=f"{self._folders.root.parent} can{'' if writable else 'not'} be written",
            ),
            "disk": ReadinessCheck(
                ok=free >= MIN_FREE_DISK_BYTES,
                detail=f"{free:,} bytes free; at least {MIN_FREE_DISK_BYTES:,} are needed",
            ),
            "supervisor": ReadinessCheck(
                ok=self._supervisor.ticking,
                detail=f"{len(self._index.live)} active runs looked after",
            ),
            "records": ReadinessCheck(
                ok=not troubles,
                detail="; ".join(f"run {run_id}: {words}" for run_id, words in troubles.items())
                or "every active run can write its record",
            ),
        }
        return Readiness(ready=all(check.ok for check in checks.values()), checks=checks)

    async def figures(self) -> ServerFigures:
        """What `/metrics` reports."""
        ages_s = self._supervisor.heartbeat_ages_s().values()
        return ServerFigures(
            runs=await asyncio.to_thread(self._catalogue.count_runs),
            heartbeat_age_s=max(ages_s, default=None),
            events_published=self._hub.published_events,
            points_written=self._hub.published_points,
            env_steps_per_second=sum(
                run.progress.steps_per_second for run in self._index.live.values()
            ),
            free_disk_bytes=self._free_disk_bytes(),
            restarts=dict(self._supervisor.restarts),
            runs_in_trouble=len(self._supervisor.troubles()),
        )

    def _free_disk_bytes(self) -> int:
        return shutil.disk_usage(self._folders.root.parent).free


def _storage(folders: RunFolders) -> StorageInfo:
    data_dir = folders.root.parent
    disk = shutil.disk_usage(data_dir)
    return StorageInfo(
        runs=sum(1 for _ in folders.run_ids()),
        record_bytes=sum(_file_sizes(data_dir)),
        free_disk_bytes=disk.free,
        total_disk_bytes=disk.total,
    )


def _file_sizes(folder: Path) -> Iterator[int]:
    """Of all files below; what vanishes while it is looked at counts for nothing."""
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                yield (Path(place) / name).lstat().st_size
