"""From HTTP answers to values, and from problem documents to Matinee's own errors."""

from __future__ import annotations

from http import HTTPStatus
from typing import TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from matinee.contracts.problem import PROBLEM_MEDIA_TYPE, Problem
from matinee.errors import (
    AuthenticationError,
    ConflictError,
    FieldError,
    ForbiddenError,
    InvalidInputError,
    LimitExceededError,
    MatineeError,
    NotFoundError,
    PreconditionFailedError,
    PreconditionRequiredError,
    RunUnreachableError,
    ServerUnreachableError,
)

Model = TypeVar("Model", bound=BaseModel)

_ERROR_OF_STATUS: dict[int, type[MatineeError]] = {
    HTTPStatus.UNAUTHORIZED: AuthenticationError,
    HTTPStatus.FORBIDDEN: ForbiddenError,
    HTTPStatus.NOT_FOUND: NotFoundError,
    HTTPStatus.CONFLICT: ConflictError,
    HTTPStatus.PRECONDITION_FAILED: PreconditionFailedError,
    HTTPStatus.PRECONDITION_REQUIRED: PreconditionRequiredError,
    HTTPStatus.TOO_MANY_REQUESTS: LimitExceededError,
    HTTPStatus.SERVICE_UNAVAILABLE: RunUnreachableError,
}
_INVALID = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    }
)


def raise_for_problem(response: httpx.Response) -> None:
    """Raise what the server refused with; the body must have been read.

    Raises:
        MatineeError: the same kind and code that the server raised.
    """
    if response.is_success:
        return
    if response.headers.get("content-type") != PROBLEM_MEDIA_TYPE:
        raise ServerUnreachableError(
            f"{response.request.url} answered {response.status_code}, not as Matinee does"
        )
    raise error_of(read(Problem, response))


def error_of(problem: Problem) -> MatineeError:
    """The error that a problem document tells of."""
    if problem.status in _INVALID:
        fields = [FieldError(tuple(field.loc), field.message) for field in problem.errors]
        return InvalidInputError(problem.detail, fields=fields, code=problem.code)
    kind = _ERROR_OF_STATUS.get(problem.status, MatineeError)
    return kind(problem.detail, code=problem.code)


def read(kind: type[Model], response: httpx.Response) -> Model:
    """A model from a JSON answer."""
    try:
        return kind.model_validate_json(response.content)
    except ValidationError as error:
        raise ServerUnreachableError(
            f"{response.request.url} sent something else than {kind.__name__}: is the server's "
            "version newer than the client's?"
        ) from error
