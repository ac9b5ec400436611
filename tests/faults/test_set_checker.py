"""The judge is judged: losses, phantoms and duplicates are found, and nothing else is."""

from __future__ import annotations

from faults.set_checker import check_set


def test_kept_promises_hold() -> None:
    """What was attempted without an answer may be there or not."""
    assert check_set(attempted="abcd", acknowledged="ab", read="bac").holds


def test_each_kind_of_broken_promise_is_found() -> None:
    """A loss, a phantom and a duplicate are told apart, by name."""
    check = check_set(attempted="abc", acknowledged="ab", read="bbx")

    assert not check.holds
    assert [*check.lost, *check.phantom, *check.duplicated] == ["a", "x", "b"]
    assert (check.acknowledged, check.read) == (2, 3)
