"""Lets runs in: at once if there is a place, else when one becomes free, in a fair order."""

from __future__ import annotations

import asyncio

import structlog

from matinee.contracts.run import Run
from matinee.errors import LimitExceededError
from matinee.runs.deaths import Rebirth
from matinee.runs.run_index import RunIndex
from matinee.runs.run_queue import RunQueue, Waiting
from matinee.runs.supervisor import Supervisor

log = structlog.get_logger(__name__)


class Admission:
    """Holds the places and the queue. Lives as long as the server; used on the event loop alone.

    Who waits stands in no record but as `queued`: the queue is made anew when the server starts.
    """

    def __init__(
        self,
        *,
        supervisor: Supervisor,
        index: RunIndex,
        max_active_runs: int,
        max_queued_runs: int,
    ) -> None:
        self._supervisor = supervisor
        self._index = index
        self._max_active_runs = max_active_runs
        self._max_queued_runs = max_queued_runs
        self._queue = RunQueue()
        # Runs that have died and get a new process after a pause.
        self._resting: dict[str, asyncio.Task[None]] = {}
        self._pumps: set[asyncio.Task[None]] = set()
        self._is_closed = False
        supervisor.on_place_free = self._begin_pump
        supervisor.on_rebirth = self._enter_again

    @property
    def waiting(self) -> int:
        """How many wait for a place."""
        return len(self._queue)

    def awaits_process(self, run_id: str) -> bool:
        """Whether the run waits here: for a place, or for the end of a pause."""
        return run_id in self._queue or run_id in self._resting

    def check_room(self) -> None:
        """Refuse a further run while too many wait already.

        Raises:
            LimitExceededError: with the numbers.
        """
        if self.waiting >= self._max_queued_runs:
            raise LimitExceededError(
                f"{self.waiting} runs wait for one of {self._max_active_runs} places, and this "
                f"server allows {self._max_queued_runs} to wait; stop some first",
                code="too_many_queued_runs",
            )

    async def enter(self, run_id: str, *, share: str | None, command_id: str, actor: str) -> None:
        """Start a run that its record has as `queued`, now or when its turn comes.

        Nothing happens if it waits already, or has a process.

        Args:
            run_id: Which.
            share: Its group, if it has one: groups take turns.
            command_id: The command to start it.
            actor: Who asked for that.
        """
        if self._supervisor.attends(run_id) or self.awaits_process(run_id):
            return
        self._queue.add(Waiting(run_id, share or run_id, command_id, actor))
        await self._pump()

    def withdraw(self, run_id: str) -> bool:
        """Let a run wait no longer; False if it did not."""
        resting = self._resting.pop(run_id, None)
        if resting is not None:
            resting.cancel()
        is_withdrawn = self._queue.remove(run_id) or resting is not None
        self._tell_positions()
        return is_withdrawn

    async def close(self) -> None:
        """Let nobody in any more; who waits stays queued, and waits again after the next start."""
        # A run that ends from now on frees a place, and nobody is to take it.
        self._is_closed = True
        for task in self._pumps:
            task.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    async def _pump(self) -> None:
        try:
            while self._supervisor.occupied_places < self._max_active_runs:
                if self._is_closed or self._supervisor.closing:
                    return
                waiting = self._queue.take()
                if waiting is None:
                    return
                self._tell_positions()
                await self._supervisor.launch(
                    waiting.run_id, start_command_id=waiting.command_id, actor=waiting.actor
                )
        finally:
            self._tell_positions()

    def _enter_again(self, run: Run, rebirth: Rebirth) -> None:
        async def rest() -> None:
            await asyncio.sleep(rebirth.restart.delay_s)
            del self._resting[run.id]
            await self.enter(run.id, share=run.group, command_id=rebirth.command_id, actor="server")

        task = asyncio.create_task(rest(), name=f"rest-{run.id}")
        self._resting[run.id] = task
        self._keep(task)

    def _begin_pump(self) -> None:
        if self.waiting and not self._is_closed:
            self._keep(asyncio.create_task(self._pump(), name="admission"))

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._pumps.add(task)
        task.add_done_callback(self._note_done)

    def _note_done(self, task: asyncio.Task[None]) -> None:
        self._pumps.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("admission_stumbled", error=repr(task.exception()))

    def _tell_positions(self) -> None:
        self._index.note_positions(self._queue.positions())
