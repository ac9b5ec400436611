"""Work that only the client of one request waits for: it is given up when that client leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request

_Answer = TypeVar("_Answer")


async def while_client_waits(request: Request, work: Coroutine[Any, Any, _Answer]) -> _Answer:
    """What comes of it.

    Args:
        request: Its body has been read.
        work: Cancelled, and waited for, when the client leaves.

    Raises:
        ClientDisconnect: nobody is there to be answered.
    """
    working, leaving = asyncio.create_task(work), asyncio.create_task(_leaves(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            leaving.result()
            raise ClientDisconnect
        return working.result()
    finally:
        working.cancel()
        leaving.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _leaves(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
