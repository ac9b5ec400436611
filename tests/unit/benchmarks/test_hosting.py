"""What being hosted costs."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.hosting import Served, Speed, pace_on_record, report
from benchmarks.steady_pace import Pace
from fakes.records import new_record, progress, summary


def test_the_pace_is_read_from_the_record(tmp_path: Path) -> None:
    """Without the start; metrics come more rarely the older a run is, and each row counts for the
    time since the last.
    """
    with new_record(tmp_path) as writer:
        for seconds, cores in ((1, 9.0), (15, 9.0), (17, 3.0), (25, 1.0)):
            at = progress(100 * seconds)
            assert at.seconds == seconds
            writer.append_metrics(
                {"processor_cores": summary(cores), "record_cores": summary(cores / 100)}, at
            )
            writer.append_metrics({"entropy": summary(0.5)}, at)

    pace = pace_on_record(tmp_path)

    assert pace.cores == pytest.approx((2 * 3.0 + 8 * 1.0) / 10)
    assert pace.record_cores == pytest.approx(pace.cores / 100)
    first, last = progress(1500), progress(2500)
    assert pace.per_s == pytest.approx((last.env_steps - first.env_steps) / 10)
    assert pace.episodes_per_s == pytest.approx((last.episodes - first.episodes) / 10)


def test_speeds_of_runs_are_added_up() -> None:
    """By the clock and by the processor time of all of them."""
    paces = [Pace(100.0, 1.0, 1.0, 0.01), Pace(300.0, 3.0, 3.0, 0.07)]

    assert Speed.of(paces) == Speed(
        per_s=400.0, per_processor_s=100.0, episodes_per_s=4.0, record_share=0.02
    )


def test_costs_are_shares_of_the_speed_alone_in_the_same_round() -> None:
    """The median and where the middle half of the rounds lies."""
    alone = [Speed(100.0 * factor, 50.0, 1.0, 0.01) for factor in (1, 2, 3)]
    slower = [
        Speed(speed.per_s * (1 - cost), 49.0, 1.0, 0.02)
        for speed, cost in zip(alone, (0.01, 0.03, 0.02), strict=True)
    ]
    served = Served()
    served.cores = [0.02]

    told = report({"alone": alone, "served": slower}, served)

    assert "| alone | 200 | 1 | +0.0% (+0.0% to +0.0%) | +0.0% (+0.0% to +0.0%) | 1.00% |" in told
    assert "| served | 194 | 1 | +2.0% (+1.5% to +2.5%) | +2.0% (+2.0% to +2.0%) | 2.00% |" in told
