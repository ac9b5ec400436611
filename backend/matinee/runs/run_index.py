"""The runs as the server knows them: the catalogue, with live runs' newest state over it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from matinee.contracts.run import Run, RunPage, RunSnapshot
from matinee.contracts.run_state import ACTIVE_STATES
from matinee.errors import NotFoundError
from matinee.runs.folders import RunDetails, RunFolders, present_algorithm, present_thresholds
from matinee.runs.ports import Catalogue, RunQuery

_T = TypeVar("_T")

SAVE_INTERVAL_S = 1.0
"""How often a live run's progress goes into the catalogue; state and algorithm go at once."""


class RunIndex:
    """Answers "which runs are there, and how do they stand?". Used on the event loop alone."""

    def __init__(self, folders: RunFolders, catalogue: Catalogue) -> None:
        self._folders = folders
        self._catalogue = catalogue
        self._live: dict[str, Run] = {}
        self._saved_at_s: dict[str, float] = {}
        # What holds only while this server lives, and stands in no record.
        self._troubles: dict[str, str] = {}
        self._positions: Mapping[str, int] = {}
        # Runs whose newest state is not in the catalogue, or not known to be.
        self._unsaved: set[str] = set()
        # One thread: the catalogue takes a run's states in the order in which they came, also if
        # whoever waited for the first has been cancelled.
        self._saver = ThreadPoolExecutor(max_workers=1, thread_name_prefix="catalogue-saver")

    @property
    def live(self) -> Mapping[str, Run]:
        """Runs that have or get a process, by id; not those that wait for a place."""
        return {
            run_id: run
            for run_id, run in self._live.items()
            if run.state in ACTIVE_STATES and run_id not in self._positions
        }

    async def get(self, run_id: str) -> Run:
        """One run.

        Raises:
            NotFoundError: there is no such run.
        """
        return self._shown(await self._known(run_id))

    async def page(self, query: RunQuery) -> RunPage:
        """Runs, newest first."""
        page = await asyncio.to_thread(self._catalogue.list_runs, query)
        items = [self._shown(self._live.get(run.id, run)) for run in page.items]
        return RunPage(items=items, next_cursor=page.next_cursor)

    async def refresh(self, run_id: str) -> Run:
        """Read the run from its folder and keep what it says."""
        run = await asyncio.to_thread(self._folders.assemble, run_id)
        newer = self._live.get(run_id)
        if newer is not None and newer.last_seq > run.last_seq:
            return newer
        await self._save(run)
        return run

    async def update(self, run_id: str, snapshot: RunSnapshot, *, last_seq: int) -> Run:
        """A live run's newest snapshot.

        It goes into the catalogue when state or algorithm change, else once a second.
        """
        before = await self._known(run_id)
        run = before.model_copy(
            update={
                "algorithm": present_algorithm(before.spec, snapshot),
                "state": snapshot.state,
                "reason": snapshot.reason,
                "started_at": snapshot.started_at,
                "ended_at": snapshot.ended_at,
                "steered": snapshot.steered,
                "progress": snapshot.progress,
                "alerts": snapshot.alerts,
                "restarts": snapshot.restarts,
                "budget": snapshot.budget,
                "alert_thresholds": present_thresholds(before.spec, snapshot),
                "last_seq": last_seq,
            }
        )
        due = time.monotonic() - self._saved_at_s.get(run_id, 0.0) >= SAVE_INTERVAL_S
        # What lists are filtered by goes at once.
        moved = (run.state, run.algorithm) != (before.state, before.algorithm)
        if due or moved or run_id in self._unsaved:
            await self._save(run)
        elif run.state in ACTIVE_STATES:
            self._live[run_id] = run
        return run

    async def edit(self, run_id: str, details: RunDetails) -> Run:
        """What people changed about a run."""
        await asyncio.to_thread(self._folders.save_details, run_id, details)
        run = (await self._known(run_id)).model_copy(
            update={
                "name": details.name,
                "group": details.group,
                "tags": details.tags,
                "notes": details.notes,
                "revision": details.revision,
            }
        )
        await self._save(run)
        return run

    def note_trouble(self, run_id: str, trouble: str | None) -> None:
        """What a live run can't write down, or None once it can again."""
        if trouble is None:
            self._troubles.pop(run_id, None)
        else:
            self._troubles[run_id] = trouble

    def note_positions(self, positions: Mapping[str, int]) -> None:
        """Which runs wait for a place, and who comes first."""
        self._positions = positions

    async def remove(self, run_id: str) -> None:
        """Delete a run's folder and forget it."""
        await asyncio.to_thread(self._folders.delete, run_id)
        await self._in_order(self._catalogue.remove_run, run_id)
        self._live.pop(run_id, None)
        self._saved_at_s.pop(run_id, None)
        self._unsaved.discard(run_id)

    def close(self) -> None:
        """Finish what is being saved; calling it again does nothing."""
        self._saver.shutdown()

    async def _known(self, run_id: str) -> Run:
        live = self._live.get(run_id)
        if live is not None:
            return live
        run = await asyncio.to_thread(self._catalogue.find_run, run_id)
        if run is None:
            raise NotFoundError(f"there is no run {run_id!r}", code="run_not_found")
        return run

    def _shown(self, run: Run) -> Run:
        trouble, position = self._troubles.get(run.id), self._positions.get(run.id)
        if trouble is None and position is None:
            return run
        return run.model_copy(update={"trouble": trouble, "queue_position": position})

    async def _save(self, run: Run) -> None:
        # Into memory first: a reader must not see an older state while the disk is busy.
        self._live[run.id] = run
        self._saved_at_s[run.id] = time.monotonic()
        self._unsaved.add(run.id)
        saving = self._in_order(self._catalogue.save_run, run)
        saving.add_done_callback(lambda done: self._note_saved(run, done))
        # Whoever waits may be cancelled; what is to be saved must be saved all the same.
        await asyncio.shield(saving)

    def _note_saved(self, run: Run, saving: asyncio.Future[None]) -> None:
        if saving.cancelled() or saving.exception() is not None:
            return
        # Only if this is still the newest: the run may have been started meanwhile.
        if self._live.get(run.id) is run:
            self._unsaved.discard(run.id)
            if run.state not in ACTIVE_STATES:
                del self._live[run.id]
                del self._saved_at_s[run.id]

    def _in_order(self, write: Callable[[_T], None], subject: _T) -> asyncio.Future[None]:
        return asyncio.get_running_loop().run_in_executor(self._saver, write, subject)
