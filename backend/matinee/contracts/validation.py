"""From pydantic's errors to ours: one message per field, with the value and what is allowed."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import ValidationError

from matinee.errors import FieldError

_SHOWN_CHARACTERS = 80
_JSON_WORDS = {None: "null", True: "true", False: "false"}
_BEGINNING = reprlib.Repr()
"""Of long texts, lists and objects; more of each than is shown."""
_BEGINNING.maxstring = _BEGINNING.maxlong = _BEGINNING.maxother = 4 * _SHOWN_CHARACTERS
_BEGINNING.maxlist = _BEGINNING.maxtuple = _BEGINNING.maxdict = _SHOWN_CHARACTERS

_WHOLE_NUMBER = "a whole number"
_NUMBER = "a number"
_YES_OR_NO = "true or false"
_TEXT = "a text"
_LIST = "a list"
_OBJECT = "an object with named fields"
_MOMENT = "a date and time such as 2026-01-31T12:00:00Z"

_SENTENCES = {
    "missing": "this field is needed",
    "extra_forbidden": "unknown field; check its spelling",
    "union_tag_not_found": "the field {discriminator} is needed: it says what kind this is",
    "json_invalid": "this is not JSON: {error}",
}
_ALLOWED = {
    "int_type": _WHOLE_NUMBER,
    "int_parsing": _WHOLE_NUMBER,
    "int_parsing_size": "a whole number with fewer digits",
    "int_from_float": _WHOLE_NUMBER,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": "a finite number",
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "multiple_of": "a multiple of {multiple_of}",
    "bool_type": _YES_OR_NO,
    "bool_parsing": _YES_OR_NO,
    "none_required": "null",
    "string_type": _TEXT,
    "string_unicode": "a text in UTF-8",
    "string_too_short": "a text of {min_length} or more characters",
    "string_too_long": "a text of up to {max_length} characters",
    "string_pattern_mismatch": "a text of the form {pattern}",
    "enum": "{expected}",
    "literal_error": "{expected}",
    "union_tag_invalid": "{expected_tags}",
    "list_type": _LIST,
    "tuple_type": _LIST,
    "set_type": _LIST,
    "frozen_set_type": _LIST,
    "too_short": "{min_length} or more entries",
    "too_long": "up to {max_length} entries",
    "dict_type": _OBJECT,
    "mapping_type": _OBJECT,
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "datetime_type": _MOMENT,
    "datetime_parsing": _MOMENT,
    "datetime_from_date_parsing": _MOMENT,
    "timezone_aware": "a date and time with its zone, such as 2026-01-31T12:00:00Z",
    "path_type": "a path",
    "url_type": "an address such as http://127.0.0.1:8000",
    "url_parsing": "an address such as http://127.0.0.1:8000",
}
"""What is allowed instead, by the type of pydantic's error; its context fills the places."""


class MultipleFieldsError(ValueError):
    """Carries errors about several fields through a pydantic validator, which knows one."""

    def __init__(self, fields: Sequence[FieldError]) -> None:
        super().__init__("; ".join(f"{_dotted(f.loc)}: {f.message}" for f in fields))
        self.fields = tuple(fields)


def field_errors(
    error: ValidationError | Iterable[Any], *, prefix: tuple[str | int, ...] = ()
) -> tuple[FieldError, ...]:
    """One `FieldError` for each thing that pydantic refused."""
    details = error.errors() if isinstance(error, ValidationError) else error
    fields: list[FieldError] = []
    for detail in details:
        loc = prefix + tuple(detail["loc"])
        cause = detail.get("ctx", {}).get("error")
        if isinstance(cause, MultipleFieldsError):
            fields.extend(FieldError(loc + f.loc, f.message) for f in cause.fields)
        else:
            fields.append(FieldError(loc, _message(detail)))
    return tuple(fields)


def _message(detail: Any) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "value_error":
        return str(detail["msg"]).removeprefix("Value error, ")
    if kind in _SENTENCES:
        return _SENTENCES[kind].format_map(context)
    allowed = _ALLOWED.get(kind)
    if allowed is None:
        return f"{shown(detail.get('input'))} is not allowed: {detail['msg']}"
    # A tag is a field of what came in.
    refused = repr(context["tag"]) if "tag" in context else shown(detail.get("input"))
    return f"{refused} is not allowed; allowed: {allowed.format_map(context)}"


def shown(value: object) -> str:
    """As much of a value as a message can hold; the rest of it is not looked at."""
    text = _JSON_WORDS[value] if isinstance(value, bool | None) else _BEGINNING.repr(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"


def _dotted(loc: tuple[str | int, ...]) -> str:
    return ".".join(map(str, loc))
