"""WebSockets that no flood of frames can use to keep the server from others."""

from __future__ import annotations

from typing import Any, Final

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.utils import ClientDisconnected
from websockets.frames import Frame

from matinee.bootstrap.connection_places import ConnectionPlaces, Refusal
from matinee.bootstrap.frozen_peers import FAREWELL_S, AnsweringWebSocket

MAX_FRAMES_PER_SECOND: Final = 250
"""Of any kind, pings among them. What a page sends has lower limits of its own, at its socket."""
MAX_FRAGMENTS: Final = 64
"""Of one message: empty ones count for nothing in its size."""
SLICE_BYTES: Final = 4096
"""So much is parsed at once before somebody looks: some 700 of the shortest frames."""
POLICY_VIOLATION: Final = 1008
MESSAGE_TOO_BIG: Final = 1009
_GOES_ON = frozenset({"websocket.accept", "websocket.send"})
_NO_HANDSHAKE = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class GuardedSocket(AnsweringWebSocket):
    """One WebSocket; who sends more frames than anybody needs is cut.

    The limits of each socket's messages are in `web.sockets`; but pings, pongs and fragments never
    get there, and a read of the network holds thousands of messages before anybody is asked.
    """

    def __init__(self, *arguments: Any, places: ConnectionPlaces, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._places = places
        self._second = 0.0
        self._frames_in_second = 0
        self._has_failed = False
        self._has_app_closed = False

    def data_received(self, data: bytes) -> None:
        """Parse by slices, until it is too much."""
        for begin in range(0, len(data), SLICE_BYTES):
            if self._has_failed or self.transport.is_closing():
                return
            super().data_received(data[begin : begin + SLICE_BYTES])
        if not (self.handshake_initiated or self.transport.is_closing()):
            # Its head was whole and this protocol can't read it: nobody else would end it.
            self.transport.write(_NO_HANDSHAKE)
            self.transport.close()

    async def send(self, message: ASGISendEvent) -> None:
        """Pass on what the app says; a refusal of the handshake ends it as well."""
        await self.writable.wait()
        if self.close_sent and not self._has_app_closed:
            # The protocol has said goodbye. To the app that is a peer that left, no mistake of its
            # own, which is how uvicorn would have it.
            raise ClientDisconnected
        self._has_app_closed = self._has_app_closed or message["type"] not in _GOES_ON
        await super().send(message)
        if self.initial_response is not None and self.close_sent:
            # uvicorn would log an error, as if nothing had been answered: a line for everybody who
            # is turned away.
            self.handshake_complete = True

    def handle_events(self) -> None:
        """Count what was parsed, then do it."""
        now = self.loop.time()
        if now - self._second >= 1:
            self._second, self._frames_in_second = now, 0
        # The first event is the request itself.
        self._frames_in_second += len(self.conn.events) if self.handshake_initiated else 0
        if self._frames_in_second > MAX_FRAMES_PER_SECOND:
            self._fail(POLICY_VIOLATION, f"more than {MAX_FRAMES_PER_SECOND} frames a second")
            return
        super().handle_events()

    def handle_cont(self, event: Frame) -> None:
        """One more part of a message."""
        if self._has_failed:
            return
        if len(self.frames) >= MAX_FRAGMENTS:
            self._fail(MESSAGE_TOO_BIG, f"more than {MAX_FRAGMENTS} fragments of one message")
            return
        super().handle_cont(event)

    def _fail(self, code: int, reason: str) -> None:
        """Say why, and leave whether it is taken or not."""
        self._places.count(Refusal.FLOOD)
        self._has_failed = True
        self.frames = []
        self.conn.fail(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.close_sent = True
        self.stop_keepalive()
        self.transport.close()
        self.loop.call_later(FAREWELL_S, self.transport.abort)


def guarded_socket(places: ConnectionPlaces) -> Any:
    """What uvicorn takes for the class of its WebSockets."""

    def socket(**options: Any) -> GuardedSocket:
        return GuardedSocket(**options, places=places)

    return socket
