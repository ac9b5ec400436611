"""What the process of a run has printed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response, StreamingResponse

from matinee.contracts.access import Role
from matinee.contracts.log_page import LogPage
from matinee.contracts.stream import SEQ_MAX
from matinee.errors import FieldError, InvalidInputError
from matinee.web.dependencies import Dependencies
from matinee.web.roles import least
from matinee.web.routes.parameters import RunId, as_attachment, refusals
from matinee.web.strict_json import StrictJsonRoute

DEFAULT_BYTES = 256 * 1024
MAX_BYTES = 1024 * 1024

router = APIRouter(prefix="/api/v1/runs/{run_id}", tags=["record"], route_class=StrictJsonRoute)


@router.get("/log", operation_id="getLog", responses=refusals(404, 422))
@least(Role.VIEWER)
async def get_log(
    run_id: RunId,
    dependencies: Dependencies,
    after: Annotated[
        int | None, Query(ge=0, le=SEQ_MAX, description="From this byte on: an earlier `end`.")
    ] = None,
    before: Annotated[
        int | None, Query(ge=0, le=SEQ_MAX, description="Up to this byte: an earlier `start`.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_BYTES, description="Bytes.")] = DEFAULT_BYTES,
) -> LogPage:
    """Whole lines of what its process printed: the newest, unless `after` or `before` is given."""
    if after is not None and before is not None:
        words = "both were given; allowed: one of after and before"
        raise InvalidInputError(words, fields=[FieldError(("query", "before"), words)])
    return await dependencies.runs.log(run_id, after=after, before=before, limit=limit)


class PlainTextResponse(StreamingResponse):
    """Lines of text."""

    media_type = "text/plain"


@router.get(
    "/log.txt",
    operation_id="downloadLog",
    response_class=PlainTextResponse,
    responses=refusals(404, 422),
)
@least(Role.VIEWER)
async def download_log(run_id: RunId, dependencies: Dependencies) -> Response:
    """All that its process printed up to now, as a file."""
    pieces = await dependencies.runs.whole_log(run_id)
    return PlainTextResponse(pieces, headers=as_attachment(f"{run_id}-log.txt"))
