"""Frames of the live stream."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from fakes.run_use_cases import log_event
from matinee.contracts.stream import (
    CLIENT_FRAME_ADAPTER,
    SEQ_MAX,
    SERVER_FRAME_ADAPTER,
    EventsFrame,
    SubscribeFrame,
)

RUN_ID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


def test_a_subscription_begins_at_the_start_unless_told() -> None:
    """`after` may be left out: then everything is sent."""
    frame = CLIENT_FRAME_ADAPTER.validate_python({"type": "subscribe", "run_id": RUN_ID})

    assert frame == SubscribeFrame(run_id=RUN_ID, after=0)


@pytest.mark.parametrize(
    "frame",
    [
        {"run_id": RUN_ID},
        {"type": "subscribe"},
        {"type": "subscribe", "run_id": "../etc"},
        {"type": "subscribe", "run_id": RUN_ID, "after": -1},
        {"type": "subscribe", "run_id": RUN_ID, "after": SEQ_MAX + 1},
        {"type": "subscribe", "run_id": RUN_ID, "more": 1},
        {"type": "events", "run_id": RUN_ID, "events": [], "next": 0},
    ],
)
def test_a_client_says_nothing_else(frame: dict[str, object]) -> None:
    """Unknown types and fields, foreign ids and impossible cursors are no client frames."""
    with pytest.raises(ValidationError):
        CLIENT_FRAME_ADAPTER.validate_python(frame)


def test_events_are_validated_within_a_frame() -> None:
    """A client that reads a frame gets typed events; an unknown one is an error."""
    frame = {"type": "events", "run_id": RUN_ID, "events": [log_event(1)], "next": 1}
    read = SERVER_FRAME_ADAPTER.validate_python(frame)

    assert isinstance(read, EventsFrame)
    assert read.events[0].seq == 1
    with pytest.raises(ValidationError):
        SERVER_FRAME_ADAPTER.validate_python({**frame, "events": [{"type": "dance"}]})


def test_cursors_stay_exact_in_every_language() -> None:
    """The largest cursor is one that a double, which JavaScript has, still holds exactly."""
    assert int(float(SEQ_MAX)) == SEQ_MAX
    assert float(SEQ_MAX + 1) == float(SEQ_MAX + 2)
