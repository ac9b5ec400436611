"""A record whose writer is killed without warning, while others read."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import orjson
import pytest

from fakes.records import new_record
from matinee.journal.ownership import is_owned
from matinee.journal.reader import JournalReader
from matinee.journal.schema import run_db

WRITE_FOR_EVER = """
import pathlib, sys
from fakes.records import episodes, progress, summary
from matinee.contracts.events import LogWritten
from matinee.journal.writer import JournalWriter

with JournalWriter(pathlib.Path(sys.argv[1])) as writer:
    number = 0
    while True:
        for _ in range(5):
            number += 1
            writer.append(LogWritten, env_step=number, level="info", message="x" * 200)
            writer.append_episodes(episodes([1.0] * 3), updates=1)
            writer.append_metrics({"entropy": summary(0.5)}, progress(number))
        print(writer.commit(), flush=True)
"""


@pytest.mark.parametrize("seed", range(2))
def test_what_was_committed_survives_a_kill(tmp_path: Path, seed: int) -> None:
    """After any kill -9: every acknowledged event is there once, nothing is half there, and the
    next writer goes on with the next number.
    """
    chance = random.Random(seed)
    new_record(tmp_path).close()
    acknowledged = 1
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", WRITE_FOR_EVER, str(tmp_path)],
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": ":".join(sys.path)},
        ) as writer:
            assert writer.stdout is not None
            first = int(writer.stdout.readline())
            assert first > acknowledged
            acknowledged = first
            for _ in range(chance.randrange(15)):
                acknowledged = int(writer.stdout.readline())
            writer.kill()
            acknowledged = max([acknowledged, *map(int, writer.stdout.read().split())])
        assert not is_owned(tmp_path)

        with closing(sqlite3.connect(run_db(tmp_path))) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            seqs = [seq for (seq,) in connection.execute("SELECT seq FROM events ORDER BY seq")]
            (episodes,) = connection.execute("SELECT count(*) FROM episodes").fetchone()
        assert seqs == list(range(1, len(seqs) + 1))
        assert seqs[-1] >= acknowledged
        assert (len(seqs) - 1) % 15 == 0
        assert episodes == (len(seqs) - 1) // 3 * 3
        acknowledged = seqs[-1]


def test_many_readers_follow_one_writer(tmp_path: Path) -> None:
    """Eight readers that follow a busy writer each see every event once and in order."""
    new_record(tmp_path).close()
    target = 300
    failures: list[str] = []

    def follow(limit: int) -> None:
        cursor, seen = 0, []
        while cursor < target:
            page = JournalReader(tmp_path).events(after=cursor, limit=limit)
            seen += [orjson.loads(event)["seq"] for event in page.events]
            cursor = page.next
        if seen != list(range(1, len(seen) + 1)):
            failures.append(f"reader with pages of {limit} saw {seen}")

    with subprocess.Popen(
        [sys.executable, "-c", WRITE_FOR_EVER, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    ) as writer:
        assert writer.stdout is not None
        draining = threading.Thread(target=writer.stdout.read)
        draining.start()
        readers = [threading.Thread(target=follow, args=(7 * n,)) for n in range(1, 9)]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join(60)
        alive = [reader for reader in readers if reader.is_alive()]
        writer.kill()
        draining.join()
    assert failures == []
    assert alive == []
