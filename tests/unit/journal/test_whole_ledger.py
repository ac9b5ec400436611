"""All commands of a record."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.records import command, new_record
from matinee.contracts.commands import Pause
from matinee.journal import whole_ledger as module
from matinee.journal.reader import JournalReader
from matinee.journal.whole_ledger import whole_ledger


@pytest.mark.parametrize("count", [0, 1, 4, 5])
def test_no_command_is_lost_between_two_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """However many there are, each comes once, in its order."""
    monkeypatch.setattr(module, "PAGE_COMMANDS", 2)
    commands = [command(Pause()) for _ in range(count)]
    with new_record(tmp_path / "run") as writer:
        for each in commands:
            writer.save_command(each)
        writer.commit()

    assert list(whole_ledger(JournalReader(tmp_path / "run"))) == commands
