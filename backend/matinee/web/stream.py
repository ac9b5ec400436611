"""One live connection: subscriptions pull events, one sender delivers them.

No queue stands between a run and a client. Each subscription asks the feed for what follows its
own cursor, sends it, and asks again; a slow client thus gets larger stretches less often, and
memory stays bounded by construction. A client that takes nothing for `SEND_TIMEOUT_S` is closed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import NoReturn, assert_never

import orjson
from pydantic import BaseModel

from matinee import __version__
from matinee.contracts.stream import (
    ClientFrame,
    ErrorFrame,
    HelloFrame,
    ResyncFrame,
    SubscribedFrame,
    SubscribeFrame,
    TickFrame,
    UnsubscribedFrame,
    UnsubscribeFrame,
)
from matinee.contracts.system import CONTRACT_VERSION
from matinee.errors import MatineeError
from matinee.web.connection_ends import (
    CloseCode,
    StreamEndedError,
    end_with_access,
    end_with_server,
    first_end,
)
from matinee.web.credentials import Principal
from matinee.web.dependencies import WebDependencies

SEND_TIMEOUT_S = 20.0
TICK_S = 5.0
MAX_SUBSCRIPTIONS = 64

SendFrame = Callable[[str, int | None], Awaitable[None]]
"""Deliver one encoded frame; the number is the cursor after it, None if it moves none."""


class LiveStream:
    """One client's connection; lives as long as it, on the event loop."""

    def __init__(
        self, dependencies: WebDependencies, principal: Principal, *, send: SendFrame
    ) -> None:
        self._dependencies = dependencies
        self._principal = principal
        self._send_frame = send
        self._subscriptions: dict[str, asyncio.Task[None]] = {}
        # Guards the connection: one frame is written at a time.
        self._send_lock = asyncio.Lock()
        self._sent_at = asyncio.get_running_loop().time()

    async def serve(
        self,
        listen: Callable[[], Awaitable[NoReturn]],
        *,
        first: SubscribeFrame | None,
    ) -> StreamEndedError:
        """Run until the client leaves, is too slow, or the server closes; tells which.

        Args:
            listen: Takes what the client sends, until it raises `StreamEndedError`.
            first: Subscribe to this at once.
        """
        ended: StreamEndedError | None = None
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                await self._send(
                    HelloFrame(
                        contract_version=CONTRACT_VERSION,
                        version=__version__,
                        epoch=self._dependencies.epoch,
                        at=self._dependencies.clock(),
                    )
                )
                if first is not None:
                    await self.subscribe(first)
                tasks.create_task(listen())  # type: ignore[arg-type]
                tasks.create_task(end_with_server(self._dependencies))
                tasks.create_task(self._tick())
                tasks.create_task(end_with_access(self._dependencies, self._principal))
        except* StreamEndedError as group:
            ended = first_end(group)
        assert ended is not None
        return ended

    async def handle(self, frame: ClientFrame) -> None:
        """Do what a client asks."""
        match frame:
            case SubscribeFrame():
                await self.subscribe(frame)
            case UnsubscribeFrame():
                await self.unsubscribe(frame)
            case _:
                assert_never(frame)

    async def subscribe(self, frame: SubscribeFrame) -> None:
        """Begin to send a run's events, in place of an older subscription to it."""
        await self._cancel(frame.run_id)
        if len(self._subscriptions) >= MAX_SUBSCRIPTIONS:
            await self._refuse(
                frame.run_id, "limit_exceeded", f"{MAX_SUBSCRIPTIONS} runs are subscribed already"
            )
            return
        try:
            page = orjson.loads(
                await self._dependencies.runs.events(
                    frame.run_id, after=max(frame.after - 1, 0), limit=1, types=()
                )
            )
        except MatineeError as error:
            await self._refuse(frame.run_id, error.code, str(error))
            return
        if frame.after > 0 and not page["events"]:
            await self._resync(
                frame.run_id, page["epoch"], f"the record has no event {frame.after} yet"
            )
            return
        await self._send(
            SubscribedFrame(run_id=frame.run_id, after=frame.after, epoch=page["epoch"])
        )
        self._subscriptions[frame.run_id] = self._tasks.create_task(
            self._pull(frame.run_id, page["epoch"], frame.after)
        )

    async def unsubscribe(self, frame: UnsubscribeFrame) -> None:
        """Send no more of a run."""
        await self._cancel(frame.run_id)
        await self._send(UnsubscribedFrame(run_id=frame.run_id))

    async def _pull(self, run_id: str, epoch: str, cursor: int) -> None:
        try:
            while True:
                frame, cursor = await self._dependencies.feed.next_frame(run_id, cursor)
                await self._deliver(frame, cursor)
        except MatineeError as error:
            del self._subscriptions[run_id]
            if error.code == "cursor_ahead":
                await self._resync(run_id, epoch, str(error))
            else:
                await self._refuse(run_id, error.code, str(error))

    async def _cancel(self, run_id: str) -> None:
        task = self._subscriptions.pop(run_id, None)
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    async def _resync(self, run_id: str, epoch: str, reason: str) -> None:
        await self._send(
            ResyncFrame(run_id=run_id, epoch=epoch, reason=f"{reason}; begin again from 0")
        )

    async def _refuse(self, run_id: str, code: str, detail: str) -> None:
        await self._send(ErrorFrame(run_id=run_id, code=code, detail=detail))

    async def _send(self, frame: BaseModel) -> None:
        await self._deliver(frame.model_dump_json(), None)

    async def _deliver(self, frame: str, cursor: int | None) -> None:
        async with self._send_lock:
            try:
                async with asyncio.timeout(SEND_TIMEOUT_S):
                    await self._send_frame(frame, cursor)
            except TimeoutError as error:
                raise StreamEndedError(
                    CloseCode.TOO_SLOW,
                    f"nothing was taken for {SEND_TIMEOUT_S:g} s; come back with your cursor",
                    cause="slow",
                ) from error
            self._sent_at = asyncio.get_running_loop().time()

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            silent_s = loop.time() - self._sent_at
            if silent_s >= TICK_S:
                await self._send(TickFrame(at=self._dependencies.clock()))
                continue
            await asyncio.sleep(TICK_S - silent_s)
