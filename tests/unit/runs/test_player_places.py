"""How many players may be at work at once."""

from __future__ import annotations

import pytest

from matinee.errors import LimitExceededError
from matinee.runs.player_places import PlayerPlaces


def test_one_more_than_allowed_is_refused_until_a_place_is_free() -> None:
    """With the setting's name; whoever leaves makes room, also by an error."""
    places = PlayerPlaces(1)

    def fail_inside() -> None:
        with places.one():
            with pytest.raises(LimitExceededError, match="MATINEE_MAX_PLAYERS"), places.one():
                pass
            raise ValueError("inside")

    with pytest.raises(ValueError, match="inside"):
        fail_inside()
    with places.one():
        assert places.taken == 1
    assert places.taken == 0
