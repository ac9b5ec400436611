"""Addresses, headers, time limits."""

from __future__ import annotations

from matinee.client import calls
from matinee.client.transport import base_url, headers_of, stream_url, timeout_of
from matinee.contracts.commands import Pause


def test_addresses_are_made_from_one_url() -> None:
    """With or without a slash, http or https: the stream is beside the API."""
    assert base_url("http://x:1/") == "http://x:1"
    assert stream_url("http://127.0.0.1:8000/") == "ws://127.0.0.1:8000/api/v1/stream"
    assert stream_url("https://rl.example.org") == "wss://rl.example.org/api/v1/stream"


def test_the_token_is_a_bearer_token() -> None:
    """The token travels in the Authorization header, never in an address."""
    assert headers_of("t") == {"Authorization": "Bearer t"}


def test_who_waits_on_purpose_may_wait_longer() -> None:
    """Every call has a time limit; one with `wait` gets that much more."""
    short = timeout_of(calls.command("r", Pause(), wait_s=0))
    long = timeout_of(calls.command("r", Pause(), wait_s=30))

    assert short.read is not None
    assert long.read == short.read + 30
    assert short.connect is not None
