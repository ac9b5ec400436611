"""A metric over a whole run in a few thousand points that lose no peak."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from matinee.contracts.metrics import EPISODE_METRICS, METRICS
from matinee.contracts.series import MetricSeries, Series, SeriesAxis, SmoothingState
from matinee.errors import FieldError, InvalidInputError
from matinee.journal.reader import reading
from matinee.journal.smoothing import debiased_ema

_Column = npt.NDArray[np.float64]

_EPISODE_X = {
    SeriesAxis.ENV_STEP: "env_step",
    SeriesAxis.SECONDS: "seconds",
    SeriesAxis.EPISODE: "episode",
    SeriesAxis.UPDATE: "updates",
}
_FLUSH_X = {
    SeriesAxis.ENV_STEP: "f.env_step",
    SeriesAxis.SECONDS: "f.seconds",
    SeriesAxis.EPISODE: "f.episodes",
    SeriesAxis.UPDATE: "f.updates",
}
_PIECE_ROWS = 5_000
_EPISODE_Y = {"episode_return": "return", "episode_length": "length"}


def read_series(
    run_dir: Path,
    *,
    run_id: str,
    metrics: Sequence[str],
    axis: SeriesAxis,
    points: int,
    from_x: float | None = None,
    to_x: float | None = None,
    smoothing: float = 0.0,
) -> Series:
    """Metrics of a run along one axis: smoothed first, then gathered into at most `points` bins.

    Raises:
        InvalidInputError: a metric is unknown.
    """
    unknown = [name for name in metrics if name not in METRICS]
    if unknown:
        raise InvalidInputError(
            f"unknown metric {unknown[0]!r}",
            fields=[
                FieldError(("query", "metric"), f"{name!r} is unknown; known: {', '.join(METRICS)}")
                for name in unknown
            ],
        )
    with reading(run_dir) as connection:
        (newest,) = connection.execute("SELECT max(seq) FROM events").fetchone()
        columns = {name: _rows(connection, name, axis) for name in metrics}
        workers = _workers(connection) if any(name in EPISODE_METRICS for name in metrics) else None
    return Series(
        run_id=run_id,
        x=axis,
        smoothing=smoothing,
        next=int(newest or 0),
        metrics={
            name: condense(
                *rows,
                points=points,
                from_x=from_x,
                to_x=to_x,
                smoothing=smoothing,
                worker=workers if name in EPISODE_METRICS else None,
            )
            for name, rows in columns.items()
        },
    )


def _rows(
    connection: sqlite3.Connection, metric: str, axis: SeriesAxis
) -> tuple[_Column, _Column, _Column, _Column, _Column]:
    """Columns x, mean, min, max, count as recorded. Shape: (N,) each."""
    if metric in EPISODE_METRICS:
        y = _EPISODE_Y[metric]
        table = _table(
            connection.execute(f"SELECT {_EPISODE_X[axis]}, {y} FROM episodes ORDER BY episode"),
            columns=2,
        )
        x, values = table[:, 0], table[:, 1]
        return x, values, values, values, np.ones_like(values)
    cursor = connection.execute(
        f"SELECT {_FLUSH_X[axis]}, r.mean, r.min, r.max, r.count FROM metrics m "
        "JOIN metric_rows r ON r.metric = m.metric JOIN flushes f ON f.seq = r.seq "
        "WHERE m.name = ? ORDER BY r.seq",
        (metric,),
    )
    table = _table(cursor, columns=5)
    return table[:, 0], table[:, 1], table[:, 2], table[:, 3], table[:, 4]


def _workers(connection: sqlite3.Connection) -> npt.NDArray[np.int64]:
    """Whose each episode was. Shape: (N,)."""
    rows = connection.execute("SELECT worker FROM episodes ORDER BY episode").fetchall()
    return np.asarray(rows, dtype=np.int64).reshape(-1)


def _table(cursor: sqlite3.Cursor, *, columns: int) -> _Column:
    """All rows. Shape: (N, columns). In pieces, so that no one of them holds the GIL for long."""
    pieces = []
    while rows := cursor.fetchmany(_PIECE_ROWS):
        pieces.append(np.asarray(rows, dtype=np.float64))
    return np.concatenate(pieces) if pieces else np.empty((0, columns))


def condense(
    x: _Column,
    mean: _Column,
    low: _Column,
    high: _Column,
    count: _Column,
    *,
    points: int,
    from_x: float | None,
    to_x: float | None,
    smoothing: float,
    worker: npt.NDArray[np.int64] | None = None,
) -> MetricSeries:
    """Smooth the whole series, cut the range out of it, gather it into at most `points` bins.

    A bin's `x` is its last row's, so that the newest point stands at the newest row; `min` and
    `max` are those of the raw rows. Shape of the columns: (N,).
    """
    smoothed, state = debiased_ema(mean, smoothing)
    inside = np.ones(len(x), dtype=np.bool_)
    if from_x is not None:
        inside &= x >= from_x
    if to_x is not None:
        inside &= x <= to_x
    x, smoothed, low, high, count = (column[inside] for column in (x, smoothed, low, high, count))
    rows = len(x)
    exact = rows <= points
    if not exact:
        edges = np.linspace(0, rows, points + 1).astype(np.int64)
        starts, ends = edges[:-1], edges[1:]
        x = x[ends - 1]
        smoothed = np.add.reduceat(smoothed, starts) / (ends - starts)
        low = np.minimum.reduceat(low, starts)
        high = np.maximum.reduceat(high, starts)
        count = np.add.reduceat(count, starts)
    return MetricSeries(
        x=x.tolist(),
        mean=smoothed.tolist(),
        min=low.tolist(),
        max=high.tolist(),
        count=count.astype(np.int64).tolist(),
        exact=exact,
        rows=rows,
        worker=worker[inside].tolist() if exact and worker is not None else None,
        smoothing_state=SmoothingState(last=state.last, count=state.count) if smoothing else None,
    )
