"""Somebody watches the agent play, over a WebSocket: frames as fast as they are taken, no queue."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any, NoReturn, assert_never

from fastapi import WebSocket

from matinee.contracts.access import Role
from matinee.contracts.view import (
    MAX_UNSEEN,
    VIEW_CLIENT_FRAME_ADAPTER,
    ViewClientFrame,
    ViewSeen,
    ViewSet,
    ViewStep,
)
from matinee.errors import LimitExceededError, MatineeError
from matinee.runs.shows import PublicShow
from matinee.web.connection_ends import (
    CloseCode,
    StreamEndedError,
    end_with_access,
    end_with_server,
    first_end,
    refused,
)
from matinee.web.credentials import Principal
from matinee.web.dependencies import WebDependencies
from matinee.web.roles import role_too_low
from matinee.web.sockets import ClientFrames, send_message, serve_until_it_ends
from matinee.web.stream import SEND_TIMEOUT_S

MAX_CLIENT_FRAMES_PER_SECOND = 100
MAX_CLIENT_FRAME_BYTES = 1024
TICK_S = 5.0
"""Without news a status is sent so often: the connection is alive."""

FINE_QUALITY, USUAL_QUALITY, POOR_QUALITY = 88, 70, 45
QUICK_S, SLOW_S = 0.12, 0.4
"""Until a frame was seen, after it was sent: what the quality goes by."""

_FOR_EVERYBODY = frozenset({"speed", "paused", "deterministic"})
"""What of a `ViewSet` changes the show of all who watch it."""


async def serve_view(
    websocket: WebSocket,
    dependencies: WebDependencies,
    principal: Principal,
    *,
    run_id: str,
    checkpoint_id: str | None,
) -> None:
    """Serve one WebSocket until it ends, and close it with the reason."""
    view = _View(websocket, dependencies, principal, run_id=run_id)
    await serve_until_it_ends(websocket, dependencies, principal, lambda: view.serve(checkpoint_id))


class _View:
    """One client. Lives as long as its connection, on the event loop."""

    def __init__(
        self,
        websocket: WebSocket,
        dependencies: WebDependencies,
        principal: Principal,
        *,
        run_id: str,
    ) -> None:
        self._websocket = websocket
        self._dependencies = dependencies
        self._principal = principal
        self._run_id = run_id
        self._show: PublicShow | None = None
        self._frames: ClientFrames[ViewClientFrame] = ClientFrames(
            websocket,
            VIEW_CLIENT_FRAME_ADAPTER,
            max_bytes=MAX_CLIENT_FRAME_BYTES,
            most=MAX_CLIENT_FRAMES_PER_SECOND,
            window_s=1.0,
            window="second",
        )
        self._unseen: dict[int, float] = {}
        """Numbers of frames that were sent and not yet seen, and when that was."""
        self._seen = asyncio.Event()
        self._quality = FINE_QUALITY
        self._asked_for: tuple[str | None] | None = None
        """Another policy is to be watched."""

    async def serve(self, checkpoint_id: str | None) -> StreamEndedError:
        """Until the client leaves, is too slow, or the server closes; tells which."""
        ended: StreamEndedError | None = None
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._frames.listen(self._take))
                tasks.create_task(end_with_server(self._dependencies))
                tasks.create_task(end_with_access(self._dependencies, self._principal))
                await self._watch(checkpoint_id)
        except* StreamEndedError as group:
            ended = first_end(group)
        assert ended is not None
        return ended

    async def _watch(self, checkpoint_id: str | None) -> NoReturn:
        """One policy after the other."""
        while True:
            async with AsyncExitStack() as leaving:
                try:
                    watching = self._dependencies.watching.watch(self._run_id, checkpoint_id)
                    self._show = await leaving.enter_async_context(watching)
                except LimitExceededError as error:
                    raise StreamEndedError(
                        CloseCode.TRY_AGAIN_LATER, str(error), cause="too_many"
                    ) from error
                except MatineeError as error:
                    raise refused(CloseCode.POLICY_VIOLATION, str(error)) from error
                self._unseen.clear()
                checkpoint_id = await self._pass_on(self._show)

    async def _pass_on(self, show: PublicShow) -> str | None:
        """Status and frames, until another policy is asked for: whose."""
        edition, number = -1, 0
        while self._asked_for is None:
            bell = show.bell
            if show.status_edition != edition:
                edition = show.status_edition
                await self._send(show.status.model_dump_json())
            if len(self._unseen) < MAX_UNSEEN:
                frame = show.frame
                if frame is not None and frame.number > number:
                    number = frame.number
                    self._unseen[number] = asyncio.get_running_loop().time()
                    await self._send(frame.data)
                    continue
                show.want(self._quality)
            if not await self._wait_for_news(bell):
                edition = -1
        (checkpoint_id,), self._asked_for = self._asked_for, None
        return checkpoint_id

    async def _wait_for_news(self, bell: asyncio.Future[None]) -> bool:
        """Of the show, or that something was seen; False: there was none for some time."""
        seen = asyncio.ensure_future(self._seen.wait())
        try:
            news: set[asyncio.Future[Any]] = {bell, seen}
            done, _ = await asyncio.wait(news, timeout=TICK_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            seen.cancel()
        self._seen.clear()
        if self._unseen:
            oldest_s = asyncio.get_running_loop().time() - min(self._unseen.values())
            if oldest_s > SEND_TIMEOUT_S:
                raise _too_slow()
        return bool(done)

    async def _send(self, message: str | bytes) -> None:
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await send_message(self._websocket, message)
        except TimeoutError as error:
            raise _too_slow() from error

    async def _take(self, frame: ViewClientFrame) -> None:
        """Do what the client says."""
        match frame:
            case ViewSeen():
                self._note_seen(frame.number)
            case ViewSet():
                if frame.model_fields_set & _FOR_EVERYBODY:
                    self._check_steering()
                if self._show is not None:
                    self._show.set(frame)
                if "checkpoint_id" in frame.model_fields_set:
                    self._asked_for = (frame.checkpoint_id,)
                    self._seen.set()
            case ViewStep():
                self._check_steering()
                if self._show is not None:
                    self._show.step()
            case _:
                assert_never(frame)

    def _check_steering(self) -> None:
        """A class that may look must not stop the show for itself.

        Raises:
            StreamEndedError: their role is too low.
        """
        if not self._principal.grant.role.allows(Role.OPERATOR):
            reason = str(role_too_low(self._principal, Role.OPERATOR))
            raise refused(CloseCode.POLICY_VIOLATION, f"others watch, too: {reason}")

    def _note_seen(self, number: int) -> None:
        sent_at_s = self._unseen.pop(number, None)
        if sent_at_s is None:
            return
        took_s = asyncio.get_running_loop().time() - sent_at_s
        self._quality = (
            FINE_QUALITY if took_s < QUICK_S else USUAL_QUALITY if took_s < SLOW_S else POOR_QUALITY
        )
        self._seen.set()


def _too_slow() -> StreamEndedError:
    return StreamEndedError(
        CloseCode.TOO_SLOW, f"nothing was seen for {SEND_TIMEOUT_S:g} s", cause="slow"
    )
