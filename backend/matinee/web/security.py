"""The gate in front of every route, for HTTP and WebSocket alike.

It works on the raw ASGI scope, before routing, and never on a reconstructed URL: a crafted Host
header can make `request.url.path` differ from the path that is routed (CVE-2026-48710). The order
is: under which name (DNS rebinding), from which page (cross-site requests), who. What they may do
is decided at the route (`web.roles`).
"""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from matinee.contracts.access import TOKEN_PREFIX, TokenKind
from matinee.errors import AuthenticationError, ForbiddenError, MatineeError, TokenFileError
from matinee.web.connection_ends import CloseCode
from matinee.web.credentials import OWN_GRANT, Actor, Grant, Principal, grant_of
from matinee.web.dependencies import WebDependencies
from matinee.web.problems import problem_for
from matinee.web.sessions import find_principal, note_use

SAFE_METHODS: Final = frozenset({"GET", "HEAD"})
PUBLIC_CALLS: Final = frozenset(
    {("GET", "/livez"), ("GET", "/readyz"), ("GET", "/login"), ("POST", "/login")}
)
PROTECTED_PREFIXES: Final = ("/api/", "/metrics", "/logout")
"""Every route lies under one of these or among the public calls; `create_app` makes sure. All
other paths can only be files of the page, which hold no secrets."""

_TRUSTED_SITES = frozenset({"same-origin", "none"})


class Gate:
    """ASGI middleware: refuses wrong names, other pages' requests, and strangers."""

    def __init__(self, app: ASGIApp, dependencies: WebDependencies) -> None:
        self._app = app
        self._dependencies = dependencies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it with the reason why not."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        try:
            self._check_where_from(scope)
            if not is_public(scope):
                principal = await self._authenticate(scope)
                scope["matinee.principal"] = principal
                note_use(self._dependencies, principal.grant)
        except (ForbiddenError, AuthenticationError, TokenFileError) as error:
            await _refuse(error, scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _check_where_from(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        own_origin = self._own_origin(headers, scope)
        scope["matinee.origin"] = own_origin
        origins = headers.getlist("origin")
        if any(origin != own_origin for origin in origins) or len(origins) > 1:
            raise ForbiddenError(
                "the request comes from another page than this server's", code="origin_not_allowed"
            )
        acts = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
        if acts and not origins and "authorization" not in headers:
            raise ForbiddenError(
                "without `Authorization: Bearer` this needs the Origin header of this server's "
                "own page",
                code="origin_missing",
            )
        sites = headers.getlist("sec-fetch-site")
        if not is_public(scope) and any(site not in _TRUSTED_SITES for site in sites):
            raise ForbiddenError("the request comes from another site", code="cross_site")

    def _own_origin(self, headers: Headers, scope: Scope) -> str:
        hosts = headers.getlist("host")
        own_origin = None
        if len(hosts) == 1:
            own_origin = self._dependencies.hosts.origin_for(
                hosts[0],
                server=scope.get("server"),
                scheme="https" if scope["scheme"] in ("https", "wss") else "http",
            )
        if own_origin is None:
            raise ForbiddenError(
                "this server does not answer under this name; if it should, add the name to "
                "MATINEE_ALLOWED_HOSTS",
                code="host_not_allowed",
            )
        return own_origin

    async def _authenticate(self, scope: Scope) -> Principal:
        headers = Headers(scope=scope)
        authorizations = headers.getlist("authorization")
        if authorizations:
            # A wrong token is refused even beside a good cookie: the sender meant the token.
            kind, _, candidate = authorizations[0].partition(" ")
            if len(authorizations) > 1 or kind.lower() != "bearer":
                raise _wrong_token()
            return Principal(Actor.TOKEN, await grant_for(self._dependencies, candidate.strip()))
        principal = await find_principal(self._dependencies, HTTPConnection(scope))
        if principal is None:
            raise AuthenticationError(
                "log in with the link that `matinee serve` prints, or send "
                "`Authorization: Bearer <token>`; `matinee token` prints the token"
            )
        return principal


async def grant_for(dependencies: WebDependencies, candidate: str) -> Grant:
    """What a token opens.

    Raises:
        AuthenticationError: nothing: it is unknown, has expired or was revoked.
        TokenFileError: nobody can tell.
    """
    if dependencies.token.matches(candidate):
        return OWN_GRANT
    if candidate.startswith(TOKEN_PREFIX):
        token = await asyncio.to_thread(dependencies.tokens.find, candidate, TokenKind.TOKEN)
        if token is not None:
            # Said only to who has the whole secret.
            if token.revoked_at is not None:
                raise AuthenticationError("the token was revoked", code="token_revoked")
            if token.has_ended(dependencies.clock()):
                raise AuthenticationError("the token has expired", code="token_expired")
            return grant_of(token)
    raise _wrong_token()


def _wrong_token() -> AuthenticationError:
    return AuthenticationError("the access token is wrong", code="wrong_token")


def is_public(scope: Scope) -> bool:
    """Whether anybody may call this: health, login, and the files of the page."""
    if scope["type"] != "http":
        return False
    method, path = scope["method"], scope["path"]
    if (method, path) in PUBLIC_CALLS:
        return True
    return method in SAFE_METHODS and not path.startswith(PROTECTED_PREFIXES)


async def _refuse(error: MatineeError, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await problem_for(error, scope)(scope, receive, send)
        return
    await receive()
    if isinstance(error, AuthenticationError):
        # A refused handshake tells a page nothing; only an accepted socket can carry a code.
        await send({"type": "websocket.accept"})
        await send(
            {"type": "websocket.close", "code": CloseCode.UNAUTHENTICATED, "reason": "log in"}
        )
    else:
        await send({"type": "websocket.close", "code": CloseCode.POLICY_VIOLATION})
