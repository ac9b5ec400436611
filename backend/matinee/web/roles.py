"""Which role each route needs. A route that does not say so can't be served.

The check stands where a route is entered, behind the gate and before anything of the request is
read, for HTTP and WebSocket alike. It is put there by `guard`, which refuses routes that have not
said who may call them: what was forgotten does not start.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any, Final, TypeVar

from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from matinee.contracts.access import Role
from matinee.errors import AuthenticationError, ForbiddenError
from matinee.web.connection_ends import CloseCode
from matinee.web.credentials import Principal

_Endpoint = TypeVar("_Endpoint", bound=Callable[..., Any])

_needed: Final[dict[Callable[..., Any], Role | None]] = {}
"""By endpoint; None: anybody. Filled while modules are imported, and not changed afterwards."""


def least(role: Role) -> Callable[[_Endpoint], _Endpoint]:
    """Declares the least role that an endpoint needs; goes below the line that makes the route."""

    def declare(endpoint: _Endpoint) -> _Endpoint:
        _needed[endpoint] = role
        return endpoint

    return declare


def anybody(endpoint: _Endpoint) -> _Endpoint:
    """Declares that an endpoint needs no login; the gate must name it public, too."""
    _needed[endpoint] = None
    return endpoint


def needed_role(route: BaseRoute) -> Role | None:
    """What a route declares; None: anybody may call it.

    Raises:
        LookupError: it declares nothing.
    """
    if not isinstance(route, Route | WebSocketRoute) or route.endpoint not in _needed:
        raise LookupError(
            f"{route!r} does not say who may call it: put `@least(Role.…)` or `@anybody` above "
            "its function"
        )
    return _needed[route.endpoint]


def guard(routes: Iterable[BaseRoute], *, public: Collection[tuple[str, str]]) -> None:
    """Put a check before every route; routes may be those of another app already.

    Args:
        routes: All of an app.
        public: Method and path of what the gate lets anybody call.

    Raises:
        LookupError: a route does not say who may call it, or says otherwise than the gate.
    """
    open_to_all: set[tuple[str, str]] = set()
    for route in routes:
        role = needed_role(route)
        assert isinstance(route, Route | WebSocketRoute)
        if role is None:
            methods = route.methods or () if isinstance(route, Route) else ("WEBSOCKET",)
            open_to_all |= {(method, route.path) for method in methods}
        elif not isinstance(route.app, RoleCheck):
            route.app = RoleCheck(route.app, role)
    if open_to_all != set(public):
        raise LookupError(f"{open_to_all ^ set(public)} are public for the gate or the route alone")


class RoleCheck:
    """ASGI: lets only those in who have at least a role."""

    def __init__(self, app: ASGIApp, needed: Role) -> None:
        self._app = app
        self._needed = needed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Enter the route.

        Raises:
            AuthenticationError: nobody has said who asks.
            ForbiddenError: their role is too low.
        """
        principal = scope.get("matinee.principal")
        if not isinstance(principal, Principal):
            raise AuthenticationError("log in first")
        if principal.grant.role.allows(self._needed):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": CloseCode.POLICY_VIOLATION})
        else:
            raise role_too_low(principal, self._needed)


def role_too_low(principal: Principal, needed: Role) -> ForbiddenError:
    """Says what is needed, and what they have."""
    return ForbiddenError(
        f"this needs the role {needed}; yours is {principal.grant.role}", code="role_too_low"
    )
