"""Making, listing and revoking tokens."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from structlog.testing import capture_logs

from fakes.clock import StoppedClock
from fakes.run_use_cases import FakeRuns, make_run
from matinee.contracts.identifiers import new_ulid

pytestmark = pytest.mark.anyio


async def test_a_token_is_shown_once(
    script: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    """The answer has its secret, the list never; it opens what its role allows."""
    made = await script.post("/api/v1/tokens", json={"name": "lab", "role": "operator"})
    secret, details = made.json()["token"], made.json()["details"]

    listed = await script.get("/api/v1/tokens")
    mine = await stranger.get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"})

    assert made.status_code == 201
    unused = {"works": True, "last_used_at": None, "sessions": 0}
    assert listed.json() == {"items": [details | unused]}
    assert secret not in listed.text
    assert (details["name"], details["created_by"], details["made_with"]) == ("lab", "token", None)
    assert mine.json() == {
        "name": "lab",
        "role": "operator",
        "through": "token",
        "expires_at": details["expires_at"],
    }


async def test_expiry_is_ninety_days_or_as_asked(
    script: httpx.AsyncClient, clock: StoppedClock
) -> None:
    """Left out, null for never, or seconds from a minute to ten years."""

    async def ends(name: str, **fields: object) -> object:
        body = {"name": name, "role": "viewer", **fields}
        return (await script.post("/api/v1/tokens", json=body)).json()["details"]["expires_at"]

    usual = (clock() + timedelta(days=90)).isoformat().replace("+00:00", "Z")
    assert await ends("a") == usual
    assert await ends("b", expires_in_s=None) is None
    assert await ends("c", expires_in_s=90 * 86_400) == usual
    for wrong in (0, -1, 59, 10**9, "soon"):
        body = {"name": "d", "role": "viewer", "expires_in_s": wrong}
        assert (await script.post("/api/v1/tokens", json=body)).status_code == 422


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        ({"name": "lab"}, "role"),
        ({"name": "lab", "role": "root"}, "role"),
        ({"name": "server", "role": "viewer"}, "name"),
        ({"name": "a\nb", "role": "viewer"}, "name"),
        ({"name": "lab", "role": "viewer", "x": 1}, "x"),
    ],
)
async def test_wrong_fields_are_named(
    script: httpx.AsyncClient, body: dict[str, object], loc: str
) -> None:
    """422 with the field, and nothing is made."""
    answer = await script.post("/api/v1/tokens", json=body)

    assert answer.status_code == 422
    assert [error["loc"] for error in answer.json()["errors"]] == [[loc]]
    assert (await script.get("/api/v1/tokens")).json() == {"items": []}


async def test_a_taken_name_is_a_conflict(script: httpx.AsyncClient) -> None:
    """409, as long as the other works."""
    body = {"name": "lab", "role": "viewer"}
    first = (await script.post("/api/v1/tokens", json=body)).json()["details"]["id"]
    taken = await script.post("/api/v1/tokens", json=body)
    await script.delete(f"/api/v1/tokens/{first}")

    assert (taken.status_code, taken.json()["code"]) == (409, "name_taken")
    assert (await script.post("/api/v1/tokens", json=body)).status_code == 201


async def test_a_revoked_token_opens_nothing(
    script: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    """It is told so, a second time changes nothing, and an unknown one is not found."""
    made = (await script.post("/api/v1/tokens", json={"name": "lab", "role": "admin"})).json()
    address = f"/api/v1/tokens/{made['details']['id']}"

    answers = [await script.delete(address) for _ in range(2)]
    refused = await stranger.get("/api/v1/me", headers={"Authorization": f"Bearer {made['token']}"})

    assert [answer.status_code for answer in answers] == [204, 204]
    assert (refused.status_code, refused.json()["code"]) == (401, "token_revoked")
    assert (await script.delete(f"/api/v1/tokens/{new_ulid()}")).status_code == 404
    (listed,) = (await script.get("/api/v1/tokens")).json()["items"]
    assert listed["revoked_by"] == "token"


async def test_the_ledger_has_the_name(
    script: httpx.AsyncClient, stranger: httpx.AsyncClient, runs: FakeRuns
) -> None:
    """What is done with a named token, or by a browser that came in with it, is entered under its
    name.
    """
    run = runs.add(make_run())
    made = (await script.post("/api/v1/tokens", json={"name": "lab", "role": "operator"})).json()
    bearer = {"Authorization": f"Bearer {made['token']}"}
    origin = {"Origin": str(stranger.base_url)}

    await stranger.post(f"/api/v1/runs/{run.id}/pause", headers=bearer)
    await stranger.post("/login", json={"token": made["token"]}, headers=origin)
    await stranger.post(f"/api/v1/runs/{run.id}/pause", headers=origin)

    assert [command.actor for command in runs.ledger] == ["lab", "lab"]


async def test_the_log_has_who_did_it_and_no_secret(
    script: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    """Making, logging in, failing to, and revoking, each once."""
    origin = {"Origin": str(stranger.base_url)}
    with capture_logs() as logs:
        made = (await script.post("/api/v1/tokens", json={"name": "lab", "role": "viewer"})).json()
        await stranger.post("/login", json={"token": made["token"]}, headers=origin)
        await stranger.post("/login", json={"token": "mtn_guessed"}, headers=origin)
        await script.delete(f"/api/v1/tokens/{made['details']['id']}")

    told = [log for log in logs if log["event"] != "request"]
    assert [log["event"] for log in told] == [
        "token_created",
        "logged_in",
        "login_refused",
        "token_revoked",
    ]
    assert [log.get("by", log.get("name")) for log in told] == ["token", "lab", None, "token"]
    assert made["token"] not in str(logs)
    assert "guessed" not in str(logs)


async def test_a_link_of_a_token_that_was_revoked_does_not_work_either(
    script: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    """The list says so of both, and counts no browsers any more."""
    made = (await script.post("/api/v1/tokens", json={"name": "lab", "role": "operator"})).json()
    bearer = {"Authorization": f"Bearer {made['token']}"}
    body = {"name": "class", "role": "viewer"}
    shared = await stranger.post("/api/v1/login-codes", json=body, headers=bearer)
    await stranger.get(shared.json()["path"])

    async def listed() -> dict[str, tuple[bool, int]]:
        items = (await script.get("/api/v1/tokens")).json()["items"]
        return {item["name"]: (item["works"], item["sessions"]) for item in items}

    assert await listed() == {"lab": (True, 0), "class": (True, 1)}
    await script.delete(f"/api/v1/tokens/{made['details']['id']}")
    assert await listed() == {"lab": (False, 0), "class": (False, 0)}
