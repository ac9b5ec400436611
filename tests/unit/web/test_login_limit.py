"""Guessing tokens is slow."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fakes.run_use_cases import NOW
from matinee.errors import LimitExceededError
from matinee.web.login_limit import MAX_FAILURES, MAX_PEERS, WINDOW, LoginLimit


def fail(limit: LoginLimit, peer: str, times: int) -> None:
    """Let a peer try wrong tokens."""
    for _ in range(times):
        limit.check(peer, now=NOW)
        limit.count_failure(peer, now=NOW)


def test_a_peer_that_fails_too_often_has_to_wait() -> None:
    """After five failures a peer is refused for a minute, then may try again."""
    limit = LoginLimit()
    fail(limit, "a", MAX_FAILURES)

    with pytest.raises(LimitExceededError):
        limit.check("a", now=NOW + WINDOW - timedelta(microseconds=1))
    limit.check("a", now=NOW + WINDOW)


def test_others_do_not_have_to_wait() -> None:
    """One peer's failures do not lock out another."""
    limit = LoginLimit()
    fail(limit, "a", MAX_FAILURES)

    limit.check("b", now=NOW)


def test_memory_is_bounded() -> None:
    """However many peers fail, only the newest thousand are remembered."""
    limit = LoginLimit()
    for n in range(MAX_PEERS + 5):
        limit.count_failure(str(n), now=NOW)

    assert len(limit._failures) == MAX_PEERS
    assert "0" not in limit._failures
