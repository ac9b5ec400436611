"""Refusals in our words: which field, which value, what would be allowed."""

from __future__ import annotations

import math
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    field_validator,
)

from matinee.contracts.validation import MultipleFieldsError, field_errors
from matinee.errors import FieldError


class _Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sizes: list[Annotated[int, Field(ge=1)]] = []


class _Outer(BaseModel):
    inner: _Inner
    pair: dict[str, int] = {}

    @field_validator("pair")
    @classmethod
    def _check(cls, value: dict[str, int]) -> dict[str, int]:
        if value.get("single"):
            raise ValueError("not like this")
        if value:
            raise MultipleFieldsError([FieldError((name,), "bad") for name in value])
        return value


def errors_of(document: dict[str, Any]) -> dict[tuple[str | int, ...], str]:
    """What a model that refuses this document says, by field."""
    with pytest.raises(ValidationError) as caught:
        _Outer.model_validate(document)
    return {error.loc: error.message for error in field_errors(caught.value)}


def test_the_value_and_what_is_allowed_are_named() -> None:
    """A value out of range is repeated, with its place down to the list's index."""
    found = errors_of({"inner": {"sizes": [1, -7]}})

    (message,) = found.values()
    assert found.keys() == {("inner", "sizes", 1)}
    assert message == "-7 is not allowed; allowed: at least 1"


class _Dog(BaseModel):
    kind: Literal["dog"]


class _Cat(BaseModel):
    kind: Literal["cat"]


class _Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


_WHOLE, _OBJECT = "a whole number", "an object with named fields"


@pytest.mark.parametrize(
    ("type_", "value", "shown", "allowed"),
    [
        (int, "x", "'x'", _WHOLE),
        (int, 1.5, "1.5", _WHOLE),
        (int, None, "null", _WHOLE),
        (int, [True], "[True]", _WHOLE),
        (float, "x", "'x'", "a number"),
        (float, {}, "{}", "a number"),
        (Annotated[float, Field(allow_inf_nan=False)], math.inf, "inf", "a finite number"),
        (Annotated[float, Field(gt=0)], 0, "0", "more than 0.0"),
        (Annotated[float, Field(lt=1)], 1, "1", "less than 1.0"),
        (Annotated[int, Field(le=9)], 10, "10", "at most 9"),
        (Annotated[int, Field(multiple_of=4)], 3, "3", "a multiple of 4"),
        (bool, "perhaps", "'perhaps'", "true or false"),
        (bool, 2.5, "2.5", "true or false"),
        (None, False, "false", "null"),
        (str, 1, "1", "a text"),
        (Annotated[str, Field(min_length=2)], "a", "'a'", "a text of 2 or more characters"),
        (Annotated[str, Field(max_length=2)], "abc", "'abc'", "a text of up to 2 characters"),
        (Annotated[str, Field(pattern="^a{2}$")], "b", "'b'", "a text of the form ^a{2}$"),
        (_Colour, "green", "'green'", "'red' or 'blue'"),
        (Literal["a", "b"], "c", "'c'", "'a' or 'b'"),
        (Annotated[_Dog | _Cat, Field(discriminator="kind")], {"kind": "x"}, "'x'", "'dog', 'cat'"),
        (list[int], "x", "'x'", "a list"),
        (tuple[int, ...], 1, "1", "a list"),
        (Annotated[list[int], Field(min_length=1)], [], "[]", "1 or more entries"),
        (Annotated[list[int], Field(max_length=1)], [1, 2], "[1, 2]", "up to 1 entries"),
        (dict[str, int], 1, "1", _OBJECT),
        (_Dog, 1, "1", _OBJECT),
        (datetime, "x", "'x'", "a date and time such as 2026-01-31T12:00:00Z"),
    ],
)
def test_every_usual_refusal_is_in_our_words(
    type_: Any, value: object, shown: str, allowed: str
) -> None:
    """The value that came, and what would have been allowed."""
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(type_).validate_python(value)

    (error,) = field_errors(caught.value)
    assert error.message == f"{shown} is not allowed; allowed: {allowed}"


def test_what_is_no_json_and_what_has_no_kind_says_so() -> None:
    """No value can be shown there; the place or the field that is needed is named."""
    pets: TypeAdapter[_Dog | _Cat] = TypeAdapter(
        Annotated[_Dog | _Cat, Field(discriminator="kind")]
    )

    def message(text: str) -> str:
        with pytest.raises(ValidationError) as caught:
            pets.validate_json(text)
        return field_errors(caught.value)[0].message

    assert message("{") == "this is not JSON: EOF while parsing an object at line 1 column 1"
    assert message("{}") == "the field 'kind' is needed: it says what kind this is"


def test_a_rare_refusal_names_the_value_too() -> None:
    """Also where there are no words of our own."""
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(UUID).validate_python("x")

    (error,) = field_errors(caught.value)
    assert error.message.startswith("'x' is not allowed: ")


def test_missing_and_unknown_fields_are_told_apart() -> None:
    """A missing field is called needed, an unknown one unknown."""
    assert "needed" in errors_of({})["inner",]
    assert "unknown" in errors_of({"inner": {"size": 1}})["inner", "size"]


def test_one_validator_can_refuse_several_fields() -> None:
    """Each field that a validator names gets an error of its own, below the validator's place."""
    found = errors_of({"inner": {}, "pair": {"a": 1, "b": 2}})

    assert found == {("pair", "a"): "bad", ("pair", "b"): "bad"}


def test_a_validators_own_words_are_kept() -> None:
    """What a validator says is passed on without pydantic's preface."""
    assert errors_of({"inner": {}, "pair": {"single": 1}}) == {("pair",): "not like this"}


def test_a_long_value_is_cut() -> None:
    """A megabyte of nonsense does not come back as a megabyte of error."""
    (message,) = errors_of({"inner": {"sizes": "x" * 1_000_000}}).values()

    assert len(message) < 200


def test_the_place_of_a_part_can_be_put_in_front() -> None:
    """Errors of a part are reported where the part stands in the whole."""
    with pytest.raises(ValidationError) as caught:
        _Inner.model_validate({"sizes": [0]})

    (error,) = field_errors(caught.value, prefix=("body", "inner"))
    assert error.loc == ("body", "inner", "sizes", 0)


def test_several_errors_read_as_one_sentence() -> None:
    """Where only one text fits, it names every field."""
    error = MultipleFieldsError([FieldError(("a", 0), "bad"), FieldError(("b",), "worse")])

    assert str(error) == "a.0: bad; b: worse"
