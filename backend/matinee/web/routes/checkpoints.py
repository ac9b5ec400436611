"""Checkpoints of a run: list, make one, keep one, go back to one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Header, Path, Response, status
from fastapi.responses import StreamingResponse
from pydantic import Field

from matinee.contracts.access import Role
from matinee.contracts.checkpoints import CheckpointList, CheckpointSettings
from matinee.contracts.commands import Command
from matinee.contracts.forks import ForkRequest
from matinee.contracts.identifiers import ULID_PATTERN, Ulid
from matinee.contracts.json_body import JsonBody
from matinee.contracts.run import Run
from matinee.runs.downloads import Download
from matinee.web.dependencies import CurrentPrincipal, Dependencies
from matinee.web.roles import least
from matinee.web.routes.parameters import (
    COMMAND_ANSWERS,
    CREATED,
    Asking,
    IdempotencyKey,
    RunId,
    WaitS,
    as_attachment,
    created,
    refusals,
)
from matinee.web.strict_json import StrictJsonRoute

router = APIRouter(
    prefix="/api/v1/runs/{run_id}", tags=["checkpoints"], route_class=StrictJsonRoute
)

CheckpointId = Annotated[str, Path(pattern=ULID_PATTERN, description="ULID of the checkpoint.")]


class SaveRequest(JsonBody):
    """How to keep a checkpoint that is made now."""

    pinned: bool = Field(default=True, description="Keep it until somebody unpins it.")


class PinRequest(JsonBody):
    """Whether to keep a checkpoint whatever comes."""

    pinned: bool


class RewindRequest(JsonBody):
    """Where to go back to."""

    checkpoint_id: Ulid


@router.get("/checkpoints", operation_id="listCheckpoints", responses=refusals(404, 422, 503))
@least(Role.VIEWER)
async def list_checkpoints(run_id: RunId, dependencies: Dependencies) -> CheckpointList:
    """Those that are on disk, newest first; also those that the run has gone back behind."""
    return await dependencies.checkpoints.list_checkpoints(run_id)


@router.get(
    "/checkpoints/{checkpoint_id}/settings",
    operation_id="getCheckpointSettings",
    responses=refusals(404, 409, 422, 503),
)
@least(Role.VIEWER)
async def get_checkpoint_settings(
    run_id: RunId, checkpoint_id: CheckpointId, dependencies: Dependencies
) -> CheckpointSettings:
    """Every hyperparameter as it was at a checkpoint: what a rewind or a fork goes on with.

    What is in use now may be something else: `GET …/hyperparameters` tells that.
    """
    return await dependencies.checkpoints.settings(run_id, checkpoint_id)


@router.post(
    "/checkpoints",
    operation_id="saveCheckpoint",
    status_code=status.HTTP_202_ACCEPTED,
    responses=COMMAND_ANSWERS,
)
@least(Role.OPERATOR)
async def save_checkpoint(
    *,
    run_id: RunId,
    dependencies: Dependencies,
    asker: Asking,
    body: Annotated[SaveRequest | None, Body()] = None,
) -> Command:
    """Write the learner's present state to disk; `checkpoint_id` of the answer names it."""
    pinned = (body or SaveRequest()).pinned
    command = await dependencies.checkpoints.save(
        run_id, pinned=pinned, actor=asker.actor, wait_s=asker.wait_s
    )
    return asker.told(command)


@router.patch(
    "/checkpoints/{checkpoint_id}",
    operation_id="patchCheckpoint",
    status_code=status.HTTP_202_ACCEPTED,
    responses=COMMAND_ANSWERS,
)
@least(Role.OPERATOR)
async def patch_checkpoint(
    *,
    run_id: RunId,
    checkpoint_id: CheckpointId,
    body: PinRequest,
    dependencies: Dependencies,
    asker: Asking,
) -> Command:
    """Keep it whatever comes, or no longer; also of a run that has ended."""
    command = await dependencies.checkpoints.pin(
        run_id, checkpoint_id, pinned=body.pinned, actor=asker.actor, wait_s=asker.wait_s
    )
    return asker.told(command)


def _known_digests(
    if_none_match: Annotated[str | None, Header(max_length=1000)] = None,
) -> list[str]:
    """What whoever asks has already, by its digest."""
    tags = (if_none_match or "").split(",")
    return [tag.strip().removeprefix("W/").strip('"') for tag in tags]


