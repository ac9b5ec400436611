"""Whose word is taken on where a request comes from."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest

from matinee.web.forwarded import Forwarded

pytestmark = pytest.mark.anyio

PROXIES = (ip_network("127.0.0.1"), ip_network("::1"), ip_network("172.16.0.0/12"))
CLIENT = "192.0.2.7"


async def seen(
    client: tuple[str, int] | None,
    *headers: tuple[str, str],
    kind: str = "http",
    proxies: Any = PROXIES,
) -> tuple[Any, str]:
    """Client and scheme, as the app behind it sees them."""
    scopes: list[Any] = []

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        scopes.append(scope)

    scope = {
        "type": kind,
        "client": client,
        "scheme": "ws" if kind == "websocket" else "http",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers],
    }
    await Forwarded(app, proxies)(scope, None, None)  # type: ignore[arg-type]
    return scopes[0]["client"], scopes[0]["scheme"]


@pytest.mark.parametrize("proxy", ["127.0.0.1", "::1", "172.18.0.3", "::ffff:127.0.0.1"])
async def test_the_proxy_is_believed(proxy: str) -> None:
    """Address and scheme are those that the proxy tells, for requests and sockets."""
    told = (("X-Forwarded-For", CLIENT), ("X-Forwarded-Proto", "https"))

    assert await seen((proxy, 9), *told) == ((CLIENT, 0), "https")
    assert await seen((proxy, 9), *told, kind="websocket") == ((CLIENT, 0), "wss")


@pytest.mark.parametrize("stranger", [("192.0.2.1", 9), ("127.0.0.2", 9), ("::2", 9), None])
async def test_nobody_else_is_believed(stranger: tuple[str, int] | None) -> None:
    """The same headers from anywhere else change nothing."""
    told = (("X-Forwarded-For", CLIENT), ("X-Forwarded-Proto", "https"))

    assert await seen(stranger, *told) == (stranger, "http")


async def test_without_a_proxy_nobody_is_believed() -> None:
    """Unless it was said that there is one, not even loopback is."""
    told = (("X-Forwarded-For", CLIENT), ("X-Forwarded-Proto", "https"))

    assert await seen(("127.0.0.1", 9), *told, proxies=()) == (("127.0.0.1", 9), "http")


@pytest.mark.parametrize(
    "values",
    [
        [f"198.51.100.1, {CLIENT}"],
        ["198.51.100.1", CLIENT],
        [f"127.0.0.1,{CLIENT}"],
        [f" {CLIENT} "],
    ],
)
async def test_only_what_the_proxy_added_counts(values: list[str]) -> None:
    """Entries before the last came with the request: anybody can make them up."""
    headers = [("X-Forwarded-For", value) for value in values]

    assert (await seen(("127.0.0.1", 9), *headers))[0] == (CLIENT, 0)


@pytest.mark.parametrize("value", ["", "unknown", "evil.com", "1.2.3.4:80", "1.2.3", "<script>"])
async def test_what_is_no_address_is_ignored(value: str) -> None:
    """Then the proxy's own address stays: better than a word of somebody's choice in the log."""
    assert (await seen(("127.0.0.1", 9), ("X-Forwarded-For", value)))[0] == ("127.0.0.1", 9)


@pytest.mark.parametrize("value", ["", "ftp", "wss", "javascript", "http,ftp"])
async def test_what_is_no_scheme_is_ignored(value: str) -> None:
    """Only http and https are schemes."""
    assert (await seen(("127.0.0.1", 9), ("X-Forwarded-Proto", value)))[1] == "http"


async def test_other_headers_are_not_looked_at() -> None:
    """Host and port as somebody tells them are never taken for those of the request."""
    told = (
        ("X-Forwarded-Host", "evil.com"),
        ("X-Forwarded-Port", "1"),
        ("X-Forwarded-Prefix", "/evil"),
        ("Forwarded", f"for={CLIENT};proto=https"),
        ("X-Real-IP", CLIENT),
    )

    assert await seen(("127.0.0.1", 9), *told) == (("127.0.0.1", 9), "http")
