"""The socket on which somebody watches the agent play."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, WebSocket

from matinee.contracts.access import Role
from matinee.contracts.identifiers import ULID_PATTERN, Ulid
from matinee.web.dependencies import CurrentPrincipal, Dependencies
from matinee.web.roles import least
from matinee.web.view_socket import serve_view

router = APIRouter(prefix="/api/v1/runs/{run_id}", tags=["view"])


@router.websocket("/view")
@least(Role.VIEWER)
async def view_socket(
    websocket: WebSocket,
    run_id: Annotated[str, Path(pattern=ULID_PATTERN)],
    dependencies: Dependencies,
    principal: CurrentPrincipal,
    checkpoint: Annotated[Ulid | None, Query()] = None,
) -> None:
    """Pictures and numbers of the agent at play, as `contracts.view` says."""
    await serve_view(websocket, dependencies, principal, run_id=run_id, checkpoint_id=checkpoint)
