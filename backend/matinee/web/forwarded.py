"""Who a request comes from, when a reverse proxy passes it on.

Only the proxy is believed, and only what it added itself: the last entry of each header, for those
before came with the request and may be made up by anybody.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

ProxyAddresses = Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]

_SCHEMES: Final = {
    ("http", "http"): "http",
    ("http", "https"): "https",
    ("websocket", "http"): "ws",
    ("websocket", "https"): "wss",
}


class Forwarded:
    """ASGI middleware: puts the client's address and scheme in place of the proxy's."""

    def __init__(self, app: ASGIApp, proxies: ProxyAddresses) -> None:
        self._app = app
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "lifespan" and self._is_proxy(scope.get("client")):
            headers = Headers(scope=scope)
            address = _address(_last(headers, "x-forwarded-for"))
            if address is not None:
                # Its port is not told; none is made up.
                scope["client"] = (str(address), 0)
            said = _last(headers, "x-forwarded-proto").lower()
            scope["scheme"] = _SCHEMES.get((scope["type"], said), scope["scheme"])
        await self._app(scope, receive, send)

    def _is_proxy(self, client: Sequence[object] | None) -> bool:
        address = _address(str(client[0])) if client else None
        return address is not None and any(address in network for network in self._proxies)


def _last(headers: Headers, name: str) -> str:
    """The newest entry: proxies add to the end of the last header of a name."""
    values = headers.getlist(name)
    return values[-1].rpartition(",")[2].strip() if values else ""


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    # A socket for both kinds shows IPv4 peers like this.
    return getattr(address, "ipv4_mapped", None) or address
