"""The clients that measure the stream: frames of every size, cut anywhere, and what they count."""

from __future__ import annotations

import asyncio
import struct
from typing import cast

import orjson
import pytest

from benchmarks.watchers import Decoder, Tally, Watcher

ACCEPTED = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"


class Sent:
    """The other end: keeps what the client says."""

    def __init__(self) -> None:
        self.said: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        """As asyncio has it."""
        self.said.append(data)

    def close(self) -> None:
        """As asyncio has it."""
        self.closed = True

    abort = close


def frame(opcode: int, payload: bytes) -> bytes:
    """As a server sends it: not masked."""
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", 0x80 | opcode, size)
    elif size < 65_536:
        head = struct.pack("!BBH", 0x80 | opcode, 126, size)
    else:
        head = struct.pack("!BBQ", 0x80 | opcode, 127, size)
    return head + payload


def events(*numbers: int, size: int = 1) -> bytes:
    """A frame of the stream with these events."""
    at = "2026-01-02T03:04:05.678Z"
    stretch = [{"seq": number, "at": at, "message": "x" * size} for number in numbers]
    return frame(1, orjson.dumps({"type": "events", "events": stretch, "next": numbers[-1]}))


def watch(data: bytes, *, piece_bytes: int, cursor: int = 0) -> tuple[Tally, Sent, Watcher]:
    """A client that gets this, so many bytes at a time."""
    tally, sent = Tally(), Sent()
    watcher = Watcher(b"request", Decoder(), lambda: tally, cursor=cursor)
    watcher.connection_made(cast("asyncio.Transport", sent))
    for begin in range(0, len(data), piece_bytes):
        watcher.data_received(data[begin : begin + piece_bytes])
    return tally, sent, watcher


@pytest.mark.parametrize("piece_bytes", [1, 7, 1_000_000])
def test_frames_are_found_however_they_are_cut(piece_bytes: int) -> None:
    """Short, long and very long frames arrive whole, one byte at a time or all at once."""
    data = ACCEPTED + events(1, 2) + events(3, size=300) + events(4, 5, size=40_000)
    tally, sent, watcher = watch(data, piece_bytes=piece_bytes)

    assert (tally.frames, tally.gaps, tally.repeated, watcher.cursor) == (3, 0, 0, 5)
    assert len(tally.latencies_ms) == 3
    assert sent.said == [b"request"]


def test_gaps_and_repetitions_are_counted() -> None:
    """What is missing between frames or within one counts, and so does what came before."""
    tally, _, _ = watch(ACCEPTED + events(3) + events(3) + events(4, 6), piece_bytes=50, cursor=1)

    assert (tally.gaps, tally.repeated) == (2, 1)


def test_pings_are_answered_and_goodbyes_taken() -> None:
    """The client answers a ping with its payload, and leaves when it is told to."""
    tally, sent, watcher = watch(ACCEPTED + frame(9, b"1234") + frame(8, b""), piece_bytes=3)
    watcher.connection_lost(None)

    assert sent.said[1:] == [b"\x8a\x84" + bytes(4) + b"1234"]
    assert sent.closed
    assert tally.closed == 1


def test_a_refusal_is_no_stream() -> None:
    """Whatever is not an upgrade is an error with the server's words."""
    with pytest.raises(ConnectionError, match="401"):
        watch(b"HTTP/1.1 401 Unauthorized\r\n\r\n", piece_bytes=1_000)
