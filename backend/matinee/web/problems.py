"""From errors to `application/problem+json`: the only place where the API translates them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Scope

from matinee.contracts.problem import PROBLEM_MEDIA_TYPE, Problem, ProblemField
from matinee.contracts.validation import field_errors
from matinee.errors import (
    MAX_NAMED_FIELDS,
    AuthenticationError,
    CatalogueError,
    ConflictError,
    EnvironmentBuildError,
    FieldError,
    ForbiddenError,
    InvalidInputError,
    JournalError,
    JournalOwnedError,
    JournalVersionError,
    LimitExceededError,
    MatineeError,
    NotFoundError,
    PreconditionFailedError,
    PreconditionRequiredError,
    ProgramError,
    RunUnreachableError,
    TokenFileError,
    count_in_words,
)

_STATUS_OF: tuple[tuple[type[MatineeError], HTTPStatus], ...] = (
    (InvalidInputError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (NotFoundError, HTTPStatus.NOT_FOUND),
    (ConflictError, HTTPStatus.CONFLICT),
    (PreconditionFailedError, HTTPStatus.PRECONDITION_FAILED),
    (PreconditionRequiredError, HTTPStatus.PRECONDITION_REQUIRED),
    (AuthenticationError, HTTPStatus.UNAUTHORIZED),
    (ForbiddenError, HTTPStatus.FORBIDDEN),
    (LimitExceededError, HTTPStatus.TOO_MANY_REQUESTS),
    (RunUnreachableError, HTTPStatus.SERVICE_UNAVAILABLE),
    (EnvironmentBuildError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (JournalOwnedError, HTTPStatus.CONFLICT),
    (JournalVersionError, HTTPStatus.CONFLICT),
    (CatalogueError, HTTPStatus.SERVICE_UNAVAILABLE),
    (TokenFileError, HTTPStatus.SERVICE_UNAVAILABLE),
    (JournalError, HTTPStatus.SERVICE_UNAVAILABLE),
    (ProgramError, HTTPStatus.SERVICE_UNAVAILABLE),
)

_CODE_OF_STATUS = {
    HTTPStatus.BAD_REQUEST: "bad_request",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.NOT_ACCEPTABLE: "not_acceptable",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "body_too_large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "unsupported_media_type",
}

_METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")

_log = structlog.get_logger(__name__)


class ProblemResponse(Response):
    """A refusal, with its reason as JSON."""

    media_type = PROBLEM_MEDIA_TYPE


def problem_response(
    scope: Scope,
    status: HTTPStatus,
    *,
    code: str,
    detail: str,
    fields: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> ProblemResponse:
    """The response that refuses a request."""
    problem = Problem(
        type=f"urn:matinee:problem:{code}",
        title=status.phrase,
        status=int(status),
        detail=_writable(detail),
        instance=scope["path"],
        code=code,
        request_id=scope.get("matinee.request_id", ""),
        errors=[
            ProblemField(
                loc=[_writable(each) if isinstance(each, str) else each for each in field.loc],
                message=_writable(field.message),
            )
            for field in fields[:MAX_NAMED_FIELDS]
        ],
    )
    return ProblemResponse(problem.model_dump_json(), status_code=int(status), headers=headers)


def _writable(text: str) -> str:
    """With half characters spelled out, as JSON escapes them: no answer can hold them."""
    return text.encode("utf-8", "backslashreplace").decode()


def problem_for(error: MatineeError, scope: Scope) -> ProblemResponse:
    """The response for one of our own errors."""
    status = next(
        (status for kind, status in _STATUS_OF if isinstance(error, kind)),
        HTTPStatus.INTERNAL_SERVER_ERROR,
    )
    if status is HTTPStatus.INTERNAL_SERVER_ERROR:
        return internal_problem(error, scope)
    return problem_response(
        scope,
        status,
        code=error.code,
        detail=str(error),
        fields=error.fields if isinstance(error, InvalidInputError) else (),
        headers={"WWW-Authenticate": "Bearer"} if status is HTTPStatus.UNAUTHORIZED else None,
    )


def internal_problem(error: Exception, scope: Scope) -> ProblemResponse:
    """Log an unforeseen error, and answer without its inner details."""
    _log.error("request_failed", path=scope["path"], exc_info=error)
    return problem_response(
        scope,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        code="internal",
        detail="The server made a mistake; its log has the details under this request id.",
    )


def install_problem_handlers(app: FastAPI) -> None:
    """Make every refusal of the app a problem document."""

    async def domain(request: Request, error: Exception) -> Response:
        assert isinstance(error, MatineeError)
        return problem_for(error, request.scope)

    async def validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        fields = request_fields(error.errors())
        return problem_response(
            request.scope,
            HTTPStatus.UNPROCESSABLE_ENTITY,
            code="invalid_input",
            detail=f"{count_in_words(fields)} field(s) of the request are not valid",
            fields=fields,
        )

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        status = HTTPStatus(error.status_code)
        return problem_response(
            request.scope,
            status,
            code=_CODE_OF_STATUS.get(status, "error"),
            detail=error.detail,
            headers=(
                {"Allow": ", ".join(_methods_at(app, request.scope["path"]))}
                if status is HTTPStatus.METHOD_NOT_ALLOWED
                else error.headers
            ),
        )

    app.add_exception_handler(MatineeError, domain)
    app.add_exception_handler(RequestValidationError, validation)
    app.add_exception_handler(HTTPException, http)


def _methods_at(app: FastAPI, path: str) -> list[str]:
    """Which methods a path has; the router itself names only those of one route."""

    def answers(method: str) -> bool:
        scope = {"type": "http", "method": method, "path": path, "headers": []}
        return any(route.matches(scope)[0] is Match.FULL for route in app.routes)

    return [method for method in _METHODS if answers(method)]


def request_fields(errors: Sequence[Any]) -> tuple[FieldError, ...]:
    """FastAPI's errors as ours; a field of the body loses its prefix, a form shows it as is.

    What is wrong with the body as a whole stands at `body`.
    """
    if any(error["type"] == "missing" and error["loc"] == ("body",) for error in errors):
        return (FieldError(("body",), "a JSON body is needed"),)
    fields = field_errors(errors)
    return tuple(
        FieldError((f.loc[1:] or f.loc) if f.loc[0] == "body" else f.loc, f.message) for f in fields
    )
