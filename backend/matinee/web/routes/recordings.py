"""Films of episodes: made on request, listed, taken away, deleted."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Response, status
from fastapi.responses import FileResponse

from matinee.contracts.access import Role
from matinee.contracts.identifiers import ULID_PATTERN
from matinee.contracts.recordings import Recording, RecordingList, RecordingRequest
from matinee.web.dependencies import Dependencies
from matinee.web.roles import least
from matinee.web.routes.parameters import RunId, as_attachment, refusals
from matinee.web.strict_json import StrictJsonRoute

router = APIRouter(
    prefix="/api/v1/runs/{run_id}/recordings", tags=["recordings"], route_class=StrictJsonRoute
)

RecordingId = Annotated[str, Path(pattern=ULID_PATTERN, description="ULID of the recording.")]


@router.get("", operation_id="listRecordings", responses=refusals(404, 422))
@least(Role.VIEWER)
async def list_recordings(run_id: RunId, dependencies: Dependencies) -> RecordingList:
    """The films of a run, newest first."""
    return await dependencies.playing.recordings(run_id)


@router.post(
    "",
    operation_id="recordEpisode",
    status_code=status.HTTP_201_CREATED,
    responses=refusals(404, 409, 413, 415, 422, 429, 503),
)
@least(Role.OPERATOR)
async def record_episode(
    run_id: RunId,
    dependencies: Dependencies,
    body: Annotated[RecordingRequest | None, Body()] = None,
) -> Recording:
    """Play one episode with a checkpoint and film it; answers when the film is ready."""
    return await dependencies.playing.record(run_id, body or RecordingRequest())


_BYTES = {"schema": {"type": "string", "format": "binary"}}
FILM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The film.",
        "content": {"image/gif": _BYTES, "image/webp": _BYTES},
    }
}
"""OpenAPI entry of a film."""


@router.get(
    "/{recording_id}/download",
    operation_id="downloadRecording",
    response_class=FileResponse,
    responses=refusals(404, 422) | FILM,
)
@least(Role.VIEWER)
async def download_recording(
    run_id: RunId, recording_id: RecordingId, dependencies: Dependencies
) -> Response:
    """The film as a file."""
    file = await dependencies.playing.recording_file(run_id, recording_id)
    media_type = "image/gif" if file.suffix == ".gif" else "image/webp"
    return FileResponse(file, media_type=media_type, headers=as_attachment(f"{run_id}-{file.name}"))


@router.delete(
    "/{recording_id}",
    operation_id="deleteRecording",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=refusals(404, 422),
)
@least(Role.OPERATOR)
async def delete_recording(
    run_id: RunId, recording_id: RecordingId, dependencies: Dependencies
) -> Response:
    """Delete a film."""
    await dependencies.playing.delete_recording(run_id, recording_id)
    return Response(status_code=status.HTTP_204_NO_CONTENT)
