"""Bodies are JSON, strictly."""

from __future__ import annotations

import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.run_use_cases import FakeRuns, make_run
from matinee.errors import InvalidInputError
from matinee.web.strict_json import parse_json

pytestmark = pytest.mark.anyio

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_plain_json_is_read_as_it_is(document: object) -> None:
    """Every finite JSON document comes back unchanged."""
    assert parse_json(json.dumps(document).encode()) == document


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        (b'{"a": NaN}', ("a",)),
        (b'{"a": {"b": [1, Infinity]}}', ("a", "b", 1)),
        (b'{"a": -Infinity}', ("a",)),
        (b'{"a": 1e999}', ("a",)),
        (b'{"a": 1E+309}', ("a",)),
        (b'{"a": [0, -10.5e308]}', ("a", 1)),
        (b'{"a": ' + b"9" * 5000 + b"}", ("a",)),
        (b'{"a": ' + b"9" * 250 + b"e99}", ("a",)),
        (b'{"a": ' + b"9" * 309 + b".0}", ("a",)),
        (b'{"a": ' + b"[" * 900 + b"NaN" + b"]" * 900 + b"}", ("a", *[0] * 900)),
    ],
)
def test_a_number_that_is_not_finite_is_named(body: bytes, loc: tuple[str | int, ...]) -> None:
    """NaN, infinities and numbers beyond a double are refused with the path of their field."""
    with pytest.raises(InvalidInputError) as refusal:
        parse_json(body)

    assert [field.loc for field in refusal.value.fields] == [loc]


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        (rb'{"a": {"b": [1, "x\ud800"]}}', ("a", "b", 1)),
        (rb'{"a": "\uDFFF\ud83d"}', ("a",)),
        (rb'{"a": {"\ud800": 1}}', ("a", "\ud800")),
        (rb'"\uDE00"', ()),
    ],
)
def test_half_a_character_is_named(body: bytes, loc: tuple[str | int, ...]) -> None:
    """A surrogate without its other half is refused with the path of its field: no UTF-8 has it."""
    with pytest.raises(InvalidInputError) as refusal:
        parse_json(body)

    assert [field.loc for field in refusal.value.fields] == [loc]


def test_a_pair_is_a_character() -> None:
    """What JSON escapes as two halves is read as the one character it is."""
    assert parse_json(rb'["\ud83d\ude00", "\ud7ff\ue000"]') == ["\U0001f600", "\ud7ff\ue000"]


@pytest.mark.parametrize(
    "body", [rb'{"\ud800": 1}', rb'{"\ud800": NaN}', rb'{"\ud800": 1, "\ud800": 2}']
)
async def test_a_name_that_cannot_be_written_is_told(
    script: httpx.AsyncClient, runs: FakeRuns, body: bytes
) -> None:
    """The refusal names a field also where its name is half a character."""
    headers = {"Content-Type": "application/json"}
    response = await script.post("/api/v1/runs", content=body, headers=headers)

    assert response.status_code == 422
    assert response.json()["errors"][0]["loc"] == [r"\ud800"]
    assert runs.calls == []


@pytest.mark.parametrize(
    "body",
    [b"{", b"", b"nope", b'{"a": 1,}', b"{'a': 1}", b"\xff\xfe", b"[" * 100_000, b'{"a":1} {}'],
)
def test_what_is_not_json_is_refused(body: bytes) -> None:
    """Broken, foreign, doubled or bottomless documents are input errors, never failures."""
    with pytest.raises(InvalidInputError) as refusal:
        parse_json(body)

    assert refusal.value.code == "invalid_json"


@pytest.mark.parametrize(
    "text", ["1e99", "1E-400", "9" * 199 + "e99", "0." + "1" * 400, "1e308", "1" * 400]
)
def test_a_number_that_a_double_holds_is_read(text: str) -> None:
    """However long it is written."""
    assert parse_json(f"[{text}]".encode()) == json.loads(f"[{text}]")


@pytest.mark.parametrize("word", [b"NaN", rb'"\ud800"'])
def test_of_very_many_wrong_values_the_first_are_named(word: bytes) -> None:
    """An answer that names all of a megabyte's would be many times as long."""
    with pytest.raises(InvalidInputError) as refusal:
        parse_json(b"[" + word + (b"," + word) * 5000 + b"]")

    assert [field.loc for field in refusal.value.fields] == [(index,) for index in range(100)]
    assert str(refusal.value).startswith("100 or more ")


def test_a_name_twice_among_very_many_is_found() -> None:
    """Each name is looked at once, and not as often as there are names."""
    names = ",".join(f'"n{number}": 0' for number in range(70_000))
    with pytest.raises(InvalidInputError) as refusal:
        parse_json(f'{{{names}, "n5": 0}}'.encode())

    assert [field.loc for field in refusal.value.fields] == [("n5",)]


def test_a_name_twice_is_refused() -> None:
    """Of two values under one name, which would count is anybody's guess: refused."""
    with pytest.raises(InvalidInputError) as refusal:
        parse_json(b'{"seed": 1, "seed": 2}')

    assert refusal.value.fields[0].loc == ("seed",)


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
async def test_only_json_is_taken(
    script: httpx.AsyncClient, runs: FakeRuns, media_type: str
) -> None:
    """A body of a type that a foreign page could send unasked is refused with 415."""
    headers = {"Content-Type": media_type} if media_type else {}

    response = await script.post("/api/v1/runs", content=b'{"seed": 1}', headers=headers)

    assert response.status_code == 415
    assert response.json()["code"] == "unsupported_media_type"
    assert runs.calls == []


async def test_a_charset_is_no_other_type(script: httpx.AsyncClient) -> None:
    """`application/json; charset=utf-8` is JSON."""
    response = await script.post(
        "/api/v1/runs",
        content=b'{"environment": {"id": "CartPole-v1"}}',
        headers={"Content-Type": "application/json; charset=utf-8"},
    )

    assert response.status_code == 201


@pytest.mark.parametrize("body", ["1", "[]", '"x"', "null", '{"a": 1}'])
async def test_calls_without_fields_take_an_empty_object_only(
    script: httpx.AsyncClient, runs: FakeRuns, body: str
) -> None:
    """A command that has no fields refuses unknown ones; nothing, null and {} are alike."""
    run = runs.add(make_run())
    headers = {"Content-Type": "application/json"}
    address = f"/api/v1/runs/{run.id}/pause"

    response = await script.post(address, content=body, headers=headers)
    empty = await script.post(address, content="{}", headers=headers)

    assert response.status_code == (202 if body == "null" else 422)
    assert empty.status_code == 202
