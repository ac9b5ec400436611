"""The audit trail, for admins."""

from __future__ import annotations

import httpx
import pytest

from fakes.credentials import BASE_URL
from matinee.contracts.audit import AuditPage

pytestmark = pytest.mark.anyio


async def test_pages_newest_first(script: httpx.AsyncClient) -> None:
    """Each entry once, by cursor; the page says where older ones begin."""
    for name in ("one", "two", "three"):
        await script.post("/api/v1/tokens", json={"name": name, "role": "viewer"})

    first = AuditPage.model_validate((await script.get("/api/v1/audit?limit=2")).json())
    second = (await script.get(f"/api/v1/audit?limit=2&cursor={first.next_cursor}")).json()

    assert len(first.items) == 2
    assert len(second["items"]) == 1
    assert second["next_cursor"] is None
    assert first.items[0].id > second["items"][0]["id"]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=1001", "cursor=x", "cursor=01ARZ3NDEKTSV4RRFFQ69G5FAV"]
)
async def test_bad_questions_are_refused(script: httpx.AsyncClient, query: str) -> None:
    """With the reason."""
    answer = await script.get(f"{BASE_URL}/api/v1/audit?{query}")
    assert answer.status_code == 422
