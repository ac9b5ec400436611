"""JSON bodies, read strictly: media type, finite numbers, whole characters, no name twice."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from http import HTTPStatus
from itertools import islice
from typing import Any

from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from matinee.errors import MAX_NAMED_FIELDS, FieldError, InvalidInputError, count_in_words

MAX_NUMBER_CHARACTERS = 400
"""Longer than any number that fits a double; keeps integer parsing cheap."""

_MANY_DIGITS = re.compile(rb"[0-9]{200}")
_LARGE_EXPONENT = re.compile(rb"[eE][+]?[0-9]{3}")
"""Without these a number is below 1e299; to look at each of them in Python takes twice as long as
to read it.
"""

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
    may_be_huge = _MANY_DIGITS.search(body) or _LARGE_EXPONENT.search(body)
    try:
        document = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_unique_names,
            parse_int=numbers.integer if may_be_huge else None,
            parse_float=numbers.real if may_be_huge else None,
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
    if not numbers.are_finite:
        _refuse("number(s) are not finite", _non_finite(document))
    if _MAY_HALVE.search(body):
        _refuse("text(s) are not Unicode", _halved(document))
    return document


def _refuse(what: str, wrong: Iterator[FieldError]) -> None:
    fields = tuple(islice(wrong, MAX_NAMED_FIELDS))
    if fields:
        raise InvalidInputError(
            f"{count_in_words(fields)} {what}", fields=fields, code="invalid_input"
        )


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        times = Counter(name for name, _ in pairs)
        twice = sorted(name for name, count in times.items() if count > 1)
        raise InvalidInputError(
            "a name stands twice in one object",
            fields=[
                FieldError((name,), "this name stands twice") for name in twice[:MAX_NAMED_FIELDS]
            ],
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


_Place = tuple["_Place", str | int] | None
"""The place around, and the name or index in it: shared by all that is there."""


def _non_finite(document: Any) -> Iterator[FieldError]:
    for place, value in _walk(document):
        if isinstance(value, float) and not math.isfinite(value):
            yield FieldError(_loc(place), f"{value} is not allowed; allowed: finite numbers")


def _halved(document: Any) -> Iterator[FieldError]:
    what = "half of a surrogate pair is not allowed; allowed: whole characters"
    for place, value in _walk(document):
        if isinstance(value, str) and (found := _HALF.search(value)):
            yield FieldError(_loc(place), f"U+{ord(found[0]):X}: {what}")
        elif isinstance(value, dict):
            for name in value:
                if found := _HALF.search(name):
                    yield FieldError(_loc((place, name)), f"U+{ord(found[0]):X}: {what}")


def _walk(document: Any) -> Iterator[tuple[_Place, Any]]:
    """All that is in a document, outside in.

    Without recursion: what the reader's depth allows, a walk in Python might not get through.
    """
    open_values: list[Iterator[tuple[_Place, Any]]] = [iter([(None, document)])]
    while open_values:
        for place, value in open_values[-1]:
            yield place, value
            if isinstance(value, dict | list):
                open_values.append(_inside(place, value))
                break
        else:
            open_values.pop()


def _inside(place: _Place, value: dict[str, Any] | list[Any]) -> Iterator[tuple[_Place, Any]]:
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        yield (place, key), item


def _loc(place: _Place) -> tuple[str | int, ...]:
    keys: list[str | int] = []
    while place is not None:
        place, key = place
        keys.append(key)
    return tuple(reversed(keys))
