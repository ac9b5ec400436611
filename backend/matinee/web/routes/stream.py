"""The live stream, as a WebSocket and as Server-Sent Events."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response, WebSocket
from fastapi.exceptions import HTTPException

from matinee.contracts.access import Role
from matinee.contracts.identifiers import Ulid
from matinee.contracts.stream import SEQ_MAX, ServerFrame, SubscribeFrame
from matinee.web.dependencies import CurrentPrincipal, Dependencies
from matinee.web.roles import least
from matinee.web.routes.parameters import refusals
from matinee.web.server_sent_events import EventStreamResponse
from matinee.web.stream_socket import serve_socket

router = APIRouter(prefix="/api/v1", tags=["stream"])

After = Annotated[int, Query(ge=0, le=SEQ_MAX, description="The last sequence number seen.")]


@router.websocket("/stream")
@least(Role.VIEWER)
async def stream_socket(
    websocket: WebSocket,
    dependencies: Dependencies,
    principal: CurrentPrincipal,
    run: Annotated[Ulid | None, Query()] = None,
    after: After = 0,
) -> None:
    """Live events of any number of runs over one socket."""
    first = SubscribeFrame(run_id=run, after=after) if run is not None else None
    await serve_socket(websocket, dependencies, principal, first=first)


@router.get(
    "/stream",
    operation_id="streamEvents",
    status_code=200,
    response_class=EventStreamResponse,
    responses=refusals(404, 406, 422)
    | {200: {"model": ServerFrame, "description": "`data` of each event is one frame."}},
)
@least(Role.VIEWER)
async def stream_events(
    *,
    request: Request,
    dependencies: Dependencies,
    principal: CurrentPrincipal,
    run: Annotated[Ulid, Query(description="ULID of the run.")],
    after: After = 0,
    last_event_id: Annotated[str | None, Header(pattern=r"^\d{1,15}$")] = None,
) -> Response:
    """Live events of one run as Server-Sent Events; `id` is the cursor."""
    if "text/event-stream" not in request.headers.get("accept", ""):
        raise HTTPException(
            406, "ask with Accept: text/event-stream, or open a WebSocket at this address"
        )
    await dependencies.runs.get_run(run)
    cursor = int(last_event_id) if last_event_id is not None else after
    return EventStreamResponse(
        dependencies, principal, first=SubscribeFrame(run_id=run, after=cursor)
    )
