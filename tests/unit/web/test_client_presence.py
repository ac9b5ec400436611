"""Work that is given up when its client leaves."""

from __future__ import annotations

import asyncio

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from matinee.errors import ConflictError
from matinee.web.client_presence import while_client_waits

pytestmark = pytest.mark.anyio


class Client:
    """Of one request; leaves when the test says so."""

    def __init__(self) -> None:
        self.leaves = asyncio.Event()
        self.request = Request({"type": "http"}, self._receive)
        self._has_sent = False

    async def _receive(self) -> Message:
        if not self._has_sent:
            self._has_sent = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.leaves.wait()
        return {"type": "http.disconnect"}


async def test_who_stays_is_answered() -> None:
    """With what came of it, also when that is a refusal; nothing goes on listening."""

    async def answer() -> int:
        await asyncio.sleep(0)
        return 7

    async def refuse() -> int:
        await asyncio.sleep(0)
        raise ConflictError("no")

    before = asyncio.all_tasks()
    assert await while_client_waits(Client().request, answer()) == 7
    with pytest.raises(ConflictError):
        await while_client_waits(Client().request, refuse())

    assert asyncio.all_tasks() == before


@pytest.mark.parametrize("end", ["client", "server"])
async def test_work_for_nobody_is_given_up(end: str) -> None:
    """It has cleaned up by then, also when the server leaves before the client does."""
    client, begun, cleaned_up = Client(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        try:
            begun.set()
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned_up.set()

    waiting = asyncio.create_task(while_client_waits(client.request, work()))
    await begun.wait()
    if end == "client":
        client.leaves.set()
    else:
        waiting.cancel()
    await asyncio.wait({waiting}, timeout=30)

    assert cleaned_up.is_set()
    if end == "client":
        assert isinstance(waiting.exception(), ClientDisconnect)
    else:
        assert waiting.cancelled()
