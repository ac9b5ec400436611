"""People watch a policy play: those who watch the same one share its player."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from matinee.contracts.playing import PolicySource
from matinee.journal.schema import CHECKPOINTS
from matinee.runs.checkpoint_reading import find_checkpoint, no_checkpoint, present_course
from matinee.runs.folders import RunFolders
from matinee.runs.player_places import PlayerPlaces
from matinee.runs.ports import Players
from matinee.runs.shows import PublicShow, Weights
from matinee.runs.supervisor import Supervisor

LINGER_S = 4.0
"""Whoever reloads the page, or comes back to it at once, finds the show as it was."""

_Key = tuple[str, str | None]


@dataclass
class _Running:
    show: PublicShow
    task: asyncio.Task[None]
    leaving: asyncio.TimerHandle | None = None


class Watching:
    """The use cases. Lives as long as the server; used on the event loop alone."""

    def __init__(
        self,
        *,
        folders: RunFolders,
        supervisor: Supervisor,
        players: Players,
        places: PlayerPlaces,
    ) -> None:
        self._folders = folders
        self._supervisor = supervisor
        self._players = players
        self._places = places
        self._running: dict[_Key, _Running] = {}

    @asynccontextmanager
    async def watch(self, run_id: str, checkpoint_id: str | None) -> AsyncIterator[PublicShow]:
        """The show of a policy, for as long as the context lasts.

        Args:
            run_id: Of the run.
            checkpoint_id: Whose policy; None: the run's newest.

        Raises:
            NotFoundError: there is no such run or checkpoint.
            LimitExceededError: too many are being played.
        """
        if checkpoint_id is not None:
            run_dir = self._folders.path(run_id)
            await asyncio.to_thread(find_checkpoint, run_dir, checkpoint_id)
        running = await self._join((run_id, checkpoint_id))
        running.show.arrive()
        try:
            yield running.show
        finally:
            running.show.leave()
            if running.show.watchers == 0:
                # A show that has failed is over: whoever comes next tries anew.
                linger_s = 0.0 if running.task.done() else LINGER_S
                loop = asyncio.get_running_loop()
                running.leaving = loop.call_later(linger_s, running.task.cancel)

    def forget(self, run_id: str) -> None:
        """The run was deleted: its shows end, and whoever watches one is told."""
        for (shown_id, _), running in self._running.items():
            if shown_id == run_id:
                running.show.give_up(f"run {run_id} was deleted")
                running.task.cancel()

    async def close(self) -> None:
        """End all shows."""
        tasks = [running.task for running in self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _join(self, key: _Key) -> _Running:
        while (running := self._running.get(key)) is not None:
            if not running.task.done() and not running.task.cancelling():
                if running.leaving is not None:
                    running.leaving.cancel()
                    running.leaving = None
                return running
            # Its player still has a place, until it has gone.
            await asyncio.wait({running.task})
        run_dir = self._folders.path(key[0])
        self._places.take()
        show = PublicShow(
            players=self._players, find=partial(self._find, *key, run_dir), checkpoint_id=key[1]
        )
        task = asyncio.create_task(show.run(), name=f"show-{key[0]}")
        running = self._running[key] = _Running(show, task)
        task.add_done_callback(partial(self._over, key, running))
        return running

    def _over(self, key: _Key, running: _Running, _task: asyncio.Task[None]) -> None:
        self._places.give_back()
        if self._running.get(key) is running:
            del self._running[key]

    async def _find(self, run_id: str, checkpoint_id: str | None, run_dir: Path) -> Weights:
        if checkpoint_id is not None:
            folder = str(run_dir / CHECKPOINTS / checkpoint_id)
            return Weights(PolicySource(checkpoint=folder), live=False)
        shared = self._supervisor.ask_for_policy(run_id)
        return await asyncio.to_thread(newest_weights, run_dir, shared)


def newest_weights(run_dir: Path, shared: Path | None) -> Weights:
    """What plays a run's newest policy.

    Args:
        run_dir: Of the run.
        shared: Where the run has its present policy, or soon will; None: nowhere.

    Raises:
        ConflictError: there is nothing yet; its code is `no_checkpoint`.
    """
    newest = next(present_course(run_dir), None)
    if newest is None and (shared is None or not shared.exists()):
        raise no_checkpoint(run_dir)
    source = PolicySource(
        checkpoint=None if newest is None else str(run_dir / CHECKPOINTS / newest.id),
        shared=None if shared is None else str(shared),
    )
    return Weights(source, live=shared is not None)
