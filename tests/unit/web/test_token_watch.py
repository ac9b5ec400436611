"""What others do to the tokens is told."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from fakes.clock import StoppedClock
from matinee.contracts.access import Role, TokenKind
from matinee.storage.token_file import TOKENS_FILE, TokenFile
from matinee.web import token_watch as module
from matinee.web.dependencies import WebDependencies
from matinee.web.token_watch import TokenWatch, watch_tokens

pytestmark = pytest.mark.anyio


def make(tokens: TokenFile, name: str, clock: StoppedClock, *, by: str = "cli") -> tuple[str, str]:
    """Id and secret of a token."""
    token, secret = tokens.create(
        name, kind=TokenKind.TOKEN, role=Role.VIEWER, expires_at=None, created_by=by, now=clock()
    )
    return token.id, secret


async def test_what_the_terminal_does_is_logged_once_without_secrets(
    dependencies: WebDependencies, tmp_path: Path, clock: StoppedClock
) -> None:
    """Made and revoked tokens, by whom; what was there before the start is no news, and what the
    API does is logged by it.
    """
    others = TokenFile(tmp_path)
    make(others, "old", clock)
    watch = TokenWatch(dependencies)
    with capture_logs() as logs:
        await watch.look()
        assert logs == []
        token_id, secret = make(others, "lab", clock)
        make(others, "by the API", clock, by="token")
        await watch.look()
        others.revoke(token_id, revoked_by="cli", now=clock())
        await watch.look()
        await watch.look()

    assert [(log["event"], log["name"], log["by"]) for log in logs] == [
        ("token_created", "lab", "cli"),
        ("token_revoked", "lab", "cli"),
    ]
    assert secret not in str(logs)


async def test_the_bell_rings_at_a_change_and_only_then(
    dependencies: WebDependencies, tmp_path: Path, clock: StoppedClock
) -> None:
    """Live connections look when somebody may have lost access."""
    watch, ring = TokenWatch(dependencies), dependencies.access_bell.next_ring
    await watch.look()
    await watch.look()
    assert not ring.is_set()

    make(TokenFile(tmp_path), "lab", clock)
    await watch.look()

    assert ring.is_set()


async def test_tokens_that_vanish_are_told(
    dependencies: WebDependencies, tmp_path: Path, clock: StoppedClock
) -> None:
    """Who had access must not disappear unseen; those that were revoked are no loss."""
    make(TokenFile(tmp_path), "lab", clock)
    token_id, _ = make(TokenFile(tmp_path), "ended", clock)
    TokenFile(tmp_path).revoke(token_id, revoked_by="cli", now=clock())
    watch = TokenWatch(dependencies)
    await watch.look()
    (tmp_path / TOKENS_FILE).unlink()

    with capture_logs() as logs:
        await watch.look()

    assert [(log["event"], log["names"]) for log in logs] == [("tokens_gone", ["lab"])]


async def test_a_file_that_is_damaged_is_told_once(
    dependencies: WebDependencies, tmp_path: Path, clock: StoppedClock
) -> None:
    """With a ring: who came with a named token can't be told from others. When it is whole again
    the watch goes on.
    """
    make(TokenFile(tmp_path), "lab", clock)
    file = tmp_path / TOKENS_FILE
    whole = file.read_bytes()
    watch, ring = TokenWatch(dependencies), dependencies.access_bell.next_ring
    await watch.look()
    file.write_text("{")
    with capture_logs() as logs:
        await watch.look()
        await watch.look()
        assert ring.is_set()
        file.write_bytes(whole)
        await watch.look()
        file.write_text("{")
        await watch.look()

    assert [log["event"] for log in logs] == ["tokens_unreadable"] * 2


async def test_it_looks_again_and_again(
    dependencies: WebDependencies,
    tmp_path: Path,
    clock: StoppedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Until it is cancelled."""
    monkeypatch.setattr(module, "LOOK_S", 0.01)
    known = asyncio.Event()
    seen = dependencies.tokens.edition

    loop = asyncio.get_running_loop()

    def edition() -> int:
        answer = seen()
        loop.call_soon_threadsafe(known.set)
        return answer

    monkeypatch.setattr(dependencies.tokens, "edition", edition)
    watching = asyncio.create_task(watch_tokens(dependencies))
    for name in ("a", "b"):
        known.clear()
        await asyncio.wait_for(known.wait(), 20)
        ring = dependencies.access_bell.next_ring
        make(TokenFile(tmp_path), name, clock)
        await asyncio.wait_for(ring.wait(), 20)

    watching.cancel()
    await asyncio.wait({watching})
    assert watching.cancelled()
