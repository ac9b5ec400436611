"""What clients send as JSON, taken by its own types: `"5"` is no number, and 0 is not false.

pydantic reads the words of a form as generously as those of JSON. The API's document says integer,
number and boolean, and clients are made from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass
from functools import cache
from itertools import islice
from types import NoneType, UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

from pydantic import ConfigDict, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import InitErrorDetails, PydanticKnownError

from matinee.contracts.uncached_json import UncachedJson
from matinee.errors import MAX_NAMED_FIELDS

_PLAIN = frozenset({int, float, bool, NoneType})
_COLLECTIONS = (list, tuple, set, frozenset, Sequence)


class JsonBody(UncachedJson):
    """A request's body or part of it, or a client's frame; refuses fields that it does not know."""

    model_config = ConfigDict(extra="forbid")

    # Of the model, as pydantic lets no field that tells members of a union apart have its own.
    @model_validator(mode="before")
    @classmethod
    def _look_before_reading(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        errors = _unknown_fields(given, cls.model_fields)
        for name, field in cls.model_fields.items():
            annotation: Any = field.annotation
            key = name if field.alias is None or field.alias not in given else field.alias
            try:
                _shape(annotation).check(given.get(key), _max_length(field.metadata))
            except PydanticKnownError as error:
                errors.append(
                    InitErrorDetails(
                        type=error.type, loc=(key,), input=given[key], ctx=error.context or {}
                    )
                )
        if errors:
            raise ValidationError.from_exception_data(cls.__name__, errors)
        return given


def _unknown_fields(
    given: Mapping[str, Any], fields: Mapping[str, FieldInfo]
) -> list[InitErrorDetails]:
    """The first of very many; about fewer pydantic says so, with all else that is wrong."""
    if len(given) <= len(fields) + MAX_NAMED_FIELDS:
        return []
    known = fields.keys() | {field.alias for field in fields.values()}
    unknown = islice((name for name in given if name not in known), MAX_NAMED_FIELDS)
    return [
        InitErrorDetails(type="extra_forbidden", loc=(name,), input=given[name]) for name in unknown
    ]


@dataclass(frozen=True, slots=True)
class _Shape:
    """What is looked at in a field, of all that its annotation says.

    Attributes:
        plain: The kinds of number and truth value that it holds; None where it may hold a text, or
            what pydantic tells apart.
        listed: Of its entries, by place, the last one for all that follow; None where it is no
            list, or pydantic must find out which.
        named: Of an object's values; None likewise.
        most_listed: Entries of a list.
        most_named: Fields of an object.
    """

    plain: frozenset[Any] | None
    listed: tuple[_Shape, ...] | None
    named: _Shape | None
    most_listed: int | None
    most_named: int | None

    def check(self, value: object, max_length: int | None = None) -> None:
        """Refuse a text or truth value for a number, and anything but true and false for these.

        Likewise what has more entries than it may: pydantic counts as it reads, up to one too many,
        and those of an object only afterwards. What else is wrong, pydantic finds; fields of models
        are looked at by these.

        Args:
            value: As JSON had it.
            max_length: How many entries it may have, where the field says so.

        Raises:
            PydanticKnownError: naming what is wanted.
        """
        if isinstance(value, list | tuple):
            if self.listed is not None:
                _check_length(value, "List", self.most_listed or max_length)
                last = len(self.listed) - 1
                if last or self.listed[0].looks:
                    for index, item in enumerate(value):
                        self.listed[min(index, last)].check(item)
        elif isinstance(value, dict):
            if self.named is not None:
                _check_length(value, "Dictionary", self.most_named or max_length)
                if self.named.looks:
                    for item in value.values():
                        self.named.check(item)
        elif self.plain is not None and isinstance(value, str | bool | int | float):
            _check_plain(value, self.plain)

    @property
    def looks(self) -> bool:
        """Whether there is anything to look at."""
        return not (self.plain is None and self.listed is None and self.named is None)


def _check_length(value: Sized, kind: str, max_length: int | None) -> None:
    if max_length is not None and len(value) > max_length:
        raise PydanticKnownError(
            "too_long",
            {"field_type": kind, "max_length": max_length, "actual_length": len(value)},
        )


def _check_plain(value: str | bool | float, plain: frozenset[Any]) -> None:
    if isinstance(value, bool):
        fits = bool in plain
    else:
        fits = not isinstance(value, str) and not plain.isdisjoint({int, float})
    if not fits:
        # Pydantic's name for what is wanted.
        raise PydanticKnownError(
            "float_type" if float in plain else "int_type" if int in plain else "bool_type"
        )


@cache
def _shape(annotation: Any) -> _Shape:
    members = list(_members(annotation))
    plain = frozenset(member.origin for member in members)
    lists = [member for member in members if member.origin in _COLLECTIONS]
    objects = [member for member in members if member.origin in (dict, Mapping)]
    # Of two kinds of lists pydantic finds out which one it is.
    one_list = lists[0] if len(lists) == 1 else None
    one_object = objects[0] if len(objects) == 1 else None
    return _Shape(
        plain=plain if plain <= _PLAIN else None,
        listed=one_list
        and tuple(_shape(each) for each in one_list.arguments if each is not Ellipsis),
        named=one_object and _shape(one_object.arguments[1]),
        most_listed=one_list and one_list.max_length,
        most_named=one_object and one_object.max_length,
    )


class _Member(NamedTuple):
    """One kind of value that a field may hold.

    Attributes:
        origin: Its class.
        arguments: What it is made of.
        max_length: Of entries, where the annotation itself says it.
    """

    origin: Any
    arguments: tuple[Any, ...]
    max_length: int | None


def _members(annotation: Any) -> Iterator[_Member]:
    """The kinds of a union, or the only one."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        length = _max_length(arguments[1:])
        for member in _members(arguments[0]):
            yield member._replace(max_length=member.max_length or length)
    elif origin in (Union, UnionType):
        for each in arguments:
            yield from _members(each)
    else:
        yield _Member(origin or annotation, arguments, None)


def _max_length(metadata: Iterable[Any]) -> int | None:
    """The limit among what stands beside a type, be it alone or within a `Field`."""
    for each in metadata:
        for limit in (each, *getattr(each, "metadata", ())):
            if isinstance(length := getattr(limit, "max_length", None), int):
                return length
    return None
