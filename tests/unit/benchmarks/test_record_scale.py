"""Records of long runs, as the benchmark makes them."""

from __future__ import annotations

from pathlib import Path

from benchmarks.record_scale import Figures, make_record, report
from matinee.journal.integrity import check_record
from matinee.journal.schema import run_db


def test_an_episode_costs_less_than_100_bytes(tmp_path: Path) -> None:
    """With its share of metrics, events and blocks, at 1,000 episodes a commit; all of it whole."""
    make_record(tmp_path, run_id="run", episodes=30_000)

    assert run_db(tmp_path).stat().st_size / 30_000 < 100
    assert check_record(tmp_path) == []


def test_the_report_has_a_column_for_each_length() -> None:
    """Lengths stand side by side, so that one sees what grows with them."""
    figures = [
        Figures(
            episodes=episodes,
            written_s=2.0,
            size_bytes=50 * episodes,
            return_s=0.1,
            return_cpu_s=0.05,
            page_s=0.2,
            csv_rows_per_s=3e5,
            csv_rows_per_cpu_s=4e5,
            jsonl_rows_per_s=1e5,
            rss_growth_bytes=30_000_000,
            slowest_answer_s=0.01,
            slowest_probe_s=0.02,
        )
        for episodes in (10_000, 1_000_000)
    ]
    head, _, size, *_ = report(figures).splitlines()
    assert head == "| | 10,000 | 1,000,000 |"
    assert size == "| run.db, bytes an episode | 50.0 | 50.0 |"
