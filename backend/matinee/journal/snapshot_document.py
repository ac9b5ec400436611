"""The run's snapshot as JSON, of which little changes from one commit to the next."""

from __future__ import annotations

from operator import is_
from typing import Any

from matinee.contracts.run import RunSnapshot


class SnapshotDocument:
    """Serialises only what is new: most of it, such as 40 hyperparameters, stays for minutes.

    One for each writer. The whole, at each of up to ten commits a second, took an eighth of their
    time.
    """

    def __init__(self) -> None:
        self._members: dict[str, tuple[Any, str]] = {}

    def of(self, snapshot: RunSnapshot) -> str:
        """What `RunSnapshot.model_validate_json` reads.

        Args:
            snapshot: Its fields must not be changed in place between two calls.
        """
        members = self._members
        for name in RunSnapshot.model_fields:
            value = getattr(snapshot, name)
            known = members.get(name)
            if known is None or not _is_same(known[0], value):
                document = snapshot.model_dump_json(by_alias=True, include={name})
                members[name] = (value, document[1:-1])
        return f"{{{','.join(member for _, member in members.values())}}}"


def _is_same(known: Any, value: Any) -> bool:
    """Whether it is the same object, or a dict of the same ones: equal would not do, 1 is True."""
    if known is value:
        return True
    if not (isinstance(known, dict) and isinstance(value, dict)):
        return False
    return [*known] == [*value] and all(map(is_, known.values(), value.values()))
