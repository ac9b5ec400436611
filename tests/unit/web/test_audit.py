"""Which calls are in the audit trail, and what it says of them."""

from __future__ import annotations

import httpx
import pytest

from fakes.credentials import BASE_URL, TOKEN
from fakes.doors import Doors
from fakes.run_use_cases import FakeRuns, make_run
from matinee.contracts.access import Role
from matinee.contracts.audit import AuditEntry
from matinee.storage.token_file import TOKENS_FILE

pytestmark = pytest.mark.anyio

ULID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


def trail(doors: Doors) -> list[AuditEntry]:
    """All entries, oldest first."""
    return doors.dependencies.audit.page(limit=1000).items[::-1]


def bearer(secret: str) -> dict[str, str]:
    """The header."""
    return {"Authorization": f"Bearer {secret}"}


async def test_who_did_what_with_which_outcome(
    doors: Doors, stranger: httpx.AsyncClient, runs: FakeRuns
) -> None:
    """A change is an entry with actor, role, peer, the answer's request id, action, target and
    outcome; so is one that was refused for its role, and one that failed.
    """
    token_id, operator = doors.token("lab", Role.OPERATOR)
    _, viewer = doors.token("looker", Role.VIEWER)
    runs.add(make_run(ULID))

    made = await stranger.post(
        "/api/v1/runs", json={"environment": {"id": "CartPole-v1"}}, headers=bearer(operator)
    )
    refused = await stranger.post(f"/api/v1/runs/{ULID}/stop", headers=bearer(viewer))
    wrong = await stranger.patch(
        f"/api/v1/runs/{ULID}", json={"colour": "red"}, headers=bearer(operator)
    )

    entries = trail(doors)
    assert [(e.actor, e.role, e.action, e.outcome, e.status) for e in entries] == [
        ("lab", "operator", "createRun", "done", 201),
        ("looker", "viewer", "stopRun", "refused", 403),
        ("lab", "operator", "patchRun", "refused", wrong.status_code),
    ]
    assert [e.request_id for e in entries] == [
        answer.headers["x-request-id"] for answer in (made, refused, wrong)
    ]
    assert [e.target for e in entries] == [
        {"run_id": made.json()["id"]},
        {"run_id": ULID},
        {"run_id": ULID},
    ]
    assert entries[0].token_id == token_id
    assert {e.peer for e in entries} == {"127.0.0.1"}
    assert {e.through for e in entries} == {"token"}


async def test_reading_is_no_entry(doors: Doors, script: httpx.AsyncClient) -> None:
    """Nor is what nobody knows how to do."""
    for path in ("/api/v1/runs", "/api/v1/system", "/metrics", "/", "/livez", "/api/v1/audit"):
        await script.get(path)
    await script.post("/nowhere")
    assert trail(doors) == []


async def test_strangers_cannot_fill_it(doors: Doors, stranger: httpx.AsyncClient) -> None:
    """Who is stopped at the gate, or opens a link that is none, leaves no entry; a wrong token at
    the login does, as often as the limit lets it be tried.
    """
    for _ in range(30):
        await stranger.post("/api/v1/runs", headers=bearer("mtn_wrong-wrong"))
        await stranger.get("/login", params={"code": "nothing"})
        await stranger.post(
            "/login", json={"token": "mtn_wrong-wrong"}, headers={"Origin": BASE_URL}
        )
    entries = trail(doors)
    assert 0 < len(entries) < 10
    assert {(e.actor, e.role, e.action, e.outcome) for e in entries} == {
        ("stranger", None, "logIn", "refused")
    }


async def test_logins_and_tokens(doors: Doors, stranger: httpx.AsyncClient) -> None:
    """Who logged in how, who gave access to whom and who took it: with the id of the token."""
    origin = {"Origin": BASE_URL}
    made = await stranger.post(
        "/api/v1/tokens", json={"name": "lab", "role": "operator"}, headers=bearer(TOKEN)
    )
    secret, token_id = made.json()["token"], made.json()["details"]["id"]
    await stranger.post("/login", json={"token": secret}, headers=origin)
    link = await stranger.post(
        "/api/v1/login-codes", json={"name": "class", "role": "viewer"}, headers=origin
    )
    stranger.cookies.clear()
    await stranger.get(link.json()["path"])
    await stranger.post("/logout", headers=origin)
    await stranger.delete(f"/api/v1/tokens/{token_id}", headers=bearer(TOKEN))

    entries = trail(doors)
    assert [(e.actor, e.action, e.through, e.target) for e in entries] == [
        ("token", "createToken", "token", {"token_id": token_id}),
        ("lab", "logIn", "token", {}),
        ("lab", "createLoginLink", "session", {"token_id": link.json()["id"]}),
        ("class", entries[3].action, "token", {}),
        ("class", "logOut", "session", {}),
        ("token", "revokeToken", "token", {"token_id": token_id}),
    ]
    assert {e.outcome for e in entries} == {"done"}


async def test_no_secret_is_in_it(doors: Doors, script: httpx.AsyncClient) -> None:
    """Wherever somebody puts one: path, query, body."""
    secret = "mtn_" + "secret" * 5
    await script.post(f"/api/v1/runs/{secret}/stop?reason={secret}", json={"a": secret})
    await script.post("/api/v1/tokens", json={"name": secret, "role": "viewer"})
    file = doors.data_dir / "audit.jsonl"
    assert [e.action for e in trail(doors)] == ["stopRun", "createToken"]
    assert secret not in file.read_text()


async def test_a_call_that_breaks_is_one(
    doors: Doors, script: httpx.AsyncClient, runs: FakeRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistake of ours is in the trail as one."""

    async def broken(*_arguments: object, **_options: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(runs, "delete_run", broken)
    await script.delete(f"/api/v1/runs/{ULID}")
    (entry,) = trail(doors)
    assert (entry.outcome, entry.status) == ("failed", 500)


async def test_it_goes_on_without_its_file(doors: Doors, script: httpx.AsyncClient) -> None:
    """A trail that can't be written stops nobody's work."""
    (doors.data_dir / "audit.jsonl").mkdir()
    made = await script.post("/api/v1/tokens", json={"name": "lab", "role": "viewer"})
    assert made.status_code == 201
    assert (doors.data_dir / TOKENS_FILE).exists()
