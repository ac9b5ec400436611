"""Listens: uvicorn around the app, and the link for the person who started it."""

from __future__ import annotations

import socket
import sys
import webbrowser
from pathlib import Path
from types import FrameType

import structlog
import uvicorn

from matinee.bootstrap.data_dir_lock import lock_data_dir
from matinee.bootstrap.frozen_peers import AnsweringWebSocket, FrozenPeers
from matinee.bootstrap.logs import configure_server_log
from matinee.bootstrap.server import Server, build_server
from matinee.errors import ConflictError, MatineeError
from matinee.settings import Settings

MAX_WS_MESSAGE_BYTES = 64 * 1024
PING_INTERVAL_S = 10.0
PING_TIMEOUT_S = 15.0
"""Together less than the 30 s after which a silent stream counts as dead on the other side too."""
KEEP_ALIVE_S = 30
GRACEFUL_CLOSE_S = 2
BACKLOG = 512
TICKS_PER_LOOK = 10
"""uvicorn ticks every 0.1 s."""

log = structlog.get_logger()


class _Announcing(uvicorn.Server):
    """Prints the link once it listens; tells the streams when it is about to leave."""

    def __init__(
        self, config: uvicorn.Config, server: Server, *, base_url: str, open_page: bool
    ) -> None:
        super().__init__(config)
        self._server = server
        self._base_url = base_url
        self._open_page = open_page
        self._frozen_peers = FrozenPeers()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        if not self.started:
            return
        link = f"{self._base_url}{self._server.new_login_path()}"
        sys.stdout.write(
            f"\n  Matinee is open:  {link}\n\n"
            "  The link logs one browser in, within ten minutes. Ctrl-C ends the show.\n\n"
        )
        sys.stdout.flush()
        if self._open_page:
            webbrowser.open(link)

    async def on_tick(self, counter: int) -> bool:
        """What uvicorn does now and then; each second it also cuts who takes nothing."""
        if counter % TICKS_PER_LOOK == 0:
            cut = self._frozen_peers.look(self.server_state.connections)
            if cut:
                log.warning("frozen_peers_cut", connections=cut)
        return await super().on_tick(counter)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal ends in order, the second in a hurry.

        Uvicorn would also raise the signal again at the end; leaving on request is a success.
        """
        _ = sig, frame
        if self.should_exit:
            self.force_exit = True
            self._server.hurry()
        self.should_exit = True
        self._server.dependencies.closing.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close connections, then end the app: in a hurry too, for runs must not be left alone."""
        await super().shutdown(sockets)
        if self.force_exit:
            await self.lifespan.shutdown()


def run_server(settings: Settings, *, open_page: bool, log_file: Path | None) -> None:
    """Serve until a signal ends it.

    Raises:
        InvalidInputError: a setting is wrong.
        ConflictError: the port is taken, or another server looks after the data directory.
    """
    with lock_data_dir(settings.data_dir), _listen(settings.host, settings.port) as listener:
        configure_server_log(log_file or settings.data_dir / "server.log")
        server = build_server(settings)
        port = listener.getsockname()[1]
        config = uvicorn.Config(
            server.app,
            log_config=None,
            access_log=False,
            server_header=False,
            ws=AnsweringWebSocket,
            ws_max_size=MAX_WS_MESSAGE_BYTES,
            # Every frame would be packed anew for every watcher, on the loop that serves all.
            ws_per_message_deflate=False,
            ws_ping_interval=PING_INTERVAL_S,
            ws_ping_timeout=PING_TIMEOUT_S,
            proxy_headers=settings.behind_proxy,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=GRACEFUL_CLOSE_S,
        )
        base_url = f"http://{_display_name(settings.host)}:{port}"
        serving = _Announcing(config, server, base_url=base_url, open_page=open_page)
        serving.run(sockets=[listener])
        if not serving.started:
            raise MatineeError("the server could not start; the reason stands above", code="start")


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise ConflictError(
            f"can't listen on {host}:{port}: {error.strerror}. Is a Matinee running there "
            "already? Another port: --port 8001, any free one: --port 0"
        ) from error


def _display_name(host: str) -> str:
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
