"""The outermost layer: request ids, security headers, access log, audit, and the last resort."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from http import HTTPStatus

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from matinee.contracts.identifiers import new_ulid
from matinee.web.audit import Auditor
from matinee.web.connection_ends import CloseCode
from matinee.web.credentials import Principal
from matinee.web.problems import internal_problem, problem_response
from matinee.web.telemetry import WebTelemetry

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
    "font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)
"""Only what this server itself sends may run. Inline styles: the component library needs them."""

_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_QUIET_PATHS = frozenset({"/livez", "/readyz", "/metrics"})

_log = structlog.get_logger(__name__)


class _PeerLeftError(OSError):
    """A frame can't be sent: the other end of the socket has gone.

    An `OSError`, because by this kind the layers inside know a peer that left (ASGI, WebSocket
    protocol: send on a closed connection).
    """


class Boundary:
    """ASGI middleware around everything else."""

    def __init__(self, app: ASGIApp, telemetry: WebTelemetry, auditor: Auditor) -> None:
        self._app = app
        self._telemetry = telemetry
        self._auditor = auditor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or socket; no exception leaves."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        scope["matinee.request_id"] = new_ulid()
        with structlog.contextvars.bound_contextvars(request_id=scope["matinee.request_id"]):
            if scope["type"] == "http":
                await self._serve_request(scope, receive, send)
            else:
                await self._serve_socket(scope, receive, send)

    async def _serve_request(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                location = _add_headers(message, scope)
                # Before the answer leaves: what somebody was told is in the trail.
                await self._auditor.observe(scope, status=status, location=location)
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except ClientDisconnect:
            _log.debug("client_left", path=scope["path"])
        except asyncio.CancelledError:
            # Only a server that leaves cancels requests, when its patience is at an end. To pass it
            # on would be logged as a bug and answered as one.
            if status == 0:
                response = problem_response(
                    scope,
                    HTTPStatus.SERVICE_UNAVAILABLE,
                    code="shutting_down",
                    detail="the server shut down before the answer was there; ask it again later",
                )
                await response(scope, receive, send_with_headers)
        except Exception as error:  # noqa: BLE001 - the last resort: logged, and answered as 500
            response = internal_problem(error, scope)
            if status == 0:
                await response(scope, receive, send_with_headers)
        if status == 0:
            await self._auditor.observe(scope, status=0, location=None)
        duration_s = time.perf_counter() - started
        self._telemetry.observe_request(
            method=scope["method"] if scope["method"] in _KNOWN_METHODS else "other",
            route=route_of(scope),
            status=status,
            duration_s=duration_s,
        )
        _log_access(scope, status=status, duration_s=duration_s)

    async def _serve_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        ended = False

        async def send_watched(message: Message) -> None:
            nonlocal ended
            ended = ended or message["type"] == "websocket.close"
            try:
                await send(message)
            except OSError as error:
                ended = True
                raise _PeerLeftError(str(error)) from error

        try:
            await self._app(scope, receive, send_watched)
        except (_PeerLeftError, WebSocketDisconnect):
            _log.debug("client_left", path=scope["path"])
        except Exception as error:  # noqa: BLE001 - the last resort: logged, and closed with 1011
            _log.error("socket_failed", path=scope["path"], exc_info=error)
            if not ended:
                with suppress(_PeerLeftError):
                    await send_watched(
                        {"type": "websocket.close", "code": CloseCode.INTERNAL_ERROR}
                    )
        _log_access(scope, status=101, duration_s=time.perf_counter() - started)


_KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"})


def route_of(scope: Scope) -> str:
    """The template of the route that answered: bounded, unlike paths, so fit for a label."""
    route = scope.get("route")
    path = getattr(route, "path", None)
    return path if isinstance(path, str) else scope.get("matinee.route", "none")


def _add_headers(message: Message, scope: Scope) -> str | None:
    """Returns the Location header, if there is one."""
    headers = MutableHeaders(scope=message)
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
    headers.setdefault("Cache-Control", "no-store")
    headers["X-Request-ID"] = scope["matinee.request_id"]
    return headers.get("location")


def _log_access(scope: Scope, *, status: int, duration_s: float) -> None:
    # The query is left out: it may hold a login code.
    principal = scope.get("matinee.principal")
    write = _log.debug if scope["path"] in _QUIET_PATHS else _log.info
    write(
        "request",
        method=scope.get("method", "WEBSOCKET"),
        path=scope["path"],
        status=status,
        duration_ms=round(duration_s * 1000, 1),
        peer=scope["client"][0] if scope.get("client") else None,
        actor=principal.actor if isinstance(principal, Principal) else None,
        role=principal.grant.role.value if isinstance(principal, Principal) else None,
    )
