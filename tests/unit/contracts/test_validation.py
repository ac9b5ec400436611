"""Refusals in our words: which field, which value, what would be allowed."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

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
    assert "-7" in message
    assert "greater than or equal to 1" in message


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
