"""Every command that a run was ever given, in pages, so that no lock is held for long."""

from __future__ import annotations

from collections.abc import Iterator

from matinee.contracts.commands import Command
from matinee.journal.reader import JournalReader

PAGE_COMMANDS = 1000


def whole_ledger(reader: JournalReader) -> Iterator[Command]:
    """All commands of a run, in the order in which they came."""
    after: str | None = None
    while page := reader.commands(after=after, limit=PAGE_COMMANDS):
        yield from page
        after = page[-1].id
