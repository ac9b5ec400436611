"""Read what a run has recorded: events, series, exact exports."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response, StreamingResponse
from pydantic import BeforeValidator, Field

from matinee.contracts.access import Role
from matinee.contracts.events import EventPage, EventType
from matinee.contracts.histograms import HistogramSet
from matinee.contracts.series import Series, SeriesAxis
from matinee.contracts.stream import SEQ_MAX
from matinee.contracts.workers import WorkerTable
from matinee.web.dependencies import Dependencies, ExportFormat
from matinee.web.roles import least
from matinee.web.routes.parameters import RunId, as_attachment, refusals
from matinee.web.strict_json import StrictJsonRoute

MAX_EVENTS = 1000
MAX_POINTS = 10_000
MAX_HISTOGRAM_POINTS = 2000
MAX_SERIES = 50
MAX_SMOOTHING = 0.999
AXIS_MAX = 1e15
"""Beyond every env step, episode, update and second that there can be."""

AxisValue = Annotated[float, Field(ge=-AXIS_MAX, le=AXIS_MAX, allow_inf_nan=False)]

_MEDIA_TYPES: dict[ExportFormat, str] = {
    "jsonl": "application/jsonl",
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
}


def _split_commas(values: object) -> object:
    """`a,b` means the same as naming the parameter twice."""
    if not isinstance(values, list):
        return values
    return [part for value in values for part in str(value).split(",")]


_Name = Annotated[str, Field(max_length=60)]
_Names = Annotated[
    Annotated[list[_Name], Field(max_length=MAX_SERIES)] | None,
    BeforeValidator(_split_commas),
]
SomeMetrics = Annotated[
    _Names,
    Query(
        alias="metric",
        description="Only these metrics; repeated or with commas; left out: all.",
    ),
]
SomeHistograms = Annotated[
    _Names,
    Query(
        alias="histogram",
        description="Only these histograms; repeated or with commas; left out: all.",
    ),
]

router = APIRouter(prefix="/api/v1/runs/{run_id}", tags=["record"], route_class=StrictJsonRoute)


@router.get(
    "/events", operation_id="listEvents", response_model=EventPage, responses=refusals(404, 422)
)
@least(Role.VIEWER)
async def list_events(
    run_id: RunId,
    dependencies: Dependencies,
    after: Annotated[int, Query(ge=0, le=SEQ_MAX, description="Sequence number; 0: start.")] = 0,
    limit: Annotated[int, Query(ge=1, le=MAX_EVENTS)] = MAX_EVENTS,
    types: Annotated[
        list[EventType] | None,
        Query(description="Repeated or with commas; left out: all.", max_length=50),
        BeforeValidator(_split_commas),
    ] = None,
) -> Response:
    """Events after a sequence number; an empty page means that there is nothing newer yet."""
    page = await dependencies.runs.events(
        run_id, after=after, limit=limit, types=tuple(dict.fromkeys(types or ()))
    )
    return Response(page, media_type="application/json")


@router.get("/workers", operation_id="getWorkers", responses=refusals(404, 422))
@least(Role.VIEWER)
async def get_workers(run_id: RunId, dependencies: Dependencies) -> WorkerTable:
    """What every thread that trains does now, or did last: told once a second and at a change."""
    return await dependencies.runs.workers(run_id)


@router.get("/series", operation_id="getSeries", responses=refusals(404, 422))
@least(Role.VIEWER)
async def get_series(
    *,
    run_id: RunId,
    dependencies: Dependencies,
    metrics: Annotated[
        list[_Name],
        BeforeValidator(_split_commas),
        Query(
            alias="metric",
            min_length=1,
            max_length=MAX_SERIES,
            description="Name from the metric catalogue; repeated or with commas.",
        ),
    ],
    axis: Annotated[SeriesAxis, Query(alias="x")] = SeriesAxis.ENV_STEP,
    points: Annotated[int, Query(ge=10, le=MAX_POINTS)] = 2000,
    from_x: Annotated[AxisValue | None, Query(alias="from")] = None,
    to_x: Annotated[AxisValue | None, Query(alias="to")] = None,
    smoothing: Annotated[
        float,
        Query(
            ge=0, le=MAX_SMOOTHING, allow_inf_nan=False, description="Weight of the debiased EMA."
        ),
    ] = 0.0,
) -> Series:
    """Metrics over the run: smoothed first, then downsampled keeping minima and maxima."""
    return await dependencies.runs.series(
        run_id,
        metrics=tuple(dict.fromkeys(metrics)),
        axis=axis,
        points=points,
        from_x=from_x,
        to_x=to_x,
        smoothing=smoothing,
    )


@router.get("/histograms", operation_id="getHistograms", responses=refusals(404, 422))
@least(Role.VIEWER)
async def get_histograms(
    *,
    run_id: RunId,
    dependencies: Dependencies,
    names: Annotated[
        list[_Name],
        BeforeValidator(_split_commas),
        Query(
            alias="histogram",
            min_length=1,
            max_length=MAX_SERIES,
            description="Name from the catalogue of histograms; repeated or with commas.",
        ),
    ],
    axis: Annotated[SeriesAxis, Query(alias="x")] = SeriesAxis.ENV_STEP,
    points: Annotated[int, Query(ge=1, le=MAX_HISTOGRAM_POINTS)] = 300,
    from_x: Annotated[AxisValue | None, Query(alias="from")] = None,
    to_x: Annotated[AxisValue | None, Query(alias="to")] = None,
) -> HistogramSet:
    """Histograms over the run: neighbours are added up, which loses no count."""
    return await dependencies.runs.histograms(
        run_id,
        names=tuple(dict.fromkeys(names)),
        axis=axis,
        points=points,
        from_x=from_x,
        to_x=to_x,
    )


def _file_name(run_id: str, table: str, file_format: str, names: list[str] | None) -> str:
    """Of one series it has the name of that."""
    return f"{run_id}-{names[0] if names and len(names) == 1 else table}.{file_format}"


class JsonLinesResponse(StreamingResponse):
    """One JSON object a line."""

    media_type = _MEDIA_TYPES["jsonl"]


class CsvResponse(StreamingResponse):
    """A header line, then one line a row."""

    media_type = _MEDIA_TYPES["csv"]


class ParquetResponse(StreamingResponse):
    """A Parquet file."""

    media_type = _MEDIA_TYPES["parquet"]


@router.get(
    "/episodes.jsonl",
    operation_id="exportEpisodesJsonl",
    response_class=JsonLinesResponse,
    responses=refusals(404, 422),
)
@least(Role.VIEWER)
async def export_episodes_jsonl(run_id: RunId, dependencies: Dependencies) -> Response:
    """Every finished episode, exactly, also while the run goes on; one JSON object a line."""
    rows = await dependencies.runs.export_episodes(run_id, "jsonl")
    return JsonLinesResponse(rows, headers=as_attachment(f"{run_id}-episodes.jsonl"))


@router.get(
    "/episodes.csv",
    operation_id="exportEpisodesCsv",
    response_class=CsvResponse,
    responses=refusals(404, 422),
)
@least(Role.VIEWER)
async def export_episodes_csv(run_id: RunId, dependencies: Dependencies) -> Response:
    """Every finished episode, exactly, also while the run goes on; CSV with a header line."""
    rows = await dependencies.runs.export_episodes(run_id, "csv")
    return CsvResponse(rows, headers=as_attachment(f"{run_id}-episodes.csv"))


@router.get(
    "/metrics.jsonl",
    operation_id="exportMetricsJsonl",
    response_class=JsonLinesResponse,
    responses=refusals(404, 422),
)
@least(Role.VIEWER)
async def export_metrics_jsonl(
    run_id: RunId, dependencies: Dependencies, names: SomeMetrics = None
) -> Response:
    """Every metric row, exactly, also while the run goes on; one JSON object a line."""
    rows = await dependencies.runs.export_metrics(run_id, "jsonl", tuple(names or ()))
    return JsonLinesResponse(
        rows, headers=as_attachment(_file_name(run_id, "metrics", "jsonl", names))
    )


@router.get(
    "/metrics.csv",
    operation_id="exportMetricsCsv",
    response_class=CsvResponse,
    responses=refusals(404, 422),
)
@least(Role.VIEWER)
async def export_metrics_csv(
    run_id: RunId, dependencies: Dependencies, names: SomeMetrics = None
) -> Response:
    """Every metric row, exactly, also while the run goes on; CSV with a header line."""
    rows = await dependencies.runs.export_metrics(run_id, "csv", tuple(names or ()))
    name = _file_name(run_id, "metrics", "csv", names)
    return CsvResponse(rows, headers=as_attachment(name))


@router.get(
    "/histograms.jsonl",
    operation_id="exportHistogramsJsonl",
    response_class=JsonLinesResponse,
    responses=refusals(404, 422),
)
@least(Role.VIEWER)
async def export_histograms_jsonl(
    run_id: RunId, dependencies: Dependencies, names: SomeHistograms = None
) -> Response:
    """Every recorded histogram, also while the run goes on; one JSON object a line."""
    rows = await dependencies.runs.export_histograms(run_id, "jsonl", tuple(names or ()))
    return JsonLinesResponse(
        rows, headers=as_attachment(_file_name(run_id, "histograms", "jsonl", names))
    )


@router.get(
    "/histograms.csv",
    operation_id="exportHistogramsCsv",
    response_class=CsvResponse,
    responses=refusals(404, 422),
)
@least(Role.VIEWER)
async def export_histograms_csv(
    run_id: RunId, dependencies: Dependencies, names: SomeHistograms = None
) -> Response:
    """Every recorded histogram, also while the run goes on; CSV, the counts as a JSON list."""
    rows = await dependencies.runs.export_histograms(run_id, "csv", tuple(names or ()))
    name = _file_name(run_id, "histograms", "csv", names)
    return CsvResponse(rows, headers=as_attachment(name))


@router.get(
    "/episodes.parquet",
    operation_id="exportEpisodesParquet",
    response_class=ParquetResponse,
    responses=refusals(404, 422),
)
@least(Role.VIEWER)
async def export_episodes_parquet(run_id: RunId, dependencies: Dependencies) -> Response:
    """Every finished episode, as a Parquet file; needs the extra `matinee[parquet]`."""
    rows = await dependencies.runs.export_episodes(run_id, "parquet")
    return ParquetResponse(rows, headers=as_attachment(f"{run_id}-episodes.parquet"))


@router.get(
    "/metrics.parquet",
    operation_id="exportMetricsParquet",
    response_class=ParquetResponse,
    responses=refusals(404, 422),
)
@least(Role.VIEWER)
async def export_metrics_parquet(run_id: RunId, dependencies: Dependencies) -> Response:
    """Every metric row, as a Parquet file; needs the extra `matinee[parquet]`."""
    rows = await dependencies.runs.export_metrics(run_id, "parquet")
    return ParquetResponse(rows, headers=as_attachment(f"{run_id}-metrics.parquet"))


@router.get(
    "/histograms.parquet",
    operation_id="exportHistogramsParquet",
    response_class=ParquetResponse,
    responses=refusals(404, 422),
)
@least(Role.VIEWER)
async def export_histograms_parquet(run_id: RunId, dependencies: Dependencies) -> Response:
    """Every recorded histogram, as a Parquet file; needs the extra `matinee[parquet]`."""
    rows = await dependencies.runs.export_histograms(run_id, "parquet")
    return ParquetResponse(rows, headers=as_attachment(f"{run_id}-histograms.parquet"))
