"""Ranges of a long series, read as few blocks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.records import episodes, new_record, progress, summary
from matinee.contracts.series import SeriesAxis
from matinee.journal.blocks import SIZES
from matinee.journal.read_access import reading
from matinee.journal.recorded_rows import RecordedRows, Span, episode_rows, level_for, metric_rows

EPISODES = 3_000


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the record is."""
    return tmp_path_factory.mktemp("run")


@pytest.fixture(scope="module")
def recorded(run_dir: Path) -> Iterator[RecordedRows]:
    """Returns 1, 2, 3 …; ten env steps each."""
    with new_record(run_dir) as writer:
        returns = [float(number + 1) for number in range(EPISODES)]
        writer.append_episodes(episodes(returns, first_step=10), updates=1)
    with reading(run_dir) as connection:
        yield episode_rows(connection, "episode_return", SeriesAxis.ENV_STEP)


def test_a_range_is_coarse_inside_and_fine_at_its_edges(recorded: RecordedRows) -> None:
    """From the middle of blocks to the middle of blocks: rows, small blocks, large blocks, back."""
    assert list(recorded.cover(1_020, 2_200, 3)) == [
        Span(0, 1_020, 1_024),
        Span(3, 1_024, 2_048),
        Span(2, 2_048, 2_176),
        Span(1, 2_176, 2_192),
        Span(0, 2_192, 2_200),
    ]


def test_a_range_within_a_block_is_rows(recorded: RecordedRows) -> None:
    """What is smaller than a block is read row by row."""
    assert list(recorded.cover(17, 30, 6)) == [Span(0, 17, 30)]
    assert list(recorded.cover(17, 17, 6)) == []


def test_the_whole_is_read_as_few_pieces(recorded: RecordedRows) -> None:
    """The cost follows the level, not the number of rows."""
    assert len(recorded.read(0, EPISODES, 0).x) == EPISODES
    whole = recorded.read(0, EPISODES, 3)
    assert len(whole.x) < 2 + 8 + 8 + 16
    assert whole.rows.sum() == EPISODES
    assert whole.low[0] == 1
    assert whole.high[-1] == EPISODES


@pytest.mark.parametrize("level", [0, 1, 2])
def test_what_is_read_ahead_is_what_is_read(
    run_dir: Path, recorded: RecordedRows, level: int
) -> None:
    """Of the pieces of the level itself, none is left to be waited for."""
    end = EPISODES // SIZES[1] * SIZES[1]
    pieces = recorded.read_ahead(run_dir, 0, end, level)

    assert pieces == len(recorded.read(0, end, level).x)


@pytest.mark.parametrize("level", [0, 1])
def test_metrics_are_read_ahead_with_their_flushes(tmp_path: Path, level: int) -> None:
    """Rows and blocks of a metric, whose places are in another table."""
    with new_record(tmp_path) as writer:
        for number in range(1, 2 * SIZES[0] + 1):
            writer.append_metrics({"entropy": summary(1.0)}, progress(number))
    with reading(tmp_path) as connection:
        entropy = metric_rows(connection, "entropy", SeriesAxis.ENV_STEP)
        assert entropy is not None
        pieces = entropy.read_ahead(tmp_path, 0, entropy.last, level)

        assert pieces == len(entropy.read(0, entropy.last, level).x) == (2 if level else 32)


def test_a_place_is_found_by_its_x(recorded: RecordedRows) -> None:
    """The first row at or beyond an env step, or the one after the last."""
    assert recorded.key_where(lambda x: x >= 1_000, axis_ends=EPISODES) == 100
    assert recorded.key_where(lambda x: x > 1_000, axis_ends=EPISODES) == 101
    assert recorded.key_where(lambda x: x >= 0, axis_ends=EPISODES) == 1
    assert recorded.key_where(lambda x: x > 1e9, axis_ends=EPISODES) == EPISODES + 1


def test_a_level_never_has_fewer_blocks_than_points() -> None:
    """Blocks are chosen so coarse that they are few, and so fine that no point is missing."""
    assert [level_for(rows, 2_000) for rows in (10, 31_999, 32_000, 256_000, 10_000_000)] == [
        0,
        0,
        1,
        2,
        3,
    ]


def test_a_metric_that_was_never_recorded_has_no_rows(tmp_path: Path) -> None:
    """Nothing is there to be read, which is no error."""
    new_record(tmp_path).close()
    with reading(tmp_path) as connection:
        assert metric_rows(connection, "entropy", SeriesAxis.ENV_STEP) is None
