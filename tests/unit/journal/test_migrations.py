"""Records of older Matinees are brought forward whole, or left as they were."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from fakes.old_records import (
    OLD_CHECKPOINT,
    OLD_EPISODES,
    OLD_FLUSHES,
    OLD_RUN_ID,
    OLD_VERSIONS,
    old_record,
)
from fakes.records import new_record
from matinee.contracts.series import SeriesAxis
from matinee.errors import JournalError
from matinee.journal import migrations
from matinee.journal.reader import JournalReader
from matinee.journal.schema import SCHEMA_VERSION, STEPS, run_db, version_of
from matinee.journal.series import read_series
from matinee.journal.writer import JournalWriter


def version(run_dir: Path) -> int:
    """Of the record."""
    with closing(sqlite3.connect(run_db(run_dir))) as connection:
        return version_of(connection)


def layout(path: Path) -> set[tuple[str, str]]:
    """Names and columns of all tables, and the indices."""
    with closing(sqlite3.connect(path)) as connection:
        names = connection.execute("SELECT name, type FROM sqlite_master").fetchall()
        columns = {
            (table, column)
            for table, kind in names
            if kind == "table"
            for (column,) in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
        }
    return columns | set(names)


@pytest.mark.parametrize("old", OLD_VERSIONS)
def test_an_old_record_is_brought_forward_with_all_that_is_in_it(tmp_path: Path, old: int) -> None:
    """Opened by a writer, an old record has the present layout, and its rows."""
    run_dir = old_record(tmp_path / "run", old)
    before = JournalReader(run_dir).events(after=0, limit=1000).events

    JournalWriter(run_dir).close()

    assert version(run_dir) == SCHEMA_VERSION
    with new_record(tmp_path / "new"):
        assert layout(run_db(run_dir)) == layout(run_db(tmp_path / "new"))
    reader = JournalReader(run_dir)
    assert reader.header().run_id == OLD_RUN_ID
    assert reader.events(after=0, limit=1000).events == before
    assert sum(map(len, reader.episodes())) == OLD_EPISODES
    assert reader.checkpoints() == [OLD_CHECKPOINT]
    series = read_series(
        run_dir, run_id="run", metrics=["entropy"], axis=SeriesAxis.ENV_STEP, points=1000
    )
    assert series.metrics["entropy"].rows == OLD_FLUSHES


def test_the_old_file_is_kept_until_the_record_was_closed(tmp_path: Path) -> None:
    """While the new layout is young its predecessor lies beside it, whole."""
    run_dir = old_record(tmp_path / "run", 2)
    writer = JournalWriter(run_dir)
    copy = run_dir / "run.db.v2.bak"

    with closing(sqlite3.connect(copy)) as connection:
        assert version_of(connection) == 2
        assert connection.execute("SELECT count(*) FROM episodes").fetchone() == (OLD_EPISODES,)
    writer.close()

    assert [path.name for path in run_dir.glob("run.db*")] == ["run.db"]


def test_a_step_that_fails_leaves_the_old_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A migration that can't be finished has changed nothing, and says so."""
    run_dir = old_record(tmp_path / "run", 1)
    before = layout(run_db(run_dir))
    monkeypatch.setattr(migrations, "STEPS", (*STEPS, "CREATE TABLE events (twice);"))

    with pytest.raises(JournalError, match="from version 1 to 3, and is as it was"):
        JournalWriter(run_dir)
    assert (version(run_dir), layout(run_db(run_dir))) == (1, before)

    monkeypatch.undo()
    JournalWriter(run_dir).close()
    assert version(run_dir) == SCHEMA_VERSION


def test_a_new_record_is_not_copied(tmp_path: Path) -> None:
    """Only what is old has a predecessor to keep."""
    new_record(tmp_path).close()
    with JournalWriter(tmp_path):
        assert list(tmp_path.glob("*.bak*")) == []
