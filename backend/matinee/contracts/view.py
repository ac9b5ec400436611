"""Frames of `WS /api/v1/runs/{id}/view`, on which somebody watches the agent play.

Server → client: a `ViewStatus` as text whenever it changes, and binary messages: the length of a
head (32 bits, big-endian), the head, which is a `ViewFrame` as JSON, and an image, which may be
empty. Client → server, as text: `ViewSet`, `ViewStep`, and a `ViewSeen` for each binary message
that was shown: no more than `MAX_UNSEEN` are on their way, so that a slow client sees fewer frames
and not older ones.
"""

from __future__ import annotations

import struct
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from matinee.contracts.identifiers import Ulid
from matinee.contracts.json_body import JsonBody
from matinee.contracts.stream import SEQ_MAX
from matinee.contracts.uncached_json import UNCACHED

HEAD_LENGTH = struct.Struct(">I")
MAX_UNSEEN = 2
MAX_FRAMES_PER_SECOND = 30.0
MAX_TRAIL_STEPS = 240

ViewState = Literal["waiting", "starting", "playing", "failed"]


class _Frame(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True
    )


class ViewFrame(_Frame):
    """How it stands: what the agent sees now, what it thinks of it, and what came last."""

    type: Literal["frame"] = "frame"
    number: int = Field(description="From 1, for each policy that is watched.")
    episode: int = Field(description="From 1.")
    length: int = Field(description="Env steps of the episode so far.")
    episode_return: float = Field(alias="return", description="Of the episode so far.")
    value: float = Field(description="V of what is seen now.")
    probabilities: list[float] | None = Field(
        description="Of all choices, one after the other; null: actions are numbers."
    )
    mean: list[float] | None = Field(description="Of actions that are numbers; null: choices.")
    deviation: list[float] | None = Field(description="Of these; null: choices.")
    action: int | float | list[int] | list[float] | list[list[int]] | list[list[float]] | None = (
        Field(description="The last one; null: the episode has just begun.")
    )
    reward: float | None = Field(description="That it brought.")
    terminated: bool
    truncated: bool
    values: list[float] = Field(
        description="V before each step since the frame before, at most the last "
        f"{MAX_TRAIL_STEPS}; steps of an episode that has ended meanwhile among them."
    )
    rewards: list[float] = Field(description="Of the same steps.")
    last_return: float | None = Field(description="Of the last episode that has ended.")
    env_step: int = Field(description="Of training, that the weights are of.")
    checkpoint_id: str | None = Field(description="Whose weights play; null: the present ones.")
    steps_per_second: float = Field(description="At speed 1.")
    image: Literal["image/jpeg", "image/png"] | None
    width: int = Field(description="Of the scene, which may be larger than the image; 0: none.")
    height: int
    unseen: str | None = Field(description="Why there is no image, in words.")


class ViewStatus(_Frame):
    """What everybody who watches this policy shares."""

    type: Literal["status"] = "status"
    state: ViewState
    reason: str | None = Field(default=None, description="Of waiting or failing, in words.")
    checkpoint_id: str | None = Field(description="That was asked for; null: the newest weights.")
    live: bool = Field(description="The run trains, and its present weights are played.")
    watchers: int
    speed: float | None = Field(description="Null: as fast as it goes.")
    paused: bool
    deterministic: bool


class ViewSet(_Frame, JsonBody):
    """Change how it is played, for everybody who watches this policy; what is left out stays."""

    type: Literal["set"] = "set"
    speed: (
        Annotated[float, Field(ge=0.25, le=8, allow_inf_nan=False, strict=True)]
        | Literal["max"]
        | None
    ) = None
    paused: bool | None = None
    deterministic: bool | None = None
    checkpoint_id: Ulid | None = Field(
        default=None,
        description="Watch this one's policy instead, by oneself; null: the newest weights. "
        "Left out: as before.",
    )


class ViewStep(_Frame, JsonBody):
    """One step, while paused."""

    type: Literal["step"] = "step"


class ViewSeen(_Frame, JsonBody):
    """This frame has been shown."""

    type: Literal["seen"] = "seen"
    number: int = Field(ge=0, le=SEQ_MAX)


ViewClientFrame = Annotated[ViewSet | ViewStep | ViewSeen, Field(discriminator="type")]
VIEW_CLIENT_FRAME_ADAPTER: TypeAdapter[ViewClientFrame] = TypeAdapter(
    ViewClientFrame, config=UNCACHED
)
