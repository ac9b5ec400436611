"""Keeps the catalogue true to the folders: repair at the start, newcomers while it runs."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import structlog

from matinee.contracts.run_state import ACTIVE_STATES, RunState
from matinee.errors import JournalOwnedError, MatineeError
from matinee.journal.ownership import is_owned
from matinee.runs.deaths import record_death
from matinee.runs.folders import RunFolders
from matinee.runs.ports import Catalogue, RunLauncher, RunProcess
from matinee.runs.run_index import RunIndex
from matinee.runs.supervisor import Supervisor

SCAN_INTERVAL_S = 2.0
"""How soon a run that `matinee train` made elsewhere shows up here."""

log = structlog.get_logger(__name__)


class FolderWatch:
    """Finds runs on disk. Lives as long as the server; used on the event loop alone."""

    def __init__(
        self,
        *,
        folders: RunFolders,
        index: RunIndex,
        catalogue: Catalogue,
        launcher: RunLauncher,
        supervisor: Supervisor,
    ) -> None:
        self._folders = folders
        self._index = index
        self._catalogue = catalogue
        self._launcher = launcher
        self._supervisor = supervisor
        self._task: asyncio.Task[None] | None = None
        # Newcomers without a process: seen once they may be just starting, seen twice they died.
        self._seen_without_process: set[str] = set()

    async def recover(self) -> None:
        """At the start: adopt what lives, mark what died, forget what is gone.

        A run whose process went while no server watched is `interrupted`: it can be resumed.
        """
        await asyncio.to_thread(self._folders.sweep)
        on_disk = frozenset(await asyncio.to_thread(self._run_ids))
        for run_id in sorted(on_disk):
            await self._take_in(run_id, may_be_starting=False)
        for run_id in await asyncio.to_thread(self._catalogue.known_run_ids) - on_disk:
            log.warning("run_folder_gone", run_id=run_id)
            await asyncio.to_thread(self._catalogue.remove_run, run_id)

    def begin(self) -> None:
        """From now on, look for runs that somebody else makes in the data directory."""
        self._task = asyncio.create_task(self._scan(), name="folder-watch")

    async def close(self) -> None:
        """Stop looking; calling it again, or without `begin`, does nothing."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _scan(self) -> None:
        while True:
            await asyncio.sleep(SCAN_INTERVAL_S)
            try:
                on_disk = frozenset(await asyncio.to_thread(self._run_ids))
                known = await asyncio.to_thread(self._catalogue.known_run_ids)
            except (OSError, sqlite3.Error):
                log.exception("run_folders_unreadable")
                continue
            self._seen_without_process &= on_disk - known
            for run_id in sorted(on_disk - known):
                await self._take_in(
                    run_id, may_be_starting=run_id not in self._seen_without_process
                )

    async def _take_in(self, run_id: str, *, may_be_starting: bool) -> None:
        try:
            run = await asyncio.to_thread(self._folders.assemble, run_id)
            if run.state in ACTIVE_STATES:
                process = await self._find_process(run_id)
                if process is None and may_be_starting:
                    self._seen_without_process.add(run_id)
                    return
                await self._index.refresh(run_id)
                if process is not None:
                    self._supervisor.adopt(run_id, *process)
                    return
            else:
                await self._index.refresh(run_id)
                return
            await asyncio.to_thread(
                record_death,
                self._folders.path(run_id),
                state=RunState.INTERRUPTED,
                reason="its process went away while no server was watching",
            )
            await self._index.refresh(run_id)
        except JournalOwnedError:
            # Somebody is just creating it: the next look will find its process.
            log.info("run_busy", run_id=run_id)
        except (MatineeError, OSError, sqlite3.Error):
            log.exception("run_unreadable", run_id=run_id)

    async def _find_process(self, run_id: str) -> tuple[RunProcess, Path] | None:
        run_dir = self._folders.path(run_id)
        recorded = await asyncio.to_thread(self._folders.reader(run_id).process)
        if recorded is None or not await asyncio.to_thread(is_owned, run_dir):
            return None
        process = self._launcher.adopt(
            pid=recorded.pid, process_started_at=recorded.process_started_at
        )
        return None if process is None else (process, Path(recorded.socket_path))

    def _run_ids(self) -> list[str]:
        return list(self._folders.run_ids())
