"""Consecutive rows added up into blocks of 16, 128, 1,024 …, as they are recorded.

A chart of a long run reads blocks instead of rows, so that it costs the same for 10⁴ and for 10⁷
episodes. A block is recorded in the commit in which its last row is. Blocks count rows, not time,
so the same rows make the same blocks however they were committed.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matinee.contracts.metrics import MetricSummary
from matinee.journal.bulk_insert import insert_rows

SIZES = (16, 128, 1_024, 8_192, 65_536, 524_288)
"""Rows of a block, by level from 1 on. Each is a multiple of the one before."""

LEVELS = range(1, len(SIZES) + 1)
_PIECE_ROWS = 5_000

EpisodeBlock = tuple[int, int, int, float, int, float, float, float, int, int, int]
MetricBlock = tuple[int, int, int, float, float, float, int]
"""As in `metric_blocks`, without the metric."""

_Reals = npt.NDArray[np.float64]
_Integers = npt.NDArray[np.int64]


class Part(NamedTuple):
    """Some consecutive rows, added up."""

    rows: int
    sums: tuple[float, ...]
    lows: tuple[float, ...]
    highs: tuple[float, ...]

    def joined(self, other: Part) -> Part:
        """Both, one after the other."""
        return Part(
            self.rows + other.rows,
            tuple(map(sum, zip(self.sums, other.sums, strict=True))),
            tuple(map(min, self.lows, other.lows)),
            tuple(map(max, self.highs, other.highs)),
        )


class Tower:
    """The block of each level that is not full yet, of one series."""

    def __init__(self) -> None:
        self._open: list[Part | None] = [None] * len(SIZES)

    @property
    def room(self) -> int:
        """Rows until the block of level 1 is full."""
        lowest = self._open[0]
        return SIZES[0] - (lowest.rows if lowest else 0)

    def push(self, part: Part) -> Iterator[tuple[int, Part]]:
        """Add at most `room` rows; gives the blocks that they complete, by level."""
        for level in LEVELS:
            begun = self._open[level - 1]
            whole = begun.joined(part) if begun else part
            if whole.rows < SIZES[level - 1]:
                self._open[level - 1] = whole
                return
            self._open[level - 1] = None
            yield level, whole
            part = whole

    def begin(self, level: int, blocks: Iterable[Part]) -> None:
        """Go on with a level's open block from recorded ones of the level below."""
        for block in blocks:
            begun = self._open[level - 1]
            self._open[level - 1] = begun.joined(block) if begun else block


class EpisodeBlocks:
    """Blocks of finished episodes."""

    def __init__(self) -> None:
        self._tower = Tower()

    def add(
        self,
        first: int,
        *,
        env_step: _Integers,
        seconds: _Reals,
        updates: _Integers,
        returns: _Reals,
        lengths: _Integers,
    ) -> list[EpisodeBlock]:
        """Add episodes, numbered from `first` on; the blocks that they complete.

        Shape of all columns: (N,).
        """
        count = len(returns)
        starts = [0, *range(self._tower.room, count, SIZES[0])]
        return_sums = np.add.reduceat(returns, starts).tolist()
        return_lows = np.minimum.reduceat(returns, starts).tolist()
        return_highs = np.maximum.reduceat(returns, starts).tolist()
        length_sums = np.add.reduceat(lengths, starts).tolist()
        length_lows = np.minimum.reduceat(lengths, starts).tolist()
        length_highs = np.maximum.reduceat(lengths, starts).tolist()
        ends = [*starts[1:], count]
        blocks: list[EpisodeBlock] = []
        for index, (start, end) in enumerate(zip(starts, ends, strict=True)):
            part = Part(
                end - start,
                (return_sums[index], length_sums[index]),
                (return_lows[index], length_lows[index]),
                (return_highs[index], length_highs[index]),
            )
            last = end - 1
            blocks.extend(
                (
                    level,
                    first + last,
                    int(env_step[last]),
                    float(seconds[last]),
                    int(updates[last]),
                    block.sums[0],
                    block.lows[0],
                    block.highs[0],
                    int(block.sums[1]),
                    int(block.lows[1]),
                    int(block.highs[1]),
                )
                for level, block in self._tower.push(part)
            )
        return blocks

    @classmethod
    def of(cls, connection: sqlite3.Connection) -> EpisodeBlocks:
        """Go on where the record ends; blocks that it lacks are recorded first."""
        self = cls()
        ends = _ends(connection, "episode_blocks", "")
        for level in LEVELS[1:]:
            self._tower.begin(
                level,
                (
                    Part(SIZES[level - 2], tuple(row[:2]), tuple(row[2:4]), tuple(row[4:]))
                    for row in connection.execute(
                        "SELECT return_sum, length_sum, return_min, length_min, return_max, "
                        "length_max FROM episode_blocks WHERE level = ? AND last > ? ORDER BY last",
                        (level - 1, ends[level]),
                    )
                ),
            )
        rows = connection.execute(
            "SELECT episode, env_step, seconds, updates, return, length FROM episodes "
            "WHERE episode > ? ORDER BY episode",
            (ends[1],),
        )
        while piece := rows.fetchmany(_PIECE_ROWS):
            episode, env_step, seconds, updates, returns, lengths = zip(*piece, strict=True)
            blocks = self.add(
                episode[0],
                env_step=np.asarray(env_step, np.int64),
                seconds=np.asarray(seconds, np.float64),
                updates=np.asarray(updates, np.int64),
                returns=np.asarray(returns, np.float64),
                lengths=np.asarray(lengths, np.int64),
            )
            insert_rows(connection, "episode_blocks", blocks)
        return self


