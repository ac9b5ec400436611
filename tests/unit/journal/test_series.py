"""A metric over a whole run, small enough to draw."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fakes.records import episodes, new_record, progress, summary
from matinee.contracts.events import CheckpointSaved, LogWritten
from matinee.contracts.series import AxisStretch, Series, SeriesAxis
from matinee.errors import InvalidInputError, JournalError
from matinee.journal.read_access import reading
from matinee.journal.recorded_rows import RecordedRows
from matinee.journal.series import metric_of, read_series
from matinee.journal.smoothing import debiased_ema


def record(run_dir: Path, flushes: int) -> None:
    """A run of so many flushes, ten env steps and one episode each."""
    with new_record(run_dir) as writer:
        for number in range(1, flushes + 1):
            writer.append_episodes(
                episodes([float(number)], worker=number % 2, first_step=10 * number),
                updates=number,
            )
            spike = 1000.0 if number == flushes // 2 else float(number)
            writer.append_metrics(
                {"entropy": summary(float(number), low=-float(number), high=spike)},
                progress(10 * number).model_copy(update={"episodes": number}),
            )


def read(
    run_dir: Path, metric: str, axis: SeriesAxis = SeriesAxis.ENV_STEP, **options: float
) -> Series:
    """One metric."""
    points = int(options.pop("points", 2000))
    return read_series(run_dir, run_id="run", metrics=[metric], axis=axis, points=points, **options)


def test_a_short_series_is_exact(tmp_path: Path) -> None:
    """What fits is given row by row."""
    record(tmp_path, 5)
    series = read(tmp_path, "entropy")
    entropy = series.metrics["entropy"]

    assert entropy.exact
    assert entropy.rows == 5
    assert entropy.x == [10, 20, 30, 40, 50]
    assert entropy.mean == [1, 2, 3, 4, 5]
    assert entropy.min == [-1, -2, -3, -4, -5]
    assert entropy.count == [3] * 5
    assert series.next == 11


def test_an_exact_episode_knows_its_worker(tmp_path: Path) -> None:
    """Row by row an episode says whose it was; a bin and an update stand for several workers."""
    record(tmp_path, 5)

    exact = read(tmp_path, "episode_return", from_x=20, to_x=40).metrics["episode_return"]
    binned = read(tmp_path, "episode_return", points=2).metrics["episode_return"]

    assert exact.worker == [0, 1, 0]
    assert binned.worker is None
    assert read(tmp_path, "entropy").metrics["entropy"].worker is None


def test_a_long_series_keeps_its_peaks(tmp_path: Path) -> None:
    """Downsampled, a series keeps its extremes and its last row, and says that it is inexact."""
    record(tmp_path, 200)
    entropy = read(tmp_path, "entropy", points=20).metrics["entropy"]

    assert not entropy.exact
    assert (entropy.rows, len(entropy.x)) == (200, 20)
    assert max(entropy.max) == 1000
    assert min(entropy.min) == -200
    assert entropy.x[-1] == 2000
    assert sum(entropy.count) == 600


@pytest.mark.parametrize(
    ("axis", "flush_x", "episode_x"),
    [
        (SeriesAxis.ENV_STEP, [10, 20, 30], [10, 20, 30]),
        (SeriesAxis.SECONDS, [0.1, 0.2, 0.3], [0.1, 0.2, 0.3]),
        (SeriesAxis.EPISODE, [1, 2, 3], [1, 2, 3]),
        (SeriesAxis.UPDATE, [1, 2, 3], [1, 2, 3]),
    ],
)
def test_every_axis(
    tmp_path: Path, axis: SeriesAxis, flush_x: list[float], episode_x: list[float]
) -> None:
    """Metrics and episodes stand at the right place on each of the four axes."""
    record(tmp_path, 3)
    assert read(tmp_path, "entropy", axis).metrics["entropy"].x == pytest.approx(flush_x)
    returns = read(tmp_path, "episode_return", axis).metrics["episode_return"]
    assert returns.x == pytest.approx(episode_x)
    assert returns.mean == [1, 2, 3]


def test_smoothing_comes_before_the_cut(tmp_path: Path) -> None:
    """A range shows the same smoothed values that the whole chart shows there."""
    record(tmp_path, 50)
    whole = read(tmp_path, "entropy", smoothing=0.9).metrics["entropy"]
    part = read(tmp_path, "entropy", smoothing=0.9, from_x=200, to_x=300).metrics["entropy"]

    first = whole.x.index(200)
    assert part.x == whole.x[first : first + 11]
    assert part.mean == pytest.approx(whole.mean[first : first + 11])
    assert part.max == [1000 if n == 25 else n for n in range(20, 31)]


def test_a_live_chart_can_go_on_smoothing(tmp_path: Path) -> None:
    """The smoothing's state comes along, so that new rows continue the same average."""
    record(tmp_path, 30)
    entropy = read(tmp_path, "entropy", smoothing=0.5).metrics["entropy"]
    assert entropy.smoothing_state is not None
    assert entropy.smoothing_state.count == 30
    last = entropy.smoothing_state.last / (1 - 0.5**30)
    assert last == pytest.approx(entropy.mean[-1])
    assert np.isfinite(entropy.mean).all()


