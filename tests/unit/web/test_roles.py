"""A route that does not say who may call it can't be served."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import APIRouter
from starlette.routing import Mount, WebSocketRoute

from matinee.contracts.access import Role
from matinee.errors import AuthenticationError, ForbiddenError
from matinee.web import openapi
from matinee.web.app import create_app
from matinee.web.credentials import Actor, Grant, Principal
from matinee.web.dependencies import WebDependencies
from matinee.web.roles import RoleCheck, anybody, guard, least, needed_role
from matinee.web.security import PUBLIC_CALLS

pytestmark = pytest.mark.anyio


def router_with(endpoint: Any, *, path: str = "/api/v1/new") -> APIRouter:
    """One route."""
    router = APIRouter()
    router.add_api_route(path, endpoint, methods=["GET"])
    return router


def test_a_forgotten_declaration_stops_the_start(
    dependencies: WebDependencies, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new route without a role, for HTTP or WebSocket, and the server does not come up."""

    async def endpoint() -> None:
        """Whatever."""

    socket = APIRouter()
    socket.add_api_websocket_route("/api/v1/new", endpoint)
    for router in (router_with(endpoint), socket):
        monkeypatch.setattr(openapi, "_ROUTERS", (*openapi._ROUTERS, router))
        with pytest.raises(LookupError, match="does not say who may call it"):
            create_app(dependencies)
        monkeypatch.undo()
    create_app(dependencies)


def test_what_has_no_endpoint_can_not_be_served(dependencies: WebDependencies) -> None:
    """A mounted app would bring routes that nobody looks at."""
    with pytest.raises(LookupError):
        guard([Mount("/api/v1/other", app=create_app(dependencies))], public=())


def test_gate_and_route_must_agree_on_what_is_public() -> None:
    """A route that says anybody, which the gate does not name, is refused; and the reverse."""

    @anybody
    async def endpoint() -> None:
        """Whatever."""

    routes = router_with(endpoint).routes
    guard(routes, public={("GET", "/api/v1/new")})
    for public in ((), PUBLIC_CALLS, {("GET", "/api/v1/new"), ("GET", "/livez")}):
        with pytest.raises(LookupError, match="public"):
            guard(routes, public=public)
    with pytest.raises(LookupError, match="WEBSOCKET"):
        guard([WebSocketRoute("/ws", anybody(lambda _: None))], public=())


def test_a_declaration_is_that_of_its_route() -> None:
    """The endpoint stays what it is, and two checks are not put on top of each other."""

    @least(Role.OPERATOR)
    async def endpoint() -> None:
        """Whatever."""

    (route,) = router_with(endpoint).routes
    guard([route], public=())
    once = route.app  # type: ignore[attr-defined]
    guard([route], public=())

    assert needed_role(route) is Role.OPERATOR
    assert isinstance(once, RoleCheck)
    assert route.app is once  # type: ignore[attr-defined]


async def test_the_check_stands_before_everything() -> None:
    """Without anybody named by the gate nobody enters; a role too low does not, on a socket
    neither; one that is enough does.
    """
    entered: list[str] = []
    sent: list[Any] = []

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        entered.append(scope["type"])

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    check = RoleCheck(app, Role.OPERATOR)
    viewer = Principal(Actor.TOKEN, Grant(Role.VIEWER))
    operator = Principal(Actor.TOKEN, Grant(Role.OPERATOR))
    with pytest.raises(AuthenticationError):
        await check({"type": "http"}, receive, send)
    with pytest.raises(ForbiddenError, match="role operator; yours is viewer"):
        await check({"type": "http", "matinee.principal": viewer}, receive, send)
    await check({"type": "websocket", "matinee.principal": viewer}, receive, send)
    assert entered == []
    assert sent == [{"type": "websocket.close", "code": 1008}]

    await check({"type": "http", "matinee.principal": operator}, receive, send)
    assert entered == ["http"]
