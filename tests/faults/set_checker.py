"""Compares what was promised with what is there, as sets: nothing lost, invented or doubled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class SetCheck:
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
    lost: frozenset[Hashable]
    phantom: frozenset[Hashable]
    duplicated: frozenset[Hashable]

    @property
    def holds(self) -> bool:
        """Whether every promise was kept, and nothing else is there."""
        return not (self.lost or self.phantom or self.duplicated)


def check_set(
    *, attempted: Iterable[Hashable], acknowledged: Iterable[Hashable], read: Iterable[Hashable]
) -> SetCheck:
    """Judge one set.

    What was attempted without an answer may be there or not; nobody was promised anything.
    Reference: Kingsbury, Jepsen's `set-full` checker.

    Args:
        attempted: Everything that somebody began to add.
        acknowledged: What came back as done.
        read: What is there, in any order, repetitions included.
    """
    promised = frozenset(acknowledged)
    counts = Counter(read)
    return SetCheck(
        acknowledged=len(promised),
        read=counts.total(),
        lost=promised - counts.keys(),
        phantom=frozenset(counts.keys() - set(attempted)),
        duplicated=frozenset(element for element, count in counts.items() if count > 1),
    )
