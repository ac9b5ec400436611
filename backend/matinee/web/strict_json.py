"""JSON bodies, read strictly: media type, finite numbers, whole characters, no name twice."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any

from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from matinee.errors import FieldError, InvalidInputError

MAX_NUMBER_CHARACTERS = 400
"""Longer than any number that fits a double; keeps integer parsing cheap."""

_MAY_HALVE = re.compile(rb"\\u[dD][89a-fA-F]")
"""The escape of half a character, which is one of a pair nearly always."""
_HALF = re.compile("[\ud800-\udfff]")


class _StrictJsonRequest(Request):
    """Gives FastAPI the document that was already read."""

    def __init__(self, request: Request, *, body: bytes, document: Any) -> None:
        super().__init__(request.scope, request.receive)
        self._bytes = body
        self._document = document

    async def body(self) -> bytes:
        """The bytes that were read."""
        return self._bytes

    async def json(self) -> Any:
        """The document."""
        return self._document


class StrictJsonRoute(APIRoute):
    """A route whose JSON body is read by `parse_json`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler, behind the strict reader where the route takes a body."""
        handle = super().get_route_handler()
        if self.body_field is None:
            return handle

        async def handle_strictly(request: Request) -> Response:
            body = await request.body()
            if not body:
                return await handle(request)
            media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if media_type != "application/json":
                raise HTTPException(
                    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                    f"the body must be application/json, not {media_type or 'of unknown type'}",
                )
            return await handle(_StrictJsonRequest(request, body=body, document=parse_json(body)))

        return handle_strictly


def parse_json(body: bytes) -> Any:
    """One JSON document.

    Raises:
        InvalidInputError: naming the field that is not finite, has half a character (RFC 7493,
            2.1: it can't be written as UTF-8) or stands there twice, or the place where the text
            is not JSON.
    """
    numbers = _Numbers()
    try:
        document = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_unique_names,
            parse_int=numbers.integer,
            parse_float=numbers.real,
            parse_constant=numbers.real,
        )
    except json.JSONDecodeError as error:
        raise InvalidInputError(
            f"the body is not JSON: {error.msg} at line {error.lineno} column {error.colno}",
            code="invalid_json",
        ) from error
    except UnicodeDecodeError as error:
        raise InvalidInputError("the body is not UTF-8", code="invalid_json") from error
    except RecursionError as error:
        raise InvalidInputError("the body is nested too deeply", code="invalid_json") from error
    # To look for them through a large document takes longer than to read it.
    fields = () if numbers.are_finite else tuple(_non_finite(document, ()))
    if fields:
        raise InvalidInputError(
            f"{len(fields)} number(s) are not finite", fields=fields, code="invalid_input"
        )
    fields = tuple(_halved(document, ())) if _MAY_HALVE.search(body) else ()
    if fields:
        raise InvalidInputError(
            f"{len(fields)} text(s) are not Unicode", fields=fields, code="invalid_input"
        )
    return document


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        names = [name for name, _ in pairs]
        twice = sorted({name for name in names if names.count(name) > 1})
        raise InvalidInputError(
            "a name stands twice in one object",
            fields=[FieldError((name,), "this name stands twice") for name in twice],
            code="invalid_json",
        )
    return document


class _Numbers:
    """Reads the numbers of one document, and notes whether all of them are finite."""

    def __init__(self) -> None:
        self.are_finite = True

    def real(self, text: str) -> float:
        value = float(text)
        if not math.isfinite(value):
            self.are_finite = False
        return value

    def integer(self, text: str) -> int | float:
        return int(text) if len(text) <= MAX_NUMBER_CHARACTERS else self.real("inf")


def _non_finite(value: Any, loc: tuple[str | int, ...]) -> list[FieldError]:
    if isinstance(value, float) and not math.isfinite(value):
        return [FieldError(loc, f"{value} is not allowed; allowed: finite numbers")]
    if isinstance(value, dict):
        return [e for name, item in value.items() for e in _non_finite(item, (*loc, name))]
    if isinstance(value, list):
        return [e for index, item in enumerate(value) for e in _non_finite(item, (*loc, index))]
    return []


def _halved(value: Any, loc: tuple[str | int, ...]) -> list[FieldError]:
    if isinstance(value, str):
        found = _HALF.search(value)
        what = "half of a surrogate pair is not allowed; allowed: whole characters"
        return [FieldError(loc, f"U+{ord(found[0]):X}: {what}")] if found else []
    if isinstance(value, dict):
        inner = [e for name, item in value.items() for e in _halved(item, (*loc, name))]
        return [e for name in value for e in _halved(name, (*loc, name))] + inner
    if isinstance(value, list):
        return [e for index, item in enumerate(value) for e in _halved(item, (*loc, index))]
    return []
