"""Below which path a proxy shows this server.

Whether the proxy takes the prefix off or leaves it, routes see paths without it. So the gate and
the router look at the same path: `root_path`, which ASGI has for this, is left empty, because the
prefix would then stand in front of every path that is compared with what needs a login.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send


class PathPrefix:
    """ASGI middleware: takes the prefix off."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app = app
        self._prefix = prefix
        self._raw_prefix = prefix.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, under the path that it has here."""
        if scope["type"] != "lifespan" and self._prefix:
            path, raw_path = scope["path"], scope.get("raw_path") or b""
            if path == self._prefix:
                scope["path"], scope["raw_path"] = "/", b"/"
            elif path.startswith(f"{self._prefix}/") and raw_path.startswith(self._raw_prefix):
                scope["path"] = path[len(self._prefix) :]
                scope["raw_path"] = raw_path[len(self._raw_prefix) :]
        await self._app(scope, receive, send)
