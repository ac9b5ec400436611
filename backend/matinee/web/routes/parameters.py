"""Parameters that several routes share, and the refusals they document."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, Header, Path, Query, Response, status
from pydantic import Field

from matinee.contracts.commands import FINAL_COMMAND_STATES, Command
from matinee.contracts.identifiers import ULID_PATTERN
from matinee.contracts.problem import PROBLEM_MEDIA_TYPE
from matinee.contracts.run import Run
from matinee.errors import FieldError, InvalidInputError
from matinee.web.dependencies import CurrentPrincipal, WebDependencies

MAX_WAIT_S = 30.0
PROBLEM_SCHEMA = {"$ref": "#/components/schemas/Problem"}

RunId = Annotated[str, Path(pattern=ULID_PATTERN, description="ULID of the run.")]
WaitS = Annotated[
    float,
    Query(
        alias="wait",
        ge=0,
        le=MAX_WAIT_S,
        allow_inf_nan=False,
        description="Seconds to wait for the outcome.",
    ),
]

IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="The same key within 24 h creates one run, however often it is sent.",
    ),
]

CREATED: dict[int | str, dict[str, Any]] = {
    201: {
        "description": "Created",
        "headers": {
            "Location": {"description": "URL of the run.", "schema": {"type": "string"}},
            "ETag": {"description": "Its revision.", "schema": {"type": "string"}},
        },
    }
}
"""OpenAPI entry of a call that makes a run."""

_ETAG = re.compile(r'(?:W/)?"(\d{1,18})"')


def read_if_match(
    if_match: Annotated[
        Annotated[str, Field(max_length=60, json_schema_extra={"pattern": f"^{_ETAG.pattern}$"})]
        | None,
        Header(description='The `ETag` that the change is based on: `"7"`.'),
    ] = None,
) -> int | None:
    """The revision that `If-Match` names.

    Raises:
        InvalidInputError: if it is not an ETag of ours.
    """
    if if_match is None:
        return None
    match = _ETAG.fullmatch(if_match.strip())
    if match is None:
        raise InvalidInputError(
            "If-Match is not one of our ETags",
            fields=[
                FieldError(
                    ("header", "if-match"), f'{if_match!r} is not allowed; allowed: an ETag, "7"'
                )
            ],
        )
    return int(match[1])


ExpectedRevision = Annotated[int | None, Depends(read_if_match)]


def etag(revision: int) -> str:
    """The ETag of a revision."""
    return f'"{revision}"'


def created(run: Run, response: Response, dependencies: WebDependencies) -> Run:
    """Say where a new run is."""
    response.headers["Location"] = f"{dependencies.path_prefix}/api/v1/runs/{run.id}"
    response.headers["ETag"] = etag(run.revision)
    return run


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI entries for the problems that a route can answer with."""
    everywhere = (
        status.HTTP_401_UNAUTHORIZED,
        status.HTTP_403_FORBIDDEN,
        status.HTTP_500_INTERNAL_SERVER_ERROR,
        # By the connection, before any route: a head that is none, slow or too long.
        status.HTTP_400_BAD_REQUEST,
        status.HTTP_408_REQUEST_TIMEOUT,
        status.HTTP_414_URI_TOO_LONG,
        status.HTTP_431_REQUEST_HEADER_FIELDS_TOO_LARGE,
        # A record or the list of tokens can't be read, or the server is going.
        status.HTTP_503_SERVICE_UNAVAILABLE,
    )
    return {
        code: {
            "description": HTTPStatus(code).phrase,
            "content": {PROBLEM_MEDIA_TYPE: {"schema": PROBLEM_SCHEMA}},
        }
        for code in sorted({*statuses, *everywhere})
    }


def as_attachment(name: str) -> dict[str, str]:
    """Headers that make a browser save the answer under this name, which is plain ASCII."""
    return {"Content-Disposition": f'attachment; filename="{name}"'}


COMMAND_ANSWERS = refusals(404, 409, 413, 415, 422, 429, 503) | {
    200: {"model": Command, "description": "With `wait`: applied or rejected."},
    202: {"model": Command, "description": "Taken; the ledger tells what becomes of it."},
}
"""OpenAPI entries of a call that asks something of a run."""


@dataclass(frozen=True)
class Asker:
    """Who asks something of a run, and waits for what becomes of it."""

    actor: str
    wait_s: float
    response: Response

    def told(self, command: Command) -> Command:
        """200 if they waited and the outcome is known, else 202."""
        known = command.state in FINAL_COMMAND_STATES
        self.response.status_code = (
            status.HTTP_200_OK if self.wait_s > 0 and known else status.HTTP_202_ACCEPTED
        )
        return command


def _asker(principal: CurrentPrincipal, response: Response, wait_s: WaitS = 0.0) -> Asker:
    return Asker(principal.actor, wait_s, response)


Asking = Annotated[Asker, Depends(_asker)]
