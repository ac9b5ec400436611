"""Blocks are the rows, added up: whoever wrote them, and in however many sittings."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from fakes.old_records import OLD_EPISODES, OLD_FLUSHES, OLD_VERSIONS, old_record
from fakes.records import episodes, new_record, progress, summary
from matinee.journal.blocks import SIZES, Part, Tower
from matinee.journal.schema import run_db
from matinee.journal.writer import JournalWriter

EPISODE_BLOCKS = "SELECT * FROM episode_blocks"
METRIC_BLOCKS = "SELECT * FROM metric_blocks"


def rows(run_dir: Path, query: str) -> list[tuple[float, ...]]:
    """What a record answers."""
    with closing(sqlite3.connect(run_db(run_dir))) as connection:
        return connection.execute(query).fetchall()


def test_sizes_nest() -> None:
    """A block of each level is a whole number of blocks of the one below."""
    assert all(large % small == 0 and large > small for small, large in pairwise(SIZES))


def test_a_tower_gives_a_block_with_its_last_row() -> None:
    """The 128th row completes a block of level 1 and, with it, one of level 2."""
    tower = Tower()
    done = [
        [(level, part.rows, part.sums, part.lows, part.highs) for level, part in tower.push(row)]
        for row in (Part(1, (float(n),), (float(n),), (float(-n),)) for n in range(128))
    ]
    assert [index for index, blocks in enumerate(done) if blocks] == list(range(15, 128, 16))
    assert done[15] == [(1, 16, (120.0,), (0.0,), (0.0,))]
    assert done[127] == [
        (1, 16, (sum(range(112, 128)),), (112.0,), (-112.0,)),
        (2, 128, (sum(range(128)),), (0.0,), (0.0,)),
    ]
    assert tower.room == 16


def test_blocks_are_recorded_with_their_last_row(tmp_path: Path) -> None:
    """A batch of episodes of any size leaves the blocks that it completes, each with its place."""
    with new_record(tmp_path) as writer:
        for count in (10, 5, 200, 1):
            writer.append_episodes(
                episodes([float(count)] * count, first_step=count), updates=count
            )
    blocks = rows(tmp_path, EPISODE_BLOCKS)

    assert [block[:2] for block in blocks] == [
        *((1, last) for last in range(16, 217, 16)),
        (2, 128),
    ]
    first = blocks[0]
    # Its last row is the first of the batch of 200.
    assert first[2:5] == (200, 2.0, 200)
    assert first[5:] == (10 * 10 + 5 * 5 + 200, 5.0, 200.0, 160, 10, 10)


def test_metrics_have_blocks_of_their_own_rows(tmp_path: Path) -> None:
    """A metric that is rarely measured fills its blocks by its own count."""
    with new_record(tmp_path) as writer:
        for number in range(1, 33):
            rare = {"value_loss": summary(-1.0)} if number % 2 else {}
            metrics = {"entropy": summary(number, low=0.0, high=50.0)} | rare
            writer.append_metrics(metrics, progress(number))
    assert rows(tmp_path, METRIC_BLOCKS) == [
        (1, 1, 17, 16, sum(range(1, 17)), 0.0, 50.0, 48),
        (1, 1, 33, 16, sum(range(17, 33)), 0.0, 50.0, 48),
        (2, 1, 32, 16, -16.0, -1.0, -1.0, 48),
    ]


def test_a_failed_commit_makes_no_block_twice(tmp_path: Path) -> None:
    """What could not be written is written once when it can."""
    writer = new_record(tmp_path)
    writer.append_episodes(episodes([1.0] * 16), updates=1)
    with closing(sqlite3.connect(run_db(tmp_path), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        writer._connection.execute("PRAGMA busy_timeout = 0")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            writer.commit()
        other.execute("ROLLBACK")
    writer.append_episodes(episodes([1.0] * 16), updates=1)
    writer.close()

    assert [block[:2] for block in rows(tmp_path, EPISODE_BLOCKS)] == [(1, 16), (1, 32)]


@pytest.mark.parametrize("old", OLD_VERSIONS)
def test_an_old_record_gets_the_blocks_that_it_lacks(tmp_path: Path, old: int) -> None:
    """Opened by a writer, a record from before there were blocks has all of them."""
    old_record(tmp_path, old)
    JournalWriter(tmp_path).close()

    blocks = rows(tmp_path, EPISODE_BLOCKS)
    assert [block[1] for block in blocks] == list(range(16, OLD_EPISODES + 1, 16))
    assert len(rows(tmp_path, METRIC_BLOCKS)) == 2 * (OLD_FLUSHES // 16)