def test_a_metric_without_values_is_empty(tmp_path: Path) -> None:
    """A metric that this run has not recorded (yet) is an empty series, not an error."""
    record(tmp_path, 1)
    assert read(tmp_path, "value_loss").metrics["value_loss"].x == []


def test_a_missing_record_is_an_error_in_words(tmp_path: Path) -> None:
    """Where there is no record there is no series either."""
    with pytest.raises(JournalError, match=r"no run\.db"):
        read(tmp_path, "entropy")


def test_an_unknown_metric_is_refused(tmp_path: Path) -> None:
    """A name that no metric has is refused, with the names that there are."""
    record(tmp_path, 1)
    with pytest.raises(InvalidInputError) as caught:
        read(tmp_path, "happiness")
    (field,) = caught.value.fields
    assert field.loc == ("query", "metric")
    assert "'happiness' is unknown; known: " in field.message


def test_no_point_mixes_acts(tmp_path: Path) -> None:
    """What a rewind abandoned has points of its own, and the series says where it lies."""
    with new_record(tmp_path) as writer:
        writer.append_episodes(episodes([1.0] * 100, first_step=10), updates=1)
        writer.append(
            CheckpointSaved, env_step=1000, checkpoint_id="c", cause="command", size_bytes=1
        )
        writer.append_episodes(episodes([-1.0] * 50, first_step=1010), updates=2)
        stretch = writer.stretch_after("c")
        assert stretch is not None
        seq = writer.append(LogWritten, env_step=1500, level="info", message="rewound")
        writer.abandon(stretch, seq=seq, checkpoint_id="c")
        writer.append_episodes(episodes([2.0] * 850, first_step=1510), updates=3)

    series = read(tmp_path, "episode_return", points=20)
    returns = series.metrics["episode_return"]

    assert series.abandoned == [AxisStretch(begin=1000, end=1500)]
    assert returns.min == returns.max == [1.0] * 2 + [-1.0] + [2.0] * 17
    assert returns.x[2] == 1500
    assert read(tmp_path, "entropy", SeriesAxis.EPISODE).abandoned == [
        AxisStretch(begin=100, end=150)
    ]


def rewound(run_dir: Path, *, rows: int = 1) -> tuple[list[float], list[float], list[float]]:
    """A record that went back once: its beginning, what was abandoned, and what followed."""
    before, lost, after = ([value] * rows for value in (10.0, -50.0, 20.0))
    before[-1] = 12.0
    with new_record(run_dir) as writer:
        steps = 0

        def train(values: list[float]) -> None:
            nonlocal steps
            writer.append_episodes(episodes(values, first_step=10 * steps + 10), updates=steps)
            for value in values:
                steps += 1
                writer.append_metrics(
                    {"entropy": summary(value, low=value, high=value)},
                    progress(10 * steps).model_copy(update={"episodes": steps}),
                )

        train(before)
        writer.append(
            CheckpointSaved, env_step=10 * steps, checkpoint_id="c", cause="command", size_bytes=1
        )
        train(lost)
        stretch = writer.stretch_after("c")
        assert stretch is not None
        seq = writer.append(LogWritten, env_step=10 * steps, level="info", message="rewound")
        writer.abandon(stretch, seq=seq, checkpoint_id="c")
        train(after)
    return before, lost, after


@pytest.mark.parametrize("metric", ["episode_return", "entropy"])
def test_smoothing_goes_on_from_the_checkpoint(tmp_path: Path, metric: str) -> None:
    """After a rewind the line is that of a run that never went through what was abandoned."""
    before, lost, after = rewound(tmp_path, rows=40)
    course, _ = debiased_ema(np.array([*before, *after]), 0.9)
    detour, _ = debiased_ema(np.array([*before, *lost]), 0.9)

    series = read(tmp_path, metric, smoothing=0.9).metrics[metric]
    zoomed = read(tmp_path, metric, smoothing=0.9, from_x=1000, to_x=1100).metrics[metric]

    assert series.exact
    assert series.mean == pytest.approx([*detour, *course[len(before) :]])
    assert zoomed.mean == pytest.approx(course[59:70])
    assert series.smoothing_state is not None
    assert zoomed.smoothing_state == series.smoothing_state
    assert series.smoothing_state.count == len(before) + len(after)
    newest = series.smoothing_state.last / (1 - 0.9**series.smoothing_state.count)
    assert newest == pytest.approx(course[-1])


