"""What the server and a player say to each other: a program that plays a policy, and renders it.

To the player goes one JSON document a line on its standard input. What it says is messages: two
lengths (of a head and of a body, 32 bits each, big-endian), the head, which is a JSON document, and
the body, which is an image or nothing. When its standard input ends, it ends.
"""

from __future__ import annotations

import struct
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from matinee.contracts.episodes import EpisodeStep
from matinee.contracts.recordings import FilmFacts, FilmFormat
from matinee.contracts.uncached_json import UNCACHED
from matinee.errors import ConflictError

LENGTHS = struct.Struct(">II")
MAX_HEAD_BYTES = 4 * 2**20
MAX_BODY_BYTES = 16 * 2**20
EPISODE_PART_BYTES = 2**20
"""An episode is told in parts of about this size, whatever its actions are."""
MAX_EPISODE_BYTES = 16 * 2**20
"""All its steps: 2000 of an environment with a hundred numbers for an action. The server holds them
at once."""
ALIVE = b'{"type":"alive"}'
"""Head of what a player of a show says when it has nothing to show, which may be for long: while
nobody wishes for a picture, and while it is paused."""
ALIVE_INTERVAL_S = 5.0
"""It is silent no longer than that, unless it hangs."""

SHARED_POLICY_METADATA = "policy"
SHARED_STEP_METADATA = "env_step"
"""Of the safetensors file in which a run process shares its present policy: `policy.json`, and the
env step of training."""


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PolicySource(_Message):
    """Where the weights are."""

    checkpoint: str | None = Field(default=None, description="Folder of a checkpoint.")
    shared: str | None = Field(
        default=None, description="File that a run process renews; it goes before the checkpoint."
    )


class Film(_Message):
    """Where a film goes; written aside and renamed."""

    file: str
    format: FilmFormat


class Evaluate(_Message):
    """Play episodes; the answer is an `Evaluated`."""

    type: Literal["evaluate"] = "evaluate"
    source: PolicySource
    episodes: int
    deterministic: bool
    seed: int
    film: Film | None = Field(default=None, description="Of the first episode.")


class PlayEpisode(_Message):
    """Play one episode and tell all of it; the answer is a `PlayedEpisode`."""

    type: Literal["episode"] = "episode"
    source: PolicySource
    deterministic: bool
    seed: int
    max_steps: int


class PlaySettings(_Message):
    """How it is played for those who watch."""

    type: Literal["settings"] = "settings"
    speed: float | None = Field(default=1.0, description="Null: as fast as it goes.")
    paused: bool = False
    deterministic: bool = True


class Show(_Message):
    """Play one episode after the other, for people who watch, until the standard input ends.

    `PlaySettings`, `NewSource`, `OneStep` and `WantPicture` may follow. Each `WantPicture` is
    answered once, by a `ViewFrame` and an image, as soon as there is anything new to see.
    """

    type: Literal["show"] = "show"
    source: PolicySource
    seed: int
    settings: PlaySettings = PlaySettings()


class NewSource(_Message):
    """Newer weights are there."""

    type: Literal["source"] = "source"
    source: PolicySource


class OneStep(_Message):
    """Go one step on, while paused."""

    type: Literal["step"] = "step"


class WantPicture(_Message):
    """Somebody is ready to see how it stands."""

    type: Literal["want"] = "want"
    quality: int


class Evaluated(_Message):
    """The episodes."""

    type: Literal["evaluated"] = "evaluated"
    env_step: int
    returns: list[float]
    lengths: list[int]
    film: FilmFacts | None = None


class EpisodePart(_Message):
    """Steps of an episode; more come, and a `PlayedEpisode` comes last."""

    type: Literal["part"] = "part"
    steps: list[EpisodeStep]


class PlayedEpisode(_Message):
    """One episode."""

    type: Literal["episode"] = "episode"
    env_step: int
    steps: list[EpisodeStep] = Field(description="Those that follow the parts before.")
    last_value: float | None
    cut: bool


class PlayerFailed(_Message):
    """It can't be played, and why."""

    type: Literal["failed"] = "failed"
    code: str
    detail: str


PlayerOrder = Annotated[Evaluate | PlayEpisode | Show, Field(discriminator="type")]
ShowOrder = Annotated[PlaySettings | NewSource | OneStep | WantPicture, Field(discriminator="type")]
PlayerAnswer = Annotated[
    Evaluated | EpisodePart | PlayedEpisode | PlayerFailed, Field(discriminator="type")
]

PLAYER_ORDER_ADAPTER: TypeAdapter[PlayerOrder] = TypeAdapter(PlayerOrder, config=UNCACHED)
SHOW_ORDER_ADAPTER: TypeAdapter[ShowOrder] = TypeAdapter(ShowOrder, config=UNCACHED)
PLAYER_ANSWER_ADAPTER: TypeAdapter[PlayerAnswer] = TypeAdapter(PlayerAnswer, config=UNCACHED)


def framed(head: bytes, body: bytes = b"") -> bytes:
    """A message of a player.

    Raises:
        ConflictError: it is longer than the server takes.
    """
    for part, limit in ((head, MAX_HEAD_BYTES), (body, MAX_BODY_BYTES)):
        if len(part) > limit:
            raise ConflictError(
                f"what is to be told at once takes {len(part) / 2**20:.1f} MB; at most "
                f"{limit >> 20} are taken",
                code="player_message_too_long",
            )
    return LENGTHS.pack(len(head), len(body)) + head + body
