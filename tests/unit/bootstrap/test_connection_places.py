"""Who gets a place among the connections, and who gives one up."""

from __future__ import annotations

from dataclasses import dataclass

from matinee.bootstrap.connection_places import ConnectionLimits, ConnectionPlaces, Refusal

STRANGER = "192.0.2.1"


@dataclass(eq=False)
class Waiting:
    """A connection without a request."""

    has_left: bool = False

    def leave(self) -> None:
        """As the server's have it."""
        self.has_left = True


def places(total: int = 3, per_peer: int = 2) -> ConnectionPlaces:
    """Few."""
    return ConnectionPlaces(ConnectionLimits(total=total, per_peer=per_peer))


def test_all_get_in_until_all_places_are_taken() -> None:
    """The last place is given away; the next one is told that it is full."""
    few = places()

    assert few.refusal_of("127.0.0.1", ["127.0.0.1"] * 3) is None
    assert few.refusal_of("127.0.0.1", ["127.0.0.1"] * 4) is Refusal.FULL
    assert few.refusals == {Refusal.FULL: 1}


def test_one_address_gets_its_share() -> None:
    """Who has as many as one address may have is refused, though places are free."""
    few = places()

    assert few.refusal_of(STRANGER, [STRANGER] * 2) is None
    assert few.refusal_of(STRANGER, [STRANGER] * 3) is Refusal.PEER
    assert few.refusal_of("192.0.2.2", [STRANGER, STRANGER, "192.0.2.2"]) is None


def test_an_address_of_many_people_has_no_share() -> None:
    """Loopback, and who has no address, are bounded by the total alone."""
    few = places()

    for peer in ("127.0.0.1", "::1", None):
        assert few.refusal_of(peer, [peer] * 3) is None


def test_who_has_waited_longest_makes_room() -> None:
    """With all places taken the oldest idle connection goes, one for each that comes."""
    few = places()
    first, second, third = Waiting(), Waiting(), Waiting()
    for each in (first, second, third):
        few.begin_waiting(each)
    few.begin_waiting(first)
    few.end_waiting(third)

    assert few.refusal_of(None, [None] * 4) is None
    assert [each.has_left for each in (first, second, third)] == [False, True, False]
    assert few.refusal_of(None, [None] * 4) is None
    assert few.refusal_of(None, [None] * 4) is Refusal.FULL
    assert [each.has_left for each in (first, second, third)] == [True, True, False]
    assert few.refusals == {Refusal.MADE_ROOM: 2, Refusal.FULL: 1}


def test_who_is_refused_for_its_address_takes_nobodys_place() -> None:
    """A crowd from one address can't push others out."""
    few, other = places(), Waiting()
    few.begin_waiting(other)

    assert few.refusal_of(STRANGER, [STRANGER] * 4) is Refusal.PEER
    assert not other.has_left
