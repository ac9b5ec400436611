"""Session cookies: made at login, checked on every request, ended at logout."""

from __future__ import annotations

import asyncio

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import Scope

from matinee.web.credentials import (
    SESSION_LIFETIME,
    Principal,
    digest,
    new_secret,
)
from matinee.web.dependencies import WebDependencies


def cookie_name(scope: Scope) -> str:
    """Cookies know no ports: the name keeps two servers on one machine apart."""
    server = scope.get("server")
    return f"matinee_session_{server[1] if server is not None else 'local'}"


async def open_session(dependencies: WebDependencies, request: Request, response: Response) -> None:
    """Remember a new session and give its cookie to the browser."""
    secret = new_secret()
    now = dependencies.clock()
    await asyncio.to_thread(
        dependencies.sessions.add_session,
        digest(secret),
        expires_at=now + SESSION_LIFETIME,
        now=now,
    )
    response.set_cookie(
        cookie_name(request.scope),
        secret,
        max_age=int(SESSION_LIFETIME.total_seconds()),
        path="/",
        httponly=True,
        samesite="strict",
        secure=request.scope["matinee.origin"].startswith("https:"),
    )


async def find_session(dependencies: WebDependencies, connection: HTTPConnection) -> str | None:
    """The digest of the session whose cookie came along; None if there is no valid one."""
    secret = connection.cookies.get(cookie_name(connection.scope))
    if secret is None:
        return None
    session = digest(secret)
    return session if await is_session_open(dependencies, session) else None


async def is_session_open(dependencies: WebDependencies, session: str) -> bool:
    """Whether a session is still good."""
    return await asyncio.to_thread(
        dependencies.sessions.has_session, session, now=dependencies.clock()
    )


async def close_session(dependencies: WebDependencies, principal: Principal) -> None:
    """End the session of a principal; nothing to do for one that came with the token."""
    if principal.session is not None:
        await asyncio.to_thread(dependencies.sessions.remove_session, principal.session)


def forget_cookie(request: Request, response: Response) -> None:
    """Tell the browser to drop its cookie."""
    response.delete_cookie(cookie_name(request.scope), path="/", httponly=True, samesite="strict")
