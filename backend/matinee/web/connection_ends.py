"""Why a live connection ends: what the client is told, and the ends that every connection has."""

from __future__ import annotations

import asyncio
from typing import NoReturn

from matinee.web.credentials import Principal
from matinee.web.dependencies import WebDependencies
from matinee.web.sessions import is_session_open

SESSION_CHECK_S = 30.0


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


async def end_with_session(dependencies: WebDependencies, principal: Principal) -> None:
    """Look now and then whether the session is still open; a token has none, and returns at once.

    Raises:
        StreamEndedError: it has ended.
    """
    session = principal.session
    while session is not None:
        await asyncio.sleep(SESSION_CHECK_S)
        if not await is_session_open(dependencies, session):
            raise StreamEndedError(
                CloseCode.UNAUTHENTICATED, "the session has ended; log in", cause="logged_out"
            )


def first_end(group: BaseExceptionGroup[StreamEndedError]) -> StreamEndedError:
    """Of several ends at once, one."""
    member = group.exceptions[0]
    return first_end(member) if isinstance(member, BaseExceptionGroup) else member
