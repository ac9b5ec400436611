"""An app behind a real socket on a free port, on the test's own event loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from starlette.types import ASGIApp

from matinee.bootstrap.connection_places import ConnectionLimits
from matinee.bootstrap.guarded_server import GuardedServer


class _Server(GuardedServer):
    """Tells when it listens, and leaves the signals of the test process alone."""

    def __init__(self, app: ASGIApp, limits: ConnectionLimits, **options: Any) -> None:
        super().__init__(app, limits, **options)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[str]:
    """Serve as `matinee serve` does; gives the address."""
    async with serving_with(app) as (_, port):
        yield f"http://127.0.0.1:{port}"


@asynccontextmanager
async def serving_with(
    app: ASGIApp, limits: ConnectionLimits | None = None, **options: Any
) -> AsyncIterator[tuple[GuardedServer, int]]:
    """The same with limits and options of uvicorn's; gives the server and its port."""
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        server = _Server(app, limits or ConnectionLimits(), **options)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            async with asyncio.timeout(10):
                await server.listening.wait()
            yield server, listener.getsockname()[1]
        finally:
            server.should_exit = True
            await task
