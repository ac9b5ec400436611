"""Histograms over a whole run, their neighbours added up: no count is lost by that."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import orjson

from matinee.contracts.histograms import HISTOGRAMS, MAX_BINS, HistogramSeries, HistogramSet
from matinee.contracts.series import SeriesAxis
from matinee.errors import FieldError, InvalidInputError
from matinee.journal.read_access import reading
from matinee.journal.schema import HISTOGRAMS_SINCE, version_of

_X = {
    SeriesAxis.ENV_STEP: "f.env_step",
    SeriesAxis.SECONDS: "f.seconds",
    SeriesAxis.EPISODE: "f.episodes",
    SeriesAxis.UPDATE: "f.updates",
}

_PIECE_ROWS = 5_000

_Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Rows:
    """One histogram as recorded.

    Attributes:
        x: Where each row ends. Shape: (rows,).
        exponent: Shape: (rows,).
        first: Shape: (rows,).
        length: Bins of each. Shape: (rows,).
        counts: Of all bins of all rows, one row after another. Shape: (sum of length,).
        begin: Where the first row begins.
        labels: Of the bins from 0 on; empty where they stand for ranges.
    """

    x: npt.NDArray[np.float64]
    exponent: _Integers
    first: _Integers
    length: _Integers
    counts: npt.NDArray[np.float64]
    begin: float
    labels: list[str]


def read_histograms(
    run_dir: Path,
    *,
    run_id: str,
    names: Sequence[str],
    axis: SeriesAxis,
    points: int,
    from_x: float | None = None,
    to_x: float | None = None,
) -> HistogramSet:
    """Histograms of a run along one axis, added up to at most `points` of each.

    Raises:
        InvalidInputError: a name is unknown.
    """
    unknown = [name for name in names if name not in HISTOGRAMS]
    if unknown:
        known = ", ".join(HISTOGRAMS)
        raise InvalidInputError(
            f"unknown histogram {unknown[0]!r}",
            fields=[
                FieldError(("query", "histogram"), f"{name!r} is unknown; known: {known}")
                for name in unknown
            ],
        )
    series: dict[str, HistogramSeries] = {}
    with reading(run_dir) as connection:
        (newest,) = connection.execute("SELECT max(seq) FROM events").fetchone()
        recorded = _recorded(connection)
        for name in names:
            kind = HISTOGRAMS[name].kind
            for one in [name, *(other for other in recorded if other.startswith(f"{name}."))]:
                rows = _rows(connection, one, axis, from_x=from_x, to_x=to_x)
                series[one] = _added_up(rows, points=points, kind=kind)
    return HistogramSet(run_id=run_id, x=axis, next=int(newest or 0), histograms=series)


def _recorded(connection: sqlite3.Connection) -> list[str]:
    if version_of(connection) < HISTOGRAMS_SINCE:
        return []
    return [name for (name,) in connection.execute("SELECT name FROM histograms ORDER BY name")]


def _rows(
    connection: sqlite3.Connection,
    name: str,
    axis: SeriesAxis,
    *,
    from_x: float | None,
    to_x: float | None,
) -> _Rows:
    rows: list[tuple[float, int, int, str]] = []
    labels: list[str] = []
    if version_of(connection) >= HISTOGRAMS_SINCE:
        rows = connection.execute(
            f"SELECT {_X[axis]}, r.exponent, r.first, r.counts FROM histograms h "
            "JOIN histogram_rows r ON r.histogram = h.histogram JOIN flushes f ON f.seq = r.seq "
            "WHERE h.name = ? ORDER BY r.seq",
            (name,),
        ).fetchall()
        found = connection.execute(
            "SELECT labels FROM histograms WHERE name = ?", (name,)
        ).fetchone()
        labels = orjson.loads(found[0]) if found else []
    x = np.array([row[0] for row in rows], np.float64)
    start = 0 if from_x is None else int(np.searchsorted(x, from_x, side="left"))
    # A row covers the time since the one before: the one that the range ends in belongs to it.
    end = len(rows) if to_x is None else int(np.searchsorted(x, to_x, side="left")) + 1
    inside = rows[start:end]
    return _Rows(
        x=x[start:end],
        exponent=np.array([row[1] for row in inside], np.int64),
        first=np.array([row[2] for row in inside], np.int64),
        length=np.array([row[3].count(",") + 1 for row in inside], np.int64),
        counts=_flat([row[3] for row in inside]),
        begin=float(x[start - 1]) if start > 0 else 0.0,
        labels=labels,
    )


def _flat(lists: Sequence[str]) -> npt.NDArray[np.float64]:
    """JSON lists of numbers, one after another, none empty. Shape: (sum of their lengths,).

    In pieces, so that no one of them holds the GIL for long.
    """
    pieces = [
        np.array(orjson.loads(f"[{','.join(text[1:-1] for text in piece)}]"), np.float64)
        for start in range(0, len(lists), _PIECE_ROWS)
        if (piece := lists[start : start + _PIECE_ROWS])
    ]
    return np.concatenate(pieces) if pieces else np.empty(0)


def _added_up(rows: _Rows, *, points: int, kind: Literal["counts", "values"]) -> HistogramSeries:
    recorded = len(rows.x)
    if recorded == 0:
        return HistogramSeries(
            kind=kind,
            exponent=0,
            first=0,
            edges=[],
            labels=None,
            begin=rows.begin,
            x=[],
            counts=[],
            exact=True,
            rows=0,
        )
    exponent, first, bins = _common_bins(rows)
    labels = rows.labels if exponent == 0 and first >= 0 else []
    if labels:
        # A thing that was never counted has a bin, too.
        first, bins = 0, max(len(labels), first + bins)
    edges = np.linspace(0, recorded, min(points, recorded) + 1).astype(np.int64)
    point_of_row = np.repeat(np.arange(len(edges) - 1), np.diff(edges))
    row_of_bin = np.repeat(np.arange(recorded), rows.length)
    offset = np.arange(len(rows.counts)) - np.repeat(
        np.cumsum(rows.length) - rows.length, rows.length
    )
    shift = exponent - rows.exponent
    place = ((rows.first[row_of_bin] + offset) >> shift[row_of_bin]) - first
    taken = np.ones(len(row_of_bin), np.bool_)
    if kind == "values":
        # Not a sum: what it was at the end of the point.
        taken = np.isin(row_of_bin, edges[1:] - 1)
    counts = np.zeros((len(edges) - 1, bins))
    np.add.at(counts, (point_of_row[row_of_bin[taken]], place[taken]), rows.counts[taken])
    return HistogramSeries(
        kind=kind,
        exponent=exponent,
        first=first,
        edges=((first + np.arange(bins + 1)) * 2.0**exponent).tolist(),
        labels=[*labels, *map(str, range(len(labels), bins))] if labels else None,
        begin=rows.begin,
        x=rows.x[edges[1:] - 1].tolist(),
        counts=counts.tolist(),
        exact=recorded <= points,
        rows=recorded,
    )


def _common_bins(rows: _Rows) -> tuple[int, int, int]:
    """Exponent, first and number of the narrowest bins that hold all rows and are few enough."""
    exponent = int(rows.exponent.max())
    while True:
        shift = exponent - rows.exponent
        first = int((rows.first >> shift).min())
        bins = int(((rows.first + rows.length - 1) >> shift).max()) - first + 1
        if bins <= MAX_BINS:
            return exponent, first, bins
        exponent += 1
