"""Keeps the catalogue true to the folders: repair at the start, newcomers while it runs."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from matinee.contracts.commands import Command, Resume, Start
from matinee.contracts.run import Run
from matinee.contracts.run_state import ACTIVE_STATES, ENDED_STATES, RunState
from matinee.errors import JournalOwnedError, MatineeError
from matinee.journal.ownership import is_owned
from matinee.runs.admission import Admission
from matinee.runs.deaths import record_death
from matinee.runs.folders import RunFolders, was_launched_since
from matinee.runs.ports import Catalogue, RunLauncher, RunProcess, RunQuery
from matinee.runs.run_index import RunIndex
from matinee.runs.steering import Steering
from matinee.runs.supervisor import Supervisor

SCAN_INTERVAL_S = 2.0
"""How soon a run that `matinee train` made elsewhere shows up here."""

START_PATIENCE = timedelta(seconds=30)
"""A queued run this young, without a process yet, may get one: a terminal or a process that a
crashed server had just started is still importing torch."""

TERMINAL_ACTOR = "cli"
"""Who starts a run that a terminal hosts itself."""

_PAGE = 200

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
        admission: Admission,
        steering: Steering,
    ) -> None:
        self._folders = folders
        self._index = index
        self._catalogue = catalogue
        self._launcher = launcher
        self._supervisor = supervisor
        self._admission = admission
        self._steering = steering
        self._task: asyncio.Task[None] | None = None
        # Runs to look at again: about to get a process, busy for a moment, or unreadable.
        self._undecided: set[str] = set()
        self._complained_of: set[str] = set()
        self._waiting: list[tuple[Run, Command]] = []

    async def recover(self) -> None:
        """At the start: adopt what lives, mark what died, forget what is gone.

        A run whose process went while no server watched is `interrupted`: it can be resumed, and
        is where its spec asks for it. A run that waited for a place waits again.
        """
        await asyncio.to_thread(self._folders.sweep)
        on_disk = frozenset(await asyncio.to_thread(self._run_ids))
        for run_id in sorted(on_disk):
            if not await asyncio.to_thread(self._is_settled, run_id):
                await self._take_in(run_id, is_first_look=True)
        # Only now: those that live keep their places, and of the others the first comes first.
        waiting, self._waiting = self._waiting, []
        for run, start in sorted(waiting, key=lambda each: each[1].id):
            await self._enter(run, start)
        for run_id in await asyncio.to_thread(self._catalogue.known_run_ids) - on_disk:
            log.warning("run_folder_gone", run_id=run_id)
            await asyncio.to_thread(self._catalogue.remove_run, run_id)
        await self._resume_interrupted()

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
            except (MatineeError, OSError, sqlite3.Error):
                log.exception("run_folders_unreadable")
                continue
            self._undecided &= on_disk
            for run_id in sorted((on_disk - known) | self._undecided):
                if not self._supervisor.attends(run_id):
                    await self._take_in(run_id)

    async def _resume_interrupted(self) -> None:
        query = RunQuery(states=(RunState.INTERRUPTED,), limit=_PAGE)
        while True:
            page = await asyncio.to_thread(self._catalogue.list_runs, query)
            for run in reversed(page.items):
                if run.spec.recovery.resume_after_interruption:
                    await self._resume(run.id)
            if page.next_cursor is None:
                return
            query = replace(query, cursor=page.next_cursor)

    async def _resume(self, run_id: str) -> None:
        try:
            await self._steering.command(run_id, Start(), actor="server", wait_s=0)
            log.info("run_resumed", run_id=run_id)
        except (MatineeError, OSError, sqlite3.Error):
            # It stays interrupted; people can still resume it.
            log.exception("run_not_resumed", run_id=run_id)

    async def _take_in(self, run_id: str, *, is_first_look: bool = False) -> None:
        self._undecided.discard(run_id)
        try:
            run = await self._index.refresh(run_id)
            if run.state not in ACTIVE_STATES:
                return
            process = await self._find_process(run)
            if process is not None:
                self._supervisor.adopt(run_id, *process)
                return
            start = await asyncio.to_thread(self._start_to_be_made, run, is_first_look)
            if start is not None and is_first_look:
                self._waiting.append((run, start))
            elif start is not None:
                await self._enter(run, start)
            elif await asyncio.to_thread(self._may_be_starting, run):
                self._undecided.add(run_id)
            else:
                await asyncio.to_thread(
                    record_death,
                    self._folders.path(run_id),
                    state=RunState.INTERRUPTED,
                    reason="its process went away while no server was watching",
                )
                await self._index.refresh(run_id)
        except JournalOwnedError:
            # Its process has just begun to write: the next look will find it.
            log.info("run_busy", run_id=run_id)
            self._undecided.add(run_id)
        except (MatineeError, OSError, sqlite3.Error):
            self._undecided.add(run_id)
            if run_id not in self._complained_of:
                self._complained_of.add(run_id)
                log.exception("run_unreadable", run_id=run_id)

    async def _enter(self, run: Run, start: Command) -> None:
        await self._admission.enter(run.id, share=run.group, command_id=start.id, actor=start.actor)

    async def _find_process(self, run: Run) -> tuple[RunProcess, Path] | None:
        """The process that says that it hosts the run, if it lives and can write the record."""
        recorded = await asyncio.to_thread(self._folders.reader(run.id).process)
        if recorded is None or not await asyncio.to_thread(is_owned, self._folders.path(run.id)):
            return None
        process = self._launcher.adopt(
            pid=recorded.pid, process_started_at=recorded.process_started_at
        )
        return None if process is None else (process, Path(recorded.socket_path))

    def _is_settled(self, run_id: str) -> bool:
        """Whether the catalogue has the run's end: only the server could have begun it anew."""
        known = self._catalogue.find_run(run_id)
        return known is not None and known.state in ENDED_STATES

    def _may_be_starting(self, run: Run) -> bool:
        if run.state is not RunState.QUEUED:
            return False
        queued_at = self._folders.reader(run.id).last_event_at()
        launched_at = was_launched_since(self._folders.path(run.id), queued_at)
        return datetime.now(UTC) - (launched_at or queued_at) < START_PATIENCE

    def _start_to_be_made(self, run: Run, is_first_look: bool) -> Command | None:
        """The command to start a run that waited for a place in a server that is gone.

        None if it has been given a process, and if a terminal or this server is about to do so.
        """
        if run.state is not RunState.QUEUED:
            return None
        reader = self._folders.reader(run.id)
        queued_at = reader.last_event_at()
        if was_launched_since(self._folders.path(run.id), queued_at) is not None:
            return None
        if not is_first_look and datetime.now(UTC) - queued_at < START_PATIENCE:
            return None
        starts = [
            command
            for command in reader.open_commands()
            if isinstance(command.action, Start | Resume) and command.actor != TERMINAL_ACTOR
        ]
        return starts[-1] if starts else None

    def _run_ids(self) -> list[str]:
        return list(self._folders.run_ids())
