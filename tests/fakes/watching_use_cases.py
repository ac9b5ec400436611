"""`WatchingUseCases` without runs: real shows, played by scripted players."""

# ruff: noqa: D102 - the port says what each method does

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fakes.players import ScriptedPlayers
from matinee.contracts.playing import PolicySource
from matinee.runs.shows import PublicShow, Weights


class FakeWatching:
    """Each watcher gets a show alone; `refusal` makes every call raise."""

    def __init__(self) -> None:
        self.players = ScriptedPlayers()
        self.asked: list[tuple[str, str | None]] = []
        self.shows: list[PublicShow] = []
        self.refusal: Exception | None = None

    @asynccontextmanager
    async def watch(self, run_id: str, checkpoint_id: str | None) -> AsyncIterator[PublicShow]:
        if self.refusal is not None:
            raise self.refusal
        self.asked.append((run_id, checkpoint_id))

        async def find() -> Weights:
            return Weights(PolicySource(checkpoint="/one"), live=True)

        show = PublicShow(players=self.players, find=find, checkpoint_id=checkpoint_id)
        self.shows.append(show)
        show.arrive()
        playing = asyncio.create_task(show.run())
        try:
            yield show
        finally:
            show.leave()
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)
