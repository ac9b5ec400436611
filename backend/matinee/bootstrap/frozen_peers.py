"""Cuts connections whose peer takes nothing, so that a frozen reader can't hold one for ever.

uvicorn ends every connection by `transport.close()`, which first waits until the write buffer is
empty. A peer that reads nothing never lets it be: descriptor and buffer would stay for the life of
the server. Only `transport.abort()` gets rid of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

MAX_STUCK_LOOKS = 25
"""With a look each second: longer than a stream needs to say why it ends (20 s and 5 s)."""
FAREWELL_S = 1.0
"""For the close frame, should the peer be alive and only late."""


class Connection(Protocol):
    """What uvicorn keeps for each open connection."""

    @property
    def transport(self) -> asyncio.Transport:
        """Where its bytes go."""


class AnsweringWebSocket(WebSocketsSansIOProtocol):
    """A WebSocket that is cut, not closed in order, if the peer does not answer a ping."""

    def keepalive_timeout(self) -> None:
        """Say goodbye, and leave whether the peer takes it or not."""
        super().keepalive_timeout()
        self.loop.call_later(FAREWELL_S, self.transport.abort)


@dataclass
class _Stuck:
    least_bytes: int
    looks: int = 0


class FrozenPeers:
    """Looks now and then at what waits to be sent. Used on the event loop alone.

    Progress is judged by looks, not by a clock: after the server itself stood still, as on a
    notebook that slept, every peer gets its full time again.
    """

    def __init__(self) -> None:
        self._stuck: dict[Connection, _Stuck] = {}
        self.waiting_bytes = 0
        """Of all connections together, at the last look."""

    def look(self, connections: Collection[object]) -> int:
        """Cut those that took nothing for `MAX_STUCK_LOOKS` looks; returns how many these were."""
        before, self._stuck = self._stuck, {}
        cut = self.waiting_bytes = 0
        for each in list(connections):
            connection = cast("Connection", each)
            waiting_bytes = connection.transport.get_write_buffer_size()
            self.waiting_bytes += waiting_bytes
            if waiting_bytes == 0:
                continue
            stuck = before.get(connection, _Stuck(waiting_bytes))
            # Pings come on top of what waits: only less than ever before is progress.
            progresses = waiting_bytes < stuck.least_bytes
            stuck = _Stuck(
                min(waiting_bytes, stuck.least_bytes), 0 if progresses else stuck.looks + 1
            )
            if stuck.looks > MAX_STUCK_LOOKS:
                connection.transport.abort()
                cut += 1
            else:
                self._stuck[connection] = stuck
        return cut
