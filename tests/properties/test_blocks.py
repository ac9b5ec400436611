"""Blocks never tell another story than the rows."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.records import episodes, new_record, progress, summary
from matinee.contracts.series import SeriesAxis
from matinee.journal.read_access import reading
from matinee.journal.recorded_rows import RecordedRows, episode_rows, metric_rows
from matinee.journal.schema import run_db
from matinee.journal.writer import JournalWriter

SITTINGS = st.lists(st.lists(st.integers(1, 90), min_size=1, max_size=6), min_size=1, max_size=4)
"""Batches of episodes, each with a flush, between openings of the record."""


def write(run_dir: Path, sittings: list[list[int]]) -> int:
    """A record written in so many sittings; returns how many episodes it has."""
    new_record(run_dir).close()
    total = 0
    for batches in sittings:
        with JournalWriter(run_dir) as writer:
            for count in batches:
                numbers = np.arange(total + 1, total + count + 1)
                returns = (numbers * 7 % 101).astype(float).tolist()
                writer.append_episodes(episodes(returns, first_step=10 * total + 10), updates=total)
                total += count
                writer.append_metrics(
                    {"entropy": summary(float(total % 37), low=-1.0 * count, high=200.0)},
                    progress(10 * total).model_copy(update={"episodes": total}),
                )
                writer.commit()
    return total


def tables(run_dir: Path) -> list[tuple[object, ...]]:
    """All blocks."""
    with closing(sqlite3.connect(run_db(run_dir))) as connection:
        return [
            row
            for query in ("SELECT * FROM episode_blocks", "SELECT * FROM metric_blocks")
            for row in connection.execute(query)
        ]


@settings(max_examples=25)
@given(SITTINGS)
def test_sittings_make_no_difference(sittings: list[list[int]]) -> None:
    """However often the record was closed and opened, the same rows make the same blocks."""
    together = [[count for batches in sittings for count in batches]]
    with tempfile.TemporaryDirectory() as once, tempfile.TemporaryDirectory() as often:
        write(Path(once), together)
        write(Path(often), sittings)
        assert tables(Path(once)) == tables(Path(often))


@settings(max_examples=25)
@given(SITTINGS, st.data())
def test_any_range_at_any_level_is_the_rows(sittings: list[list[int]], data: st.DataObject) -> None:
    """Count, mean, extremes and last place of a range are the same from blocks as from rows."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), sittings)
        with reading(Path(folder)) as connection:
            for recorded in (
                episode_rows(connection, "episode_return", SeriesAxis.ENV_STEP),
                metric_rows(connection, "entropy", SeriesAxis.SECONDS),
            ):
                assert recorded is not None
                after = data.draw(st.integers(recorded.first, recorded.last))
                until = data.draw(st.integers(after, recorded.last))
                agree(recorded, after, until, level=data.draw(st.integers(1, 6)))


def agree(recorded: RecordedRows, after: int, until: int, *, level: int) -> None:
    """A range read as blocks tells what it tells read as rows."""
    rows, blocks = recorded.read(after, until, 0), recorded.read(after, until, level)
    assert len(blocks.x) <= len(rows.x)
    assert recorded.count(after, until) == len(rows.x) == blocks.rows.sum()
    assert rows.count.sum() == blocks.count.sum()
    if len(rows.x):
        assert (rows.low.min(), rows.high.max()) == (blocks.low.min(), blocks.high.max())
        assert (rows.mean * rows.rows).sum() == pytest.approx(
            (blocks.mean * blocks.rows).sum(), rel=1e-9, abs=1e-9
        )
        assert rows.x[-1] == blocks.x[-1]
