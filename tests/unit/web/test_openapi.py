"""The OpenAPI document: complete, typed, and the one that the page's types are made from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from matinee.web.openapi import bare_app, openapi_document

OPENAPI_FILE = Path(__file__).parents[3] / "frontend" / "openapi.json"
UNTYPED = {"JsonValue"}
"""Schemas that are any JSON on purpose."""


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The document."""
    return openapi_document()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every call with its address."""
    for path, calls in document["paths"].items():
        for method, operation in calls.items():
            yield f"{method.upper()} {path}", operation


def schemas_within(node: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema of the document, with its place."""
    if isinstance(node, dict):
        for key, value in node.items():
            place = f"{path}/{key}"
            if key in ("schema", "items", "additionalProperties") and isinstance(value, dict):
                yield place, value
            if key in ("properties", "schemas"):
                yield from ((f"{place}/{name}", member) for name, member in value.items())
            yield from schemas_within(value, place)
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from schemas_within(value, f"{path}/{index}")


def test_the_file_is_up_to_date(document: dict[str, Any]) -> None:
    """`frontend/openapi.json` is what the code says; `matinee schema export` rewrites it."""
    assert json.loads(OPENAPI_FILE.read_text(encoding="utf-8")) == document


def test_the_calls_of_the_contract_are_there(document: dict[str, Any]) -> None:
    """Exactly the calls of this version exist, under short names that clients may rely on."""
    names = {operation["operationId"]: call for call, operation in operations(document)}
    run = "/api/v1/runs/{run_id}"

    assert names == {
        "getLiveness": "GET /livez",
        "getReadiness": "GET /readyz",
        "getMetrics": "GET /metrics",
        "logIn": "POST /login",
        "logOut": "POST /logout",
        "createLoginLink": "POST /api/v1/login-codes",
        "getMe": "GET /api/v1/me",
        "listTokens": "GET /api/v1/tokens",
        "createToken": "POST /api/v1/tokens",
        "revokeToken": "DELETE /api/v1/tokens/{token_id}",
        "getSystem": "GET /api/v1/system",
        "getStorage": "GET /api/v1/system/storage",
        "listEnvironments": "GET /api/v1/environments",
        "listAlgorithms": "GET /api/v1/algorithms",
        "listAlertRules": "GET /api/v1/alert-rules",
        "listAudit": "GET /api/v1/audit",
        "listPresets": "GET /api/v1/presets",
        "createRun": "POST /api/v1/runs",
        "listRuns": "GET /api/v1/runs",
        "getRun": f"GET {run}",
        "patchRun": f"PATCH {run}",
        "deleteRun": f"DELETE {run}",
        "startRun": f"POST {run}/start",
        "pauseRun": f"POST {run}/pause",
        "resumeRun": f"POST {run}/resume",
        "stopRun": f"POST {run}/stop",
        "abortRun": f"POST {run}/abort",
        "stepRun": f"POST {run}/step",
        "listCheckpoints": f"GET {run}/checkpoints",
        "getCheckpointSettings": f"GET {run}/checkpoints/{{checkpoint_id}}/settings",
        "saveCheckpoint": f"POST {run}/checkpoints",
        "patchCheckpoint": f"PATCH {run}/checkpoints/{{checkpoint_id}}",
        "rewindRun": f"POST {run}/rewind",
        "downloadCheckpoint": f"GET {run}/checkpoints/{{checkpoint_id}}/download",
        "downloadPolicyOnnx": f"GET {run}/checkpoints/{{checkpoint_id}}/policy.onnx",
        "forkRun": f"POST {run}/fork",
        "evaluateRun": f"POST {run}/evaluate",
        "playEpisode": f"POST {run}/episodes",
        "listRecordings": f"GET {run}/recordings",
        "recordEpisode": f"POST {run}/recordings",
        "downloadRecording": f"GET {run}/recordings/{{recording_id}}/download",
        "deleteRecording": f"DELETE {run}/recordings/{{recording_id}}",
        "getHyperparameters": f"GET {run}/hyperparameters",
        "patchHyperparameters": f"PATCH {run}/hyperparameters",
        "patchAlerts": f"PATCH {run}/alerts",
        "getWorkers": f"GET {run}/workers",
        "getLog": f"GET {run}/log",
        "downloadLog": f"GET {run}/log.txt",
        "listCommands": f"GET {run}/commands",
        "exportLedger": f"GET {run}/ledger.json",
        "listEvents": f"GET {run}/events",
        "getSeries": f"GET {run}/series",
        "getHistograms": f"GET {run}/histograms",
        "exportHistogramsJsonl": f"GET {run}/histograms.jsonl",
        "exportHistogramsCsv": f"GET {run}/histograms.csv",
        "exportHistogramsParquet": f"GET {run}/histograms.parquet",
        "exportEpisodesJsonl": f"GET {run}/episodes.jsonl",
        "exportEpisodesCsv": f"GET {run}/episodes.csv",
        "exportEpisodesParquet": f"GET {run}/episodes.parquet",
        "exportMetricsJsonl": f"GET {run}/metrics.jsonl",
        "exportMetricsCsv": f"GET {run}/metrics.csv",
        "exportMetricsParquet": f"GET {run}/metrics.parquet",
        "streamEvents": "GET /api/v1/stream",
    }


