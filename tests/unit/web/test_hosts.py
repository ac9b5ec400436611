"""Under which names the server answers, and from which pages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.errors import InvalidInputError
from matinee.web.hosts import LOOPBACK_NAMES, HostPolicy

HERE = ("127.0.0.1", 8000)
POLICY = HostPolicy(["gpu1.example.org", "gpu2:9000", "https://rl.example.org", "http://[fe80::1]"])


def origin(host: str, *, server: tuple[str, int | None] | None = HERE, scheme: str = "http") -> str:
    """The origin that may act under a Host header; empty if the header is refused."""
    return POLICY.origin_for(host, server=server, scheme=scheme) or ""


@pytest.mark.parametrize(
    ("host", "allowed_origin"),
    [
        ("localhost:8000", "http://localhost:8000"),
        ("LocalHost:8000", "http://localhost:8000"),
        ("127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("[::1]:8000", "http://[::1]:8000"),
        ("gpu1.example.org", "http://gpu1.example.org"),
        ("gpu1.example.org:8000", "http://gpu1.example.org:8000"),
        ("gpu2:9000", "http://gpu2:9000"),
        ("rl.example.org", "https://rl.example.org"),
        ("rl.example.org:443", "https://rl.example.org:443"),
        ("[fe80::1]", "http://[fe80::1]"),
    ],
)
def test_names_of_this_server_are_allowed(host: str, allowed_origin: str) -> None:
    """Loopback and configured names are answered, each for the page of exactly that origin."""
    assert origin(host) == allowed_origin


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.com",
        "evil.com:8000",
        "127.0.0.1.evil.com:8000",
        "evil-localhost:8000",
        "localhost.evil.com:8000",
        "localhost.:8000",
        "localhost",
        "localhost:8001",
        "localhost:80",
        "localhost:",
        "localhost:08000x",
        "localhost:8000:8000",
        "127.0.0.1",
        "127.1:8000",
        "2130706433:8000",
        "0.0.0.0:8000",
        "0x7f000001:8000",
        "127.0.0.2:8000",
        "192.168.1.5:8000",
        "[::1]",
        "[::]:8000",
        "[::ffff:127.0.0.1]:8000",
        "::1:8000",
        "a/?x=",
        "localhost:8000/?x=",
        "localhost:8000#",
        "user@localhost:8000",
        "localhost:8000 ",
        " localhost:8000",
        "localhost:8000,evil.com",
        "lоcalhost:8000",
        "ⅼocalhost:8000",
        "localhost:８000",
        "gpu1.example.org:9000",
        "evil.gpu1.example.org",
        "gpu1.example.org.evil.com",
        "gpu2",
        "gpu2:8000",
        "rl.example.org:8000",
        "rl.example.org:80",
        "null",
        "*",
        "http://localhost:8000",
    ],
)
def test_every_other_name_is_refused(host: str) -> None:
    """Rebound domains, look-alikes, other ports, other spellings and smuggled URLs are refused."""
    assert origin(host) == ""


@given(st.text(max_size=40))
def test_nothing_but_a_known_name_passes(host: str) -> None:
    """Whatever text stands in the header: it passes only if it is a known name and port."""
    known = {f"{name}:8000" for name in LOOPBACK_NAMES} | {
        "gpu1.example.org",
        "gpu1.example.org:8000",
        "gpu2:9000",
        "rl.example.org",
        "rl.example.org:443",
        "[fe80::1]",
        "[fe80::1]:80",
    }

    assert (origin(host) != "") == (host.lower() in known and host.isascii())


def test_the_address_that_was_reached_is_a_name() -> None:
    """Bound to all addresses, the server answers under the one the connection came to."""
    assert origin("192.168.1.5:8000", server=("192.168.1.5", 8000)) == "http://192.168.1.5:8000"
    assert origin("[2001:db8::5]:8000", server=("2001:db8::5", 8000)) != ""
    assert origin("192.168.1.6:8000", server=("192.168.1.5", 8000)) == ""


def test_a_default_port_may_be_left_out() -> None:
    """A server on port 80 or 443 is reached without a port in the Host header."""
    assert origin("localhost", server=("127.0.0.1", 80)) == "http://localhost"
    assert origin("localhost", server=("127.0.0.1", 443), scheme="https") == "https://localhost"
    assert origin("localhost", server=("127.0.0.1", 443)) == ""


def test_a_unix_socket_knows_only_configured_names() -> None:
    """Without a port of its own the server answers to configured names alone."""
    assert origin("localhost:8000", server=("/run/matinee.sock", None)) == ""
    assert origin("rl.example.org", server=None) == "https://rl.example.org"


@pytest.mark.parametrize("entry", ["*", "", "http://", "a b", "ftp://x", "x:y", "*.example.org"])
def test_a_wrong_entry_is_refused_at_start(entry: str) -> None:
    """A configured name that can't be exact is an error, not silently ignored."""
    with pytest.raises(InvalidInputError, match="allowed host"):
        HostPolicy([entry])
