"""uvicorn with limits: on heads, bodies, connections, frames, and on how long one may dawdle."""

from __future__ import annotations

from typing import Any

import structlog
import uvicorn
from starlette.types import ASGIApp

from matinee.bootstrap.connection_places import ConnectionLimits, ConnectionPlaces, Refusal
from matinee.bootstrap.frozen_peers import FrozenPeers
from matinee.bootstrap.guarded_http import GuardedHttp, guarded_http
from matinee.bootstrap.guarded_socket import guarded_socket

MAX_WS_MESSAGE_BYTES = 64 * 1024
PING_INTERVAL_S = 10.0
PING_TIMEOUT_S = 15.0
"""Together less than the 30 s after which a silent stream counts as dead on the other side too."""
KEEP_ALIVE_S = 30
GRACEFUL_CLOSE_S = 2
TICKS_PER_LOOK = 10
"""uvicorn ticks every 0.1 s."""

log = structlog.get_logger()


class GuardedServer(uvicorn.Server):
    """A server whose connections are looked at once a second. Lives as long as its `run`."""

    def __init__(self, app: ASGIApp, limits: ConnectionLimits, **options: Any) -> None:
        self.places = ConnectionPlaces(limits)
        self._told = self.places.refusals.copy()
        self._frozen_peers = FrozenPeers()
        settings: dict[str, Any] = {
            "http": guarded_http(self.places),
            "ws": guarded_socket(self.places),
            "log_config": None,
            "access_log": False,
            "server_header": False,
            "ws_max_size": MAX_WS_MESSAGE_BYTES,
            # Every frame would be packed anew for every watcher, on the loop that serves all; and
            # what is unpacked may be a thousand times as long as what was sent.
            "ws_per_message_deflate": False,
            "ws_ping_interval": PING_INTERVAL_S,
            "ws_ping_timeout": PING_TIMEOUT_S,
            # `web.forwarded` does it, and believes fewer.
            "proxy_headers": False,
            "timeout_keep_alive": KEEP_ALIVE_S,
            "timeout_graceful_shutdown": GRACEFUL_CLOSE_S,
        }
        super().__init__(uvicorn.Config(app, **(settings | options)))

    @property
    def waiting_bytes(self) -> int:
        """What waited to be taken by its readers, at the last look."""
        return self._frozen_peers.waiting_bytes

    async def on_tick(self, counter: int) -> bool:
        """What uvicorn does now and then; each second it also cuts who dawdles."""
        if counter % TICKS_PER_LOOK == 0:
            self._look()
        return await super().on_tick(counter)

    def _look(self) -> None:
        connections = self.server_state.connections
        for connection in list(connections):
            if isinstance(connection, GuardedHttp):
                connection.look()
        for _ in range(self._frozen_peers.look(connections)):
            self.places.count(Refusal.FROZEN)
        news = self.places.refusals - self._told
        if news:
            self._told = self.places.refusals.copy()
            open_now = len(connections)
            log.warning(
                "connections_refused", open=open_now, **{str(k): n for k, n in news.items()}
            )
