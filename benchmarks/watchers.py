"""Many clients on live streams, each as small as can be, so that they are not what is measured.

Reads frames of the server by hand (RFC 6455 §5.2) and decodes each text once, however many got it.
"""

from __future__ import annotations

import asyncio
import base64
import os
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

import orjson

_TEXT, _CLOSE, _PING, _PONG = 0x1, 0x8, 0x9, 0xA
_KNOWN_TEXTS = 4_096


@dataclass(frozen=True)
class Stretch:
    """What one frame of events holds.

    Attributes:
        first: Number of its first event.
        next: Cursor after it.
        is_whole: Whether the numbers between have no gap.
        newest_at: When its last event was written down, seconds of `time.time`.
    """

    first: int
    next: int
    is_whole: bool
    newest_at: float


class Decoder:
    """Decodes a text once, for all clients that get it."""

    def __init__(self) -> None:
        self._known: dict[bytes, Stretch | None] = {}

    def stretch(self, text: bytes) -> Stretch | None:
        """What it holds; None if it is no frame of events."""
        if text in self._known:
            return self._known[text]
        frame = orjson.loads(text)
        found = None
        if frame["type"] == "events":
            numbers = [event["seq"] for event in frame["events"]]
            found = Stretch(
                first=numbers[0],
                next=frame["next"],
                is_whole=numbers == list(range(numbers[0], frame["next"] + 1)),
                newest_at=datetime.fromisoformat(frame["events"][-1]["at"]).timestamp(),
            )
        if len(self._known) >= _KNOWN_TEXTS:
            self._known.clear()
        self._known[text] = found
        return found


@dataclass
class Tally:
    """What all clients together got."""

    latencies_ms: list[float] = field(default_factory=list)
    frames: int = 0
    gaps: int = 0
    repeated: int = 0
    closed: int = 0


class Watcher(asyncio.Protocol):
    """One client on one run's stream. Lives as long as its connection."""

    def __init__(
        self, request: bytes, decoder: Decoder, tally: Callable[[], Tally], *, cursor: int
    ) -> None:
        self._request = request
        self._decoder = decoder
        self._tally = tally
        self._received = bytearray()
        self._is_open = False
        self._has_left = False
        self.cursor = cursor

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        """Counted, unless it was this side that left."""
        del exc
        self._tally().closed += not self._has_left

    def leave(self) -> None:
        """Close it."""
        self._has_left = True
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Take whole frames from what has come."""
        self._received += data
        if not self._is_open:
            head, separator, rest = bytes(self._received).partition(b"\r\n\r\n")
            if not separator:
                return
            if b" 101 " not in head:
                raise ConnectionError(head.decode(errors="replace"))
            self._is_open, self._received = True, bytearray(rest)
        while (frame := self._next_frame()) is not None:
            opcode, payload = frame
            if opcode == _TEXT:
                self._take(payload)
            elif opcode == _PING:
                self._transport.write(masked_frame(_PONG, payload))
            elif opcode == _CLOSE:
                self._transport.close()

    def _next_frame(self) -> tuple[int, bytes] | None:
        received = self._received
        if len(received) < 2:
            return None
        length, begin = received[1] & 0x7F, 2
        if length == 126:
            begin = 4
        elif length == 127:
            begin = 10
        if len(received) < begin:
            return None
        if begin > 2:
            length = int.from_bytes(received[2:begin], "big")
        if len(received) < begin + length:
            return None
        opcode, payload = received[0] & 0x0F, bytes(received[begin : begin + length])
        del received[: begin + length]
        return opcode, payload

    def _take(self, text: bytes) -> None:
        now = time.time()
        stretch = self._decoder.stretch(text)
        if stretch is None:
            return
        tally = self._tally()
        tally.frames += 1
        tally.latencies_ms.append((now - stretch.newest_at) * 1000)
        tally.repeated += stretch.first <= self.cursor
        tally.gaps += stretch.first > self.cursor + 1 or not stretch.is_whole
        self.cursor = stretch.next


def masked_frame(opcode: int, payload: bytes) -> bytes:
    """A short frame from a client, masked with zeros: a mask that changes nothing."""
    return struct.pack("!BB4x", 0x80 | opcode, 0x80 | len(payload)) + payload


def stream_request(host: str, run_id: str, *, after: int, token: str) -> bytes:
    """The request that opens a stream."""
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET /api/v1/stream?run={run_id}&after={after} HTTP/1.1\r\nHost: {host}\r\n"
        f"Authorization: Bearer {token}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
    ).encode()
