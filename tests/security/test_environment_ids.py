"""Which module an environment id names is never looked at: `os:x` imports nothing.

gymnasium's `make("module:Env-v0")` imports `module`; here an id is looked up in a list.
"""

from __future__ import annotations

import string
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fakes.counted_calls import counted_calls
from fakes.whole_server import WholeServer, whole_server
from matinee.contracts.problem import PROBLEM_MEDIA_TYPE
from matinee.web.body_limit import MAX_BODY_BYTES

pytestmark = pytest.mark.anyio

MOST_CALLS = 75_000
"""A common machine makes as many in 25 ms."""
NEVER_IMPORTED = ("antigravity", "this", "turtledemo", "idlelib", "matinee_canary")
WORDS = st.text(string.printable, max_size=30) | st.text(max_size=60)
BAD_IDS = st.one_of(
    WORDS.map(lambda word: f"antigravity:{word}"),
    st.tuples(st.sampled_from(NEVER_IMPORTED), WORDS, WORDS).map(":".join),
    WORDS,
    st.text(min_size=90, max_size=4000),
)


@pytest.fixture(scope="module")
async def whole(
    tmp_path_factory: pytest.TempPathFactory, runtime_dir: Path, environment_cache: Path
) -> AsyncIterator[WholeServer]:
    """One server for all ids."""
    folder = tmp_path_factory.mktemp("data")
    folder.chmod(0o700)
    async with whole_server(
        folder, runtime_dir=runtime_dir, environment_cache=environment_cache
    ) as server:
        # The look at what is installed comes before.
        (await server.client.get("/api/v1/environments")).raise_for_status()
        yield server


async def asked(whole: WholeServer, environment_id: str) -> httpx.Response:
    """The answer to a run of this environment."""
    return await whole.client.post(
        "/api/v1/runs", json={"environment": {"id": environment_id}, "start": False}
    )


def assert_refused(answer: httpx.Response) -> None:
    """422, as a problem that names the field and says what is allowed."""
    assert answer.status_code == 422
    assert answer.headers["content-type"] == PROBLEM_MEDIA_TYPE
    (error,) = answer.json()["errors"]
    assert error["loc"] == ["environment", "id"]
    words = ("allowed", "did you mean", "can be trained on")
    assert any(word in error["message"] for word in words), error
    assert len(answer.content) < 4000


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(BAD_IDS)
@example("os:x")
@example("a:b:c")
@example("antigravity:X")
@example("antigravity:X-v0")
@example("this:CartPole-v1")
@example("CartPole-v1:antigravity")
@example("../CartPole-v1")
@example("CartPole-v1\x00")
@example("𝔠artPole-v1")
@example("ＣartPole-v1")
@example("")
async def test_no_id_imports_anything(whole: WholeServer, environment_id: str) -> None:
    """An id that is not of an environment found here is refused with what is allowed, and no module
    is imported for it.
    """
    before = set(sys.modules)

    answer = await asked(whole, environment_id)

    assert_refused(answer)
    assert set(sys.modules) == before
    assert not set(NEVER_IMPORTED) & before


@pytest.mark.parametrize(
    "environment_id", ["os:x", "a:b:c", "CartPole-v11", "x" * 100, "x" * (MAX_BODY_BYTES - 100)]
)
async def test_a_refusal_is_cheap(whole: WholeServer, environment_id: str) -> None:
    """A wrong id, up to a megabyte of it, is little work."""
    assert_refused(await asked(whole, environment_id))

    with counted_calls() as work:
        assert_refused(await asked(whole, environment_id))

    assert work.calls < MOST_CALLS
