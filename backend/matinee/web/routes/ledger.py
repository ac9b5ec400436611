"""The ledger of a run as one file, which `matinee train --replay` takes."""

from __future__ import annotations

from fastapi import APIRouter, Response

from matinee.contracts.access import Role
from matinee.contracts.ledger_file import LedgerFile
from matinee.web.dependencies import Dependencies
from matinee.web.roles import least
from matinee.web.routes.parameters import RunId, as_attachment, refusals
from matinee.web.strict_json import StrictJsonRoute

router = APIRouter(prefix="/api/v1/runs/{run_id}", tags=["control"], route_class=StrictJsonRoute)


@router.get("/ledger.json", operation_id="exportLedger", responses=refusals(404, 422))
@least(Role.VIEWER)
async def export_ledger(
    run_id: RunId, dependencies: Dependencies, response: Response
) -> LedgerFile:
    """Everything that was asked of the run, and the plan that `matinee train --replay` follows."""
    response.headers.update(as_attachment(f"{run_id}-ledger.json"))
    return await dependencies.runs.export_ledger(run_id)
