"""A record as Parquet files."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from fakes.records import episodes, new_record, progress, summary
from matinee.contracts.histograms import Histogram
from matinee.journal import parquet
from matinee.journal.parquet import write_parquet
from matinee.journal.reader import JournalReader
from matinee.journal.row_chunks import EPISODE_COLUMNS, HISTOGRAM_COLUMNS, METRIC_COLUMNS

tables = pytest.importorskip("pyarrow.parquet")


def written(run_dir: Path, table: str) -> dict[str, list[object]]:
    """Columns of what was written, as a reader of Parquet finds them."""
    sink = io.BytesIO()
    write_parquet(run_dir, table, sink)
    sink.seek(0)
    return dict(tables.read_table(sink).to_pydict())


def test_every_row_is_there_with_every_digit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parquet holds what the record holds, in several groups of rows."""
    monkeypatch.setattr(parquet, "GROUP_ROWS", 5_000)
    with new_record(tmp_path) as writer:
        writer.append_episodes(episodes([n / 3 for n in range(12_000)]), updates=1)
        writer.append_metrics({"entropy": summary(0.1), "value_loss": summary(2)}, progress(10))
        counted = {"actions": Histogram(0, 0, (3, 4))}
        writer.append_histograms(counted, progress(20), labels={})
    finished, metrics, histograms = (
        written(tmp_path, table) for table in ("episodes", "metrics", "histograms")
    )

    assert tuple(finished) == EPISODE_COLUMNS
    rows = [row for chunk in JournalReader(tmp_path).episodes() for row in chunk]
    assert finished["return"] == [row[5] for row in rows]
    assert finished["abandoned"] == [False] * 12_000
    assert tuple(metrics) == METRIC_COLUMNS
    assert metrics["metric"] == ["entropy", "value_loss"]
    assert metrics["mean"] == [0.1, 2.0]
    assert tuple(histograms) == HISTOGRAM_COLUMNS
    assert histograms["counts"] == [[3.0, 4.0]]


def test_an_empty_run_has_its_columns(tmp_path: Path) -> None:
    """A file without rows is a file all the same."""
    new_record(tmp_path).close()
    assert written(tmp_path, "episodes") == {column: [] for column in EPISODE_COLUMNS}
