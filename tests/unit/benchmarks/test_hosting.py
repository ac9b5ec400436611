"""What being hosted costs."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.hosting import Speed, pace_on_record
from benchmarks.steady_pace import Pace
from fakes.records import new_record, progress, summary


def test_the_pace_is_read_from_the_record(tmp_path: Path) -> None:
    """Without the start; metrics come more rarely the older a run is, and each row counts for the
    time since the last.
    """
    with new_record(tmp_path) as writer:
        for seconds, cores in ((1, 9.0), (8, 9.0), (10, 3.0), (18, 1.0)):
            at = progress(100 * seconds)
            assert at.seconds == seconds
            writer.append_metrics({"processor_cores": summary(cores)}, at)
            writer.append_metrics({"entropy": summary(0.5)}, at)

    pace = pace_on_record(tmp_path)

    assert pace.cores == pytest.approx((2 * 3.0 + 8 * 1.0) / 10)
    assert pace.per_s == pytest.approx((progress(1800).env_steps - progress(800).env_steps) / 10)


def test_speeds_of_runs_are_added_up() -> None:
    """By the clock and by the processor time of all of them."""
    assert Speed.of([Pace(100.0, 1.0), Pace(300.0, 3.0)]) == Speed(
        per_s=400.0, per_processor_s=100.0
    )
