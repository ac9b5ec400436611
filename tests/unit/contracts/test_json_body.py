"""JSON's types are kept apart in what clients send."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, ValidationError

from matinee.contracts.json_body import JsonBody


class Part(JsonBody):
    """A part of a body."""

    count: int = 1


class Body(JsonBody):
    """One field of each kind."""

    whole: int = 1
    number: Annotated[float, Field(ge=0)] | None = None
    truth: bool = False
    text: str = ""
    either: int | str | None = None
    word: float | Literal["max"] = 1.0
    listed: list[int] = Field(default_factory=list)
    pair: tuple[int, bool] = (1, False)
    named: dict[str, float] = Field(default_factory=dict)
    part: Part | None = None
    parts: list[Part] = Field(default_factory=list)
    few: list[int] | None = Field(default=None, max_length=2)
    words: Annotated[dict[str, str], Field(max_length=2)] | None = None


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"whole": "5"}, ("whole",)),
        ({"whole": True}, ("whole",)),
        ({"number": "5"}, ("number",)),
        ({"number": False}, ("number",)),
        ({"truth": 0}, ("truth",)),
        ({"truth": 1.0}, ("truth",)),
        ({"truth": "false"}, ("truth",)),
        ({"listed": [1, "2"]}, ("listed",)),
        ({"pair": [1, 0]}, ("pair",)),
        ({"pair": [True, True]}, ("pair",)),
        ({"named": {"a": 1, "b": "2"}}, ("named",)),
        ({"part": {"count": "3"}}, ("part", "count")),
        ({"parts": [{"count": 1}, {"count": True}]}, ("parts", 1, "count")),
        ({"text": 5}, ("text",)),
        ({"unknown": 5}, ("unknown",)),
        ({"few": [1, 2, 3]}, ("few",)),
        ({"few": [1, 2, "3"]}, ("few",)),
        ({"few": [1, "2"]}, ("few",)),
        ({"words": {"a": "1", "b": "2", "c": "3"}}, ("words",)),
        ({"words": {"a": "1", "b": "2", "c": 3}}, ("words",)),
    ],
)
def test_no_type_is_taken_for_another(body: dict[str, Any], place: tuple[str | int, ...]) -> None:
    """A text, number or truth value where the schema has another one is refused at its field."""
    with pytest.raises(ValidationError) as caught:
        Body.model_validate(body)

    assert [error["loc"] for error in caught.value.errors()] == [place]


@pytest.mark.parametrize(
    ("body", "read"),
    [
        ({"whole": 5.0}, {"whole": 5}),
        ({"number": 5}, {"number": 5.0}),
        ({"number": None}, {"number": None}),
        ({"truth": True}, {"truth": True}),
        ({"either": "5"}, {"either": "5"}),
        ({"either": 5}, {"either": 5}),
        ({"word": "max"}, {"word": "max"}),
        ({"listed": [1, 2.0]}, {"listed": [1, 2]}),
        ({"pair": [1, True]}, {"pair": (1, True)}),
        ({"named": {"a": 1}}, {"named": {"a": 1.0}}),
        ({"part": {"count": 3}}, {"part": {"count": 3}}),
        ({"few": [1, 2]}, {"few": [1, 2]}),
        ({"words": {"a": "1", "b": "2"}}, {"words": {"a": "1", "b": "2"}}),
    ],
)
def test_what_the_schema_allows_is_read(body: dict[str, Any], read: dict[str, Any]) -> None:
    """JSON has one kind of number: 5.0 is a whole one, and 5 is as good as 5.0."""
    assert Body.model_validate(body).model_dump(exclude_unset=True) == read


def test_of_very_many_unknown_fields_the_first_are_named() -> None:
    """What else is wrong with such a body does not matter: it is read no further."""
    body = {"whole": "5", **{f"n{number}": number for number in range(10_000)}}

    with pytest.raises(ValidationError) as caught:
        Body.model_validate(body)

    errors = caught.value.errors()
    assert [error["loc"] for error in errors] == [
        *((f"n{number}",) for number in range(100)),
        ("whole",),
    ]
    assert {error["type"] for error in errors[:100]} == {"extra_forbidden"}
