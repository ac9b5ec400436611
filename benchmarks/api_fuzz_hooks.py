"""What schemathesis does besides, in its own process: counts, and keeps what it asks harmless.

`benchmarks.api_fuzz` names this module in schemathesis' configuration.
"""

from __future__ import annotations

import atexit
import json
import os
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis import Case, HookContext, Response
from schemathesis.core.failures import Failure
from schemathesis.generation import GenerationMode

COUNTS_VARIABLE = "API_FUZZ_COUNTS"
"""Names the file for the counts: by operation, how often each status was answered."""

KNOWN_VARIABLE = "API_FUZZ_KNOWN"
"""Ids of a run that has trained and ended: `run_id`, `checkpoint_id`. Without it no chain would get
as far as a checkpoint, which takes seconds to make."""

NOBODY_S_ID = "0" * 26
"""Of the form of an id, and none of anything: time has passed since it could be made."""

LONGEST_WAIT_S = 0.2
MOST_EPISODES = 2
LEFT_ALONE = 4
"""Of so many bodies that fit the schema one is sent as it is; what the others ask can be done."""

BEYOND_THE_SCHEMA = {
    "createRun": "which environments and presets there are, and what goes together",
    "forkRun": "as createRun",
    "startRun": "a budget must leave something to do",
    "resumeRun": "as startRun",
    "stepRun": "exactly one of two fields",
    "patchHyperparameters": "the names of the catalogue, and the range of each",
    "patchAlerts": "the names of the rules, and the range of each",
    "patchRun": "If-Match names a revision: 428 without one, 412 with an old one",
    "listRuns": "a cursor is one that a page gave",
    "listAudit": "as listRuns",
    "rewindRun": "as startRun, of a run that has ended",
    "getLog": "after or before, and not both",
    "getSeries": "the names of the catalogue",
    "getHistograms": "the names of the catalogue",
    "exportMetricsJsonl": "the names of the catalogue",
    "exportMetricsCsv": "the names of the catalogue",
    "exportHistogramsJsonl": "the names of the catalogue",
    "exportHistogramsCsv": "the names of the catalogue",
    "createToken": "a name is printable, and none that the ledger uses",
    "createLoginLink": "as createToken",
}
"""What a call may refuse with 412, 422 or 428 although it fits the schema, which can't say it."""

SMALL_RUN: dict[str, Any] = {
    "environment": {"id": "CartPole-v1"},
    "workers": 1,
    "envs_per_worker": 4,
    "budget": {"env_steps": 2000},
    "evaluation": {"episodes": 1},
}
SMALL_CHANGE: dict[str, Any] = {"learning_rate": 0.001}
_BARELY_ALLOWED = frozenset(
    {"preset", "hyperparameters", "alerts", "plan", "network", "lockstep", "processes"}
)
"""Fields of a new run of which nearly no value that fits the schema goes together with others."""

_counts: Counter[tuple[str, int]] = Counter()
_revisions: dict[str, str] = {}
_known: dict[str, str] = json.loads(os.environ.get(KNOWN_VARIABLE, "{}"))


@schemathesis.hook
def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """Shorten waits; make of most bodies that fit something that the server can do."""
    del context, kwargs
    wait_s = (case.query or {}).get("wait")
    if isinstance(wait_s, int | float) and wait_s > LONGEST_WAIT_S:
        case.query["wait"] = LONGEST_WAIT_S
    if case.meta is None or case.meta.generation.mode is not GenerationMode.POSITIVE:
        return
    replace_handed_on_nulls(case)
    operation_id = _operation_id(case)
    digest = _digest(case)
    if operation_id != "deleteRun" and digest % 3 == 0:
        _name_known(case)
    if operation_id == "patchRun" and digest % LEFT_ALONE:
        case.headers["if-match"] = _revisions.get(
            (case.path_parameters or {}).get("run_id", ""), '"1"'
        )
    if operation_id in {"getSeries", "exportMetricsJsonl", "exportMetricsCsv"}:
        if digest % LEFT_ALONE:
            case.query["metric"] = ["episode_return"]
    elif operation_id in {"getHistograms", "exportHistogramsJsonl", "exportHistogramsCsv"}:
        if digest % LEFT_ALONE:
            case.query["histogram"] = ["episode_return"]
    elif isinstance(case.body, dict):
        case.body = _harmless(operation_id, case.body, digest)


@schemathesis.hook
def after_call(context: HookContext, case: Case[Any], response: Response) -> None:
    """Count what was answered."""
    del context
    operation_id = _operation_id(case)
    _counts[operation_id, response.status_code] += 1
    etag = response.headers.get("etag")
    if etag and operation_id in {"createRun", "forkRun", "getRun", "patchRun"}:
        _revisions[response.json()["id"]] = etag[0]


@schemathesis.hook
def filter_failure(
    context: HookContext, failure: Failure, case: Case[Any], response: Response
) -> bool:
    """False where a refusal has a reason that the schema can't say, and for what is no call.

    `GET /login` is for browsers, and leads them to the page: its answer is that of the page.
    """
    del context
    if case.operation.path == "/login" and case.method.upper() == "GET":
        return False
    return not (
        type(failure).__name__ == "RejectedPositiveData"
        and response.status_code in {412, 422, 428}
        and _operation_id(case) in BEYOND_THE_SCHEMA
    )


def _operation_id(case: Case[Any]) -> str:
    return str(case.operation.definition.raw.get("operationId", case.operation.label))


def replace_handed_on_nulls(case: Case[Any]) -> None:
    """A chain hands on a field of an answer, also where it was null, and says that `None` fits."""
    for name, value in (case.path_parameters or {}).items():
        if name.endswith("_id") and value in (None, "None"):
            case.path_parameters[name] = NOBODY_S_ID


def _name_known(case: Case[Any]) -> None:
    """Ask it of the run that has trained, and of its checkpoint."""
    for name in _known.keys() & (case.path_parameters or {}).keys():
        case.path_parameters[name] = _known[name]
    if isinstance(case.body, dict) and "checkpoint_id" in case.body:
        case.body = case.body | {"checkpoint_id": _known.get("checkpoint_id")}


def _digest(case: Case[Any]) -> int:
    """The same for the same case, and otherwise anything."""
    text = repr((case.path_parameters, case.query, case.body))
    return sha256(text.encode("utf-8", "surrogatepass")).digest()[0]


def _harmless(operation_id: str, body: dict[str, Any], digest: int) -> dict[str, Any]:
    """A body with as much of what was searched as the server can do quickly."""
    harmless = body
    if operation_id == "evaluateRun":
        harmless = body | {"episodes": MOST_EPISODES}
    elif digest % LEFT_ALONE == 0:
        pass
    elif operation_id == "createRun":
        kept = {name: value for name, value in body.items() if name not in _BARELY_ALLOWED}
        harmless = kept | SMALL_RUN | {"start": digest % 8 == 1}
    elif operation_id == "forkRun":
        harmless = body | {"hyperparameters": SMALL_CHANGE, "budget": {"env_steps": 4000}}
    elif operation_id == "patchHyperparameters":
        harmless = SMALL_CHANGE
    elif operation_id == "patchAlerts":
        harmless = dict.fromkeys(("queue_full", "slow"))
    return harmless


def _write_counts() -> None:
    counts = [[operation, status, count] for (operation, status), count in _counts.items()]
    Path(os.environ[COUNTS_VARIABLE]).write_text(json.dumps(counts), encoding="utf-8")


if COUNTS_VARIABLE in os.environ:
    atexit.register(_write_counts)
