"""The audit trail, for admins."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query

from matinee.contracts.access import Role
from matinee.contracts.audit import AuditPage
from matinee.contracts.identifiers import ULID_PATTERN
from matinee.web.dependencies import Dependencies
from matinee.web.roles import least
from matinee.web.routes.parameters import refusals
from matinee.web.strict_json import StrictJsonRoute

DEFAULT_ENTRIES = 100
MAX_ENTRIES = 1000

router = APIRouter(prefix="/api/v1/audit", tags=["server"], route_class=StrictJsonRoute)


@router.get("", operation_id="listAudit", responses=refusals(422))
@least(Role.ADMIN)
async def list_audit(
    dependencies: Dependencies,
    limit: Annotated[int, Query(ge=1, le=MAX_ENTRIES, description="Entries.")] = DEFAULT_ENTRIES,
    cursor: Annotated[
        str | None, Query(pattern=ULID_PATTERN, description="An earlier `next_cursor`.")
    ] = None,
) -> AuditPage:
    """Who did what, newest first: every call that changed something or was refused to."""
    return await asyncio.to_thread(dependencies.audit.page, limit=limit, cursor=cursor)
