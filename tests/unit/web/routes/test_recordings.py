"""Films over HTTP."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from fakes.playing_use_cases import FakePlaying
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.recordings import RecordingRequest
from matinee.errors import ConflictError
from matinee.web.routes import recordings as module

pytestmark = pytest.mark.anyio

RUN_ID = new_ulid()
RECORDINGS = module.router.prefix.format(run_id=RUN_ID)


async def test_a_film_is_made_listed_and_deleted(
    script: httpx.AsyncClient, playing: FakePlaying
) -> None:
    """With its facts; without a body it is a GIF."""
    made = await script.post(RECORDINGS, json={"format": "webp", "deterministic": False})
    plain = await script.post(RECORDINGS)
    listed = await script.get(RECORDINGS)
    recording_id = made.json()["id"]
    deleted = await script.delete(f"{RECORDINGS}/{recording_id}")

    assert (made.status_code, plain.status_code, deleted.status_code) == (201, 201, 204)
    assert playing.films == [
        (RUN_ID, RecordingRequest(format="webp", deterministic=False)),
        (RUN_ID, RecordingRequest()),
    ]
    assert made.json()["return"] == 9.0
    assert len(listed.json()["items"]) == 1
    assert playing.deleted == [recording_id]


@pytest.mark.parametrize(("name", "kind"), [("film.gif", "image/gif"), ("film.webp", "image/webp")])
async def test_a_film_is_sent_as_a_file(
    script: httpx.AsyncClient, playing: FakePlaying, tmp_path: Path, name: str, kind: str
) -> None:
    """Under a name that says of which run it is, and as what it is."""
    playing.film = tmp_path / name
    playing.film.write_bytes(b"film")

    answer = await script.get(f"{RECORDINGS}/{new_ulid()}/download")

    assert (answer.content, answer.headers["Content-Type"]) == (b"film", kind)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{RUN_ID}-{name}"'


async def test_what_is_wrong_is_refused(script: httpx.AsyncClient, playing: FakePlaying) -> None:
    """An unknown format, an id that is none, no room."""
    wrong = await script.post(RECORDINGS, json={"format": "avi"})
    outside = await script.get(f"{RECORDINGS}/..%2f..%2fx/download")
    playing.refusal = ConflictError("delete one first", code="too_many_recordings")
    full = await script.post(RECORDINGS)

    assert wrong.status_code == 422
    assert outside.status_code in (404, 422)
    assert (full.status_code, full.json()["code"]) == (409, "too_many_recordings")
