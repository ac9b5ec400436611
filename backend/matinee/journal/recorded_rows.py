"""Rows of one series, and blocks of them, as they are recorded: found by place, read in columns."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt

from matinee.contracts.series import SeriesAxis
from matinee.journal.blocks import LEVELS, SIZES
from matinee.journal.read_ahead import read_ahead
from matinee.journal.schema import BLOCKS_SINCE, version_of

_FETCH_ROWS = 5_000
_EPISODE_Y = {"episode_return": "return", "episode_length": "length"}
_EPISODE_X = {
    SeriesAxis.ENV_STEP: "env_step",
    SeriesAxis.SECONDS: "seconds",
    SeriesAxis.UPDATE: "updates",
}
_FLUSH_X = {
    SeriesAxis.ENV_STEP: "env_step",
    SeriesAxis.SECONDS: "seconds",
    SeriesAxis.EPISODE: "episodes",
    SeriesAxis.UPDATE: "updates",
}


@dataclass(frozen=True)
class Pieces:
    """Consecutive rows, or blocks of rows, of one series. Shape of the columns: (N,).

    Attributes:
        x: Where the last row of each stands.
        mean: Of the rows' means, each row counting once.
        low: Minimum.
        high: Maximum.
        count: Of what the rows stand for.
        rows: In each piece.
        worker: Whose episode a row is; -1: several workers', or no episode.
    """

    x: npt.NDArray[np.float64]
    mean: npt.NDArray[np.float64]
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    count: npt.NDArray[np.float64]
    rows: npt.NDArray[np.float64]
    worker: npt.NDArray[np.float64]

    @classmethod
    def joined(cls, parts: Iterable[Pieces]) -> Pieces:
        """One after another."""
        columns = [[getattr(part, field.name) for part in parts] for field in fields(cls)]
        return cls(*(np.concatenate(column) if column else np.empty(0) for column in columns))


@dataclass(frozen=True)
class Span:
    """Rows after the key `after`, up to and with `until`, as blocks of `level`; 0: as rows."""

    level: int
    after: int
    until: int


@dataclass(frozen=True)
class _Tables:
    """Where a series is: ends of SQL statements, to which a range of keys is added.

    Attributes:
        row_columns: The columns of `Pieces`, of a row.
        row_key: Of a row.
        rows: The rows' table, with what belongs to a row's place.
        bare_rows: Their table alone, which is enough to count.
        block_columns: The columns of `Pieces`, of a block; `{size}` stands for its rows.
        blocks: The blocks' table, with what belongs to a block's place.
        bare_blocks: Their table alone.
        block_rows: How many rows some blocks have.
        place: Key and x of the first row or flush from a key on.
        block_place: Key and x of the first block of level 1 from a key on.
    """

    row_columns: str
    row_key: str
    rows: str
    bare_rows: str
    block_columns: str
    blocks: str
    bare_blocks: str
    block_rows: str
    place: str
    block_place: str


class RecordedRows:
    """One series of a record. Keys rise from row to row; a block has the key of its last row.

    Lives within one transaction of its connection, so that it shows one state of the file.
    """

    def __init__(self, connection: sqlite3.Connection, tables: _Tables) -> None:
        self._connection = connection
        self._tables = tables
        self._has_blocks = version_of(connection) >= BLOCKS_SINCE
        key, rows = tables.row_key, tables.bare_rows
        begin = self._number(f"SELECT coalesce(min({key}) - 1, 0) FROM {rows} {key} > 0")
        end = self._number(f"SELECT coalesce(max({key}), 0) FROM {rows} {key} > 0")
        self.last = max(end, self._block_before(1, None))
        """Key of the newest row."""
        self._thinned = self._block_before(1, begin) if begin else 0
        if self.last > end:
            self._thinned = self.last
        self.first = 0 if self._thinned else begin
        """A key before that of the oldest row."""

    def key_where(self, reached: Callable[[float], bool], *, axis_ends: int) -> int:
        """The first key whose x has reached something; the one after `axis_ends` if none has."""
        before, upto = self.first, axis_ends + 1
        while before + 1 < upto:
            middle = (before + upto) // 2
            place = self._tables.place
            if middle <= self._thinned:
                place = self._tables.block_place
            found = self._connection.execute(place, (middle,)).fetchone()
            if found is None or found[0] >= upto or reached(found[1]):
                upto = middle
            else:
                before = found[0]
        return upto

    def cover(self, after: int, until: int, level: int) -> Iterator[Span]:
        """The fewest spans of at most that level that make up a range of rows.

        Coarse blocks inside, finer ones at both edges, rows at the very edge.
        """
        if after >= until:
            return
        if level == 0:
            if after < self._thinned:
                yield Span(1, after, min(until, self._thinned))
                after = self._thinned
            if after < until:
                yield Span(0, after, until)
            return
        begin = after if after <= self.first else self._block_from(level, after)
        end = self._block_before(level, until)
        if begin is None or begin >= end:
            yield from self.cover(after, until, level - 1)
            return
        yield from self.cover(after, begin, level - 1)
        yield Span(level, begin, end)
        yield from self.cover(end, until, level - 1)

    def count(self, after: int, until: int) -> int:
        """How many rows there are in a range."""
        total = 0
        for span in self.cover(after, until, LEVELS[-1]):
            if span.level == 0:
                key, rows = self._tables.row_key, self._tables.bare_rows
                total += self._number(
                    f"SELECT count(*) FROM {rows} {key} > ? AND {key} <= ?", span.after, span.until
                )
            else:
                total += self._number(
                    f"SELECT {self._sized(self._tables.block_rows, span.level)} "
                    f"FROM {self._tables.bare_blocks} level = ? AND last > ? AND last <= ?",
                    span.level,
                    span.after,
                    span.until,
                )
        return total

    def read_ahead(self, run_dir: Path, after: int, until: int, level: int) -> int:
        """Have what `read` will need read from the disk; how many pieces that is.

        Only the spans of that very level: those at the edges are short.
        """
        tables = self._tables
        pieces = 0
        for span in self.cover(after, until, level):
            if span.level != level:
                continue
            if level == 0:
                key = tables.row_key
                pieces += read_ahead(
                    run_dir,
                    f"SELECT count(*) FROM {tables.rows} {key} > ? AND {key} <= ?",
                    after=span.after,
                    until=span.until,
                )
            else:
                pieces += read_ahead(
                    run_dir,
                    f"SELECT count(*) FROM {tables.blocks} level = ? AND last > ? AND last <= ?",
                    level,
                    after=span.after,
                    until=span.until,
                )
        return pieces

    def read(self, after: int, until: int, level: int) -> Pieces:
        """A range of rows as the fewest pieces of at most that level."""
        return Pieces.joined(list(self._pieces(self.cover(after, until, level))))

    def _pieces(self, spans: Iterable[Span]) -> Iterator[Pieces]:
        tables = self._tables
        for span in spans:
            if span.level == 0:
                cursor = self._connection.execute(
                    f"SELECT {tables.row_columns} FROM {tables.rows} {tables.row_key} > ? "
                    f"AND {tables.row_key} <= ? ORDER BY {tables.row_key}",
                    (span.after, span.until),
                )
            else:
                cursor = self._connection.execute(
                    f"SELECT {self._sized(tables.block_columns, span.level)} FROM {tables.blocks} "
                    "level = ? AND last > ? AND last <= ? ORDER BY last",
                    (span.level, span.after, span.until),
                )
            # Bit by bit, so that no bit of it holds the GIL for long.
            while rows := cursor.fetchmany(_FETCH_ROWS):
                yield Pieces(*np.asarray(rows, np.float64).T)

    def _block_before(self, level: int, key: int | None) -> int:
        """Where the last block that ends at or before a key ends; 0: there is none."""
        if not self._has_blocks:
            return 0
        return self._number(
            f"SELECT coalesce(max(last), 0) FROM {self._tables.bare_blocks} level = ? "
            "AND last <= ?",
            level,
            self._ANY if key is None else key,
        )

    def _block_from(self, level: int, key: int) -> int | None:
        """Where the first block that ends at or after a key ends."""
        if not self._has_blocks:
            return None
        (found,) = self._connection.execute(
            f"SELECT min(last) FROM {self._tables.bare_blocks} level = ? AND last >= ?",
            (level, key),
        ).fetchone()
        return None if found is None else int(found)

    def _number(self, statement: str, *values: int) -> int:
        (number,) = self._connection.execute(statement, values).fetchone()
        return int(number)

    @staticmethod
    def _sized(text: str, level: int) -> str:
        return text.replace("{size}", str(SIZES[level - 1]))

    _ANY = 2**62


def level_for(rows: int, points: int) -> int:
    """The highest level whose blocks are at least as many as the points that are asked for."""
    return sum(1 for size in SIZES if size * points <= rows)


def pieces_at(level: int, rows: int) -> int:
    """About how many pieces of a level stand for so many rows."""
    return rows // SIZES[level - 1] if level else rows


def episode_rows(connection: sqlite3.Connection, metric: str, axis: SeriesAxis) -> RecordedRows:
    """A metric of finished episodes; keys are their numbers."""
    y = _EPISODE_Y[metric]
    x = _EPISODE_X.get(axis)
    return RecordedRows(
        connection,
        _Tables(
            row_columns=f"{x or 'episode'}, {y}, {y}, {y}, 1, 1, worker",
            row_key="episode",
            rows="episodes WHERE",
            bare_rows="episodes WHERE",
            block_columns=f"{x or 'last'}, {y}_sum * 1.0 / {{size}}, {y}_min, {y}_max, "
            "{size}, {size}, -1",
            blocks="episode_blocks WHERE",
            bare_blocks="episode_blocks WHERE",
            block_rows="count(*) * {size}",
            place=f"SELECT episode, {x or 'episode'} FROM episodes WHERE episode >= ? "
            "ORDER BY episode LIMIT 1",
            block_place=f"SELECT last, {x or 'last'} FROM episode_blocks "
            "WHERE level = 1 AND last >= ? ORDER BY last LIMIT 1",
        ),
    )


def metric_rows(
    connection: sqlite3.Connection, metric: str, axis: SeriesAxis
) -> RecordedRows | None:
    """A metric with a row a flush; keys are the flushes' sequence numbers. None: it has no rows."""
    found = connection.execute("SELECT metric FROM metrics WHERE name = ?", (metric,)).fetchone()
    if found is None:
        return None
    x = _FLUSH_X[axis]
    place = f"SELECT seq, {x} FROM flushes WHERE seq >= ? ORDER BY seq LIMIT 1"
    # CROSS JOIN: the flush of each row is looked up, and never the other way round.
    return RecordedRows(
        connection,
        _Tables(
            row_columns=f"f.{x}, r.mean, r.min, r.max, r.count, 1, -1",
            row_key="r.seq",
            rows="metric_rows r CROSS JOIN flushes f ON f.seq = r.seq "
            f"WHERE r.metric = {int(found[0])} AND",
            bare_rows=f"metric_rows r WHERE r.metric = {int(found[0])} AND",
            block_columns=f"f.{x}, b.mean_sum / b.rows, b.min, b.max, b.count, b.rows, -1",
            blocks="metric_blocks b CROSS JOIN flushes f ON f.seq = b.last "
            f"WHERE b.metric = {int(found[0])} AND",
            bare_blocks=f"metric_blocks WHERE metric = {int(found[0])} AND",
            block_rows="coalesce(sum(rows), 0)",
            place=place,
            block_place=place,
        ),
    )
