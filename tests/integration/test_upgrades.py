"""Records of older Matinees survive a migration that is killed, at any moment."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from fakes.old_records import OLD_EPISODES, OLD_VERSIONS, old_record
from matinee.journal.integrity import check_record
from matinee.journal.reader import JournalReader
from matinee.journal.schema import run_db
from matinee.journal.writer import JournalWriter

MORE_EPISODES = 100_000
KILLS = 8
OPEN = """
import sys
from pathlib import Path
from matinee.journal.writer import JournalWriter
print("begin", flush=True)
JournalWriter(Path(sys.argv[1])).close()
"""


def grown(run_dir: Path, version: int) -> Path:
    """An old record with so many episodes that its migration takes a moment."""
    old_record(run_dir, version)
    with closing(sqlite3.connect(run_db(run_dir))) as connection, connection:
        connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2) "
            "INSERT INTO episodes SELECT i, 0, 10 * i, i / 2.0, i, i % 500, 10 FROM n",
            (OLD_EPISODES + 1, MORE_EPISODES),
        )
        connection.execute(
            "UPDATE events SET payload = json_set(payload, '$.last_episode', ?) WHERE seq = "
            "(SELECT max(seq) FROM events WHERE type = 'episodes_finished')",
            (MORE_EPISODES,),
        )
    return run_dir


def codes(run_dir: Path) -> set[str]:
    """What is wrong with a record, but for what the next writer makes good."""
    return {finding.code for finding in check_record(run_dir)} - {"old_layout", "blocks"}


@pytest.mark.parametrize("version", OLD_VERSIONS)
def test_a_killed_migration_leaves_the_old_record_or_the_new_one(
    tmp_path: Path, version: int
) -> None:
    """Kill -9 within a migration: the record is whole and readable, and the next writer goes on."""
    run_dir = grown(tmp_path / "run", version)
    chance = random.Random(version)
    for _ in range(KILLS):
        with subprocess.Popen(
            [sys.executable, "-c", OPEN, str(run_dir)], stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"begin\n"
            time.sleep(chance.uniform(0.0, 0.3))
            process.send_signal(signal.SIGKILL)
        assert codes(run_dir) == set()
        assert sum(map(len, JournalReader(run_dir).episodes())) == MORE_EPISODES

    JournalWriter(run_dir).close()

    assert check_record(run_dir) == []
    assert list(run_dir.glob("*.bak*")) == []
