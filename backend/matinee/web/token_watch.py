"""Sees what others do to the named tokens while the server runs, and tells log and connections."""

from __future__ import annotations

import asyncio
from typing import NoReturn

import structlog

from matinee.contracts.access import Token
from matinee.errors import TokenFileError
from matinee.web.dependencies import WebDependencies

LOOK_S = 1.0
"""One `stat` of a local file."""
TERMINAL = "cli"
"""By whom the command line does it; the routes log what they do themselves, with their request."""

_log = structlog.get_logger(__name__)


async def watch_tokens(dependencies: WebDependencies) -> NoReturn:
    """Until it is cancelled; also has written down, now and then, when they were used."""
    watch = TokenWatch(dependencies)
    uses, sessions, clock = dependencies.token_uses, dependencies.sessions, dependencies.clock
    try:
        while True:
            await watch.look()
            if uses.is_due(clock()):
                await uses.save(sessions, now=clock())
            await asyncio.sleep(LOOK_S)
    finally:
        await uses.save(sessions, now=clock())


class TokenWatch:
    """Remembers what it saw last; lives on the event loop."""

    def __init__(self, dependencies: WebDependencies) -> None:
        self._dependencies = dependencies
        self._edition: int | None = None
        self._known: dict[str, Token] = {}
        self._trouble: str | None = None

    async def look(self) -> None:
        """Once."""
        tokens = self._dependencies.tokens
        try:
            edition = await asyncio.to_thread(tokens.edition)
            if edition == self._edition:
                return
            present = {token.id: token for token in await asyncio.to_thread(tokens.tokens)}
        except TokenFileError as error:
            if str(error) != self._trouble:
                self._trouble = str(error)
                _log.error("tokens_unreadable", reason=self._trouble)
                # Who came with a named token can't be told from others now.
                self._dependencies.access_bell.ring()
            return
        if self._edition is not None:
            self._tell(present)
            self._dependencies.access_bell.ring()
        self._edition, self._known, self._trouble = edition, present, None

    def _tell(self, present: dict[str, Token]) -> None:
        for token_id, token in present.items():
            before = self._known.get(token_id)
            if before is None and token.created_by == TERMINAL:
                log_created(token)
            was_revoked = before is not None and before.revoked_at is not None
            if token.revoked_by == TERMINAL and not was_revoked:
                log_revoked(token)
        gone = [t.name for t in self._known.values() if t.id not in present and not t.revoked_at]
        if gone:
            _log.warning("tokens_gone", names=gone)


def log_created(token: Token) -> None:
    """Who gave whom access; never the secret."""
    _log.info(
        "token_created",
        token_id=token.id,
        name=token.name,
        kind=token.kind.value,
        role=token.role.value,
        expires_at=None if token.expires_at is None else token.expires_at.isoformat(),
        by=token.created_by,
    )


def log_revoked(token: Token) -> None:
    """Who took whose access."""
    _log.info("token_revoked", token_id=token.id, name=token.name, by=token.revoked_by)
