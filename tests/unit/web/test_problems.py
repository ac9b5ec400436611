"""One error body for the whole API.

{"type": "urn:matinee:problem:<code>", "title": "<meaning of the status>", "status": 404,
"detail": "<for people>", "instance": "/api/v1/…", "code": "<stable>",
"request_id": "<as in the header and the log>", "errors": [{"loc": […], "message": "…"}]}
"""

from __future__ import annotations

import httpx
import pytest
import structlog

from fakes.run_use_cases import FakeRuns
from matinee import errors
from matinee.contracts.problem import Problem
from matinee.errors import FieldError, InvalidInputError, MatineeError
from matinee.web.problems import problem_for, request_fields

pytestmark = pytest.mark.anyio

RUN_ID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
SCOPE = {"type": "http", "path": "/api/v1/x", "matinee.request_id": "R"}


def every_kind() -> list[type[MatineeError]]:
    """Every class of error that Matinee defines."""
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, MatineeError)
    ]
    assert len(kinds) > 15
    return kinds


def make(kind: type[MatineeError]) -> MatineeError:
    """An error of a kind, whatever its constructor asks for."""
    if kind is errors.WorkerFailedError:
        return errors.WorkerFailedError("what happened", traceback_text="")
    return kind("what happened")


def test_of_very_many_wrong_fields_the_first_are_named() -> None:
    """The answer to a megabyte of them is not many megabytes."""
    fields = [FieldError((number,), "wrong") for number in range(1000)]

    response = problem_for(InvalidInputError("what happened", fields=fields), SCOPE)

    problem = Problem.model_validate_json(bytes(response.body))
    assert [error.loc for error in problem.errors] == [[number] for number in range(100)]


@pytest.mark.parametrize("kind", every_kind())
def test_every_error_of_ours_has_its_own_answer(kind: type[MatineeError]) -> None:
    """Each kind becomes a problem document with its code, and no mere mistake of the server."""
    response = problem_for(make(kind), SCOPE)
    problem = Problem.model_validate_json(bytes(response.body))

    assert response.media_type == "application/problem+json"
    assert problem.status == response.status_code
    inner = issubclass(kind, errors.TrainingError | errors.CheckpointError) or kind in (
        MatineeError,
        errors.ServerUnreachableError,
        errors.BackupError,  # Of the terminal alone.
    )
    assert (problem.status == 500) == inner
    if not inner:
        assert (problem.code, problem.detail) == (kind.code, "what happened")
        assert problem.type == f"urn:matinee:problem:{kind.code}"


async def test_the_body_has_one_shape(script: httpx.AsyncClient) -> None:
    """A refusal has exactly the documented members, its id in the header, its path in the body."""
    response = await script.get(f"/api/v1/runs/{RUN_ID}")

    assert response.headers["content-type"] == "application/problem+json"
    assert response.json() == {
        "type": "urn:matinee:problem:run_not_found",
        "title": "Not Found",
        "status": 404,
        "detail": f"there is no run {RUN_ID}",
        "instance": f"/api/v1/runs/{RUN_ID}",
        "code": "run_not_found",
        "request_id": response.headers["x-request-id"],
        "errors": [],
    }


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/nothing-here", 404, "not_found"),
        ("GET", "/api/v2/runs", 404, "not_found"),
        ("GET", "/api/v1/runs/", 404, "not_found"),
        ("DELETE", "/api/v1/system", 405, "method_not_allowed"),
        ("GET", "/api/v1/stream?run=" + RUN_ID, 406, "not_acceptable"),
        ("GET", "/api/v1/runs/not-an-id", 422, "invalid_input"),
        ("GET", "/api/v1/runs/..%2F..%2Fetc%2Fpasswd", 404, "not_found"),
        ("GET", "/api/v1/runs?limit=0", 422, "invalid_input"),
        ("GET", "/api/v1/runs?limit=99999999999999999999999", 422, "invalid_input"),
        ("POST", "/api/v1/runs", 422, "invalid_input"),
    ],
)
async def test_the_router_answers_in_the_same_shape(
    script: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    """Unknown paths, wrong methods and wrong parameters are problem documents too."""
    response = await script.request(method, path)
    problem = Problem.model_validate_json(response.content)

    assert (response.status_code, problem.status, problem.code) == (status, status, code)
    assert response.headers["content-type"] == "application/problem+json"


async def test_a_wrong_method_names_the_right_ones(script: httpx.AsyncClient) -> None:
    """405 carries `Allow` with every method of the address."""
    system = await script.delete("/api/v1/system")
    runs = await script.put("/api/v1/runs")
    run = await script.post(f"/api/v1/runs/{RUN_ID}")

    assert system.headers["allow"] == "GET"
    assert runs.headers["allow"] == "GET, POST"
    assert run.headers["allow"] == "GET, PATCH, DELETE"


async def test_wrong_fields_are_named(script: httpx.AsyncClient) -> None:
    """Each wrong field of body, query and header is named where it stands, with what is allowed."""
    body = {"environment": {"id": "os:system"}, "workers": 10**9, "wrokers": 1}
    of_body = await script.post("/api/v1/runs", json=body)
    of_query = await script.get("/api/v1/runs?limit=201&state=dancing")
    of_header = await script.patch(
        f"/api/v1/runs/{RUN_ID}", json={}, headers={"If-Match": "whatever"}
    )

    messages = {tuple(e["loc"]): e["message"] for e in of_body.json()["errors"]}
    assert set(messages) == {("environment", "id"), ("workers",), ("wrokers",)}
    assert "64" in messages["workers",]
    assert "1000000000" in messages["workers",]
    assert "unknown field" in messages["wrokers",]
    assert {tuple(e["loc"])[:2] for e in of_query.json()["errors"]} == {
        ("query", "limit"),
        ("query", "state"),
    }
    assert of_header.json()["errors"][0]["loc"] == ["header", "if-match"]


async def test_an_unforeseen_error_tells_nothing(script: httpx.AsyncClient, runs: FakeRuns) -> None:
    """A bug answers 500 with a request id and none of its details; the log has them."""
    runs.refusal = RuntimeError("secret path /home/someone")

    with structlog.testing.capture_logs() as logs:
        response = await script.get("/api/v1/runs")

    assert response.status_code == 500
    assert "secret" not in response.text
    assert response.json()["code"] == "internal"
    failures = [entry for entry in logs if entry["event"] == "request_failed"]
    assert str(failures[0]["exc_info"]) == "secret path /home/someone"
    assert response.headers["x-content-type-options"] == "nosniff"


def test_a_field_error_keeps_its_place() -> None:
    """Fields of an input error go into the document as they are."""
    error = InvalidInputError("no", fields=[FieldError(("budget", "seconds"), "too few")])
    problem = Problem.model_validate_json(bytes(problem_for(error, SCOPE).body))

    assert problem.errors[0].loc == ["budget", "seconds"]
    assert problem.errors[0].message == "too few"


def test_a_missing_body_is_called_that() -> None:
    """Without a body the message speaks of the body, not of some field."""
    fields = request_fields([{"loc": ("body",), "type": "missing", "msg": "", "input": None}])

    assert fields == (FieldError(("body",), "a JSON body is needed"),)


def test_what_is_wrong_with_a_whole_body_is_said() -> None:
    """A body that is there and wrong as a whole is not called missing: the message says what is
    wrong with it.
    """
    fields = request_fields(
        [{"loc": ("body",), "type": "value_error", "msg": "Value error, give one", "input": {}}]
    )

    assert fields == (FieldError(("body",), "give one"),)
