"""Frames of the live stream: one JSON document per WebSocket message or Server-Sent Event.

Server → client: `HelloFrame` first; then, for each subscription, `SubscribedFrame` and
`EventsFrame`s, each event once, in order, committed before it is sent. Client → server:
`SubscribeFrame` and `UnsubscribeFrame`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from matinee.contracts.events import Event
from matinee.contracts.identifiers import Ulid
from matinee.contracts.json_body import JsonBody
from matinee.contracts.uncached_json import UNCACHED

MAX_CLIENT_FRAME_BYTES = 64 * 1024
SEQ_MAX = 2**53 - 1
"""The largest integer that every JSON reader keeps exact."""


class _Frame(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class HelloFrame(_Frame):
    """The first frame of every connection."""

    type: Literal["hello"] = "hello"
    contract_version: str
    version: str = Field(description="Of the server: newer than the page means reload.")
    epoch: str = Field(description="Changes when the server restarts.")
    at: datetime


class SubscribedFrame(_Frame):
    """Events of this run follow, beginning after `after`."""

    type: Literal["subscribed"] = "subscribed"
    run_id: str
    after: int
    epoch: str = Field(description="Of the run's record; as in `EventPage`.")


class UnsubscribedFrame(_Frame):
    """No more events of this run follow."""

    type: Literal["unsubscribed"] = "unsubscribed"
    run_id: str


class EventsFrame(_Frame):
    """A stretch of one run's events."""

    type: Literal["events"] = "events"
    run_id: str
    events: list[Event]
    next: int = Field(description="The cursor after these events.")


class ResyncFrame(_Frame):
    """The cursor can't be served: take a fresh snapshot, then subscribe anew."""

    type: Literal["resync"] = "resync"
    run_id: str
    epoch: str
    reason: str


class TickFrame(_Frame):
    """Sent when nothing else was for some seconds: the connection is alive."""

    type: Literal["tick"] = "tick"
    at: datetime


class ErrorFrame(_Frame):
    """A request of the client was refused; the connection stays."""

    type: Literal["error"] = "error"
    run_id: str | None
    code: str
    detail: str


ServerFrame = Annotated[
    HelloFrame
    | SubscribedFrame
    | UnsubscribedFrame
    | EventsFrame
    | ResyncFrame
    | TickFrame
    | ErrorFrame,
    Field(discriminator="type"),
]


class SubscribeFrame(_Frame, JsonBody):
    """Send me this run's events after `after`; replaces an older subscription to the run."""

    type: Literal["subscribe"] = "subscribe"
    run_id: Ulid
    after: int = Field(default=0, ge=0, le=SEQ_MAX)


class UnsubscribeFrame(_Frame, JsonBody):
    """Send me no more of this run."""

    type: Literal["unsubscribe"] = "unsubscribe"
    run_id: Ulid


ClientFrame = Annotated[SubscribeFrame | UnsubscribeFrame, Field(discriminator="type")]

SERVER_FRAME_ADAPTER: TypeAdapter[ServerFrame] = TypeAdapter(ServerFrame, config=UNCACHED)
CLIENT_FRAME_ADAPTER: TypeAdapter[ClientFrame] = TypeAdapter(ClientFrame, config=UNCACHED)
