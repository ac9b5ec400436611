"""The life of each run: launch, follow, notice its death, adopt after a restart, end in order.

For each live run one task waits for its process and follows its record. What a run says of itself
comes from run.db alone; the supervisor only writes there once the process is provably gone.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from matinee.contracts.commands import Action, Interrupt
from matinee.contracts.control import AckFrame, Assignment, CommandFrame
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.run import Run
from matinee.contracts.run_state import ENDED_STATES, RunState
from matinee.errors import JournalOwnedError, MatineeError, RunUnreachableError
from matinee.runs.control_link import ControlLink
from matinee.runs.deaths import describe_exit, record_death
from matinee.runs.event_hub import EventHub
from matinee.runs.folders import RunFolders
from matinee.runs.ports import ProcessExit, RunLauncher, RunProcess
from matinee.runs.run_index import RunIndex

START_TIMEOUT_S = 60.0
CONNECT_TIMEOUT_S = 2.0
CONNECT_POLL_S = 0.02
FOLLOW_POLL_S = 0.5
"""A live record is read at least this often, should a notice be lost."""
EXIT_TIMEOUT_S = 5.0
SHUTDOWN_GRACE_S = 10.0
COMMAND_LINK_TIMEOUT_S = 15.0

log = structlog.get_logger(__name__)


@dataclass
class _LiveRun:
    run_id: str
    run_dir: Path
    socket_path: Path
    process: RunProcess
    news: asyncio.Event = field(default_factory=asyncio.Event)
    linked: asyncio.Event = field(default_factory=asyncio.Event)
    link: ControlLink | None = None
    heard_at_s: float = field(default_factory=time.monotonic)
    task: asyncio.Task[None] | None = None


class Supervisor:
    """Runs the live runs. Lives from construction to `close`; used on the event loop alone."""

    def __init__(
        self,
        *,
        folders: RunFolders,
        index: RunIndex,
        hub: EventHub,
        launcher: RunLauncher,
        runtime_dir: Path,
        orphan_grace_s: float,
    ) -> None:
        self._folders = folders
        self._index = index
        self._hub = hub
        self._launcher = launcher
        self._runtime_dir = runtime_dir
        self._orphan_grace_s = orphan_grace_s
        self._live: dict[str, _LiveRun] = {}
        self._launching: set[str] = set()
        self._bells: dict[str, asyncio.Future[None]] = {}
        self._closing = False

    @property
    def ticking(self) -> bool:
        """Whether every live run is still being looked after."""
        return not self._closing and all(
            live.task is not None and not live.task.done() for live in self._live.values()
        )

    def heartbeat_ages_s(self) -> dict[str, float]:
        """Seconds since each live run was last heard of."""
        now_s = time.monotonic()
        return {run_id: now_s - live.heard_at_s for run_id, live in self._live.items()}

    async def launch(self, run_id: str, *, start_command_id: str, actor: str) -> None:
        """Give a queued run a process."""
        run_dir = self._folders.path(run_id)
        socket_path = self._runtime_dir / f"{run_id}.sock"
        assignment = Assignment(
            run_id=run_id,
            run_dir=str(run_dir),
            socket_path=str(socket_path),
            orphan_grace_s=self._orphan_grace_s,
            start_command_id=start_command_id,
            actor=actor,
        )
        self._launching.add(run_id)
        try:
            process = await self._launcher.launch(assignment)
            self._attend(_LiveRun(run_id, run_dir, socket_path, process))
        except OSError as error:
            log.exception("launch_failed", run_id=run_id)
            await asyncio.to_thread(
                record_death,
                run_dir,
                state=RunState.FAILED,
                reason=f"no process could be started: {error}",
            )
            await self._look(run_id)
        finally:
            self._launching.discard(run_id)

    def adopt(self, run_id: str, process: RunProcess, socket_path: Path) -> None:
        """Look after a run that somebody else started; nothing happens if we do already."""
        if run_id in self._live or run_id in self._launching:
            return
        log.info("run_adopted", run_id=run_id, pid=process.pid)
        self._attend(_LiveRun(run_id, self._folders.path(run_id), socket_path, process))

    async def send(self, run_id: str, action: Action, *, actor: str, command_id: str) -> AckFrame:
        """Pass a command on; returns once the record holds it.

        Raises:
            RunUnreachableError: the run has no process, or it does not answer.
        """
        live = self._live.get(run_id)
        if live is None:
            raise RunUnreachableError(f"run {run_id} has no process")
        try:
            async with asyncio.timeout(COMMAND_LINK_TIMEOUT_S):
                await live.linked.wait()
        except TimeoutError as error:
            raise RunUnreachableError("the run process does not answer (yet)") from error
        if live.link is None:
            raise RunUnreachableError("the run process is gone")
        return await live.link.send(CommandFrame(command_id=command_id, actor=actor, action=action))

    def news(self, run_id: str) -> asyncio.Future[None]:
        """Done at the run's next news; for several waiters, who must not cancel it."""
        bell = self._bells.get(run_id)
        if bell is None or bell.done():
            bell = self._bells[run_id] = asyncio.get_running_loop().create_future()
        return bell

    async def close(self, *, keep_runs: bool) -> None:
        """Leave: runs end in order with a checkpoint, or go on without us."""
        self._closing = True
        live_runs = list(self._live.values())
        if not keep_runs:
            await asyncio.gather(*(self._interrupt(live) for live in live_runs))
            tasks = {live.task for live in live_runs if live.task is not None}
            if tasks:
                await asyncio.wait(tasks, timeout=SHUTDOWN_GRACE_S)
            for live in live_runs:
                if live.process.is_alive():
                    log.warning("run_killed_at_shutdown", run_id=live.run_id)
                    live.process.kill()
            if tasks:
                await asyncio.wait(tasks, timeout=EXIT_TIMEOUT_S)
        for live in live_runs:
            if live.task is not None:
                live.task.cancel()
        await asyncio.gather(
            *(live.task for live in live_runs if live.task is not None), return_exceptions=True
        )

    def _attend(self, live: _LiveRun) -> None:
        self._live[live.run_id] = live
        live.task = asyncio.create_task(self._run_life(live), name=f"run-{live.run_id}")

    async def _run_life(self, live: _LiveRun) -> None:
        follower = asyncio.create_task(self._follow(live))
        try:
            while not await self._see_through(live, follower):
                pass
        finally:
            follower.cancel()
            live.link = None
            live.linked.set()
            if not self._closing or not live.process.is_alive():
                self._live.pop(live.run_id, None)

    async def _see_through(self, live: _LiveRun, follower: asyncio.Task[None]) -> bool:
        """Attend to a run until it is buried; False if something came in between."""
        try:
            await self._stay_linked(live)
            end = await live.process.wait(EXIT_TIMEOUT_S)
            # Its last look must not come after the burial's.
            follower.cancel()
            await self._bury(live, end)
        except (MatineeError, OSError, sqlite3.Error):
            log.exception("supervision_stumbled", run_id=live.run_id)
            await asyncio.sleep(FOLLOW_POLL_S)
            return False
        return True

    async def _stay_linked(self, live: _LiveRun) -> None:
        """Hold a connection for as long as the process lives."""
        started_at_s = time.monotonic()
        while live.process.is_alive():
            try:
                link = await ControlLink.connect(live.socket_path, timeout_s=CONNECT_TIMEOUT_S)
            except (OSError, TimeoutError, RunUnreachableError):
                if not live.linked.is_set() and (time.monotonic() - started_at_s > START_TIMEOUT_S):
                    log.exception("run_process_never_answered", run_id=live.run_id)
                    live.process.kill()
                await asyncio.sleep(CONNECT_POLL_S)
                continue
            live.link = link
            live.linked.set()
            live.news.set()
            try:
                await link.listen(
                    on_committed=lambda _seq: self._hear(live, news=True),
                    on_heartbeat=lambda _steps: self._hear(live, news=False),
                )
            finally:
                await link.close()
            # The socket closes a moment before the process ends.
            await live.process.wait(CONNECT_POLL_S)

    def _hear(self, live: _LiveRun, *, news: bool) -> None:
        live.heard_at_s = time.monotonic()
        if news:
            live.news.set()

    async def _follow(self, live: _LiveRun) -> None:
        while True:
            try:
                async with asyncio.timeout(FOLLOW_POLL_S):
                    await live.news.wait()
            except TimeoutError:
                pass
            live.news.clear()
            try:
                await self._look(live.run_id)
            except (MatineeError, OSError, sqlite3.Error):
                # The record may be busy for a moment; the next look comes in half a second.
                log.exception("record_unreadable", run_id=live.run_id)

    async def _look(self, run_id: str) -> Run:
        snapshot = await self._hub.pull(run_id)
        feed = await self._hub.feed(run_id)
        run = await self._index.update(run_id, snapshot, last_seq=feed.last_seq)
        bell = self._bells.pop(run_id, None)
        if bell is not None and not bell.done():
            bell.set_result(None)
        return run

    async def _bury(self, live: _LiveRun, end: ProcessExit | None) -> None:
        if end is None:
            log.error("run_process_hangs_at_exit", run_id=live.run_id, pid=live.process.pid)
            live.process.kill()
            end = await live.process.wait(EXIT_TIMEOUT_S)
        run = await self._look(live.run_id)
        if run.state not in ENDED_STATES:
            reason = await asyncio.to_thread(describe_exit, live.run_dir, end)
            log.warning("run_process_died", run_id=live.run_id, reason=reason.splitlines()[0])
            try:
                await asyncio.to_thread(
                    record_death, live.run_dir, state=RunState.FAILED, reason=reason
                )
            except JournalOwnedError:
                log.exception("record_still_owned", run_id=live.run_id)
            await self._look(live.run_id)

    async def _interrupt(self, live: _LiveRun) -> None:
        try:
            await self.send(
                live.run_id,
                Interrupt(reason="the server shut down"),
                actor="server",
                command_id=new_ulid(),
            )
        except RunUnreachableError:
            live.process.terminate()
