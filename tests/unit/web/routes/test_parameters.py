"""ETags, as they are sent and read."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.run_use_cases import FakeRuns, make_run
from matinee.errors import InvalidInputError
from matinee.web.routes.parameters import etag, read_if_match

pytestmark = pytest.mark.anyio


@given(st.integers(0, 10**18 - 1))
def test_an_etag_comes_back_as_its_revision(revision: int) -> None:
    """What is sent as ETag is understood as If-Match, also where a proxy has weakened it."""
    assert read_if_match(etag(revision)) == revision
    assert read_if_match(f"W/{etag(revision)}") == revision


@pytest.mark.parametrize(
    "header", ["", "*", "7", '"x"', '"-1"', '"1", "2"', '"1"x', '"' + "9" * 19 + '"']
)
def test_anything_else_is_refused(header: str) -> None:
    """An If-Match that is not one of our ETags is an input error that names the header."""
    with pytest.raises(InvalidInputError) as refusal:
        read_if_match(header)

    assert refusal.value.fields[0].loc == ("header", "if-match")


def test_no_header_is_no_revision() -> None:
    """Without If-Match there is no expectation."""
    assert read_if_match(None) is None


@pytest.mark.parametrize(
    "run_id", ["x", "01arz3ndektsv4rrffq69g5fav", "A" * 25, "U" * 26, "%00" * 26]
)
async def test_an_id_is_a_ulid(script: httpx.AsyncClient, runs: FakeRuns, run_id: str) -> None:
    """What is no ULID is refused before anything is looked up."""
    runs.add(make_run())

    response = await script.get(f"/api/v1/runs/{run_id}")

    assert response.status_code == 422
    assert response.json()["errors"][0]["loc"] == ["path", "run_id"]
    assert runs.calls == []
