"""Waiting longer after each failure, at random."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from matinee.client.backoff import BASE_S, CAP_S, SHORT_CAP_S, SHORT_FAILURES, Backoff


def test_the_ceiling_doubles_up_to_the_cap() -> None:
    """The longest possible wait is 0.5 s, 1 s, then 2 s for a while, and never more than 20 s."""
    longest = Backoff(uniform=lambda _low, high: high)

    waits = [longest.next_wait_s() for _ in range(40)]

    assert waits[:3] == [0.5, 1.0, 2.0]
    assert set(waits[2:SHORT_FAILURES]) == {SHORT_CAP_S}
    assert waits[SHORT_FAILURES : SHORT_FAILURES + 4] == [2.0, 4.0, 8.0, 16.0]
    assert set(waits[SHORT_FAILURES + 4 :]) == {CAP_S}


def test_success_starts_over() -> None:
    """After a reset the next failure counts as the first."""
    longest = Backoff(uniform=lambda _low, high: high)
    for _ in range(5):
        longest.next_wait_s()

    longest.reset()

    assert longest.next_wait_s() == BASE_S


def test_who_is_answered_stays_near() -> None:
    """While the server answers at all, no wait is longer than 2 s, however often it breaks off."""
    longest = Backoff(uniform=lambda _low, high: high)

    waits = []
    for _ in range(2 * SHORT_FAILURES):
        waits.append(longest.next_wait_s())
        longest.answered()

    assert waits[:3] == [0.5, 1.0, 2.0]
    assert max(waits) == SHORT_CAP_S


@given(st.integers(1, 2000))
def test_waits_are_bounded_whatever_happens(failures: int) -> None:
    """After any number of failures a wait lies between 0 and the cap."""
    backoff = Backoff()
    for _ in range(failures - 1):
        backoff.next_wait_s()

    assert 0 <= backoff.next_wait_s() <= CAP_S
