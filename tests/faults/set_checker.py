"""Compares what was promised with what is there, as sets: nothing lost, invented or doubled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

_T = TypeVar("_T", bound=Hashable)


@dataclass(frozen=True)
class SetCheck(Generic[_T]):
    """What came of a set of promises.

    Attributes:
        acknowledged: How many elements were promised to be there.
        read: How many are there.
        lost: Acknowledged, and not there.
        phantom: There, and never attempted.
        duplicated: There more than once.
    """

    acknowledged: int
    read: int
    lost: frozenset[_T]
    phantom: frozenset[_T]
    duplicated: frozenset[_T]

    @property
    def holds(self) -> bool:
        """Whether every promise was kept, and nothing else is there."""
        return not (self.lost or self.phantom or self.duplicated)


def check_set(
    *, attempted: Iterable[_T], acknowledged: Iterable[_T], read: Iterable[_T]
) -> SetCheck[_T]:
    """Judge one set.

    What was attempted without an answer may be there or not; nobody was promised anything.
    Reference: Kingsbury, Jepsen's `set-full` checker.

    Args:
        attempted: Everything that somebody began to add.
        acknowledged: What came back as done.
        read: What is there, in any order, repetitions included.
    """
    acknowledged = frozenset(acknowledged)
    counts = Counter(read)
    return SetCheck(
        acknowledged=len(acknowledged),
        read=counts.total(),
        lost=acknowledged - counts.keys(),
        phantom=frozenset(counts.keys() - set(attempted)),
        duplicated=frozenset(element for element, count in counts.items() if count > 1),
    )