def test_a_chart_that_goes_on_after_a_rewind_begins_at_the_checkpoint(tmp_path: Path) -> None:
    """Right after a rewind, before anything new came, the average stands where it stood then."""
    with new_record(tmp_path) as writer:
        writer.append_episodes(episodes([1.0] * 10, first_step=10), updates=1)
        writer.append(
            CheckpointSaved, env_step=100, checkpoint_id="c", cause="command", size_bytes=1
        )
        writer.append_episodes(episodes([-1.0] * 10, first_step=110), updates=2)
        stretch = writer.stretch_after("c")
        assert stretch is not None
        seq = writer.append(LogWritten, env_step=200, level="info", message="rewound")
        writer.abandon(stretch, seq=seq, checkpoint_id="c")

    state = read(tmp_path, "episode_return", smoothing=0.5).metrics["episode_return"]

    assert state.smoothing_state is not None
    assert state.smoothing_state.count == 10
    assert state.smoothing_state.last == pytest.approx(1 - 0.5**10)


def test_a_thinned_line_goes_on_from_the_checkpoint_too(tmp_path: Path) -> None:
    """Where points stand for many rows, nothing abandoned is in what follows, either."""
    rewound(tmp_path, rows=2_000)

    series = read(tmp_path, "entropy", points=60, smoothing=0.999).metrics["entropy"]

    assert not series.exact
    following = [mean for x, mean in zip(series.x, series.mean, strict=True) if x > 40_000]
    assert min(following) > 9.9


def test_a_long_series_costs_what_its_points_cost(tmp_path: Path) -> None:
    """Ten times the episodes take no more of SQLite's steps, and tell the same of each return."""
    steps = {}
    for length in (20_000, 200_000):
        run_dir = tmp_path / str(length)
        with new_record(run_dir) as writer:
            for first in range(0, length, 1_000):
                returns = [float(n % 500) for n in range(first, first + 1_000)]
                writer.append_episodes(episodes(returns, first_step=10 * first + 10), updates=first)
        count = 0

        def tick() -> int:
            nonlocal count
            count += 1
            return 0

        with reading(run_dir) as connection:
            connection.set_progress_handler(tick, 100)
            series = metric_of(connection, "episode_return", points=100, smoothing=0.5)
        steps[length] = count
        assert not series.exact
        assert (series.rows, sum(series.count)) == (length, length)
        assert (max(series.max), min(series.min)) == (499, 0)
        assert series.x[-1] == 10 * length
        assert np.mean(series.mean) == pytest.approx(249.5, rel=0.05)
    assert steps[200_000] < 1.5 * steps[20_000]


def test_reading_ahead_changes_no_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A chart for which the disk was asked in advance is the same chart."""
    record(tmp_path, 300)
    plain = read(tmp_path, "episode_return", points=10, from_x=55.0)
    asked: list[int] = []
    read_ahead = RecordedRows.read_ahead

    def noted(self: RecordedRows, run_dir: Path, after: int, until: int, level: int) -> int:
        asked.append(read_ahead(self, run_dir, after, until, level))
        return asked[-1]

    monkeypatch.setattr("matinee.journal.series.MANY_PIECES", 10)
    monkeypatch.setattr(RecordedRows, "read_ahead", noted)
    assert read(tmp_path, "episode_return", points=10, from_x=55.0) == plain
    assert asked == [17]


def test_smoothing_over_blocks_is_close_to_smoothing_over_rows(tmp_path: Path) -> None:
    """A range of a long series is smoothed as if the rows before it had been, too."""
    with new_record(tmp_path) as writer:
        returns = [float(n // 100) for n in range(5_000)]
        writer.append_episodes(episodes(returns, first_step=10), updates=1)
    exact, _ = debiased_ema(np.asarray(returns), 0.99)
    part = read(tmp_path, "episode_return", points=10, smoothing=0.99, from_x=40_010)
    series = part.metrics["episode_return"]

    assert series.rows == 1_000
    assert series.mean == pytest.approx(exact[4_000:].reshape(10, 100).mean(axis=1), abs=0.5)
    assert series.smoothing_state is not None
    assert series.smoothing_state.count == 5_000
