"""The oldest rows go where the spec says so, and nothing that charts show goes with them."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from fakes.records import NOW, SPEC, episodes, progress, summary
from matinee.contracts.histograms import Histogram
from matinee.contracts.run_parts import RecordSpec
from matinee.contracts.series import MetricSeries, SeriesAxis
from matinee.journal import thinning
from matinee.journal.reader import JournalReader
from matinee.journal.series import read_series
from matinee.journal.writer import JournalWriter

KEEP = 10_000
ROWS = 16_000
THINNED = RecordSpec(keep_metric_rows=KEEP, keep_episodes=KEEP)


def record(run_dir: Path, plan: RecordSpec, *, commits: int = 10) -> None:
    """So many episodes and flushes, and a histogram now and then; every commit may thin."""
    spec = SPEC.model_copy(update={"record": plan})
    with JournalWriter.create(run_dir, run_id="run", spec=spec, created_at=NOW) as writer:
        for number in range(ROWS):
            writer.append_metrics(
                {"entropy": summary(number % 100)},
                progress(10 * number + 10).model_copy(update={"episodes": number + 1}),
            )
            if number % 1_000 == 0:
                at = progress(10 * number + 10)
                writer.append_histograms({"actions": Histogram(0, 0, (1.0,))}, at, labels={})
        returns = [float(number % 100) for number in range(ROWS)]
        writer.append_episodes(episodes(returns, first_step=10), updates=1)
        for number in range(commits):
            writer.append_metrics({}, progress(10 * ROWS + number))
            writer.commit()


def counts(run_dir: Path) -> tuple[int, int, int]:
    """Rows of episodes, metrics and histograms."""
    reader = JournalReader(run_dir)
    episode_rows, metric_rows, histogram_rows = (
        sum(map(len, chunks))
        for chunks in (reader.episodes(), reader.metric_rows(), reader.histogram_rows())
    )
    return episode_rows, metric_rows, histogram_rows


def chart(run_dir: Path, metric: str, **options: float) -> MetricSeries:
    """The whole of it in few points."""
    series = read_series(
        run_dir, run_id="run", metrics=[metric], axis=SeriesAxis.ENV_STEP, points=16, **options
    )
    return series.metrics[metric]


@pytest.fixture
def always_due(monkeypatch: pytest.MonkeyPatch) -> None:
    """No commit waits for the next second."""
    monkeypatch.setattr(thinning, "INTERVAL_S", 0.0)


@pytest.mark.usefixtures("always_due")
def test_the_newest_rows_are_kept(tmp_path: Path) -> None:
    """At least as many as the spec says, less than a block more, and old histograms go, too."""
    record(tmp_path, THINNED)
    episode_rows, metric_rows, histogram_rows = counts(tmp_path)

    assert KEEP <= episode_rows < KEEP + 2_048
    assert KEEP <= metric_rows < KEEP + 2_048
    assert 0 < histogram_rows <= 12
    assert next(JournalReader(tmp_path).episodes())[0][0] == ROWS - episode_rows + 1


@pytest.mark.usefixtures("always_due")
def test_charts_show_what_was_dropped(tmp_path: Path) -> None:
    """Whole or cut to the time that was dropped, a chart is what it would be with all rows."""
    record(tmp_path / "whole", RecordSpec(keep_metric_rows=None))
    record(tmp_path / "thin", THINNED)

    for metric in ("entropy", "episode_return"):
        whole, thin = (chart(tmp_path / name, metric) for name in ("whole", "thin"))
        assert thin == whole
        assert thin.rows == ROWS
        cut = chart(tmp_path / "thin", metric, from_x=10_010, to_x=20_000)
        assert cut.rows == pytest.approx(1_000, abs=16)
        assert (min(cut.min), max(cut.max)) == (0, 99)
        assert not cut.exact


@pytest.mark.usefixtures("always_due")
def test_events_of_dropped_rows_stay(tmp_path: Path) -> None:
    """Sequence numbers have no gap: an old event is there, with what is left of it."""
    record(tmp_path, THINNED)
    reader = JournalReader(tmp_path)
    first = [orjson.loads(event) for event in reader.events(after=1, limit=2).events]
    finished = reader.events(after=0, limit=1, types=("episodes_finished",)).events[0]

    assert [event["seq"] for event in first] == [2, 3]
    assert first[0]["metrics"] == {}
    assert first[0]["progress"]["env_steps"] == 10
    assert orjson.loads(finished)["last_episode"] == ROWS


@pytest.mark.usefixtures("always_due")
def test_a_thinned_record_is_gone_on_with(tmp_path: Path) -> None:
    """Opened again, it has its numbers and its blocks, and grows as before."""
    record(tmp_path, THINNED)
    with JournalWriter(tmp_path) as writer:
        assert writer.episodes == ROWS
        writer.append_episodes(episodes([1_000.0] * 16, first_step=10 * ROWS + 10), updates=2)
    assert chart(tmp_path, "episode_return").rows == ROWS + 16
    assert max(chart(tmp_path, "episode_return").max) == 1_000


def test_nothing_is_dropped_unless_asked_for(tmp_path: Path) -> None:
    """By default episodes are kept for ever, and metrics for a million rows."""
    record(tmp_path, RecordSpec(), commits=3)
    assert counts(tmp_path)[:2] == (ROWS, ROWS)


def test_rows_are_dropped_once_a_second(tmp_path: Path) -> None:
    """However often it is asked, thinning does little at a time."""
    record(tmp_path, RecordSpec(keep_metric_rows=None))
    with JournalWriter(tmp_path) as writer:
        clock = iter([0.0, 0.0, 0.0, 0.5, 1.5, 1.5])
        careful = thinning.Thinning(RecordSpec(keep_metric_rows=KEEP), lambda: next(clock))
        left = []
        for _ in range(3):
            careful.thin_if_due(writer._connection)
            left.append(counts(tmp_path)[1])
    assert left == [ROWS - 2_048, ROWS - 2_048, ROWS - 4_096]
