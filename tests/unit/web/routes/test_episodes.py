"""Episodes on request over HTTP."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from fakes.credentials import BEARER
from fakes.house import becomes
from fakes.playing_use_cases import FakePlaying
from matinee.contracts.episodes import EpisodeRequest, EvaluationRequest
from matinee.contracts.identifiers import new_ulid
from matinee.errors import ConflictError, LimitExceededError
from matinee.web.routes import episodes as module

pytestmark = pytest.mark.anyio

RUN_ID = new_ulid()
RUN = module.router.prefix.format(run_id=RUN_ID)
CHECKPOINT = new_ulid()


async def test_calls_reach_the_use_cases(script: httpx.AsyncClient, playing: FakePlaying) -> None:
    """With and without a body; the return is called `return`."""
    plain = await script.post(f"{RUN}/evaluate")
    full = await script.post(
        f"{RUN}/episodes", json={"checkpoint_id": CHECKPOINT, "deterministic": False, "seed": 3}
    )

    assert (plain.status_code, full.status_code) == (200, 200)
    assert playing.evaluations == [(RUN_ID, EvaluationRequest())]
    asked = EpisodeRequest(checkpoint_id=CHECKPOINT, deterministic=False, seed=3)
    assert playing.episodes == [(RUN_ID, asked)]
    assert full.json()["return"] == 1.0
    assert full.json()["steps"][0]["probabilities"] == [0.25, 0.75]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("evaluate", {"episodes": 101}),
        ("evaluate", {"episodes": 0}),
        ("evaluate", {"seed": -1}),
        ("evaluate", {"max_steps": 5}),
        ("episodes", {"max_steps": 2001}),
        ("episodes", {"checkpoint_id": "../x"}),
    ],
)
async def test_what_is_wrong_is_refused(
    script: httpx.AsyncClient, playing: FakePlaying, path: str, body: dict[str, object]
) -> None:
    """Beyond the limits, and fields that the call does not have."""
    response = await script.post(f"{RUN}/{path}", json=body)

    assert response.status_code == 422
    assert not playing.evaluations
    assert not playing.episodes


@pytest.mark.parametrize("path", ["evaluate", "episodes"])
@pytest.mark.parametrize("body", [None, {"seed": 1}])
async def test_what_nobody_waits_for_is_given_up(
    listening: str, playing: FakePlaying, path: str, body: dict[str, object] | None
) -> None:
    """Over a real socket: a client that leaves holds neither a player nor its place."""
    playing.hangs = True
    async with httpx.AsyncClient(base_url=listening, headers=BEARER, timeout=600) as client:
        asked = asyncio.create_task(client.post(f"{RUN}/{path}", json=body))
        await becomes(lambda: bool(playing.evaluations or playing.episodes))
        assert playing.given_up == 0
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)

    await becomes(lambda: playing.given_up == 1)


async def test_refusals_have_their_codes(script: httpx.AsyncClient, playing: FakePlaying) -> None:
    """No weights is a conflict, no place is for later."""
    playing.refusal = ConflictError("it must train first", code="no_checkpoint")
    bare = await script.post(f"{RUN}/evaluate")
    playing.refusal = LimitExceededError("full", code="too_many_players")
    full = await script.post(f"{RUN}/episodes")

    assert (bare.status_code, bare.json()["code"]) == (409, "no_checkpoint")
    assert (full.status_code, full.json()["code"]) == (429, "too_many_players")
