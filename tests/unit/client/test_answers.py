"""From answers to values and errors."""

from __future__ import annotations

import httpx
import pytest
from starlette.requests import Request

from matinee import errors
from matinee.client.answers import error_of, raise_for_problem, read
from matinee.contracts.problem import Problem
from matinee.contracts.system import Liveness
from matinee.errors import FieldError, InvalidInputError, MatineeError, ServerUnreachableError
from matinee.web.problems import problem_for

SCOPE = {"type": "http", "path": "/x", "matinee.request_id": "R"}
ANSWERED = (
    errors.InvalidInputError,
    errors.NotFoundError,
    errors.ConflictError,
    errors.PreconditionFailedError,
    errors.PreconditionRequiredError,
    errors.AuthenticationError,
    errors.ForbiddenError,
    errors.LimitExceededError,
    errors.RunUnreachableError,
)


def answer(status: int, body: bytes, media_type: str) -> httpx.Response:
    """An answer of some server."""
    request = httpx.Request("GET", "http://127.0.0.1:8000/x")
    headers = {"Content-Type": media_type}
    return httpx.Response(status, content=body, headers=headers, request=request)


@pytest.mark.parametrize("kind", ANSWERED)
def test_errors_survive_the_journey(kind: type[MatineeError]) -> None:
    """An error that the server translates is, at the client, the same class, code and text."""
    sent = problem_for(kind("what happened", code="my_code"), SCOPE)
    problem = Problem.model_validate_json(bytes(sent.body))

    received = error_of(problem)

    assert type(received) is kind
    assert (received.code, str(received)) == ("my_code", "what happened")
    assert Request.__name__ == "Request"


def test_wrong_fields_survive_the_journey() -> None:
    """The fields of an input error arrive with their places."""
    fields = [FieldError(("budget", "points", 0), "too few")]
    sent = problem_for(InvalidInputError("no", fields=fields), SCOPE)

    received = error_of(Problem.model_validate_json(bytes(sent.body)))

    assert isinstance(received, InvalidInputError)
    assert received.fields == tuple(fields)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_success_is_no_error(status: int) -> None:
    """Nothing is raised for an answer that succeeded."""
    raise_for_problem(answer(status, b"", "application/json"))


@pytest.mark.parametrize("status", [404, 500, 502])
def test_another_server_is_recognised(status: int) -> None:
    """A refusal that is not ours, from a proxy or another program, is called that."""
    with pytest.raises(ServerUnreachableError, match=str(status)):
        raise_for_problem(answer(status, b"<html>", "text/html"))


def test_an_answer_of_another_shape_is_recognised() -> None:
    """A success that does not have the promised model is an error about versions."""
    with pytest.raises(ServerUnreachableError, match="Liveness"):
        read(Liveness, answer(200, b"[]", "application/json"))
