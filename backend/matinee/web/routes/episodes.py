"""Episodes that a policy plays on request, in a process of their own: training goes on."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Request

from matinee.contracts.access import Role
from matinee.contracts.episodes import (
    EpisodeReport,
    EpisodeRequest,
    EvaluationReport,
    EvaluationRequest,
)
from matinee.web.client_presence import while_client_waits
from matinee.web.dependencies import Dependencies
from matinee.web.roles import least
from matinee.web.routes.parameters import RunId, refusals
from matinee.web.strict_json import StrictJsonRoute

router = APIRouter(prefix="/api/v1/runs/{run_id}", tags=["episodes"], route_class=StrictJsonRoute)

_REFUSALS = refusals(404, 409, 413, 415, 422, 429, 503)


@router.post("/evaluate", operation_id="evaluateRun", responses=_REFUSALS)
@least(Role.OPERATOR)
async def evaluate_run(
    run_id: RunId,
    request: Request,
    dependencies: Dependencies,
    body: Annotated[EvaluationRequest | None, Body()] = None,
) -> EvaluationReport:
    """Play test episodes with a checkpoint, and tell what they came to; the run is not touched.

    The environment is as it was at the checkpoint. What does not end within five minutes is given
    up, and at once when the client leaves.
    """
    evaluating = dependencies.playing.evaluate(run_id, body or EvaluationRequest())
    return await while_client_waits(request, evaluating)


@router.post("/episodes", operation_id="playEpisode", responses=_REFUSALS)
@least(Role.OPERATOR)
async def play_episode(
    run_id: RunId,
    request: Request,
    dependencies: Dependencies,
    body: Annotated[EpisodeRequest | None, Body()] = None,
) -> EpisodeReport:
    """Play one episode with a checkpoint, and tell every step of it; the run is not touched."""
    playing = dependencies.playing.play_episode(run_id, body or EpisodeRequest())
    return await while_client_waits(request, playing)
