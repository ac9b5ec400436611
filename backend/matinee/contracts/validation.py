"""From pydantic's errors to ours: one message per field, with the value and what is allowed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import ValidationError

from matinee.errors import FieldError

_SHOWN_CHARACTERS = 80


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
    text = str(detail["msg"]).removeprefix("Value error, ")
    if detail["type"] == "missing":
        return "this field is needed"
    if detail["type"] == "extra_forbidden":
        return "unknown field; check its spelling"
    if detail["type"] == "value_error":
        return text
    return f"{text}; got {_shown(detail.get('input'))}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"


def _dotted(loc: tuple[str | int, ...]) -> str:
    return ".".join(map(str, loc))
