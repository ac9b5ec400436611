"""The file's form, and files that are something else."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from fakes.old_records import OLD_RUN_ID, old_record
from fakes.records import new_record, progress
from matinee.contracts.histograms import Histogram
from matinee.contracts.series import SeriesAxis
from matinee.errors import JournalError, JournalVersionError
from matinee.journal.histograms import read_histograms
from matinee.journal.reader import JournalReader
from matinee.journal.schema import (
    APPLICATION_ID,
    SCHEMA_VERSION,
    check_version,
    create_tables,
    run_db,
)
from matinee.journal.writer import JournalWriter


def test_new_tables_are_ours_and_of_this_version(tmp_path: Path) -> None:
    """A new file carries the mark and the version by which it is known again."""
    path = tmp_path / "run.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        create_tables(connection)
        check_version(connection, path)
        assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)


def test_a_foreign_database_is_refused(tmp_path: Path) -> None:
    """Another program's SQLite file is not taken for a record."""
    with closing(sqlite3.connect(run_db(tmp_path))) as connection:
        connection.execute("CREATE TABLE meta (key, value)")
    with pytest.raises(JournalError, match=r"not a Matinee run\.db"):
        JournalReader(tmp_path).header()


def test_a_newer_record_is_refused_with_advice(tmp_path: Path) -> None:
    """A record of a newer Matinee is neither read nor written, and the message says what to do."""
    new_record(tmp_path).close()
    with closing(sqlite3.connect(run_db(tmp_path))) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")

    with pytest.raises(JournalVersionError, match="please update Matinee"):
        JournalReader(tmp_path).snapshot()
    with pytest.raises(JournalVersionError, match="please update Matinee"):
        JournalWriter(tmp_path)


def test_an_older_record_is_read_as_it_is_and_upgraded_by_its_writer(tmp_path: Path) -> None:
    """Version 1 has no histograms: readers find none, a writer adds the tables and keeps the rest.

    A run that was interrupted under an older Matinee goes on so.
    """
    old_record(tmp_path, 1)
    old = read_histograms(
        tmp_path, run_id="run", names=["actions"], axis=SeriesAxis.ENV_STEP, points=10
    )
    assert old.histograms["actions"].rows == 0
    assert list(JournalReader(tmp_path).histogram_rows()) == []

    with JournalWriter(tmp_path) as writer:
        writer.append_histograms({"actions": Histogram(0, 0, (1.0,))}, progress(5), labels={})
    with closing(sqlite3.connect(run_db(tmp_path))) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
    assert JournalReader(tmp_path).header().run_id == OLD_RUN_ID
    ((row,),) = JournalReader(tmp_path).histogram_rows()
    assert row[1:3] == ("actions", 5)
