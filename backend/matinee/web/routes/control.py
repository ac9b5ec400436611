"""Steer a run: start, pause, resume, stop, abort, step, hyperparameters, alerts, and the ledger."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query, Response, status
from pydantic import Field

from matinee.contracts.access import Role
from matinee.contracts.commands import (
    Abort,
    Command,
    CommandPage,
    Pause,
    Resume,
    SetAlertThresholds,
    Start,
    Step,
    Stop,
)
from matinee.contracts.hyperparameters import LiveSetting
from matinee.contracts.identifiers import Ulid
from matinee.contracts.json_body import JsonBody
from matinee.contracts.run import Hyperparameters
from matinee.contracts.run_parts import BudgetSpec
from matinee.contracts.run_spec import AlertThreshold
from matinee.web.dependencies import Dependencies
from matinee.web.roles import least
from matinee.web.routes.parameters import (
    COMMAND_ANSWERS,
    Asking,
    ExpectedRevision,
    RunId,
    etag,
    refusals,
)
from matinee.web.strict_json import StrictJsonRoute

router = APIRouter(prefix="/api/v1/runs/{run_id}", tags=["control"], route_class=StrictJsonRoute)


class NoFields(JsonBody):
    """An empty object: the call takes no fields."""


NoBody = Annotated[NoFields | None, Body()]


class StartFields(JsonBody):
    """From where to go on, and how far. Both are for a run that has ended."""

    checkpoint_id: Ulid | None = Field(
        default=None, description="Go back to this one; null: on from the newest."
    )
    budget: BudgetSpec | None = Field(
        default=None, description="What of the budget changes; what is left out stays."
    )


_STARTS: tuple[tuple[type[Start | Resume], str], ...] = (
    (Start, "Begin training, or go on after the end, from the newest checkpoint or another."),
    (Resume, "Go on after a pause; after an end, like `start`."),
)


def _add_start(kind: type[Start | Resume], meaning: str) -> None:
    """Register `POST /start` or `POST /resume`."""

    @least(Role.OPERATOR)
    async def command_run(
        *,
        run_id: RunId,
        dependencies: Dependencies,
        asker: Asking,
        body: Annotated[StartFields | None, Body()] = None,
    ) -> Command:
        # What was left out of the budget must still be told from what is null.
        given = (
            {} if body is None else {name: getattr(body, name) for name in body.model_fields_set}
        )
        command = await dependencies.runs.command(
            run_id, kind(**given), actor=asker.actor, wait_s=asker.wait_s
        )
        return asker.told(command)

    name = str(kind.model_fields["name"].default)
    router.add_api_route(
        f"/{name}",
        command_run,
        methods=["POST"],
        operation_id=f"{name}Run",
        summary=f"{name.capitalize()} run",
        description=meaning,
        status_code=status.HTTP_202_ACCEPTED,
        responses=COMMAND_ANSWERS,
    )


for _kind, _kind_meaning in _STARTS:
    _add_start(_kind, _kind_meaning)


PlainAction = Pause | Stop | Abort
_PLAIN_ACTIONS: tuple[tuple[PlainAction, str], ...] = (
    (Pause(), "Stand still at the next rollout boundary."),
    (Stop(), "Finish the rollout, checkpoint, evaluate, end."),
    (Abort(), "End at once: no checkpoint, no evaluation."),
)


def _add_plain_action(action: PlainAction, meaning: str) -> None:
    """Register `POST /{action}`: all three take no fields and answer alike."""

    @least(Role.OPERATOR)
    async def command_run(
        run_id: RunId,
        dependencies: Dependencies,
        asker: Asking,
        _body: NoBody = None,
    ) -> Command:
        command = await dependencies.runs.command(
            run_id, action, actor=asker.actor, wait_s=asker.wait_s
        )
        return asker.told(command)

    router.add_api_route(
        f"/{action.name}",
        command_run,
        methods=["POST"],
        operation_id=f"{action.name}Run",
        summary=f"{action.name.capitalize()} run",
        description=meaning,
        status_code=status.HTTP_202_ACCEPTED,
        responses=COMMAND_ANSWERS,
    )


for _action, _meaning in _PLAIN_ACTIONS:
    _add_plain_action(_action, _meaning)


@router.post(
    "/step",
    operation_id="stepRun",
    status_code=status.HTTP_202_ACCEPTED,
    responses=COMMAND_ANSWERS,
)
@least(Role.OPERATOR)
async def step_run(
    *,
    run_id: RunId,
    step: Step,
    dependencies: Dependencies,
    asker: Asking,
) -> Command:
    """Run this far, then pause."""
    command = await dependencies.runs.command(run_id, step, actor=asker.actor, wait_s=asker.wait_s)
    return asker.told(command)


@router.get(
    "/hyperparameters", operation_id="getHyperparameters", responses=refusals(404, 422, 503)
)
@least(Role.VIEWER)
async def get_hyperparameters(
    run_id: RunId, dependencies: Dependencies, response: Response
) -> Hyperparameters:
    """What was asked, what is in use, since when; the ETag is the revision."""
    hyperparameters = await dependencies.runs.hyperparameters(run_id)
    response.headers["ETag"] = etag(hyperparameters.revision)
    return hyperparameters


@router.patch(
    "/hyperparameters",
    operation_id="patchHyperparameters",
    status_code=status.HTTP_202_ACCEPTED,
    responses=COMMAND_ANSWERS | refusals(412),
)
@least(Role.OPERATOR)
async def patch_hyperparameters(
    *,
    run_id: RunId,
    settings: Annotated[dict[str, LiveSetting], Body(min_length=1, max_length=100)],
    dependencies: Dependencies,
    asker: Asking,
    expected_revision: ExpectedRevision,
) -> Command:
    """Change any subset of the live hyperparameters, all or nothing."""
    command = await dependencies.runs.change_hyperparameters(
        run_id,
        settings,
        expected_revision=expected_revision,
        actor=asker.actor,
        wait_s=asker.wait_s,
    )
    return asker.told(command)


@router.patch(
    "/alerts",
    operation_id="patchAlerts",
    status_code=status.HTTP_202_ACCEPTED,
    responses=COMMAND_ANSWERS,
)
@least(Role.OPERATOR)
async def patch_alerts(
    *,
    run_id: RunId,
    thresholds: Annotated[dict[str, AlertThreshold | None], Body(min_length=1, max_length=100)],
    dependencies: Dependencies,
    asker: Asking,
) -> Command:
    """Change any subset of the alert thresholds, all or nothing; null: the rule's default."""
    action = SetAlertThresholds(thresholds=thresholds)
    command = await dependencies.runs.command(
        run_id, action, actor=asker.actor, wait_s=asker.wait_s
    )
    return asker.told(command)


@router.get("/commands", operation_id="listCommands", responses=refusals(404, 422))
@least(Role.VIEWER)
async def list_commands(
    run_id: RunId,
    dependencies: Dependencies,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    cursor: Annotated[Ulid | None, Query(description="`next_cursor` of the page before.")] = None,
) -> CommandPage:
    """The ledger, oldest first: who, when, what, before and after, and what became of it."""
    rows = await dependencies.runs.commands(run_id, after=cursor, limit=limit + 1)
    return CommandPage(
        items=rows[:limit], next_cursor=rows[limit - 1].id if len(rows) > limit else None
    )
