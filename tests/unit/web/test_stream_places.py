"""How many live streams there may be."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from matinee.contracts.access import Role
from matinee.errors import LimitExceededError
from matinee.web.credentials import OWN_GRANT, Grant
from matinee.web.stream_places import StreamLimits, StreamPlaces

LAB = Grant(Role.VIEWER, "01LAB", "lab")
CLASS = Grant(Role.VIEWER, "01CLASS", "class")


def test_streams_are_limited() -> None:
    """Beyond the total no stream is taken; when one ends there is a place again."""
    places = StreamPlaces(StreamLimits(total=3, per_token=2))
    with ExitStack() as open_streams:
        for _ in range(3):
            open_streams.enter_context(places.hold(OWN_GRANT))
        with pytest.raises(LimitExceededError, match="3 live streams"), places.hold(OWN_GRANT):
            pass

    with places.hold(OWN_GRANT):
        pass


def test_one_token_can_not_take_all_places() -> None:
    """Who has a named token or link gets its share, and leaves the rest to others."""
    places = StreamPlaces(StreamLimits(total=4, per_token=2))
    with ExitStack() as open_streams:
        for _ in range(2):
            open_streams.enter_context(places.hold(LAB))
        with pytest.raises(LimitExceededError, match="this token"), places.hold(LAB):
            pass
        with places.hold(CLASS), places.hold(OWN_GRANT):
            pass

    with places.hold(LAB):
        pass


def test_nothing_is_remembered_of_who_has_left() -> None:
    """Tokens come and go: of those without a stream none stays in memory."""
    places = StreamPlaces(StreamLimits())
    for number in range(100):
        with places.hold(Grant(Role.VIEWER, f"01{number}", "x")):
            pass

    assert len(places._of_token) == 0
