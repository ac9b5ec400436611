"""Create, list, read, edit and delete runs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response, status

from matinee.contracts.access import Role
from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.run import Run, RunPage, RunPatch
from matinee.contracts.run_spec import RunRequest
from matinee.contracts.run_state import RunState
from matinee.runs.ports import RunQuery
from matinee.web.dependencies import CurrentPrincipal, Dependencies
from matinee.web.roles import least
from matinee.web.routes.parameters import (
    CREATED,
    ExpectedRevision,
    IdempotencyKey,
    RunId,
    WaitS,
    created,
    etag,
    refusals,
)
from matinee.web.strict_json import StrictJsonRoute

router = APIRouter(prefix="/api/v1/runs", tags=["runs"], route_class=StrictJsonRoute)


@router.post(
    "",
    operation_id="createRun",
    status_code=status.HTTP_201_CREATED,
    responses=refusals(409, 413, 415, 422, 429, 503) | CREATED,
)
@least(Role.OPERATOR)
async def create_run(
    *,
    request: RunRequest,
    dependencies: Dependencies,
    principal: CurrentPrincipal,
    response: Response,
    wait_s: WaitS = 0.0,
    idempotency_key: IdempotencyKey = None,
) -> Run:
    """Create a run, and start it unless `start` is false."""
    run = await dependencies.runs.create_run(
        request, actor=principal.actor, idempotency_key=idempotency_key, wait_s=wait_s
    )
    return created(run, response, dependencies)


@router.get("", operation_id="listRuns", responses=refusals(422))
@least(Role.VIEWER)
async def list_runs(
    *,
    dependencies: Dependencies,
    states: Annotated[
        list[RunState] | None, Query(alias="state", description="May be repeated.", max_length=20)
    ] = None,
    environment: Annotated[str | None, Query(max_length=100)] = None,
    algorithm: Annotated[Algorithm | None, Query()] = None,
    group: Annotated[str | None, Query(max_length=80)] = None,
    q: Annotated[
        str | None,
        Query(max_length=100, description="Text in name, group, tags, notes, environment or id."),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> RunPage:
    """List runs, newest first."""
    return await dependencies.runs.list_runs(
        RunQuery(
            states=tuple(states or ()),
            environment=environment,
            algorithm=algorithm,
            group=group,
            text=q,
            limit=limit,
            cursor=cursor,
        )
    )


@router.get("/{run_id}", operation_id="getRun", responses=refusals(404, 422))
@least(Role.VIEWER)
async def get_run(run_id: RunId, dependencies: Dependencies, response: Response) -> Run:
    """Read one run; its ETag is needed to edit it."""
    run = await dependencies.runs.get_run(run_id)
    response.headers["ETag"] = etag(run.revision)
    return run


@router.patch(
    "/{run_id}", operation_id="patchRun", responses=refusals(404, 412, 413, 415, 422, 428)
)
@least(Role.OPERATOR)
async def patch_run(
    run_id: RunId,
    patch: RunPatch,
    dependencies: Dependencies,
    response: Response,
    expected_revision: ExpectedRevision,
) -> Run:
    """Edit name, group, tags or notes; `If-Match` keeps anybody's change from being lost."""
    run = await dependencies.runs.patch_run(run_id, patch, expected_revision=expected_revision)
    response.headers["ETag"] = etag(run.revision)
    return run


@router.delete(
    "/{run_id}",
    operation_id="deleteRun",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=refusals(404, 409, 422),
)
@least(Role.OPERATOR)
async def delete_run(run_id: RunId, dependencies: Dependencies) -> None:
    """Remove a run that has ended, and its folder."""
    await dependencies.runs.delete_run(run_id)
