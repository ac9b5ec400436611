"""Session cookies: made at login, checked on every request, ended at logout and with a token."""

from __future__ import annotations

import asyncio
from datetime import datetime

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import Scope

from matinee.contracts.access import Role
from matinee.errors import AuthenticationError
from matinee.secret_digest import secret_digest
from matinee.web.credentials import (
    SESSION_LIFETIME,
    Actor,
    Grant,
    Principal,
    new_secret,
)
from matinee.web.dependencies import WebDependencies

MAX_SESSIONS_PER_TOKEN = 1000
"""Of a named token or link: whoever has a link that many have must not fill the disk."""


def cookie_name(scope: Scope, path_prefix: str = "") -> str:
    """Cookies know no ports: the name keeps two servers on one machine apart.

    Under TLS browsers take a name that begins with `__Host-` only from this very host, encrypted,
    and for all of its paths; one with `__Secure-` at least encrypted (RFC 6265bis §4.1.3).
    """
    server = scope.get("server")
    name = f"matinee_session_{(server[1] if server is not None else None) or 'local'}"
    if not _is_encrypted(scope):
        return name
    return f"{'__Secure-' if path_prefix else '__Host-'}{name}"


def _is_encrypted(scope: Scope) -> bool:
    """Whether browsers reach this server by TLS, under the name of this request."""
    return str(scope.get("matinee.origin", "")).startswith("https:")


async def open_session(
    dependencies: WebDependencies, request: Request, response: Response, grant: Grant
) -> None:
    """Remember a new session and give its cookie to the browser.

    Raises:
        AuthenticationError: what it hangs on has ended.
        LimitExceededError: too many hang on that.
    """
    secret = new_secret()
    now = dependencies.clock()
    ends = [now + SESSION_LIFETIME, *([grant.expires_at] if grant.expires_at is not None else [])]
    await asyncio.to_thread(
        _add, dependencies, secret_digest(secret), grant, expires_at=min(ends), now=now
    )
    note_use(dependencies, grant)
    response.set_cookie(
        cookie_name(request.scope, dependencies.path_prefix),
        secret,
        max_age=int((min(ends) - now).total_seconds()),
        path=f"{dependencies.path_prefix}/",
        httponly=True,
        samesite="strict",
        secure=_is_encrypted(request.scope),
    )


def note_use(dependencies: WebDependencies, grant: Grant) -> None:
    """Of a named token or link: the list of them says when it was last used."""
    if grant.token_id is not None:
        dependencies.token_uses.note(grant.token_id, now=dependencies.clock())


def _add(
    dependencies: WebDependencies,
    session: str,
    grant: Grant,
    *,
    expires_at: datetime,
    now: datetime,
) -> None:
    owner = grant.token_id
    if owner is not None and dependencies.tokens.find_working(owner, now=now) is None:
        raise AuthenticationError("the token of this login has ended")
    dependencies.sessions.add_session(
        session,
        role=grant.role,
        owner=dependencies.token.owner if owner is None else owner,
        expires_at=expires_at,
        now=now,
        at_most=None if owner is None else MAX_SESSIONS_PER_TOKEN,
    )


async def find_principal(
    dependencies: WebDependencies, connection: HTTPConnection
) -> Principal | None:
    """Whose session's cookie came along; None if there is no valid one."""
    secret = connection.cookies.get(cookie_name(connection.scope, dependencies.path_prefix))
    if secret is None:
        return None
    return await asyncio.to_thread(_principal_of, dependencies, secret_digest(secret))


def _principal_of(dependencies: WebDependencies, session: str) -> Principal | None:
    """Looks at the session and at what it hangs on; blocks."""
    now = dependencies.clock()
    found = dependencies.sessions.find_session(session, now=now)
    if found is None:
        return None
    role, owner, expires_at = found
    if owner == dependencies.token.owner:
        return Principal(Actor.BROWSER, Grant(role, expires_at=expires_at), session)
    token = dependencies.tokens.find_working(owner, now=now)
    if token is None:
        return None
    lower: Role = role if token.role.allows(role) else token.role
    return Principal(Actor.BROWSER, Grant(lower, token.id, token.name, expires_at), session)


async def is_still_good(dependencies: WebDependencies, principal: Principal) -> bool:
    """Whether the token or session that somebody came with still opens anything."""
    if principal.session is not None:
        return await asyncio.to_thread(_principal_of, dependencies, principal.session) is not None
    token_id = principal.grant.token_id
    if token_id is None:
        return True
    now = dependencies.clock()
    return await asyncio.to_thread(dependencies.tokens.find_working, token_id, now=now) is not None


async def close_session(dependencies: WebDependencies, principal: Principal) -> None:
    """End the session of a principal; nothing to do for one that came with a token."""
    if principal.session is not None:
        await asyncio.to_thread(dependencies.sessions.remove_session, principal.session)
        dependencies.access_bell.ring()


def forget_cookie(dependencies: WebDependencies, request: Request, response: Response) -> None:
    """Tell the browser to drop its cookie."""
    response.delete_cookie(
        cookie_name(request.scope, dependencies.path_prefix),
        path=f"{dependencies.path_prefix}/",
        httponly=True,
        samesite="strict",
        # Browsers refuse to touch a `__Host-` cookie without it.
        secure=_is_encrypted(request.scope),
    )
