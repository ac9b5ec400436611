"""What clients send as JSON, taken by its own types: `"5"` is no number, and 0 is not false.

pydantic reads the words of a form as generously as those of JSON. The API's document says integer,
number and boolean, and clients are made from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import ConfigDict, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticKnownError

from matinee.contracts.uncached_json import UncachedJson

_PLAIN = frozenset({int, float, bool, NoneType})
_COLLECTIONS = (list, tuple, set, frozenset, Sequence)


class JsonBody(UncachedJson):
    """A request's body or part of it, or a client's frame; refuses fields that it does not know."""

    model_config = ConfigDict(extra="forbid")

    # Of the model, as pydantic lets no field that tells members of a union apart have its own.
    @model_validator(mode="before")
    @classmethod
    def _keep_types_apart(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        errors: list[InitErrorDetails] = []
        for name, field in cls.model_fields.items():
            key = name if field.alias is None or field.alias not in given else field.alias
            try:
                check_json_type(given.get(key), field.annotation)
            except PydanticKnownError as error:
                errors.append(InitErrorDetails(type=error.type, loc=(key,), input=given[key]))
        if errors:
            raise ValidationError.from_exception_data(cls.__name__, errors)
        return given


def check_json_type(value: object, annotation: Any) -> None:
    """Refuse a text or truth value for a number, and anything but true and false for these.

    What else is wrong with a value, pydantic finds; fields of models are looked at by these.

    Args:
        value: As JSON had it.
        annotation: What the field holds.

    Raises:
        PydanticKnownError: naming what is wanted.
    """
    members = _members(annotation)
    if isinstance(value, list | tuple):
        inner = [arguments for origin, arguments in members if origin in _COLLECTIONS]
        # Of two kinds of lists pydantic finds out which one it is.
        if len(inner) == 1:
            wanted = [each for each in inner[0] if each is not Ellipsis]
            for index, item in enumerate(value):
                check_json_type(item, wanted[min(index, len(wanted) - 1)])
    elif isinstance(value, dict):
        inner = [arguments for origin, arguments in members if origin in (dict, Mapping)]
        if len(inner) == 1:
            for item in value.values():
                check_json_type(item, inner[0][1])
    elif isinstance(value, str | bool | int | float):
        plain = {origin for origin, _ in members}
        if plain <= _PLAIN and not _fits(value, plain):
            raise PydanticKnownError(_refusal(plain))


@cache
def _members(annotation: Any) -> tuple[tuple[Any, tuple[Any, ...]], ...]:
    """The kinds of a union, or the only one; each with what it is made of."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _members(arguments[0])
    if origin in (Union, UnionType):
        return tuple(kind for member in arguments for kind in _members(member))
    return ((origin or annotation, arguments),)


def _fits(value: str | bool | float, plain: set[Any]) -> bool:
    if isinstance(value, bool):
        return bool in plain
    return not isinstance(value, str) and not plain.isdisjoint({int, float})


def _refusal(plain: set[Any]) -> Any:
    """Pydantic's name for what is wanted."""
    if float in plain:
        return "float_type"
    return "int_type" if int in plain else "bool_type"
