"""Start-up repair: the catalogue follows the folders, and every run gets its true state."""

from __future__ import annotations

import asyncio
from pathlib import Path

import structlog

from matinee.contracts.run_state import ACTIVE_STATES, RunState
from matinee.errors import JournalError
from matinee.journal.ownership import is_owned
from matinee.runs.deaths import record_death
from matinee.runs.folders import RunFolders
from matinee.runs.ports import Catalogue, RunLauncher
from matinee.runs.run_index import RunIndex
from matinee.runs.supervisor import Supervisor

log = structlog.get_logger(__name__)


async def recover(
    *,
    folders: RunFolders,
    index: RunIndex,
    catalogue: Catalogue,
    launcher: RunLauncher,
    supervisor: Supervisor,
) -> None:
    """Find every run on disk; adopt what lives, mark what died, forget what is gone.

    A run whose process is gone while no server watched is `interrupted`: it can be resumed.
    """
    await asyncio.to_thread(folders.sweep)
    on_disk = set()
    for run_id in await asyncio.to_thread(lambda: list(folders.run_ids())):
        on_disk.add(run_id)
        try:
            run = await index.refresh(run_id)
            if run.state in ACTIVE_STATES and not _adopt(folders, launcher, supervisor, run_id):
                await asyncio.to_thread(
                    record_death,
                    folders.path(run_id),
                    state=RunState.INTERRUPTED,
                    reason="its process went away while no server was watching",
                )
                await index.refresh(run_id)
        except (JournalError, OSError):
            log.exception("run_unreadable", run_id=run_id)
    for run_id in await asyncio.to_thread(catalogue.known_run_ids) - on_disk:
        log.warning("run_folder_gone", run_id=run_id)
        await asyncio.to_thread(catalogue.remove_run, run_id)


def _adopt(folders: RunFolders, launcher: RunLauncher, supervisor: Supervisor, run_id: str) -> bool:
    recorded = folders.reader(run_id).process()
    if recorded is None or not is_owned(folders.path(run_id)):
        return False
    process = launcher.adopt(pid=recorded.pid, process_started_at=recorded.process_started_at)
    if process is None:
        return False
    supervisor.adopt(run_id, process, Path(recorded.socket_path))
    return True
