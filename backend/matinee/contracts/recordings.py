"""Films of episodes, kept in the run's folder until somebody deletes them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from matinee.contracts.episodes import PlayRequest
from matinee.contracts.uncached_json import UncachedJson

FilmFormat = Literal["gif", "webp"]
MAX_RECORDINGS = 20
"""Of one run."""
MAX_FILM_FRAMES = 600
MAX_FILM_BYTES = 32 * 2**20


class RecordingRequest(PlayRequest):
    """Play one episode and film it."""

    format: FilmFormat = Field(
        default="gif", description="A GIF plays everywhere; an animated WebP is much smaller."
    )


class FilmFacts(UncachedJson):
    """What a film shows."""

    model_config = ConfigDict(frozen=True)

    frames: int
    frames_per_second: float
    width: int
    height: int
    size_bytes: int
    cut: bool = Field(
        description=f"It shows the first {MAX_FILM_FRAMES} pictures of a longer episode."
    )


class Recording(FilmFacts):
    """One film."""

    model_config = ConfigDict(frozen=True, populate_by_name=True, serialize_by_alias=True)

    id: str
    created_at: datetime
    format: FilmFormat
    checkpoint_id: str | None = Field(description="Whose weights play.")
    env_step: int = Field(description="Of training, that the weights are of.")
    deterministic: bool
    seed: int
    episode_return: float = Field(alias="return", description="Of the whole episode.")
    length: int = Field(description="Env steps of the whole episode.")


class RecordingList(BaseModel):
    """The films of a run, newest first."""

    items: list[Recording]