class MetricBlocks:
    """Blocks of one metric's rows, one row a flush."""

    def __init__(self) -> None:
        self._tower = Tower()
        self._empty_lowest()

    def _empty_lowest(self) -> None:
        """Begin a block of level 1: as bare numbers, for every metric adds to its own each time."""
        self._rows, self._mean_sum, self._count = 0, 0.0, 0
        self._low, self._high = math.inf, -math.inf

    def add(self, seq: int, mean: float, low: float, high: float, count: int) -> list[MetricBlock]:
        """Add a row; the blocks that it completes."""
        self._rows += 1
        self._mean_sum += mean
        self._count += count
        self._low, self._high = min(self._low, low), max(self._high, high)
        if self._rows < SIZES[0]:
            return []
        lowest = Part(self._rows, (self._mean_sum, self._count), (self._low,), (self._high,))
        self._empty_lowest()
        return [
            (
                level,
                seq,
                block.rows,
                block.sums[0],
                block.lows[0],
                block.highs[0],
                int(block.sums[1]),
            )
            for level, block in self._tower.push(lowest)
        ]

    def add_summary(self, seq: int, summary: MetricSummary) -> list[MetricBlock]:
        """Add what the metric did since the last flush; the blocks that this completes."""
        return self.add(seq, summary.mean, summary.min, summary.max, summary.count)

    @classmethod
    def of(cls, connection: sqlite3.Connection, metric: int) -> MetricBlocks:
        """Go on where the record ends; blocks that it lacks are recorded first."""
        self = cls()
        ends = _ends(connection, "metric_blocks", "metric = ? AND ", metric)
        for level in LEVELS[1:]:
            self._tower.begin(
                level,
                (
                    Part(rows, (mean_sum, count), (low,), (high,))
                    for rows, mean_sum, low, high, count in connection.execute(
                        "SELECT rows, mean_sum, min, max, count FROM metric_blocks "
                        "WHERE metric = ? AND level = ? AND last > ? ORDER BY last",
                        (metric, level - 1, ends[level]),
                    )
                ),
            )
        rows = connection.execute(
            "SELECT seq, mean, min, max, count FROM metric_rows WHERE metric = ? AND seq > ? "
            "ORDER BY seq",
            (metric, ends[1]),
        )
        while piece := rows.fetchmany(_PIECE_ROWS):
            blocks = [block for row in piece for block in self.add(*row)]
            insert_rows(connection, "metric_blocks", [(metric, *block) for block in blocks])
        return self


def _ends(connection: sqlite3.Connection, table: str, where: str, *values: int) -> dict[int, int]:
    """Where the newest block of each level ends."""
    return {
        level: int(
            connection.execute(
                f"SELECT coalesce(max(last), 0) FROM {table} WHERE {where}level = ?",
                (*values, level),
            ).fetchone()[0]
        )
        for level in LEVELS
    }
