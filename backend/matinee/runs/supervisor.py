"""The life of each run: launch, follow, notice its death, adopt after a restart, end in order.

For each live run one task waits for its process and follows its record. What a run says of itself
comes from run.db alone; the supervisor only writes there once the process is provably gone.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import structlog

from matinee.contracts.commands import Action, Interrupt
from matinee.contracts.control import AckFrame, Assignment, CommandFrame, HeartbeatFrame
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.run import Run
from matinee.contracts.run_state import ENDED_STATES, RunState
from matinee.errors import (
    ConflictError,
    MatineeError,
    NotFoundError,
    RunUnreachableError,
)
from matinee.runs.control_link import ControlLink
from matinee.runs.deaths import Life, Rebirth, describe_exit, record_death, with_log_tail
from matinee.runs.ending_hung import end_hung
from matinee.runs.event_hub import EventHub
from matinee.runs.folders import RunFolders, mark_launched
from matinee.runs.live_run import LiveRun, Sentence
from matinee.runs.ports import RunLauncher, RunProcess
from matinee.runs.run_index import RunIndex
from matinee.runs.start_patience import StartPatience
from matinee.runs.watchdog import Watchdog

START_TIMEOUT_S = 60.0
"""A new run process may be idle for so long before it answers, ..."""
START_LIMIT_S = 600.0
"""... and take so long altogether: it may starve beside others, but not for ever."""
RELINK_TIMEOUT_S = 10.0
"""A run process that has closed its control socket has this long to end or to listen again."""
CONNECT_TIMEOUT_S = 2.0
CONNECT_POLL_S = 0.02
FOLLOW_POLL_S = 0.5
"""A live record is read at least this often, should a notice be lost."""
PROCESS_LOOK_S = 60.0
EXIT_TIMEOUT_S = 5.0
SHUTDOWN_GRACE_S = 10.0
WATCH_INTERVAL_S = 1.0
OVERSLEPT_S = 5.0
"""A look that comes this much later than planned says that this process has slept, not the run."""
BURIAL_RETRY_S = (0.1, 0.5, 2.0, 5.0)
"""Pauses between tries to record a death, the last one for ever: the disk may be full."""

log = structlog.get_logger(__name__)


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
        hang_after_s: float,
    ) -> None:
        self._folders = folders
        self._index = index
        self._hub = hub
        self._launcher = launcher
        self._runtime_dir = runtime_dir
        self._orphan_grace_s = orphan_grace_s
        self._hang_after_s = hang_after_s
        self._live: dict[str, LiveRun] = {}
        self._launching: dict[str, asyncio.Task[None]] = {}
        self._bells: dict[str, asyncio.Future[None]] = {}
        self._closing = False
        self._hurry = asyncio.Event()
        self.on_place_free: Callable[[], None] = _nothing
        """Called whenever a run no longer has a process."""
        self.on_rebirth: Callable[[Run, Rebirth], None] = _nothing
        """Called for a run that has died and is queued again."""
        self.restarts: Counter[str] = Counter()
        """Since the start of the server, by what runs had died of."""

    @property
    def closing(self) -> bool:
        """Whether the server leaves: no further run gets a process."""
        return self._closing

    @property
    def occupied_places(self) -> int:
        """How many runs have a process, or are just getting one."""
        return len(self._live.keys() | self._launching.keys())

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

    def troubles(self) -> dict[str, str]:
        """Live runs that can't write something down, and what, in words."""
        return {
            run_id: live.trouble for run_id, live in self._live.items() if live.trouble is not None
        }

    def attends(self, run_id: str) -> bool:
        """Whether the run is looked after here, or about to be."""
        return run_id in self._live or run_id in self._launching

    async def launch(self, run_id: str, *, start_command_id: str, actor: str) -> None:
        """Give a queued run a process."""
        task = asyncio.create_task(
            self._launch(run_id, start_command_id=start_command_id, actor=actor)
        )
        self._launching[run_id] = task
        # A request that is given up must not leave a process that nobody looks after.
        await asyncio.shield(task)

    def adopt(self, run_id: str, process: RunProcess, socket_path: Path) -> None:
        """Look after a run that somebody else started; nothing happens if we do already."""
        if self.attends(run_id) or self._closing:
            return
        log.info("run_adopted", run_id=run_id, pid=process.pid)
        self._attend(LiveRun(run_id, self._folders.path(run_id), socket_path, process))

    async def gone(self, run_id: str) -> None:
        """Wait until an ended run's process is gone and its folder is nobody's.

        Raises:
            ConflictError: it takes longer than `EXIT_TIMEOUT_S`.
        """
        live = self._live.get(run_id)
        if live is None:
            return
        try:
            async with asyncio.timeout(EXIT_TIMEOUT_S):
                await live.gone.wait()
        except TimeoutError as error:
            raise ConflictError(
                "the run's process has not left yet; try again in a moment", code="run_active"
            ) from error

    async def kill(self, run_id: str, sentence: Sentence) -> None:
        """End a run's process at once, and record why; for one that does not answer.

        Raises:
            RunUnreachableError: it has none, or it is somebody's terminal.
            ConflictError: it does not even die.
        """
        live = self._live.get(run_id)
        if live is None or live.hosted_by == "terminal":
            raise RunUnreachableError(f"run {run_id} has no process that may be killed from here")
        self._kill(live, sentence)
        await self.gone(run_id)

    async def send(self, run_id: str, action: Action, *, actor: str, command_id: str) -> AckFrame:
        """Pass a command on; returns once the record holds it.

        Raises:
            RunUnreachableError: the run has no process, or it does not answer.
        """
        live = self._live.get(run_id)
        if live is None:
            raise RunUnreachableError(f"run {run_id} has no process")
        return await live.send(CommandFrame(command_id=command_id, actor=actor, action=action))

    def ask_for_policy(self, run_id: str) -> Path | None:
        """Where a run's present policy is, or soon will be; None: it shares none now."""
        live = self._live.get(run_id)
        return None if live is None else live.ask_for_policy()

    def news(self, run_id: str) -> asyncio.Future[None]:
        """Done at the run's next news; for several waiters, who must not cancel it."""
        bell = self._bells.get(run_id)
        if bell is None or bell.done():
            bell = self._bells[run_id] = asyncio.get_running_loop().create_future()
        return bell

    async def look(self, run_id: str) -> Run:
        """Read what is new in a run's record, and tell everybody."""
        snapshot = await self._hub.pull(run_id)
        feed = await self._hub.feed(run_id)
        run = await self._index.update(run_id, snapshot, last_seq=feed.last_seq)
        bell = self._bells.pop(run_id, None)
        if bell is not None and not bell.done():
            bell.set_result(None)
        return run

    def hurry(self) -> None:
        """Shorten a `close` that is or will be under way: what has not ended by then is killed."""
        self._hurry.set()

    async def close(self, *, keep_runs: bool) -> None:
        """Leave: runs end in order with a checkpoint, or go on without us.

        A run that somebody's terminal hosts always goes on.
        """
        self._closing = True
        if self._launching:
            await asyncio.wait(self._launching.values(), timeout=EXIT_TIMEOUT_S)
        ours = [live for live in self._live.values() if live.hosted_by == "server"]
        if ours and not keep_runs:
            asking = [asyncio.create_task(self._interrupt(live)) for live in ours]
            await self._wait_or_hurry(
                [*asking, *(live.task for live in ours if live.task is not None)],
                timeout_s=SHUTDOWN_GRACE_S,
            )
            for task in asking:
                task.cancel()
            await asyncio.gather(*asking, return_exceptions=True)
            for live in ours:
                if live.process.is_alive():
                    reason = "it was killed: it had not ended when the server had to leave"
                    self._kill(live, Sentence(RunState.INTERRUPTED, reason))
            tasks = [live.task for live in ours if live.task is not None]
            await asyncio.wait(tasks, timeout=EXIT_TIMEOUT_S)
        tasks = [live.task for live in self._live.values() if live.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _wait_or_hurry(self, tasks: list[asyncio.Task[None]], *, timeout_s: float) -> None:
        everything = asyncio.gather(*tasks, return_exceptions=True)
        hurry = asyncio.create_task(self._hurry.wait())
        first: set[asyncio.Future[Any]] = {everything, hurry}
        await asyncio.wait(first, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        hurry.cancel()

    async def _launch(self, run_id: str, *, start_command_id: str, actor: str) -> None:
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
        try:
            if self._closing:
                await self._end_unlaunched(
                    run_id, RunState.INTERRUPTED, "the server shut down before the run could start"
                )
                return
            await asyncio.to_thread(mark_launched, run_dir)
            process = await self._launcher.launch(assignment)
            self._attend(LiveRun(run_id, run_dir, socket_path, process))
        except OSError as error:
            log.exception("launch_failed", run_id=run_id)
            await self._end_unlaunched(
                run_id, RunState.FAILED, f"no process could be started: {error}"
            )
        finally:
            del self._launching[run_id]
            self.on_place_free()

    async def _end_unlaunched(self, run_id: str, state: RunState, reason: str) -> None:
        await asyncio.to_thread(
            record_death, self._folders.path(run_id), state=state, reason=reason
        )
        await self.look(run_id)

    def _attend(self, live: LiveRun) -> None:
        self._live[live.run_id] = live
        live.task = asyncio.create_task(self._run_life(live), name=f"run-{live.run_id}")

    async def _run_life(self, live: LiveRun) -> None:
        follower = asyncio.create_task(self._follow(live))
        try:
            while not await self._see_through(live, follower):
                log.info("supervision_goes_on", run_id=live.run_id)
        finally:
            follower.cancel()
            if live.ending is not None:
                live.ending.cancel()
            live.give_up_links()
            del self._live[live.run_id]
            self._index.note_trouble(live.run_id, None)
            self._hub.settle(live.run_id)
            live.gone.set()
            if live.rebirth is not None:
                self.on_rebirth(*live.rebirth)
            self.on_place_free()

    async def _see_through(self, live: LiveRun, follower: asyncio.Task[None]) -> bool:
        """Attend to a run until it is buried; False if something came in between."""
        try:
            await self._stay_linked(live)
            # Its last look must not come after the burial's.
            follower.cancel()
            await self._bury(live)
        except Exception:
            # Whatever it is, a run that trains must not be left alone.
            log.exception("supervision_stumbled", run_id=live.run_id)
            await asyncio.sleep(FOLLOW_POLL_S)
            return False
        return True

    async def _stay_linked(self, live: LiveRun) -> None:
        """Hold a connection for as long as the process lives."""
        silent_since_s = time.monotonic()
        start = StartPatience(silent_since_s, idle_s=START_TIMEOUT_S, most_s=START_LIMIT_S)
        while live.process.is_alive():
            link = await self._connect(live)
            if link is None:
                now_s = time.monotonic()
                if not live.has_answered:
                    missed_s = start.ran_out_after_s(now_s, live.process.busy_s())
                else:
                    is_late = now_s - silent_since_s > RELINK_TIMEOUT_S
                    missed_s = RELINK_TIMEOUT_S if is_late else None
                if missed_s is not None and live.sentence is None:
                    self._give_up(live, missed_s)
                await live.process.wait(CONNECT_POLL_S)
                continue
            live.hold(link)
            live.news.set()
            await self._listen(live, link)
            live.let_go(link)
            silent_since_s = time.monotonic()
            # The socket closes a moment before the process ends.
            await live.process.wait(CONNECT_POLL_S)

    async def _listen(self, live: LiveRun, link: ControlLink) -> None:
        """Until the connection or the process ends: a helper process may keep the socket open."""
        watchdog = Watchdog(time.monotonic(), hang_after_s=self._hang_after_s)
        listening = asyncio.create_task(
            link.listen(
                on_committed=lambda _seq: self._hear_of_news(live),
                on_heartbeat=lambda frame: self._hear(live, watchdog, frame),
            )
        )
        dying = asyncio.create_task(_end_of(live.process))
        watching = asyncio.create_task(self._watch(live, watchdog))
        try:
            await asyncio.wait({listening, dying}, return_when=asyncio.FIRST_COMPLETED)
            if listening.done():
                listening.result()
        finally:
            listening.cancel()
            dying.cancel()
            watching.cancel()
            await asyncio.gather(listening, dying, watching, return_exceptions=True)
            await link.close()

    async def _connect(self, live: LiveRun) -> ControlLink | None:
        try:
            return await ControlLink.connect(live.socket_path, timeout_s=CONNECT_TIMEOUT_S)
        except (OSError, TimeoutError):
            return None
        except RunUnreachableError as error:
            log.warning("run_process_not_understood", run_id=live.run_id, error=str(error))
            return None

    def _give_up(self, live: LiveRun, patience_s: float) -> None:
        if live.hosted_by == "terminal":
            # Perhaps it waits for somebody to scroll its output; it is not ours to kill.
            return
        reason = f"the run process was killed: it had not answered for {patience_s:g} s"
        log.error("run_process_does_not_answer", run_id=live.run_id, pid=live.process.pid)
        self._end_hung(live, reason)

    async def _watch(self, live: LiveRun, watchdog: Watchdog) -> None:
        """Judge whether the process has hung, until it has."""
        while True:
            due_s = time.monotonic() + WATCH_INTERVAL_S
            await asyncio.sleep(WATCH_INTERVAL_S)
            now_s = time.monotonic()
            if now_s - due_s > OVERSLEPT_S:
                watchdog.forgive(now_s)
            hang = watchdog.hang(now_s)
            if hang is None or live.sentence is not None:
                continue
            log.error("run_process_hung", run_id=live.run_id, pid=live.process.pid, why=str(hang))
            if live.hosted_by == "server":
                self._end_hung(live, f"{hang}; its process was ended")
            return

    def _end_hung(self, live: LiveRun, reason: str) -> None:
        live.sentence = Sentence(RunState.FAILED, reason, is_hang=True)
        live.ending = asyncio.create_task(end_hung(live.process))

    def _kill(self, live: LiveRun, sentence: Sentence) -> None:
        log.warning("run_killed", run_id=live.run_id, reason=sentence.reason)
        live.sentence = sentence
        live.process.kill()

    def _hear_of_news(self, live: LiveRun) -> None:
        live.heard_at_s = time.monotonic()
        live.news.set()

    def _hear(self, live: LiveRun, watchdog: Watchdog, frame: HeartbeatFrame) -> None:
        live.heard_at_s = time.monotonic()
        watchdog.beat(frame, live.heard_at_s)
        if frame.trouble != live.trouble:
            live.trouble = frame.trouble
            self._index.note_trouble(live.run_id, frame.trouble)
            log.warning("run_trouble_changed", run_id=live.run_id, trouble=frame.trouble)

    async def _follow(self, live: LiveRun) -> None:
        told: str | None = None
        while True:
            try:
                async with asyncio.timeout(FOLLOW_POLL_S):
                    await live.news.wait()
            except TimeoutError:
                pass
            live.news.clear()
            try:
                await self.look(live.run_id)
                told = None
            except Exception as error:
                # Busy for a moment, or worse: in any case the next look comes in half a second.
                # A full disk fails them all with the same words, which say enough once.
                if str(error) != told:
                    told = str(error)
                    log.exception("look_failed", run_id=live.run_id)

    async def _bury(self, live: LiveRun) -> None:
        """Read the last of the record; if it does not tell the end, write the end into it."""
        life = Life(live.began, time.monotonic() - live.began_at_s)
        end = await live.process.wait(EXIT_TIMEOUT_S)
        for pause_s in chain(BURIAL_RETRY_S, repeat(BURIAL_RETRY_S[-1])):
            try:
                run = await self.look(live.run_id)
                if run.state in ENDED_STATES:
                    return
                sentence = live.sentence or Sentence(
                    RunState.FAILED, await asyncio.to_thread(describe_exit, live.run_dir, end)
                )
                reason = sentence.reason
                if sentence.is_hang:
                    reason = await asyncio.to_thread(with_log_tail, reason, live.run_dir)
                log.warning("run_process_died", run_id=live.run_id, reason=reason.splitlines()[0])
                may_return = sentence.state is RunState.FAILED and not self._closing
                rebirth = await asyncio.to_thread(
                    record_death,
                    live.run_dir,
                    state=sentence.state,
                    reason=reason,
                    command=sentence.command,
                    life=life if may_return and live.hosted_by == "server" else None,
                )
                run = await self.look(live.run_id)
                if rebirth is not None:
                    self.restarts[sentence.cause_of_restart(end)] += 1
                    live.rebirth = run, rebirth
            except NotFoundError:
                # Somebody took the folder away: there is nothing left to write into.
                log.exception("run_folder_gone", run_id=live.run_id)
                return
            except (MatineeError, OSError, sqlite3.Error):
                log.exception("death_not_recorded_yet", run_id=live.run_id)
                await asyncio.sleep(pause_s)
            else:
                return

    async def _interrupt(self, live: LiveRun) -> None:
        reason = "the server shut down"
        if not live.has_answered:
            # It may not have got as far as handling signals: then this ends it.
            live.sentence = Sentence(RunState.INTERRUPTED, f"{reason} before the run had begun")
            live.process.terminate()
            return
        try:
            await self.send(
                live.run_id, Interrupt(reason=reason), actor="server", command_id=new_ulid()
            )
        except RunUnreachableError:
            # Perhaps it is only busy: the signal asks for the same.
            live.process.terminate()


def _nothing(*_: object) -> None:
    """Nobody wants to know."""


async def _end_of(process: RunProcess) -> None:
    while await process.wait(PROCESS_LOOK_S) is None:
        pass
