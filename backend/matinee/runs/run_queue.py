"""The order in which runs that wait for a place get one; pure.

Fair between groups: one who queues a hundred runs does not keep others waiting for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest


@dataclass(frozen=True)
class Waiting:
    """A run that waits for a place.

    Attributes:
        run_id: Which.
        share: Runs of one share wait for each other; shares take turns.
        command_id: Who came first; ids are in the order of time.
        actor: Who wants it to start.
    """

    run_id: str
    share: str
    command_id: str
    actor: str


class RunQueue:
    """Who waits. Shares take turns; within one, first come, first served."""

    def __init__(self) -> None:
        # In the order in which they are served next.
        self._shares: dict[str, list[Waiting]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._shares.values()))

    def __contains__(self, run_id: str) -> bool:
        return any(each.run_id == run_id for line in self._shares.values() for each in line)

    def add(self, waiting: Waiting) -> None:
        """Stand in line; whoever stands there already keeps the place."""
        if waiting.run_id not in self:
            line = self._shares.setdefault(waiting.share, [])
            line.append(waiting)
            # After a restart of the server they come in any order.
            line.sort(key=lambda each: each.command_id)

    def take(self) -> Waiting | None:
        """Whose turn it is; None if nobody waits."""
        for share in self._shares:
            line = self._shares.pop(share)
            first, *rest = line
            if rest:
                self._shares[share] = rest
            return first
        return None

    def remove(self, run_id: str) -> bool:
        """Leave the line; False if it did not stand there."""
        for share, line in self._shares.items():
            rest = [each for each in line if each.run_id != run_id]
            if len(rest) < len(line):
                self._shares[share] = rest
                if not rest:
                    del self._shares[share]
                return True
        return False

    def positions(self) -> dict[str, int]:
        """From 1: in this order they will be taken if nobody comes or goes."""
        rounds = zip_longest(*self._shares.values())
        order = [each.run_id for line in rounds for each in line if each is not None]
        return {run_id: number for number, run_id in enumerate(order, start=1)}
