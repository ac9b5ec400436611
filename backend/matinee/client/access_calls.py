"""The calls about who may come in: one's own role, tokens, links, and who did what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from matinee.client.answers import read
from matinee.client.calls import API, Call, Parameters
from matinee.contracts.access import LinkRequest, LoginLink, Me, NewToken, TokenList, TokenRequest
from matinee.contracts.audit import AuditPage
from matinee.contracts.validation import field_errors
from matinee.errors import InvalidInputError

_Request = TypeVar("_Request", bound=BaseModel)


def me() -> Call[Me]:
    """`GET /me`."""
    return Call("GET", f"{API}/me", lambda response: read(Me, response))


def tokens() -> Call[TokenList]:
    """`GET /tokens`."""
    return Call("GET", f"{API}/tokens", lambda response: read(TokenList, response))


def create_token(name: str, role: str, expires_in_s: int | None) -> Call[NewToken]:
    """`POST /tokens`.

    Raises:
        InvalidInputError: naming every wrong field, before anything is sent.
    """
    asked = {"name": name, "role": role, "expires_in_s": expires_in_s}
    body = _checked(TokenRequest, asked, "this can't be a token").model_dump_json()
    return Call(
        "POST", f"{API}/tokens", lambda response: read(NewToken, response), body=body.encode()
    )


def revoke_token(token_id: str) -> Call[None]:
    """`DELETE /tokens/{id}`."""
    return Call("DELETE", f"{API}/tokens/{token_id}", lambda _response: None)


def share(name: str | None, role: str | None, expires_in_s: int | None) -> Call[LoginLink]:
    """`POST /login-codes`.

    Raises:
        InvalidInputError: naming every wrong field, before anything is sent.
    """
    asked = {"name": name, "role": role, "expires_in_s": expires_in_s}
    body = _checked(LinkRequest, asked, "this can't be a link").model_dump_json()
    return Call(
        "POST", f"{API}/login-codes", lambda response: read(LoginLink, response), body=body.encode()
    )


def audit(limit: int, cursor: str | None) -> Call[AuditPage]:
    """`GET /audit`."""
    parameters: Parameters = {"limit": limit, "cursor": cursor}
    return Call(
        "GET", f"{API}/audit", lambda response: read(AuditPage, response), parameters=parameters
    )


def _checked(kind: type[_Request], asked: Mapping[str, object], complaint: str) -> _Request:
    try:
        return kind.model_validate(asked)
    except ValidationError as error:
        raise InvalidInputError(complaint, fields=field_errors(error)) from error
