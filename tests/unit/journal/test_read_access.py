"""Opening a record for reading."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from fakes.records import episodes, new_record
from matinee.errors import JournalError
from matinee.journal.read_access import opened, reading


def test_a_reader_sees_one_state_of_the_file(tmp_path: Path) -> None:
    """What is committed while somebody reads is seen by the next reader."""
    with new_record(tmp_path) as writer:
        writer.commit()
        with reading(tmp_path) as connection:
            count = "SELECT count(*) FROM episodes"
            assert connection.execute(count).fetchone() == (0,)
            writer.append_episodes(episodes([1.0]), updates=1)
            writer.commit()
            assert connection.execute(count).fetchone() == (0,)
        with reading(tmp_path) as connection:
            assert connection.execute(count).fetchone() == (1,)


def test_what_goes_wrong_while_reading_is_a_journal_error(tmp_path: Path) -> None:
    """Callers meet one error, whatever SQLite's was; nothing can be written."""
    new_record(tmp_path).close()
    with pytest.raises(JournalError, match="readonly"), opened(tmp_path) as connection:
        connection.execute("DELETE FROM meta")


def test_threads_may_take_turns(tmp_path: Path) -> None:
    """An export goes on in whichever thread is free."""
    new_record(tmp_path).close()
    found = []
    with opened(tmp_path) as connection:
        thread = threading.Thread(
            target=lambda: found.append(connection.execute("SELECT 1").fetchone())
        )
        thread.start()
        thread.join()
    assert found == [(1,)]
