"""What is wrong with a record is found and named."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from fakes.old_records import OLD_VERSIONS, old_record
from fakes.records import episodes, new_record, progress, summary
from matinee.contracts.run import RunSnapshot
from matinee.contracts.run_state import RunState
from matinee.journal.integrity import check_record
from matinee.journal.schema import SCHEMA_VERSION, run_db


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    """A record with whole blocks and a rest of both kinds."""
    with new_record(tmp_path) as writer:
        writer.append_episodes(episodes([float(n) for n in range(40)]), updates=1)
        for number in range(40):
            writer.append_metrics({"entropy": summary(number)}, progress(number))
        writer.set_snapshot(RunSnapshot(state=RunState.FINISHED))
    return tmp_path


def codes(run_dir: Path) -> list[str]:
    """Kinds of what is found."""
    return [finding.code for finding in check_record(run_dir)]


def test_a_whole_record_has_nothing(run_dir: Path) -> None:
    """A record that its writer closed is as it should be."""
    assert check_record(run_dir) == []


def test_an_empty_record_has_nothing(tmp_path: Path) -> None:
    """So is one of a run that has done nothing yet."""
    new_record(tmp_path).close()
    assert check_record(tmp_path) == []


@pytest.mark.parametrize("old", OLD_VERSIONS)
def test_an_old_layout_is_told(tmp_path: Path, old: int) -> None:
    """A record of an older Matinee is whole, and can be brought forward."""
    (finding,) = check_record(old_record(tmp_path, old))
    assert (finding.code, finding.repairable) == ("old_layout", True)


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        ("DELETE FROM events WHERE seq = 5", "events_missing"),
        ("DELETE FROM episodes WHERE episode = 20", "episodes_missing"),
        ("DELETE FROM episodes WHERE episode = 40", "episodes_missing"),
        ("UPDATE episode_blocks SET return_max = 99 WHERE last = 32", "blocks"),
        ("DELETE FROM episode_blocks WHERE last = 32", "blocks"),
        ("UPDATE metric_blocks SET mean_sum = 0 WHERE level = 1", "blocks"),
        ("UPDATE meta SET value = '{}' WHERE key = 'spec'", "spec_unreadable"),
        ("UPDATE snapshot SET document = '{}'", "snapshot_unreadable"),
        ("INSERT INTO commands VALUES (1, 'x', 0, '{}')", "ledger_unreadable"),
        (f"PRAGMA user_version = {SCHEMA_VERSION + 1}", "newer_layout"),
    ],
)
def test_what_is_missing_or_wrong_is_named(run_dir: Path, damage: str, code: str) -> None:
    """Each kind of damage that SQLite can't see is found by what we know of the tables."""
    with closing(sqlite3.connect(run_db(run_dir))) as connection, connection:
        connection.execute(damage)
    assert code in codes(run_dir)


def test_a_damaged_file_is_named(run_dir: Path) -> None:
    """Pages that were overwritten are found, wherever they are."""
    path = run_db(run_dir)
    content = bytearray(path.read_bytes())
    content[4_096 * 3 : 4_096 * 6] = b"\xff" * (4_096 * 3)
    path.write_bytes(content)
    assert codes(run_dir) == ["damaged"]


def test_a_missing_record_is_told(tmp_path: Path) -> None:
    """Where there is no record, there is nothing to repair it from."""
    (finding,) = check_record(tmp_path)
    assert (finding.code, finding.repairable) == ("damaged", False)