KnownDigests = Annotated[list[str], Depends(_known_digests)]

DOWNLOAD_ANSWERS = refusals(404, 409, 422, 503) | {
    304: {"description": "`If-None-Match` names what would be sent."}
}


def _sent(download: Download, response_class: type[StreamingResponse]) -> Response:
    """The file under its name, or that they have it."""
    headers = {"ETag": f'"{download.digest}"'}
    if download.pieces is None:
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
    return response_class(download.pieces, headers=headers | as_attachment(download.name))


class ZipResponse(StreamingResponse):
    """A zip file."""

    media_type = "application/zip"


@router.get(
    "/checkpoints/{checkpoint_id}/download",
    operation_id="downloadCheckpoint",
    response_class=ZipResponse,
    responses=DOWNLOAD_ANSWERS,
)
@least(Role.VIEWER)
async def download_checkpoint(
    run_id: RunId, checkpoint_id: CheckpointId, dependencies: Dependencies, known: KnownDigests
) -> Response:
    """Weights, optimizer statistics and all else, and what plays the policy elsewhere.

    `policy.json` says how observations become actions; `play.py` plays, in the environment as it
    was at the checkpoint, and needs NumPy, safetensors and what the environment takes. Where it
    can't be played so, there is none, and `README.md` says why.
    """
    download = await dependencies.checkpoints.download(run_id, checkpoint_id, known=known)
    return _sent(download, ZipResponse)


class OnnxResponse(StreamingResponse):
    """An ONNX model, for which no media type is registered."""

    media_type = "application/octet-stream"


@router.get(
    "/checkpoints/{checkpoint_id}/policy.onnx",
    operation_id="downloadPolicyOnnx",
    response_class=OnnxResponse,
    responses=DOWNLOAD_ANSWERS,
)
@least(Role.VIEWER)
async def download_policy_onnx(
    run_id: RunId, checkpoint_id: CheckpointId, dependencies: Dependencies, known: KnownDigests
) -> Response:
    """The policy and its value as an ONNX model; needs the extra `matinee[onnx]`.

    From `observation` (a batch, as `policy.json` codes it, not normalised: that is inside) to
    `logits` or `mean` and `log_std`, and `value`. What makes actions of these is in its metadata,
    under `matinee.policy`. A network with an LSTM has its state as inputs and outputs, too:
    `h_in`, `c_in` (0 where an episode begins) and `h_out`, `c_out`, which go into the next step;
    the same with `value_` before them where the value has a trunk of its own. `matinee.state` in
    its metadata says which goes where.
    """
    download = await dependencies.checkpoints.policy_model(run_id, checkpoint_id, known=known)
    return _sent(download, OnnxResponse)


@router.post(
    "/rewind",
    operation_id="rewindRun",
    status_code=status.HTTP_202_ACCEPTED,
    responses=COMMAND_ANSWERS,
)
@least(Role.OPERATOR)
async def rewind_run(
    *,
    run_id: RunId,
    body: RewindRequest,
    dependencies: Dependencies,
    asker: Asking,
) -> Command:
    """Go back to a checkpoint, in place: what came after it is kept, and marked as abandoned.

    A run that has ended starts from there.
    """
    command = await dependencies.checkpoints.rewind(
        run_id, body.checkpoint_id, actor=asker.actor, wait_s=asker.wait_s
    )
    return asker.told(command)


@router.post(
    "/fork",
    operation_id="forkRun",
    status_code=status.HTTP_201_CREATED,
    responses=refusals(404, 409, 413, 415, 422, 429, 503) | CREATED,
)
@least(Role.OPERATOR)
async def fork_run(
    *,
    run_id: RunId,
    dependencies: Dependencies,
    principal: CurrentPrincipal,
    response: Response,
    wait_s: WaitS = 0.0,
    idempotency_key: IdempotencyKey = None,
    body: Annotated[ForkRequest | None, Body()] = None,
) -> Run:
    """Make and start a new run that begins where this one stands or stood; this one goes on.

    Weights, optimizer statistics, normalisation, generators and counters are those of the
    checkpoint, the axis goes on from there. What of the parent's plan lies before it is left out.
    """
    run = await dependencies.checkpoints.fork(
        run_id,
        body or ForkRequest(),
        actor=principal.actor,
        idempotency_key=idempotency_key,
        wait_s=wait_s,
    )
    return created(run, response, dependencies)
