"""Players that are no processes: they say what a test wants, or answer by themselves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from pydantic import BaseModel

from matinee.contracts.playing import WantPicture
from matinee.contracts.view import ViewFrame


def view_frame(number: int) -> ViewFrame:
    """One of a CartPole."""
    return ViewFrame(
        number=number,
        episode=1,
        length=number,
        episode_return=float(number),
        value=0.5,
        probabilities=[0.25, 0.75],
        mean=None,
        deviation=None,
        action=1,
        reward=1.0,
        terminated=False,
        truncated=False,
        values=[0.5],
        rewards=[1.0],
        last_return=None,
        env_step=10,
        checkpoint_id=None,
        steps_per_second=50.0,
        image="image/jpeg",
        width=600,
        height=400,
        unseen=None,
    )


class ScriptedPlayer:
    """`answers`: whether each wish for a picture is granted at once."""

    pid = 4_000_000

    def __init__(self, order: BaseModel, *, answers: bool) -> None:
        self.orders = [order]
        self.is_told_to_go = self.closed = False
        self.may_go = asyncio.Event()
        self.may_go.set()
        self._answers = answers
        self._number = 0
        self._said: asyncio.Queue[tuple[bytes, bytes] | None] = asyncio.Queue()

    def tell(self, order: BaseModel) -> None:
        """Remember it."""
        self.orders.append(order)
        if self._answers and isinstance(order, WantPicture):
            self._number += 1
            self.say(view_frame(self._number), b"picture")

    def say(self, head: BaseModel, image: bytes = b"") -> None:
        """A message."""
        self._said.put_nowait((head.model_dump_json().encode(), image))

    def end(self) -> None:
        """The process ends by itself."""
        self._said.put_nowait(None)

    async def messages(self) -> AsyncIterator[tuple[bytes, bytes]]:
        """What it was told to say."""
        while (message := await self._said.get()) is not None:
            yield message

    async def last_words(self) -> str:
        """Of a crash."""
        return "Segmentation fault"

    async def close(self) -> None:
        """Note it; it is gone when it may be."""
        self.is_told_to_go = True
        await self.may_go.wait()
        self.closed = True
        self.end()


class ScriptedPlayers:
    """Starts them."""

    def __init__(self, *, answers: bool = True) -> None:
        self.answers = answers
        self.started: list[ScriptedPlayer] = []

    async def start(self, order: BaseModel) -> ScriptedPlayer:
        """One more."""
        self.started.append(ScriptedPlayer(order, answers=self.answers))
        return self.started[-1]
