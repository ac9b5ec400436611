"""A metric over a whole run in a few thousand points that lose no peak."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from matinee.contracts.metrics import EPISODE_METRICS, METRICS
from matinee.contracts.series import (
    AxisStretch,
    MetricSeries,
    Series,
    SeriesAxis,
    SmoothingState,
)
from matinee.contracts.stretches import Stretch
from matinee.errors import FieldError, InvalidInputError
from matinee.journal.read_access import reading
from matinee.journal.recorded_rows import (
    Pieces,
    RecordedRows,
    episode_rows,
    level_for,
    metric_rows,
    pieces_at,
)
from matinee.journal.rewinds import Rewind, abandoned, origins, read_rewinds
from matinee.journal.smoothing import EmaState, debiased_ema_of_blocks

MANY_PIECES = 4_000
"""Some seventy pages of the file: from here on it pays to have them read at once."""


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
    """Metrics of a run along one axis: smoothed first, then gathered into about `points` bins.

    What it costs depends on `points`, not on the length of the run. No bin mixes what a rewind
    abandoned with what is the run's course: that may make a few bins more.

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
        rewinds = read_rewinds(connection)
        return Series(
            run_id=run_id,
            x=axis,
            smoothing=smoothing,
            next=int(newest or 0),
            abandoned=[_on_axis(stretch, axis) for stretch in abandoned(rewinds)],
            metrics={
                name: metric_of(
                    connection,
                    name,
                    axis,
                    points=points,
                    range_x=(from_x, to_x),
                    smoothing=smoothing,
                    rewinds=rewinds,
                    run_dir=run_dir,
                )
                for name in metrics
            },
        )


def _on_axis(stretch: Stretch, axis: SeriesAxis) -> AxisStretch:
    return AxisStretch(
        begin=getattr(stretch, f"from_{axis.value}"), end=getattr(stretch, f"until_{axis.value}")
    )


def metric_of(
    connection: sqlite3.Connection,
    name: str,
    axis: SeriesAxis = SeriesAxis.ENV_STEP,
    *,
    points: int,
    range_x: tuple[float | None, float | None] = (None, None),
    smoothing: float = 0.0,
    rewinds: Sequence[Rewind] = (),
    run_dir: Path | None = None,
) -> MetricSeries:
    """One metric of a record.

    After a rewind the average goes on from what it was at the checkpoint, like the run itself.

    Args:
        connection: In a transaction.
        name: Of a known metric.
        axis: What runs along x.
        points: At most, for each act in proportion to its rows.
        range_x: From where to where; None: open.
        smoothing: Weight of the debiased EMA.
        rewinds: All that happened, in that order.
        run_dir: Of the record, to have many pieces read from the disk at once.
    """
    is_episodes = name in EPISODE_METRICS
    recorded = (episode_rows if is_episodes else metric_rows)(connection, name, axis)
    if recorded is None:
        return _gathered([], [], points=points, state=EmaState() if smoothing else None)
    after, until = _range(recorded, *range_x)
    rows = recorded.count(after, until)
    level = level_for(rows, points)
    if run_dir is not None and pieces_at(level, rows) >= MANY_PIECES:
        recorded.read_ahead(run_dir, after, until, level)
    came_from = origins(rewinds, "episode" if is_episodes else "seq")
    cuts = {*came_from.keys(), *came_from.values()}
    spans = list(_acts(after, until, cuts))
    acts = [recorded.read(*span, level) for span in spans]
    smoothed, state = _smoothed(
        recorded, spans, acts, points=points, smoothing=smoothing, came_from=came_from
    )
    return _gathered(
        acts,
        smoothed,
        points=points,
        state=state if smoothing else None,
        with_workers=is_episodes,
    )


def _range(recorded: RecordedRows, from_x: float | None, to_x: float | None) -> tuple[int, int]:
    """Keys between which the rows are that lie in a range of the axis."""
    after, until = recorded.first, recorded.last
    if from_x is not None:
        after = recorded.key_where(lambda x: x >= from_x, axis_ends=until) - 1
    if to_x is not None:
        until = recorded.key_where(lambda x: x > to_x, axis_ends=until) - 1
    return after, until


