"""Checkpoints over HTTP."""

from __future__ import annotations

import httpx
import pytest

from fakes.checkpoint_use_cases import FakeCheckpoints, make_checkpoint
from matinee.contracts.commands import PinCheckpoint, Rewind, SaveCheckpoint
from matinee.contracts.forks import ForkRequest
from matinee.contracts.identifiers import new_ulid
from matinee.errors import ConflictError, InvalidInputError, NotFoundError
from matinee.web.routes import checkpoints as module

pytestmark = pytest.mark.anyio

RUN = f"/api/v1/runs/{new_ulid()}"
CHECKPOINT = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


async def test_the_list_is_what_the_service_has(
    script: httpx.AsyncClient, checkpoints: FakeCheckpoints
) -> None:
    """With all that a page shows of each."""
    checkpoints.items = [make_checkpoint(CHECKPOINT)]

    response = await script.get(f"{RUN}/checkpoints")

    assert response.status_code == 200
    assert response.json()["items"] == [make_checkpoint(CHECKPOINT).model_dump(mode="json")]


async def test_settings_are_those_of_the_checkpoint(
    script: httpx.AsyncClient, checkpoints: FakeCheckpoints
) -> None:
    """As they were there; one that is gone is told."""
    url = f"{RUN}/checkpoints/{CHECKPOINT}/settings"

    answer = await script.get(url)
    checkpoints.refusal = NotFoundError("no such checkpoint", code="checkpoint_not_found")
    gone = await script.get(url)

    assert (answer.status_code, gone.status_code) == (200, 404)
    assert answer.json() == {
        "checkpoint_id": CHECKPOINT,
        "env_step": 10,
        "revision": 3,
        "settings": {"learning_rate": 0.5},
        "since_env_step": {"learning_rate": 4},
    }


@pytest.mark.parametrize(
    ("method", "path", "body", "action"),
    [
        ("POST", "/checkpoints", None, SaveCheckpoint(pinned=True)),
        ("POST", "/checkpoints", {"pinned": False}, SaveCheckpoint(pinned=False)),
        (
            "PATCH",
            f"/checkpoints/{CHECKPOINT}",
            {"pinned": True},
            PinCheckpoint(checkpoint_id=CHECKPOINT, pinned=True),
        ),
        ("POST", "/rewind", {"checkpoint_id": CHECKPOINT}, Rewind(checkpoint_id=CHECKPOINT)),
    ],
)
async def test_each_call_becomes_its_command(
    script: httpx.AsyncClient,
    checkpoints: FakeCheckpoints,
    *,
    method: str,
    path: str,
    body: object,
    action: object,
) -> None:
    """Who waits gets 200 and the outcome, who does not 202."""
    waited = await script.request(method, f"{RUN}{path}", params={"wait": 3}, json=body)
    at_once = await script.request(method, f"{RUN}{path}", json=body)

    assert (waited.status_code, at_once.status_code) == (200, 202)
    assert checkpoints.calls == [(action, "token", 3.0), (action, "token", 0.0)]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/checkpoints", {"name": "x"}),
        ("PATCH", f"/checkpoints/{CHECKPOINT}", {}),
        ("PATCH", "/checkpoints/..", {"pinned": True}),
        ("POST", "/rewind", {}),
        ("POST", "/rewind", {"checkpoint_id": "../../etc"}),
    ],
)
async def test_what_is_wrong_is_refused(
    script: httpx.AsyncClient,
    checkpoints: FakeCheckpoints,
    *,
    method: str,
    path: str,
    body: object,
) -> None:
    """Unknown fields, missing ones, and ids that are none."""
    response = await script.request(method, f"{RUN}{path}", json=body)

    assert response.status_code in (404, 405, 422)
    assert checkpoints.calls == []


@pytest.mark.parametrize(
    ("refusal", "expected"),
    [
        (NotFoundError("no such checkpoint", code="checkpoint_not_found"), 404),
        (ConflictError("it has changed", code="checkpoint_damaged"), 409),
    ],
)
async def test_refusals_have_their_codes(
    script: httpx.AsyncClient,
    checkpoints: FakeCheckpoints,
    *,
    refusal: NotFoundError | ConflictError,
    expected: int,
) -> None:
    """A program can tell one that is gone from one that is damaged."""
    checkpoints.refusal = refusal

    response = await script.post(f"{RUN}/rewind", json={"checkpoint_id": CHECKPOINT})

    assert (response.status_code, response.json()["code"]) == (expected, refusal.code)
    assert module.router.prefix in "/api/v1/runs/{run_id}"


async def test_a_fork_is_a_new_run(script: httpx.AsyncClient, checkpoints: FakeCheckpoints) -> None:
    """201 and where it is; without a body it is one from now, with nothing changed."""
    body = {"checkpoint_id": CHECKPOINT, "hyperparameters": {"gamma": 0.5}, "name": "twin"}

    plain = await script.post(f"{RUN}/fork")
    full = await script.post(
        f"{RUN}/fork", params={"wait": 3}, headers={"Idempotency-Key": "k"}, json=body
    )
    wrong = await script.post(f"{RUN}/fork", json={"workers": 3})

    assert (plain.status_code, full.status_code, wrong.status_code) == (201, 201, 422)
    assert full.headers["location"] == f"/api/v1/runs/{full.json()['id']}"
    assert full.headers["etag"] == '"1"'
    run_id = RUN.rpartition("/")[2]
    assert checkpoints.forks == [
        (run_id, ForkRequest(), "token", None, 0.0),
        (run_id, ForkRequest.model_validate(body), "token", "k", 3.0),
    ]


async def test_a_download_has_a_name_and_a_digest(
    script: httpx.AsyncClient, checkpoints: FakeCheckpoints
) -> None:
    """Who has it already is not sent it again; what is refused is no file."""
    url = f"{RUN}/checkpoints/{CHECKPOINT}/download"

    full = await script.get(url)
    again = await script.get(url, headers={"If-None-Match": '"other", W/"digest"'})
    checkpoints.refusal = ConflictError("it has changed", code="checkpoint_damaged")
    refused = await script.get(url)

    assert (full.status_code, again.status_code, refused.status_code) == (200, 304, 409)
    assert full.content == f"{RUN.rpartition('/')[2]}{CHECKPOINT}".encode()
    assert full.headers["content-type"] == "application/zip"
    assert full.headers["content-disposition"] == 'attachment; filename="x.zip"'
    assert full.headers["etag"] == again.headers["etag"] == '"digest"'
    assert again.content == b""
    assert refused.json()["code"] == "checkpoint_damaged"


async def test_a_policy_is_sent_as_an_onnx_model(
    script: httpx.AsyncClient, checkpoints: FakeCheckpoints
) -> None:
    """Once, under the checkpoint's name; what is refused is no file."""
    url = f"{RUN}/checkpoints/{CHECKPOINT}/policy.onnx"

    sent = await script.get(url)
    again = await script.get(url, headers={"If-None-Match": sent.headers["etag"]})
    checkpoints.refusal = InvalidInputError("onnx is missing", code="onnx_unavailable")
    refused = await script.get(url)

    assert (sent.status_code, again.status_code, refused.status_code) == (200, 304, 422)
    assert sent.content == f"{RUN.rpartition('/')[2]}-onnx-{CHECKPOINT}".encode()
    assert sent.headers["content-disposition"] == 'attachment; filename="x.onnx"'
    assert sent.headers["etag"] == again.headers["etag"] == '"onnx digest"'
    assert again.content == b""
    assert refused.json()["code"] == "onnx_unavailable"
