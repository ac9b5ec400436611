"""Reading ahead visits what is about to be read, all of it and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.records import episodes, new_record
from matinee.errors import JournalError
from matinee.journal.read_ahead import PARTS, read_ahead

COUNT = "SELECT count(*) FROM episodes WHERE worker = ? AND episode > ? AND episode <= ?"


@pytest.mark.parametrize(("after", "until"), [(0, 1_000), (3, 997), (10, 10 + PARTS - 3), (5, 5)])
def test_every_row_of_the_range_is_visited_once(tmp_path: Path, after: int, until: int) -> None:
    """The parts leave no row out and share none, also where there are fewer rows than parts."""
    with new_record(tmp_path) as writer:
        writer.append_episodes(episodes([0.0] * 1_000, worker=2), updates=1)

    assert read_ahead(tmp_path, COUNT, 2, after=after, until=until) == until - after
    assert read_ahead(tmp_path, COUNT, 1, after=after, until=until) == 0


def test_what_is_no_record_is_told(tmp_path: Path) -> None:
    """A record that can't be opened is an error here as everywhere: no part hides it."""
    with pytest.raises(JournalError, match=r"no run\.db"):
        read_ahead(tmp_path, COUNT, 1, after=0, until=1_000)
