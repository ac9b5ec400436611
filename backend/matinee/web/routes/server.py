"""What the server is and what it offers."""

from __future__ import annotations

from fastapi import APIRouter, Response, status
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from matinee.contracts.access import Role
from matinee.contracts.alerts import AlertRuleList
from matinee.contracts.system import (
    AlgorithmList,
    EnvironmentList,
    Liveness,
    PresetList,
    Readiness,
    StorageInfo,
    SystemInfo,
)
from matinee.web.dependencies import Dependencies
from matinee.web.roles import anybody, least
from matinee.web.routes.parameters import refusals

router = APIRouter(tags=["server"])


class PrometheusResponse(Response):
    """Prometheus' text format."""

    media_type = CONTENT_TYPE_PLAIN_0_0_4


@router.get("/livez", operation_id="getLiveness")
@anybody
async def get_liveness() -> Liveness:
    """The process answers; nothing else is looked at."""
    return Liveness()


@router.get(
    "/readyz",
    operation_id="getReadiness",
    responses={503: {"model": Readiness, "description": "A check fails."}},
)
@anybody
async def get_readiness(dependencies: Dependencies, response: Response) -> Readiness:
    """Whether the server can do its work, check by check."""
    readiness = await dependencies.runs.readiness()
    if not readiness.ready:
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    return readiness


@router.get(
    "/metrics",
    operation_id="getMetrics",
    response_class=PrometheusResponse,
    responses=refusals(),
)
@least(Role.VIEWER)
async def get_metrics(dependencies: Dependencies) -> Response:
    """Figures in Prometheus' text format."""
    figures = await dependencies.runs.figures()
    return PrometheusResponse(dependencies.telemetry.render(figures))


@router.get("/api/v1/system", operation_id="getSystem", responses=refusals())
@least(Role.VIEWER)
async def get_system(dependencies: Dependencies) -> SystemInfo:
    """Version, cores, limits, free disk, and the Python of the run processes."""
    return await dependencies.runs.system()


@router.get("/api/v1/system/storage", operation_id="getStorage", responses=refusals())
@least(Role.VIEWER)
async def get_storage(dependencies: Dependencies) -> StorageInfo:
    """How large the records are, file by file, and how much room the disk has left."""
    return await dependencies.runs.storage()


@router.get("/api/v1/environments", operation_id="listEnvironments", responses=refusals())
@least(Role.VIEWER)
async def list_environments(dependencies: Dependencies) -> EnvironmentList:
    """Every environment that exists here, curated ones first."""
    return await dependencies.runs.environments()


@router.get("/api/v1/algorithms", operation_id="listAlgorithms", responses=refusals())
@least(Role.VIEWER)
async def list_algorithms(dependencies: Dependencies) -> AlgorithmList:
    """Training modes, each with its hyperparameters and metrics."""
    return await dependencies.runs.algorithms()


@router.get("/api/v1/alert-rules", operation_id="listAlertRules", responses=refusals())
@least(Role.VIEWER)
async def list_alert_rules(dependencies: Dependencies) -> AlertRuleList:
    """What every run is warned of, and at which thresholds."""
    return await dependencies.runs.alert_rules()


@router.get("/api/v1/presets", operation_id="listPresets", responses=refusals())
@least(Role.VIEWER)
async def list_presets(dependencies: Dependencies) -> PresetList:
    """Measured starting points; the first is the page's default."""
    return await dependencies.runs.presets()
