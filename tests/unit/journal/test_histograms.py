"""Histograms over a whole run, added up to few enough to draw."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fakes.records import new_record, progress
from matinee.contracts.histograms import MAX_BINS, Histogram, HistogramSeries, HistogramSet
from matinee.contracts.series import SeriesAxis
from matinee.errors import InvalidInputError
from matinee.journal.histograms import read_histograms
from matinee.journal.writer import JournalWriter


def append(writer: JournalWriter, env_steps: int, **histograms: Histogram) -> None:
    """One row of each."""
    now = progress(env_steps).model_copy(update={"episodes": env_steps // 5})
    named = {name.replace("__", "."): h for name, h in histograms.items()}
    labels = {"actions": ("0", "1", "2"), "layer_weight_norm": ("trunk", "value")}
    writer.append_histograms(named, now, labels=labels)


def read(run_dir: Path, name: str, *, points: int = 300, **options: float) -> HistogramSeries:
    """One of them."""
    axis = SeriesAxis.ENV_STEP
    return read_all(run_dir, name, points=points, axis=axis, **options).histograms[name]


def read_all(
    run_dir: Path,
    name: str,
    *,
    points: int = 300,
    axis: SeriesAxis = SeriesAxis.ENV_STEP,
    **x: float,
) -> HistogramSet:
    """All that a name stands for."""
    return read_histograms(run_dir, run_id="run", names=[name], axis=axis, points=points, **x)


def test_few_rows_are_given_one_by_one(tmp_path: Path) -> None:
    """Bins of different ranges are brought to the same ones; each point ends at its row."""
    with new_record(tmp_path) as writer:
        append(writer, 10, policy_lag=Histogram(0, 1, (4.0, 2.0)))
        append(writer, 20, policy_lag=Histogram(0, 0, (1.0,)))
    answer = read_all(tmp_path, "policy_lag")
    lags = answer.histograms["policy_lag"]

    assert (lags.exponent, lags.first, lags.edges) == (0, 0, [0.0, 1.0, 2.0, 3.0])
    assert lags.counts == [[0, 4, 2], [1, 0, 0]]
    assert (lags.begin, lags.x, lags.exact, lags.rows) == (0, [10, 20], True, 2)
    assert lags.labels is None
    assert answer.next == 3


def test_added_up_histograms_lose_no_count(tmp_path: Path) -> None:
    """Random rows of all widths: for any number of points the totals are those of the rows."""
    generator = np.random.default_rng(1)
    rows = [
        Histogram(
            int(generator.integers(-3, 4)),
            int(generator.integers(-40, 40)),
            tuple(generator.integers(0, 9, generator.integers(1, 20)).astype(float).tolist()),
        )
        for _ in range(101)
    ]
    with new_record(tmp_path) as writer:
        for number, row in enumerate(rows, 1):
            append(writer, 10 * number, episode_return=row)
    slow = rows[0]
    for row in rows[1:]:
        slow = slow.plus(row)
    for points in (1, 7, 100, 300):
        series = read(tmp_path, "episode_return", points=points)
        together = np.sum(series.counts, axis=0)

        assert len(series.x) == min(points, 101)
        assert len(series.edges) - 1 == len(together) <= MAX_BINS
        assert (series.exponent, series.first) == (slow.exponent, slow.first)
        assert together.tolist() == list(slow.counts)
        assert series.x[-1] == 1010
        assert series.exact == (points > 101)


def test_a_range_begins_where_the_row_before_ended(tmp_path: Path) -> None:
    """Zoomed in: all rows that cover some of the range, and the place where the first begins."""
    with new_record(tmp_path) as writer:
        for step in (10, 20, 30, 40):
            append(writer, step, policy_lag=Histogram(0, step, (1.0,)))
    part = read(tmp_path, "policy_lag", from_x=15, to_x=30)
    between = read(tmp_path, "policy_lag", from_x=20, to_x=25)

    assert (part.begin, part.x, part.rows) == (10, [20, 30], 2)
    assert (between.begin, between.x) == (10, [20, 30])
    assert read(tmp_path, "policy_lag", from_x=50).x == []


def test_things_have_labels_and_all_of_them_a_bin(tmp_path: Path) -> None:
    """An action that was never taken is a row of zeros, not a row that is missing."""
    with new_record(tmp_path) as writer:
        append(writer, 10, actions=Histogram(0, 1, (3.0,)), actions__1=Histogram(0, 0, (1.0,)))
    both = read_all(tmp_path, "actions").histograms

    assert list(both) == ["actions", "actions.1"]
    assert both["actions"].labels == ["0", "1", "2"]
    assert both["actions"].counts == [[0, 3, 0]]
    assert both["actions.1"].labels is None


def test_values_are_not_added(tmp_path: Path) -> None:
    """A norm is what it was at the end of the point."""
    with new_record(tmp_path) as writer:
        for step in (10, 20, 30, 40):
            append(writer, step, layer_weight_norm=Histogram(0, 0, (float(step), 1 / 3)))
    norms = read(tmp_path, "layer_weight_norm", points=2)

    assert norms.counts == [[20, 0.333333], [40, 0.333333]]
    assert norms.labels == ["trunk", "value"]


@pytest.mark.parametrize(
    ("axis", "x"),
    [
        (SeriesAxis.ENV_STEP, [10, 20]),
        (SeriesAxis.SECONDS, [0.1, 0.2]),
        (SeriesAxis.EPISODE, [2, 4]),
        (SeriesAxis.UPDATE, [1, 2]),
    ],
)
def test_every_axis(tmp_path: Path, axis: SeriesAxis, x: list[float]) -> None:
    """Rows stand at the right place on each of the four axes."""
    with new_record(tmp_path) as writer:
        append(writer, 10, policy_lag=Histogram(0, 0, (1.0,)))
        append(writer, 20, policy_lag=Histogram(0, 0, (1.0,)))
    assert read_all(tmp_path, "policy_lag", axis=axis).histograms["policy_lag"].x == x


def test_nothing_counted_is_no_error_and_no_name_is(tmp_path: Path) -> None:
    """A histogram that this run has not recorded (yet) is empty; an unknown name is refused."""
    new_record(tmp_path).close()
    empty = read(tmp_path, "actions")
    assert (empty.x, empty.counts, empty.edges, empty.rows) == ([], [], [], 0)
    with pytest.raises(InvalidInputError) as caught:
        read(tmp_path, "happiness")
    (field,) = caught.value.fields
    assert field.loc == ("query", "histogram")
    assert "'happiness' is unknown; known: " in field.message
