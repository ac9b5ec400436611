"""What being hosted costs."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.hosting import Speed, busy_cores
from fakes.records import new_record, progress, summary


def test_processor_time_is_that_of_the_whole_training(tmp_path: Path) -> None:
    """Metrics come more rarely the older a run is: each row counts for the time since the last."""
    with new_record(tmp_path) as writer:
        for seconds, cores in ((1, 3.0), (2, 3.0), (10, 1.0)):
            at = progress(100 * seconds)
            assert at.seconds == seconds
            writer.append_metrics({"processor_cores": summary(cores)}, at)
            writer.append_metrics({"entropy": summary(0.5)}, at)

    assert busy_cores(tmp_path) == pytest.approx((2 * 3.0 + 8 * 1.0) / 10)


def test_speeds_of_runs_are_added_up() -> None:
    """By the clock and by the processor time of all of them."""
    assert Speed.of([(100.0, 1.0), (300.0, 3.0)]) == Speed(per_s=400.0, per_processor_s=100.0)
