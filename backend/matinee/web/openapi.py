"""The API as an OpenAPI document, built without a server and without torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import TypeAdapter
from starlette.types import Lifespan

from matinee import __version__
from matinee.contracts.commands import Action
from matinee.contracts.events import Event, EventType
from matinee.contracts.hyperparameters import HyperparameterSetting, LiveSetting
from matinee.contracts.problem import Problem
from matinee.contracts.schedules import Schedule
from matinee.contracts.stream import ClientFrame, ServerFrame
from matinee.contracts.view import ViewClientFrame, ViewFrame, ViewStatus
from matinee.web.openapi_schemas import (
    drop_nulls_of_parameters,
    drop_titles,
    name_repeated,
    separate_answers,
)
from matinee.web.roles import guard, needed_role
from matinee.web.routes import (
    audit,
    checkpoints,
    control,
    episodes,
    ledger,
    log,
    record,
    recordings,
    runs,
    server,
    sessions,
    stream,
    tokens,
    view,
)
from matinee.web.security import PUBLIC_CALLS

_ROUTERS = (
    server.router,
    sessions.router,
    tokens.router,
    audit.router,
    runs.router,
    control.router,
    ledger.router,
    log.router,
    checkpoints.router,
    episodes.router,
    recordings.router,
    record.router,
    stream.router,
    view.router,
)
_PUBLIC_OPERATIONS = frozenset({"getLiveness", "getReadiness", "logIn"})
_REFERENCE = "#/components/schemas/{model}"
_NAMED: Mapping[str, Any] = {
    "Event": Event,
    "EventType": EventType,
    "Action": Action,
    "Schedule": Schedule,
    "HyperparameterSetting": HyperparameterSetting,
    "LiveSetting": LiveSetting,
    "ServerFrame": ServerFrame,
    "ClientFrame": ClientFrame,
    "ViewClientFrame": ViewClientFrame,
}
"""Unions and enumerations that people want to call by name, innermost last where they nest."""

_SENT_ON_SOCKETS: Mapping[str, Any] = {"ViewFrame": ViewFrame, "ViewStatus": ViewStatus}
"""Models that no HTTP call answers with: every field of them is always sent."""

_DESCRIPTION = """\
Everything that the dashboard can do, a script can do.

Every error is `application/problem+json` (RFC 9457) with a stable `code`. Identifiers are ULIDs,
times RFC 3339, durations in seconds. Unknown fields, NaN and infinities are refused with 422.
`x-least-role` of a call says which role it needs: `viewer`, `operator` or `admin`.
The WebSocket at `/api/v1/stream` sends `ServerFrame`s and takes `ClientFrame`s; the one at
`/api/v1/runs/{run_id}/view` sends a `ViewStatus` as text and takes `ViewClientFrame`s, and its
binary messages are the length of a head (32 bits, big-endian), a `ViewFrame`, and an image.
"""


def bare_app(*, lifespan: Lifespan[FastAPI] | None = None) -> FastAPI:
    """The routes alone: no gate, no page, nothing to call. `create_app` builds on it.

    Raises:
        LookupError: a route does not say who may call it.
    """
    app = FastAPI(
        title="Matinee",
        version=__version__,
        summary="Watch and steer reinforcement-learning training while it happens.",
        description=_DESCRIPTION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    # `include_router` would build every route anew at its first request, 100 to 200 ms in sum
    # while somebody waits. The routes are complete as they are.
    for router in _ROUTERS:
        app.router.routes.extend(router.routes)
    guard(app.router.routes, public=PUBLIC_CALLS)
    return app


def openapi_document() -> dict[str, Any]:
    """The complete document: every answer typed, stream frames included."""
    app = bare_app()
    document = app.openapi()
    components = document["components"]
    schemas = components["schemas"]
    schemas["Problem"] = _definition(Problem, schemas)
    for name, kind in _SENT_ON_SOCKETS.items():
        schemas[name] = _definition(kind, schemas)
        schemas[name]["required"] = list(schemas[name]["properties"])
    for name, kind in _NAMED.items():
        schemas[name] = _definition(kind, schemas)
    drop_titles(document)
    drop_nulls_of_parameters(document)
    name_repeated(document, _NAMED)
    separate_answers(document, request_roots=["ClientFrame", "ViewClientFrame"])
    components["schemas"] = dict(sorted(schemas.items()))
    components["securitySchemes"] = {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "A named token, or the server's own, which `matinee token` prints.",
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "matinee_session_8000",
            "description": "Set by the login link; the name ends in the port of the server.",
        },
    }
    document["security"] = [{"token": []}, {"session": []}]
    for operations in document["paths"].values():
        for operation in operations.values():
            if operation["operationId"] in _PUBLIC_OPERATIONS:
                operation["security"] = []
    for route in app.routes:
        role = needed_role(route)
        if role is not None and isinstance(route, APIRoute):
            for method in route.methods or ():
                document["paths"][route.path][method.lower()]["x-least-role"] = role.value
    return document


def _definition(kind: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    """The JSON schema of a type; what it refers to is added to `schemas`."""
    schema = TypeAdapter(kind).json_schema(mode="validation", ref_template=_REFERENCE)
    for name, definition in schema.pop("$defs", {}).items():
        schemas.setdefault(name, definition)
    return schema
