"""Every number, text and collection of a request has a bound; the API's document lists them.

The same for the frames that clients send on sockets. Bodies have one besides: `web.body_limit`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, get_args

import httpx
import pytest
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError

from fakes.credentials import BASE_URL, BEARER
from fakes.doors import Doors
from matinee.contracts.alerts import ALERT_RULES
from matinee.contracts.episodes import EvaluationRequest, PlayRequest
from matinee.contracts.hyperparameters import HYPERPARAMETERS
from matinee.contracts.json_body import JsonBody
from matinee.contracts.run_parts import BudgetSpec
from matinee.contracts.run_spec import RunRequest
from matinee.contracts.schedules import SETTING_MAX
from matinee.web.body_limit import MAX_BODY_BYTES
from matinee.web.openapi import bare_app, openapi_document
from matinee.web.routes.checkpoints import PinRequest, SaveRequest

UNBOUNDED = {
    "TokenLogin.token": "a refusal would quote the value, which may be nearly right; the body has "
    "a bound, and the value is only compared",
    "JsonValue": "an argument of an environment: at most 20 of them, within the bound of the body; "
    "names that the environment does not have are refused",
}
"""What has no bound of its own, and why that is harmless."""

_GROWS = re.compile(r"[^\\][*+]|\{\d+,\}")
"""In a pattern: something that may stand there any number of times."""


def unbounded(document: dict[str, Any]) -> Iterator[str]:
    """Places of requests and client frames that have no bound."""
    schemas = document["components"]["schemas"]
    seen: set[str] = set()

    def look(schema: dict[str, Any], place: str) -> Iterator[str]:
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            if name not in seen:
                seen.add(name)
                yield from look(schemas[name], name)
            return
        members = [
            member for kind in ("anyOf", "oneOf", "allOf") for member in schema.get(kind, ())
        ]
        for member in members:
            yield from look(member, place)
        if not ({"enum", "const"} & schema.keys() or members):
            yield from _unbounded_alone(schema, place)
        if "items" in schema:
            yield from look(schema["items"], f"{place}[]")
        for name, member in schema.get("properties", {}).items():
            yield from look(member, f"{place}.{name}")
        if isinstance(schema.get("additionalProperties"), dict):
            yield from look(schema["additionalProperties"], f"{place}{{}}")

    for operations in document["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                place = f"{operation['operationId']}?{parameter['name']}"
                yield from look(parameter["schema"], place)
            for body in operation.get("requestBody", {}).get("content", {}).values():
                yield from look(body["schema"], operation["operationId"])
    for frame in ("ClientFrame", "ViewClientFrame"):
        yield from look({"$ref": f"/{frame}"}, frame)


def _unbounded_alone(schema: dict[str, Any], place: str) -> Iterator[str]:
    """What a schema itself lacks, without its parts."""
    match schema.get("type"):
        case "integer" | "number":
            bounds = ({"minimum", "exclusiveMinimum"}, {"maximum", "exclusiveMaximum"})
            is_bounded = all(names & schema.keys() for names in bounds)
        case "string":
            pattern = schema.get("pattern", "")
            is_whole = pattern.startswith("^") and pattern.endswith("$")
            is_bounded = "maxLength" in schema or (is_whole and not _GROWS.search(pattern))
        case "array":
            is_bounded = "maxItems" in schema
        case "object":
            is_closed = schema.get("additionalProperties") is False
            is_bounded = is_closed or "maxProperties" in schema
        case "boolean" | "null":
            is_bounded = True
        case _:
            is_bounded = False
    if not is_bounded:
        yield place


def test_everything_that_comes_in_has_a_bound() -> None:
    """Every number of a request has a smallest and a largest value, every text a longest,
    every list and object a most of entries, except where a reason stands here.
    """
    assert set(unbounded(openapi_document())) == set(UNBOUNDED)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer", "minimum": 0},
        {"type": "number", "maximum": 0},
        {"type": "string"},
        {"type": "string", "pattern": "^[a-z]+$"},
        {"type": "string", "pattern": "[a-z]{3}"},
        {"type": "array", "items": {"type": "boolean"}},
        {"type": "object", "additionalProperties": {"type": "boolean"}},
        {},
    ],
)
def test_what_has_no_bound_is_found(schema: dict[str, Any]) -> None:
    """The look itself sees every kind of value without a bound."""
    content = {"application/json": {"schema": schema}}
    call = {"operationId": "x", "requestBody": {"content": content}}
    frames = {"ClientFrame": {"type": "null"}, "ViewClientFrame": {"type": "null"}}
    document = {"paths": {"/x": {"post": call}}, "components": {"schemas": frames}}

    assert list(unbounded(document)) == ["x"]


def test_told_bounds_are_true() -> None:
    """No hyperparameter and no threshold that the catalogue allows lies beyond the bounds that the
    document tells for all of them.
    """
    for definition in HYPERPARAMETERS.values():
        assert -SETTING_MAX <= (definition.minimum or 0) <= (definition.maximum or 0) <= SETTING_MAX
    for rule in ALERT_RULES.values():
        assert -SETTING_MAX <= rule.minimum <= rule.maximum <= SETTING_MAX


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/runs", {"environment": {"id": "CartPole-v1"}, "alerts": {"slow": 2e9}}),
        ("/api/v1/runs", {"hyperparameters": {"learning_rate": -2e9}}),
        ("/api/v1/runs", {"hyperparameters": {"learning_rate": 2 * 10**9}}),
        (
            "/api/v1/runs",
            {"hyperparameters": {"gamma": {
                "schedule": "linear", "from": 2e9, "to": 0.9, "until_env_step": 9,
            }}},
        ),
    ],
)  # fmt: skip
async def test_what_the_document_tells_is_refused(
    doors: Doors, path: str, body: dict[str, Any]
) -> None:
    """Values beyond the told bounds are refused by the catalogue, with 422 and the place."""
    transport = httpx.ASGITransport(app=doors.app)
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers=BEARER) as client:
        answer = await client.post(path, json=body)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"][0] in body


@pytest.mark.anyio
async def test_a_long_secret_is_only_compared(doors: Doors) -> None:
    """The one text without a bound of its own ends at the bound of the body."""
    transport = httpx.ASGITransport(app=doors.app)
    async with httpx.AsyncClient(
        transport=transport, base_url=BASE_URL, headers={"Origin": BASE_URL}
    ) as client:
        tries = [
            await client.post("/login", content=json.dumps({"token": "x" * length}), headers={
                "Content-Type": "application/json"
            })
            for length in (MAX_BODY_BYTES - 100, MAX_BODY_BYTES)
        ]  # fmt: skip

    assert [answer.status_code for answer in tries] == [401, 413]


@pytest.mark.parametrize(
    ("model", "body"),
    [
        (SaveRequest, {"pinned": 0}),
        (PinRequest, {"pinned": "yes"}),
        (PlayRequest, {"deterministic": 1}),
        (RunRequest, {"preset": "cartpole-a3c", "start": "false"}),
        (RunRequest, {"preset": "cartpole-a3c", "lockstep": 1}),
        (RunRequest, {"preset": "cartpole-a3c", "network": {"shared_trunk": 0}}),
    ],
)
def test_only_true_and_false_are_truth_values(model: type[BaseModel], body: dict[str, Any]) -> None:
    """A number or a word where the document says boolean is refused, not taken for one."""
    with pytest.raises(ValidationError, match="boolean"):
        model.model_validate(body)


def body_models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models of a body, and of all its parts."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from body_models(field.annotation)
    for argument in get_args(annotation):
        yield from body_models(argument)


def test_every_body_keeps_the_types_of_json_apart() -> None:
    """Each model that a call takes, with all its parts, is a `JsonBody`; a new one can't forget."""
    fields = [
        route.body_field
        for route in bare_app().routes
        if isinstance(route, APIRoute) and route.body_field is not None
    ]
    models = {model for field in fields for model in body_models(field.field_info.annotation)}

    assert models >= {RunRequest, PinRequest, BudgetSpec, EvaluationRequest}
    assert {model.__name__ for model in models if not issubclass(model, JsonBody)} == set()
