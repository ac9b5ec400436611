"""A bad network in one process: passes bytes on, and breaks every connection in some way.

A client connects to `port` instead of to the server. Used on the event loop alone.
"""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum

CHUNK_BYTES = 16_384
SLICE_BYTES = 7
LATENCY_S = 0.05
NO_LINGER = struct.pack("ii", 1, 0)
"""Closing sends a reset."""


class Trouble(StrEnum):
    """What happens to a connection until it ends, in the middle of what the server says.

    `RESET` ends with a reset, the others in order; `LATENCY` is late with everything, `SLICER`
    passes it on a few bytes at a time.
    """

    LATENCY = "latency"
    SLICER = "slicer"
    RESET = "reset"
    CLOSE = "close"


@dataclass
class FlakyProxy:
    """Between clients and one server. Lives as long as `flaky` is open.

    Attributes:
        chance: Decides which trouble a connection gets, and when it ends.
        server: Host and port; may be told later.
        troubles: To choose from; with none, connections last.
        bytes_until: Bounds of what the server says until a connection ends.
        calm_after: Connections after so many last; after a long gap the first frame may be longer
            than any other lasts.
        is_down: Nobody can connect.
        port: Where clients connect.
        connections: How many came through.
    """

    chance: random.Random
    server: tuple[str, int] = ("127.0.0.1", 0)
    troubles: tuple[Trouble, ...] = tuple(Trouble)
    bytes_until: tuple[int, int] = (200, 20_000)
    calm_after: int | None = None
    is_down: bool = False
    port: int = 0
    connections: int = 0
    _open: dict[asyncio.StreamWriter, asyncio.Event] = field(default_factory=dict)

    def cut(self) -> None:
        """Reset every connection, and let nobody connect until `is_down` is taken back."""
        self.is_down = True
        for writer in list(self._open):
            _reset(writer)

    def freeze(self) -> None:
        """Nothing comes through the connections that there are, and nobody is told."""
        for frozen in self._open.values():
            frozen.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one connection on, until its trouble ends it."""
        if self.is_down:
            _reset(writer)
            return
        try:
            from_server, to_server = await asyncio.open_connection(*self.server)
        except OSError:
            _reset(writer)
            return
        self.connections += 1
        self._open[writer] = frozen = asyncio.Event()
        upwards = asyncio.create_task(_pass_on(reader, to_server))
        try:
            with suppress(ConnectionError):
                await self._downwards(from_server, writer, frozen)
        finally:
            del self._open[writer]
            upwards.cancel()
            to_server.transport.abort()
            writer.close()

    async def _downwards(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, frozen: asyncio.Event
    ) -> None:
        is_calm = self.calm_after is not None and self.connections > self.calm_after
        trouble = self.chance.choice(self.troubles) if self.troubles and not is_calm else None
        left_bytes = self.chance.randint(*self.bytes_until)
        while data := await reader.read(CHUNK_BYTES):
            if frozen.is_set():
                await writer.wait_closed()
                return
            if trouble is Trouble.LATENCY:
                await asyncio.sleep(LATENCY_S)
            is_last = trouble is not None and len(data) >= left_bytes
            await _deliver(writer, data[:left_bytes] if is_last else data, trouble)
            if is_last:
                break
            left_bytes -= len(data)
        if trouble is Trouble.RESET:
            _reset(writer)


def _reset(writer: asyncio.StreamWriter) -> None:
    peer = writer.get_extra_info("socket")
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
    writer.transport.abort()


async def _deliver(writer: asyncio.StreamWriter, data: bytes, trouble: Trouble | None) -> None:
    size = SLICE_BYTES if trouble is Trouble.SLICER else max(len(data), 1)
    for begin in range(0, len(data), size):
        writer.write(data[begin : begin + size])
        await writer.drain()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(CHUNK_BYTES):
            writer.write(data)
            await writer.drain()


@asynccontextmanager
async def flaky(proxy: FlakyProxy) -> AsyncIterator[FlakyProxy]:
    """Listen on a free port."""
    connections: set[asyncio.Task[None]] = set()

    def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.add(task := asyncio.create_task(proxy.serve(reader, writer)))
        task.add_done_callback(connections.discard)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        for task in list(connections):
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