def test_every_answer_is_typed(document: dict[str, Any]) -> None:
    """Every answer with a body has a schema, and every refusal is a problem document."""
    for call, operation in operations(document):
        for status, answer in operation["responses"].items():
            content = answer.get("content", {})
            if status in ("204", "304"):
                assert content == {}, call
            elif status < "400":
                assert all(body["schema"] for body in content.values()), call
                assert content, call
            elif call == "GET /readyz":
                assert content["application/json"]["schema"]["$ref"].endswith("/Readiness")
            else:
                problem = content["application/problem+json"]["schema"]["$ref"]
                assert problem == "#/components/schemas/Problem", (call, status)


def test_nothing_is_of_any_type(document: dict[str, Any]) -> None:
    """No schema is empty or a bare object, except where any JSON is meant."""
    vague = [
        place
        for place, schema in schemas_within(document)
        if not set(schema) - {"title", "description", "default"}
        or (
            schema.get("type") == "object"
            and not {"properties", "additionalProperties"} & {*schema}
        )
    ]

    assert {place.rpartition("/")[2] for place in vague} == UNTYPED


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    """No `$ref` and no discriminator points at a schema that is not there."""
    text = json.dumps(document)
    names = {part.partition('"')[0] for part in text.split("#/components/schemas/")[1:]}

    assert names <= set(document["components"]["schemas"])


def test_every_call_says_who_may(document: dict[str, Any]) -> None:
    """Token or session, and a role, for everything but health and login; both schemes are
    described.
    """
    assert document["security"] == [{"token": []}, {"session": []}]
    assert set(document["components"]["securitySchemes"]) == {"token", "session"}
    public = {op["operationId"] for _, op in operations(document) if op.get("security") == []}
    assert public == {"getLiveness", "getReadiness", "logIn"}
    for call, operation in operations(document):
        if operation["operationId"] not in public:
            assert {"401", "403", "500"} <= set(operation["responses"]), call
            assert operation["x-least-role"] in {"viewer", "operator", "admin"}, call


def test_the_frames_of_the_stream_are_there(document: dict[str, Any]) -> None:
    """All frames, and every event through them, are schemas that a page's types come from."""
    schemas = document["components"]["schemas"]
    frame = document["paths"]["/api/v1/stream"]["get"]["responses"]["200"]["content"]

    assert frame["text/event-stream"]["schema"] == {"$ref": "#/components/schemas/ServerFrame"}
    assert set(schemas["ServerFrame"]["discriminator"]["mapping"]) == {
        "hello",
        "subscribed",
        "unsubscribed",
        "events",
        "resync",
        "tick",
        "error",
    }
    assert set(schemas["ClientFrame"]["discriminator"]["mapping"]) == {"subscribe", "unsubscribe"}
    assert set(schemas["Event"]["discriminator"]["mapping"]) == set(schemas["EventType"]["enum"])
    for page in ("EventPage", "EventsFrame"):
        items = schemas[page]["properties"]["events"]["items"]
        assert items == {"$ref": "#/components/schemas/Event"}


def test_answers_always_carry_all_fields(document: dict[str, Any]) -> None:
    """In answers every field is required; in requests only what has no default."""
    schemas = document["components"]["schemas"]

    assert set(schemas["Run"]["required"]) == set(schemas["Run"]["properties"])
    assert set(schemas["RunSpec"]["required"]) == set(schemas["RunSpec"]["properties"])
    assert "required" not in schemas["RunRequest"]
    assert "required" not in schemas["NetworkSpecInput"]
    assert "required" not in schemas["EnvironmentChanges"]


def test_the_bare_app_needs_nothing() -> None:
    """The document comes from routes alone: nothing is opened, started or loaded for it."""
    assert not hasattr(bare_app().state, "dependencies")
