"""A client that sends what no library would: bytes on a socket, and what comes back."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

PATIENCE_S = 40.0

UPGRADE = (
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    f"Sec-WebSocket-Key: {base64.b64encode(bytes(16)).decode()}",
)
"""What makes a request one for a WebSocket."""


def head(*lines: str) -> bytes:
    """A request's head; latin-1, as headers are."""
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode("latin-1")


def masked(opcode: int, payload: bytes = b"", *, final: bool = True) -> bytes:
    """A frame from a client, masked with zeros: a mask that changes nothing (RFC 6455 §5.2)."""
    size = len(payload)
    if size < 126:
        length = bytes([0x80 | size])
    elif size < 65_536:
        length = b"\xfe" + size.to_bytes(2, "big")
    else:
        length = b"\xff" + size.to_bytes(8, "big")
    return bytes([(0x80 if final else 0) | opcode]) + length + bytes(4) + payload


@dataclass
class RawConnection:
    """Lives as long as the context in which it was opened."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        """Send; a peer that has closed is no error of the sender's."""
        try:
            self.writer.write(data)
            async with asyncio.timeout(PATIENCE_S):
                await self.writer.drain()
        except ConnectionError:
            pass

    async def head(self) -> bytes:
        """The head of an answer; what came if the connection ends before."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await self.reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError as end:
            return end.partial
        except ConnectionError:
            return b""

    async def answer(self) -> bytes:
        """A whole answer in chunks."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.reader.readuntil(b"\r\n0\r\n\r\n")

    async def rest(self) -> bytes:
        """All that comes until the other side closes."""
        parts = []
        try:
            async with asyncio.timeout(PATIENCE_S):
                while part := await self.reader.read(65_536):
                    parts.append(part)
        except ConnectionError:
            pass
        return b"".join(parts)

    async def close_code(self) -> int | None:
        """Of the close frame that ends a WebSocket; None: it ended without."""
        rest = await self.rest()
        while len(rest) >= 2:
            size, begin = rest[1] & 0x7F, 2
            if size >= 126:
                begin = 4 if size == 126 else 10
                size = int.from_bytes(rest[2:begin], "big")
            if rest[0] & 0x0F == 0x8:
                return int.from_bytes(rest[begin : begin + 2], "big")
            rest = rest[begin + size :]
        return None


@asynccontextmanager
async def raw_connection(port: int, *, source: str = "127.0.0.1") -> AsyncIterator[RawConnection]:
    """Connect to this machine, from one of its loopback addresses."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
    try:
        yield RawConnection(reader, writer)
    finally:
        writer.transport.abort()


async def status_of(port: int, request: bytes, *, source: str = "127.0.0.1") -> int | None:
    """Send this and nothing more: the status of the answer; None: closed without one."""
    async with raw_connection(port, source=source) as connection:
        await connection.send(request)
        words: Sequence[bytes] = (await connection.head()).split(b" ", 2)
    return int(words[1]) if len(words) > 1 else None
