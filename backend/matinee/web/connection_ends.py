"""Why a live connection ends: what the client is told, and the ends that every connection has."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import NoReturn

from matinee.errors import TokenFileError
from matinee.web.credentials import Principal
from matinee.web.dependencies import WebDependencies
from matinee.web.sessions import is_still_good

SESSION_CHECK_S = 30.0
"""Without a ring of the bell; it rings within a second of what was done in the terminal."""
MIN_CHECK_S = 0.01


class CloseCode:
    """WebSocket close codes that this server sends."""

    NORMAL = 1000
    UNSUPPORTED_DATA = 1003
    POLICY_VIOLATION = 1008
    MESSAGE_TOO_BIG = 1009
    INTERNAL_ERROR = 1011
    SERVER_RESTART = 1012
    TRY_AGAIN_LATER = 1013
    UNAUTHENTICATED = 4401
    TOO_SLOW = 4408


class StreamEndedError(Exception):
    """The connection is over: `code` for the client, `cause` for the metrics."""

    def __init__(self, code: int, reason: str, *, cause: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.cause = cause


def client_left(code: int = CloseCode.NORMAL) -> StreamEndedError:
    """The other side has gone: nobody is there to be told."""
    return StreamEndedError(code, "the client has left", cause="client")


def refused(code: int, reason: str) -> StreamEndedError:
    """The client said what it must not say."""
    return StreamEndedError(code, reason, cause="refused")


async def end_with_server(dependencies: WebDependencies) -> NoReturn:
    """Wait until the server closes.

    Raises:
        StreamEndedError: it does.
    """
    await dependencies.closing.wait()
    raise StreamEndedError(
        CloseCode.SERVER_RESTART, "the server is shutting down", cause="shutdown"
    )


async def end_with_access(dependencies: WebDependencies, principal: Principal) -> None:
    """Look, when the bell rings and now and then, whether they still have access.

    The server's own token has no end, and returns at once.

    Raises:
        StreamEndedError: they have it no longer.
    """
    grant = principal.grant
    while principal.session is not None or grant.token_id is not None:
        ring = dependencies.access_bell.next_ring
        try:
            good = await is_still_good(dependencies, principal)
        except TokenFileError:
            good = False
        if not good:
            raise StreamEndedError(
                CloseCode.UNAUTHENTICATED, "your access has ended; log in", cause="logged_out"
            )
        patience_s = SESSION_CHECK_S
        if grant.expires_at is not None:
            left_s = (grant.expires_at - dependencies.clock()).total_seconds()
            patience_s = max(MIN_CHECK_S, min(patience_s, left_s))
        with suppress(TimeoutError):
            await asyncio.wait_for(ring.wait(), patience_s)


def first_end(group: BaseExceptionGroup[StreamEndedError]) -> StreamEndedError:
    """Of several ends at once, one."""
    member = group.exceptions[0]
    return first_end(member) if isinstance(member, BaseExceptionGroup) else member
