"""A body has at most a megabyte."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from fakes.run_use_cases import FakeRuns
from matinee.web.body_limit import MAX_BODY_BYTES

pytestmark = pytest.mark.anyio

JSON = {"Content-Type": "application/json"}


async def test_an_announced_large_body_is_refused_unread(
    script: httpx.AsyncClient, runs: FakeRuns
) -> None:
    """A Content-Length above the limit is answered 413 before the body is read."""
    response = await script.post("/api/v1/runs", content=b" " * (MAX_BODY_BYTES + 1), headers=JSON)

    assert response.status_code == 413
    assert response.json()["code"] == "body_too_large"
    assert runs.calls == []


async def test_a_large_body_of_unknown_length_is_cut(
    script: httpx.AsyncClient, runs: FakeRuns
) -> None:
    """Without Content-Length the body is refused as soon as it is too long."""
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(100):
            sent += 1
            yield b" " * (MAX_BODY_BYTES // 10)

    response = await script.post("/api/v1/runs", content=endless(), headers=JSON)

    assert response.status_code == 413
    assert response.headers["content-type"] == "application/problem+json"
    assert sent < 100
    assert runs.calls == []


async def test_a_body_at_the_limit_is_read(script: httpx.AsyncClient) -> None:
    """Exactly the limit is allowed."""
    body = b'{"environment": {"id": "CartPole-v1"}}'.ljust(MAX_BODY_BYTES)

    response = await script.post("/api/v1/runs", content=body, headers=JSON)

    assert response.status_code == 201


@pytest.mark.parametrize("length", ["-1", "x", "1_000", "9" * 5000])
async def test_a_senseless_length_is_refused(script: httpx.AsyncClient, length: str) -> None:
    """A Content-Length that is no number, or absurd, is refused, not an error of the server."""
    response = await script.post("/api/v1/runs", headers={**JSON, "Content-Length": length})

    assert response.status_code == 413
