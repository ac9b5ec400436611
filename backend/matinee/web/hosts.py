"""Under which names this server may be reached, and from which pages.

A web page that an attacker controls can point its own domain at 127.0.0.1 (DNS rebinding) or
open a WebSocket to it from any origin. So the Host header must be one of few exact names with
the right port, and the Origin of anything that acts must be the page of that same name.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from matinee.errors import InvalidInputError

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(
    r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9_.-]*[a-z0-9])?)(?::(?P<port>[0-9]{1,5}))?"
)
_ENTRY = re.compile(rf"(?:(?P<scheme>https?)://)?{_HOST.pattern}")


@dataclass(frozen=True)
class _AllowedHost:
    name: str
    port: int | None
    scheme: str | None


class HostPolicy:
    """Names that this server answers to, besides loopback and the address it was reached at."""

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        """Take entries like `gpu1.example.org`, `gpu1:9000` or `https://rl.example.org`.

        Raises:
            InvalidInputError: if an entry is none of these.
        """
        self._allowed = tuple(_parse_entry(entry) for entry in allowed)

    def origin_for(
        self, host_header: str, *, server: tuple[str, int | None] | None, scheme: str
    ) -> str | None:
        """The only Origin that may act under this Host header; None if the header is refused.

        Args:
            host_header: As sent.
            server: Address and port at which the connection arrived, as the socket has it.
            scheme: `http` or `https`, as the server speaks it.
        """
        host = host_header.lower()
        match = _HOST.fullmatch(host)
        if match is None:
            return None
        name = match["name"]
        port = int(match["port"]) if match["port"] else None
        own_port = server[1] if server is not None else None
        names_here = LOOPBACK_NAMES | _literal_address(server)
        if name in names_here and (port or _DEFAULT_PORTS[scheme]) == own_port:
            return f"{scheme}://{host}"
        for entry in self._allowed:
            if name == entry.name and port in entry_ports(entry, own_port):
                return f"{entry.scheme or scheme}://{host}"
        return None


def entry_ports(entry: _AllowedHost, own_port: int | None) -> frozenset[int | None]:
    """Ports that may stand in the Host header for an entry; None: no port."""
    if entry.port is not None:
        default = _DEFAULT_PORTS.get(entry.scheme or "http")
        return frozenset({entry.port, None} if entry.port == default else {entry.port})
    if entry.scheme is not None:
        return frozenset({None, _DEFAULT_PORTS[entry.scheme]})
    return frozenset({None, own_port})


def _literal_address(server: tuple[str, int | None] | None) -> frozenset[str]:
    """The address at which a connection arrived: a rebound domain can't have it as its name."""
    if server is None:
        return frozenset()
    try:
        address = ipaddress.ip_address(server[0])
    except ValueError:
        return frozenset()
    return frozenset({f"[{address}]" if address.version == 6 else str(address)})  # noqa: PLR2004


def _parse_entry(entry: str) -> _AllowedHost:
    match = _ENTRY.fullmatch(entry.strip().lower())
    if match is None:
        raise InvalidInputError(
            f"{entry!r} is not an allowed host; write a name, name:port or https://name"
        )
    port = int(match["port"]) if match["port"] else None
    return _AllowedHost(match["name"], port, match["scheme"])