def _acts(after: int, until: int, cuts: Collection[int]) -> Iterator[tuple[int, int]]:
    """A range of keys, cut in pieces."""
    for cut in sorted(cuts):
        if after < cut < until:
            yield after, cut
            after = cut
    yield after, until


def _smoothed(
    recorded: RecordedRows,
    spans: Sequence[tuple[int, int]],
    acts: Sequence[Pieces],
    *,
    points: int,
    smoothing: float,
    came_from: Mapping[int, int],
) -> tuple[list[npt.NDArray[np.float64]], EmaState]:
    """The means of the acts as the average over the whole series has them there, and its end.

    Args:
        recorded: The series.
        spans: The keys of each act.
        acts: What is read of them.
        points: Of the whole range.
        smoothing: Weight of the debiased EMA.
        came_from: At which key the average stood when the act after a key began.
    """
    if smoothing == 0:
        return [act.mean for act in acts], EmaState()
    cuts = {*came_from.keys(), *came_from.values()}

    def outside(first: int, last: int) -> Iterator[tuple[tuple[int, int], Pieces]]:
        level = level_for(recorded.count(first, last), points)
        for span in _acts(first, last, cuts):
            yield span, recorded.read(*span, level)

    after, until = spans[0][0], spans[-1][1]
    before = list(outside(recorded.first, after))
    rest = list(outside(until, recorded.last))
    stood: dict[int, EmaState] = {}
    state = EmaState()
    columns = []
    for (begin, end), part in (*before, *zip(spans, acts, strict=True), *rest):
        if begin in came_from:
            # What is older than the record, or than its first row, had no average.
            state = stood.get(came_from[begin], EmaState())
        column, state = debiased_ema_of_blocks(part.mean, part.rows, smoothing, state)
        columns.append(column)
        if end > begin:
            stood[end] = state
    return columns[len(before) : len(before) + len(acts)], state


def _gathered(
    acts: Sequence[Pieces],
    smoothed: Sequence[npt.NDArray[np.float64]],
    *,
    points: int,
    state: EmaState | None,
    with_workers: bool = False,
) -> MetricSeries:
    """Bins of each act, in proportion to its rows."""
    total = int(sum(act.rows.sum() for act in acts))
    exact = total <= points and all((act.rows == 1).all() for act in acts)
    bins = [
        binned(
            act,
            mean,
            points=len(mean) if exact else max(1, round(points * act.rows.sum() / total)),
        )
        for act, mean in zip(acts, smoothed, strict=True)
        if len(mean)
    ]
    x, mean, low, high, count = (
        [value for column in columns for value in column.tolist()]
        for columns in (zip(*bins, strict=True) if bins else ((),) * 5)
    )
    workers = [int(worker) for act in acts for worker in act.worker.tolist()]
    return MetricSeries(
        x=x,
        mean=mean,
        min=low,
        max=high,
        count=[int(number) for number in count],
        exact=exact,
        rows=total,
        worker=workers if exact and with_workers else None,
        smoothing_state=None
        if state is None
        else SmoothingState(last=state.last, count=state.count),
    )


def binned(
    pieces: Pieces, mean: npt.NDArray[np.float64], *, points: int
) -> tuple[npt.NDArray[np.float64], ...]:
    """Columns x, mean, min, max, count of at most `points` bins with about as many rows each.

    A bin's `x` is its last row's, so that the newest point stands at the newest row; `min` and
    `max` are those of the raw rows. Shape of `mean`: (N,), N ≥ 1.
    """
    ends_in_rows = np.cumsum(pieces.rows)
    rows_per_edge = np.linspace(0, ends_in_rows[-1], points + 1).astype(np.int64)[1:]
    ends = np.unique(np.searchsorted(ends_in_rows, rows_per_edge, side="left") + 1)
    starts = np.concatenate([[0], ends[:-1]])
    rows = np.add.reduceat(pieces.rows, starts)
    return (
        pieces.x[ends - 1],
        np.add.reduceat(mean * pieces.rows, starts) / rows,
        np.minimum.reduceat(pieces.low, starts),
        np.maximum.reduceat(pieces.high, starts),
        np.add.reduceat(pieces.count, starts),
    )
