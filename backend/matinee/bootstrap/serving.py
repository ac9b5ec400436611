"""Listens: uvicorn around the app, and the link for the person who started it."""

from __future__ import annotations

import asyncio
import gc
import socket
import sys
import webbrowser
from pathlib import Path
from types import FrameType
from typing import Any

from matinee.bootstrap.connection_places import SHARED_ADDRESSES, ConnectionLimits
from matinee.bootstrap.data_dir_lock import lock_data_dir
from matinee.bootstrap.guarded_server import GuardedServer
from matinee.bootstrap.logs import configure_server_log
from matinee.bootstrap.open_files import fit_connections
from matinee.bootstrap.server import Server, build_server
from matinee.bootstrap.service_notices import READY, STOPPING, ServiceNotices
from matinee.errors import ConflictError, MatineeError
from matinee.settings import Settings, access_token
from matinee.spare_memory import SpareMemory, return_spare_memory

BACKLOG = 512


class _Announcing(GuardedServer):
    """Prints the link once it listens; tells the streams when it is about to leave."""

    def __init__(
        self,
        server: Server,
        limits: ConnectionLimits,
        *,
        base_url: str,
        open_page: bool,
        local_url: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(server.app, limits, **options)
        self._server = server
        self._base_url = base_url
        self._local_url = local_url
        self._open_page = open_page
        self._notices = ServiceNotices()
        self._spare_memory = SpareMemory()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        if not self.started:
            return
        link = f"{self._base_url}{self._server.new_login_path()}"
        if self._local_url is not None:
            sys.stdout.write(f"\n  The proxy finds Matinee at {self._local_url}\n")
        sys.stdout.write(
            f"\n  Matinee is open:  {link}\n\n"
            "  The link logs one browser in, within ten minutes. Ctrl-C ends the show.\n\n"
        )
        sys.stdout.flush()
        self._notices.tell(READY)
        if self._open_page:
            webbrowser.open(link)

    async def on_tick(self, counter: int) -> bool:
        """What uvicorn does now and then."""
        self._notices.tell_alive()
        telemetry = self._server.dependencies.telemetry
        telemetry.observe_waiting(self.waiting_bytes)
        telemetry.observe_refusals(self.places.refusals.items())
        if self._spare_memory.is_due():
            # Imports are set apart (`cli/serve.py`), so that it takes a millisecond or a few.
            gc.collect()
            await asyncio.to_thread(return_spare_memory)
        return await super().on_tick(counter)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal ends in order, the second in a hurry.

        Uvicorn would also raise the signal again at the end; leaving on request is a success.
        """
        _ = sig, frame
        self._notices.tell(STOPPING)
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
    # Before anybody could connect.
    settings.check_exposure()
    with lock_data_dir(settings.data_dir), _listen(settings.host, settings.port) as listener:
        configure_server_log(
            log_file or settings.data_dir / "server.log", secrets=(access_token(settings),)
        )
        server = build_server(settings)
        port = listener.getsockname()[1]
        scheme = "https" if settings.tls_certificate is not None else "http"
        local_url = f"{scheme}://{_display_name(settings.host)}:{port}"
        serving = _Announcing(
            server,
            _connection_limits(settings),
            base_url=_public_url(settings) or local_url,
            open_page=open_page,
            local_url=local_url if settings.behind_proxy else None,
            ssl_certfile=settings.tls_certificate,
            ssl_keyfile=settings.tls_key,
        )
        serving.run(sockets=[listener])
        if not serving.started:
            raise MatineeError("the server could not start; the reason stands above", code="start")


def _public_url(settings: Settings) -> str | None:
    """Where the proxy shows this server, if the settings tell."""
    named = (entry for entry in settings.allowed_hosts if "://" in entry)
    return next(named, None) if settings.behind_proxy else None


def _connection_limits(settings: Settings) -> ConnectionLimits:
    proxies = settings.proxy_addresses if settings.behind_proxy else ()
    return ConnectionLimits(
        total=fit_connections(settings.max_connections),
        per_peer=settings.max_connections_per_peer,
        shared=(*SHARED_ADDRESSES, *proxies),
    )


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
